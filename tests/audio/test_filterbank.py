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
    ("norm", "librosas"), [("slaney", "slaney"), ("peak", np.inf), (None, None)]
)
@pytest.mark.parametrize(
    ("sample_rate", "n_fft", "n_mels", "f_min", "f_max"),
    [(44100, 8820, 320, 0, 22050), (16000, 640, 64, 0, 8000), (8000, 201, 5, 90, 3e3)],
)
def test_equals_librosa(
    sample_rate, n_fft, n_mels, f_min, f_max, norm, librosas, scale
):
    ours = librosa_filterbank(sample_rate, n_fft, n_mels, f_min, f_max, scale, norm)
    theirs = librosa.filters.mel(
        sr=sample_rate,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=f_min,
        fmax=f_max,
        htk=scale == "htk",
        norm=librosas,
    )
    np.testing.assert_allclose(ours.toarray(), theirs, rtol=1e-6, atol=1e-9)
    assert ours.dtype == np.float32


def test_the_norm_is_slaneys_by_default():
    shape = (16000, 512, 40, 0.0, 8000.0, "slaney")
    default = librosa_filterbank(*shape).toarray()
    np.testing.assert_array_equal(
        default, librosa_filterbank(*shape, "slaney").toarray()
    )


def test_peak_is_exactly_one_and_empty_filters_stay_empty():
    shape = (16000, 640, 400, 0.0, 8000.0, "slaney")
    triangles = librosa_filterbank(*shape, None).max(axis=1).toarray()
    assert 0 < (triangles == 0).sum() < 400
    peaks = librosa_filterbank(*shape, "peak").max(axis=1).toarray()
    np.testing.assert_array_equal(peaks, triangles > 0)


def test_a_bin_on_the_edge_is_not_a_peak():
    # Bins are 100 / 3 Hz apart and triangles 20 Hz wide; bins at 100, 200, ... Hz lie
    # on edges of triangles that hold no other bin.
    shape = (8000, 240, 99, 0.0, 1000.0, "slaney")
    triangles = librosa_filterbank(*shape, None).max(axis=1).toarray()
    rounding = (triangles > 0) & (triangles < 1e-6)
    assert rounding.any()
    peaks = librosa_filterbank(*shape, "peak").max(axis=1).toarray()
    assert (peaks[rounding] == 0).all()
    assert (peaks[triangles > 0.1] == 1).all()


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
