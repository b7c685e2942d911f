"""A CRNN that reads all windows of a clip, in NumPy, without gradients.

Windows that move by one frame share what does not depend on where they begin: the
convolutions and, being linear, the first recurrent layer's product with its input. Both
are taken once for every frame as the first of a window, inside one, and as the last.
At one step the windows of a block read frames that follow each other, so that what they
read is a slice and no window is ever laid out.

Everything goes block by block, each small enough for the processor's cache, and every
block is a job for a thread with single-threaded products.
"""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.special import expit

from skaudeep.networks.kernels.cells import CELLS
from skaudeep.networks.kernels.layer import n_threads, run_jobs, scaled_blocks
from skaudeep.networks.kernels.workspace import empty

__all__ = ["WindowReader"]

# Frames whose first convolution is taken at once, and whose second is.
_MAP_FRAMES = 8
_BAND_FRAMES = 128
# Windows that are read side by side.
_WINDOWS = 256


class WindowReader:
    """The arrays of a network, and what it makes of the windows of a clip.

    Parameters
    ----------
    time_steps : int
        Frames of a window, at least 2.
    pool_size : int
        Bands of which the first convolution's maximum is taken.
    kernel : ndarray of shape (1 or 3, n_seen_bands, n_filters)
        Of the first convolution, with the scale of its normalisation.
    shift : ndarray of shape (n_filters,)
        What the first normalisation adds.
    band_kernel : ndarray of shape (n_seen_groups, n_filters, n_filters)
        Of the second convolution.
    band_affine : (scale, shift) of ndarray of shape (n_filters,)
        The second normalisation.
    cell : {"gru", "gru_reset_before", "lstm"}
        Recurrent cell.
    stacks : list of list of tuple of ndarray
        For every direction and layer (kernel, recurrent kernel, bias) as in Keras.
    forwards : tuple of bool
        Whether a direction reads forwards.
    dense : ndarray of shape (n_units * n_directions, n_dense)
        Of the dense layer, with the scale of its normalisation.
    dense_shift : ndarray of shape (n_dense,)
        What its normalisation adds.
    output : (kernel, bias) of ndarray of shape (n_dense, 1) and (1,)
        Of the logit.
    """

    def __init__(
        self,
        time_steps,
        *,
        pool_size,
        kernel,
        shift,
        band_kernel,
        band_affine,
        cell,
        stacks,
        forwards,
        dense,
        dense_shift,
        output,
    ):
        self.time_steps = time_steps
        self.pool_size = pool_size
        self.n_seen_bands = kernel.shape[1]
        self.kernels = _edge_kernels(kernel)
        self.shift = shift
        self.band_kernel = band_kernel
        self.band_affine = band_affine
        self.cell = CELLS[cell]
        self.stacks = [[_Layer(self.cell, *layer) for layer in s] for s in stacks]
        self.forwards = forwards
        self.dense = np.split(dense, len(stacks))
        self.dense_shift = dense_shift
        self.output = output

    def probabilities(self, frames):
        """Probabilities in all windows of a clip.

        Parameters
        ----------
        frames : ndarray of shape (n_frames, n_bands)
            At least as many frames as a window has, float32.

        Returns
        -------
        ndarray of shape (n_windows, time_steps)
            There are ``n_frames - time_steps + 1`` windows.
        """
        n_frames, n_windows = len(frames), len(frames) - self.time_steps + 1
        n_units = self.stacks[0][0].n_units
        projected = [
            empty((3, self.cell.n_blocks, n_frames, n_units)) for _ in self.stacks
        ]
        patches = self._patches(frames)
        jobs = [(patches, projected, *ends) for ends in _ranges(n_frames, _BAND_FRAMES)]
        run_jobs(self._project, jobs, min(n_frames, _BAND_FRAMES) * n_units)
        logits = np.empty((self.time_steps, n_windows), np.float32)
        jobs = [(projected, logits, *ends) for ends in _ranges(n_windows, _WINDOWS)]
        run_jobs(self._read, jobs, min(n_windows, _WINDOWS) * n_units)
        return expit(logits.T)

    def _patches(self, frames):
        """What the kernel sees: a view, (n_frames, n_bands, n_seen, n_seen_bands)."""
        n_seen = self.kernels.shape[1] // self.n_seen_bands
        shape = n_seen, self.n_seen_bands
        around = [((n - 1) // 2, n // 2) for n in shape]
        return np.lib.stride_tricks.sliding_window_view(np.pad(frames, around), shape)

    def _project(self, patches, projected, begin, end):
        """Write what the first recurrent layers add to their states' products."""
        n_bands, n_filters = patches.shape[1], len(self.shift)
        n_groups = -(-n_bands // self.pool_size)
        # The last group is filled up with its last band, which changes no maximum.
        bands = np.minimum(np.arange(n_groups * self.pool_size), n_bands - 1)
        bands = bands.reshape(n_groups, self.pool_size)
        groups = empty((3, end - begin, n_groups, n_filters))
        memory = empty((2, 3, _MAP_FRAMES * n_groups, n_filters))
        for first in range(begin, end, _MAP_FRAMES):
            last = min(first + _MAP_FRAMES, end)
            n_rows = (last - first) * n_groups
            largest, maps = memory[:, :, :n_rows]
            for i in range(self.pool_size):
                rows = patches[first:last, bands[:, i]].reshape(n_rows, -1)
                np.matmul(rows, self.kernels, out=maps if i else largest)
                if i:
                    np.maximum(maps, largest, out=largest)
            largest += self.shift
            into = groups[:, first - begin : last - begin]
            np.maximum(largest.reshape(into.shape), 0, out=into)
        features = self._finish(groups.reshape(-1, n_groups * n_filters))
        features = features.reshape(3, 1, end - begin, n_filters)
        for stack, into in zip(self.stacks, projected, strict=True):
            into[:, :, begin:end] = stack[0].project(features)

    def _finish(self, groups):
        """The second convolution and its maximum, (n_rows, n_filters)."""
        n_filters = self.band_kernel.shape[-1]
        kernel = self.band_kernel.reshape(-1, n_filters)
        scale, shift = self.band_affine
        features = None
        for first in range(0, groups.shape[1] - len(kernel) + 1, n_filters):
            maps = groups[:, first : first + len(kernel)] @ kernel
            maps *= scale
            maps += shift
            features = maps if features is None else np.maximum(maps, features)
        return np.maximum(features, 0)

    def _read(self, projected, logits, begin, end):
        """Write the logits of a block of windows."""
        outputs = [
            self._run(stack, forward, of_stack, begin, end)
            for stack, forward, of_stack in zip(
                self.stacks, self.forwards, projected, strict=True
            )
        ]
        kernel, bias = self.output
        for t in range(self.time_steps):
            dense = outputs[0][t] @ self.dense[0]
            for of_stack, matrix in zip(outputs[1:], self.dense[1:], strict=True):
                dense += of_stack[t] @ matrix
            dense += self.dense_shift
            np.maximum(dense, 0, out=dense)
            logits[t, begin:end] = (dense @ kernel)[:, 0] + bias

    def _run(self, stack, forward, projected, begin, end):
        """Outputs of a stack for a block of windows, (time_steps, n, n_units)."""
        cell, steps, n = self.cell, self.time_steps, end - begin
        n_units = stack[0].n_units
        step = cell(n, n_units)
        outputs = empty((steps, n, n_units))
        gates = empty((cell.n_kept, n, n_units))
        inputs = empty((cell.n_blocks, n, n_units))
        states = np.zeros((2, len(stack), cell.n_states, n, n_units), np.float32)
        for i, t in enumerate(range(steps) if forward else reversed(range(steps))):
            edge = 0 if t == 0 else 2 if t == steps - 1 else 1
            read = projected[edge][:, begin + t : end + t]
            before, after = states[i % 2], states[(i + 1) % 2]
            for layer, old, new in zip(stack, before, after, strict=True):
                if layer is not stack[0]:
                    np.matmul(read, layer.kernel, out=inputs)
                    inputs += layer.bias
                    read = inputs
                step.forward(read, layer.recurrent, layer.inner_bias, old, new, gates)
                read = new[-1]
            outputs[t] = read
        return outputs


class _Layer:
    """Weights of a recurrent layer as its cell wants them."""

    def __init__(self, cell, kernel, recurrent, bias):
        self.n_units = len(recurrent)
        self.kernel = scaled_blocks(kernel, cell.input_scales)
        self.recurrent = scaled_blocks(recurrent, cell.recurrent_scales)
        bias, inner_bias = cell.split_bias(bias)
        scales = np.array([cell.input_scales, cell.recurrent_scales], np.float32)
        self.bias = (bias * scales[0, :, None])[:, None]
        self.inner_bias = inner_bias * scales[1, :, None]

    def project(self, frames):
        """What frames add to the state's products."""
        return frames @ self.kernel + self.bias


def _edge_kernels(kernel):
    """The kernel at a window's first frame, inside, and at its last: as matrices."""
    kernels = np.stack([kernel] * 3)
    if len(kernel) == 3:
        kernels[0, 0] = 0
        kernels[2, -1] = 0
    return kernels.reshape(3, -1, kernel.shape[-1])


def _ranges(n, size):
    """Ends of like ranges of at most `size`, as many for each thread."""
    threads = n_threads()
    n_parts = min(n, -(-n // (size * threads)) * threads)
    return [(n * i // n_parts, n * (i + 1) // n_parts) for i in range(n_parts)]
