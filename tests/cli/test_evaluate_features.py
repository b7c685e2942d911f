"""``skaudeep evaluate`` and ``plot map`` on files of features."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.classifiers import ChunkVotingClassifier, LiblinearClassifier
from skaudeep.cli import main
from skaudeep.cli._feature_corpus import open_features
from skaudeep.datasets import PredefinedFolds, make_folds
from skaudeep.io import FeatureTable, load, save_features
from skaudeep.metrics import uar_scorer

sys.path.insert(0, str(Path(__file__).parent))
from corpora import fails, run

CLIPS = np.repeat(np.arange(12), 2)
LABELS = np.array(["bus", "park", "tram"])[np.arange(12) % 3]
FOLDS = PredefinedFolds(
    (
        np.flatnonzero(np.arange(12) // 3 % 2 != k),
        np.flatnonzero(np.arange(12) // 3 % 2 == k),
    )
    for k in range(2)
)


def rows_of(folds, clips=CLIPS):
    """Folds of clips as folds of their rows."""
    return PredefinedFolds(
        tuple(np.flatnonzero(np.isin(clips, part)) for part in fold)
        for fold in folds.folds
    )


@pytest.fixture
def features(rng):
    means = rng.normal(size=(3, 5))[np.arange(12) % 3]
    return (means[CLIPS] + rng.normal(size=(24, 5))).astype(np.float32)


def write(path, features, order=slice(None), **more):
    """A file of two chunks a clip, in auDeep's terms."""
    more = {"target": LABELS[CLIPS][order], "cv": rows_of(FOLDS, CLIPS[order]), **more}
    names = np.array([f"{clip:02d}.wav" for clip in CLIPS])
    chunks = np.tile([0, 1], 12)
    table = FeatureTable(features[order], names[order], chunk_nr=chunks[order], **more)
    save_features(table, path)
    return path


def test_one_row_a_clip_gives_what_cross_val_score_gives(tmp_path, capsys, features):
    path = tmp_path / "f.nc"
    table = FeatureTable(
        features[::2], [f"{i}.wav" for i in range(12)], target=LABELS, cv=FOLDS
    )
    save_features(table, path)
    expected = cross_val_score(
        make_pipeline(StandardScaler(), LiblinearClassifier(C=0.1, random_state=0)),
        features[::2],
        LABELS,
        cv=FOLDS,
        scoring=uar_scorer,
    )
    result = run(capsys, "evaluate", path, "--C", "0.1")
    assert [split["UAR"] for split in result["splits"]] == expected.tolist()


def test_chunks_of_a_clip_vote_and_stay_together(tmp_path, capsys, features, rng):
    sequences = list(features.reshape(12, 2, 5))
    inside = make_pipeline(StandardScaler(), LiblinearClassifier(random_state=0))
    expected = cross_val_score(
        ChunkVotingClassifier(inside), sequences, LABELS, cv=FOLDS, scoring=uar_scorer
    )
    result = run(capsys, "evaluate", write(tmp_path / "a.nc", features))
    assert [split["UAR"] for split in result["splits"]] == expected.tolist()
    assert np.sum(result["confusion_matrix"]) == 12
    # Rows of a clip need not stand together, nor in the order of their numbers.
    order = np.r_[np.arange(1, 24, 2), np.arange(0, 24, 2)]
    corpus = open_features(write(tmp_path / "b.nc", features, order))
    assert corpus.names == [f"{clip:02d}.wav" for clip in range(12)]
    assert all(np.array_equal(*pair) for pair in zip(corpus.X, sequences, strict=True))
    for fold, expected in zip(corpus.cv.folds, FOLDS.folds, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(fold, expected, strict=True))


def test_partitions_of_a_file(tmp_path, capsys, features):
    partition = np.where(CLIPS < 8, "train", "devel")
    path = write(tmp_path / "f.nc", features, cv=None, partition=partition)
    words = ("--train-partition", "train", "--eval-partition", "devel")
    result = run(capsys, "evaluate", path, *words)
    assert [split["n_test"] for split in result["splits"]] == [4]
    assert "--folds K" in fails(capsys, "evaluate", path)


