"""Feature tables as LIBSVM's text."""
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
from sklearn.datasets import load_svmlight_file

from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.io._columns import flatten
from skaudeep.io._feature_table import FeatureTable
from skaudeep.io._number_rows import format_rows

__all__ = ["read_libsvm", "write_libsvm"]

_COMMENT = "# skaudeep "


def write_libsvm(table, path):
    """Write target and features; the rest does not fit in, or into the comment."""
    X, _ = flatten(table, "audeep")
    target = table.target
    if table.label_map is not None:
        target = table.target_numeric
    elif target is None:
        target = np.zeros(len(X), dtype=int)
    elif target.dtype.kind == "U" or (
        target.ndim == 2 and not np.isin(target, (0, 1)).all()
    ):
        raise ValueError(
            "LIBSVM's text has one label or number a row, or several tags; the target "
            f"is an array of shape {target.shape} and dtype {target.dtype}."
        )
    names = table.label_map
    if target.ndim == 2:
        names = table.target_names.tolist()
    stated = {
        "n_rows": X.shape[0],
        "n_features": X.shape[1],
        "target": None if table.target is None else str(table.target.dtype.kind),
        "n_targets": target.shape[1] if target.ndim == 2 else None,
        "target_names": names,
        "feature_names": table.feature_names,
        "settings": table.settings,
        "version": table.version,
    }
    keys = [f" {column}:" for column in range(1, X.shape[1] + 1)]
    rows = zip(_labels(target), format_rows(X, missing="nan"), strict=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(f"{_COMMENT}{json.dumps(stated)}\n")
        for label, text in rows:
            pairs = zip(keys, text.split(","), strict=True)
            kept = [key + cell for key, cell in pairs if cell != "0"]
            # A row without tags and features would be an empty line, which is skipped.
            file.write(f"{label}{''.join(kept or [' 1:0'])}\n")


def _labels(target):
    if target.ndim == 1:
        return map(repr, target.tolist())
    return (",".join(map(str, np.flatnonzero(tags))) for tags in target)


def read_libsvm(path, prefix):
    """Read a file, ours or one of others."""
    stated = _stated(path)
    n_targets = stated.get("n_targets")
    try:
        X, target = load_svmlight_file(
            str(path),
            n_features=stated.get("n_features"),
            dtype=np.float32,
            zero_based=False if stated else "auto",
            multilabel=n_targets is not None,
        )
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path} is no text of LIBSVM: {error}") from error
    if X.shape[0] != stated.get("n_rows", X.shape[0]):
        raise ValueError(
            f"{path}: {X.shape[0]} rows, but its comment tells of {stated['n_rows']}."
        )
    if X.shape[0] == 0:
        raise ValueError(f"{path} has no row.")
    # X.toarray() would add to zeros, and 0 + -0 is 0.
    features = np.zeros(X.shape, dtype=np.float32)
    features[np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)), X.indices] = X.data
    return FeatureTable(
        features,
        [f"{prefix}_{i}" for i in range(X.shape[0])],
        feature_names=stated.get("feature_names"),
        settings=stated.get("settings"),
        version=stated.get("version"),
        **_target_fields(target, stated, path),
    )


def _stated(path):
    """What the comment at the beginning says, if the file is ours."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(_COMMENT):
                try:
                    return dict(json.loads(line.removeprefix(_COMMENT)))
                except (TypeError, ValueError) as error:
                    raise ValueError(
                        f"{path}: the comment with the settings is damaged ({error})."
                    ) from error
            if not line.startswith("#"):
                break
    return {}


def _target_fields(target, stated, path):
    kind, names = stated.get("target", "f"), stated.get("target_names")
    if kind is None:
        return {}
    if stated.get("n_targets") is not None:
        matrix = np.zeros((len(target), stated["n_targets"]), dtype=np.int64)
        for row, tags in enumerate(target):
            matrix[row, np.array(tags, dtype=int)] = 1
        return {"target": matrix, "target_names": names}
    if kind == "U":
        labels = {number: label for label, number in names.items()} | {-1: UNKNOWN}
        strange = sorted({*target.tolist()} - set(labels))
        if strange:
            raise ValueError(
                f"{path}: the class {strange[0]:g} is none of those of the comment."
            )
        return {
            "target": np.array([labels[number] for number in target.tolist()]),
            "target_names": names,
        }
    if not stated and (target == np.round(target)).all():
        kind = "i"
    return {"target": target.astype(np.int64 if kind == "i" else np.float64)}
