"""load_compare on miniature trees of the challenges of 2018 to 2021."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from trees_other import (
    audio,
    make_compare,
    make_compare_2018,
    make_compare_2018_crying,
    make_compare_2019,
    make_compare_2021,
    make_compare_elderly,
    write_file,
    write_list,
)

from skaudeep.audio import MelSpectrogram
from skaudeep.datasets import load_compare
from skaudeep.datasets._compare import recognise_compare

MAKERS = [
    make_compare_2018,
    make_compare_2018_crying,
    make_compare_2019,
    make_compare_elderly,
    make_compare_2021,
]
PARTS = ("train", "devel", "test")


def names(paths):
    return [Path(path).name for path in paths]


def labels_of(data):
    return dict(zip(names(data.recordings), data.target.tolist(), strict=True))


@pytest.mark.parametrize("make", MAKERS)
def test_every_clip_has_a_row_and_its_partition(tmp_path, make):
    root = make(tmp_path)
    data = load_compare(root)
    assert sorted(names(data.recordings)) == sorted(
        path.name for path in (root / "wav").iterdir() if path.name[0] != "."
    )
    for part, index in data.partitions.items():
        assert {name.partition("_")[0] for name in names(data.recordings[index])} == {
            part
        }
    assert sum(map(len, data.partitions.values())) == len(data.recordings)
    assert set(data.target[data.partitions.test]) == {"?"}
    assert "?" not in data.target[data.partitions.train]
    assert "?" not in data.target_names
    assert data.groups is None


@pytest.mark.parametrize("make", MAKERS)
def test_recordings_are_audio(tmp_path, make):
    data = load_compare(make(tmp_path))
    X = MelSpectrogram(n_mels=16).fit_transform(data.recordings)
    assert len(X) == len(data.recordings)


@pytest.mark.parametrize("make", MAKERS)
def test_parent_folder(tmp_path, make):
    root = make(tmp_path / "below" / "ComParE")
    expected = load_compare(root).recordings.tolist()
    assert load_compare(root.parent).recordings.tolist() == expected
    assert recognise_compare(root) is None
    assert recognise_compare(root.parent) is None
    assert recognise_compare(tmp_path) == "no folder 'wav' and no folder 'lab'"


def test_2018_keeps_the_clips_that_the_list_leaves_out(tmp_path):
    data = load_compare(make_compare_2018(tmp_path))
    # Those of the list first, in its order.
    assert names(data.recordings) == [
        f"{part}_{i:04d}.wav" for part in ("train", "devel", "test") for i in range(4)
    ]
    assert data.target.tolist() == ["sad", "happy"] * 4 + ["?"] * 4
    assert data.target_names.tolist() == ["happy", "sad"]
    assert data.label_column == "emotion"
    ((train, devel),) = data.cv.split(data.recordings)
    assert train.tolist() == [0, 1, 2, 3]
    assert devel.tolist() == [4, 5, 6, 7]
    assert "ComParE2018_AtypicalAffect" in data.DESCR


def test_crying_has_no_devel(tmp_path):
    root = make_compare_2018_crying(tmp_path)
    data = load_compare(root)
    assert list(data.partitions) == ["train", "test"]
    assert data.cv is None
    assert data.target.tolist() == ["0", "1", "2", "0", "?", "?", "?", "?"]
    rows = [("file_name", "label"), *((f"test_{i:04d}.wav", i % 2) for i in range(4))]
    path = root / "lab/ComParE2018_Crying.confidential.tsv"
    write_list(path, rows, delimiter="\t")
    data = load_compare(root)
    assert data.target.tolist() == ["0", "1", "2", "0", "0", "1", "0", "1"]
    ((train, test),) = data.cv.split(data.recordings)
    assert [train.tolist(), test.tolist()] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_2019_keeps_the_order_of_the_list(tmp_path):
    data = load_compare(make_compare_2019(tmp_path))
    parts = [name.partition("_")[0] for name in names(data.recordings)]
    assert parts == ["test"] * 4 + ["devel"] * 4 + ["train"] * 4
    assert list(data.partitions) == ["train", "devel", "test"]
    assert data.partitions.train.tolist() == [8, 9, 10, 11]
    assert data.target_names.tolist() == ["noise", "orca"]


def test_elderly_has_two_targets(tmp_path):
    root = make_compare_elderly(tmp_path)
    valence, arousal = load_compare(root), load_compare(root, label="A_cat")
    assert valence.target[:4].tolist() == ["M", "L", "H", "L"]
    assert arousal.target[:4].tolist() == ["H", "H", "L", "M"]
    assert [valence.label_column, arousal.label_column] == ["V_cat", "A_cat"]
    assert valence.target_names.tolist() == ["L", "M", "H"]
    with pytest.raises(
        ValueError, match="labels.csv has the columns file.*; none of V_num"
    ):
        load_compare(root, label="V_num")


def test_2021_partitions_are_the_lists(tmp_path):
    root = make_compare_2021(tmp_path)
    write_file(root / "wav" / "extra_0001.wav", audio())
    with open(root / "lab/devel.csv", "a") as file:
        file.write("extra_0001.wav,positive\n")
    write_file(root / "wav" / "train_0099.wav", audio())
    data = load_compare(root)
    devel = names(data.recordings[data.partitions.devel])
    assert devel[-1] == "extra_0001.wav"
    # In no list, so by its name.
    train = names(data.recordings[data.partitions.train])
    assert train[-1] == "train_0099.wav"
    assert labels_of(data)["train_0099.wav"] == "?"
    assert len(data.cv.folds[0][0]) == 4


@pytest.mark.parametrize(
    ("make", "name", "delimiter"),
    [
        (make_compare_2018, "ComParE2018_AtypicalAffect.confidential.tsv", "\t"),
        (make_compare_2018, "ComParE2018_AtypicalAffect_confidential.tsv", "\t"),
        (make_compare_2019, "labels_confidential.csv", ","),
        (make_compare_2021, "test_confidential.csv", ","),
    ],
)
def test_confidential_labels_win(tmp_path, make, name, delimiter):
    root = make(tmp_path)
    before = labels_of(load_compare(root))
    column = load_compare(root).label_column
    file_column = "filename" if make is make_compare_2021 else "file_name"
    rows = [(file_column, column), ("test_0002.wav", "secret"), ("test_0001.wav", "?")]
    if make is not make_compare_2021:
        rows += [("train_0001.wav", "corrected"), ("train_0002.wav", "")]
        before["train_0001.wav"] = "corrected"
    write_list(root / "lab" / name, rows, delimiter)
    before["test_0002.wav"] = "secret"
    data = load_compare(root)
    assert labels_of(data) == before
    assert "secret" in data.target_names


def test_confidential_list_is_enough(tmp_path):
    root = make_compare_2019(tmp_path)
    expected = labels_of(load_compare(root))
    (root / "lab/labels.csv").rename(root / "lab/labels_confidential.csv")
    assert recognise_compare(root) is None
    assert labels_of(load_compare(root)) == expected


def test_numbers_are_in_their_order(tmp_path):
    make_compare(tmp_path)
    rows = [("file_name", "label")]
    rows += [(f"train_{i:04d}.wav", label) for i, label in enumerate([10, 9, 1, 2])]
    write_list(tmp_path / "lab/labels.csv", rows)
    data = load_compare(tmp_path)
    assert data.target_names.tolist() == ["1", "2", "9", "10"]
    assert data.cv is None
    scores = data.target[data.partitions.train].astype(float)
    assert scores.tolist() == [10, 9, 1, 2]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "no folder 'wav' and no folder 'lab'"),
        (["wav/train_1.wav"], "no folder 'lab'"),
        (["wav/train_1.wav", "lab/readme.txt"], "no list of ComParE 2018 to 2021"),
        (["wav/a.wav", "lab/train.csv", "lab/test.csv"], "no lab/devel.csv"),
        (
            ["wav/a.wav", "lab/labels.csv", "lab/ComParE2018_Crying.tsv"],
            "lists of several tasks: ComParE2018_Crying, labels",
        ),
        (
            ["wav/a.wav", *map("lab/{}.csv".format, (*PARTS, "labels"))],
            "a list 'labels' beside those of 2021",
        ),
    ],
)
def test_other_folders_are_not_recognised(tmp_path, files, reason):
    for name in files:
        write_file(tmp_path / name, b"")
    assert reason in recognise_compare(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"{reason}.*openaudio.eu.*agreement"):
        load_compare(tmp_path)


def test_missing_recordings_are_named(tmp_path):
    root = make_compare_2019(tmp_path)
    (root / "wav/devel_0002.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 12 .*: wav/devel_0002.wav"):
        load_compare(root)


def test_clip_in_two_lists(tmp_path):
    root = make_compare_2021(tmp_path)
    with open(root / "lab/devel.csv", "a") as file:
        file.write("train_0001.wav,positive\n")
    with pytest.raises(
        ValueError, match=r"devel.csv and train.csv beside it both list train_"
    ):
        load_compare(root)


def test_clip_twice_in_a_list(tmp_path):
    root = make_compare_2019(tmp_path)
    with open(root / "lab/labels.csv", "a") as file:
        file.write("train_0001.wav,noise\n")
    message = "labels.csv, line 14: 'train_0001.wav' stands in line 11 already"
    with pytest.raises(ValueError, match=message):
        load_compare(root)


def test_clip_of_no_partition(tmp_path):
    root = make_compare_2019(tmp_path)
    write_file(root / "wav/dev_0001.wav", audio())
    with pytest.raises(ValueError, match="'dev_0001.wav' does not begin with its part"):
        load_compare(root)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "file_name,class",
            "columns file_name, class; none of label, emotion, .*`label`",
        ),
        ("clip,label", "none of file_name, filename, filename_audio is there"),
    ],
)
def test_unknown_columns_are_named(tmp_path, header, message):
    root = make_compare_2019(tmp_path)
    text = (root / "lab/labels.csv").read_text().replace("file_name,label", header)
    (root / "lab/labels.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_compare(root)


def test_lists_with_different_columns(tmp_path):
    root = make_compare_2021(tmp_path)
    text = (root / "lab/devel.csv").read_text().replace("label", "emotion")
    (root / "lab/devel.csv").write_text(text)
    with pytest.raises(ValueError, match="different columns: emotion, label"):
        load_compare(root)
