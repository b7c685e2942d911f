"""The network inside the compiled functions of the backends."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from architectures import ALONG_BOTH, BASE, NOT_TOLD, UNI, clips
from backends import to_numpy

LEARNING = {
    "all-that-is-drawn": {
        **UNI,
        "n_layers": 1,
        "dropout": 0.1,
        "dropout_on": "inputs_and_outputs",
        "feed_previous_prob": 0.5,
        "encoder_noise": 0.1,
        "attention": True,
        "variational": True,
    },
    "both-axes": {**ALONG_BOTH, **UNI, "feed_previous_prob": 0.5, "dropout": 0.1},
    "frequency": {"axis": "frequency", **NOT_TOLD, "cell": "lstm"},
}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(options, id=name, marks=[pytest.mark.slow] * (name == "both-axes"))
        for name, options in LEARNING.items()
    ],
)
def test_compiled_training_learns_and_repeats(options):
    from skaudeep._keras import borrow, has_static_shapes
    from skaudeep.networks.seq2seq import Seq2Seq

    config = {**BASE, **options}
    lengths = np.array([4, 3, 1, 0], "int32")
    # One clip and its mirror images.
    frames = np.sin(np.arange(4)[:, None] + np.arange(5)).astype("f4")
    frames = np.stack([frames, -frames, frames[::-1], frames])
    batch = (frames, lengths, np.float32(0.01))
    # Where it costs no compilation, the number of frames varies.
    n_frames = 4 if has_static_shapes() else 3
    shorter = (frames[:, :n_frames], np.minimum(lengths, 3), np.float32(0.01))
    runs = []
    with borrow(Seq2Seq, config) as compiled:
        for _ in range(2):
            compiled.load(Seq2Seq(**config, seed=1))
            compiled.start_training(0.02, clip_value=2.0)
            with compiled.training():
                losses = [to_numpy(compiled.train(b))[0] for b in (batch, shorter) * 10]
            runs.append((losses, compiled.weights()))
        squared, n_values = compiled.call("squared_errors", frames, lengths).sum(axis=0)
    (losses, weights), (again, others) = runs
    assert np.isfinite(losses).all()
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4])
    assert np.sqrt(squared / n_values) < losses[0]
    assert losses == again
    for one, two in zip(weights, others, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "options", [{}, UNI, {"axis": "frequency"}, ALONG_BOTH], ids=str
)
def test_compiled_calls_equal_eager_ones(options):
    from skaudeep._keras import borrow, has_static_shapes
    from skaudeep.networks.seq2seq import Seq2Seq

    if has_static_shapes():
        pytest.skip("the other tests compile on this backend")
    config = {**BASE, **options}
    network = Seq2Seq(**config, seed=2)
    frames, lengths = clips(3, 4), np.array([4, 0, 2], "int32")
    with borrow(Seq2Seq, config) as compiled:
        compiled.load(network)
        code = compiled.call("encode", frames, lengths)
        for name, arrays in {
            "encode": (frames, lengths),
            "encode_frames": (frames, lengths),
            "decode": (code, frames, lengths),
            "decode_freely": (code, frames),
            "squared_errors": (frames, lengths),
        }.items():
            expected = to_numpy(getattr(network, name)(*arrays))
            np.testing.assert_allclose(
                compiled.call(name, *arrays), expected, atol=2e-5, err_msg=name
            )
