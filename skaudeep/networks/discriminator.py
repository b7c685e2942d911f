"""A network that tells real spectrograms from generated ones."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.batch_norm import BatchNorm
from skaudeep.networks.initializers import normal_kernel

__all__ = ["Discriminator"]

_SLOPE = 0.2


class Discriminator(keras.layers.Layer):
    """Convolutions with strides of two, and two outputs: generated and real.

    Batch normalisation follows all convolutions but the first; leaky ReLU follows all.

    Parameters
    ----------
    height, width : int
        Of the pictures, multiples of ``2 ** n_layers``.
    n_layers, n_maps, kernel_size : int
        See :class:`~skaudeep.networks.dcgan.DCGAN`.
    seeds : iterator of int
        Of the initial weights.
    """

    def __init__(self, height, width, n_layers, n_maps, kernel_size, seeds):
        super().__init__()
        self.kernels, self.norms = [], []
        n_inputs = 1
        for layer in range(n_layers):
            n_outputs = n_maps * 2**layer
            shape = (kernel_size, kernel_size, n_inputs, n_outputs)
            self.kernels.append(normal_kernel(self, shape, seeds))
            if layer:
                self.norms.append(BatchNorm(n_outputs, next(seeds)))
            n_inputs = n_outputs
        self.bias = self.add_weight(shape=(n_maps,), initializer="zeros")
        n_inputs *= (height // 2**n_layers) * (width // 2**n_layers)
        self.output_kernel = normal_kernel(self, (n_inputs, 2), seeds)
        self.output_bias = self.add_weight(shape=(2,), initializer="zeros")
        self.built = True

    def discriminate(self, pictures, training=False):
        """Maps of all convolutions, and logits (n_batch, 2): generated, real."""
        maps = self.maps(pictures, training)
        rows = ops.reshape(maps[-1], (ops.shape(pictures)[0], -1))
        logits = ops.matmul(rows, self.output_kernel.value)
        return maps, logits + self.output_bias.value

    def maps(self, pictures, training=False, moments=None):
        """Activations of all convolutions, (n_batch, height, width, n_maps) each.

        `moments` is a list to which the mean and variance before every normalisation
        are appended.
        """
        maps = []
        x = pictures
        for layer, kernel in enumerate(self.kernels):
            x = ops.conv(
                x, kernel.value, strides=2, padding="same", data_format="channels_last"
            )
            if layer:
                x = self.norms[layer - 1].normalize(x, training, moments)
            else:
                x = x + self.bias.value
            x = ops.leaky_relu(x, negative_slope=_SLOPE)
            maps.append(x)
        return maps
