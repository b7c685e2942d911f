"""What the mel and the linear spectrogram have in common."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np

from skaudeep._validation import Interval, Options, StrOptions
from skaudeep.audio._clip_transformer import ClipTransformer
from skaudeep.audio._delta import derive_over_time
from skaudeep.audio._numerics import (
    AMIN,
    MIN_RANGE_DB,
    frame_power,
    min_linear_range,
    scale_min_max,
    to_decibels,
    to_linear,
)
from skaudeep.audio._window import check_window, window_samples

__all__ = ["BaseSpectrogram"]


class BaseSpectrogram(ClipTransformer):
    """Frames, power, amplitude, clipping, delta and scale; subclasses name the bands.

    Subclasses implement ``_bands(sample_rate)``, the bands that
    :func:`~skaudeep.audio._numerics.frame_power` takes.
    """

    _parameter_constraints = {
        **ClipTransformer._parameter_constraints,
        "window": [str, tuple, callable],
        "power": [Options(Real, {1, 2})],
        "amplitude": [StrOptions({"db", "power", "magnitude"})],
        "reference": [StrOptions({"max"}), Interval(Real, 0, None, closed="neither")],
        "clip_below": [Interval(Real, None, None, closed="neither"), None],
        "clip_above": [Interval(Real, None, None, closed="neither"), None],
        "delta": [Options(Integral, {0, 1, 2})],
        "scale": [StrOptions({"minmax"}), None],
        "numerics": [StrOptions({"librosa", "audeep"})],
    }

    @property
    def _dtype(self):
        return np.float64 if self.numerics == "audeep" else np.float32

    def _check_parameters(self):
        super()._check_parameters()
        check_window(self.window)
        for name in ("clip_below", "clip_above"):
            if self.amplitude != "db" and getattr(self, name) is not None:
                raise ValueError(
                    f"{name} is a level in dB and must be None with amplitude="
                    f"{self.amplitude!r}, got {getattr(self, name)!r}."
                )
        if None not in (self.clip_below, self.clip_above) and (
            self.clip_below >= self.clip_above
        ):
            raise ValueError(
                f"clip_above must be greater than clip_below={self.clip_below!r} (dB) "
                f"or None, got {self.clip_above!r}."
            )
        if self.numerics == "audeep":
            for name, needed in (("power", 2), ("window", "hann")):
                if getattr(self, name) != needed:
                    raise ValueError(
                        f"{name} must be {needed!r} with numerics='audeep', got "
                        f"{getattr(self, name)!r}."
                    )

    def _analyse(self, signal, sample_rate):
        values = self._power(signal, sample_rate)
        if self.amplitude == "db":
            values = self._levels(values)
            min_range = MIN_RANGE_DB
        else:
            values = to_linear(
                values, self.amplitude, power=self.power, reference=self.reference
            )
            min_range = min_linear_range(values)
        values = derive_over_time(values, self.delta)
        return values if self.scale is None else scale_min_max(values, min_range)

    def _power(self, signal, sample_rate):
        n_fft, hop = self._frame_sizes(sample_rate)
        window = window_samples(self.window, n_fft)
        audeep = self.numerics == "audeep"
        values = frame_power(
            signal,
            n_fft,
            hop,
            window=window,
            power=self.power,
            bands=self._bands(sample_rate),
            centre=audeep,
        )
        if audeep:
            values /= sample_rate * n_fft * np.sum(window**2)
        return values

    def _levels(self, values):
        """Decibels, clipped."""
        values = to_decibels(
            values,
            power=self.power,
            reference=self.reference,
            floor="smallest" if self.numerics == "audeep" else AMIN,
        )
        if self.clip_below is not None:
            np.maximum(values, self.clip_below, out=values)
        if self.clip_above is not None:
            np.minimum(values, self.clip_above, out=values)
        return values
