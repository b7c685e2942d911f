"""Feature tables as Parquet."""
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np

from skaudeep.io._columns import Column, check_header, find_roles, flatten, make_table
from skaudeep.io._feature_table import FeatureTable

__all__ = ["read_parquet", "write_parquet"]

_KEY = b"skaudeep"


def write_parquet(table, path):
    """Write a table to a file with a column for every feature."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    X, names = flatten(table, "audeep")
    columns = {"filename": table.filenames, "chunk_nr": table.chunk_nr}
    if table.timestamps is not None:
        columns["timestamp"] = table.timestamps
    target_columns = []
    if table.target is not None:
        target_columns = ["label"]
        if table.target.ndim == 2:
            target_columns = [f"label_{name}" for name in table.target_names]
        target = table.target.reshape(len(table), -1).T
        columns.update(zip(target_columns, target, strict=True))
    if table.partition is not None:
        columns["partition"] = table.partition
    if table.groups is not None:
        columns["group"] = table.groups
    n_folds = 0 if table.cv_folds is None else table.cv_folds.shape[1]
    for fold in range(n_folds):
        columns[f"fold_{fold + 1}"] = table.cv_folds[:, fold]
    check_header(columns, names)
    stated = {
        "shape": table.features.shape[1:],
        "feature_dims": table.feature_dims,
        "feature_names": table.feature_names is not None,
        "target_columns": target_columns,
        "target_names": _names(table),
        "n_folds": n_folds,
        "settings": table.settings,
        "version": table.version,
    }
    others = list(columns)
    columns.update(zip(names, np.ascontiguousarray(X.T), strict=True))
    arrow = pa.table(
        [pa.array(values) for values in columns.values()], names=list(columns)
    )
    arrow = arrow.replace_schema_metadata({_KEY: json.dumps(stated)})
    # Numbers hardly repeat: dictionaries and compression would only cost time.
    pq.write_table(arrow, path, use_dictionary=others, compression="none")


def _names(table):
    if table.label_map is not None:
        return table.label_map
    return None if table.target_names is None else table.target_names.tolist()


def read_parquet(path, asked, prefix):
    """Read a file, ours or one of others.

    Parameters
    ----------
    path : Path
        The file.
    asked : Names
        Names of columns that the caller gave.
    prefix : str
        What names of rows without a name begin with.

    Returns
    -------
    FeatureTable
        The table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} is no complete Parquet file: {error}") from error
    stated = (arrow.schema.metadata or {}).get(_KEY)
    if stated is not None and not any(asked):
        return _read_ours(arrow, json.loads(stated), path)
    # The index of a DataFrame.
    header = [name for name in arrow.column_names if name != "__index_level_0__"]

    def where(row):
        return f"{path}, row {row + 1}"

    roles = find_roles(header, asked, path)
    features = []
    for index in roles.features:
        column = arrow[header[index]]
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise ValueError(
                f"{path}: the column {header[index]!r} holds {column.type}, so it is "
                "no feature; name it if it is the name of a file, a label or the like."
            )
        features.append(column.to_numpy())
    columns = {
        index: Column(header[index], arrow[header[index]].to_pylist(), "string")
        for index in roles.others()
    }
    X = np.stack(features, axis=1)
    return make_table(path, header, roles, columns, X, where, prefix)


def _read_ours(arrow, stated, path):
    try:
        others = {"filename": "filenames", "chunk_nr": "chunk_nr"}
        others |= {
            "timestamp": "timestamps",
            "partition": "partition",
            "group": "groups",
        }
        present = [name for name in others if name in arrow.column_names]
        n_others = len(stated["target_columns"]) + len(present) + stated["n_folds"]
        names = arrow.column_names[n_others:]
        X = np.stack([arrow[name].to_numpy() for name in names], axis=1)
        fields = {others[name]: arrow[name].to_numpy() for name in present}
        if stated["target_columns"]:
            target = [arrow[name].to_numpy() for name in stated["target_columns"]]
            one = stated["target_columns"] == ["label"]
            fields["target"] = target[0] if one else np.stack(target, axis=1)
            fields["target_names"] = stated["target_names"]
        if stated["n_folds"]:
            folds = [f"fold_{i + 1}" for i in range(stated["n_folds"])]
            fields["cv"] = np.stack([arrow[name].to_numpy() for name in folds], axis=1)
        return FeatureTable(
            X.reshape(len(X), *stated["shape"]),
            feature_names=names if stated["feature_names"] else None,
            feature_dims=stated["feature_dims"],
            settings=stated["settings"],
            version=stated["version"],
            **fields,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: the columns are not those that its metadata tell of ({error})."
        ) from error
