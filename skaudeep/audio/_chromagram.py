"""Chromagrams: how strong each pitch class is, whatever the octave."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np

from skaudeep._validation import Interval, Options, StrOptions
from skaudeep.audio._chroma import chroma_filterbank, estimate_tuning
from skaudeep.audio._clip_transformer import ClipTransformer
from skaudeep.audio._delta import derive_over_time
from skaudeep.audio._filterbank import bins_between
from skaudeep.audio._numerics import frame_power, scale_min_max

__all__ = ["Chromagram"]

# Parts of a clip's largest value by which others must differ from it to be a range.
MIN_RANGE = 1e-4

# What librosa calls the norms.
NORMS = {"max": float("inf"), "l1": 1, "l2": 2, None: None}


class Chromagram(ClipTransformer):
    """Chromagrams of recordings, as librosa computes them, scaled to [-1, 1].

    Every clip is decoded, mixed to mono and cut into overlapping Hann-windowed frames
    (nothing is padded but a clip shorter than one window). The power of all octaves is
    summed to the pitch classes C, C sharp, ..., B, and every frame divided by its
    norm.

    Parameters
    ----------
    sample_rate : int or None, default=None
        Sample rate of the analysis in Hz. Files of another rate are resampled by
        soxr at its quality "HQ". None keeps the rate of the files; then all must have
        the same. Required for signals in arrays, whose rate it states.
    window_width : float, default=0.08
        Length of a frame in seconds; whole samples, rounded down, and at least two.
    window_overlap : float, default=0.04
        What successive frames share, in seconds; whole samples, rounded down.
    n_chroma : int, default=12
        Number of pitch classes an octave. The first is C if they are a multiple of
        12, and A if they are fewer.
    tuning : float or None, default=None
        Deviation from A at 440 Hz as a fraction of a pitch class. None estimates it
        for each clip by the peaks of its spectrum.
    norm : {"max", "l1", "l2"} or None, default="max"
        What every frame is divided by: its largest value, the sum or the Euclidean
        norm of its values; None leaves powers. Silent frames stay 0.
    f_min : float, default=0.0
        FFT bins below it, in Hz, are left out.
    f_max : float or None, default=None
        FFT bins above it, in Hz, are left out; None is half the sample rate.
    delta : {0, 1, 2}, default=0
        Order of the derivative over time that takes the chromagram's place; 0 leaves
        it.
    scale : {"minmax"} or None, default="minmax"
        "minmax" maps each clip's lowest value to -1 and its highest to 1; None leaves
        the values of `norm`, 0 to 1 unless this is None or `delta` is set.
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
    Spectrogram : All frequencies.
    SpectrogramPicture : Draws it for an image network.

    Notes
    -----
    Equals ``librosa.feature.chroma_stft`` of librosa 0.11 with ``center=False``. With
    `f_min` or `f_max`, the tuning is ``librosa.estimate_tuning``'s between the same
    frequencies, at most from 150 to 4000 Hz. ``delta`` equals
    ``librosa.feature.delta`` of width 9; a clip of fewer than 9 frames, too short for
    it, counts as if its first and its last frame went on.

    Semitones lie 15 Hz apart at 262 Hz (the middle C), so a window that is to tell
    them apart there is at least 0.13 s long. Recordings of several channels without a
    channel view are mixed to mono, the mean of all channels. Silence, and any clip of
    one single value, is -1 after scaling.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import Chromagram
    >>> t = np.arange(8000) / 8000
    >>> signals = [np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 1046.5 * t)]
    >>> chromagram = Chromagram(8000, window_width=0.2, window_overlap=0.1, scale=None)
    >>> X = chromagram.fit_transform(signals)
    >>> X.shape
    (2, 9, 12)
    >>> np.array(["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"])[
    ...     X.mean(axis=1).argmax(axis=1)
    ... ]
    array(['A', 'C'], dtype='<U2')
    """

    _parameter_constraints = {
        **ClipTransformer._parameter_constraints,
        "n_chroma": [Interval(Integral, 1, None, closed="left")],
        "tuning": [Interval(Real, None, None, closed="neither"), None],
        "norm": [StrOptions({"max", "l1", "l2"}), None],
        "delta": [Options(Integral, {0, 1, 2})],
        "scale": [StrOptions({"minmax"}), None],
    }

    def __init__(
        self,
        sample_rate=None,
        *,
        window_width=0.08,
        window_overlap=0.04,
        n_chroma=12,
        tuning=None,
        norm="max",
        f_min=0.0,
        f_max=None,
        delta=0,
        scale="minmax",
        duration=None,
        align="start",
        pre_emphasis=0.0,
        on_error="raise",
        n_jobs=None,
        verbose=0,
    ):
        self.sample_rate = sample_rate
        self.window_width = window_width
        self.window_overlap = window_overlap
        self.n_chroma = n_chroma
        self.tuning = tuning
        self.norm = norm
        self.f_min = f_min
        self.f_max = f_max
        self.delta = delta
        self.scale = scale
        self.duration = duration
        self.align = align
        self.pre_emphasis = pre_emphasis
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _analyse(self, signal, sample_rate):
        from librosa.util import normalize

        values = self._chroma(signal, sample_rate)
        values = normalize(values, norm=NORMS[self.norm], axis=1)
        min_range = MIN_RANGE * values.max()
        values = derive_over_time(values, self.delta)
        return values if self.scale is None else scale_min_max(values, min_range)

    def _chroma(self, signal, sample_rate):
        n_fft, hop = self._frame_sizes(sample_rate)
        edges = self._band_edges(sample_rate)
        bins = bins_between(sample_rate, n_fft, *edges)
        shape = (sample_rate, n_fft, self.n_chroma)
        if self.tuning is not None:
            bands = chroma_filterbank(*shape, float(self.tuning), bins)
            return frame_power(signal, n_fft, hop, bands=bands)
        power = frame_power(signal, n_fft, hop)
        tuning = estimate_tuning(power, sample_rate, self.n_chroma, *edges)
        bands = chroma_filterbank(*shape, tuning, bins)
        # So little work that waking the threads of BLAS takes longer than all of it.
        return np.einsum("tf,cf->tc", power, bands)

    def _n_bands(self, sample_rate):
        return self.n_chroma

    def _inspect_sample_rate(self, sample_rate):
        n_fft, _ = self._frame_sizes(sample_rate)
        if n_fft < 2:
            raise ValueError(
                f"window_width={self.window_width!r} s is less than two samples at "
                f"{sample_rate} Hz."
            )
