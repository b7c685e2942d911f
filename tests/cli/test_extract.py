"""``skaudeep extract``: rows, interruptions, models, failures."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from skaudeep.audio import Recording
from skaudeep.cli import main
from skaudeep.cli._recipe import make_features, merge_settings
from skaudeep.io import load, load_features

RATE = 8000


def write_clip(path, seed, n_samples=2000):
    path.parent.mkdir(parents=True, exist_ok=True)
    signal = np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples)
    soundfile.write(path, signal, RATE)


@pytest.fixture
def folder(tmp_path):
    """Ten clips in folds of classes, of three lengths."""
    root = tmp_path / "corpus"
    for number in range(10):
        name = f"fold_{1 + number % 2}/{'ab'[number % 5 > 1]}/{number}.wav"
        write_clip(root / name, number, 2000 + 400 * (number % 3))
    return root


@pytest.fixture
def decoded(monkeypatch):
    """Notes the files that are decoded; `fail_at` interrupts at that file."""

    class Decoded(list):
        fail_at = None

    notes = Decoded()
    read = Recording._read

    def noting(self, *arguments, **keywords):
        if len(notes) == notes.fail_at:
            raise KeyboardInterrupt
        notes.append(os.path.basename(self.path))
        return read(self, *arguments, **keywords)

    monkeypatch.setattr(Recording, "_read", noting)
    return notes


def extract(*arguments):
    return main(["extract", *map(str, arguments)])


def features_of(corpus, **options):
    """What the library computes for all files of a folder in order."""
    return features_of_files(sorted(map(str, corpus.rglob("*.wav"))), **options)


def features_of_files(files, **options):
    return make_features(merge_settings(None, options)).fit_transform(files)


def test_rows_are_those_of_the_corpus_with_all_that_is_known(folder, tmp_path):
    output = tmp_path / "out.nc"
    assert extract(folder, "--features", "mfcc", "--output", output) == 0
    table = load_features(output)
    np.testing.assert_array_equal(table.features, features_of(folder, features="mfcc"))
    files = sorted(path.relative_to(folder) for path in folder.rglob("*.wav"))
    assert table.filenames.tolist() == [file.as_posix() for file in files]
    assert table.target.tolist() == [file.parts[1] for file in files]
    assert table.cv_folds.shape == (10, 2)
    assert "spectrogram__n_mfcc" in table.settings
    assert not list(tmp_path.glob("*.partial"))


def test_quiet_gives_one_line_of_json_and_nothing_else(folder, tmp_path, capfd):
    output = tmp_path / "out.csv"
    arguments = ["extract", str(folder), "--features", "mfcc", "-o", str(output)]
    assert main(["--quiet", *arguments]) == 0
    captured = capfd.readouterr()
    assert json.loads(captured.out) == {
        "output": [str(output)],
        "n_rows": 10,
        "missing": [],
    }
    assert captured.err == ""


def test_sequences_of_different_lengths_go_where_there_is_room(
    folder, tmp_path, decoded, capsys
):
    arguments = ("--features", "spectrogram", "--n-mels", "8", "--block-size", "3")
    output = tmp_path / "out.nc"
    assert extract(folder, *arguments, "--output", output) == 1
    assert "--frames" in capsys.readouterr().err
    decoded.clear()
    assert extract(folder, *arguments, "--output", output, "--frames") == 0
    assert decoded == []
    wanted = features_of(folder, features="spectrogram", n_mels=8)
    table = load_features(output)
    np.testing.assert_array_equal(table.features, np.concatenate(list(wanted)))
    assert table.chunk_nr[:3].tolist() == [0, 1, 2]
    assert table.timestamps[:3] == pytest.approx([0, 0.04, 0.08])


def test_autrainer_has_a_file_for_each_recording(tmp_path):
    root = tmp_path / "corpus"
    for number, part in enumerate(("train", "devel", "test")):
        write_clip(root / part / "a" / f"{number}.wav", number, 2000 + 800 * number)
    output = tmp_path / "out"
    arguments = ("--features", "spectrogram", "--format", "autrainer")
    assert extract(root, *arguments, "--output", output) == 0
    assert len(list(output.rglob("*.npy"))) == 3


def test_an_interrupted_extraction_goes_on_where_it_was(
    folder, tmp_path, decoded, capsys
):
    output = tmp_path / "out.nc"
    arguments = (folder, "--features", "mfcc", "--output", output, "--block-size", "2")
    decoded.fail_at = 7
    assert extract(*arguments) == 130
    assert not output.exists()
    assert len(decoded) == 7
    decoded.clear()
    decoded.fail_at = None
    assert extract(*arguments) == 0
    # Three blocks of two were done; the first file of the fourth was not kept.
    assert len(decoded) == 4
    assert "going on" in capsys.readouterr().err
    np.testing.assert_array_equal(
        load_features(output).features, features_of(folder, features="mfcc")
    )
    assert not list(tmp_path.glob("*.partial"))


KILLED = """
import sys, time
from skaudeep.audio import Recording
from skaudeep.cli import main

