"""Features of many recordings, in blocks that are computed once."""
# SPDX-License-Identifier: BSD-3-Clause

import os

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import FeatureUnion, Pipeline

from skaudeep._base import StatelessMixin
from skaudeep._containers import stack_sequences
from skaudeep.audio import SequenceStatistics
from skaudeep.cli._partial import digest
from skaudeep.cli._tables import some
from skaudeep.representation import DeepSpectrum

__all__ = ["Extraction", "identity", "learns", "parameters_of"]

# What takes nothing from the recordings but their sample rate and number of bands; an
# image network comes with its weights.
_FIXED = (StatelessMixin, DeepSpectrum, SequenceStatistics)

# They change how a result is computed, or whether there is one, not what it is.
_WITHOUT_EFFECT = ("n_jobs", "verbose", "on_error")
_NOT_COMPARED = (*_WITHOUT_EFFECT, "memory", "steps", "transformer_list")


def parameters_of(estimator):
    """What decides about an estimator's results, as text.

    Parameters
    ----------
    estimator : estimator
        Its steps count as well.

    Returns
    -------
    dict of str to str
        Parameters, and the classes of the steps.
    """
    return {
        name: type(value).__name__ if hasattr(value, "get_params") else repr(value)
        for name, value in sorted(estimator.get_params(deep=True).items())
        if name.rpartition("__")[2] not in _NOT_COMPARED
    }


def learns(transformer):
    """Whether a step of a pipeline learns from more than the recordings' headers."""
    union = _union(transformer)
    branches = [transformer] if union is None else dict(union.transformer_list).values()
    return any(_n_fixed(branch.steps) < len(branch.steps) for branch in branches)


class Extraction:
    """Computes features in blocks of recordings and keeps each of them.

    The steps up to the first one that learns are computed block by block; what learns
    is fitted to their sequences, kept too, and applied to all of them. The branches of
    a FeatureUnion are computed one after the other.

    Parameters
    ----------
    transformer : Pipeline
        From recordings to features or sequences.
    work : PartialWork
        Where blocks and models are kept.
    console : Console
        Gets the progress.
    fitted : bool, default=False
        Whether `transformer` is used as it is.
    block_size : int, default=32
        Recordings in a block: what is lost if the process is killed.
    """

    def __init__(self, transformer, work, console, *, fitted=False, block_size=32):
        self.transformer = transformer
        self.work = work
        self.console = console
        self.fitted = fitted
        self.block_size = block_size

    def run(self, recordings, trainings):
        """Features of all recordings, once for each training.

        Parameters
        ----------
        recordings : list of Recording
            One a row.
        trainings : list of (ndarray of int or None)
            Rows that each training learns from; None for all.

        Yields
        ------
        features : ndarray
            One row a recording, or sequences where nothing makes features of them.
        transformer : Pipeline
            The fitted transformer.
        """
        union = _union(self.transformer)
        whole = [("", self.transformer)]
        branches = whole if union is None else union.transformer_list
        identities = [identity(recording) for recording in recordings]
        fixed = [
            self._fixed(name, branch.steps, recordings, identities)
            for name, branch in branches
        ]
        for index in trainings:
            parts = [
                self._learn(name, branch.steps, *made, identities, index)
                for (name, branch), made in zip(branches, fixed, strict=True)
            ]
            if union is None:
                yield parts[0]
                continue
            names = [name for name, _ in branches]
            pipelines = [pipeline for _, pipeline in parts]
            fusion = FeatureUnion(list(zip(names, pipelines, strict=True)))
            steps = [(self.transformer.steps[0][0], fusion)]
            yield np.hstack([features for features, _ in parts]), Pipeline(steps)

    def _fixed(self, name, steps, recordings, identities):
        """The fitted steps that do not learn, and what they make of the recordings."""
        n_fixed = len(steps) if self.fitted else _n_fixed(steps)
        steps = steps[:n_fixed]
        if not steps:
            return [], recordings
        size = self.block_size
        blocks = [slice(i, i + size) for i in range(0, len(recordings), size)]
        keys = [digest([name, "block", identities[block]]) for block in blocks]
        if not self.fitted:
            kept = self.work.path(f"{digest([name, 'steps', identities])}.skaudeep")
            steps = self._fit_fixed(kept, keys[0], steps, recordings)
        # They may have been left out of the features until now.
        strict = any(getattr(step, "on_error", None) == "raise" for _, step in steps)
        made = []
        for block, key in self.console.progress(
            list(zip(blocks, keys, strict=True)), f"{name} blocks".strip()
        ):
            arrays = self.work.load(key)
            if arrays is None or (strict and _has_missing(arrays)):
                arrays = _packed(_apply(steps, recordings[block]))
                self.work.save(key, **arrays)
            self.console.detail(f"done: {some([r.path for r in recordings[block]], 1)}")
            made.append(arrays)
        return steps, _unpacked(made)

    def _fit_fixed(self, path, first_key, steps, recordings):
        """Fit what does not learn: the headers tell all, or else the first block."""
        from skaudeep.io import load, save

        if path.exists():
            kept = load(path).steps
            for (_, step), (_, given) in zip(kept, steps, strict=True):
                parameters = step.get_params().keys() & {*_WITHOUT_EFFECT}
                step.set_params(**{name: getattr(given, name) for name in parameters})
            return kept
        steps = [(name, clone(step)) for name, step in steps]
        X = recordings
        for _, step in steps:
            step.fit(X)
            X = step.transform(X[: self.block_size] if _decodes(step) else X)
        save(Pipeline(steps), path)
        self.work.save(first_key, **_packed(X))
        return steps

    def _learn(self, name, steps, fixed, sequences, identities, index):
        """Fit the other steps, unless that is done, and apply them."""
        steps = steps[len(fixed) :]
        if not steps:
            return sequences, Pipeline(fixed)
        rows = slice(None) if index is None else index
        rows_of_training = None if index is None else index.tolist()
        key = digest([name, "model", identities, rows_of_training])
        model = self._trained(name, key, steps, sequences, rows)
        return model.transform(sequences), Pipeline([*fixed, *model.steps])

    def _trained(self, branch, key, steps, sequences, rows):
        from skaudeep.io import load, save

        path = self.work.path(f"{key}.skaudeep")
        if path.exists():
            return load(path)
        model = clone(Pipeline(steps))
        given = model.get_params()
        here = {}
        for name, value in given.items():
            if name.endswith("__checkpoint_dir") and value is None:
                # A training that is killed goes on, too.
                here[name] = str(self.work.path(f"{key}-{name}"))
            if name.endswith("__verbose") and self.console.interactive:
                here[name] = 1
        self.console.say(f"{branch} training: {_names_of(steps)}".strip())
        model.set_params(**here).fit(_rows(sequences, rows))
        model.set_params(**{name: given[name] for name in here})
        save(model, path)
        return model


