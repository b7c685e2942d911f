"""Tables in folders named after partitions and folds."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.io import FeatureTable, load_features, save_features

NAMES = [f"{i}.wav" for i in range(6)]
PARTITION = ["train", "devel", "train", "test", "train", "devel"]
FOLDS = [[1, 0], [0, 1], [1, 0], [1, 0], [0, 1], [0, 1]]
TABLE = FeatureTable(
    np.arange(12).reshape(6, 2),
    NAMES,
    target=list("bbacac"),
    target_names=["c", "b", "a", "d"],
)


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def by_name(table, names=NAMES):
    found = table.filenames.tolist()
    assert sorted(found) == sorted(names)
    return table.take([found.index(name) for name in names])


@pytest.mark.parametrize("extension", ["csv", "arff"])
@pytest.mark.parametrize("folds", [None, FOLDS])
@pytest.mark.parametrize("partition", [None, PARTITION])
@pytest.mark.parametrize("layout", ["audeep", "deepspectrum"])
def test_folders_come_back(extension, folds, partition, layout, tmp_path):
    table = TABLE.replace(partition=partition, cv=folds)
    path = tmp_path / "out" / f"a.{extension}"
    save_features(table, path, folders=True, layout=layout)
    assert path.is_file() == (folds is None and partition is None)
    loaded = by_name(load_features(path))
    np.testing.assert_array_equal(loaded.features, table.features)
    assert loaded.target.tolist() == table.target.tolist()
    for name in ("partition", "cv_folds"):
        ours, theirs = getattr(table, name), getattr(loaded, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_array_equal(theirs, ours)
    if layout == "audeep":
        expected = {"c": 0, "b": 1, "a": 2} | ({"d": 3} if extension == "arff" else {})
        assert loaded.label_map == expected


def test_folds_hold_what_is_tested_in_them(tmp_path):
    save_features(TABLE.replace(cv=FOLDS), tmp_path / "a.csv", folders=True)
    assert files(tmp_path) == ["fold_1/a.csv", "fold_2/a.csv"]
    lines = (tmp_path / "fold_2" / "a.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["1.wav", "4.wav", "5.wav"]


def test_folds_in_partitions_hold_only_their_own_rows(tmp_path):
    table = TABLE.replace(cv=FOLDS, partition=PARTITION)
    save_features(table, tmp_path / "a.csv", folders=True)
    assert files(tmp_path) == [
        "devel/fold_2/a.csv",
        "test/fold_1/a.csv",
        "train/fold_1/a.csv",
        "train/fold_2/a.csv",
    ]
    n_rows = [
        len((tmp_path / name).read_text().splitlines()) for name in files(tmp_path)
    ]
    assert n_rows == [3, 2, 3, 2]


def test_every_part_of_an_arff_knows_all_classes(tmp_path):
    table = TABLE.replace(partition=PARTITION)
    save_features(table, tmp_path / "a.arff", folders=True)
    for name in files(tmp_path):
        text = (tmp_path / name).read_text()
        assert "@ATTRIBUTE label_nominal {a, b, c, d}" in text


def test_row_that_is_tested_in_two_folds_stays_one_row(tmp_path):
    folds = [[1, 1], *FOLDS[1:]]
    X = TABLE.features.copy()
    X[0] = np.nan
    table = TABLE.replace(cv=folds, features=X)
    save_features(table, tmp_path / "a.csv", folders=True)
    loaded = by_name(load_features(tmp_path / "a.csv"))
    assert loaded.cv_folds.tolist() == folds
    np.testing.assert_array_equal(loaded.features, X)


def test_chunks_in_folds(tmp_path):
    folds = [[1, 0], [1, 0], [0, 1], [0, 1]]
    table = FeatureTable(np.arange(4)[:, None], list("aabb"), cv=folds)
    save_features(table, tmp_path / "a.csv", folders=True)
    loaded = load_features(tmp_path / "a.csv")
    assert loaded.chunk_nr.tolist() == [0, 1, 0, 1]
    assert loaded.cv_folds.tolist() == folds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"partition": [*PARTITION[:5], ""]}, "Row 5, '5.wav', would be in no folder"),
        ({"cv": [[0, 0], *FOLDS[1:]]}, "Row 0, '0.wav', would be in no folder"),
        ({"cv": [[1, -1], *FOLDS[1:]]}, "Row 0, '0.wav', is in neither part of fold 2"),
        ({"cv": [[1, 0]] * 6}, "No row is tested in fold_2"),
    ],
)
def test_rows_that_would_vanish_are_an_error(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        save_features(TABLE.replace(**changes), tmp_path / "a.csv", folders=True)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_if_one_file_exists(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "a.csv").write_text("precious")
    table = TABLE.replace(partition=PARTITION)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_features(table, tmp_path / "a.csv", folders=True)
    assert [path.name for path in tmp_path.iterdir()] == ["test"]
    save_features(table, tmp_path / "a.csv", folders=True, overwrite=True)
    assert len(load_features(tmp_path / "a.csv")) == 6


def test_several_tables_share_the_folders(tmp_path):
    table = TABLE.replace(partition=PARTITION)
    save_features(table, tmp_path / "a.csv", folders=True)
    save_features(
        table.replace(features=-table.features), tmp_path / "b.csv", folders=True
    )
    assert load_features(tmp_path / "b.csv").features.max() == 0
    assert load_features(tmp_path / "a.csv").features.min() == 0


def test_a_file_in_its_place_comes_before_folders(tmp_path):
    save_features(TABLE.replace(partition=PARTITION), tmp_path / "a.csv", folders=True)
    save_features(TABLE.take([0]), tmp_path / "a.csv")
    assert len(load_features(tmp_path / "a.csv")) == 1


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_names_of_rows_without_one_differ_between_folders(tmp_path):
    for part in ("train", "test"):
        write(tmp_path, f"{part}/a.csv", "label_nominal,x\nu,1\nv,2\n")
    assert load_features(tmp_path / "a.csv").filenames.tolist() == [
        *("synthetic_train/a.csv_0", "synthetic_train/a.csv_1"),
        *("synthetic_test/a.csv_0", "synthetic_test/a.csv_1"),
    ]


def test_classes_that_only_some_parts_have_are_numbered_together(tmp_path):
    write(tmp_path, "train/a.csv", "filename,label_nominal,x\na,u,1\nb,w,2\n")
    write(tmp_path, "test/a.csv", "filename,label_nominal,x\nc,v,1\nd,w,2\n")
    table = load_features(tmp_path / "a.csv")
    assert table.label_map == {"u": 0, "v": 1, "w": 2}


HEAD = "filename,label_nominal,x\n"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            {"fold_1/a.csv": HEAD + "a,u,1\n", "fold_3/a.csv": HEAD + "b,u,1\n"},
            r"numbered from 1 without gaps, got \[1, 3\]",
        ),
        (
            {"train/a.csv": HEAD + "a,u,1\n", "fold_1/a.csv": HEAD + "b,u,1\n"},
            "they must all lie alike",
        ),
        (
            {"train/a.csv": HEAD + "a,u,1\n", "test/a.csv": "filename,x,y\nb,1,2\n"},
            "test/a.csv has other features than",
        ),
        (
            {"train/a.csv": HEAD + "a,u,1\n", "test/a.csv": "filename,x\nb,1\n"},
            "test/a.csv has other labels than",
        ),
        (
            {"fold_1/a.csv": HEAD + "a,u,1\n", "fold_2/a.csv": HEAD + "a,u,2\n"},
            "Chunk 0 of 'a' is there twice, with different features",
        ),
    ],
)
def test_folders_that_do_not_fit_together_are_errors(texts, message, tmp_path):
    for name, text in texts.items():
        write(tmp_path, name, text)
    with pytest.raises(ValueError, match=message):
        load_features(tmp_path / "a.csv")
