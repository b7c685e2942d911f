"""load_dcase2018_task5 on a miniature of two nodes and four sessions."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import pytest
import soundfile

from skaudeep.datasets import load_dcase2018_task5
from skaudeep.datasets._dcase2018_task5 import recognise_dcase2018_task5

sys.path.insert(0, str(Path(__file__).parent))
from trees import make_dcase2018_task5, write_rows


@pytest.fixture
def root(tmp_path):
    return make_dcase2018_task5(tmp_path / "DCASE2018-task5-dev")


@pytest.fixture
def evaluation(tmp_path):
    folder = tmp_path / "DCASE2018-task5-eval"
    return make_dcase2018_task5(folder, part="evaluation")


def test_development_set(root):
    data = load_dcase2018_task5(root.parent)
    assert Path(data.recordings[0]).name == "DevNode1_ex1_1.wav"
    assert data.target.tolist() == ["absence"] * 8 + ["cooking"] * 8
    assert data.target_names.tolist() == sorted(data.target_names)
    assert len(data.target_names) == 9
    assert data.nodes.tolist() == list("1133" * 4)
    # What two nodes heard at the same time is one group.
    assert data.groups.tolist() == [
        x for x in ("ex1", "ex2", "ex10", "ex11") for _ in "1133"
    ]
    assert data.cv.get_n_splits() == 4
    for train, test in data.cv.split(data.recordings):
        assert len(set(data.groups[test])) == 1
        assert set(data.groups[train]).isdisjoint(data.groups[test])
    info = soundfile.info(data.recordings[0])
    assert (info.samplerate, info.channels) == (16000, 4)


def test_sessions_of_the_names_if_the_lists_do_not_say_them(root):
    expected = load_dcase2018_task5(root)
    for path in [root / "meta.txt", *(root / "evaluation_setup").glob("*train.txt")]:
        rows = [line.split("\t")[:2] for line in path.read_text().splitlines()]
        write_rows(path, rows)
    assert load_dcase2018_task5(root).groups.tolist() == expected.groups.tolist()
    # Of one clip only: a session must not have two names.
    path = root / "meta.txt"
    path.write_text(path.read_text().replace("\tabsence\n", "\tabsence\ts1\n", 1))
    assert load_dcase2018_task5(root).groups.tolist() == expected.groups.tolist()


def test_the_lists_of_the_folds_say_sessions_too(root):
    path = root / "meta.txt"
    rows = [line.split("\t")[:2] for line in path.read_text().splitlines()]
    write_rows(path, rows)
    for path in (root / "evaluation_setup").glob("*train.txt"):
        path.write_text(path.read_text().replace("\tex", "\tsession "))
    groups = load_dcase2018_task5(root).groups
    assert groups[[0, -1]].tolist() == ["session 1", "session 11"]


def test_sessions_of_the_lists_come_first(root):
    path = root / "meta.txt"
    path.write_text(path.read_text().replace("\tex", "\tsession "))
    for path in (root / "evaluation_setup").glob("*train.txt"):
        path.write_text(path.read_text().replace("\tex", "\tsession "))
    groups = load_dcase2018_task5(root).groups
    assert groups[[0, -1]].tolist() == ["session 1", "session 11"]


def test_evaluation_set(evaluation):
    data = load_dcase2018_task5(evaluation, part="evaluation")
    assert Path(data.recordings[0]).name == "1.wav"
    assert data.nodes.tolist() == list("5566" * 4)
    assert data.groups[[0, 15]].tolist() == ["ex1", "ex11"]
    assert data.target[[0, 15]].tolist() == ["absence", "cooking"]
    assert data.cv is None


def test_evaluation_set_without_ground_truth(tmp_path):
    root = make_dcase2018_task5(tmp_path / "e", part="evaluation", labels=False)
    data = load_dcase2018_task5(root, part="evaluation")
    assert data.target is None
    assert set(data.nodes) == {""}
    assert len(set(data.groups)) == 16


def test_faults_are_named(root, evaluation):
    assert len(load_dcase2018_task5(root.parent).recordings) == 16
    with pytest.raises(ValueError, match="development set; .*'DCASE2018-task5-eval'"):
        load_dcase2018_task5(root, part="evaluation")
    path = root / "meta.txt"
    text = path.read_text()
    path.write_text(text.replace("cooking", "reading", 1))
    with pytest.raises(ValueError, match=r"DevNode1_ex10_1\.wav' as 'reading', which"):
        load_dcase2018_task5(root)
    path.write_text(text)
    (root / "audio" / "DevNode3_ex2_2.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 16 .*DevNode3_ex2_2.*1247102"):
        load_dcase2018_task5(root)


def test_recognition(root, evaluation, tmp_path):
    assert recognise_dcase2018_task5(root) is None
    assert recognise_dcase2018_task5(evaluation) is None
    assert recognise_dcase2018_task5(root.parent, part="development") is None
    assert recognise_dcase2018_task5(evaluation, part="evaluation") is None
    assert (
        recognise_dcase2018_task5(root, part="evaluation")
        == "it is the development set"
    )
    assert recognise_dcase2018_task5(root / "audio") == "no folder 'evaluation_setup'"
