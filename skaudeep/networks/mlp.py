"""A multilayer perceptron with dropout."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.seeds import seed_stream

__all__ = ["DropoutMLP"]


class DropoutMLP(keras.layers.Layer):
    """ReLU layers, each followed by dropout, and one softmax output a class.

    Parameters
    ----------
    n_features : int
        Width of the input.
    hidden_layer_sizes : tuple of int
        Units of the hidden layers.
    n_classes : int
        Number of classes.
    dropout : float
        Share of every hidden layer's outputs set to zero in training.
    seed : int
        Fixes the initial weights and the dropout.
    """

    def __init__(self, n_features, hidden_layer_sizes, n_classes, dropout, seed=0):
        super().__init__()
        seeds = seed_stream(seed)
        self.hidden, self.dropouts = [], []
        for n_units in hidden_layer_sizes:
            self.hidden.append(self._dense(n_features, n_units, "relu", seeds))
            self.dropouts.append(keras.layers.Dropout(dropout, seed=next(seeds)))
            n_features = n_units
        self.to_logits = self._dense(n_features, n_classes, None, seeds)
        self.built = True

    @staticmethod
    def _dense(n_inputs, n_units, activation, seeds):
        layer = keras.layers.Dense(
            n_units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
        )
        layer.build((None, n_inputs))
        return layer

    def objective(self, batch, training=False):
        """Weighted mean cross-entropy of a batch: a scalar.

        Parameters
        ----------
        batch : tuple
            Features of shape (n_features, n_batch), classes as integers of shape
            (n_batch,), weights of shape (n_batch,). The features stand feature by
            feature, because the product in the gradient of the first kernel is the
            largest of all and TensorFlow computes it twice as fast this way.
        training : bool
            Whether to drop outputs.
        """
        features, classes, weights = batch
        logits = self.logits(ops.transpose(features), training=training)
        losses = keras.losses.sparse_categorical_crossentropy(
            classes, logits, from_logits=True
        )
        return ops.sum(losses * weights) / ops.sum(weights)

    def evaluate(self, features, classes, weights):
        """The objective in inference mode."""
        return self.objective((features, classes, weights))

    def logits(self, features, training=False):
        """Unnormalised log-probabilities, (n_batch, n_classes), row by row."""
        for dense, drop in zip(self.hidden, self.dropouts, strict=True):
            features = drop(dense(features), training=training)
        return self.to_logits(features)
