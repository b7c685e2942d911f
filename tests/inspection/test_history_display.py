"""The display of a history: a panel a measure, the best epoch marked."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.inspection import HistoryDisplay

HISTORY = {
    "loss": [0.9, 0.5, 0.3, 0.2],
    "val_loss": [0.9, 0.6, 0.4, 0.5],
    "learning_rate": [0.1, 0.1, 0.05, 0.05],
}


def legend(display):
    (box,) = [ax.get_legend() for ax in display.ax_.values() if ax.get_legend()]
    return [text.get_text() for text in box.get_texts()]


def test_validation_is_beside_training_and_every_measure_there():
    display = HistoryDisplay.from_history(HISTORY)
    assert list(display.ax_) == ["loss", "learning_rate"]
    for measure, values in HISTORY.items():
        curve = display.curves_["training", measure]
        np.testing.assert_array_equal(curve.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(curve.get_ydata(), values)
        assert curve.axes is display.ax_[measure.removeprefix("val_")]
    first, second = (display.curves_["training", m] for m in ("loss", "val_loss"))
    assert first.get_color() != second.get_color()
    panels = list(display.ax_.values())
    assert [panel.get_ylabel() for panel in panels] == ["loss", "learning rate"]
    assert [panel.get_xlabel() for panel in panels] == ["", "Epoch"]


def test_the_best_epoch_is_that_of_validation():
    display = HistoryDisplay.from_history(HISTORY)
    assert display.monitor == "val_loss"
    assert display.best_epochs_ == {"training": 3}
    marks = display.marks_["training"]
    assert [mark.axes for mark in marks] == list(display.ax_.values())
    assert {x for mark in marks for x in mark.get_xdata()} == {3}
    assert legend(display) == ["training", "validation", "best epoch, 3"]


def test_without_validation_no_epoch_is_best():
    display = HistoryDisplay.from_history({"loss": [0.5, 0.2, 0.4]})
    assert display.best_epochs_ == display.marks_ == {}
    assert display.ax_["loss"].get_legend() is None
    chosen = HistoryDisplay.from_history({"loss": [0.5, 0.2, 0.4]}, monitor="loss")
    assert chosen.best_epochs_ == {"training": 2}
    none = HistoryDisplay.from_history(HISTORY, monitor=None)
    assert none.best_epochs_ == {}


def test_only_what_should_be_low_is_monitored_by_itself():
    history = {"val_accuracy": [0.5, 0.9], "val_eer": [0.4, 0.5]}
    assert HistoryDisplay.from_history(history).monitor == "val_eer"
    assert HistoryDisplay.from_history({"val_accuracy": [0.5]}).monitor is None


def test_epochs_without_a_value_are_never_best():
    history = {"val_loss": [np.nan, 0.6, 0.4]}
    assert HistoryDisplay.from_history(history).best_epochs_ == {"training": 3}
    history = {"val_loss": [np.nan, np.nan]}
    assert HistoryDisplay.from_history(history).best_epochs_ == {}


def test_several_trainings_share_the_panels():
    other = {"loss": [1.0, 0.8], "val_loss": [0.7, 0.8]}
    display = HistoryDisplay.from_history({1: HISTORY, 2: other})
    assert list(display.ax_) == ["loss", "learning_rate"]
    assert display.best_epochs_ == {1: 3, 2: 1}
    curves = display.curves_
    for n, history in ((1, HISTORY), (2, other)):
        assert len({curves[n, measure].get_color() for measure in history}) == 1
    assert curves[1, "loss"].get_color() != curves[2, "loss"].get_color()
    assert curves[1, "loss"].get_linestyle() == "-"
    assert curves[1, "val_loss"].get_linestyle() == "--"
    assert legend(display) == ["1", "2", "training", "validation", "best epoch"]


def test_what_was_never_trained_has_no_panel():
    display = HistoryDisplay.from_history({"head_loss": [1.0, 0.9], "loss": []})
    assert list(display.ax_) == ["head_loss"]


def test_a_single_epoch_is_a_point():
    display = HistoryDisplay.from_history({"loss": [0.5]})
    assert display.curves_["training", "loss"].get_marker() == "."


class Trained(BaseEstimator):
    """As a network is after ``fit``."""

    history_ = HISTORY

    def fit(self, X, y=None):
        return self


@pytest.mark.parametrize(
    "estimator", [Trained(), make_pipeline(StandardScaler(), Trained())]
)
def test_estimators_and_pipelines(estimator):
    display = HistoryDisplay.from_estimator(estimator, monitor="loss")
    assert display.best_epochs_ == {"training": 4}
    curve = display.curves_["training", "loss"]
    np.testing.assert_array_equal(curve.get_ydata(), HISTORY["loss"])


@pytest.mark.parametrize(
    ("estimator", "n_found"),
    [
        (StandardScaler(), 0),
        (make_pipeline(StandardScaler()), 0),
        (make_pipeline(Trained(), Trained()), 2),
    ],
)
def test_one_history_only(estimator, n_found):
    with pytest.raises(ValueError, match=f"attribute history_, .* found {n_found} in"):
        HistoryDisplay.from_estimator(estimator)


def test_given_axes():
    axes = plt.subplots(2)[1]
    display = HistoryDisplay.from_history(HISTORY, ax=axes)
    assert list(display.ax_.values()) == list(axes)
    assert display.plot().figure_ is not axes[0].figure


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "history must be a dict of lists"),
        ([0.1], r"history must be a dict of lists, .* got \[0.1\]"),
        ({"loss": []}, "history holds no epoch"),
        ({"loss": [1.0], "a": {}}, "lists or dicts, not both, got the keys"),
        ({"loss": 0.5}, r"history\['loss'\] must be a list of numbers"),
        ({"loss": ["low"]}, r"must be a list of numbers, one an epoch, got \['low'\]"),
    ],
)
def test_bad_histories(history, message):
    with pytest.raises(ValueError, match=message):
        HistoryDisplay.from_history(history)


def test_an_unknown_measure_cannot_be_monitored():
    with pytest.raises(ValueError, match=r"one of \['loss', .*\], .* got 'val_uar'"):
        HistoryDisplay.from_history(HISTORY, monitor="val_uar")
