"""load_audio_table: labels, folds, partitions and groups that a table lists."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.datasets import load_audio_table

CLIPS = ("b.wav", "a.wav", "deep/c.flac", "d.wav")


@pytest.fixture
def root(tmp_path):
    for clip in CLIPS:
        (tmp_path / clip).parent.mkdir(exist_ok=True)
        (tmp_path / clip).touch()
    return tmp_path


@pytest.fixture
def write(root):
    def write(*lines, name="clips.csv", end="\n", bom=False):
        text = "".join(line + end for line in lines)
        (root / name).write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
        return root / name

    return write


def with_clips(*cells, sep=",", clips=CLIPS):
    return [clip + sep + cell for clip, cell in zip(clips, cells, strict=True)]


def as_lists(cv):
    return [(train.tolist(), test.tolist()) for train, test in cv.split()]


def test_rows_keep_the_order_of_the_table(write, root):
    data = load_audio_table(
        write("path,x,label", *with_clips(*["7,dog", "8,cat"] * 2)), label="label"
    )
    assert data.recordings.tolist() == [str(root / clip) for clip in CLIPS]
    assert data.target.tolist() == ["dog", "cat", "dog", "cat"]
    assert data.target_names.tolist() == ["cat", "dog"]
    assert data.groups is data.cv is data.partitions is data.fold is None
    assert "4 audio files" in data.DESCR


@pytest.mark.parametrize(
    ("name", "sep", "option"),
    [
        ("clips.csv", ",", None),
        ("clips.csv", ";", None),
        ("clips.txt", "\t", None),
        ("clips.tsv", "\t", None),
        ("clips.txt", "|", "|"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [False, True])
def test_files_of_any_separator_and_line_end(write, name, sep, option, end, bom):
    # Other separators in the cells are no matter.
    cells = ['"x, y; é"'] * 4 if sep != "\t" else ["x, y; é"] * 4
    path = write(
        f"path{sep}l", *with_clips(*cells, sep=sep), "", name=name, end=end, bom=bom
    )
    data = load_audio_table(path, label="l", sep=option)
    assert data.target.tolist() == ["x, y; é"] * 4


def test_columns_of_a_file_without_header_are_numbers(write):
    path = write(*with_clips("x\t1", "y\t2", "x\t1", "y\t2", sep="\t"))
    data = load_audio_table(path, path=0, label=1, fold=2)
    assert data.target.tolist() == ["x", "y", "x", "y"]
    assert as_lists(data.cv) == [([1, 3], [0, 2]), ([0, 2], [1, 3])]
    with pytest.raises(ValueError, match="by name or by number, got both"):
        load_audio_table(path, path=0, label="x")
    with pytest.raises(ValueError, match="no column 3, only 0, 1, 2"):
        load_audio_table(path, path=0, label=3)


def test_a_list_of_paths_only(write, root):
    data = load_audio_table(write(*CLIPS, name="list.txt"), path=0)
    assert len(data.recordings) == 4
    assert data.target is data.target_names is None


def test_root_is_the_folder_of_the_table_unless_given(write, root, tmp_path_factory):
    path = tmp_path_factory.mktemp("lists") / "clips.csv"
    path.write_text("path\nb.wav\n")
    with pytest.raises(
        FileNotFoundError, match=r"line 2: there is no file 'b\.wav' in"
    ):
        load_audio_table(path)
    data = load_audio_table(path, root=root)
    assert data.recordings.tolist() == [str(root / "b.wav")]
    path.write_text(f"path\n{root / 'b.wav'}\n")
    assert load_audio_table(path).recordings.tolist() == [str(root / "b.wav")]


def test_data_frames(root, monkeypatch):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(
        {
            "path": CLIPS,
            "label": [1, 2, None, 2],
            "part": ["train", "dev", "test", "train"],
            "fold": pd.array([1, 2, None, 2], dtype="Int64"),
            "group": [1.5, 2, 3, 3],
        },
        index=list("wxyz"),
    )
    monkeypatch.chdir(root)
    data = load_audio_table(
        table, label="label", partition="part", fold="fold", group="group"
    )
    assert data.recordings.tolist()[:2] == ["b.wav", "a.wav"]
    assert data.target.tolist() == ["1", "2", "?", "2"]
    assert data.groups.tolist() == ["1.5", "2", "3", "3"]
    assert data.fold.tolist() == [1, 2, -1, 2]
    assert as_lists(data.cv) == [([1, 3], [0]), ([0], [1, 3])]
    with pytest.raises(ValueError, match="Row 2 of the table: the label is empty"):
        load_audio_table(table, label="label")
    with pytest.raises(ValueError, match="no column 'x', only 'path', 'label'"):
        load_audio_table(table, label="x")
    with pytest.raises(ValueError, match="lists no clip"):
        load_audio_table(table[:0])
    with pytest.raises(TypeError, match="path or a data frame, got list"):
        load_audio_table([1], root=root)


def test_a_frame_is_anything_with_columns(root):
    class Frame:
        columns = ("path", "label")

        def __len__(self):
            return 4

        def __getitem__(self, name):
            return {"path": CLIPS, "label": np.array([1.0, 2.0, 1.0, 2.5])}[name]

    data = load_audio_table(Frame(), label="label", root=root)
    assert data.target.tolist() == ["1", "2", "1", "2.5"]


def test_several_labels_in_a_cell(write):
    path = write("path,tags", *with_clips("dog; cat", "", "dog;", "cow"))
    data = load_audio_table(path, label="tags", label_separator=";")
    assert data.target_names.tolist() == ["cat", "cow", "dog"]
    assert data.target.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert data.target.dtype.kind == "i"


def test_unknown_tags_of_the_test_partition_are_missing(write):
    path = write(
        "path,tags,part", *with_clips("dog,train", "?,test", ",test", "cow,dev")
    )
    data = load_audio_table(path, label="tags", label_separator=";", partition="part")
    np.testing.assert_array_equal(data.target, [[0, 1], [np.nan] * 2, [0, 0], [1, 0]])
    assert as_lists(data.cv) == [([0], [3])]
    with pytest.raises(ValueError, match=r"line 3: the label is '\?'"):
        load_audio_table(path, label="tags", label_separator=";")
    path = write("path,tags,part", "b.wav,dog;?,test")
    with pytest.raises(ValueError, match=r"line 2: the label is 'dog;\?'"):
        load_audio_table(path, label="tags", label_separator=";", partition="part")


def test_a_column_for_every_tag(write):
    path = write("path,b,a", *with_clips("1,0", "true,FALSE", "no,yes", "0,0"))
    data = load_audio_table(path, label=["b", "a"])
    assert data.target.tolist() == [[1, 0], [1, 0], [0, 1], [0, 0]]
    assert data.target.dtype.kind == "i"
    assert data.target_names.tolist() == ["b", "a"]


def test_numbers_are_names_unless_they_are_said_to_be_numbers(write):
    path = write(
        "path,age,x,part",
        *with_clips("07,1,train", "8.5,2,dev", "9,3,train", "?,?,test"),
    )
    assert load_audio_table(path, label="age", partition="part").target[0] == "07"
    data = load_audio_table(path, label="age", partition="part", numeric=True)
    np.testing.assert_array_equal(data.target, [7, 8.5, 9, np.nan])
    assert data.target_names is None
    assert as_lists(data.cv) == [([0, 2], [1])]
    data = load_audio_table(path, label=["age", "x"], partition="part", numeric=True)
    np.testing.assert_array_equal(data.target[:2], [[7, 1], [8.5, 2]])
    assert data.target_names.tolist() == ["age", "x"]


def test_partitions_without_known_numbers_are_no_folds(write):
    path = write("path,y,part", "b.wav,1,train", "a.wav,?,test")
    data = load_audio_table(path, label="y", partition="part", numeric=True)
    assert data.cv is None
    assert data.partitions.test.tolist() == [1]


def test_partitions_by_any_of_their_names(write):
    path = write(
        "path,l,part", *with_clips("x,Validation", "y,test", "x,train", ",Test")
    )
    data = load_audio_table(path, label="l", partition="part")
    assert {name: index.tolist() for name, index in data.partitions.items()} == {
        "train": [2],
        "devel": [0],
        "test": [1, 3],
    }
    assert data.target.tolist() == ["x", "y", "x", "?"]
    assert data.target_names.tolist() == ["x", "y"]


def test_folds_by_number_and_by_name(write):
    path = write("path,n,s", *with_clips("10,b", "9,a", "10,b", "9,c"))
    data = load_audio_table(path, fold="n")
    assert as_lists(data.cv) == [([0, 2], [1, 3]), ([1, 3], [0, 2])]
    assert data.fold.tolist() == [10, 9, 10, 9]
    data = load_audio_table(path, fold="s")
    assert [test for _, test in as_lists(data.cv)] == [[1], [0, 2], [3]]
    assert data.fold.tolist() == ["b", "a", "b", "c"]


def test_test_clips_need_no_fold(write):
    path = write("path,n,part", *with_clips("1,train", ",test", "2,train", "2,train"))
    data = load_audio_table(path, fold="n", partition="part")
    assert as_lists(data.cv) == [([2, 3], [0]), ([0], [2, 3])]
    assert data.partitions.test.tolist() == [1]
    with pytest.raises(ValueError, match="line 3: 'n' is empty"):
        load_audio_table(path, fold="n")


@pytest.mark.parametrize(
    ("lines", "options", "message"),
    [
        (["path,l", "b.wav,x", ",y"], {"label": "l"}, "line 3: the path is empty"),
        (
            ["path,l", "b.wav,x", "a.wav,"],
            {"label": "l"},
            "line 3: the label is empty. Only",
        ),
        (["path,l", "b.wav,?"], {"label": "l"}, r"line 2: the label is '\?'"),
        (["path,g", "b.wav,x", "a.wav"], {"group": "g"}, "line 3: 'g' is empty"),
        (["path", "b.wav", "deep/../b.wav"], {}, r"line 3: .* already: .*line 2"),
        (
            ["path,l", "b.wav,x,y"],
            {"label": "l"},
            "line 2: 3 cells below a header of 2",
        ),
        (["path,l,l", "b.wav,x,y"], {"label": "l"}, "several columns 'l'"),
        (["file,l", "b.wav,x"], {}, "no column 'path', only 'file', 'l'"),
        (["path,l"], {}, "lists no clip"),
        ([], {}, "is empty"),
        (
            ["path,p", "b.wav,eval"],
            {"partition": "p"},
            "line 2: 'p' must be one of train, .*'eval'",
        ),
        (
            ["path,p", "b.wav,"],
            {"partition": "p"},
            "line 2: 'p' must be one of .* got ''",
        ),
        (
            ["path,f", "b.wav,1", "a.wav,1"],
            {"fold": "f"},
            r"at least two folds, got \[1\]",
        ),
        (["path,l", "b.wav,2"], {"label": ["l"]}, "line 2: 'l' must be 0 or 1.*'2'"),
        (
            ["path,l", "b.wav,x"],
            {"label": "l", "numeric": True},
            "line 2: 'l' must be a number, got 'x'",
        ),
        (
            ["path,l", "b.wav,inf"],
            {"label": "l", "numeric": True},
            "must be a number, got 'inf'",
        ),
        (["path,l", "b.wav,"], {"label": "l", "numeric": True}, "line 2: 'l' is empty"),
        (
            ["path,a,b,p", "b.wav,1,,test"],
            {"label": ["a", "b"], "partition": "p"},
            "'b' is empty, but not all",
        ),
        (["path,l", 'b.wav,"x'], {"label": "l"}, "cannot be read after line 1"),
        (["path"], {"label": []}, "at least one column"),
        (["path"], {"label": ["a", "a"]}, "every column once"),
        (["path"], {"numeric": True}, "label is None"),
        (["path"], {"label": "l", "label_separator": ""}, "must not be empty"),
        (["path"], {"label": ["l"], "label_separator": ";"}, "labels in one column"),
        (["path"], {"sep": "\n"}, "no line end; got"),
        (["path"], {"sep": '"'}, "no quote"),
        (["path,l", "b.wav,x", 'a.wav,"x'], {}, "after line 2: unexpected end"),
        (["path,l", "b.wav,1_0"], {"label": "l", "numeric": True}, "number, got '1_0'"),
        (["path"], {"label": ["a", None]}, r"got None in \['a', None\]"),
        (["path"], {"label": [["a"]]}, r"got \['a'\] in"),
        (["path"], {"label": [-1]}, "got -1 in"),
        (["path"], {"fold": -1}, "'fold' parameter .* Got -1"),
        (["path"], {"sep": "||"}, "sep must be None or one character.*got '||'"),
    ],
)
def test_what_a_table_cannot_say_is_named(write, lines, options, message):
    with pytest.raises(ValueError, match=message):
        load_audio_table(write(*lines), **options)


def test_missing_files_are_counted(write):
    path = write("path", "b.wav", "x.wav", "y.wav")
    with pytest.raises(
        FileNotFoundError, match=r"line 3: .*'x\.wav'.* 2 of 3 are miss"
    ):
        load_audio_table(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_audio_table(path.parent / "nowhere.csv")


def test_line_numbers_count_what_a_text_editor_counts(write):
    path = write("path,l", "", 'b.wav,"two', 'lines"', "a.wav,")
    with pytest.raises(ValueError, match="line 5: the label is empty"):
        load_audio_table(path, label="l")


def test_other_encodings_are_refused(root):
    (root / "clips.csv").write_bytes("path,l\nb.wav,Müll\n".encode("latin-1"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        load_audio_table(root / "clips.csv", label="l")


def test_a_folder_is_no_table(root):
    with pytest.raises(ValueError, match="is a folder: .*read by load_audio_folder"):
        load_audio_table(root)


def test_a_data_frame_has_no_separator(root):
    frame = pytest.importorskip("pandas").DataFrame({"path": [*CLIPS]})
    assert len(load_audio_table(frame, root=root).recordings) == 4
    with pytest.raises(ValueError, match="sep=';' is for files"):
        load_audio_table(frame, root=root, sep=";")


def test_numbers_of_columns_may_be_those_of_numpy(write):
    path = write(*with_clips("1", "2", "1", "2"))
    data = load_audio_table(path, path=np.int64(0), label=[np.int64(1)], numeric=True)
    assert data.target.tolist() == [[1.0], [2.0], [1.0], [2.0]]


def test_whole_folds_of_a_column_of_floats_are_numbers(write):
    path = write("path,f", *with_clips("10.0", "2.", "1", "2.0"))
    data = load_audio_table(path, fold="f")
    assert data.fold.tolist() == [10, 2, 1, 2]
    assert [test.tolist() for _, test in data.cv.split()] == [[2], [1, 3], [0]]
    halves = load_audio_table(write("path,f", *with_clips(*["1.5", "1"] * 2)), fold="f")
    assert halves.fold.tolist() == ["1.5", "1"] * 2


def test_the_separator_is_that_of_the_first_line_with_text(write):
    path = write("", "path;label,more", *with_clips(*"abcd", sep=";"))
    with pytest.raises(ValueError, match="no column 'label,more,'"):
        load_audio_table(path, label="label,more,")
    assert load_audio_table(path, label="label,more").target.tolist() == [*"abcd"]


def test_empty_cells_beyond_the_header_are_nothing(write):
    path = write("path,label", *with_clips("a,,", "b,", "c", "d, ,"))
    assert load_audio_table(path, label="label").target.tolist() == [*"abcd"]
