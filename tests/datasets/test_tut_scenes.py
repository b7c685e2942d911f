"""load_tut_scenes on miniatures of the development and evaluation sets."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skaudeep.audio import MFCC, SequenceStatistics
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import load_tut_scenes, read_dcase_folds
from skaudeep.datasets._tut_scenes import recognise_tut_scenes

sys.path.insert(0, str(Path(__file__).parent))
from trees import TESTED, make_tut_scenes, scene, scene_clips, write_rows

NAME = "TUT-acoustic-scenes-{}-{}"


@pytest.fixture
def development(tmp_path):
    return make_tut_scenes(tmp_path / NAME.format(2017, "development"))


@pytest.fixture
def evaluation(tmp_path):
    root = tmp_path / NAME.format(2017, "evaluation")
    return make_tut_scenes(root, part="evaluation")


@pytest.mark.parametrize("year", [2016, 2017])
def test_development_set(year, tmp_path):
    root = make_tut_scenes(tmp_path / "set", year=year)
    data = load_tut_scenes(tmp_path, year=year)
    clips = scene_clips(year)
    assert data.recordings.tolist() == [str(root / clip) for clip in clips]
    assert data.recordings.dtype == object
    assert data.target.tolist() == [scene(clip) for clip in clips]
    assert data.groups.tolist() == [clip[6:10] for clip in clips]
    assert data.partitions is None
    assert [(e.onset, e.offset, e.label) for e in data.errors[0]] == [
        (0.0, 0.1, "phone")
    ]
    assert data.errors[1:] == [[]] * 11
    assert f"Scenes {year}, development" in data.DESCR
    assert soundfile.info(data.recordings[0]).subtype == "PCM_24"


def test_folds_overlap_as_published(development):
    data = load_tut_scenes(development)
    tested = [test for _, test in data.cv.split(data.recordings)]
    assert [set(data.groups[test]) for test in tested] == [set(x) for x in TESTED]
    # The last clip is in no fold.
    times = np.bincount(np.concatenate(tested), minlength=12)
    assert times.tolist() == [2] * 9 + [2, 2, 0]
    assert all(
        set(data.groups[a]).isdisjoint(data.groups[b]) for a, b in data.cv.split()
    )


def test_all_scenes_in_the_published_order(development):
    names = load_tut_scenes(development).target_names.tolist()
    assert names == sorted(names)
    assert len(names) == 15
    assert names[2] == "cafe/restaurant"
    assert names[-2:] == ["train", "tram"]


def test_the_same_as_the_plain_reader(development):
    data, plain = load_tut_scenes(development), read_dcase_folds(development)
    for name in ("recordings", "target", "groups"):
        assert data[name].tolist() == plain[name].tolist()
    assert repr(data.cv) == repr(plain.cv)


def test_scenes_are_told_apart(development):
    data = load_tut_scenes(development)
    pipeline = make_pipeline(MFCC(44100), SequenceStatistics(), LiblinearClassifier())
    scores = cross_val_score(pipeline, data.recordings, data.target, cv=data.cv)
    assert scores.tolist() == [1.0] * 4


def test_evaluation_set_with_ground_truth(evaluation):
    data = load_tut_scenes(evaluation, part="evaluation")
    assert Path(data.recordings[0]).name == "1245.wav"
    assert data.cv is None
    assert len(data.target_names) == 15
    assert sorted(set(zip(data.groups, data.target, strict=True))) == [
        ("a001", "beach"),
        ("a002", "beach"),
        ("b020", "cafe/restaurant"),
        ("b021", "cafe/restaurant"),
    ]
    assert data.errors == [[]] * 12
    assert "1620 clips of 10 s, 108 of each" in data.DESCR


def test_evaluation_set_without_ground_truth(tmp_path):
    root = make_tut_scenes(tmp_path / "x", part="evaluation", labels=False)
    data = load_tut_scenes(root, part="evaluation")
    assert data.target is None
    assert len(data.target_names) == 15
    assert len(set(data.groups)) == len(data.recordings) == 12


def test_year_and_part_choose_among_the_sets_of_a_folder(tmp_path):
    for year in (2016, 2017):
        for part in ("development", "evaluation"):
            make_tut_scenes(tmp_path / NAME.format(year, part), year=year, part=part)
    for year in (2016, 2017):
        for part in ("development", "evaluation"):
            data = load_tut_scenes(tmp_path, year=year, part=part)
            assert NAME.format(year, part) in data.recordings[0]
    with pytest.raises(ValueError, match="several data sets"):
        read_dcase_folds(tmp_path)


@pytest.mark.parametrize("part", ["development", "evaluation"])
@pytest.mark.parametrize("year", [2016, 2017])
def test_the_other_year_is_refused(year, part, tmp_path):
    # The name of the folder says nothing: the clips do, or the map of their names.
    root = make_tut_scenes(tmp_path / "scenes", year=year, part=part)
    other = 4033 - year
    with pytest.raises(ValueError, match=f"year={other}, but .* the set of {year}"):
        load_tut_scenes(root, year=other, part=part)


def test_the_folder_tells_the_year_where_the_clips_do_not(tmp_path):
    name = NAME.format(2016, "evaluation")
    root = make_tut_scenes(tmp_path / name, part="evaluation", labels=False)
    assert len(load_tut_scenes(root, year=2016, part="evaluation").recordings) == 12
    with pytest.raises(ValueError, match="year=2017, but"):
        load_tut_scenes(root, part="evaluation")


def test_the_other_part_is_refused(development, evaluation):
    with pytest.raises(ValueError, match=r"part='evaluation', but .* the development"):
        load_tut_scenes(development, part="evaluation")
    with pytest.raises(ValueError, match="part='development', but .* the evaluation"):
        load_tut_scenes(evaluation)


@pytest.mark.parametrize("options", [{"year": 2018}, {"year": "2017"}, {"part": "x"}])
def test_parameters_are_checked(options, development):
    with pytest.raises(ValueError, match=f"The '{next(iter(options))}' parameter of"):
        load_tut_scenes(development, **options)


def test_unknown_labels_are_named(development):
    path = development / "meta.txt"
    text = path.read_text()
    path.write_text(text.replace("\tbeach\t", "\tharbour\t", 1))
    clip = scene_clips()[0]
    with pytest.raises(ValueError, match=rf"meta\.txt labels '{clip}' as 'harbour'"):
        load_tut_scenes(development)
    # A label of another corpus, without a clash between files.
    (development / "meta.txt").unlink()
    for path in (development / "evaluation_setup").iterdir():
        path.write_text(path.read_text().replace("beach", "airport"))
    with pytest.raises(ValueError, match=r"as 'airport', which .*has beach, bus, ca"):
        load_tut_scenes(development)


def test_rows_without_a_clip_are_named(development):
    path = development / "meta.txt"
    path.write_text("\n \t\n" + path.read_text() + "\tbeach\ta001\n")
    with pytest.raises(ValueError, match=r"meta\.txt, line 15: there is nothing in"):
        load_tut_scenes(development)


def test_files_that_are_not_utf8_are_named(development):
    (development / "meta.txt").write_bytes("audio/ä.wav\tbus".encode("latin-1"))
    with pytest.raises(ValueError, match=r"meta\.txt is not UTF-8"):
        load_tut_scenes(development)


def test_a_missing_file_says_where_the_corpus_is_obtained(development, tmp_path):
    (development / scene_clips()[3]).unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of 12 .*record 400515.*EULA"):
        load_tut_scenes(development)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no folder 'evaluat.*record 45739"):
        load_tut_scenes(tmp_path / "empty", year=2016)
    with pytest.raises(FileNotFoundError, match="not a folder.*1040168"):
        load_tut_scenes(tmp_path / "nowhere", part="evaluation")


def test_errors_of_other_clips_are_warned_of(development):
    rows = [
        ("audio/a001_0_10.wav", "1", "2.5", "phone interference"),
        ("a002_10_20.wav", "0", "10", "microphone failure", "left"),
        ("audio/c000_0_10.wav", "0", "1", "phone"),
    ]
    write_rows(development / "error.txt", rows, "\r\n")
    with pytest.warns(UserWarning, match=r"names 1 clip.*: audio/c000_0_1") as got:
        data = load_tut_scenes(development)
    assert got[0].filename == __file__
    assert [len(events) for events in data.errors] == [1, 0, 0, 0, 1] + [0] * 7
    assert data.errors[0][0][:3] == (1.0, 2.5, "phone interference")


@pytest.mark.parametrize("cells", [("0", "1"), ("1", "0", "x"), ("0", "later", "x")])
def test_faulty_rows_of_errors_are_named(cells, development):
    write_rows(development / "error.txt", [(scene_clips()[0], *cells)])
    with pytest.raises(ValueError, match=r"error\.txt must have a path.*a001_0_10"):
        load_tut_scenes(development)


def test_sets_are_recognised_by_year_and_part(tmp_path):
    for year in (2016, 2017):
        for part in ("development", "evaluation"):
            root = tmp_path / str(year) / NAME.format(year, part)
            make_tut_scenes(root, year=year, part=part)
            assert recognise_tut_scenes(root) is None
            assert recognise_tut_scenes(root, year=year, part=part) is None
            other = {"development": "evaluation", "evaluation": "development"}[part]
            fault = recognise_tut_scenes(root, part=other)
            assert fault == f"it is the {part} set"
            fault = recognise_tut_scenes(root, year=4033 - year)
            assert fault == f"it is the set of {year}"
    above = tmp_path / "2016"
    blind = tmp_path / "blind" / NAME.format(2016, "evaluation")
    make_tut_scenes(blind, part="evaluation", labels=False)
    assert recognise_tut_scenes(blind) is None
    assert recognise_tut_scenes(blind, year=2017) == "it is the set of 2016"
    assert recognise_tut_scenes(above) == "2 of them, one level below"
    assert recognise_tut_scenes(above, year=2016, part="evaluation") is None


def test_recognition_says_what_is_missing(development, tmp_path):
    assert recognise_tut_scenes(tmp_path / "no") == "not a folder"
    assert recognise_tut_scenes(development.parent) is None
    empty = tmp_path / "empty"
    (empty / "evaluation_setup").mkdir(parents=True)
    assert recognise_tut_scenes(empty).startswith("no list such as fold1_train.txt")
    other = tmp_path / "other"
    write_rows(other / "meta.txt", [("audio/b1-2.wav", "bus")])
    (other / "evaluation_setup").mkdir()
    assert recognise_tut_scenes(other) == "its clips have other names than 'b1-2'"
    write_rows(other / "meta.txt", [("audio/a001_0_10.wav", "harbour")])
    assert recognise_tut_scenes(other) == "'harbour' is none of its labels"
