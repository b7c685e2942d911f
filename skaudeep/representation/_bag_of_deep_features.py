"""Bags of deep features: sequences to histograms of codewords."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np

from skaudeep._base import FeatureNamesMixin
from skaudeep._validation import Interval, StrOptions
from skaudeep.representation._bags.bags import Spans, csr, rows_of_clips
from skaudeep.representation._bags.codebook_estimator import CodebookEstimator
from skaudeep.representation._bags.quantization import Frames
from skaudeep.representation._windows import WindowedTransformer

__all__ = ["BagOfDeepFeatures"]


class BagOfDeepFeatures(FeatureNamesMixin, CodebookEstimator):
    """Histograms of codewords over the frames of a sequence.

    Every frame, which may be a deep feature vector of a chunk, a row of MFCCs or a
    state of an encoder, is assigned to the words of a codebook that are nearest to it;
    how often each word occurs in a clip, or in a window of it, is the clip's or the
    window's feature vector. The defaults are the bags of deep features of [1]_.

    Parameters
    ----------
    codebook_size : int or tuple of int, default=500
        Number of words; a tuple has one number for each block of `columns`. Of no
        importance if the codebook is given.
    n_assignments : int or tuple of int, default=10
        Nearest words that a frame is counted for, each once. Of no importance with a
        mixture.
    codebook : str, array, estimator or list of these, default="random"
        Where the words come from. "random": training frames, no two of them equal.
        "random++": training frames, each drawn with a probability proportional to its
        squared distance from those drawn before. "kmeans" and "kmeans++": k-means from
        one start of random frames, or of "random++" with scikit-learn's trials.
        "supervised": of each class the same number of random frames of its clips,
        `codebook_size` / number of classes rounded up, classes in sorted order.
        An array of shape (n_words, n_columns): the words, in the space of the scaled
        frames, such as the `codebook_` of another bag. A clusterer with ``n_clusters``
        and ``cluster_centers_``, or a Gaussian mixture: a clone is fitted. A fitted
        mixture in :class:`~sklearn.frozen.FrozenEstimator` is taken as it is. With
        `columns` also a list of these, one for each block.
    columns : list of slice and list of int, or None, default=None
        Blocks of bands that get a codebook each; their histograms stand side by side.
        None: one codebook for all bands.
    normalize_input : {"minmax", "standardize"} or None, default="minmax"
        How bands are scaled: to [0, 1] over all training frames, or to mean 0 and
        standard deviation 1. Other frames are not clipped. A constant band is only
        shifted.
    weighting : {"log"} or None, default="log"
        "log": a count n becomes log10(n + 1).
    idf : bool, default=False
        Whether a word's count is multiplied by log10(N / n), where n of the N training
        bags hold the word, or by 1 if none does.
    norm : {"l1", "l2", "frames"} or None, default=None
        What a bag is divided by, last of all: the sum of its entries, their Euclidean
        norm, or the number of its frames that count.
    gaussian : float or None, default=None
        If s is given, a word at distance d counts exp(-d^2 / (2 s^2)) instead of 1.
    off_threshold : float or None, default=None
        A word farther from the frame than this, in scaled units, is not counted.
    activity : tuple of (int, float) or None, default=None
        A band and its least value, before scaling: frames with less are not counted.
        They are trained with all the same.
    empty_bag : float or None, default=None
        Count of every word in a bag without frames that count. None: 0, and 0.001 under
        ``numerics="openxbow"``.
    max_frames : int or None, default=None
        Frames, drawn at random, from which the words are computed, for all but random
        and supervised codebooks. None takes all, in one array.
    numerics : {"sklearn", "openxbow"}, default="sklearn"
        "openxbow": norms are multiplied by the number of words, standard deviations
        are of n - 1, and windows have their centres at 0, `hop`, 2 `hop`, ... until
        the clip's last frame and hold all frames within `window` / 2 of these.
    sparse_output : bool, default=False
        Whether to return a sparse matrix in CSR format.
    window : float or None, default=None
        Width of windows in seconds, to get one bag a window and thus sequences. None:
        one bag a clip.
    hop : float or None, default=None
        Seconds from one window to the next; None is `window`.
    frame_step : float or None, default=None
        Seconds from one frame of X to the next, needed with `window`.
    random_state : int, RandomState instance or None, default=None
        Fixes what is drawn.
    n_jobs : int or None, default=None
        Number of threads. None: as many as NumPy's matrix products use.

    Attributes
    ----------
    codebook_ : ndarray of shape (n_words, n_columns), or list of these
        The words, of scaled frames; a list, one array a block, with `columns`.
    data_min_, data_range_ : ndarray of shape (n_bands,)
        A frame x becomes ``(x - data_min_) / data_range_``, under "minmax".
    mean_, scale_ : ndarray of shape (n_bands,)
        A frame x becomes ``(x - mean_) / scale_``, under "standardize".
    idf_ : ndarray of shape (n_words,)
        Factors of the words of all blocks, with `idf`.
    n_bands_in_ : int
        Bands of a frame.
    n_features_in_ : int
        Width of X, if it was a 2-D array in `fit`.

    See Also
    --------
    skaudeep.audio.MFCC : With this step after it, bags of audio words.
    skaudeep.audio.SequenceStatistics : Features without a codebook.

    Notes
    -----
    Distances are Euclidean, in float32; of words equally far the first ones are taken.
    Memory stays bounded whatever the number of frames. A missing clip, NaN throughout,
    is a row of NaN and takes no part in the training.

    Random words are the distinct frames that drew the smallest of random keys, which
    is sampling without replacement and the same in one ``fit`` and in many
    ``partial_fit``.

    The original program is openXBOW [2]_. Given its codebook, its histograms are
    reproduced; its scaling of two codebooks, its counts with more assignments than
    words and its n-grams are not.

    References
    ----------
    .. [1] S. Amiriparian, M. Gerczuk, S. Ottl, N. Cummins, S. Pugachevskiy, B.
       Schuller, "Bag-of-deep-features: Noise-robust deep feature representations for
       audio analysis", IJCNN 2018.
    .. [2] M. Schmitt, B. Schuller, "openXBOW: Introducing the Passau open-source
       crossmodal bag-of-words toolkit", Journal of Machine Learning Research 18(96),
       2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.representation import BagOfDeepFeatures
    >>> X = [np.array([[0.0], [1.0], [9.0]]), np.array([[8.0], [7.0]])]
    >>> words = [[0.0], [0.5], [1.0]]
    >>> bag = BagOfDeepFeatures(n_assignments=2, codebook=words, weighting=None)
    >>> bag.fit_transform(X)
    array([[2., 3., 1.],
           [0., 2., 2.]], dtype=float32)
    """

    _parameter_constraints = {
        "codebook_size": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "n_assignments": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "codebook": "no_validation",
        "columns": [list, tuple, None],
        "normalize_input": [StrOptions({"minmax", "standardize"}), None],
        "weighting": [StrOptions({"log"}), None],
        "idf": ["boolean"],
        "norm": [StrOptions({"l1", "l2", "frames"}), None],
        "gaussian": [Interval(Real, 0, None, closed="neither"), None],
        "off_threshold": [Interval(Real, 0, None, closed="left"), None],
        "activity": [tuple, list, None],
        "empty_bag": [Interval(Real, 0, None, closed="left"), None],
        "max_frames": [Interval(Integral, 1, None, closed="left"), None],
        "numerics": [StrOptions({"sklearn", "openxbow"})],
        "sparse_output": ["boolean"],
        **WindowedTransformer._window_constraints,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        codebook_size=500,
        *,
        n_assignments=10,
        codebook="random",
        columns=None,
        normalize_input="minmax",
        weighting="log",
        idf=False,
        norm=None,
        gaussian=None,
        off_threshold=None,
        activity=None,
        empty_bag=None,
        max_frames=None,
        numerics="sklearn",
        sparse_output=False,
        window=None,
        hop=None,
        frame_step=None,
        random_state=None,
        n_jobs=None,
    ):
        self.codebook_size = codebook_size
        self.n_assignments = n_assignments
        self.codebook = codebook
        self.columns = columns
        self.normalize_input = normalize_input
        self.weighting = weighting
        self.idf = idf
        self.norm = norm
        self.gaussian = gaussian
        self.off_threshold = off_threshold
        self.activity = activity
        self.empty_bag = empty_bag
        self.max_frames = max_frames
        self.numerics = numerics
        self.sparse_output = sparse_output
        self.window = window
        self.hop = hop
        self.frame_step = frame_step
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Learn the scaling, the codebook and the factors of words.

        Parameters
        ----------
        X : sequences
            List or object array of arrays (n_frames, n_bands), or one array
            (n_clips, n_frames, n_bands); an array (n_clips, n_frames) has one band.
        y : array-like of shape (n_clips,), default=None
            Classes, for ``codebook="supervised"`` only.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._forget()
        X, present = self._train(X, y)
        frames = Frames(X, present)
        self._learn(frames)
        if self.idf:
            found, spans = 0, Spans(frames.counts, self._windows())
            weighting = self._weighting()
            for _, sums, n_active in self._sums(frames, spans):
                found = found + np.count_nonzero(weighting.fill(sums, n_active), axis=0)
            idf = np.where(found, np.log10(len(spans) / np.maximum(found, 1)), 1)
            self.idf_ = idf.astype(np.float32)
        del self._training
        return self

    def transform(self, X):
        """Compute the bags.

        Parameters
        ----------
        X : sequences
            As in :meth:`fit`, of as many bands.

        Returns
        -------
        ndarray or sparse array of shape (n_clips, n_words)
            Float32. With `window` sequences: an array of shape (n_clips, n_windows,
            n_words), or an object array of arrays (n_windows, n_words).
        """
        X, missing = self._check(X)
        frames = Frames(X, np.flatnonzero(~missing))
        spans = Spans(frames.counts, self._windows())
        weighting, n_words = self._weighting(), sum(map(len, self._word_arrays()))
        idf = self.idf_ if self.idf else None
        bags = (
            (first, weighting(sums, n_active, idf))
            for first, sums, n_active in self._sums(frames, spans)
        )
        if self.sparse_output:
            return csr((rows for _, rows in bags), missing, n_words)
        out = np.empty((len(spans), n_words), dtype=np.float32)
        for first, rows in bags:
            out[first : first + len(rows)] = rows
        sequences = rows_of_clips(out, spans.per_clip, missing, np.nan)
        return sequences if self.window is not None else sequences[:, 0]

    def _feature_names(self):
        return [
            f"word{word}" if self.columns is None else f"block{block}_word{word}"
            for block, words in enumerate(self._word_arrays())
            for word in range(len(words))
        ]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.target_tags.required = self._supervised()
        return tags
