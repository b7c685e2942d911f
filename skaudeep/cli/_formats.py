"""What files of features are called, before they are written."""
# SPDX-License-Identifier: BSD-3-Clause

import click

__all__ = ["EXTENSIONS", "FORMATS", "check_format", "check_free", "format_option"]

# Those of skaudeep.io, which takes long to import.
FORMATS = ("netcdf", "csv", "arff", "parquet", "libsvm", "autrainer")
EXTENSIONS = (".nc", ".csv", ".arff", ".parquet", ".libsvm", ".svmlight")

format_option = click.option(
    "--format",
    type=click.Choice(FORMATS),
    help="Format that is written; by default the ending says it. autrainer: a folder.",
)


def check_format(path, kind):
    """Refuse a file of no known format, before hours of work and not behind them.

    Parameters
    ----------
    path : Path
        File of features.
    kind : str or None
        Its format; None for what its ending says.
    """
    if kind is None and path.suffix.lower() not in EXTENSIONS:
        raise click.UsageError(
            f"{path} must end in {', '.join(EXTENSIONS)}, or --format say what it is."
        )


def check_free(path, overwrite):
    """Refuse what exists, but for an empty folder, and what is in no folder.

    Parameters
    ----------
    path : Path
        What will be written.
    overwrite : bool
        Whether it may exist.
    """
    empty = path.is_dir() and not any(path.iterdir())
    if path.exists() and not empty and not overwrite:
        raise FileExistsError(f"{path} exists; --overwrite replaces it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {str(path.parent)!r}.")
