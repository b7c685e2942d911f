"""AlexNet as torchvision has it."""
# SPDX-License-Identifier: BSD-3-Clause

import keras

from skaudeep.networks.initializers import NumpyGlorotUniform
from skaudeep.networks.seeds import seed_stream

__all__ = ["alexnet"]

# Index within torchvision's ``features``, filters, edge of the kernel.
_CONVOLUTIONS = ((0, 64, 11), (3, 192, 5), (6, 384, 3), (8, 256, 3), (10, 256, 3))
_POOLS = (2, 5, 12)


def alexnet(seed=0):
    """AlexNet with one tower, as ``torchvision.models.alexnet`` builds it.

    The layers bear the names of torchvision's modules, with ``_`` in place of ``.``
    (which Keras does not have in names on PyTorch), so that every activation can be
    asked for: ``features_0`` to ``features_12`` are convolutions, each followed by
    its ReLU, and max pools; ``avgpool`` is their last output, 6 x 6 x 256;
    ``classifier_1`` and ``classifier_4`` are fully connected layers,
    ``classifier_2`` and ``classifier_5`` their ReLUs (the literature's fc6 and
    fc7), and ``classifier_6`` is the output. The dropouts of the classifier, which do
    nothing outside training, are left out.

    Parameters
    ----------
    seed : int, default=0
        Fixes the random weights, which :func:`~skaudeep.networks.torch_weights.
        load_state` replaces.

    Returns
    -------
    keras.Model
        From pictures, float32 of shape (n, 224, 224, 3), to 1000 logits. The released
        weights want RGB from 0 to 1, less (0.485, 0.456, 0.406) and divided by
        (0.229, 0.224, 0.225). 61,100,840 parameters.

    References
    ----------
    .. [1] A. Krizhevsky, "One weird trick for parallelizing convolutional neural
       networks", arXiv:1404.5997, 2014.

    Examples
    --------
    >>> from skaudeep.networks.alexnet import alexnet
    >>> network = alexnet()
    >>> network.count_params()
    61100840
    >>> network.get_layer("classifier_2").output.shape
    (None, 4096)
    """
    seeds = seed_stream(seed)
    pictures = keras.Input((224, 224, 3), name="pictures")
    x = keras.layers.ZeroPadding2D(2, name="features_0_padding")(pictures)
    for index, n_filters, size in _CONVOLUTIONS:
        x = keras.layers.Conv2D(
            n_filters,
            size,
            strides=4 if index == 0 else 1,
            padding="valid" if index == 0 else "same",
            kernel_initializer=NumpyGlorotUniform(next(seeds)),
            name=f"features_{index}",
        )(x)
        x = keras.layers.ReLU(name=f"features_{index + 1}")(x)
        if index + 2 in _POOLS:
            x = keras.layers.MaxPooling2D(3, 2, name=f"features_{index + 2}")(x)
    # torchvision pools to 6 x 6 here, which they are already.
    x = keras.layers.Identity(name="avgpool")(x)
    # The weights of the first fully connected layer count through the channels first.
    x = keras.layers.Permute((3, 1, 2), name="channels_first")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for index in (1, 4):
        x = _dense(4096, index, seeds)(x)
        x = keras.layers.ReLU(name=f"classifier_{index + 1}")(x)
    return keras.Model(pictures, _dense(1000, 6, seeds)(x), name="alexnet")


def _dense(n_units, index, seeds):
    return keras.layers.Dense(
        n_units,
        kernel_initializer=NumpyGlorotUniform(next(seeds)),
        name=f"classifier_{index}",
    )
