"""load_gtzan on miniature trees of both layouts."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

sys.path.insert(0, str(Path(__file__).parent))
from trees_other import GENRES, audio, make_gtzan, make_gtzan_kaggle, write_file

from skaudeep.audio import MelSpectrogram, SequenceStatistics
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import load_gtzan
from skaudeep.datasets._gtzan import recognise_gtzan
from skaudeep.exceptions import MissingClipWarning

LEFT_OUT = {
    "classical": [42],
    "country": [8, 52],
    "disco": [38, 50, 51, 55, 60, 71, 98],
    "hiphop": [1, 39, 46, 47, 48, 49, 50, 76],
    "jazz": [*range(33, 41), *range(42, 47)],
    "metal": [4, 34, *range(40, 46), 58],
    "pop": [15, 21, 22, 30, 37, 45, 47, 48, 51, 52, 54, 56, 57, 67, 68, 87],
    "reggae": [3, 5, 7, 8, 10, 13, 33, 41, 73, 75, 80, 81, 86, 91],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All thousand names of Kaggle's copy."""
    root = tmp_path_factory.mktemp("gtzan")
    return make_gtzan_kaggle(root, numbers=range(100))


def stems(paths):
    return [Path(path).stem for path in paths]


@pytest.mark.parametrize("make", [make_gtzan, make_gtzan_kaggle])
def test_rows_by_genre_and_number(tmp_path, make):
    data = load_gtzan(make(tmp_path), n_splits=2)
    assert len(data.recordings) == 50
    assert data.target.tolist() == np.repeat(GENRES, 5).tolist()
    assert data.target_names.tolist() == GENRES
    assert stems(data.recordings)[:3] == ["blues.00000", "blues.00001", "blues.00002"]
    assert all(Path(path).is_file() for path in data.recordings)
    assert data.groups is None
    assert data.partitions is None
    assert "no licence is stated" in data.DESCR


@pytest.mark.parametrize(
    ("make", "places"),
    [
        (make_gtzan, ("", "genres")),
        (make_gtzan_kaggle, ("", "Data", "Data/genres_original")),
    ],
)
def test_folders_on_the_way_are_all_roots(tmp_path, make, places):
    root = make(tmp_path / "GTZAN")
    expected = load_gtzan(root).recordings.tolist()
    for folder in (tmp_path, *(root / place for place in places)):
        assert recognise_gtzan(folder) is None
        assert load_gtzan(folder).recordings.tolist() == expected


def test_folds_are_stratified_and_fixed_by_the_seed(tmp_path):
    root = make_gtzan(tmp_path)
    data = load_gtzan(root, n_splits=5)
    tested = []
    for train, test in data.cv.split(data.recordings):
        assert sorted(data.target[test]) == sorted(GENRES)
        assert len(train) + len(test) == len(data.recordings)
        tested += test.tolist()
    assert sorted(tested) == list(range(50))

    def tests(**options):
        folds = load_gtzan(root, n_splits=5, **options).cv.split()
        return [test.tolist() for _, test in folds]

    assert tests() == tests(random_state=0)
    assert tests() != tests(random_state=1)
    assert load_gtzan(root, n_splits=2).cv.get_n_splits() == 2


def test_fault_filtered_partitions(whole):
    data = load_gtzan(whole, partition="fault_filtered")
    assert len(data.recordings) == 1000
    assert [(k, len(v)) for k, v in data.partitions.items()] == [
        *(("train", 443), ("devel", 197), ("test", 290))
    ]
    used = np.concatenate(list(data.partitions.values()))
    assert len(set(used)) == 930
    left_out = np.array(stems(data.recordings))[np.setdiff1d(np.arange(1000), used)]
    assert left_out.tolist() == [
        f"{genre}.{number:05d}" for genre in LEFT_OUT for number in LEFT_OUT[genre]
    ]


