"""Convolutions that make of every frame a vector."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.batch_norm import BatchNorm
from skaudeep.networks.initializers import NumpyGlorotUniform
from skaudeep.networks.recurrent import frame_mask

__all__ = ["FrameConvolution"]


class FrameConvolution(keras.layers.Layer):
    """Two convolutions, batch normalisation, ReLU and maxima along frequency.

    Normalising multiplies the first convolution's maps and adds to them, and its
    statistics are those of a linear function of the patches that the kernel sees: the
    mean patch and the covariance of patches tell them. So the kernel is scaled instead
    of the maps, and what is added waits, as ReLU does, until the maximum is taken. The
    maps at full resolution, by far the largest arrays of the network, are looked at
    once. That is exact.

    Parameters
    ----------
    n_bands, n_filters, kernel_size, pool_size, band_filter_length
        See :class:`~skaudeep.networks.crnn.CRNN`.
    seeds : iterator of int
        Of the initial weights.
    """

    def __init__(
        self, n_bands, n_filters, kernel_size, pool_size, band_filter_length, seeds
    ):
        super().__init__()
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        self.n_bands = n_bands
        self.size = tuple(kernel_size)
        self.pool_size = min(pool_size, n_bands)
        self.n_groups = -(-n_bands // self.pool_size)
        self.band_size = min(band_filter_length, self.n_groups)
        self.kernel = self.add_weight(
            shape=(*self.size, 1, n_filters),
            initializer=NumpyGlorotUniform(next(seeds)),
        )
        self.band_kernel = self.add_weight(
            shape=(self.band_size, n_filters, n_filters),
            initializer=NumpyGlorotUniform(next(seeds)),
        )
        self.norms = [BatchNorm(n_filters), BatchNorm(n_filters)]
        self.built = True

    def convolve(self, frames, lengths=None, training=False):
        """See :meth:`skaudeep.networks.crnn.CRNN.convolve`."""
        return self._convolve(frames, lengths, training)

    def moments(self, frames, lengths=None):
        """Mean and variance before either normalisation, (2, n_filters) each."""
        moments = []
        self._convolve(frames, lengths, moments=moments)
        return moments

    def convolve_window_edges(self, frames):
        """See :meth:`skaudeep.networks.crnn.CRNN.convolve_window_edges`."""
        n_seen = self.size[0]
        if n_seen not in (1, 3):
            raise ValueError(
                "Windows share convolutions of one or of three frames, this one sees "
                f"{n_seen}."
            )
        patches = self._patches(frames)
        scale, shift = self.norms[0].affine(None)
        kernel = ops.reshape(self.kernel.value, (*self.size, -1)) * scale
        kernels = [kernel] * 3
        if n_seen == 3:
            silent = ops.zeros_like(kernel[:1])
            kernels[0] = ops.concatenate([silent, kernel[1:]], axis=0)
            kernels[2] = ops.concatenate([kernel[:-1], silent], axis=0)
        edges = [self._finish(self._maxima(patches, k) + shift) for k in kernels]
        return tuple(edges)

    def _convolve(self, frames, lengths, training=False, moments=None):
        patches = self._patches(frames, lengths)
        mask = frame_mask(frames, lengths)
        kernel = ops.reshape(self.kernel.value, (*self.size, -1))
        statistics = None
        if training or moments is not None:
            statistics = self._statistics(patches, mask, kernel)
        scale, shift = self.norms[0].affine(statistics, training, moments)
        maxima = self._maxima(patches, kernel * scale, training) + shift
        return self._finish(maxima, mask, training, moments)

    def _finish(self, maxima, mask=None, training=False, moments=None):
        """From the first convolution's maxima to the features."""
        groups = ops.relu(maxima)
        n_batch, n_frames, _, n_filters = ops.shape(groups)
        n_positions = self.n_groups - self.band_size + 1
        rows = ops.reshape(groups, (-1, self.n_groups * n_filters))
        if n_positions == 1:
            kernel = ops.reshape(self.band_kernel.value, (-1, n_filters))
            maps = ops.matmul(rows, kernel)
        else:
            maps = ops.conv(
                ops.reshape(rows, (-1, self.n_groups, n_filters)),
                self.band_kernel.value,
                padding="valid",
                data_format="channels_last",
            )
        if mask is not None:
            mask = ops.reshape(mask, (-1,))
        maps = ops.relu(self.norms[1].normalize(maps, training, moments, mask))
        if n_positions > 1:
            # Not ops.max, whose gradient looks for the maximum among numbers that XLA
            # may have computed anew, and in which it may not find it.
            size = (n_positions,)
            maps = ops.max_pool(maps, size, size, data_format="channels_last")
        return ops.reshape(maps, (n_batch, n_frames, n_filters))

    def _patches(self, frames, lengths=None):
        """What the kernel sees everywhere, entry by entry.

        Around the frames, and behind the real ones, it sees zeros.

        Returns
        -------
        tensor of shape (n_entries, n_batch, n_frames, n_bands)
            Entries stand first because so they are copied in long runs.
        """
        frames = ops.cast(ops.convert_to_tensor(frames), "float32")
        mask = frame_mask(frames, lengths)
        if mask is not None:
            frames = ops.where(mask[:, :, None], frames, 0.0)
        around = [((n - 1) // 2, n // 2) for n in self.size]
        padded = ops.pad(frames, ((0, 0), *around))
        n_frames = ops.shape(frames)[1]
        entries = [
            padded[:, i : i + n_frames, j : j + self.n_bands]
            for i in range(self.size[0])
            for j in range(self.size[1])
        ]
        return ops.stack(entries)

    def _statistics(self, patches, mask, kernel):
        """Mean and variance of the convolution over all bands of real frames."""
        patches = ops.reshape(patches, (patches.shape[0], -1))
        if mask is None:
            weights = ops.ones_like(patches[0])
        else:
            weights = ops.repeat(
                ops.reshape(ops.cast(mask, "float32"), (-1,)), self.n_bands
            )
        n_rows = ops.maximum(ops.sum(weights), 1.0)
        mean = ops.sum(patches * weights, axis=1, keepdims=True) / n_rows
        centred = (patches - mean) * weights
        covariance = ops.matmul(centred, ops.transpose(centred)) / n_rows
        kernel = ops.reshape(kernel, (-1, kernel.shape[-1]))
        variance = ops.sum(kernel * ops.matmul(covariance, kernel), axis=0)
        return ops.sum(kernel * mean, axis=0), ops.maximum(variance, 0.0)

    def _maxima(self, patches, kernel, training=False):
        """Largest values of the convolution in every group of bands.

        Returns
        -------
        tensor of shape (n_batch, n_frames, n_groups, n_filters)
        """
        n_entries, _, n_frames, _ = ops.shape(patches)
        kernel = ops.reshape(kernel, (n_entries, -1))
        # The last group is filled up with its last band, which changes no maximum.
        surplus = self.n_groups * self.pool_size - self.n_bands
        if surplus:
            filling = ops.repeat(patches[..., -1:], surplus, axis=-1)
            patches = ops.concatenate([patches, filling], axis=-1)
        largest = None
        for i in range(self.pool_size):
            rows = ops.reshape(patches[..., i :: self.pool_size], (n_entries, -1))
            maps = ops.matmul(ops.transpose(rows), kernel)
            if largest is None:
                largest = maps
            elif training:
                # Of a choice, only the choice itself is kept for the gradient.
                largest = ops.where(maps > largest, maps, largest)
            else:
                largest = ops.maximum(maps, largest)
        shape = (-1, n_frames, self.n_groups, kernel.shape[-1])
        return ops.reshape(largest, shape)
