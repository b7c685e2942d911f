"""Levels in decibels: of signals, and over frequency."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["amplitude", "random_curve", "set_level"]


def amplitude(decibels):
    """Factors on a signal, float32."""
    return np.exp(np.float32(np.log(10) / 20) * np.asarray(decibels, dtype=np.float32))


def set_level(sound, level):
    """Scale to a level in dB; silence stays silence."""
    power = np.mean(sound**2)
    return sound * np.float32(10 ** (level / 20) / np.sqrt(power)) if power else sound


def random_curve(rng, octave, decibels):
    """A smooth random course over the octaves, of this standard deviation."""
    knots = np.arange(-5.0, 6.0)
    return np.interp(octave, knots, decibels * rng.standard_normal(len(knots)))