def test_folds_can_be_made_of_clips(tmp_path, capsys, features):
    table = FeatureTable(features[::2], target=LABELS)
    save_features(table, tmp_path / "f.csv")
    folds = make_folds(None, LABELS, n_splits=3)
    result = run(capsys, "evaluate", tmp_path / "f.csv", "--folds", "3")
    assert len(result["splits"]) == 3
    pipeline = make_pipeline(StandardScaler(), LiblinearClassifier(random_state=0))
    expected = cross_val_score(
        pipeline, features[::2], LABELS, cv=folds, scoring=uar_scorer
    )
    assert [split["UAR"] for split in result["splits"]] == expected.tolist()
    path = write(tmp_path / "f.nc", features)
    assert "has its own" in fails(capsys, "evaluate", path, "--folds", "3")


def test_a_missing_clip_is_left_out(tmp_path, capsys, features):
    features[3] = np.nan
    result = run(capsys, "evaluate", write(tmp_path / "f.nc", features))
    assert result["unscored"] == ["01.wav"]
    assert np.sum(result["confusion_matrix"]) == 11


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--n-mels", "8"), "[spectrogram] makes features, but"),
        (("--preset", "esc-10"), "makes features, but"),
        (("--classifier", "crnn"), "takes spectrograms, but"),
    ],
)
def test_what_makes_features_is_refused(tmp_path, capsys, features, words, message):
    path = write(tmp_path / "f.nc", features)
    assert message in fails(capsys, "evaluate", path, *words)
    message = fails(capsys, "evaluate", path, "--label", "x", status=2)
    assert "--label is not for it" in message


def test_chunks_on_both_sides_of_a_fold_are_refused(tmp_path, capsys, features):
    torn = PredefinedFolds([(np.arange(0, 24, 2), np.arange(1, 24, 2))])
    path = write(tmp_path / "f.nc", features, cv=torn)
    assert "chunks of one clip are on both sides" in fails(capsys, "evaluate", path)


def test_frames_decide_only_if_they_are_told_to(tmp_path, capsys, features):
    table = FeatureTable(features.reshape(12, 2, 5), target=LABELS, cv=FOLDS)
    save_features(table, tmp_path / "f.nc")
    assert "sequences of frames" in fails(capsys, "evaluate", tmp_path / "f.nc")
    result = run(capsys, "evaluate", tmp_path / "f.nc", "--vote", "majority")
    assert np.sum(result["confusion_matrix"]) == 12


def test_a_map_of_a_file(tmp_path, capsys, features):
    path = write(tmp_path / "f.nc", features)
    result = run(capsys, "plot", "map", path, "-o", tmp_path / "map.png")
    assert (result["clips"], result["features"]) == (12, 5)


def test_features_are_trained_on_and_predicted(tmp_path, capsys, features):
    path, model = write(tmp_path / "f.nc", features), tmp_path / "m"
    features[3] = np.nan
    new = write(tmp_path / "new.csv", features, cv=None)
    run(capsys, "train", path, "--vote", "majority", "-o", model)
    assert main(["predict", str(model), str(path), str(new)]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["filename"] for row in rows] == 2 * [f"{i:02d}.wav" for i in range(12)]
    inside = make_pipeline(StandardScaler(), LiblinearClassifier(random_state=0))
    X = list(features.reshape(12, 2, 5))
    X[1] = open_features(path).X[1]
    expected = ChunkVotingClassifier(inside).fit(X, LABELS).predict(X).tolist()
    labels = [row["label"] for row in rows]
    assert labels[:12] == expected
    assert labels[12:] == [*expected[:1], "", *expected[2:]]
    result = run(capsys, "evaluate", path, "--model", model)
    assert result["splits"][0]["accuracy"] == np.mean(np.array(expected) == LABELS)
    sound = tmp_path / "a.wav"
    message = fails(capsys, "predict", model, path, sound)
    assert "give either" in message


def test_rows_that_are_clips_are_predicted(tmp_path, capsys, features):
    table = FeatureTable(features[::2], target=LABELS)
    save_features(table, tmp_path / "f.nc")
    words = ("train", tmp_path / "f.nc", "--selection", "pca")
    run(capsys, *words, "-o", tmp_path / "m")
    assert main(["predict", str(tmp_path / "m"), str(tmp_path / "f.nc")]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    expected = load(tmp_path / "m").predict(features[::2]).tolist()
    assert [row["label"] for row in rows] == expected
