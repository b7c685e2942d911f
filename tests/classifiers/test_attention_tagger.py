"""AttentionTagger: what it learns, what it does not depend on, what it decides."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pickle
from functools import partial

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from skaudeep.classifiers import AttentionTagger, Localization
from skaudeep.datasets import PredefinedFolds
from skaudeep.events import EventTable
from skaudeep.exceptions import MissingClipWarning
from skaudeep.metrics import eer_scorer, equal_error_rate

N_BANDS = 6
TAGS = ["high", "low", "silent"]

pytestmark = pytest.mark.network


def small(**params):
    """One architecture for most tests: it is compiled once."""
    defaults = dict(
        n_filters=6,
        filter_length=2,
        n_layers=1,
        n_units=6,
        n_dense=8,
        max_epochs=2,
        batch_size=8,
        learning_rate=0.02,
        random_state=0,
    )
    return AttentionTagger(**{**defaults, **params})


def make_clips(n_clips=32, seed=0, n_tags=3):
    """A high tone, a low tone, both or none; and a tag that nobody can hear."""
    rng = np.random.default_rng(seed)
    X, Y = [], np.zeros((n_clips, n_tags), dtype=int)
    for i in range(n_clips):
        n_frames = int(rng.integers(6, 14))
        clip = rng.uniform(-1, -0.7, (n_frames, N_BANDS)).astype(np.float32)
        for k, band in enumerate((4, 1)):
            if i >> k & 1:
                start = int(rng.integers(0, n_frames - 2))
                clip[start : start + 3, band] += 1.5
                Y[i, k] = 1
        X.append(clip)
    Y[:, 2:] = rng.integers(0, 2, (n_clips, n_tags - 2))
    return X, Y


X, Y = make_clips()


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X, Y)


@pytest.fixture(scope="module")
def trained():
    return small(max_epochs=60, normalization="attention").fit(X, Y)


def assert_same_weights(first, second):
    for a, b in zip(first.weights_, second.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_learns_tags_that_do_not_compete(trained):
    clips, tags = make_clips(40, seed=1)
    probabilities = trained.predict_proba(clips)
    assert probabilities.shape == (40, 3)
    rates = equal_error_rate(tags, probabilities, average=None)
    assert rates[0] < 0.1 and rates[1] < 0.1
    found = trained.predict(clips)
    np.testing.assert_array_equal(found, probabilities >= 0.5)
    assert found.dtype == int
    # Both at once, and neither.
    assert {tuple(row) for row in found[:, :2].tolist()} == {
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
    }


@pytest.mark.parametrize("heads", [(True, False), (False, True), (False, False)])
def test_either_part_can_be_left_out(heads):
    model = small(
        n_filters=16,
        # Shorter ones hardly hear how high a tone is, and it depends on the seed.
        filter_length=N_BANDS,
        n_units=12,
        max_epochs=50,
        attention=heads[0],
        localization=heads[1],
    ).fit(X, Y)
    rates = equal_error_rate(Y, model.predict_proba(X), average=None)
    assert rates[:2].max() < 0.2
    found = model.localize(X[:1])[0]
    assert (found.attention == 1).all() == (not heads[0])
    assert (found.localization == 1).all() == (not heads[1])


def test_probabilities_do_not_depend_on_the_batch(fitted):
    together = fitted.predict_proba(X)
    alone = np.concatenate([fitted.predict_proba([clip]) for clip in X])
    np.testing.assert_allclose(together, alone, rtol=1e-4)
    order = np.random.default_rng(0).permutation(len(X))
    mixed = fitted.predict_proba([X[i] for i in order])
    np.testing.assert_allclose(mixed, together[order], rtol=1e-4)


def test_clips_from_a_tenth_of_a_second_to_a_minute(fitted):
    """0.1 s to 60 s at a hop of 16 ms, in one batch."""
    rng = np.random.default_rng(0)
    clips = [
        rng.uniform(-1, 1, (n, N_BANDS)).astype("f4") for n in (6, 3749, 1, 250, 3749)
    ]
    together = fitted.predict_proba(clips)
    for clip, row in zip(clips[:4], together, strict=False):
        np.testing.assert_allclose(fitted.predict_proba([clip])[0], row, rtol=1e-3)
    model = small(batch_size=5, max_epochs=1).fit(clips, Y[1:6])
    assert np.isfinite(model.history_["loss"]).all()


def test_the_defaults_are_the_network_of_the_paper():
    """Of which tests/networks/test_cgrnn.py counts the parameters."""
    network = inspect.signature(AttentionTagger._network_class()).parameters
    ours = inspect.signature(AttentionTagger).parameters
    shared = set(network) & set(ours)
    assert len(shared) == 9
    for name in shared:
        assert ours[name].default == network[name].default
    assert ours["batch_size"].default == 100


def test_parameters_reach_the_network(fitted):
    parameters = dict(
        n_filters=3,
        filter_length=4,
        n_layers=2,
        n_units=5,
        n_dense=7,
        dropout=0.4,
        attention=False,
        localization=False,
        normalization="attention",
    )
    model = small(**parameters, max_epochs=1).fit(X[:2], Y[:2])
    assert model.config_ == {"n_bands": N_BANDS, "n_outputs": 3, **parameters}
    smaller = clone(fitted).set_params(batch_size=4).fit(X, Y)
    assert not np.array_equal(smaller.weights_[0], fitted.weights_[0])


class Untrained(AttentionTagger):
    """Keeps what it would have been trained on."""

    def _train_network(self, config, data):
        self.data = data


def test_what_is_trained_on():
    missing = np.full((1, N_BANDS), np.nan, np.float32)
    parameters = small(class_weight=[{0: 1, 1: 3}] * 3).get_params()
    with pytest.warns(MissingClipWarning):
        model = Untrained(**parameters).fit(
            [missing, *X], np.vstack([[1, 1, 1], Y]), np.arange(33)
        )
    np.testing.assert_array_equal(model.data.targets[1:], Y)
    expected = np.arange(1, 33)[:, np.newaxis] * np.where(Y == 1, 3, 1)
    np.testing.assert_array_equal(model.data.weight[1:], expected)
    assert model.data.present.tolist() == list(range(1, 33))
    # Of every clip its rarest tag, the last if there is none.
    order = [*np.argsort(Y.sum(axis=0), kind="stable"), 3]
    rarest = [next(k for k in order if k == 3 or row[k]) for row in Y]
    np.testing.assert_array_equal(model.data.strata[1:], rarest)


def test_score_weighs_clips(fitted):
    right = (fitted.predict(X) == Y).all(axis=1)
    weight = np.where(right, 3.0, 0.5)
    expected = 3 * right.sum() / weight.sum()
    assert 0 < right.sum() < len(X)
    assert fitted.score(X, Y, sample_weight=weight) == pytest.approx(expected)


def test_same_seed_same_bits(fitted):
    keras.utils.set_random_seed(7)
    again = clone(fitted).fit(X, Y)
    assert_same_weights(again, fitted)
    other = clone(fitted).set_params(random_state=1).fit(X, Y)
    assert not np.array_equal(other.weights_[0], fitted.weights_[0])


@pytest.mark.above_networks
def test_sets_of_tags_are_an_indicator_matrix(fitted):
    sets = [{TAGS[k] for k in np.flatnonzero(row)} for row in Y]
    model = clone(fitted).fit(X, sets)
    assert model.classes_.tolist() == TAGS
    assert_same_weights(model, fitted)
    np.testing.assert_array_equal(model.predict(X), fitted.predict(X))
    assert model.score(X, sets) == fitted.score(X, Y)
    named = clone(fitted).set_params(tags=TAGS).fit(X, Y)
    assert named.classes_.tolist() == TAGS
    with pytest.raises(ValueError, match="Clip 1 has the tag 'bird', which is none"):
        model.score(X[:2], [{"high"}, {"bird"}])


@pytest.mark.above_networks
def test_what_fit_takes_score_and_tune_thresholds_take(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    accuracy = model.score(X, Y)
    expected = model.tune_thresholds(X, Y).thresholds_
    accuracy_tuned = model.score(X, Y)
    model.classes_ = np.array(TAGS)
    tuples = [tuple(TAGS[k] for k in np.flatnonzero(row)) for row in Y]
    for y in (csr_matrix(Y), Y.astype(object), tuples, pd.Series(tuples)):
        model.thresholds_ = fitted.thresholds_
        assert model.score(X, y) == accuracy
        np.testing.assert_array_equal(model.tune_thresholds(X, y).thresholds_, expected)
        assert model.score(X, y) == accuracy_tuned
    for method in (model.score, model.tune_thresholds):
        with pytest.raises(ValueError, match="column for each of the 3 tags, got"):
            method(X, Y[:, :2])
        with pytest.raises(ValueError, match=r"of 0 and 1, got the value 2"):
            method(X, 2 * Y)
        with pytest.raises(ValueError, match="Input y contains NaN"):
            method(X, np.where(Y == 1, np.nan, 0))
        with pytest.raises(ValueError, match=r"inconsistent numbers of samples"):
            method(X, Y[:-1])
        with pytest.raises(ValueError, match=r"none of tags: \['high', 'low', 'silent"):
            method(X, [{"bird"}] * len(X))
    with pytest.raises(ValueError, match="its columns had no names"):
        fitted.tune_thresholds(X, tuples)


@pytest.mark.above_networks
def test_a_class_for_every_clip():
    clips, tags = make_clips(24, n_tags=2)
    labels = np.array(["none", "high", "low", "both"])[tags @ [1, 2]]
    model = small(max_epochs=60).fit(clips, labels)
    assert model.classes_.tolist() == ["both", "high", "low", "none"]
    probabilities = model.predict_proba(clips)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert model.score(clips, labels) > 0.8
    assert set(model.predict(clips)) <= set(labels)
    with pytest.raises(ValueError, match="one class a clip, of which"):
        model.tune_thresholds(clips, labels)
    labels_found = {e.label for events in model.predict_events(clips) for e in events}
    assert labels_found <= set(labels)


@pytest.mark.above_networks
def test_all_zero_labels_and_constant_tags():
    tags = np.zeros((len(X), 3), int)
    tags[:, 1] = 1
    model = small(max_epochs=30).fit(X, tags)
    probabilities = model.predict_proba(X)
    assert probabilities[:, [0, 2]].max() < 0.5 < probabilities[:, 1].min()
    assert model.score(X, tags) == 1.0
    assert not any(e.label != "1" for found in model.predict_events(X) for e in found)


@pytest.mark.above_networks
def test_a_tag_that_no_training_clip_has():
    """As the rarest tag of CHiME-Home in some folds."""
    tags = Y.copy()
    tags[:, 2] = 0
    tags[-4:, 2] = 1
    cv = PredefinedFolds([(np.arange(28), np.arange(28, 32)), (np.arange(4, 32), [0])])
    scores = cross_val_score(small(), X, tags, cv=cv, scoring=eer_scorer)
    # The other tags count in the first fold; one clip has no error rate.
    assert -1 <= scores[0] <= 0
    assert np.isnan(scores[1])


@pytest.mark.above_networks
def test_searched_by_the_mean_equal_error_rate():
    cv = PredefinedFolds([(np.arange(16), np.arange(16, 32))])
    tagger = small(filter_length=N_BANDS)
    search = GridSearchCV(tagger, {"max_epochs": [0, 50]}, scoring=eer_scorer, cv=cv)
    # Without the tag that nobody can hear.
    search.fit(X, Y[:, :2])
    untrained, trained = search.cv_results_["mean_test_score"]
    assert untrained < trained - 0.1
    assert search.best_params_ == {"max_epochs": 50}
    assert search.best_estimator_.predict_proba(X[16:]).shape == (16, 2)


@pytest.mark.above_networks
def test_one_clip_and_one_frame():
    model = small(max_epochs=1).fit(X[:1], Y[1:2])
    assert model.predict_proba([X[0][:1]]).shape == (1, 3)


@pytest.mark.above_networks
def test_one_tag():
    named = small(tags=["high"]).fit(X, Y[:, :1])
    sets = small().fit(X, [{"high"} if row[0] else set() for row in Y])
    assert_same_weights(named, sets)
    assert named.classes_.tolist() == sets.classes_.tolist() == ["high"]
    assert named.predict(X).shape == named.predict_proba(X).shape == (32, 1)
    assert -1 <= eer_scorer(named, X, Y[:, :1]) <= 0
    # Without a name, a column is scikit-learn's classes 0 and 1.
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        assert small().fit(X, Y[:, :1]).predict(X).shape == (32,)


@pytest.mark.above_networks
def test_missing_clips_take_no_part(fitted):
    missing = np.full((1, N_BANDS), np.nan, np.float32)
    with pytest.warns(MissingClipWarning, match=r"1 of 33 clips .* clip 32"):
        with_one = clone(fitted).fit([*X, missing], np.vstack([Y, [1, 1, 1]]))
    assert_same_weights(with_one, fitted)
    for method in (fitted.predict, fitted.localize, fitted.predict_events):
        with pytest.raises(ValueError, match=r"cannot be tagged: clip 32"):
            method([*X, missing])


@pytest.mark.above_networks
def test_weights_multiply(fitted):
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    zero = np.r_[weight, 0, 0]
    one = clone(fitted).fit(X, Y, sample_weight=weight)
    two = clone(fitted).fit([*X, *X[:2]], np.vstack([Y, Y[:2]]), sample_weight=zero)
    assert_same_weights(one, two)
    of_tags = [{0: 1, 1: 3}, {0: 2, 1: 1}, {0: 1, 1: 1}]
    weighted = clone(fitted).set_params(class_weight=of_tags).fit(X, Y)
    assert not np.array_equal(weighted.weights_[0], fitted.weights_[0])
    counts = Y.sum(axis=0)
    balanced = [
        {0: len(Y) / 2 / (len(Y) - n), 1: len(Y) / 2 / n} for n in counts.tolist()
    ]
    assert_same_weights(
        clone(fitted).set_params(class_weight="balanced").fit(X, Y),
        clone(fitted).set_params(class_weight=balanced).fit(X, Y),
    )


@pytest.mark.above_networks
@pytest.mark.parametrize("monitor", ["loss", "eer"])
def test_early_stopping_keeps_the_best(monitor):
    held_out = {}

    class Recording(AttentionTagger):
        def _validation_loss(self, compiled, data, items):
            held_out["items"] = items
            return super()._validation_loss(compiled, data, items)

    params = dict(early_stopping=True, monitor=monitor, validation_fraction=0.25)
    model = Recording(
        **small(n_iter_no_change=4, max_epochs=80, **params).get_params()
    ).fit(X, Y)
    values = model.history_[f"val_{monitor}"]
    assert len(values) == model.n_epochs_ < 80
    assert model.n_epochs_ == int(np.argmin(values)) + 1 + 4
    items = held_out["items"]
    # Clips with nothing and with every tag are held out in proportion.
    assert len(items) == 8
    assert set(Y[items].sum(axis=0)) <= {2, 3, 4, 5, 6}
    probabilities = model.predict_proba([X[i] for i in items])
    if monitor == "eer":
        expected = equal_error_rate(Y[items], probabilities)
    else:
        right = np.where(Y[items] == 1, probabilities, 1 - probabilities)
        expected = -np.log(right).mean()
    assert min(values) == pytest.approx(expected, rel=1e-4)


@pytest.mark.above_networks
def test_an_error_rate_that_is_undefined_stops_nothing_in_silence():
    tags = np.zeros((8, 2), int)
    tags[:, 1] = 1
    with pytest.raises(ValueError, match="monitor='eer' needs held-out clips with"):
        small(early_stopping=True, monitor="eer").fit(X[:8], tags)


@pytest.mark.above_networks
def test_warm_start_goes_on():
    model = small(warm_start=True, max_epochs=1)
    model.fit(X, Y).fit(X, Y)
    assert model.n_epochs_ == 2
    with pytest.raises(ValueError, match="normalization is 'attention', but the net"):
        model.set_params(normalization="attention").fit(X, Y)
    model.set_params(normalization="paper")
    with pytest.raises(ValueError, match=r"y has the classes \[0, 1\]"):
        model.fit(X, Y[:, :2])


class Interrupt(keras.callbacks.Callback):
    """Stands for the user who presses Ctrl+C."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.above_networks
