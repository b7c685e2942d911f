"""Windows by which frames are multiplied: by name, or computed by a callable."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import lru_cache

import numpy as np

__all__ = ["check_window", "periodic_hann", "window_samples"]


@lru_cache(maxsize=32)
def periodic_hann(n_fft):
    """Hann window of period `n_fft`, float64."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)


def check_window(window):
    """Refuse a name or a tuple that SciPy does not know, whatever the length."""
    if window != "hann" and not callable(window):
        # SciPy looks at the length behind the name, and one sample is always enough.
        _named_window(window, 1)


def window_samples(window, n_fft):
    """The samples of a window.

    Parameters
    ----------
    window : str, tuple or callable
        As :class:`~skaudeep.audio.Spectrogram` takes it.
    n_fft : int
        Number of samples.

    Returns
    -------
    ndarray of shape (n_fft,)
        Float64. Shared between threads: do not write to it.
    """
    if window == "hann":
        return periodic_hann(n_fft)
    # Not kept: a callable may give something else the next time, and next to the
    # transform of a clip this is nothing.
    given = window(n_fft) if callable(window) else _named_window(window, n_fft)
    samples = np.asarray(given)
    if samples.shape != (n_fft,):
        fault = f"an array of shape {samples.shape}"
    elif samples.dtype.kind not in "biuf":
        fault = f"an array of dtype {samples.dtype}"
    elif not np.isfinite(samples).all():
        fault = "NaN or infinite numbers"
    else:
        return samples.astype(np.float64)
    raise ValueError(
        f"window must give as many finite real numbers as there are samples in a "
        f"frame; {window!r} gave {fault} for {n_fft} samples."
    )


def _named_window(window, n_fft):
    from scipy.signal import get_window

    try:
        return get_window(window, n_fft)
    except (IndexError, TypeError, ValueError) as error:
        raise ValueError(
            "window must be a name or a tuple that scipy.signal.get_window knows, such "
            "as 'hamming' or ('kaiser', 8.6), or a callable that takes the number of "
            f"samples; got {window!r} for {n_fft} samples: {error}"
        ) from error
