"""Event lists."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest

from skaudeep._event_lists import Event, check_event_lists


@pytest.mark.parametrize(
    "event",
    [
        Event(0.5, 1.25, "cry"),
        (0.5, 1.25, "cry"),
        [np.float32(0.5), np.float64(1.25), np.str_("cry")],
        {"onset": 0.5, "offset": 1.25, "label": "cry"},
        {"event_onset": 0.5, "event_offset": 1.25, "event_label": "cry"},
    ],
)
def test_every_form_of_an_event(event):
    ((checked,), empty) = check_event_lists([[event], []])
    assert checked[:3] == (0.5, 1.25, "cry")
    assert math.isnan(checked.confidence)
    assert [type(value) for value in checked] == [float, float, str, float]
    assert empty == []


def test_confidence_is_kept():
    assert check_event_lists([[(0, 1, "cry", 0.75)]]) == [[Event(0, 1, "cry", 0.75)]]
    with_key = {"onset": 0, "offset": 1, "label": "cry", "confidence": 0.5}
    assert check_event_lists([[with_key]])[0][0].confidence == 0.5


@pytest.mark.parametrize(
    ("lists", "error", "message"),
    [
        ("cry", TypeError, "target must be a list with one event list a clip"),
        ([None], TypeError, r"Clip 0 of target must have a list of events, \[\]"),
        ([[], (0, 1, "cry")], TypeError, "Clip 1 of target .* put it into a list"),
        ([[], Event(0, 1, "cry")], TypeError, "Clip 1 .* the single event"),
        ([["cry"]], TypeError, r"Event 0 of clip 0 in target must be \(onset"),
        ([[(0, 1)]], TypeError, "must be .*got \\(0, 1\\)"),
        ([[(-0.1, 1, "cry")]], ValueError, "finite onset of at least 0 s, got -0.1"),
        ([[(0, math.nan, "cry")]], ValueError, "finite offset .* got nan"),
        ([[(0, math.inf, "cry")]], ValueError, "finite offset .* got inf"),
        ([[(0, 1, "a"), (2, 1, "a")]], ValueError, "Event 1 .* 1 s, before its onset"),
        ([[(0, 1, "")]], ValueError, "text as label, got ''"),
        ([[(0, 1, 3)]], ValueError, "text as label, got 3"),
        ([[(0, 1, "cry", "sure")]], ValueError, "number as confidence, got 'sure'"),
        ([[{"onset": 0, "label": "a"}]], ValueError, "finite offset .* got None"),
    ],
)
def test_errors_name_clip_event_and_value(lists, error, message):
    with pytest.raises(error, match=message):
        check_event_lists(lists, "target")
