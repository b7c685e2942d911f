"""Feature tables as NetCDF, in auDeep's layout."""
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np

from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.io._feature_table import FeatureTable
from skaudeep.io._table_fields import PARTITIONS, is_ragged

__all__ = ["read_netcdf", "write_netcdf"]

# What auDeep does not know has this before its name.
_OURS = "skaudeep_"
# HDF5 keeps attributes in headers of 64 KiB.
_LONGEST = 60_000


def write_netcdf(table, path):
    """Write a table to a NetCDF 4 file."""
    import xarray as xr

    if is_ragged(table.features):
        raise ValueError(
            "NetCDF holds one array of all clips, but these are sequences of different "
            "lengths. Write table.to_chunks(), a row for every frame, or "
            "format='autrainer', a file for every clip."
        )
    n_rows = len(table)
    nothing = np.full(n_rows, np.nan)
    variables = {
        "filename": ("instance", table.filenames.astype(object)),
        "chunk_nr": ("instance", table.chunk_nr),
        "label_nominal": ("instance", nothing),
        "label_numeric": ("instance", nothing),
        "partition": ("instance", nothing),
        "cv_folds": (("instance", "fold"), np.empty((n_rows, 0))),
        "features": (("instance", *table.feature_dims), table.features),
    }
    attributes = {"feature_dims": json.dumps(table.feature_dims)}
    if table.label_map is not None:
        # An empty string is how xarray writes a missing label among others.
        labels = np.where(table.target == UNKNOWN, "", table.target).astype(object)
        variables["label_nominal"] = ("instance", labels)
        variables["label_numeric"] = ("instance", _some_missing(table.target_numeric))
        attributes["label_map"] = json.dumps(sorted(table.label_map.items()))
    if table.partition is not None:
        numbers = {"": -1, **{name: i for i, name in enumerate(PARTITIONS)}}
        partition = np.array([numbers[name] for name in table.partition.tolist()])
        variables["partition"] = ("instance", _some_missing(partition))
    if table.cv_folds is not None:
        variables["cv_folds"] = (("instance", "fold"), table.cv_folds)
    variables.update(_own_variables(table))
    attributes.update(_own_attributes(table))
    xr.Dataset(variables, attrs=attributes).to_netcdf(
        path,
        engine="h5netcdf",
        format="NETCDF4",
        encoding={"features": {"_FillValue": np.float32(np.nan)}},
    )


def _some_missing(numbers):
    """Integers if none is missing, as auDeep's are; else with NaN for -1."""
    if (numbers >= 0).all():
        return numbers
    return np.where(numbers < 0, np.nan, numbers)


def _own_variables(table):
    variables = {}
    if table.timestamps is not None:
        variables["timestamp"] = ("instance", table.timestamps)
    if table.groups is not None:
        variables["group"] = ("instance", table.groups.astype(object))
    if table.feature_names is not None:
        names = np.array(table.feature_names, dtype=object)
        variables["feature_name"] = (table.feature_dims, names)
    if table.target is not None and table.label_map is None:
        dims = ("instance", f"{_OURS}target")[: table.target.ndim]
        target = table.target
        if target.dtype.kind == "U":
            target = target.astype(object)
        variables["targets"] = (dims, target)
        if table.target_names is not None:
            variables["target_name"] = (dims[1:], table.target_names.astype(object))
    return {f"{_OURS}{name}": values for name, values in variables.items()}


def _own_attributes(table):
    attributes = {f"{_OURS}settings": json.dumps(table.settings)}
    if table.version is not None:
        attributes[f"{_OURS}version"] = table.version
    for name, text in attributes.items():
        if len(text.encode()) > _LONGEST:
            raise ValueError(
                f"NetCDF's attribute {name} can hold {_LONGEST} bytes, got "
                f"{len(text.encode())}."
            )
    return attributes


def read_netcdf(path):
    """Read a NetCDF 4 file in auDeep's layout."""
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            dataset.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ValueError(
            f"{path} is no complete NetCDF 4 file ({type(error).__name__}: {error})."
        ) from error
    missing = [name for name in ("features", "filename") if name not in dataset]
    if missing:
        raise ValueError(
            f"{path} has no variable {missing[0]!r}; it has {sorted(dataset)}."
        )
    dims = dataset["features"].dims
    if dims[0] != "instance":
        raise ValueError(
            f"{path}: the first dimension of features must be 'instance', got {dims}."
        )
    return FeatureTable(
        dataset["features"].values,
        dataset["filename"].values,
        feature_dims=dims[1:],
        **_audeep_fields(dataset, path),
        **_own_fields(dataset, path),
    )


def _audeep_fields(dataset, path):
    fields = {}
    chunk_nr = _values(dataset, "chunk_nr")
    if chunk_nr is not None:
        fields["chunk_nr"] = chunk_nr
    labels = _values(dataset, "label_nominal")
    if labels is not None:
        fields["target"] = [
            label if isinstance(label, str) and label else UNKNOWN
            for label in labels.tolist()
        ]
        label_map = _json(dataset, "label_map", path)
        fields["target_names"] = None if label_map is None else dict(label_map)
        _check_numbers(fields, _values(dataset, "label_numeric"), path)
    partition = _values(dataset, "partition")
    if partition is not None:
        strange = ~(np.isnan(partition.astype(float)) | np.isin(partition, (0, 1, 2)))
        if strange.any():
            row = int(np.flatnonzero(strange)[0])
            raise ValueError(
                f"{path}, row {row}: partition must be 0, 1 or 2, got {partition[row]}."
            )
        fields["partition"] = [
            "" if number != number else PARTITIONS[int(number)] for number in partition
        ]
    folds = _values(dataset, "cv_folds")
    if folds is not None and folds.size:
        fields["cv"] = folds
    return fields


def _values(dataset, name):
    """Values of a variable; None if there is none, or nothing in it."""
    if name not in dataset:
        return None
    values = dataset[name].values
    if values.dtype.kind == "f" and np.isnan(values).all():
        return None
    return values


def _json(dataset, name, path):
    text = dataset.attrs.get(name)
    try:
        return None if text is None else json.loads(text)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: the attribute {name} is no JSON: {error}."
        ) from error


def _check_numbers(fields, numbers, path):
    """The numbers of the labels must be those of the map, where there are any."""
    label_map = fields["target_names"]
    if label_map is None or numbers is None:
        return
    pairs = zip(fields["target"], numbers.tolist(), strict=True)
    for row, (label, number) in enumerate(pairs):
        if label != UNKNOWN and label_map.get(label) != number:
            raise ValueError(
                f"{path}, row {row}: the label {label!r} has the number {number}, but "
                f"label_map says {label_map.get(label)}."
            )


def _own_fields(dataset, path):
    fields = {
        "settings": _json(dataset, f"{_OURS}settings", path),
        "version": dataset.attrs.get(f"{_OURS}version"),
    }
    for name, field in (
        ("timestamp", "timestamps"),
        ("group", "groups"),
        ("feature_name", "feature_names"),
        ("targets", "target"),
        ("target_name", "target_names"),
    ):
        if f"{_OURS}{name}" in dataset:
            fields[field] = dataset[f"{_OURS}{name}"].values
    return fields
