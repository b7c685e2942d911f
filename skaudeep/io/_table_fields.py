"""What the fields of a feature table may hold."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import re
from collections.abc import Mapping

import numpy as np

from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.datasets._folds import PredefinedFolds

__all__ = [
    "PARTITIONS",
    "check_dims",
    "check_features",
    "check_fold_matrix",
    "check_names",
    "check_numbers",
    "check_partition",
    "check_settings",
    "check_target",
    "count_within",
    "is_ragged",
]

_SURROGATES = re.compile("[\ud800-\udfff]")
# In auDeep's order, whose numbers are 0, 1 and 2.
PARTITIONS = ("train", "devel", "test")


def is_ragged(features):
    """Whether these are sequences, an object array of arrays (frames, features)."""
    return features.dtype == object


def check_features(features):
    """Float32, (n_rows, ...), or an object array of float32 arrays (frames, features).

    Returns
    -------
    features : ndarray
        The same memory if it is float32 already.
    names : list of str or None
        Columns of a DataFrame.
    """
    names = getattr(features, "columns", None)
    if names is not None:
        names = [str(name) for name in names]
        features = features.to_numpy()
    if _is_collection(features):
        sequences = np.empty(len(features), dtype=object)
        for row, sequence in enumerate(features):
            sequences[row] = _to_float32(sequence, f"features[{row}]")
        _check_sequences(sequences)
        return sequences, None
    features = _to_float32(features, "features")
    if features.ndim < 2 or features.size == 0:
        raise ValueError(
            "features must have at least one row and one column, (n_rows, n_features) "
            f"or more axes, got the shape {features.shape}."
        )
    return features, names


def _is_collection(features):
    if not isinstance(features, (list, tuple)):
        features = np.asarray(features)
        return features.dtype == object and features.ndim == 1 and len(features) > 0
    return len(features) > 0 and np.ndim(features[0]) > 1


def _check_sequences(sequences):
    n_features = {
        sequence.shape[1] if sequence.ndim == 2 else None for sequence in sequences
    }
    shapes = [sequence.shape for sequence in sequences]
    if None in n_features or len(n_features) > 1 or not all(map(np.prod, shapes)):
        raise ValueError(
            "Sequences must be arrays (n_frames, n_features) with at least one frame "
            "and equally many features, got the shapes "
            f"{', '.join(map(str, list(dict.fromkeys(shapes))[:5]))}."
        )


def _to_float32(values, name):
    try:
        values = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be numbers of one shape: {error}") from error
    if values.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must be numbers, got an array of dtype {values.dtype}. Sequences "
            "of different lengths are a list of arrays (n_frames, n_features)."
        )
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore"):
        converted = values.astype(np.float32)
    lost = np.isinf(converted) & np.isfinite(values)
    if lost.any():
        where = tuple(int(i) for i in np.argwhere(lost)[0])
        raise ValueError(
            f"{name} has {values[where]} at {where}: too large for single precision."
        )
    return converted


def check_names(names, n_rows, field):
    """List of `n_rows` strings, none of them empty, as an array."""
    if isinstance(names, str):
        raise ValueError(f"{field} must be a list of names, got the text {names!r}.")
    names = [None if is_missing(name) else str(name) for name in names]
    _check_length(names, n_rows, field)
    for row, name in enumerate(names):
        if not name:
            kind = "no" if name is None else "an empty"
            raise ValueError(f"{field} has {kind} name in row {row}.")
    check_text(names, field)
    return np.array(names, dtype=str)


def is_missing(value):
    """Whether this is None, NaN, or what pandas takes for a missing value."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        # pandas.NA, which is neither the same as itself nor another.
        return True


def check_text(texts, field):
    """Refuse what an array of NumPy, or a file in UTF-8, would change."""
    for row, text in enumerate(texts):
        if "\0" in text or (not text.isascii() and _SURROGATES.search(text)):
            raise ValueError(
                f"{field} has {text!r} in row {row}, with a character that no file of "
                "text can hold."
            )


