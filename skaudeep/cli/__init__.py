"""The command line: ``skaudeep`` or ``python -m skaudeep``."""
# SPDX-License-Identifier: BSD-3-Clause

from skaudeep.cli._app import main

__all__ = ["main"]
