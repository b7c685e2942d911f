"""Keras and its three backends: compiled training steps and predictions.

Apart from the per-backend kernels of layers this is the only module that imports
TensorFlow, JAX or PyTorch. A network is a Keras layer with

- ``objective(batch, training)``: the scalar loss of one batch, and
- any number of methods that take arrays and return one array.

:func:`borrow` hands out networks that are already compiled. A network is compiled once
per architecture and process, however many folds and grid points train it: weights,
random state and optimizer are loaded into it, nothing of the last user survives.
"""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import os
import threading
from collections import OrderedDict

import numpy as np

__all__ = ["CompiledNetwork", "borrow", "has_static_shapes", "prepare"]

# Enough for a grid search over architectures; a compiled network holds its weights,
# the optimizer's moments and the graphs.
_POOL_SIZE = 8
_pool: OrderedDict[tuple, list["CompiledNetwork"]] = OrderedDict()
_pool_lock = threading.Lock()


def prepare():
    """Settings of the backend that must precede its first operation."""
    import keras

    _BACKENDS[keras.backend.backend()].prepare()


def has_static_shapes():
    """Whether every new shape of a batch costs a compilation (JAX)."""
    import keras

    return keras.backend.backend() == "jax"


@contextlib.contextmanager
def borrow(network_class, config):
    """A compiled network of this architecture, exclusively, for a ``with`` block.

    Parameters
    ----------
    network_class : type
        A Keras layer, see the module.
    config : dict
        Hashable constructor arguments without the seed.

    Yields
    ------
    CompiledNetwork
        With arbitrary weights: call its ``load`` first.
    """
    import keras

    key = (network_class, keras.config.dtype_policy().name, *sorted(config.items()))
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


class CompiledNetwork:
    """A network, its optimizer and their compiled functions on one backend.

    Parameters
    ----------
    network : keras.layers.Layer
        Built, see the module.
    """

    def __init__(self, network):
        self.network = network
        self.optimizer = None
        self._functions = {}

    @staticmethod
    def prepare():
        """What the function :func:`prepare` does on this backend."""

    def load(self, network):
        """Take over every variable of `network`, random states included."""
        for ours, theirs in zip(self.network.variables, network.variables, strict=True):
            ours.assign(theirs)

    def load_weights(self, weights):
        """Set the weights from a list of arrays."""
        self.network.set_weights(weights)

    def weights(self):
        """The weights as a list of float32 arrays (copies)."""
        return [np.array(w) for w in self.network.get_weights()]

    def start_training(self, learning_rate, clip_value=None):
        """Begin a training run: a fresh Adam.

        Parameters
        ----------
        learning_rate : float
            Step size.
        clip_value : float or None, default=None
            Gradients are clipped to plus and minus this, element by element.
        """
        import keras

        if self.optimizer is None or self.optimizer.clipvalue != clip_value:
            self._functions.clear()
            # The epsilon of TensorFlow 1, with which the published models were made.
            self.optimizer = keras.optimizers.Adam(
                float(learning_rate), epsilon=1e-8, clipvalue=clip_value
            )
            self.optimizer.build(self.network.trainable_variables)
        for variable in self.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable.value))
        self.optimizer.learning_rate = float(learning_rate)

    def training(self):
        """Context in which ``train`` is called."""
        return contextlib.nullcontext()

    def to_device(self, batch):
        """The arrays of a batch as tensors, to be used again and again."""
        raise NotImplementedError

    def train(self, batch, n_steps=1):
        """Take `n_steps` steps on one batch; return their losses, not yet on the host.

        Parameters
        ----------
        batch : tuple of array or None
            What ``network.objective`` takes.
        n_steps : int, default=1
            Number of steps in one call.
        """
        raise NotImplementedError

    def call(self, name, *arrays):
        """``network.name(*arrays)`` as a NumPy array, in inference mode."""
        raise NotImplementedError

    def loss(self, batch):
        """The loss of one batch in inference mode, as a float."""
        return float(self.call("evaluate", *batch))

    def _function(self, key, make):
        if key not in self._functions:
            self._functions[key] = make()
        return self._functions[key]


def _structure(arrays):
    """What of the arguments a compiled function is bound to."""
    return tuple(
        None if a is None else (a.ndim, a.shape[-1] if a.ndim == 3 else None)
        for a in arrays
    )


