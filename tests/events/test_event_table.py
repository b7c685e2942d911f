"""Tables of events: what they are made from, what they hold, what they become."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import pickle
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from skaudeep.events import Event, EventTable

ROWS = [
    ("b.wav", 0.5, 1.0, "dog"),
    ("a.wav", 0.1, 1 / 3, "cat", 0.75),
    ("b.wav", 0.25, 2.0, "cat"),
    ("e.wav",),
]
LISTS = {
    "b.wav": [Event(0.5, 1.0, "dog"), Event(0.25, 2.0, "cat")],
    "a.wav": [Event(0.1, 1 / 3, "cat", 0.75)],
    "e.wav": [],
}
PARTS = ("file", "onset", "offset", "label", "confidence")


def as_dicts(names=PARTS):
    return [dict(zip(names, row, strict=False)) for row in ROWS]


def as_frame(names=PARTS):
    import pandas as pd

    return pd.DataFrame(as_dicts(names))


@pytest.mark.parametrize(
    "make",
    [
        lambda: EventTable(ROWS),
        lambda: EventTable([list(row) for row in ROWS]),
        lambda: EventTable([(Path(row[0]), *row[1:]) for row in ROWS]),
        lambda: EventTable(LISTS),
        lambda: EventTable(as_dicts()),
        lambda: EventTable(
            as_dicts(
                ("filename", "event_onset", "event_offset", "event_label", "score")
            )
        ),
        lambda: EventTable(as_frame()),
        lambda: EventTable(as_frame().convert_dtypes()),
        lambda: EventTable(
            as_frame(("filename", "onset", "offset", "event_label", "score"))
        ),
        lambda: EventTable.from_event_lists(LISTS, list(LISTS.values())),
    ],
)
def test_every_form_makes_the_same_table(make):
    table = make()
    assert table.files == ["b.wav", "a.wav", "e.wav"]
    assert table.labels == ["cat", "dog"]
    assert len(table) == 3
    assert repr(table.event_lists()) == repr(list(LISTS.values()))
    assert table == EventTable(ROWS)


def test_frame_has_one_row_for_every_event():
    frame = EventTable(ROWS).frame
    assert list(frame.columns) == list(PARTS)
    assert frame["file"].tolist() == ["b.wav", "b.wav", "a.wav"]
    assert frame["onset"].tolist() == [0.5, 0.25, 0.1]
    assert frame["offset"].tolist() == [1.0, 2.0, 1 / 3]
    assert frame["label"].tolist() == ["dog", "cat", "cat"]
    np.testing.assert_array_equal(frame["confidence"], [np.nan, np.nan, 0.75])
    empty = EventTable(files=["a.wav"]).frame
    assert empty.dtypes.tolist() == frame.dtypes.tolist()
    assert len(empty) == 0


def test_the_table_does_not_change_from_outside():
    y = [[Event(0, 1, "dog")]]
    table = EventTable.from_event_lists(["a.wav"], y)
    before = repr(table.event_lists())
    table.event_lists()[0].clear()
    frame = table.frame
    frame.loc[0, "onset"] = 5.0
    table.files.clear()
    y[0].clear()
    assert repr(table.event_lists()) == before


def test_files_give_the_order_and_the_files_without_events():
    table = EventTable(ROWS, files=["a.wav", Path("z.wav"), "e.wav", "b.wav"])
    assert table.files == ["a.wav", "z.wav", "e.wav", "b.wav"]
    assert [len(events) for events in table.event_lists()] == [1, 0, 0, 2]
    picked = table.event_lists([Path("e.wav"), "b.wav", "b.wav"])
    assert picked == [[], LISTS["b.wav"], LISTS["b.wav"]]


def test_equality():
    table = EventTable(ROWS)
    assert table == pickle.loads(pickle.dumps(table))
    assert table != EventTable(ROWS[:-1])  # a file less
    assert table != EventTable(ROWS, files=["a.wav", "b.wav", "e.wav"])
    assert table != EventTable([ROWS[0], (*ROWS[1][:4], 0.5), *ROWS[2:]])
    assert table != EventTable([(*ROWS[0][:2], np.nextafter(1.0, 2), "dog"), *ROWS[1:]])
    assert table != list(LISTS)


def test_repr_and_emptiness():
    text = "EventTable(n_events=3, n_files=3, labels=['cat', 'dog'])"
    assert repr(EventTable(ROWS)) == text
    assert len(EventTable()) == 0
    assert EventTable().files == EventTable().labels == EventTable().event_lists() == []


@pytest.mark.parametrize(
    ("events", "error", "message"),
    [
        ([("a.wav", 1, 2)], TypeError, r"Row 0 of events must be \(file, onset"),
        ([("a.wav", 0, 1, "x"), "a.wav"], TypeError, "Row 1 of events"),
        ([(None, 0, 1, "x")], ValueError, "Row 0 of events must name a file, got None"),
        ([("", 0, 1, "x")], ValueError, "Row 0 of events must name a file, got None"),
        ([("a.wav", -1, 1, "x")], ValueError, "Row 0 .* onset of at least 0 s, got -1"),
        ([("a.wav", 2, 1, "x")], ValueError, "Row 0 of events ends at 1 s, before its"),
        ([("a.wav", 0, 1, None)], ValueError, "Row 0 .* text as label, got None"),
        ([("a.wav", None, 1, "x")], ValueError, "Row 0 .* finite onset .*, got None"),
        ([{"filename": "a", "onset": 0}], ValueError, "Row 0 .* finite offset"),
        ({"a.wav": [(0, 1)]}, TypeError, "Event 0 of clip 0 in events"),
    ],
)
def test_bad_rows_are_named(events, error, message):
    with pytest.raises(error, match=message):
        EventTable(events)


def test_a_frame_without_a_column_is_refused():
    frame = as_frame().rename(columns={"onset": "start"})
    with pytest.raises(ValueError, match=r"'onset' or 'event_onset', got \['file', 's"):
        EventTable(frame)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EventTable(files="a.wav"), TypeError, "files must be a list of files"),
        (
            lambda: EventTable(files=["a", "b", "a"]),
            ValueError,
            "once, 'a' comes twice",
        ),
        (
            lambda: EventTable(files=["a", 3]),
            ValueError,
            "files must name a file, got 3",
        ),
        (
            lambda: EventTable(ROWS, files=["b.wav"]),
            ValueError,
            "Row 1 .*'a.wav' is not",
        ),
        (
            lambda: EventTable.from_event_lists(["a"], []),
            ValueError,
            "1 files for the 0 event lists",
        ),
        (
            lambda: EventTable.from_event_lists(["a"], [[(0, -1, "x")]]),
            ValueError,
            "Event 0 of clip 0 in y must have a finite offset",
        ),
        (
            lambda: EventTable(ROWS).event_lists(["b.wav", "c.wav"]),
            KeyError,
            "'c.wav' is none of the 3 files of the table, such as .*b.wav",
        ),
    ],
)
def test_bad_files_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_overlaps_of_one_file_and_label_become_one_event():
    events = [
        (2.0, 3.0, "dog", 0.25),
        (0.0, 1.0, "dog"),
        (0.5, 2.5, "cat"),
        (2.5, 2.75, "dog", 0.75),  # inside
        (1.0, 1.5, "dog"),  # touches
    ]
    table = EventTable({"a.wav": events, "b.wav": [(1.25, 9.0, "dog")], "c.wav": []})
    merged = table.merge_overlaps()
    assert merged.files == table.files
    assert repr(merged.event_lists(["a.wav"])[0]) == repr(
        [Event(0.0, 1.5, "dog"), Event(0.5, 2.5, "cat"), Event(2.0, 3.0, "dog", 0.75)]
    )
    assert merged.event_lists(["b.wav", "c.wav"])[0][0].onset == 1.25
    assert merged.merge_overlaps() == merged
    assert len(table) == 6


@pytest.mark.parametrize(("gap", "n_events"), [(0.0, 3), (0.49, 3), (0.5, 2), (1.0, 1)])
def test_pauses_up_to_the_gap_are_filled(gap, n_events):
    table = EventTable({"a": [(0, 1, "x"), (1.5, 2, "x"), (3, 4, "x")]})
    merged = table.merge_overlaps(gap).event_lists()[0]
    assert len(merged) == n_events
    assert (merged[0].onset, merged[-1].offset) == (0, 4)


@pytest.mark.parametrize("gap", [-0.1, math.nan, math.inf])
def test_bad_gap(gap):
    with pytest.raises(ValueError, match="gap must be at least 0 s"):
        EventTable().merge_overlaps(gap)


def test_merged_events_cover_the_same_time_and_do_not_overlap(rng):
    for _ in range(50):
        onsets = rng.integers(0, 40, size=12)
        offsets = onsets + rng.integers(1, 6, size=12)
        labels = rng.choice(["x", "y"], size=12)
        events = list(zip(onsets, offsets, labels, strict=True))
        merged = EventTable({"a": events}).merge_overlaps().event_lists()[0]
        for label in "xy":
            covered = {t for a, b, name in events if name == label for t in range(a, b)}
            mine = [event for event in merged if event.label == label]
            ranges = [range(int(event.onset), int(event.offset)) for event in mine]
            assert {t for times in ranges for t in times} == covered
            assert all(one.offset < other.onset for one, other in pairwise(mine))


def test_sed_eval_takes_dicts_of_one_file():
    lists = EventTable(ROWS).to_sed_eval()
    assert list(lists) == ["b.wav", "a.wav", "e.wav"]
    assert lists["e.wav"] == []
    assert lists["a.wav"] == [
        {"filename": "a.wav", "onset": 0.1, "offset": 1 / 3, "event_label": "cat"}
    ]
    flat = [item for items in lists.values() for item in items]
    assert len(EventTable(flat)) == 3


def test_sed_scores_eval_takes_tuples_by_name_without_suffix():
    table = EventTable(ROWS)
    assert table.to_sed_scores_eval() == {
        "b": [(0.5, 1.0, "dog"), (0.25, 2.0, "cat")],
        "a": [(0.1, 1 / 3, "cat")],
        "e": [],
    }
    assert EventTable(table.to_sed_scores_eval()).files == ["b", "a", "e"]
    with pytest.raises(ValueError, match="'a.flac' and another file are both 'a'"):
        EventTable(files=["a.wav", "a.flac"]).to_sed_scores_eval()


def test_psds_takes_two_frames():
    table = EventTable(ROWS)
    events, metadata = table.to_psds(), table.to_psds_metadata(10)
    assert list(events.columns) == ["filename", "onset", "offset", "event_label"]
    assert list(metadata.columns) == ["filename", "duration"]
    assert metadata.values.tolist() == [[f, 10.0] for f in ("b.wav", "a.wav", "e.wav")]
    back = EventTable(events, files=metadata["filename"])
    assert back.frame["offset"].tolist() == table.frame["offset"].tolist()
    assert back.files == table.files
    seconds = {"a.wav": 1, "b.wav": 2.5, "e.wav": 3, "other.wav": 4}
    assert table.to_psds_metadata(seconds)["duration"].tolist() == [2.5, 1, 3]
    with pytest.raises(ValueError, match="name every file, 'e.wav' is missing"):
        table.to_psds_metadata({"a.wav": 1, "b.wav": 2})


def test_only_frames_need_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    table = EventTable(ROWS).merge_overlaps()
    assert table.labels == ["cat", "dog"]
    for make in (lambda: table.frame, table.to_psds):
        with pytest.raises(ImportError, match=r'pip install "skaudeep\[tables\]"'):
            make()
