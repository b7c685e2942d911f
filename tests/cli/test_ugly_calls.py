"""What the commands say to those who call them wrongly, and what they leave."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import sys
from pathlib import Path

import pytest

from skaudeep.cli import main
from skaudeep.io import load_features

sys.path.insert(0, str(Path(__file__).parent))
from corpora import LABELS, SMALL, fails, make_table, run, write_tone

STATISTICS = ("--features", "statistics", "--n-mels", "8")


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.wav"
    write_tone(path, "bus", 0)
    return path


@pytest.fixture
def folder(tmp_path):
    """Six clips in folders of classes."""
    for number in range(6):
        write_tone(tmp_path / "own" / "ab"[number % 2] / f"{number}.wav", "bus", number)
    return tmp_path / "own"


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("table.csv", ("inspect", "{}")),
        ("list.txt", ("inspect", "{}")),
        ("labels.csv", ("inspect", "clip.wav", "--labels", "{}")),
        ("recipe.toml", ("train", "clip.wav", "--config", "{}", "-o", "model")),
    ],
)
def test_a_file_in_another_encoding_is_named(
    name, command, clip, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes("path,label\nclip.wav,Café\n".encode("latin-1"))
    said = fails(capsys, *(word.format(name) for word in command))
    assert name in said and "UTF-8" in said


def test_an_empty_table_is_said_to_have_no_columns(tmp_path, capsys):
    (tmp_path / "table.csv").touch()
    said = fails(capsys, "inspect", tmp_path / "table.csv")
    assert "table.csv must begin with the names of its columns" in said


def test_a_list_names_each_file_once(clip, tmp_path, capsys):
    (tmp_path / "list.txt").write_text("clip.wav\n\nclip.wav\n", encoding="utf-8")
    assert "'clip.wav' twice" in fails(capsys, "inspect", tmp_path / "list.txt")


def test_names_in_a_list_hold_any_blank(tmp_path, capsys):
    write_tone(tmp_path / "a\u2028b ä.wav", "bus", 0)
    (tmp_path / "list.txt").write_text("a\u2028b ä.wav\r\n", encoding="utf-8")
    assert run(capsys, "inspect", tmp_path / "list.txt")["n_recordings"] == 1


def test_folds_need_labels_or_groups(clip, tmp_path, capsys):
    said = fails(capsys, "inspect", clip, "--folds", 2, status=2)
    assert "neither labels nor groups" in said
    features = tmp_path / "out.nc"
    run(capsys, "extract", clip, *STATISTICS, "-o", features)
    said = fails(capsys, "evaluate", features, "--folds", 2)
    assert "out.nc has neither labels nor groups" in said


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--start", -1), 2, "--start must not be negative, got -1"),
        (("--start", "nan"), 2, "--start"),
        (("--start", 0.2, "--end", 0.1), 2, "--end 0.1 must be behind --start"),
        (("--end", 0), 2, "--end 0"),
        (("--chunk-hop", 0.1), 1, "--chunk-length"),
        (("--chunk-length", -1), 1, "[chunks]"),
        (("--channel", 7), 1, "channel 7"),
    ],
)
def test_a_call_that_cannot_work_leaves_nothing(
    words, status, said, clip, tmp_path, capsys
):
    output = tmp_path / "out.nc"
    call = ("extract", clip, *STATISTICS, "-o", output)
    assert said in fails(capsys, *call, *words, status=status)
    assert sorted(tmp_path.iterdir()) == [clip]
    # So what was mended is not refused as the end of another extraction.
    run(capsys, *call)


@pytest.mark.parametrize("word", ["--quiet", "-q"])
def test_common_options_stand_anywhere(word, clip, capsys):
    assert main(["inspect", word, str(clip)]) == 0
    assert json.loads(capsys.readouterr().out)["n_recordings"] == 1


def test_what_follows_two_dashes_is_no_option(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_tone(tmp_path / "a.wav", "bus", 0)
    (tmp_path / "a.wav").rename(tmp_path / "-q")
    assert main(["inspect", "--", "-q"]) == 0
    assert "recordings" in capsys.readouterr().out


def test_debug_behind_the_command_raises(tmp_path):
    (tmp_path / "list.txt").touch()
    with pytest.raises(ValueError, match="lists no file"):
        main(["inspect", str(tmp_path / "list.txt"), "--debug"])


def test_verbose_says_what_is_computed(folder, tmp_path, capsys):
    call = ["extract", str(folder), *STATISTICS, "-o", str(tmp_path / "out.nc")]
    assert main([*call, "--block-size", "3"]) == 0
    assert "done" not in capsys.readouterr().err
    assert main([*call, "--block-size", "3", "--overwrite", "--verbose"]) == 0
    said = capsys.readouterr().err
    assert said.count("done: ") == 2 and "and 2 more" in said
    assert "spectrogram__n_mels = 8" in said


def test_a_model_is_given_what_it_was_trained_on(folder, clip, tmp_path, capsys):
    features = tmp_path / "out.nc"
    run(capsys, "extract", folder, *STATISTICS, "-o", features)
    of_features, of_recordings = tmp_path / "features", tmp_path / "recordings"
    run(capsys, "train", features, "-o", of_features)
    run(capsys, "train", folder, *STATISTICS, "-o", of_recordings)
    said = fails(capsys, "predict", of_features, clip)
    assert "features was trained on a file of features" in said
    said = fails(capsys, "predict", of_recordings, features)
    assert "recordings was trained on recordings" in said
    said = fails(capsys, "evaluate", folder, "--model", of_features)
    assert "features was trained on a file of features" in said
    assert "own is not" in said


def test_one_partition_is_predicted(tmp_path, capsys):
    table, features = make_table(tmp_path), tmp_path / "out.nc"
    model, of_features = tmp_path / "model", tmp_path / "of_features"
    run(capsys, "extract", table, *STATISTICS, "-o", features)
    run(capsys, "train", table, *STATISTICS, "--partition", "train", "-o", model)
    run(capsys, "train", features, "--partition", "train", "-o", of_features)
    found = []
    for words in ((model, table), (of_features, features)):
        words = ("predict", *words, "--partition", "test", "--format", "audeep")
        assert main([*map(str, words)]) == 0
        found.append(capsys.readouterr().out)
    assert found[0] == found[1]
    names = [line.split("\t")[0] for line in found[0].splitlines()]
    assert names == [f"clips/{number:02d}.wav" for number in range(8, 12)]
    said = fails(capsys, "predict", model, table, "--partition", "devel")
    assert "no partition 'devel'" in said
    words = ("predict", model, tmp_path / "clips", "--partition", "test")
    assert "--partition is for" in fails(capsys, *words, status=2)


def test_what_libraries_print_is_no_result(clip, tmp_path, monkeypatch, capsys):
    def printing(*words, **options):
        print("Downloading data")
        return save_features(*words, **options)

    import skaudeep.io

    save_features = skaudeep.io.save_features
    monkeypatch.setattr(skaudeep.io, "save_features", printing)
    call = ["extract", str(clip), *STATISTICS, "--overwrite"]
    call += ["-o", str(tmp_path / "out.nc")]
    assert main(call) == 0
    said = capsys.readouterr()
    assert "Downloading" in said.err and said.out.startswith("1 rows of")
    assert main(["--quiet", *call]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["n_rows"] == 1 and said.err == ""


def test_a_group_of_commands_alone_is_one_line(capsys):
    assert "Missing command" in fails(capsys, "plot", status=2)


def test_quiet_help_is_shown(capsys):
    assert main(["extract", "--quiet", "--help"]) == 0
    assert "--features" in capsys.readouterr().out


def test_a_quiet_prediction_is_an_object_a_line(folder, clip, tmp_path, capsys):
    model, output = tmp_path / "model", tmp_path / "out.jsonl"
    run(capsys, "train", folder, *STATISTICS, "-o", model)
    assert main(["--quiet", "predict", str(model), str(clip), str(folder)]) == 0
    printed = capsys.readouterr().out
    rows = [json.loads(line) for line in printed.splitlines()]
    assert rows[0]["filename"] == str(clip)
    assert len(rows) == 7 and {row["label"] for row in rows} <= {"a", "b"}
    run(capsys, "predict", model, clip, folder, "-o", output)
    assert output.read_text(encoding="utf-8") == printed


def test_a_class_that_is_only_tested_is_named(tmp_path, capsys):
    table = make_table(tmp_path)
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "bus" not in line or ",test," in line]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert main(["evaluate", str(table), *SMALL, "--fold-column", "partition"]) == 0
    said = capsys.readouterr()
    assert "trains on no clip: bus" in said.err
    assert "cafe" not in said.err and LABELS[1] in said.out


def test_partitions_are_named_in_the_scores(tmp_path, capsys):
    for number in range(12):
        part = ("train", "train", "devel", "test")[number // 3]
        path = tmp_path / "corpus" / part / "abc"[number % 3] / f"{number}.wav"
        write_tone(path, LABELS[number % 3], number)
    values = run(capsys, "evaluate", tmp_path / "corpus", *SMALL)
    assert [split["split"] for split in values["splits"]] == ["train / devel"]


def test_frames_are_counted_that_were_written(clip, tmp_path, capsys):
    output = tmp_path / "out.nc"
    words = ("--features", "spectrogram", "--n-mels", 8, "--frames", "-o", output)
    n_rows = run(capsys, "extract", clip, *words)["n_rows"]
    assert n_rows == len(load_features(output)) > 1


def test_autrainer_without_partitions_is_refused_at_once(folder, tmp_path, capsys):
    words = ("extract", folder, *STATISTICS, "--format", "autrainer")
    said = fails(capsys, *words, "-o", tmp_path / "out", status=2)
    assert "--add-partitions" in said
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_folders_are_named_that_were_written(folder, tmp_path, capsys):
    features, output = tmp_path / "out.nc", tmp_path / "out.csv"
    run(capsys, "extract", folder, *STATISTICS, "-o", features, "--folds", 2)
    words = ("convert", features, output, "--folders")
    files = [str(tmp_path / fold / "out.csv") for fold in ("fold_1", "fold_2")]
    assert run(capsys, *words)["files"] == files
    assert main([*map(str, words), "--overwrite"]) == 0
    assert ", ".join(files) in capsys.readouterr().out
