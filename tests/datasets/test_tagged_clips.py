"""Synthetic tagged clips: labels, hidden times, homes, and how hard they are."""
# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep._random import draw_seed
from skaudeep.audio import MFCC, SequenceStatistics
from skaudeep.datasets import PredefinedFolds, make_tagged_clips
from skaudeep.datasets._homes import Home, HomeSettings
from skaudeep.datasets._scene_sounds import load_voices
from skaudeep.datasets._tag_sounds import TAGS
from skaudeep.events import Event
from skaudeep.metrics import equal_error_rate, segment_based_scores

RATE, SECONDS = 8000, 3.0
N_CLIPS, N_HOMES = 120, 7
# No clip is so loud that it must be scaled down.
SNR = (-12.0, -6.0)
MIDDLE = dict(duration=SECONDS, sample_rate=RATE, n_homes=N_HOMES, n_folds=3, snr=SNR)
SMALL = dict(duration=0.5, sample_rate=RATE, random_state=0)


@pytest.fixture(scope="module")
def clips():
    return make_tagged_clips(N_CLIPS, random_state=2, **MIDDLE)


@pytest.fixture(scope="module")
def homes():
    """The homes of `clips`."""
    voices = load_voices(RATE, None)
    n_samples = round(RATE * SECONDS)
    settings = HomeSettings(RATE, n_samples, voices, N_HOMES, SNR, draw_seed(2))
    return [Home(number, settings) for number in range(N_HOMES)]


