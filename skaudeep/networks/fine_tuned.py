"""An image network with a classifier on top, of which the upper part is trained."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.feature_extractor import FeatureExtractor
from skaudeep.networks.mlp import DropoutMLP

__all__ = ["FineTuned", "cut_layers"]


class FineTuned(keras.layers.Layer):
    """A frozen lower part, a released upper part, and a multilayer perceptron.

    Parameters
    ----------
    backbone, layers, pooling, preprocessing
        As :class:`~skaudeep.networks.feature_extractor.FeatureExtractor` takes them.
    released : float
        Share of the layers that are trained, the uppermost ones; at least so many, as
        the cut lies where a single tensor goes up. 0 releases none.
    hidden_layer_sizes, n_classes, dropout
        As :class:`~skaudeep.networks.mlp.DropoutMLP` takes them.
    seed : int
        Fixes the initial weights and the dropout.
    """

    def __init__(
        self,
        backbone,
        layers,
        pooling,
        preprocessing,
        released,
        hidden_layer_sizes,
        n_classes,
        dropout,
        seed=0,
    ):
        super().__init__()
        self.extractor = FeatureExtractor(
            backbone, layers, pooling, preprocessing, seed
        )
        model = self.extractor.model
        below, self.lower, self.upper = model.layers, model, None
        if released > 0:
            below, cut = cut_layers(model, released)
            self.lower = keras.Model(model.inputs[0], cut)
            self.upper = keras.Model(cut, model.outputs)
        self.head = DropoutMLP(
            sum(self.extractor.sizes()), hidden_layer_sizes, n_classes, dropout, seed
        )
        for layer in below:
            layer.trainable = False
        self.built = True

    def lower_activations(self, pictures):
        """What the frozen part makes of pictures, (n_batch, ...)."""
        activations = self.lower(self.extractor.prepare(pictures), training=False)
        return self.extractor.join(activations) if self.upper is None else activations

    def features(self, activations):
        """Features (n_batch, n_features) of what the frozen part has made."""
        if self.upper is None:
            return activations
        return self.extractor.join(self.upper(activations, training=False))

    def classify(self, pictures):
        """Unnormalised log-probabilities of pictures, (n_batch, n_classes)."""
        return self.logits(self.lower_activations(pictures))

    def logits(self, activations, training=False):
        """Unnormalised log-probabilities, (n_batch, n_classes)."""
        return self.head.logits(self.features(activations), training=training)

    def objective(self, batch, training=False):
        """Weighted mean cross-entropy of a batch: a scalar.

        Parameters
        ----------
        batch : tuple
            Activations as from :meth:`lower_activations`, classes as integers of shape
            (n_batch,), weights of shape (n_batch,).
        training : bool
            Whether to drop outputs of the head. Batch normalisation keeps the
            statistics that it came with.
        """
        activations, classes, weights = batch
        features = self.features(activations)
        return self.head.objective(
            (ops.transpose(features), classes, weights), training
        )

    def evaluate(self, activations, classes, weights):
        """The objective in inference mode."""
        return self.objective((activations, classes, weights))


def cut_layers(model, released):
    """Where to cut a model so that at least a share of its layers lies above.

    Parameters
    ----------
    model : keras.Model
        Functional.
    released : float
        Above 0; 1 is everything.

    Returns
    -------
    below : list of layer
        In the order of the model.
    cut : tensor
        The only one that goes from these to the others.
    """
    layers = model.layers
    wanted = int((1 - released) * len(layers))
    position = {}
    for i, layer in enumerate(layers):
        for tensor in keras.tree.flatten(layer.output):
            position[id(tensor)] = i
    # Until where each tensor is needed.
    last_use = {id(tensor): len(layers) for tensor in model.outputs}
    for i, layer in enumerate(layers[1:], 1):
        for tensor in keras.tree.flatten(layer.input):
            last_use.setdefault(id(tensor), i)
            last_use[id(tensor)] = max(last_use[id(tensor)], i)
    tensors = {
        id(tensor): tensor
        for layer in layers
        for tensor in keras.tree.flatten(layer.output)
    }
    for n_below in range(min(wanted, len(layers) - 1), 0, -1):
        crossing = [
            key for key, i in position.items() if i < n_below <= last_use.get(key, -1)
        ]
        if len(crossing) == 1:
            return layers[:n_below], tensors[crossing[0]]
    return layers[:1], model.inputs[0]
