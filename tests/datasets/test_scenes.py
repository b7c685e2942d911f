"""Synthetic scenes: what is fixed, what is apart, and what a classifier finds."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MFCC, ChannelSplitter, SequenceStatistics
from skaudeep.datasets import PredefinedFolds, make_scenes
from skaudeep.metrics import uar_scorer

SMALL = dict(n_locations=2, n_folds=2, duration=0.5, random_state=0)
MIDDLE = dict(n_locations=4, duration=3.0, sample_rate=8000, random_state=4)
N_CLIPS = 96


@pytest.fixture(scope="module")
def scenes():
    """All scenes, four locations of each, three clips of each location."""
    return make_scenes(N_CLIPS, **MIDDLE)


def test_content(scenes):
    assert scenes.recordings.shape == (N_CLIPS, 2, 24000)
    assert scenes.recordings.dtype == np.float32
    assert scenes.sample_rate == 8000
    assert len(scenes.target_names) == 8
    assert set(scenes.target) == set(scenes.target_names)
    assert "say nothing about real scenes" in " ".join(scenes.DESCR.split())
    assert "Chu Lo" in scenes.DESCR


def test_clips_are_neither_clipped_nor_silent(scenes):
    X = scenes.recordings
    assert np.isfinite(X).all()
    assert np.abs(X).max() < 1
    # A clip that had been clipped would have its extreme many times.
    largest = np.abs(X).max(axis=2, keepdims=True)
    assert (np.abs(X) == largest).sum(axis=2).max() == 1
    rms = np.sqrt(np.mean(X**2, axis=2))
    assert rms.min() > 1e-3
    # No second of any clip is silent either.
    assert np.abs(X.reshape(N_CLIPS, 2, 3, 8000)).max(axis=3).min() > 1e-3


def test_channels_differ(scenes):
    left, right = scenes.recordings[:, 0], scenes.recordings[:, 1]
    middle, side = (left + right) / 2, (left - right) / 2
    ratio = 20 * np.log10(side.std(axis=1) / middle.std(axis=1))
    assert ratio.min() > -20
    assert ratio.max() < 6
    # Events to the left and to the right: the difference is no copy of the mean.
    correlation = [
        abs(np.corrcoef(m, s)[0, 1]) for m, s in zip(middle, side, strict=True)
    ]
    assert np.median(correlation) < 0.5


def test_events_reach_the_channels_at_different_times():
    X = make_scenes(32, n_locations=4, duration=1.0, snr=30, random_state=0).recordings
    lags = []
    for left, right in X:
        spectrum = np.fft.rfft(left, 65536) * np.fft.rfft(right, 65536).conj()
        # Phases alone: the delay, whatever the colour.
        course = np.fft.irfft(spectrum / np.maximum(np.abs(spectrum), 1e-12))
        lags.append((np.argmax(course) + 100) % 65536 - 100)
    lags = np.array(lags)
    # 0.6 ms at 16 kHz.
    assert np.mean(np.abs(lags) <= 10) > 0.8
    assert len(set(lags[np.abs(lags) <= 10])) > 5


def test_classes_and_locations_are_balanced(scenes):
    assert set(np.unique(scenes.target, return_counts=True)[1]) == {12}
    locations, counts = np.unique(scenes.groups, return_counts=True)
    assert len(locations) == 32
    assert set(counts) == {3}
    for label, group in zip(scenes.target, scenes.groups, strict=True):
        assert group.startswith(f"{label}-")


def test_folds_keep_locations_apart_and_partition_the_clips(scenes):
    assert isinstance(scenes.cv, PredefinedFolds)
    assert scenes.cv.get_n_splits() == 4
    tested = []
    for train, test in scenes.cv.split(scenes.recordings):
        assert not set(scenes.groups[train]) & set(scenes.groups[test])
        assert set(scenes.target[test]) == set(scenes.target_names)
        assert len(train) + len(test) == N_CLIPS
        tested.extend(test)
    assert sorted(tested) == list(range(N_CLIPS))


@pytest.mark.parametrize("n_jobs", [None, 3])
def test_same_seed_same_bits(n_jobs):
    once = make_scenes(20, **SMALL)
    again = make_scenes(20, **SMALL, n_jobs=n_jobs)
    assert once.recordings.tobytes() == again.recordings.tobytes()
    other = make_scenes(20, **SMALL | {"random_state": 1})
    assert not np.array_equal(once.recordings, other.recordings)


def test_no_two_clips_are_the_same():
    X = make_scenes(48, **SMALL).recordings
    assert len({clip.tobytes() for clip in X}) == 48


def test_global_generator_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    make_scenes(16, **SMALL)
    assert np.array_equal(np.random.get_state()[1], before)
    generator = np.random.RandomState(7)
    first = make_scenes(16, **SMALL | {"random_state": generator})
    second = make_scenes(16, **SMALL | {"random_state": generator})
    assert not np.array_equal(first.recordings, second.recordings)


def test_smaller_set_is_the_beginning_of_a_larger_one():
    small, large = make_scenes(21, **SMALL), make_scenes(50, **SMALL)
    assert np.array_equal(small.recordings, large.recordings[:21])
    assert np.array_equal(small.target, large.target[:21])
    assert np.array_equal(small.groups, large.groups[:21])


def test_clips_do_not_depend_on_the_other_classes():
    everything = make_scenes(32, **SMALL)
    two = make_scenes(8, classes=("street", "bus"), **SMALL)
    for name in ("street", "bus"):
        chosen = everything.recordings[everything.target == name]
        assert np.array_equal(two.recordings[two.target == name], chosen)
    assert two.target_names.tolist() == ["bus", "street"]


@pytest.mark.parametrize("sample_rate", [4000, 44100])
@pytest.mark.parametrize("duration", [0.1, 1.23])
def test_any_length_and_rate(sample_rate, duration):
    X = make_scenes(
        **{"n_clips": 16, **SMALL, "sample_rate": sample_rate, "duration": duration}
    ).recordings
    assert X.shape == (16, 2, round(duration * sample_rate))
    assert np.isfinite(X).all()
    assert X.std(axis=2).min() > 1e-4


def describe(data):
    """MFCC statistics of the mean channel."""
    steps = ChannelSplitter("mean"), MFCC(data.sample_rate), SequenceStatistics()
    return make_pipeline(*steps).fit_transform(data.recordings)


def score(features, data, cv):
    classifier = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.03, max_iter=2000)
    )
    return cross_val_score(
        classifier, features, data.target, cv=cv, scoring=uar_scorer
    ).mean()


def test_random_folds_flatter_and_spread_is_why(scenes):
    features = describe(scenes)
    random_folds = StratifiedKFold(4, shuffle=True, random_state=0)
    honest = score(features, scenes, scenes.cv)
    assert honest > 0.4
    assert score(features, scenes, random_folds) > honest + 0.1
    alike = make_scenes(N_CLIPS, **MIDDLE, spread=0)
    assert score(describe(alike), alike, alike.cv) > honest + 0.2


def test_one_number_does_not_decide(scenes):
    X = scenes.recordings
    level = 20 * np.log10(X.std(axis=(1, 2)))
    power = np.abs(np.fft.rfft(X.mean(axis=1))) ** 2
    octaves = 2.0 ** np.arange(6, 12)
    frequency = np.fft.rfftfreq(X.shape[2], 1 / scenes.sample_rate)
    bands = [power[:, (frequency >= low) & (frequency < 2 * low)] for low in octaves]
    levels = np.stack([10 * np.log10(band.mean(axis=1)) for band in bands])
    slope = np.polyfit(np.arange(6), levels, 1)[0]
    assert score(level[:, np.newaxis], scenes, scenes.cv) < 0.3
    assert score(slope[:, np.newaxis], scenes, scenes.cv) < 0.45


def test_louder_events_stand_out():
    quiet = make_scenes(64, **MIDDLE, snr=-25)
    loud = make_scenes(64, **MIDDLE, snr=8)
    crest = [np.abs(d.recordings).max(2) / d.recordings.std(2) for d in (quiet, loud)]
    assert np.median(crest[1]) > 1.3 * np.median(crest[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clips": 0}, "'n_clips' parameter of make_scenes must be an int"),
        (
            {"n_clips": 31},
            r"n_clips must be at least 32, .* 4 folds .* 8 scenes, got 31",
        ),
        ({"classes": "park"}, "'classes' parameter of make_scenes .* Got 'park'"),
        ({"classes": ["park"]}, r"two or more different scenes, got \['park'\]"),
        ({"classes": ["park", "park"]}, "two or more different scenes"),
        ({"classes": ["park", "moon"]}, "names of scenes, .*'bus'.* got 'moon'"),
        ({"n_locations": 3}, "n_folds must be at most n_locations=3, .* got 4"),
        ({"n_locations": 1}, "'n_locations' parameter .* Got 1"),
        ({"n_folds": 1}, "'n_folds' parameter .* Got 1"),
        ({"duration": 0}, "'duration' parameter .* Got 0"),
        ({"sample_rate": 22050.0}, "'sample_rate' parameter .* must be an int"),
        ({"snr": np.inf}, "'snr' parameter .* Got inf"),
        ({"spread": -1}, "'spread' parameter .* Got -1"),
        ({"random_state": "a"}, "'random_state' parameter .* Got 'a'"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_scenes(**options)
