"""From probabilities to at most one event, and the search for thresholds."""
# SPDX-License-Identifier: BSD-3-Clause

from itertools import product

import numpy as np
import pytest

from skaudeep.events._peaks import first_frame, last_frame, peak_frame
from skaudeep.events._threshold_search import search_thresholds

#               0    1    2    3    4    5    6    7    8    9
CURVE = np.array([0.6, 0.2, 0.7, 0.5, 0.6, 0.9, 0.9, 0.8, 0.3, 0.7])


def test_the_first_of_equal_peaks_counts():
    assert peak_frame(CURVE) == 5
    assert peak_frame(np.array([0.1, np.nan])) is None


@pytest.mark.parametrize(
    ("rule", "look_back", "expected"),
    [
        ("window", 9, 0),
        ("window", 5, 0),
        ("window", 4, 2),
        ("window", 2, 4),
        ("window", 0, 5),
        # A frame exactly at the threshold is not above it.
        ("run", 9, 4),
        ("run", 1, 4),
        ("run", 0, 5),
    ],
)
def test_onsets(rule, look_back, expected):
    assert first_frame(CURVE, 5, 0.5, look_back, rule) == expected


@pytest.mark.parametrize("rule", ["window", "run"])
def test_onsets_at_the_edges(rule):
    assert first_frame(np.array([0.9]), 0, 0.5, 3, rule) == 0
    assert first_frame(np.array([0.8, 0.9]), 1, 0.5, 3, rule) == 0
    # The peak is part of the event even if it is not above the threshold.
    assert first_frame(np.array([0.1, 0.4]), 1, 0.5, 3, rule) == 1


def test_offsets():
    assert last_frame(CURVE, 5, 0.5) == 7
    assert last_frame(CURVE, 9, 0.5) == 9
    assert last_frame(CURVE[:7], 5, 0.5) == 6
    assert last_frame(np.array([0.4, 0.3]), 0, 0.5) == 0


def search(curves, onsets, grid, current=None, collar=0.5):
    current = current or {
        "threshold": 0.5,
        "onset_threshold": 0.5,
        "look_back": 0.0,
        "onset_rule": "run",
    }
    return search_thresholds(
        curves,
        onsets,
        grid,
        current=current,
        time_of=lambda frame: frame * 0.1,
        frames_of=lambda seconds: round(seconds / 0.1),
        t_collar=collar,
    )


def test_the_search_equals_the_metric(rng):
    """Every combination against deciding and scoring clip by clip."""
    from skaudeep.metrics import event_based_scores

    curves = list(rng.uniform(size=(12, 30)).astype(np.float32))
    curves[3][:] = np.nan
    onsets = [[1.0], [], [2.0, 0.3], [1.5], *([[t]] for t in rng.uniform(0, 3, 4)), []]
    onsets = [list(np.ravel(times)) for times in onsets] + [[], [], [2.9]]
    grid = {
        "threshold": [0.9, 0.95, 0.99],
        "onset_threshold": [0.5, 0.8],
        "look_back": [0.2, 1.0],
        "onset_rule": ["window", "run"],
    }
    result = search(curves, onsets, grid, collar=0.15)
    assert len(result.params) == len(result.error_rates) == 24
    assert {tuple(p.values()) for p in result.params} == set(product(*grid.values()))
    truth = [[(t, t + 1, "x") for t in times] for times in onsets]
    for params, error_rate in zip(result.params, result.error_rates, strict=True):
        found = []
        for curve in curves:
            peak = peak_frame(curve)
            found.append([])
            if peak is not None and curve[peak] >= params["threshold"]:
                first = first_frame(
                    curve,
                    peak,
                    params["onset_threshold"],
                    round(params["look_back"] / 0.1),
                    params["onset_rule"],
                )
                found[-1].append((first * 0.1, 9.0, "x"))
        scores = event_based_scores(truth, found, offset=False, t_collar=0.15)
        assert error_rate == pytest.approx(scores.overall.error_rate)
    assert result.error_rate == result.error_rates.min()
    assert len(set(result.error_rates)) > 4


def test_of_equals_the_nearest_to_the_present_is_taken():
    grid = {
        "threshold": [0.1, 0.4, 0.6, 0.7],
        "onset_threshold": [0.2, 0.5],
        "look_back": [1.0, 0.0],
        "onset_rule": ["window", "run"],
    }
    result = search([np.array([0.0, 0.8, 0.0])], [[0.1]], grid)
    assert result.error_rate == 0
    assert result.best == {
        "threshold": 0.4,
        "onset_threshold": 0.5,
        "look_back": 0.0,
        "onset_rule": "run",
    }


FULL = {
    "threshold": [0.5],
    "onset_threshold": [0.5],
    "look_back": [1.0],
    "onset_rule": ["run"],
}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"threshold": []}, ValueError, "There is no threshold to try"),
        ({"onset_rule": []}, ValueError, "There is no onset_rule to try"),
        ({"onset_rule": "run"}, TypeError, "onset_rules must be a sequence.*'run'"),
        ({"onset_rule": ["first"]}, ValueError, "one of .*'run'.*, got 'first'"),
        ({"threshold": 0.5}, TypeError, "thresholds must be a sequence.*0.5"),
        ({"threshold": [5.0]}, ValueError, "from 0 to 1, got 5.0"),
        ({"onset_threshold": [np.nan]}, ValueError, "from 0 to 1, got nan"),
        ({"look_back": [None]}, ValueError, "look_backs .* at least 0 s, got None"),
        ({"look_back": [-1]}, ValueError, "at least 0 s, got -1"),
    ],
)
def test_what_cannot_be_searched(changes, error, message):
    with pytest.raises(error, match=message):
        search([CURVE], [[0.5]], {**FULL, **changes})


def test_a_search_needs_events_and_a_collar():
    with pytest.raises(ValueError, match="y has no event"):
        search([CURVE], [[]], FULL)
    with pytest.raises(ValueError, match="t_collar must be at least 0 s.*-1"):
        search([CURVE], [[0.5]], FULL, collar=-1)
