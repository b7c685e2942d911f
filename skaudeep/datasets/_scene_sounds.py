"""The sounds of synthetic scenes: one function a kind."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import lru_cache

import numpy as np

__all__ = ["EVENTS", "TEXTURES", "Studio", "load_voices", "phrase"]

# Every ninth syllable is enough to string phrases of, and decoded in a moment.
_VOICE_STEP = 9


@lru_cache(maxsize=1)
def load_voices(sample_rate, data_home):
    """Spoken syllables, a tuple of float32 arrays at `sample_rate` Hz."""
    import soxr

    from skaudeep.datasets._syllables import load_mandarin_syllables

    recordings, _ = load_mandarin_syllables(data_home=data_home, return_X_y=True)
    voices = []
    for recording in recordings[::_VOICE_STEP]:
        signal, rate = recording.read()
        voices.append(soxr.resample(signal[0], rate, sample_rate))
    return tuple(voices)


class Studio:
    """What the sounds of one clip are made with.

    Parameters
    ----------
    rng : Generator
        Of the clip.
    sample_rate : int
        In Hz.
    n_samples : int
        Of the clip, the length of a texture.
    voices : tuple of ndarray
        See :func:`load_voices`.
    """

    def __init__(self, rng, sample_rate, n_samples, voices):
        self.rng = rng
        self.sample_rate = sample_rate
        self.n_samples = n_samples
        self.voices = voices

    def time(self, seconds):
        """Times of the samples of so many seconds."""
        n = max(2, int(seconds * self.sample_rate))
        return np.arange(n, dtype=np.float32) / np.float32(self.sample_rate)

    def noise(self, n):
        """White noise of unit variance."""
        # Uniform: drawn four times faster than normal numbers, and filters make it
        # normal.
        return np.float32(12**0.5) * (self.rng.random(n, dtype=np.float32) - 0.5)

    def tone(self, frequency, amplitudes=(1.0,)):
        """A sound of harmonics whose pitch, in Hz, may change with every sample."""
        # Nothing is synthesised above what the sample rate can hold.
        highest = 0.45 * self.sample_rate
        frequency = np.minimum(frequency, highest)
        cycles = np.cumsum(frequency / self.sample_rate, dtype=np.float64)
        phase = (2 * np.pi * (cycles % 1)).astype(np.float32)
        top = np.max(frequency)
        return sum(
            np.float32(amplitude) * np.sin(number * phase)
            for number, amplitude in enumerate(amplitudes, start=1)
            if number * top <= highest
        )

    def slow(self, n, rate):
        """Smooth random numbers of variance about 1, changing `rate` times a second."""
        n_knots = int(np.ceil(n / self.sample_rate * rate)) + 2
        knots = self.rng.standard_normal(n_knots)
        position = np.arange(n) * (rate / self.sample_rate)
        return np.interp(position, np.arange(n_knots), knots).astype(np.float32)

    def sequence(self, sounds, starts, n_samples=0):
        """One signal of sounds that begin at the times `starts`, in seconds."""
        first = [int(start * self.sample_rate) for start in starts]
        ends = [i + len(sound) for i, sound in zip(first, sounds, strict=True)]
        out = np.zeros(max(n_samples, *ends), dtype=np.float32)
        for i, end, sound in zip(first, ends, sounds, strict=True):
            out[i:end] += sound
        return out


def _between(low, high, place):
    return low + (high - low) * place


def _syllable(studio, pitch):
    """A syllable, played faster or slower: higher or lower."""
    voice = studio.voices[studio.rng.integers(len(studio.voices))]
    position = np.arange(0, len(voice) - 1, pitch, dtype=np.float32)
    # Linear interpolation; the last position may be rounded up.
    before = np.minimum(position.astype(np.intp), len(voice) - 2)
    part = position - before.astype(np.float32)
    return voice[before] * (1 - part) + voice[before + 1] * part


def phrase(studio, pitch, n_syllables):
    """Somebody of this pitch says so many syllables."""
    sounds = [_syllable(studio, pitch) for _ in range(n_syllables)]
    lengths = [0.9 * len(sound) / studio.sample_rate for sound in sounds]
    return studio.sequence(sounds, np.cumsum([0.0, *lengths[:-1]]))


# An event is a function of the studio and of `place`, four numbers in [0, 1) that are
# fixed for its kind at a location: which engine, which floor, which bird.


def _voice(studio, place):
    """Somebody says a phrase."""
    return phrase(studio, studio.rng.uniform(0.7, 1.35), studio.rng.integers(2, 8))


def _steps(studio, place):
    """Footsteps: knocks with a dull or a bright ring, as the floor is."""
    time = studio.time(0.12)
    ring = studio.tone(_between(90, 400, place[0]) + 0 * time)
    brightness = _between(0.1, 0.9, place[1])
    period = studio.rng.uniform(0.45, 0.65)
    starts = period * np.arange(studio.rng.integers(3, 8))
    starts = starts + studio.rng.uniform(0, 0.03, len(starts))
    decay = np.exp(-time / 0.02)
    sounds = [
        studio.rng.uniform(0.5, 1)
        * decay
        * (brightness * studio.noise(len(time)) + 2 * ring)
        for _ in starts
    ]
    return studio.sequence(sounds, starts)


def _clatter(studio, place):
    """Something hard is hit: a few damped modes that are no harmonics."""
    time = studio.time(0.3)
    lowest = _between(500, 1800, place[0]) * studio.rng.uniform(0.8, 1.25)
    sounds, starts = [], np.sort(studio.rng.uniform(0, 0.5, studio.rng.integers(1, 4)))
    for _ in starts:
        modes = lowest * np.cumprod(studio.rng.uniform(1.1, 1.8, 4))
        decay = np.exp(-time / _between(0.01, 0.06, place[1]))
        ring = sum(studio.tone(mode + 0 * time) for mode in modes)
        knock = studio.noise(len(time)) * np.exp(-time / 0.004)
        sounds.append(decay * ring + 2 * knock)
    return studio.sequence(sounds, starts)


def _beep(studio, place):
    """A device signals; all devices of a location sound the same."""
    time = studio.time(_between(0.06, 0.25, place[1]))
    window = np.minimum(1, np.minimum(time, time[-1] - time) / 0.005)
    pitch = _between(700, 3200, place[0])
    sound = window * studio.tone(pitch + 0 * time, (1, _between(0, 0.5, place[3])))
    starts = _between(0.12, 0.5, place[2]) * np.arange(1 + int(4 * place[3]))
    return studio.sequence([sound] * len(starts), starts)


def _bird(studio, place):
    """A bird repeats its call, a sweep between two pitches."""
    time = studio.time(_between(0.05, 0.2, place[1]))
    window = np.sin(np.pi * time / time[-1]).astype(np.float32)
    pitch = _between(2000, 5500, place[0]) * studio.rng.uniform(0.9, 1.1)
    sweep = _between(-0.4, 0.4, place[2]) * time / time[-1]
    trill = 0.08 * np.sin(2 * np.pi * _between(10, 50, place[3]) * time)
    sound = window * studio.tone(pitch * (1 + sweep + trill))
    starts = studio.rng.uniform(0.12, 0.3) * np.arange(studio.rng.integers(2, 7))
    return studio.sequence([sound] * len(starts), starts)


def _squeal(studio, place):
    """Metal on metal: a few high tones that waver."""
    time = studio.time(studio.rng.uniform(0.6, 1.8))
    pitch = _between(1500, 3800, place[0])
    waver = 1 + 0.01 * studio.slow(len(time), 12)
    sound = studio.tone(pitch * waver) + 0.5 * studio.tone(1.47 * pitch * waver)
    return np.sin(np.pi * time / time[-1]).astype(np.float32) * sound


def _vehicle(studio, place):
    """A vehicle comes and goes: an engine in the noise of its tyres."""
    time = studio.time(studio.rng.uniform(2.5, 5))
    swell = np.exp(-0.5 * ((time - time[-1] / 2) / (time[-1] / 6)) ** 2)
    # The pitch falls as it passes.
    passing = 1 - 0.06 * np.tanh((time - time[-1] / 2) * 2)
    sound = _harmonics(studio, _between(45, 120, place[0]) * passing, place)
    return swell * (sound + 0.6 * _smooth(studio.noise(len(time)), 3))


def _smooth(signal, width):
    return np.convolve(signal, np.full(width, 1 / width, np.float32), mode="same")


def _harmonics(studio, pitch, place):
    return studio.tone(pitch, np.arange(1, 9) ** -_between(0.7, 1.4, place[1]))


# A texture lasts as long as the clip.


def _engine(studio, place):
    """A motor or a fan: harmonics of a pitch that drifts."""
    drift = 1 + _between(0.002, 0.05, place[2]) * studio.slow(studio.n_samples, 1)
    return _harmonics(studio, _between(50, 160, place[0]) * drift, place)


def _drops(studio, place):
    """Rain, or water from a tap: clicks at random, each with a short ring."""
    n, rate = studio.n_samples, _between(40, 400, place[0])
    out = np.zeros(n, dtype=np.float32)
    hits = studio.rng.integers(
        n, size=studio.rng.poisson(rate * n / studio.sample_rate)
    )
    np.add.at(out, hits, studio.rng.exponential(size=len(hits)).astype(np.float32))
    time = studio.time(0.02)
    ring = studio.tone(_between(900, 5000, place[1]) + 0 * time)
    drop = np.exp(-time / _between(0.001, 0.004, place[2])) * (0.5 + ring)
    return np.convolve(out, drop)[:n]


def _wind(studio, place):
    """Gusts, in leaves or around a microphone."""
    n = studio.n_samples
    gust = np.exp(
        _between(0.5, 1.0, place[0]) * studio.slow(n, _between(0.5, 2, place[1]))
    )
    return gust * _smooth(studio.noise(n), 2 + int(14 * place[2]))


def _babble(studio, place):
    """Many people speak at once, none of them to be understood."""
    n = studio.n_samples
    n_syllables = 2 + int(_between(8, 20, place[0]) * n / studio.sample_rate)
    sounds = [
        _syllable(studio, pitch) for pitch in studio.rng.uniform(0.7, 1.35, n_syllables)
    ]
    starts = studio.rng.uniform(0, n / studio.sample_rate, n_syllables)
    return studio.sequence(sounds, starts, n)[:n]


EVENTS = {
    "voice": _voice,
    "steps": _steps,
    "clatter": _clatter,
    "beep": _beep,
    "bird": _bird,
    "squeal": _squeal,
    "vehicle": _vehicle,
}
TEXTURES = {
    "engine": _engine,
    "drops": _drops,
    "wind": _wind,
    "babble": _babble,
}
