"""The estimator around the sequence-to-sequence network."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from joblib import Memory
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skaudeep.representation import Seq2SeqAutoencoder

sys.path.insert(0, str(Path(__file__).parent))
from autoencoders import N_BANDS, assert_same_weights, make_tones, small


@pytest.fixture(scope="module")
def clips():
    return make_tones()


@pytest.fixture(scope="module")
def fitted(clips):
    return small().fit(clips)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("encoder", [False, True])
@pytest.mark.parametrize("decoder", [False, True])
def test_number_of_features_is_the_papers_formula(clips, cell, encoder, decoder):
    model = small(
        cell=cell,
        bidirectional_encoder=encoder,
        bidirectional_decoder=decoder,
        n_layers=3,
        n_units=5,
        max_epochs=0,
    ).fit(clips)
    expected = 5 * 3 * (2 if decoder else 1) * (2 if cell == "lstm" else 1)
    assert model.transform(clips).shape == (len(clips), expected)
    assert len(model.get_feature_names_out()) == expected


def test_published_setting_gives_1024_features():
    X = np.zeros((2, 3, N_BANDS), dtype=np.float32)
    model = Seq2SeqAutoencoder.from_preset("dcase2017", max_epochs=0, random_state=0)
    assert model.fit_transform(X).shape == (2, 1024)
    model = Seq2SeqAutoencoder(max_epochs=0, random_state=0)
    assert model.fit_transform(X).shape == (2, 512 + 2 * 512)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_clip_is_the_same_alone_and_in_any_company(clips, cell, bidirectional):
    model = small(
        cell=cell,
        bidirectional_encoder=bidirectional,
        pooling=("mean", "std"),
        max_epochs=0,
    )
    together = model.fit(clips).transform(clips)
    alone = np.vstack([model.transform([clip]) for clip in clips])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-6)
    longer = np.zeros((40, N_BANDS), dtype=np.float32)
    beside = model.transform([*clips, longer])[:-1]
    np.testing.assert_allclose(beside, together, rtol=1e-4, atol=1e-6)
    order = np.random.default_rng(0).permutation(len(clips))
    shuffled = model.transform([clips[i] for i in order])
    np.testing.assert_allclose(shuffled, together[order], rtol=1e-4, atol=1e-6)


def test_padding_does_not_reach_training():
    """Two clips of one length train as in a 3-D array, also beside longer zeros."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (6, 5, N_BANDS)).astype(np.float32)
    rectangle = small(max_epochs=3, dropout=0.0, batch_size=7).fit(X)
    listed = small(max_epochs=3, dropout=0.0, batch_size=7).fit(list(X))
    np.testing.assert_allclose(
        listed.transform(X), rectangle.transform(X), rtol=1e-4, atol=1e-6
    )
    missing = np.full((9, N_BANDS), np.nan, dtype=np.float32)
    padded = small(max_epochs=3, dropout=0.0, batch_size=7).fit([*X, missing])
    np.testing.assert_allclose(
        padded.transform(X), rectangle.transform(X), rtol=1e-4, atol=1e-5
    )


def test_training_learns(clips):
    untrained = small(max_epochs=0).fit(clips)
    assert untrained.history_ == {"loss": []}
    assert untrained.n_epochs_ == 0
    trained = small(max_epochs=60, dropout=0.0, learning_rate=0.01).fit(clips)
    assert trained.n_epochs_ == 60
    assert trained.score(clips) > untrained.score(clips) + 0.2
    assert trained.history_["loss"][-1] < 0.7 * trained.history_["loss"][0]


def test_loss_of_an_epoch_is_the_error_over_all_its_frames(clips):
    still = small(max_epochs=1, dropout=0.0, learning_rate=1e-12).fit(clips)
    assert still.history_["loss"] == [pytest.approx(-still.score(clips), rel=1e-5)]


@pytest.mark.above_networks
def test_every_epoch_draws_anew_from_the_clips_that_are_not_set_aside(clips):
    trained, validated, drawn = set(), set(), set()

    class Witness(Seq2SeqAutoencoder):
        def _epoch(self, data, items, epoch, rng):
            trained.add(tuple(sorted(items)))
            drawn.add(tuple(rng.permutation(items)))
            return super()._epoch(data, items, epoch, rng)

        def _validation_loss(self, compiled, data, items):
            validated.add(tuple(sorted(items)))
            return super()._validation_loss(compiled, data, items)

    params = small(early_stopping=True, validation_fraction=0.25).get_params()
    Witness(**params).set_params(max_epochs=3).fit(clips)
    (trained,), (validated,) = trained, validated
    assert len(drawn) == 3
    assert (len(trained), len(validated)) == (15, 5)
    assert sorted(trained + validated) == list(range(20))


