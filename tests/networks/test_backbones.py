"""Tests of image networks by name: architectures, weights, layers, preprocessing."""
# SPDX-License-Identifier: BSD-3-Clause

import random
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_sample_images

from skaudeep.networks.backbones import (
    backbone_names,
    build_model,
    default_layer,
    find_backbone,
    initialize,
    load_weights,
)
from skaudeep.networks.efficientnet_lite import efficientnet_lite0, fold_released
from skaudeep.networks.feature_extractor import FeatureExtractor
from skaudeep.networks.preprocessing import PREPROCESSING, preprocess
from skaudeep.networks.pretrained import pretrained

pytestmark = pytest.mark.network

ROOT = Path(__file__).parents[2]
LITE = ROOT / "skaudeep" / "networks" / "data" / "efficientnet_lite0.safetensors"
GOLDEN = ROOT / "tests" / "reference" / "efficientnet_lite0" / "pictures.npz"


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def photographs():
    """The squares that the README of the golden numbers describes."""
    squares = []
    for image in load_sample_images().images:
        height = len(image)
        squares += [
            image[height - 224 :, :224],
            image[100:324, 200:424],
            image[50:274, 300:524],
        ]
    return np.stack(squares)


@pytest.fixture(scope="module")
def lite():
    """The extractor of pooled features and logits with the weights of the library."""
    _, config, weights = pretrained(
        "efficientnet_lite0", ("avg_pool", "predictions"), "imagenet", "keras", 0
    )
    network = FeatureExtractor(**config, pooling=None)
    network.set_weights(weights)
    return network


def test_efficientnet_lite0_is_the_published_network(lite):
    golden = np.load(GOLDEN)
    features = to_numpy(lite.extract(photographs()))
    pooled, logits = features[:, :1280], features[:, 1280:]
    errors = np.linalg.norm(pooled - golden["pooled"], axis=1)
    assert (errors < 0.01 * np.linalg.norm(golden["pooled"], axis=1)).all()
    best = np.argsort(-logits, axis=1)[:, :5]
    np.testing.assert_array_equal(best, golden["top5"])
    shown = np.take_along_axis(logits, best, axis=1)
    np.testing.assert_allclose(shown, golden["logits"], atol=0.1)


def test_efficientnet_lite0_against_pytorch_layer_by_layer(rng):
    torch = pytest.importorskip("torch")
    released = pytest.importorskip("efficientnet_lite_pytorch")
    theirs = released.EfficientNet.from_name("efficientnet-lite0").eval()
    state = load_file(LITE)
    # It wants the counters of batches, which do nothing here.
    theirs.load_state_dict(
        {k: torch.tensor(v).float() for k, v in state.items()}, strict=False
    )
    model = efficientnet_lite0()
    load_weights(model, find_backbone("efficientnet_lite0"), "imagenet")
    ours = keras.Model(
        model.inputs[0],
        [
            model.get_layer(name).output
            for name in ("block3_add", "head_activation", "predictions")
        ],
    )
    pictures = rng.uniform(-1, 1, (2, 224, 224, 3)).astype("f4")
    inputs = torch.tensor(pictures.transpose(0, 3, 1, 2))
    kept = []
    theirs._blocks[2].register_forward_hook(lambda *args: kept.append(args[2]))
    with torch.no_grad():
        head, logits = theirs.extract_features(inputs), theirs(inputs)
    expected = [kept[0].permute(0, 2, 3, 1), head.permute(0, 2, 3, 1), logits]
    for mine, their in zip(ours(pictures), expected, strict=True):
        np.testing.assert_allclose(to_numpy(mine), their.numpy(), atol=2e-4)


