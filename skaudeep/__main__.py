"""Run the command line as ``python -m skaudeep``."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

from skaudeep.cli import main

if __name__ == "__main__":
    sys.exit(main())
