"""What the cells of a table say about classes, tags and values."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np

from skaudeep.datasets._corpus import UNKNOWN

__all__ = ["read_labels", "read_tags", "read_values"]

_TRUTH = {
    **dict.fromkeys(("1", "1.0", "true", "yes"), 1),
    **dict.fromkeys(("0", "0.0", "false", "no"), 0),
}


def read_labels(cells, where, may_lack):
    """One class a clip.

    Parameters
    ----------
    cells : list of str
        Of the column.
    where : list of str
        Of each row, as errors say it.
    may_lack : sequence of bool
        Which clips need no label.

    Returns
    -------
    list of str
        With UNKNOWN for clips without a label.
    """
    for cell, place, may in zip(cells, where, may_lack, strict=True):
        if cell in ("", UNKNOWN) and not may:
            raise ValueError(_say_unlabelled(place, cell))
    return [cell or UNKNOWN for cell in cells]


def read_tags(cells, where, may_lack, separator):
    """Any number of tags a clip, in one column; parameters as for `read_labels`.

    Parameters
    ----------
    cells, where, may_lack
        As for `read_labels`.
    separator : str
        Between the tags.

    Returns
    -------
    target : ndarray of shape (n_clips, n_tags)
        Indicator matrix of int, of float if it has rows of NaN for clips without label.
    names : list of str
        The tags, sorted.
    """
    lists = [
        [tag.strip() for tag in cell.split(separator) if tag.strip()] for cell in cells
    ]
    names = sorted({tag for tags in lists for tag in tags} - {UNKNOWN})
    column = {name: i for i, name in enumerate(names)}
    target = np.zeros((len(cells), len(names)))
    for row, tags, place, may in zip(target, lists, where, may_lack, strict=True):
        if UNKNOWN in tags:
            if len(tags) > 1 or not may:
                raise ValueError(_say_unlabelled(place, separator.join(tags)))
            row[:] = np.nan
        else:
            row[[column[tag] for tag in tags]] = 1
    return _whole(target), names


def read_values(columns, where, may_lack, *, numeric):
    """Numbers, or whether tags hold, in one column each.

    Parameters
    ----------
    columns : dict of str to list of str
        Cells by the name of their column.
    where, may_lack
        As for `read_labels`.
    numeric : bool
        Whether any numbers are allowed, or 0 and 1 only.

    Returns
    -------
    ndarray of shape (n_clips, n_columns)
        Floats, or an indicator matrix as of `read_tags`.
    """
    target = np.empty((len(where), len(columns)))
    for j, (name, cells) in enumerate(columns.items()):
        for i, cell in enumerate(cells):
            if cell in ("", UNKNOWN):
                if not may_lack[i]:
                    raise ValueError(_say_unlabelled(where[i], cell, name))
                target[i, j] = np.nan
            elif numeric:
                target[i, j] = _number(cell, name, where[i])
            elif cell.lower() in _TRUTH:
                target[i, j] = _TRUTH[cell.lower()]
            else:
                raise ValueError(
                    f"{where[i]}: {name!r} must be 0 or 1, because label names several "
                    f"columns, got {cell!r}."
                )
    lacking = np.isnan(target)
    for i in np.flatnonzero(lacking.any(axis=1) & ~lacking.all(axis=1)):
        name = list(columns)[lacking[i].argmax()]
        raise ValueError(f"{where[i]}: {name!r} is empty, but not all of {[*columns]}.")
    return target if numeric else _whole(target)


def _number(cell, name, where):
    try:
        # Python, not a table, has 1_000.
        value = float(cell.replace("_", "?"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{where}: {name!r} must be a number, got {cell!r}.")
    return value


def _whole(target):
    """As integers, which know no NaN."""
    return target if np.isnan(target).any() else target.astype(int)


def _say_unlabelled(where, cell, name=None):
    column = "the label" if name is None else repr(name)
    return (
        f"{where}: {column} is {repr(cell) if cell else 'empty'}. Only clips of the "
        "test partition may have no label."
    )
