"""Sounds that mixtures are made of."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import PurePath

import numpy as np

from skaudeep._random import draw_generator
from skaudeep._validation import Interval, validate_params
from skaudeep.audio import Recording
from skaudeep.audio._channel import mix_down
from skaudeep.exceptions import AudioError

__all__ = ["Source", "check_sources", "flatten_sources", "split_sources"]

_FADE = 0.01


@dataclass(frozen=True, slots=True)
class Source:
    """One sound: a piece of a file, or an array.

    Attributes
    ----------
    sound : Recording or ndarray of shape (n_channels, n_samples)
        What is heard.
    name : str
        What recipes and errors call it.
    label : str
        Its class.
    n_native : int
        Its samples.
    native_rate : int
        Samples per second.
    start : float
        Where it begins in its file, in seconds.
    """

    sound: Recording | np.ndarray
    name: str
    label: str
    n_native: int
    native_rate: int
    start: float

    @property
    def stop(self):
        """Where it ends in its file, in seconds."""
        return self.start + self.n_native / self.native_rate

    def n_samples(self, sample_rate):
        """Its length at another sample rate."""
        return round(self.n_native * sample_rate / self.native_rate)

    def read(self, sample_rate, first=0, last=None):
        """Its samples, mono, float32, at `sample_rate` Hz.

        `first` and `last` (exclusive) are a part of it in native samples.
        """
        last = self.n_native if last is None else last
        if isinstance(self.sound, Recording):
            signal, _, _ = self.sound._read(cut=lambda *_: (first, last))
        else:
            signal = self.sound[:, first:last]
        signal = mix_down(signal)
        if self.native_rate != sample_rate:
            import soxr

            signal = soxr.resample(signal, self.native_rate, sample_rate, quality="HQ")
        return signal

    def excerpt(self, n_samples, sample_rate, rng):
        """`n_samples` of it from a random moment on, repeated where it is shorter.

        Returns
        -------
        signal : ndarray of shape (n_samples,)
            Float32.
        start : float
            The moment in its file, in seconds.
        """
        if self.n_samples(sample_rate) > n_samples:
            n_needed = -(-n_samples * self.native_rate // sample_rate)
            first = int(rng.integers(self.n_native - n_needed + 1))
            signal = self.read(sample_rate, first, first + n_needed)[:n_samples]
            return signal, self.start + first / self.native_rate
        signal = self.read(sample_rate)
        if len(signal) == n_samples:
            return signal, self.start
        loop = _close_loop(signal, int(_FADE * sample_rate))
        first = int(rng.integers(len(loop)))
        return (
            np.resize(np.roll(loop, -first), n_samples),
            self.start + first / sample_rate,
        )


def _close_loop(signal, n_fade):
    """Let the end of a signal fade into its beginning, at constant power."""
    n_fade = min(n_fade, len(signal) // 2)
    rise = np.sqrt((np.arange(n_fade, dtype=np.float32) + 0.5) / max(1, n_fade))
    loop = signal[: len(signal) - n_fade].copy()
    loop[:n_fade] *= rise
    loop[:n_fade] += rise[::-1] * signal[len(signal) - n_fade :]
    return loop


def flatten_sources(sources, name):
    """Pairs (label, source) of a mapping or a list, in order; of a list, label None."""
    if isinstance(sources, Mapping):
        if not sources:
            raise ValueError(f"{name} must hold at least one class, got {sources!r}.")
        return [
            (label, source)
            for label, some in sources.items()
            for source in _check_list(some, f"{name}[{label!r}]")
        ]
    return [(None, source) for source in _check_list(sources, name)]


def _check_list(sources, name):
    if isinstance(sources, str | os.PathLike | Recording) or not hasattr(
        sources, "__len__"
    ):
        raise TypeError(
            f"{name} must be a list of sources, got {sources!r:.80}; a single one "
            "goes into a list."
        )
    # A signal on its own looks like a list of numbers.
    if isinstance(sources, np.ndarray) and sources.ndim == 1 and sources.dtype != "O":
        if sources.dtype.kind not in "US":
            raise TypeError(
                f"{name} must be a list of sources, got an array of shape "
                f"{sources.shape}; a single signal goes into a list."
            )
        sources = sources.tolist()
    if len(sources) == 0:
        raise ValueError(f"{name} must hold at least one source, got none.")
    return list(sources)


def check_sources(sources, name, sample_rate):
    """Every source as a :class:`Source`.

    Parameters
    ----------
    sources : mapping of lists, or list
        See :func:`make_mixtures`.
    name : str
        What errors call it.
    sample_rate : int
        Of arrays that come without one, in Hz.

    Returns
    -------
    list of Source
        In the given order; the label of a list's sources is `name`.
    """
    places, items, count = [], [], {}
    for label, source in flatten_sources(sources, name):
        number = count.get(label, 0)
        count[label] = number + 1
        places.append(f"{name if label is None else label}[{number}]")
        items.append((label, _read_form(source, f"{name}: {places[-1]}", sample_rate)))
    paths = {sound.path for _, (sound, _) in items if isinstance(sound, Recording)}
    names = _short_names(paths)
    return [
        _make_source(sound, rate, place, name if label is None else label, names)
        for place, (label, (sound, rate)) in zip(places, items, strict=True)
    ]


def _read_form(source, where, sample_rate):
    """A recording and None, or a signal and its rate."""
    if isinstance(source, Recording):
        return source, None
    if isinstance(source, str | os.PathLike):
        return Recording(source), None
    if isinstance(source, np.ndarray):
        return _check_signal(source, where), sample_rate
    if isinstance(source, tuple | list):
        if len(source) == 2 and isinstance(source[0], np.ndarray):
            signal, rate = source
            if not isinstance(rate, Integral) or rate < 1:
                raise ValueError(
                    f"{where} must have an int of at least 1 as its sample rate, got "
                    f"{rate!r}."
                )
            return _check_signal(signal, where), int(rate)
        if len(source) == 3 and isinstance(source[0], str | os.PathLike):
            path, start, stop = source
            return Recording(path, start=start, stop=stop), None
    raise TypeError(
        f"{where} must be a path, a Recording, (path, start, stop), an array, or "
        f"(array, sample_rate), got {source!r:.80}"
    )


def _check_signal(signal, where):
    if signal.ndim not in (1, 2) or signal.size == 0 or signal.dtype.kind not in "fiu":
        raise ValueError(
            f"{where} must be numbers of shape (n_samples,) or (n_channels, "
            f"n_samples), got {signal.dtype} of shape {signal.shape}."
        )
    signal = np.atleast_2d(signal).astype(np.float32, copy=False)
    if not np.isfinite(signal).all():
        raise AudioError(f"{where} contains samples that are NaN or infinite.")
    return signal


def _short_names(paths):
    """Ends of paths, two parts or as many more as tell them apart."""
    parts = {path: PurePath(path).parts for path in paths}
    longest = max((len(some) for some in parts.values()), default=0)
    for n_parts in range(2, longest + 1):
        names = {path: "/".join(some[-n_parts:]) for path, some in parts.items()}
        if len(set(names.values())) == len(names):
            return names
    return {path: PurePath(path).as_posix() for path in paths}


def _make_source(sound, rate, place, label, names):
    if isinstance(sound, Recording):
        first, last, rate = sound._samples()
        name = names[sound.path]
        return Source(sound, name, label, last - first, rate, first / rate)
    return Source(sound, place, label, sound.shape[1], rate, 0.0)


@validate_params(
    {
        "test_size": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def split_sources(sources, test_size=0.3, *, groups=None, random_state=None):
    """Split sources in two, so that no file serves training and testing.

    Mixtures share their sources, so the split comes before the mixing: a detector that
    has met an event, or another piece of the same file, would recognise that instead
    of the class.

    Parameters
    ----------
    sources : mapping of label to list of sources, or list of sources
        As :func:`make_mixtures` takes them.
    test_size : float, default=0.3
        Share of the sources of each class that the second part gets, about, as groups
        stay whole; both parts get at least one group of each class.
    groups : mapping of label to list, list, or None, default=None
        Groups in the layout of `sources`: speakers, recording locations, syllables.
        None takes the file; an array is a group of its own.
    random_state : int, RandomState instance or None, default=None
        Fixes the split.

    Returns
    -------
    train, test : tuple
        In the layout of `sources`, in the order given.

    Raises
    ------
    ValueError
        If a class has a single group, or groups do not have the layout of `sources`.

    See Also
    --------
    make_mixtures : Mixes them.

    Notes
    -----
    A group that occurs in several classes is on the same side in all of them.

    Examples
    --------
    >>> from skaudeep.events import split_sources
    >>> sources = {"bark": [("1.wav", 0, 1), ("1.wav", 3, 4), "2.wav", "3.wav"]}
    >>> train, test = split_sources(sources, test_size=0.5, random_state=0)
    >>> train
    {'bark': ['2.wav', '3.wav']}
    >>> test
    {'bark': [('1.wav', 0, 1), ('1.wav', 3, 4)]}
    """
    pairs = flatten_sources(sources, "sources")
    if groups is None:
        keys = [_file_of(source, i) for i, (_, source) in enumerate(pairs)]
    else:
        keys = _check_groups(groups, sources, pairs)
    rng = draw_generator(random_state)
    in_test = {}
    for label in dict.fromkeys(label for label, _ in pairs):
        sizes = {}
        for (other, _), key in zip(pairs, keys, strict=True):
            if other == label:
                sizes[key] = sizes.get(key, 0) + 1
        _assign(sizes, in_test, test_size, rng, label)
    parts = []
    for wanted in (False, True):
        chosen = [
            pair
            for pair, key in zip(pairs, keys, strict=True)
            if in_test[key] is wanted
        ]
        parts.append(_like(sources, chosen))
    return tuple(parts)


def _file_of(source, i):
    if isinstance(source, tuple | list):
        source = source[0]
    if isinstance(source, Recording):
        return source.path
    return os.fsdecode(source) if isinstance(source, str | os.PathLike) else i


def _check_groups(groups, sources, pairs):
    if isinstance(groups, Mapping):
        given = flatten_sources(
            {label: list(some) for label, some in groups.items()}, "groups"
        )
    else:
        given = flatten_sources(list(groups), "groups")
    if isinstance(groups, Mapping) != isinstance(sources, Mapping) or [
        label for label, _ in given
    ] != [label for label, _ in pairs]:
        raise ValueError(
            f"groups must have the layout of sources, one group for each of "
            f"{len(pairs)} sources, got {len(given)}."
        )
    return [group for _, group in given]


def _assign(sizes, in_test, test_size, rng, label):
    """Choose the side of each group of a class that has none yet."""
    where = "sources" if label is None else f"sources[{label!r}]"
    if len(sizes) < 2:
        raise ValueError(
            f"{where} must hold two or more groups (files, unless groups are given) to "
            f"be split, got {len(sizes)}."
        )
    wanted = test_size * sum(sizes.values())
    n_test = sum(size for key, size in sizes.items() if in_test.get(key))
    free = [key for key in sizes if key not in in_test]
    for i in rng.permutation(len(free)):
        take = n_test == 0 or n_test + sizes[free[i]] / 2 <= wanted
        in_test[free[i]] = take
        n_test += sizes[free[i]] if take else 0
    sides = {in_test[key] for key in sizes}
    if len(sides) < 2:
        if not free:
            raise ValueError(
                f"{where} cannot be split: its groups are groups of other classes too "
                f"and all on one side. Try another random_state."
            )
        smallest = min(free, key=sizes.get)
        in_test[smallest] = not in_test[smallest]


def _like(sources, pairs):
    if not isinstance(sources, Mapping):
        return [source for _, source in pairs]
    return {
        label: [source for other, source in pairs if other == label]
        for label in sources
    }
