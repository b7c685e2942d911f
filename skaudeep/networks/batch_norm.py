"""Batch normalisation whose statistics are measured, not averaged along the way."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.initializers import NumpyNormal

__all__ = ["BatchNorm", "masked_moments"]

_EPSILON = 1e-5


class BatchNorm(keras.layers.Layer):
    """Normalise every map: in training by the batch, otherwise by set statistics.

    Moving averages of a short training are poor; after it one measures what really
    reaches this layer and calls ``set_statistics``.

    Parameters
    ----------
    n_maps : int
        Size of the last axis.
    seed : int or None, default=None
        Of the initial gains, which are drawn from N(1, 0.02); None begins with 1.
    """

    def __init__(self, n_maps, seed=None):
        super().__init__()
        gains = "ones" if seed is None else NumpyNormal(1.0, 0.02, seed)
        self.gain = self.add_weight(shape=(n_maps,), initializer=gains)
        self.offset = self.add_weight(shape=(n_maps,), initializer="zeros")
        self.mean = self.add_weight(
            shape=(n_maps,), initializer="zeros", trainable=False
        )
        self.variance = self.add_weight(
            shape=(n_maps,), initializer="ones", trainable=False
        )
        self.built = True

    def normalize(self, x, training=False, moments=None, mask=None):
        """Normalise (..., n_maps).

        Parameters
        ----------
        x : tensor
            Maps.
        training : bool
            Whether to use the statistics of this batch.
        moments : list or None
            The mean and the variance of `x` are appended to it, as one tensor
            (2, n_maps).
        mask : tensor of bool or None, default=None
            Which entries of the first axes count for the statistics; None counts all.
        """
        statistics = None
        if training or moments is not None:
            statistics = masked_moments(x, mask)
        scale, shift = self.affine(statistics, training, moments)
        return x * scale + shift

    def affine(self, statistics, training=False, moments=None):
        """What normalising multiplies by and what it adds, each of shape (n_maps,).

        Parameters
        ----------
        statistics : pair of tensor or None
            Mean and variance of the batch; None if neither training nor measuring.
        training, moments
            See ``normalize``.
        """
        if moments is not None:
            moments.append(ops.stack(statistics))
        mean, variance = (
            statistics if training else (self.mean.value, self.variance.value)
        )
        scale = self.gain.value * ops.rsqrt(variance + _EPSILON)
        return scale, self.offset.value - mean * scale

    def set_statistics(self, mean, variance):
        """What to normalise by when not in training, each of shape (n_maps,)."""
        self.mean.assign(mean)
        self.variance.assign(variance)


def masked_moments(x, mask=None):
    """Mean and variance over all axes but the last.

    Parameters
    ----------
    x : tensor of shape (..., n_maps)
        Finite also where it does not count.
    mask : tensor of bool or None, default=None
        Which entries of the first axes count, at least one of them; None counts all.
    """
    if mask is None:
        return ops.moments(x, axes=tuple(range(len(x.shape) - 1)))
    rows = ops.reshape(x, (-1, x.shape[-1]))
    # Axes of x that the mask has not got count as a whole.
    spread = ops.reshape(
        mask, (*ops.shape(mask), *[1] * (len(x.shape) - len(mask.shape)))
    )
    weights = ops.broadcast_to(ops.cast(spread, x.dtype), (*ops.shape(x)[:-1], 1))
    weights = ops.reshape(weights, (-1, 1))
    n_rows = ops.maximum(ops.sum(weights), 1.0)
    mean = ops.sum(rows * weights, axis=0) / n_rows
    return mean, ops.sum(ops.square(rows - mean) * weights, axis=0) / n_rows
