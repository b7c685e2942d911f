"""NetCDF as auDeep writes and reads it."""
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest

from skaudeep.io import FeatureTable, load_features, save_features

FILENAMES = ["a.wav", "a.wav", "b.wav", "b.wav", "c.wav", "c.wav"]
LABELS = ["park", "park", "tram", "tram", "park", "park"]
FOLDS = np.array([[1, 0]] * 2 + [[0, 1]] * 2 + [[1, 0]] * 2)
NAN = np.full(6, np.nan)


def write_with_h5py(path, dims, variables, attributes):
    """A NetCDF 4 file, made of HDF5's own parts.

    Parameters
    ----------
    path : Path
        The file.
    dims : dict of str to int
        Lengths of the dimensions.
    variables : dict of str to (tuple of str, ndarray)
        Dimensions and values.
    attributes : dict of str to str
        Global attributes.
    """
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", track_order=True) as file:
        for name, length in dims.items():
            # A dimension of length 0 is unlimited in NetCDF.
            shape, most = (length,), (None,) if length == 0 else (length,)
            chunks = (1024,) if length == 0 else None
            scale = file.create_dataset(
                name, shape, ">f4", maxshape=most, chunks=chunks, track_order=True
            )
            scale.make_scale(
                f"This is a netCDF dimension but not a netCDF variable.{length:10d}"
            )
        for name, (over, values) in variables.items():
            if values.dtype.kind in "OU":
                values = values.astype(object)
                data = file.create_dataset(name, data=values, dtype=h5py.string_dtype())
            else:
                data = file.create_dataset(name, data=values)
                if values.dtype.kind == "f":
                    data.attrs["_FillValue"] = np.array([np.nan], dtype=values.dtype)
            for axis, dim in enumerate(over):
                data.dims[axis].attach_scale(file[dim])
        for name, text in attributes.items():
            file.attrs[name] = text


def audeep_file(path, features, dims, *, labels=True, folds=True, partition=None):
    """A file as auDeep writes it."""
    variables = {
        "filename": (("instance",), np.array(FILENAMES, dtype=object)),
        "chunk_nr": (("instance",), np.array([0, 1] * 3, dtype=np.int64)),
        "label_nominal": (("instance",), NAN),
        "label_numeric": (("instance",), NAN),
        "partition": (("instance",), NAN if partition is None else partition),
        "cv_folds": (("instance", "fold"), FOLDS if folds else np.empty((6, 0))),
        "features": (("instance", *dims), features),
    }
    attributes = {"feature_dims": json.dumps(dims)}
    if labels:
        numbers = np.array([label == "tram" for label in LABELS], dtype=np.int64)
        variables["label_nominal"] = (("instance",), np.array(LABELS, dtype=object))
        variables["label_numeric"] = (("instance",), numbers)
        attributes["label_map"] = json.dumps([["beach", 2], ["park", 0], ["tram", 1]])
    lengths = {"instance": 6, "fold": 2 if folds else 0}
    lengths.update(zip(dims, features.shape[1:], strict=True))
    write_with_h5py(path, lengths, variables, attributes)


def test_auDeeps_features_with_labels_and_folds(rng, tmp_path):
    X = rng.normal(size=(6, 4)).astype(np.float32)
    partition = np.array([0, 0, 1, 1, 2, 2])
    path = tmp_path / "a.nc"
    audeep_file(path, X, ["generated"], partition=partition)
    table = load_features(path)
    np.testing.assert_array_equal(table.features, X)
    assert table.filenames.tolist() == FILENAMES
    assert table.chunk_nr.tolist() == [0, 1] * 3
    assert table.target.tolist() == LABELS
    assert table.target_numeric.tolist() == [0, 0, 1, 1, 0, 0]
    assert table.label_map == {"park": 0, "tram": 1, "beach": 2}
    assert table.partition.tolist() == ["train"] * 2 + ["devel"] * 2 + ["test"] * 2
    np.testing.assert_array_equal(table.cv_folds, FOLDS)
    (train, test), _ = table.cv.split(X)
    assert train.tolist() == [2, 3]
    assert test.tolist() == [0, 1, 4, 5]
    assert table.feature_dims == ("generated",)
    assert table.settings == {}
    assert table.version is None


