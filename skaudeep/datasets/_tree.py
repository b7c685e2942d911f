"""The folders of a corpus: which is its root, and which recordings they hold."""
# SPDX-License-Identifier: BSD-3-Clause

import os

__all__ = ["audio_names", "check_twins", "folder_names", "locate", "recognise"]


def locate(root, problem, name, source):
    """The root of a corpus: `root`, or the only folder in it that is one.

    Parameters
    ----------
    root : Path
        What the user gave.
    problem : callable
        Takes a folder and returns what is in the way of its being the root, in a few
        words, or None.
    name : str
        Of the corpus.
    source : str
        Where it is obtained; the end of the error if there is no such folder.

    Returns
    -------
    Path
        The root.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}. {source}")
    reason = problem(root)
    if reason is None:
        return root
    below = _roots_below(root, problem)
    if len(below) == 1:
        return below[0]
    if not below:
        raise FileNotFoundError(
            f"{name} is neither in {str(root)!r} nor one level below it: {reason}. "
            f"{source}"
        )
    raise ValueError(
        f"root={str(root)!r} holds several data sets; give one of them: "
        f"{[path.name for path in below]}."
    )


def recognise(root, problem):
    """None if `locate` would find a root, else what is in the way, in a few words."""
    if not root.is_dir():
        return "not a folder"
    reason = problem(root)
    if reason is None:
        return None
    n_below = len(_roots_below(root, problem))
    if n_below > 1:
        return f"{n_below} of them, one level below"
    return None if n_below else reason


def folder_names(folder):
    """Names of the folders in `folder`, sorted, without hidden ones."""
    return sorted(entry.name for entry in _visible_entries(folder) if entry.is_dir())


def audio_names(folder, suffixes):
    """Names of the files in `folder` that end so, sorted, without hidden ones."""
    return sorted(
        entry.name
        for entry in _visible_entries(folder)
        if entry.name.lower().endswith(suffixes) and entry.is_file()
    )


def check_twins(folder, names):
    """Raise an error if two files differ in their endings only: one clip, two rows."""
    first = {}
    for name in names:
        twin = first.setdefault(name.rpartition(".")[0], name)
        if twin != name:
            raise ValueError(
                f"{twin} and {name} in {str(folder)!r} are the same clip; remove one."
            )


def _roots_below(root, problem):
    folders = [root / name for name in folder_names(root)]
    return [folder for folder in folders if problem(folder) is None]


def _visible_entries(folder):
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]
