"""Detectors of several events as one."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from skaudeep._event_lists import check_event_lists

__all__ = ["EventDetectorUnion"]


class EventDetectorUnion(_BaseComposition, BaseEstimator):
    """One detector for every kind of event.

    Parameters
    ----------
    detectors : list of (str, detector)
        Names and detectors, such as :class:`RareEventDetector`, or pipelines that end
        in one. Each finds events of its own label in the y of all.
    n_jobs : int or None, default=None
        Detectors trained at the same time, in processes of their own.

    Attributes
    ----------
    detectors_ : list of detector
        The fitted ones.
    named_detectors_ : Bunch
        The same by name.

    See Also
    --------
    RareEventDetector : A detector of one kind of event.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.events import EventDetectorUnion, RareEventDetector
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 0, (20, 40, 6))
    >>> X[::2, 20:30, 1], X[1::2, 5:9, 4] = 1, 1
    >>> y = [[(0.4, 0.6, "low")], [(0.1, 0.18, "high")]] * 10
    >>> small = dict(hop=0.02, window=0.02, n_filters=8, n_layers=1, n_units=8,
    ...     n_dense=8, max_epochs=30, learning_rate=0.02, random_state=0)
    >>> union = EventDetectorUnion(
    ...     [(name, RareEventDetector(name, (5,), **small)) for name in ("low", "high")]
    ... )
    >>> union.fit(X, y).score(X, y)
    1.0
    >>> [[event.label for event in events] for events in union.predict(X[:2])]
    [['low'], ['high']]
    """

    _required_parameters = ["detectors"]

    def __init__(self, detectors, *, n_jobs=None):
        self.detectors = detectors
        self.n_jobs = n_jobs

    def get_params(self, deep=True):
        """Parameters, those of the detectors as ``name__parameter``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to look into the detectors.

        Returns
        -------
        dict
            Names and values.
        """
        return self._get_params("detectors", deep=deep)

    def set_params(self, **params):
        """Set parameters, those of the detectors as ``name__parameter``.

        Parameters
        ----------
        **params
            Names and values; ``name=detector`` replaces a detector.

        Returns
        -------
        EventDetectorUnion
            This estimator.
        """
        return self._set_params("detectors", **params)

    def fit(self, X, y):
        """Train every detector.

        Parameters
        ----------
        X : object
            What the detectors take.
        y : list of event lists
            For every clip its events, of all labels.

        Returns
        -------
        EventDetectorUnion
            This estimator.
        """
        names = self._check_names()
        y = check_event_lists(y)
        detectors = [clone(detector) for _, detector in self.detectors]
        self.detectors_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit)(detector, X, y) for detector in detectors
        )
        self.named_detectors_ = Bunch(**dict(zip(names, self.detectors_, strict=True)))
        return self

    def _check_names(self):
        if not isinstance(self.detectors, (list, tuple)) or not self.detectors:
            raise ValueError(
                "detectors must be a list of (name, detector), one at least, got "
                f"{self.detectors!r}."
            )
        for pair in self.detectors:
            if (
                not isinstance(pair, (list, tuple))
                or len(pair) != 2
                or not isinstance(pair[0], str)
                or not hasattr(pair[1], "fit")
            ):
                raise ValueError(
                    f"detectors must hold pairs (name, detector), got {pair!r}."
                )
        names = [name for name, _ in self.detectors]
        self._validate_names(names)
        return names

    def predict(self, X):
        """The events that all detectors find.

        Parameters
        ----------
        X : object
            What the detectors take.

        Returns
        -------
        list of list of Event
            For every clip, in the order of their onsets.
        """
        check_is_fitted(self)
        found = [detector.predict(X) for detector in self.detectors_]
        return [
            sorted(event for events in lists for event in events)
            for lists in zip(*found, strict=True)
        ]

    def predict_proba(self, X):
        """Curves of probability by detector.

        Parameters
        ----------
        X : object
            What the detectors take.

        Returns
        -------
        dict of str to list of FrameCurve
            For every detector, by its name, a curve for every clip.
        """
        check_is_fitted(self)
        return {name: d.predict_proba(X) for name, d in self.named_detectors_.items()}

    def tune_thresholds(self, X, y, **params):
        """Let every detector find what decides best on clips that were held out.

        Parameters
        ----------
        X : sequences
            What the detectors take, none of which may be a pipeline.
        y : list of event lists
            Their events, of all labels.
        **params
            See :meth:`RareEventDetector.tune_thresholds`.

        Returns
        -------
        EventDetectorUnion
            This estimator.
        """
        check_is_fitted(self)
        for detector in self.detectors_:
            detector.tune_thresholds(X, y, **params)
        return self

    def score(self, X, y):
        """Mean of the detectors' scores: one minus the mean error rate of the classes.

        Parameters
        ----------
        X : object
            What the detectors take.
        y : list of event lists
            Their events, of all labels.

        Returns
        -------
        float
            1 is perfect.
        """
        check_is_fitted(self)
        return float(np.mean([detector.score(X, y) for detector in self.detectors_]))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "detectors_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags


def _fit(detector, X, y):
    return detector.fit(X, y)
