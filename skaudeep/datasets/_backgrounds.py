"""Synthetic backgrounds: coloured noise, something like music, and textures."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from joblib import Parallel, delayed
from scipy import fft
from sklearn.utils import Bunch

from skaudeep._random import draw_seed
from skaudeep._validation import Interval, validate_params
from skaudeep.datasets._scene_sounds import TEXTURES, Studio, load_voices

__all__ = ["KINDS", "make_backgrounds"]

_LEVEL = -26.0
_PEAK = 0.98


@validate_params(
    {
        "n_backgrounds": [Interval(Integral, 1, None, closed="left")],
        "kinds": ["array-like"],
        "duration": [Interval(Real, 0.1, None, closed="left")],
        "sample_rate": [Interval(Integral, 4000, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    },
    prefer_skip_nested_validation=True,
)
def make_backgrounds(
    n_backgrounds=32,
    kinds=("noise", "music"),
    *,
    duration=30.0,
    sample_rate=44100,
    random_state=None,
    n_jobs=None,
    data_home=None,
):
    """Make backgrounds that events can be mixed into: noise, and something like music.

    They let a detector be tried out where no recorded backgrounds are at hand.

    .. warning::
        These are synthetic sounds: nothing follows from a score on them for real ones.

    Parameters
    ----------
    n_backgrounds : int, default=32
        Number of backgrounds. Background i is of the kind ``i % n_kinds``.
    kinds : sequence of str, default=("noise", "music")
        "noise", coloured noise of which no two have the same colour, in gusts; "music",
        chords, a bass and something struck, to a beat; and the textures of
        :func:`make_scenes`: "engine", "drops", "wind", and "babble", the voices of the
        bundled syllables.
    duration : float, default=30.0
        Length in seconds, at least 0.1.
    sample_rate : int, default=44100
        In Hz, at least 4000. A background takes ``4 * duration * sample_rate`` bytes.
    random_state : int, RandomState instance or None, default=None
        Fixes all backgrounds.
    n_jobs : int or None, default=None
        Number of backgrounds made at once, in threads.
    data_home : str, path-like or None, default=None
        Where the bundled syllables are unpacked; see :func:`load_mandarin_syllables`.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The backgrounds, with the attributes:

        recordings : ndarray of shape (n_backgrounds, n_samples)
            Float32, within [-1, 1]; their RMS is -26 dB, more or less by 2 dB.
        target : ndarray of shape (n_backgrounds,) of str
            Kinds.
        sample_rate : int
            In Hz.

    See Also
    --------
    skaudeep.events.make_mixtures : Mixes events into them.
    make_scenes : Stereo scenes with events and locations.

    Notes
    -----
    A background depends on the seed, its kind and its number among those of its kind:
    the first ones of a larger set are a smaller one.

    Examples
    --------
    >>> from skaudeep.datasets import make_backgrounds
    >>> backgrounds = make_backgrounds(
    ...     4, duration=1.0, sample_rate=8000, random_state=0
    ... )
    >>> backgrounds.recordings.shape, backgrounds.target.tolist()
    ((4, 8000), ['noise', 'music', 'noise', 'music'])
    """
    kinds = _check_kinds(kinds)
    seed = draw_seed(random_state)
    n_samples = round(duration * sample_rate)
    voices = load_voices(sample_rate, data_home) if "babble" in kinds else ()
    recordings = np.empty((n_backgrounds, n_samples), dtype=np.float32)

    def record(i):
        kind = kinds[i % len(kinds)]
        rng = np.random.default_rng((seed, list(KINDS).index(kind), i // len(kinds)))
        studio = Studio(rng, sample_rate, n_samples, voices)
        signal = KINDS[kind](studio, rng.uniform(size=4))
        level = 10 ** ((_LEVEL + rng.uniform(-2, 2)) / 20)
        gain = level / np.sqrt(np.mean(np.square(signal, dtype=np.float64)))
        recordings[i] = signal * np.float32(min(gain, _PEAK / np.abs(signal).max()))

    # They write into one array.
    Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(record)(i) for i in range(n_backgrounds)
    )
    return Bunch(
        recordings=recordings,
        target=np.array([kinds[i % len(kinds)] for i in range(n_backgrounds)]),
        sample_rate=sample_rate,
    )


def _check_kinds(kinds):
    names = list(kinds)
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise ValueError(
            f"kinds must be names of backgrounds, {list(KINDS)}, got {unknown[0]!r}."
        )
    if not names or len(set(names)) < len(names):
        raise ValueError(f"kinds must be one or more different kinds, got {kinds!r}.")
    return [str(name) for name in names]


def _noise(studio, place):
    """Noise whose spectrum falls by 1 to 8 dB an octave, in gusts."""
    n = studio.n_samples
    spectrum = fft.rfft(studio.noise(n))
    frequency = fft.rfftfreq(n, 1 / studio.sample_rate).astype(np.float32)
    # Level from there down: what cannot be heard should not count.
    octave = np.log2(np.maximum(frequency, 60) / 60)
    spectrum *= 10 ** (-(1 + 7 * place[0]) / 20 * octave)
    spectrum[0] = 0
    gusts = 10 ** ((0.5 + 3 * place[1]) / 20 * studio.slow(n, 0.3 + place[2]))
    return gusts * fft.irfft(spectrum, n)


def _music(studio, place):
    """Chords of decaying harmonics over a bass, and a knock on every beat."""
    rng = studio.rng
    beat = 0.35 + 0.35 * place[0]
    root = 45 + int(12 * place[1])
    third = 3 + int(2 * place[2])
    n_beats = int(np.ceil(studio.n_samples / studio.sample_rate / beat))
    knock_time = studio.time(0.08)
    sounds, starts = [], []
    for i in range(n_beats):
        if i % 4 == 0:
            step = rng.choice([0, 5, 7, 9])
            chord = [root + step + 12 + interval for interval in (0, third, 7)]
            sounds.append(2 * _strike(studio, root + step - 12, 4 * beat, place))
            starts.append(i * beat)
        for note in chord if i % 2 == 0 else [rng.choice(chord) + 12]:
            sounds.append(_strike(studio, note, rng.uniform(1, 2) * beat, place))
            starts.append(i * beat + rng.uniform(0, 0.02))
        decay = np.exp(-knock_time / 0.015)
        sounds.append(rng.uniform(0.1, 0.4) * decay * studio.noise(len(decay)))
        starts.append(i * beat)
    return studio.sequence(sounds, starts, studio.n_samples)[: studio.n_samples]


def _strike(studio, note, seconds, place):
    """A note of the chromatic scale, 69 is 440 Hz, that dies away."""
    time = studio.time(seconds)
    frequency = 440 * 2 ** ((note - 69) / 12)
    amplitudes = np.arange(1, 9) ** -(1 + place[3])
    sound = studio.tone(frequency + 0 * time, amplitudes)
    rise = np.minimum(1, time / np.float32(0.01))
    fall = np.minimum(1, (time[-1] - time) / np.float32(0.02))
    return rise * fall * np.exp(-2 * time / time[-1]) * sound


KINDS = {"noise": _noise, "music": _music, **TEXTURES}
