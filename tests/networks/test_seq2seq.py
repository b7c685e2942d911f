"""The network against a NumPy calculation, and what its decoder may know."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from numpy_seq2seq import NumpySeq2Seq

N_BANDS = 3

ARCHITECTURES = [
    dict(
        n_bands=N_BANDS,
        cell=cell,
        n_layers=2,
        n_units=4,
        bidirectional_encoder=encoder,
        bidirectional_decoder=decoder,
        teacher_forcing=forcing,
        dropout=0.0,
    )
    for cell, encoder, decoder, forcing in itertools.product(
        ("gru", "lstm"), (False, True), (False, True), ("leak_free", None)
    )
]


def name(config):
    directions = "".join(
        "bi" if config[f"bidirectional_{part}"] else "uni"
        for part in ("encoder", "decoder")
    )
    return f"{config['cell']}-{directions}-{config['teacher_forcing']}"


@pytest.fixture
def network_class():
    from skaudeep.networks.seq2seq import Seq2Seq

    return Seq2Seq


def to_numpy(tensor):
    import keras

    return keras.ops.convert_to_numpy(tensor)


def spread_weights(network, seed=0):
    """Weights large enough that every path through the network matters."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 0.7, w.shape).astype("f4") for w in network.get_weights()]
    network.set_weights(weights)
    return weights


@pytest.mark.parametrize("config", ARCHITECTURES, ids=name)
def test_network_equals_numpy_on_ragged_clips(network_class, config):
    network = network_class(**config)
    reference = NumpySeq2Seq(spread_weights(network), config)
    rng = np.random.default_rng(1)
    lengths = np.array([5, 2, 4, 1], dtype="int32")
    # What stands behind the real frames must not matter.
    frames = rng.uniform(-1, 1, (4, 6, N_BANDS)).astype("f4")

    codes = to_numpy(network.encode(frames, lengths))
    decoded = to_numpy(network.decode(codes, frames, lengths))
    loss = float(to_numpy(network.objective((frames, lengths))))

    errors = []
    for i, n_frames in enumerate(lengths):
        clip = frames[i, :n_frames].astype(np.float64)
        code = reference.encode(clip)
        expected = reference.decode(code, clip)
        np.testing.assert_allclose(codes[i], code, atol=2e-6)
        np.testing.assert_allclose(decoded[i, :n_frames], expected, atol=2e-6)
        errors.append((clip - expected) ** 2)
    assert loss == pytest.approx(np.sqrt(np.concatenate(errors).mean()), rel=1e-5)


@pytest.mark.parametrize("config", ARCHITECTURES[::3], ids=name)
def test_full_length_is_the_same_with_and_without_lengths(network_class, config):
    network = network_class(**config)
    spread_weights(network)
    frames = np.random.default_rng(2).uniform(-1, 1, (3, 5, N_BANDS)).astype("f4")
    lengths = np.full(3, 5, dtype="int32")
    with_lengths = to_numpy(network.encode(frames, lengths))
    without = to_numpy(network.encode(frames))
    np.testing.assert_allclose(with_lengths, without, atol=1e-6)
    np.testing.assert_allclose(
        to_numpy(network.decode(without, frames, lengths)),
        to_numpy(network.decode(without, frames)),
        atol=1e-6,
    )


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_leak_free_decoder_never_reads_the_frame_it_makes(network_class, cell):
    config = next(
        c
        for c in ARCHITECTURES
        if c["cell"] == cell
        and c["bidirectional_decoder"]
        and c["teacher_forcing"] == "leak_free"
    )
    network = network_class(**config)
    spread_weights(network)
    frames = np.random.default_rng(3).uniform(-1, 1, (1, 6, N_BANDS)).astype("f4")
    code = to_numpy(network.encode(frames))
    before = to_numpy(network.decode(code, frames))[0]
    for t in range(6):
        changed = frames.copy()
        changed[0, t] += 0.5
        after = to_numpy(network.decode(code, changed))[0]
        np.testing.assert_array_equal(after[t], before[t])
        others = np.delete(np.abs(after - before).max(axis=1), t)
        assert (others > 1e-4).all(), "both neighbours' frames must be fed"


def test_decoder_without_teacher_reads_nothing(network_class):
    config = next(c for c in ARCHITECTURES if c["teacher_forcing"] is None)
    network = network_class(**config)
    spread_weights(network)
    frames = np.random.default_rng(4).uniform(-1, 1, (2, 5, N_BANDS)).astype("f4")
    code = to_numpy(network.encode(frames))
    np.testing.assert_array_equal(
        to_numpy(network.decode(code, frames)), to_numpy(network.decode(code, -frames))
    )


def test_dropout_acts_in_training_only_and_never_on_states(network_class):
    config = {**ARCHITECTURES[0], "dropout": 0.5, "n_layers": 1}
    network = network_class(**config)
    spread_weights(network)
    frames = np.random.default_rng(5).uniform(-1, 1, (2, 5, N_BANDS)).astype("f4")
    code = to_numpy(network.encode(frames))
    # With one layer only the decoder's outputs are dropped: the code stays.
    np.testing.assert_array_equal(to_numpy(network.encode(frames, training=True)), code)
    quiet = to_numpy(network.decode(code, frames))
    first = to_numpy(network.decode(code, frames, training=True))
    second = to_numpy(network.decode(code, frames, training=True))
    assert np.abs(first - quiet).max() > 1e-3
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(to_numpy(network.decode(code, frames)), quiet)


def test_seed_fixes_initial_weights(network_class):
    config = ARCHITECTURES[0]
    first, same, other = (
        network_class(**config, seed=seed).get_weights() for seed in (3, 3, 4)
    )
    for a, b, c in zip(first, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not a.any() or not np.array_equal(a, c), "biases alone may agree"
    kernels = [w for w in first if w.any()]
    assert len({float(kernel.flat[0]) for kernel in kernels}) == len(kernels)
