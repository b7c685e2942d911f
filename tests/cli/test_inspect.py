"""``skaudeep inspect`` on recordings."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from skaudeep.cli import main

sys.path.insert(0, str(Path(__file__).parent))
from corpora import make_tut


def write(path, signal, sample_rate=8000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.asarray(signal, dtype="float32"), sample_rate)


@pytest.fixture
def corpus(tmp_path):
    """Two good files of a class each, and every kind of suspicious one."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 8000)
    clipped = noise.copy()
    clipped[100:103] = 1.0
    touching = noise.copy()
    touching[[100, 102, 104]] = 1.0
    write(tmp_path / "good1.wav", touching)
    write(tmp_path / "good2.wav", noise[:4000])
    write(tmp_path / "short.wav", noise[:400])
    write(tmp_path / "rate.flac", noise, 16000)
    write(tmp_path / "stereo.wav", np.stack([noise, clipped], axis=1))
    write(tmp_path / "silent.wav", np.zeros(8000))
    write(tmp_path / "none.wav", np.zeros(0))
    (tmp_path / "text.wav").write_text("no audio")
    names = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / "list.txt").write_text("\n".join(names))
    (tmp_path / "labels.csv").write_text(
        "file,label\n" + "\n".join(f"{name},{name[0]}" for name in names[:5])
    )
    return tmp_path


def inspect(capsys, *arguments):
    status = main(["--quiet", "inspect", *map(str, arguments)])
    return status, json.loads(capsys.readouterr().out)


def test_counts_lengths_rates_and_channels(corpus, capsys):
    status, values = inspect(capsys, corpus / "list.txt")
    assert status == 0
    assert values["n_recordings"] == 8
    assert values["n_unreadable"] == 2
    assert values["seconds"] == pytest.approx(
        {"total": 4.05, "min": 0.05, "median": 0.75, "max": 1.0}
    )
    assert values["sample_rates"] == {"8000": 5, "16000": 1}
    assert values["channels"] == {"1": 5, "2": 1}
    assert values["encodings"] == {"WAV PCM_16": 5, "FLAC PCM_16": 1}


def test_suspicious_files_are_named(corpus, capsys):
    _, values = inspect(capsys, corpus / "list.txt")
    found = values["suspicious"]
    assert [("none" in text, "text" in text) for text in found.pop("unreadable")] == [
        (True, False),
        (False, True),
    ]
    assert found == {
        "very_short": ["short.wav"],
        "odd_sample_rate": ["rate.flac"],
        "odd_channels": ["stereo.wav"],
    }


def test_decoding_finds_silence_and_clipping(corpus, capsys):
    _, values = inspect(capsys, corpus / "list.txt", "--decode")
    assert values["suspicious"]["silent"] == ["silent.wav"]
    assert values["suspicious"]["clipped"] == ["stereo.wav"]


def test_decoding_finds_a_file_that_ends_too_early(corpus, capsys):
    path = corpus / "rate.flac"
    path.write_bytes(path.read_bytes()[:-4000])
    assert inspect(capsys, path)[1]["n_unreadable"] == 0
    assert inspect(capsys, path, "--decode")[1]["n_unreadable"] == 1


def test_strict_turns_unreadable_files_into_a_failure(corpus, capsys):
    assert inspect(capsys, corpus / "list.txt", "--strict")[0] == 1
    assert inspect(capsys, corpus / "good1.wav", "--strict")[0] == 0


def test_classes_are_counted_and_unlabelled_recordings_too(corpus, capsys):
    labels = corpus / "labels.csv"
    _, values = inspect(capsys, corpus / "list.txt", "--labels", labels)
    assert values["classes"] == {"g": 2, "n": 1, "r": 1, "s": 1, "?": 3}


def test_the_text_names_three_and_with_detailed_all(corpus, capsys):
    for number in range(4):
        write(corpus / f"tiny{number}.wav", np.full(10, 0.1))
    names = [f"tiny{number}.wav" for number in range(4)]
    (corpus / "list.txt").write_text("\n".join(names))
    assert main(["inspect", str(corpus / "list.txt")]) == 0
    short = capsys.readouterr().out
    assert (
        "4 shorter than 0.1 s:\n  tiny0.wav, tiny1.wav, tiny2.wav and 1 more" in short
    )
    assert main(["inspect", str(corpus / "list.txt"), "--detailed"]) == 0
    assert "\n  tiny3.wav" in capsys.readouterr().out


def test_nothing_readable_is_said_and_not_a_crash(corpus, capsys):
    assert main(["inspect", str(corpus / "text.wav")]) == 0
    out = capsys.readouterr().out
    assert "1 cannot be read" in out
    assert "length" not in out


def test_folds_and_groups_on_both_sides_are_shown(tmp_path, capsys):
    files = ["fold_1/a/s1-0.wav", "fold_1/b/s2-0.wav", "fold_2/a/s1-1.wav"]
    for number, name in enumerate(files):
        write(tmp_path / name, np.full(2000, 0.1 * number + 0.1))
    pattern = ("--layout", "folds", "--group-pattern", r"(s\d)-")
    status, values = inspect(capsys, tmp_path, *pattern)
    assert status == 0
    assert [fold["test"] for fold in values["folds"]] == [
        {"n": 2, "classes": {"a": 1, "b": 1}},
        {"n": 1, "classes": {"a": 1, "b": 0}},
    ]
    assert values["shared_groups"] == {"fold 1": ["s1"], "fold 2": ["s1"]}
    assert inspect(capsys, tmp_path, *pattern, "--strict")[0] == 1
    assert main(["inspect", str(tmp_path), *pattern]) == 0
    out = capsys.readouterr().out
    assert "Groups on both sides of fold 1: s1." in out
    assert out.count("fold 1 test") == 1


def test_partitions_are_shown_once(tmp_path, capsys):
    for part in ("train", "devel"):
        for label in "ab":
            write(tmp_path / part / label / "1.wav", np.full(2000, 0.1))
    _, values = inspect(capsys, tmp_path)
    assert values["folds"] == []
    assert values["partitions"]["devel"] == {"n": 2, "classes": {"a": 1, "b": 1}}


def test_a_row_is_of_a_file_of_features_only(tmp_path):
    write(tmp_path / "a.wav", np.full(2000, 0.1))
    assert main(["inspect", str(tmp_path / "a.wav"), "--row", "0"]) == 2


def test_the_corpus_is_named(corpus, tmp_path, capsys):
    assert inspect(capsys, corpus / "list.txt")[1]["corpus"] == "list of files"
    assert inspect(capsys, corpus / "good1.wav")[1]["corpus"] == "recording"
    scenes = make_tut(tmp_path / "scenes")
    _, values = inspect(capsys, scenes)
    assert values["corpus"] == "TUT Acoustic Scenes 2017, year=2017, part=development"
    named = ("--loader", "tut_scenes", "--loader-option", "year=2017")
    _, values = inspect(capsys, scenes, *named)
    assert values["corpus"] == "tut_scenes, year=2017"
    assert main(["inspect", str(corpus / "good1.wav")]) == 0
    assert "corpus         recording" in capsys.readouterr().out
