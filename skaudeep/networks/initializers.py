"""Initial weights that are the same on every backend."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import keras
import numpy as np

__all__ = ["NumpyGlorotUniform", "NumpyNormal", "normal_kernel"]


@keras.saving.register_keras_serializable(package="skaudeep")
class NumpyGlorotUniform(keras.initializers.Initializer):
    """Glorot-uniform kernels, drawn by NumPy.

    JAX compiles its generator once a shape, which takes half a minute for a network of
    many layers; this takes as long as the numbers need.

    Parameters
    ----------
    seed : int, default=0
        Fixes the numbers.
    """

    def __init__(self, seed=0):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        """Draw a kernel whose last two axes are inputs and outputs."""
        *size, n_inputs, n_outputs = shape
        limit = math.sqrt(6 / (math.prod(size) * (n_inputs + n_outputs)))
        kernel = np.random.default_rng(self.seed).random(shape, dtype=np.float32)
        kernel *= 2 * limit
        kernel -= limit
        return keras.ops.convert_to_tensor(kernel, dtype=dtype)

    def get_config(self):
        """The seed."""
        return {"seed": self.seed}


@keras.saving.register_keras_serializable(package="skaudeep")
class NumpyNormal(keras.initializers.Initializer):
    """Normally distributed weights, drawn by NumPy.

    Parameters
    ----------
    mean, stddev : float
        Of the distribution.
    seed : int, default=0
        Fixes the numbers.
    """

    def __init__(self, mean, stddev, seed=0):
        self.mean = mean
        self.stddev = stddev
        self.seed = seed

    def __call__(self, shape, dtype=None):
        """Draw an array."""
        rng = np.random.default_rng(self.seed)
        weights = rng.standard_normal(shape, dtype=np.float32)
        weights *= self.stddev
        weights += self.mean
        return keras.ops.convert_to_tensor(weights, dtype=dtype)

    def get_config(self):
        """Mean, standard deviation and seed."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


def normal_kernel(layer, shape, seeds):
    """Add weights to a layer that are drawn from N(0, 0.02), as DCGANs begin."""
    return layer.add_weight(
        shape=shape, initializer=NumpyNormal(0.0, 0.02, next(seeds))
    )
