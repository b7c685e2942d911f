"""save and load of estimators with networks, on every backend."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep import (
    AttentionTagger,
    CRNNClassifier,
    DCGANFeatures,
    DeepSpectrum,
    DeepSpectrumClassifier,
    DropoutMLPClassifier,
    EventDetectorUnion,
    LiblinearClassifier,
    RareEventDetector,
    Seq2SeqAutoencoder,
    SpectrogramPicture,
)
from skaudeep.exceptions import PersistenceError
from skaudeep.io import load, save

sys.path.insert(0, str(Path(__file__).parent))
from persisted import assert_same_params, assert_same_results, edit

pytestmark = pytest.mark.network

RNG = np.random.default_rng(20170801)
X = RNG.uniform(-1, 1, (8, 12, 6)).astype(np.float32)
Y = np.array(["high", "low"] * 4)
EVENTS = [
    [(0.04, 0.2, "siren"), (0.04, 0.2, "horn")] if i % 2 else [] for i in range(8)
]
DETECTOR = dict(
    hop=0.02,
    window=0.02,
    n_filters=2,
    n_layers=1,
    n_units=2,
    n_dense=2,
    max_epochs=1,
    random_state=0,
)
SIREN = RareEventDetector("siren", (3,), **DETECTOR)
HORN = RareEventDetector("horn", (3,), **DETECTOR)

ESTIMATORS = [
    Seq2SeqAutoencoder(1, 4, max_epochs=1, warm_start=True, random_state=0),
    DCGANFeatures(
        1, 2, kernel_size=3, latent_size=2, pool=2, max_epochs=1, random_state=0
    ),
    DropoutMLPClassifier((4,), max_epochs=1, random_state=0),
    CRNNClassifier(2, n_layers=1, n_units=2, n_dense=2, max_epochs=1, random_state=0),
    AttentionTagger(2, n_layers=1, n_units=2, n_dense=2, max_epochs=1, random_state=0),
    EventDetectorUnion([("siren", SIREN), ("horn", HORN)]),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skaudeep"


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """Path of a model that sees 8 x 8 pixels."""
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    maps = layers.Conv2D(3, 3, strides=2, activation="relu", name="conv")(inputs)
    outputs = layers.Dense(4, name="last")(layers.Flatten()(maps + maps))
    path = tmp_path_factory.mktemp("backbone") / "tiny.keras"
    keras.Model(inputs, layers.Softmax()(outputs)).save(path)
    return str(path)


def check_round_trip(estimator, X, path):
    save(estimator, path)
    loaded = load(path)
    assert_same_params(loaded, estimator)
    assert_same_results(loaded, estimator, X)
    return loaded


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_fitted_estimators_do_the_same_bits_after_loading(estimator, path):
    flat = isinstance(estimator, DropoutMLPClassifier)
    clips = X.reshape(len(X), -1) if flat else X
    y = EVENTS if isinstance(estimator, EventDetectorUnion) else Y
    estimator = clone(estimator).fit(clips, y)
    loaded = check_round_trip(estimator, clips, path)
    assert getattr(loaded, "history_", None) == getattr(estimator, "history_", None)


def test_training_goes_on_as_if_nothing_had_happened(path):
    estimator = clone(ESTIMATORS[0]).fit(X)
    save(estimator, path)
    loaded = load(path)
    np.testing.assert_array_equal(
        loaded.partial_fit(X).transform(X), estimator.partial_fit(X).transform(X)
    )


def test_pipelines_do_the_same_bits(path):
    pipeline = make_pipeline(
        Seq2SeqAutoencoder(1, 4, max_epochs=1, random_state=0),
        StandardScaler(),
        LiblinearClassifier(solver="l2r_lr"),
    ).fit(X, Y)
    check_round_trip(pipeline, X, path)


def test_image_networks_of_the_library_do_the_same_bits(path):
    spectrum = DeepSpectrum(layer="block5_add", pooling="avg").fit(X[:2])
    check_round_trip(spectrum, X[:2], path)


def test_networks_from_files_do_the_same_bits_without_the_file(
    backbone, path, monkeypatch
):
    classifier = DeepSpectrumClassifier(
        backbone,
        picture=SpectrogramPicture("gray", size=8),
        hidden_layer_sizes=(4,),
        head_epochs=1,
        max_epochs=1,
        random_state=0,
    ).fit(X, Y)
    save(classifier, path)
    Path(backbone).rename(f"{backbone}.away")
    try:
        loaded = load(path)
        assert_same_params(loaded, classifier)
        assert_same_results(loaded, classifier, X)
    finally:
        Path(f"{backbone}.away").rename(backbone)


def test_a_model_among_the_parameters_is_refused_with_the_way_out(backbone, path):
    model = keras.models.load_model(backbone)
    with pytest.raises(PersistenceError, match=r"backbone.*path of that file"):
        save(DeepSpectrum(model), path)


def test_a_network_with_a_layer_of_code_is_not_saved(path, tmp_path):
    keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(name="flat"),
            keras.layers.Discretization(bin_boundaries=[0.0, 1.0], name="bins"),
        ]
    ).save(tmp_path / "odd.keras")
    spectrum = DeepSpectrum(str(tmp_path / "odd.keras"), layer="flat").fit(X[:2])
    with pytest.raises(PersistenceError, match="Discretization"):
        save(spectrum, path)


@pytest.mark.parametrize(
    ("module", "name", "config"),
    [
        ("keras.layers", "Lambda", {"function": {"class_name": "__lambda__"}}),
        ("os", "system", "touch owned"),
        ("builtins", "eval", "1"),
        ("keras.layers", "TorchModuleWrapper", {}),
        ("keras.layers", "TFSMLayer", {"filepath": "owned"}),
        ("keras.src.utils.file_utils", "get_file", {}),
        (None, "Conv2D", {}),
    ],
)
def test_code_in_the_text_of_a_network_is_refused(module, name, config, backbone, path):
    save(DeepSpectrum(backbone, layer="conv", pooling="avg").fit(X[:2]), path)

    def attack(document):
        values = document["estimator"]["state"]["config_"]["items"]
        (text,) = [pair for pair in values if pair[0] == "backbone"]
        layer = f'{{"module": {f"{module!r}" if module else "null"}, '
        layer = layer.replace("'", '"')
        assert '"class_name": "Conv2D"' in text[1]
        text[1] = text[1].replace(
            '{"module": "keras.layers", "class_name": "Conv2D"',
            f'{layer}"class_name": "{name}"',
        )

    edit(path, attack)
    with pytest.raises(PersistenceError, match=rf"{path.name}.*{name}"):
        load(path)


def test_what_keras_would_make_an_object_of_is_refused(path):
    save(clone(ESTIMATORS[2]).fit(X.reshape(8, -1), Y), path)

    def attack(document):
        items = [["module", "os"], ["class_name", "function"], ["config", "system"]]
        config = document["estimator"]["state"]["config_"]["items"]
        config.append(["activation", {"is": "dict", "items": items}])

    edit(path, attack)
    with pytest.raises(PersistenceError, match="contradict"):
        load(path)


def test_weights_of_another_network_fail_when_it_is_built(path):
    save(clone(ESTIMATORS[0]).fit(X), path)
    edit(path, lambda document: document["estimator"]["state"]["weights_"].reverse())
    with pytest.raises(ValueError, match="shape"):
        load(path).transform(X)
