"""Parquet, LIBSVM's text and autrainer's data sets."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from skaudeep.io import FeatureTable, load_features, save_features

TABLE = FeatureTable(
    [[0.5, 0.0], [0.0, 0.0], [1.5, -2.0]],
    ["x/a.wav", "b.wav", "c.wav"],
    target=["dog", "cat", "?"],
    partition=["train", "test", "train"],
    groups=["g", "h", "g"],
    settings={"n": 1},
)


def test_pandas_reads_our_parquet(tmp_path):
    pd = pytest.importorskip("pandas")
    save_features(TABLE.replace(cv=[[0], [1], [0]]), tmp_path / "a.parquet")
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert frame.columns.tolist() == [
        *("filename", "chunk_nr", "label", "partition", "group", "fold_1"),
        *("feature_0", "feature_1"),
    ]
    assert frame["feature_1"].dtype == np.float32
    assert frame["label"].tolist() == ["dog", "cat", "?"]


def test_parquet_of_pandas_is_read(tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"id": ["a", "b"], "F0": [1.5, np.nan], "n": [1, 2], "mood": ["joy", "fear"]},
        index=["r", "s"],
    )
    frame.to_parquet(tmp_path / "a.parquet")
    options = {"filename_column": "id", "label_column": "mood"}
    table = load_features(tmp_path / "a.parquet", **options)
    assert table.feature_names == ["F0", "n"]
    np.testing.assert_array_equal(table.features, np.float32([[1.5, 1], [np.nan, 2]]))
    assert table.target.tolist() == ["joy", "fear"]
    with pytest.raises(ValueError, match="'mood' holds .*, so it is no feature"):
        load_features(tmp_path / "a.parquet", filename_column="id")


def test_scikit_learn_reads_our_libsvm(tmp_path):
    save_features(TABLE, tmp_path / "a.libsvm")
    X, y = load_svmlight_file(str(tmp_path / "a.libsvm"), n_features=2)
    np.testing.assert_array_equal(X.toarray(), TABLE.features)
    assert y.tolist() == [1, 0, -1]
    lines = (tmp_path / "a.libsvm").read_text().splitlines()
    assert lines[1:] == ["1 1:0.5", "0 1:0", "-1 1:1.5 2:-2"]


def test_libsvm_of_scikit_learn_is_read(rng, tmp_path):
    X = rng.normal(size=(4, 3)).astype(np.float32)
    for name, y in (("a.svmlight", [1, -1, 1, 2]), ("b.svmlight", [0.5, 1, 2, 3])):
        dump_svmlight_file(X, y, str(tmp_path / name))
        table = load_features(tmp_path / name)
        np.testing.assert_array_equal(table.features, X)
        np.testing.assert_array_equal(table.target, y)
    assert table.filenames[0] == "synthetic_b.svmlight_0"
    assert load_features(tmp_path / "a.svmlight").target.dtype == np.int64


def test_tags_without_any_in_a_row_keep_the_row(tmp_path):
    table = FeatureTable(
        [[0.0, 0.0], [1.0, 0.0]], target=[[0, 0], [1, 1]], target_names=["u", "v"]
    )
    save_features(table, tmp_path / "a.libsvm")
    loaded = load_features(tmp_path / "a.libsvm")
    assert loaded.target.tolist() == [[0, 0], [1, 1]]
    assert loaded.target_names.tolist() == ["u", "v"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 a:2\n", "a.libsvm is no text of LIBSVM"),
        ("# skaudeep {\n1 1:2\n", "a.libsvm: the comment with the settings is damaged"),
        (
            '# skaudeep {"target": "U", "target_names": {"u": 0}}\n3 1:2\n',
            "a.libsvm: the class 3 is none of those of the comment",
        ),
    ],
)
def test_bad_libsvm_is_an_error(text, message, tmp_path):
    (tmp_path / "a.libsvm").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_features(tmp_path / "a.libsvm")


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_autrainers_folder(tmp_path):
    folder = tmp_path / "set"
    save_features(TABLE, folder, format="autrainer")
    assert files(folder) == [
        "dev.csv",
        "features/b.npy",
        "features/c.npy",
        "features/skaudeep.json",
        "features/x/a.npy",
        "test.csv",
        "train.csv",
    ]
    text = (folder / "train.csv").read_text()
    assert text == "filename,label,group\nx/a.wav,dog,g\nc.wav,?,g\n"
    assert (folder / "dev.csv").read_text() == "filename,label,group\n"
    array = np.load(folder / "features" / "c.npy")
    assert array.dtype == np.float32
    assert array.tolist() == [1.5, -2.0]


class Harm:
    """Makes a folder when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("kind", ["objects", "pickle", "truncated", "huge", "text"])