def test_score_is_minus_rmse_of_reconstruction(clips, fitted):
    reconstruction = fitted.reconstruct(clips)
    pairs = zip(clips, reconstruction, strict=True)
    error = np.concatenate([(a - b).ravel() for a, b in pairs])
    assert fitted.score(clips) == pytest.approx(-np.sqrt(np.mean(error**2)), rel=1e-5)
    assert [len(clip) for clip in reconstruction] == [len(clip) for clip in clips]


def test_same_seed_same_bits_whatever_ran_before(clips, fitted):
    small(random_state=7).fit(clips[::-1])
    again = small().fit(clips)
    assert_same_weights(fitted, again)
    assert again.history_ == fitted.history_
    np.testing.assert_array_equal(again.transform(clips), fitted.transform(clips))
    other = small(random_state=1).fit(clips)
    assert not np.array_equal(other.transform(clips), fitted.transform(clips))


def test_global_generators_are_left_alone(clips):
    from keras.src.random.seed_generator import global_seed_generator

    def states():
        import keras

        return (
            np.random.get_state()[1].tolist(),
            random.getstate(),
            keras.ops.convert_to_numpy(global_seed_generator().state).tolist(),
        )

    states()  # Keras makes its generator when first asked, and seeds it at random
    before = states()
    small().fit(clips).transform(clips)
    assert states() == before


def test_pickle_holds_arrays_and_gives_the_same_bits(clips, fitted):
    assert fitted.model_ is not None, "a live network must not get into the pickle"
    state = pickle.dumps(fitted)
    n_bytes = sum(w.nbytes for w in fitted.weights_)
    assert len(state) < n_bytes + 5000
    assert state == pickle.dumps(fitted), "the same estimator, the same bytes"
    restored = pickle.loads(state)
    np.testing.assert_array_equal(restored.transform(clips), fitted.transform(clips))


def test_model_is_the_fitted_network(clips, fitted):
    import keras

    encoded = fitted.model_.encode(clips[0][None])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(encoded), fitted.transform(clips[:1]), atol=1e-6
    )
    assert fitted.model_ is fitted.model_
    with pytest.raises(NotFittedError):
        assert small().model_


def test_parameters_may_change_after_fit(clips, fitted):
    expected = fitted.transform(clips)
    changed = pickle.loads(pickle.dumps(fitted)).set_params(n_units=9, cell="lstm")
    np.testing.assert_array_equal(changed.transform(clips), expected)


@pytest.mark.above_networks
def test_early_stopping_keeps_the_best_weights(clips):
    model = small(
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=3,
        max_epochs=200,
        learning_rate=0.1,
    ).fit(clips)
    losses = model.history_["val_loss"]
    assert len(losses) == model.n_epochs_ < 200
    assert np.argmin(losses) == len(losses) - 1 - 3
    # The held-out clips are not known from outside; the best weights score as the best
    # epoch did on exactly five clips.
    scores = [-model.score([clip]) for clip in clips]
    assert min(scores) <= min(losses) <= max(scores)


@pytest.mark.above_networks
def test_early_stopping_restores_rather_than_keeps_the_last(clips):
    stopped = small(
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=3,
        max_epochs=200,
        learning_rate=0.1,
    ).fit(clips)
    best = 1 + int(np.argmin(stopped.history_["val_loss"]))
    exact = small(
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=200,
        max_epochs=best,
        learning_rate=0.1,
    ).fit(clips)
    assert_same_weights(stopped, exact)


def test_early_stopping_needs_clips_to_train_on():
    X = np.zeros((1, 4, N_BANDS), dtype=np.float32)
    with pytest.raises(
        ValueError, match="validation_fraction=0.1 .* at least two, got n_samples=1"
    ):
        small(early_stopping=True).fit(X)


def test_inverse_transform_without_teacher_is_the_reconstruction():
    X = np.stack([clip[:3] for clip in make_tones()])
    model = small(teacher_forcing=None).fit(X)
    decoded = model.inverse_transform(model.transform(X))
    assert decoded.shape == X.shape
    np.testing.assert_allclose(decoded, model.reconstruct(X), atol=1e-6)


