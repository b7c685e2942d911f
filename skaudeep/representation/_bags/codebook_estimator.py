"""What the bags of deep features have to do with codebooks."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skaudeep._containers import check_sequences, missing_clips
from skaudeep._random import draw_seed
from skaudeep.representation._bags.bags import CentredWindows, Weighting, rows_of_clips
from skaudeep.representation._bags.codebook_plan import plan
from skaudeep.representation._bags.codebooks import Training, learn
from skaudeep.representation._bags.quantization import (
    Book,
    Frames,
    MixtureBook,
    histograms,
    quantize,
)
from skaudeep.representation._windows import WindowedTransformer

__all__ = ["CodebookEstimator"]


class CodebookEstimator(WindowedTransformer):
    """Base of :class:`~skaudeep.representation.BagOfDeepFeatures`: its codebooks.

    Attributes
    ----------
    codebook_ : ndarray or list of ndarray
        The words.
    """

    @property
    def codebook_(self):
        """The words, of scaled frames."""
        check_is_fitted(self)
        words = self._word_arrays()
        return words[0] if self.columns is None else list(words)

    def partial_fit(self, X, y=None):
        """Go on learning, from some clips of a corpus that memory cannot hold.

        With random and supervised codebooks, pieces give the very same as all clips in
        one ``fit``, others need `max_frames`. The words are chosen when they are first
        asked for. After a ``fit``, learning begins anew.

        Parameters
        ----------
        X : sequences
            As in :meth:`fit`.
        y : array-like of shape (n_clips,), default=None
            As in :meth:`fit`.

        Returns
        -------
        self : object
            The transformer itself.
        """
        if self.idf:
            raise ValueError(
                "idf=True needs fit, not partial_fit: how many bags hold a word can "
                "only be counted when the words are chosen, which is after the last "
                "piece."
            )
        if not hasattr(self, "_training"):
            self._forget()
        self._train(X, y, in_pieces=True)
        self._words = None
        return self

    def assign(self, X):
        """Words that the frames are assigned to, the nearest first.

        Parameters
        ----------
        X : sequences
            As in :meth:`fit`, of as many bands.

        Returns
        -------
        ndarray of int
            For every clip an array of shape (n_frames, n_assignments) of columns of
            the bags, the words of one block after those of another: one 3-D array, or
            an object array of 2-D arrays. Missing clips hold -1. What is counted how
            much (`activity`, `gaussian`, `off_threshold`) makes no difference here.
        """
        X, missing = self._check(X)
        frames = Frames(X, np.flatnonzero(~missing))
        books = self._books()
        if any(isinstance(book, MixtureBook) for book in books):
            raise ValueError(
                "assign needs words that are nearest; with a mixture as codebook "
                "every frame belongs to all."
            )
        width = sum(book.n_nearest for book in books)
        out = np.empty((len(frames), width), dtype=np.int32)
        for first, last, assignments, _ in quantize(
            frames, books, ordered=True, n_jobs=self.n_jobs
        ):
            column = offset = 0
            for book, (words, _) in zip(books, assignments, strict=True):
                out[first:last, column : column + book.n_nearest] = words + offset
                column, offset = column + book.n_nearest, offset + book.n_words
        return rows_of_clips(out, frames.counts, missing, -1)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_words")

    def _forget(self):
        learnt = ("_training", "_words", "_mixtures", "idf_")
        for name in (*learnt, "data_min_", "data_range_", "mean_", "scale_"):
            vars(self).pop(name, None)

    def _train(self, X, y, in_pieces=False):
        """Take in training clips; returns them checked, and which are present."""
        self._check_parameters()
        going_on = hasattr(self, "_training")
        X = check_sequences(self, X, reset=not going_on)
        blocks = plan(self)
        for block in blocks if in_pieces and self.max_frames is None else ():
            if block.clustered:
                raise ValueError(
                    "max_frames must be given for partial_fit with codebook="
                    f"{self.codebook!r}: the words are learnt from a sample of so many "
                    "frames."
                )
        self._check_activity()
        labels = self._labels(X, y) if self._supervised() else [None] * len(X)
        present = np.flatnonzero(~missing_clips(X))
        if not len(present):
            raise ValueError("X must hold a clip that is not missing; all are NaN.")
        training = self._training if going_on else self._new_training(blocks)
        training.expect(set(labels))
        for i in present:
            training.add(X[i], labels[i])
        self._training = training
        if training.scaling is not None:
            shift, scale = training.scaling.shift_and_scale()
            for name, value in zip(self._scaling_names(), (shift, scale), strict=True):
                setattr(self, name, value)
        return X, present

    def _new_training(self, blocks):
        return Training(
            blocks,
            self.normalize_input,
            ddof=1 if self.numerics == "openxbow" else 0,
            seed=draw_seed(self.random_state),
            max_frames=self.max_frames,
        )

    def _supervised(self):
        kinds = self.codebook if isinstance(self.codebook, list | tuple) else ()
        return any(
            isinstance(kind, str) and kind == "supervised"
            for kind in (self.codebook, *kinds)
        )

    def _labels(self, X, y):
        if y is None:
            raise ValueError(
                f"{type(self).__name__} with codebook='supervised' requires y to be "
                "passed, but the target y is None."
            )
        check_consistent_length(X, y)
        return column_or_1d(y).tolist()

    def _scaling_names(self):
        return {
            "minmax": ("data_min_", "data_range_"),
            "standardize": ("mean_", "scale_"),
            None: (),
        }[self.normalize_input]

    def _shift_and_scale(self, columns):
        """What scales frames of some columns; None twice without scaling."""
        names = self._scaling_names()
        return [getattr(self, name)[columns] for name in names] or [None, None]

    def _learn(self, frames):
        """Choose the words; `frames` are all there are, or None after some pieces."""
        self._mixtures, words = [], []
        for sample in self._training.samples:
            columns = sample.block.columns
            shift, scale = self._shift_and_scale(columns)

            def scaled(rows, shift=shift, scale=scale):
                return rows if shift is None else (rows - shift) / scale

            def all_frames(columns=columns):
                return frames.read(0, len(frames), len(frames))[:, columns]

            book, mixture = learn(sample, scaled, all_frames, self._training.seed)
            words.append(book)
            self._mixtures.append(mixture)
        self._words = words

    def _word_arrays(self):
        """The words of every block, chosen now if ``partial_fit`` has left it open."""
        if self._words is None:
            self._learn(None)
        return self._words

    def _check(self, X):
        """Check X after fit; returns it, and which clips are missing."""
        check_is_fitted(self)
        if self.idf:
            check_is_fitted(self, "idf_")
        self._check_parameters()
        X = check_sequences(self, X, reset=False)
        self._check_activity()
        return X, missing_clips(X)

    def _check_parameters(self):
        self._validate_params()
        self._windows()
        if self.sparse_output and self.window is not None:
            raise ValueError(
                "sparse_output=True is for features; with window="
                f"{self.window!r} the result is sequences, which are dense."
            )

    def _check_activity(self):
        if self.activity is None:
            return
        numbers = len(self.activity) == 2 and isinstance(self.activity[1], Real)
        if not numbers or not isinstance(self.activity[0], Integral):
            raise ValueError(
                "activity must be a band and its least value, as (0, -60.0), got "
                f"{self.activity!r}."
            )
        if not 0 <= self.activity[0] < self.n_bands_in_:
            raise ValueError(
                f"activity must name one of the bands 0 to {self.n_bands_in_ - 1}, got "
                f"{self.activity!r}."
            )

    def _windows(self):
        windows = super()._windows()
        if windows is None or self.numerics == "sklearn":
            return windows
        hop = self.window if self.hop is None else self.hop
        return CentredWindows(self.window, hop, self.frame_step)

    def _weighting(self):
        return Weighting(self.weighting, self.norm, self.empty_bag, self.numerics)

    def _books(self):
        """The codebooks, made ready for the search."""
        books = []
        for block, words, mixture in zip(
            plan(self), self._word_arrays(), self._mixtures, strict=True
        ):
            scaling = self._shift_and_scale(block.columns)
            if mixture is not None:
                books.append(MixtureBook(mixture, block.columns, *scaling))
                continue
            books.append(
                Book(
                    words,
                    block.columns,
                    *scaling,
                    block.n_assignments,
                    self.gaussian,
                    self.off_threshold,
                )
            )
        return books

    def _sums(self, frames, spans):
        """What every word counts in every bag, some bags at a time."""
        books = self._books()
        blocks = quantize(frames, books, activity=self.activity, n_jobs=self.n_jobs)
        sizes = [book.n_words for book in books]
        return histograms(blocks, spans.starts, spans.stops, sizes)
