"""A file of features as a corpus: one entry a clip, with folds and partitions."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.utils import Bunch

from skaudeep._containers import object_array
from skaudeep.datasets._folds import PredefinedFolds

__all__ = ["check_feature_settings", "open_features"]

# What is left of a recipe where there are features already.
_SECTIONS = ("scaler", "selection", "vote", "classifier")


def check_feature_settings(path, settings, corpus):
    """Refuse sections that make features, and frames without a vote."""
    from skaudeep.cli._recipe_stages import SEQUENCE_CLASSIFIERS, kind_of

    for section, values in settings.items():
        if isinstance(values, dict) and section not in _SECTIONS:
            raise ValueError(
                f"[{section}] makes features, but {path} holds them. Sections allowed: "
                f"{', '.join(_SECTIONS)}."
            )
    takes_sequences = kind_of(settings, "classifier") in SEQUENCE_CLASSIFIERS
    if takes_sequences and not corpus.frames:
        raise ValueError(
            f"[classifier] of type {kind_of(settings, 'classifier')!r} takes "
            f"spectrograms, but {path} holds one vector a row."
        )
    if corpus.frames and not takes_sequences and "vote" not in settings:
        raise ValueError(
            f"{path} holds sequences of frames, which [classifier] of type "
            f"{kind_of(settings, 'classifier')!r} does not take: choose another, or "
            "let the frames decide with a [vote]."
        )


def open_features(path, n_folds=None):
    """The clips of a file of features.

    Parameters
    ----------
    path : Path
        What :func:`skaudeep.io.load_features` reads.
    n_folds : int or None, default=None
        How many folds to make, where the file has none.

    Returns
    -------
    Bunch
        As of a loader, and ``names``; ``X``, features, or sequences of a row a chunk;
        ``sequences``, whether it is the latter; ``frames``, whether rows of the file
        are sequences themselves.
    """
    from skaudeep.io import load_features

    table = load_features(path)
    clips = table.clips
    n_clips = int(clips.max()) + 1
    frames = table.features.dtype == object or table.features.ndim == 3
    if table.features.ndim > 3:
        raise ValueError(
            f"{path} holds arrays of {table.features.ndim - 1} axes a row; vectors and "
            "sequences are allowed."
        )
    if n_clips == len(clips):
        X, first = table.features, np.arange(n_clips)
    elif frames:
        raise ValueError(f"{path} holds several sequences a clip; one is allowed.")
    else:
        rows = [np.flatnonzero(clips == clip) for clip in range(n_clips)]
        # By their numbers, wherever in the file they are.
        rows = [index[np.argsort(table.chunk_nr[index])] for index in rows]
        X = object_array(_sequence(table.features[index]) for index in rows)
        first = np.array([index[0] for index in rows])
        _check_constant(path, table, clips, first)
    groups = None if table.groups is None else table.groups[first]
    target = None if table.target is None else table.target[first]
    return Bunch(
        recordings=table.filenames[first].astype(object),
        names=table.filenames[first].tolist(),
        target=target,
        target_names=table.target_names,
        groups=groups,
        cv=_clip_folds(path, table, clips)
        if n_folds is None
        else _new_folds(path, table, groups, target, n_folds),
        partitions=None
        if table.partitions is None
        else Bunch(
            **{name: np.unique(clips[rows]) for name, rows in table.partitions.items()}
        ),
        X=X,
        sequences=frames or n_clips < len(clips),
        frames=frames,
    )


def _sequence(rows):
    """Chunks of a clip; the clip is missing if one of them is."""
    return np.full_like(rows, np.nan) if np.isnan(rows).any() else rows


def _check_constant(path, table, clips, first):
    """Refuse chunks of one clip that differ in label or partition."""
    for name in ("target", "partition", "groups"):
        values = getattr(table, name)
        if values is None:
            continue
        differs = values != values[first][clips]
        if values.dtype.kind == "f":
            differs &= ~np.isnan(values)
        if differs.any():
            row = np.argwhere(differs)[0][0]
            raise ValueError(
                f"{path}: the chunks of {str(table.filenames[row])!r} differ in their "
                f"{name}."
            )


def _clip_folds(path, table, clips):
    if table.cv is None:
        return None
    try:
        return PredefinedFolds(
            tuple(np.unique(clips[part]) for part in fold) for fold in table.cv.folds
        )
    except ValueError as error:
        raise ValueError(
            f"{path}: chunks of one clip are on both sides: {error}"
        ) from error


def _new_folds(path, table, groups, target, n_folds):
    from skaudeep.datasets import make_folds

    if table.cv is not None:
        raise ValueError(f"--folds {n_folds}: {path} has its own {table.cv!r}.")
    if groups is None and target is None:
        raise ValueError(
            f"--folds {n_folds}: {path} has neither labels nor groups to make folds by."
        )
    return make_folds(groups, target, n_splits=n_folds)
