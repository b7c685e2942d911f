"""Mel filter banks as sparse matrices, built once a process and set of parameters."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import lru_cache

import numpy as np

from skaudeep.exceptions import AudioWarning

__all__ = [
    "audeep_filterbank",
    "bins_between",
    "librosa_filterbank",
    "mel_frequencies",
    "warn_of_empty_filters",
]

# A bin on the very edge of a triangle has no weight but rounding errors, which must not
# become the peak of a filter that holds no other bin.
ROUNDING = 1e-6


def hz_to_mel(frequency, scale):
    """Mel value of a frequency in Hz, as librosa defines it."""
    frequency = np.asarray(frequency, dtype=np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + frequency / 700.0)
    # Slaney's Auditory Toolbox: linear to 1 kHz, then 27 steps for a factor 6.4.
    linear = frequency * 3 / 200
    logarithmic = 15.0 + np.log(np.maximum(frequency, 1e-9) / 1000.0) * 27 / np.log(6.4)
    return np.where(frequency >= 1000.0, logarithmic, linear)


def mel_to_hz(mel, scale):
    """Frequency in Hz of a mel value; the inverse of :func:`hz_to_mel`."""
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    exponential = 1000.0 * np.exp(np.log(6.4) / 27 * (np.maximum(mel, 15.0) - 15.0))
    return np.where(mel >= 15.0, exponential, mel * 200 / 3)


def mel_frequencies(n_mels, f_min, f_max, scale):
    """`n_mels` frequencies in Hz, equally spaced in mel from `f_min` to `f_max`."""
    low, high = hz_to_mel([f_min, f_max], scale)
    return mel_to_hz(np.linspace(low, high, n_mels), scale)


def bins_between(sample_rate, n_fft, f_min, f_max):
    """The first FFT bin from `f_min` to `f_max`, and the one behind the last."""
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    # A bin that lies on an edge belongs to the band, whatever the rounding.
    first = np.searchsorted(frequencies, f_min * (1 - 1e-9), side="left")
    last = np.searchsorted(frequencies, f_max * (1 + 1e-9), side="right")
    if first >= last:
        raise ValueError(
            f"No FFT bin lies between f_min={f_min:g} and f_max={f_max:g} "
            f"Hz: bins are {sample_rate / n_fft:g} Hz apart."
        )
    return int(first), int(last)


@lru_cache(maxsize=64)
def librosa_filterbank(sample_rate, n_fft, n_mels, f_min, f_max, scale, norm="slaney"):
    """The matrix of ``librosa.filters.mel``.

    Parameters
    ----------
    sample_rate, n_fft, n_mels : int
        Sample rate in Hz, length of the FFT, number of filters.
    f_min, f_max : float
        Lower edge of the first filter and upper edge of the last, in Hz.
    scale : {"slaney", "htk"}
        Formula of the mel scale.
    norm : {"slaney", "peak"} or None, default="slaney"
        Divides every filter by its area, or by its largest weight; None leaves
        triangles of height 1, whose apex may lie between two bins.

    Returns
    -------
    scipy.sparse.csr_array of shape (n_mels, n_fft // 2 + 1)
        Float32. Shared between threads: do not write to it.
    """
    from scipy.sparse import csr_array

    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    edges = mel_frequencies(n_mels + 2, f_min, f_max, scale)
    widths = np.diff(edges)
    ramps = edges[:, np.newaxis] - bins
    rising = -ramps[:-2] / widths[:-1, np.newaxis]
    falling = ramps[2:] / widths[1:, np.newaxis]
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    if norm == "slaney":
        weights *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    elif norm == "peak":
        peaks = weights.max(axis=1, keepdims=True)
        weights /= np.where(peaks > ROUNDING, peaks, np.inf)
    return csr_array(weights)


@lru_cache(maxsize=64)
def audeep_filterbank(sample_rate, n_fft, n_mels, f_min, f_max):
    """Matrix of auDeep: HTK scale, triangles between whole bins, all of height 1.

    Returns
    -------
    scipy.sparse.csr_array of shape (n_mels, n_fft // 2 + 1)
        Float64. Shared between threads: do not write to it.
    """
    from scipy.sparse import csr_array

    edges = mel_frequencies(n_mels + 2, f_min, f_max, "htk")
    edges = np.floor((n_fft + 1) * edges / sample_rate).astype(int)
    bins = np.arange(n_fft // 2 + 1)
    weights = np.zeros((n_mels, len(bins)))
    for row, (left, centre, right) in zip(
        weights, zip(edges[:-2], edges[1:-1], edges[2:], strict=True), strict=True
    ):
        rising = (bins >= left) & (bins < centre)
        row[rising] = (bins[rising] - left) / (centre - left)
        falling = (bins >= centre) & (bins < right)
        row[falling] = (right - bins[falling]) / (right - centre)
    return csr_array(weights)


def warn_of_empty_filters(filterbank, sample_rate):
    """Warn if filters are too narrow to hold a single FFT bin."""
    n_mels, n_bins = filterbank.shape
    n_empty = int((filterbank.sum(axis=1) == 0).sum())
    if n_empty:
        warnings.warn(
            f"{n_empty} of {n_mels} mel filters are empty at {sample_rate} Hz, where "
            f"{n_bins} FFT bins are {sample_rate / 2 / max(1, n_bins - 1):.1f} Hz "
            "apart: they stay at the floor. Use fewer bands or a wider window.",
            AudioWarning,
            stacklevel=4,
        )