class _TensorFlowNetwork(CompiledNetwork):
    @staticmethod
    def prepare():
        import tensorflow as tf

        # joblib tells its worker processes in this way how many threads are theirs;
        # TensorFlow would start one a core in each.
        n_threads = os.environ.get("OMP_NUM_THREADS", "")
        if n_threads.isdigit() and "TF_NUM_INTRAOP_THREADS" not in os.environ:
            with contextlib.suppress(RuntimeError):
                tf.config.threading.set_intra_op_parallelism_threads(int(n_threads))
        for gpu in tf.config.list_physical_devices("GPU"):
            # Refused once the device is in use; then somebody else has decided.
            with contextlib.suppress(RuntimeError):
                tf.config.experimental.set_memory_growth(gpu, True)

    def to_device(self, batch):
        import tensorflow as tf

        return tuple(None if a is None else tf.convert_to_tensor(a) for a in batch)

    def train(self, batch, n_steps=1):
        batch = self.to_device(batch)
        key = ("train", n_steps, _structure(batch))
        step = self._function(key, lambda: self._compile_step(batch, n_steps))
        return step(*(a for a in batch if a is not None))

    def call(self, name, *arrays):
        arrays = self.to_device(arrays)

        def compile_call():
            return self._compile(getattr(self.network, name), arrays)

        function = self._function((name, _structure(arrays)), compile_call)
        return function(*(a for a in arrays if a is not None)).numpy()

    @staticmethod
    def _compile(function, arrays):
        """A graph of ``function(*arrays)`` that is called without the Nones.

        All axes are free, so that no batch size or length is traced twice, but for
        the bands of sequences: recurrent layers want to know them.
        """
        import tensorflow as tf

        # The function outlives its first arguments: it must not hold on to them.
        present = [array is not None for array in arrays]

        def bound(*given):
            rest = iter(given)
            return function(*(next(rest) if here else None for here in present))

        signature = []
        for array in arrays:
            if array is not None:
                shape = [None] * array.ndim
                if array.ndim == 3:
                    shape[-1] = array.shape[-1]
                signature.append(tf.TensorSpec(shape, array.dtype))
        # Nothing here is Python control flow, and its translation costs seconds.
        return tf.function(bound, input_signature=signature, autograph=False)

    def _compile_step(self, batch, n_steps):
        import tensorflow as tf

        network, optimizer = self.network, self.optimizer
        variables = network.trainable_variables

        def step(batch):
            with tf.GradientTape() as tape:
                loss = network.objective(batch, training=True)
            gradients = tape.gradient(loss, [v.value for v in variables])
            optimizer.apply(gradients, variables)
            return loss

        def steps(*batch):
            if n_steps == 1:
                return step(batch)[None]
            losses = tf.TensorArray(tf.float32, size=n_steps)
            return tf.while_loop(
                lambda i, losses: i < n_steps,
                lambda i, losses: (i + 1, losses.write(i, step(batch))),
                (0, losses),
            )[1].stack()

        return self._compile(steps, batch)


class _JaxNetwork(CompiledNetwork):
    def to_device(self, batch):
        import jax.numpy as jnp

        return tuple(None if a is None else jnp.asarray(a) for a in batch)

    def _state(self):
        network = self.network
        return (
            [v.value for v in network.trainable_variables],
            [v.value for v in network.non_trainable_variables],
        )

    def _in_scope(self, state, function):
        """Run `function` on the variables' values in `state`."""
        import keras

        trainable, others = state
        network = self.network
        mapping = [
            *zip(network.trainable_variables, trainable, strict=True),
            *zip(network.non_trainable_variables, others, strict=True),
        ]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = function()
        others = [scope.get_current_value(v) for v in network.non_trainable_variables]
        return result, others

    @contextlib.contextmanager
    def training(self):
        self._training_state = (*self._state(), self._optimizer_state())
        yield
        self._sync()
        del self._training_state

    def _optimizer_state(self):
        return [v.value for v in self.optimizer.variables]

    def _sync(self):
        """Put the state of a running training into the variables."""
        trainable, others, optimizer = self._training_state
        network = self.network
        for variables, values in (
            (network.trainable_variables, trainable),
            (network.non_trainable_variables, others),
            (self.optimizer.variables, optimizer),
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def weights(self):
        if hasattr(self, "_training_state"):
            self._sync()
        return super().weights()

    def train(self, batch, n_steps=1):
        batch = self.to_device(batch)
        step = self._function(("train", n_steps), lambda: self._compile_step(n_steps))
        self._training_state, losses = step(self._training_state, batch)
        return losses

    def call(self, name, *arrays):
        import jax

        def compile_call():
            def call(state, arrays):
                method = getattr(self.network, name)
                return self._in_scope(state, lambda: method(*arrays))[0]

            return jax.jit(call)

        state = (
            self._training_state[:2]
            if hasattr(self, "_training_state")
            else self._state()
        )
        function = self._function(name, compile_call)
        return np.asarray(function(state, self.to_device(arrays)))

    def _compile_step(self, n_steps):
        import jax

        def loss_of(trainable, others, batch):
            return self._in_scope(
                (trainable, others), lambda: self.network.objective(batch, True)
            )

        gradient_of = jax.value_and_grad(loss_of, has_aux=True)

        def step(state, batch):
            trainable, others, optimizer = state
            (loss, others), gradients = gradient_of(trainable, others, batch)
            trainable, optimizer = self.optimizer.stateless_apply(
                optimizer, gradients, trainable
            )
            return (trainable, others, optimizer), loss

        def steps(state, batch):
            return jax.lax.scan(
                lambda state, _: step(state, batch), state, length=n_steps
            )

        return jax.jit(steps)


class _TorchNetwork(CompiledNetwork):
    def to_device(self, batch):
        from keras import ops

        return tuple(None if a is None else ops.convert_to_tensor(a) for a in batch)

    @contextlib.contextmanager
    def training(self):
        import torch

        # The gradient of a final state decays through the sequence into denormal
        # numbers, on which the processor is up to twenty times slower.
        torch.set_flush_denormal(True)
        try:
            yield
        finally:
            torch.set_flush_denormal(False)

    def train(self, batch, n_steps=1):
        import torch

        batch = self.to_device(batch)
        variables = self.network.trainable_variables
        losses = []
        for _ in range(n_steps):
            for variable in variables:
                variable.value.grad = None
            loss = self.network.objective(batch, training=True)
            loss.backward()
            with torch.no_grad():
                self.optimizer.apply([v.value.grad for v in variables], variables)
            losses.append(loss.detach())
        return torch.stack(losses)

    def call(self, name, *arrays):
        import keras
        import torch

        with torch.no_grad():
            result = getattr(self.network, name)(*self.to_device(arrays))
        return keras.ops.convert_to_numpy(result)


_BACKENDS = {
    "tensorflow": _TensorFlowNetwork,
    "jax": _JaxNetwork,
    "torch": _TorchNetwork,
}
