"""``skaudeep plot``: pictures of files, and nothing else written."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from sklearn.pipeline import Pipeline

from skaudeep import (
    ChannelSplitter,
    ChunkFeatures,
    MelSpectrogram,
    Seq2SeqAutoencoder,
    SequenceStatistics,
    io,
)
from skaudeep.cli import main
from skaudeep.cli._autoencoders import find_autoencoder
from skaudeep.cli._histories import read_histories
from skaudeep.cli._pictures import save_confusion_matrix
from skaudeep.cli._recipe import make_features, make_pipeline

sys.path.insert(0, str(Path(__file__).parent))
from corpora import RATE, SMALL, fails, make_table, run, write_tone


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return make_table(tmp_path_factory.mktemp("corpora"))


def is_picture(path):
    picture = imread(path)
    return min(picture.shape[:2]) > 300 and np.ptp(picture) > 0.5


def test_spectrogram_says_what_clipping_would_raise(tmp_path, capsys):
    clip = tmp_path / "clip.wav"
    write_tone(clip, "bus", 0)
    words = ("plot", "spectrogram", clip, "--n-mels", "16", "-o")
    shares = []
    for level in ("-40", "-10"):
        picture = tmp_path / f"{level}.png"
        result = run(capsys, *words, picture, "--clip-below", level)
        shares.append(result["share_below"])
        assert is_picture(picture)
    levels = MelSpectrogram(n_mels=16, scale=None).fit_transform([clip])[0]
    expected = [np.mean(levels < level) for level in (-40, -10)]
    assert shares == pytest.approx(expected, abs=1e-4)
    result = run(capsys, *words, tmp_path / "left.svg", "--channel", "left")
    assert set(result) == {"output"}
    message = fails(capsys, *words, tmp_path / "-10.png")
    assert "exists; --overwrite" in message
    assert ".png, .pdf, .svg" in fails(capsys, *words, tmp_path / "clip.jpg")
    several = ("--clip-below", "-10", "--clip-below", "-20")
    message = fails(capsys, *words, tmp_path / "several.png", *several)
    assert "one level" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "-10.png",
        "-40.png",
        "clip.wav",
        "left.svg",
    ]


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_map_of_few_clips(table, tmp_path, capsys, method):
    picture = tmp_path / "map.png"
    words = ("plot", "map", table, *SMALL, "--method", method, "-o", picture)
    assert run(capsys, *words)["clips"] == 12
    assert is_picture(picture)


def test_map_of_what_a_model_makes(table, tmp_path, capsys):
    settings = {
        "chunks": {"width": 0.1},
        "spectrogram": {"n_mels": 8},
        "representation": {"type": "statistics"},
        "classifier": {"type": "logistic"},
    }
    clips = sorted(str(path) for path in (table.parent / "clips").glob("*.wav"))
    model = make_pipeline(settings).fit(clips, ["a", "b", "c"] * 4)
    io.save(model, tmp_path / "m")
    words = ("plot", "map", table, "--model", tmp_path / "m", "-o")
    result = run(capsys, *words, tmp_path / "map.png", "--no-scaling")
    assert (result["clips"], result["features"]) == (12, 16)
    io.save(model[-1], tmp_path / "classifier")
    words = ("plot", "map", table, "--model", tmp_path / "classifier", "-o")
    assert "makes no features" in fails(capsys, *words, tmp_path / "other.png")


def test_the_autoencoder_is_found_wherever_it_is():
    settings = {
        "channels": {"views": ["left", "right"]},
        "spectrogram": {"sample_rate": RATE, "clip_below": [-30, "None"]},
    }
    features = make_features(settings)
    branches = [name for name, _ in features[0].transformer_list]
    for branch in branches:
        steps, autoencoder = find_autoencoder(features, branch)
        assert isinstance(autoencoder, Seq2SeqAutoencoder)
        assert steps[0].channel == branch.split()[0]
        assert steps[-1].clip_below == (None if "unclipped" in branch else -30)
    with pytest.raises(ValueError, match="'left -30 dB'"):
        find_autoencoder(features)
    with pytest.raises(ValueError, match="no branch 'mean'"):
        find_autoencoder(features, "mean")
    with pytest.raises(ValueError, match="no autoencoder"):
        find_autoencoder(make_features({"representation": {"type": "statistics"}}))
    pipeline = Pipeline([("view", ChannelSplitter("left")), *features.steps])
    steps, _ = find_autoencoder(pipeline, branches[0])
    assert len(steps) == 3 and isinstance(steps[0], ChannelSplitter)
    chunks = ChunkFeatures(SequenceStatistics(), 1.0)
    chunks.transformer_ = make_features({"spectrogram": {"n_mels": 16}})
    steps, autoencoder = find_autoencoder(Pipeline([("chunks", chunks)]))
    assert isinstance(autoencoder, Seq2SeqAutoencoder) and steps[-1].n_mels == 16


def test_histories_of_files(tmp_path, capsys):
    history = {"a": {"loss": [1.0, 0.5]}, "b": {"loss": [2.0], "val_loss": [3.0]}}
    nested, plain, report = (tmp_path / f"{name}.json" for name in "npr")
    nested.write_text(json.dumps(history))
    plain.write_text(json.dumps(history["b"]))
    report.write_text(json.dumps({"n_clips": 3, "history": history}))
    assert read_histories([nested]) == read_histories([report]) == history
    assert read_histories([plain]) == {"p": history["b"]}
    (tmp_path / "again").mkdir()
    again = tmp_path / "again" / "p.json"
    again.write_text(plain.read_text())
    assert len(read_histories([plain, again])) == 2
    picture = tmp_path / "curves.png"
    words = ("plot", "learning-curve", nested, plain, "-o", picture)
    assert run(capsys, *words)["trainings"] == 3
    assert is_picture(picture)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "is no JSON"),
        ("a.json", "[1]", "no history"),
        ("a.json", "{}", "no history"),
        ("a.csv", "a,b\n1,2\n", "columns step, measure"),
        ("a.csv", "step,measure,epoch,value\ns,loss,1,x\n", "row 2"),
    ],
)
def test_what_is_no_history_is_named(tmp_path, capsys, name, text, words):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    picture = tmp_path / "p.png"
    message = fails(capsys, "plot", "learning-curve", path, "-o", picture)
    assert name in message and words in message
    assert not picture.exists()


def test_a_confusion_matrix_of_many_classes_is_drawn(tmp_path):
    labels = [f"class number {i}" for i in range(15)]
    save_confusion_matrix(tmp_path / "m.png", np.eye(15, dtype=int) * 3, labels)
    assert is_picture(tmp_path / "m.png")


def test_no_kind_shows_the_kinds(capsys):
    assert main(["plot", "--help"]) == 0
    assert "learning-curve" in capsys.readouterr().out
