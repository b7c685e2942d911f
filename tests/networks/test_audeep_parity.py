"""The mode that does what auDeep does, against numbers that auDeep computed."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from audeep_weights import load, pairs
from backends import call, loss_and_gradients, to_numpy

REFERENCE = Path(__file__).parent.parent / "reference" / "audeep"
MODELS = [
    "gru_uni_bi",
    "gru_bi_uni",
    "gru_bi_uni_fb1",
    "lstm_uni_bi",
    "lstm_bi_uni",
]


def config_of(name):
    cell, encoder, decoder, *feedback = name.split("_")
    return dict(
        n_bands=5,
        cell=cell,
        n_layers=2,
        n_units=4,
        bidirectional_encoder=encoder == "bi",
        bidirectional_decoder=decoder == "bi",
        teacher_forcing="audeep",
        dropout=0.0,
        feed_previous_prob=1.0 if feedback else 0.0,
    )


@pytest.fixture(params=MODELS)
def model(request):
    """A network with auDeep's weights, the arrays, and the clips."""
    from skaudeep.networks.seq2seq import Seq2Seq

    with np.load(REFERENCE / f"model_t_{request.param}.npz") as file:
        arrays = dict(file)
    network = Seq2Seq(**config_of(request.param))
    load(network, arrays)
    frames = arrays["input_time_batch_freq"].transpose(1, 0, 2)
    return network, arrays, np.ascontiguousarray(frames)


def test_forward_pass_equals_audeep(model):
    network, arrays, frames = model
    code = call(network, "encode", frames)
    np.testing.assert_allclose(code, arrays["representation"], rtol=0, atol=1e-6)
    decoded = call(network, "decode", code, frames)
    # The target is the input reversed in time; we keep the order of the input.
    expected = arrays["reconstruction"][::-1].transpose(1, 0, 2)
    np.testing.assert_allclose(decoded, expected, rtol=0, atol=1e-6)


def test_gradients_and_a_step_of_adam_equal_audeep(model):
    import keras

    network, arrays, frames = model
    batch = (frames, None, None)
    loss, gradients = loss_and_gradients(network, batch, training=True)
    assert loss == pytest.approx(float(arrays["loss"]), rel=1e-6)
    variables = network.trainable_variables
    by_variable = {id(v): g for v, g in zip(variables, gradients, strict=True)}
    for variable, expected in pairs(network, arrays, "G"):
        gradient = by_variable[id(variable)]
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-7)

    adam = keras.optimizers.Adam(1e-3, epsilon=1e-8, clipvalue=2.0)
    adam.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
    expected = float(arrays["loss_after_one_adam_step"])
    assert abs(expected - loss) > 1e-4
    loss, _ = loss_and_gradients(network, batch, training=True)
    assert loss == pytest.approx(expected, rel=1e-6)


def test_initial_weights_are_drawn_as_in_audeep():
    from skaudeep.networks.seq2seq import Seq2Seq

    config = {**config_of("gru_bi_uni"), "n_units": 30}
    network = Seq2Seq(**config)
    cell = network.encoder.stacks[0].layers[0].cell
    bias = to_numpy(cell.bias)
    assert (bias[:60] == 1).all()
    assert (bias[60:] == 0).all()
    # Gates and candidate are two matrices, rows input and state.
    for matrix in (to_numpy(cell.kernel), to_numpy(cell.recurrent_kernel)):
        for part, n_columns in ((matrix[:, :60], 60), (matrix[:, 60:], 30)):
            limit = np.sqrt(6 / (5 + 30 + n_columns))
            assert 0.85 * limit < np.abs(part).max() <= limit
    for dense in (network.to_representation, network.decoder.readout):
        limit = np.sqrt(3 / dense.bias.shape[0])
        assert 0.5 * limit < np.abs(to_numpy(dense.bias)).max() <= limit
    lstm = Seq2Seq(**config_of("lstm_bi_uni")).decoder.stacks[0].layers[0].cell
    np.testing.assert_array_equal(to_numpy(lstm.bias), np.repeat([0, 1, 0, 0], 4))
