"""Batch normalisation whose statistics are measured, not averaged along the way."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.initializers import NumpyNormal

__all__ = ["BatchNorm"]

_EPSILON = 1e-5


class BatchNorm(keras.layers.Layer):
    """Normalise every map: in training by the batch, otherwise by set statistics.

    Moving averages of a short training are poor; after it one measures what really
    reaches this layer and calls ``set_statistics``.

    Parameters
    ----------
    n_maps : int
        Size of the last axis.
    seed : int
        Of the initial gains, which are drawn from N(1, 0.02).
    """

    def __init__(self, n_maps, seed):
        super().__init__()
        self.gain = self.add_weight(
            shape=(n_maps,), initializer=NumpyNormal(1.0, 0.02, seed)
        )
        self.offset = self.add_weight(shape=(n_maps,), initializer="zeros")
        self.mean = self.add_weight(
            shape=(n_maps,), initializer="zeros", trainable=False
        )
        self.variance = self.add_weight(
            shape=(n_maps,), initializer="ones", trainable=False
        )
        self.built = True

    def normalize(self, x, training=False, moments=None):
        """Normalise (n_batch, height, width, n_maps).

        Parameters
        ----------
        x : tensor
            Maps.
        training : bool
            Whether to use the statistics of this batch.
        moments : list or None
            The mean and the variance of `x` are appended to it, as one tensor
            (2, n_maps).
        """
        if training or moments is not None:
            mean, variance = ops.moments(x, axes=(0, 1, 2))
        if moments is not None:
            moments.append(ops.stack([mean, variance]))
        if not training:
            mean, variance = self.mean.value, self.variance.value
        scale = self.gain.value * ops.rsqrt(variance + _EPSILON)
        return x * scale + (self.offset.value - mean * scale)

    def set_statistics(self, mean, variance):
        """What to normalise by when not in training, each of shape (n_maps,)."""
        self.mean.assign(mean)
        self.variance.assign(variance)
