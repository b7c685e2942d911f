"""Calls and gradients of networks on every backend."""
# SPDX-License-Identifier: BSD-3-Clause

import functools

import keras
import numpy as np


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def call(network, name, *arrays):
    """``network.name(*arrays)``, in inference mode, as an array.

    Compiled on JAX, where calls one by one cost a compilation for every operation;
    the weights are those of the first call then.
    """
    if keras.backend.backend() == "jax":
        return np.array(_compiled_call()(network, name, arrays))
    return to_numpy(getattr(network, name)(*arrays))


def loss_and_gradients(network, batch, training=False):
    """The objective and its gradient by the network's trainable variables."""
    variables = network.trainable_variables
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = network.objective(batch, training=training)
        gradients = tape.gradient(loss, [v.value for v in variables])
    elif backend == "jax":
        values = [v.value for v in variables]
        loss, gradients = _compiled_gradient()(values, network, batch, training)
    else:
        for variable in variables:
            variable.value.grad = None
        loss = network.objective(batch, training=training)
        loss.backward()
        gradients = [v.value.grad for v in variables]
    gradients = [
        np.zeros(v.shape, "f4") if g is None else to_numpy(g)
        for v, g in zip(variables, gradients, strict=True)
    ]
    return float(to_numpy(loss)), gradients


@functools.cache
def _compiled_call():
    import jax

    def compute(network, name, arrays):
        return getattr(network, name)(*arrays)

    return jax.jit(compute, static_argnums=(0, 1))


@functools.cache
def _compiled_gradient():
    import jax

    def compute(values, network, batch, training):
        mapping = list(zip(network.trainable_variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return network.objective(batch, training=training)

    return jax.jit(jax.value_and_grad(compute), static_argnums=(1, 3))