def test_fault_filtered_lists_are_the_published_ones(whole):
    data = load_gtzan(whole, partition="fault_filtered")
    parts = {
        name: stems(data.recordings[index]) for name, index in data.partitions.items()
    }
    assert parts["train"][:2] == ["blues.00029", "blues.00030"]
    assert parts["devel"][:2] == ["blues.00000", "blues.00001"]
    assert parts["test"][:2] == ["blues.00012", "blues.00013"]
    assert "jazz.00054" in parts["train"]
    ((train, devel),) = data.cv.split(data.recordings)
    assert train.tolist() == data.partitions.train.tolist()
    assert devel.tolist() == data.partitions.devel.tolist()


def test_fault_filtered_needs_its_excerpts(tmp_path):
    root = make_gtzan(tmp_path)
    message = r"of 930 excerpts .* missing .*: blues/blues.00029, .* more.*Kaggle"
    with pytest.raises(FileNotFoundError, match=message):
        load_gtzan(root, partition="fault_filtered")


def test_unreadable_excerpt_keeps_its_row(tmp_path):
    data = load_gtzan(make_gtzan_kaggle(tmp_path), n_splits=2)
    bad = stems(data.recordings).index("jazz.00054")
    mel = MelSpectrogram(n_mels=16, duration=0.2, on_error="warn")
    with pytest.warns(MissingClipWarning, match=r"jazz\.00054\.wav") as caught:
        X = make_pipeline(mel, SequenceStatistics()).fit_transform(data.recordings)
    assert len({str(warning.message) for warning in caught}) == 1
    assert np.flatnonzero(np.isnan(X).any(axis=1)).tolist() == [bad]

    pipeline = make_pipeline(
        mel, SequenceStatistics(), SimpleImputer(), LiblinearClassifier()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingClipWarning)
        predicted = cross_val_predict(
            pipeline, data.recordings, data.target, cv=data.cv
        )
    assert len(predicted) == 50
    others = np.arange(50) != bad
    assert np.mean(predicted[others] == data.target[others]) > 0.8


def test_missing_genres_are_named(tmp_path):
    root = make_gtzan(tmp_path)
    for path in (root / "genres/rock").iterdir():
        path.unlink()
    (root / "genres/rock").rmdir()
    assert recognise_gtzan(root) == "no folders of the genres rock"
    message = "GTZAN is neither in .*genres rock.*no licence"
    with pytest.raises(FileNotFoundError, match=message):
        load_gtzan(root)


def test_pictures_alone_are_not_recognised(tmp_path):
    root = make_gtzan_kaggle(tmp_path)
    message = "no .au or .wav files in the folder 'blues'"
    assert recognise_gtzan(root / "Data/images_original") == message
    (tmp_path / "empty").mkdir()
    assert "blues, classical" in recognise_gtzan(tmp_path / "empty")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pop.1.wav", r"pop\.1\.wav' is not named like pop\.00000\.wav"),
        ("rock.00000.wav", r"pop.rock\.00000\.wav' is not named like pop"),
        ("pop.00000.wav", r"pop\.00000\.au and pop\.00000\.wav .* same clip"),
    ],
)
def test_odd_recordings_are_named(tmp_path, name, message):
    root = make_gtzan(tmp_path)
    write_file(root / "genres/pop" / name, audio())
    with pytest.raises(ValueError, match=message):
        load_gtzan(root)


@pytest.mark.parametrize(
    "options", [{"partition": "filtered"}, {"n_splits": 1}, {"random_state": "x"}]
)
def test_bad_parameters_are_named(tmp_path, options):
    (name,) = options
    with pytest.raises(ValueError, match=f"'{name}' parameter of load_gtzan"):
        load_gtzan(make_gtzan(tmp_path), **options)


def test_the_folder_of_kaggle_may_be_called_otherwise(tmp_path):
    root = make_gtzan_kaggle(tmp_path)
    expected = load_gtzan(root, n_splits=2).target
    (root / "Data").rename(root / "archive")
    assert recognise_gtzan(tmp_path) is None
    assert load_gtzan(tmp_path, n_splits=2).target.tolist() == expected.tolist()
