"""A network that makes spectrograms of noise."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.batch_norm import BatchNorm
from skaudeep.networks.initializers import normal_kernel

__all__ = ["Generator"]


class Generator(keras.layers.Layer):
    """A projection of noise and transposed convolutions with strides of two.

    Batch normalisation and ReLU follow all layers but the last, which ends in tanh.

    Parameters
    ----------
    height, width, n_layers, n_maps, kernel_size
        As of the discriminator, whose mirror image this is.
    latent_size : int
        Length of the noise vectors.
    seeds : iterator of int
        Of the initial weights.
    """

    def __init__(
        self, height, width, n_layers, n_maps, kernel_size, latent_size, seeds
    ):
        super().__init__()
        n_inputs = n_maps * 2 ** (n_layers - 1)
        self.shape = (height // 2**n_layers, width // 2**n_layers, n_inputs)
        n_projected = self.shape[0] * self.shape[1] * n_inputs
        self.projection = normal_kernel(self, (latent_size, n_projected), seeds)
        self.norms = [BatchNorm(n_inputs, next(seeds))]
        self.kernels = []
        for layer in reversed(range(n_layers)):
            n_outputs = n_maps * 2 ** (layer - 1) if layer else 1
            shape = (kernel_size, kernel_size, n_outputs, n_inputs)
            self.kernels.append(normal_kernel(self, shape, seeds))
            if layer:
                self.norms.append(BatchNorm(n_outputs, next(seeds)))
            n_inputs = n_outputs
        self.bias = self.add_weight(shape=(1,), initializer="zeros")
        self.built = True

    def generate(self, noise, training=False, moments=None):
        """Pictures (n_batch, height, width, 1) of noise (n_batch, latent_size)."""
        x = ops.matmul(noise, self.projection.value)
        x = ops.reshape(x, (-1, *self.shape))
        for norm, kernel in zip(self.norms, self.kernels, strict=True):
            x = ops.relu(norm.normalize(x, training, moments=moments))
            x = ops.conv_transpose(
                x, kernel.value, strides=2, padding="same", data_format="channels_last"
            )
        return ops.tanh(x + self.bias.value)
