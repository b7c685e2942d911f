"""The folders of a corpus: which is its root, and which recordings they hold."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re

__all__ = [
    "audio_names",
    "check_twins",
    "find_root",
    "folder_names",
    "locate",
    "recognise",
    "visible_entries",
]


def locate(root, problem, name, source, called=None):
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
    called : str or None, default=None
        Regular expression of what its folder is called: decides if several in `root`
        may be it.

    Returns
    -------
    Path
        The root.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}. {source}")
    folders, reason = _candidates(root, problem, called)
    if not folders:
        raise FileNotFoundError(
            f"{name} is neither in {str(root)!r} nor one level below it: {reason}. "
            f"{source}"
        )
    if len(folders) > 1:
        names = [folder.name for folder in folders]
        is_called = called is None or re.fullmatch(called, names[0])
        raise ValueError(
            f"root={str(root)!r} holds several data sets"
            f"{'' if is_called else f', none of them called {called!r}'}; give one of "
            f"them: {names}."
        )
    return folders[0]


def find_root(root, problem, called=None):
    """What `locate` finds, or None, and what is in the way, in a few words, or None."""
    if not root.is_dir():
        return None, "not a folder"
    folders, reason = _candidates(root, problem, called)
    if len(folders) > 1:
        return None, f"{len(folders)} of them, one level below"
    return (folders[0], None) if folders else (None, reason)


def recognise(root, problem):
    """None if `locate` would find a root, else what is in the way, in a few words."""
    return find_root(root, problem)[1]


def folder_names(folder):
    """Names of the folders in `folder`, sorted, without hidden ones."""
    return sorted(entry.name for entry in visible_entries(folder) if entry.is_dir())


def audio_names(folder, suffixes):
    """Names of the files in `folder` that end so, sorted, without hidden ones."""
    return sorted(
        entry.name
        for entry in visible_entries(folder)
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


def visible_entries(folder):
    """What a folder holds, in any order, without what is hidden."""
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def _candidates(root, problem, called):
    """The folders that may be the root, and what is in the way if there is none."""
    reason = problem(root)
    if reason is None:
        return [root], None
    below = [root / name for name in folder_names(root)]
    below = [folder for folder in below if _is_root(folder, problem)]
    named = [folder for folder in below if called and re.fullmatch(called, folder.name)]
    return named or below, reason


def _is_root(folder, problem):
    try:
        return problem(folder) is None
    except PermissionError:
        # Beside a corpus there may be what is none of ours, such as lost+found.
        return False