def test_inverse_transform_runs_freely_step_by_step():
    import keras

    X = np.stack([clip[:3] for clip in make_tones()])
    model = small(bidirectional_decoder=False, max_epochs=20).fit(X)
    codes = model.transform(X)
    # Feed the decoder its own output, one frame more in every round; the reversed
    # target makes the last frame of the clip the first that is decoded.
    own = np.zeros_like(X)
    for t in (2, 1, 0):
        decoded = keras.ops.convert_to_numpy(model.model_.decode(codes, own))
        own[:, t] = decoded[:, t]
    np.testing.assert_allclose(model.inverse_transform(codes), own, atol=1e-4)
    assert np.abs(own - model.reconstruct(X)).max() > 1e-3


def test_inverse_transform_length_and_errors(clips, fitted):
    codes = fitted.transform(clips)
    assert fitted.inverse_transform(codes).shape[1] == max(map(len, clips))
    assert fitted.inverse_transform(codes, n_frames=2).shape == (len(clips), 2, N_BANDS)
    with pytest.raises(ValueError, match="X has 5 features.* makes 8"):
        fitted.inverse_transform(codes[:, :5])
    codes[1] = np.nan
    assert np.isnan(fitted.inverse_transform(codes)[1]).all()
    with pytest.raises(ValueError, match="n_frames must be .* got 0"):
        fitted.inverse_transform(codes, n_frames=0)


def test_containers_agree(clips, fitted):
    import pandas as pd

    objects = np.empty(len(clips), dtype=object)
    objects[:] = clips
    expected = fitted.transform(clips)
    for X in (objects, tuple(clips), pd.Series(clips)):
        np.testing.assert_array_equal(fitted.transform(X), expected)
    even = np.stack([clip[:3] for clip in clips])
    np.testing.assert_allclose(
        fitted.transform(even), fitted.transform(list(even)), atol=1e-6
    )
    longer = np.concatenate([even, even], axis=1)
    assert fitted.transform(longer).shape == expected.shape


@pytest.mark.above_networks
def test_two_d_array_is_sequences_of_one_band():
    X = np.random.default_rng(0).uniform(-1, 1, (5, 7))
    features = small().fit_transform(X)
    np.testing.assert_array_equal(features, small().fit_transform(X[:, :, None]))


def test_long_clips_are_encoded_in_smaller_batches(monkeypatch, fitted):
    from skaudeep import _sequence_batches as module

    X = np.stack([clip[:3] for clip in make_tones()])
    expected = fitted.transform(X), fitted.score(X)
    monkeypatch.setattr(module, "_INFERENCE_FRAMES", 12)
    assert module.inference_batch_size(3) == 4
    assert module.inference_batch_size(100) == 1
    np.testing.assert_allclose(fitted.transform(X), expected[0], atol=1e-6)
    assert fitted.score(X) == pytest.approx(expected[1], rel=1e-5)


@pytest.mark.above_networks
def test_memory_mapped_array_is_read_batch_by_batch(tmp_path, fitted):
    X = np.random.default_rng(0).uniform(-1, 1, (9, 5, N_BANDS)).astype(np.float32)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(
        small().fit(mapped).transform(mapped), small().fit(X).transform(X)
    )


@pytest.mark.above_networks
def test_memory_caches_the_fitted_autoencoder(tmp_path, clips):
    pipeline = make_pipeline(small(), "passthrough", memory=Memory(tmp_path, verbose=0))
    first = pipeline.fit_transform(clips)
    again = clone(pipeline).fit(clips)
    np.testing.assert_array_equal(again.transform(clips), first)


@pytest.mark.above_networks
def test_nothing_is_written_where_nobody_asked(clips, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    small().fit(clips).transform(clips)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().out == ""


@pytest.mark.above_networks
def test_verbose_shows_a_progress_bar(clips, capfd):
    small(verbose=1).fit(clips)
    shown = capfd.readouterr().err
    assert "Seq2SeqAutoencoder: 100%" in shown
    assert "loss=" in shown


@pytest.mark.above_networks
def test_set_output_gives_a_data_frame(clips):
    frame = small(max_epochs=0).set_output(transform="pandas").fit_transform(clips)
    assert list(frame.columns[:2]) == ["seq2seqautoencoder0", "seq2seqautoencoder1"]
