"""The commands of the command line, each imported when it is called."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import sys

import click

from skaudeep._version import __version__
from skaudeep.cli._console import Console

__all__ = ["main"]

# Name, where it stands, and what the list of commands says of it: a command's own
# module would import what takes seconds.
_COMMANDS = {
    "inspect": (
        "skaudeep.cli._inspect:inspect",
        "Say what a corpus, or a file of features, holds.",
    ),
    "extract": (
        "skaudeep.cli._extract:extract",
        "Compute features of recordings and write them to a file.",
    ),
    "convert": (
        "skaudeep.cli._convert:convert",
        "Write features in another format, joined or with other folds.",
    ),
    "export": (
        "skaudeep.cli._convert:convert",
        "The same as convert.",
    ),
    "train": (
        "skaudeep.cli._train:train",
        "Fit a pipeline to a corpus and save it.",
    ),
    "evaluate": (
        "skaudeep.cli._evaluate:evaluate",
        "Train and test a recipe on the folds or partitions of a corpus.",
    ),
    "predict": (
        "skaudeep.cli._predict:predict",
        "Name the class, the tags or the events of recordings.",
    ),
    "plot": (
        "skaudeep.cli._plot:plot",
        "Draw a spectrogram, a reconstruction, losses or a map of features.",
    ),
    "demo": (
        "skaudeep.cli._demo:demo",
        "Learn a representation of real recordings and classify it.",
    ),
}
# They may also stand behind the command.
_COMMON = ("-v", "--verbose", "-q", "--quiet", "--debug")


class _LazyGroup(click.Group):
    """Commands that are imported when they are called."""

    def list_commands(self, context):
        return list(_COMMANDS)

    def get_command(self, context, name):
        if name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[name][0].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="skaudeep", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Print the result only, as JSON for programs."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def _skaudeep(context, verbose, quiet, debug):
    """Deep representations of audio: features, classifiers, scores, files."""
    context.obj = Console(quiet=quiet, verbose=verbose, debug=debug)
    context.with_resource(context.obj.lines_of_warnings())
    context.with_resource(context.obj.silent_libraries())
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments=None):
    """Run one command.

    Parameters
    ----------
    arguments : list of str or None, default=None
        The words after the program's name; None takes those of the process.

    Returns
    -------
    int
        Exit status: 0 for success, 1 for a failure that is explained on stderr, 2 for
        a command line that cannot be understood, 130 if the user interrupted.
    """
    words = _common_first(sys.argv[1:] if arguments is None else list(arguments))
    try:
        status = _skaudeep.main(words, prog_name="skaudeep", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        print(f"skaudeep: error: {error.format_message()}", file=sys.stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("skaudeep: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if "--debug" in words:
            raise
        print(f"skaudeep: error: {_one_line(error)}", file=sys.stderr)
        return 1
    return status if isinstance(status, int) else 0


def _common_first(words):
    """The words with the options of all commands first, wherever they stood."""
    end = words.index("--") if "--" in words else len(words)
    common = [word for word in words[:end] if word in _COMMON]
    others = [word for word in words[:end] if word not in _COMMON]
    return [*common, *others, *words[end:]]


def _one_line(error):
    text = " ".join(str(error).split())
    # What skaudeep, NumPy or the system explain stands for itself.
    if text and isinstance(error, (ValueError, TypeError, OSError, ImportError)):
        return text
    return f"{type(error).__name__}: {text}. --debug shows where."
