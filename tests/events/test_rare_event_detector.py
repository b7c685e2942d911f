"""RareEventDetector: windows, curves, events, thresholds, and what it refuses."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from skaudeep.events import (
    PUBLISHED_SETTINGS,
    Event,
    EventDetectorUnion,
    FrameCurve,
    InverseTimeDecay,
    RareEventDetector,
)
from skaudeep.exceptions import MissingClipWarning
from skaudeep.metrics import event_based_scores

HOP = 0.02
TINY = dict(
    hop=HOP,
    window=HOP,
    n_filters=8,
    n_layers=1,
    n_units=8,
    n_dense=8,
    dropout=0.0,
    max_epochs=25,
    batch_size=32,
    learning_rate=0.02,
    random_state=0,
)


def tiny(label="tone", time_steps=(5,), **params):
    return RareEventDetector(label, time_steps, **{**TINY, **params})


def make_clips(n_clips=24, n_frames=40, seed=0, band=2):
    """Noise; in two of three clips a tone of ten frames somewhere."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 0, (n_clips, n_frames, 6)).astype(np.float32)
    y = []
    for i, clip in enumerate(X):
        start = int(rng.integers(0, n_frames - 10))
        if i % 3:
            clip[start : start + 10, band] = 1
            y.append([(start * HOP, (start + 10) * HOP, "tone")])
        else:
            y.append([])
    return X, y


X, Y = make_clips()


@pytest.fixture(scope="module")
def fitted():
    return tiny(time_steps=(3, 8)).fit(X, Y)


# What it finds


@pytest.mark.above_networks
def test_it_finds_the_events(fitted):
    new, truth = make_clips(seed=1)
    found = fitted.predict(new)
    assert [len(events) for events in found] == [len(events) for events in truth]
    for events, expected in zip(found, truth, strict=True):
        for event, (onset, offset, label) in zip(events, expected, strict=True):
            assert isinstance(event, Event)
            assert event.label == label
            assert event.onset == pytest.approx(onset, abs=0.061)
            assert event.offset == pytest.approx(offset, abs=0.061)
            assert 0.8 <= event.confidence <= 1
    assert fitted.score(new, truth) == 1
    scores = event_based_scores(truth, found, offset=False, t_collar=0.5)
    assert fitted.score(new, truth) == 1 - scores.overall.error_rate


@pytest.mark.above_networks
def test_score_is_one_minus_the_error_rate(fitted):
    # Two events missed of sixteen, and one false alarm.
    truth = [list(events) for events in Y]
    truth[0], truth[1] = truth[1], [(0.7, 0.75, "tone"), (0.01, 0.02, "tone")]
    n_events = sum(len(events) for events in truth)
    found = fitted.predict(X)
    scores = event_based_scores(truth, found, offset=False, t_collar=0.5)
    assert scores.overall.error_rate > 0
    assert fitted.score(X, truth) == pytest.approx(1 - scores.overall.error_rate)
    assert n_events == 18


@pytest.mark.above_networks
@pytest.mark.parametrize(
    ("shift", "score"), [(0.49, 1.0), (0.51, -1.0), (-0.49, 1.0), (-0.51, -1.0)]
)
def test_the_collar_is_half_a_second(shift, score):
    detector = tiny(hop=0.01, window=0.01, max_epochs=0)
    active = np.zeros((2, 300, 3), dtype=np.float32)
    detector.fit(active, [[(1.0, 2.0, "tone")], []])
    detector.predict_proba = lambda X: [
        FrameCurve(np.arange(300) / 100, np.where(np.arange(300) >= 100, 0.9, 0.0)),
        FrameCurve(np.arange(300) / 100, np.zeros(300)),
    ]
    truth = [[(1.0 + shift, 2.5, "tone")], []]
    assert detector.score(active, truth) == pytest.approx(score)


