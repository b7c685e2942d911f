"""From samples to decibels: frames, power, reference, scale."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np

from skaudeep.audio._window import periodic_hann

__all__ = [
    "frame_power",
    "min_linear_range",
    "pre_emphasize",
    "scale_min_max",
    "to_decibels",
    "to_linear",
]

# librosa's floor for power, and what silence is put to where nothing else is asked.
AMIN = 1e-10
SILENCE_DB = -100.0

# Values transformed at once: long recordings take no more memory than short ones,
# and the block stays in the cache between window, FFT and filter bank.
BLOCK = 2**17

# Two values closer than this (dB) are one level, and a clip of one level has no range.
MIN_RANGE_DB = 1e-4

# The same of linear values, as a part of the clip's largest: a magnitude that grows by
# a hundred thousandth rises by 1e-4 dB.
MIN_RANGE = 1e-5


def pre_emphasize(signal, coefficient, previous=0.0):
    """First-order high pass y[n] = x[n] - coefficient * x[n - 1].

    Parameters
    ----------
    signal : ndarray of shape (n_samples,)
        Floats.
    coefficient : float
        0 returns the signal itself.
    previous : float, default=0.0
        The sample before the first.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    if coefficient == 0 or len(signal) == 0:
        return signal
    out = np.empty_like(signal)
    np.multiply(signal[:-1], -coefficient, out=out[1:])
    out[0] = -coefficient * previous
    out += signal
    return out


def frame_power(signal, n_fft, hop, *, window=None, power=2, bands=None, centre=False):
    """Power or magnitude of overlapping windowed frames.

    Frames start at 0, `hop`, 2 `hop`, ...; nothing is padded but a signal shorter
    than one frame, with zeros behind it.

    Parameters
    ----------
    signal : ndarray of shape (n_samples,)
        Float32 or float64. Of float32 the FFT is computed in float64 and all that
        follows in float32, as librosa does it: a float32 FFT is twice as fast, but
        wrong by 0.1 dB where a bin lies 130 dB below the loudest.
    n_fft, hop : int
        Window length and step in samples.
    window : ndarray of shape (n_fft,) or None, default=None
        Float64, by which every frame is multiplied; None is the periodic Hann window.
    power : {1, 2}, default=2
        Magnitude or its square.
    bands : sparse array of shape (n_bands, n_fft // 2 + 1), slice or None, default=None
        A filter bank, the FFT bins to keep, or all bins.
    centre : bool, default=False
        Subtract its mean from every frame before the window.

    Returns
    -------
    ndarray of shape (n_frames, n_bands)
        C-contiguous.
    """
    from scipy.fft import rfft

    if len(signal) < n_fft:
        signal = np.pad(signal, (0, n_fft - len(signal)))
    frames = np.lib.stride_tricks.sliding_window_view(signal, n_fft)[::hop]
    window = periodic_hann(n_fft) if window is None else window
    bands = slice(None) if bands is None else bands
    n_bands = (
        len(range(n_fft // 2 + 1)[bands])
        if isinstance(bands, slice)
        else bands.shape[0]
    )
    out = np.empty((len(frames), n_bands), dtype=signal.dtype)
    step = max(1, BLOCK // n_fft)
    for first in range(0, len(frames), step):
        block = frames[first : first + step]
        if centre:
            block = block - block.mean(axis=1, keepdims=True)
        spectrum = rfft(block * window, axis=1)
        if signal.dtype == np.float32:
            spectrum = spectrum.astype(np.complex64)
        values = np.square(spectrum.real)
        values += np.square(spectrum.imag)
        if power == 1:
            np.sqrt(values, out=values)
        # csr_array copies what is not contiguous, and slower than this line does.
        out[first : first + step] = (
            values[:, bands]
            if isinstance(bands, slice)
            else (bands @ np.ascontiguousarray(values.T)).T
        )
    return out


def to_decibels(values, *, power=2, reference="max", floor=AMIN):
    """Decibels relative to a reference; writes into `values` and returns it.

    Parameters
    ----------
    values : ndarray
        Powers, or magnitudes for ``power=1``.
    power : {1, 2}, default=2
        What `values` are.
    reference : "max" or float, default="max"
        What is 0 dB, in the unit of `values`.
    floor : float or "smallest", default=1e-10
        Powers below it are raised to it; "smallest" is the smallest positive power.

    Returns
    -------
    ndarray
        Silence (no power above the floor) is -100 dB under ``reference="max"``,
        where it has no level of its own.
    """
    if power == 1:
        np.square(values, out=values)
    peak = float(values.max())
    if reference == "max":
        if peak <= (0 if floor == "smallest" else floor):
            values.fill(SILENCE_DB)
            return values
        reference = peak
    else:
        reference = float(reference) ** (2 / power)
    if floor == "smallest":
        # Silence has no smallest positive power: far below any sound, on any scale.
        floor = values.min(where=values > 0, initial=np.inf) if peak > 0 else AMIN**2
    else:
        reference = max(reference, floor)
    np.maximum(values, floor, out=values)
    np.log10(values, out=values)
    values *= 10
    values -= 10 * np.log10(reference)
    return values


def to_linear(values, amplitude, *, power=2, reference="max"):
    """Linear values relative to a reference; writes into `values` and returns it.

    Parameters
    ----------
    values : ndarray
        Powers, or magnitudes for ``power=1``.
    amplitude : {"power", "magnitude"}
        What to return.
    power : {1, 2}, default=2
        What `values` are.
    reference : "max" or float, default="max"
        What becomes 1, in the unit of `values`.

    Returns
    -------
    ndarray
        Silence is 0, also under ``reference="max"``, where it has nothing to be
        divided by.
    """
    # In this order, because magnitudes keep their digits where powers underflow.
    if power == 2 and amplitude == "magnitude":
        np.sqrt(values, out=values)
        reference = reference if reference == "max" else math.sqrt(reference)
    divisor = float(values.max()) if reference == "max" else float(reference)
    if divisor > 0:
        # In float32 a tiny reference would be 0, and silence divided by it NaN.
        np.divide(values, divisor, out=values, dtype=np.float64, casting="same_kind")
    if power == 1 and amplitude == "power":
        np.square(values, out=values)
    return values


def min_linear_range(values):
    """How much linear values must differ for a clip to have a range."""
    # Smaller floats have lost digits, and 2 divided by them overflows.
    tiny = float(np.finfo(values.dtype).tiny)
    return max(MIN_RANGE * float(values.max()), tiny)


def scale_min_max(values, min_range=MIN_RANGE_DB):
    """Scale one clip to [-1, 1]; writes into `values` and returns it.

    A clip of one level, silence above all, becomes -1: one whose values differ by no
    more than `min_range`.
    """
    low, high = float(values.min()), float(values.max())
    if high - low <= min_range:
        values.fill(-1.0)
        return values
    values -= low
    values *= 2 / (high - low)
    values -= 1
    # Rounding may step over the upper end by one unit.
    return np.minimum(values, 1, out=values)