def check_numbers(numbers, n_rows, field, dtype):
    """Array of `n_rows` numbers of `dtype`, unchanged by the conversion."""
    given = np.asarray(numbers)
    _check_length(given, n_rows, field)
    if given.ndim != 1 or given.dtype.kind not in "biuf":
        raise ValueError(
            f"{field} must be one number a row, got an array of shape {given.shape} "
            f"and dtype {given.dtype}."
        )
    with np.errstate(invalid="ignore"):
        converted = given.astype(dtype)
    changed = (converted != given) | ~np.isfinite(given)
    if changed.any():
        row = int(np.flatnonzero(changed)[0])
        raise ValueError(
            f"{field} must be finite {np.dtype(dtype).name}, got {given[row]} in row "
            f"{row}."
        )
    return converted


def count_within(filenames):
    """How often the name of each row came before."""
    seen, numbers = {}, np.empty(len(filenames), dtype=np.int64)
    for row, name in enumerate(filenames.tolist()):
        numbers[row] = seen.get(name, 0)
        seen[name] = numbers[row] + 1
    return numbers


def check_target(target, names, n_rows):
    """Target, names of its classes or columns, and numbers of the classes."""
    if target is None:
        if names is not None:
            raise ValueError("target_names without a target say nothing.")
        return None, None, None
    target = np.asarray(target)
    _check_length(target, n_rows, "target")
    if target.ndim not in (1, 2) or target.dtype.kind not in "biufUO":
        raise ValueError(
            "target must be labels or numbers, (n_rows,) or (n_rows, n_targets), got "
            f"an array of shape {target.shape} and dtype {target.dtype}."
        )
    if target.size == 0:
        raise ValueError(f"target has no column, got the shape {target.shape}.")
    if target.dtype.kind in "UO":
        target = _labels(target)
    else:
        largest = np.iinfo(np.int64).max
        if target.dtype.kind == "u" and (target > largest).any():
            raise ValueError(f"target has {target.max()}; {largest} is the largest.")
        target = target.astype(np.float64 if target.dtype.kind == "f" else np.int64)
    if target.ndim == 2:
        if names is None:
            names = [f"target_{i}" for i in range(target.shape[1])]
        names = check_names(names, target.shape[1], "target_names")
        return target, names, None
    if target.dtype.kind != "U":
        if names is not None:
            raise ValueError(
                "target_names name the classes of labels or the columns of a matrix, "
                f"but target is {target.dtype} of shape {target.shape}."
            )
        return target, None, None
    return _classes(target, names)


def _labels(target):
    labels = [UNKNOWN if is_missing(label) else str(label) for label in target.ravel()]
    check_text(labels, "target")
    if "" in labels:
        row = labels.index("") // (target[0].size or 1)
        raise ValueError(
            f"target has an empty label in row {row}; one that is not known is "
            f"{UNKNOWN!r} or None."
        )
    return np.array(labels, dtype=str).reshape(target.shape)


def _classes(target, names):
    if names is None:
        names = np.unique(target[target != UNKNOWN])
    if not isinstance(names, Mapping):
        names = {str(name): number for number, name in enumerate(names)}
    label_map = {
        str(name): int(number)
        for name, number in sorted(names.items(), key=lambda item: item[1])
    }
    if min(label_map.values(), default=0) < 0:
        raise ValueError(f"Numbers of classes must not be negative, got {label_map}.")
    if len(set(label_map.values())) < len(label_map):
        raise ValueError(f"target_names gives two classes one number: {label_map}.")
    for row, label in enumerate(target.tolist()):
        if label != UNKNOWN and label not in label_map:
            raise ValueError(
                f"target has {label!r} in row {row}, which is not among target_names: "
                f"{list(label_map)}."
            )
    return target, np.array(list(label_map), dtype=str), label_map


