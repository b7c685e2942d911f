"""``skaudeep convert``: files of features in, another one out."""
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest

from skaudeep.cli import main
from skaudeep.io import FeatureTable, load_features, save_features


@pytest.fixture
def table():
    """Six recordings of two chunks, of three classes in proportion 3 to 2 to 1."""
    rng = np.random.default_rng(0)
    names = np.repeat([f"{i}.wav" for i in range(6)], 2)
    return FeatureTable(
        rng.normal(size=(12, 3)),
        names,
        target=np.repeat(["a", "a", "a", "b", "b", "c"], 2),
        cv=np.repeat([[0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 0]], 2, axis=0),
        groups=np.repeat(["x", "x", "y", "y", "z", "z"], 2),
    )


@pytest.fixture
def path(table, tmp_path):
    save_features(table, tmp_path / "in.nc")
    return tmp_path / "in.nc"


def convert(*arguments):
    return main(["convert", *map(str, arguments)])


@pytest.mark.parametrize("ending", [".csv", ".arff", ".parquet", ".nc"])
def test_the_ending_is_the_format(path, table, tmp_path, ending):
    output = tmp_path / f"out{ending}"
    assert convert(path, output) == 0
    found = load_features(output)
    np.testing.assert_array_equal(found.features, table.features)
    assert found.filenames.tolist() == table.filenames.tolist()
    assert found.target.tolist() == table.target.tolist()


def test_quiet_says_what_was_written(path, tmp_path, capsys):
    output = tmp_path / "out.csv"
    assert main(["-q", "convert", str(path), str(output)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "output": str(output),
        "n_rows": 12,
        "shape": [3],
        "classes": ["a", "b", "c"],
        "partitions": [],
        "n_folds": 2,
    }


def test_columns_are_auDeeps_or_deep_spectrums(path, tmp_path):
    headers = {}
    for number, options in enumerate(
        [(), ("--labels-last",), ("--columns", "deepspectrum")]
    ):
        output = tmp_path / f"{number}.csv"
        assert convert(path, output, *options) == 0
        headers[number] = output.read_text().splitlines()[0].split(",")
    assert headers[0][:3] == ["filename", "chunk_nr", "label_nominal"]
    assert headers[1][-2:] == ["label_nominal", "label_numeric"]
    assert headers[2][0] == "name"
    assert headers[2][-2:] == ["neuron_2", "class"]


def test_columns_of_any_table_are_named(tmp_path):
    path, output = tmp_path / "in.csv", tmp_path / "out.nc"
    path.write_text(
        "file,part,x,emotion\na.wav,0,1,joy\na.wav,1,2,joy\nb.wav,0,3,fear\n"
    )
    columns = ("--filename-column", "file", "--chunk-column", "part")
    assert convert(path, output, *columns, "--label-column", "emotion") == 0
    found = load_features(output)
    assert found.features.tolist() == [[1], [2], [3]]
    assert found.chunk_nr.tolist() == [0, 1, 0]
    assert found.target.tolist() == ["joy", "joy", "fear"]


def test_files_go_into_folders_as_auDeep_writes_them(path, tmp_path):
    assert convert(path, tmp_path / "out.csv", "--folders") == 0
    for fold in (1, 2):
        lines = (tmp_path / f"fold_{fold}" / "out.csv").read_text().splitlines()
        assert len(lines) == 7


def test_several_inputs_are_fused(path, table, tmp_path):
    other, output = tmp_path / "other.nc", tmp_path / "out.nc"
    save_features(table.replace(features=table.features[:, :2] + 1), other)
    assert convert(path, other, output) == 0
    found = load_features(output)
    np.testing.assert_array_equal(
        found.features, np.hstack([table.features, table.features[:, :2] + 1])
    )
    np.testing.assert_array_equal(found.cv_folds, table.cv_folds)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.take(np.arange(12)[::-1]), "filenames differ in row 1"),
        (lambda table: table.take(np.arange(10)), "filenames differ in row 11"),
        (
            lambda table: table.replace(target=["c", *table.target[1:]]),
            "target differ in row 1: 'a' and 'c'",
        ),
        (
            lambda table: table.replace(cv=1 - table.cv_folds),
            "cv_folds differ in row 1",
        ),
    ],
)
def test_rows_that_are_not_the_same_are_not_fused(
    path, table, tmp_path, capsys, change, words
):
    other = tmp_path / "other.nc"
    save_features(change(table), other)
    assert convert(path, other, tmp_path / "out.nc") == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.nc").exists()


