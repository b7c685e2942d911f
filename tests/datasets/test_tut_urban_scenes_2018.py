"""load_tut_urban_scenes_2018 on miniatures of subtasks A and B."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import pytest
import soundfile

from skaudeep.datasets import load_tut_urban_scenes_2018
from skaudeep.datasets._tut_urban_scenes_2018 import recognise_tut_urban_scenes_2018

sys.path.insert(0, str(Path(__file__).parent))
from trees import make_tut_scenes, make_tut_urban_scenes_2018, write_rows, write_wav

NAME = "TUT-urban-acoustic-scenes-2018-"


@pytest.fixture
def root(tmp_path):
    return make_tut_urban_scenes_2018(tmp_path / f"{NAME}development")


@pytest.fixture
def mobile(tmp_path):
    folder = tmp_path / f"{NAME}mobile-development"
    return make_tut_urban_scenes_2018(folder, mobile=True)


def test_subtask_a(root):
    data = load_tut_urban_scenes_2018(root.parent)
    names = [Path(path).name for path in data.recordings]
    assert names[:3] == [
        "airport-barcelona-0-0-a.wav",
        "airport-barcelona-0-1-a.wav",
        "airport-paris-9-0-a.wav",
    ]
    assert data.target.tolist() == ["airport"] * 4 + ["street_pedestrian"] * 4
    assert data.groups[::2].tolist() == [
        "airport-barcelona-0",
        "airport-paris-9",
        "street_pedestrian-barcelona-0",
        "street_pedestrian-paris-9",
    ]
    ((train, test),) = data.cv.split(data.recordings)
    assert (train.tolist(), test.tolist()) == ([0, 1, 4, 5], [2, 3, 6, 7])
    assert data.devices.tolist() == ["a"] * 8
    assert len(data.target_names) == 10
    assert data.target_names.tolist() == sorted(data.target_names)
    assert data.partitions is None


def test_subtask_b_has_devices_that_share_locations(mobile):
    data = load_tut_urban_scenes_2018(mobile)
    assert data.devices.tolist() == list("aabc" * 4)
    assert len(set(data.groups)) == 4
    assert [soundfile.info(path).channels for path in data.recordings[:4]] == [
        2,
        2,
        1,
        1,
    ]
    train, test = next(data.cv.split())
    assert data.devices[test[data.devices[test] != "a"]].tolist() == list("bcbc")
    assert len(train) == 8


def test_devices_stand_in_the_meta_file_if_not_in_the_names(tmp_path):
    rows = [
        ("filename", "source_label", "scene_label"),
        ("audio/1.wav", "b", "park"),
        ("audio/2.wav", "c", "tram"),
    ]
    clips = [(row[0], row[2]) for row in rows[1:]]
    for clip, _ in clips:
        write_wav(tmp_path / clip)
    setup = tmp_path / "evaluation_setup"
    write_rows(setup / "fold1_train.txt", clips[:1])
    write_rows(setup / "fold1_evaluate.txt", clips[1:])
    # The second column is the label, whatever the header calls it.
    write_rows(tmp_path / "meta.csv", [(a, c, "park-1", b) for a, b, c in rows])
    assert load_tut_urban_scenes_2018(tmp_path).devices.tolist() == ["b", "c"]
    write_rows(tmp_path / "meta.csv", [(a, c, b) for a, b, c in rows])
    assert load_tut_urban_scenes_2018(tmp_path).devices.tolist() == ["b", "c"]
    # Without a header it is the fourth.
    write_rows(tmp_path / "meta.csv", [(a, c, "x", b) for a, b, c in rows[1:]])
    assert load_tut_urban_scenes_2018(tmp_path).devices.tolist() == ["b", "c"]


@pytest.mark.parametrize("part", ["leaderboard", "evaluation"])
def test_sets_without_ground_truth(part, tmp_path, root):
    make_tut_urban_scenes_2018(tmp_path / f"{NAME}{part}", part=part)
    data = load_tut_urban_scenes_2018(tmp_path, part=part)
    assert [Path(path).name for path in data.recordings] == ["12.wav", "3.wav"]
    assert data.target is data.cv is None
    assert data.groups.tolist() == ["12", "3"]
    assert data.devices.tolist() == ["", ""]
    other = {"leaderboard": "evaluation", "evaluation": "leaderboard"}[part]
    with pytest.raises(ValueError, match=f"part='{other}', but .* is the {part} set"):
        load_tut_urban_scenes_2018(tmp_path / f"{NAME}{part}", part=other)
    # The name of another folder says nothing.
    renamed = (tmp_path / f"{NAME}{part}").rename(tmp_path / "numbered")
    for part in ("leaderboard", "evaluation"):
        assert len(load_tut_urban_scenes_2018(renamed, part=part).recordings) == 2
    # The development set beside it is still found.
    assert len(load_tut_urban_scenes_2018(tmp_path).recordings) == 8


def test_the_set_of_both_subtasks_is_named_if_both_are_there(root, mobile, tmp_path):
    with pytest.raises(
        ValueError, match=r"several data sets.*-development.*mobile-dev"
    ):
        load_tut_urban_scenes_2018(tmp_path)
    assert len(load_tut_urban_scenes_2018(root).recordings) == 8
    assert len(load_tut_urban_scenes_2018(mobile).recordings) == 16


def test_faults_are_named(root, tmp_path):
    with pytest.raises(
        ValueError, match=rf"part='evaluation', but .*'{NAME}evaluation'"
    ):
        load_tut_urban_scenes_2018(root, part="evaluation")
    path = root / "meta.csv"
    path.write_bytes(path.read_bytes().replace(b"\tairport\t", b"\tbeach\t", 1))
    with pytest.raises(ValueError, match=r"meta\.csv labels .*0-0-a\.wav' as 'beach'"):
        load_tut_urban_scenes_2018(root)
    (root / "audio" / "airport-paris-9-0-a.wav").unlink()
    path.write_bytes(path.read_bytes().replace(b"\tbeach\t", b"\tairport\t", 1))
    with pytest.raises(FileNotFoundError, match="airport-paris-9-0-a.wav.*1228142"):
        load_tut_urban_scenes_2018(root)
    with pytest.raises(ValueError, match="The 'part' parameter"):
        load_tut_urban_scenes_2018(root, part="devel")


def test_recognition(root, mobile, tmp_path):
    for folder in (root, mobile):
        assert recognise_tut_urban_scenes_2018(folder) is None
        assert recognise_tut_urban_scenes_2018(folder, part="development") is None
        fault = recognise_tut_urban_scenes_2018(folder, part="leaderboard")
        assert fault == "it is the development set"
    board = tmp_path / f"{NAME}leaderboard"
    make_tut_urban_scenes_2018(board, part="leaderboard")
    assert recognise_tut_urban_scenes_2018(board, part="leaderboard") is None
    fault = recognise_tut_urban_scenes_2018(board, part="evaluation")
    assert fault == "it is the leaderboard set"
    assert recognise_tut_urban_scenes_2018(board, part="development") == fault
    scenes = make_tut_scenes(tmp_path / "scenes")
    assert "'beach' is none" in recognise_tut_urban_scenes_2018(scenes)
    # In 2019 the lists of the folds got a header and another ending.
    for path in (root / "evaluation_setup").iterdir():
        path.rename(path.with_suffix(".csv"))
    assert "from 2019 on" in recognise_tut_urban_scenes_2018(root)
