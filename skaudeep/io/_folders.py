"""Tables in folders named after partitions and folds, as auDeep writes and reads."""
# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np

from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.io._columns import complete_classes
from skaudeep.io._feature_table import FeatureTable
from skaudeep.io._table_fields import PARTITIONS

__all__ = ["find_parts", "join_parts", "split_parts"]

_FOLD = re.compile(r"fold_([1-9]\d*)")


def split_parts(table):
    """The rows of every folder.

    Returns
    -------
    dict of str to ndarray of int
        Rows by folder, such as ``"train"``, ``"fold_1"`` or ``"train/fold_1"``; a fold
        holds the rows that are tested in it. Folders without rows are left out.
    """
    parts = {"": np.ones(len(table), dtype=bool)}
    if table.partition is not None:
        parts = {name: table.partition == name for name in PARTITIONS}
    if table.cv_folds is not None:
        parts = {
            "/".join(filter(None, (folder, f"fold_{fold + 1}"))): rows & (column == 1)
            for folder, rows in parts.items()
            for fold, column in enumerate(table.cv_folds.T)
        }
    lost = ~np.any(list(parts.values()), axis=0)
    if lost.any():
        row = int(np.argmax(lost))
        name = str(table.filenames[row])
        raise ValueError(
            f"Row {row}, {name!r}, would be in no folder: it is in no partition, or "
            "tested in no fold. Drop these by "
            "table.replace(partition=None) or table.replace(cv=None)."
        )
    if table.cv_folds is not None:
        _check_trained(table, parts)
    return {
        folder: np.flatnonzero(rows) for folder, rows in parts.items() if rows.any()
    }


def _check_trained(table, parts):
    neither = np.argwhere(table.cv_folds < 0)
    if len(neither):
        row, fold = neither[0]
        raise ValueError(
            f"Row {row}, {str(table.filenames[row])!r}, is in neither part of fold "
            f"{fold + 1}, but in folders rows are trained on where they are not tested."
        )
    tested = {folder.rpartition("/")[2] for folder, rows in parts.items() if rows.any()}
    if len(tested) < table.cv_folds.shape[1]:
        missing = {f"fold_{i + 1}" for i in range(table.cv_folds.shape[1])} - tested
        raise ValueError(f"No row is tested in {min(missing)}, so it has no folder.")


def find_parts(path):
    """The files of a table that is spread over folders.

    Parameters
    ----------
    path : Path
        Where the file would be if there were no folders.

    Returns
    -------
    list of (path, str or None, int or None)
        File, partition and number of the fold, in the order of these.
    """
    files = []
    for name in (None, *PARTITIONS):
        folder = path.parent if name is None else path.parent / name
        if not folder.is_dir():
            continue
        if name is not None and (folder / path.name).is_file():
            files.append((folder / path.name, name, None))
        folds = sorted(
            int(match[1])
            for match in map(_FOLD.fullmatch, (p.name for p in folder.iterdir()))
            if match and (folder / match[0] / path.name).is_file()
        )
        files += [(folder / f"fold_{k}" / path.name, name, k) for k in folds]
    if len({(part is None, fold is None) for _, part, fold in files}) > 1:
        raise ValueError(
            f"{str(path)!r}: files of this name lie in folders of partitions, of folds "
            f"and of both; they must all lie alike: {[str(f[0]) for f in files[:6]]}."
        )
    numbers = {fold for _, _, fold in files if fold is not None}
    if numbers and numbers != set(range(1, len(numbers) + 1)):
        raise ValueError(
            f"{str(path)!r}: folds must be numbered from 1 without gaps, got "
            f"{sorted(numbers)}."
        )
    return files


def join_parts(parts):
    """One table of several.

    Parameters
    ----------
    parts : list of (FeatureTable, path, str or None, int or None)
        Tables with file, partition and number of the fold that their rows are tested
        in.

    Returns
    -------
    FeatureTable
        Rows in the order of the parts; one that is tested in several folds is one row.
    """
    tables = [table for table, *_ in parts]
    _check_alike(parts)
    fields = {"features": np.concatenate([table.features for table in tables])}
    for name in ("filenames", "chunk_nr", "timestamps", "target"):
        values = [getattr(table, name) for table in tables]
        if values[0] is not None:
            fields[name] = np.concatenate(values)
    lengths = [len(table) for table in tables]
    names = [part for *_, part, _ in parts]
    if names[0] is not None:
        fields["partition"] = np.repeat(names, lengths)
    first = tables[0]
    joined = FeatureTable(
        target_names=_join_classes(tables),
        feature_names=first.feature_names,
        settings=first.settings,
        version=first.version,
        **fields,
    )
    folds = [fold for *_, fold in parts]
    if folds[0] is None:
        return joined
    tested = np.zeros((len(joined), max(folds)), dtype=np.int64)
    tested[np.arange(len(joined)), np.repeat(folds, lengths) - 1] = 1
    return _merge_folds(joined, tested)


def _check_alike(parts):
    (first, first_path, *_), *others = parts
    for table, path, *_ in others:
        for what, one, other in (
            ("features", first.features.shape[1:], table.features.shape[1:]),
            ("names of features", first.feature_names, table.feature_names),
            ("timestamps", first.timestamps is None, table.timestamps is None),
            ("labels", _kind(first), _kind(table)),
        ):
            if one != other:
                raise ValueError(
                    f"{path} has other {what} than {first_path}: {other} and {one}."
                )


def _kind(table):
    if table.target is None:
        return None
    return table.target.dtype.kind, table.target.shape[1:]


def _join_classes(tables):
    """Numbers of the classes if the files agree on them, else None for sorted ones."""
    first = tables[0]
    if first.label_map is None:
        return first.target_names
    names, numbers = {}, {}
    for table in tables:
        pairs = zip(table.target.tolist(), table.target_numeric.tolist(), strict=True)
        for label, number in pairs:
            if label == UNKNOWN:
                continue
            known = numbers.setdefault(label, number), names.setdefault(number, label)
            if known != (number, label):
                return None
    return complete_classes(numbers, set().union(*(t.label_map for t in tables)))


def _merge_folds(table, tested):
    """Make one row of those that several folds have in common."""
    kept, rows = {}, []
    parts = table.filenames if table.partition is None else table.partition
    names, numbers = table.filenames.tolist(), table.chunk_nr.tolist()
    for row, key in enumerate(zip(names, numbers, parts.tolist(), strict=True)):
        first = kept.setdefault(key, row)
        if first == row:
            rows.append(row)
            continue
        features = table.features[[first, row]]
        same = np.array_equal(*features, equal_nan=True)
        if not same or (tested[first] & tested[row]).any():
            raise ValueError(
                f"Chunk {key[1]} of {key[0]!r} is there twice, with different features "
                "or in one fold."
            )
        tested[first] |= tested[row]
    return table.take(rows).replace(cv=tested[rows])
