"""From events to frames and back."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest

from skaudeep import MelSpectrogram
from skaudeep.events import Event, events_from_frames, frame_labels


def frames_by_hand(events, n_frames, hop, window, labels):
    """The definition, frame by frame."""
    out = np.zeros((n_frames, len(labels)), dtype=bool)
    for i in range(n_frames):
        centre = i * hop + window / 2
        for onset, offset, label in events:
            if onset <= centre < offset:
                out[i, labels.index(label)] = True
    return out


def random_events(rng, n, labels):
    onsets = rng.uniform(0, 9, size=n)
    lengths = rng.exponential(1.0, size=n)
    names = rng.choice(labels, size=n).tolist()
    return list(zip(onsets, onsets + lengths, names, strict=True))


@pytest.mark.parametrize("window", [None, 0.5, 0.1])
def test_frames_follow_the_definition(rng, window):
    labels, hop = ["x", "y", "z"], 0.2
    lengths = [50, 0, 1, 33, 60]
    y = [random_events(rng, n, labels) for n in (6, 2, 3, 0, 12)]
    frames = frame_labels(y, lengths, hop, labels, window=window)
    assert isinstance(frames, list)
    for events, length, clip in zip(y, lengths, frames, strict=True):
        expected = frames_by_hand(events, length, hop, window or hop, labels)
        assert clip.dtype == bool
        np.testing.assert_array_equal(clip, expected)
    same = frame_labels(y, 40, hop, labels, window=window)
    assert same.shape == (5, 40, 3)
    for events, clip in zip(y, same, strict=True):
        expected = frames_by_hand(events, 40, hop, window or hop, labels)
        np.testing.assert_array_equal(clip, expected)


def test_onsets_belong_to_an_event_and_offsets_do_not():
    # Centres at 0.5, 1.5, 2.5, all exact.
    frames = frame_labels([[(0.5, 1.5, "x")]], 3, 1.0, ["x"])
    assert frames[0, :, 0].tolist() == [True, False, False]
    late = frame_labels([[(np.nextafter(0.5, 1), 1.6, "x")]], 3, 1.0, ["x"])
    assert late[0, :, 0].tolist() == [False, True, False]
    # With windows of 3 s, centres at 1.5, 2.5, 3.5.
    wide = frame_labels([[(0.5, 2.5, "x")]], 3, 1.0, ["x"], window=3.0)
    assert wide[0, :, 0].tolist() == [True, False, False]


def test_events_at_the_edges_of_the_clip():
    y = [[(0, 1, "x"), (2.75, 90, "x")], [(50, 60, "x")], [(0, 99, "x")]]
    frames = frame_labels(y, 4, 1.0, ["x"])[:, :, 0].astype(int)
    assert frames.tolist() == [[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]]


def test_overlapping_events_of_one_label():
    y = [[(0, 3, "x"), (1, 2, "x"), (1, 2, "x"), (2, 4, "y")]]
    frames = frame_labels(y, 5, 1.0, ["y", "x"])[0].astype(int)
    assert frames.T.tolist() == [[0, 0, 1, 1, 0], [1, 1, 1, 0, 0]]


def test_times_agree_with_a_spectrogram():
    spectrogram = MelSpectrogram(
        sample_rate=44100, window_width=0.046, window_overlap=0.023
    )
    times = spectrogram.frame_times(1300)
    hop, window = times[1] - times[0], 2 * times[0]
    events = [(times[700] - 1e-6, times[1200] + 1e-6, "x")]
    frames = frame_labels([events], 1300, hop, ["x"], window=window)[0, :, 0]
    assert np.flatnonzero(frames)[[0, -1]].tolist() == [700, 1200]


def test_empty_corpora():
    assert frame_labels([], 5, 0.1, ["x", "y"]).shape == (0, 5, 2)
    assert frame_labels([], [], 0.1, ["x"]) == []
    assert frame_labels([[], []], 0, 0.1, ["x"]).shape == (2, 0, 1)
    assert events_from_frames([], 0.1, ["x"]) == []
    assert events_from_frames(np.zeros((2, 0, 1)), 0.1, ["x"]) == [[], []]


def test_unknown_labels():
    y = [[], [(0, 1, "x"), (0, 1, "w")]]
    with pytest.raises(
        ValueError, match="Clip 1 of y has the label 'w', .*: \\['x'\\]"
    ):
        frame_labels(y, 2, 1.0, ["x"])
    frames = frame_labels(y, 2, 1.0, ["x"], unknown="ignore")
    assert frames[1].tolist() == [[True], [False]]
    with pytest.raises(ValueError, match="unknown must be 'raise' or 'ignore'"):
        frame_labels(y, 2, 1.0, ["x"], unknown="drop")


@pytest.mark.parametrize("window", [None, 0.05, 0.02])
def test_frames_survive_events(rng, window):
    labels, hop = ["x", "y", "z"], 1014 / 44100
    for _ in range(20):
        clips = [rng.random((n, 3)) < rng.random() for n in rng.integers(0, 60, size=5)]
        y = events_from_frames(clips, hop, labels, window=window)
        back = frame_labels(y, [len(c) for c in clips], hop, labels, window=window)
        for one, other in zip(clips, back, strict=True):
            np.testing.assert_array_equal(one, other)


def test_events_survive_frames_to_half_a_hop(rng):
    hop = 0.1
    for _ in range(20):
        # Pauses are so long that each holds a centre.
        edges = np.cumsum(rng.uniform(2 * hop, 1, size=10))
        y = [[(a, b, "x") for a, b in edges.reshape(-1, 2)], []]
        frames = frame_labels(y, 150, hop, ["x"])
        back, empty = events_from_frames(frames, hop, ["x"])
        assert empty == []
        difference = [event[:2] for event in back] - edges.reshape(-1, 2)
        assert abs(difference).max() <= hop / 2 + 1e-9


def test_runs_become_events():
    frames = [[[1, 0], [1, 1], [0, 1], [1, 0]], [[0, 0]], [[1, 1]]]
    y = events_from_frames([np.array(clip, bool) for clip in frames], 0.5, ["a", "b"])
    assert repr(y[0]) == repr(
        [Event(0.0, 1.0, "a"), Event(0.5, 1.5, "b"), Event(1.5, 2.0, "a")]
    )
    assert y[1] == []
    # A run ends with its clip even if the next clip begins with one.
    assert [event[:3] for event in y[2]] == [(0.0, 0.5, "a"), (0.0, 0.5, "b")]


def test_times_are_those_of_centres():
    frames = np.array([[[1], [1], [0]]], bool)
    ((event,),) = events_from_frames(frames, 1.0, ["x"], window=3.0)
    assert event[:2] == (1.0, 3.0)
    ((event,),) = events_from_frames(frames, 1.0, ["x"], window=0.5)
    assert event[:2] == (0.0, 1.75)


def test_probabilities_give_confidences():
    curve = [0.5, 0.51, 0.75, 0.2, np.nan, 0.625, 0.5]
    (events,) = events_from_frames([curve], 1.0, ["x"])
    assert events == [Event(1, 3, "x", 0.75), Event(5, 6, "x", 0.625)]
    (joined,) = events_from_frames([curve], 1.0, ["x"], max_gap=2.0)
    assert joined == [Event(1, 6, "x", 0.75)]
    (strict,) = events_from_frames([curve], 1.0, ["x"], threshold=0.7)
    assert strict == [Event(2, 3, "x", 0.75)]
    both = np.stack([curve, curve], axis=1)
    (events,) = events_from_frames([both], 1.0, ["x", "y"], threshold=[0.7, 0.6])
    found = [(event.onset, event.label) for event in events]
    assert found == [(2.0, "x"), (2.0, "y"), (5.0, "y")]


def test_a_missing_clip_has_no_events():
    assert events_from_frames(np.full((1, 4, 2), np.nan), 1.0, ["x", "y"]) == [[]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [(0.0, 0.1), (0.4, 0.5), (0.6, 0.9)]),
        ({"max_gap": 0.1}, [(0.0, 0.1), (0.4, 0.9)]),
        ({"max_gap": 0.3}, [(0.0, 0.9)]),
        ({"min_duration": 0.3}, [(0.6, 0.9)]),
        ({"min_duration": 0.2, "max_gap": 0.1}, [(0.4, 0.9)]),
        ({"min_duration": 0.31}, []),
    ],
)
def test_pauses_are_filled_and_then_short_events_left_out(parameters, expected):
    # In floating point, three hops of 0.1 s are more than 0.3 s.
    frames = np.array([[1, 0, 0, 0, 1, 0, 1, 1, 1, 0]], bool)
    ((*events,),) = events_from_frames(frames, 0.1, ["x"], **parameters)
    np.testing.assert_allclose(
        np.reshape([event[:2] for event in events], (-1, 2)),
        np.reshape(expected, (-1, 2)),
    )


def test_no_pause_is_filled_between_clips_or_labels():
    frames = np.array([[[0, 1], [0, 1]], [[1, 1], [0, 1]]], bool)
    y = events_from_frames(frames, 1.0, ["a", "b"], max_gap=10.0)
    assert [[event[:3] for event in events] for events in y] == [
        [(0, 2, "b")],
        [(0, 1, "a"), (0, 2, "b")],
    ]


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (frame_labels, ([[]], 5, 0, ["x"]), "hop must be a positive number"),
        (frame_labels, ([[]], 5, math.nan, ["x"]), "hop must be a positive number"),
        (frame_labels, ([[]], 5, 1.0, []), "labels must be different names"),
        (frame_labels, ([[]], 5, 1.0, ["x", "x"]), "labels must be different names"),
        (frame_labels, ([[]], [5, 5], 1.0, ["x"]), "one for each of the 1 clips"),
        (frame_labels, ([[]], -1, 1.0, ["x"]), "n_frames must be at least 0, got -1"),
        (frame_labels, ([[(2, 1, "x")]], 5, 1.0, ["x"]), "Event 0 of clip 0 in y ends"),
        (
            events_from_frames,
            (np.zeros((1, 3, 2)), 1.0, ["x"]),
            r"Clip 0 .* \(n_frames, 1",
        ),
        (events_from_frames, ([["a"]], 1.0, ["x"]), "Clip 0 of frames must be numbers"),
    ],
)
def test_bad_arguments(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": -1}, "window must be a positive number"),
        ({"min_duration": -1}, "min_duration must be at least 0 s"),
        ({"max_gap": math.inf}, "max_gap must be at least 0 s and finite"),
        ({"threshold": [0.1, 0.2]}, "threshold must be one number or one for each"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        events_from_frames([[0.0]], 1.0, ["x"], **parameters)
