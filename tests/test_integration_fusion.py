"""Fusions of whole systems, from files to decisions, and what they share."""
# SPDX-License-Identifier: BSD-3-Clause

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep import (
    MFCC,
    ChannelSplitter,
    Chunker,
    DCGANFeatures,
    LiblinearClassifier,
    MelSpectrogram,
    Recording,
    Seq2SeqAutoencoder,
    SequenceStatistics,
    WeightedFusionClassifier,
)
from skaudeep.audio import make_channel_union
from skaudeep.classifiers import fusion_optimism

pytestmark = pytest.mark.usefixtures("empty_working_directory")

MEL = MelSpectrogram(8000, n_mels=6)
MODELS = {
    "linear": make_pipeline(StandardScaler(), LiblinearClassifier(solver="l2r_lr")),
    "bayes": GaussianNB(),
}
CHANNELS = ("mean", "left", "right", "difference")


def member(channel, model, memory=None):
    """From files to decisions about one channel."""
    return make_pipeline(
        ChannelSplitter(channel),
        clone(MEL),
        SequenceStatistics(),
        clone(MODELS[model]),
        memory=memory,
    )


def system(memory=None, channels=CHANNELS, cv=3):
    """The channels of every model fused, then the models."""
    return WeightedFusionClassifier(
        [
            (
                model,
                WeightedFusionClassifier(
                    [(name, member(name, model, memory)) for name in channels],
                    step=0.5,
                    cv=2,
                ),
            )
            for model in MODELS
        ],
        cv=cv,
    )


@pytest.fixture
def decoded(monkeypatch):
    """The list of all that has been decoded."""
    decoded = []
    read = Recording._read

    def counted(self, *args, **kwargs):
        decoded.append((self.path, self.channel))
        return read(self, *args, **kwargs)

    monkeypatch.setattr(Recording, "_read", counted)
    return decoded


# scikit-learn's own ensembles


@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_voting_classifier(corpus, voting):
    voters = [(name, member("left", name)) for name in MODELS]
    ensemble = VotingClassifier(voters, voting=voting)
    for X in (corpus.paths, corpus.signals):
        scores = cross_val_score(ensemble, X, corpus.target, cv=corpus.cv)
        np.testing.assert_array_equal(scores, 1)
    if voting == "soft":
        ours = WeightedFusionClassifier(voters, None)
        np.testing.assert_allclose(
            ours.fit(corpus.paths, corpus.target).predict_proba(corpus.paths),
            ensemble.fit(corpus.paths, corpus.target).predict_proba(corpus.paths),
        )


def test_stacking_classifier(corpus):
    channels = [(channel, member(channel, "linear")) for channel in CHANNELS]
    ensemble = StackingClassifier(channels, LogisticRegression(), cv=2)
    ensemble.fit(corpus.paths, corpus.target)
    assert ensemble.score(corpus.paths, corpus.target) == 1
    assert ensemble.final_estimator_.coef_.shape == (1, 4)
    scores = cross_val_score(ensemble, corpus.paths, corpus.target, cv=corpus.cv)
    assert scores.min() >= 0.75


# Ours


def test_fused_channels(corpus):
    fusion = WeightedFusionClassifier(
        [(channel, member(channel, "linear")) for channel in CHANNELS], cv=3
    )
    fusion.fit(corpus.paths, corpus.target)
    assert fusion.score(corpus.paths, corpus.target) == 1
    assert len(fusion.search_["scores"]) == 286
    scores = cross_val_score(fusion, corpus.paths, corpus.target, cv=corpus.cv)
    np.testing.assert_array_equal(scores, 1)


def test_early_fusion_with_reduced_and_scaled_branches(corpus):
    branch = make_pipeline(clone(MEL), SequenceStatistics(), StandardScaler(), PCA(2))
    union = make_channel_union(branch)
    assert union.fit_transform(corpus.paths).shape == (12, 8)
    both = FeatureUnion(
        [
            ("mel", make_pipeline(clone(MEL), SequenceStatistics(), PCA(3))),
            ("mfcc", make_pipeline(MFCC(8000, n_mfcc=4), SequenceStatistics())),
        ],
        transformer_weights={"mfcc": 0.5},
    )
    for early in (union, both):
        pipeline = make_pipeline(early, StandardScaler(), LogisticRegression())
        scores = cross_val_score(pipeline, corpus.paths, corpus.target, cv=corpus.cv)
        np.testing.assert_array_equal(scores, 1)


