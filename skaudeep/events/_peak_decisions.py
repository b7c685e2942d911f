"""From curves of probability to at most one event a clip."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skaudeep._event_lists import Event
from skaudeep.events._frame_curve import FrameCurve, probabilities_of
from skaudeep.events._peaks import ONSET_RULES, first_frame, last_frame, peak_frame
from skaudeep.events._threshold_search import search_thresholds
from skaudeep.exceptions import MissingClipWarning

__all__ = ["PeakDecisionMixin"]


class PeakDecisionMixin:
    """For detectors that decide by the highest probability of a clip.

    Subclasses have ``predict_proba``, ``_check_events`` and ``_first_look_back``, and
    set in ``fit`` what decides: `threshold_`, `onset_threshold_`, `look_back_` (s),
    `onset_rule_`; the times of frames `hop_` and `window_` (s); and `event_label_`.
    """

    def decide(self, curves):
        """The events that curves of probability tell of.

        Parameters
        ----------
        curves : list of FrameCurve
            As from ``predict_proba``, or the probabilities alone.

        Returns
        -------
        list of list of Event
            As from ``predict``.
        """
        check_is_fitted(self)
        return self._decide(probabilities_of(curves))

    def _decide(self, curves):
        missing = [i for i, curve in enumerate(curves) if np.isnan(curve).any()]
        if missing:
            warnings.warn(
                f"{len(missing)} of {len(curves)} clips are missing, among them clip "
                f"{missing[0]}: no event is reported for them.",
                MissingClipWarning,
                stacklevel=3,
            )
        return [self._event_of(curve) for curve in curves]

    def _event_of(self, curve):
        peak = peak_frame(curve)
        if peak is None or not curve[peak] >= self.threshold_:
            return []
        first = first_frame(
            curve,
            peak,
            self.onset_threshold_,
            self._frames_of(self.look_back_),
            self.onset_rule_,
        )
        last = last_frame(curve, peak, self.onset_threshold_)
        onset, offset = self._time_of(first), self._time_of(last + 1)
        return [Event(onset, offset, self.event_label_, float(curve[peak]))]

    def _time_of(self, frame):
        """Where a frame begins that is as long as a hop."""
        return max(0.0, frame * self.hop_ + (self.window_ - self.hop_) / 2)

    def _frames_of(self, seconds):
        return round(seconds / self.hop_)

    def tune_thresholds(
        self,
        X,
        y,
        *,
        thresholds=None,
        onset_thresholds=None,
        look_backs=None,
        onset_rules=ONSET_RULES,
        t_collar=0.5,
    ):
        """Find what decides best on clips that were held out of the training.

        Nothing is trained. Parameters stay as they are; what was found is in
        `threshold_`, `onset_threshold_`, `look_back_`, `onset_rule_` until the next
        ``fit``, and the error rates of all combinations in `tuning_`.

        Parameters
        ----------
        X : sequences, or list of FrameCurve
            As in `fit`, or curves as from ``predict_proba``, which are those of other
            detectors, too, if ``decide`` is to be given such.
        y : list of event lists
            Their events.
        thresholds : sequence of float or None, default=None
            What to try; None is 0.05, 0.1 and so on up to 0.95.
        onset_thresholds : sequence of float or None, default=None
            The same; None is 0.1, 0.2 and so on up to 0.9.
        look_backs : sequence of float or None, default=None
            Seconds; None tries an eighth, a quarter, a half and the whole of what it
            was after ``fit``.
        onset_rules : sequence of {"window", "run"}
            What to try.
        t_collar : float, default=0.5
            By how many seconds an onset may be off.

        Returns
        -------
        RareEventDetector
            This estimator.
        """
        check_is_fitted(self)
        known = isinstance(X, list) and all(isinstance(x, FrameCurve) for x in X)
        curves = probabilities_of(X if known else self.predict_proba(X))
        y = self._check_events(curves, y, self.event_label_)
        if thresholds is None:
            thresholds = np.arange(1, 20) / 20
        if onset_thresholds is None:
            onset_thresholds = np.arange(1, 10) / 10
        if look_backs is None:
            look_backs = [self._first_look_back() * p for p in (0.125, 0.25, 0.5, 1.0)]
        self.tuning_ = search_thresholds(
            curves,
            [[event.onset for event in events] for events in y],
            {
                "threshold": thresholds,
                "onset_threshold": onset_thresholds,
                "look_back": look_backs,
                "onset_rule": onset_rules,
            },
            current={
                "threshold": self.threshold_,
                "onset_threshold": self.onset_threshold_,
                "look_back": self.look_back_,
                "onset_rule": self.onset_rule_,
            },
            time_of=self._time_of,
            frames_of=self._frames_of,
            t_collar=t_collar,
        )
        best = self.tuning_.best
        self.threshold_ = best["threshold"]
        self.onset_threshold_ = best["onset_threshold"]
        self.look_back_ = best["look_back"]
        self.onset_rule_ = best["onset_rule"]
        return self
