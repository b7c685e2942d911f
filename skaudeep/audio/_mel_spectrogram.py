"""Mel spectrograms in decibels."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

from skaudeep._validation import Interval, StrOptions
from skaudeep.audio._base_spectrogram import BaseSpectrogram
from skaudeep.audio._filterbank import (
    audeep_filterbank,
    librosa_filterbank,
    mel_frequencies,
    warn_of_empty_filters,
)

__all__ = ["MelSpectrogram"]


class MelSpectrogram(BaseSpectrogram):
    """Mel spectrograms of recordings, in decibels, scaled to [-1, 1].

    Every clip is decoded, mixed to mono, cut into overlapping windowed frames
    (nothing is padded but a clip shorter than one window), transformed with an FFT as
    long as the window, summed to mel bands, put into decibels relative to the clip's
    maximum and scaled.

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
    n_mels : int, default=128
        Number of mel bands.
    f_min : float, default=0.0
        Lower edge of the lowest band in Hz.
    f_max : float or None, default=None
        Upper edge of the highest band in Hz; None is half the sample rate.
    mel_scale : {"slaney", "htk"}, default="slaney"
        Formula of the mel scale. With ``numerics="audeep"`` it is always HTK's.
    mel_norm : {"slaney", "peak"} or None, default="slaney"
        "slaney" divides every filter by its area, in Hz; "peak" by its largest weight,
        so that each one has an FFT bin of weight 1; None leaves triangles of height 1,
        whose apex mostly lies between two bins. ``numerics="audeep"`` always takes its
        own triangles of height 1, and no "peak".
    power : {2, 1}, default=2
        Whether powers or magnitudes are summed to bands. A sum of powers has its square
        root as its magnitude, and a sum of magnitudes its square as its power.
    amplitude : {"db", "power", "magnitude"}, default="db"
        Unit of the result: decibels, or powers or magnitudes as they are, where
        silence is 0.
    reference : "max" or float, default="max"
        What 0 dB is, or 1 in a linear unit: the maximum of the clip, or this value, a
        power for ``power=2`` and a magnitude for ``power=1``.
    clip_below : float or None, default=None
        Levels below it are raised to it, in dB relative to `reference`; -60 removes
        all that is 60 dB below the clip's maximum. Must be None if `amplitude` is not
        "db".
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
    Spectrogram : The same with linear frequency.
    MFCC : Cepstral coefficients.
    ChannelSplitter : Chooses another view of the channels than the mono mix.

    Notes
    -----
    Recordings of several channels without a channel view are mixed to mono, the mean
    of all channels.

    ``numerics="librosa"`` equals ``librosa.feature.melspectrogram(center=False)``,
    whose ``norm`` is ``np.inf`` for ``mel_norm="peak"``, then
    ``librosa.power_to_db(top_db=None)``, or ``amplitude_to_db`` for ``power=1``, with
    one exception: a clip without any power above librosa's floor of 1e-10 has the level
    -100 dB and not 0 dB when the reference is its own maximum. Linear amplitudes have
    no floor.

    ``numerics="audeep"`` [1]_ subtracts the mean of every frame, uses triangles of
    height one between whole FFT bins, and raises all levels to the smallest positive
    one of the clip. Its linear amplitudes are what it takes the logarithm of, in
    float64 up to the result.

    ``delta`` equals ``librosa.feature.delta`` of width 9. A clip of fewer than 9
    frames, too short for it, counts as if its first and its last frame went on.

    Silence, and any clip of one single level, is -1 after scaling. Mel bands narrower
    than the distance of two FFT bins may hold no bin at all; they stay at the floor,
    or 0 in a linear unit, with an :class:`AudioWarning`. Integer signals are taken as
    they are.

    References
    ----------
    .. [1] M. Freitag, S. Amiriparian, S. Pugachevskiy, N. Cummins and B. Schuller,
       "auDeep: Unsupervised Learning of Representations from Audio with Deep
       Recurrent Neural Networks", Journal of Machine Learning Research 18(173), 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import MelSpectrogram
    >>> t = np.arange(8000) / 8000
    >>> signals = [np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 880 * t)]
    >>> spectrogram = MelSpectrogram(sample_rate=8000, n_mels=16)
    >>> X = spectrogram.fit_transform(signals)
    >>> X.shape, X.dtype
    ((2, 24, 16), dtype('float32'))
    >>> spectrogram.band_frequencies()[X.mean(axis=1).argmax(axis=1)].round()
    array([414., 827.])
    """

    _parameter_constraints = {
        **BaseSpectrogram._parameter_constraints,
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "mel_scale": [StrOptions({"slaney", "htk"})],
        "mel_norm": [StrOptions({"slaney", "peak"}), None],
    }

    def __init__(
        self,
        sample_rate=None,
        *,
        window_width=0.08,
        window_overlap=0.04,
        window="hann",
        n_mels=128,
        f_min=0.0,
        f_max=None,
        mel_scale="slaney",
        mel_norm="slaney",
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
        self.n_mels = n_mels
        self.f_min = f_min
        self.f_max = f_max
        self.mel_scale = mel_scale
        self.mel_norm = mel_norm
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
        ndarray of shape (n_mels,)
            Hz.
        """
        f_min, f_max = self._band_edges(self._known_sample_rate(sample_rate))
        scale = "htk" if self.numerics == "audeep" else self.mel_scale
        return mel_frequencies(self.n_mels + 2, f_min, f_max, scale)[1:-1]

    def _check_parameters(self):
        super()._check_parameters()
        if self.numerics == "audeep" and self.mel_norm == "peak":
            raise ValueError(
                "mel_norm must be 'slaney' or None with numerics='audeep', whose "
                "triangles have height 1 either way, got 'peak'."
            )

    def _bands(self, sample_rate):
        n_fft, _ = self._frame_sizes(sample_rate)
        shape = (sample_rate, n_fft, self.n_mels, *self._band_edges(sample_rate))
        if self.numerics == "audeep":
            return audeep_filterbank(*shape)
        return librosa_filterbank(*shape, self.mel_scale, self.mel_norm)

    def _n_bands(self, sample_rate):
        return self.n_mels

    def _inspect_sample_rate(self, sample_rate):
        super()._inspect_sample_rate(sample_rate)
        warn_of_empty_filters(self._bands(sample_rate), sample_rate)
