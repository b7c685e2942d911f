"""What the loaders of corpora on disk share: lists with a header, and not decoding."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import sys
import time
from inspect import signature
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import trees_other as trees

import skaudeep.datasets
from skaudeep.datasets import (
    _compare,
    _esc,
    _gtzan,
    _speech_commands,
    _urbansound8k,
    load_compare,
    load_esc,
    load_gtzan,
    load_speech_commands,
    load_urbansound8k,
)
from skaudeep.datasets._headed_list import choose, read_header, read_list
from skaudeep.datasets._tree import find_root, locate

CORPORA = {
    "esc": ([trees.make_esc50, trees.make_esc50_old, trees.make_esc10], load_esc),
    "gtzan": ([trees.make_gtzan, trees.make_gtzan_kaggle], load_gtzan),
    "urbansound8k": ([trees.make_urbansound8k], load_urbansound8k),
    "speech_commands": ([trees.make_speech_commands], load_speech_commands),
    "compare": (
        [
            trees.make_compare_2018,
            trees.make_compare_2018_crying,
            trees.make_compare_2019,
            trees.make_compare_elderly,
            trees.make_compare_2021,
        ],
        load_compare,
    ),
}
RECOGNISERS = {
    "esc": _esc.recognise_esc,
    "gtzan": _gtzan.recognise_gtzan,
    "urbansound8k": _urbansound8k.recognise_urbansound8k,
    "speech_commands": _speech_commands.recognise_speech_commands,
    "compare": _compare.recognise_compare,
}
TREES = [(name, make) for name, (makers, _) in CORPORA.items() for make in makers]


@pytest.mark.parametrize(("name", "make"), TREES)
def test_a_tree_is_recognised_as_one_corpus(tmp_path, name, make):
    root = make(tmp_path)
    found = [other for other, ask in RECOGNISERS.items() if ask(root) is None]
    assert found == [name]
    for other, ask in RECOGNISERS.items():
        reason = ask(root)
        assert other == name or (len(reason) < 80 and not reason.endswith("."))


@pytest.mark.parametrize(("name", "make"), TREES)
def test_nothing_is_decoded(tmp_path, name, make):
    load = CORPORA[name][1]
    root = make(tmp_path)
    expected = load(root)
    for path in root.rglob("*"):
        if path.suffix in (".wav", ".ogg", ".au"):
            path.write_bytes(b"")
    data = load(root)
    assert data.recordings.tolist() == expected.recordings.tolist()
    assert all(type(path) is str for path in data.recordings)


@pytest.mark.parametrize(("name", "make"), TREES)
def test_bunch_pickles_and_has_all_keys(tmp_path, name, make):
    data = CORPORA[name][1](make(tmp_path))
    restored = pickle.loads(pickle.dumps(data))
    assert restored.target.tolist() == data.target.tolist()
    assert repr(restored.cv) == repr(data.cv)
    keys = {"recordings", "target", "target_names", "groups", "cv", "partitions"}
    assert keys | {"DESCR"} <= set(data)
    assert set(data.target) - {"?"} == set(data.target_names)


@pytest.mark.parametrize("name", RECOGNISERS)
def test_recognising_an_empty_folder(tmp_path, name):
    assert isinstance(RECOGNISERS[name](tmp_path), str)
    assert RECOGNISERS[name](tmp_path / "nowhere") == "not a folder"


# 5,000 files


@pytest.mark.parametrize(("name", "make"), TREES)
def test_a_missing_recording_says_where_the_corpus_is_obtained(tmp_path, name, make):
    root = make(tmp_path)
    load = CORPORA[name][1]
    data = load(root)
    if name in ("esc", "gtzan") and not (root / "meta").is_dir():
        pytest.skip("nothing is listed")
    listed = data.partitions.test if name == "speech_commands" else [0]
    Path(data.recordings[listed[0]]).unlink()
    source = {"speech_commands": "CC BY 4.0", "compare": "organisers"}
    with pytest.raises(FileNotFoundError, match=source.get(name, "CC BY-NC 3.0")):
        load(root)


def test_a_private_folder_beside_a_corpus_is_no_corpus(tmp_path):
    def problem(folder):
        if folder.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(folder))
        return None if (folder / "lab").is_dir() else "no folder 'lab'"

    (tmp_path / "lost+found").mkdir()
    assert find_root(tmp_path, problem) == (None, "no folder 'lab'")
    (tmp_path / "corpus" / "lab").mkdir(parents=True)
    assert find_root(tmp_path, problem) == (tmp_path / "corpus", None)
    assert locate(tmp_path, problem, "Corpus", "source") == tmp_path / "corpus"
    with pytest.raises(PermissionError, match=r"lost\+found"):
        locate(tmp_path / "lost+found", problem, "Corpus", "source")


def test_the_name_decides_among_several_folders(tmp_path):
    def problem(folder):
        return None if (folder / "lab").is_dir() else "no folder 'lab'"

    for name in ("set-1", "set-2", "more"):
        (tmp_path / name / "lab").mkdir(parents=True)
    assert find_root(tmp_path, problem, "set-1") == (tmp_path / "set-1", None)
    for called, n_found in (("set-[12]", 2), ("set-3", 3), (None, 3)):
        reason = f"{n_found} of them, one level below"
        assert find_root(tmp_path, problem, called) == (None, reason)
    with pytest.raises(
        ValueError, match="none of them called 'set-3'.*'more', 'set-1'"
    ):
        locate(tmp_path, problem, "Corpus", "source", "set-3")
    with pytest.raises(ValueError, match=r"data sets; give one .*'set-1', 'set-2'\]"):
        locate(tmp_path, problem, "Corpus", "source", "set-[12]")


def readers():
    names = skaudeep.datasets.__all__
    functions = [getattr(skaudeep.datasets, name) for name in names]
    return [one for one in functions if next(iter(signature(one).parameters)) == "root"]


@pytest.mark.parametrize("root", [None, 3, ["a"]])
def test_a_root_that_is_no_path_is_named(root):
    assert len(readers()) > 12
    for read in readers():
        with pytest.raises(ValueError, match="'root' parameter of "):
            read(root)


def touch(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def large_esc(root):
    rows = [("filename", "fold", "target", "category", "esc10", "src_file")]
    for i in range(5000):
        rows.append((f"{i}.wav", i % 5 + 1, i % 50, f"class {i % 50}", "False", i))
    trees.write_list(root / "meta/esc50.csv", rows)
    touch(root / "audio", [f"{i}.wav" for i in range(5000)])
    return load_esc


def large_urbansound8k(root):
    rows = [("slice_file_name", "fsID", "fold", "classID", "class")]
    rows += [(f"{i}.wav", i, i % 10 + 1, i % 7, f"c{i % 7}") for i in range(5000)]
    trees.write_list(root / "metadata/UrbanSound8K.csv", rows)
    for fold in range(10):
        names = [f"{i}.wav" for i in range(fold, 5000, 10)]
        touch(root / f"audio/fold{fold + 1}", names)
    return load_urbansound8k


def large_speech_commands(root):
    clips = [f"{i:08x}_nohash_0.wav" for i in range(250)]
    words = [f"word{i}" for i in range(20)]
    for word in words:
        touch(root / word, clips)
    for name, part in (("validation", clips[:30]), ("testing", clips[30:60])):
        lines = [(f"{word}/{clip}",) for word in words for clip in part]
        trees.write_list(root / f"{name}_list.txt", lines)
    return load_speech_commands


def large_compare(root):
    clips = [f"{part}_{i:04d}.wav" for part in ("train", "devel") for i in range(1000)]
    rows = [("file_name", "label"), *((clip, i % 9) for i, clip in enumerate(clips))]
    trees.write_list(root / "lab/labels.csv", rows)
    touch(root / "wav", [*clips, *(f"test_{i:04d}.wav" for i in range(3000))])
    return load_compare


@pytest.mark.parametrize(
    "make", [large_esc, large_urbansound8k, large_speech_commands, large_compare]
)
def test_5000_files_take_less_than_a_second(tmp_path, make):
    load = make(tmp_path)
    seconds = []
    for _ in range(3):
        # Of this process, whatever else the machine is doing.
        start = time.process_time()
        data = load(tmp_path)
        seconds.append(time.process_time() - start)
    assert len(data.recordings) == 5000
    assert min(seconds) < 1


# Lists


@pytest.mark.parametrize(
    "text",
    [
        "a,b\nx,1\ny,2\n",
        "\ufeffa,b\r\nx,1\r\ny,2",
        '\n b , a ,more\n1,x,\n\n,,\n 2 ,"y",z\n',
    ],
)
def test_list_in_any_form(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode("utf-8"))
    rows = read_list(path, ("a", "b"))
    assert [row for _, row in rows] == [{"a": "x", "b": "1"}, {"a": "y", "b": "2"}]
    assert sorted(read_header(path))[:2] == ["a", "b"]


def test_place_of_a_row_is_its_line_in_the_file(tmp_path):
    path = tmp_path / "list.tsv"
    path.write_text('a\tb\n\n"x\ny"\t1\nz\t2\n')
    assert [where for where, _ in read_list(path, ("a", "b"))] == [
        *(f"{path}, line 4", f"{path}, line 5")
    ]


def test_only_optional_cells_may_be_empty(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("a,b\nx\ny,\n")
    rows = read_list(path, ("a",), optional=("c", "b"))
    assert [row for _, row in rows] == [
        {"a": "x", "b": "", "c": ""},
        {"a": "y", "b": "", "c": ""},
    ]
    with pytest.raises(ValueError, match="list.csv, line 2: b is empty in 'x,'"):
        read_list(path, ("a", "b"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\n", "lists no clip"),
        (b"a,b\n\xff,1\n", "is not UTF-8"),
        (b"\xff\xfea\x00,\x00b\x00", "is not UTF-8"),
        (b"a;b\nx;1\n", "no column 'a', only a;b"),
        (b"a,b\nx,1\nx,2\n", "line 3: 'x' stands in line 2 already"),
        (b"a,b\n,1\n", "line 2: a is empty"),
        (b'a,b\nx,"' + b"1" * 200000, "field larger than field limit"),
    ],
)
def test_wrong_lists_are_named(tmp_path, content, message):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_list(path, ("a", "b"))
    assert str(path) in str(caught.value)


def test_choose_names_what_is_allowed():
    assert choose("list", {"fold": "2"}, "fold", {"1": 1, "2": 2}) == 2
    allowed = {str(number): number for number in range(50)}
    with pytest.raises(
        ValueError, match="list: fold must be .* and 38 more; got '1.0'"
    ):
        choose("list", {"fold": "1.0"}, "fold", allowed)
