"""The locations at which synthetic scenes are recorded."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy import fft

from skaudeep.datasets._levels import amplitude, random_curve, set_level
from skaudeep.datasets._scene_sounds import EVENTS, TEXTURES, Studio

__all__ = ["SCENES", "Location", "Settings"]


@dataclass(frozen=True)
class Settings:
    """What all locations of a set share: see :func:`make_scenes`."""

    sample_rate: int
    n_samples: int
    voices: tuple
    snr: float
    spread: float


@dataclass(frozen=True)
class Scene:
    """What the locations of a scene are drawn around.

    Attributes
    ----------
    slope : float
        Of the background's spectrum, in dB per octave.
    width : float
        Of the background: its side signal relative to its middle signal.
    room : float
        Reverberation time in seconds.
    gusts : float
        How much the level of the background changes, in dB.
    events : dict of (float, float)
        How many a minute, and their level in dB, by kind.
    textures : dict of float
        Their level in dB, by kind.
    """

    slope: float
    width: float
    room: float
    gusts: float
    events: dict
    textures: dict


SCENES = {
    "bus": Scene(
        slope=-6,
        width=0.4,
        room=0.15,
        gusts=2,
        events={
            "voice": (14, -2),
            "beep": (8, -1),
            "squeal": (8, -2),
            "clatter": (8, -4),
        },
        textures={"engine": 3},
    ),
    "cafe": Scene(
        slope=-4.5,
        width=0.7,
        room=0.4,
        gusts=1,
        events={
            "clatter": (40, 0),
            "voice": (24, 0),
            "beep": (4, -4),
            "steps": (6, -6),
        },
        textures={"babble": 0},
    ),
    "forest": Scene(
        slope=-3,
        width=0.9,
        room=0.2,
        gusts=4,
        events={
            "bird": (30, -2),
            "steps": (6, -4),
            "voice": (3, -4),
            "clatter": (6, -6),
        },
        textures={"wind": 0, "drops": -3},
    ),
    "home": Scene(
        slope=-4.5,
        width=0.35,
        room=0.25,
        gusts=1,
        events={
            "clatter": (16, -2),
            "voice": (16, 1),
            "steps": (12, 0),
            "beep": (3, -4),
        },
        textures={"drops": -3, "engine": -8},
    ),
    "office": Scene(
        slope=-4,
        width=0.35,
        room=0.3,
        gusts=1,
        events={
            "clatter": (26, -4),
            "voice": (8, -3),
            "beep": (10, -2),
            "steps": (6, -4),
        },
        textures={"engine": -1},
    ),
    "park": Scene(
        slope=-4.5,
        width=0.7,
        room=0.15,
        gusts=2,
        events={
            "bird": (16, -2),
            "steps": (20, 0),
            "voice": (14, 0),
            "vehicle": (4, -3),
        },
        textures={"wind": -6, "babble": -7},
    ),
    "station": Scene(
        slope=-5.5,
        width=0.9,
        room=0.9,
        gusts=2,
        events={
            "steps": (24, 1),
            "voice": (16, -3),
            "beep": (10, 0),
            "squeal": (6, 0),
            "vehicle": (4, 2),
        },
        textures={"babble": -6, "engine": -4},
    ),
    "street": Scene(
        slope=-5,
        width=0.8,
        room=0.25,
        gusts=3,
        events={
            "vehicle": (16, 3),
            "voice": (8, -3),
            "steps": (10, -3),
            "squeal": (4, -2),
            "beep": (3, -3),
        },
        textures={"engine": -4},
    ),
}

# Events a minute of those that belong to another scene.
_STRAY_RATE = 0.7
_STRAY_LEVEL = -3.0
_N_POSITIONS = 5
# What lies between two microphones 20 cm apart.
_LARGEST_DELAY = 6e-4
_LEVEL = -32.0
_PEAK = 0.98


class Location:
    """A place where clips are recorded: its sounds, its room and its microphones.

    Filters are spectra on the grid of the FFT that a clip takes.

    Parameters
    ----------
    name : str
        A key of :data:`SCENES`.
    number : int
        Of the location among those of its scene.
    seed : int
        Of the whole set.
    settings : Settings
        What all locations share.
    """

    def __init__(self, name, number, seed, settings):
        scene, snr, spread = SCENES[name], settings.snr, settings.spread
        self.sample_rate, self.n_samples = settings.sample_rate, settings.n_samples
        self.voices = settings.voices
        self.seed = (seed, list(SCENES).index(name), int(number))
        rng = np.random.default_rng((*self.seed, 0))
        drawn = spread * rng.standard_normal(6)
        self.gusts = scene.gusts * np.exp(0.3 * drawn[0])
        self.gust_rate = np.exp(-1 + 0.4 * drawn[1])
        self.width = scene.width * np.exp(0.2 * drawn[2])
        self.level = _LEVEL + 3 * drawn[3]
        room = scene.room * np.exp(0.3 * drawn[4])
        slope = scene.slope + 0.5 * drawn[5]

        self.n_fft = fft.next_fast_len(
            self.n_samples + int(1.2 * room * self.sample_rate), real=True
        )
        frequency = np.arange(self.n_fft // 2 + 1, dtype=np.float32)
        frequency *= self.sample_rate / self.n_fft
        frequency[0] = frequency[1]
        # Level from there down: what cannot be heard should not count as background.
        octave = np.log2(np.maximum(frequency, 60) / 1000)
        self.background = amplitude(
            slope * octave + spread * random_curve(rng, octave, 1.2)
        )
        response = random_curve(rng, octave, 1.2)
        mismatch = np.stack([random_curve(rng, octave, 0.4) for _ in range(2)])
        low_cut = 1 / np.sqrt(1 + (rng.uniform(50, 120) / frequency) ** 4)
        self.microphone = amplitude(spread * (response + mismatch)) * low_cut.astype(
            np.float32
        )
        self.positions = self._place(rng, room, frequency)
        self.events = self._choose_events(rng, scene, snr, spread)
        self.textures = {
            kind: (
                level + snr + 1.2 * spread * rng.standard_normal(),
                _fixed(rng, spread),
            )
            for kind, level in scene.textures.items()
        }

    def _place(self, rng, room, frequency):
        """Stereo responses from some positions in the room, left to right."""
        tail = self._reverberate(rng, room)
        responses = []
        for side in np.sort(rng.uniform(-1, 1, _N_POSITIONS)):
            far = rng.uniform(0.1, 1)
            dull = amplitude(-6 * far * np.maximum(0, np.log2(frequency / 2000)))
            response = np.float32(0.2 + far * np.sqrt(room)) * tail
            for channel, sign in enumerate((-1, 1)):
                gain = np.float32(10 ** (0.3 * sign * side))
                turn = frequency * np.float32(
                    -np.pi * _LARGEST_DELAY * (1 - sign * side)
                )
                response[channel].real += gain * np.cos(turn)
                response[channel].imag += gain * np.sin(turn)
            responses.append(response * dull)
        return responses

    def _reverberate(self, rng, room):
        n = max(1, int(1.2 * room * self.sample_rate))
        time = np.arange(n, dtype=np.float32) / self.sample_rate
        tail = rng.standard_normal((2, n), dtype=np.float32)
        tail *= np.exp(-6.9 / room * time)
        tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
        return fft.rfft(tail, self.n_fft)

    @staticmethod
    def _choose_events(rng, scene, snr, spread):
        events = {}
        for kind in EVENTS:
            rate, level = scene.events.get(kind, (_STRAY_RATE, _STRAY_LEVEL))
            rate *= np.exp(0.35 * spread * rng.standard_normal())
            level += snr + 1.2 * spread * rng.standard_normal()
            events[kind] = (
                rate,
                level,
                _fixed(rng, spread),
                rng.integers(_N_POSITIONS),
            )
        return events

    def record(self, take, out):
        """Fill `out` of shape (2, n_samples) with clip number `take`."""
        rng = np.random.default_rng((*self.seed, int(take) + 1))
        studio = Studio(rng, self.sample_rate, self.n_samples, self.voices)
        dry = np.zeros((_N_POSITIONS, self.n_samples), dtype=np.float32)
        for kind, event in self.events.items():
            self._add_events(dry, studio, kind, *event)
        for kind, (level, place) in self.textures.items():
            sound = set_level(TEXTURES[kind](studio, place), level)
            dry[int(_N_POSITIONS * place[3])] += sound
        spectra = fft.rfft(self._make_background(studio), self.n_fft)
        for position, response in zip(dry, self.positions, strict=True):
            if position.any():
                spectra += fft.rfft(position, self.n_fft) * response
        signal = fft.irfft(spectra * self.microphone, self.n_fft)[:, : self.n_samples]
        level = self.level + rng.standard_normal()
        gain = 10 ** (level / 20) / np.sqrt(np.mean(signal**2))
        np.multiply(signal, min(gain, _PEAK / np.abs(signal).max()), out=out)

    def _make_background(self, studio):
        n_bins = self.n_fft // 2 + 1
        white = studio.noise(4 * n_bins).view(np.complex64).reshape(2, n_bins)
        middle, side = fft.irfft(white * self.background, self.n_fft)
        stereo = np.stack([middle + self.width * side, middle - self.width * side])
        stereo = stereo[:, : self.n_samples]
        gust = self.gusts * studio.slow(self.n_samples, self.gust_rate)
        stereo *= amplitude(gust)
        return set_level(stereo, 0.0)

    def _add_events(self, dry, studio, kind, rate, level, place, home):
        rng = studio.rng
        seconds = self.n_samples / self.sample_rate
        # Some have begun before the clip does.
        before = 1.0
        for _ in range(rng.poisson(rate * (seconds + before) / 60)):
            sound = EVENTS[kind](studio, place)
            sound = set_level(sound, level + 2 * rng.standard_normal())
            start = int(rng.uniform(-before, seconds) * self.sample_rate)
            sound = sound[max(0, -start) :][: self.n_samples - max(0, start)]
            span = slice(max(0, start), max(0, start) + len(sound))
            if kind == "vehicle":
                dry[:, span] += _cross(len(sound), rng) * sound
            else:
                fixed = kind in ("beep", "squeal")
                dry[home if fixed else rng.integers(_N_POSITIONS), span] += sound


def _fixed(rng, spread):
    """Four numbers in [0, 1) that make a kind of sound the location's own."""
    return 0.5 + min(1, spread) * (rng.uniform(size=4) - 0.5)


def _cross(n_samples, rng):
    """Weights of the positions for a source that goes from one side to the other."""
    position = np.linspace(0, _N_POSITIONS - 1, n_samples, dtype=np.float32)
    if rng.uniform() < 0.5:
        position = position[::-1]
    numbers = np.arange(_N_POSITIONS)[:, np.newaxis]
    return np.maximum(0, 1 - np.abs(position - numbers)).astype(np.float32)
