"""``skaudeep train``, ``predict`` and what is saved between them."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline as make_sklearn_pipeline

from skaudeep import (
    MFCC,
    LiblinearClassifier,
    MelSpectrogram,
    SequenceStatistics,
    io,
)
from skaudeep.cli import main
from skaudeep.cli._recipe import make_pipeline
from skaudeep.cli._recipe_text import settings_text
from skaudeep.datasets import load_audio_table

sys.path.insert(0, str(Path(__file__).parent))
from corpora import LABELS, SMALL, fails, make_table, run, write_tone

SETTINGS = {
    "spectrogram": {"n_mels": 8, "window_width": 0.05, "window_overlap": 0.025},
    "representation": {"type": "statistics"},
    "classifier": {"type": "logistic"},
    "random_state": 0,
}
RECIPE = (*SMALL, "--classifier", "logistic")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return make_table(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def model(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "scenes.skaudeep"
    assert main(["train", str(table), *RECIPE, "--output", str(path)]) == 0
    return path


def rows_of(text, **how):
    return list(csv.DictReader(text.splitlines(), **how))


def test_the_saved_model_is_the_fitted_pipeline_of_the_recipe(table, model):
    corpus = load_audio_table(table, label="label")
    expected = make_pipeline(SETTINGS).fit(corpus.recordings, corpus.target)
    saved = io.load(model)
    assert repr(saved) == repr(expected)
    assert np.array_equal(
        saved.predict_proba(corpus.recordings),
        expected.predict_proba(corpus.recordings),
    )


def test_the_report_says_what_was_done(table, capsys, tmp_path):
    files = [tmp_path / name for name in ("m", "report.json", "report.txt")]
    result = run(capsys, "train", table, *RECIPE, "-o", files[0], "--report", files[1])
    report = json.loads(files[1].read_text("utf-8"))
    assert report == {key: result[key] for key in report}
    assert report["n_clips"] == 12
    assert report["classes"] == dict.fromkeys(LABELS, 4)
    assert report["training_scores"]["UAR"] > 0.9
    assert report["settings"] == SETTINGS
    words = ("-o", files[0], "--overwrite", "--report", files[2])
    run(capsys, "train", table, *RECIPE, *words)
    text = files[2].read_text("utf-8")
    assert "cafe/restaurant" in text and "n_mels = 8" in text


def test_nothing_is_trained_that_could_not_be_saved(table, model, capsys, tmp_path):
    before = model.read_bytes()
    message = fails(capsys, "train", table, *RECIPE, "-o", model)
    assert "exists; --overwrite" in message
    assert model.read_bytes() == before
    output = tmp_path / "no" / "m"
    assert "there is no folder" in fails(capsys, "train", table, "-o", output)


def test_one_partition_can_be_trained_on(table, capsys, tmp_path):
    words = ("-o", tmp_path / "m", "--partition", "train")
    assert run(capsys, "train", table, *RECIPE, *words)["n_clips"] == 8
    saved = io.load(tmp_path / "m")
    corpus = load_audio_table(table, label="label", partition="partition")
    part = corpus.partitions.train
    expected = make_pipeline(SETTINGS)
    expected.fit(corpus.recordings[part], corpus.target[part])
    assert np.array_equal(saved[-1].coef_, expected[-1].coef_)


def test_an_unreadable_clip_is_named_and_left_out(capsys, tmp_path):
    table = make_table(tmp_path, broken=(4,))
    words = ("-o", tmp_path / "m")
    assert "04.wav" in fails(capsys, "train", table, *RECIPE, *words)
    assert not (tmp_path / "m").exists()
    result = run(capsys, "train", table, *RECIPE, *words, "--on-error", "warn")
    assert result["unreadable"] == ["clips/04.wav"]
    assert result["classes"]["bus"] == 3


@pytest.mark.network
def test_a_representation_alone_needs_no_labels_and_leaves_its_losses(
    table, capsys, tmp_path
):
    bare = tmp_path / "files.txt"
    files = sorted((table.parent / "clips").glob("*.wav"))
    bare.write_text("\n".join(map(str, files)), "utf-8")
    assert "no labels" in fails(capsys, "train", bare, "-o", tmp_path / "m")
    words = ("--classifier", "none", "--features", "seq2seq", "--n-units", "4")
    words = (*SMALL[2:], *words, "--max-epochs", "2", "-o", tmp_path / "m")
    words = (*words, "--history", tmp_path / "h.csv", "--report", tmp_path / "h.json")
    result = run(capsys, "train", bare, *words)
    (losses,) = result["history"].values()
    assert len(losses["loss"]) == 2
    assert json.loads((tmp_path / "h.json").read_text())["history"] == result["history"]
    rows = rows_of((tmp_path / "h.csv").read_text())
    assert [float(row["value"]) for row in rows] == losses["loss"]
    assert io.load(tmp_path / "m").transform(files[:2]).shape[0] == 2
    message = fails(capsys, "predict", tmp_path / "m", files[0])
    assert "no classifier" in message
    curves = tmp_path / "curves.png"
    sources = (tmp_path / "m", tmp_path / "h.csv", tmp_path / "h.json")
    drawn = run(capsys, "plot", "learning-curve", *sources, "-o", curves)
    assert drawn["trainings"] == 3 and curves.stat().st_size > 5000
    picture = tmp_path / "reconstruction.pdf"
    words = ("plot", "reconstruction", tmp_path / "m", files[0], "-o", picture)
    assert 0 < run(capsys, *words)["error"] < 2
    assert picture.read_bytes().startswith(b"%PDF")


def test_settings_as_text_are_read_back_as_they_were():
    settings = {
        "random_state": 3,
        "spectrogram": {"clip_below": [-30, "None"], "duration": 2.5, "n_mels": 8},
        "classifier": {"class_weight": {"a b": 1.5}, "tol": None, "type": "mlp"},
    }
    expected = {**settings, "classifier": {**settings["classifier"], "tol": "None"}}
    assert tomllib.loads(settings_text(settings)) == expected


def test_files_folders_and_lists_are_predicted_alike(table, model, capsys):
    folder = table.parent / "clips"
    files = sorted(folder.glob("*.wav"))
    listed = table.parent / "list.txt"
    listed.write_text("\n".join(f"clips/{file.name}" for file in files), "utf-8")
    tables = []
    for words in (files, [folder], [listed]):
        assert main(["predict", str(model), *map(str, words)]) == 0
        tables.append(rows_of(capsys.readouterr().out))
    names = [[row["filename"] for row in rows] for rows in tables]
    assert names[0] == names[1] == [str(file) for file in files]
    assert names[2] == [f"clips/{file.name}" for file in files]
    labels = [[row["label"] for row in rows] for rows in tables]
    assert labels[0] == labels[1] == labels[2]
    saved = io.load(model)
    assert labels[0] == saved.predict(files).tolist()
    found = [[float(row[f"probability_{c}"]) for c in LABELS] for row in tables[0]]
    assert np.array_equal(found, saved.predict_proba(files))


def test_an_unreadable_file_keeps_its_row(table, model, capsys, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio")
    first = table.parent / "clips" / "00.wav"
    words = ("predict", model, broken, first, tmp_path / "no-such.wav")
    assert "broken.wav" in fails(capsys, *words)
    assert main([*map(str, words), "--on-error", "warn"]) == 0
    captured = capsys.readouterr()
    rows = rows_of(captured.out)
    assert [row["label"] for row in rows] == ["", "beach", ""]
    assert rows[0]["probability_bus"] == "" and rows[0]["filename"] == str(broken)
    assert "broken.wav" in captured.err and "2 of 3 files" in captured.err
    assert main([*map(str, words[:3]), "--on-error", "ignore"]) == 0
    assert rows_of(capsys.readouterr().out)[0]["label"] == ""


def test_formats(table, model, capsys, tmp_path):
    first, last = (str(table.parent / "clips" / f"{i}.wav") for i in ("00", "11"))
    written = {}
    for name in ("a.csv", "a.tsv", "a.json"):
        output = tmp_path / name
        assert main(["predict", str(model), first, last, "-o", str(output)]) == 0
        written[name] = output.read_text("utf-8")
    rows = rows_of(written["a.csv"])
    assert rows == rows_of(written["a.tsv"], delimiter="\t")
    assert [row["label"] for row in json.loads(written["a.json"])] == [
        row["label"] for row in rows
    ]
    capsys.readouterr()
    assert main(["predict", str(model), first, last, "--format", "audeep"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{first}\tbeach", f"{last}\tcafe/restaurant"]
    assert main(["predict", str(model), first, "--no-probabilities"]) == 0
    assert capsys.readouterr().out == f"filename,label\n{first},beach\n"
    words = ("predict", model, first, "-o", tmp_path / "a.csv")
    assert "exists; --overwrite" in fails(capsys, *words)


def test_evaluate_tests_a_saved_model(table, model, capsys, tmp_path):
    result = run(capsys, "evaluate", table, "--model", model)
    corpus = load_audio_table(table, label="label")
    score = io.load(model).score(corpus.recordings, corpus.target)
    assert [split["accuracy"] for split in result["splits"]] == [score]
    words = ("--model", model, "--eval-partition", "test")
    result = run(capsys, "evaluate", table, *words)
    assert result["splits"][0]["n_test"] == 4
    words = ("evaluate", table, "--model", model, "--n-mels", "4")
    assert "as it was saved" in fails(capsys, *words, status=2)


def test_any_pipeline_of_recordings_predicts(table, capsys, tmp_path):
    corpus = load_audio_table(table, label="label")
    pipeline = make_sklearn_pipeline(
        MFCC(n_mels=16, n_mfcc=8), SequenceStatistics(), LiblinearClassifier()
    )
    io.save(pipeline.fit(corpus.recordings, corpus.target), tmp_path / "m")
    words = ("predict", str(tmp_path / "m"), str(table.parent / "clips"))
    assert main(list(words)) == 0
    labels = [row["label"] for row in rows_of(capsys.readouterr().out)]
    assert labels == pipeline.predict(corpus.recordings).tolist()


def test_chunks_are_saved_with_their_vote(table, capsys, tmp_path):
    words = ("--chunk-length", "0.1", "--vote", "mean", "-o", tmp_path / "m")
    run(capsys, "train", table, *RECIPE, *words)
    long = tmp_path / "long.wav"
    write_tone(long, "bus", 99, seconds=2.0)
    assert main(["predict", str(tmp_path / "m"), str(long)]) == 0
    assert rows_of(capsys.readouterr().out)[0]["label"] == "bus"


@pytest.mark.network
def test_tags_are_named(table, capsys, tmp_path):
    tags = {"beach": "water;low", "bus": "low", "cafe/restaurant": ""}
    lines = table.read_text("utf-8").splitlines()
    rows = [",".join(line.split(",")[:2]) for line in lines]
    for label, text in tags.items():
        rows = [row.replace(f",{label}", f",{text}") for row in rows]
    tagged = table.parent / "tagged.csv"
    tagged.write_text("\n".join(rows) + "\n", "utf-8")
    sizes = ("n_filters", "n_units", "n_dense", "filter_length")
    words = [word for size in sizes for word in ("--set", f"classifier.{size}=4")]
    words += ["--set", "classifier.hop=0.025", "--set", "classifier.threshold=0.0"]
    words += ["--classifier", "tagger", "--max-epochs", "0", "-o", tmp_path / "m"]
    words += ["--label-separator", ";"]
    run(capsys, "train", tagged, *SMALL[2:], *words)
    clip = table.parent / "clips" / "00.wav"
    assert main(["predict", str(tmp_path / "m"), str(clip)]) == 0
    (row,) = rows_of(capsys.readouterr().out)
    assert row["label"] == "low;water"
    assert 0 < float(row["probability_water"]) < 1


@pytest.mark.network
def test_a_detector_gives_events(capsys, tmp_path):
    from skaudeep import RareEventDetector
    from skaudeep.events import Event

    files = [tmp_path / f"{i}.wav" for i in range(4)]
    for i, file in enumerate(files):
        write_tone(file, "beach", i, seconds=1.0)
    detector = make_sklearn_pipeline(
        MelSpectrogram(8000, n_mels=8, on_error="raise"),
        RareEventDetector(
            "tone",
            time_steps=(5,),
            hop=0.04,
            window=0.08,
            n_filters=2,
            n_units=2,
            n_dense=2,
            band_filter_length=4,
            max_epochs=1,
            threshold=0.0,
            onset_threshold=0.0,
            random_state=0,
        ),
    )
    y = [[Event(0.2, 0.6, "tone")], [], [Event(0.3, 0.7, "tone")], []]
    io.save(detector.fit(files, y), tmp_path / "m")
    missing = tmp_path / "no-such.wav"
    words = ["predict", str(tmp_path / "m"), *map(str, [*files, missing])]
    assert main([*words, "--on-error", "ignore"]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert list(rows[0]) == ["filename", "onset", "offset", "event_label", "confidence"]
    expected = detector.predict(files)
    found = [row for row in rows if row["onset"]]
    assert [float(row["onset"]) for row in found] == [
        event.onset for events in expected for event in events
    ]
    assert {row["filename"] for row in rows} == set(map(str, [*files, missing]))
    assert rows[-1]["onset"] == ""
    message = fails(capsys, *words[:4], "--format", "audeep")
    assert "one label a file" in message
