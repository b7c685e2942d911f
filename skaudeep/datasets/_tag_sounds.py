"""The sounds of tagged clips: what each tag may sound like."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skaudeep.datasets._backgrounds import KINDS
from skaudeep.datasets._scene_sounds import EVENTS, Studio, phrase

__all__ = ["TAGS", "Tag"]

_OTHERS = ("clatter", "beep", "bird", "squeal", "vehicle")
_SCALE = np.array([0, 2, 4, 7, 9, 12, 14, 16])
# Of a church bell, to its strike note.
_PARTIALS = ((0.5, 0.5), (1, 1), (1.2, 0.8), (1.5, 0.3), (2, 0.6), (2.7, 0.3))


@dataclass(frozen=True)
class Tag:
    """A tag of :func:`make_tagged_clips`.

    Attributes
    ----------
    share : float
        Of the clips that have it.
    most : int
        How many times it is heard in a clip, at most.
    level : float
        Added to the ratio to the background, in dB.
    sound : callable
        Makes one of the studio and of `place`, four numbers in [0, 1) that are fixed
        for the tag in a home: whose voice, which bell.
    """

    share: float
    most: int
    level: float
    sound: Callable


def _high_voice(studio, place):
    """A child says a few words."""
    pitch = _between(1.25, 1.55, place[0]) * studio.rng.uniform(0.95, 1.05)
    return phrase(studio, pitch, studio.rng.integers(2, 7))


def _low_voice(studio, place):
    """A man says a few words."""
    pitch = _between(0.65, 0.8, place[0]) * studio.rng.uniform(0.95, 1.05)
    return phrase(studio, pitch, studio.rng.integers(2, 5))


def _game(studio, place):
    """A video game's melody: square waves to a beat, of which some are left out."""
    rng = studio.rng
    beat = _between(0.1, 0.2, place[0])
    lowest = _between(330, 660, place[1])
    duty = _between(0.15, 0.5, place[2])
    harmonics = np.arange(1, 10)
    amplitudes = np.sin(np.pi * duty * harmonics) / harmonics
    n_notes = int(rng.uniform(2.5, 5.0) / beat)
    steps = np.clip(np.cumsum(rng.integers(-2, 3, n_notes)) + 3, 0, len(_SCALE) - 1)
    heard = np.flatnonzero(rng.random(n_notes) < 0.85)
    # One note at least.
    heard = heard if len(heard) else np.array([0])
    time = studio.time(beat)
    window = np.minimum(1, np.minimum(time, time[-1] - time) / np.float32(0.004))
    window *= np.exp(-_between(0.5, 3, place[3]) * time / beat)
    notes = [
        window * studio.tone(lowest * 2 ** (_SCALE[step] / 12) + 0 * time, amplitudes)
        for step in steps[heard]
    ]
    return studio.sequence(notes, heard * beat)


def _knock(studio, place):
    """Something hard is hit, once."""
    time = studio.time(0.15)
    pitch = _between(150, 700, place[0]) * studio.rng.uniform(0.85, 1.2)
    ring = studio.tone(pitch + 0 * time) + 0.6 * studio.tone(1.7 * pitch + 0 * time)
    click = studio.noise(len(time)) * np.exp(-time / 0.004)
    return ring * np.exp(-time / _between(0.012, 0.03, place[1])) + (
        _between(0.5, 2, place[2]) * click
    )


def _appliance(studio, place):
    """A tap or a vacuum cleaner: noise, brighter than the background's."""
    time = studio.time(studio.rng.uniform(1.2, 5.0))
    own = Studio(studio.rng, studio.sample_rate, len(time), studio.voices)
    noise = KINDS["noise"](own, place * np.float32([0.4, 0, 1, 0]))
    ramp = np.float32(_between(0.02, 0.3, place[2]))
    return noise * np.minimum(1, np.minimum(time, time[-1] - time) / ramp)


def _bell(studio, place):
    """A bell is struck and dies away, the high partials first."""
    time = studio.time(2.0)
    strike = _between(500, 1100, place[0]) * float(studio.rng.choice([1, 1.25]))
    decay = _between(0.12, 0.34, place[1])
    return sum(
        np.float32(level)
        * np.exp(-time * (ratio**0.5 / decay))
        * studio.tone(ratio * strike + 0 * time)
        for ratio, level in _PARTIALS
    )


def _other(studio, place):
    """One of the sounds of scenes that is nothing of the above."""
    return EVENTS[studio.rng.choice(_OTHERS)](studio, place)


def _between(low, high, place):
    return low + (high - low) * place


TAGS = {
    "high_voice": Tag(0.4, 2, 0, _high_voice),
    "low_voice": Tag(0.15, 2, 0, _low_voice),
    "game": Tag(0.3, 1, -6, _game),
    "knock": Tag(0.3, 6, 6, _knock),
    "noise": Tag(0.04, 1, -6, _appliance),
    "bell": Tag(0.2, 2, 0, _bell),
    "other": Tag(0.15, 1, 0, _other),
}
