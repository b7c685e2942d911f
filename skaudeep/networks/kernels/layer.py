"""A recurrent layer over whole sequences, forwards and backwards, in NumPy.

One *lane* is one layer on one batch: the two directions of a bidirectional layer are
two lanes. Lanes, or parts of a lane's batch where there are fewer than threads, run in
threads of their own with single-threaded products: a recurrent network's products are
too small to be shared.

The loop goes through blocks of a few frames. The product with the input's weights is
taken for a block at once before its steps, and the gradients of all weights after the
steps of a block, while everything still lies in the processor's cache.
"""
# SPDX-License-Identifier: BSD-3-Clause

import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import cpu_count
from threadpoolctl import ThreadpoolController

from skaudeep.networks.kernels.cells import CELLS
from skaudeep.networks.kernels.workspace import empty

__all__ = ["backward", "forward", "n_threads", "run_jobs", "scaled_blocks"]

# Rows (frames times clips) of the products that are taken at once.
_BLOCK_ROWS = 512
# A thread does not pay for states of fewer numbers (clips times units): each operation
# on them is over before another thread has taken its turn in the interpreter.
_MIN_STATE = 8192
# A gradient that decays through many frames ends in denormal numbers, which processors
# handle slowly; this far below anything that counts it is cut off.
_NO_GRADIENT = np.float32(1e-25)
# One computation at a time: each takes every core, and the limit on the threads of the
# linear algebra is the process's.
_lock = threading.Lock()


@functools.cache
def _controller():
    return ThreadpoolController()


def n_threads():
    """Threads that the linear algebra of this process may use."""
    pools = [p for p in _controller().info() if p["user_api"] == "blas"]
    return max(1, min([cpu_count(), *(pool["num_threads"] for pool in pools)]))


