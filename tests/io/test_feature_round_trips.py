"""What every format gives back of what it was given."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pytest

from skaudeep.io import FeatureTable, load_features, save_features

# Format -> the fields that it holds beside features.
AUDEEP = {"filenames", "chunk_nr", "target", "feature_names"}
STATED = {"settings", "version"}
ALL = AUDEEP | STATED | {"timestamps", "partition", "cv_folds", "groups"}
HELD = {
    "netcdf": ALL | {"feature_dims"},
    "parquet": ALL | {"feature_dims"},
    "csv": AUDEEP,
    "arff": AUDEEP | STATED,
    "libsvm": STATED | {"target", "feature_names"},
    "autrainer": STATED
    | {"filenames", "target", "partition", "groups", "feature_names", "feature_dims"},
}
ARRAYS = {"filenames", "chunk_nr", "target", "target_names", "timestamps", "partition"}
ARRAYS |= {"cv_folds", "groups"}
ONE_FILE = sorted(set(HELD) - {"autrainer"})
ODD = ["cafe/restaurant", "a b", 'it\'s "so"', "100%", "ünï,cø", "{braces}", "b\\slash"]
ODD += [
    "tab\there",
    "'",
    '"',
    "%",
    ",",
    "trailing\\",
    " space",
    "42",
    "nan",
    "NA",
    "?x",
]


def saved_and_loaded(table, folder, format, **options):
    path = folder / "table"
    save_features(table, path, format=format, **options)
    return load_features(path, format=format)


def assert_same(table, loaded, held):
    assert loaded.features.dtype == np.float32
    assert loaded.features.shape == table.features.shape
    np.testing.assert_array_equal(
        loaded.features.view(np.uint32)[~np.isnan(table.features)],
        table.features.view(np.uint32)[~np.isnan(table.features)],
    )
    np.testing.assert_array_equal(np.isnan(loaded.features), np.isnan(table.features))
    held = held | ({"target_names"} if "target" in held else set())
    for name in held & ARRAYS:
        compare(getattr(loaded, name), getattr(table, name), name)
    for name in ("settings", "version", "feature_names", "feature_dims"):
        if name in held:
            assert getattr(loaded, name) == getattr(table, name), name
    if "target" in held:
        assert loaded.label_map == table.label_map


def compare(values, expected, name):
    if expected is None:
        assert values is None, name
        return
    np.testing.assert_array_equal(values, expected, err_msg=name)
    assert values.dtype.kind == expected.dtype.kind


def full_table(rng, n_rows=12, n_features=5, **changes):
    cv = rng.integers(0, 2, size=(n_rows, 3))
    fields = {
        "filenames": [f"sub dir/{i // 2}.wav" for i in range(n_rows)],
        "target": [["park", "tram", "beach"][i % 3] for i in range(n_rows)],
        "target_names": {"tram": 0, "beach": 1, "park": 4},
        "timestamps": np.arange(n_rows) * 0.1,
        "partition": [["train", "devel", "test"][i % 3] for i in range(n_rows)],
        "cv": cv,
        "groups": [f"room {i % 4}" for i in range(n_rows)],
        "settings": {"n_mels": 128, "window": [0.08, 0.04], "name": "ünï"},
    }
    X = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    return FeatureTable(X, **{**fields, **changes})


@pytest.mark.parametrize("format", ONE_FILE)
def test_everything_that_a_format_holds_comes_back(format, rng, tmp_path):
    table = full_table(rng)
    loaded = saved_and_loaded(table, tmp_path, format)
    assert_same(table, loaded, HELD[format])


@pytest.mark.parametrize("format", ONE_FILE)
def test_all_single_precision_numbers_come_back_bit_by_bit(format, rng, tmp_path):
    bits = rng.integers(0, 2**32, size=6000, dtype=np.uint64).astype(np.uint32)
    X = bits.view(np.float32)
    special = [0.0, -0.0, 1e-45, -1e-45, 1.1754944e-38, 3.4028235e38, 0.1, 16777216, 1]
    X = np.concatenate([special, X[np.isfinite(X)]]).astype(np.float32)
    X = X[: len(X) // 7 * 7].reshape(-1, 7)
    table = FeatureTable(X)
    assert_same(table, saved_and_loaded(table, tmp_path, format), set())


@pytest.mark.parametrize("format", ONE_FILE)
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 1)])
def test_one_row_and_one_column(format, shape, rng, tmp_path):
    table = FeatureTable(rng.normal(size=shape), target=["a"] * shape[0])
    assert_same(table, saved_and_loaded(table, tmp_path, format), {"target"})


@pytest.mark.parametrize("format", ONE_FILE)
@pytest.mark.parametrize("n_features", [1, 3])
def test_missing_clips_keep_their_rows(format, n_features, rng, tmp_path):
    X = rng.normal(size=(4, n_features)).astype(np.float32)
    X[[1, 3]] = np.nan
    table = FeatureTable(X, target=["a", "b", "a", "b"])
    assert_same(table, saved_and_loaded(table, tmp_path, format), {"target"})


@pytest.mark.parametrize("format", sorted(set(ONE_FILE) - {"arff"}))
def test_infinite_numbers_come_back(format, tmp_path):
    table = FeatureTable([[np.inf, 1.0], [-np.inf, np.nan]])
    assert_same(table, saved_and_loaded(table, tmp_path, format), set())


@pytest.mark.parametrize("format", sorted(set(ONE_FILE) - {"libsvm"}))
@pytest.mark.parametrize("labels_last", [False, True])
def test_odd_names_and_labels_come_back(format, labels_last, rng, tmp_path):
    names = [f"{label}/{label}.wav" for label in ODD]
    table = FeatureTable(rng.normal(size=(len(ODD), 2)), names, target=ODD)
    options = {"labels_last": labels_last} if format in ("csv", "arff") else {}
    loaded = saved_and_loaded(table, tmp_path, format, **options)
    assert_same(table, loaded, {"filenames", "target"})


@pytest.mark.parametrize("format", ONE_FILE)
def test_unknown_labels_stay_unknown(format, rng, tmp_path):
    table = FeatureTable(rng.normal(size=(3, 2)), target=["b", "?", "a"])
    loaded = saved_and_loaded(table, tmp_path, format)
    assert_same(table, loaded, {"target"})
    assert loaded.target_numeric.tolist() == [1, -1, 0]


@pytest.mark.parametrize("format", ONE_FILE)
def test_labels_of_which_none_is_known_are_not_the_same_as_none(format, rng, tmp_path):
    table = FeatureTable(
        rng.normal(size=(2, 2)), target=["?", "?"], target_names=["a", "b"]
    )
    loaded = saved_and_loaded(table, tmp_path, format)
    assert loaded.target.tolist() == ["?", "?"]
    if format != "csv":
        assert loaded.label_map == {"a": 0, "b": 1}


@pytest.mark.parametrize("format", ONE_FILE)
def test_no_labels_are_no_labels(format, rng, tmp_path):
    loaded = saved_and_loaded(FeatureTable(rng.normal(size=(3, 2))), tmp_path, format)
    assert loaded.target is None
    assert loaded.label_map is None


@pytest.mark.parametrize("format", sorted(set(ONE_FILE) - {"csv"}))
def test_classes_without_a_row_stay(format, rng, tmp_path):
    table = FeatureTable(
        rng.normal(size=(2, 2)), target=["a", "c"], target_names=["a", "b", "c", "d"]
    )
    assert_same(table, saved_and_loaded(table, tmp_path, format), {"target"})


@pytest.mark.parametrize("format", ["netcdf", "parquet"])
@pytest.mark.parametrize(
    ("shape", "dims"), [((4, 3), None), ((4, 3, 2), ("frame", "band", "channel"))]
)
def test_axes_come_back(format, shape, dims, rng, tmp_path):
    table = FeatureTable(rng.normal(size=(5, *shape)), feature_dims=dims)
    loaded = saved_and_loaded(table, tmp_path, format)
    assert_same(table, loaded, {"feature_dims"})


@pytest.mark.parametrize("format", ["csv", "arff", "libsvm"])
def test_axes_are_flattened_row_by_row_in_text(format, rng, tmp_path):
    table = FeatureTable(rng.normal(size=(2, 3, 4)))
    loaded = saved_and_loaded(table, tmp_path, format)
    np.testing.assert_array_equal(loaded.features, table.features.reshape(2, -1))


TARGETS = {
    "numbers": (np.array([0.5, -1.25, 1 / 3]), None),
    "integers": (np.array([3, -1, 3]), None),
    "tags": (np.array([[1, 0, 1], [0, 0, 0], [0, 1, 1]]), ["dog", "cat", "rain"]),
    "columns": (np.array([["a", "x"], ["b", "y"], ["a", "y"]]), ["who", "what"]),
    "several numbers": (np.array([[0.5, 2.0], [1.5, 0.25], [1, 2]]), ["v", "a"]),
}


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("format", ["netcdf", "parquet", "csv", "arff", "libsvm"])
def test_targets_of_any_kind(format, kind, rng, tmp_path):
    target, names = TARGETS[kind]
    table = FeatureTable(rng.normal(size=(3, 2)), target=target, target_names=names)
    options = {"layout": "deepspectrum"} if format in ("csv", "arff") else {}
    if format == "libsvm" and kind in ("columns", "several numbers"):
        with pytest.raises(ValueError, match="one label or number a row, or several"):
            save_features(table, tmp_path / "a.libsvm")
        return
    loaded = saved_and_loaded(table, tmp_path, format, **options)
    assert_same(table, loaded, {"target"})


@pytest.mark.parametrize("format", ["csv", "arff"])
def test_auDeep_has_no_place_for_other_targets(format, tmp_path):
    table = FeatureTable([[1.0]], target=[0.5])
    with pytest.raises(ValueError, match="one label a row.*layout='deepspectrum'"):
        save_features(table, tmp_path / f"a.{format}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ONE_FILE)
def test_sequences_of_different_lengths_are_refused(format, tmp_path):
    table = FeatureTable([np.zeros((2, 3)), np.zeros((4, 3))])
    with pytest.raises(ValueError, match=r"Write table.to_chunks\(\)"):
        save_features(table, tmp_path / "a", format=format)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", sorted(set(ONE_FILE) - {"libsvm"}))
def test_sequences_come_back_by_way_of_chunks(format, rng, tmp_path):
    sequences = [rng.normal(size=(n, 3)).astype(np.float32) for n in (2, 1, 4)]
    table = FeatureTable(sequences, ["b.wav", "a.wav", "c.wav"], target=["x", "y", "x"])
    loaded = saved_and_loaded(table.to_chunks(), tmp_path, format).to_sequences()
    for sequence, expected in zip(loaded.features, sequences, strict=True):
        np.testing.assert_array_equal(sequence, expected)
    assert loaded.filenames.tolist() == ["b.wav", "a.wav", "c.wav"]
    assert loaded.target.tolist() == ["x", "y", "x"]


@pytest.mark.parametrize("format", ONE_FILE)
def test_existing_file_is_replaced_only_if_asked(format, tmp_path):
    path = tmp_path / "a"
    path.write_text("precious")
    table = FeatureTable([[1.0]])
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_features(table, path, format=format)
    assert path.read_text() == "precious"
    save_features(table, path, format=format, overwrite=True)
    assert load_features(path, format=format).features.tolist() == [[1.0]]
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("format", ONE_FILE)
def test_what_is_no_such_file_is_an_error_that_names_it(format, tmp_path):
    path = tmp_path / "broken"
    path.write_bytes(b"\xff\xfe neither text \x00 nor anything")
    with pytest.raises(ValueError, match="broken"):
        load_features(path, format=format)


@pytest.mark.parametrize("format", sorted(set(ONE_FILE) - {"libsvm"}))
def test_file_cut_within_a_row_is_an_error(format, rng, tmp_path):
    path = tmp_path / "cut"
    save_features(full_table(rng, n_rows=40), path, format=format)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    with pytest.raises(ValueError, match="cut"):
        load_features(path, format=format)


@pytest.mark.parametrize("format", ["netcdf", "csv", "arff", "parquet", "libsvm"])
def test_format_follows_from_the_extension(format, tmp_path):
    extension = {"netcdf": "nc"}.get(format, format).upper()
    table = FeatureTable([[0.5]], target=["a"])
    save_features(table, tmp_path / f"a.{extension}")
    save_features(table, tmp_path / "b", format=format)
    if format != "netcdf":
        one, other = (tmp_path / name for name in (f"a.{extension}", "b"))
        assert one.read_bytes() == other.read_bytes()
    assert load_features(tmp_path / f"a.{extension}").target.tolist() == ["a"]


def test_libsvm_with_fewer_rows_than_were_written_is_an_error(rng, tmp_path):
    path = tmp_path / "cut.libsvm"
    save_features(full_table(rng), path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match=r"cut.libsvm: 11 rows, but .* 12"):
        load_features(path)


def test_unknown_extension_names_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"'.*a.txt' must be one of \['.nc', '.csv'"):
        save_features(FeatureTable([[1.0]]), tmp_path / "a.txt")
    with pytest.raises(ValueError, match=r"must be one of"):
        load_features(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("a.nc", {"layout": "deepspectrum"}),
        ("a.parquet", {"labels_last": True}),
        ("a.libsvm", {"folders": True}),
        ("a.csv", {"features_subdir": "x"}),
    ],
)
def test_options_of_other_formats_are_refused(name, option, tmp_path):
    with pytest.raises(ValueError, match=f"{next(iter(option))} is for"):
        save_features(FeatureTable([[1.0]]), tmp_path / name, **option)


@pytest.mark.parametrize(
    ("name", "module"),
    [("a.nc", "h5netcdf"), ("a.arff", "arff"), ("a.csv", "pyarrow")],
)
def test_what_is_not_installed_is_named(name, module, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    for call in (lambda path: save_features([[1.0]], path), load_features):
        with pytest.raises(
            ImportError, match=rf"{module}: pip install .skaudeep\[files"
        ):
            call(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.csv"):
        load_features(tmp_path / "nowhere.csv")


def test_arrays_are_saved_without_a_table(rng, tmp_path):
    X = rng.normal(size=(3, 2)).astype(np.float32)
    save_features(X, tmp_path / "a.csv")
    loaded = load_features(tmp_path / "a.csv")
    np.testing.assert_array_equal(loaded.features, X)
    assert loaded.filenames.tolist() == ["clip_0", "clip_1", "clip_2"]


def test_features_work_in_scikit_learn(rng, tmp_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    table = full_table(rng, n_rows=30)
    save_features(table, tmp_path / "a.nc")
    loaded = load_features(tmp_path / "a.nc")
    X, y = loaded.features, loaded.target
    scores = cross_val_score(LogisticRegression(), X, y, cv=loaded.cv)
    expected = cross_val_score(
        LogisticRegression(), table.features, table.target, cv=table.cv
    )
    np.testing.assert_array_equal(scores, expected)