def test_what_only_one_input_knows_is_kept(path, table, tmp_path):
    other, output = tmp_path / "other.nc", tmp_path / "out.nc"
    save_features(table.replace(target=None, cv=None), other)
    assert convert(other, path, output) == 0
    found = load_features(output)
    assert found.target.tolist() == table.target.tolist()
    np.testing.assert_array_equal(found.cv_folds, table.cv_folds)


def test_inputs_are_stacked(path, table, tmp_path, capsys):
    other, output = tmp_path / "other.nc", tmp_path / "out.nc"
    names = [f"new{name}" for name in table.filenames]
    save_features(table.replace(filenames=names, partition=["test"] * 12), other)
    assert convert(path, other, output, "--stack") == 0
    found = load_features(output)
    np.testing.assert_array_equal(found.features, np.tile(table.features, (2, 1)))
    assert found.partitions.test.tolist() == list(range(12, 24))
    assert convert(path, path, tmp_path / "twice.nc", "--stack") == 1
    assert "both have chunk 0 of '0.wav'" in capsys.readouterr().err


def test_chunks_are_fused(path, table, tmp_path):
    assert convert(path, tmp_path / "out.nc", "--fuse-chunks") == 0
    found = load_features(tmp_path / "out.nc")
    np.testing.assert_array_equal(found.features, table.features.reshape(6, 6))
    assert found.filenames.tolist() == [f"{i}.wav" for i in range(6)]
    assert found.target.tolist() == ["a", "a", "a", "b", "b", "c"]


def test_chunks_that_are_not_equally_many_are_not_fused(path, table, tmp_path, capsys):
    save_features(table.take(np.arange(11)), tmp_path / "less.nc")
    assert convert(tmp_path / "less.nc", tmp_path / "out.nc", "--fuse-chunks") == 1
    assert "'0.wav' has 2 and '5.wav' 1" in capsys.readouterr().err


def test_folds_keep_groups_together(path, table, tmp_path):
    output = tmp_path / "out.nc"
    assert convert(path, output, "--add-folds", "3") == 1
    assert convert(path, output, "--remove-folds", "--add-folds", "3") == 0
    folds = load_features(output).cv.folds
    assert len(folds) == 3
    for train, test in folds:
        assert not set(table.groups[train]) & set(table.groups[test])
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(12))


def test_partitions_have_the_sizes_that_were_asked_for(path, table, tmp_path):
    output = tmp_path / "out.nc"
    assert convert(path, output, "--add-partitions", "train=2,test") == 0
    found = load_features(output)
    assert [len(found.partitions[name]) for name in ("train", "test")] == [8, 4]
    train, test = found.partitions.train, found.partitions.test
    assert not set(table.groups[train]) & set(table.groups[test])
    again = tmp_path / "again.nc"
    assert convert(output, again, "--remove-partitions", "--remove-folds") == 0
    assert load_features(again).partition is None
    assert load_features(again).cv is None


@pytest.mark.parametrize(
    "text", ["train", "train,train", "dev,test", "train=x,test", "train=0,test"]
)
def test_partitions_that_make_no_sense_are_refused(path, tmp_path, text):
    assert convert(path, tmp_path / "out.nc", "--add-partitions", text) == 2


def test_a_seed_makes_other_folds(tmp_path):
    rng = np.random.default_rng(0)
    table = FeatureTable(rng.normal(size=(40, 1)), target=["a", "b"] * 20)
    save_features(table, tmp_path / "in.nc")
    folds = []
    for seed in ((), ("--seed", "1"), ("--seed", "1"), ("--seed", "2")):
        output = tmp_path / f"{len(folds)}.nc"
        assert convert(tmp_path / "in.nc", output, "--add-folds", "4", *seed) == 0
        folds.append(load_features(output).cv_folds.tolist())
    assert folds[1] == folds[2]
    assert folds[0] != folds[1] != folds[3]