def test_auDeeps_spectrograms_without_labels_and_folds(rng, tmp_path):
    X = rng.uniform(-1, 1, size=(6, 5, 3)).astype(np.float32)
    path = tmp_path / "spectrograms.nc"
    audeep_file(path, X, ["time", "freq"], labels=False, folds=False)
    table = load_features(path)
    np.testing.assert_array_equal(table.features, X)
    assert table.feature_dims == ("time", "freq")
    for name in ("target", "target_names", "label_map", "partition", "cv", "groups"):
        assert getattr(table, name) is None, name


def test_labels_that_auDeep_does_not_know_are_unknown(rng, tmp_path):
    xr = pytest.importorskip("xarray")
    labels = np.array(["park", "", "tram"], dtype=object)
    dataset = xr.Dataset(
        {
            "filename": ("instance", np.array(["a", "b", "c"], dtype=object)),
            "chunk_nr": ("instance", np.zeros(3, dtype=np.int64)),
            "label_nominal": ("instance", labels),
            "label_numeric": ("instance", [0.0, np.nan, 1.0]),
            "partition": ("instance", [0.0, np.nan, 1.0]),
            "features": (("instance", "generated"), np.zeros((3, 2), np.float32)),
        },
        {},
        {"feature_dims": '["generated"]', "label_map": '[["park", 0], ["tram", 1]]'},
    )
    dataset.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    table = load_features(tmp_path / "a.nc")
    assert table.target.tolist() == ["park", "?", "tram"]
    assert table.partition.tolist() == ["train", "", "devel"]


def chunked_table(rng, **changes):
    fields = {
        "target": LABELS,
        "target_names": {"tram": 0, "park": 1},
        "partition": ["train"] * 4 + ["test"] * 2,
        "cv": FOLDS,
        "settings": {"n_units": 256},
    }
    X = rng.normal(size=(6, 4)).astype(np.float32)
    return FeatureTable(X, FILENAMES, **{**fields, **changes})


def check_integrity(file):
    """What ``audeep validate`` demands, of an open HDF5 file."""
    names = [name.decode() for name in file["filename"]]
    labels = [label.decode() for label in file["label_nominal"]]
    numbers, chunks = file["label_numeric"][:], file["chunk_nr"][:]
    label_map = dict(json.loads(file.attrs["label_map"]))
    assert list(label_map) == sorted(label_map)
    of_file = {}
    for row, name in enumerate(names):
        same = (
            labels[row],
            numbers[row],
            file["partition"][row],
            tuple(file["cv_folds"][row]),
        )
        assert of_file.setdefault(name, same) == same
        assert label_map[labels[row]] == numbers[row]
    counts = {names.count(name) for name in names}
    assert len(counts) == 1
    for name in of_file:
        rows = [row for row, other in enumerate(names) if other == name]
        assert sorted(chunks[rows]) == list(range(counts.copy().pop()))