@pytest.mark.above_networks
def test_times_are_those_of_the_frames(fitted):
    detector = clone(fitted).set_params(window=0.06, max_epochs=0, look_back=0.2)
    detector.fit(X, Y)
    (curve,) = detector.predict_proba(X[:1])
    np.testing.assert_allclose(curve.times[:3], [0.03, 0.05, 0.07])
    probabilities = np.zeros(40)
    probabilities[[10, 11, 12, 13]] = 0.6, 0.4, 0.9, 0.7
    ((event,),) = detector.decide([probabilities])
    # Half a hop around the centres of frames 10 and 13.
    assert event == Event(0.22, pytest.approx(0.30), "tone", 0.9)
    detector.onset_rule_ = "run"
    assert detector.decide([probabilities])[0][0].onset == pytest.approx(0.26)
    detector.look_back_ = 0.02
    detector.onset_rule_ = "window"
    assert detector.decide([probabilities])[0][0].onset == pytest.approx(0.26)
    assert detector.decide([probabilities * 0.8]) == [[]]
    assert detector.decide([np.full(40, 0.8)])[0][0].confidence == 0.8


@pytest.mark.above_networks
def test_events_at_both_ends(fitted):
    (first,), (last,) = fitted.decide(
        [np.r_[np.full(4, 0.9), np.zeros(9)], np.r_[np.zeros(9), np.full(4, 0.9)]]
    )
    assert first[:2] == (0.0, pytest.approx(4 * HOP))
    assert last[:2] == (pytest.approx(9 * HOP), pytest.approx(13 * HOP))
    clips, _ = make_clips(n_clips=2)
    clips[:] = -0.5
    clips[0, :10, 2] = clips[1, -10:, 2] = 1
    found = fitted.predict(clips)
    assert found[0][0].onset < 0.05
    assert found[1][0].offset > 0.75


# Windows


def test_sliding_windows_are_averaged(fitted):
    """Against one window after the other."""
    clip = X[1]
    for n_frames, network in fitted.networks_.items():
        total, count = np.zeros(len(clip)), np.zeros(len(clip))
        for start in range(len(clip) - n_frames + 1):
            window = slice(start, start + n_frames)
            (alone,) = network.frame_probabilities([clip[window]])
            total[window] += alone
            count[window] += 1
        (curve,) = network.frame_probabilities([clip])
        np.testing.assert_allclose(curve, total / count, atol=1e-5)


@pytest.mark.above_networks
def test_windows_side_by_side(fitted):
    still = pickle.loads(pickle.dumps(fitted)).set_params(sliding=False)
    before = pickle.dumps(still)
    (columns,) = still.frame_probabilities(X[1:2])
    (sliding,) = fitted.frame_probabilities(X[1:2])
    assert np.abs(columns - sliding).max() > 1e-3
    assert pickle.dumps(still) == before
    # Where the last window, which ends with the clip, meets the one before.
    windows = [
        next(still.networks_[3].frame_probabilities([X[1][a:b]]))
        for a, b in ((36, 39), (37, 40))
    ]
    expected = [
        windows[0][0],
        (windows[0][1] + windows[1][0]) / 2,
        (windows[0][2] + windows[1][1]) / 2,
        windows[1][2],
    ]
    np.testing.assert_allclose(columns[36:, 0], expected, atol=1e-5)
    (middle,) = still.networks_[8].frame_probabilities([X[1][16:24]])
    np.testing.assert_allclose(columns[16:24, 1], middle, atol=1e-5)


@pytest.mark.parametrize("kernel_size", [1, 2, (3, 5)])
def test_every_kernel_slides(kernel_size):
    detector = tiny(kernel_size=kernel_size, max_epochs=1).fit(X, Y)
    (curve,) = detector.frame_probabilities(X[:1])
    network = detector.networks_[5]
    parts = [
        next(network.frame_probabilities([X[0][start : start + 5]]))[0]
        for start in range(1)
    ]
    np.testing.assert_allclose(curve[0, 0], parts[0], atol=1e-5)


@pytest.mark.above_networks
def test_networks_have_equal_weight(fitted):
    columns = fitted.frame_probabilities(X[:2])
    curves = fitted.predict_proba(X[:2])
    for values, curve in zip(columns, curves, strict=True):
        assert values.shape == (40, 2)
        np.testing.assert_allclose(curve.probabilities, values.mean(axis=1))
        assert np.abs(values[:, 0] - values[:, 1]).max() > 1e-4


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 8, 9])
def test_clips_shorter_than_a_window(fitted, n_frames):
    (curve,) = fitted.predict_proba([X[1][:n_frames]])
    assert curve.probabilities.shape == (n_frames,)
    assert np.isfinite(curve.probabilities).all()


