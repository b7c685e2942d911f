"""Whether the text of a Keras model names nothing but layers that compute."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import re

from skaudeep.exceptions import PersistenceError

__all__ = ["check_network_text"]

_NAME = re.compile(r"[\w.-]*")

_ACTIVATIONS = """
    Elu Gelu LeakyReLU ReLU Relu Relu6 Selu Sigmoid Silu Softmax Softplus Tanh
"""

# By module. Not among them are layers that hold code (Lambda), read files or call other
# libraries.
_ALLOWED = {
    "keras": "DTypePolicy Functional Sequential",
    "keras.src.models.functional": "Functional",
    "keras.layers": """
        Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D
        BatchNormalization CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D
        Conv2DTranspose Cropping1D Cropping2D Dense DepthwiseConv1D DepthwiseConv2D Dot
        Dropout ELU EinsumDense Flatten GaussianDropout GaussianNoise
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D
        GlobalMaxPooling2D GroupNormalization InputLayer LayerNormalization LeakyReLU
        MaxPooling1D MaxPooling2D Maximum Minimum MultiHeadAttention Multiply
        Normalization PReLU Permute ReLU RepeatVector Rescaling Reshape Resizing
        SeparableConv1D SeparableConv2D Softmax SpatialDropout1D SpatialDropout2D
        SpectralNormalization Subtract UnitNormalization UpSampling1D UpSampling2D
        ZeroPadding1D ZeroPadding2D
    """,
    "keras.src.ops.numpy": """
        Absolute Add Clip Concatenate Divide Exp ExpandDims GetItem Log Max Maximum Mean
        Min Minimum Multiply Negative Power Reshape Sqrt Square Squeeze Subtract Sum
        Transpose TrueDivide
    """,
    "keras.src.ops.nn": _ACTIVATIONS,
    "keras.src.activations.activations": _ACTIVATIONS,
    "keras.initializers": """
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal
        LecunUniform Ones Orthogonal RandomNormal RandomUniform TruncatedNormal
        VarianceScaling Zeros
    """,
    "keras.regularizers": "L1 L1L2 L2",
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    # Of the functional API, without a module.
    None: "__keras_tensor__ __tuple__",
}


def check_network_text(text, owner):
    """Check what ``keras.models.model_from_json`` will be handed.

    Parameters
    ----------
    text : str
        Name of a network, or the JSON of one.
    owner : str
        Whose network it is, for the message.

    Raises
    ------
    PersistenceError
        If it names anything but Keras's own layers and what belongs to them.
    """
    if _NAME.fullmatch(text):
        return
    waiting = [json.loads(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            waiting.extend(node.values())
            if "class_name" in node:
                _check_class(node.get("module"), node["class_name"], owner)


def _check_class(module, name, owner):
    if name not in _ALLOWED.get(module, "").split():
        raise PersistenceError(
            f"the network of {owner} has {module}.{name}, which is none of the layers "
            "and functions that are saved and loaded."
        )
