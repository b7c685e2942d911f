"""EfficientNet-Lite0, the image network whose weights come with the library."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from keras import Input, Model, layers

from skaudeep.networks.initializers import NumpyGlorotUniform
from skaudeep.networks.seeds import seed_stream

__all__ = ["efficientnet_lite0", "fold_released"]

_SIZE = 224

# Repeats, kernel, stride of the first, expansion and filters of the seven stages.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_N_STEM, _N_HEAD, _N_CLASSES = 32, 1280, 1000
# Of the batch normalisation.
_EPSILON = 1e-3


def efficientnet_lite0(seed=0):
    """Build EfficientNet-Lite0 [1]_ with new weights.

    The mobile network of EfficientNet without squeeze and excitation and with ReLU6:
    a stem, sixteen inverted residual blocks, a head.

    Parameters
    ----------
    seed : int, default=0
        Fixes the weights.

    Returns
    -------
    keras.Model
        Takes pictures (n, 224, 224, 3) of values ``(x - 127) / 128``, gives logits
        (n, 1000). Its layers are called ``stem_conv``, ``stem_activation``,
        ``block1_depthwise_conv`` ... ``block16_project_conv``, ``block3_add``,
        ``head_activation``, ``avg_pool`` and ``predictions``. Batch normalisation is
        part of the convolutions, see :func:`fold_released`.

    References
    ----------
    .. [1] M. Tan and Q. V. Le, "EfficientNet: Rethinking model scaling for
       convolutional neural networks", ICML 2019; the Lite variants were released with
       its code in 2020.
    """
    seeds = seed_stream(seed)
    inputs = Input((_SIZE, _SIZE, 3), name="pictures")
    x = _convolve(inputs, "stem", _N_STEM, seeds, kernel=3, stride=2)
    number = 0
    for repeats, kernel, stride, expansion, n_filters in _STAGES:
        for repeat in range(repeats):
            number += 1
            x = _block(
                x,
                f"block{number}",
                n_filters,
                seeds,
                kernel=kernel,
                stride=stride if repeat == 0 else 1,
                expansion=expansion,
            )
    x = _convolve(x, "head", _N_HEAD, seeds)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    outputs = layers.Dense(
        _N_CLASSES,
        kernel_initializer=NumpyGlorotUniform(next(seeds)),
        name="predictions",
    )(x)
    return Model(inputs, outputs, name="efficientnet_lite0")


def _block(x, name, n_filters, seeds, *, kernel, stride, expansion):
    """An inverted residual block: expand, filter each channel, project."""
    inputs, n_inputs = x, x.shape[-1]
    if expansion > 1:
        x = _convolve(x, f"{name}_expand", n_inputs * expansion, seeds)
    x = _convolve(x, f"{name}_depthwise", None, seeds, kernel=kernel, stride=stride)
    x = _convolve(x, f"{name}_project", n_filters, seeds, activate=False)
    if stride == 1 and n_inputs == n_filters:
        x = layers.Add(name=f"{name}_add")([x, inputs])
    return x


def _convolve(x, name, n_filters, seeds, *, kernel=1, stride=1, activate=True):
    """Convolution, depth-wise where `n_filters` is None, and ReLU6."""
    options = {"strides": stride, "padding": "same", "name": f"{name}_conv"}
    drawn = NumpyGlorotUniform(next(seeds))
    if n_filters is None:
        convolve = layers.DepthwiseConv2D(
            kernel, depthwise_initializer=drawn, **options
        )
    else:
        convolve = layers.Conv2D(n_filters, kernel, kernel_initializer=drawn, **options)
    x = convolve(x)
    if activate:
        x = layers.ReLU(max_value=6.0, name=f"{name}_activation")(x)
    return x


# Modules of the released files: a convolution, the batch normalisation behind it, and
# the layer here that does both.
_OUTSIDE_BLOCKS = (
    ("_conv_stem", "_bn0", "stem_conv"),
    ("_conv_head", "_bn1", "head_conv"),
)
_INSIDE_BLOCKS = (
    ("_expand_conv", "_bn0", "expand_conv"),
    ("_depthwise_conv", "_bn1", "depthwise_conv"),
    ("_project_conv", "_bn2", "project_conv"),
)


def fold_released(state):
    """The released weights as those of this network.

    Batch normalisation with fixed statistics is one factor and one offset a channel:
    both go into the convolution before it.

    Parameters
    ----------
    state : dict of str to ndarray
        State dict of the released PyTorch network.

    Returns
    -------
    dict of str to ndarray
        ``"<layer>.weight"`` and ``"<layer>.bias"`` for every layer, in PyTorch's
        layout. What belongs to no layer keeps its name.
    """
    state = dict(state)
    folded = {}
    for convolution, norm, layer in _module_pairs():
        parts = [f"{convolution}.weight"]
        parts += [
            f"{norm}.{part}"
            for part in ("weight", "bias", "running_mean", "running_var")
        ]
        if not all(part in state for part in parts):
            continue
        kernel, gamma, beta, mean, variance = (
            state.pop(part).astype(np.float32) for part in parts
        )
        scale = gamma / np.sqrt(variance + _EPSILON)
        folded[f"{layer}.weight"] = kernel * scale.reshape(-1, 1, 1, 1)
        folded[f"{layer}.bias"] = beta - mean * scale
    for name, array in state.items():
        folded[name.replace("_fc.", "predictions.")] = array.astype(np.float32)
    return folded


def _module_pairs():
    yield from _OUTSIDE_BLOCKS
    n_blocks = sum(stage[0] for stage in _STAGES)
    for i in range(n_blocks):
        for convolution, norm, layer in _INSIDE_BLOCKS:
            prefix = f"_blocks.{i}."
            yield prefix + convolution, prefix + norm, f"block{i + 1}_{layer}"
