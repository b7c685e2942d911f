"""The display of events: what is drawn where, without a look at pixels."""
# SPDX-License-Identifier: BSD-3-Clause

import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb

from skaudeep.events import events_from_frames
from skaudeep.inspection import EventsDisplay

HOP = 0.5
TRUE = [(1.2, 2.6, "dog"), (3.0, 4.0, "cat"), (4.5, 4.5, "dog")]
FOUND = [(1.0, 2.5, "dog", 0.9)]


@pytest.fixture
def spectrogram(rng):
    return rng.normal(size=(12, 8)).astype(np.float32)


@pytest.fixture
def probabilities(rng):
    return rng.random((12, 2))


def show(*args, **parameters):
    return EventsDisplay.from_predictions(*args, **{"hop": HOP, **parameters})


def test_all_panels(spectrogram, probabilities):
    display = show(spectrogram, TRUE, FOUND, probabilities=probabilities, threshold=0.5)
    assert display.labels == ["cat", "dog"]
    assert len(display.ax_) == 3
    assert all(ax.figure is display.figure_ for ax in display.ax_)
    assert [ax.get_ylabel() for ax in display.ax_] == ["Band", "Probability", ""]
    assert [ax.get_xlabel() for ax in display.ax_] == ["", "", "Time (s)"]
    assert {ax.get_xlim() for ax in display.ax_} == {(0.0, 6.0)}
    heights = [ax.get_position().y0 for ax in display.ax_]
    assert heights == sorted(heights, reverse=True)


def test_the_picture_shows_frames_from_left_to_right(spectrogram):
    display = show(spectrogram)
    assert len(display.ax_) == 1
    np.testing.assert_allclose(display.image_.get_array(), spectrogram.T, rtol=1e-6)
    assert display.image_.origin == "lower"
    assert tuple(display.image_.get_extent()) == (0.0, 6.0, -0.5, 7.5)
    assert display.image_.get_cmap().name == "magma"
    assert show(spectrogram, colour_map="viridis").image_.get_cmap().name == "viridis"


def test_pictures_and_curves_stand_at_the_centres(spectrogram, probabilities):
    display = show(
        spectrogram, probabilities=probabilities, labels=["a", "b"], window=1.5
    )
    assert tuple(display.image_.get_extent())[:2] == (0.5, 6.5)
    times = display.curves_["a"].get_xdata()
    np.testing.assert_allclose(times, np.arange(12) * HOP + 0.75)
    assert display.ax_[0].get_xlim() == (0.0, 6.5)


def test_frequencies_mark_the_axis(spectrogram):
    frequencies = np.array([100, 200, 300, 600, 1000, 2000, 4000, 7000])
    ax = show(spectrogram, frequencies=frequencies).ax_[0]
    assert ax.get_ylabel() == "Frequency (Hz)"
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    ticks = dict(zip(names, ax.get_yticks(), strict=True))
    assert (ticks["100"], ticks["1k"], ticks["2k"]) == (0, 4, 5)
    assert 6 < ticks["5k"] < 7
    assert "10k" not in ticks


def test_marks_of_frequencies_keep_a_distance():
    frequencies = np.linspace(20, 20000, 512)
    ax = show(np.zeros((3, 512)), frequencies=frequencies).ax_[0]
    assert abs(np.diff(ax.get_yticks())).min() >= 512 / 12


def test_curves_and_thresholds(probabilities):
    labels = ["dog", "cat"]
    display = show(probabilities=probabilities, labels=labels, threshold=0.25)
    for i, label in enumerate(labels):
        np.testing.assert_array_equal(
            display.curves_[label].get_ydata(), probabilities[:, i]
        )
    (line,) = set(display.ax_[0].lines) - set(display.curves_.values())
    assert set(line.get_ydata()) == {0.25}
    assert display.ax_[0].get_legend() is not None
    display = show(probabilities=probabilities, labels=labels, threshold={"cat": 0.75})
    (line,) = set(display.ax_[0].lines) - set(display.curves_.values())
    assert set(line.get_ydata()) == {0.75}
    assert line.get_color() == display.curves_["cat"].get_color()
    one = show(probabilities=probabilities[:, 0], labels="dog")
    assert list(one.curves_) == ["dog"]


def test_bars_are_the_events():
    display = show(y_true=TRUE, y_pred=FOUND)
    rows = [tick.get_text() for tick in display.ax_[0].get_yticklabels()]
    assert rows == ["cat, true", "cat, found", "dog, true", "dog, found"]
    for kind, events in (("true", TRUE), ("found", FOUND)):
        for label in ("cat", "dog"):
            bars = display.bars_[kind, label]
            extents = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
            assert extents == [event[:2] for event in events if event[2] == label]
            row = rows.index(f"{label}, {kind}")
            assert all(bar.get_y() < row < bar.get_y() + 0.7 for bar in bars)
            assert all((bar.get_hatch() is None) == (kind == "true") for bar in bars)
    # The first row is at the top.
    bottom, top = display.ax_[0].get_ylim()
    assert bottom > top