def test_arrays_of_autrainer_that_are_none_are_refused(tmp_path, kind):
    save_features(TABLE, tmp_path / "set", format="autrainer")
    path = tmp_path / "set" / "features" / "b.npy"
    if kind == "objects":
        np.save(path, np.array([Harm(tmp_path / "harm")], object), allow_pickle=True)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(Harm(tmp_path / "harm")))
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-1])
    elif kind == "huge":
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**15,)}
        with open(path, "wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
    else:
        np.save(path, np.array(["text"]))
    with pytest.raises(ValueError, match=r"test\.csv, row 1: .*b\.npy"):
        load_features(tmp_path / "set")
    assert not (tmp_path / "harm").exists()


def test_autrainers_folder_comes_back_in_the_order_of_its_lists(tmp_path):
    save_features(TABLE, tmp_path / "set", format="autrainer")
    loaded = load_features(tmp_path / "set")
    rows = [0, 2, 1]
    for name in ("features", "filenames", "target", "partition", "groups"):
        expected = getattr(TABLE, name)[rows]
        np.testing.assert_array_equal(getattr(loaded, name), expected)
    assert loaded.label_map == TABLE.label_map
    assert loaded.settings == {"n": 1}
    assert loaded.version == TABLE.version


@pytest.mark.parametrize(
    "target",
    [None, np.array([0.5, 1 / 3, 2]), np.array([3, 1, 2]), np.eye(3, dtype=int)],
    ids=["none", "numbers", "integers", "tags"],
)
def test_other_targets_in_autrainers_lists(target, tmp_path):
    table = TABLE.replace(target=target, partition=["train", "devel", "test"])
    save_features(table, tmp_path / "set", format="autrainer")
    loaded = load_features(tmp_path / "set")
    if target is None:
        assert loaded.target is None
    else:
        np.testing.assert_array_equal(loaded.target, target)
        assert loaded.target.dtype == table.target.dtype


@pytest.mark.parametrize("lengths", [(3, 1, 4), (2, 2, 2)])
def test_sequences_in_arrays_of_their_own(lengths, rng, tmp_path):
    sequences = [rng.normal(size=(n, 5)).astype(np.float32) for n in lengths]
    sequences[1][:] = np.nan
    table = FeatureTable(sequences, list("abc"), partition=["train", "devel", "test"])
    save_features(table, tmp_path / "set", format="autrainer")
    loaded = load_features(tmp_path / "set")
    assert loaded.features.dtype == object
    for sequence, expected in zip(loaded.features, sequences, strict=True):
        np.testing.assert_array_equal(sequence, expected)


def test_spectrograms_of_one_length_stay_one_array(rng, tmp_path):
    X = rng.normal(size=(3, 4, 2)).astype(np.float32)
    table = TABLE.replace(features=X, partition=["train", "devel", "test"])
    save_features(table, tmp_path / "set", format="autrainer")
    np.testing.assert_array_equal(load_features(tmp_path / "set").features, X)


def test_further_features_are_put_beside_the_lists_that_are_there(tmp_path):
    folder = tmp_path / "set"
    save_features(TABLE, folder, format="autrainer")
    options = {"format": "autrainer", "features_subdir": "other"}
    save_features(TABLE.replace(features=-TABLE.features), folder, **options)
    assert load_features(folder, features_subdir="other").features[0, 0] == -0.5
    assert load_features(folder).features[0, 0] == 0.5


def test_other_lists_are_replaced_only_if_asked(tmp_path):
    folder = tmp_path / "set"
    save_features(TABLE, folder, format="autrainer")
    other = TABLE.replace(target=["cat"] * 3)
    options = {"format": "autrainer", "features_subdir": "other"}
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    with pytest.raises(FileExistsError, match=r"train.csv' exists"):
        save_features(other, folder, **options)
    with pytest.raises(FileExistsError, match=r"features' exists"):
        save_features(TABLE, folder, format="autrainer")
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before
    save_features(other, folder, overwrite=True, **options)
    assert load_features(folder, features_subdir="other").target.tolist() == ["cat"] * 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"partition": None}, "row 0, 'x/a.wav', is in none"),
        ({"partition": ["train", "", "test"]}, "row 1, 'b.wav', is in none"),
        ({"filenames": ["a.wav", "a.wav", "b.wav"]}, r"Rows 0 and 1.*to_sequences\(\)"),
        ({"filenames": ["a.wav", "a.ogg", "b.wav"]}, "would both be 'a.npy'"),
        ({"filenames": ["a.wav", "../b.wav", "c"]}, "row 1 is '../b.wav'"),
        ({"filenames": ["a.wav", "/b.wav", "c"]}, "row 1 is '/b.wav'"),
    ],
)
def test_what_autrainer_cannot_hold_is_refused(changes, message, tmp_path):
    table = TABLE.replace(chunk_nr=None, **changes)
    with pytest.raises(ValueError, match=message):
        save_features(table, tmp_path / "set", format="autrainer")
    assert list(tmp_path.iterdir()) == []


