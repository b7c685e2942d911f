"""What codebooks the parameters of a bag ask for, and whether they can be had."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

__all__ = ["STRATEGIES", "Block", "plan"]

STRATEGIES = ("random", "random++", "kmeans", "kmeans++", "supervised")


@dataclass(frozen=True)
class Block:
    """A codebook that is asked for.

    Parameters
    ----------
    columns : slice or ndarray of int
        Of the frames.
    size, n_assignments : int
        Number of words, and of words a frame is assigned to.
    kind : str
        One of `STRATEGIES`, "clusterer", "mixture" (to be fitted), "fitted mixture" or
        "words".
    source : ndarray, estimator or None
        The words or the estimator.
    """

    columns: Any
    size: int
    n_assignments: int
    kind: str
    source: Any = None

    @property
    def clustered(self):
        """Whether the words are no frames but computed from frames."""
        return self.kind in (*STRATEGIES[1:4], "clusterer", "mixture")

    @property
    def soft(self):
        """Whether every frame belongs to all words, more or less."""
        return self.kind.endswith("mixture")


def plan(bag):
    """The codebooks that the parameters of a BagOfDeepFeatures ask for.

    Parameters
    ----------
    bag : BagOfDeepFeatures
        With ``n_bands_in_``.

    Returns
    -------
    list of Block
        At least one.
    """
    if bag.columns is None:
        return [_block(bag, slice(None), bag.codebook_size, bag.n_assignments, "")]
    columns = [_columns(item, i, bag) for i, item in enumerate(bag.columns)]
    if not columns:
        raise ValueError("columns must hold at least one block, got none.")
    parameters = [
        _one_a_block(name, getattr(bag, name), len(columns))
        for name in ("codebook_size", "n_assignments", "codebook")
    ]
    return [
        _block(bag, selected, size, n_assignments, f" of block {i}", codebook)
        for i, (selected, size, n_assignments, codebook) in enumerate(
            zip(columns, *parameters, strict=True)
        )
    ]


def _columns(item, i, bag):
    bands = np.arange(bag.n_bands_in_)
    try:
        chosen = bands[item if isinstance(item, slice) else np.asarray(item)]
    except IndexError:
        chosen = None
    if chosen is None or chosen.ndim != 1 or chosen.size == 0:
        raise ValueError(
            f"columns[{i}] must be a slice or a list of indices that selects at least "
            f"one of the {len(bands)} bands of X, got {item!r}."
        )
    return item if isinstance(item, slice) else chosen


def _one_a_block(name, value, n_blocks):
    """A parameter for each block; what is no list is for all."""
    if not isinstance(value, list | tuple):
        return [value] * n_blocks
    if len(value) != n_blocks:
        raise ValueError(
            f"{name} must have one entry for each of the {n_blocks} blocks of columns, "
            f"got {len(value)}."
        )
    return value


def _block(bag, columns, size, n_assignments, where, codebook=None):
    codebook = bag.codebook if codebook is None else codebook
    n_columns = len(np.arange(bag.n_bands_in_)[columns])
    kind, source = _source(codebook, n_columns, where)
    if kind in ("words", "fitted mixture"):
        size = len(source if kind == "words" else source.means_)
    for name, value in (("codebook_size", size), ("n_assignments", n_assignments)):
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(
                f"{name}{where} must be an integer of at least 1 (or, with columns, a "
                f"tuple of one for each block), got {value!r}."
            )
    block = Block(columns, int(size), int(n_assignments), kind, source)
    for name in ("gaussian", "off_threshold") if block.soft else ():
        if getattr(bag, name) is not None:
            raise ValueError(
                f"{name} is for distances, which a mixture as codebook does not use; "
                f"got {name}={getattr(bag, name)!r}."
            )
    if n_assignments > size and not block.soft:
        raise ValueError(
            "n_assignments must not exceed the number of words: got "
            f"n_assignments={n_assignments} and codebook_size={size}{where}."
        )
    if block.clustered and bag.max_frames is not None and bag.max_frames < size:
        raise ValueError(
            "max_frames must not be less than the number of words: got "
            f"max_frames={bag.max_frames} and codebook_size={size}{where}."
        )
    return block


def _source(codebook, n_columns, where):
    """Kind of a codebook, and its words or estimator."""
    if isinstance(codebook, str):
        if codebook not in STRATEGIES:
            _refuse(where, repr(codebook))
        return codebook, None
    if isinstance(codebook, FrozenEstimator):
        return "fitted mixture", _fitted_mixture(codebook.estimator, n_columns, where)
    if hasattr(codebook, "fit"):
        soft = hasattr(codebook, "predict_proba")
        size = "n_components" if soft else "n_clusters"
        if size not in codebook.get_params(deep=False):
            raise ValueError(
                f"An estimator as codebook{where} must have the parameter {size}, "
                f"which {type(codebook).__name__} has not."
            )
        return "mixture" if soft else "clusterer", codebook
    return "words", _words(codebook, n_columns, where)


def _refuse(where, got):
    raise ValueError(
        f"codebook{where} must be one of {', '.join(map(repr, STRATEGIES))}, an array "
        "of shape (n_words, n_columns), or a clusterer; or with columns a list with "
        f"one of these for each block. Got {got}."
    )


def _fitted_mixture(mixture, n_columns, where):
    if not hasattr(mixture, "means_") or not hasattr(mixture, "predict_proba"):
        check_is_fitted(mixture)
        raise ValueError(
            f"A frozen estimator as codebook{where} must be a mixture with means_ and "
            f"predict_proba, got {type(mixture).__name__}; of a clusterer pass the "
            "cluster_centers_."
        )
    if mixture.means_.shape[1] != n_columns:
        raise ValueError(
            f"The mixture given as codebook{where} must be fitted with the {n_columns} "
            f"columns of the frames, but was with {mixture.means_.shape[1]}."
        )
    return mixture


def _words(codebook, n_columns, where):
    try:
        words = np.asarray(codebook, dtype=np.float32)
    except (TypeError, ValueError):
        _refuse(where, f"{codebook!r:.80}")
    if words.ndim != 2 or len(words) == 0:
        _refuse(where, f"{codebook!r:.80}, of shape {words.shape}")
    if words.shape[1] != n_columns:
        raise ValueError(
            f"The words given as codebook{where} must have as many columns as the "
            f"frames, {n_columns}, got {words.shape[1]}."
        )
    if not np.isfinite(words).all():
        raise ValueError(f"The words given as codebook{where} must be finite.")
    return words
