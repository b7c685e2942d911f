"""The command line: ``skaudeep`` or ``python -m skaudeep``."""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import runpy
import sys
from pathlib import Path

from skaudeep._version import __version__
from skaudeep.exceptions import AudioError

__all__ = ["main"]

_DEMO_FOLDER = Path("skaudeep-demo")


def main(arguments=None):
    """Run one command.

    Parameters
    ----------
    arguments : list of str or None, default=None
        The words after the program's name; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0 for success, 1 for a failure that is explained on stderr, 130
        if the user interrupted.
    """
    parser = _make_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        options.run(options)
    except (AudioError, OSError) as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    return 0


def _make_parser():
    parser = argparse.ArgumentParser(
        prog="skaudeep",
        description="Deep representations of audio as scikit-learn estimators.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="learn a representation of real recordings and classify it",
        description=(
            "Learn a representation of 1158 spoken Mandarin syllables without labels, "
            "predict the initial consonant of unseen syllables from it, and compare "
            "it with an untrained network and with MFCC statistics. Needs no network "
            "connection."
        ),
    )
    demo.add_argument(
        "--short",
        action="store_true",
        help="a smaller network and fewer epochs: under three minutes on two cores",
    )
    demo.add_argument(
        "--output",
        type=_folder,
        default=_DEMO_FOLDER,
        metavar="DIR",
        help="folder for the pictures, made if need be (default: %(default)s)",
    )
    demo.set_defaults(run=_run_demo)
    return parser


def _folder(text):
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} exists and is not a folder")
    return path


def _run_demo(options):
    # The demonstration is the first example of the documentation, a script.
    arguments = ["--output", str(options.output), *["--short"] * options.short]
    before, sys.argv[1:] = sys.argv[1:], arguments
    try:
        runpy.run_module(
            "skaudeep.examples.plot_syllables", run_name="__main__", alter_sys=True
        )
    finally:
        sys.argv[1:] = before
