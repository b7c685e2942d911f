"""The multilayer perceptron with dropout."""
# SPDX-License-Identifier: BSD-3-Clause

import gc
import pickle
import weakref
from functools import partialmethod

import keras
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

from skaudeep.classifiers import DropoutMLPClassifier


def small(**params):
    defaults = dict(hidden_layer_sizes=(8, 6), max_epochs=30, random_state=0)
    return DropoutMLPClassifier(**{**defaults, **params})


@pytest.fixture(scope="module")
def problem():
    X, y = make_classification(
        120, 10, n_informative=6, n_classes=3, class_sep=2.0, random_state=0
    )
    return X, np.array(["bus", "car", "tram"])[y]


def forward(weights, X):
    """Logits in NumPy."""
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        X = np.maximum(X @ kernel + bias, 0)
    return X @ weights[-2] + weights[-1]


def test_probabilities_equal_numpy(problem):
    X, y = problem
    model = small().fit(X, y)
    assert [w.shape for w in model.weights_] == [
        (10, 8), (8,), (8, 6), (6,), (6, 3), (3,)
    ]  # fmt: skip
    logits = forward(model.weights_, X)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)
    np.testing.assert_array_equal(
        model.predict(X), model.classes_[expected.argmax(axis=1)]
    )


def test_default_network_is_the_papers(problem):
    X, y = problem
    model = DropoutMLPClassifier(max_epochs=1, random_state=0).fit(X, y)
    assert [w.shape for w in model.weights_][::2] == [(10, 150), (150, 150), (150, 3)]
    assert model.config_["dropout"] == 0.4
    assert DropoutMLPClassifier().max_epochs == 400
    assert DropoutMLPClassifier().batch_size is None


def test_loss_is_the_cross_entropy_before_the_step(problem):
    X, y = problem
    untrained = small(dropout=0.0, max_epochs=0).fit(X, y)
    once = small(dropout=0.0, max_epochs=1).fit(X, y)
    expected = log_loss(y, untrained.predict_proba(X))
    assert once.history_["loss"] == [pytest.approx(expected, rel=1e-5)]


def test_many_epochs_in_one_call_are_the_same_as_one_by_one(problem):
    X, y = problem
    model = small(max_epochs=23, dropout=0.3).fit(X, y)
    assert len(model.history_["loss"]) == model.n_epochs_ == 23
    # One batch of all rows, in an order that does not matter without dropout.
    full = small(max_epochs=23, dropout=0.0).fit(X, y)
    batch = small(max_epochs=23, dropout=0.0, batch_size=len(X)).fit(X, y)
    np.testing.assert_allclose(full.history_["loss"], batch.history_["loss"], rtol=1e-5)


def test_learns_in_full_and_in_mini_batches(problem):
    X, y = problem
    assert small(max_epochs=300, dropout=0.1, learning_rate=0.01).fit(X, y).score(
        X, y
    ) > 0.9  # fmt: skip
    assert small(batch_size=16, max_epochs=60, dropout=0.1).fit(X, y).score(X, y) > 0.9


def test_zero_weight_is_as_good_as_absent(problem):
    X, y = problem
    weight = np.ones(len(X))
    weight[100:] = 0
    X_odd = X.copy()
    X_odd[100:] += 100
    weighted = small(dropout=0.0).fit(X_odd, y, sample_weight=weight)
    shorter = small(dropout=0.0).fit(X[:100], y[:100])
    np.testing.assert_allclose(
        weighted.predict_proba(X), shorter.predict_proba(X), atol=1e-4
    )


@pytest.mark.above_networks
def test_class_weight_multiplies_sample_weight(problem):
    X, y = problem
    by_class = small(dropout=0.0, class_weight={"bus": 3.0, "car": 1.0, "tram": 1.0})
    by_row = small(dropout=0.0)
    np.testing.assert_allclose(
        by_class.fit(X, y).predict_proba(X),
        by_row.fit(X, y, sample_weight=np.where(y == "bus", 3.0, 1.0)).predict_proba(X),
        atol=1e-5,
    )


