"""Base of the steps that decode: one recording in, one sequence out."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import partial
from numbers import Integral, Real

import numpy as np

from skaudeep._base import SequenceTransformer, StatelessMixin
from skaudeep._containers import check_recordings, stack_sequences
from skaudeep._parallel import map_clips
from skaudeep._validation import Interval, StrOptions
from skaudeep.audio._channel import mix_down
from skaudeep.audio._numerics import pre_emphasize
from skaudeep.audio._recording import Recording
from skaudeep.exceptions import AudioError, MissingClipWarning

__all__ = ["ClipTransformer", "whole_samples"]

# Seconds times sample rate falls a rounding error short of whole numbers.
EPSILON = 1e-6


def whole_samples(seconds, sample_rate):
    """Samples that fit into `seconds`: rounded down, but not by a rounding error."""
    return int(seconds * sample_rate + EPSILON)


class ClipTransformer(StatelessMixin, SequenceTransformer):
    """Reads, mixes, resamples, cuts and pads clips; subclasses analyse them.

    Subclasses have the parameters below, implement ``_analyse(signal, sample_rate)``
    and ``_n_bands(sample_rate)``, and may override ``_check_parameters`` and
    ``_inspect_sample_rate``.
    """

    _parameter_constraints = {
        "sample_rate": [Interval(Integral, 1, None, closed="left"), None],
        "window_width": [Interval(Real, 0, None, closed="neither")],
        "window_overlap": [Interval(Real, 0, None, closed="left")],
        "f_min": [Interval(Real, 0, None, closed="left")],
        "f_max": [Interval(Real, 0, None, closed="neither"), None],
        "duration": [Interval(Real, 0, None, closed="neither"), None],
        "align": [StrOptions({"start", "center"})],
        "pre_emphasis": [Interval(Real, 0, 1, closed="both")],
        "on_error": [StrOptions({"raise", "warn", "ignore"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    _dtype = np.float32

    def fit(self, X, y=None):
        """Check the parameters and X; learn the sample rate, and nothing else.

        Parameters
        ----------
        X : recordings
            Paths, :class:`Recording` objects or signals.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer itself.
        """
        X = self._check(X, reset=True)
        if hasattr(self, "sample_rate_"):
            del self.sample_rate_
        sample_rate, self._sample_rate_source = self._find_sample_rate(X)
        if sample_rate is not None:
            self.sample_rate_ = sample_rate
        return self

    def transform(self, X):
        """Turn every recording into a sequence.

        Parameters
        ----------
        X : recordings
            Paths, :class:`Recording` objects or signals of shape (n_samples,) or
            (n_channels, n_samples).

        Returns
        -------
        ndarray
            Float32 array of shape (n_clips, n_frames, n_bands) if all clips have the
            same number of frames, otherwise a 1-D object array of arrays
            (n_frames, n_bands).
        """
        X = self._check(X, reset=False)
        sample_rate, source = self._find_sample_rate(X)
        if sample_rate is not None:
            self._inspect_sample_rate(sample_rate)
        results = map_clips(
            partial(self._extract, sample_rate=sample_rate, source=source),
            list(enumerate(X)),
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            description=type(self).__name__,
        )
        sequences = (self._report(result) for result in results)
        return stack_sequences(sequences, self._n_bands(sample_rate))

    def frame_times(self, n_frames, sample_rate=None):
        """Times of the centres of the frames.

        Parameters
        ----------
        n_frames : int
            Number of frames of the sequence.
        sample_rate : int or None, default=None
            Needed only if neither the parameter is set nor the transformer fitted.

        Returns
        -------
        ndarray of shape (n_frames,)
            Seconds from the start of the clip.
        """
        sample_rate = self._known_sample_rate(sample_rate)
        n_fft, hop = self._frame_sizes(sample_rate)
        return (np.arange(n_frames) * hop + n_fft / 2) / sample_rate

    def _check(self, X, *, reset):
        self._validate_params()
        self._check_parameters()
        X = check_recordings(self, X, reset=reset, allow_nan=self.on_error != "raise")
        if self.sample_rate is None:
            for i, clip in enumerate(X):
                if not isinstance(clip, Recording):
                    raise ValueError(
                        "sample_rate must be given (in Hz) when X holds signals; it "
                        f"is None and X[{i}] is an array."
                    )
        return X

    def _check_parameters(self):
        if self.window_overlap >= self.window_width:
            raise ValueError(
                f"window_overlap must be smaller than window_width="
                f"{self.window_width!r} (seconds), got {self.window_overlap!r}."
            )
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ValueError(
                f"f_max must be greater than f_min={self.f_min!r} (Hz) or None, got "
                f"{self.f_max!r}."
            )

    def _find_sample_rate(self, X):
        """Sample rate of the analysis, and where it comes from.

        Both are None if not one of the recordings can be read.
        """
        if self.sample_rate is not None:
            return self.sample_rate, "sample_rate"
        if hasattr(self, "sample_rate_"):
            return self.sample_rate_, self._sample_rate_source
        for recording in X:
            try:
                return recording.sample_rate, f"{recording.path!r}, seen first, has"
            except AudioError:
                if self.on_error == "raise":
                    raise
        return None, None

    def _extract(self, item, sample_rate, source):
        """Sequence of one clip; an AudioError instead if the clip is to be missing."""
        index, clip = item
        try:
            signal, found_rate = self._load(index, clip)
        except AudioError as error:
            if self.on_error == "raise":
                raise
            return error
        if found_rate != sample_rate:
            raise AudioError(
                f"{clip.path!r} has {found_rate} Hz, but {source} {sample_rate} Hz. "
                "Set sample_rate to resample them to one rate."
            )
        sequence = self._analyse(signal, sample_rate)
        return np.ascontiguousarray(sequence, dtype=np.float32)

    def _report(self, result):
        """The sequence, or None with the warning that was asked for."""
        if not isinstance(result, AudioError):
            return result
        if self.on_error == "warn":
            warnings.warn(
                f"{result} The clip is missing (NaN) in the output.",
                MissingClipWarning,
                stacklevel=5,
            )
        return None

    def _load(self, index, clip):
        """Mono signal at the sample rate of the analysis, of its final length."""
        if isinstance(clip, Recording):
            signal, native_rate, n_context = clip._read(
                self._cut, context=int(self.pre_emphasis > 0)
            )
        else:
            native_rate, n_context = self.sample_rate, 0
            signal = np.atleast_2d(clip)
            first, last = self._cut(signal.shape[1], native_rate)
            signal = signal[:, first:last].astype(np.float32)
            _check_signal(signal, f"X[{index}]")
        signal = mix_down(signal)
        previous = float(signal[0]) if n_context else 0.0
        signal = np.ascontiguousarray(signal[n_context:])
        sample_rate = self.sample_rate or native_rate
        if sample_rate != native_rate:
            import soxr

            signal = soxr.resample(signal, native_rate, sample_rate, quality="HQ")
            previous = 0.0
        if self.duration is not None:
            n_samples = max(1, whole_samples(self.duration, sample_rate))
            missing = n_samples - len(signal)
            before = missing // 2 if self.align == "center" and missing > 0 else 0
            if before:
                previous = 0.0
            signal = np.pad(signal[:n_samples], (before, max(0, missing - before)))
        signal = signal.astype(self._dtype, copy=False)
        return pre_emphasize(signal, self.pre_emphasis, previous), sample_rate

    def _cut(self, n_samples, sample_rate):
        """First and last sample of what `duration` leaves of a clip."""
        if self.duration is None:
            return 0, n_samples
        wanted = max(1, whole_samples(self.duration, sample_rate))
        excess = max(0, n_samples - wanted)
        first = excess // 2 if self.align == "center" else 0
        return first, n_samples - excess + first

    def _frame_sizes(self, sample_rate):
        """Window and step in samples."""
        n_fft = whole_samples(self.window_width, sample_rate)
        hop = n_fft - whole_samples(self.window_overlap, sample_rate)
        if n_fft < 1:
            raise ValueError(
                f"window_width={self.window_width!r} s is less than one sample at "
                f"{sample_rate} Hz."
            )
        if hop < 1:
            raise ValueError(
                f"window_width={self.window_width!r} and window_overlap="
                f"{self.window_overlap!r} s differ by less than one sample at "
                f"{sample_rate} Hz."
            )
        return n_fft, hop

    def _band_edges(self, sample_rate):
        """Lowest and highest frequency in Hz."""
        f_max = sample_rate / 2 if self.f_max is None else float(self.f_max)
        if f_max <= self.f_min:
            raise ValueError(
                f"f_min must be below half the sample rate ({f_max:g} Hz), got "
                f"{self.f_min!r}."
            )
        return float(self.f_min), f_max

    def _known_sample_rate(self, sample_rate=None):
        for known in (
            sample_rate,
            self.sample_rate,
            getattr(self, "sample_rate_", None),
        ):
            if known is not None:
                return known
        raise ValueError(
            "The sample rate is not known: set sample_rate, or fit this "
            f"{type(self).__name__} to recordings that can be read."
        )

    def _inspect_sample_rate(self, sample_rate):
        """Refuse or warn about what does not go with the sample rate."""
        self._frame_sizes(sample_rate)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.on_error != "raise"
        return tags


def _check_signal(signal, name):
    if signal.size == 0:
        raise AudioError(f"{name}: the signal holds no samples.")
    if not np.isfinite(signal).all():
        raise AudioError(
            f"{name}: the signal contains samples that are NaN or infinite."
        )
