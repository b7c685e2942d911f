"""What an extraction computes: a recipe, or a model that was saved."""
# SPDX-License-Identifier: BSD-3-Clause

import click
from sklearn.pipeline import Pipeline

from skaudeep import io
from skaudeep.audio import ChunkFeatures
from skaudeep.cli._extraction import parameters_of
from skaudeep.cli._recipe import make_features, merge_settings
from skaudeep.cli._recipe_stages import build, plain_value

__all__ = ["find_transformer", "save_model"]

# What may be said beside --model: all else is in the model.
_WITH_MODEL = ("on_error", "n_jobs")
_CHUNKS = ("width", "hop", "count", "sample_rate")


def find_transformer(config, options, model):
    """What is computed.

    Parameters
    ----------
    config, options : Path or None, dict
        As :func:`~skaudeep.cli._recipe.merge_settings` takes them.
    model : Path or None
        A saved pipeline, which takes the place of a recipe.

    Returns
    -------
    settings : dict of str to str
        What decides about the result.
    transformer : Pipeline
        From recordings, or chunks, to features.
    chunks : dict or None
        Parameters of the :class:`~skaudeep.audio.Chunker` that makes them.
    """
    if model is not None:
        return _of_model(config, options, model)
    settings = merge_settings(config, options)
    chunks = _chunks(settings)
    transformer = make_features(settings)
    return parameters_of(transformer), transformer, chunks


def _chunks(settings):
    """Take the section of the chunks out of the settings; its parameters or None."""
    if "chunks" not in settings:
        return None
    if "width" not in settings["chunks"]:
        raise ValueError(
            "[chunks] needs a width: --chunk-length says how long chunks are."
        )
    chunker = build(settings, "chunks")
    del settings["chunks"]
    return chunker.get_params()


def _of_model(config, options, path):
    given = {name for name, value in options.items() if value not in (None, ())}
    needless = sorted(given - {*_WITH_MODEL})
    if config is not None or needless:
        name = needless[0].replace("_", "-") if needless else "config"
        raise click.UsageError(
            f"--{name} is for a new model, but --model {path} is given."
        )
    transformer = io.load(path)
    steps = getattr(transformer, "named_steps", {})
    # Of a pipeline that ends in a classifier.
    transformer = steps.get("features", transformer)
    chunks = None
    last = transformer.steps[-1][1] if hasattr(transformer, "steps") else None
    if isinstance(last, ChunkFeatures):
        chunks = {name: getattr(last, name) for name in _CHUNKS}
        transformer = last.transformer_
    if not hasattr(transformer, "steps") or not hasattr(transformer, "transform"):
        raise ValueError(
            f"{path} holds no pipeline that makes features, but a "
            f"{type(transformer).__name__}."
        )
    changed = {
        name: plain_value(options[name])
        for name in _WITH_MODEL
        if options[name] is not None
    }
    transformer.set_params(
        **{
            parameter: changed[parameter.rpartition("__")[2]]
            for parameter in transformer.get_params()
            if parameter.rpartition("__")[2] in changed
        }
    )
    status = path.stat()
    plan = {"model": f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"}
    return plan, transformer, chunks


def save_model(path, fitted, chunks):
    """Save a fitted pipeline in a way that new recordings are cut as these were.

    Parameters
    ----------
    path : Path
        The file, which is replaced if it exists.
    fitted : Pipeline
        From chunks to features.
    chunks : dict or None
        As of :func:`find_transformer`.
    """
    if chunks is not None:
        in_chunks = ChunkFeatures(fitted, **chunks)
        in_chunks.transformer_ = fitted
        fitted = Pipeline([("chunks", in_chunks)])
    io.save(fitted, path, overwrite=True)
