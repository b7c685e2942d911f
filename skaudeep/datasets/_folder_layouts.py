"""What the folders around audio files say: classes, partitions or folds."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from pathlib import PurePosixPath

from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._partitions import SPELLINGS, normalise_partition

__all__ = ["LAYOUTS", "find_layout", "read_layout"]

LAYOUTS = ("classes", "partitions", "folds", "flat")
_FOLD = re.compile(r"fold_?(\d+)", re.IGNORECASE)


def find_layout(root, files):
    """The layout of a folder, if it can be only one.

    Parameters
    ----------
    root : Path
        What errors name.
    files : list of tuple of str
        Parts of the paths of the audio files relative to `root`.

    Returns
    -------
    layout : str
        One of LAYOUTS.
    parent : tuple of str
        Parts of the folder that has it: those of the only folder that `root` holds
        files in, or none.
    """
    tops = _tops(files)
    direct = [file for file in files if len(file) == 1]
    if len(direct) == len(files):
        return "flat", ()
    if direct:
        raise ValueError(
            f"root={str(root)!r} holds {len(direct)} audio files directly, such as "
            f"{direct[0][0]!r}, and {len(files) - len(direct)} in the folders "
            f"{_name(tops)}. layout='flat' reads them all, without labels."
        )
    deeper = [file for file in files if len(file) > 2]
    for layout, read in (("folds", _fold), ("partitions", normalise_partition)):
        named = [top for top in tops if read(top) is not None]
        # A single train/x.wav may as well be a clip of a train.
        if named == tops and (deeper or len(tops) > 1):
            return layout, ()
        if 2 <= len(named) < len(tops):
            others = [top for top in tops if top not in named]
            raise ValueError(
                f"Of the folders of root={str(root)!r}, {_name(named)} are {layout} by "
                f"their names and {_name(others)} are not. If all are classes, give "
                "layout='classes'."
            )
    if len(tops) == 1 and len(deeper) == len(files):
        layout, parent = find_layout(root / tops[0], [file[1:] for file in files])
        if not parent:
            return layout, (tops[0],)
    elif len(tops) == 1:
        raise ValueError(
            f"root={str(root)!r} holds audio files in one folder only, {tops[0]!r}. If "
            "it is a class, give layout='classes'; if it is not, give it as root."
        )
    if not deeper:
        return "classes", ()
    raise ValueError(
        f"root={str(root)!r} has no layout that is known: the folders {_name(tops)} "
        f"hold {len(files) - len(deeper)} audio files directly and {len(deeper)} in "
        f"further folders, such as {_path(deeper[0])!r}. layout='classes' takes the "
        "first folder as the class, layout='flat' reads them without labels."
    )


def read_layout(root, files, empty, layout):
    """Labels, and partitions or folds, by the names of the folders.

    Parameters
    ----------
    root : Path
        What errors name.
    files, empty : list of tuple of str
        Parts of the paths of the audio files, and of folders without any file.
    layout : str
        One of LAYOUTS.

    Returns
    -------
    labels : list of str or None
        One a file.
    parts : list of str or of int or None
        The partition or the fold of each file.
    """
    if layout == "flat":
        return None, None
    direct = [file[0] for file in files if len(file) == 1]
    if direct:
        raise ValueError(
            f"{len(direct)} audio files lie in no folder of root={str(root)!r}, which "
            f"layout={layout!r} needs: {name_some(direct)}."
        )
    depth = 1 if layout == "classes" else 2
    for folder in empty:
        if len(folder) <= depth:
            raise ValueError(
                f"The folder {_path(folder)!r} of root={str(root)!r} is empty."
            )
    if layout == "classes":
        labels = [file[0] for file in files]
        if UNKNOWN in labels:
            raise ValueError(
                f"The folder {UNKNOWN!r} of root={str(root)!r} is called like what "
                "stands for no label; rename it."
            )
        return labels, None
    names = (_fold_names if layout == "folds" else _partition_names)(root, _tops(files))
    parts = [names[file[0]] for file in files]
    return _labels_below(root, files, parts), parts


def _labels_below(root, files, parts):
    """The second folder; those of the test partition need none."""
    labels = [file[1] if len(file) > 2 else UNKNOWN for file in files]
    if set(labels) == {UNKNOWN}:
        return None
    for file, label, part in zip(files, labels, parts, strict=True):
        if label == UNKNOWN and part != "test":
            raise ValueError(
                f"{_path(file)!r} of root={str(root)!r} lies in no class folder, "
                "others do. Only clips of the test partition may have no label."
            )
    return labels


def _partition_names(root, tops):
    names = {top: normalise_partition(top) for top in tops}
    unknown = [top for top, name in names.items() if name is None]
    if unknown:
        raise ValueError(
            f"The folders {_name(unknown)} of root={str(root)!r} are no partitions; "
            f"known are {', '.join(SPELLINGS)}."
        )
    _check_once(root, names)
    return names


def _fold_names(root, tops):
    names = {top: _fold(top) for top in tops}
    unknown = [top for top, number in names.items() if number is None]
    if unknown:
        raise ValueError(
            f"The folders {_name(unknown)} of root={str(root)!r} are no folds, which "
            "are called fold_1, fold_2, ..."
        )
    _check_once(root, names)
    numbers = sorted(names.values())
    if len(numbers) < 2:
        raise ValueError(
            f"root={str(root)!r} must hold at least two folds, got {_name(tops)} only."
        )
    if numbers != list(range(1, len(numbers) + 1)):
        gaps = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
        lacking = f"{name_some([f'fold_{gap}' for gap in gaps])} is missing"
        raise ValueError(
            f"The folds of root={str(root)!r} must be numbered from 1 without gaps, "
            f"got {', '.join(map(str, numbers))}"
            f"{f'; {lacking}' if gaps else ''}."
        )
    return names


def _check_once(root, names):
    first = {}
    for top, name in names.items():
        if first.setdefault(name, top) != top:
            raise ValueError(
                f"The folders {first[name]!r} and {top!r} of root={str(root)!r} are "
                "one and the same part by their names."
            )


def _fold(name):
    """The number of a fold, or None of another name."""
    match = _FOLD.fullmatch(name)
    return int(match[1]) if match else None


def _tops(files):
    return sorted({file[0] for file in files if len(file) > 1})


def _name(folders):
    return name_some([repr(folder) for folder in folders], n_named=5)


def _path(parts):
    return str(PurePosixPath(*parts))
