"""Tests of the mel filter banks against librosa's and auDeep's matrices."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import librosa
import numpy as np
import pytest

from skaudeep.audio._filterbank import (
    audeep_filterbank,
    librosa_filterbank,
    mel_frequencies,
)

GOLDEN = Path(__file__).parents[1] / "reference" / "audeep" / "spectrograms.npz"


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize(
    ("sample_rate", "n_fft", "n_mels", "f_min", "f_max"),
    [(44100, 8820, 320, 0, 22050), (16000, 640, 64, 0, 8000), (8000, 201, 5, 90, 3e3)],
)
def test_equals_librosa(sample_rate, n_fft, n_mels, f_min, f_max, scale):
    ours = librosa_filterbank(sample_rate, n_fft, n_mels, f_min, f_max, scale)
    theirs = librosa.filters.mel(
        sr=sample_rate,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=f_min,
        fmax=f_max,
        htk=scale == "htk",
    )
    np.testing.assert_allclose(ours.toarray(), theirs, rtol=1e-6, atol=1e-9)
    assert ours.dtype == np.float32


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_frequencies_equal_librosa(scale):
    np.testing.assert_allclose(
        mel_frequencies(40, 20, 11025, scale),
        librosa.mel_frequencies(40, fmin=20, fmax=11025, htk=scale == "htk"),
        rtol=1e-12,
    )


def test_equals_audeep():
    golden = np.load(GOLDEN)
    wide = audeep_filterbank(44100, 8820, 320, 0, 22050).tocoo()
    np.testing.assert_array_equal(wide.row, golden["fbank_44100_8820_320_rows"])
    np.testing.assert_array_equal(wide.col, golden["fbank_44100_8820_320_cols"])
    np.testing.assert_allclose(wide.data, golden["fbank_44100_8820_320_vals"])
    narrow = audeep_filterbank(16000, 1280, 40, 0, 8000).toarray()
    np.testing.assert_allclose(narrow, golden["fbank_16000_1280_40"])


def test_audeep_has_the_same_empty_filters():
    weights = audeep_filterbank(16000, 640, 128, 0, 8000).sum(axis=1)
    np.testing.assert_array_equal(
        np.flatnonzero(weights == 0),
        np.load(GOLDEN)["fbank_16000_640_128_zero_rows"],
    )


def test_is_built_once():
    first = librosa_filterbank(8000, 640, 16, 0.0, 4000.0, "slaney")
    assert librosa_filterbank(8000, 640, 16, 0.0, 4000.0, "slaney") is first