def _union(transformer):
    """The FeatureUnion that a pipeline consists of, or None."""
    if len(transformer.steps) == 1:
        step = transformer.steps[0][1]
        if isinstance(step, FeatureUnion):
            return step
    return None


def _n_fixed(steps):
    """How many steps there are before the first one that learns.

    0 if none of them decodes: their results need no computing.
    """
    n_fixed = 0
    for _, step in steps:
        if not isinstance(step, _FIXED):
            break
        n_fixed += 1
    return n_fixed if any(_decodes(step) for _, step in steps[:n_fixed]) else 0


def _decodes(step):
    return hasattr(step, "on_error")


def _names_of(steps):
    return ", ".join(type(step).__name__ for _, step in steps)


def identity(recording):
    """What is different if a recording is another one, or its file was replaced."""
    try:
        status = os.stat(recording.path)
        file = [status.st_size, status.st_mtime_ns]
    except OSError:
        file = None
    piece = [recording.channel, recording.start, recording.stop]
    return [recording.path, *piece, file]


def _apply(steps, X):
    for _, step in steps:
        X = step.transform(X)
    return X


def _rows(sequences, rows):
    if isinstance(sequences, list) and not isinstance(rows, slice):
        return [sequences[row] for row in rows]
    return sequences[rows]


def _packed(result):
    """A block as arrays of numbers, which a file holds without pickling."""
    if isinstance(result, np.ndarray) and result.dtype != object:
        return {"array": result}
    return {
        "frames": np.concatenate(list(result)),
        "counts": np.array([len(clip) for clip in result]),
    }


def _has_missing(arrays):
    values = arrays["frames"] if "frames" in arrays else arrays["array"]
    return bool(np.isnan(values).any())


def _unpacked(blocks):
    """All blocks as one container, as if they had been one."""
    arrays = [block.get("array") for block in blocks]
    if all(array is not None and array.ndim == 2 for array in arrays):
        return np.concatenate(arrays)
    clips = []
    for block, array in zip(blocks, arrays, strict=True):
        if array is None:
            array = np.split(block["frames"], np.cumsum(block["counts"])[:-1])
        clips.extend(array)
    n_bands = clips[0].shape[1]
    # A missing clip is as long as the others of its block, not of all.
    return stack_sequences(
        [None if np.isnan(clip[0, 0]) else clip for clip in clips], n_bands
    )
