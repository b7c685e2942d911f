"""Tables of features joined, divided and repeated."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.datasets import make_folds
from skaudeep.datasets._corpus import UNKNOWN

__all__ = ["add_folds", "add_partitions", "fuse", "fuse_chunks", "stack", "upsample"]

# What must be the same in every row of tables that are fused.
_ROW_FIELDS = ("filenames", "chunk_nr", "timestamps")
_CLIP_FIELDS = ("target", "partition", "cv_folds", "groups")


def fuse(tables, names):
    """Put the features of several tables side by side.

    Parameters
    ----------
    tables : list of FeatureTable
        With the same rows in the same order. What one knows of them and another does
        not is taken over.
    names : list of str
        What the tables are called in an error.

    Returns
    -------
    FeatureTable
        Of all columns.
    """
    first, *others = tables
    known = {}
    for table, name in zip(tables, names, strict=True):
        if table.features.ndim != 2:
            raise ValueError(f"{name} holds sequences; features of one row are fused.")
        for field in (*_ROW_FIELDS, *_CLIP_FIELDS):
            values = getattr(table, field)
            if values is None:
                continue
            if field not in known:
                known[field] = values, name
                continue
            row = _first_difference(known[field][0], values)
            if row is not None:
                raise ValueError(
                    f"{known[field][1]} and {name} do not have the same rows: "
                    f"{field} differ in row {row + 1}: "
                    f"{_at(known[field][0], row)} and {_at(values, row)}."
                )
    changes = {
        "cv" if field == "cv_folds" else field: values
        for field, (values, _) in known.items()
        if getattr(first, field) is None
    }
    if "target" in changes:
        of_target = next(table for table in others if table.target is not None)
        changes["target_names"] = _class_names(of_target)
    return first.replace(
        features=np.hstack([table.features for table in tables]),
        feature_names=_joined_names(tables),
        **changes,
    )


def _first_difference(ours, theirs):
    """The first row in which two arrays differ, None if they do not."""
    if len(ours) != len(theirs):
        return min(len(ours), len(theirs))
    differ = ours != theirs
    if ours.dtype.kind == "f":
        differ &= ~(np.isnan(ours) & np.isnan(theirs))
    rows = np.flatnonzero(differ.reshape(len(ours), -1).any(axis=1))
    return int(rows[0]) if len(rows) else None


def _at(values, row):
    return repr(values[row].tolist()) if row < len(values) else "nothing"


def _class_names(table):
    return table.target_names if table.label_map is None else table.label_map


def _joined_names(tables):
    """Names of the columns, if all have names and no two the same."""
    if any(table.feature_names is None for table in tables):
        return None
    names = [name for table in tables for name in table.feature_names]
    return names if len(set(names)) == len(names) else None


def stack(tables, names):
    """Put the rows of several tables one below the other.

    Parameters
    ----------
    tables : list of FeatureTable
        With equally many features. What is known of rows is kept if it is known of
        all.
    names : list of str
        What the tables are called in an error.

    Returns
    -------
    FeatureTable
        Of all rows.
    """
    first = tables[0]
    seen = {}
    for table, name in zip(tables, names, strict=True):
        if table.features.shape[1:] != first.features.shape[1:]:
            raise ValueError(
                f"{names[0]} has features of shape {first.features.shape[1:]}, {name} "
                f"of {table.features.shape[1:]}."
            )
        for row in zip(table.filenames.tolist(), table.chunk_nr.tolist(), strict=True):
            if row in seen:
                raise ValueError(
                    f"{seen[row]} and {name} both have chunk {row[1]} of {row[0]!r}."
                )
            seen[row] = name
    changes = {}
    for field in (*_ROW_FIELDS, *_CLIP_FIELDS):
        values = [getattr(table, field) for table in tables]
        whole = all(value is not None for value in values)
        if field == "partition" and not whole:
            values = [
                np.full(len(table), "") if value is None else value
                for table, value in zip(tables, values, strict=True)
            ]
            whole = True
        name = "cv" if field == "cv_folds" else field
        changes[name] = np.concatenate(values) if whole else None
    if changes["target"] is not None and len({str(t.label_map) for t in tables}) == 1:
        changes["target_names"] = _class_names(first)
    return first.replace(
        features=np.concatenate([table.features for table in tables]),
        feature_names=first.feature_names,
        **changes,
    )


def fuse_chunks(table):
    """Put the chunks of every recording side by side, in one row.

    Parameters
    ----------
    table : FeatureTable
        With equally many chunks of every recording.

    Returns
    -------
    FeatureTable
        One row a recording.
    """
    sequences = table.to_sequences()
    counts = np.array([len(chunks) for chunks in sequences.features])
    names = sequences.filenames.tolist()
    odd = np.flatnonzero(counts != counts[0])
    if len(odd):
        raise ValueError(
            f"All recordings must have equally many chunks, but "
            f"{names[0]!r} has {counts[0]} and {names[odd[0]]!r} {counts[odd[0]]}."
        )
    rows = [chunks.ravel() for chunks in sequences.features]
    return sequences.replace(features=np.stack(rows))


def add_folds(table, n_folds, seed=None):
    """Make folds that keep chunks and groups together.

    Parameters
    ----------
    table : FeatureTable
        Without folds.
    n_folds : int
        How many.
    seed : int or None, default=None
        Of shuffling; None does not shuffle.

    Returns
    -------
    FeatureTable
        With folds.
    """
    if table.cv_folds is not None:
        raise ValueError(
            f"There are {table.cv_folds.shape[1]} folds already; --remove-folds "
            "removes them."
        )
    return table.replace(cv=_folds(table, n_folds, seed))


def add_partitions(table, shares, seed=None):
    """Make partitions that keep chunks and groups together.

    Parameters
    ----------
    table : FeatureTable
        Without partitions.
    shares : dict of str to int
        How large each is in proportion to the others.
    seed : int or None, default=None
        Of shuffling; None does not shuffle.

    Returns
    -------
    FeatureTable
        With partitions.
    """
    if table.partition is not None:
        raise ValueError(
            "There are partitions already; --remove-partitions removes them."
        )
    parts = [name for name, share in shares.items() for _ in range(share)]
    folds = _folds(table, len(parts), seed).folds
    partition = np.full(len(table), "", dtype="<U5")
    for name, (_, test) in zip(parts, folds, strict=True):
        partition[test] = name
    return table.replace(partition=partition)


def _folds(table, n_splits, seed):
    groups = table.clips if table.groups is None else table.groups
    return make_folds(
        groups,
        table.target,
        n_splits=n_splits,
        shuffle=seed is not None,
        random_state=seed,
    )


def upsample(table, partitions=()):
    """Repeat recordings of rare classes until all are as frequent as the largest.

    Parameters
    ----------
    table : FeatureTable
        With one label a row, which the chunks of a recording share.
    partitions : sequence of str, default=()
        Only within each of these; empty for all rows together.

    Returns
    -------
    FeatureTable
        The copies are behind all others and are named ``NAME.upsampled.1`` and so on.
    """
    if table.label_map is None:
        raise ValueError("Only tables with one label a row can be upsampled.")
    clips = table.clips
    first = np.unique(clips, return_index=True)[1]
    target, rows, names = table.target[first], [np.arange(len(table))], []
    for part in partitions or (None,):
        inside = target != UNKNOWN
        if part is not None:
            if table.partition is None or not (table.partition == part).any():
                raise ValueError(f"There is no partition {part!r} to upsample.")
            inside &= table.partition[first] == part
        classes, counts = np.unique(target[inside], return_counts=True)
        for label, count in zip(classes, counts, strict=True):
            of_class = np.flatnonzero(inside & (target == label))
            for number in range(count, counts.max()):
                clip = of_class[number % count]
                copied = np.flatnonzero(clips == clip)
                rows.append(copied)
                suffix = f".upsampled.{number // count}"
                names += [name + suffix for name in table.filenames[copied]]
    larger = table.take(np.concatenate(rows))
    filenames = [*table.filenames.tolist(), *names]
    return larger.replace(filenames=filenames)