def test_ragged_clips_stand_each_for_itself(fitted):
    clips = [X[1], X[2][:17], X[4][:5], X[5][:1]]
    together = fitted.predict_proba(clips)
    for clip, curve in zip(clips, together, strict=True):
        (alone,) = fitted.predict_proba([clip])
        np.testing.assert_allclose(curve.probabilities, alone.probabilities, atol=1e-6)


def test_training_on_clips_shorter_than_a_window():
    clips = [*X[:8], X[1][:3], X[8][:1]]
    y = [*Y[:8], [], []]
    detector = tiny(max_epochs=2).fit(clips, y)
    assert np.isfinite(detector.history_[5]["loss"]).all()


@pytest.mark.above_networks
def test_training_windows():
    from skaudeep.events._window_network import _Windows

    clips = [np.arange(n, dtype=np.float32)[:, np.newaxis] for n in (7, 3, 10, 5)]
    active = [np.arange(len(clip)) == 2 for clip in clips]
    windows = _Windows(clips, active, time_steps=5, hop=5, weight=3.0)
    assert windows.owners.tolist() == [0, 0, 1, 2, 2, 3]
    assert windows.starts.tolist() == [0, 2, 0, 0, 5, 0]
    assert windows.of([0, 3]).tolist() == [0, 1, 5]
    frames, lengths, targets, weights = windows.gather(np.array([1, 2, 4]))
    assert frames[:, :, 0].tolist() == [
        [2, 3, 4, 5, 6],
        [0, 1, 2, 0, 0],
        [5, 6, 7, 8, 9],
    ]
    assert lengths.tolist() == [5, 3, 5]
    assert targets[:, :, 0].tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0] * 5]
    assert weights.tolist() == [[3, 1, 1, 1, 1], [1, 1, 3, 0, 0], [1] * 5]
    overlapping = _Windows(clips, active, time_steps=5, hop=2, weight=1.0)
    assert overlapping.starts.tolist() == [0, 2, 0, 0, 2, 4, 5, 0]
    assert _Windows(clips[3:], active[3:], 5, 5, 1.0).gather(np.array([0]))[1] is None


# Training


def assert_same_weights(ours, theirs):
    assert list(ours.networks_) == list(theirs.networks_)
    for n_frames, network in ours.networks_.items():
        for a, b in zip(
            network.weights_, theirs.networks_[n_frames].weights_, strict=True
        ):
            np.testing.assert_array_equal(a, b)


def test_same_seed_same_events():
    once, again = (tiny(time_steps=(3, 8), max_epochs=2).fit(X, Y) for _ in range(2))
    assert_same_weights(once, again)
    other = clone(once).set_params(random_state=1).fit(X, Y)
    kernels = [d.networks_[n].weights_[0] for d in (once, other) for n in (3, 8)]
    for i, kernel in enumerate(kernels):
        for another in kernels[:i]:
            assert kernel.shape == another.shape
            assert (kernel != another).any()


@pytest.mark.above_networks
def test_positive_weight():
    heights = []
    for weight in (0.05, 1.0, "balanced", 20.0):
        detector = tiny(positive_weight=weight, max_epochs=2).fit(X, Y)
        curves = detector.predict_proba(X)
        heights.append(np.mean([curve.probabilities.mean() for curve in curves]))
    assert np.all(np.diff(heights) > 0)


@pytest.mark.above_networks
def test_early_stopping_holds_out_clips():
    detector = tiny(early_stopping=True, validation_fraction=0.25, n_iter_no_change=2)
    detector.set_params(max_epochs=60, learning_rate=0.1).fit(X, Y)
    history = detector.history_[5]
    assert len(history["val_loss"]) == detector.n_epochs_[5] < 60
    assert np.isfinite(history["val_loss"]).all()


def clone_of(detector):
    return pickle.loads(pickle.dumps(detector))


