"""scikit-learn's own checks on every public estimator, strictly."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect

import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

import skaudeep
from skaudeep import (
    MFCC,
    ChannelSplitter,
    Chunker,
    DropoutMLPClassifier,
    LiblinearClassifier,
    MelSpectrogram,
    Seq2SeqAutoencoder,
    SequenceStatistics,
    Spectrogram,
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

# Small enough to be checked some fifty times.
ESTIMATORS = [
    ChannelSplitter(),
    Chunker(width=1.0, sample_rate=8000),
    MelSpectrogram(8000, n_mels=8),
    MelSpectrogram(8000, n_mels=8, numerics="audeep", pre_emphasis=0.95, scale=None),
    MelSpectrogram(8000, n_mels=8, on_error="ignore"),
    Spectrogram(8000, window_width=0.01, window_overlap=0.005),
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
    DropoutMLPClassifier((16,), max_epochs=200, learning_rate=0.01, random_state=0),
    *(LiblinearClassifier(solver=solver) for solver in LIBLINEAR_SOLVERS),
    LiblinearClassifier(solver="l2r_lr", regularize_bias=False),
    LiblinearClassifier(class_weight="balanced"),
]


def expected_failures(estimator):
    """Checks that an estimator cannot pass, with the reason."""
    if isinstance(estimator, DropoutMLPClassifier):
        return {
            "check_sample_weight_equivalence_on_dense_data": (
                "dropout draws one mask a row, so a row twice is not a row of weight "
                "two; without dropout training amplifies the rounding of float32"
            ),
        }
    return {}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:X reaches:UserWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures, **STRICT)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_every_public_estimator_is_checked():
    public = {getattr(skaudeep, name) for name in skaudeep.__all__}
    estimators = {
        item
        for item in public
        if inspect.isclass(item) and issubclass(item, BaseEstimator)
    }
    assert estimators == {type(estimator) for estimator in ESTIMATORS}
