"""Derivatives of sequences over time."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["derive_over_time"]

# Frames to which a polynomial is fitted; librosa's default.
WIDTH = 9


def derive_over_time(values, order):
    """Derivative of every band over time, as ``librosa.feature.delta`` computes it.

    A polynomial of degree `order` is fitted to 9 frames around each frame, or to the
    first or last 9 at the ends (Savitzky and Golay's filter), and derived `order`
    times.

    Parameters
    ----------
    values : ndarray of shape (n_frames, n_bands)
        Float32 or float64.
    order : {0, 1, 2}
        0 returns `values` themselves.

    Returns
    -------
    ndarray of shape (n_frames, n_bands)
        Per frame, of the dtype of `values`. A clip of fewer than 9 frames has no 9 to
        fit at its ends and is continued by its first and its last frame instead.
    """
    if order == 0:
        return values
    # Rounding in the fit at the ends must not become the range of a silent clip.
    if values.min() == values.max():
        return np.zeros_like(values)
    from scipy.signal import savgol_filter

    mode = "interp" if len(values) >= WIDTH else "nearest"
    return savgol_filter(values, WIDTH, order, deriv=order, axis=0, mode=mode)
