"""Tables that list audio files and say what they are."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from numbers import Integral
from pathlib import Path

import numpy as np

from skaudeep._validation import Interval, validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._partitions import (
    SPELLINGS,
    indices_of_partitions,
    normalise_partition,
)
from skaudeep.datasets._table_columns import read_columns
from skaudeep.datasets._table_labels import read_labels, read_tags, read_values

__all__ = ["load_audio_table"]

# Of a column.
_NUMBER = Interval(Integral, 0, None, closed="left")
_WHOLE = re.compile(r"\d+(\.0*)?")


@validate_params(
    {
        "path": [str, _NUMBER],
        "label": [None, str, _NUMBER, list, tuple],
        "fold": [None, str, _NUMBER],
        "partition": [None, str, _NUMBER],
        "group": [None, str, _NUMBER],
        "root": [None, str, os.PathLike],
        "sep": [None, str],
        "label_separator": [None, str],
        "numeric": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_audio_table(
    table,
    *,
    path="path",
    label=None,
    fold=None,
    partition=None,
    group=None,
    root=None,
    sep=None,
    label_separator=None,
    numeric=False,
):
    r"""Read a table that lists audio files, their labels, folds and groups.

    The table has a row for every clip. Columns are given by name, or those of a file
    that does not name them by number, counted from 0. Other columns are ignored. No
    audio is decoded.

    Parameters
    ----------
    table : str, path-like or DataFrame
        A text file in UTF-8 with separated columns, such as CSV and TSV, or a data
        frame.
    path : str or int, default="path"
        Column of the paths of the audio files, absolute or relative to `root`.
    label : str, int, list of str or int, or None, default=None
        Column of the labels; several columns make `target` a matrix; None for none.
    fold : str, int or None, default=None
        Column of the number or the name of the fold that tests the clip.
    partition : str, int or None, default=None
        Column of the partition: ``train`` or ``training``; ``devel``, ``dev``,
        ``valid``, ``validation`` or ``val``; ``test`` or ``testing``, in capitals or
        not.
    group : str, int or None, default=None
        Column of what must not stand on both sides of a split.
    root : str, path-like or None, default=None
        Folder that paths are relative to. None takes that of the file, and for a data
        frame the working directory.
    sep : str or None, default=None
        One character, between the columns of a file. None takes tabs if it is called
        ``.tsv`` or ``.tab``; else that of tab, semicolon and comma which its first line
        has most of.
    label_separator : str or None, default=None
        Between several labels in one cell, such as ";". A clip without any has an
        empty cell.
    numeric : bool, default=False
        Whether labels are numbers, for regression. Otherwise they are names, also if
        they consist of digits.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, in the order of the table.
        target : ndarray or None
            Of shape (n_clips,): labels, or floats if `numeric`. Of shape (n_clips,
            n_labels): 1 where a label of the cell, or of the columns, holds, else 0; or
            floats of several columns if `numeric`. A clip of the test partition whose
            cell is "?" or empty has the label "?", or a row of NaN.
        target_names : ndarray of str or None
            Labels, sorted; names of the columns if they are several; None if there
            are none, or numbers only.
        groups : ndarray of shape (n_clips,) of str, or None
            Groups.
        cv : PredefinedFolds or None
            One fold tests each of the folds, in the order of their numbers or names.
            Without `fold`, but with partitions: train against devel, or against test
            without one, if they have labels.
        partitions : :class:`~sklearn.utils.Bunch` or None
            Indices of the clips of each partition: train, devel, test, those that are
            there.
        fold : ndarray of shape (n_clips,) of int or str, or None
            The fold of each clip, -1 or "" of one without; int if all are integers.
        DESCR : str
            What was read.

    Raises
    ------
    FileNotFoundError
        If the table or a listed file is missing.
    ValueError
        If a column is missing, a row is listed twice, a cell is empty, a partition is
        none, a label is no number or not 0 or 1 where it has to be, or there is only
        one fold. Errors name the file and the line; rows of a data frame are counted
        from 0.

    See Also
    --------
    load_audio_folder : Reads folders whose names are the labels.
    make_folds : Folds for a corpus without any.

    Notes
    -----
    - The cell of a fold may be empty for clips of the test partition only. They are in
      none.
    - With `label_separator`, an empty cell says that the clip has no label, also in the
      test partition; "?" says that nobody knows.
    - Whole numbers in a column of floats of a data frame are read as integers: a
      missing cell turns one into the other. So are the folds 1.0, 2.0 of a file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_audio_table
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("a.wav", "b.wav", "c.wav"):
    ...     (root / name).touch()
    >>> text = "file;tags;split\na.wav;dog+cat;1\nb.wav;;1\nc.wav;dog;2\n"
    >>> _ = (root / "clips.csv").write_text(text)
    >>> data = load_audio_table(
    ...     root / "clips.csv",
    ...     path="file",
    ...     label="tags",
    ...     label_separator="+",
    ...     fold="split",
    ... )
    >>> data.target_names.tolist()
    ['cat', 'dog']
    >>> data.target
    array([[1, 1],
           [0, 0],
           [0, 1]])
    >>> data.cv
    PredefinedFolds(n_splits=2, n_train=[1, 2], n_test=[2, 1])
    """
    labels = list(label) if isinstance(label, list | tuple) else [label]
    _check_labels(label, labels, label_separator, numeric)
    is_frame = hasattr(table, "columns")
    if root is None:
        root = "" if is_frame else Path(table).parent
    root = Path(root)
    names = [
        name for name in (path, *labels, fold, partition, group) if name is not None
    ]
    columns, where = read_columns(table, names, sep)
    if not where:
        raise ValueError("The table lists no clip.")

    files = columns[path]
    _check_paths(root, files, where)
    parts = None
    if partition is not None:
        parts = _read_partitions(columns[partition], where, partition)
    is_test = [part == "test" for part in parts or [None] * len(files)]
    target, target_names = _read_target(
        columns, label, where, is_test, label_separator, numeric
    )
    folds, cv = None, None
    if fold is not None:
        _check_filled(columns[fold], where, fold, may_lack=is_test)
        folds, cv = _read_folds(columns[fold], fold)
    if group is not None:
        _check_filled(columns[group], where, group)
    return make_corpus(
        root,
        files,
        target,
        target_names=target_names,
        groups=None if group is None else columns[group],
        cv=cv,
        partitions=None if parts is None else indices_of_partitions(parts),
        descr=_DESCR.format(
            n=len(files), table="a data frame" if is_frame else Path(table)
        ),
        fold=folds,
    )


def _check_labels(label, labels, label_separator, numeric):
    if not labels:
        raise ValueError("label must name at least one column or be None, got [].")
    for name in labels if isinstance(label, list | tuple) else ():
        if not isinstance(name, str) and not _NUMBER.is_satisfied_by(name):
            raise ValueError(
                f"label must name columns or give their numbers, got {name!r} in "
                f"{label!r}."
            )
    if len(set(labels)) < len(labels):
        raise ValueError(f"label must name every column once, got {labels!r}.")
    if label_separator is not None:
        if not label_separator:
            raise ValueError("label_separator must not be empty.")
        if label is None or isinstance(label, list | tuple) or numeric:
            raise ValueError(
                "label_separator is for labels in one column that are no numbers, got "
                f"label={label!r} and numeric={numeric}."
            )
    if numeric and label is None:
        raise ValueError("numeric=True needs the column of the numbers: label is None.")


def _read_target(columns, label, where, is_test, label_separator, numeric):
    """Labels, tags or numbers, and their names as far as they are not the labels."""
    if label is None:
        return None, None
    if isinstance(label, list | tuple):
        values = {str(name): columns[name] for name in label}
        return read_values(values, where, is_test, numeric=numeric), label
    cells = columns[label]
    if label_separator is not None:
        return read_tags(cells, where, is_test, label_separator)
    if numeric:
        values = read_values({str(label): cells}, where, is_test, numeric=True)
        return values[:, 0], None
    return read_labels(cells, where, is_test), None


def _check_filled(cells, where, name, may_lack=None):
    for i, cell in enumerate(cells):
        if not cell and not (may_lack and may_lack[i]):
            raise ValueError(f"{where[i]}: {name!r} is empty.")


def _check_paths(root, files, where):
    first = {}
    for file, place in zip(files, where, strict=True):
        if not file:
            raise ValueError(f"{place}: the path is empty.")
        other = first.setdefault(os.path.normpath(root / file), place)
        if other != place:
            raise ValueError(
                f"{place}: {file!r} is listed already: {other}. A clip is one row."
            )
    missing = [i for i, file in enumerate(files) if not (root / file).is_file()]
    if missing:
        more = f" {len(missing)} of {len(files)} are missing." if missing[1:] else ""
        raise FileNotFoundError(
            f"{where[missing[0]]}: there is no file {files[missing[0]]!r} in "
            f"root={str(root)!r}.{more}"
        )


def _read_partitions(cells, where, name):
    parts = [normalise_partition(cell) for cell in cells]
    for part, cell, place in zip(parts, cells, where, strict=True):
        if part is None:
            raise ValueError(
                f"{place}: {name!r} must be one of {', '.join(SPELLINGS)}; got "
                f"{cell!r}."
            )
    return parts


def _read_folds(cells, name):
    """Number or name of each fold, and the folds."""
    given = [cell for cell in cells if cell]
    if all(map(_WHOLE.fullmatch, given)):
        fold = np.array([int(cell.partition(".")[0] or -1) for cell in cells])
    else:
        fold = np.array(cells)
    used = np.array([bool(cell) for cell in cells])
    numbers = np.unique(fold[used])
    if len(numbers) < 2:
        raise ValueError(
            f"{name!r} must have at least two folds, got {numbers.tolist()} only."
        )
    return fold, PredefinedFolds(
        (np.flatnonzero(used & (fold != number)), np.flatnonzero(fold == number))
        for number in numbers
    )


_DESCR = """\
Audio table
===========

{n} audio files, listed in {table}.
"""
