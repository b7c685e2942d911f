"""scikit-learn's own checks on every public estimator, strictly."""
# SPDX-License-Identifier: BSD-3-Clause

import atexit
import inspect
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

import skaudeep
from skaudeep import (
    MFCC,
    AttentionTagger,
    BagOfDeepFeatures,
    ChannelSplitter,
    Chromagram,
    Chunker,
    ChunkFeatures,
    ChunkVotingClassifier,
    CRNNClassifier,
    DCGANFeatures,
    DeepSpectrum,
    DeepSpectrumClassifier,
    DropoutMLPClassifier,
    LiblinearClassifier,
    MelSpectrogram,
    Seq2SeqAutoencoder,
    SequenceStatistics,
    Spectrogram,
    SpectrogramPicture,
    WeightedFusionClassifier,
)

STRICT = (
    {"xfail_strict": True}
    if parse_version(sklearn.__version__) >= parse_version("1.8")
    else {}
)

LIBLINEAR_SOLVERS = (
    "l2r_lr",
    "l2r_l2loss_svc_dual",
    "l2r_l2loss_svc",
    "l2r_l1loss_svc_dual",
    "mcsvm_cs",
    "l1r_l2loss_svc",
    "l1r_lr",
    "l2r_lr_dual",
)


FOLDER = tempfile.TemporaryDirectory()
atexit.register(FOLDER.cleanup)


def tiny_image_network():
    """File of a network that sees 8 x 8 pixels.

    A file, because a pickled model holds the second in which it was pickled, and
    joblib's hash tells scikit-learn whether fit has changed a parameter.
    """
    path = Path(FOLDER.name) / "tiny.keras"
    if not path.exists():
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                layers.Conv2D(4, 3, strides=2, activation="relu", name="conv"),
                layers.Flatten(name="flat"),
                layers.Dense(8, name="last"),
                layers.Softmax(name="top"),
            ]
        )
        model.save(path)
    return str(path)


# Small enough to be checked some fifty times.
ESTIMATORS = [
    ChannelSplitter(),
    Chunker(width=1.0, sample_rate=8000),
    ChunkFeatures(
        make_pipeline(MelSpectrogram(8000, n_mels=8), SequenceStatistics()),
        width=1.0,
        sample_rate=8000,
    ),
    MelSpectrogram(8000, n_mels=8),
    MelSpectrogram(8000, n_mels=8, numerics="audeep", pre_emphasis=0.95, scale=None),
    MelSpectrogram(8000, n_mels=8, on_error="ignore"),
    MelSpectrogram(8000, n_mels=8, delta=2),
    MelSpectrogram(8000, n_mels=8, window=np.hamming, amplitude="power", scale=None),
    Spectrogram(8000, window_width=0.01, window_overlap=0.005),
    Spectrogram(8000, window_width=0.01, window_overlap=0.005, delta=1),
    Chromagram(8000),
    Chromagram(8000, window_width=0.01, window_overlap=0.005, delta=1, scale=None),
    SpectrogramPicture(size=16),
    SpectrogramPicture(size=16, resample="area", value_range=(-3, 3)),
    MFCC(8000, n_mfcc=4, n_mels=8),
    SequenceStatistics(("mean", "std", "q25", "delta_max")),
    Seq2SeqAutoencoder(1, 4, max_epochs=1, random_state=0),
    Seq2SeqAutoencoder(
        1,
        4,
        teacher_forcing="leak_free",
        variational=True,
        max_epochs=2,
        early_stopping=True,
        random_state=0,
    ),
    DCGANFeatures(
        1, 2, kernel_size=3, latent_size=2, pool=2, max_epochs=1, random_state=0
    ),
    DeepSpectrum(tiny_image_network(), layer="conv", pooling="avg"),
    DeepSpectrum(
        tiny_image_network(),
        layer=("conv", "last"),
        pooling="max",
        window=2.0,
        hop=1.0,
        frame_step=0.5,
    ),
    BagOfDeepFeatures(3, n_assignments=2, random_state=0),
    BagOfDeepFeatures(
        4, n_assignments=1, codebook="kmeans", max_frames=50, norm="l2", random_state=0
    ),
    BagOfDeepFeatures(
        4,
        n_assignments=2,
        codebook="supervised",
        normalize_input="standardize",
        gaussian=1.0,
        random_state=0,
    ),
    BagOfDeepFeatures(3, n_assignments=2, idf=True, random_state=0),
    DropoutMLPClassifier((16,), max_epochs=200, learning_rate=0.01, random_state=0),
    CRNNClassifier(
        8,
        n_layers=1,
        n_units=8,
        n_dense=8,
        learning_rate=0.01,
        max_epochs=30,
        random_state=0,
    ),
    CRNNClassifier(
        8,
        cell="gru",
        direction="bidirectional",
        n_layers=1,
        n_units=8,
        n_dense=8,
        pooling="last",
        activation="sigmoid",
        learning_rate=0.01,
        max_epochs=30,
        random_state=0,
    ),
    *(
        AttentionTagger(
            8,
            n_layers=1,
            n_units=8,
            n_dense=16,
            attention=attention,
            localization=attention,
            learning_rate=0.02,
            max_epochs=40,
            random_state=0,
        )
        for attention in (True, False)
    ),
    *(LiblinearClassifier(solver=solver) for solver in LIBLINEAR_SOLVERS),
    LiblinearClassifier(solver="l2r_lr", regularize_bias=False),
    LiblinearClassifier(class_weight="balanced"),
    DeepSpectrumClassifier(
        tiny_image_network(),
        preprocess="tf",
        picture=SpectrogramPicture("gray", size=8, value_range=(-3, 3)),
        hidden_layer_sizes=(32,),
        head_epochs=60,
        head_learning_rate=0.01,
        max_epochs=2,
        random_state=0,
    ),
    *(
        ChunkVotingClassifier(LogisticRegression(), voting=voting)
        for voting in ("hard", "soft", "sum_log")
    ),
    ChunkVotingClassifier(LiblinearClassifier(random_state=0)),
    *(
        WeightedFusionClassifier(
            [
                ("bayes", GaussianNB()),
                ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
            ],
            weights,
            voting=voting,
            step=0.25,
            cv=3,
        )
        for weights, voting in (("simplex", "soft"), ("score", "majority"))
    ),
    WeightedFusionClassifier(
        [("one", LogisticRegression()), ("two", LogisticRegression(C=0.1))], [0.3, 0.7]
    ),
]

