"""What the commands take as a corpus."""
# SPDX-License-Identifier: BSD-3-Clause

import click
import numpy as np
import pytest
import soundfile

from skaudeep.cli._corpus import corpus_options, open_corpus


def write_tree(root, files):
    for number, file in enumerate(files):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.full(80, 0.1 * number, dtype="float32"), 8000)


def test_a_single_file_is_a_corpus(tmp_path):
    write_tree(tmp_path, ["b/a.wav"])
    corpus = open_corpus(tmp_path / "b" / "a.wav")
    assert corpus.recordings.tolist() == [str(tmp_path / "b" / "a.wav")]
    assert corpus.names == ["a.wav"]
    assert corpus.target is None


def test_a_list_keeps_its_order_and_its_paths_are_relative_to_it(tmp_path):
    write_tree(tmp_path, ["x/b.wav", "a.wav"])
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfx/b.wav\r\n\r\na.wav\r\n")
    corpus = open_corpus(tmp_path / "list.txt")
    assert corpus.names == ["x/b.wav", "a.wav"]
    absolute = str(tmp_path / "a.wav")
    (tmp_path / "list.txt").write_text(absolute)
    assert open_corpus(tmp_path / "list.txt").recordings.tolist() == [absolute]


def test_a_list_that_names_a_missing_file_is_refused(tmp_path):
    (tmp_path / "list.txt").write_text("nowhere.wav\n")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.wav"):
        open_corpus(tmp_path / "list.txt")


def test_labels_come_from_a_file_by_path_or_by_its_end(tmp_path):
    write_tree(tmp_path, ["x/a.wav", "y/a.wav", "y/b.wav", "y/c.wav"])
    (tmp_path / "list.txt").write_text("x/a.wav\ny/a.wav\ny/b.wav\ny/c.wav\n")
    labels = tmp_path / "labels.tsv"
    labels.write_text("name\tclass\nx/a.wav\tbus\ny\\a.wav\ttram\nb.wav\tcar\n")
    corpus = open_corpus(tmp_path / "list.txt", label_file=labels)
    assert corpus.target.tolist() == ["bus", "tram", "car", "?"]
    assert corpus.target_names.tolist() == ["bus", "car", "tram"]


def test_a_label_file_of_another_corpus_is_refused(tmp_path):
    write_tree(tmp_path, ["a.wav"])
    labels = tmp_path / "labels.csv"
    labels.write_text("name,class\nz.wav,bus\n")
    with pytest.raises(ValueError, match=r"labels none of the 1 .*'a\.wav'.*'z\.wav'"):
        open_corpus(tmp_path / "a.wav", label_file=labels)


def test_a_label_file_with_several_columns_asks_which(tmp_path):
    write_tree(tmp_path, ["a.wav"])
    labels = tmp_path / "labels.csv"
    labels.write_text("name,valence,arousal\na.wav,L,H\n")
    with pytest.raises(ValueError, match="--label-column"):
        open_corpus(tmp_path / "a.wav", label_file=labels)
    corpus = open_corpus(
        tmp_path / "a.wav", label_file=labels, label_column=("arousal",)
    )
    assert corpus.target.tolist() == ["H"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,class\na.wav\n", "row 2: 1 cells"),
        ("name,class\n", "at least one row"),
        ("name,class\na.wav,bus\na.wav,tram\n", "row 3: 'a.wav' is labelled 'tram'"),
    ],
)
def test_bad_label_files_say_where(tmp_path, text, words):
    write_tree(tmp_path, ["a.wav"])
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        open_corpus(tmp_path / "a.wav", label_file=tmp_path / "labels.csv")


def test_one_label_for_all(tmp_path):
    write_tree(tmp_path, ["a.wav"])
    corpus = open_corpus(tmp_path / "a.wav", label="quiet")
    assert corpus.target.tolist() == ["quiet"]


@pytest.mark.parametrize(
    "options",
    [
        {"loader": "esc50"},
        {"layout": "flat"},
        {"path_column": "x"},
        {"label_column": ("x",)},
        {"numeric": True},
        {"extensions": (".wav",)},
        {"root": "."},
        {"label": "x", "label_file": "labels.csv"},
    ],
)
def test_options_that_would_do_nothing_are_refused(tmp_path, options):
    write_tree(tmp_path, ["a.wav"])
    with pytest.raises(click.UsageError):
        open_corpus(tmp_path / "a.wav", **options)


def test_a_command_gets_all_options_as_one_dict():
    seen = {}

    @click.command()
    @corpus_options
    @click.option("--other")
    def command(corpus_options, other):
        seen.update(corpus_options, other=other)

    command.main(["--loader", "esc50", "--folds", "3"], standalone_mode=False)
    assert seen["loader"] == "esc50"
    assert seen["folds"] == 3
    assert seen["other"] is None
    assert "label_file" in seen


def test_numbers_as_labels(tmp_path):
    write_tree(tmp_path, ["a.wav", "b.wav"])
    (tmp_path / "list.txt").write_text("a.wav\nb.wav\n")
    labels = tmp_path / "labels.csv"
    labels.write_text("name,valence\na.wav,0.25\n")
    corpus = open_corpus(tmp_path / "list.txt", label_file=labels, numeric=True)
    np.testing.assert_array_equal(corpus.target, [0.25, np.nan])
    labels.write_text("name,valence\na.wav,low\n")
    with pytest.raises(ValueError, match=r"--numeric: .*'low'"):
        open_corpus(tmp_path / "list.txt", label_file=labels, numeric=True)


def test_paths_of_a_list_are_relative_to_the_root(tmp_path):
    write_tree(tmp_path, ["audio/a.wav"])
    (tmp_path / "list.txt").write_text("a.wav\n")
    corpus = open_corpus(tmp_path / "list.txt", root=tmp_path / "audio")
    assert corpus.names == ["a.wav"]
