"""From what a user calls a backbone to the weights of the layers that are wanted."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from functools import lru_cache

import keras
import numpy as np

from skaudeep.networks.backbones import (
    backbone_names,
    build_model,
    default_layer,
    find_backbone,
    load_model_file,
    load_weights,
)
from skaudeep.networks.feature_extractor import layer_outputs
from skaudeep.networks.preprocessing import PREPROCESSING

__all__ = ["pretrained"]


def pretrained(backbone, layers, weights, preprocess, seed):
    """Find a network, its layers and weights.

    Parameters
    ----------
    backbone : str, path-like or keras.Model
        Name of a known network, file of a Keras model, or a functional model.
    layers : tuple of str or None
        The layers wanted; None is the network's default.
    weights : "imagenet", path-like or None
        See :func:`skaudeep.networks.backbones.load_weights`; a model that is given or
        read has its own, which "imagenet" leaves. None draws random ones.
    preprocess : str
        "keras", "deepspectrum", or a mode of
        :func:`skaudeep.networks.preprocessing.preprocess`.
    seed : int
        Of random weights.

    Returns
    -------
    names : tuple of str
        The layers as they were asked for, or the default.
    config : dict
        ``backbone``, ``layers`` and ``preprocessing`` of a
        :class:`~skaudeep.networks.feature_extractor.FeatureExtractor`.
    weights : list of ndarray
        Of this extractor; read-only, and shared by all who ask for the same.
    """
    known = None
    if isinstance(backbone, str):
        known = find_backbone(backbone)
    stamp = None
    if weights is not None and weights != "imagenet":
        weights = os.fspath(weights)
        stamp = os.stat(weights).st_mtime_ns if os.path.isfile(weights) else None
    if known is not None:
        seed = seed if weights is None else 0
        names = layers or (known.layer,)
        if names == (None,):
            names = (default_layer(_loaded(known.name, weights, stamp, seed)),)
        found = tuple(known.layer_name(name) for name in names)
        arrays = _known(known.name, found, weights, stamp, seed)
        key = known.name
    else:
        model = _given_model(backbone)
        key = model.to_json()
        if weights != "imagenet":
            # The weights of the user's own model stay as they are.
            model = build_model(key, seed)
        if weights not in (None, "imagenet"):
            load_weights(model, None, weights)
        found = names = layers or (default_layer(model),)
        arrays = _extract(model, found)
    if len(set(found)) < len(found):
        raise ValueError(f"layer={names!r} names one layer twice.")
    modes = {"keras": "none", "deepspectrum": "tf"}
    if known is not None:
        modes = {
            "keras": known.keras_mode,
            "deepspectrum": known.deepspectrum_mode or known.keras_mode,
        }
    mode = modes.get(preprocess, preprocess)
    if mode not in PREPROCESSING:
        raise ValueError(
            "preprocess must be 'keras', 'deepspectrum' or one of "
            f"{', '.join(map(repr, PREPROCESSING))}, got {preprocess!r}."
        )
    config = {"backbone": key, "layers": found, "preprocessing": mode}
    return names, config, list(arrays)


def _given_model(backbone):
    if isinstance(backbone, str | os.PathLike):
        if not os.path.isfile(backbone):
            raise ValueError(
                "backbone must be a keras.Model, the path of the file of one, or one "
                f"of {', '.join(map(repr, backbone_names()))}; got "
                f"{os.fspath(backbone)!r}, which is no file."
            )
        backbone = load_model_file(backbone)
    if not getattr(backbone, "outputs", None):
        raise ValueError(
            "backbone must be a functional or sequential Keras model, whose layers "
            f"have outputs, got {type(backbone).__name__}."
        )
    shape = backbone.inputs[0].shape
    if len(backbone.inputs) != 1 or len(shape) != 4 or shape[-1] != 3:
        raise ValueError(
            "backbone must take one input of shape (n, height, width, 3), got "
            f"{[tuple(tensor.shape) for tensor in backbone.inputs]}."
        )
    return backbone


# Networks have up to hundreds of megabytes, which folds and clones need not all read.
@lru_cache(maxsize=1)
def _loaded(name, weights, stamp, seed):
    """A known network with its weights; `stamp` tells a file that has changed."""
    model = build_model(name, seed)
    if weights is not None:
        load_weights(model, find_backbone(name), weights)
    return model


@lru_cache(maxsize=2)
def _known(name, layers, weights, stamp, seed):
    """Weights of a known network up to these layers."""
    return _extract(_loaded(name, weights, stamp, seed), layers)


def _extract(model, layers):
    extractor = keras.Model(model.inputs[0], layer_outputs(model, layers))
    arrays = tuple(np.array(array) for array in extractor.get_weights())
    for array in arrays:
        array.flags.writeable = False
    return arrays