@pytest.mark.above_networks
def test_balanced_classes_count_alike():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 4))
    y = np.repeat([0, 1], [180, 20])
    # Without dropout the mean probability of the training rows is the prior.
    rare = [
        small(class_weight=weight, dropout=0.0, max_epochs=200).fit(X, y)
        for weight in ("balanced", None)
    ]
    balanced, plain = (model.predict_proba(X)[:, 1].mean() for model in rare)
    assert balanced == pytest.approx(0.5, abs=0.1)
    assert plain < 0.25


def test_same_seed_same_bits(problem):
    X, y = problem
    first = small(batch_size=32).fit(X, y)
    small(random_state=5).fit(X[::-1], y[::-1])
    again = small(batch_size=32).fit(X, y)
    for a, b in zip(first.weights_, again.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.above_networks
def test_early_stopping_stops_and_keeps_the_best(problem):
    X, y = problem
    rng = np.random.default_rng(0)
    noise = rng.permutation(y)  # nothing to learn: the held-out loss rises soon
    model = small(
        early_stopping=True, n_iter_no_change=5, max_epochs=500, learning_rate=0.05
    ).fit(X, noise)
    losses = model.history_["val_loss"]
    assert len(losses) == model.n_epochs_ < 500
    assert np.argmin(losses) == len(losses) - 1 - 5
    until_best = small(
        early_stopping=True,
        n_iter_no_change=500,
        max_epochs=1 + int(np.argmin(losses)),
        learning_rate=0.05,
    ).fit(X, noise)
    np.testing.assert_array_equal(model.weights_[0], until_best.weights_[0])


def test_pickle(problem):
    X, y = problem
    model = small().fit(X, y)
    restored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(restored.predict_proba(X), model.predict_proba(X))


def test_compiled_network_holds_no_data(problem, monkeypatch):
    """What is kept for the next fit must not be this one's training data."""
    from skaudeep import _keras

    seen = []

    def note(self, batch, to_device):
        tensors = to_device(self, batch)
        seen.extend(weakref.ref(t) for t in tensors if t is not None)
        return tensors

    for backend in _keras._BACKENDS.values():
        noted = partialmethod(note, to_device=backend.to_device)
        monkeypatch.setattr(backend, "to_device", noted)
    small(max_epochs=2).fit(*problem).predict(problem[0])
    gc.collect()
    assert seen
    assert [ref for ref in seen if ref() is not None] == []


def test_whole_number_as_learning_rate(problem):
    assert small(learning_rate=1, max_epochs=1).fit(*problem).n_epochs_ == 1


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": (0,)}, r"hidden_layer_sizes must .* got \(0,\)"),
        ({"hidden_layer_sizes": (2.5,)}, r"hidden_layer_sizes must .* got \(2.5,\)"),
        ({"dropout": -0.1}, "'dropout' .* Got -0.1"),
        ({"batch_size": 0}, "'batch_size' .* Got 0"),
        ({"class_weight": "equal"}, "'class_weight' .* Got 'equal'"),
    ],
)
def test_parameters_out_of_range(problem, params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(*problem)


def test_errors_about_the_data(problem):
    X, y = problem
    with pytest.raises(ValueError, match="at least two classes, got one class: 'bus'"):
        small().fit(X, np.full(len(X), "bus"))
    with pytest.raises(ValueError, match="[Ss]ample weights .*zero"):
        small().fit(X, y, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match="[Ww]eights .*zero"):
        small(class_weight=dict.fromkeys(np.unique(y), 0.0)).fit(X, y)
    weight = np.zeros(len(X))
    weight[0] = 1
    with pytest.raises(ValueError, match="All rows .* have the weight zero"):
        small(early_stopping=True).fit(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="X has 4 features, but .* is expecting 10"):
        small(max_epochs=0).fit(X, y).predict(X[:, :4])


def test_many_networks_draw_no_warning_of_tensorflow(caplog):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow's warning")
    import tensorflow as tf

    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    try:
        X, y = np.eye(4, dtype=np.float32), [0, 1, 0, 1]
        for n_units in range(1, 9):
            network = DropoutMLPClassifier((n_units,), max_epochs=1, random_state=0)
            assert network.fit(X, y).predict_proba(X).shape == (4, 2)
    finally:
        logger.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records] == []
