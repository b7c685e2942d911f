"""Dense layers with seeds of their own."""
# SPDX-License-Identifier: BSD-3-Clause

import keras

__all__ = ["glorot_dense"]


def glorot_dense(
    n_inputs, n_outputs, activation, seeds, *, random_bias=False, dtype=None
):
    """A dense layer, built, with Glorot-uniform kernel.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Widths.
    activation : str or None
        Name of the activation.
    seeds : iterator of int
        One seed is taken for the kernel and one for the bias.
    random_bias : bool, default=False
        Whether the bias is drawn as the kernel is, as the published autoencoder does
        (uniform, of magnitude up to ``sqrt(3 / n_outputs)``); else it starts at zero.
    dtype : str or None, default=None
        Name of a Keras dtype policy.

    Returns
    -------
    keras.layers.Dense
        The layer.
    """
    kernel = keras.initializers.GlorotUniform(next(seeds))
    bias = keras.initializers.GlorotUniform(next(seeds))
    layer = keras.layers.Dense(
        n_outputs,
        activation=activation,
        kernel_initializer=kernel,
        bias_initializer=bias if random_bias else "zeros",
        dtype=dtype,
    )
    layer.build((None, n_inputs))
    return layer
