"""The features of a clip's chunks, as one sequence a clip."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils.validation import check_is_fitted

from skaudeep._base import SequenceTransformer
from skaudeep._containers import check_recordings, stack_sequences
from skaudeep._validation import HasMethods, Interval
from skaudeep.audio._chunker import Chunker
from skaudeep.audio._voting import expand_labels

__all__ = ["ChunkFeatures"]


class ChunkFeatures(MetaEstimatorMixin, SequenceTransformer):
    """Cut recordings into chunks and compute the features of each.

    Every chunk becomes a row of its clip's sequence, so that rows and labels stay one
    a clip and a :class:`~skaudeep.classifiers.ChunkVotingClassifier` can follow in a
    pipeline.

    Parameters
    ----------
    transformer : transformer
        From recordings to features; it is fitted on the chunks of all clips.
    width : float
        Length of a chunk in seconds, as of :class:`Chunker`.
    hop : float or None, default=None
        Seconds from the start of a chunk to the start of the next; None is `width`.
    count : int or None, default=None
        Most chunks kept of a recording; None keeps all.
    sample_rate : int or None, default=None
        Sample rate in Hz of signals in arrays. Files know theirs.

    Attributes
    ----------
    transformer_ : transformer
        The fitted clone of `transformer`.
    n_features_in_ : int
        Number of samples a clip, if X was a 2-D array.

    See Also
    --------
    Chunker : Cuts recordings, which makes several rows of one.
    skaudeep.classifiers.ChunkVotingClassifier : Lets the chunks of a clip vote.

    Notes
    -----
    A clip of which a chunk cannot be decoded is a missing clip as a whole. What is
    relative to a clip, as the levels of a spectrogram, is relative to the chunk here.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from skaudeep.audio import ChunkFeatures, MelSpectrogram, SequenceStatistics
    >>> rng = np.random.default_rng(0)
    >>> signals = [rng.uniform(-1, 1, seconds * 8000) for seconds in (5, 2)]
    >>> chunks = ChunkFeatures(
    ...     make_pipeline(MelSpectrogram(8000, n_mels=16), SequenceStatistics()),
    ...     width=1.0,
    ...     sample_rate=8000,
    ... )
    >>> [clip.shape for clip in chunks.fit_transform(signals)]
    [(5, 32), (2, 32)]
    """

    _parameter_constraints = {
        "transformer": [HasMethods(["fit", "transform"])],
        "width": [Interval(Real, 0, None, closed="neither")],
        "hop": [Interval(Real, 0, None, closed="neither"), None],
        "count": [Interval(Integral, 1, None, closed="left"), None],
        "sample_rate": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, transformer, width, hop=None, count=None, *, sample_rate=None):
        self.transformer = transformer
        self.width = width
        self.hop = hop
        self.count = count
        self.sample_rate = sample_rate

    def fit(self, X, y=None):
        """Fit the transformer on all chunks.

        Parameters
        ----------
        X : recordings
            Paths, recordings or signals.
        y : array-like of shape (n_clips,) or None, default=None
            Labels of the clips, which each of their chunks gets.

        Returns
        -------
        self : object
            The transformer itself.
        """
        chunks, y, _ = self._cut(X, y, reset=True)
        self.transformer_ = clone(self.transformer).fit(chunks, y)
        return self

    def fit_transform(self, X, y=None):
        """Fit the transformer and compute the features, decoding once.

        Parameters
        ----------
        X : recordings
            As in :meth:`fit`.
        y : array-like of shape (n_clips,) or None, default=None
            As in :meth:`fit`.

        Returns
        -------
        ndarray
            As of :meth:`transform`.
        """
        chunks, y, groups = self._cut(X, y, reset=True)
        self.transformer_ = clone(self.transformer)
        return _gather(self.transformer_.fit_transform(chunks, y), groups)

    def transform(self, X):
        """Compute the features of every chunk.

        Parameters
        ----------
        X : recordings
            As in :meth:`fit`.

        Returns
        -------
        ndarray
            Sequences: float32 of shape (n_clips, n_chunks, n_features) if all clips
            have equally many chunks, otherwise an object array of 2-D arrays.
        """
        check_is_fitted(self, "transformer_")
        chunks, _, groups = self._cut(X, None, reset=False)
        return _gather(self.transformer_.transform(chunks), groups)

    def _cut(self, X, y, *, reset):
        self._validate_params()
        X = check_recordings(self, X, reset=reset)
        chunker = Chunker(
            self.width, self.hop, self.count, sample_rate=self.sample_rate
        )
        chunks = chunker.fit_transform(X)
        groups = chunker.groups_
        return chunks, None if y is None else expand_labels(y, groups), groups


def _gather(features, groups):
    """One sequence a clip of the rows of its chunks."""
    features = np.asarray(features, dtype=np.float32)
    ends = np.cumsum(np.bincount(groups))[:-1]
    return stack_sequences(
        [None if np.isnan(clip).any() else clip for clip in np.split(features, ends)],
        features.shape[1],
    )
