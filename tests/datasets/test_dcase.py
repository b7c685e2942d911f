"""read_dcase_folds on miniature trees in the layouts of the published corpora."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import sys
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import PredefinedFolds, read_dcase_folds
from skaudeep.datasets._dcase import _location

# The helpers beside this file.
sys.path.insert(0, str(Path(__file__).parent))
from trees import (
    SCENES,
    TESTED,
    make_tut_scenes,
    scene_clips,
    write_rows,
    write_wav,
)
from trees import scene as label
from trees import write_fold as write_labelled_fold

CLIPS = scene_clips()
UNUSED = CLIPS[-1]


def write_fold(root, number, train, test):
    write_labelled_fold(root, number, train, test, label)


@pytest.fixture
def scenes_2017(tmp_path):
    """TUT Acoustic Scenes 2017: meta of three columns, four folds, one with CRLF."""
    return make_tut_scenes(tmp_path / "TUT-acoustic-scenes-2017-development")


def test_scenes_2017(scenes_2017):
    data = read_dcase_folds(scenes_2017)
    assert data.recordings.tolist() == [str(scenes_2017 / clip) for clip in CLIPS]
    assert all(type(path) is str for path in data.recordings)
    assert data.target.tolist() == [label(clip) for clip in CLIPS]
    assert data.target_names.tolist() == ["beach", "cafe/restaurant"]
    assert data.groups.tolist() == [clip[6:10] for clip in CLIPS]
    assert isinstance(data.cv, PredefinedFolds)
    assert data.cv.get_n_splits() == 4


def test_folds_are_what_the_files_say(scenes_2017):
    data = read_dcase_folds(scenes_2017)
    tested = []
    for places, (train, test) in zip(
        TESTED, data.cv.split(data.recordings), strict=True
    ):
        assert set(data.groups[test]) == set(places)
        assert set(data.groups[train]).isdisjoint(places)
        assert len(train) + len(test) == len(CLIPS) - 1
        tested.extend(CLIPS[i] for i in test)
    assert tested.count(CLIPS[0]) == 2
    assert tested.count(UNUSED) == 0


def test_parent_folder_and_path_like(scenes_2017):
    expected = read_dcase_folds(scenes_2017)
    for root in (scenes_2017.parent, str(scenes_2017.parent), f"{scenes_2017}{os.sep}"):
        assert np.array_equal(read_dcase_folds(root).recordings, expected.recordings)


def test_flattened_tree(scenes_2017, tmp_path):
    for path in list(scenes_2017.iterdir()):
        path.rename(tmp_path / path.name)
    scenes_2017.rmdir()
    assert read_dcase_folds(tmp_path).recordings[0] == str(tmp_path / CLIPS[0])


def _levels(paths):
    """Energy below and above 2 kHz; reads the files as any transformer would."""
    spectra = [
        np.abs(np.fft.rfft(soundfile.read(path)[0].mean(axis=1))) for path in paths
    ]
    return np.log([[s[:400].sum(), s[400:].sum()] for s in spectra])


def test_cross_validation_over_the_tree(scenes_2017):
    data = read_dcase_folds(scenes_2017)
    pipeline = make_pipeline(FunctionTransformer(_levels), LiblinearClassifier())
    scores = cross_val_score(pipeline, data.recordings, data.target, cv=data.cv)
    assert scores.tolist() == [1.0] * 4
    baseline = cross_val_score(
        DummyClassifier(), data.recordings, data.target, cv=data.cv
    )
    assert baseline.mean() < 0.7
    search = GridSearchCV(pipeline, {"liblinearclassifier__C": [1e-9, 1]}, cv=data.cv)
    assert search.fit(data.recordings, data.target).n_splits_ == 4
    scores = cross_val_score(
        pipeline,
        data.recordings,
        data.target,
        groups=data.groups,
        cv=LeaveOneGroupOut(),
    )
    assert len(scores) == 4
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(pipeline, data.recordings, data.target, cv=data.cv)


def test_bunch_pickles(scenes_2017):
    data = read_dcase_folds(scenes_2017)
    restored = pickle.loads(pickle.dumps(data))
    assert restored.recordings.tolist() == data.recordings.tolist()
    assert repr(restored.cv) == repr(data.cv)


def test_no_audio_is_decoded(scenes_2017):
    for clip in CLIPS:
        (scenes_2017 / clip).write_bytes(b"")
    assert len(read_dcase_folds(scenes_2017).recordings) == len(CLIPS)


def test_scenes_2016_meta_of_two_columns_gives_the_same(scenes_2017):
    expected = read_dcase_folds(scenes_2017)
    write_rows(scenes_2017 / "meta.txt", [(c, label(c)) for c in CLIPS])
    data = read_dcase_folds(scenes_2017)
    assert data.groups.tolist() == expected.groups.tolist()
    assert data.target.tolist() == expected.target.tolist()


def test_without_meta_the_lists_label_the_clips(scenes_2017):
    (scenes_2017 / "meta.txt").unlink()
    data = read_dcase_folds(scenes_2017)
    assert set(data.recordings) == {str(scenes_2017 / c) for c in CLIPS if c != UNUSED}
    for path, target in zip(data.recordings, data.target, strict=True):
        assert target == SCENES[os.path.basename(path)[:4]]


@pytest.mark.parametrize("gone", ["test", "evaluate"])
def test_one_of_test_and_evaluate_is_enough(scenes_2017, gone):
    expected = read_dcase_folds(scenes_2017)
    for number in range(1, 5):
        (scenes_2017 / "evaluation_setup" / f"fold{number}_{gone}.txt").unlink()
    data = read_dcase_folds(scenes_2017)
    for one, other in zip(data.cv.split(), expected.cv.split(), strict=True):
        assert [part.tolist() for part in one] == [part.tolist() for part in other]


def test_bom_blank_lines_and_repeats_change_nothing(scenes_2017):
    expected = read_dcase_folds(scenes_2017)
    path = scenes_2017 / "evaluation_setup" / "fold1_train.txt"
    text = path.read_text()
    first = text.splitlines()[0]
    without_label = first.split("\t")[0] + "\t"
    path.write_text("\ufeff" + "\n".join([text, first + "\t", without_label, "", ""]))
    data = read_dcase_folds(scenes_2017)
    assert repr(data.cv) == repr(expected.cv)
    assert data.recordings.tolist() == expected.recordings.tolist()


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("b020_90_100.wav", "b020"),
        ("park-paris-9-1-a.wav", "park-paris-9"),
        ("x-1-2-3-4-5_90_100.wav", "x-1-2-3-4-5"),
        ("1.wav", None),
    ],
)
def test_locations_in_file_names(name, location):
    assert _location(PurePosixPath("audio", name)) == location


def test_more_than_nine_folds_stay_in_order(scenes_2017):
    for number in range(5, 12):
        write_fold(scenes_2017, number, CLIPS[:number], [CLIPS[-1]])
    data = read_dcase_folds(scenes_2017)
    n_train = [len(train) for train, _ in data.cv.split()]
    assert n_train[4:] == [5, 6, 7, 8, 9, 10, 11]


def test_urban_scenes_2018_with_headers(tmp_path):
    names = [
        "airport-barcelona-0-0-a",
        "airport-barcelona-0-1-a",
        "street_pedestrian-paris-9-1-a",
        "street_pedestrian-paris-10-1-a",
    ]
    clips = [f"audio/{name}.wav" for name in names]
    for clip in clips:
        write_wav(tmp_path / clip, 500, n_samples=10)
    header = [("filename", "scene_label", "identifier", "source_label")]
    rows = [
        (f"audio/{n}.wav", n.split("-")[0], "-".join(n.split("-")[1:3]), "a")
        for n in names
    ]
    write_rows(tmp_path / "meta.csv", header + rows)
    setup = tmp_path / "evaluation_setup"
    write_rows(setup / "fold1_train.csv", [header[0][:2]] + [r[:2] for r in rows[::2]])
    write_rows(setup / "fold1_test.csv", [header[0][:1]] + [r[:1] for r in rows[1::2]])
    data = read_dcase_folds(tmp_path)
    assert data.target.tolist() == ["airport"] * 2 + ["street_pedestrian"] * 2
    assert data.groups.tolist() == [
        "airport-barcelona-0",
        "airport-barcelona-0",
        "street_pedestrian-paris-9",
        "street_pedestrian-paris-10",
    ]
    ((train, test),) = data.cv.split(data.recordings)
    assert (train.tolist(), test.tolist()) == ([0, 2], [1, 3])


@pytest.fixture
def evaluation_2017(tmp_path):
    """An evaluation set: anonymous names and nothing but a test list."""
    root = tmp_path / "TUT-acoustic-scenes-2017-evaluation"
    for name in ("1245", "7"):
        write_wav(root / "audio" / f"{name}.wav", 500, n_samples=10)
    setup = root / "evaluation_setup"
    write_rows(setup / "test.txt", [("audio/1245.wav",), ("audio/7.wav",)])
    return root


def test_evaluation_set_without_ground_truth(evaluation_2017):
    data = read_dcase_folds(evaluation_2017)
    assert [os.path.basename(path) for path in data.recordings] == ["1245.wav", "7.wav"]
    assert data.target is data.target_names is data.cv is None
    assert data.groups.tolist() == ["1245", "7"]


@pytest.mark.parametrize("columns", [slice(None), slice(None, None, -1)])
def test_evaluation_set_with_ground_truth_and_map(evaluation_2017, columns):
    setup = evaluation_2017 / "evaluation_setup"
    labels = ["tram", "cafe/restaurant"]
    rows = [("audio/1245.wav", labels[0]), ("audio/7.wav", labels[1])]
    write_rows(setup / "evaluate.txt", rows, end="\r\n")
    originals = [
        ("audio/1245.wav", "audio/c007_0_10.wav"),
        ("audio/7.wav", "d1_0_9.wav"),
    ]
    write_rows(setup / "map.txt", [row[columns] for row in originals])
    data = read_dcase_folds(evaluation_2017)
    assert data.target.tolist() == labels
    assert data.groups.tolist() == ["c007", "d1"]
    assert data.cv is None


def test_train_and_test_on_the_same_clip(scenes_2017):
    write_fold(scenes_2017, 3, CLIPS[:5], CLIPS[4:6])
    with pytest.raises(
        ValueError, match=rf"fold3_train\.txt and fold3_evaluate\.txt both.*{CLIPS[4]}"
    ):
        read_dcase_folds(scenes_2017)


def test_test_and_evaluate_differ(scenes_2017):
    path = scenes_2017 / "evaluation_setup" / "fold2_test.txt"
    path.write_text(path.read_text() + CLIPS[-1] + "\n")
    with pytest.raises(
        ValueError, match=rf"fold2_test\.txt and fold2_evaluate\.txt.*{CLIPS[-1]}"
    ):
        read_dcase_folds(scenes_2017)


def test_empty_list(scenes_2017):
    (scenes_2017 / "evaluation_setup" / "fold2_train.txt").write_text("\n")
    with pytest.raises(ValueError, match=r"fold2_train\.txt lists no clip"):
        read_dcase_folds(scenes_2017)


def test_contradicting_labels(scenes_2017):
    path = scenes_2017 / "evaluation_setup" / "fold1_train.txt"
    rows = path.read_text().splitlines()
    clip, _ = rows[0].split("\t")
    path.write_text("\n".join([f"{clip}\tharbour", *rows[1:]]))
    with pytest.raises(ValueError, match=rf"fold1_train\.txt labels '{clip}' as 'harb"):
        read_dcase_folds(scenes_2017)


def test_clip_without_label(scenes_2017):
    (scenes_2017 / "meta.txt").unlink()
    for number in range(1, 5):
        (scenes_2017 / "evaluation_setup" / f"fold{number}_evaluate.txt").unlink()
    write_wav(scenes_2017 / "audio" / "z_1.wav", 500)
    path = scenes_2017 / "evaluation_setup" / "fold1_test.txt"
    path.write_text(path.read_text() + "audio/z_1.wav\n")
    with pytest.raises(
        ValueError, match=r"No label for audio/z_1\.wav: neither a meta"
    ):
        read_dcase_folds(scenes_2017)


def test_missing_recordings_are_named(scenes_2017):
    (scenes_2017 / CLIPS[3]).unlink()
    with pytest.raises(FileNotFoundError, match=rf"1 of 12 .* missing .*: {CLIPS[3]}"):
        read_dcase_folds(scenes_2017)
    for clip in CLIPS[4:]:
        (scenes_2017 / clip).unlink()
    with pytest.raises(FileNotFoundError, match=r"9 of 12 .* and 6 more"):
        read_dcase_folds(scenes_2017)


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        (["fold2_train.txt"], r"fold2_train\.txt is missing in"),
        (["fold3_train.txt", "fold3_test.txt", "fold3_evaluate.txt"], "fold3_train"),
        (
            ["fold4_test.txt", "fold4_evaluate.txt"],
            r"fold4_test\.txt and fold4_evaluate\.txt are both missing in",
        ),
    ],
)
def test_missing_lists_are_named(scenes_2017, gone, message):
    for name in gone:
        (scenes_2017 / "evaluation_setup" / name).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        read_dcase_folds(scenes_2017)


def test_it_has_what_all_corpora_have(scenes_2017):
    data = read_dcase_folds(scenes_2017)
    assert data.partitions is None
    assert str(scenes_2017) in data.DESCR


def test_wrong_folders_are_named(scenes_2017, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"root is not a folder: .*nowhere"):
        read_dcase_folds(tmp_path / "nowhere")
    with pytest.raises(
        FileNotFoundError, match="one level below it: no folder 'evaluation_setup'"
    ):
        read_dcase_folds(scenes_2017 / "audio")
    other = tmp_path / "TUT-acoustic-scenes-2017-evaluation" / "evaluation_setup"
    other.mkdir(parents=True)
    with pytest.raises(
        ValueError, match=r"several data sets.*-development.*-evaluation"
    ):
        read_dcase_folds(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"No lists such as fold1_train\.txt"):
        read_dcase_folds(other.parent)
