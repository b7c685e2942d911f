"""From the probabilities of tags to tags, and from those of frames to events."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from skaudeep.classifiers._localization import Localization
from skaudeep.classifiers._tag_targets import (
    check_indicators,
    read_labels,
    tag_matrix,
)
from skaudeep.classifiers._tag_thresholds import best_thresholds
from skaudeep.events._frame_labels import events_from_frames

__all__ = ["TagDecisionMixin"]


class TagDecisionMixin:
    """Thresholds, events, and the curves they come from.

    Subclasses have the parameters `threshold`, `hop` and `window`, the methods
    ``predict_proba(X)`` and ``_frame_outputs(X)`` (for every clip attention,
    localisation and probabilities), and set ``classes_`` and ``exclusive_``.
    """

    def _set_decisions(self, classes):
        self.thresholds_ = self._check_threshold(self.threshold, classes)
        self.hop_, self.window_ = float(self.hop), float(self.window)

    @staticmethod
    def _check_threshold(given, classes):
        """A threshold for every tag."""
        threshold = given
        if isinstance(threshold, Mapping):
            names = classes.tolist()
            if set(threshold) != set(names):
                raise ValueError(
                    f"threshold must have a number for each of the tags {names}, got "
                    f"{given!r}."
                )
            threshold = [threshold[name] for name in names]
        values = np.asarray(threshold)
        legal = values.dtype.kind in "iuf" and values.shape in ((), classes.shape)
        if not legal or not ((values >= 0) & (values <= 1)).all():
            raise ValueError(
                "threshold must be a number from 0 to 1, or one for each of the "
                f"{len(classes)} tags, got {given!r}."
            )
        return np.full(len(classes), values, dtype=float)

    def predict(self, X):
        """The tags of every clip, or its class.

        Parameters
        ----------
        X : sequences
            As in `fit`.

        Returns
        -------
        ndarray of int of shape (n_clips, n_tags), or ndarray of shape (n_clips,)
            1 where a tag's probability reaches its threshold, also if y was a list of
            sets. If y had one class a clip, the most probable class.
        """
        probabilities = self.predict_proba(X)
        if self.exclusive_:
            return self.classes_[probabilities.argmax(axis=1)]
        return (probabilities >= self.thresholds_).astype(int)

    def tune_thresholds(self, X, y, criterion="f_measure"):
        """Set every tag's threshold to what decides best on clips that were held out.

        Parameters
        ----------
        X : sequences
            Clips that the network was not trained on.
        y : array-like of shape (n_clips, n_tags) or list of sets
            Their tags.
        criterion : {"f_measure", "eer"}, default="f_measure"
            Whether a tag's F-measure is to be highest, or its misses as frequent as
            its false alarms.

        Returns
        -------
        AttentionTagger
            This estimator, with new ``thresholds_``. A tag that all clips have, or
            none, keeps its threshold, with a warning.

        Raises
        ------
        ValueError
            If the network was trained with one class a clip, where nothing is to be
            tuned, or y does not have its tags.
        """
        check_is_fitted(self)
        if self.exclusive_:
            raise ValueError(
                "tune_thresholds is for tags; this network was trained with one class "
                "a clip, of which the most probable is predicted."
            )
        matrix = self._as_matrix(y)
        check_consistent_length(X, matrix)
        self.thresholds_ = best_thresholds(
            matrix,
            self.predict_proba(X),
            criterion,
            current=self.thresholds_,
            names=self.classes_,
        )
        return self

    def _as_matrix(self, y):
        """An indicator matrix with the columns of ``classes_``."""
        y = read_labels(y)
        if isinstance(y, list):
            if self.classes_.dtype.kind != "U":
                raise ValueError(
                    "y must be an indicator matrix, as in fit, where its columns had "
                    "no names (see the parameter tags); got sets of tags."
                )
            return tag_matrix(y, self.classes_)[0]
        if y.ndim != 2 or y.shape[1] != len(self.classes_):
            raise ValueError(
                f"y must have a column for each of the {len(self.classes_)} tags, got "
                f"the shape {y.shape}."
            )
        return check_indicators(y)

    def localize(self, X):
        """When each tag occurs.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        list of Localization
            For every clip the ``times`` of its frames, their ``attention``, and for
            every tag ``localization`` and ``probabilities``.
        """
        return [
            Localization(
                np.arange(len(attention)) * self.hop_ + self.window_ / 2,
                attention,
                localization,
                probabilities,
            )
            for attention, localization, probabilities in self._frame_outputs(X)
        ]

    def predict_events(self, X, *, threshold=0.5, min_duration=0.0, max_gap=0.0):
        """When the tags that a clip has begin and end.

        Parameters
        ----------
        X : sequences
            As in `fit`.
        threshold : float, array-like of shape (n_tags,) or dict, default=0.5
            Frames whose probability is above it belong to an event; a dict has a number
            for each tag.
        min_duration : float, default=0.0
            Shorter events are left out, in seconds.
        max_gap : float, default=0.0
            Pauses up to this length are filled before that, in seconds.

        Returns
        -------
        list of list of Event
            For every clip the events of the tags that :meth:`predict` finds in it, in
            the order of their onsets. Their confidence is the highest probability of
            a frame.
        """
        check_is_fitted(self)
        threshold = self._check_threshold(threshold, self.classes_)
        found = self.predict(X)
        if self.exclusive_:
            found = found[:, np.newaxis] == self.classes_
        frames = [
            np.where(tags, clip.probabilities, -np.inf)
            for tags, clip in zip(found.astype(bool), self.localize(X), strict=True)
        ]
        return events_from_frames(
            frames,
            self.hop_,
            [str(name) for name in self.classes_.tolist()],
            window=self.window_,
            threshold=threshold,
            min_duration=min_duration,
            max_gap=max_gap,
        )
