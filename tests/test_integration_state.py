"""Whole pipelines: copies, caches, data frames, order of rows and missing clips."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from skaudeep import (
    MFCC,
    ChannelSplitter,
    DropoutMLPClassifier,
    LiblinearClassifier,
    MelSpectrogram,
    Recording,
    Seq2SeqAutoencoder,
    SequenceStatistics,
)
from skaudeep.audio import make_channel_union
from skaudeep.exceptions import AudioError, MissingClipWarning

pytestmark = pytest.mark.usefixtures("empty_working_directory")

# Older ones leave the columns of their branches with the same names in a data frame.
UNIONS_NAME_APART = parse_version(sklearn.__version__) >= parse_version("1.8")

# Too small to be good, large enough to go wrong.
MEL = MelSpectrogram(8000, n_mels=6)
AUTOENCODER = Seq2SeqAutoencoder(1, 4, max_epochs=2, random_state=0)
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
        LiblinearClassifier(solver="l2r_lr"),
    ),
    "network": make_pipeline(
        MEL,
        AUTOENCODER,
        StandardScaler(),
        DropoutMLPClassifier((8,), max_epochs=40, learning_rate=0.02, random_state=0),
    ),
}
every_pipeline = pytest.mark.parametrize(
    "pipeline",
    [
        pytest.param(pipeline, marks=pytest.mark.network if name == "network" else ())
        for name, pipeline in PIPELINES.items()
    ],
    ids=PIPELINES,
)
both_representations = pytest.mark.parametrize(
    "step",
    [SequenceStatistics(), pytest.param(AUTOENCODER, marks=pytest.mark.network)],
    ids=["statistics", "autoencoder"],
)


# Copies


@every_pipeline
def test_clones_are_unfitted_and_learn_the_same(corpus, pipeline):
    fitted = clone(pipeline).fit(corpus.paths, corpus.target)
    copy = clone(fitted)
    for step in copy:
        assert not [name for name in vars(step) if name.endswith("_")]
    copy.fit(corpus.paths, corpus.target)
    np.testing.assert_array_equal(
        copy.predict_proba(corpus.paths), fitted.predict_proba(corpus.paths)
    )


@every_pipeline
def test_pickles_predict_the_same_bits(corpus, pipeline, tmp_path):
    pipeline = clone(pipeline).fit(corpus.paths, corpus.target)
    expected = pipeline.predict_proba(corpus.paths)
    copy = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(copy.predict_proba(corpus.paths), expected)
    assert (
        copy.predict(corpus.paths).tolist() == pipeline.predict(corpus.paths).tolist()
    )
    joblib.dump(pipeline, tmp_path / "pipeline.joblib")
    mapped = joblib.load(tmp_path / "pipeline.joblib", mmap_mode="r")
    np.testing.assert_array_equal(mapped.predict_proba(corpus.paths), expected)


# Caches


class WitnessedStatistics(SequenceStatistics):
    """Remembers in what container the sequences came."""

    def fit(self, X, y=None):
        self.container_ = type(X)
        return super().fit(X, y)


class WitnessedAutoencoder(Seq2SeqAutoencoder):
    """Remembers in what container the sequences came."""

    def fit(self, X, y=None):
        self.container_ = type(X)
        return super().fit(X, y)


@pytest.mark.parametrize(
    "step",
    [
        WitnessedStatistics(),
        pytest.param(
            WitnessedAutoencoder(1, 4, max_epochs=2, random_state=0),
            marks=pytest.mark.network,
        ),
    ],
    ids=["statistics", "autoencoder"],
)
@pytest.mark.parametrize("duration", [0.2, None], ids=["rectangle", "ragged"])
def test_cached_sequences_come_back_memory_mapped(corpus, tmp_path, step, duration):
    mel = clone(MEL).set_params(duration=duration)
    expected = make_pipeline(clone(mel), clone(step)).fit_transform(corpus.paths)
    memory = joblib.Memory(tmp_path, mmap_mode="r", verbose=0)
    for _ in range(2):
        cached = make_pipeline(clone(mel), clone(step), memory=memory)
        cached.fit(corpus.paths)
        mapped = issubclass(cached[-1].container_, np.memmap)
        assert mapped == (duration is not None)
        np.testing.assert_array_equal(cached.transform(corpus.paths), expected)
    assert len(list(tmp_path.rglob("output.pkl"))) == 1


@every_pipeline
def test_cached_steps_are_computed_once(corpus, tmp_path, pipeline, monkeypatch):
    decoded = []
    read = Recording._read

    def counted(self, *args, **kwargs):
        decoded.append(self)
        return read(self, *args, **kwargs)

    monkeypatch.setattr(Recording, "_read", counted)
    expected = clone(pipeline).fit(corpus.paths, corpus.target)
    expected = expected.predict_proba(corpus.paths)
    decoded.clear()
    memory = joblib.Memory(tmp_path, mmap_mode="r", verbose=0)
    pipeline = clone(pipeline).set_params(memory=memory)
    for _ in range(2):
        pipeline.fit(corpus.paths, corpus.target)
        assert len(decoded) == 12
    np.testing.assert_array_equal(pipeline.predict_proba(corpus.paths), expected)
    decoded.clear()
    spectrogram = "mfcc" if "mfcc" in pipeline.named_steps else "melspectrogram"
    pipeline.set_params(**{f"{spectrogram}__pre_emphasis": 0.5})
    pipeline.fit(corpus.paths, corpus.target)
    assert len(decoded) == 12


# Data frames


@both_representations
def test_data_frames_of_whole_pipelines(corpus, step):
    pipeline = make_pipeline(clone(MEL), clone(step), StandardScaler())
    expected = clone(pipeline).fit_transform(corpus.paths)
    frame = pipeline.set_output(transform="pandas").fit_transform(corpus.paths)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(pipeline[1:].get_feature_names_out())
    assert frame.columns.is_unique
    np.testing.assert_array_equal(frame, expected)
    pd.testing.assert_frame_equal(pipeline.transform(corpus.paths), frame)


@both_representations
def test_data_frames_of_channel_unions(corpus, step):
    union = make_channel_union(make_pipeline(MEL, step), ("mean", "difference"))
    expected = clone(union).fit_transform(corpus.paths)
    frame = union.set_output(transform="pandas").fit_transform(corpus.paths)
    assert isinstance(frame, pd.DataFrame)
    if UNIONS_NAME_APART:
        assert frame.columns.is_unique
    np.testing.assert_array_equal(frame, expected)


@every_pipeline
def test_data_frames_inside_change_no_prediction(corpus, pipeline):
    expected = clone(pipeline).fit(corpus.paths, corpus.target)
    framed = clone(pipeline).set_output(transform="pandas")
    framed.fit(corpus.paths, corpus.target)
    assert len(framed[-1].feature_names_in_) == framed[-1].n_features_in_
    np.testing.assert_array_equal(
        framed.predict_proba(corpus.paths), expected.predict_proba(corpus.paths)
    )


# Rows


@every_pipeline
def test_rows_do_not_depend_on_order_or_company(corpus, pipeline, rng):
    pipeline = clone(pipeline).fit(corpus.paths, corpus.target)
    together = pipeline.predict_proba(corpus.paths)
    assert np.ptp(together[:, 0]) > 1e-3
    order = rng.permutation(12)
    shuffled = pipeline.predict_proba([corpus.paths[i] for i in order])
    np.testing.assert_allclose(shuffled, together[order], rtol=1e-4)
    halves = [pipeline.predict_proba(corpus.paths[i : i + 6]) for i in (0, 6)]
    np.testing.assert_allclose(np.vstack(halves), together, rtol=1e-4)
    alone = [pipeline.predict_proba([path]) for path in corpus.paths]
    np.testing.assert_allclose(np.vstack(alone), together, rtol=1e-4)


# Missing clips


@pytest.fixture
def with_broken(corpus, tmp_path):
    """The corpus with a file that is not there and one that is text in its midst."""
    (tmp_path / "text.wav").write_text("This is a shopping list.\n" * 20)
    paths = list(corpus.paths)
    paths[3], paths[8] = str(tmp_path / "missing.wav"), str(tmp_path / "text.wav")
    return paths


@pytest.mark.filterwarnings("ignore:.*text.wav:skaudeep.exceptions.MissingClipWarning")
@both_representations
def test_missing_clips_keep_their_rows(corpus, with_broken, step):
    mel = clone(MEL).set_params(on_error="warn")
    pipeline = make_pipeline(mel, clone(step))
    with pytest.warns(MissingClipWarning, match=r"missing\.wav.*does not exist"):
        X = pipeline.fit_transform(with_broken)
    missing = np.isin(np.arange(12), [3, 8])
    np.testing.assert_array_equal(np.isnan(X).all(axis=1), missing)
    np.testing.assert_array_equal(np.isnan(X).any(axis=1), missing)
    present = [
        path for path, gone in zip(with_broken, missing, strict=True) if not gone
    ]
    alone = make_pipeline(clone(MEL), clone(step)).fit_transform(present)
    np.testing.assert_allclose(X[~missing], alone, rtol=1e-4, atol=1e-6)
    filled = SimpleImputer().fit_transform(X)
    np.testing.assert_allclose(filled[8], X[~missing].mean(axis=0), rtol=1e-4)


@both_representations
def test_imputer_and_classifier_after_missing_clips(corpus, with_broken, step):
    pipeline = make_pipeline(
        clone(MEL).set_params(on_error="ignore"),
        clone(step),
        SimpleImputer(),
        StandardScaler(),
        LiblinearClassifier(solver="l2r_lr"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", MissingClipWarning)
        pipeline.fit(with_broken, corpus.target)
        probabilities = pipeline.predict_proba(with_broken)
        scores = cross_val_score(
            pipeline, with_broken, corpus.target, cv=corpus.cv, error_score="raise"
        )
    assert np.isfinite(probabilities).all()
    np.testing.assert_array_equal(probabilities[3], probabilities[8])
    assert len(scores) == 2


def test_missing_clips_without_an_imputer_are_an_error_that_says_so(
    corpus, with_broken
):
    pipeline = clone(PIPELINES["statistics"])
    with pytest.raises(AudioError, match=r"missing\.wav': the file does not exist"):
        pipeline.fit(with_broken, corpus.target)
    pipeline.set_params(melspectrogram__on_error="ignore", standardscaler=None)
    with pytest.raises(ValueError, match="contains NaN"):
        pipeline.fit(with_broken, corpus.target)
