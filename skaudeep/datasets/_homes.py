"""The homes in which tagged clips are recorded."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import fft

from skaudeep._event_lists import Event
from skaudeep.datasets._backgrounds import KINDS
from skaudeep.datasets._levels import amplitude, random_curve, set_level
from skaudeep.datasets._scene_sounds import Studio
from skaudeep.datasets._tag_sounds import TAGS

__all__ = ["Home", "HomeSettings"]

# Nothing that is a tag: no voices, no broadband noise.
_TEXTURES = ("engine", "drops")
_LEVEL = -42.0
_PEAK = 0.98
# Where a sound begins and ends, in dB to its peak.
_EDGE = -40.0
_N_TAPS = 256


@dataclass(frozen=True)
class HomeSettings:
    """What all homes of a set share: see :func:`make_tagged_clips`."""

    sample_rate: int
    n_samples: int
    voices: tuple
    n_homes: int
    snr: tuple
    seed: int


class Sound(NamedTuple):
    """A sound of a clip, and the sample that it begins at."""

    start: int
    signal: np.ndarray
    tag: str

    @property
    def stop(self):
        """The sample after its last."""
        return self.start + len(self.signal)

    def is_apart(self, other):
        """Whether there is something between them."""
        return self.stop < other.start or other.stop < self.start


class Home:
    """A home: its background, its room, its microphone, who and what is heard in it.

    Parameters
    ----------
    number : int
        Of the home, from 0.
    settings : HomeSettings
        What all homes share.
    """

    def __init__(self, number, settings):
        self.number = number
        self.settings = settings
        # No syllable is heard in two homes.
        self.voices = settings.voices[number :: settings.n_homes]
        rng = self._generator(0, 0)
        # Of float32, as all that is made with them is to be.
        self.places = {tag: rng.random(4, dtype=np.float32) for tag in TAGS}
        # Dull: noise that is a tag is brighter.
        self.noise = rng.uniform((0.5, 0, 0, 0), 1).astype(np.float32)
        place = rng.random(4, dtype=np.float32)
        self.texture = rng.choice(_TEXTURES), rng.uniform(-15, -3), place
        self.level = _LEVEL + rng.uniform(-4, 4)
        taps = self._draw_microphone(rng)
        self.microphone = fft.rfft(taps, settings.n_samples)
        self.room = np.convolve(taps, self._draw_room(rng))

    def record(self, take, out):
        """Fill `out` with clip number `take`, and return what is heard in it, when."""
        out[:] = self.background(take)
        sounds = self.sounds(take, np.sqrt(np.mean(np.square(out))))
        for sound in sounds:
            out[sound.start : sound.stop] += sound.signal
        out *= np.float32(min(1, _PEAK / np.abs(out).max()))
        rate = self.settings.sample_rate
        return sorted(
            Event(sound.start / rate, sound.stop / rate, sound.tag) for sound in sounds
        )

    def background(self, take):
        """What is heard beneath the sounds of clip number `take`."""
        studio = self._studio(take, 0)
        kind, level, place = self.texture
        signal = set_level(KINDS["noise"](studio, self.noise), 0)
        signal = signal + set_level(KINDS[kind](studio, place), level)
        signal = fft.irfft(fft.rfft(signal) * self.microphone, len(signal))
        return set_level(signal, self.level + studio.rng.uniform(-2, 2))

    def sounds(self, take, background_level):
        """The sounds of clip number `take`, above a background of this RMS."""
        studio = self._studio(take, 1)
        sounds = []
        for name, tag in TAGS.items():
            if studio.rng.random() >= tag.share:
                continue
            ratio = amplitude(tag.level + studio.rng.uniform(*self.settings.snr))
            own = []
            for _ in range(studio.rng.integers(1, tag.most + 1)):
                signal = self._hear(studio, tag.sound(studio, self.places[name]))
                signal *= ratio * background_level / np.sqrt(np.mean(signal**2))
                start = studio.rng.integers(
                    self.settings.n_samples - len(signal), endpoint=True
                )
                sound = Sound(int(start), signal, name)
                # Of what would overlap itself, the first is heard.
                if all(sound.is_apart(other) for other in own):
                    own.append(sound)
            sounds += own
        return sounds

    def _generator(self, *numbers):
        # Always four numbers: to a generator, missing ones are zeros.
        return np.random.default_rng((self.settings.seed, self.number, *numbers))

    def _studio(self, take, part):
        rng = self._generator(int(take) + 1, part)
        rate, n = self.settings.sample_rate, self.settings.n_samples
        return Studio(rng, rate, n, self.voices)

    def _draw_microphone(self, rng):
        """An impulse response whose spectrum is a smooth random curve."""
        frequency = fft.rfftfreq(_N_TAPS, 1 / self.settings.sample_rate)
        octave = np.log2(np.maximum(frequency, 60) / 1000)
        taps = fft.irfft(amplitude(random_curve(rng, octave, 3.0)))
        return np.roll(taps, _N_TAPS // 2) * np.hanning(_N_TAPS).astype(np.float32)

    def _draw_room(self, rng):
        """An impulse response: the sound itself and a tail that dies away."""
        time = np.arange(1, int(0.4 * self.settings.sample_rate), dtype=np.float32)
        time /= self.settings.sample_rate
        seconds = rng.uniform(0.15, 0.4)
        tail = rng.standard_normal(len(time), dtype=np.float32)
        tail *= np.exp(np.float32(-6.9 / seconds) * time)
        tail *= np.float32(rng.uniform(0.1, 0.5) / np.sqrt(np.sum(tail**2)))
        return np.concatenate([np.ones(1, np.float32), tail])

    def _hear(self, studio, sound):
        """A sound in this room: what of it a clip can hold, from edge to edge."""
        n = fft.next_fast_len(len(sound) + len(self.room), real=True)
        sound = sound.astype(np.float32, copy=False)
        sound = _trim(fft.irfft(fft.rfft(sound, n) * fft.rfft(self.room, n), n))
        spare = len(sound) - self.settings.n_samples
        if spare <= 0:
            return sound
        # A piece with the peak, so that it never is a pause.
        peak = int(np.argmax(np.abs(sound)))
        first = max(0, peak - self.settings.n_samples + 1)
        start = studio.rng.integers(first, min(peak, spare), endpoint=True)
        return _trim(sound[start : start + self.settings.n_samples])


def _trim(sound):
    level = np.abs(sound)
    heard = np.flatnonzero(level >= amplitude(_EDGE) * level.max())
    return sound[heard[0] : heard[-1] + 1]
