"""Statistics over time: from sequences to features."""
# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skaudeep._base import FeatureNamesMixin
from skaudeep._containers import check_sequences, missing_clips

__all__ = ["SequenceStatistics", "check_statistics", "describe"]

DELTA = "delta_"
QUANTILE = re.compile(r"q(\d{1,2})")
FUNCTIONS = {
    "mean": lambda frames: frames.mean(axis=0, dtype=np.float64),
    "std": lambda frames: frames.std(axis=0, dtype=np.float64),
    "min": lambda frames: frames.min(axis=0),
    "max": lambda frames: frames.max(axis=0),
    "median": lambda frames: np.median(frames, axis=0),
}


class SequenceStatistics(FeatureNamesMixin, TransformerMixin, BaseEstimator):
    """Describe every band of a sequence by statistics over its frames.

    Parameters
    ----------
    statistics : tuple of str, default=("mean", "std")
        Any of "mean", "std" (of the population), "min", "max", "median", and "q01" to
        "q99", the quantile at that many per cent; each also of the difference between
        successive frames with ``"delta_"`` in front, as ``"delta_mean"``.

    Attributes
    ----------
    n_bands_in_ : int
        Number of bands of the sequences.
    n_features_in_ : int
        Number of frames, if X was a 2-D array (sequences of one band).

    See Also
    --------
    MFCC : With this step after it, the classic baseline.

    Notes
    -----
    Only frames that exist are counted, clips of different length need no padding. The
    differences of a clip of one frame are 0. A missing clip, NaN throughout, becomes
    a row of NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import SequenceStatistics
    >>> X = [np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([[5.0, 6.0]])]
    >>> statistics = SequenceStatistics(("mean", "max", "delta_mean"))
    >>> statistics.fit_transform(X)
    array([[1., 1., 2., 1., 2., 0.],
           [5., 6., 5., 6., 0., 0.]], dtype=float32)
    >>> statistics.get_feature_names_out()[:3]
    array(['mean_band0', 'mean_band1', 'max_band0'], dtype=object)
    """

    _parameter_constraints = {"statistics": [tuple, list]}

    def __init__(self, statistics=("mean", "std")):
        self.statistics = statistics

    def fit(self, X, y=None):
        """Learn the number of bands.

        Parameters
        ----------
        X : sequences
            List or object array of arrays (n_frames, n_bands), or one array
            (n_clips, n_frames, n_bands); an array (n_clips, n_frames) has one band.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        check_statistics("statistics", self.statistics)
        check_sequences(self, X, reset=True)
        return self

    def transform(self, X):
        """Compute the statistics.

        Parameters
        ----------
        X : sequences
            As in :meth:`fit`, of as many bands.

        Returns
        -------
        ndarray of shape (n_clips, n_statistics * n_bands)
            Float32; all bands of the first statistic, then of the second, ...
        """
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        n_features = len(self.statistics) * self.n_bands_in_
        out = np.empty((len(X), n_features), dtype=np.float32)
        for row, frames, missing in zip(out, X, missing_clips(X), strict=True):
            row[:] = np.nan if missing else describe(frames, self.statistics)
        return out

    def _feature_names(self):
        return [
            f"{statistic}_band{band}"
            for statistic in self.statistics
            for band in range(self.n_bands_in_)
        ]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def check_statistics(parameter, names):
    """Refuse names that are not of statistics, and of no and of repeated ones.

    Parameters
    ----------
    parameter : str
        What the message calls them.
    names : list or tuple
        As `statistics` of :class:`SequenceStatistics`.

    Raises
    ------
    ValueError
        Which says what is allowed.
    """
    names = list(names)
    for name in names:
        plain = name.removeprefix(DELTA) if isinstance(name, str) else ""
        quantile = QUANTILE.fullmatch(plain)
        if plain not in FUNCTIONS and not (quantile and int(quantile[1]) > 0):
            raise ValueError(
                f"{parameter} must be of {', '.join(map(repr, FUNCTIONS))}, 'q01' to "
                f"'q99', or these after '{DELTA}', got {name!r}."
            )
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"{parameter} must name at least one and none twice, got {names!r}."
        )


def describe(frames, names):
    """Statistics of one sequence, (n_frames, n_bands), one after the other."""
    frames = deltas = np.asarray(frames)
    if any(name.startswith(DELTA) for name in names):
        deltas = np.diff(frames, axis=0) if len(frames) > 1 else np.zeros_like(frames)
    return np.concatenate(
        [
            _statistic(name.removeprefix(DELTA))(
                deltas if name.startswith(DELTA) else frames
            )
            for name in names
        ]
    )


def _statistic(name):
    """The function of a statistic that is not of differences."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    level = int(name[1:]) / 100
    return lambda frames: np.quantile(frames, level, axis=0)
