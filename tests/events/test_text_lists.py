"""Event lists and label tracks as text files."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import os

import numpy as np
import pytest

from skaudeep.events import Event, EventTable

TABLE = EventTable(
    {
        "audio/a.wav": [Event(0.1, 1 / 3, "dog"), Event(2.0, 3.5, "baby cry", 0.25)],
        "e.wav": [],
        "b, c.wav": [Event(0.07, 1.07, 'say "hello"', 0.1 + 0.2)],
    }
)


@pytest.fixture
def read(tmp_path):
    def read(text, **parameters):
        path = tmp_path / "events.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return EventTable.read_list(path, **parameters)

    return read


def contents(table):
    return {
        file: [tuple(event[:3]) for event in events]
        for file, events in zip(table.files, table.event_lists(), strict=True)
    }


EXPECTED = {"a.wav": [(0.5, 1.25, "dog"), (2.0, 3.0, "cat")], "e.wav": []}


@pytest.mark.parametrize(
    "text",
    [
        # TUT Rare Sound Events: rows of files without events are shorter.
        "a.wav\t0.5\t1.25\tdog\na.wav\t2.0\t3.0\tcat\ne.wav\n",
        "a.wav\t0.5\t1.25\tdog\na.wav\t2.0\t3.0\tcat\ne.wav\t\t\t",
        # With a header, as DCASE's task 4 and sed_scores_eval have it.
        "filename\tonset\toffset\tevent_label\n"
        "a.wav\t0.5\t1.25\tdog\na.wav\t2.0\t3.0\tcat\ne.wav\t\t\t\n",
        "FileName\tOnset\tOFFSET\tEvent_Label\na.wav\t.5\t125e-2\tdog\n"
        "a.wav\t+2\t3.\tcat\ne.wav\n",
        "event_label\tevent_onset\tevent_offset\tscene\tfile\n"
        "dog\t0.5\t1.25\thome\ta.wav\ncat\t2.0\t3.0\thome\ta.wav\n\t\t\t\te.wav\n",
        "filename\tonset\toffset\tevent_label\n"
        "a.wav\t0.5\t1.25\tdog\na.wav\t2.0\t3.0\tcat\ne.wav\tnan\tNaN\tnan\n",
        # With the scene, and by whom and where it was written down.
        "a.wav\thome\t0.5\t1.25\tdog\na.wav\thome\t2.0\t3.0\tcat\tm\tx7\ne.wav",
        # Commas, semicolons, quotation marks, spaces, empty lines, other line ends.
        "a.wav,0.5,1.25,dog\na.wav,2.0,3.0,cat\ne.wav\n",
        "a.wav;0.5;1.25;dog\na.wav;2.0;3.0;cat\ne.wav\n",
        '"a.wav","0.5","1.25","dog"\n"a.wav",2.0,3.0,"cat"\n"e.wav"\n',
        " a.wav \t 0.5\t1.25 \t dog\r\n\r\n  \r\na.wav\t2.0\t3.0\tcat\r\ne.wav\r\n\r\n",
        "a.wav\t0.5\t1.25\tdog\ra.wav\t2.0\t3.0\tcat\re.wav\r",
        b"\xef\xbb\xbfa.wav\t0.5\t1.25\tdog\na.wav\t2.0\t3.0\tcat\ne.wav",
        b"\xef\xbb\xbffilename,onset,offset,event_label\r\n"
        b"a.wav,0.5,1.25,dog\r\na.wav,2.0,3.0,cat\r\ne.wav,,,",
    ],
)
def test_every_list_says_the_same(read, text):
    assert contents(read(text)) == EXPECTED


def test_columns_of_a_header_are_found_by_name(read):
    table = read("score\tfile\tlabel\toffset\tonset\n.5\ta\tx\t2\t1\n\tb\tx\t2\t1\n")
    assert table.event_lists()[0] == [Event(1, 2, "x", 0.5)]
    assert math.isnan(table.event_lists()[1][0].confidence)


def test_files_of_a_list_of_durations(read):
    files = read("filename\tduration\na.wav\t10.0\ne.wav\t9.5\n").files
    assert files == ["a.wav", "e.wav"]
    events = "filename\tonset\toffset\tevent_label\ne.wav\t1\t2\tdog\n"
    table = read(events, files=files)
    assert contents(table) == {"a.wav": [], "e.wav": [(1.0, 2.0, "dog")]}


def test_names_and_labels_with_the_other_delimiters(read):
    assert contents(read("a, b;c.wav\t1\t2\tdog; cat\n")) == {
        "a, b;c.wav": [(1.0, 2.0, "dog; cat")]
    }
    assert contents(read('a.wav,1,2,"dog; cat"\n')) == {"a.wav": [(1, 2, "dog; cat")]}
    assert contents(read("a,b.wav\nc;d;e.wav\n", delimiter="\t")) == {
        "a,b.wav": [],
        "c;d;e.wav": [],
    }


@pytest.mark.parametrize(
    "text", ["", "\n \n", "filename\tonset\toffset\tevent_label\n"]
)
def test_an_empty_list_is_an_empty_table(read, text):
    assert read(text) == EventTable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a.wav\t1,5\t2,5\tdog",
            r"line 1: onset .* got '1,5'; write '1.5', with a dec",
        ),
        (
            "a.wav;0,5;1,5;dog",
            r"line 1: onset must be a number, got '0,5'; write '0.5'",
        ),
        ("a.wav,0,5,1,5,dog", r"line 1: without a header, .* write decimal points"),
        (
            "a.wav\t1\t2\tx\n\na.wav\tfoo\t2\tx",
            r"events.txt, line 3: onset .* got 'foo'",
        ),
        ("a.wav\t1\t1_0\tx", "line 1: offset must be a number, got '1_0'"),
        ("a.wav\tinf\t2\tx", "line 1: onset must be a number, got 'inf'"),
        ("a.wav\tnan\t2\tx", "line 1: onset must be a number, got 'nan'"),
        (
            "a.wav\t1\t1e999\tx",
            "line 1: the event must have a finite offset .* got inf",
        ),
        ("a.wav\t-1\t2\tx", r"line 1: the event .* onset of at least 0 s, got -1\.0"),
        ("a.wav\t3\t2\tx", r"line 1: the event ends at 2\.0 s, before its onset at 3"),
        (
            "\t1\t2\tx\nb\t1\t2\tx",
            r"line 1: the name of the file is empty in \['', '1'",
        ),
        (
            "a.wav\t1\t2",
            r"line 1: without a header, columns are .*, got \['a.wav', '1'",
        ),
        ("1.5\t2.5\tdog", "line 1: .* one clip is read by read_label_tracks"),
        ("a.wav\thome", "line 1: without a header, columns are"),
        ("a.wav\t1\t2\t3\t4", "line 1: without a header, columns are"),
        ("a.wav\t1\t2\tx\ty", "line 1: without a header, columns are"),
        ('"a.wav\t1\t2\tx', "line 1: quotation marks do not match"),
        ("filename\tonset\tevent_label\n", "line 1: the header must name"),
        ("onset\toffset\tevent_label\n", "line 1: the header must name"),
        ("filename\tevent_labels\na.wav\tdog,cat", "line 1: 'event_labels' says what"),
        ("filename\tfile\tonset\toffset\tlabel\n", "line 1: two columns hold the file"),
        ("filename\tonset\toffset\tlabel\na\t1\t2\tx\ty", "line 2: 5 columns below"),
        (
            "filename\tonset\toffset\tlabel\na\t1\t2\n",
            "line 2: the event .* text as lab",
        ),
        (b"\xe9.wav\t1\t2\tx", r"events.txt must be text in UTF-8: byte 0"),
        ("a.wav\t1\t2\tx".encode("utf-16"), "events.txt must be text in UTF-8"),
    ],
)
def test_errors_name_file_line_and_value(read, text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


def test_other_errors(read, tmp_path):
    with pytest.raises(ValueError, match="line 2: 'b.wav' is not in files"):
        read("a.wav\nb.wav", files=["a.wav"])
    with pytest.raises(ValueError, match="delimiter must be a tab, .* got ' '"):
        read("a.wav 1 2 x", delimiter=" ")
    with pytest.raises(FileNotFoundError, match="nowhere.txt"):
        EventTable.read_list(tmp_path / "nowhere.txt")


def test_written_with_a_header(tmp_path):
    path = tmp_path / "events.tsv"
    TABLE.write_list(path)
    assert path.read_bytes().decode() == (
        "filename\tonset\toffset\tevent_label\n"
        "audio/a.wav\t0.1\t0.3333333333333333\tdog\n"
        "audio/a.wav\t2.0\t3.5\tbaby cry\n"
        "e.wav\t\t\t\n"
        'b, c.wav\t0.07\t1.07\t"say ""hello"""\n'
    )
    assert contents(EventTable.read_list(path)) == contents(TABLE)
    import pandas as pd

    frame = pd.read_csv(path, sep="\t")
    assert EventTable(frame) == EventTable.read_list(path)


