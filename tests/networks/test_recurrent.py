"""The NumPy kernels against Keras's own layers and automatic differentiation."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from backends import loss_and_gradients, to_numpy

N_INPUTS, N_UNITS = 3, 5
CELLS = [("gru", True), ("gru", False), ("lstm", True)]


def make_stack(cell, reset_after, n_layers=2, dropout=0.0, **options):
    from skaudeep.networks.recurrent import RecurrentStack

    stack = RecurrentStack(
        cell,
        n_layers,
        N_UNITS,
        dropout,
        iter(range(100)),
        reset_after=reset_after,
        **options,
    )
    stack.build((None, None, N_INPUTS))
    rng = np.random.default_rng(0)
    stack.set_weights([rng.normal(0, 0.7, w.shape) for w in stack.get_weights()])
    return stack


@pytest.fixture
def keras_layers(monkeypatch):
    """Call it, and stacks run through Keras's layers from then on."""
    from skaudeep.networks import recurrent

    return lambda: monkeypatch.setattr(recurrent, "has_kernel", lambda dtype: False)


def make_problem(stack, frames, starts):
    """A layer whose weights are the stack's, the frames and the initial states, and
    whose objective depends on every output and every final state."""
    import keras
    from keras import ops

    from skaudeep.networks.recurrent import frame_mask

    rng = np.random.default_rng(2)
    of_outputs = rng.normal(size=(*frames.shape[:2], N_UNITS)).astype("f4")
    of_states = [rng.normal(size=start.shape).astype("f4") for start in starts]

    class Problem(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.stack = stack
            self.given = [
                self.add_weight(shape=a.shape, initializer="zeros")
                for a in (frames, *starts)
            ]
            for variable, array in zip(self.given, (frames, *starts), strict=True):
                variable.assign(array)

        def objective(self, lengths, training=False):
            given = [ops.convert_to_tensor(variable) for variable in self.given]
            outputs, states = stack(given[0], lengths, given[1:], training=training)
            mask = frame_mask(given[0], lengths)
            if mask is not None:
                # What stands behind the real frames is arbitrary.
                outputs = ops.where(mask[..., None], outputs, 0.0)
            total = ops.sum(ops.multiply(outputs, of_outputs))
            for state, weight in zip(states, of_states, strict=True):
                total = total + ops.sum(ops.multiply(state, weight))
            return total

    return Problem()


@pytest.mark.skipif(
    os.environ.get("KERAS_BACKEND") == "jax", reason="no kernel of ours on JAX"
)
@pytest.mark.parametrize(("n_batch", "training"), [(3, False), (40, True)])
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_kernel_equals_keras_and_its_gradient(
    cell, reset_after, ragged, n_batch, training, keras_layers, monkeypatch
):
    """Value and gradients of frames, states and weights, in several threads or one."""
    from skaudeep.networks.kernels import layer

    monkeypatch.setattr(layer, "_MIN_STATE", 16 * N_UNITS)
    # Several blocks, the last one cut short.
    monkeypatch.setattr(layer, "_BLOCK_ROWS", 2 * min(n_batch, 20))
    stack = make_stack(cell, reset_after)
    rng = np.random.default_rng(1)
    frames = rng.normal(size=(n_batch, 7, N_INPUTS)).astype("f4")
    lengths = rng.integers(0, 8, n_batch).astype("i4") if ragged else None
    starts = [
        rng.normal(size=(n_batch, stack.state_size)).astype("f4") for _ in stack.layers
    ]
    problem = make_problem(stack, frames, starts)
    value, gradients = loss_and_gradients(problem, lengths, training)
    keras_layers()
    # Another object: what is compiled is kept by the layer.
    problem = make_problem(stack, frames, starts)
    expected, expected_gradients = loss_and_gradients(problem, lengths, training)
    assert value == pytest.approx(expected, rel=1e-4)
    assert len(gradients) == 3 * 2 + 3
    for ours, theirs in zip(gradients, expected_gradients, strict=True):
        assert np.abs(theirs).max() > 0.01
        scale = np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_two_directions_at_once_are_each_alone(cell, reset_after):
    from skaudeep.networks.recurrent import run_stacks

    stacks = [make_stack(cell, reset_after) for _ in range(2)]
    stacks[1].set_weights([w[::-1] for w in stacks[1].get_weights()])
    rng = np.random.default_rng(3)
    frames = [rng.normal(size=(40, 6, N_INPUTS)).astype("f4") for _ in range(2)]
    lengths = rng.integers(1, 7, 40).astype("i4")
    together = run_stacks(stacks, frames, lengths)
    for stack, read, (outputs, states) in zip(stacks, frames, together, strict=True):
        alone, states_alone = stack(read, lengths)
        real = np.arange(6)[None] < lengths[:, None]
        np.testing.assert_allclose(
            to_numpy(outputs)[real], to_numpy(alone)[real], atol=1e-6
        )
        for ours, theirs in zip(states, states_alone, strict=True):
            np.testing.assert_allclose(to_numpy(ours), to_numpy(theirs), atol=1e-6)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_number_of_threads_changes_nothing_but_rounding(threads, monkeypatch):
    from skaudeep.networks.kernels import layer

    monkeypatch.setattr(layer, "_MIN_STATE", 16 * N_UNITS)
    rng = np.random.default_rng(4)
    lengths = rng.integers(0, 9, 70)
    lane = (
        rng.normal(size=(8, 70, N_INPUTS)).astype("f4"),
        rng.normal(size=(70, N_UNITS)).astype("f4"),
        rng.normal(size=(N_INPUTS, 3 * N_UNITS)).astype("f4"),
        rng.normal(size=(N_UNITS, 3 * N_UNITS)).astype("f4"),
        rng.normal(size=(2, 3 * N_UNITS)).astype("f4"),
    )
    upstream = [np.ones((8, 70, N_UNITS), "f4")], [np.ones((70, N_UNITS), "f4")]

    def run(n):
        monkeypatch.setattr(layer, "n_threads", lambda: n)
        ((outputs, state, kept),) = layer.forward("gru", [lane], lengths)
        assert kept[0] == min(n, 70 // 16)
        gradients = layer.backward("gru", [lane], lengths, [kept], *upstream, True)
        return outputs, state, *gradients[0]

    for ours, alone in zip(run(threads), run(1), strict=True):
        np.testing.assert_allclose(ours, alone, rtol=1e-4, atol=1e-4)
    for first, second in zip(run(threads), run(threads), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("cell", ["gru", "gru_reset_before", "lstm"])
def test_lanes_are_each_alone_whatever_the_memory_holds(cell, ragged, monkeypatch):
    """Outputs and gradients, in memory full of NaN."""
    from skaudeep.networks.kernels import layer

    monkeypatch.setattr(layer, "empty", lambda shape: np.full(shape, np.nan, "f4"))
    n_gates, n_states = (4, 2) if cell == "lstm" else (3, 1)
    bias = (2, 3 * N_UNITS) if cell == "gru" else (n_gates * N_UNITS,)
    rng = np.random.default_rng(7)
    lengths = np.array([3, 0, 6, 5]) if ragged else None
    shapes = [
        (6, 4, N_INPUTS),
        (4, n_states * N_UNITS),
        (N_INPUTS, n_gates * N_UNITS),
        (N_UNITS, n_gates * N_UNITS),
        bias,
    ]
    lanes = [[rng.normal(size=s).astype("f4") for s in shapes] for _ in "ab"]
    upstream = [
        [rng.normal(size=s).astype("f4") for _ in lanes]
        for s in ((6, 4, N_UNITS), (4, n_states * N_UNITS))
    ]

    def run(which):
        chosen = [lanes[i] for i in which]
        results = layer.forward(cell, chosen, lengths)
        kept = [result[2] for result in results]
        given = [[arrays[i] for i in which] for arrays in upstream]
        gradients = layer.backward(cell, chosen, lengths, kept, *given, True)
        return [
            (*result[:2], *of_lane)
            for result, of_lane in zip(results, gradients, strict=True)
        ]

    for together, alone in zip(run([0, 1]), run([0]) + run([1]), strict=True):
        for ours, theirs in zip(together, alone, strict=True):
            assert np.isfinite(ours).all()
            np.testing.assert_array_equal(ours, theirs)


def test_what_stands_behind_the_real_frames_is_never_read():
    stack = make_stack("gru", True)
    rng = np.random.default_rng(5)
    frames = rng.normal(size=(20, 6, N_INPUTS)).astype("f4")
    lengths = rng.integers(0, 6, 20).astype("i4")
    expected = stack(frames, lengths)[1]
    frames[np.arange(6)[None] >= lengths[:, None]] = np.nan
    for ours, theirs in zip(stack(frames, lengths)[1], expected, strict=True):
        np.testing.assert_array_equal(to_numpy(ours), to_numpy(theirs))


def test_arguments_are_not_written_to():
    from skaudeep.networks.kernels import layer

    rng = np.random.default_rng(6)
    lane = [
        rng.normal(size=shape).astype("f4")
        for shape in [(4, 2, 3), (2, 10), (3, 20), (5, 20), (20,)]
    ]
    upstream = [rng.normal(size=(4, 2, 5)).astype("f4")], [np.ones((2, 10), "f4")]
    before = [a.copy() for a in [*lane, upstream[0][0], upstream[1][0]]]
    ((_, _, kept),) = layer.forward("lstm", [tuple(lane)])
    layer.backward("lstm", [tuple(lane)], None, [kept], *upstream, True)
    for array, copy in zip(
        [*lane, upstream[0][0], upstream[1][0]], before, strict=True
    ):
        np.testing.assert_array_equal(array, copy)


def test_threads_of_the_linear_algebra_are_given_back(monkeypatch):
    from skaudeep.networks.kernels import layer

    monkeypatch.setattr(layer, "_MIN_STATE", 1)
    before = layer.n_threads()
    failures = []

    def run():
        try:
            lane = (
                np.zeros((3, 40, 2), "f4"),
                np.zeros((40, 4), "f4"),
                np.zeros((2, 12), "f4"),
                np.zeros((4, 12), "f4"),
                np.zeros((2, 12), "f4"),
            )
            for _ in range(20):
                layer.forward("gru", [lane])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert layer.n_threads() == before


def test_memory_is_used_again_when_nobody_refers_to_it():
    from skaudeep.networks.kernels import workspace

    first = workspace.empty((100, 70))
    address = first.__array_interface__["data"][0]
    assert address % 64 == 0
    view = first[3:, 2]
    del first
    other = workspace.empty((100, 70))
    assert other.__array_interface__["data"][0] != address, "a view still refers to it"
    del view
    again = workspace.empty((100, 70))
    assert again.__array_interface__["data"][0] == address
    assert again.shape == (100, 70)


def test_memory_that_lies_unused_is_limited(monkeypatch):
    from skaudeep.networks.kernels import workspace

    monkeypatch.setattr(workspace, "_IDLE_BYTES", 100_000)
    arrays = [workspace.empty((n_rows, 100)) for n_rows in (30, 60, 90, 120)]
    arrays.clear()
    # What was given back is looked at when memory is wanted again.
    workspace.empty((1,))
    idle = [block for blocks in workspace._idle.values() for block in blocks]
    assert 0 < sum(map(len, idle)) <= 100_000


def test_a_training_keeps_what_it_needs_again(monkeypatch):
    from skaudeep.networks.kernels import workspace

    def step(sizes):
        """Addresses of arrays that are all in use at once."""
        arrays = [workspace.empty((n_rows, 100)) for n_rows in sizes]
        return {array.__array_interface__["data"][0] for array in arrays}

    def idle():
        return sum(size * len(blocks) for size, blocks in workspace._idle.items())

    monkeypatch.setattr(workspace, "_IDLE_BYTES", 100_000)
    monkeypatch.setattr(workspace, "_idle", type(workspace._idle)())
    sizes = [301] * 10
    with workspace.keep_all():
        first = step(sizes)
        assert step(sizes) == first
        # Of arrays of all sizes no more is kept than was in use at once.
        for n_rows in range(100, 300, 20):
            step([n_rows] * 10)
        most = workspace._Use.most
        workspace.empty((1,))
        assert 1_000_000 < idle() <= most < 1_500_000
    assert idle() <= 100_000
    step(sizes)
    workspace.empty((1,))
    assert idle() <= 100_000


def test_inputs_and_outputs_of_each_layer_are_dropped():
    """Between two layers twice, so that a share of (1 - p)^2 is left."""
    frames = np.ones((40, 50, N_INPUTS), "f4")
    stack = make_stack("gru", True, dropout=0.5, dropout_on="inputs_and_outputs")
    quiet = [to_numpy(s) for s in stack(frames)[1]]
    outputs, loud = stack(frames, training=True)
    assert np.mean(to_numpy(outputs) == 0) == pytest.approx(0.5, abs=0.05)
    assert np.abs(to_numpy(loud[0]) - quiet[0]).max() > 0.01, "the inputs are dropped"
    only = make_stack("gru", True, dropout=0.5)
    np.testing.assert_allclose(
        to_numpy(only(frames, training=True)[1][0]), quiet[0], atol=1e-6
    )


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_initial_weights_of_tensorflow_1(cell):
    """One Glorot uniform matrix of inputs and state; open gates."""
    from skaudeep.networks.recurrent import RecurrentStack

    stack = RecurrentStack(
        cell, 2, 40, 0.0, iter(range(9)), reset_after=False, initialization="audeep"
    )
    stack.build((None, None, 24))
    kernel, recurrent, bias = (to_numpy(v) for v in stack.layers[0].weights[:3])
    if cell == "gru":
        np.testing.assert_array_equal(bias, [1] * 80 + [0] * 40)
        gates, candidate = np.sqrt(6 / (64 + 80)), np.sqrt(6 / (64 + 40))
        assert 0.95 * gates < np.abs(kernel[:, :80]).max() <= gates
        assert 0.95 * candidate < np.abs(recurrent[:, 80:]).max() <= candidate
    else:
        np.testing.assert_array_equal(bias, [0] * 40 + [1] * 40 + [0] * 80)
        assert 0.95 * np.sqrt(6 / (64 + 160)) < np.abs(kernel).max()
        assert np.abs(recurrent).max() <= np.sqrt(6 / (64 + 160))
