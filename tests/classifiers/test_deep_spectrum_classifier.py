"""Tests of DeepSpectrumClassifier: two phases of training, and what they change."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skaudeep.audio import SpectrogramPicture
from skaudeep.classifiers import DeepSpectrumClassifier, DropoutMLPClassifier
from skaudeep.classifiers import _deep_spectrum_classifier as module
from skaudeep.networks.fine_tuned import FineTuned, cut_layers
from skaudeep.representation import DeepSpectrum

pytestmark = pytest.mark.network


def small_network():
    """A residual network for pictures of 16 x 16 pixels."""
    layers = keras.layers
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="first")(inputs)
    branch = layers.Conv2D(6, 3, padding="same", activation="relu", name="second")(x)
    branch = layers.BatchNormalization(name="norm")(branch)
    x = layers.Add(name="add")([x, branch])
    x = layers.Conv2D(8, 3, activation="relu", name="third")(x)
    outputs = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, outputs)


@pytest.fixture(scope="module")
def backbone():
    keras.utils.set_random_seed(0)
    return small_network()


@pytest.fixture
def clips(rng):
    """Noise that is louder in the lower or in the upper bands, of several lengths."""
    X = [rng.random((n, 8)).astype("f4") for n in rng.integers(5, 40, 40)]
    y = np.array(["low", "high"] * 20)
    for clip, label in zip(X, y, strict=True):
        clip[:, :4] += 0.5 * (label == "low")
        clip[:, 4:] += 0.5 * (label == "high")
    return X, y


def classifier(backbone, **options):
    defaults = {
        "preprocess": "tf",
        "picture": SpectrogramPicture("gray", size=16),
        "hidden_layer_sizes": (16,),
        "head_epochs": 15,
        "max_epochs": 10,
        "learning_rate": 1e-3,
        "random_state": 0,
    }
    return DeepSpectrumClassifier(backbone, **{**defaults, **options})


def test_learns(backbone, clips):
    X, y = clips
    fitted = classifier(backbone, head_epochs=40, max_epochs=40).fit(X[:30], y[:30])
    assert fitted.score(X[30:], y[30:]) >= 0.9
    losses = fitted.history_
    assert len(losses["head_loss"]) == 40
    assert len(losses["loss"]) == 40
    assert losses["loss"][-1] < losses["head_loss"][-1]


def test_without_fine_tuning_it_is_a_perceptron_on_deep_spectrum(backbone, clips):
    X, y = clips
    fitted = classifier(backbone, fine_tune=0).fit(X, y)
    features = DeepSpectrum(
        backbone, preprocess="tf", picture=SpectrogramPicture("gray", size=16)
    ).fit_transform(X)
    head = DropoutMLPClassifier(
        (16,), dropout=0.25, max_epochs=15, batch_size=32, random_state=0
    ).fit(features, y)
    # Its seed is another, so compare what the parts make of the weights.
    head.weights_ = fitted.weights_[-4:]
    np.testing.assert_allclose(
        fitted.predict_proba(X), head.predict_proba(features), rtol=1e-4, atol=1e-5
    )
    assert fitted.history_["loss"] == []
    unreleased = classifier(backbone, max_epochs=0).fit(X, y)
    np.testing.assert_array_equal(unreleased.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize(
    ("released", "changed"),
    [(0.28, {"third"}), (0.5, {"second", "norm", "third"}), (1.0, None)],
)
def test_only_the_upper_layers_change(backbone, clips, released, changed):
    X, y = clips
    fitted = classifier(backbone, fine_tune=released).fit(X, y)
    model = fitted.model_.extractor.model
    different = {
        layer.name
        for layer in model.layers
        for before, after in zip(
            backbone.get_layer(layer.name).get_weights() if layer.weights else [],
            layer.get_weights(),
            strict=True,
        )
        if (before != after).any()
    }
    everything = {"first", "second", "norm", "third"}
    assert different == (everything if changed is None else changed)
    head = 4
    n_trained = sum(
        len(layer.trainable_weights)
        for layer in model.layers
        if layer.name in different
    )
    assert len(fitted.model_.trainable_variables) == head + n_trained
    # Batch normalisation keeps its statistics.
    np.testing.assert_array_equal(model.get_layer("norm").moving_mean, np.zeros(6))


def test_the_cut_lies_where_one_tensor_goes_up(backbone):
    layers = [layer.name for layer in backbone.layers]
    assert layers == [layers[0], "first", "second", "norm", "add", "third", "pool"]
    for released, last in (
        (0.01, "third"),
        (0.28, "add"),
        # Two tensors go up from "norm", so the cut moves down.
        (0.3, "first"),
        (0.5, "first"),
        (1, layers[0]),
    ):
        below, cut = cut_layers(backbone, released)
        assert below[-1].name == last
        assert cut is backbone.get_layer(last).output


def test_both_parts_make_the_whole(backbone, clips):
    pictures = SpectrogramPicture(size=16).fit_transform(clips[0])
    config = {
        "backbone": backbone.to_json(),
        "layers": ("add", "pool"),
        "pooling": "max",
        "preprocessing": "unit",
    }
    network = FineTuned(
        **config, released=0.5, hidden_layer_sizes=(3,), n_classes=2, dropout=0.5
    )
    activations = network.lower_activations(pictures)
    assert activations.shape == (40, 8, 8, 6)
    features = keras.ops.convert_to_numpy(network.features(activations))
    whole = keras.ops.convert_to_numpy(network.extractor.extract(pictures))
    np.testing.assert_allclose(features, whole, rtol=1e-5)


def test_the_same_seed_gives_the_same_numbers(backbone, clips):
    X, y = clips
    first = classifier(backbone).fit(X, y)
    again = clone(first).fit(X, y)
    for a, b in zip(first.weights_, again.weights_, strict=True):
        np.testing.assert_array_equal(a, b)
    other = classifier(backbone, random_state=1).fit(X, y)
    assert (other.weights_[-1] != first.weights_[-1]).any()
    loaded = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(loaded.predict_proba(X), first.predict_proba(X))


@pytest.mark.above_networks
def test_activations_that_do_not_fit_are_computed_anew(backbone, clips, monkeypatch):
    X, y = clips
    kept = classifier(backbone).fit(X, y).predict_proba(X)
    monkeypatch.setattr(module, "_KEPT_BYTES", 0)
    anew = classifier(backbone).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(anew, kept, rtol=1e-3, atol=1e-4)


@pytest.mark.above_networks
def test_weights_of_samples_and_classes(backbone, clips):
    X, y = clips
    y = np.where(np.arange(40) < 30, "a", "b")
    plain = classifier(backbone).fit(X, y).predict_proba(X)[:, 1].mean()
    balanced = classifier(backbone, class_weight="balanced").fit(X, y)
    weighted = classifier(backbone).fit(X, y, np.where(y == "b", 3.0, 1.0))
    assert balanced.predict_proba(X)[:, 1].mean() > plain + 0.05
    np.testing.assert_allclose(
        balanced.predict_proba(X), weighted.predict_proba(X), atol=0.02
    )


def test_pictures_instead_of_sequences(backbone, clips):
    X, y = clips
    pictures = SpectrogramPicture("gray", size=16).fit_transform(X)
    drawn = classifier(backbone).fit(X, y).predict_proba(X)
    given = classifier(backbone).fit(pictures, y).predict_proba(pictures)
    np.testing.assert_allclose(given, drawn, rtol=1e-4, atol=1e-5)


@pytest.mark.above_networks
def test_missing_clips_are_refused_by_number(backbone, clips):
    X, y = clips
    missing = [*X[:-1], np.full((1, 8), np.nan, "f4")]
    with pytest.raises(ValueError, match="contains NaN: clip 39 is missing"):
        classifier(backbone).fit(missing, y)
    fitted = classifier(backbone, fine_tune=0).fit(X, y)
    with pytest.raises(ValueError, match="clip 39 is missing"):
        fitted.predict(missing)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fine_tune": 1.5}, "'fine_tune' parameter"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes must be"),
        ({"layer": "none"}, "layer='none' is not one of"),
        ({"learning_rate": 0}, "'learning_rate' parameter"),
    ],
)
def test_bad_parameters(backbone, clips, options, message):
    with pytest.raises(ValueError, match=message):
        classifier(backbone, **options).fit(*clips)
