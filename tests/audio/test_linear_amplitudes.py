"""Spectrograms in powers and magnitudes, down to the smallest."""
# SPDX-License-Identifier: BSD-3-Clause

import librosa
import numpy as np
import pytest

from skaudeep.audio import MelSpectrogram, Spectrogram
from skaudeep.audio._numerics import min_linear_range, scale_min_max, to_linear

AMPLITUDE = pytest.mark.parametrize("amplitude", ["power", "magnitude"])
POWER = pytest.mark.parametrize("power", [1, 2])
REFERENCE = pytest.mark.parametrize("reference", ["max", 0.5])
# auDeep knows powers only.
POWER_AND_NUMERICS = pytest.mark.parametrize(
    ("power", "numerics"), [(1, "librosa"), (2, "librosa"), (2, "audeep")]
)
NUMERICS = pytest.mark.parametrize("numerics", ["librosa", "audeep"])

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.fixture
def signal(rng):
    """Noise that grows louder, 24 frames at the default window."""
    return rng.standard_normal(8000) * np.geomspace(0.01, 1, 8000)


@AMPLITUDE
@POWER
@REFERENCE
def test_sums_relative_to_the_reference(signal, amplitude, power, reference):
    mel = MelSpectrogram(
        8000,
        n_mels=8,
        power=power,
        amplitude=amplitude,
        reference=reference,
        scale=None,
    )
    sums = librosa.feature.melspectrogram(
        y=signal,
        sr=8000,
        n_fft=640,
        hop_length=320,
        center=False,
        n_mels=8,
        power=power,
    ).T
    expected = sums / (sums.max() if reference == "max" else 0.5)
    expected **= {"power": 2, "magnitude": 1}[amplitude] / power
    (clip,) = mel.transform([signal])
    assert clip.dtype == np.float32
    np.testing.assert_allclose(clip, expected, rtol=1e-5)


@AMPLITUDE
@POWER
@REFERENCE
def test_decibels_are_the_logarithm(signal, amplitude, power, reference):
    step = Spectrogram(8000, power=power, reference=reference, scale=None)
    levels = step.transform([signal])
    linear = step.set_params(amplitude=amplitude).transform([signal])
    factor = {"power": 10, "magnitude": 20}[amplitude]
    np.testing.assert_allclose(factor * np.log10(linear), levels, rtol=0, atol=1e-3)


@AMPLITUDE
@POWER_AND_NUMERICS
def test_the_maximum_is_exactly_one(rng, amplitude, power, numerics):
    clips = rng.standard_normal((20, 3000)) * np.geomspace(1e-8, 1e4, 20)[:, np.newaxis]
    mel = MelSpectrogram(
        8000, n_mels=8, power=power, amplitude=amplitude, numerics=numerics, scale=None
    )
    assert (mel.transform(clips).max(axis=(1, 2)) == 1).all()


@AMPLITUDE
@POWER_AND_NUMERICS
@pytest.mark.parametrize("reference", ["max", 0.5, 1e-60, 1e60])
@pytest.mark.parametrize("n_samples", [1, 3000])
def test_silence_is_zero(amplitude, power, numerics, reference, n_samples):
    mel = MelSpectrogram(
        8000,
        n_mels=8,
        power=power,
        amplitude=amplitude,
        reference=reference,
        numerics=numerics,
        scale=None,
    )
    silence = [np.zeros(n_samples)]
    assert (mel.transform(silence) == 0).all()
    assert (mel.set_params(delta=1).transform(silence) == 0).all()
    assert (mel.set_params(scale="minmax").transform(silence) == -1).all()
    assert (mel.set_params(delta=0).transform(silence) == -1).all()


@AMPLITUDE
@NUMERICS
@pytest.mark.parametrize("delta", [0, 1, 2])
@pytest.mark.parametrize("reference", ["max", 1.0])
def test_scaled_clips_do_not_depend_on_the_level(
    signal, amplitude, numerics, delta, reference
):
    step = MelSpectrogram(
        8000,
        n_mels=8,
        amplitude=amplitude,
        reference=reference,
        delta=delta,
        numerics=numerics,
    )
    loud, quiet = step.transform([signal, signal / 2**20])
    assert loud.min() == quiet.min() == -1
    np.testing.assert_allclose(loud.max(), 1, rtol=1e-6)
    np.testing.assert_allclose(quiet, loud, rtol=0, atol=1e-5)


@AMPLITUDE
@POWER
@pytest.mark.parametrize("level", [1e-7, 1.0, 1e4])
def test_a_clip_that_does_not_change_has_no_derivative(amplitude, power, level):
    # A tone whose period divides the step, so that all frames are equal.
    tone = level * np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    step = Spectrogram(8000, power=power, amplitude=amplitude, reference=1.0, delta=1)
    assert (step.transform([tone]) == -1).all()


@AMPLITUDE
@pytest.mark.parametrize("order", [1, 2])
def test_delta_derives_linear_values(signal, amplitude, order):
    step = Spectrogram(8000, amplitude=amplitude, f_max=500, scale=None)
    expected = librosa.feature.delta(step.transform([signal])[0].T, order=order).T
    actual = step.set_params(delta=order).transform([signal])[0]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_one_level_is_a_part_of_the_largest():
    for level in (1e-30, 1e-5, 1.0, 1e5):
        flat = np.array([level, level * (1 - 5e-6)])
        assert (scale_min_max(flat.copy(), min_linear_range(flat)) == -1).all()
        range_ = np.array([level, level * (1 - 5e-5)])
        scaled = scale_min_max(range_.copy(), min_linear_range(range_))
        np.testing.assert_allclose(scaled, [1, -1], rtol=1e-12)


@pytest.mark.parametrize("largest", [1e-45, 1e-39, 1e-38, 2e-38])
def test_numbers_without_digits_are_no_range(largest):
    values = np.array([0, largest], dtype=np.float32)
    scaled = scale_min_max(values.copy(), min_linear_range(values))
    np.testing.assert_array_equal(scaled, [-1, 1 if largest > 1.18e-38 else -1])


def test_tiny_powers_keep_the_digits_of_their_magnitudes():
    powers = np.array([4e-30, 1e-30], dtype=np.float32)
    magnitudes = to_linear(powers, "magnitude", reference=1e30)
    np.testing.assert_allclose(magnitudes, [2e-30, 1e-30], rtol=1e-6)
    magnitudes = np.array([4e-25, 2e-25], dtype=np.float32)
    powers = to_linear(magnitudes, "power", power=1, reference=2e-25)
    np.testing.assert_allclose(powers, [4, 1], rtol=1e-6)