def foreign_folder(folder, **texts):
    lists = {"train": "path,who\na.wav,u\n", "dev": "path,who\n", "test": "path,who\n"}
    (folder / "mel").mkdir()
    np.save(folder / "mel" / "a.npy", np.ones((4, 2)))
    for name, text in {**lists, **texts}.items():
        (folder / f"{name}.csv").write_text(text)
    return {"features_subdir": "mel", "filename_column": "path", "label_column": "who"}


def test_autrainers_own_folder_is_read(tmp_path):
    options = foreign_folder(tmp_path)
    table = load_features(tmp_path, **options)
    assert table.features.shape == (1, 4, 2)
    assert table.features.dtype == np.float32
    assert table.target.tolist() == ["u"]
    assert table.partition.tolist() == ["train"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"test": "path,who\nb.wav,u\n"}, "test.csv, row 1: there is no file .*b.npy"),
        (
            {"dev": "path,who\na.wav\n"},
            "dev.csv, row 1: 1 columns, but .* has 2",
        ),
        ({"dev": ""}, "dev.csv is empty"),
        ({"dev": "file,who\n"}, "filename_column='path' is none of the columns"),
        ({"dev": "path,whom\n"}, "label_column='who' is none of the columns"),
        ({"train": "path,who\n"}, "no list has a row"),
    ],
)
def test_bad_lists_are_errors_that_name_the_place(texts, message, tmp_path):
    options = foreign_folder(tmp_path, **texts)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load_features(tmp_path, **options)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY garbage", b"PK\x03\x04"])
def test_what_is_no_array_is_an_error(content, tmp_path):
    options = foreign_folder(tmp_path)
    (tmp_path / "mel" / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"train.csv, row 1: .*a.npy"):
        load_features(tmp_path, **options)


def test_arrays_of_objects_are_not_unpickled(tmp_path):
    options = foreign_folder(tmp_path)
    np.save(tmp_path / "mel" / "a.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"a.npy is no array"):
        load_features(tmp_path, **options)


def test_missing_list_is_named(tmp_path):
    options = foreign_folder(tmp_path)
    (tmp_path / "dev.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"dev.csv"):
        load_features(tmp_path, **options)