# Shared encodings


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_files_are_decoded_once_per_channel(corpus, tmp_path, decoded, mmap_mode):
    expected = system().fit(corpus.paths, corpus.target)
    # In each of 3 folds and then for all clips, the inner fusions decode what they
    # train on and test in 2 folds and then train on; the outer one what it tests.
    once = 3 * (2 * 8 + 8 + 4) + (2 * 12 + 12)
    assert len(decoded) == once * len(CHANNELS) * len(MODELS)
    probabilities = expected.predict_proba(corpus.paths)
    decoded.clear()
    memory = joblib.Memory(tmp_path, mmap_mode=mmap_mode, verbose=0)
    fusion = system(memory).fit(corpus.paths, corpus.target)
    assert sorted(decoded) == sorted(
        (path, channel) for path in corpus.paths for channel in CHANNELS
    )
    np.testing.assert_array_equal(fusion.search_["scores"], expected.search_["scores"])
    decoded.clear()
    np.testing.assert_array_equal(fusion.predict_proba(corpus.paths), probabilities)
    # To predict does not need the memory.
    assert len(decoded) == 4 * 12
    decoded.clear()
    fusion.fit(corpus.paths, corpus.target)
    assert decoded == []
    new = [Recording(path, stop=0.15) for path in corpus.paths]
    assert fusion.predict_proba(new).shape == (12, 2)
    assert len(decoded) == 4 * 12


def test_members_of_shared_encodings_are_whole_pipelines(corpus, tmp_path):
    plain = WeightedFusionClassifier([("a", member("left", "bayes"))], None)
    plain.fit(corpus.paths, corpus.target)
    shared = clone(plain).set_params(a__memory=str(tmp_path))
    shared.fit(corpus.paths, corpus.target)
    np.testing.assert_array_equal(
        shared.estimators_[0].predict_proba(corpus.paths),
        plain.estimators_[0].predict_proba(corpus.paths),
    )
    assert list(shared.estimators_[0].named_steps) == list(
        plain.estimators_[0].named_steps
    )
    assert shared.estimators_[0]["melspectrogram"].sample_rate_ == 8000
    assert not hasattr(shared.estimators[0][1]["melspectrogram"], "sample_rate_")


def test_all_folds_of_the_comparison_share_encodings(corpus, tmp_path, decoded):
    memory = joblib.Memory(tmp_path, mmap_mode="r", verbose=0)
    folds = KFold(3)
    channels = CHANNELS[:2]
    fusion = system(memory, channels, cv=2)
    result = fusion_optimism(fusion, corpus.paths, corpus.target, cv=folds)
    assert sorted(decoded) == sorted(
        (path, channel) for path in corpus.paths for channel in channels
    )
    fusion = system(None, channels, cv=2)
    expected = fusion_optimism(fusion, corpus.paths, corpus.target, cv=folds)
    np.testing.assert_array_equal(result.y_nested, expected.y_nested)
    assert result.nested == expected.nested


def test_processes_share_encodings(corpus, tmp_path, decoded):
    memory = joblib.Memory(tmp_path, mmap_mode="r", verbose=0)
    fusion = system(memory, CHANNELS[:2])
    expected = clone(fusion).fit(corpus.paths, corpus.target)
    decoded.clear()
    parallel = clone(fusion).set_params(n_jobs=2)
    parallel.fit(corpus.paths, corpus.target)
    assert decoded == []
    np.testing.assert_array_equal(
        parallel.predict_proba(corpus.paths), expected.predict_proba(corpus.paths)
    )


