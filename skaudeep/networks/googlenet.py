"""GoogLeNet as torchvision has it."""
# SPDX-License-Identifier: BSD-3-Clause

import keras

from skaudeep.networks.initializers import NumpyGlorotUniform
from skaudeep.networks.seeds import seed_stream

__all__ = ["googlenet"]

# Filters of branch 1; of 2 and 3, reduced and full; of 4.
_INCEPTIONS = {
    "inception3a": (64, (96, 128), (16, 32), 32),
    "inception3b": (128, (128, 192), (32, 96), 64),
    "inception4a": (192, (96, 208), (16, 48), 64),
    "inception4b": (160, (112, 224), (24, 64), 64),
    "inception4c": (128, (128, 256), (24, 64), 64),
    "inception4d": (112, (144, 288), (32, 64), 64),
    "inception4e": (256, (160, 320), (32, 128), 128),
    "inception5a": (256, (160, 320), (32, 128), 128),
    "inception5b": (384, (192, 384), (48, 128), 128),
}
# What follows a block: name, and the edge of the pool.
_POOLS = {"inception3b": ("maxpool3", 3), "inception4e": ("maxpool4", 2)}


def googlenet(seed=0):
    """GoogLeNet (Inception v1) as ``torchvision.models.googlenet`` builds it.

    With batch normalization, without the auxiliary classifiers of training. The
    layers bear the names of torchvision's modules, with ``_`` in place of ``.`` (which
    Keras does not have in names on PyTorch), so that every activation can be asked
    for: ``conv1`` (a block's output, after its ReLU), ``conv1_conv``, ``conv1_bn``,
    ``maxpool1``, ``inception3a_branch2_0_conv``, ``inception3a`` (the four
    branches one after the other), ``avgpool`` (1024 numbers) and ``fc``. The
    branch that the paper has as 5 x 5 is 3 x 3 in torchvision, and so it is here.

    Parameters
    ----------
    seed : int, default=0
        Fixes the random weights, which :func:`~skaudeep.networks.torch_weights.
        load_state` replaces.

    Returns
    -------
    keras.Model
        From pictures, float32 of shape (n, 224, 224, 3), to 1000 logits. The network
        begins at its first convolution: torchvision's ``transform_input`` is not part
        of it. With that, the released weights want RGB from 0 to 1 scaled to -1 to 1.
        6,624,904 parameters, besides the statistics of the batch normalization.

    References
    ----------
    .. [1] C. Szegedy et al., "Going deeper with convolutions", CVPR, 2015.

    Examples
    --------
    >>> from skaudeep.networks.googlenet import googlenet
    >>> network = googlenet()
    >>> network.get_layer("avgpool").output.shape
    (None, 1024)
    """
    seeds = seed_stream(seed)
    pictures = keras.Input((224, 224, 3), name="pictures")
    x = keras.layers.ZeroPadding2D(3, name="conv1_padding")(pictures)
    x = _block(x, "conv1", 64, 7, seeds, strides=2, padding="valid")
    x = _pool(3, "maxpool1")(x)
    x = _block(x, "conv2", 64, 1, seeds)
    x = _block(x, "conv3", 192, 3, seeds)
    x = _pool(3, "maxpool2")(x)
    for name, sizes in _INCEPTIONS.items():
        x = _inception(x, name, sizes, seeds)
        if name in _POOLS:
            pool, size = _POOLS[name]
            x = _pool(size, pool)(x)
    x = keras.layers.GlobalAveragePooling2D(name="avgpool")(x)
    logits = keras.layers.Dense(
        1000, kernel_initializer=NumpyGlorotUniform(next(seeds)), name="fc"
    )(x)
    return keras.Model(pictures, logits, name="googlenet")


def _pool(size, name, strides=2):
    # "same" pads where an odd edge needs it, after the last pixel, as the rounding up
    # of the output's size does in torchvision.
    return keras.layers.MaxPooling2D(size, strides, padding="same", name=name)


def _block(x, name, n_filters, size, seeds, strides=1, padding="same"):
    x = keras.layers.Conv2D(
        n_filters,
        size,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=NumpyGlorotUniform(next(seeds)),
        name=f"{name}_conv",
    )(x)
    x = keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return keras.layers.ReLU(name=name)(x)


def _inception(x, name, sizes, seeds):
    single, double, triple, pooled = sizes
    branches = [_block(x, f"{name}_branch1", single, 1, seeds)]
    for branch, (reduced, full) in (("branch2", double), ("branch3", triple)):
        y = _block(x, f"{name}_{branch}_0", reduced, 1, seeds)
        branches.append(_block(y, f"{name}_{branch}_1", full, 3, seeds))
    y = _pool(3, f"{name}_branch4_0", strides=1)(x)
    branches.append(_block(y, f"{name}_branch4_1", pooled, 1, seeds))
    return keras.layers.Concatenate(name=name)(branches)