def test_written_without_a_header(tmp_path):
    path = tmp_path / "events.csv"
    TABLE.write_list(path, header=False)
    lines = path.read_text().splitlines()
    assert lines[0] == "audio/a.wav\t0.1\t0.3333333333333333\tdog"
    assert lines[2] == "e.wav"
    assert contents(EventTable.read_list(path)) == contents(TABLE)


def test_written_with_confidences(tmp_path):
    path = tmp_path / "events.tsv"
    TABLE.write_list(path, confidence=True)
    assert EventTable.read_list(path) == TABLE
    assert path.read_text().splitlines()[3] == "e.wav\t\t\t\t"
    with pytest.raises(ValueError, match="confidence=True needs header=True"):
        TABLE.write_list(tmp_path / "other", header=False, confidence=True)


@pytest.mark.parametrize("header", [True, False])
def test_every_float_survives(tmp_path, rng, header):
    onsets = rng.uniform(0, 10.0 ** rng.integers(-12, 12, size=200))
    events = [(t, np.nextafter(t, math.inf), "x") for t in onsets]
    table = EventTable({"a.wav": [*events, (0, 5e-324, "x"), (0, 1.7e308, "x")]})
    table.write_list(tmp_path / "events", header=header)
    assert EventTable.read_list(tmp_path / "events") == table
    table.write_label_tracks(tmp_path)
    assert EventTable.read_label_tracks(tmp_path, suffix=".wav") == table


