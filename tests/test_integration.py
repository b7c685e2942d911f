"""Public estimators inside scikit-learn's own tools, from files to scores."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from skaudeep import (
    MFCC,
    ChannelSplitter,
    Chunker,
    DropoutMLPClassifier,
    LiblinearClassifier,
    MelSpectrogram,
    Recording,
    Seq2SeqAutoencoder,
    SequenceStatistics,
    Spectrogram,
)
from skaudeep.audio import make_channel_union
from skaudeep.metrics import uar_scorer

pytestmark = pytest.mark.usefixtures("empty_working_directory")

# Older ones leave the columns of their branches with the same names in a data frame.
UNIONS_NAME_APART = parse_version(sklearn.__version__) >= parse_version("1.8")

# Too small to be good, large enough to go wrong.
MEL = MelSpectrogram(8000, n_mels=6)
AUTOENCODER = Seq2SeqAutoencoder(1, 4, max_epochs=2, random_state=0)
MLP = DropoutMLPClassifier((8,), max_epochs=40, learning_rate=0.02, random_state=0)
PIPELINES = {
    "statistics": make_pipeline(
        MEL,
        SequenceStatistics(),
        StandardScaler(),
        LiblinearClassifier(solver="l2r_lr"),
    ),
    "mfcc": make_pipeline(
        ChannelSplitter("left"),
        MFCC(8000, n_mfcc=4, n_mels=8),
        SequenceStatistics(("mean", "delta_std")),
        StandardScaler(),
        LiblinearClassifier(solver="l2r_lr"),
    ),
    "linear": make_pipeline(
        Spectrogram(8000, f_max=1000),
        SequenceStatistics(("q75",)),
        LiblinearClassifier(solver="l2r_lr"),
    ),
    "network": make_pipeline(MEL, AUTOENCODER, StandardScaler(), MLP),
}
every_pipeline = pytest.mark.parametrize(
    "pipeline",
    [
        pytest.param(pipeline, marks=pytest.mark.network if name == "network" else ())
        for name, pipeline in PIPELINES.items()
    ],
    ids=PIPELINES,
)
one_of_each = pytest.mark.parametrize(
    "pipeline",
    [
        PIPELINES["statistics"],
        pytest.param(PIPELINES["network"], marks=pytest.mark.network),
    ],
    ids=["statistics", "network"],
)


def _objects(items):
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


CONTAINERS = {
    "paths": lambda data: data.paths,
    "tuple": lambda data: tuple(data.paths),
    "pathlib": lambda data: [Path(path) for path in data.paths],
    "unicode": lambda data: np.array(data.paths),
    "objects": lambda data: np.array(data.paths, dtype=object),
    "series": lambda data: pd.Series(data.paths, index=range(40, 28, -1)),
    "recordings": lambda data: [Recording(path) for path in data.paths],
    "recordings-objects": lambda data: _objects(list(map(Recording, data.paths))),
    "ragged-signals": lambda data: data.signals,
    "signals-objects": lambda data: _objects(data.signals),
    "signals-series": lambda data: pd.Series(_objects(data.signals)),
    "all-sorts": lambda data: [
        *data.paths[:4],
        *map(Recording, data.paths[4:8]),
        *data.signals[8:],
    ],
}


# Containers


@pytest.mark.parametrize("container", CONTAINERS)
@one_of_each
def test_containers_give_the_same_bits(corpus, pipeline, container):
    expected = clone(pipeline).fit(corpus.paths, corpus.target)
    X = CONTAINERS[container](corpus)
    fitted = clone(pipeline).fit(X, corpus.target)
    np.testing.assert_array_equal(
        fitted.predict_proba(X), expected.predict_proba(corpus.paths)
    )


@one_of_each
def test_rectangles_are_their_clips(corpus, pipeline):
    stereo = np.stack([signal[:, :1600] for signal in corpus.signals])
    mono = 0.5 * (stereo[:, 0] + stereo[:, 1])
    files = [Recording(path, stop=0.2) for path in corpus.paths]
    expected = clone(pipeline).fit(files, corpus.target).predict_proba(files)
    for X in (stereo, mono, mono.astype(np.float64), pd.DataFrame(mono), list(mono)):
        fitted = clone(pipeline).fit(X, corpus.target)
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)


@pytest.mark.parametrize(
    "step",
    [SequenceStatistics(), pytest.param(AUTOENCODER, marks=pytest.mark.network)],
)
def test_sequences_may_be_made_beforehand(corpus, step):
    sequences = MEL.transform([Recording(path, stop=0.2) for path in corpus.paths])
    assert sequences.ndim == 3
    pipeline = make_pipeline(step, LiblinearClassifier(solver="l2r_lr"))
    expected = clone(pipeline).fit(sequences, corpus.target)
    for X in (list(sequences), _objects(sequences), sequences.astype(np.float64)):
        fitted = clone(pipeline).fit(X, corpus.target)
        np.testing.assert_allclose(
            fitted.decision_function(X),
            expected.decision_function(sequences),
            rtol=1e-4,
            atol=1e-5,
        )


@pytest.mark.network
@pytest.mark.parametrize(
    "steps",
    [
        (LiblinearClassifier(solver="l2r_lr"),),
        (MLP,),
        (SequenceStatistics(), LiblinearClassifier(solver="l2r_lr")),
        (AUTOENCODER, LiblinearClassifier(solver="l2r_lr")),
    ],
    ids=["liblinear", "mlp", "statistics", "autoencoder"],
)
def test_data_frames_are_arrays_with_names(steps, rng):
    X = rng.uniform(-1, 1, (20, 5)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    frame = pd.DataFrame(X, columns=list("abcde"), index=range(100, 80, -1))
    pipeline = make_pipeline(*steps)
    expected = clone(pipeline).fit(X, y).predict_proba(X)
    pipeline.fit(frame, y)
    assert pipeline.feature_names_in_.tolist() == list("abcde")
    np.testing.assert_array_equal(pipeline.predict_proba(frame), expected)
    with pytest.raises(ValueError, match="feature names"):
        pipeline.predict(frame[list("edcba")])


# Fusion


@pytest.mark.parametrize(
    "step",
    [SequenceStatistics(), pytest.param(AUTOENCODER, marks=pytest.mark.network)],
)
def test_channel_union_of_stereo_files(corpus, step):
    channels = ("mean", "left", "right", "difference")
    branch = make_pipeline(MEL, step)
    union = make_channel_union(branch)
    fused = union.fit_transform(corpus.paths)
    assert isinstance(union, FeatureUnion)
    assert np.isfinite(fused).all()
    views = [
        clone(branch).fit_transform(ChannelSplitter(name).transform(corpus.paths))
        for name in channels
    ]
    np.testing.assert_array_equal(fused, np.hstack(views))
    classifier = make_pipeline(union, LiblinearClassifier(solver="l2r_lr"))
    scores = cross_val_score(classifier, corpus.paths, corpus.target, cv=corpus.cv)
    assert scores.shape == (2,)
    frame = clone(union).set_output(transform="pandas").fit_transform(corpus.paths)
    assert frame.shape == fused.shape
    if UNIONS_NAME_APART:
        assert frame.columns.is_unique
    np.testing.assert_array_equal(frame, fused)


def test_union_of_different_representations(corpus):
    union = FeatureUnion(
        [
            ("mel", make_pipeline(clone(MEL), SequenceStatistics(("median",)))),
            ("mfcc", make_pipeline(MFCC(8000, n_mfcc=3), SequenceStatistics())),
        ]
    )
    X = union.fit_transform(corpus.paths)
    assert X.shape == (12, 6 + 2 * 3)
    np.testing.assert_array_equal(
        union.set_params(n_jobs=2).fit_transform(corpus.paths), X
    )


def test_chunks_in_a_pipeline_without_labels(corpus):
    pipeline = make_pipeline(Chunker(0.1), clone(MEL), SequenceStatistics())
    X = pipeline.fit_transform(corpus.paths)
    groups = pipeline["chunker"].groups_
    assert len(X) == len(groups) == 6 * 2 + 6 * 2 + 2
    by_hand = Recording(corpus.paths[3], start=0.1, stop=0.2)
    np.testing.assert_array_equal(
        X[np.flatnonzero(groups == 3)[1]], pipeline[1:].transform([by_hand])[0]
    )


# Model selection


GRID = {
    "melspectrogram__n_mels": [6, 1],
    "melspectrogram__scale": ["minmax", None],
    "liblinearclassifier__C": [1e-4, 1.0],
}


def _same_search(one, two):
    assert one.best_params_ == two.best_params_
    assert one.best_score_ == two.best_score_
    for name, values in one.cv_results_.items():
        if name.startswith(("split", "mean_test", "rank")):
            np.testing.assert_array_equal(two.cv_results_[name], values)


def test_grid_search_in_one_and_in_two_processes(corpus):
    search = GridSearchCV(
        PIPELINES["statistics"], GRID, cv=corpus.cv, scoring=uar_scorer
    )
    one = clone(search).set_params(n_jobs=1).fit(corpus.paths, corpus.target)
    two = clone(search).set_params(n_jobs=2).fit(corpus.paths, corpus.target)
    _same_search(one, two)
    assert len(set(one.cv_results_["mean_test_score"])) > 1
    assert one.best_score_ > 0.9
    assert one.predict(corpus.paths).tolist() == corpus.target.tolist()


@pytest.mark.slow
@pytest.mark.network
def test_networks_are_trained_in_two_processes_as_in_one(corpus):
    grid = {
        "seq2seqautoencoder__max_epochs": [0, 2],
        "dropoutmlpclassifier__max_epochs": [1, 40],
    }
    search = GridSearchCV(PIPELINES["network"], grid, cv=corpus.cv)
    one = clone(search).set_params(n_jobs=1).fit(corpus.paths, corpus.target)
    two = clone(search).set_params(n_jobs=2).fit(corpus.paths, corpus.target)
    _same_search(one, two)
    np.testing.assert_array_equal(
        one.predict_proba(corpus.paths), two.predict_proba(corpus.paths)
    )


def test_search_over_channels_finds_the_one_with_the_tone(rng):
    time = np.arange(1600) / 8000
    y = np.array([0, 1] * 6)
    tone = np.sin(2 * np.pi * np.where(y, 700, 300)[:, None] * time)
    noise = rng.standard_normal((12, 1600))
    X = np.stack([noise, tone + 0.1 * rng.standard_normal((12, 1600))], axis=1)
    pipeline = make_pipeline(ChannelSplitter(), *PIPELINES["statistics"])
    grid = {"channelsplitter__channel": ["left", "right"]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_params_ == {"channelsplitter__channel": "right"}
    assert search.best_score_ == 1


@pytest.mark.parametrize("container", CONTAINERS)
def test_folds_of_every_container(corpus, container):
    pipeline = PIPELINES["statistics"]
    X, y = CONTAINERS[container](corpus), corpus.target
    scores = cross_val_score(pipeline, X, y, cv=corpus.cv)
    paths = np.array(corpus.paths)
    by_hand = [
        clone(pipeline).fit(paths[train], y[train]).score(paths[test], y[test])
        for train, test in corpus.cv.split(paths)
    ]
    np.testing.assert_array_equal(scores, by_hand)


@every_pipeline
def test_folds_of_every_pipeline(corpus, pipeline):
    result = cross_validate(
        pipeline,
        corpus.paths,
        corpus.target,
        cv=corpus.cv,
        scoring=uar_scorer,
        return_estimator=True,
        error_score="raise",
    )
    for fold, estimator in enumerate(result["estimator"]):
        _, test = corpus.cv.folds[fold]
        paths = [corpus.paths[i] for i in test]
        score = uar_scorer(estimator, paths, corpus.target[test])
        assert score == result["test_score"][fold]
