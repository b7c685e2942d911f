"""A Gaussian between encoder and decoder."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.dense import glorot_dense

__all__ = ["GaussianLatent"]

# The logarithm of the variance starts in the middle, a standard deviation of 0.14, so
# that the first epochs learn to reconstruct; the prior's, 0, lies inside the bounds.
_LOG_VARIANCE_CENTRE, _LOG_VARIANCE_RADIUS = -4.0, 6.0


class GaussianLatent(keras.layers.Layer):
    """Mean and variance of a code, of which a sample goes to the decoder.

    Parameters
    ----------
    n_inputs : int
        Width of the encoder's states.
    n_latent : int
        Width of the code.
    seeds : iterator of int
        Seeds for initial weights and samples.
    random_bias : bool, default=False
        See :func:`~skaudeep.networks.dense.glorot_dense`.
    dtype : str or None, default=None
        Name of a Keras dtype policy; the divergence is computed in float32.

    References
    ----------
    D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B.
    """

    def __init__(self, n_inputs, n_latent, seeds, *, random_bias=False, dtype=None):
        super().__init__(dtype=dtype)
        self.supports_masking = True
        self.to_mean = glorot_dense(
            n_inputs, n_latent, None, seeds, random_bias=random_bias, dtype=dtype
        )
        self.to_log_variance = keras.layers.Dense(
            n_latent, kernel_initializer="zeros", dtype=dtype
        )
        self.to_log_variance.build((None, n_inputs))
        self.generator = keras.random.SeedGenerator(next(seeds))
        self.built = True

    def call(self, states, training=False):
        """Encoder states to codes.

        Parameters
        ----------
        states : tensor of shape (n_batch, n_inputs)
            Final states of the encoder.
        training : bool
            Whether to draw the codes; else they are the means.

        Returns
        -------
        codes, means, log_variances : tensor of shape (n_batch, n_latent)
            Float32. The logarithms lie between -10 and 2.
        """
        means = ops.cast(self.to_mean(states), "float32")
        raw = ops.cast(self.to_log_variance(states), "float32")
        raw = ops.tanh(raw / _LOG_VARIANCE_RADIUS)
        log_variances = _LOG_VARIANCE_CENTRE + _LOG_VARIANCE_RADIUS * raw
        if not training:
            return means, means, log_variances
        noise = keras.random.normal(
            ops.shape(means), dtype="float32", seed=self.generator
        )
        return means + noise * ops.exp(log_variances / 2), means, log_variances

    @staticmethod
    def divergence(means, log_variances, present=None):
        """Kullback-Leibler divergence from the standard normal distribution.

        Parameters
        ----------
        means, log_variances : tensor of shape (n_batch, n_latent)
            As from a call.
        present : tensor of bool of shape (n_batch,) or None
            Which rows count; None if all do.

        Returns
        -------
        tensor
            A scalar: nats, mean over the rows that count and the latent dimensions.
        """
        nats = ops.square(means) + ops.exp(log_variances) - 1.0 - log_variances
        rows = 0.5 * ops.mean(nats, axis=-1)
        if present is None:
            return ops.mean(rows)
        counted = ops.sum(ops.where(present, rows, 0.0))
        return counted / ops.maximum(ops.sum(ops.cast(present, "float32")), 1.0)
