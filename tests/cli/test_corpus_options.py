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


def test_a_table_needs_no_options_if_its_columns_are_called_as_here(tmp_path):
    write_tree(tmp_path, ["x/a.wav", "x/b.wav", "x/c.wav", "x/d.wav"])
    table = tmp_path / "table.csv"
    rows = ["path,label,fold,group", "x/b.wav,bus,1,g", "x/a.wav,tram,2,h"]
    table.write_text("\n".join([*rows, "x/c.wav,bus,2,h", "x/d.wav,tram,1,g"]))
    corpus = open_corpus(table)
    assert corpus.names == ["x/b.wav", "x/a.wav", "x/c.wav", "x/d.wav"]
    assert corpus.target.tolist() == ["bus", "tram", "bus", "tram"]
    assert corpus.groups.tolist() == ["g", "h", "h", "g"]
    assert [test.tolist() for _, test in corpus.cv.folds] == [[0, 3], [1, 2]]


def test_columns_of_a_table_are_named(tmp_path):
    write_tree(tmp_path, ["a.wav", "b.wav"])
    table = tmp_path / "table.tsv"
    table.write_text("clip\tsplit\ttags\na.wav\ttrain\tdog+cat\nb.wav\ttest\tdog\n")
    with pytest.raises(click.UsageError, match="--path-column.*clip, split, tags"):
        open_corpus(table)
    corpus = open_corpus(
        table,
        path_column="clip",
        label_column=("tags",),
        label_separator="+",
        partition_column="split",
    )
    assert corpus.target.tolist() == [[1, 1], [0, 1]]
    assert corpus.partitions.test.tolist() == [1]


def test_several_columns_of_labels_are_a_matrix(tmp_path):
    write_tree(tmp_path, ["a.wav", "b.wav"])
    table = tmp_path / "table.csv"
    table.write_text("path,valence,arousal\na.wav,0.5,1\nb.wav,0,0.25\n")
    columns = ("valence", "arousal")
    corpus = open_corpus(table, label_column=columns, numeric=True)
    assert corpus.target.tolist() == [[0.5, 1], [0, 0.25]]


def test_a_folder_is_recognised_or_its_layout_is_named(tmp_path):
    write_tree(tmp_path, ["dog/a.wav", "cat/b.wav"])
    assert open_corpus(tmp_path).target.tolist() == ["cat", "dog"]
    assert open_corpus(tmp_path, layout="flat").target is None
    assert open_corpus(tmp_path).names == ["cat/b.wav", "dog/a.wav"]


def test_folds_are_made_that_keep_groups_together(tmp_path):
    files = [f"{c}/s{i}-{k}.wav" for c in "ab" for i in range(4) for k in range(2)]
    write_tree(tmp_path, files)
    corpus = open_corpus(tmp_path, layout="classes", group_pattern=r"(s\d)-", folds=2)
    assert len(corpus.cv.folds) == 2
    for train, test in corpus.cv.folds:
        assert not set(corpus.groups[train]) & set(corpus.groups[test])


def test_folds_of_the_corpus_are_not_replaced(tmp_path):
    write_tree(tmp_path, ["fold_1/a/1.wav", "fold_2/a/2.wav"])
    assert len(open_corpus(tmp_path).cv.folds) == 2
    with pytest.raises(click.UsageError, match="--folds 3: the corpus has its own"):
        open_corpus(tmp_path, folds=3)


def test_a_loader_is_named_and_gets_its_options(tmp_path):
    write_tree(
        tmp_path, [f"{word}/0_nohash_{n}.wav" for word in ("yes", "no") for n in "01"]
    )
    with pytest.raises(click.UsageError, match="there are .*esc, .*gtzan"):
        open_corpus(tmp_path, loader="nothing")
    with pytest.raises(click.UsageError, match="load_audio_folder has no 'year', but"):
        open_corpus(tmp_path, loader="audio_folder", loader_options=("year=2016",))
    corpus = open_corpus(
        tmp_path, loader="load_audio_folder", loader_options=("layout=flat",)
    )
    assert corpus.target is None
    with pytest.raises(click.UsageError, match="NAME=VALUE"):
        open_corpus(tmp_path, loader_options=("part",))
    with pytest.raises(click.UsageError, match="--layout is for a folder of one's own"):
        open_corpus(tmp_path, loader="esc", layout="flat")


def test_an_option_that_was_not_given_is_none():
    seen = {}

    @click.command()
    @corpus_options
    def command(corpus_options):
        seen.update(corpus_options)

    command.main([], standalone_mode=False)
    assert set(seen.values()) == {None}
