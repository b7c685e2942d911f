"""The network against a NumPy calculation, and what its decoder may know."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from architectures import BASE, N_BANDS, NOT_TOLD, OPTIONS, UNI, build, clips
from backends import call, loss_and_gradients, to_numpy
from numpy_seq2seq import NumpySeq2Seq

DIRECTIONS = {
    f"{'bi' if encoder else 'uni'}-{'bi' if decoder else 'uni'}": {
        "bidirectional_encoder": encoder,
        "bidirectional_decoder": decoder,
    }
    for encoder, decoder in itertools.product((False, True), repeat=2)
}


# The other options take another path of the code for LSTM no more than these do; where
# the cells are Keras's own, one shows that both are taken.
WITH_LSTM = ["audeep", "one-way", "attention-fed", "frequency-time"]
if os.environ.get("KERAS_BACKEND") == "jax":
    WITH_LSTM = ["one-way"]


def with_cells(*options):
    """Every option with GRU and with LSTM, some of those in the long run only."""
    return pytest.mark.parametrize(
        ("option", "cell"),
        [
            pytest.param(
                option,
                cell,
                marks=[pytest.mark.slow]
                if cell == "lstm" and option not in WITH_LSTM
                else [],
            )
            for option in options
            for cell in ("gru", "lstm")
        ],
    )


def reconstruct(network, frames, lengths=None):
    """Encode and decode, each frame with its own code where there is one."""
    name = "encode_frames" if network.axis.codes_frames else "encode"
    codes = call(network, name, frames, lengths)
    return call(network, "decode", codes, frames, lengths)


@with_cells(*OPTIONS, *DIRECTIONS)
def test_network_equals_numpy_on_ragged_clips(option, cell):
    network, config = build(**{**{**OPTIONS, **DIRECTIONS}[option], "cell": cell})
    reference = NumpySeq2Seq(network, config)
    lengths = np.array([3, 2, 0, 1], dtype="int32")
    # What stands behind the real frames must not matter.
    frames = clips(4, 4)
    codes = call(network, "encode", frames, lengths)
    decoded = reconstruct(network, frames, lengths)
    errors = call(network, "squared_errors", frames, lengths)
    loss = float(call(network, "objective", (frames, lengths, None)))

    assert np.isfinite(codes).all()
    assert np.isfinite(decoded).all()
    freely = config.get("feed_previous_prob") == 1
    for i, n_frames in enumerate(lengths):
        if n_frames == 0:
            np.testing.assert_array_equal(errors[i], 0)
            continue
        clip = frames[i, :n_frames].astype(np.float64)
        code, expected = reference.encode_and_decode(clip, freely)
        np.testing.assert_allclose(codes[i], code, atol=5e-6)
        np.testing.assert_allclose(decoded[i, :n_frames], expected, atol=5e-6)
        squared = ((clip - expected) ** 2).sum()
        np.testing.assert_allclose(errors[i], [squared, clip.size], rtol=1e-5)
    assert loss == pytest.approx(np.sqrt(errors[:, 0].sum() / errors[:, 1].sum()))


@pytest.mark.parametrize("option", ["one-way", "attention", "frequency-time"])
def test_full_length_is_the_same_with_and_without_lengths(option):
    network, _ = build(**OPTIONS[option])
    frames = clips(3, 4)
    lengths = np.full(3, 4, dtype="int32")
    for name in ("encode", "encode_frames", "squared_errors"):
        with_lengths = call(network, name, frames, lengths)
        without = call(network, name, frames)
        # Sums of squares are large, codes and states are not.
        tolerance = {"rtol": 2e-6} if name == "squared_errors" else {"atol": 1e-6}
        np.testing.assert_allclose(with_lengths, without, **tolerance)
    np.testing.assert_allclose(
        reconstruct(network, frames, lengths), reconstruct(network, frames), atol=1e-6
    )


@with_cells(*OPTIONS)
def test_padding_changes_neither_codes_nor_frames_nor_gradients(option, cell):
    network, _ = build(**{**OPTIONS[option], "cell": cell})
    lengths = np.random.default_rng(11).integers(1, 4, 4).astype("int32")
    lengths[2] = 0
    frames, padding = clips(4, 4), clips(4, 4, seed=2)
    real = np.arange(4) < lengths[:, None]
    other = np.where(real[:, :, None], frames, padding)

    for name in ("encode", "encode_frames"):
        one, two = (call(network, name, x, lengths) for x in (frames, other))
        rows = lengths > 0 if name == "encode" else real
        np.testing.assert_allclose(two[rows], one[rows], rtol=1e-5, atol=1e-6)
    one, two = (reconstruct(network, x, lengths) for x in (frames, other))
    np.testing.assert_allclose(two[real], one[real], rtol=1e-5, atol=1e-6)

    weight = np.float32(0.3)
    loss, gradients = loss_and_gradients(network, (frames, lengths, weight))
    again, others = loss_and_gradients(network, (other, lengths, weight))
    assert again == pytest.approx(loss, rel=1e-5)
    largest = max(np.abs(g).max() for g in gradients)
    assert largest > 1e-3
    for ours, theirs in zip(gradients, others, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-6 * largest)


@pytest.mark.skipif(
    os.environ.get("KERAS_BACKEND") == "jax", reason="no kernel of ours on JAX"
)
@pytest.mark.parametrize("option", ["both-ways", "frequency", "frequency-time"])
def test_gradients_are_those_of_keras_layers(option, monkeypatch):
    """Where frames are data none is lost that passes through them elsewhere."""
    from skaudeep.networks import recurrent

    batch = clips(3, 4), np.array([4, 1, 3], dtype="int32"), None
    loss, gradients = loss_and_gradients(build(**OPTIONS[option])[0], batch)
    monkeypatch.setattr(recurrent, "has_kernel", lambda dtype: False)
    again, expected = loss_and_gradients(build(**OPTIONS[option])[0], batch)
    assert loss == pytest.approx(again, rel=1e-5)
    largest = max(np.abs(g).max() for g in expected)
    for ours, theirs in zip(gradients, expected, strict=True):
        assert np.abs(theirs).max() > 0
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5 * largest)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_leak_free_decoder_never_reads_the_frame_it_makes(cell):
    network, _ = build(cell=cell)
    frames = clips(1, 5)
    code = call(network, "encode", frames)
    before = call(network, "decode", code, frames)[0]
    for t in range(5):
        changed = frames.copy()
        changed[0, t] += 0.5
        after = call(network, "decode", code, changed)[0]
        np.testing.assert_array_equal(after[t], before[t])
        others = np.delete(np.abs(after - before).max(axis=1), t)
        assert (others > 1e-4).all(), "both neighbours' frames must be fed"


@pytest.mark.parametrize(
    "option",
    [
        "not-told",
        "fed",
        "fed-one-way",
        "audeep-fed",
        "frequency-one-way-fed",
        "frequency-time-fed",
    ],
)
def test_decoder_that_is_told_nothing_reads_nothing(option):
    network, _ = build(**OPTIONS[option])
    frames = clips(2, 4)
    code = call(network, "encode", frames)
    np.testing.assert_array_equal(
        call(network, "decode", code, frames), call(network, "decode", code, -frames)
    )


def test_one_way_decoder_reads_later_frames_only():
    network, _ = build(**UNI)
    frames = clips(1, 5)
    code = call(network, "encode", frames)
    before = call(network, "decode", code, frames)[0]
    frames[0, 2] += 0.5
    change = np.abs(call(network, "decode", code, frames)[0] - before).max(axis=1)
    # The last frame is made first.
    assert (change[:2] > 1e-4).all()
    assert (change[2:] == 0).all()


def test_dropout_acts_in_training_only_and_never_on_states():
    network, _ = build(**UNI, dropout=0.5, n_layers=1)
    frames = clips(2, 4)
    code = call(network, "encode", frames)
    # With one layer only the decoder's outputs are dropped: the code stays.
    trained = call(network, "encode", frames, training=True)
    np.testing.assert_allclose(trained, code, atol=1e-6)
    quiet = call(network, "decode", code, frames)
    first = call(network, "decode", code, frames, training=True)
    second = call(network, "decode", code, frames, training=True)
    assert np.abs(first - quiet).max() > 1e-3
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(call(network, "decode", code, frames), quiet)


def test_dropout_on_inputs_reaches_the_code():
    network, _ = build(n_layers=1, dropout=0.5, dropout_on="inputs_and_outputs")
    frames = clips(2, 4)
    code = call(network, "encode", frames)
    assert np.abs(call(network, "encode", frames, training=True) - code).max() > 1e-3


@pytest.mark.parametrize("axis", ["time", "frequency", "frequency_time"])
def test_noise_blanks_what_the_encoder_reads_in_training_only(axis):
    network, _ = build(encoder_noise=0.5, axis=axis, **NOT_TOLD)
    frames = clips(2, 4)
    code = call(network, "encode", frames)
    np.testing.assert_array_equal(call(network, "encode", frames), code)
    noisy = [call(network, "encode", frames, training=True) for _ in range(2)]
    assert np.abs(noisy[0] - code).max() > 1e-3
    assert np.abs(noisy[0] - noisy[1]).max() > 1e-3
    # All blank: the code of silence, but the error is still that of the true frames.
    network.encoder_noise = 1.0
    nothing = np.zeros_like(frames)
    silent = call(network, "encode", nothing)
    np.testing.assert_allclose(
        call(network, "encode", frames, training=True), silent, atol=1e-6
    )
    loss = float(call(network, "objective", (frames, None, None), training=True))
    made = call(network, "decode", silent, frames)
    if axis != "frequency":
        assert loss == pytest.approx(np.sqrt(((frames - made) ** 2).mean()), rel=1e-5)


def test_share_of_blank_frames_is_the_probability():
    network, _ = build(encoder_noise=0.3)
    read, made = network._sequences(np.ones((40, 50, N_BANDS), "f4"), training=True)
    read = to_numpy(read)
    # Whole frames, no rescaling, a clean target.
    assert set(np.unique(read)) == {0.0, 1.0}
    np.testing.assert_array_equal(read.min(axis=2), read.max(axis=2))
    assert (read == 0).mean() == pytest.approx(0.3, abs=0.04)
    assert (to_numpy(made) == 1).all()


def test_silence_makes_no_error_and_no_gradient():
    network, _ = build(**OPTIONS["silence"])
    plain, _ = build(**NOT_TOLD)
    frames = clips(2, 4)
    frames[0, 1:3] = -1
    frames[1, :, 2] = -1
    made = reconstruct(network, frames)
    errors = np.where(frames == -1, 0, (frames - made) ** 2)
    batch = (frames, None, None)
    loss = float(call(network, "objective", batch))
    assert loss == pytest.approx(np.sqrt(errors.mean()), rel=1e-5)
    assert float(call(plain, "objective", batch)) > loss + 0.01

    silence = np.full_like(frames, -1)
    loss, gradients = loss_and_gradients(network, (silence, None, None))
    assert loss == 0
    assert all((g == 0).all() for g in gradients)


@pytest.mark.parametrize("option", ["both-ways", "frequency-time-attention"])
def test_seed_fixes_initial_weights(option):
    from skaudeep.networks.seq2seq import Seq2Seq

    config = {**BASE, **OPTIONS[option]}
    first, same, other = (
        Seq2Seq(**config, seed=seed).get_weights() for seed in (3, 3, 4)
    )
    for a, b, c in zip(first, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c) or len(np.unique(a)) <= 2, "biases may agree"
    kernels = [w for w in first if len(np.unique(w)) > 2]
    assert len({float(kernel.flat[0]) for kernel in kernels}) == len(kernels)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize(("encoder", "decoder"), [(False, False), (True, True)])
def test_size_of_the_representation_is_known_beforehand(cell, encoder, decoder):
    from skaudeep.networks.seq2seq import representation_size

    network, config = build(
        cell=cell, bidirectional_encoder=encoder, bidirectional_decoder=decoder
    )
    n = 2 * 4 * (1 + decoder) * (2 if cell == "lstm" else 1)
    assert representation_size(config) == network.n_representation == n
    assert call(network, "encode", clips(1, 2)).shape == (1, n)


def test_half_precision_computes_the_loss_in_single():
    network, _ = build(dtype="mixed_bfloat16", attention=True, variational=True)
    exact, _ = build(attention=True, variational=True)
    frames, lengths = clips(2, 4), np.array([4, 3], "int32")
    policies = {layer.dtype_policy.name for layer in network._flatten_layers()}
    assert policies == {"mixed_bfloat16"}
    batch = (frames, lengths, np.float32(0.1))
    loss = call(network, "objective", batch)
    assert loss.dtype == call(network, "encode", frames, lengths).dtype == np.float32
    assert loss == pytest.approx(call(exact, "objective", batch), rel=0.05)