def _n_shards(n_lanes, n_rows, n_units, threads):
    """Into how many parts each lane's batch is cut."""
    most = min(n_rows, n_rows * n_units // _MIN_STATE)
    return max(1, min(-(-threads // n_lanes), most))


def _kept_size(cell, n_frames, n_rows, n_units):
    """Numbers that `forward` keeps of one lane for `backward`."""
    cell = CELLS[cell]
    states = (n_frames + 1) * cell.n_states
    return 1 + n_rows * n_units * (states + n_frames * cell.n_kept)


def forward(cell, lanes, lengths=None, keep=True):
    """Run layers over sequences.

    Parameters
    ----------
    cell : {"gru", "gru_reset_before", "lstm"}
        Kind of cell.
    lanes : list of tuple of ndarray
        (frames of shape (n_frames, n_rows, n_inputs), state of shape (n_rows,
        n_states * n_units), kernel, recurrent kernel, bias as in Keras), all float32;
        all lanes of one shape but for the number of inputs.
    lengths : ndarray of int of shape (n_rows,) or None, default=None
        Real frames of every clip, those of `frames` first; None if all are.
    keep : bool, default=True
        Whether `backward` will be called.

    Returns
    -------
    list of tuple of ndarray
        For every lane (outputs of shape (n_frames, n_rows, n_units), zero behind the
        real frames; state after the last real frame; kept numbers, or None).
    """
    n_frames, n_rows = lanes[0][0].shape[:2]
    n_units = lanes[0][3].shape[0]
    threads = n_threads()
    n_shards = _n_shards(len(lanes), n_rows, n_units, threads)
    results, jobs = [], []
    for lane in lanes:
        kept = None
        if keep:
            kept = empty((_kept_size(cell, n_frames, n_rows, n_units),))
            kept[0] = n_shards
        result = empty((n_frames, n_rows, n_units)), np.empty_like(lane[1]), kept
        results.append(result)
        for shard in _shards(n_rows, n_shards, lengths):
            jobs.append((CELLS[cell], lane, shard, *result))
    run_jobs(_forward_shard, jobs, n_rows // n_shards * n_units)
    return results


def backward(cell, lanes, lengths, kept, d_outputs, d_states, needs_input):
    """Gradients of `forward`.

    Parameters
    ----------
    cell, lanes, lengths
        As given to `forward`.
    kept : list of ndarray
        What it kept of every lane.
    d_outputs : list of ndarray
        Gradient of the outputs of every lane; what stands behind the real frames is
        ignored.
    d_states : list of ndarray
        Gradient of the final state of every lane.
    needs_input : bool
        Whether the gradient of the frames is wanted.

    Returns
    -------
    list of tuple of ndarray
        For every lane the gradients of frames (or None), state, kernel, recurrent
        kernel and bias.
    """
    n_rows, n_units = lanes[0][0].shape[1], len(lanes[0][3])
    n_shards = int(kept[0][0])
    jobs, of_data = [], []
    for lane, *given in zip(lanes, kept, d_outputs, d_states, strict=True):
        into = empty(lane[0].shape) if needs_input else None, np.empty_like(lane[1])
        of_data.append(into)
        for shard in _shards(n_rows, n_shards, lengths):
            jobs.append((CELLS[cell], lane, shard, *given, *into))
    parts = run_jobs(_backward_shard, jobs, n_rows // n_shards * n_units)
    results = []
    for i, (d_frames, d_state) in enumerate(of_data):
        of_lane = parts[i * n_shards : (i + 1) * n_shards]
        sums = [functools.reduce(np.add, same) for same in zip(*of_lane, strict=True)]
        results.append((d_frames, d_state, *sums))
    return results


def run_jobs(function, jobs, n_state):
    """Results of the jobs, in their order, whichever ended first.

    Parameters
    ----------
    function : callable
        What a thread computes, with products that are not shared.
    jobs : list of tuple
        Its arguments.
    n_state : int
        Numbers that one of its operations works on, clips times units.
    """
    threads = n_threads()
    with _lock, _controller().limit(limits=1, user_api="blas"):
        if threads == 1 or len(jobs) == 1 or n_state < _MIN_STATE:
            return [function(*job) for job in jobs]
        with ThreadPoolExecutor(min(threads, len(jobs))) as pool:
            return [
                done.result() for done in [pool.submit(function, *job) for job in jobs]
            ]


class _Shard:
    """Some rows of a batch, the longest first; `offset` rows are in shards before."""

    def __init__(self, rows, n_rows, offset, lengths):
        self.rows = rows
        self.n_rows = n_rows
        self.offset = offset
        self.lengths = lengths

    def counts(self, n_frames):
        """Rows that are read at each frame."""
        if self.lengths is None:
            return [self.n_rows] * n_frames
        longer = np.searchsorted(-self.lengths, -np.arange(n_frames), side="left")
        return longer.tolist()


def _shards(n_rows, n_shards, lengths):
    shards, offset = [], 0
    if lengths is not None:
        order = np.argsort(-lengths, kind="stable")
    for i in range(n_shards):
        rows = slice(i, None, n_shards)
        n_rows_here = len(range(i, n_rows, n_shards))
        lengths_here = None
        if lengths is not None:
            rows = order[rows]
            lengths_here = lengths[rows]
        shards.append(_Shard(rows, n_rows_here, offset, lengths_here))
        offset += n_rows_here
    return shards


def _memory_of(kept, cell, shard, n_frames, n_rows, n_units):
    """The part of a lane's kept numbers that is a shard's: its states and gates."""
    states_of_all = (n_frames + 1) * cell.n_states * n_rows * n_units
    states, gates = kept[1 : 1 + states_of_all], kept[1 + states_of_all :]
    per_row = (n_frames + 1) * cell.n_states * n_units
    states = states[shard.offset * per_row :][: shard.n_rows * per_row]
    per_row = n_frames * cell.n_kept * n_units
    gates = gates[shard.offset * per_row :][: shard.n_rows * per_row]
    return (
        states.reshape(n_frames + 1, cell.n_states, shard.n_rows, n_units),
        gates.reshape(n_frames, cell.n_kept, shard.n_rows, n_units),
    )


def scaled_blocks(matrix, scales):
    """Columns of a matrix, block by block, each in one piece, scaled."""
    blocks = matrix.reshape(len(matrix), len(scales), -1).transpose(1, 0, 2)
    return blocks * np.array(scales, np.float32)[:, None, None]


def _forward_shard(cell, lane, shard, outputs, final, kept):
    """Write to `outputs`, `final` and `kept`."""
    frames, state, kernel, recurrent, bias = lane
    n_frames, n_rows, n_inputs = frames.shape
    n_units, n = len(recurrent), shard.n_rows
    kernel = scaled_blocks(kernel, cell.input_scales)
    recurrent = scaled_blocks(recurrent, cell.recurrent_scales)
    bias, inner_bias = cell.split_bias(bias)
    bias = bias * np.array(cell.input_scales, np.float32)[:, None]
    inner_bias = inner_bias * np.array(cell.recurrent_scales, np.float32)[:, None]
    if kept is None:
        # Two states and the gates of one step, over and over.
        states = empty((2, cell.n_states, n, n_units))
        gates = empty((1, cell.n_kept, n, n_units))
    else:
        states, gates = _memory_of(kept, cell, shard, n_frames, n_rows, n_units)
    n_states_kept, n_gates_kept = len(states), len(gates)
    start = state[shard.rows].reshape(n, cell.n_states, n_units)
    states[0] = start.transpose(1, 0, 2)
    final_of_shard = states[0].copy()
    counts = shard.counts(n_frames)
    n_block = max(1, _BLOCK_ROWS // n)
    projected = empty((cell.n_blocks, n_block * n, n_units))
    step = cell(n, n_units)
    for first in range(0, n_frames, n_block):
        last = min(first + n_block, n_frames)
        block = frames[first:last, shard.rows]
        block = np.ascontiguousarray(block).reshape(-1, n_inputs)
        into = projected[:, : len(block)]
        np.matmul(block, kernel, out=into)
        into += bias[:, None]
        for t in range(first, last):
            active = counts[t]
            before = states[t % n_states_kept]
            after = states[(t + 1) % n_states_kept]
            row = (t - first) * n
            step.forward(
                into[:, row : row + active],
                recurrent,
                inner_bias,
                before[:, :active],
                after[:, :active],
                gates[t % n_gates_kept][:, :active],
            )
            if active < n:
                after[:, active:] = 0
            outputs[t, shard.rows] = after[-1]
            ending = counts[t + 1] if t + 1 < n_frames else 0
            if ending < active:
                final_of_shard[:, ending:active] = after[:, ending:active]
    final[shard.rows] = final_of_shard.transpose(1, 0, 2).reshape(n, -1)


def _backward_shard(cell, lane, shard, kept, d_outputs, d_final, d_frames, d_state):
    """Write to `d_frames` and `d_state`; return the gradients of the weights."""
    frames, _, kernel, recurrent, bias = lane
    n_frames, n_rows, n_inputs = frames.shape
    n_units, n = len(recurrent), shard.n_rows
    input_scales = cell.gradient_scales[: cell.n_blocks]
    recurrent_scales = [cell.gradient_scales[i] for i in cell.recurrent_blocks]
    transposed = np.ascontiguousarray(
        scaled_blocks(recurrent, recurrent_scales).transpose(0, 2, 1)
    )
    kernel_transposed = np.ascontiguousarray(
        scaled_blocks(kernel, input_scales).transpose(0, 2, 1)
    )
    states, gates = _memory_of(kept, cell, shard, n_frames, n_rows, n_units)
    carry = np.array(
        d_final[shard.rows].reshape(n, cell.n_states, n_units).transpose(1, 0, 2),
        order="C",
    )
    counts = shard.counts(n_frames)
    n_block = max(1, _BLOCK_ROWS // n)
    gradients = empty((cell.n_gradients, n_block, n, n_units))
    previous = empty((n_block, n, n_units))
    d_kernel = np.zeros((cell.n_blocks, n_inputs, n_units), np.float32)
    d_recurrent = np.zeros((cell.n_blocks, n_units, n_units), np.float32)
    d_bias = np.zeros((cell.n_gradients, n_units), np.float32)
    step = cell(n, n_units)
    for first in reversed(range(0, n_frames, n_block)):
        last = min(first + n_block, n_frames)
        carry[np.abs(carry) < _NO_GRADIENT] = 0
        for t in reversed(range(first, last)):
            active = counts[t]
            here = gradients[:, t - first]
            if active < n:
                here[:, active:] = 0
            carry[-1, :active] += d_outputs[t, shard.rows][:active]
            step.backward(
                carry[:, :active],
                states[t][:, :active],
                gates[t][:, :active],
                here[:, :active],
                transposed,
            )
        size = (last - first) * n
        blocks = gradients[:, : last - first].reshape(cell.n_gradients, size, n_units)
        previous[: last - first] = states[first:last, -1]
        before = previous[: last - first].reshape(size, n_units)
        for i, j in enumerate(cell.recurrent_blocks):
            if cell.gated_block is not None and i == cell.gated_block[0]:
                which = cell.gated_block[1]
                gated = gates[first:last, which]
                d_recurrent[i] += _gated(gated, counts[first:last]).T @ blocks[j]
            else:
                d_recurrent[i] += before.T @ blocks[j]
        block = np.ascontiguousarray(frames[first:last, shard.rows])
        block = block.reshape(size, n_inputs)
        d_bias += blocks.sum(axis=1)
        for i in range(cell.n_blocks):
            d_kernel[i] += block.T @ blocks[i]
        if d_frames is not None:
            total = blocks[0] @ kernel_transposed[0]
            for i in range(1, cell.n_blocks):
                total += blocks[i] @ kernel_transposed[i]
            d_frames[first:last, shard.rows] = total.reshape(last - first, n, n_inputs)
    d_state[shard.rows] = carry.transpose(1, 0, 2).reshape(n, -1)
    return _joined(cell, d_kernel, d_recurrent, d_bias, bias.shape)


def _gated(gated, counts):
    """Kept blocks as one matrix, zero where no step was taken."""
    n = gated.shape[1]
    if min(counts) < n:
        gated = gated.copy()
        for block, active in zip(gated, counts, strict=True):
            block[active:] = 0
    return gated.reshape(-1, gated.shape[2])


def _joined(cell, d_kernel, d_recurrent, d_bias, bias_shape):
    """Gradients of the weights as Keras lays them out, with their factors."""
    scales = np.array(cell.gradient_scales, np.float32)
    of_recurrent = list(cell.recurrent_blocks)
    d_bias *= scales[:, None]
    d_kernel *= scales[: cell.n_blocks, None, None]
    d_recurrent *= scales[of_recurrent][:, None, None]
    if cell.gated_block is not None:
        gate, _, factor = cell.gated_block
        d_recurrent[gate] *= np.float32(factor)
    bias = d_bias[: cell.n_blocks]
    if len(bias_shape) == 2:
        bias = np.stack([bias, d_bias[of_recurrent]])
    kernel, recurrent = (
        array.transpose(1, 0, 2).reshape(array.shape[1], -1)
        for array in (d_kernel, d_recurrent)
    )
    return kernel, recurrent, bias.reshape(bias_shape)