read = Recording._read

def slow(self, *arguments, **keywords):
    time.sleep(0.15)
    return read(self, *arguments, **keywords)

Recording._read = slow
sys.exit(main(sys.argv[1:]))
"""


def test_a_killed_process_leaves_what_it_has_done(folder, tmp_path, decoded):
    output = tmp_path / "out.nc"
    arguments = [
        *("extract", str(folder), "--features", "mfcc", "--block-size", "1"),
        *("--output", str(output)),
    ]
    process = subprocess.Popen([sys.executable, "-c", KILLED, *arguments])
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("out.nc.partial/[!.]*.npz"))) < 3:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not output.exists()
    done = len(list(tmp_path.glob("out.nc.partial/[!.]*.npz")))
    assert main(arguments) == 0
    assert len(decoded) == 10 - done < 8
    np.testing.assert_array_equal(
        load_features(output).features, features_of(folder, features="mfcc")
    )


def test_an_interrupted_training_is_not_extracted_for_again(
    folder, tmp_path, decoded, monkeypatch
):
    from skaudeep.representation import BagOfDeepFeatures

    def interrupt(self, X, y=None):
        raise KeyboardInterrupt

    output = tmp_path / "out.nc"
    arguments = ("--features", "bag", "--codebook-size", "12", "--output", output)
    with monkeypatch.context() as patch:
        patch.setattr(BagOfDeepFeatures, "fit", interrupt)
        assert extract(folder, *arguments) == 130
    decoded.clear()
    assert extract(folder, *arguments) == 0
    assert decoded == []
    np.testing.assert_array_equal(
        load_features(output).features,
        features_of(folder, features="bag", codebook_size=12),
    )


def test_other_settings_do_not_go_on_with_it(folder, tmp_path, decoded, capsys):
    output = tmp_path / "out.nc"
    arguments = (folder, "--features", "mfcc", "--output", output, "--block-size", "2")
    decoded.fail_at = 5
    assert extract(*arguments) == 130
    decoded.fail_at = None
    assert extract(*arguments, "--window-width", "0.05") == 1
    error = capsys.readouterr().err
    assert "spectrogram__window_width was 0.04 and is 0.05" in error
    assert "--restart" in error
    decoded.clear()
    assert extract(*arguments, "--window-width", "0.05", "--restart") == 0
    assert len(decoded) == 10


def test_a_recording_that_was_replaced_is_computed_again(folder, tmp_path, decoded):
    output = tmp_path / "out.nc"
    arguments = (folder, "--features", "mfcc", "--output", output, "--block-size", "2")
    decoded.fail_at = 8
    assert extract(*arguments) == 130
    first = min(folder.rglob("*.wav"))
    write_clip(first, seed=99, n_samples=2400)
    decoded.clear()
    decoded.fail_at = None
    assert extract(*arguments) == 0
    assert len(decoded) == 4
    np.testing.assert_array_equal(
        load_features(output).features, features_of(folder, features="mfcc")
    )


def test_an_unreadable_file_is_named_and_its_row_stays(folder, tmp_path, capsys):
    bad = folder / "fold_1" / "a" / "4_bad.wav"
    bad.write_text("no audio")
    output = tmp_path / "out.nc"
    arguments = (folder, "--features", "mfcc", "--output", output, "--block-size", "3")
    assert extract(*arguments) == 1
    assert "4_bad.wav" in capsys.readouterr().err
    assert extract(*arguments, "--on-error", "warn") == 0
    captured = capsys.readouterr()
    assert captured.err.count("4_bad.wav") == 1
    assert "1 missing (NaN)" in captured.out
    assert "4_bad.wav" in captured.out
    table = load_features(output)
    missing = np.isnan(table.features).all(axis=1)
    assert table.filenames[missing].tolist() == ["fold_1/a/4_bad.wav"]
    assert len(table) == 11


def test_what_was_left_out_is_not_passed_over_later(folder, tmp_path, decoded):
    bad = folder / "fold_1" / "a" / "0_bad.wav"
    bad.write_text("no audio")
    output = tmp_path / "out.nc"
    arguments = (folder, "--features", "mfcc", "--output", output, "--block-size", "2")
    decoded.fail_at = 6
    assert extract(*arguments, "--on-error", "ignore") == 130
    decoded.fail_at = None
    assert extract(*arguments) == 1
    assert not output.exists()


def test_an_existing_file_is_refused_before_anything_is_decoded(
    folder, tmp_path, decoded, capsys
):
    output = tmp_path / "out.nc"
    output.write_text("mine")
    assert extract(folder, "--features", "mfcc", "--output", output) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert output.read_text() == "mine"
    assert decoded == []
    assert extract(folder, "--features", "mfcc", "-o", output, "--overwrite") == 0
    assert len(load_features(output)) == 10


@pytest.mark.parametrize(("name", "status"), [("out.xyz", 2), ("nowhere/out.nc", 1)])
def test_a_file_that_cannot_be_written_is_refused_at_once(
    folder, tmp_path, decoded, name, status
):
    assert extract(folder, "--features", "mfcc", "-o", tmp_path / name) == status
    assert decoded == []


def test_chunks_are_rows_with_their_beginnings(folder, tmp_path):
    output = tmp_path / "out.csv"
    arguments = ("--chunk-length", "0.1", "--chunk-hop", "0.05", "--start", "0.05")
    columns = ("--columns", "deepspectrum")
    assert (
        extract(folder, "--features", "mfcc", "-o", output, *arguments, *columns) == 0
    )
    table = load_features(output)
    # 0.25 s less 0.05 s: chunks at 0.05, 0.1 and 0.15 s.
    assert table.timestamps[:3] == pytest.approx([0.05, 0.1, 0.15])
    lengths = [soundfile.info(path).duration for path in sorted(folder.rglob("*.wav"))]
    assert len(table) == sum(
        round((length - 0.05 - 0.1) / 0.05) + 1 for length in lengths
    )
    first = min(folder.rglob("*.wav"))
    alone = make_features(merge_settings(None, {"features": "mfcc"})).fit_transform(
        [Recording(first, start=0.1, stop=0.2)]
    )
    np.testing.assert_array_equal(table.features[1], alone[0])


def test_an_end_is_a_time_and_not_a_length(folder, tmp_path):
    output = tmp_path / "out.nc"
    arguments = ("--features", "spectrogram", "--start", "0.1", "--end", "0.2")
    assert extract(folder, *arguments, "--output", output) == 0
    # 0.1 s in windows of 0.08 s that begin every 0.04 s.
    assert load_features(output).features.shape[1] == 1


def test_labels_of_chunks(folder, tmp_path):
    clip = sorted(folder.rglob("*.wav"))[0]
    labels = tmp_path / "labels.csv"
    labels.write_text(f"name,time,label\n{clip.name},0,quiet\n{clip.name},0.1,loud\n")
    output = tmp_path / "out.nc"
    arguments = (clip, "--features", "mfcc", "-o", output, "--labels", labels)
    assert extract(*arguments, "--time-continuous") == 2
    chunks = ("--chunk-length", "0.1", "--chunk-hop", "0.05")
    assert extract(*arguments, "--time-continuous", *chunks) == 0
    assert load_features(output).target.tolist() == ["quiet", "?", "loud", "?"]


def test_labels_and_timestamps_may_be_left_out(folder, tmp_path):
    output = tmp_path / "out.csv"
    arguments = ("--chunk-length", "0.1", "--no-labels", "--no-timestamps")
    columns = ("--columns", "deepspectrum")
    assert (
        extract(folder, "--features", "mfcc", "-o", output, *arguments, *columns) == 0
    )
    header = output.read_text().splitlines()[0].split(",")
    assert header[:2] == ["name", "neuron_0"]
    assert header[-1] == "neuron_39"


def test_chunks_are_written_as_sounds(folder, tmp_path):
    output, chunks = tmp_path / "out.nc", tmp_path / "chunks"
    arguments = ("--features", "mfcc", "--chunk-length", "0.1", "-o", output)
    assert extract(folder, *arguments, "--save-chunks", chunks) == 0
    first = min(folder.rglob("*.wav")).relative_to(folder)
    found, _ = soundfile.read(chunks / f"{first}_0.1.wav", dtype="float32")
    wanted, _ = soundfile.read(folder / first, dtype="float32")
    np.testing.assert_array_equal(found, wanted[800:1600])
    table = load_features(output)
    assert len(list(chunks.rglob("*.wav"))) == len(table)
    # The clips 0, 6 and 2 of 0.25, 0.25 and 0.35 s.
    assert table.chunk_nr[:7].tolist() == [0, 1, 0, 1, 0, 1, 2]


@pytest.mark.network
def test_pictures_are_those_that_the_network_sees(folder, tmp_path):
    from matplotlib.image import imread

    from skaudeep.audio import SpectrogramPicture

    clip = min(folder.rglob("*.wav"))
    arguments = ("--features", "deepspectrum", "--set", "picture.size=32")
    folders = ("-o", tmp_path / "out.nc", "--save-pictures", tmp_path / "pictures")
    assert extract(clip, *arguments, *folders) == 0
    found = imread(tmp_path / "pictures" / f"{clip.name}.png")
    X = features_of_files([clip], features="spectrogram")
    wanted = SpectrogramPicture(size=32).fit_transform(X)
    np.testing.assert_array_equal((found[..., :3] * 255).round(), wanted[0])


def test_other_features_have_no_pictures(folder, tmp_path):
    arguments = ("--features", "mfcc", "-o", tmp_path / "out.nc")
    assert extract(folder, *arguments, "--save-pictures", tmp_path / "pictures") == 2


def test_a_representation_learns_from_the_training_part_only_if_asked(tmp_path, capsys):
    root = tmp_path / "corpus"
    for number in range(8):
        part = ("train", "test")[number % 2]
        write_clip(root / part / "a" / f"{number}.wav", number)
    arguments = (root, "--features", "bag", "--codebook-size", "12")
    for part in ("all", "train"):
        output = tmp_path / f"{part}.nc"
        assert extract(*arguments, "--output", output, "--train-on", part) == 0
        files = sorted(map(str, root.rglob("*.wav")))
        trained = files if part == "all" else [f for f in files if "train" in f]
        settings = merge_settings(None, {"features": "bag", "codebook_size": 12})
        wanted = make_features(settings).fit(trained).transform(files)
        np.testing.assert_array_equal(load_features(output).features, wanted)


def test_with_folds_there_is_a_file_for_each(folder, tmp_path):
    output = tmp_path / "out.nc"
    arguments = ("--features", "bag", "--codebook-size", "12", "--train-on", "train")
    assert extract(folder, *arguments, "--output", output) == 0
    assert not output.exists()
    files = sorted(map(str, folder.rglob("*.wav")))
    settings = merge_settings(None, {"features": "bag", "codebook_size": 12})
    for fold in (1, 2):
        table = load_features(tmp_path / f"out_fold_{fold}.nc")
        trained = [file for file in files if f"fold_{fold}" not in file]
        wanted = make_features(settings).fit(trained).transform(files)
        np.testing.assert_array_equal(table.features, wanted)
        ((train, _),) = table.cv.folds
        assert [files[i] for i in train] == trained


def test_files_of_an_interrupted_extraction_are_its_own(folder, tmp_path, monkeypatch):
    from skaudeep import io

    def interrupt(table, path, **options):
        if "fold_2" in str(path):
            raise KeyboardInterrupt
        write(table, path, **options)

    write, output = io.save_features, tmp_path / "out.nc"
    arguments = ("--features", "bag", "--codebook-size", "12", "--train-on", "train")
    with monkeypatch.context() as patch:
        patch.setattr(io, "save_features", interrupt)
        assert extract(folder, *arguments, "--output", output) == 130
    assert (tmp_path / "out_fold_1.nc").exists()
    second = tmp_path / "out_fold_2.nc"
    second.write_text("mine")
    assert extract(folder, *arguments, "--output", output) == 1
    assert second.read_text() == "mine"
    second.unlink()
    assert extract(folder, *arguments, "--output", output) == 0
    assert len(load_features(second)) == 10
    # Now they belong to nobody who is at work.
    assert extract(folder, *arguments, "--output", output) == 1


def test_what_learns_nothing_needs_no_training_part(folder, tmp_path, capsys):
    output = tmp_path / "out.nc"
    assert (
        extract(folder, "--features", "mfcc", "-o", output, "--train-on", "train") == 0
    )
    assert "no step of this recipe learns" in capsys.readouterr().err


def test_a_saved_model_is_used_for_other_recordings(folder, tmp_path):
    model, output = tmp_path / "bag.skaudeep", tmp_path / "out.nc"
    arguments = ("--features", "bag", "--codebook-size", "12", "--chunk-length", "0.1")
    assert extract(folder, *arguments, "-o", output, "--save-model", model) == 0
    table = load_features(output)
    clip = sorted(folder.rglob("*.wav"))[3]
    again = tmp_path / "again.nc"
    assert extract(clip, "--model", model, "--output", again) == 0
    rows = table.filenames == clip.relative_to(folder).as_posix()
    np.testing.assert_array_equal(load_features(again).features, table.features[rows])


def test_a_model_takes_no_recipe(folder, tmp_path, capsys):
    model, output = tmp_path / "m.skaudeep", tmp_path / "out.nc"
    arguments = (folder, "--features", "mfcc")
    assert extract(*arguments, "-o", output, "--save-model", model) == 0
    again = tmp_path / "again.nc"
    assert extract(*arguments, "-o", again, "--model", model) == 2
    assert "--features is for a new model" in capsys.readouterr().err


def test_views_are_fused_and_each_is_computed_once(tmp_path, decoded):
    root = tmp_path / "corpus"
    root.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        soundfile.write(root / f"{number}.wav", rng.uniform(-0.5, 0.5, (2000, 2)), RATE)
    output = tmp_path / "out.nc"
    arguments = ("--features", "mfcc", "--channel", "left", "--channel", "right")
    layout = ("--layout", "flat", "--block-size", "3")
    decoded.fail_at = 6
    assert extract(root, *arguments, *layout, "-o", output) == 130
    decoded.fail_at = None
    decoded.clear()
    assert extract(root, *arguments, *layout, "-o", output) == 0
    assert len(decoded) == 2 * 4 - 4
    wanted = features_of(root, features="mfcc", channel=("left", "right"))
    np.testing.assert_array_equal(load_features(output).features, wanted)


@pytest.mark.network
def test_an_interrupted_autoencoder_goes_on_after_the_epoch(
    folder, tmp_path, monkeypatch
):
    from skaudeep._checkpoint import Checkpoint

    def save_and_interrupt(self, *arguments):
        save(self, *arguments)
        epochs.append(1)
        if len(epochs) == interrupt_at:
            raise KeyboardInterrupt

    save, epochs, interrupt_at = Checkpoint.save, [], 1
    monkeypatch.setattr(Checkpoint, "save", save_and_interrupt)
    options = {"features": "seq2seq", "n_mels": 8, "n_units": 4, "max_epochs": 2}
    arguments = [
        word
        for name, value in options.items()
        for word in ("--" + name.replace("_", "-"), str(value))
    ]
    output, model = tmp_path / "out.nc", tmp_path / "model.skaudeep"
    arguments = (folder, *arguments, "--output", output, "--save-model", model)
    assert extract(*arguments) == 130
    assert extract(*arguments) == 0
    assert len(epochs) == 2
    np.testing.assert_allclose(
        load_features(output).features,
        features_of(folder, **options),
        rtol=1e-4,
        atol=1e-5,
    )
    assert load(model)[-1].checkpoint_dir is None


def test_the_formats_are_those_of_the_library():
    from skaudeep.cli import _formats
    from skaudeep.io import _features

    assert set(_formats.FORMATS) == set(_features._FORMATS)
    assert set(_formats.EXTENSIONS) == set(_features._EXTENSIONS)


def test_a_pipe_gets_no_bar(folder, tmp_path):
    arguments = ["extract", str(folder), "--features", "mfcc"]
    done = subprocess.run(
        [sys.executable, "-m", "skaudeep", *arguments, "-o", str(tmp_path / "out.nc")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("10 rows of 40 features")