def test_efficientnet_lite0_has_the_published_size():
    state = load_file(LITE)
    folded = fold_released(state)
    statistics = sum(v.size for k, v in state.items() if ".running_" in k)
    released = sum(v.size for v in state.values()) - statistics
    assert released == 4_652_008
    model = efficientnet_lite0()
    # Gains and offsets of the normalisation have become the convolutions' biases.
    n_gains = statistics // 2
    assert model.count_params() == released - n_gains
    assert sum(v.size for v in folded.values()) == model.count_params()


def test_all_of_keras_applications_are_known_in_any_spelling():
    names = backbone_names()
    assert {"VGG16", "VGG19", "ResNet50", "MobileNetV2", "NASNetMobile"} < set(names)
    assert len(names) == len(set(names)) > 35
    for spelling in ("mobilenet_v2", "MobileNetV2", "MOBILENETV2", "mobilenet-v2"):
        assert find_backbone(spelling).name == "MobileNetV2"
    assert find_backbone("squeezenet") is None


def _application_modules():
    backbones = [find_backbone(name) for name in backbone_names()]
    return {
        b.build.__module__: b for b in backbones if "applications" in b.build.__module__
    }


@pytest.mark.parametrize("module", sorted(_application_modules()))
def test_preprocessing_is_that_of_keras(module, rng):
    backbone = _application_modules()[module]
    pictures = rng.integers(0, 256, (1, 3, 4, 3)).astype("f4")
    expected = sys.modules[module].preprocess_input(pictures.copy())
    ours = preprocess(keras.ops.convert_to_tensor(pictures), backbone.keras_mode)
    np.testing.assert_allclose(to_numpy(ours), expected, rtol=1e-5, atol=1e-4)


def test_preprocessing_by_hand():
    pixel = np.array([[[[0.0, 127.5, 255.0]]]], dtype="f4")
    expected = {
        "none": [0, 127.5, 255],
        "unit": [0, 0.5, 1],
        "tf": [-1, 0, 1],
        "torch": [-0.485 / 0.229, (0.5 - 0.456) / 0.224, (1 - 0.406) / 0.225],
        "caffe": [255 - 103.939, 127.5 - 116.779, -123.68],
        "bgr": [255, 127.5, 0],
        "lite": [-127 / 128, 0.5 / 128, 1],
    }
    assert expected.keys() == PREPROCESSING.keys()
    for mode, values in expected.items():
        result = to_numpy(preprocess(keras.ops.convert_to_tensor(pixel), mode))
        np.testing.assert_allclose(result.ravel(), values, atol=1e-5, err_msg=mode)


@pytest.mark.parametrize(
    ("backbone", "preprocess_as", "mode"),
    [
        ("vgg16", "keras", "caffe"),
        ("vgg19", "deepspectrum", "bgr"),
        ("alexnet", "keras", "torch"),
        ("alexnet", "deepspectrum", "unit"),
        ("googlenet", "deepspectrum", "tf"),
        ("efficientnet_lite0", "deepspectrum", "lite"),
        ("ResNet50", "deepspectrum", "caffe"),
        ("EfficientNetB0", "keras", "none"),
    ],
)
def test_preprocessing_of_deep_spectrum(backbone, preprocess_as, mode):
    known = find_backbone(backbone)
    modes = {"keras": known.keras_mode, "deepspectrum": known.deepspectrum_mode}
    assert (modes[preprocess_as] or known.keras_mode) == mode


@pytest.mark.above_networks
def test_default_layers():
    assert find_backbone("alexnet").layer_name("fc7") == "classifier_5"
    assert find_backbone("alexnet").layer_name("fc6:linear") == "classifier_2:linear"
    assert find_backbone("vgg19").layer == "fc2"
    assert find_backbone("googlenet").layer == "avgpool"
    keras.layers.GlobalAveragePooling2D()  # takes the first number
    for _ in range(2):
        model = build_model("mobilenet", 0)
        assert default_layer(model) == "global_average_pooling2d"
        assert model.get_layer("global_average_pooling2d") in model.layers


