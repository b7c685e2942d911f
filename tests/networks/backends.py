"""Calls and gradients of networks on every backend."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import functools

import keras
import numpy as np


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@contextlib.contextmanager
def op_by_op():
    """Nothing compiled as a whole on JAX, where that takes seconds a network.

    Its operations one by one are compiled once a shape, for all networks.
    """
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    with jax.disable_jit():
        yield


def call(network, name, *arrays, **options):
    """``network.name(*arrays, **options)`` as an array, by default in inference."""
    with op_by_op():
        return np.array(to_numpy(getattr(network, name)(*arrays, **options)))


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
def _compiled_gradient():
    import jax

    def compute(values, network, batch, training):
        mapping = list(zip(network.trainable_variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return network.objective(batch, training=training)

    return jax.jit(jax.value_and_grad(compute), static_argnums=(1, 3))
