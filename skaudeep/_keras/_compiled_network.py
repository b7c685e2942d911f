"""What a compiled network can do on every backend."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["CompiledNetwork", "free_shape", "loss_of"]


class CompiledNetwork:
    """A network, its optimizer and their compiled functions on one backend.

    Parameters
    ----------
    network : keras.layers.Layer
        Built, see the package.
    """

    def __init__(self, network):
        self.network = network
        self.optimizer = None
        self._optimizer_settings = None
        self._functions = {}

    @staticmethod
    def prepare():
        """Settings that must precede the first operation of this backend."""

    @staticmethod
    def batch_multiple():
        """What the rows of a batch should be a multiple of."""
        return 1

    def load(self, network):
        """Take over every variable of `network`, random states included."""
        for ours, theirs in zip(self.network.variables, network.variables, strict=True):
            ours.assign(theirs)

    def load_weights(self, weights):
        """Set the weights from a list of arrays."""
        self.network.set_weights(weights)

    def weights(self):
        """The weights as a list of float32 arrays (copies)."""
        self.publish()
        return [np.array(w) for w in self.network.get_weights()]

    def start_training(self, learning_rate, clip_value=None, beta_1=0.9):
        """Begin a training run: a fresh Adam.

        Parameters
        ----------
        learning_rate : float
            Step size.
        clip_value : float or None, default=None
            Gradients are clipped to plus and minus this, element by element.
        beta_1 : float, default=0.9
            Decay of the first moment.
        """
        import keras

        settings = (clip_value, beta_1)
        if self.optimizer is None or settings != self._optimizer_settings:
            self._functions.clear()
            self._optimizer_settings = settings
            # The epsilon of TensorFlow 1, with which the published models were made.
            self.optimizer = keras.optimizers.Adam(
                float(learning_rate),
                beta_1=beta_1,
                epsilon=1e-8,
                clipvalue=clip_value,
            )
            self.optimizer.build(self.network.trainable_variables)
        for variable in self.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable.value))
        self.optimizer.learning_rate = float(learning_rate)

    def training(self):
        """Context in which ``train`` is called."""
        from skaudeep.networks.kernels.workspace import keep_all

        return keep_all()

    def publish(self):
        """Put the state of a running training into the variables.

        Whoever looks at the variables during a training calls this first, and
        ``adopt`` after changing them. Both do nothing where the variables are the
        state.
        """

    def adopt(self):
        """Take the state of a running training from the variables."""

    def learning_rate(self):
        """The learning rate of the next step."""
        import keras

        self.publish()
        rate = keras.ops.convert_to_numpy(self.optimizer.learning_rate)
        return float(rate)

    def set_learning_rate(self, learning_rate):
        """Change the learning rate; nothing is compiled anew."""
        self.publish()
        self.optimizer.learning_rate = float(learning_rate)
        self.adopt()

    def state(self):
        """Everything a training can be continued from, bit by bit.

        Returns
        -------
        dict of str to ndarray
            "weights.0" and so on, "random.0" and so on (the network's random states),
            "optimizer.0" and so on (iterations, learning rate and moments).
        """
        import keras

        self.publish()
        return {
            name: np.array(keras.ops.convert_to_numpy(variable.value))
            for name, variable in self._named_variables().items()
        }

    def load_state(self, arrays):
        """Continue from what ``state`` returned; ``start_training`` comes first.

        Parameters
        ----------
        arrays : dict of str to ndarray
            As from ``state`` of a network of the same configuration.

        Raises
        ------
        ValueError
            If they are those of another network or another backend.
        """
        variables = self._named_variables()
        wanted = {name: tuple(v.shape) for name, v in variables.items()}
        given = {name: array.shape for name, array in arrays.items()}
        if wanted != given:
            name = next(
                name
                for name in sorted({*wanted, *given})
                if wanted.get(name) != given.get(name)
            )
            raise ValueError(
                f"The training state does not fit the network: {name!r} must have the "
                f"shape {wanted.get(name)}, got {given.get(name)}."
            )
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self.adopt()

    def _named_variables(self):
        weights = self.network.weights
        known = {id(variable) for variable in weights}
        random = [v for v in self.network.variables if id(v) not in known]
        parts = {
            "weights": weights,
            "random": random,
            "optimizer": self.optimizer.variables,
        }
        return {
            f"{part}.{i}": variable
            for part, variables in parts.items()
            for i, variable in enumerate(variables)
        }

    def to_device(self, batch):
        """The arrays of a batch as tensors, to be used again and again."""
        return tuple(None if a is None else self._to_tensor(a) for a in batch)

    def _to_tensor(self, array):
        import keras

        return keras.ops.convert_to_tensor(array)

    def train(self, batch, n_steps=1):
        """Take `n_steps` steps on one batch; return their losses, not yet on the host.

        What the objective measures beside the loss stands behind it, on a second axis.

        Parameters
        ----------
        batch : tuple of array or None
            What ``network.objective`` takes.
        n_steps : int, default=1
            Number of steps in one call.
        """
        raise NotImplementedError

    def call(self, name, *arrays):
        """``network.name(*arrays)`` as a NumPy array, or several, in inference mode."""
        raise NotImplementedError

    @staticmethod
    def _to_numpy(tensors):
        import keras

        return keras.tree.map_structure(keras.ops.convert_to_numpy, tensors)

    def loss(self, batch):
        """The loss of one batch in inference mode, as a float."""
        return float(self.call("evaluate", *batch))

    def _function(self, key, make):
        if key not in self._functions:
            self._functions[key] = make()
        return self._functions[key]


def loss_of(measures):
    """What is minimised of all that an objective returns: it, or its first entry."""
    return measures if len(measures.shape) == 0 else measures[0]


def free_shape(array):
    """The shape of an array with None for the axes that differ between batches.

    Those are the rows and, of sequences (three axes), the frames: recurrent layers
    want to know the bands, convolutions the size of a picture.
    """
    if array.ndim <= 2:
        return (None,) * array.ndim
    if array.ndim == 3:
        return (None, None, array.shape[-1])
    return (None, *array.shape[1:])
