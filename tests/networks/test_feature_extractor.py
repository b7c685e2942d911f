"""Tests of FeatureExtractor and of what a user may call a backbone."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pytest

from skaudeep.networks.feature_extractor import FeatureExtractor
from skaudeep.networks.pretrained import pretrained

pytestmark = pytest.mark.network


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def small_network():
    """Convolutions, a ReLU of its own, dense layers; takes 12 x 10 pixels."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((12, 10, 3)),
            layers.Conv2D(4, 3, strides=2, activation="relu", name="conv"),
            layers.ReLU(name="relu"),
            layers.Flatten(name="flat"),
            layers.Dense(6, activation="relu", name="fc1"),
            layers.Dense(5, activation="softmax", name="fc2"),
        ]
    )


def extractor(model, layers, pooling=None, preprocess="none"):
    _, config, weights = pretrained(model, layers, "imagenet", preprocess, 0)
    network = FeatureExtractor(**config, pooling=pooling)
    network.set_weights(weights)
    return network


@pytest.fixture
def pictures(rng):
    return rng.integers(0, 256, (3, 12, 10, 3)).astype(np.uint8)


def test_several_layers_in_one_pass(pictures):
    model = small_network()
    network = extractor(model, ("fc2", "conv"))
    features = to_numpy(network.extract(pictures))
    assert network.sizes() == [5, 5 * 4 * 4]
    expected = to_numpy(model(pictures.astype("f4")))
    np.testing.assert_allclose(features[:, :5], expected, rtol=1e-5)
    conv = to_numpy(model.get_layer("conv")(pictures.astype("f4")))
    np.testing.assert_allclose(features[:, 5:], conv.reshape(3, -1), rtol=1e-5)


@pytest.mark.parametrize(("pooling", "function"), [("avg", np.mean), ("max", np.max)])
def test_pooling_over_the_picture(pictures, pooling, function):
    model = small_network()
    network = extractor(model, ("conv", "fc1"), pooling)
    features = to_numpy(network.extract(pictures))
    assert network.sizes() == [4, 6]
    conv = to_numpy(model.get_layer("conv")(pictures.astype("f4")))
    np.testing.assert_allclose(features[:, :4], function(conv, (1, 2)), rtol=1e-5)


def test_pooling_over_time_keeps_the_rows(pictures):
    model = small_network()
    network = extractor(model, ("conv",), "time")
    assert network.sizes() == [5 * 4]
    conv = to_numpy(model.get_layer("conv")(pictures.astype("f4")))
    assert conv.shape == (3, 5, 4, 4)
    features = to_numpy(network.extract(pictures)).reshape(3, 5, 4)
    for k in range(5):
        np.testing.assert_allclose(features[:, k], conv[:, k].mean(axis=1), rtol=1e-5)


def test_before_a_layer_that_is_an_activation_function(pictures):
    model = small_network()
    before = extractor(model, ("relu:linear",)).extract(pictures)
    np.testing.assert_array_equal(
        to_numpy(before), to_numpy(extractor(model, ("conv",)).extract(pictures))
    )


def test_before_the_activation_function(pictures):
    network = extractor(small_network(), ("fc1:linear", "fc1", "conv:linear", "conv"))
    features = to_numpy(network.extract(pictures))
    before, after, conv_before, conv_after = np.split(features, [6, 12, 92], axis=1)
    assert (before < 0).any()
    assert (conv_before < 0).any()
    np.testing.assert_allclose(np.maximum(before, 0), after, rtol=1e-6)
    np.testing.assert_allclose(np.maximum(conv_before, 0), conv_after, rtol=1e-6)
    # Both share their weights, and what only later layers need is left out.
    assert len(network.get_weights()) == 4


def test_pictures_of_another_size_are_resized():
    def ramp(height, width):
        rows, columns = np.mgrid[:height, :width]
        rows, columns = (rows + 0.5) / height, (columns + 0.5) / width
        channels = [rows, columns, (rows + columns) / 2]
        return np.round(np.stack(channels, axis=-1) * 255)[np.newaxis].astype(np.uint8)

    network = extractor(small_network(), ("conv:linear",))
    small = to_numpy(network.extract(ramp(12, 10)))
    large = to_numpy(network.extract(ramp(36, 30)))
    # A triangle of colours stays one but at the edges.
    np.testing.assert_allclose(large, small, atol=0.05 * np.abs(small).max())
    constant = np.full((1, 7, 31, 3), 9, np.uint8)
    np.testing.assert_allclose(
        to_numpy(network.extract(constant)),
        to_numpy(network.extract(np.full((1, 12, 10, 3), 9, np.uint8))),
        rtol=1e-5,
    )


