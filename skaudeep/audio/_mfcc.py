"""Mel-frequency cepstral coefficients."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np

from skaudeep._validation import Interval, StrOptions
from skaudeep.audio._clip_transformer import ClipTransformer
from skaudeep.audio._filterbank import librosa_filterbank, warn_of_empty_filters
from skaudeep.audio._numerics import frame_power, to_decibels

__all__ = ["MFCC"]


class MFCC(ClipTransformer):
    """Mel-frequency cepstral coefficients of recordings, as librosa computes them.

    The classic description of a spectrum's envelope: the discrete cosine transform of
    the mel spectrum in decibels, frame by frame.

    Parameters
    ----------
    sample_rate : int or None, default=None
        Sample rate of the analysis in Hz. Files of another rate are resampled by
        soxr at its quality "HQ". None keeps the rate of the files; then all must have
        the same. Required for signals in arrays, whose rate it states.
    n_mfcc : int, default=20
        Number of coefficients, at most `n_mels`.
    window_width : float, default=0.04
        Length of a frame in seconds; whole samples, rounded down.
    window_overlap : float, default=0.02
        What successive frames share, in seconds; whole samples, rounded down.
    n_mels : int, default=40
        Number of mel bands under the cosine transform.
    f_min : float, default=0.0
        Lower edge of the lowest band in Hz.
    f_max : float or None, default=None
        Upper edge of the highest band in Hz; None is half the sample rate.
    mel_scale : {"slaney", "htk"}, default="slaney"
        Formula of the mel scale.
    clip_below : float or None, default=-80.0
        Levels below it are raised to it, in dB relative to the clip's maximum;
        librosa's ``top_db``.
    lifter : float, default=0
        Liftering coefficient; 0 does none.
    duration : float or None, default=None
        Length in seconds to which all clips are cut, or padded with zeros; None
        leaves them as long as they are.
    align : {"start", "center"}, default="start"
        Which part `duration` keeps of a longer clip, and where a shorter clip stands
        in the padding.
    pre_emphasis : float, default=0.0
        Coefficient a of the high pass x[n] - a x[n - 1] before the analysis.
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
    SequenceStatistics : Makes features of the coefficients.
    MelSpectrogram : The spectrum itself.

    Notes
    -----
    Equals ``librosa.feature.mfcc`` of librosa 0.11 with ``center=False``. Recordings of
    several channels without a channel view are mixed to mono, the mean of all
    channels.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import MFCC
    >>> noise = np.random.default_rng(0).standard_normal((2, 8000))
    >>> MFCC(sample_rate=8000, n_mfcc=13).transform(noise).shape
    (2, 49, 13)
    """

    _parameter_constraints = {
        **ClipTransformer._parameter_constraints,
        "n_mfcc": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "mel_scale": [StrOptions({"slaney", "htk"})],
        "clip_below": [Interval(Real, None, 0, closed="neither"), None],
        "lifter": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        sample_rate=None,
        *,
        n_mfcc=20,
        window_width=0.04,
        window_overlap=0.02,
        n_mels=40,
        f_min=0.0,
        f_max=None,
        mel_scale="slaney",
        clip_below=-80.0,
        lifter=0,
        duration=None,
        align="start",
        pre_emphasis=0.0,
        on_error="raise",
        n_jobs=None,
        verbose=0,
    ):
        self.sample_rate = sample_rate
        self.n_mfcc = n_mfcc
        self.window_width = window_width
        self.window_overlap = window_overlap
        self.n_mels = n_mels
        self.f_min = f_min
        self.f_max = f_max
        self.mel_scale = mel_scale
        self.clip_below = clip_below
        self.lifter = lifter
        self.duration = duration
        self.align = align
        self.pre_emphasis = pre_emphasis
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _check_parameters(self):
        super()._check_parameters()
        if self.n_mfcc > self.n_mels:
            raise ValueError(
                f"n_mfcc must be at most n_mels={self.n_mels}, got {self.n_mfcc!r}."
            )

    def _analyse(self, signal, sample_rate):
        from librosa.feature import mfcc

        n_fft, hop = self._frame_sizes(sample_rate)
        values = frame_power(signal, n_fft, hop, bands=self._bands(sample_rate))
        values = to_decibels(values, reference=1.0)
        if self.clip_below is not None:
            np.maximum(values, values.max() + self.clip_below, out=values)
        return mfcc(S=values.T, n_mfcc=self.n_mfcc, lifter=self.lifter).T

    def _bands(self, sample_rate):
        n_fft, _ = self._frame_sizes(sample_rate)
        edges = self._band_edges(sample_rate)
        return librosa_filterbank(
            sample_rate, n_fft, self.n_mels, *edges, self.mel_scale
        )

    def _n_bands(self, sample_rate):
        return self.n_mfcc

    def _inspect_sample_rate(self, sample_rate):
        super()._inspect_sample_rate(sample_rate)
        warn_of_empty_filters(self._bands(sample_rate), sample_rate)