def test_new_clips_meet_the_fitted_steps(corpus, tmp_path):
    signal = np.random.default_rng(0).uniform(-0.5, 0.5, 4000)
    soundfile.write(tmp_path / "other.wav", signal, 16000)
    pipeline = make_pipeline(
        MelSpectrogram(n_mels=6), SequenceStatistics(), GaussianNB()
    )
    for memory in (None, str(tmp_path / "memory")):
        fusion = WeightedFusionClassifier([("a", clone(pipeline))], None)
        fusion.set_params(a__memory=memory).fit(corpus.paths, corpus.target)
        with pytest.raises(ValueError, match="16000 Hz.*8000"):
            fusion.predict([str(tmp_path / "other.wav")])


@pytest.mark.above_networks
def test_searched_fusion_of_networks(corpus, tmp_path, decoded):
    networks = {
        "seq2seq": Seq2SeqAutoencoder(n_units=2, max_epochs=1, random_state=0),
        "dcgan": DCGANFeatures(n_maps=2, latent_size=3, max_epochs=1, random_state=0),
    }
    memory = joblib.Memory(tmp_path, mmap_mode="r", verbose=0)
    channels = CHANNELS[1:3]
    fusion = WeightedFusionClassifier(
        [
            (
                name,
                WeightedFusionClassifier(
                    [
                        (
                            channel,
                            make_pipeline(
                                ChannelSplitter(channel),
                                MelSpectrogram(8000, n_mels=8, duration=0.3),
                                clone(network),
                                clone(MODELS["linear"]),
                                memory=memory,
                            ),
                        )
                        for channel in channels
                    ],
                    step=0.5,
                    cv=2,
                ),
            )
            for name, network in networks.items()
        ],
        cv=2,
    )
    fusion.fit(corpus.paths, corpus.target)
    assert sorted(decoded) == sorted(
        (path, channel) for path in corpus.paths for channel in channels
    )
    assert len(fusion.search_["scores"]) == 11
    for name, network in networks.items():
        stage = fusion.named_estimators_[name]
        assert len(stage.search_["scores"]) == 3
        for channel in channels:
            trained = stage.named_estimators_[channel][2]
            spectrograms = (
                fusion.estimators[0][1]
                .estimators[0][1][1]
                .fit_transform(ChannelSplitter(channel).fit_transform(corpus.paths))
            )
            # The members are those that are trained on all clips alone.
            np.testing.assert_array_equal(
                trained.transform(spectrograms),
                clone(network).fit(spectrograms).transform(spectrograms),
            )
    shares = fusion.predict_proba(corpus.paths)
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_the_memory_hashes_x_once(corpus, tmp_path, monkeypatch):
    hashed = []
    real = joblib.hash
    monkeypatch.setattr(
        joblib, "hash", lambda value: hashed.append(value) or real(value)
    )
    fusion = system(joblib.Memory(tmp_path, verbose=0), CHANNELS[:2])
    fusion.fit(corpus.paths, corpus.target)
    assert sum(value is corpus.paths for value in hashed) == 1


class Spy(SequenceStatistics):
    """Notes how many clips it is fitted on."""

    seen = []

    def fit(self, X, y=None):
        Spy.seen.append(len(X))
        return super().fit(X, y)


def test_only_steps_that_look_at_single_clips_are_shared(corpus, tmp_path):
    Spy.seen.clear()
    memory = joblib.Memory(tmp_path, verbose=0)
    steps = make_pipeline(clone(MEL), Spy(), GaussianNB(), memory=None)
    fusion = WeightedFusionClassifier([("a", steps)], cv=3)
    fusion.fit(corpus.paths, corpus.target)
    without = sorted(Spy.seen)
    Spy.seen.clear()
    fusion.set_params(a__memory=memory).fit(corpus.paths, corpus.target)
    assert sorted(Spy.seen) == without == [8, 8, 8, 12]


def test_chunks_are_not_shared(corpus, tmp_path):
    one_chunk = Chunker(0.2, count=1)
    pipeline = make_pipeline(
        one_chunk, clone(MEL), SequenceStatistics(), GaussianNB(), memory=str(tmp_path)
    )
    fusion = WeightedFusionClassifier([("a", pipeline)], cv=3)
    fusion.fit(corpus.paths, corpus.target)
    assert not list(tmp_path.rglob("*_fusion_members*"))
