"""Compiled networks on JAX, on one device or on many."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib

import numpy as np

from skaudeep._keras._compiled_network import CompiledNetwork, loss_of

__all__ = ["JaxNetwork"]


class JaxNetwork(CompiledNetwork):
    """Pure functions of the variables' values.

    During a training the state is not in the variables: it goes from step to step.
    Under a distribution of Keras's (``keras.distribution.DataParallel``) the rows of a
    batch are shared out among the devices, and every device holds all variables.
    """

    _training_state = None

    @staticmethod
    def batch_multiple():
        """Number of devices among which a batch is shared out."""
        import keras

        distribution = keras.distribution.distribution()
        return 1 if distribution is None else int(distribution.device_mesh.shape[0])

    def _to_tensor(self, array):
        import jax.numpy as jnp
        import keras

        distribution = keras.distribution.distribution()
        if distribution is None:
            return jnp.asarray(array)
        shape = np.shape(array)
        if shape and shape[0] % self.batch_multiple() == 0:
            layout = distribution.get_data_layout(shape)
        else:
            layout = keras.distribution.TensorLayout(
                [None] * len(shape), distribution.device_mesh
            )
        return keras.distribution.distribute_tensor(array, layout)

    def _variables(self):
        network = self.network
        return (
            network.trainable_variables,
            network.non_trainable_variables,
            [] if self.optimizer is None else self.optimizer.variables,
        )

    def _variable_values(self):
        return tuple([v.value for v in part] for part in self._variables())

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
        """Context in which ``train`` is called."""
        self._training_state = self._variable_values()
        yield
        self.publish()
        self._training_state = None

    def publish(self):
        """Put the state of a running training into the variables."""
        if self._training_state is None:
            return
        for variables, values in zip(
            self._variables(), self._training_state, strict=True
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def adopt(self):
        """Take the state of a running training from the variables."""
        if self._training_state is not None:
            self._training_state = self._variable_values()

    def train(self, batch, n_steps=1):
        """See :meth:`CompiledNetwork.train`."""
        batch = self.to_device(batch)
        step = self._function(("train", n_steps), lambda: self._compile_step(n_steps))
        self._training_state, losses = step(self._training_state, batch)
        return losses

    def call(self, name, *arrays):
        """See :meth:`CompiledNetwork.call`."""
        import jax

        def compile_call():
            def call(state, arrays):
                method = getattr(self.network, name)
                return self._in_scope(state, lambda: method(*arrays))[0]

            return jax.jit(call)

        state = self._training_state or self._variable_values()
        function = self._function(name, compile_call)
        return self._to_numpy(function(state[:2], self.to_device(arrays)))

    def _compile_step(self, n_steps):
        import jax

        def objective(trainable, others, batch):
            measures, others = self._in_scope(
                (trainable, others), lambda: self.network.objective(batch, True)
            )
            return loss_of(measures), (measures, others)

        gradient_of = jax.grad(objective, has_aux=True)

        def step(state, batch):
            trainable, others, optimizer = state
            gradients, (measures, others) = gradient_of(trainable, others, batch)
            trainable, optimizer = self.optimizer.stateless_apply(
                optimizer, gradients, trainable
            )
            return (trainable, others, optimizer), measures

        def steps(state, batch):
            return jax.lax.scan(
                lambda state, _: step(state, batch), state, length=n_steps
            )

        return jax.jit(steps, out_shardings=self._everywhere())

    def _everywhere(self):
        """The sharding of a variable that every device holds; None on one device."""
        import jax
        import keras

        if keras.distribution.distribution() is None:
            return None
        mesh = self.network.trainable_variables[0].value.sharding.mesh
        return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