def test_preprocessing_of_a_model_of_ones_own(pictures):
    model = small_network()
    plain, scaled, named = (
        to_numpy(extractor(model, ("fc1",), preprocess=mode).extract(pictures))
        for mode in ("keras", "deepspectrum", "unit")
    )
    for features, inputs in (
        (plain, pictures),
        (scaled, pictures / 127.5 - 1),
        (named, pictures / 255),
    ):
        fc1 = keras.Model(model.inputs[0], model.get_layer("fc1").output)
        expected = to_numpy(fc1(inputs.astype("f4")))
        np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_saved_model(pictures, tmp_path, suffix):
    model = small_network()
    model.save(tmp_path / f"model{suffix}")
    expected = to_numpy(extractor(model, ("fc1",)).extract(pictures))
    loaded = extractor(str(tmp_path / f"model{suffix}"), ("fc1",))
    np.testing.assert_allclose(to_numpy(loaded.extract(pictures)), expected, rtol=1e-6)


def test_weights_of_a_model_of_ones_own(pictures, tmp_path):
    first, second = small_network(), small_network()
    before = first.get_weights()
    second.save_weights(tmp_path / "second.weights.h5")
    path = tmp_path / "second.weights.h5"
    _, _, weights = pretrained(first, ("fc2",), path, "keras", 0)
    for a, b in zip(weights, second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not any(array.flags.writeable for array in weights)
    drawn = [pretrained(small_network(), None, None, "keras", s)[2] for s in (1, 1, 2)]
    np.testing.assert_array_equal(drawn[0][0], drawn[1][0])
    assert (drawn[0][0] != drawn[2][0]).any()
    pretrained(first, None, None, "keras", 0)
    for a, b in zip(before, first.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_default_layer_of_a_model_without_pooling():
    names, config, _ = pretrained(small_network(), None, "imagenet", "keras", 0)
    assert names == config["layers"] == ("fc1",)


class Subclassed(keras.Model):
    pass


@pytest.mark.parametrize(
    ("backbone", "message"),
    [
        ("alexnett", "backbone must be .*'efficientnet_lite0'.*'VGG16'.*'alexnett'"),
        (Subclassed(), "functional or sequential Keras model, .* got Subclassed"),
        (
            keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()]),
            r"one input of shape \(n, height, width, 3\), got \[\(None, 4, 4, 1\)\]",
        ),
    ],
)
def test_bad_backbones(backbone, message):
    with pytest.raises(ValueError, match=message):
        pretrained(backbone, None, "imagenet", "keras", 0)


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_the_file_of_a_larger_network_is_refused(tmp_path, suffix):
    layers = keras.layers
    larger = keras.Sequential(
        [keras.Input((12, 10, 3)), *(layers.Conv2D(4, 1) for _ in range(2))]
    )
    smaller = keras.Sequential([keras.Input((12, 10, 3)), layers.Conv2D(4, 1)])
    path = str(tmp_path / f"larger{suffix}")
    (larger.save if suffix == ".keras" else larger.save_weights)(path)
    with pytest.raises(ValueError, match=f"larger{suffix}' are not those of this"):
        pretrained(smaller, None, path, "keras", 0)
    loaded = pretrained(larger, (larger.layers[-1].name,), path, "keras", 0)[2]
    np.testing.assert_array_equal(loaded[-2], larger.get_weights()[-2])


def test_a_file_that_is_no_model(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"model\.keras' cannot be read as a Keras"):
        pretrained(path, None, "imagenet", "keras", 0)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("fc7", "layer='fc7' is not one of .*'conv', 'relu', 'flat', 'fc1', 'fc2'"),
        ("flat:linear", "layer 'flat' has no activation function"),
    ],
)
def test_bad_layers(layer, message):
    with pytest.raises(ValueError, match=message):
        pretrained(small_network(), (layer,), "imagenet", "keras", 0)


def test_bad_preprocessing():
    with pytest.raises(ValueError, match="preprocess must be 'keras'.*'lite', got 'x'"):
        pretrained(small_network(), None, "imagenet", "x", 0)


def test_a_changed_file_is_read_again(tmp_path):
    import os

    from skaudeep.networks.backbones import build_model

    path = tmp_path / "lite.weights.h5"
    arrays = []
    for seed in (1, 2):
        build_model("efficientnet_lite0", seed).save_weights(path)
        os.utime(path, (seed, seed))
        weights = pretrained("efficientnet_lite0", ("stem_conv",), path, "keras", 0)[2]
        arrays.append(weights[0])
    assert (arrays[0] != arrays[1]).any()
