"""CRNNClassifier: what it learns, what it does not depend on, how it goes on."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from functools import partial

import keras
import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import clone

from skaudeep.classifiers import CRNNClassifier
from skaudeep.exceptions import MissingClipWarning

N_BANDS = 6

pytestmark = pytest.mark.network


def small(**params):
    """One architecture for most tests: it is compiled once."""
    defaults = dict(
        n_filters=6,
        n_layers=1,
        n_units=6,
        n_dense=6,
        max_epochs=2,
        batch_size=8,
        learning_rate=0.01,
        random_state=0,
    )
    return CRNNClassifier(**{**defaults, **params})


def make_clips(n_clips=24, seed=0):
    """A tone in the first or in the second half, and another one in the other half."""
    rng = np.random.default_rng(seed)
    X, y = [], np.resize(["first", "second"], n_clips)
    for label in y:
        n_frames = int(rng.integers(3, 7)) * 2
        clip = rng.uniform(-1, -0.7, (n_frames, N_BANDS)).astype(np.float32)
        half = slice(None, n_frames // 2), slice(n_frames // 2, None)
        clip[half[label == "second"], 1] += 1.5
        clip[half[label == "first"], 4] += 1.5
        X.append(clip)
    return X, y


X, Y = make_clips()


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X, Y)


def assert_same_weights(first, second):
    for a, b in zip(first.weights_, second.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("direction", ["backward", "forward", "bidirectional"])
def test_learns_what_comes_first(direction):
    classifier = small(direction=direction, max_epochs=25).fit(X, Y)
    assert classifier.score(*make_clips(40, seed=1)) > 0.9
    assert list(classifier.classes_) == ["first", "second"]


@pytest.mark.above_networks
@pytest.mark.parametrize("n_classes", [2, 3])
def test_sigmoid(n_classes):
    clips, labels = make_clips(30)
    if n_classes == 3:
        for i in range(0, 30, 3):
            clips[i], labels[i] = clips[i] * 0 - 1, "none"
    classifier = small(activation="sigmoid", max_epochs=25).fit(clips, labels)
    assert classifier.config_["n_outputs"] == (1 if n_classes == 2 else 3)
    probabilities = classifier.predict_proba(clips)
    assert probabilities.shape == (30, n_classes)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert classifier.score(clips, labels) > 0.9


def test_probabilities_do_not_depend_on_the_batch(fitted):
    together = fitted.predict_proba(X)
    alone = np.concatenate([fitted.predict_proba([clip]) for clip in X])
    np.testing.assert_allclose(together, alone, rtol=1e-4)
    longer = np.zeros((40, N_BANDS), np.float32)
    beside = np.concatenate([fitted.predict_proba([clip, longer])[:1] for clip in X])
    np.testing.assert_allclose(together, beside, rtol=1e-4)
    assert np.ptp(together[:, 0]) > 1e-3


@pytest.mark.above_networks
def test_statistics_are_those_of_the_training_clips(fitted):
    """Normalised by the batch, all clips as one batch are what inference makes."""
    network = fitted.model_
    for drop in [network.drop]:
        drop.rate = 0.0
    lengths = np.array([len(clip) for clip in X], np.int32)
    frames = np.zeros((len(X), lengths.max(), N_BANDS), np.float32)
    for row, clip in zip(frames, X, strict=True):
        row[: len(clip)] = clip
    logits = network.logits(frames, keras.ops.convert_to_tensor(lengths), training=True)
    expected = softmax(keras.ops.convert_to_numpy(logits), axis=1)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-4)


def test_same_seed_same_bits(fitted):
    keras.utils.set_random_seed(7)
    again = clone(fitted).fit(X, Y)
    assert_same_weights(again, fitted)
    assert again.history_ == fitted.history_
    other = clone(fitted).set_params(random_state=1).fit(X, Y)
    assert not np.array_equal(other.weights_[0], fitted.weights_[0])


@pytest.mark.above_networks
def test_containers(fitted):
    short = [clip[:6] for clip in X]
    stacked, listed = clone(fitted).fit(np.stack(short), Y), clone(fitted).fit(short, Y)
    assert_same_weights(stacked, listed)
    np.testing.assert_array_equal(
        stacked.predict_proba(np.stack(short)), listed.predict_proba(short)
    )


@pytest.mark.above_networks
def test_missing_clips_take_no_part(fitted):
    missing = np.full((1, N_BANDS), np.nan, np.float32)
    with pytest.warns(MissingClipWarning, match=r"1 of 25 clips .* clip 24"):
        with_one = clone(fitted).fit([*X, missing], [*Y, "unheard"])
    assert list(with_one.classes_) == ["first", "second"]
    assert_same_weights(with_one, fitted)
    with pytest.raises(ValueError, match=r"cannot be classified: clip 24"):
        fitted.predict([*X, missing])
    with pytest.raises(ValueError, match="All 2 clips of X are missing"):
        clone(fitted).fit([missing, missing], ["a", "b"])


@pytest.mark.above_networks
def test_weight_zero_is_as_good_as_absent(fitted):
    weight = np.r_[np.ones(len(X)), np.zeros(3)]
    clips = [*X, *X[:3]]
    weighted = clone(fitted).fit(clips, [*Y, *Y[:3]], sample_weight=weight)
    assert_same_weights(weighted, fitted)
    with pytest.raises(ValueError, match=r"(?i)sample weights .*zero"):
        clone(fitted).fit(X, Y, sample_weight=np.zeros(len(X)))


@pytest.mark.above_networks
def test_class_weight_multiplies_sample_weight(fitted):
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    of_class = {"first": 3.0, "second": 0.5}
    one = clone(fitted).set_params(class_weight=of_class)
    one = one.fit(X, Y, sample_weight=weight)
    product = weight * [of_class[label] for label in Y]
    two = clone(fitted).fit(X, Y, sample_weight=product)
    for a, b in zip(one.weights_, two.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    assert not np.array_equal(one.weights_[0], fitted.weights_[0])


@pytest.mark.above_networks
def test_balanced_classes_count_alike():
    few = np.flatnonzero(Y == "first")[:3]
    index = np.r_[few, np.flatnonzero(Y == "second")]
    clips, labels = [X[i] for i in index], Y[index]
    balanced = small(class_weight="balanced").fit(clips, labels)
    counts = {"first": 3, "second": 12}
    weight = {label: 15 / (2 * n) for label, n in counts.items()}
    explicit = small(class_weight=weight).fit(clips, labels)
    assert_same_weights(balanced, explicit)


def test_no_batch_is_much_smaller(fitted):
    from skaudeep._labelled_clips import LabelledClips

    codes = np.zeros(len(X), np.int32)
    data = LabelledClips(X, codes, np.ones(len(X), np.float32), codes)
    model = clone(fitted).set_params(batch_size=11)
    rng = np.random.default_rng(0)
    batches = list(model._epoch(data, np.arange(len(X)), 0, rng))
    # 24 = 11 + 11 + 2.
    assert [weight for _, weight in batches] == [8, 8, 8]


@pytest.mark.above_networks
def test_early_stopping_keeps_the_best():
    model = small(
        early_stopping=True, validation_fraction=0.25, n_iter_no_change=3, max_epochs=60
    ).fit(X, Y)
    losses = model.history_["val_loss"]
    assert len(losses) == model.n_epochs_ < 60
    best = int(np.argmin(losses)) + 1
    assert model.n_epochs_ == best + 3
    # Held-out clips do not change what is drawn, so a shorter training ends there.
    shorter = clone(model).set_params(max_epochs=best).fit(X, Y)
    assert_same_weights(shorter, model)


@pytest.mark.above_networks
def test_the_validation_loss_is_that_of_the_fitted_network():
    held_out = {}

    class Recording(CRNNClassifier):
        def _validation_loss(self, compiled, data, items):
            held_out["items"] = items
            return super()._validation_loss(compiled, data, items)

    model = Recording(
        **small(early_stopping=True, validation_fraction=0.25).get_params()
    )
    model.fit(X, Y)
    items = held_out["items"]
    # Both classes in proportion.
    assert sorted(Y[items]) == ["first"] * 3 + ["second"] * 3
    codes = np.searchsorted(model.classes_, Y[items])
    probabilities = model.predict_proba([X[i] for i in items])
    loss = -np.log(probabilities[np.arange(6), codes]).mean()
    assert loss == pytest.approx(min(model.history_["val_loss"]), rel=1e-4)


@pytest.mark.above_networks
def test_warm_start_goes_on(fitted):
    model = small(warm_start=True, max_epochs=1)
    model.fit(X, Y).fit(X, Y)
    assert model.n_epochs_ == 2
    assert len(model.history_["loss"]) == 2
    with pytest.raises(ValueError, match="n_units is 7, but the network"):
        model.set_params(n_units=7).fit(X, Y)
    with pytest.raises(ValueError, match=r"y has the classes \['a', 'b'\]"):
        model.set_params(n_units=6).fit(X, np.resize(["a", "b"], len(X)))


class Interrupt(keras.callbacks.Callback):
    """Stands for the user who presses Ctrl+C."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.above_networks
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_checkpoint_ends_with_the_same_weights(tmp_path, early_stopping):
    params = dict(max_epochs=4, early_stopping=early_stopping, checkpoint_dir=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        small(callbacks=[Interrupt], **params).fit(X, Y)
    resumed = small(**params).fit(X, Y)
    undisturbed = clone(resumed).set_params(checkpoint_dir=None).fit(X, Y)
    assert_same_weights(resumed, undisturbed)
    with pytest.raises(ValueError, match="labels"):
        clone(resumed).fit(X, Y[::-1])


@pytest.mark.above_networks
def test_callbacks_and_schedules():
    epochs = []
    callback = partial(
        keras.callbacks.LambdaCallback,
        on_epoch_begin=lambda epoch, logs: epochs.append(epoch),
    )
    model = small(
        learning_rate=lambda epoch: 0.01 / (1 + epoch), callbacks=[callback]
    ).fit(X, Y)
    assert epochs == [0, 1]
    np.testing.assert_allclose(model.history_["learning_rate"], [0.01, 0.005])


def test_pickle(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kernel_size": (3, 0)}, r"kernel_size must be .* got \(3, 0\)"),
        ({"kernel_size": (3, 3, 1)}, "kernel_size must be"),
        ({"direction": "both"}, "'direction' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
    ],
)
def test_parameters_out_of_range(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(X, Y)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="two classes, got one class: 'first'"):
        small().fit(X[::2], Y[::2])


def test_other_numbers_of_bands_are_refused(fitted):
    with pytest.raises(ValueError, match="X has 5 bands"):
        fitted.predict([clip[:, :5] for clip in X])