@pytest.mark.above_networks
def test_weights_that_are_single_numbers():
    names, config, weights = pretrained(
        "EfficientNetB0", ("stem_conv",), None, "keras", 0
    )
    assert names == ("stem_conv",)
    assert any(np.ndim(array) == 0 for array in weights)
    FeatureExtractor(**config, pooling="avg").set_weights(weights)


def test_names_as_they_were_asked_for():
    fitted = [
        pretrained("mobilenet", layers, None, "keras", 0)
        for layers in (None, ("conv1_relu:linear",))
    ]
    assert [names for names, _, _ in fitted] == [
        ("global_average_pooling2d",),
        ("conv1_relu:linear",),
    ]
    assert len(fitted[1][2]) == 1 + 4


def test_random_weights_depend_on_the_seed_alone():
    state = random.getstate()
    first, again, other = (build_model("efficientnet_lite0", s) for s in (1, 1, 2))
    assert random.getstate() == state
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    differing = [
        (a != b).any()
        for a, b in zip(first.get_weights(), other.get_weights(), strict=True)
        if a.ndim > 1
    ]
    assert all(differing)


def test_random_weights_of_nested_layers_are_drawn_anew():
    def network():
        layers = keras.layers
        inner = keras.Sequential([layers.Conv2D(2, 1, name="inner")])
        return keras.Sequential([keras.Input((4, 4, 3)), inner, layers.Conv2D(5, 1)])

    first, second = network(), network()
    for model in (first, second):
        initialize(model, 7)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("suffix", [".weights.h5", ".safetensors"])
def test_weights_from_a_file(tmp_path, suffix):
    path = tmp_path / f"lite{suffix}"
    model = build_model("efficientnet_lite0", 3)
    if suffix == ".safetensors":
        save_file(load_file(LITE), path)
        load_weights(model, find_backbone("efficientnet_lite0"), "imagenet")
    else:
        model.save_weights(path)
    loaded = build_model("efficientnet_lite0", 4)
    load_weights(loaded, find_backbone("efficientnet_lite0"), path)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_bad_weights(tmp_path):
    model = build_model("efficientnet_lite0", 0)
    lite0 = find_backbone("efficientnet_lite0")
    with pytest.raises(FileNotFoundError, match=r"weights='.*none\.pth' is no file"):
        load_weights(model, lite0, tmp_path / "none.pth")
    state = load_file(LITE)
    del state["_blocks.3._bn1.bias"]
    save_file(state, tmp_path / "incomplete.safetensors")
    with pytest.raises(ValueError, match=r"incomplete\.safetensors.*block4_depthwise"):
        load_weights(model, lite0, tmp_path / "incomplete.safetensors")
    (tmp_path / "short.safetensors").write_bytes(LITE.read_bytes()[:1_000_000])
    with pytest.raises(ValueError, match=r"short\.safetensors"):
        load_weights(model, lite0, tmp_path / "short.safetensors")
    (tmp_path / "short.weights.h5").write_bytes(b"no such file")
    with pytest.raises(ValueError, match=r"short\.weights\.h5.*of this network"):
        load_weights(model, lite0, tmp_path / "short.weights.h5")
    with pytest.raises(ValueError, match="only Keras's files"):
        load_weights(model, find_backbone("vgg16"), LITE)


@pytest.mark.parametrize("name", ["alexnet", "googlenet"])
def test_no_imagenet_weights_for_torchvisions_networks(name):
    with pytest.raises(ValueError, match=f"'{name}' from Keras: pass .*{name}-.*pth"):
        load_weights(None, find_backbone(name), "imagenet")


def test_a_failed_download_says_what_to_do(monkeypatch):
    def offline(**_):
        raise OSError("name resolution failed")

    backbone = find_backbone("vgg16")._replace(build=offline)
    with pytest.raises(OSError, match="resolution failed.*path of the file.*lite0"):
        load_weights(keras.Sequential(), backbone, "imagenet")
