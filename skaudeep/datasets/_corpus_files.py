"""Whether all files of a corpus are there."""
# SPDX-License-Identifier: BSD-3-Clause

import os

__all__ = ["check_files", "name_some"]


def check_files(root, files, kind, source=""):
    """Raise an error that names those of `files` that are not below `root`.

    Parameters
    ----------
    root : Path
        Folder that they are below.
    files : sequence of str or PurePath
        Relative paths.
    kind : str
        What they are, in the plural.
    source : str, default=""
        End of the error: where to get the corpus.
    """
    missing = [file for file in files if not os.path.isfile(os.path.join(root, file))]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(files)} listed {kind} are missing below "
            f"{str(root)!r}: {name_some(missing)}. {source}".rstrip()
        )


def name_some(names, n_named=3):
    """The first of them, and how many more there are."""
    named = ", ".join(str(name) for name in names[:n_named])
    more = len(names) - n_named
    return f"{named} and {more} more" if more > 0 else named
