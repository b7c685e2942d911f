"""Image networks by name: how they are built, and where their weights come from."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import random
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import as_file, files
from typing import NamedTuple

import keras

from skaudeep.networks.alexnet import alexnet
from skaudeep.networks.efficientnet_lite import efficientnet_lite0, fold_released
from skaudeep.networks.googlenet import googlenet
from skaudeep.networks.seeds import seed_stream
from skaudeep.networks.torch_weights import load_state, read_state

__all__ = [
    "Backbone",
    "backbone_names",
    "build_model",
    "default_layer",
    "find_backbone",
    "initialize",
    "load_model_file",
    "load_weights",
]


class Backbone(NamedTuple):
    """An image network that is known by name."""

    name: str
    build: Callable
    # "imagenet" weights: a file of the package, Keras's download, or neither.
    bundled: str | None = None
    downloads: bool = False
    # How PyTorch's files are read; None where there are none.
    convert: Callable | None = None
    ignored: tuple = ()
    # Name of the file that torchvision publishes.
    release: str | None = None
    layer: str | None = None
    aliases: tuple = ()
    # What Keras, or whoever trained it, feeds it with, and what Deep Spectrum does.
    keras_mode: str = "none"
    deepspectrum_mode: str | None = None

    def layer_name(self, name):
        """The name of a layer where an alias is given."""
        stem, colon, rest = name.partition(":")
        return dict(self.aliases).get(stem, stem) + colon + rest


_OWN = (
    Backbone(
        "efficientnet_lite0",
        efficientnet_lite0,
        bundled="efficientnet_lite0.safetensors",
        convert=fold_released,
        layer="avg_pool",
        keras_mode="lite",
    ),
    Backbone(
        "alexnet",
        alexnet,
        convert=dict,
        layer="fc7",
        aliases=(
            ("fc6", "classifier_2"),
            ("fc7", "classifier_5"),
            ("fc8", "classifier_6"),
        ),
        release="alexnet-owt-7be5be79.pth",
        keras_mode="torch",
        deepspectrum_mode="unit",
    ),
    Backbone(
        "googlenet",
        googlenet,
        convert=dict,
        ignored=("aux1.", "aux2."),
        layer="avgpool",
        release="googlenet-1378be20.pth",
        # The release scales for ImageNet's mean and back again.
        keras_mode="tf",
    ),
)

# By the module in keras.applications; the others scale the colours in the network.
_APPLICATION_MODES = {
    "densenet": "torch",
    "inception_resnet_v2": "tf",
    "inception_v3": "tf",
    "mobilenet": "tf",
    "mobilenet_v2": "tf",
    "nasnet": "tf",
    "resnet": "caffe",
    "resnet_v2": "tf",
    "vgg16": "caffe",
    "vgg19": "caffe",
    "xception": "tf",
}


def _plain(name):
    return name.lower().replace("_", "").replace("-", "")


@lru_cache(maxsize=1)
def _applications():
    """The networks of keras.applications by plain name."""
    found = {}
    for name in dir(keras.applications):
        function = getattr(keras.applications, name)
        if not name[0].isupper() or not callable(function):
            continue
        module = function.__module__.rpartition(".")[2]
        is_vgg = module.startswith("vgg")
        found[_plain(name)] = Backbone(
            name,
            function,
            downloads=True,
            layer="fc2" if is_vgg else None,
            keras_mode=_APPLICATION_MODES.get(module, "none"),
            deepspectrum_mode="bgr" if is_vgg else None,
        )
    return found


def backbone_names():
    """Names that :func:`find_backbone` knows."""
    return [backbone.name for backbone in (*_OWN, *_applications().values())]


def find_backbone(name):
    """The network of this name, in any case, with or without underscores; or None."""
    known = {_plain(backbone.name): backbone for backbone in _OWN}
    return {**_applications(), **known}.get(_plain(name))


def build_model(backbone, seed):
    """A functional Keras model with new weights.

    Parameters
    ----------
    backbone : str
        Name of a network, or the JSON of a functional model.
    seed : int
        Fixes the weights. No global generator is read or left changed.

    Returns
    -------
    keras.Model
    """
    known = find_backbone(backbone)
    if known is not None and not known.downloads:
        return known.build(seed)
    state = random.getstate()
    try:
        if known is None:
            model = keras.models.model_from_json(backbone)
        else:
            model = known.build(weights=None)
            _number_layers(model)
    finally:
        # Initializers without a seed draw one from Python's generator.
        random.setstate(state)
    initialize(model, seed)
    return model


def _number_layers(model):
    """Give layers without a name of their own the one they have in a new process.

    Keras numbers them by all that was built before.
    """
    counts = {}
    for layer in model.layers:
        stem = re.sub(r"_\d+$", "", layer.name)
        if stem.replace("_", "") == type(layer).__name__.lower():
            number = counts[stem] = counts.get(stem, -1) + 1
            layer.name = f"{stem}_{number}" if number else stem


def initialize(model, seed):
    """Draw all random weights anew, each from a seed of its own."""
    seeds = seed_stream(seed)
    for layer in model._flatten_layers(include_self=False):
        for attribute, initializer in sorted(vars(layer).items()):
            if not isinstance(initializer, keras.initializers.Initializer):
                continue
            config = initializer.get_config()
            stem = attribute.removesuffix("_initializer")
            names = [stem, f"{stem}_kernel", "kernel"]  # the last for "depthwise"
            variable = next(
                (getattr(layer, n) for n in names if hasattr(layer, n)), None
            )
            if "seed" in config and hasattr(variable, "assign"):
                draw = type(initializer).from_config({**config, "seed": next(seeds)})
                variable.assign(draw(variable.shape, dtype=variable.dtype))


def load_model_file(path):
    """A Keras model from a file, without running code of the file.

    Raises
    ------
    ValueError
        If it cannot be read; names the file.
    """
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise ValueError(
            f"backbone={os.fspath(path)!r} cannot be read as a Keras model: {error}"
        ) from error


def default_layer(model):
    """The layer whose output describes a whole picture.

    The last global pooling, or else the last layer but one.
    """
    pooling = (
        keras.layers.GlobalAveragePooling2D,
        keras.layers.GlobalMaxPooling2D,
    )
    for layer in reversed(model.layers):
        if isinstance(layer, pooling):
            return layer.name
    return model.layers[max(0, len(model.layers) - 2)].name


def load_weights(model, backbone, weights):
    """Put weights into a model.

    Parameters
    ----------
    model : keras.Model
        As :func:`build_model` makes it.
    backbone : Backbone or None
        Which network it is, if it is one of those known by name.
    weights : "imagenet" or path-like
        Weights that somebody trained on ImageNet, or a file: one of Keras
        (``.weights.h5``, ``.h5``, ``.keras``), or of PyTorch (``.pth``, ``.pt``,
        ``.safetensors``) for the networks that come from there.

    Raises
    ------
    ValueError
        If there are none, or the file is damaged or of another network.
    OSError
        If they cannot be downloaded, or the file cannot be opened.
    """
    if weights != "imagenet":
        _load_file(model, backbone, os.fspath(weights))
    elif backbone.bundled is not None:
        with as_file(files("skaudeep.networks") / "data" / backbone.bundled) as path:
            _load_file(model, backbone, str(path))
    elif backbone.downloads:
        model.set_weights(_downloaded(backbone).get_weights())
    else:
        raise ValueError(
            f"weights='imagenet' cannot be had for backbone={backbone.name!r} from "
            f"Keras: pass the path of torchvision's release, {backbone.release!r}, or "
            "of another state dict in a file of .pth or .safetensors."
        )


def _downloaded(backbone):
    try:
        return backbone.build(weights="imagenet")
    except Exception as error:
        raise OSError(
            f"weights='imagenet' of backbone={backbone.name!r} could not be "
            f"downloaded ({error}). Without a network: pass the path of the file of "
            "these weights (Keras publishes them as .h5), or take the backbone "
            "'efficientnet_lite0', whose weights come with skaudeep."
        ) from error


def _load_file(model, backbone, path):
    if not os.path.isfile(path):
        raise FileNotFoundError(f"weights={path!r} is no file.")
    if path.endswith((".h5", ".keras")):
        try:
            _load_keras_file(model, path)
        except Exception as error:
            raise ValueError(
                f"weights={path!r} are not those of this network, {model.name!r}, or "
                f"the file is damaged: {error}"
            ) from error
        return
    if backbone is None or backbone.convert is None:
        raise ValueError(
            f"weights={path!r}: of the network {model.name!r} only Keras's files "
            "(.weights.h5, .h5, .keras) can be read."
        )
    state = backbone.convert(read_state(path))
    load_state(model, state, path, ignore=backbone.ignored)


def _load_keras_file(model, path):
    with warnings.catch_warnings():
        # Keras warns of every layer that it leaves as it is; here that is an error.
        warnings.simplefilter("ignore")
        if path.endswith(".keras"):
            loaded = keras.models.load_model(path, compile=False, safe_mode=True)
            model.set_weights(loaded.get_weights())
            return
        if path.endswith(".weights.h5"):
            n_arrays = _count_weights(path)
            if n_arrays != len(model.weights):
                raise ValueError(
                    f"it holds {n_arrays} arrays of weights, and this network "
                    f"{len(model.weights)}."
                )
        model.load_weights(path)


def _count_weights(path):
    """Number of arrays that are weights of layers, in a file of Keras 3."""
    import h5py

    names = []
    with h5py.File(path, "r") as file:
        file.visititems(
            lambda name, item: (
                names.append(name) if isinstance(item, h5py.Dataset) else None
            )
        )
    others = ("optimizer", "seed_generator")
    return sum(not any(other in name for other in others) for name in names)
