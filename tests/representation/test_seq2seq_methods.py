"""Frames, samples, scores and settings of the autoencoder."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

from skaudeep.audio import MelSpectrogram, SequenceStatistics
from skaudeep.networks.seq2seq import representation_size
from skaudeep.representation import Seq2SeqAutoencoder
from skaudeep.representation._presets import SEQ2SEQ_PRESETS

sys.path.insert(0, str(Path(__file__).parent))
from autoencoders import CLIPS, assert_same_weights, small

MISSING = np.full((4, 3), np.nan, dtype=np.float32)


@pytest.fixture(scope="module")
def fitted():
    return small().fit(CLIPS)


@pytest.fixture(scope="module")
def variational():
    return small(variational=True, kl_warmup=1).fit(CLIPS)


def test_frames_have_the_encoders_states(fitted):
    states = fitted.transform_frames(CLIPS)
    assert [len(clip) for clip in states] == [len(clip) for clip in CLIPS]
    assert {clip.shape[1] for clip in states} == {4}
    assert states[0].dtype == np.float32
    # A forward state knows nothing of what comes after its frame.
    cut = fitted.transform_frames([clip[:3] for clip in CLIPS])
    assert cut.shape == (20, 3, 4)
    np.testing.assert_allclose(
        cut, np.stack([clip[:3] for clip in states]), rtol=1e-4, atol=1e-6
    )
    mel = MelSpectrogram(8000, window_width=0.08, window_overlap=0.04)
    times = mel.frame_times(len(states[0]))
    np.testing.assert_allclose(times, 0.04 + 0.04 * np.arange(len(states[0])))


def test_last_frame_and_first_frame_hold_the_final_states():
    import keras

    model = small(bidirectional_encoder=True).fit(CLIPS)
    states = model.transform_frames(CLIPS)
    assert {clip.shape[1] for clip in states} == {8}
    final = [np.concatenate([clip[-1, :4], clip[0, 4:]]) for clip in states]
    codes = model.model_.to_representation(keras.ops.convert_to_tensor(np.stack(final)))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(codes), model.transform(CLIPS), atol=1e-5
    )


def test_frames_of_missing_clips_are_missing(fitted):
    states = fitted.transform_frames([CLIPS[0], MISSING])
    assert np.isnan(states[1]).all()
    np.testing.assert_allclose(
        states[0], fitted.transform_frames(CLIPS[:1])[0], atol=1e-6
    )
    nothing = fitted.transform_frames([MISSING, MISSING])
    assert nothing.shape == (2, 1, 4)
    assert np.isnan(nothing).all()


@pytest.mark.parametrize("axis", ["time", "frequency"])
def test_pooled_states_stand_behind_the_representation(axis):
    clips = [*CLIPS[:6], MISSING]
    params = dict(axis=axis, bidirectional_encoder=axis == "time")
    pooling = ("mean", "q25", "delta_max")
    plain = small(**params).fit(clips)
    model = small(**params, pooling=pooling).fit(clips)
    assert_same_weights(plain, model)
    features, codes = model.transform(clips), plain.transform(clips)
    assert features.dtype == np.float32
    n_codes = codes.shape[1]
    np.testing.assert_allclose(features[:, :n_codes], codes, rtol=0, atol=1e-6)
    expected = SequenceStatistics(pooling).fit_transform(model.transform_frames(clips))
    assert expected.shape == (7, 3 * 8)
    np.testing.assert_allclose(features[:, n_codes:], expected, rtol=0, atol=1e-6)
    assert np.isnan(features[-1]).all()
    assert len(model.get_feature_names_out()) == features.shape[1]
    # Only what was fitted counts.
    model.set_params(pooling=None)
    np.testing.assert_array_equal(model.transform(clips), features)


@pytest.mark.above_networks
def test_decoding_ignores_pooled_states():
    model = small(pooling=["max"]).fit(CLIPS)
    features = model.transform(CLIPS)
    made = model.inverse_transform(features, n_frames=3)
    features[:, 8:] = 5
    np.testing.assert_array_equal(model.inverse_transform(features, n_frames=3), made)
    with pytest.raises(ValueError, match="X has 8 features, .* makes 12"):
        model.inverse_transform(features[:, :8])


@pytest.mark.parametrize(
    ("pooling", "message"),
    [
        (("mean", "mode"), r"pooling must be of 'mean', .* got 'mode'"),
        ((), "pooling must name at least one and none twice"),
        (["std", "std"], "pooling must name at least one and none twice"),
        ("mean", "'pooling' parameter .* must be .* Got 'mean'"),
    ],
)
def test_pooling_that_there_is_not(pooling, message):
    with pytest.raises(ValueError, match=message):
        small(pooling=pooling).fit(CLIPS)


@pytest.mark.parametrize("axis", ["frequency", "frequency_time"])
def test_axes(axis):
    model = small(
        axis=axis, band_window=2, band_overlap=1, bidirectional_decoder=False
    ).fit(CLIPS)
    features = model.transform(CLIPS)
    assert features.shape == (20, representation_size(model.config_))
    alone = np.vstack([model.transform([clip]) for clip in CLIPS[:5]])
    np.testing.assert_allclose(alone, features[:5], rtol=1e-4, atol=1e-6)
    states = model.transform_frames([*CLIPS, MISSING])
    assert states[0].shape == (len(CLIPS[0]), 4)
    assert states[-1].shape == (1, 4)
    if axis == "frequency":
        means = [clip.mean(axis=0) for clip in states[:-1]]
        np.testing.assert_allclose(means, features, atol=1e-5)
    assert model.inverse_transform(features, n_frames=2).shape == (20, 2, 3)


def test_score_samples_are_the_errors_of_single_clips(fitted):
    scores = fitted.score_samples([*CLIPS, MISSING])
    assert np.isnan(scores[-1])
    reconstruction = fitted.reconstruct(CLIPS)
    expected = [
        np.sqrt(np.mean((a - b) ** 2))
        for a, b in zip(CLIPS, reconstruction, strict=True)
    ]
    np.testing.assert_allclose(scores[:-1], expected, rtol=1e-5)
    lengths = [len(clip) for clip in CLIPS]
    total = np.sqrt(np.average(scores[:-1] ** 2, weights=lengths))
    assert fitted.score([*CLIPS, MISSING]) == pytest.approx(-total, rel=1e-6)
    assert np.isnan(fitted.score([MISSING]))


@pytest.mark.above_networks
def test_what_was_never_seen_scores_higher():
    time = np.arange(12)[:, None]
    tones = [
        (0.8 * np.sin(0.5 * time + phase)).astype(np.float32)
        for phase in np.linspace(0, 6, 16)
    ]
    noise = np.random.default_rng(0).uniform(-1, 1, (4, 12, 1)).astype(np.float32)
    model = small(max_epochs=80, dropout=0.0, learning_rate=0.02).fit(tones)
    scores = model.score_samples([*tones, *noise])
    assert scores[:16].max() < scores[16:].min()


def test_samples(variational):
    drawn = variational.sample(5, random_state=0)
    assert drawn.shape == (5, max(map(len, CLIPS)), 3)
    assert drawn.dtype == np.float32
    assert np.abs(drawn).max() <= 1
    np.testing.assert_array_equal(drawn, variational.sample(5, random_state=0))
    assert (drawn != variational.sample(5, random_state=1)).any()
    codes = np.random.RandomState(0).standard_normal((5, 8))
    np.testing.assert_allclose(drawn, variational.inverse_transform(codes), atol=1e-6)
    assert variational.sample(n_frames=2).shape == (1, 2, 3)
    with pytest.raises(ValueError, match="n_frames must be .* got 0"):
        variational.sample(n_frames=0)


def test_sample_needs_a_variational_network(fitted):
    with pytest.raises(ValueError, match="sample needs .* variational=True, this one"):
        fitted.sample(2)


@pytest.mark.above_networks
def test_divergence_is_warmed_up():
    """Epochs of weight 0 are those of a network without the divergence."""
    params = dict(variational=True, max_epochs=3, dropout=0.0)
    none = small(**params, kl_weight=0.0).fit(CLIPS)
    late = small(**params, kl_weight=100.0, kl_warmup=2).fit(CLIPS)
    losses = np.array([none.history_["loss"], late.history_["loss"]])
    assert losses[0, 0] == losses[1, 0]
    assert (losses[1, 1:] > losses[0, 1:] + 1).all()
    at_once = small(**params, kl_weight=100.0, kl_warmup=0).fit(CLIPS)
    # Half the weight in the second of two epochs of warm-up.
    ratio = losses[1, 1] / at_once.history_["loss"][0]
    assert 0.4 < ratio < 0.55


def test_codes_follow_the_prior_where_the_divergence_is_all():
    model = small(
        variational=True,
        kl_weight=100.0,
        kl_warmup=0,
        max_epochs=60,
        learning_rate=0.02,
    ).fit(CLIPS)
    assert np.abs(model.transform(CLIPS)).max() < 0.1


@pytest.mark.above_networks
def test_attention_has_no_free_decoder():
    model = small(attention=True).fit(CLIPS)
    codes = model.transform(CLIPS)
    assert codes.shape == (20, 8)
    assert model.reconstruct(CLIPS)[3].shape == CLIPS[3].shape
    with pytest.raises(ValueError, match="inverse_transform needs .* attention=False"):
        model.inverse_transform(codes)


@pytest.mark.parametrize(
    "params",
    [
        {"teacher_forcing": "audeep", "dropout_on": "inputs_and_outputs"},
        {"feed_previous_prob": 0.5, "bidirectional_decoder": False},
        {"encoder_noise": 0.3, "mask_silence": True},
        {"cell": "lstm", "attention": True, "variational": True},
    ],
    ids=str,
)
def test_options_train_and_give_the_same_bits_again(params):
    first = small(**params).fit(CLIPS)
    plain = small(cell=params.get("cell", "gru")).fit(CLIPS)
    assert first.history_["loss"] != plain.history_["loss"]
    again = small(**params).fit(CLIPS)
    assert_same_weights(first, again)


def test_along_frequency_every_frame_is_decoded_from_its_own_code():
    model = small(axis="frequency", band_window=2, band_overlap=1).fit(CLIPS)
    pairs = zip(CLIPS, model.reconstruct(CLIPS), strict=True)
    error = np.concatenate([(clip - made).ravel() for clip, made in pairs])
    assert model.score(CLIPS) == pytest.approx(-np.sqrt(np.mean(error**2)), rel=1e-5)


def test_mixed_precision_stays_close():
    exact = small(dropout=0.0, max_epochs=5).fit(CLIPS)
    mixed = small(dropout=0.0, max_epochs=5, dtype_policy="mixed_bfloat16").fit(CLIPS)
    assert {w.dtype for w in mixed.weights_} == {np.dtype(np.float32)}
    features = mixed.transform(CLIPS)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, exact.transform(CLIPS), atol=0.05)
    assert (features != exact.transform(CLIPS)).any()
    assert mixed.score(CLIPS) == pytest.approx(exact.score(CLIPS), rel=0.02)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"teacher_forcing": None, "feed_previous_prob": 0.5},
            "feed_previous_prob=0.5 .* teacher_forcing=None",
        ),
        (
            {"teacher_forcing": "audeep", "axis": "frequency"},
            "axis must be 'time' with teacher_forcing='audeep'.* got 'frequency'",
        ),
        (
            {"teacher_forcing": "audeep", "attention": True},
            "attention must be False with teacher_forcing='audeep'.* got True",
        ),
        (
            {"teacher_forcing": "audeep", "feed_previous_prob": 0.5},
            "feed_previous_prob must be 0 with .* bidirectional_decoder=True.* got 0.5",
        ),
        (
            {"axis": "frequency_time", "band_window": 4, "band_overlap": 4},
            "band_overlap must be less than band_window=4, got 4",
        ),
        ({"axis": "bands"}, "'axis' .* Got 'bands'"),
        ({"dtype_policy": "float16"}, "'dtype_policy' .* Got 'float16'"),
        ({"learning_rate": -1.0}, "'learning_rate' .* Got -1.0"),
        ({"encoder_noise": 1.0}, "'encoder_noise' .* Got 1.0"),
        ({"callbacks": "csv"}, "'callbacks' .* Got 'csv'"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value),
)
def test_contradictions_name_both_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(CLIPS)


@pytest.mark.parametrize("name", SEQ2SEQ_PRESETS)
def test_presets_make_legal_estimators(name):
    model = Seq2SeqAutoencoder.from_preset(name, n_units=4, max_epochs=0)
    model.fit(CLIPS)
    n_directions = 1 if name in {"audeep-esc50", "audeep-gtzan"} else 2
    assert model.transform(CLIPS).shape == (20, 2 * 4 * n_directions)


def test_preset_of_the_paper():
    model = Seq2SeqAutoencoder.from_preset("dcase2017", random_state=3)
    assert model.random_state == 3
    assert (model.n_layers, model.n_units, model.cell) == (2, 256, "gru")
    assert (model.batch_size, model.max_epochs) == (64, 50)
    assert (model.teacher_forcing, model.dropout) == ("audeep", 0.2)
    with pytest.raises(ValueError, match=r"name must be one of \['audeep-esc10'.*'x'"):
        Seq2SeqAutoencoder.from_preset("x")
