"""Attention over the states of the encoder."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from architectures import build, clips
from backends import call, to_numpy


@pytest.fixture
def arrays():
    rng = np.random.default_rng(6)
    queries = rng.normal(size=(3, 4, 5)).astype("f4")
    memory = rng.normal(size=(3, 6, 7)).astype("f4")
    return queries, memory


@pytest.fixture
def attention():
    from skaudeep.networks.attention import GeneralAttention

    return GeneralAttention(5, 7, seed=0)


def test_weights_are_a_softmax_over_the_real_frames(attention, arrays):
    queries, memory = arrays
    lengths = np.array([6, 2, 0], "int32")
    weights = to_numpy(attention.weights_of(queries, memory, lengths))
    kernel = to_numpy(attention.to_memory.kernel)
    for i, n in enumerate(lengths[:2]):
        scores = np.exp(queries[i] @ kernel @ memory[i, :n].T)
        expected = scores / scores.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(weights[i, :, :n], expected, rtol=1e-4)
        assert (weights[i, :, n:] == 0).all()
    assert np.isfinite(weights[2]).all()
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-6)


def test_contexts_are_means_of_the_memory(attention, arrays):
    queries, memory = arrays
    lengths = np.array([6, 2, 1], "int32")
    weights = to_numpy(attention.weights_of(queries, memory, lengths))
    contexts = to_numpy(attention(queries, memory, lengths=lengths))
    np.testing.assert_allclose(contexts, weights @ memory, atol=1e-5)
    # One frame: it is the context of every query.
    np.testing.assert_allclose(contexts[2], memory[2, :1].repeat(4, 0), atol=1e-6)


def test_decoder_knows_more_than_the_representation():
    network, _ = build(attention=True, teacher_forcing=None)
    one, two = clips(1, 4), clips(1, 4, seed=5)
    code = call(network, "encode", one)
    made = call(network, "decode", code, one)
    assert np.abs(call(network, "decode", code, two) - made).max() > 1e-3


def test_decoder_that_attends_cannot_run_on_the_representation_alone():
    network, _ = build(attention=True)
    code = call(network, "encode", clips(1, 4))
    with pytest.raises(ValueError, match="attention=True"):
        network.decode_freely(code, clips(1, 4))
