"""Pitch classes: the tuning of a clip, and the filter bank that folds octaves."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import lru_cache

import numpy as np

__all__ = ["chroma_filterbank", "estimate_tuning"]

# Where librosa looks for pitches (Hz), how far below a frame's largest value it does
# so, and the step of its estimate, in bands.
PITCHES = (150.0, 4000.0)
THRESHOLD = 0.1
RESOLUTION = 0.01


@lru_cache(maxsize=256)
def chroma_filterbank(sample_rate, n_fft, n_chroma, tuning, bins):
    """The matrix of ``librosa.filters.chroma``.

    Parameters
    ----------
    sample_rate, n_fft, n_chroma : int
        Hz, samples, and pitch classes an octave.
    tuning : float
        Deviation from A at 440 Hz as a fraction of a pitch class.
    bins : tuple of int
        The first FFT bin to count, and the one behind the last.

    Returns
    -------
    ndarray of shape (n_chroma, n_fft // 2 + 1)
        Float32. Shared between threads: do not write to it.
    """
    from librosa.filters import chroma

    matrix = chroma(sr=sample_rate, n_fft=n_fft, n_chroma=n_chroma, tuning=tuning)
    matrix[:, : bins[0]] = 0
    matrix[:, bins[1] :] = 0
    return matrix


def estimate_tuning(power, sample_rate, n_chroma, f_min, f_max):
    """Deviation of a clip from A at 440 Hz, by the peaks of its spectrum.

    The number of ``librosa.estimate_tuning``, which interpolates and compares all
    bins of all frames where this looks at the peaks alone, and which warns where
    there are none.

    Parameters
    ----------
    power : ndarray of shape (n_frames, n_bins)
        Power of all FFT bins.
    sample_rate, n_chroma : int
        Hz, and pitch classes an octave.
    f_min, f_max : float
        Where to look for pitches, in Hz.

    Returns
    -------
    float
        Fraction of a pitch class, from -0.5 to 0.5; 0 if nothing has a pitch.
    """
    from librosa import pitch_tuning

    # As librosa takes it from a spectrum; of an odd window it is one sample less.
    n_fft = 2 * (power.shape[1] - 1)
    if n_fft == 0:
        return 0.0
    # Half the sample rate is no peak, on whichever side of it rounding puts the bin.
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)[:-1]
    low, high = max(PITCHES[0], f_min), min(PITCHES[1], f_max, sample_rate / 2)
    first, last = np.searchsorted(frequencies, [low, high])
    below = power[:, first - 1 : last - 1]
    centre = power[:, first:last]
    above = power[:, first + 1 : last + 1]
    floor = THRESHOLD * power.max(axis=1, keepdims=True)
    peaks = np.nonzero((centre > floor) & (centre > below) & (centre >= above))
    if len(peaks[0]) == 0:
        return 0.0
    below, centre, above = below[peaks], centre[peaks], above[peaks]
    # The top of the parabola through the three; float64 where librosa has it.
    slope = 0.5 * (above - below)
    curvature = (above + below) - 2.0 * centre.astype(np.float64)
    shift = np.zeros_like(curvature)
    np.divide(-slope, curvature, out=shift, where=np.abs(slope) < np.abs(curvature))
    shift = shift.astype(power.dtype)
    heights = centre + 0.5 * slope * shift
    pitches = (peaks[1] + first + shift) * float(sample_rate) / n_fft
    return float(
        pitch_tuning(
            pitches[heights >= np.median(heights)].astype(power.dtype),
            resolution=RESOLUTION,
            bins_per_octave=n_chroma,
        )
    )