CHECKS_OF_SAMPLE_WEIGHTS = (
    "check_all_zero_sample_weights_error",
    "check_classifiers_one_label_sample_weights",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_sample_weights_list",
    "check_sample_weights_not_an_array",
    "check_sample_weights_not_overwritten",
    "check_sample_weights_pandas_series",
    "check_sample_weights_shape",
)


def expected_failures(estimator):
    """Checks that an estimator cannot pass, with the reason."""
    if isinstance(
        estimator,
        AttentionTagger
        | CRNNClassifier
        | DropoutMLPClassifier
        | DeepSpectrumClassifier,
    ):
        return {
            "check_sample_weight_equivalence_on_dense_data": (
                "dropout draws one mask a row, so a row twice is not a row of weight "
                "two; without dropout training amplifies the rounding of float32"
            ),
        }
    if isinstance(estimator, BagOfDeepFeatures) and estimator.idf:
        reason = "idf needs all bags when words are chosen, so it refuses partial_fit"
        checks = ("check_fit_score_takes_y", "check_n_features_in_after_fitting")
        return dict.fromkeys(checks, reason)
    if isinstance(estimator, ChunkVotingClassifier) and isinstance(
        estimator.estimator, LiblinearClassifier
    ):
        reason = "LIBLINEAR takes no sample weights, and what is around it says so"
        return dict.fromkeys(CHECKS_OF_SAMPLE_WEIGHTS, reason)
    return {}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:X reaches:UserWarning")
@pytest.mark.filterwarnings("ignore:The spectrograms of:UserWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures, **STRICT)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# Their y is a list of event lists, and the checks have classes and numbers:
# tests/events/test_rare_event_detector.py runs those that need no y.
DETECTORS = {skaudeep.RareEventDetector, skaudeep.EventDetectorUnion}


def test_every_public_estimator_is_checked():
    public = {getattr(skaudeep, name) for name in skaudeep.__all__}
    estimators = {
        item
        for item in public
        if inspect.isclass(item) and issubclass(item, BaseEstimator)
    }
    assert estimators == {type(estimator) for estimator in ESTIMATORS} | DETECTORS
