"""Compiled networks on TensorFlow."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import os

from skaudeep._keras._compiled_network import (
    CompiledNetwork,
    free_shape,
    loss_of,
)

__all__ = ["TensorFlowNetwork"]


class TensorFlowNetwork(CompiledNetwork):
    """Graphs whose batch size and number of frames are free."""

    @staticmethod
    def prepare():
        """Threads as joblib grants them, and memory as it is needed."""
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

    def train(self, batch, n_steps=1):
        """See :meth:`CompiledNetwork.train`."""
        batch = self.to_device(batch)
        key = ("train", n_steps, _structure(batch))
        step = self._function(key, lambda: self._compile_step(batch, n_steps))
        return step(*(a for a in batch if a is not None))

    def call(self, name, *arrays):
        """See :meth:`CompiledNetwork.call`."""
        arrays = self.to_device(arrays)

        def compile_call():
            return self._compile(getattr(self.network, name), arrays)

        function = self._function((name, _structure(arrays)), compile_call)
        return self._to_numpy(function(*(a for a in arrays if a is not None)))

    @staticmethod
    def _compile(function, arrays):
        """A graph of ``function(*arrays)`` that is called without the Nones.

        The axes that differ between batches are free, so that no batch size or length
        is traced twice.
        """
        import tensorflow as tf

        # The function outlives its first arguments: it must not hold on to them.
        present = [array is not None for array in arrays]

        def bound(*given):
            rest = iter(given)
            return function(*(next(rest) if here else None for here in present))

        signature = [
            tf.TensorSpec(free_shape(array), array.dtype)
            for array in arrays
            if array is not None
        ]
        # Nothing here is Python control flow, and its translation costs seconds.
        graph = tf.function(bound, input_signature=signature, autograph=False)
        # TensorFlow counts the traces of all networks as if they were of one function,
        # and would warn of them.
        graph._omit_frequent_tracing_warning = True
        return graph

    def _compile_step(self, batch, n_steps):
        import tensorflow as tf

        network, optimizer = self.network, self.optimizer
        variables = network.trainable_variables

        def step(batch):
            with tf.GradientTape() as tape:
                measures = network.objective(batch, training=True)
                loss = loss_of(measures)
            gradients = tape.gradient(loss, [v.value for v in variables])
            optimizer.apply(gradients, variables)
            return measures

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


def _structure(arrays):
    """What of the arguments a compiled function is bound to."""
    return tuple(None if a is None else (free_shape(a), a.dtype) for a in arrays)