def test_what_nobody_asked_for_has_no_row():
    assert {kind for kind, _ in show(y_true=TRUE).bars_} == {"true"}
    assert {kind for kind, _ in show(y_true=[], y_pred=FOUND).bars_} == {
        "true",
        "found",
    }
    empty = show(y_true=[], y_pred=[])
    assert empty.bars_ == {}
    assert len(empty.ax_) == 1


def test_one_colour_for_each_label(probabilities):
    display = show(
        y_true=TRUE, y_pred=FOUND, probabilities=probabilities, labels=["dog", "cat"]
    )
    colours = {label: curve.get_color() for label, curve in display.curves_.items()}
    assert len(set(colours.values())) == 2
    for label, colour in colours.items():
        for bar in display.bars_["true", label]:
            assert to_hex(bar.get_facecolor()) == colour.lower()


def test_many_labels_differ_in_colour_or_dashes():
    labels = [f"label {i}" for i in range(20)]
    display = show(probabilities=np.zeros((4, 20)), labels=labels)
    curves = display.curves_.values()
    styles = {(curve.get_color(), curve.get_linestyle()) for curve in curves}
    assert len(styles) == 20


def test_neighbouring_colours_differ_in_brightness_or_hue_without_red_or_green():
    curves = show(
        probabilities=np.zeros((4, 6)), labels=list("abcdef")
    ).curves_.values()
    # What a dichromat keeps: blue against yellow, and brightness.
    seen = [
        (0.3 * r + 0.59 * g + 0.11 * b, b - (r + g) / 2)
        for r, g, b in (to_rgb(curve.get_color()) for curve in curves)
    ]
    for i, one in enumerate(seen):
        for other in seen[:i]:
            assert np.hypot(*np.subtract(one, other)) > 0.1


def test_given_axes(spectrogram):
    _, axes = plt.subplots(1, 2)
    display = show(spectrogram, TRUE, ax=axes[1])
    assert not axes[1].axison
    assert display.figure_ is axes[1].figure
    place = axes[1].get_position()
    for ax in display.ax_:
        assert ax.get_position().x0 >= place.x0 - 1e-9
    _, axes = plt.subplots(2)
    display = show(spectrogram, TRUE, ax=axes)
    assert list(display.ax_) == list(axes)
    with pytest.raises(ValueError, match="one for each of the 2 panels, got 3"):
        show(spectrogram, TRUE, ax=plt.subplots(3)[1])
    with pytest.raises(ValueError, match="ax must be part of a grid"):
        show(spectrogram, TRUE, ax=plt.figure().add_axes([0, 0, 1, 1]))


def test_a_display_can_be_drawn_again(spectrogram):
    display = show(spectrogram, TRUE)
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first
    assert len(display.ax_) == 2


def test_it_draws_what_frames_and_events_say(tmp_path, probabilities):
    labels = ["dog", "cat"]
    (found,) = events_from_frames([probabilities], HOP, labels)
    display = show(y_pred=found, probabilities=probabilities, labels=labels)
    for (_, label), bars in display.bars_.items():
        curve = display.curves_[label]
        above = curve.get_xdata()[curve.get_ydata() > 0.5]
        inside = [
            any(bar.get_x() <= t < bar.get_x() + bar.get_width() for bar in bars)
            for t in above
        ]
        assert all(inside)
    display.figure_.savefig(tmp_path / "events.png")
    assert (tmp_path / "events.png").stat().st_size > 1000


def test_an_unused_display_needs_no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    EventsDisplay(hop=HOP)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "There is nothing to draw"),
        ({"hop": 0, "y_true": []}, "hop must be a positive number"),
        ({"window": -1.0, "y_true": []}, "window must be a positive number"),
        ({"y_true": [(2, 1, "x")]}, "Event 0 of clip 0 in y_true ends at 1 s"),
        ({"spectrogram": np.zeros(3)}, r"spectrogram must be .*\(n_frames, n_bands\)"),
        ({"probabilities": [0.5]}, r"a column for each of the labels \[\], got"),
        (
            {"probabilities": np.zeros((2, 3)), "labels": ["a"]},
            r"got the shape \(2, 3\)",
        ),
        ({"y_true": TRUE, "labels": ["dog"]}, "labels must be different and name"),
        ({"y_true": [], "labels": ["a", "a"]}, "labels must be different and name"),
        (
            {"y_true": TRUE, "threshold": {"cow": 0.5}},
            r"threshold must name labels, which are \['cat', 'dog'\], got \['cow'\]",
        ),
        (
            {"spectrogram": np.zeros((3, 2)), "frequencies": [2, 1]},
            "frequencies must be 2 increasing numbers",
        ),
        (
            {"frequencies": [1, 2], "y_true": []},
            "frequencies are those of a spectrogram",
        ),
    ],
)
def test_bad_arguments(parameters, message):
    with pytest.raises(ValueError, match=message):
        show(**parameters)
