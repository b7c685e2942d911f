"""Between a feature table and the columns of auDeep's and Deep Spectrum's files."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from typing import NamedTuple

import numpy as np

from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.io._feature_table import FeatureTable
from skaudeep.io._number_rows import NUMBER, is_missing
from skaudeep.io._table_fields import is_ragged

__all__ = [
    "Column",
    "Names",
    "Roles",
    "check_header",
    "complete_classes",
    "find_roles",
    "flatten",
    "make_table",
    "to_columns",
]

_ASKED = {
    "filename": "filename_column",
    "chunk_nr": "chunk_column",
    "timestamp": "timestamp_column",
    "label_numeric": "numeric_label_column",
}
_AUDEEP = {
    "filename": ("filename", "name"),
    "chunk_nr": ("chunk_nr",),
    "timestamp": ("timeStamp", "timestamp"),
    "label_numeric": ("label_numeric",),
}
_DEEP_SPECTRUM = {"filename": ("name",), "timestamp": ("timeStamp",)}
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)


class Column(NamedTuple):
    """A column that holds no feature.

    Parameters
    ----------
    name : str
        In the header.
    values : list
        Str, int or float; None where one is missing.
    kind : {"string", "integer", "number", "nominal"}
        What they are.
    classes : list of str or None
        What nominal values may be.
    """

    name: str
    values: list
    kind: str
    classes: list | None = None


class Names(NamedTuple):
    """Names of columns that the caller of `load_features` gave, None for the usual."""

    filename: str | None = None
    chunk_nr: str | None = None
    timestamp: str | None = None
    label: str | list | None = None
    label_numeric: str | None = None


class Roles(NamedTuple):
    """Which columns are what, by their index; None for what there is not."""

    filename: int | None
    chunk_nr: int | None
    timestamp: int | None
    labels: list
    label_numeric: int | None
    features: list

    def others(self):
        """Indices of the columns that are no features."""
        single = (self.filename, self.chunk_nr, self.timestamp, self.label_numeric)
        return sorted([i for i in single if i is not None] + self.labels)


def flatten(table, layout):
    """The features as a matrix, and the names of its columns."""
    if is_ragged(table.features):
        raise ValueError(
            "A row holds one vector, but the clips are sequences of different lengths. "
            "Write table.to_chunks(), a row for every frame, or format='autrainer', a "
            "file for every clip."
        )
    X = table.features.reshape(len(table), -1)
    if layout == "deepspectrum":
        return X, [f"neuron_{i}" for i in range(X.shape[1])]
    return X, table.feature_names or [f"feature_{i}" for i in range(X.shape[1])]


def check_header(others, names):
    """Refuse features that have the name of another column."""
    both = sorted({*names}.intersection(others))
    if both:
        raise ValueError(f"A feature has the name of the column {both[0]!r}.")


def to_columns(table, layout, labels_last=False):
    """What stands before the features, and what behind.

    Returns
    -------
    before, after : list of Column
        In the order of the layout.
    """
    filenames = table.filenames.tolist()
    if layout == "deepspectrum":
        before = [Column("name", filenames, "string")]
        if table.timestamps is not None:
            before.append(Column("timeStamp", table.timestamps.tolist(), "number"))
        return before, _deep_spectrum_labels(table)
    before = [
        Column("filename", filenames, "string"),
        Column("chunk_nr", table.chunk_nr.tolist(), "integer"),
    ]
    labels = _audeep_labels(table)
    return (before, labels) if labels_last else (before + labels, [])


def _audeep_labels(table):
    if table.target is None:
        empty = [None] * len(table)
        return [
            Column("label_nominal", empty, "string"),
            Column("label_numeric", empty, "integer"),
        ]
    if table.label_map is None:
        raise ValueError(
            "auDeep's layout has one label a row; the target is an array of shape "
            f"{table.target.shape} and dtype {table.target.dtype}. Use "
            "layout='deepspectrum', or NetCDF or Parquet."
        )
    numbers = [None if n < 0 else n for n in table.target_numeric.tolist()]
    return [
        _nominal("label_nominal", table.target, table.label_map),
        Column("label_numeric", numbers, "integer"),
    ]


def _deep_spectrum_labels(table):
    if table.target is None:
        return []
    names = ["class"] if table.target.ndim == 1 else table.target_names.tolist()
    columns = []
    for name, values in zip(names, table.target.reshape(len(table), -1).T, strict=True):
        if values.dtype.kind == "U":
            columns.append(_nominal(name, values, table.label_map or values.tolist()))
        else:
            kind = "integer" if values.dtype.kind == "i" else "number"
            columns.append(Column(name, values.tolist(), kind))
    return columns


def _nominal(name, labels, classes):
    classes = sorted(set(classes) - {UNKNOWN})
    labels = [None if label == UNKNOWN else label for label in labels.tolist()]
    return Column(name, labels, "nominal", classes)


def find_roles(header, asked, path):
    """Which of the columns of a header are what.

    Parameters
    ----------
    header : list of str
        Names of all columns.
    asked : Names
        Those that the caller named.
    path : path-like
        The file, for errors.

    Returns
    -------
    Roles
        All other columns are features.
    """
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise ValueError(f"{path}: several columns are named {twice!r}.")
    deep_spectrum = "neuron_0" in header and "label_nominal" not in header
    usual = _DEEP_SPECTRUM if deep_spectrum else _AUDEEP
    found = {
        role: _find(header, getattr(asked, role), usual.get(role, ()), option, path)
        for role, option in _ASKED.items()
    }
    found["labels"] = _find_labels(header, asked.label, deep_spectrum, path)
    taken = {found[role] for role in _ASKED} | set(found["labels"])
    features = [i for i in range(len(header)) if i not in taken]
    if not features:
        raise ValueError(f"{path}: no column holds features; there are {header}.")
    return Roles(**found, features=features)


def _find(header, asked, usual, option, path):
    if asked is not None:
        return _index(header, asked, option, path)
    return next((header.index(name) for name in usual if name in header), None)


def _find_labels(header, asked, deep_spectrum, path):
    if asked is not None:
        asked = [asked] if isinstance(asked, str) else asked
        return [_index(header, name, "label_column", path) for name in asked]
    if deep_spectrum:
        neurons = [i for i, name in enumerate(header) if name.startswith("neuron_")]
        return list(range(neurons[-1] + 1, len(header)))
    usual = ("label_nominal", "class")
    return [header.index(name) for name in usual if name in header][:1]


def _index(header, name, option, path):
    if name not in header:
        raise ValueError(
            f"{path}: {option}={name!r} is none of the columns: {_some(header)}."
        )
    return header.index(name)


def _some(names):
    shown = ", ".join(map(repr, names[:8]))
    return f"{shown}, ... ({len(names)})" if len(names) > 8 else shown


def make_table(path, header, roles, columns, X, where, prefix, **more):
    """Table of what stands in columns.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    header : list of str
        Names of all columns.
    roles : Roles
        Which columns are what.
    columns : dict of int to Column
        Those that are no features; values as text where `kind` is "text".
    X : ndarray of float32
        Features.
    where : callable
        As in `parse_rows`.
    prefix : str
        What names of rows without a name begin with.
    **more
        Further fields.

    Returns
    -------
    FeatureTable
        The table.
    """
    if not len(X):
        raise ValueError(f"{path}: there is a header, but no row.")
    fields = {"filenames": [f"{prefix}_{i}" for i in range(len(X))]}
    if roles.filename is not None:
        fields["filenames"] = _texts(columns[roles.filename], where)
    for role, field in (("chunk_nr", "chunk_nr"), ("timestamp", "timestamps")):
        index = getattr(roles, role)
        if index is not None:
            kind = int if role == "chunk_nr" else float
            fields[field] = _numbers(columns[index], kind, where)
    fields.update(_target(columns, roles, where))
    names = [header[i] for i in roles.features]
    usual = (
        [f"{word}_{i}" for i in range(len(names))] for word in ("feature", "neuron")
    )
    if names not in usual:
        fields["feature_names"] = names
    return FeatureTable(X, **{**fields, "version": None, **more})


def _texts(column, where):
    for row, value in enumerate(column.values):
        if value is None or value == "":
            raise ValueError(f"{where(row)}, column {column.name!r}: is empty.")
    return column.values


def _numbers(column, kind, where, missing=None):
    """Values as int or float; `missing`, if any, for those that are missing."""
    numbers = []
    for row, value in enumerate(column.values):
        if value is None or (isinstance(value, str) and is_missing(value)):
            if missing is None:
                raise ValueError(
                    f"{where(row)}, column {column.name!r}: a number is missing."
                )
            numbers.append(missing)
            continue
        try:
            number = float(value)
            if kind is int and number != int(number):
                raise ValueError
        except (ValueError, OverflowError):
            word = "an integer" if kind is int else "a number"
            raise ValueError(
                f"{where(row)}, column {column.name!r}: must be {word}, got {value!r}."
            ) from None
        numbers.append(kind(number))
    return numbers


def _target(columns, roles, where):
    """The fields `target` and `target_names`."""
    if not roles.labels:
        return {}
    labels = [columns[i] for i in roles.labels]
    if len(labels) > 1:
        values = [_values(column, where) for column in labels]
        names = [column.name for column in labels]
        if "U" in {array.dtype.kind for array in values}:
            values = [_labels(column) for column in labels]
        target = np.stack(values, axis=1)
        if target.dtype.kind == "U":
            target = np.where(target == "", UNKNOWN, target)
        return {"target": target, "target_names": names}
    column = labels[0]
    if roles.label_numeric is None and column.name != "label_nominal":
        target = _values(column, where)
    else:
        target = _labels(column)
    nothing = all(label == "" for label in target.tolist())
    if nothing and column.kind != "nominal":
        return {}
    if target.dtype.kind != "U":
        return {"target": target}
    target = np.where(target == "", UNKNOWN, target)
    names = sorted(column.classes or [])
    if roles.label_numeric is not None:
        numeric = columns[roles.label_numeric]
        numbers = _numbers(numeric, int, where, missing=UNKNOWN)
        names = _label_map(target.tolist(), numbers, names, where)
    return {"target": target, "target_names": names or None}


def _values(column, where):
    """Array of str, int64 or float64, whatever the values are."""
    cells = [str(cell) for cell in column.values if cell is not None]
    present = [cell for cell in cells if not is_missing(cell)]
    if column.kind == "nominal" or not all(map(NUMBER.fullmatch, present or ["?"])):
        return _labels(column)
    integers = all(map(_INTEGER.fullmatch, present))
    if integers and len(present) == len(column.values) and column.kind != "number":
        return np.array(_numbers(column, int, where), dtype=np.int64)
    return np.array(_numbers(column, float, where, missing=np.nan))


def _labels(column):
    return np.array(
        ["" if label is None else str(label) for label in column.values], dtype=str
    )


def _label_map(labels, numbers, classes, where):
    """Numbers of the classes, which must be the same in all rows."""
    label_map, names = {}, {}
    for row, (label, number) in enumerate(zip(labels, numbers, strict=True)):
        if UNKNOWN in (label, number):
            continue
        if label_map.setdefault(label, number) != number:
            raise ValueError(
                f"{where(row)}: the label {label!r} has the number {number}, but "
                f"{label_map[label]} above."
            )
        if names.setdefault(number, label) != label:
            raise ValueError(
                f"{where(row)}: the number {number} has the label {label!r}, but "
                f"{names[number]!r} above."
            )
    for row, label in enumerate(labels):
        if label != UNKNOWN and label not in label_map:
            raise ValueError(f"{where(row)}: the label {label!r} has no number.")
    return complete_classes(label_map, classes)


def complete_classes(label_map, classes):
    """Number classes without a row, too: their place among all, or the next number."""
    label_map = dict(label_map)
    for place, label in enumerate(sorted(classes)):
        if label not in label_map:
            taken = set(label_map.values())
            label_map[label] = max(taken) + 1 if place in taken else place
    return label_map
