"""``skaudeep evaluate``: what scikit-learn gives, and nothing learnt on the test."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import cross_val_predict, cross_val_score

from skaudeep.classifiers import LiblinearClassifier
from skaudeep.cli import main
from skaudeep.cli._evaluation import learns_nothing
from skaudeep.cli._fitting import fit_tail, upsampled
from skaudeep.cli._recipe import make_pipeline, merge_settings
from skaudeep.datasets import load_audio_table, read_dcase_folds
from skaudeep.metrics import uar_scorer

sys.path.insert(0, str(Path(__file__).parent))
from corpora import SMALL, fails, make_table, make_tut, run

SETTINGS = {
    "spectrogram": {"n_mels": 8, "window_width": 0.05, "window_overlap": 0.025},
    "representation": {"type": "statistics"},
    "random_state": 0,
}


@pytest.fixture(scope="module")
def tut(tmp_path_factory):
    return make_tut(tmp_path_factory.mktemp("corpora") / "tut")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return make_table(tmp_path_factory.mktemp("corpora"))


def scores(result, name):
    return [split[name] for split in result["splits"]]


@pytest.mark.parametrize("classifier", ["liblinear", "logistic"])
def test_a_tut_tree_gives_exactly_what_cross_val_score_gives(tut, capsys, classifier):
    result = run(capsys, "evaluate", tut, *SMALL, "--classifier", classifier)
    corpus = read_dcase_folds(tut)
    settings = {**SETTINGS, "classifier": {"type": classifier}}
    pipeline = make_pipeline(settings)
    X, y, cv = corpus.recordings, corpus.target, corpus.cv
    accuracy = cross_val_score(pipeline, X, y, cv=cv, scoring="accuracy")
    assert scores(result, "accuracy") == accuracy.tolist()
    uar = cross_val_score(pipeline, X, y, cv=cv, scoring=uar_scorer)
    assert scores(result, "UAR") == uar.tolist()
    assert result["summary"]["UAR"] == {"mean": uar.mean(), "std": uar.std()}
    assert 0.2 < uar.mean() < 0.95, "a score at the end of its range tells nothing"
    y_pred = cross_val_predict(pipeline, X, y, cv=cv)
    assert result["labels"] == corpus.target_names.tolist()
    assert result["confusion_matrix"] == confusion_matrix(y, y_pred).tolist()


def test_what_is_learnt_is_learnt_on_the_training_part_of_each_fold(tut, capsys):
    bag = {"type": "bag", "codebook_size": 6, "n_assignments": 2}
    settings = {**SETTINGS, "representation": bag}
    assert not learns_nothing(settings)
    words = ("--features", "bag", "--codebook-size", "6")
    words = (*words, "--set", "representation.n_assignments=2")
    result = run(capsys, "evaluate", tut, *SMALL, *words)
    corpus = read_dcase_folds(tut)
    expected = cross_val_score(
        make_pipeline(settings),
        corpus.recordings,
        corpus.target,
        cv=corpus.cv,
        scoring=uar_scorer,
    )
    assert scores(result, "UAR") == expected.tolist()


@pytest.mark.parametrize(
    ("settings", "fixed"),
    [
        ({"representation": {"type": "statistics"}}, True),
        ({"representation": {"type": "deepspectrum"}}, True),
        ({"representation": {"type": "deepspectrum", "weights": "None"}}, False),
        ({"representation": {"type": "bag"}}, False),
        ({"representation": {"type": "none"}, "aggregation": {"type": "bag"}}, False),
        ({"classifier": {"type": "crnn"}}, True),
        ({}, False),
    ],
)
def test_only_what_learns_nothing_is_computed_once(settings, fixed):
    assert learns_nothing(settings) == fixed


def test_partitions_are_one_split(table, capsys):
    words = ("--train-partition", "train", "--eval-partition", "test")
    result = run(capsys, "evaluate", table, *SMALL, *words)
    assert [split["n_test"] for split in result["splits"]] == [4]
    message = fails(capsys, "evaluate", table, *SMALL, "--train-partition", "train")
    assert "--eval-partition go together" in message
    words = ("--train-partition", "train", "--eval-partition", "devel")
    assert "train, test" in fails(capsys, "evaluate", table, *SMALL, *words)


def test_clips_in_no_part_leave_the_others_where_they_are(table, capsys, tmp_path):
    lines = table.read_text("utf-8").splitlines()
    lines[1:4] = [line.replace(",train,", ",devel,") for line in lines[1:4]]
    other = table.parent / "three.csv"
    other.write_text("\n".join(lines) + "\n", "utf-8")
    words = ("--train-partition", "train", "--eval-partition", "test")
    words = (*SMALL, *words, "--output", tmp_path / "out")
    run(capsys, "evaluate", other, *words)
    corpus = load_audio_table(other, label="label", partition="partition")
    train, test = corpus.partitions.train, corpus.partitions.test
    pipeline = make_pipeline(SETTINGS).fit(
        corpus.recordings[train], corpus.target[train]
    )
    written = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    found = [row["predicted"] for row in written["predictions"]]
    assert (
        len(train) == 5 and found == pipeline.predict(corpus.recordings[test]).tolist()
    )


def test_repeats_count_the_seed_up(table, capsys):
    words = ("--classifier", "mlp", "--set", "classifier.max_epochs=1")
    words = (*SMALL, *words, "--set", "classifier.hidden_layer_sizes=[2]")
    several = run(capsys, "evaluate", table, *words, "--seed", "5", "--repeat", "2")
    for repeat, seed in ((1, 5), (2, 6)):
        alone = run(capsys, "evaluate", table, *words, "--seed", seed)
        expected = [split["UAR"] for split in alone["splits"]]
        found = [s["UAR"] for s in several["splits"] if s["repeat"] == repeat]
        assert found == expected
    assert np.sum(several["confusion_matrix"]) == 24


def test_results_and_picture_are_written_once(table, capsys, tmp_path):
    folder = tmp_path / "results"
    result = run(capsys, "evaluate", table, *SMALL, "--output", folder)
    written = json.loads((folder / "results.json").read_text("utf-8"))
    predictions = written.pop("predictions")
    assert written == result
    assert len(predictions) == 12
    assert predictions[0]["clip"].startswith("clips/")
    y_true = [row["true"] for row in predictions]
    y_pred = [row["predicted"] for row in predictions]
    matrix = confusion_matrix(y_true, y_pred, labels=result["labels"])
    assert matrix.tolist() == result["confusion_matrix"]
    picture = imread(folder / "confusion_matrix.png")
    assert picture.shape[0] > 300 and np.ptp(picture) > 0.5
    message = fails(capsys, "evaluate", table, *SMALL, "--output", folder)
    assert "results.json' exists; --overwrite" in message
    assert main(["evaluate", str(table), *SMALL, "-o", str(folder), "--overwrite"]) == 0


def test_the_text_says_what_the_json_says(table, capsys):
    result = run(capsys, "evaluate", table, *SMALL)
    assert main(["evaluate", str(table), *SMALL]) == 0
    text = capsys.readouterr().out
    assert f"{result['summary']['UAR']['mean']:.4f}" in text
    assert "cafe/restaurant" in text and "fold 2" in text


def test_an_unreadable_clip_is_named_and_counts_in_no_score(tmp_path, capsys):
    table = make_table(tmp_path, broken=(0, 5))
    message = fails(capsys, "evaluate", table, *SMALL)
    assert "00.wav" in message or "05.wav" in message
    words = ("--on-error", "warn", "--output", tmp_path / "out")
    result = run(capsys, "evaluate", table, *SMALL, *words)
    assert sorted(result["unscored"]) == ["clips/00.wav", "clips/05.wav"]
    assert np.sum(result["confusion_matrix"]) == 10
    written = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    rows = {row["clip"]: row["predicted"] for row in written["predictions"]}
    assert len(rows) == 12 and rows["clips/00.wav"] is None
    for split in result["splits"]:
        pairs = [
            (row["true"], row["predicted"])
            for row in written["predictions"]
            if row["split"] == split["split"] and row["predicted"]
        ]
        assert split["UAR"] == balanced_accuracy_score(*zip(*pairs, strict=True))


def test_a_group_on_both_sides_is_warned_about(table, capsys, tmp_path):
    text = table.read_text("utf-8")
    leaking = table.parent / "leaking.csv"
    leaking.write_text(text.replace(",g3\n", ",g0\n"), "utf-8")
    assert main(["evaluate", str(leaking), *SMALL]) == 0
    assert "g0 in fold 1" in capsys.readouterr().err
    assert main(["evaluate", str(table), *SMALL]) == 0
    assert "group" not in capsys.readouterr().err.lower()


def test_upsampling_repeats_whole_classes_and_only_to_train():
    y = np.array(["a"] * 7 + ["b"] * 3 + ["c"])
    values, counts = np.unique(y[upsampled(y)], return_counts=True)
    assert dict(zip(values, counts, strict=True)) == {"a": 7, "b": 6, "c": 7}
    assert upsampled(np.array(["b", "a"])).tolist() == [0, 1]


def test_upsampling_leaves_the_features_alone_and_the_tested_clips(table, capsys):
    rows = np.random.default_rng(0).normal(size=(9, 2))
    y = np.array(["a"] * 6 + ["b"] * 3)
    tail, expected = (LiblinearClassifier(random_state=0) for _ in range(2))
    assert fit_tail(tail, rows, y, upsample=True).tolist() == list(range(9))
    repeated = [*range(6), 6, 6, 7, 7, 8, 8]
    expected.fit(rows[repeated], y[repeated])
    assert np.array_equal(tail.coef_, expected.coef_)
    result = run(capsys, "evaluate", table, *SMALL, "--upsample")
    assert [split["n_test"] for split in result["splits"]] == [6, 6]


def test_chunks_vote(table, capsys):
    words = ("--chunk-length", "0.1", "--classifier", "logistic")
    hard = run(capsys, "evaluate", table, *SMALL, *words, "--vote", "majority")
    soft = run(capsys, "evaluate", table, *SMALL, *words, "--vote", "mean")
    assert np.sum(hard["confusion_matrix"]) == np.sum(soft["confusion_matrix"]) == 12
    settings = {
        **SETTINGS,
        "chunks": {"width": 0.1},
        "classifier": {"type": "logistic"},
        "vote": {"voting": "soft"},
    }
    assert merge_settings(options={"vote": "mean"})["vote"] == settings["vote"]
    message = fails(capsys, "evaluate", table, *SMALL, "--vote", "mean")
    assert "[vote] is for clips in several rows" in message


def test_numbers_are_regressed_to(table, capsys):
    numbers = table.parent / "numbers.csv"
    text = table.read_text("utf-8")
    for label, number in (("beach", "0.5"), ("bus", "1.5"), ("cafe/restaurant", "2")):
        text = text.replace(f",{label},", f",{number},")
    numbers.write_text(text, "utf-8")
    result = run(capsys, "evaluate", numbers, *SMALL, "--classifier", "svr")
    assert set(result["summary"]) == {"RMSE", "MAE", "R2", "Pearson"}
    assert result["summary"]["Pearson"]["mean"] > 0.8
    assert "confusion_matrix" not in result
    message = fails(capsys, "evaluate", table, *SMALL, "--classifier", "svr")
    assert "SVR needs numbers as labels" in message
    words = ("--classifier", "svr", "--upsample")
    assert "one class a clip" in fails(capsys, "evaluate", numbers, *SMALL, *words)


def test_without_folds_it_says_how_to_get_some(table, capsys):
    plain = table.parent / "plain.csv"
    lines = table.read_text("utf-8").splitlines()
    text = "\n".join(",".join(line.split(",")[:2]) for line in lines)
    plain.write_text(text + "\n", "utf-8")
    assert "--folds K" in fails(capsys, "evaluate", plain, *SMALL)
    result = run(capsys, "evaluate", plain, *SMALL, "--folds", "3")
    assert len(result["splits"]) == 3
