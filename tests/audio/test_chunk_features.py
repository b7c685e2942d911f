"""Features of chunks, one sequence a clip."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from skaudeep import io
from skaudeep.audio import Chunker, ChunkFeatures, MelSpectrogram, SequenceStatistics

RATE = 8000


@pytest.fixture
def signals(rng):
    return [rng.uniform(-1, 1, n) for n in (20000, 8000, 3000)]


def chunked(**params):
    features = make_pipeline(MelSpectrogram(RATE, n_mels=8), SequenceStatistics())
    return ChunkFeatures(features, **{"width": 0.5, "sample_rate": RATE, **params})


def test_rows_are_the_features_of_the_chunks_alone(signals):
    X = chunked(hop=0.25).fit_transform(signals)
    assert [clip.shape for clip in X] == [(9, 16), (3, 16), (1, 16)]
    for signal, clip in zip(signals, X, strict=True):
        chunker = Chunker(0.5, 0.25, sample_rate=RATE)
        chunks = chunker.fit_transform([signal])
        features = chunked().transformer
        assert np.array_equal(features.fit_transform(chunks), clip)


def test_clips_of_equally_many_chunks_are_one_array(signals):
    X = chunked(count=1).fit_transform(signals)
    assert X.shape == (3, 1, 16) and X.dtype == np.float32


def test_a_clip_is_the_same_alone_and_in_any_order(signals):
    transformer = chunked().fit(signals)
    X = transformer.transform(signals)
    for clip, again in zip(X, transformer.transform(signals[::-1])[::-1], strict=True):
        assert np.array_equal(clip, again)
    assert np.array_equal(transformer.transform(signals[:1])[0], X[0])


def test_the_transformer_is_given_the_label_of_each_chunk(signals):
    class Noting(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            self.y_ = y
            return self

        def transform(self, X):
            return np.zeros((len(X), 1))

    transformer = ChunkFeatures(Noting(), 0.5, sample_rate=RATE)
    labels = ["park", "tram", "bus"]
    expected = [*["park"] * 5, *["tram"] * 2, "bus"]
    assert transformer.fit(signals, labels).transformer_.y_.tolist() == expected
    transformer.fit_transform(signals, labels)
    assert transformer.transformer_.y_.tolist() == expected
    assert transformer.fit(signals).transformer_.y_ is None


def test_fit_leaves_the_template_alone(signals):
    transformer = chunked().fit(signals)
    assert transformer.transformer_ is not transformer.transformer
    assert not hasattr(transformer.transformer[0], "sample_rate_")


def test_it_can_be_saved(signals, tmp_path):
    transformer = chunked().fit(signals)
    io.save(transformer, tmp_path / "chunks")
    X, again = (
        t.transform(signals) for t in (transformer, io.load(tmp_path / "chunks"))
    )
    assert all(np.array_equal(*pair) for pair in zip(X, again, strict=True))


def test_a_transformer_must_be_one(signals):
    with pytest.raises(ValueError, match="transformer"):
        ChunkFeatures("mel", 1).fit(signals)
