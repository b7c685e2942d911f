"""Compiled networks, kept for the next fit of the same architecture."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import threading
from collections import OrderedDict

from skaudeep._keras._compiled_network import CompiledNetwork
from skaudeep._keras._jax import JaxNetwork
from skaudeep._keras._tensorflow import TensorFlowNetwork
from skaudeep._keras._torch import TorchNetwork

__all__ = ["batch_multiple", "borrow", "has_static_shapes", "prepare"]

_BACKENDS = {
    "tensorflow": TensorFlowNetwork,
    "jax": JaxNetwork,
    "torch": TorchNetwork,
}

# Enough for a grid search over architectures; a compiled network holds its weights,
# the optimizer's moments and the graphs.
_POOL_SIZE = 8
_pool: OrderedDict[tuple, list[CompiledNetwork]] = OrderedDict()
_pool_lock = threading.Lock()


def prepare():
    """Settings of the backend that must precede its first operation."""
    import keras

    _BACKENDS[keras.backend.backend()].prepare()


def has_static_shapes():
    """Whether every new shape of a batch costs a compilation (JAX)."""
    import keras

    return keras.backend.backend() == "jax"


def batch_multiple():
    """What the rows of a batch should be a multiple of, to fill all devices.

    More than 1 under a distribution of Keras's (JAX). Other batches give the same
    numbers, but every device computes the whole batch.
    """
    import keras

    return _BACKENDS[keras.backend.backend()].batch_multiple()


@contextlib.contextmanager
def borrow(network_class, config):
    """A compiled network of this architecture, exclusively, for a ``with`` block.

    Parameters
    ----------
    network_class : type
        A Keras layer, see the package.
    config : dict
        Hashable constructor arguments without the seed.

    Yields
    ------
    CompiledNetwork
        With arbitrary weights: call its ``load`` first.
    """
    import keras

    key = (
        network_class,
        keras.config.dtype_policy().name,
        # By identity: a distribution lives as long as something is compiled for it.
        keras.distribution.distribution(),
        *sorted(config.items()),
    )
    with _pool_lock:
        idle = _pool.get(key)
        compiled = idle.pop() if idle else None
    if compiled is None:
        prepare()
        compiled = _BACKENDS[keras.backend.backend()](network_class(**config))
    yield compiled
    # Not in a finally clause: what an error may have left half done is dropped.
    with _pool_lock:
        _pool.setdefault(key, []).append(compiled)
        _pool.move_to_end(key)
        while len(_pool) > _POOL_SIZE:
            _pool.popitem(last=False)
