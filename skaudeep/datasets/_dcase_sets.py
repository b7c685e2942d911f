"""Which of the DCASE sets a folder holds, as far as a line of a list tells."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from pathlib import PurePosixPath

from sklearn.utils import Bunch

from skaudeep.datasets._dcase import HEADER, MAP, META, SETUP, setup_problem
from skaudeep.datasets._tree import find_root

__all__ = ["check_part", "find_set", "peek"]

_LISTS = [
    f"{prefix}{part}.{ending}"
    for part in ("train", "evaluate", "test")
    for prefix in ("fold1_", "")
    for ending in ("txt", "csv")
]


def peek(root):
    """What one line of a list, or of two, says about a set.

    Parameters
    ----------
    root : Path
        The folder that holds ``evaluation_setup``.

    Returns
    -------
    Bunch
        With the attributes:

        stems : list of str
            Name of the first clip, without ending, and those in the first line of
            ``map.txt``: one of them is from before a clip was made anonymous.
        label : str
            Of the first clip; "" if it has none.
        part : {"development", "evaluation"}
            Whether something is trained on.
    """
    lists = [root / SETUP / name for name in _LISTS]
    lists = [path for path in lists if path.is_file()]
    meta = [root / name for name in META if (root / name).is_file()]
    first = next(filter(None, map(_first_row, meta + lists)), [])
    mapping = root / SETUP / MAP
    names = first[:1] + (_first_row(mapping)[:2] if mapping.is_file() else [])
    trains = any("train" in path.name for path in lists)
    return Bunch(
        stems=[PurePosixPath(name).stem for name in names],
        label=first[1] if len(first) > 1 else "",
        part="development" if trains else "evaluation",
    )


def _first_row(path):
    """The first row that is no header; empty if there is none."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            row = [cell.strip() for cell in line.split("\t")]
            if row[0] and row[0] != HEADER:
                return row
    return []


def check_part(root, part, parts, name):
    """Raise an error if a folder does not hold the part asked for.

    Parameters
    ----------
    root : Path
        The folder.
    part : str
        What was asked for.
    parts : sequence of str
        What it may hold.
    name : str
        What the folder of the part is called as published.
    """
    if part not in parts:
        raise ValueError(
            f"part={part!r}, but {str(root)!r} is the {' or '.join(parts)} set; as "
            f"published, the folder to give is called {name!r}."
        )


def find_set(root, pattern, clip, labels, part_pattern=None):
    """The folder of a certain set, or what speaks against its being there.

    Parameters
    ----------
    root : Path
        The folder, or the one above it.
    pattern : str
        What the folder is called, whatever part it is.
    clip : str
        What its clips are called, without ending.
    labels : collection of str
        The labels of the set.
    part_pattern : str or None, default=None
        What the folder of the part in question is called; None for any.

    Returns
    -------
    folder : Path or None
        What holds ``evaluation_setup``.
    reason : str or None
        None if nothing speaks against it.
    """
    folder, reason = find_root(root, setup_problem, part_pattern or pattern)
    if reason is None:
        reason = _fault(folder, pattern, clip, labels)
    return (folder, None) if reason is None else (None, reason)


def _fault(folder, pattern, clip, labels):
    found = peek(folder)
    if not found.stems:
        return f"no list such as fold1_train.txt or test.txt in {SETUP!r}"
    if found.label and found.label not in labels:
        return f"{found.label!r} is none of its labels"
    named = any(re.fullmatch(clip, stem) for stem in found.stems)
    # Where the names of the clips are numbers, that of the folder has to do.
    if named or re.fullmatch(pattern, folder.name):
        return None
    return f"its clips have other names than {found.stems[0]!r}"
