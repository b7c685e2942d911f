"""Which thresholds decide best."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from itertools import product
from numbers import Real

import numpy as np
from sklearn.utils import Bunch

from skaudeep.events._peaks import ONSET_RULES, first_frame, peak_frame

__all__ = ["search_thresholds"]


def search_thresholds(curves, onsets, grid, *, current, time_of, frames_of, t_collar):
    """Error rates of all combinations.

    Parameters
    ----------
    curves : list of ndarray of shape (n_frames,)
        Probabilities, NaN for a missing clip.
    onsets : list of list of float
        When the events of every clip begin, in seconds.
    grid : dict of str to sequence
        "threshold", "onset_threshold", "look_back" (s), "onset_rule": what to try.
    current : dict of str to object
        The same as they are: of equally good combinations the nearest to them is best.
    time_of : callable
        The onset in seconds of an event whose first frame is given.
    frames_of : callable
        Frames of so many seconds.
    t_collar : float
        By how many seconds an onset may be off.

    Returns
    -------
    Bunch
        ``best`` (a dict), ``error_rate`` (of the best), ``params`` (all combinations,
        a list of dicts) and ``error_rates`` (of each).
    """
    grid = {name: _check_values(name, values) for name, values in grid.items()}
    if not isinstance(t_collar, Real) or not 0 <= t_collar < math.inf:
        raise ValueError(f"t_collar must be at least 0 s and finite, got {t_collar!r}.")
    n_events = sum(len(times) for times in onsets)
    if not n_events:
        raise ValueError(
            "y has no event to tune thresholds on: an error rate is of the number of "
            "events."
        )
    peaks = [peak_frame(curve) for curve in curves]
    heights = np.array(
        [
            -np.inf if peak is None else curve[peak]
            for curve, peak in zip(curves, peaks, strict=True)
        ]
    )
    thresholds = np.asarray(grid["threshold"], dtype=float)
    reported = heights >= thresholds[:, np.newaxis]
    params, error_rates = [], []
    for onset_threshold, look_back, rule in product(
        grid["onset_threshold"], grid["look_back"], grid["onset_rule"]
    ):
        # A clip has one event reported at most, so that a right one hits one onset.
        right = np.zeros(len(curves), dtype=bool)
        n_frames = frames_of(look_back)
        for i, (curve, peak) in enumerate(zip(curves, peaks, strict=True)):
            if peak is None or not onsets[i]:
                continue
            first = first_frame(curve, peak, onset_threshold, n_frames, rule)
            distances = np.abs(np.array(onsets[i]) - time_of(first))
            right[i] = (distances <= t_collar).any()
        hits = (reported & right).sum(axis=1)
        false_alarms = reported.sum(axis=1) - hits
        error_rates.append((n_events - hits + false_alarms) / n_events)
        params += [
            {
                "threshold": float(threshold),
                "onset_threshold": float(onset_threshold),
                "look_back": float(look_back),
                "onset_rule": rule,
            }
            for threshold in thresholds
        ]
    error_rates = np.concatenate(error_rates)
    candidates = np.flatnonzero(error_rates <= error_rates.min() + 1e-10)
    best = min(candidates, key=lambda i: _distance(params[i], current))
    return Bunch(
        best=params[best],
        error_rate=float(error_rates[best]),
        params=params,
        error_rates=error_rates,
    )


def _check_values(name, values):
    """Values of a parameter that are to be tried, as a list."""
    if isinstance(values, str) or not np.iterable(values):
        raise TypeError(
            f"{name}s must be a sequence of what to try for {name}, got {values!r}."
        )
    values = list(values)
    if not values:
        raise ValueError(f"There is no {name} to try.")
    for value in values:
        if name == "onset_rule":
            legal, wanted = value in ONSET_RULES, f"one of {ONSET_RULES}"
        else:
            most = math.inf if name == "look_back" else 1
            legal = isinstance(value, Real) and 0 <= value <= most and value < math.inf
            wanted = "at least 0 s" if name == "look_back" else "from 0 to 1"
        if not legal:
            raise ValueError(f"{name}s must each be {wanted}, got {value!r}.")
    return values


def _distance(params, current):
    """How far from what is now: first in the thresholds."""
    return (
        abs(params["threshold"] - current["threshold"])
        + abs(params["onset_threshold"] - current["onset_threshold"]),
        params["onset_rule"] != current["onset_rule"],
        abs(params["look_back"] - current["look_back"]),
    )
