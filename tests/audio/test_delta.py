"""Tests of the derivative over time against librosa's."""
# SPDX-License-Identifier: BSD-3-Clause

import librosa
import numpy as np
import pytest

from skaudeep.audio import Chromagram, MelSpectrogram, Spectrogram
from skaudeep.audio._delta import derive_over_time
from skaudeep.audio._numerics import scale_min_max

STEPS = [
    MelSpectrogram(8000, n_mels=8),
    MelSpectrogram(8000, n_mels=8, numerics="audeep"),
    Spectrogram(8000, f_max=200),
    Chromagram(8000),
]
every_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step))
every_order = pytest.mark.parametrize("order", [1, 2])


@pytest.fixture
def signal(rng):
    """Noise that grows louder, 24 frames at the default window."""
    return rng.standard_normal(8000) * np.geomspace(0.01, 1, 8000)


@every_order
@pytest.mark.parametrize("n_frames", [9, 10, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_librosa(rng, order, n_frames, dtype):
    values = rng.uniform(-100, 0, (n_frames, 5)).astype(dtype)
    expected = librosa.feature.delta(values.T, order=order).T
    actual = derive_over_time(values, order)
    assert actual.dtype == dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=4 * eps, atol=100 * eps)


@every_order
@pytest.mark.parametrize("n_frames", range(1, 9))
def test_short_clips_go_on_as_they_begin_and_end(rng, order, n_frames):
    values = rng.uniform(-100, 0, (n_frames, 3))
    longer = np.pad(values, ((9, 9), (0, 0)), mode="edge")
    expected = librosa.feature.delta(longer.T, order=order).T[9:-9]
    np.testing.assert_allclose(derive_over_time(values, order), expected, atol=1e-10)


def test_derivatives_are_per_frame():
    frame = np.arange(20.0)[:, np.newaxis]
    np.testing.assert_allclose(derive_over_time(3 * frame, 1), 3)
    np.testing.assert_allclose(derive_over_time(3 * frame, 2), 0, atol=1e-10)
    np.testing.assert_allclose(derive_over_time(3 * frame**2, 2), 6)


@every_step
@every_order
def test_steps_derive_what_they_would_show(step, order, signal):
    shown = step.__class__(**{**step.get_params(), "scale": None})
    expected = librosa.feature.delta(shown.transform([signal])[0].T, order=order).T
    actual = shown.set_params(delta=order).transform([signal])[0]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-5)
    scaled = shown.set_params(scale="minmax").transform([signal])[0]
    np.testing.assert_allclose(scaled, scale_min_max(expected), rtol=0, atol=1e-5)
    assert scaled.dtype == np.float32


@every_order
def test_levels_are_clipped_before(order, signal):
    mel = MelSpectrogram(8000, n_mels=8, clip_below=-20, clip_above=-5, scale=None)
    clipped = mel.transform([signal])[0]
    assert clipped.min() == -20
    assert clipped.max() == -5
    expected = librosa.feature.delta(clipped.T, order=order).T
    actual = mel.set_params(delta=order).transform([signal])[0]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-5)


def test_audeep_numerics_stay_in_double_precision(signal):
    mel = MelSpectrogram(8000, n_mels=8, numerics="audeep", scale=None, delta=1)
    levels = MelSpectrogram(8000, n_mels=8, numerics="audeep", scale=None)
    exact = levels._analyse(signal, 8000)
    assert exact.dtype == np.float64
    np.testing.assert_array_equal(
        mel._analyse(signal, 8000), librosa.feature.delta(exact.T).T
    )


@every_step
@every_order
@pytest.mark.parametrize("n_samples", [1, 700, 8000])
def test_silence_does_not_change(step, order, n_samples):
    step = step.__class__(**{**step.get_params(), "delta": order, "scale": None})
    silence = [np.zeros(n_samples)]
    assert (step.transform(silence) == 0).all()
    assert (step.set_params(scale="minmax").transform(silence) == -1).all()


@every_step
def test_scaled_deltas_reach_both_ends(step, signal):
    step = step.__class__(**{**step.get_params(), "delta": 1})
    for clip in (signal, signal[:2000]):
        (X,) = step.transform([clip])
        assert X.min() == -1
        np.testing.assert_allclose(X.max(), 1, rtol=1e-6)


@every_step
@pytest.mark.parametrize("delta", [-1, 3, 1.0, "1", None])
def test_delta_out_of_range(step, delta):
    step = step.__class__(**{**step.get_params(), "delta": delta})
    with pytest.raises(ValueError, match=f"'delta' parameter .* Got {delta!r}"):
        step.fit([np.ones(5000)])