def check_partition(partition, n_rows):
    """Names of partitions, empty for rows in none; a mapping is turned into them."""
    if partition is None:
        return None
    if isinstance(partition, Mapping):
        given, partition = partition, np.full(n_rows, "", dtype=object)
        for name, index in given.items():
            index = np.arange(n_rows)[_check_rows(index, n_rows, name)]
            taken = partition[index] != ""
            if taken.any():
                row = int(index[taken][0])
                raise ValueError(
                    f"Row {row} is in the partitions {partition[row]!r} and {name!r}."
                )
            partition[index] = name
    partition = np.array([str(name) for name in partition], dtype=str)
    _check_length(partition, n_rows, "partition")
    unknown = sorted(set(partition.tolist()) - {*PARTITIONS, ""})
    if unknown:
        raise ValueError(
            f"partition must be 'train', 'devel', 'test', or '' for a row in none, got "
            f"{unknown[0]!r}."
        )
    return partition if (partition != "").any() else None


def _check_rows(rows, n_rows, partition):
    """Indices or a mask, none of them beyond the rows or counted from behind."""
    rows = np.asarray(rows)
    if rows.dtype.kind in "iu":
        strange = rows[(rows < 0) | (rows >= n_rows)]
    else:
        fits = rows.dtype == bool and rows.shape == (n_rows,)
        strange = rows[:0] if fits or not rows.size else rows.ravel()
    if strange.size:
        raise ValueError(
            f"The partition {partition!r} has the row {strange[0]}, but features have "
            f"{n_rows} rows."
        )
    return rows if rows.size else np.zeros(0, dtype=int)


def check_fold_matrix(folds, n_rows):
    """Matrix (n_rows, n_folds): 0 trains, 1 is tested on, -1 is in neither part."""
    if folds is None:
        return None
    if isinstance(folds, PredefinedFolds):
        return _fold_matrix(folds, n_rows)
    matrix = np.asarray(folds)
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ValueError(
            "cv must be PredefinedFolds or a matrix (n_rows, n_folds), got an array of "
            f"shape {matrix.shape} and dtype {matrix.dtype}."
        )
    _check_length(matrix, n_rows, "cv")
    if not np.isin(matrix, (-1, 0, 1)).all():
        row, fold = np.argwhere(~np.isin(matrix, (-1, 0, 1)))[0]
        raise ValueError(
            "The matrix of folds holds 0 (training), 1 (test) and -1 (neither), got "
            f"{matrix[row, fold]} in row {row}, fold {fold + 1}."
        )
    return matrix.astype(np.int64) if matrix.shape[1] else None


def _fold_matrix(folds, n_rows):
    matrix = np.full((n_rows, len(folds.folds)), -1, dtype=np.int64)
    for column, parts in enumerate(folds.split(np.empty(n_rows))):
        for value, index in enumerate(parts):
            if len(np.unique(index)) < len(index):
                raise ValueError(
                    f"Fold {column + 1} of cv has a row twice, which a table of one "
                    "row a clip cannot say."
                )
            matrix[index, column] = value
    return matrix


def check_dims(dims, features):
    """Names of the axes behind the rows."""
    n_dims = 2 if is_ragged(features) else features.ndim - 1
    if dims is None:
        known = {1: ("generated",), 2: ("time", "freq")}
        return known.get(n_dims, tuple(f"generated_{i}" for i in range(n_dims)))
    dims = tuple(str(dim) for dim in dims)
    if len(dims) != n_dims or len({*dims, "instance", "fold"}) != n_dims + 2:
        raise ValueError(
            f"feature_dims must be {n_dims} different names, and not 'instance' or "
            f"'fold', got {dims}."
        )
    return dims


def check_settings(settings):
    """A copy of what JSON knows of the settings, which must be all."""
    if settings is None:
        return {}
    try:
        copy = json.loads(json.dumps(settings))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"settings must be a dict that JSON can hold: {error}."
        ) from error
    if not isinstance(copy, dict):
        raise ValueError(f"settings must be a dict, got {settings!r}.")
    return copy


def _check_length(values, n_rows, field):
    length = len(values) if np.ndim(values) else 0
    if length != n_rows:
        raise ValueError(f"{field} has {length} rows and features {n_rows}.")