def test_a_checkpoint_ends_with_the_same_weights(tmp_path):
    params = dict(max_epochs=4, early_stopping=True, monitor="eer")
    checkpointed = partial(small, checkpoint_dir=tmp_path, **params)
    with pytest.raises(KeyboardInterrupt):
        checkpointed(callbacks=[Interrupt]).fit(X, Y)
    resumed = checkpointed().fit(X, Y)
    undisturbed = small(**params).fit(X, Y)
    assert_same_weights(resumed, undisturbed)
    with pytest.raises(ValueError, match="labels"):
        clone(resumed).fit(X, 1 - Y)


def test_pickle(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_localize_is_what_the_tags_are_made_of(trained):
    tags = trained.predict_proba(X)
    found = trained.localize(X)
    for clip, row, parts in zip(X, tags, found, strict=True):
        assert isinstance(parts, Localization)
        assert parts.times[0] == 0.016 and len(parts.times) == len(clip)
        np.testing.assert_allclose(np.diff(parts.times), 0.016)
        assert parts.attention.shape == (len(clip),)
        np.testing.assert_allclose(parts.localization.sum(axis=1), 1, rtol=1e-5)
        weights = parts.attention[:, np.newaxis] * parts.localization
        mean = parts.contributions.sum(axis=0) / weights.sum(axis=0)
        np.testing.assert_allclose(mean, row, rtol=1e-4)


@pytest.mark.above_networks
def test_events_are_those_of_the_tags_that_were_found(trained):
    model = pickle.loads(pickle.dumps(trained))
    model.hop_, model.window_ = 0.5, 1.0
    events = model.predict_events(X)
    found, curves = model.predict(X), model.localize(X)
    assert any(events)
    for row, clip, curve in zip(found, events, curves, strict=True):
        assert {int(event.label) for event in clip} <= set(np.flatnonzero(row))
        for event in clip:
            k = int(event.label)
            inside = (curve.times > event.onset) & (curve.times < event.offset)
            assert (curve.probabilities[inside, k] > 0.5).all()
            assert event.confidence == curve.probabilities[inside, k].max()
    table = EventTable.from_event_lists([f"{i}.wav" for i in range(len(X))], events)
    assert len(table) == sum(map(len, events))
    by_name = model.predict_events(X, threshold={0: 0.7, 1: 0.5, 2: 1})
    assert by_name == model.predict_events(X, threshold=[0.7, 0.5, 1.0])
    assert by_name != events
    for wrong in ({0: 0.5}, np.nan, 2, "a"):
        with pytest.raises(ValueError, match="threshold must"):
            model.predict_events(X, threshold=wrong)
    model.thresholds_ = np.full(3, 1.1)
    assert not any(model.predict_events(X))


@pytest.mark.above_networks
def test_thresholds():
    names = {"high": 0.2, "low": 0.9, "silent": 0.5}
    model = small(tags=TAGS, threshold=names).fit(X, Y)
    np.testing.assert_array_equal(model.thresholds_, [0.2, 0.9, 0.5])
    np.testing.assert_array_equal(
        model.predict(X), model.predict_proba(X) >= [0.2, 0.9, 0.5]
    )
    one = small(threshold=[0.1, 0.2, 0.3]).fit(X, Y)
    np.testing.assert_array_equal(one.thresholds_, [0.1, 0.2, 0.3])


@pytest.mark.above_networks
@pytest.mark.parametrize("criterion", ["f_measure", "eer"])
def test_tuned_thresholds_are_the_best_ones(fitted, criterion):
    model = clone(fitted).fit(X, Y)
    probabilities, old = model.predict_proba(X), model.thresholds_
    assert model.tune_thresholds(X, Y, criterion) is model

    def loss(thresholds):
        found = probabilities >= thresholds
        hits = (found & (Y == 1)).sum(axis=0)
        false_alarms, misses = found.sum(axis=0) - hits, Y.sum(axis=0) - hits
        if criterion == "f_measure":
            return -2 * hits / (2 * hits + misses + false_alarms)
        return np.abs(misses / Y.sum(axis=0) - false_alarms / (1 - Y).sum(axis=0))

    best = loss(model.thresholds_)
    assert (best < loss(old)).any()
    for threshold in np.linspace(0, 1, 400):
        assert (best <= loss(np.full(3, threshold)) + 1e-12).all()
    with pytest.warns(UserWarning, match=r"\['2'\] stay as they are"):
        before = model.thresholds_[2]
        model.tune_thresholds(X, np.c_[Y[:, :2], np.zeros(len(Y), int)], criterion)
    assert model.thresholds_[2] == before
    with pytest.raises(ValueError, match="criterion must be one of"):
        model.tune_thresholds(X, Y, "accuracy")
    with pytest.raises(ValueError, match="column for each of the 3 tags"):
        model.tune_thresholds(X, Y[:, :2])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"normalization": "mean"}, "'normalization' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"threshold": [0.5, 0.5]}, "one for each of the 3 tags, got"),
        ({"threshold": {0: 0.5}}, r"each of the tags \[0, 1, 2\]"),
        ({"threshold": 1.5}, "'threshold' parameter"),
        ({"tags": ["a", "b"]}, "name the 3 columns of y, got 2"),
        ({"tags": ["a", "b", "a"]}, "tags must be a list of different names"),
        ({"threshold": ["a", "b", "c"]}, "from 0 to 1, or one for each of the 3 tags"),
        ({"threshold": [0.5, 0.5, np.nan]}, "from 0 to 1, or one for each"),
        ({"class_weight": [{0: 1, 1: -2}] * 3}, "finite and not negative, got -2"),
        ({"class_weight": [{0: np.nan}] * 3}, "finite and not negative, got nan"),
        ({"class_weight": [1, 2, 3]}, "weight} for each tag, got 1"),
        ({"class_weight": {0: 1, 1: 2}}, "a list with a dict"),
        ({"class_weight": [{0: 1, 1: 2}]}, "each of the 3 tags, got 1"),
    ],
)
def test_parameters_out_of_range(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(X, Y)


def test_labels_of_other_kinds_are_refused():
    with pytest.raises(ValueError, match="Unknown label type: y of two dimensions"):
        small().fit(X, Y * 2 + 1)
    with pytest.raises(ValueError, match="two classes, got one class: 'bird'"):
        small().fit(X, ["bird"] * len(X))
    with pytest.raises(ValueError, match="for which tags must be None"):
        small(tags=["a", "b"]).fit(X, ["a", "b"] * 16)
    with pytest.raises(TypeError, match=r"tags of clip 1 must be texts, got 3"):
        small().fit(X[:2], [{"a"}, {3}])
    with pytest.raises(ValueError, match="finite and not negative, got -1"):
        small(class_weight={"a": 1, "b": -1}).fit(X[:2], ["a", "b"])
    with pytest.raises(ValueError, match="There is no tag"):
        small().fit(X[:2], [set(), set()])
