"""The examples of the documentation; installed as ``skaudeep.examples``."""
# SPDX-License-Identifier: BSD-3-Clause
