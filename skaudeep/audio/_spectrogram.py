"""Spectrograms of linear frequency in decibels."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.audio._base_spectrogram import BaseSpectrogram
from skaudeep.audio._filterbank import bins_between

__all__ = ["Spectrogram"]


class Spectrogram(BaseSpectrogram):
    """Spectrograms of recordings with linear frequency, in decibels, in [-1, 1].

    Every clip is decoded, mixed to mono, cut into overlapping windowed frames
    (nothing is padded but a clip shorter than one window), transformed with an FFT as
    long as the window, put into decibels relative to the clip's maximum and scaled.

    Parameters
    ----------
    sample_rate : int or None, default=None
        Sample rate of the analysis in Hz. Files of another rate are resampled by
        soxr at its quality "HQ". None keeps the rate of the files; then all must have
        the same. Required for signals in arrays, whose rate it states.
    window_width : float, default=0.08
        Length of a frame in seconds; whole samples, rounded down.
    window_overlap : float, default=0.04
        What successive frames share, in seconds; whole samples, rounded down.
    window : str, tuple or callable, default="hann"
        What every frame is multiplied by: a name or a tuple of a name and parameters
        that :func:`scipy.signal.get_window` knows, periodic, or a callable that takes
        the number of samples and returns the window, such as :func:`numpy.hamming`,
        which is symmetric. With ``numerics="audeep"`` it must be "hann".
    f_min : float, default=0.0
        Bins below it, in Hz, are left out.
    f_max : float or None, default=None
        Bins above it, in Hz, are left out; None is half the sample rate.
    power : {2, 1}, default=2
        Whether `reference` is a power or a magnitude; what is relative to the maximum
        is the same.
    amplitude : {"db", "power", "magnitude"}, default="db"
        Unit of the result: decibels, or powers or magnitudes as they are, where
        silence is 0.
    reference : "max" or float, default="max"
        What 0 dB is, or 1 in a linear unit: the maximum of the clip, or this value, a
        power for ``power=2`` and a magnitude for ``power=1``.
    clip_below : float or None, default=None
        Levels below it are raised to it, in dB relative to `reference`. Must be None
        if `amplitude` is not "db".
    clip_above : float or None, default=None
        Levels above it are lowered to it, in dB relative to `reference`. Must be None
        if `amplitude` is not "db".
    delta : {0, 1, 2}, default=0
        Order of the derivative over time, of what `amplitude` and clipping give, that
        takes its place; 0 leaves it.
    scale : {"minmax"} or None, default="minmax"
        "minmax" maps each clip's lowest value to -1 and its highest to 1; None leaves
        the unit of `amplitude`.
    duration : float or None, default=None
        Length in seconds to which all clips are cut, or padded with zeros; None
        leaves them as long as they are.
    align : {"start", "center"}, default="start"
        Which part `duration` keeps of a longer clip, and where a shorter clip stands
        in the padding.
    pre_emphasis : float, default=0.0
        Coefficient a of the high pass x[n] - a x[n - 1] before the analysis.
    numerics : {"librosa", "audeep"}, default="librosa"
        "librosa": as librosa 0.11 computes it. "audeep": as auDeep 0.9.6 does, in
        float64; set ``pre_emphasis=0.95`` too for what its command line computes.
    on_error : {"raise", "warn", "ignore"}, default="raise"
        What happens when a clip cannot be used: an :class:`AudioError` that names it,
        or a sequence of NaN in its place, with or without a warning.
    n_jobs : int or None, default=None
        Number of clips computed at once, in threads (see :class:`joblib.Parallel`).
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    sample_rate_ : int
        Sample rate of the analysis in Hz. Missing if `sample_rate` is None and no
        recording seen in fit could be read.
    n_features_in_ : int
        Number of samples a clip, if X was a 2-D array.

    See Also
    --------
    MelSpectrogram : The same summed to mel bands; its notes hold here too.
    Chromagram : The same summed to pitch classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import Spectrogram
    >>> t = np.arange(8000) / 8000
    >>> signals = [np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 880 * t)]
    >>> spectrogram = Spectrogram(sample_rate=8000, window_width=0.05, f_max=1000)
    >>> X = spectrogram.fit_transform(signals)
    >>> X.shape
    (2, 96, 51)
    >>> spectrogram.band_frequencies()[X.mean(axis=1).argmax(axis=1)]
    array([440., 880.])
    """

    def __init__(
        self,
        sample_rate=None,
        *,
        window_width=0.08,
        window_overlap=0.04,
        window="hann",
        f_min=0.0,
        f_max=None,
        power=2,
        amplitude="db",
        reference="max",
        clip_below=None,
        clip_above=None,
        delta=0,
        scale="minmax",
        duration=None,
        align="start",
        pre_emphasis=0.0,
        numerics="librosa",
        on_error="raise",
        n_jobs=None,
        verbose=0,
    ):
        self.sample_rate = sample_rate
        self.window_width = window_width
        self.window_overlap = window_overlap
        self.window = window
        self.f_min = f_min
        self.f_max = f_max
        self.power = power
        self.amplitude = amplitude
        self.reference = reference
        self.clip_below = clip_below
        self.clip_above = clip_above
        self.delta = delta
        self.scale = scale
        self.duration = duration
        self.align = align
        self.pre_emphasis = pre_emphasis
        self.numerics = numerics
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.verbose = verbose

    def band_frequencies(self, sample_rate=None):
        """Centre frequencies of the bands.

        Parameters
        ----------
        sample_rate : int or None, default=None
            Needed only if neither the parameter is set nor the transformer fitted.

        Returns
        -------
        ndarray of shape (n_bands,)
            Hz.
        """
        sample_rate = self._known_sample_rate(sample_rate)
        n_fft, _ = self._frame_sizes(sample_rate)
        return np.fft.rfftfreq(n_fft, 1 / sample_rate)[self._bands(sample_rate)]

    def _bands(self, sample_rate):
        n_fft, _ = self._frame_sizes(sample_rate)
        return slice(*bins_between(sample_rate, n_fft, *self._band_edges(sample_rate)))

    def _n_bands(self, sample_rate):
        bands = self._bands(self._known_sample_rate(sample_rate))
        return bands.stop - bands.start

    def _inspect_sample_rate(self, sample_rate):
        super()._inspect_sample_rate(sample_rate)
        self._bands(sample_rate)