def test_existing_files_are_kept(tmp_path):
    path = tmp_path / "events.tsv"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="events.tsv. exists; overwrite=True"):
        TABLE.write_list(path)
    assert path.read_text() == "precious"
    TABLE.write_list(path, overwrite=True, confidence=True)
    assert EventTable.read_list(path) == TABLE
    assert os.listdir(tmp_path) == ["events.tsv"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "events.tsv"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        TABLE.write_list(path, overwrite=True)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["events.tsv"]


@pytest.mark.parametrize(
    ("file", "label", "message"),
    [
        ("a.wav", "x\ty", r"The label 'x\\ty' of 'a.wav' cannot be written"),
        ("a.wav", " x", "The label ' x' of 'a.wav'"),
        ("a\n.wav", "x", r"The file 'a\\n.wav'"),
    ],
)
def test_what_would_be_read_as_another_is_not_written(tmp_path, file, label, message):
    table = EventTable([(file, 0, 1, label)])
    with pytest.raises(ValueError, match=message):
        table.write_list(tmp_path / "events.tsv")
    assert os.listdir(tmp_path) == []


# As Audacity 3 exports it, with the frequencies of spectral selections.
AUDACITY = (
    "1.000000\t1.000000\tclick\n"
    "\\\t6928.456055\t6928.456055\n"
    '2.150000\t6.100000\t"baby", cry\n'
    "\\\t-1.000000\t6334.588867\n"
)


def test_audacity_label_tracks(tmp_path):
    (tmp_path / "b.txt").write_text(AUDACITY)
    (tmp_path / "a.c.txt").write_text("")
    (tmp_path / "notes.md").write_text("not read")
    expected = {
        "a.c.wav": [],
        "b.wav": [(1.0, 1.0, "click"), (2.15, 6.1, '"baby", cry')],
    }
    table = EventTable.read_label_tracks(tmp_path, suffix=".wav")
    assert contents(table) == expected
    table.write_label_tracks(tmp_path / "new" / "folder")
    assert sorted(os.listdir(tmp_path / "new/folder")) == ["a.c.txt", "b.txt"]
    again = EventTable.read_label_tracks(tmp_path / "new/folder", suffix=".wav")
    assert again == table
    paths = [tmp_path / "b.txt", str(tmp_path / "a.c.txt")]
    assert EventTable.read_label_tracks(paths).files == ["b", "a.c"]
    assert EventTable.read_label_tracks(paths[1]).files == ["a.c"]
    assert EventTable.read_label_tracks({"x.wav": paths[0]}).files == ["x.wav"]


def test_label_tracks_without_labels(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("0.5\t1.5\t\n2.0\t3.0\n4.0\t5.0\tcat\n")
    with pytest.raises(ValueError, match="a.txt, line 1: the label is empty"):
        EventTable.read_label_tracks(path)
    (events,) = EventTable.read_label_tracks(path, label="dog").event_lists()
    assert [event.label for event in events] == ["dog", "dog", "cat"]


@pytest.mark.parametrize(
    "text",
    ["onset\toffset\tlabel\n1\t2\tx\n", "1,2,x\n", '1;2;"x"', "\ufeff1\t2\tx\r\n"],
)
def test_label_tracks_of_other_programs(tmp_path, text):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (events,) = EventTable.read_label_tracks(tmp_path).event_lists()
    assert [event[:3] for event in events] == [(1.0, 2.0, "x")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1,5\t2,5\tx",
            "a.txt, line 1: onset must be a number, got '1,5'; write '1.5'",
        ),
        ("1\t2\tx\n1\t2\tx\ty", "a.txt, line 2: a label track has onset, offset and"),
        ("a.wav\t1\t2\tx", "line 1: a label track has .* read by read_list"),
        ("2\t1\tx", "a.txt, line 1: the event ends"),
    ],
)
def test_errors_in_label_tracks(tmp_path, text, message):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        EventTable.read_label_tracks(tmp_path)


def test_names_of_label_tracks_must_differ(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a.txt").write_text("1\t2\tx")
    (tmp_path / "a.txt").write_text("1\t2\tx")
    with pytest.raises(ValueError, match="a.txt and .*a.txt are both named 'a'"):
        EventTable.read_label_tracks([tmp_path / "a.txt", tmp_path / "one/a.txt"])
    with pytest.raises(FileNotFoundError, match="empty' holds no"):
        (tmp_path / "empty").mkdir()
        EventTable.read_label_tracks(tmp_path / "empty")
    table = EventTable(files=["x/a.wav", "y/a.wav"])
    with pytest.raises(ValueError, match="'x/a.wav' and 'y/a.wav' would both be"):
        table.write_label_tracks(tmp_path)


def test_no_label_track_is_written_if_one_exists(tmp_path):
    (tmp_path / "b.txt").write_text("precious")
    table = EventTable(files=["a.wav", "b.wav"])
    with pytest.raises(FileExistsError, match="b.txt. exists"):
        table.write_label_tracks(tmp_path)
    assert os.listdir(tmp_path) == ["b.txt"]
    table.write_label_tracks(tmp_path, overwrite=True)
    assert (tmp_path / "b.txt").read_text() == ""
