"""A decoder that reads its own output."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from architectures import AUDEEP, FED, N_BANDS, NOT_TOLD, UNI, build, clips
from backends import call, to_numpy
from numpy_seq2seq import NumpySeq2Seq

HALF = {"feed_previous_prob": 0.5}


@pytest.mark.parametrize(
    "options",
    [
        UNI,
        {**UNI, "cell": "lstm"},
        HALF,
        {**AUDEEP, **UNI},
        {"axis": "frequency", **UNI},
        {"axis": "frequency_time", **HALF},
    ],
    ids=str,
)
def test_free_decoding_is_a_run_on_its_own_output(options):
    network, config = build(**options)
    clip = clips(1, 4)
    code = call(network, "encode", clip)
    # Nothing of the clip but its length.
    made = call(network, "decode_freely", code, np.zeros_like(clip))[0]
    if config.get("axis") == "frequency":
        # The reference takes a code for every frame; here one serves all.
        clip = np.repeat(clip[:, :1], 4, axis=1)
        code = call(network, "encode", clip)
        made = call(network, "decode_freely", code, np.zeros_like(clip))[0]
    _, expected = NumpySeq2Seq(network, config).encode_and_decode(
        clip[0].astype(np.float64), freely=True
    )
    np.testing.assert_allclose(made, expected, atol=5e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"axis": "frequency", "cell": "lstm"},
        {"axis": "frequency_time", **UNI, "bidirectional_encoder": False},
    ],
    ids=str,
)
def test_free_decoding_otherwise_stands_still(options):
    network, _ = build(**options)
    # Gentle enough to come to rest.
    network.set_weights([0.4 * w for w in network.get_weights()])
    code = call(network, "encode", clips(2, 5))
    made = call(network, "decode_freely", code, np.zeros((2, 5, N_BANDS), "f4"))
    assert np.abs(made).max() > 0.05
    np.testing.assert_allclose(call(network, "decode", code, made), made, atol=1e-4)


def test_free_decoding_along_both_axes_feeds_true_states_of_what_it_made():
    network, _ = build(axis="frequency_time", **UNI, n_layers=1)
    code = call(network, "encode", clips(1, 4))
    made = call(network, "decode_freely", code, np.zeros((1, 4, N_BANDS), "f4"))
    # Told what it has made, the decoder makes it: in one direction that is exact.
    np.testing.assert_allclose(call(network, "decode", code, made), made, atol=1e-4)


def test_decoder_without_teacher_always_runs_freely():
    network, _ = build(**NOT_TOLD)
    frames = clips(2, 4)
    code = call(network, "encode", frames)
    np.testing.assert_array_equal(
        call(network, "decode_freely", code, frames),
        call(network, "decode", code, frames),
    )


def test_missing_codes_do_not_stop_the_others():
    network, _ = build()
    code = call(network, "encode", clips(2, 4))
    zeros = np.zeros((2, 4, N_BANDS), "f4")
    alone = call(network, "decode_freely", code[:1], zeros[:1])
    code[1] = np.nan
    made = call(network, "decode_freely", code, zeros)
    np.testing.assert_allclose(made[:1], alone, atol=1e-4)
    assert np.isnan(made[1]).all()


def test_feedback_is_drawn_per_step_and_sequence_in_training_only():
    network, _ = build(**HALF, **UNI)
    never, _ = build(**UNI)
    frames = clips(3, 6)
    code = call(network, "encode", frames)
    told = call(never, "decode", code, frames)
    np.testing.assert_array_equal(call(network, "decode", code, frames), told)
    free = call(network, "decode_freely", code, frames)
    # Equal clips: they are told apart by what is drawn alone.
    frames[1:], code[1:] = frames[0], code[0]
    made = call(network, "decode", code, frames, training=True)
    # The first step made, the last frame, reads zeros in any case.
    np.testing.assert_allclose(made[:, -1], told[[0, 0, 0], -1], atol=1e-6)
    assert np.ptp(made, axis=0).max() > 1e-3
    seldom, _ = build(**UNI, feed_previous_prob=0.3)
    coins = to_numpy(seldom.decoder._coins(0, np.zeros((40, 50, 5), "f4"), False))
    assert coins.shape == (40, 50, 1)
    assert set(np.unique(coins)) == {0.0, 1.0}
    assert coins.mean() == pytest.approx(0.3, abs=0.04)
    assert len(np.unique(coins[:, :, 0], axis=0)) == 40
    # The next one reads the true frame or the decoder's own, nothing between.
    choices = np.stack([told[0, -2], free[0, -2]])
    draws = {
        int(np.abs(choices - row).max(axis=1).argmin())
        for _ in range(3)
        for row in call(network, "decode", code, frames, training=True)[:, -2]
    }
    assert draws == {0, 1}
    distances = np.abs(made[:, -2][:, None] - choices).max(axis=2).min(axis=1)
    assert (distances < 1e-5).all()


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_coins_of_one_sort_are_plain_teacher_forcing_or_a_free_run(cell):
    from skaudeep.networks.feedback import run_with_feedback

    network, _ = build(cell=cell, **UNI)
    decoder = network.decoder
    stack = decoder.stacks[0]
    rng = np.random.default_rng(3)
    told = rng.uniform(-1, 1, (2, 4, N_BANDS)).astype("f4")
    states = [rng.uniform(-1, 1, (2, stack.state_size)).astype("f4") for _ in "ab"]
    coins = np.zeros((2, 4, 1), "f4")
    project = decoder._estimate_of(0, None, None)
    plain, _ = stack(told, initial_states=states)
    made = run_with_feedback(stack, told, states, coins, project)
    np.testing.assert_allclose(to_numpy(made), to_numpy(plain), atol=2e-6)
    # One true value among own ones: it acts from its step on, not before.
    free = to_numpy(run_with_feedback(stack, told, states, coins + 1, project))
    coins[:, [0, 1, 3]] = 1
    mixed = to_numpy(run_with_feedback(stack, told, states, coins, project))
    np.testing.assert_array_equal(mixed[:, :2], free[:, :2])
    assert (np.abs(mixed[:, 2:] - free[:, 2:]).max(axis=(0, 2)) > 1e-4).all()


@pytest.mark.parametrize("dropout_on", ["outputs", "inputs_and_outputs"])
def test_dropout_acts_inside_the_loop(dropout_on):
    network, _ = build(**FED, dropout=0.5, dropout_on=dropout_on, n_layers=1)
    frames = clips(2, 4)
    code = call(network, "encode", frames)
    quiet = call(network, "decode", code, frames)
    one, two = (call(network, "decode", code, frames, training=True) for _ in range(2))
    assert np.abs(one - quiet).max() > 1e-3
    assert np.abs(one - two).max() > 1e-3
    factors = network.decoder._dropped(np.ones((20, 30, N_BANDS), "f4"), True)
    [(inputs, outputs)] = factors
    drops_inputs = dropout_on == "inputs_and_outputs"
    assert (inputs is not None) == drops_inputs
    for values in (inputs, outputs) if drops_inputs else (outputs,):
        values = to_numpy(values)
        assert set(np.unique(values)) == {0.0, 2.0}
        assert (values == 0).mean() == pytest.approx(0.5, abs=0.06)
