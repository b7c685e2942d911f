"""Features of pictures: chosen layers of an image network, in one forward pass."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import ops

from skaudeep.networks.backbones import build_model
from skaudeep.networks.preprocessing import preprocess

__all__ = ["BEFORE_ACTIVATION", "FeatureExtractor", "layer_outputs"]

# Behind the name of a layer: its output before its activation function.
BEFORE_ACTIVATION = ":linear"

_POOLING = {
    "avg": (ops.mean, (1, 2)),
    "max": (ops.max, (1, 2)),
    "time": (ops.mean, (2,)),
}

# Layers that are nothing but such a function.
_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
)


class FeatureExtractor(keras.layers.Layer):
    """An image network up to the layers whose outputs are wanted.

    Parameters
    ----------
    backbone : str
        Name of a network, or the JSON of a functional Keras model.
    layers : tuple of str
        Names of its layers, with ``":linear"`` behind them for the output before the
        activation function.
    pooling : {"avg", "max", "time"} or None
        What becomes of the two spatial axes: mean or maximum over both, or the mean
        over the columns alone; None keeps every number.
    preprocessing : str
        As :func:`skaudeep.networks.preprocessing.preprocess` takes it.
    seed : int
        Fixes the initial weights.
    """

    def __init__(self, backbone, layers, pooling, preprocessing, seed=0):
        super().__init__()
        model = build_model(backbone, seed)
        self.pooling = pooling
        self.preprocessing = preprocessing
        # Only what these layers need: the others' weights are dropped.
        self.model = keras.Model(model.inputs[0], layer_outputs(model, layers))
        self.height, self.width = model.inputs[0].shape[1:3]
        self.built = True

    def extract(self, pictures):
        """Features of pictures.

        Parameters
        ----------
        pictures : tensor of shape (n_batch, height, width, 3)
            Red, green and blue from 0 to 255, of any type. Pictures of another size
            than the network's are resized.

        Returns
        -------
        tensor of shape (n_batch, n_features)
            The layers one after the other.
        """
        return self.join(self.model(self.prepare(pictures), training=False))

    def prepare(self, pictures):
        """Pictures as the model takes them: of its size, and scaled."""
        pictures = ops.cast(pictures, self.compute_dtype)
        size = (self.height, self.width)
        if None not in size and tuple(pictures.shape[1:3]) != size:
            pictures = ops.image.resize(
                pictures, size, interpolation="bilinear", antialias=True
            )
        return preprocess(pictures, self.preprocessing)

    def join(self, outputs):
        """Features of the outputs of the model."""
        outputs = [self._flatten(output) for output in keras.tree.flatten(outputs)]
        return ops.concatenate(outputs, axis=-1)

    def _flatten(self, output):
        if len(output.shape) == 4 and self.pooling is not None:
            function, axes = _POOLING[self.pooling]
            output = function(output, axis=axes)
        return ops.reshape(output, (ops.shape(output)[0], -1))

    def picture_size(self):
        """Height and width of the pictures it wants; 224 where any will do."""
        return self.height or self.width or 224

    def sizes(self):
        """Number of features of every layer; None where it depends on the picture."""
        sizes = []
        for output in self.model.outputs:
            shape = output.shape[1:]
            if len(shape) == 3 and self.pooling is not None:
                _, axes = _POOLING[self.pooling]
                shape = [n for axis, n in enumerate(shape, 1) if axis not in axes]
            size = 1
            for length in shape:
                size = None if None in (size, length) else size * length
            sizes.append(size)
        return sizes


def layer_outputs(model, names):
    """Output tensors of layers of a functional model.

    Raises
    ------
    ValueError
        For a name that is not of a layer; lists the layers.
    """
    return [_layer_output(model, name) for name in names]


def _layer_output(model, name):
    known = {layer.name: layer for layer in model.layers}
    stem = name.removesuffix(BEFORE_ACTIVATION)
    layer = known.get(stem)
    if layer is None:
        raise ValueError(
            f"layer={name!r} is not one of this network, {model.name!r}; it has "
            f"{', '.join(map(repr, known))}. '{BEFORE_ACTIVATION}' behind a name takes "
            "the output before the activation function."
        )
    if stem == name:
        return layer.output
    if isinstance(layer, _ACTIVATIONS):
        return layer.input
    if getattr(layer, "activation", None) in (None, keras.activations.linear):
        raise ValueError(
            f"layer {stem!r} has no activation function before which its output could "
            f"be taken; ask for {stem!r} instead of {name!r}."
        )
    return _BeforeActivation(layer)(layer.input)


class _BeforeActivation(keras.layers.Layer):
    """A layer of a network, with its weights, without its activation function."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, inputs):
        """Output of the layer, which keeps its activation function elsewhere."""
        activation = self.layer.activation
        self.layer.activation = keras.activations.linear
        try:
            return self.layer(inputs)
        finally:
            self.layer.activation = activation
