"""The autoencoder in a saved model, and the steps before it."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.pipeline import FeatureUnion, Pipeline

from skaudeep.audio import ChunkFeatures

__all__ = ["find_autoencoder"]


def find_autoencoder(model, branch=None):
    """Steps from recordings to sequences, and the autoencoder that follows.

    Parameters
    ----------
    model : estimator
        A pipeline of recordings.
    branch : str or None, default=None
        Which of several views or clip levels.

    Returns
    -------
    steps : Pipeline
        At least one step.
    autoencoder : Seq2SeqAutoencoder
        With ``reconstruct``.
    """
    found = dict(_autoencoders(model, (), ""))
    if not found:
        raise ValueError(
            "The model has no autoencoder that could reconstruct a recording: a "
            "Seq2SeqAutoencoder behind a spectrogram."
        )
    if branch is None and len(found) > 1:
        raise ValueError(
            f"The model has {len(found)} autoencoders; choose one with --branch: "
            f"{', '.join(map(repr, found))}."
        )
    if branch is not None and branch not in found:
        raise ValueError(
            f"The model has no branch {branch!r}, but {', '.join(map(repr, found))}."
        )
    steps, autoencoder = found[branch] if branch else next(iter(found.values()))
    return Pipeline(steps), autoencoder


def _autoencoders(model, before, branch):
    """Yield the name of a branch, the steps before its autoencoder and the latter."""
    if isinstance(model, Pipeline):
        for name, step in model.steps:
            yield from _autoencoders(step, before, branch)
            before = (*before, (f"{len(before)} {name}", step))
    elif isinstance(model, FeatureUnion):
        for name, part in model.transformer_list:
            yield from _autoencoders(part, before, name)
    elif isinstance(model, ChunkFeatures):
        # Any clip can be reconstructed that is as long as a chunk, or longer.
        yield from _autoencoders(model.transformer_, before, branch)
    elif hasattr(model, "reconstruct") and before:
        yield branch, (list(before), model)
