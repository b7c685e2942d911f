"""Where a corpus lies on disk, and whether all of it is there."""
# SPDX-License-Identifier: BSD-3-Clause

import os

__all__ = ["check_files", "find_root", "name_some"]


def find_root(root, folder, hint="", names=()):
    """The folder that holds `folder`: `root`, or the only one below it that does.

    Parameters
    ----------
    root : Path
        What the user gave.
    folder : str or tuple of str
        What makes a folder the root of a corpus, or what does, one of several.
    hint : str, default=""
        End of the error if there is none, such as where to get the corpus.
    names : sequence of str, default=()
        What the corpus's folder is called: decides if several below `root` hold
        `folder`.

    Returns
    -------
    Path
        The root.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}.{hint}")
    folders = (folder,) if isinstance(folder, str) else folder
    if any((root / one).is_dir() for one in folders):
        return root
    paths = [path for one in folders for path in root.glob(f"*/{one}")]
    below = sorted({path.parent for path in paths if path.is_dir()})
    below = [path for path in below if path.name in names] or below
    if len(below) == 1:
        return below[0]
    if not below:
        raise FileNotFoundError(
            f"No folder {' or '.join(map(repr, folders))} in {str(root)!r} or one "
            f"level below it.{hint}"
        )
    raise ValueError(
        f"root={str(root)!r} holds several data sets; give one of them: "
        f"{[path.name for path in below]}."
    )


def check_files(root, files, kind, hint=""):
    """Raise an error that names those of `files` that are not below `root`.

    Parameters
    ----------
    root : Path
        Folder that they are below.
    files : sequence of str or PurePath
        Relative paths.
    kind : str
        What they are, in the plural.
    hint : str, default=""
        End of the error, such as where to get the corpus.
    """
    missing = [file for file in files if not os.path.isfile(os.path.join(root, file))]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(files)} listed {kind} are missing below "
            f"{str(root)!r}: {name_some(missing)}.{hint}"
        )


def name_some(names, n_named=3):
    """The first of them, and how many more there are."""
    named = ", ".join(str(name) for name in names[:n_named])
    more = len(names) - n_named
    return f"{named} and {more} more" if more > 0 else named