def test_rare_classes_are_repeated_recording_by_recording(path, table, tmp_path):
    output = tmp_path / "out.nc"
    assert convert(path, output, "--upsample", "all") == 0
    found = load_features(output)
    assert {name: (found.target == name).sum() for name in "abc"} == dict(a=6, b=6, c=6)
    np.testing.assert_array_equal(found.features[:12], table.features)
    names = list(dict.fromkeys(found.filenames[12:].tolist()))
    assert names == ["3.wav.upsampled.1", "5.wav.upsampled.1", "5.wav.upsampled.2"]
    rows = found.filenames == "5.wav.upsampled.2"
    np.testing.assert_array_equal(found.features[rows], table.features[10:])
    np.testing.assert_array_equal(found.cv_folds[rows], table.cv_folds[10:])


def test_recordings_of_a_class_are_repeated_in_turn(tmp_path):
    names = [f"{number}.wav" for number in range(7)]
    table = FeatureTable(np.zeros((7, 1)), names, target=list("aaaaabb"))
    save_features(table, tmp_path / "in.nc")
    assert convert(tmp_path / "in.nc", tmp_path / "out.nc", "--upsample", "all") == 0
    assert load_features(tmp_path / "out.nc").filenames[7:].tolist() == [
        "5.wav.upsampled.1",
        "6.wav.upsampled.1",
        "5.wav.upsampled.2",
    ]


def test_only_a_partition_is_upsampled(path, table, tmp_path, capsys):
    partition = np.repeat(["train", "train", "test", "train", "test", "test"], 2)
    save_features(table.replace(partition=partition), tmp_path / "parts.nc")
    output = tmp_path / "out.nc"
    assert convert(tmp_path / "parts.nc", output, "--upsample", "train") == 0
    found = load_features(output)
    assert found.filenames[12:].tolist() == ["3.wav.upsampled.1"] * 2
    assert convert(path, tmp_path / "no.nc", "--upsample", "train") == 1
    assert "no partition 'train'" in capsys.readouterr().err


def test_an_existing_file_is_kept(path, tmp_path, capsys):
    before = path.read_bytes()
    assert convert(path, path) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_inspect_says_what_a_file_of_features_holds(path, capsys):
    assert main(["-q", "inspect", str(path)]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["n_rows"] == 12
    assert values["n_recordings"] == 6
    assert values["classes"] == {"a": 6, "b": 4, "c": 2}
    assert values["folds"][0]["test"] == {"n": 6, "classes": {"a": 2, "b": 2, "c": 2}}
    assert values["faults"] == []
    assert main(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert "generated 3" in out
    assert "fold 1 test" in out


def test_inspect_finds_what_is_not_sound(table, tmp_path, capsys):
    features = table.features.copy()
    features[4, 1] = np.nan
    features[6] = np.nan
    chunk = table.chunk_nr.copy()
    chunk[3] = 2
    target = table.target.copy()
    target[0] = "c"
    bad = table.replace(features=features, chunk_nr=chunk, target=target)
    path = tmp_path / "bad.csv"
    save_features(bad, path)
    assert main(["-q", "inspect", str(path)]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["missing"] == ["3.wav"]
    faults = "\n".join(values["faults"])
    assert len(values["faults"]) == 3
    for words in ("target differs", "'1.wav' are numbered 0, 2", "Row 4, '2.wav'"):
        assert words in faults
    assert main(["inspect", str(path), "--strict"]) == 1
    capsys.readouterr()


def test_inspect_shows_a_row(path, table, capsys):
    assert main(["-q", "inspect", str(path), "--row", "3"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["filename"], values["chunk"], values["label"]) == ("1.wav", 1, "a")
    assert values["features"] == table.features[3].tolist()
    assert main(["inspect", str(path), "--row", "12"]) == 1
    assert "0 to 11" in capsys.readouterr().err
    assert main(["inspect", str(path), "--label", "x"]) == 2
    assert main(["inspect", str(path), "--decode"]) == 2
