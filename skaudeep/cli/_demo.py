"""``skaudeep demo``."""
# SPDX-License-Identifier: BSD-3-Clause

import runpy
import sys
from pathlib import Path

import click

__all__ = ["demo"]

_FOLDER = Path("skaudeep-demo")


@click.command()
@click.option(
    "--short",
    is_flag=True,
    help="A smaller network and fewer epochs: under three minutes on two cores.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=_FOLDER,
    show_default=True,
    metavar="DIR",
    help="Folder for the pictures, made if need be.",
)
def demo(short, output):
    """Learn a representation of real recordings and classify it.

    Learns from 1158 spoken Mandarin syllables without labels, predicts the initial
    consonant of unseen syllables from the representation, and compares it with an
    untrained network and with MFCC statistics. Needs no network connection.
    """
    # The demonstration is the first example of the documentation, a script.
    arguments = ["--output", str(output), *["--short"] * short]
    before, sys.argv[1:] = sys.argv[1:], arguments
    try:
        runpy.run_module(
            "skaudeep.examples.plot_syllables", run_name="__main__", alter_sys=True
        )
    finally:
        sys.argv[1:] = before
