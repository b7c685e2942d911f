"""Synthetic backgrounds: levels, colours, and the same ones again."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.datasets import make_backgrounds

ALL = ("noise", "music", "engine", "drops", "wind", "babble")
SMALL = dict(duration=3.0, sample_rate=8000, random_state=0)


@pytest.fixture(scope="module")
def backgrounds():
    return make_backgrounds(24, ALL, **SMALL)


def test_content(backgrounds):
    assert backgrounds.recordings.shape == (24, 24000)
    assert backgrounds.recordings.dtype == np.float32
    assert backgrounds.target.tolist() == list(ALL) * 4
    assert backgrounds.sample_rate == 8000
    assert np.abs(backgrounds.recordings).max() < 0.99
    decibels = 20 * np.log10(backgrounds.recordings.std(axis=1))
    assert np.abs(decibels + 26).max() < 4
    assert len({signal.tobytes() for signal in backgrounds.recordings}) == 24


def test_events_find_something_beneath_them(backgrounds):
    chosen = np.isin(backgrounds.target, ["noise", "music", "engine", "wind", "babble"])
    tenths = backgrounds.recordings[chosen].reshape(-1, 30, 800).std(axis=2)
    assert tenths[:, 3:].min() > 1e-4


def test_noise_has_no_pitch_and_music_has(backgrounds):
    flatness = {}
    for kind in ("noise", "music"):
        X = backgrounds.recordings[backgrounds.target == kind]
        power = np.abs(np.fft.rfft(X[:, :8000] * np.hanning(8000))) ** 2
        near = power[:, 100:1000]
        flatness[kind] = np.exp(np.log(near).mean(axis=1)) / near.mean(axis=1)
    assert flatness["noise"].min() > 5 * flatness["music"].max()


def test_noises_differ_in_colour():
    X = make_backgrounds(30, ("noise",), **SMALL).recordings
    power = np.abs(np.fft.rfft(X)) ** 2
    # 2 to 4 kHz over 250 to 500 Hz, in dB per octave.
    slope = power[:, 6000:12000].mean(axis=1) / power[:, 750:1500].mean(axis=1)
    slope = 10 * np.log10(slope) / 3
    assert slope.min() > -9
    assert slope.max() < 0
    assert np.ptp(slope) > 4


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_same_seed_same_bits(n_jobs, backgrounds):
    again = make_backgrounds(12, ALL, n_jobs=n_jobs, **SMALL)
    assert np.array_equal(again.recordings, backgrounds.recordings[:12])
    other = make_backgrounds(12, ALL, **SMALL | {"random_state": 1})
    assert not np.array_equal(other.recordings, again.recordings)


def test_the_other_kinds_do_not_matter(backgrounds):
    alone = make_backgrounds(4, ("wind",), **SMALL)
    chosen = backgrounds.recordings[backgrounds.target == "wind"]
    assert np.array_equal(alone.recordings, chosen)


@pytest.mark.parametrize("sample_rate", [4000, 44100])
@pytest.mark.parametrize("duration", [0.1, 1.23])
def test_any_length_and_rate(sample_rate, duration):
    X = make_backgrounds(
        12, ALL, duration=duration, sample_rate=sample_rate, random_state=0
    ).recordings
    assert X.shape == (12, round(duration * sample_rate))
    assert np.isfinite(X).all()
    assert X.std(axis=1).min() > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_backgrounds": 0}, "'n_backgrounds' parameter"),
        ({"kinds": "noise"}, "'kinds' parameter"),
        ({"kinds": ["rain"]}, "names of backgrounds, .*'music'.* got 'rain'"),
        ({"kinds": ["noise", "noise"]}, "one or more different kinds"),
        ({"kinds": []}, "one or more different kinds"),
        ({"duration": 0}, "'duration' parameter"),
        ({"sample_rate": 44100.5}, "'sample_rate' parameter"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_backgrounds(**options)
