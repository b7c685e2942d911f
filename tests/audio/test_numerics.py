"""Frames, decibels and scale where a whole spectrogram would hide the fault."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.audio import _numerics
from skaudeep.audio._numerics import frame_power, scale_min_max, to_decibels


def test_rounding_is_not_blown_up_to_a_range():
    assert (scale_min_max(np.array([-50, -50.00001])) == -1).all()
    np.testing.assert_array_equal(scale_min_max(np.array([-50, -50.01])), [1, -1])


def test_scaled_values_never_leave_the_interval(rng):
    over = 0
    for _ in range(300):
        values = rng.uniform(-100, 0, 5).astype(np.float32)
        low, high = float(values.min()), float(values.max())
        over += ((values - low) * np.float32(2 / (high - low)) - 1).max() > 1
        scaled = scale_min_max(values)
        assert scaled.min() == -1
        assert 1 - 1e-6 < scaled.max() <= 1
    assert over > 0


@pytest.mark.parametrize("reference", [1e-14, 1e-10, 1e-3])
def test_references_below_the_floor_are_the_floor(reference):
    librosa = pytest.importorskip("librosa")
    values = np.array([[1e-12, 1e-6], [1e-3, 2.0]])
    expected = librosa.power_to_db(values, ref=reference, top_db=None)
    np.testing.assert_allclose(to_decibels(values, reference=reference), expected)


def test_silence_up_to_the_floor_has_no_level():
    assert (to_decibels(np.full(3, 1e-10)) == -100).all()
    np.testing.assert_allclose(to_decibels(np.array([1e-11, 2e-10])), [-3.0103, 0])
    quiet = to_decibels(np.array([1e-13, 1e-12]), floor="smallest")
    np.testing.assert_allclose(quiet, [-10, 0])
    silence = to_decibels(np.zeros(2), reference=1.0, floor="smallest")
    np.testing.assert_allclose(silence, -200)


@pytest.mark.parametrize("block", [1, 100, 700])
def test_blocks_may_be_shorter_than_a_window(rng, monkeypatch, block):
    signal = rng.standard_normal(2000)
    whole = frame_power(signal, 640, 320)
    monkeypatch.setattr(_numerics, "BLOCK", block)
    np.testing.assert_allclose(frame_power(signal, 640, 320), whole)