def test_ours_has_auDeeps_dimensions_variables_and_attributes(rng, tmp_path):
    h5py = pytest.importorskip("h5py")
    table = chunked_table(rng)
    save_features(table, tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc") as file:
        assert set(file) == {
            *("instance", "fold", "generated"),
            *("filename", "chunk_nr", "label_nominal", "label_numeric"),
            *("partition", "cv_folds", "features"),
        }
        check_integrity(file)
        for name in ("chunk_nr", "label_numeric", "partition", "cv_folds"):
            assert file[name].dtype == np.int64, name
        for name in ("filename", "label_nominal"):
            assert h5py.check_string_dtype(file[name].dtype).encoding == "utf-8"
        features = file["features"]
        assert features.dtype == np.float32
        assert features.chunks is None
        assert features.compression is None
        assert np.isnan(features.attrs["_FillValue"]).all()
        assert features.attrs["_FillValue"].dtype == np.float32
        np.testing.assert_array_equal(features[:], table.features)
        dims = [axis[0].name for axis in features.dims]
        assert dims == ["/instance", "/generated"]
        assert json.loads(file.attrs["feature_dims"]) == ["generated"]
        assert json.loads(file.attrs["label_map"]) == [["park", 1], ["tram", 0]]
        assert file["partition"][:].tolist() == [0, 0, 0, 0, 2, 2]
        np.testing.assert_array_equal(file["cv_folds"][:], FOLDS)
        assert json.loads(file.attrs["skaudeep_settings"]) == {"n_units": 256}
        assert file.attrs["skaudeep_version"] == table.version


def test_ours_without_labels_has_what_auDeep_has_then(rng, tmp_path):
    h5py = pytest.importorskip("h5py")
    save_features(FeatureTable(rng.normal(size=(3, 5, 2))), tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc") as file:
        for name in ("label_nominal", "label_numeric", "partition"):
            assert file[name].dtype == np.float64
            assert np.isnan(file[name][:]).all()
        assert file["cv_folds"].shape == (3, 0)
        assert "label_map" not in file.attrs
        assert json.loads(file.attrs["feature_dims"]) == ["time", "freq"]
        assert file["features"].shape == (3, 5, 2)


@pytest.mark.parametrize("part", ["label", "partition"])
def test_what_is_known_of_some_rows_only_is_missing_in_the_others(part, rng, tmp_path):
    h5py = pytest.importorskip("h5py")
    changes = {
        "label": {"target": [*LABELS[:4], "?", "?"]},
        "partition": {"partition": ["train"] * 4 + [""] * 2},
    }
    name = {"label": "label_numeric", "partition": "partition"}[part]
    save_features(chunked_table(rng, **changes[part]), tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc") as file:
        assert np.isnan(file[name][:]).tolist() == [False] * 4 + [True] * 2
        if part == "label":
            assert file["label_nominal"][5] == b""


def test_chunks_get_their_numbers_and_fulfil_auDeeps_rules(rng, tmp_path):
    h5py = pytest.importorskip("h5py")
    sequences = FeatureTable(
        rng.normal(size=(4, 3, 2)),
        target=list("abab"),
        partition=["train"] * 4,
        cv=None,
    )
    table = sequences.to_chunks()
    table = table.replace(cv=np.repeat([[0], [1], [0], [1]], 3, axis=0))
    save_features(table, tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc") as file:
        check_integrity(file)


def damaged(path, **changes):
    """A file of auDeep's in which some variables are others."""
    variables = {
        "filename": (("instance",), np.array(["a", "b"], dtype=object)),
        "label_nominal": (("instance",), np.array(["x", "y"], dtype=object)),
        "label_numeric": (("instance",), np.array([0, 1])),
        "partition": (("instance",), np.array([0, 1])),
        "features": (("instance", "generated"), np.zeros((2, 3), np.float32)),
    }
    attributes = {"feature_dims": '["generated"]', "label_map": '[["x", 0], ["y", 1]]'}
    for name, values in changes.items():
        if values is None:
            del variables[name]
        elif name in variables:
            variables[name] = (variables[name][0], values)
        else:
            attributes[name] = values
    write_with_h5py(path, {"instance": 2, "generated": 3}, variables, attributes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": None}, r"bad.nc has no variable 'features'; it has \['filename'"),
        ({"filename": None}, "bad.nc has no variable 'filename'"),
        ({"partition": np.array([0, 7])}, "bad.nc, row 1: partition must be .* got 7"),
        ({"label_map": '[["x", 0]]'}, "bad.nc.*'y'"),
        ({"label_map": "[[" + '"x"'}, "bad.nc: the attribute label_map is no JSON"),
        (
            {"label_numeric": np.array([0, 5])},
            "bad.nc, row 1: the label 'y' has the number 5, but label_map says 1",
        ),
        ({"skaudeep_settings": "{"}, "bad.nc: the attribute skaudeep_settings"),
    ],
)
def test_damaged_files_are_errors_that_say_what_is_wrong(changes, message, tmp_path):
    damaged(tmp_path / "bad.nc", **changes)
    with pytest.raises(ValueError, match=message):
        load_features(tmp_path / "bad.nc")


def test_many_feature_names_and_long_settings(rng, tmp_path):
    names = [f"a name that is rather long, number {i}" for i in range(4096)]
    table = FeatureTable(rng.normal(size=(2, 4096)), feature_names=names)
    save_features(table, tmp_path / "a.nc")
    assert load_features(tmp_path / "a.nc").feature_names == names
    with pytest.raises(ValueError, match="skaudeep_settings can hold 60000 bytes"):
        save_features(table.replace(settings={"a": "x" * 70000}), tmp_path / "b.nc")


def test_unpublished_folds_are_minus_one(rng, tmp_path):
    cv = np.array([[1], [0], [-1], [-1], [0], [0]])
    save_features(chunked_table(rng, cv=cv), tmp_path / "a.nc")
    (train, test), *_ = load_features(tmp_path / "a.nc").cv.split(np.zeros(6))
    assert train.tolist() == [1, 4, 5]
    assert test.tolist() == [0]
