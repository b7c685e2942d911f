"""What a command says, and where."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
import json
import os
import sys
import warnings
from contextlib import contextmanager, redirect_stdout

import click

from skaudeep.exceptions import AudioWarning

__all__ = ["Console", "pass_console"]


class Console:
    """Results go to stdout, all else to stderr.

    Parameters
    ----------
    quiet : bool, default=False
        Results as JSON, one object a line, and nothing else but errors.
    verbose : bool, default=False
        Also what only matters when something has gone wrong.
    debug : bool, default=False
        Whether errors come with their traceback.
    """

    def __init__(self, quiet=False, verbose=False, debug=False):
        self.quiet = quiet
        self.verbose = verbose
        self.debug = debug
        self._stdout = None

    @property
    def interactive(self):
        """Whether somebody watches: a terminal, and not ``--quiet``."""
        return sys.stderr.isatty() and not self.quiet

    def say(self, text):
        """Tell the user about what is being done."""
        if not self.quiet:
            click.echo(text, err=True)

    def detail(self, text):
        """Tell the user who asked for it, by ``--verbose``."""
        if self.verbose:
            self.say(text)

    def warn(self, text):
        """Tell the user what they should know about the result."""
        if not self.quiet:
            click.echo(f"skaudeep: warning: {text}", err=True)

    @contextmanager
    def lines_of_warnings(self):
        """Every warning is a line of its own, without the place in the code."""
        with warnings.catch_warnings():
            # Each file that is left out is named, in every run.
            warnings.simplefilter("always", AudioWarning)
            warnings.showwarning = lambda message, *where: self.warn(
                " ".join(str(message).split())
            )
            yield

    @contextmanager
    def silent_libraries(self):
        """With ``--quiet``, compiled libraries write to the standard error in vain.

        TensorFlow greets whoever imports it, whatever its log level.
        """
        if not self.quiet or self.debug:
            yield
            return
        kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        before = sys.stderr
        if before is sys.__stderr__:
            sys.stderr = os.fdopen(os.dup(kept), "w", buffering=1)
        os.dup2(nothing, 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            if sys.stderr is not before:
                sys.stderr.close()
                sys.stderr = before
            os.close(nothing)
            os.close(kept)

    @contextmanager
    def results_alone(self):
        """What libraries print, as Keras of its downloads, is no result."""
        self._stdout = sys.stdout
        try:
            if self.quiet:
                with open(os.devnull, "w") as nothing, redirect_stdout(nothing):
                    yield
            else:
                with redirect_stdout(sys.stderr):
                    yield
        finally:
            self._stdout = None

    def result(self, values, text):
        """Give the result of the command.

        Parameters
        ----------
        values : dict
            What ``--quiet`` prints, as JSON.
        text : str
            What it prints otherwise.
        """
        self.print(f"{json.dumps(values) if self.quiet else text}\n")

    def print(self, text):
        """Write to stdout, whatever else goes elsewhere meanwhile."""
        click.echo(text, file=self._stdout, nl=False)

    def progress(self, items, description, total=None):
        """Iterate over `items`, with a bar on a terminal."""
        if not self.interactive:
            return items
        from tqdm.auto import tqdm

        return tqdm(items, desc=description, total=total)


def pass_console(function):
    """Give a command the console, to which it leaves stdout."""

    @click.make_pass_decorator(Console, ensure=True)
    @functools.wraps(function)
    def command(console, *args, **values):
        with console.results_alone():
            return function(console, *args, **values)

    return command