def test_a_failed_fit_leaves_what_was_there():
    detector = tiny(callbacks=[lambda: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        detector.fit(X, Y)
    with pytest.raises(NotFittedError):
        detector.predict(X)


def test_a_drawn_seed_is_taken_from_the_checkpoint(tmp_path):
    part = tiny(max_epochs=1, checkpoint_dir=tmp_path, random_state=None).fit(X, Y)
    assert clone(part).set_params(max_epochs=2).fit(X, Y).n_epochs_ == {5: 2}


@pytest.mark.above_networks
def test_held_out_clips_are_of_both_kinds_and_the_same_for_all():
    held_out = []

    class Spied(RareEventDetector):
        def _network(self, *args):
            network = super()._network(*args)
            hold_out = network._hold_out
            network._hold_out = lambda data, seed: (
                held_out.append(hold_out(data, seed)) or held_out[-1]
            )
            return network

    detector = Spied("tone", (3, 5), **TINY).set_params(
        early_stopping=True, validation_fraction=0.25, max_epochs=1
    )
    detector.fit(X, Y)
    (train, held), (_, again) = held_out
    np.testing.assert_array_equal(held, again)
    assert len(held) == 6
    assert sum(bool(Y[i]) for i in held) == 4
    assert not set(train) & set(held)
    with pytest.raises(ValueError, match="validation_fraction=0.25 .* at least two"):
        detector.fit(X[1:2], Y[1:2])


def test_warm_start_and_checkpoints(tmp_path):
    whole = tiny(time_steps=(3, 5), max_epochs=4).fit(X, Y)
    part = tiny(time_steps=(3, 5), max_epochs=2, checkpoint_dir=tmp_path).fit(X, Y)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3-frames", "5-frames"]
    resumed = clone(part).set_params(max_epochs=4).fit(X, Y)
    assert resumed.n_epochs_ == {3: 4, 5: 4}
    assert_same_weights(resumed, whole)
    warm = tiny(max_epochs=2, warm_start=True).fit(X, Y).fit(X, Y)
    assert warm.n_epochs_ == {5: 4}
    with pytest.raises(ValueError, match="n_units is 9, but the network"):
        clone_of(warm).set_params(n_units=9).fit(X, Y)
    slow = clone_of(warm).set_params(learning_rate=1e-9, max_epochs=1).fit(X, Y)
    for a, b in zip(
        slow.networks_[5].model_.trainable_weights,
        warm.networks_[5].model_.trainable_weights,
        strict=True,
    ):
        np.testing.assert_allclose(np.array(a), np.array(b), atol=1e-6)
    late = tiny(max_epochs=2).fit(X, Y).set_params(warm_start=True).fit(X, Y)
    assert late.n_epochs_ == {5: 4}
    with pytest.raises(ValueError, match=r"time_steps is \(3,\), but .* \(5,\)"):
        warm.set_params(time_steps=(3,)).fit(X, Y)


@pytest.mark.above_networks
def test_other_labels_are_left_aside(fitted):
    y = [[*events, (0.1, 0.2, "bell")] for events in Y]
    with_others, without = (tiny(max_epochs=1).fit(X, events) for events in (y, Y))
    assert_same_weights(with_others, without)
    assert with_others.look_back_ == without.look_back_
    assert fitted.score(X, y) == fitted.score(X, Y)


@pytest.mark.above_networks
def test_look_back_is_the_longest_event(fitted):
    assert fitted.look_back_ == pytest.approx(10 * HOP)
    assert tiny(max_epochs=0, look_back=0.1).fit(X, Y).look_back_ == 0.1


# Thresholds


@pytest.mark.above_networks
def test_tuned_thresholds_need_no_training():
    detector = tiny(max_epochs=15, threshold=1.0).fit(X, Y)
    held_out, truth = make_clips(seed=3)
    before = [w.copy() for w in detector.networks_[5].weights_]
    params = detector.get_params()
    assert detector.score(held_out, truth) == 0
    assert detector.tune_thresholds(held_out, truth) is detector
    assert detector.score(held_out, truth) > 0.8
    assert detector.score(held_out, truth) == pytest.approx(
        1 - detector.tuning_.error_rate
    )
    assert detector.threshold_ == detector.tuning_.best["threshold"] < 1
    for ours, theirs in zip(detector.networks_[5].weights_, before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert detector.get_params() == params
    assert detector.fit(X, Y).threshold_ == 1
    assert not hasattr(detector, "tuning_")


def test_thresholds_are_tuned_on_curves(fitted):
    held_out, truth = make_clips(seed=3)
    curves = fitted.predict_proba(held_out)
    untrained = clone(fitted).set_params(max_epochs=0).fit(X, Y)
    untrained.tune_thresholds(curves, truth)
    assert untrained.tuning_.error_rate < 0.15
    scores = event_based_scores(
        truth, untrained.decide(curves), labels=["tone"], offset=False, t_collar=0.5
    )
    assert scores.overall.error_rate == pytest.approx(untrained.tuning_.error_rate)
    own = untrained.tune_thresholds(held_out, truth).tuning_.error_rates
    reference = pickle.loads(pickle.dumps(fitted)).tune_thresholds(held_out, truth)
    untrained.tune_thresholds(curves, truth)
    np.testing.assert_array_equal(
        untrained.tuning_.error_rates, reference.tuning_.error_rates
    )
    assert (own != reference.tuning_.error_rates).any()


# As a scikit-learn estimator


@pytest.mark.above_networks
def test_searches_and_folds(rng):
    pipeline = make_pipeline(tiny(max_epochs=10))
    scores = cross_val_score(pipeline, X, Y, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    search = GridSearchCV(
        pipeline, {"rareeventdetector__threshold": [0.5, 1.0]}, cv=2
    ).fit(list(X), Y)
    assert search.best_params_ == {"rareeventdetector__threshold": 0.5}
    assert len(search.predict(X)) == len(X)


@pytest.mark.above_networks
def test_pickle(fitted):
    copied = pickle.loads(pickle.dumps(fitted))
    assert copied.predict(X) == fitted.predict(X)
    assert len(pickle.dumps(fitted)) < 100_000


@pytest.mark.above_networks
def test_presets():
    for name, settings in PUBLISHED_SETTINGS.items():
        detector = RareEventDetector.from_preset(name, n_units=4)
        assert detector.event_label == name
        assert detector.n_units == 4
        params = detector.get_params()
        for key in set(settings) - {"n_units"}:
            assert params[key] == settings[key]
    assert RareEventDetector.from_preset("babycry").time_steps == (5, 9, 50)
    assert clone(detector).learning_rate == InverseTimeDecay(1e-3, 0.01)
    assert InverseTimeDecay(1e-3, 0.01) != InverseTimeDecay(1e-3, 0.1)
    with pytest.raises(ValueError, match="name must be one of .*'dog'"):
        RareEventDetector.from_preset("dog")


@pytest.mark.above_networks
def test_a_preset_is_the_published_network():
    """The sizes whose weights are known: recurrent and dense layers."""
    detector = RareEventDetector.from_preset("glassbreak", max_epochs=0)
    clips = np.zeros((2, 10, 128), dtype=np.float32)
    detector.fit(clips, [[(0.0, 0.2, "glassbreak")], []])
    shapes = [w.shape for w in detector.networks_[3].weights_]
    assert shapes.count((128, 512)) == 4
    assert (128, 128) in shapes


@pytest.mark.above_networks
def test_missing_clips(fitted):
    clips = X.copy()
    clips[4] = np.nan
    detector = clone(fitted).set_params(max_epochs=2)
    with pytest.warns(MissingClipWarning, match="1 of 24 clips of X are missing"):
        detector.fit(clips, Y)
    rest = np.delete(np.arange(len(X)), 4)
    without = clone(detector).fit(X[rest], [Y[i] for i in rest])
    assert_same_weights(detector, without)
    curves = fitted.predict_proba(clips)
    assert np.isnan(curves[4].probabilities).all()
    assert np.isfinite(curves[3].probabilities).all()
    message = "1 of 24 clips are missing, among them clip 4"
    with pytest.warns(MissingClipWarning, match=message):
        assert fitted.predict(clips)[4] == []


# What is refused


@pytest.mark.above_networks
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"time_steps": ()}, r"time_steps must hold .* got \(\)"),
        ({"time_steps": (5, 5)}, r"got \(5, 5\)"),
        ({"time_steps": (0,)}, r"integers of at least 1.*got \(0,\)"),
        ({"time_steps": 5}, "'time_steps' parameter"),
        ({"threshold": 1.1}, "'threshold' parameter"),
        ({"hop": 0}, "'hop' parameter"),
        ({"kernel_size": (3, 0)}, r"two of them, for frames and bands, got \(3, 0\)"),
        ({"onset_rule": "first"}, "'onset_rule' parameter"),
        ({"positive_weight": 0}, "'positive_weight' parameter"),
        ({"event_label": "bell"}, "y must have an event with the label 'bell'"),
        ({"hop": 100.0, "window": 100.0}, "Are hop=100.0 and window=100.0 those of X"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        tiny().set_params(**params).fit(X, Y)


@pytest.mark.above_networks
def test_later_parameters_leave_events_as_they_are(fitted):
    changed = clone_of(fitted).set_params(hop=1.0, window=3.0, event_label="x")
    assert changed.predict(X) == fitted.predict(X)
    assert changed.score(X, Y) == fitted.score(X, Y)


@pytest.mark.above_networks
def test_events_without_a_frame():
    y = [list(events) for events in Y]
    y[0] = [(5.0, 9.0, "tone")]
    y[3] = [(0.101, 0.102, "tone")]
    detector = tiny(max_epochs=0)
    with pytest.warns(UserWarning, match="2 of 18 events 'tone' hold no frame's"):
        detector.fit(X, y)
    assert detector.look_back_ == detector.longest_event_ == pytest.approx(10 * HOP)


@pytest.mark.above_networks
def test_scores_without_events(fitted):
    silence = [[] for _ in Y]
    assert fitted.score(X[::3], silence[::3]) == 1
    with pytest.warns(UndefinedMetricWarning, match="no event 'tone'.* 16 false"):
        assert np.isnan(fitted.score(X, silence))


@pytest.mark.above_networks
def test_an_event_that_never_pauses():
    y = [[(0.0, 1.0, "tone")] for _ in X]
    detector = tiny(positive_weight="balanced", max_epochs=1).fit(X, y)
    assert np.isfinite(detector.history_[5]["loss"]).all()


@pytest.mark.above_networks
def test_wrong_curves(fitted):
    (curve,) = fitted.predict_proba(X[:1])
    with pytest.raises(TypeError, match="a curve for every clip, got FrameCurve"):
        fitted.decide(curve)
    for wrong in (np.zeros((4, 2)), [], 0.5, ["a"]):
        with pytest.raises(ValueError, match=r"Curve 1 must be numbers of shape"):
            fitted.decide([curve, wrong])


@pytest.mark.above_networks
def test_wrong_events(fitted):
    with pytest.raises(ValueError, match="every clip of X: 24, got 23"):
        tiny().fit(X, Y[:-1])
    with pytest.raises(TypeError, match="Clip 0 of y must have a list of events"):
        tiny().fit(X, [None] * 24)
    with pytest.raises(ValueError, match="every clip of X: 2, got 1"):
        fitted.score(X[:2], [[]])
    with pytest.raises(ValueError, match="6 bands|n_features|bands"):
        fitted.predict(X[:, :, :4])


# Several events


@pytest.mark.above_networks
def test_a_union_of_detectors():
    clips, low = make_clips(band=1)
    rng = np.random.default_rng(5)
    y = []
    for clip, events in zip(clips, low, strict=True):
        start = int(rng.integers(0, 30))
        clip[start : start + 10, 4] = 1
        high = (start * HOP, (start + 10) * HOP, "high")
        y.append([*((a, b, "low") for a, b, _ in events), high])
    union = EventDetectorUnion([("low", tiny("low")), ("high", tiny("high"))])
    union.fit(clips, y)
    assert union.score(clips, y) == pytest.approx(
        np.mean([d.score(clips, y) for d in union.detectors_])
    )
    assert union.score(clips, y) > 0.9
    found = union.predict(clips)
    assert {event.label for events in found for event in events} == {"low", "high"}
    for events in found:
        assert events == sorted(events)
    assert list(union.predict_proba(clips[:1])) == ["low", "high"]
    alone = tiny("high").fit(clips, y)
    assert [[e for e in events if e.label == "high"] for events in found] == (
        alone.predict(clips)
    )
    union.set_params(low__max_epochs=3)
    assert union.get_params()["low"].max_epochs == 3
    assert clone(union).get_params()["low__max_epochs"] == 3
    with pytest.raises(ValueError, match="detectors must be a list"):
        EventDetectorUnion([]).fit(clips, y)
    for wrong in ("abc", 1, ("a", 3), ("a", tiny(), 1)):
        with pytest.raises(ValueError, match=r"pairs \(name, detector\), got"):
            EventDetectorUnion([wrong]).fit(clips, y)
    union.tune_thresholds(clips, y)
    assert all(hasattr(detector, "tuning_") for detector in union.detectors_)
    with pytest.raises(ValueError, match="not unique"):
        EventDetectorUnion([("a", tiny()), ("a", tiny())]).fit(clips, y)


@pytest.mark.above_networks
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_checks_that_need_no_labels(check):
    """The others fit on classes or numbers, where a detector takes event lists."""
    check("RareEventDetector", RareEventDetector())