@pytest.fixture(scope="module")
def residuals(clips, homes):
    """Of each clip its background, and what is left without it."""
    backgrounds = np.stack(
        [homes[i % N_HOMES].background(i // N_HOMES) for i in range(N_CLIPS)]
    )
    return backgrounds, clips.recordings - backgrounds


def spans(events):
    """First sample, and the one after the last, of each event."""
    return [(round(e.onset * RATE), round(e.offset * RATE), e.label) for e in events]


def alone(events):
    """Spans of the events that overlap no other one."""
    found = spans(events)
    return [
        one
        for one in found
        if not any(
            other is not one and other[0] < one[1] and one[0] < other[1]
            for other in found
        )
    ]


def test_content(clips):
    assert clips.recordings.shape == (N_CLIPS, 24000)
    assert clips.recordings.dtype == np.float32
    assert np.isfinite(clips.recordings).all()
    assert np.abs(clips.recordings).max() < 1
    assert clips.target.shape == (N_CLIPS, 7)
    assert clips.target.dtype.kind == "i"
    assert clips.target_names.tolist() == list(TAGS)
    assert clips.sample_rate == RATE
    assert "Chu Lo" in clips.DESCR
    assert len({clip.tobytes() for clip in clips.recordings}) == N_CLIPS


def test_tags_are_the_labels_of_the_events(clips):
    for row, events in zip(clips.target, clips.events, strict=True):
        tags = set(clips.target_names[row == 1])
        assert tags == {event.label for event in events}
        assert set(row) <= {0, 1}


def test_events_lie_in_the_clip_in_order(clips):
    assert len(clips.events) == N_CLIPS
    for events in clips.events:
        onsets = [event.onset for event in events]
        assert onsets == sorted(onsets)
        for event in events:
            assert type(event) is Event
            assert 0 <= event.onset < event.offset <= SECONDS
            assert event.onset * RATE == pytest.approx(round(event.onset * RATE))
            assert event.offset * RATE == pytest.approx(round(event.offset * RATE))


def test_events_of_one_tag_do_not_touch(clips):
    for events in clips.events:
        for tag in TAGS:
            times = [(e.onset, e.offset) for e in events if e.label == tag]
            for before, after in pairwise(times):
                assert before[1] < after[0]


def test_nothing_but_the_background_outside_the_events(clips, residuals):
    for events, residual in zip(clips.events, residuals[1], strict=True):
        outside = np.ones(len(residual), dtype=bool)
        for start, stop, _ in spans(events):
            outside[start:stop] = False
        assert not residual[outside].any()


def test_events_begin_and_end_where_they_are_heard(clips, residuals):
    n_checked = 0
    for events, residual in zip(clips.events, residuals[1], strict=True):
        for start, stop, _ in alone(events):
            level = np.abs(residual[start:stop])
            # Differences of float32 numbers: an edge is at -40 dB of the peak or above.
            assert level[[0, -1]].min() > 0.0095 * level.max()
            n_checked += 1
    assert n_checked > 50


def test_levels_over_the_background(clips, residuals):
    levels = {tag: [] for tag in TAGS}
    for events, background, residual in zip(clips.events, *residuals, strict=True):
        for start, stop, tag in alone(events):
            ratio = residual[start:stop].std() / background.std()
            levels[tag].append(20 * np.log10(ratio) - TAGS[tag].level)
    for tag, found in levels.items():
        assert np.min(found, initial=0) > SNR[0] - 0.5, tag
        assert np.max(found, initial=SNR[0]) < SNR[1] + 0.5, tag
    assert np.ptp(np.concatenate(list(levels.values()))) > 4


def test_sounds_are_what_was_mixed(clips, homes, residuals):
    for i in range(2 * N_HOMES):
        background = residuals[0][i]
        level = np.sqrt(np.mean(np.square(background)))
        expected = background.copy()
        for sound in homes[i % N_HOMES].sounds(i // N_HOMES, level):
            expected[sound.start : sound.stop] += sound.signal
        assert np.array_equal(expected, clips.recordings[i])


def test_loud_clips_are_scaled_down_as_a_whole():
    quiet = make_tagged_clips(20, **SMALL, snr=(0, 0))
    loud = make_tagged_clips(20, **SMALL, snr=(60, 60))
    assert spans_of(quiet) == spans_of(loud)
    peak = np.abs(loud.recordings).max(axis=1)
    assert peak.max() == pytest.approx(0.98)
    for clip in loud.recordings[peak > 0.9]:
        # Clipping would give the extreme many times.
        assert (np.abs(clip) == np.abs(clip).max()).sum() == 1


def test_tags_differ_in_frequency_and_duration():
    clips = make_tagged_clips(300, sample_rate=4000, random_state=1)
    share = dict(zip(clips.target_names, clips.target.mean(axis=0), strict=True))
    for name, tag in TAGS.items():
        assert share[name] == pytest.approx(tag.share, abs=0.1)
    assert 0 < share["noise"] < 0.08
    assert 0.05 < (~clips.target.any(axis=1)).mean() < 0.25
    assert (clips.target.sum(axis=1) > 1).mean() > 0.2
    lengths = {name: [] for name in TAGS}
    for events in clips.events:
        for event in events:
            lengths[event.label].append(event.offset - event.onset)
    assert np.median(lengths["knock"]) < 0.2
    assert 0.3 < np.median(lengths["high_voice"]) < np.median(lengths["low_voice"]) < 2
    assert np.median(lengths["game"]) > 2.5
    assert max(lengths["game"]) == 4
    overlapping = [len(alone(events)) < len(events) for events in clips.events]
    assert np.mean(overlapping) > 0.1


def test_homes_share_no_syllable_and_sound_unlike(homes):
    used = [id(voice) for home in homes for voice in home.voices]
    assert len(set(used)) == len(used) == len(load_voices(RATE, None))
    spectra = [np.abs(np.fft.rfft(home.background(0)))[1:] for home in homes]
    levels = [20 * np.log10(s[:12000].reshape(24, -1).mean(axis=1)) for s in spectra]
    assert np.std(np.diff(levels, axis=1), axis=0).mean() > 1
    assert len({home.places["bell"].tobytes() for home in homes}) == N_HOMES


def test_backgrounds_and_sounds_are_drawn_apart(homes):
    drawn = [
        home._studio(take, part).rng.random()
        for home in homes
        for take in range(3)
        for part in range(2)
    ]
    drawn += [home._generator(0, 0).random() for home in homes]
    assert len(set(drawn)) == 7 * N_HOMES


def test_folds_keep_homes_apart_and_partition_the_clips(clips):
    assert isinstance(clips.cv, PredefinedFolds)
    assert clips.groups[:8].tolist() == [f"home-{k}" for k in (*range(7), 0)]
    tested = []
    for k, (train, test) in enumerate(clips.cv.split(clips.recordings)):
        assert not set(clips.groups[train]) & set(clips.groups[test])
        assert set(clips.groups[test]) == {f"home-{i}" for i in range(k, N_HOMES, 3)}
        assert len(train) + len(test) == N_CLIPS
        tested.extend(test)
    assert sorted(tested) == list(range(N_CLIPS))


@pytest.mark.parametrize("n_jobs", [None, 3])
def test_same_seed_same_bits(n_jobs):
    once = make_tagged_clips(25, **SMALL)
    again = make_tagged_clips(25, **SMALL, n_jobs=n_jobs)
    assert once.recordings.tobytes() == again.recordings.tobytes()
    assert spans_of(once) == spans_of(again)
    other = make_tagged_clips(25, **SMALL | {"random_state": 1})
    assert not np.array_equal(once.recordings, other.recordings)
    assert spans_of(once) != spans_of(other)


def spans_of(clips):
    return [spans(events) for events in clips.events]


def test_smaller_set_is_the_beginning_of_a_larger_one():
    small, large = make_tagged_clips(13, **SMALL), make_tagged_clips(40, **SMALL)
    assert np.array_equal(small.recordings, large.recordings[:13])
    assert np.array_equal(small.target, large.target[:13])
    assert spans_of(small) == spans_of(large)[:13]


def test_snr_changes_levels_alone():
    low = make_tagged_clips(20, **SMALL, snr=(-20, -10))
    high = make_tagged_clips(20, **SMALL, snr=(0, 10))
    assert spans_of(low) == spans_of(high)
    assert high.recordings.std() > 1.2 * low.recordings.std()


def test_global_generator_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    make_tagged_clips(5, **SMALL)
    assert np.array_equal(np.random.get_state()[1], before)
    generator = np.random.RandomState(7)
    first = make_tagged_clips(5, **SMALL | {"random_state": generator})
    second = make_tagged_clips(5, **SMALL | {"random_state": generator})
    assert not np.array_equal(first.recordings, second.recordings)


@pytest.mark.parametrize("sample_rate", [4000, 44100])
@pytest.mark.parametrize("duration", [0.1, 1.23])
def test_any_length_and_rate(sample_rate, duration):
    clips = make_tagged_clips(
        30, duration=duration, sample_rate=sample_rate, random_state=0
    )
    n_samples = round(duration * sample_rate)
    assert clips.recordings.shape == (30, n_samples)
    assert np.isfinite(clips.recordings).all()
    assert clips.recordings.std(axis=1).min() > 1e-4
    assert clips.target.sum() > 20
    for events in clips.events:
        for event in events:
            assert event.onset < event.offset <= n_samples / sample_rate


def test_event_lists_are_those_of_the_metrics(clips):
    scores = segment_based_scores(clips.events, clips.events, durations=SECONDS)
    assert scores.overall.f_measure == 1
    assert set(scores.class_wise) == {
        event.label for events in clips.events for event in events
    }


def mean_error(clips, features):
    classifier = make_pipeline(
        StandardScaler(), OneVsRestClassifier(LogisticRegression(C=0.1, max_iter=2000))
    )
    scores = cross_val_predict(
        classifier, features, clips.target, cv=clips.cv, method="predict_proba"
    )
    return equal_error_rate(clips.target, scores)


def test_a_simple_system_finds_some_and_not_all():
    clips = make_tagged_clips(200, sample_rate=RATE, random_state=0)
    frames = MFCC(RATE).fit_transform(clips.recordings)
    features = SequenceStatistics().fit_transform(frames)
    error = mean_error(clips, features)
    assert 0.15 < error < 0.3
    level = clips.recordings.std(axis=1, keepdims=True)
    assert mean_error(clips, np.log(level)) > error + 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clips": 0}, "'n_clips' parameter of make_tagged_clips must be an int"),
        ({"n_clips": 4}, "n_clips must be at least n_folds=5, .* got 4"),
        ({"duration": 0}, "'duration' parameter .* Got 0"),
        ({"sample_rate": 16000.0}, "'sample_rate' parameter .* must be an int"),
        ({"n_homes": 1}, "'n_homes' parameter .* Got 1"),
        ({"n_homes": 41}, "'n_homes' parameter .* Got 41"),
        ({"n_folds": 1}, "'n_folds' parameter .* Got 1"),
        ({"n_folds": 11}, "n_folds must be at most n_homes=10, .* got 11"),
        ({"snr": 5.0}, "'snr' parameter .* Got 5.0"),
        ({"snr": (15, 0)}, r"snr must be the lowest and the highest .* \(15, 0\)"),
        ({"snr": (0,)}, r"snr must be .* got \(0,\)"),
        ({"snr": (0, 61)}, "from -60 to 60"),
        ({"snr": ("0", 1)}, "snr must be"),
        ({"snr": (np.nan, 1)}, "snr must be"),
        ({"random_state": "a"}, "'random_state' parameter .* Got 'a'"),
        ({"n_jobs": 1.5}, "'n_jobs' parameter .* Got 1.5"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_tagged_clips(**options)
