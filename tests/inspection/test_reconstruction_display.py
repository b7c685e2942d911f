"""The display of a reconstruction: pictures, and errors of frames."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from matplotlib import pyplot as plt

from skaudeep.inspection import ReconstructionDisplay

CLIP = np.random.default_rng(1).uniform(-1, 1, (10, 4))


class Autoencoder:
    """Leaves nothing of the clip but half of it; its code is its first frame."""

    def reconstruct(self, X):
        return [x / 2 for x in X]

    def transform(self, X):
        return np.stack([x[0] for x in X])

    def inverse_transform(self, X, n_frames=None):
        return np.repeat(X[:, np.newaxis], n_frames, axis=1)


def show(clip=CLIP, estimator=None, **parameters):
    return ReconstructionDisplay.from_estimator(
        Autoencoder() if estimator is None else estimator, clip, **parameters
    )


def test_pictures_and_errors():
    display = show()
    for image, picture in zip(display.images_, (CLIP, CLIP / 2), strict=True):
        np.testing.assert_allclose(image.get_array(), picture.T)
    expected = np.sqrt(np.mean((CLIP / 2) ** 2, axis=1))
    np.testing.assert_allclose(display.errors_, expected)
    np.testing.assert_allclose(
        display.curves_["reconstruction"].get_ydata(), display.errors_
    )
    assert display.error_ == pytest.approx(np.sqrt(np.mean((CLIP / 2) ** 2)))
    assert display.ax_[2].get_title(loc="left") == f"Error {display.error_:.3f}"


def test_beside_the_error_is_that_of_the_mean_frame():
    display = show()
    away = CLIP - CLIP.mean(axis=0)
    np.testing.assert_allclose(
        display.curves_["mean frame"].get_ydata(), np.sqrt(np.mean(away**2, axis=1))
    )


def test_the_code_alone():
    display = show(method="inverse_transform")
    np.testing.assert_array_equal(
        display.reconstruction, np.repeat(CLIP[:1], 10, axis=0)
    )
    assert display.errors_[0] == 0 and display.errors_[1] > 0


def test_both_pictures_have_the_same_colours():
    class Loud(Autoencoder):
        def reconstruct(self, X):
            return [3 * x for x in X]

    display = show(estimator=Loud())
    first, second = display.images_
    assert first.get_clim() == second.get_clim() == (3 * CLIP.min(), 3 * CLIP.max())


def test_axes_of_time_and_frequency():
    display = show(hop=0.02, window=0.05, frequencies=[100, 200, 400, 800])
    assert tuple(display.images_[1].get_extent())[:2] == pytest.approx((0.015, 0.215))
    times = display.curves_["reconstruction"].get_xdata()
    np.testing.assert_allclose(times, 0.025 + 0.02 * np.arange(10))
    assert display.ax_[2].get_xlabel() == "Time (s)"
    assert display.ax_[0].get_ylabel() == "Frequency (Hz)"
    display = show()
    np.testing.assert_allclose(
        display.curves_["reconstruction"].get_xdata(), np.arange(10)
    )
    assert display.ax_[2].get_xlabel() == "Frame"


def test_panels_are_equally_wide_in_given_axes(tmp_path):
    _, axes = plt.subplots(1, 2)
    display = show(ax=axes[0])
    display.figure_.savefig(tmp_path / "reconstruction.png")
    assert len({panel.get_position().width for panel in display.ax_}) == 1
    assert display.plot().figure_ is not axes[0].figure


def test_a_single_frame_is_a_point():
    display = show(CLIP[:1])
    assert display.curves_["reconstruction"].get_marker() == "."


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "predict"}, "method must be one of .*, got 'predict'"),
        ({"clip": CLIP[np.newaxis]}, r"clip must be of shape \(n_frames, n_bands\)"),
        ({"clip": np.full((3, 2), np.nan)}, "clip must hold finite numbers"),
        ({"hop": -1}, "hop must be a positive number"),
        ({"estimator": object()}, "an autoencoder with the method reconstruct, got <"),
    ],
)
def test_bad_arguments(parameters, message):
    with pytest.raises(ValueError, match=message):
        show(**parameters)
