"""The table between estimators and files."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.utils import Bunch

from skaudeep.audio import Recording, majority_vote
from skaudeep.datasets import PredefinedFolds
from skaudeep.io import FeatureTable, load_features, save_features


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.array([["a", "b"]]), "must be numbers, got an array of dtype <U1"),
        (np.array([[1, "a"]], dtype=object), "must be numbers, got .* dtype object"),
        (np.array([[1 + 2j]]), "must be numbers, got .* complex128"),
        ([1.0, 2.0], r"got the shape \(2,\)"),
        (np.zeros((0, 3)), r"got the shape \(0, 3\)"),
        (np.zeros((3, 0)), r"got the shape \(3, 0\)"),
        ([[1.0], [1e39]], r"has 1e\+39 at \(1, 0\): too large"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], r"got the shapes \(2, 3\), \(2, 4\)"),
        ([np.zeros((2, 3)), np.zeros((0, 3))], r"at least one frame"),
        ([np.zeros((2, 3)), np.array([["a"]])], r"features\[1\] must be numbers"),
    ],
)
def test_what_are_no_features_is_refused(features, message):
    with pytest.raises(ValueError, match=message):
        FeatureTable(features)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.uint8, bool])
def test_numbers_of_any_kind_become_single_precision(dtype):
    X = np.array([[0, 1], [1, 1]], dtype=dtype)
    table = FeatureTable(X)
    assert table.features.dtype == np.float32
    np.testing.assert_array_equal(table.features, X)


def test_columns_of_a_frame_are_names():
    pd = pytest.importorskip("pandas")
    table = FeatureTable(pd.DataFrame({"F0": [1.0, 2.0], "F1": [3, 4]}))
    assert table.feature_names == ["F0", "F1"]
    assert table.features.tolist() == [[1, 3], [2, 4]]


def test_a_list_stays_a_collection_if_its_clips_are_equally_long(rng):
    sequences = [rng.normal(size=(2, 3)) for _ in range(4)]
    assert FeatureTable(sequences).features.dtype == object
    assert FeatureTable(np.array(sequences)).features.shape == (4, 2, 3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filenames": ["a"]}, "filenames has 1 rows and features 2"),
        ({"filenames": ["a", ""]}, "filenames has an empty name in row 1"),
        ({"target": ["a"]}, "target has 1 rows and features 2"),
        ({"target": ["a", ""]}, "empty label in row 1"),
        (
            {"target": ["a", "b"], "target_names": ["a"]},
            "has 'b' in row 1",
        ),
        ({"target": ["a", "b"], "target_names": {"a": 1, "b": 1}}, "two classes one"),
        ({"target": [0.5, 1], "target_names": ["a"]}, "but target is float64"),
        ({"target_names": ["a"]}, "target_names without a target"),
        ({"target": np.zeros((2, 1, 1))}, "got an array of shape"),
        ({"target": [1j, 2j]}, "complex"),
        ({"target": np.eye(2), "target_names": ["a"]}, "target_names has 1 rows and"),
        ({"chunk_nr": [0, 0.5]}, "chunk_nr must be finite int64, got 0.5 in row 1"),
        ({"chunk_nr": ["a", "b"]}, "chunk_nr must be one number a row"),
        ({"timestamps": [[0], [1]]}, r"timestamps must be .* shape \(2, 1\)"),
        ({"partition": ["train", "dev"]}, "or '' for a row in none, got 'dev'"),
        ({"partition": {"train": [0, 1], "test": [1]}}, "Row 1 is in the partitions"),
        ({"cv": [[0], [2]]}, r"got 2 in row 1, fold 1"),
        ({"cv": [0, 1]}, r"cv must be PredefinedFolds or a matrix"),
        ({"cv": PredefinedFolds([([0, 0], [1])])}, "Fold 1 of cv has a row twice"),
        ({"cv": PredefinedFolds([([0, 2], [1])])}, "index 2, but X holds 2"),
        ({"feature_names": ["a"]}, "must be 2 different names, got 1"),
        ({"feature_names": ["a", "a"]}, "must be 2 different names"),
        ({"feature_dims": ["instance"]}, "feature_dims must be 1 different names"),
        ({"settings": {"a": np.zeros(2)}}, "settings must be a dict that JSON"),
        ({"settings": [1]}, r"settings must be a dict, got \[1\]"),
    ],
)
def test_fields_that_do_not_fit_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        FeatureTable(np.zeros((2, 2)), **fields)


def test_missing_labels_are_unknown():
    table = FeatureTable(np.zeros((4, 1)), target=["b", None, np.nan, "a"])
    assert table.target.tolist() == ["b", "?", "?", "a"]
    assert table.target_numeric.tolist() == [1, -1, -1, 0]
    assert table.target_names.tolist() == ["a", "b"]


def test_chunks_are_counted_within_their_recordings():
    table = FeatureTable(np.zeros((5, 1)), ["b", "a", "b", "b", "a"])
    assert table.chunk_nr.tolist() == [0, 0, 1, 2, 1]
    assert table.clips.tolist() == [0, 1, 0, 0, 1]
    clips = table.to_sequences().to_chunks().clips
    assert majority_vote([1, 0, 1, 0, 0], clips).tolist() == [1, 0]


def corpus():
    return Bunch(
        recordings=[f"/data/set/{'ab'[i % 2]}/{i}.wav" for i in range(4)],
        target=np.array(["x", "y", "x", "y"]),
        target_names=np.array(["y", "x"]),
        groups=np.array(["g0", "g0", "g1", "g1"]),
        cv=PredefinedFolds([([0, 1], [2, 3]), ([3, 2], [1])]),
        partitions=Bunch(train=np.array([2, 0]), devel=np.array([1])),
        DESCR="",
    )


def test_corpus_becomes_a_table(rng):
    X = rng.normal(size=(4, 3))
    table = FeatureTable.from_corpus(corpus(), X, settings={"n_mels": 64})
    assert table.filenames.tolist() == ["a/0.wav", "b/1.wav", "a/2.wav", "b/3.wav"]
    assert table.target.tolist() == ["x", "y", "x", "y"]
    assert table.label_map == {"y": 0, "x": 1}
    assert table.groups.tolist() == ["g0", "g0", "g1", "g1"]
    assert table.partition.tolist() == ["train", "devel", "train", ""]
    assert table.partitions.train.tolist() == [0, 2]
    assert list(table.partitions) == ["train", "devel"]
    assert table.cv_folds.tolist() == [[0, -1], [0, 1], [1, 0], [1, 0]]
    folds = [[part.tolist() for part in fold] for fold in table.cv.split(X)]
    assert folds == [[[0, 1], [2, 3]], [[2, 3], [1]]]
    assert table.settings == {"n_mels": 64}


def test_chunks_of_a_corpus_have_what_their_clips_have(rng):
    clips = [0, 0, 1, 2, 3, 3]
    table = FeatureTable.from_corpus(
        corpus(), rng.normal(size=(6, 2)), clips=clips, root="/data"
    )
    assert table.filenames.tolist()[:3] == ["set/a/0.wav", "set/a/0.wav", "set/b/1.wav"]
    assert table.chunk_nr.tolist() == [0, 1, 0, 0, 0, 1]
    assert table.target.tolist() == list("xxyxyy")
    assert table.cv_folds[:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert table.clips.tolist() == clips


def test_corpus_without_anything_but_recordings():
    recordings = [Recording("x/a.wav", "left"), np.zeros(8), "x/b.wav"]
    table = FeatureTable.from_corpus(Bunch(recordings=recordings), np.zeros((3, 1)))
    assert table.filenames.tolist() == ["a.wav", "clip_1", "b.wav"]
    assert table.target is table.cv is table.partition is table.groups is None


def test_tags_of_a_corpus():
    tags = Bunch(
        recordings=["a", "b"], target=np.eye(2, dtype=int), target_names=["u", "v"]
    )
    table = FeatureTable.from_corpus(tags, np.zeros((2, 1)))
    assert table.target.tolist() == [[1, 0], [0, 1]]
    assert table.target_names.tolist() == ["u", "v"]


def full_table():
    return FeatureTable(
        np.arange(8).reshape(4, 2),
        ["b", "b", "a", "c"],
        target=["y", "y", "x", "?"],
        target_names={"x": 5, "y": 2},
        timestamps=[0.0, 0.5, 0.0, 0.0],
        partition=["train", "train", "test", "test"],
        cv=[[0, 1], [0, 1], [1, 0], [1, 0]],
        groups=["g", "g", "h", "h"],
        feature_names=["u", "v"],
        settings={"k": 1},
        version="0.0.1",
    )


def test_replace_changes_only_what_it_is_told():
    table = full_table()
    other = table.replace(partition=None, settings={"k": 2})
    assert other.partition is None
    assert other.settings == {"k": 2}
    assert table.settings == {"k": 1}
    assert other.label_map == {"y": 2, "x": 5}
    assert other.version == "0.0.1"
    assert other.feature_names == ["u", "v"]
    np.testing.assert_array_equal(other.cv_folds, table.cv_folds)
    with pytest.raises(TypeError, match="has no field 'labels'"):
        table.replace(labels=None)


@pytest.mark.parametrize("rows", [[2, 0], [False, True, True, False]])
def test_take_takes_all_fields(rows):
    table = full_table()
    taken = table.take(rows)
    index = np.arange(4)[rows]
    for name in ("features", "filenames", "target", "chunk_nr", "timestamps"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(table, name)[index])
    for name in ("partition", "cv_folds", "groups"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(table, name)[index])
    assert taken.label_map == table.label_map
    assert taken.feature_names == ["u", "v"]


def test_sequences_to_chunks_and_back(rng):
    sequences = [rng.normal(size=(n, 2)).astype(np.float32) for n in (3, 1, 2)]
    table = FeatureTable(
        sequences,
        ["b", "c", "a"],
        target=["x", "?", "y"],
        partition=["train", "test", "train"],
        cv=[[0], [1], [-1]],
    )
    chunks = table.to_chunks(hop=0.25)
    np.testing.assert_array_equal(chunks.features, np.concatenate(sequences))
    assert chunks.filenames.tolist() == list("bbbcaa")
    assert chunks.chunk_nr.tolist() == [0, 1, 2, 0, 0, 1]
    assert chunks.timestamps.tolist() == [0, 0.25, 0.5, 0, 0, 0.25]
    assert chunks.target.tolist() == ["x", "x", "x", "?", "y", "y"]
    back = chunks.take(rng.permutation(6)).to_sequences()
    order = [back.filenames.tolist().index(name) for name in "bca"]
    for i, sequence in zip(order, sequences, strict=True):
        np.testing.assert_array_equal(back.features[i], sequence)
    back = back.take(order)
    assert back.target.tolist() == ["x", "?", "y"]
    assert back.partition.tolist() == ["train", "test", "train"]
    assert back.cv_folds.tolist() == [[0], [1], [-1]]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("target", ["x", "y"]),
        ("target", [0.5, 1]),
        ("cv", [[0], [1]]),
        ("groups", "gh"),
    ],
)
def test_chunks_that_contradict_each_other_are_no_sequence(field, values):
    values = list(values)
    table = FeatureTable(np.zeros((2, 1)), ["a", "a"], **{field: values})
    name = {"cv": "cv_folds"}.get(field, field)
    with pytest.raises(ValueError, match=f"{name} differs between the chunks of 'a'"):
        table.to_sequences()


def test_chunks_with_an_unknown_number_to_predict_are_a_sequence():
    table = FeatureTable(np.zeros((2, 1)), ["a", "a"], target=[np.nan, np.nan])
    assert len(table.to_sequences()) == 1


def test_only_sequences_become_chunks_and_only_rows_sequences():
    with pytest.raises(ValueError, match="Only sequences"):
        FeatureTable(np.zeros((2, 2))).to_chunks()
    with pytest.raises(ValueError, match="Only two-dimensional features"):
        FeatureTable(np.zeros((2, 2, 2))).to_sequences()


def test_one_row_may_be_in_a_fold():
    table = FeatureTable([[1.0]], cv=[[1]])
    assert table.cv_folds.tolist() == [[1]]
    with pytest.raises(ValueError):
        table.cv  # noqa: B018  a fold without a training part


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filenames": "abc"}, r"filenames must be a list of names, got .*'abc'"),
        ({"filenames": ["a", None, "b"]}, "filenames has no name in row 1"),
        ({"filenames": ["a", "b", np.nan]}, "filenames has no name in row 2"),
        ({"filenames": ["a\0", "a", "b"]}, r"filenames has 'a\\x00' in row 0"),
        ({"filenames": ["a", "ä\udcff", "b"]}, r"filenames has 'ä\\udcff' in row 1"),
        ({"groups": [1.0, np.nan, 2.0]}, "groups has no name in row 1"),
        ({"target": ["a", "b\0c", "a"]}, r"target has 'b\\x00c' in row 1"),
        ({"target": np.zeros((3, 0))}, r"no column, got the shape \(3, 0\)"),
        ({"target": np.array([2**64 - 1, 0, 1], np.uint64)}, "18446744073709551615"),
        ({"feature_names": "ab"}, "feature_names must be a list, got .*'ab'"),
        ({"feature_names": ["a", "\udcff"]}, r"feature_names has '\\udcff' in row 1"),
        ({"chunk_nr": [np.nan, 0, 1]}, "chunk_nr must be finite int64, got nan"),
        ({"chunk_nr": [0, np.inf, 1]}, "chunk_nr must be finite int64, got inf"),
        ({"timestamps": [0, 1, np.nan]}, "timestamps must be finite .*nan in row 2"),
        ({"partition": {"train": [0, 3]}}, "'train' has the row 3, .* 3 rows"),
        ({"partition": {"test": [-1]}}, "'test' has the row -1"),
        ({"partition": {"test": [0.5]}}, r"'test' has the row 0\.5"),
        ({"partition": {"test": [True]}}, "'test' has the row True"),
    ],
)
def test_what_would_be_changed_or_lost_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        FeatureTable(np.eye(3, 2), **fields)


def test_partitions_may_be_masks_or_have_no_row():
    partition = {"train": [True, False, True], "devel": [], "test": [1]}
    table = FeatureTable(np.eye(3, 2), partition=partition)
    assert table.partition.tolist() == ["train", "test", "train"]


def test_missing_labels_of_pandas_are_not_known():
    pandas = pytest.importorskip("pandas")
    labels = pandas.Series(["a", None, "b"], dtype="string")
    for target in (labels, labels.to_numpy(dtype=object, na_value=pandas.NA)):
        assert FeatureTable(np.eye(3), target=target).target.tolist() == ["a", "?", "b"]


@pytest.mark.parametrize("extension", ["nc", "csv", "arff", "parquet", "libsvm"])
def test_a_folder_is_never_replaced_by_a_file(tmp_path, extension):
    path = tmp_path / f"features.{extension}"
    (path / "kept").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match=rf"features\.{extension}' is a folder"):
        save_features(np.eye(2), path, overwrite=True)
    assert [*tmp_path.iterdir()] == [path] and (path / "kept").is_dir()


def test_text_of_libsvm_without_a_row_is_named(tmp_path):
    path = tmp_path / "empty.libsvm"
    path.write_text("# nothing\n")
    with pytest.raises(ValueError, match=r"empty\.libsvm has no row"):
        load_features(path)
