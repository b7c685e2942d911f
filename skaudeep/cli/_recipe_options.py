"""The options of the command line that stand for settings of a recipe."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
from pathlib import Path

import click

__all__ = ["FEATURES", "OPTIONS", "classifier_options", "recipe_options"]

# What --features says of two sections.
FEATURES = {
    "spectrogram": {"representation": {"type": "none"}},
    "seq2seq": {"representation": {"type": "seq2seq"}},
    "dcgan": {"representation": {"type": "dcgan"}},
    "deepspectrum": {"representation": {"type": "deepspectrum"}},
    "bag": {"representation": {"type": "bag"}},
    "statistics": {"representation": {"type": "statistics"}},
    "mfcc": {
        "spectrogram": {"type": "mfcc"},
        "representation": {"type": "statistics"},
    },
}
_CLASSIFIERS = (
    "liblinear",
    "mlp",
    "svm",
    "svc",
    "logistic",
    "crnn",
    "deepspectrum",
    "tagger",
    "svr",
    "linear_svr",
    "ridge",
    "none",
)

# Section, option, what it takes (a tuple or a dict: choices; a list: several) and
# what it says. "network" is the representation, or the classifier if it takes the
# spectrogram itself.
_FEATURE_SETTINGS: dict[str, dict[str, tuple]] = {
    "spectrogram": {
        "spectrogram": (("mel", "linear", "chroma", "mfcc"), "Kind of spectrogram."),
        "sample_rate": (int, "Hz; files of another rate are resampled."),
        "window_width": (float, "Seconds in a frame."),
        "window_overlap": (float, "Seconds that successive frames share."),
        "n_mels": (int, "Mel bands."),
        "clip_below": ([float], "Raise levels to this, dB; several are fused."),
        "clip_above": (float, "Lower levels to this, dB."),
        "duration": (float, "Seconds to which clips are cut or padded."),
        "align": (("start", "center"), "What --duration keeps of a clip."),
        "numerics": (("librosa", "audeep"), "Whose spectrograms."),
        "on_error": (("raise", "warn", "ignore"), "If a file cannot be used."),
    },
    "channels": {
        "channel": ([str], "mean, left, right, difference, index; several are fused."),
    },
    "chunks": {
        "chunk_length": (float, "Seconds in a chunk; without it clips stay whole."),
        "chunk_hop": (float, "Seconds from one chunk to the next."),
        "chunk_count": (int, "Most chunks of a clip."),
    },
    "network": {
        "n_layers": (int, "Layers."),
        "n_units": (int, "Units of a layer."),
        "cell": (("gru", "lstm"), "Kind of recurrent cell."),
        "bidirectional_encoder": (bool, "Whether clips are also read backwards."),
        "bidirectional_decoder": (bool, "Whether they are also written backwards."),
        "dropout": (float, "Share of activations dropped in training."),
        "encoder_noise": (float, "Share of frames hidden from the encoder."),
        "feed_previous_prob": (float, "How often a decoder reads its own output."),
        "mask_silence": (bool, "Whether the floor counts as reconstructed."),
        "max_epochs": (int, "Passes over the training clips."),
        "batch_size": (int, "Clips in a training step, or pictures in a pass."),
        "learning_rate": (float, "Step size of the training."),
        "network": (str, "Image network: its name, or a file of Keras."),
        "layer": ([str], "Its layer; several stand side by side."),
        "weights": (str, "Its weights: imagenet, or a file."),
        "window": (float, "Seconds of sound in a picture; without it, the clip."),
        "hop": (float, "Seconds from one picture to the next."),
        "codebook_size": (int, "Words of a bag."),
        "statistics": ([str], "Of the frames: mean, std, q25, delta_max, ..."),
    },
    "picture": {"colour_map": (str, "matplotlib's colour map for the pictures.")},
}
_CLASSIFIER_SETTINGS: dict[str, dict[str, tuple]] = {
    "classifier": {
        "classifier": (_CLASSIFIERS, "Kind of classifier or regressor."),
        "C": (float, "Complexity of a linear classifier or a machine of vectors."),
        "class_weight": (("balanced",), "Rare classes count as much as frequent ones."),
    },
    "scaler": {
        "scaler": (("standard", "minmax", "robust", "none"), "How features are scaled.")
    },
    "selection": {
        "selection": (("pca", "select_k_best", "none"), "How features are selected.")
    },
    "vote": {
        "vote": ({"majority": "hard", "mean": "soft"}, "How a clip's chunks decide.")
    },
}
# Options that are not called as their parameter.
_PARAMETERS = {
    "spectrogram": "type",
    "channel": "views",
    "chunk_length": "width",
    "chunk_hop": "hop",
    "chunk_count": "count",
    "network": "backbone",
    "classifier": "type",
    "scaler": "type",
    "selection": "type",
    "vote": "voting",
}
# Option, section, parameter, what values of its choices become.
OPTIONS = {
    name: (
        section,
        _PARAMETERS.get(name, name),
        kind if isinstance(kind, dict) else None,
    )
    for group in (_FEATURE_SETTINGS, _CLASSIFIER_SETTINGS)
    for section, settings in group.items()
    for name, (kind, _) in settings.items()
}


def recipe_options(function):
    """Give a command the options that say how features are made.

    The command gets ``config``, a path or None, and ``options``, a dict: what
    :func:`skaudeep.cli._recipe.merge_settings` takes.
    """
    before = [
        click.option(
            "--config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Recipe, TOML or YAML; options override it.",
        ),
        click.option(
            "--preset", metavar="NAME", help="Published recipe to begin with: esc-10."
        ),
        click.option(
            "--features",
            type=click.Choice(list(FEATURES)),
            help="What is computed of a clip.",
        ),
    ]
    after = [
        click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="SECTION.PARAMETER=VALUE",
            help="Any other parameter, as in TOML; may be repeated.",
        ),
        click.option(
            "--seed", type=int, help="Of all that is drawn by chance, by default 0."
        ),
        click.option("--n-jobs", type=int, help="Number of files computed at once."),
    ]
    options, names = _options(_FEATURE_SETTINGS)
    names = ["preset", "features", *names, "assignments", "seed", "n_jobs"]
    return _collected(function, [*before, *options, *after], names)


def classifier_options(function):
    """Give a command the options that say what follows on the features.

    They join ``options``, so this decorator stands beside :func:`recipe_options`.
    """
    return _collected(function, *_options(_CLASSIFIER_SETTINGS))


def _options(group):
    settings = {name: value for part in group.values() for name, value in part.items()}
    return [_option(name, *value) for name, value in settings.items()], list(settings)


def _option(name, kind, text):
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=text)
    if isinstance(kind, list):
        return click.option(flag, name, multiple=True, type=kind[0], help=text)
    if isinstance(kind, tuple | dict):
        return click.option(flag, name, type=click.Choice(list(kind)), help=text)
    return click.option(flag, name, type=kind, help=text)


def _collected(function, options, names):
    """A command of further options, which it gets as entries of ``options``."""

    @functools.wraps(function)
    def command(*args, options=None, **values):
        collected = {name: values.pop(name) for name in names}
        return function(*args, options={**(options or {}), **collected}, **values)

    for option in reversed(options):
        command = option(command)
    return command
