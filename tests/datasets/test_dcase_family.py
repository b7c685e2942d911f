"""What holds for all loaders of the DCASE family: laziness, and who recognises what."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils import Bunch

import skaudeep.audio
from skaudeep.datasets import (
    load_dcase2018_task5,
    load_fsdkaggle2018,
    load_tut_rare_events_2017,
    load_tut_scenes,
    load_tut_urban_scenes_2018,
)
from skaudeep.datasets._dcase2018_task5 import recognise_dcase2018_task5
from skaudeep.datasets._fsdkaggle2018 import recognise_fsdkaggle2018
from skaudeep.datasets._tut_rare_events_2017 import recognise_tut_rare_events_2017
from skaudeep.datasets._tut_scenes import recognise_tut_scenes
from skaudeep.datasets._tut_urban_scenes_2018 import recognise_tut_urban_scenes_2018

sys.path.insert(0, str(Path(__file__).parent))
import trees

LOADERS = {
    "tut_scenes": load_tut_scenes,
    "tut_urban_scenes_2018": load_tut_urban_scenes_2018,
    "tut_rare_events_2017": load_tut_rare_events_2017,
    "fsdkaggle2018": load_fsdkaggle2018,
    "dcase2018_task5": load_dcase2018_task5,
}
RECOGNISE = {
    "tut_scenes": recognise_tut_scenes,
    "tut_urban_scenes_2018": recognise_tut_urban_scenes_2018,
    "tut_rare_events_2017": recognise_tut_rare_events_2017,
    "fsdkaggle2018": recognise_fsdkaggle2018,
    "dcase2018_task5": recognise_dcase2018_task5,
}
FIELDS = ["recordings", "target", "target_names", "groups", "cv", "partitions", "DESCR"]
N_CLIPS = 5000


@pytest.fixture(params=list(LOADERS))
def tree(request, tmp_path):
    root = tmp_path / "corpora" / "some corpus"
    getattr(trees, f"make_{request.param}")(root)
    return Bunch(name=request.param, root=root, load=LOADERS[request.param])


def test_every_corpus_is_a_bunch_of_the_same_fields(tree):
    data = tree.load(tree.root)
    assert set(FIELDS) <= set(data)
    n_clips = len(data.recordings)
    assert data.recordings.dtype == object
    assert all(type(path) is str for path in data.recordings)
    assert data.target.shape == (n_clips,)
    assert data.target.dtype.kind == "U"
    assert set(data.target) <= {*data.target_names, "?"}
    assert data.groups is None or data.groups.shape == (n_clips,)
    title, underline, *_ = data.DESCR.splitlines()
    assert underline == "=" * len(title)
    assert "Zenodo record" in data.DESCR
    again = pickle.loads(pickle.dumps(data))
    assert again.recordings.tolist() == data.recordings.tolist()


def test_parent_folder_and_strings_give_the_same(tree):
    expected = tree.load(tree.root).recordings.tolist()
    for root in (tree.root.parent, str(tree.root), f"{tree.root}{os.sep}"):
        assert tree.load(root).recordings.tolist() == expected


def test_recordings_can_be_decoded(tree):
    data = tree.load(tree.root)
    recording = skaudeep.audio.Recording(data.recordings[0])
    assert 0 < recording.duration < 1


def test_only_its_own_recogniser_recognises_a_corpus(tree):
    for root in (tree.root, tree.root.parent):
        found = {name: recognise(root) for name, recognise in RECOGNISE.items()}
        assert found.pop(tree.name) is None
        assert all(isinstance(fault, str) and fault for fault in found.values())


def test_empty_folders_and_files_are_not_recognised(tmp_path):
    (tmp_path / "file").touch()
    for recognise in RECOGNISE.values():
        assert recognise(tmp_path).startswith("no ")
        for root in (tmp_path / "file", tmp_path / "nowhere"):
            assert recognise(root).startswith("no")


def test_thousands_of_clips_load_at_once_and_unopened(tmp_path):
    rows = []
    (tmp_path / "audio").mkdir()
    for i in range(N_CLIPS):
        place, t = f"a{i // 20:03}", 10 * (i % 20)
        clip = f"audio/{place}_{t}_{t + 10}.wav"
        rows.append((clip, "beach", place))
        # Without content: nothing could read it as audio.
        (tmp_path / clip).touch()
    trees.write_rows(tmp_path / "meta.txt", rows)
    setup = tmp_path / "evaluation_setup"
    for number in range(1, 5):
        for name, part in (("train", rows[::2]), ("evaluate", rows[1::2])):
            trees.write_rows(setup / f"fold{number}_{name}.txt", part)
    start = time.perf_counter()
    data = load_tut_scenes(tmp_path)
    seconds = time.perf_counter() - start
    assert len(data.recordings) == N_CLIPS
    # Some 0.15 s when nothing else runs.
    assert seconds < 3


def test_thousands_of_sounds_load_at_once(tmp_path):
    names = [f"{i:08}.wav" for i in range(N_CLIPS)]
    (tmp_path / "audio_train").mkdir()
    for name in names:
        (tmp_path / "audio_train" / name).touch()
    rows = [("fname", "label", "manually_verified")]
    rows += [(name, "Hi-hat", "1") for name in names]
    trees.write_rows(tmp_path / "train.csv", rows, separator=",")
    start = time.perf_counter()
    data = load_fsdkaggle2018(tmp_path)
    seconds = time.perf_counter() - start
    assert np.all(data.target == "Hi-hat")
    assert seconds < 3
