"""The display of a tagger's localisation: what is drawn where."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.classifiers import Localization
from skaudeep.events import Event
from skaudeep.inspection import LocalizationDisplay


class Tagger:
    """Hears a bell from 0.3 to 0.6 s, nothing else; hop 0.1 s."""

    classes_ = np.array(["bell", "dog", "knock"])
    hop_, window_ = 0.1, 0.2
    events = (Event(0.3, 0.6, "bell", 0.9),)

    def localize(self, X):
        rng = np.random.default_rng(0)
        return [
            Localization(
                np.arange(len(x)) * self.hop_ + self.window_ / 2,
                rng.random(len(x)),
                rng.random((len(x), 3)),
                rng.random((len(x), 3)),
            )
            for x in X
        ]

    def predict_proba(self, X):
        return np.array([[0.1, 0.3, 0.2]])

    def predict_events(self, X, **parameters):
        self.parameters = parameters
        return [list(self.events)]


class DeafTagger(Tagger):
    events = ()


CLIP = np.random.default_rng(1).normal(size=(10, 4))


def test_panels_from_top_to_bottom():
    display = LocalizationDisplay.from_estimator(
        Tagger(), CLIP, y_true=[(0.35, 0.5, "knock")]
    )
    assert [ax.get_ylabel() for ax in display.ax_] == [
        "Band",
        "Probability",
        "Attention",
        "",
    ]
    # What is found or true, in the order of the tagger.
    assert display.labels == ["bell", "knock"]
    assert [len(bars) for bars in display.bars_.values()] == [0, 1, 1, 0]
    localization = Tagger().localize([CLIP])[0]
    times, values = display.attention_.get_data()
    np.testing.assert_allclose(times, localization.times)
    np.testing.assert_array_equal(values, localization.attention)
    np.testing.assert_array_equal(
        display.curves_["knock"].get_ydata(), localization.probabilities[:, 2]
    )
    heights = [ax.get_position().y0 for ax in display.ax_]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize(
    ("curve", "name"), [("localization", "Localisation"), ("contributions", "Contrib")]
)
def test_other_curves(curve, name):
    display = LocalizationDisplay.from_estimator(Tagger(), CLIP, curve=curve)
    assert display.ax_[1].get_ylabel().startswith(name)
    expected = getattr(Tagger().localize([CLIP])[0], curve)[:, 0]
    np.testing.assert_array_equal(display.curves_["bell"].get_ydata(), expected)


def test_tags_can_be_chosen():
    display = LocalizationDisplay.from_estimator(Tagger(), CLIP, tags=["dog"])
    assert display.labels == ["dog"] and list(display.curves_) == ["dog"]
    # Found, and not asked for.
    assert display.bars_["found", "dog"] == [] and display.found_events == []
    one = LocalizationDisplay.from_estimator(Tagger(), CLIP, tags="dog")
    assert one.labels == ["dog"]


def test_the_most_probable_tag_if_there_is_none():
    display = LocalizationDisplay.from_estimator(DeafTagger(), CLIP)
    assert display.labels == ["dog"]


def test_parameters_of_events_are_handed_on():
    tagger = Tagger()
    LocalizationDisplay.from_estimator(tagger, CLIP, threshold=0.3, max_gap=0.2)
    assert tagger.parameters == {"threshold": 0.3, "max_gap": 0.2}


def dashed(display):
    """The lines among the curves, by colour."""
    lines = set(display.ax_[1].lines) - set(display.curves_.values())
    return {line.get_color(): set(line.get_ydata()) for line in lines}


def test_the_threshold_of_frames_is_a_line():
    display = LocalizationDisplay.from_estimator(Tagger(), CLIP)
    assert list(dashed(display).values()) == [{0.5}]
    display = LocalizationDisplay.from_estimator(Tagger(), CLIP, threshold=0.3)
    assert list(dashed(display).values()) == [{0.3}]
    same = LocalizationDisplay.from_estimator(Tagger(), CLIP, threshold=[0.2] * 3)
    assert list(dashed(same).values()) == [{0.2}]


@pytest.mark.parametrize(
    "threshold", [[0.1, 0.2, 0.3], {"bell": 0.1, "dog": 0.2, "knock": 0.3}]
)
def test_every_tag_has_a_line_where_thresholds_differ(threshold):
    tagger = Tagger()
    display = LocalizationDisplay.from_estimator(
        tagger, CLIP, tags=["knock", "bell"], threshold=threshold
    )
    colours = {tag: curve.get_color() for tag, curve in display.curves_.items()}
    assert dashed(display) == {colours["knock"]: {0.3}, colours["bell"]: {0.1}}
    assert tagger.parameters == {"threshold": threshold}


def test_curves_that_no_event_is_made_of_have_no_line():
    display = LocalizationDisplay.from_estimator(Tagger(), CLIP, curve="localization")
    assert dashed(display) == {}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"curve": "attention"}, "curve must be one of"),
        ({"tags": ["cat"]}, r"some of \['bell', 'dog', 'knock'\], each once, got"),
        ({"tags": []}, "tags must be some of"),
        ({"tags": ["dog", "dog"]}, r"each once, got \['dog', 'dog'\]"),
        ({"y_true": [(0, 1, "cat")]}, "label 'cat', which the estimator does not"),
        ({"frequencies": [1.0, 2.0]}, "frequencies must be 4 increasing numbers"),
    ],
)
def test_what_cannot_be_shown(parameters, message):
    with pytest.raises(ValueError, match=message):
        LocalizationDisplay.from_estimator(Tagger(), CLIP, **parameters)


def test_a_clip_is_a_matrix():
    with pytest.raises(ValueError, match=r"clip must be of shape \(n_frames, n_bands"):
        LocalizationDisplay.from_estimator(Tagger(), CLIP[np.newaxis])
