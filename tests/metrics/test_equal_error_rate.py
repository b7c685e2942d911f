"""Equal error rate: golden numbers, what is undefined, invariances, errors."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skaudeep.metrics import equal_error_rate

REFERENCE = Path(__file__).parents[1] / "reference" / "metrics"
CASES = json.loads((REFERENCE / "eer_cases.json").read_text())["cases"]
BASELINE = json.loads((REFERENCE / "eer_baseline_fold1.json").read_text())
TAGGING = json.loads((REFERENCE / "tagging_scene_cases.json").read_text())["tagging"]

# Of three tags the second is never true, so that its rate is undefined.
Y_TRUE = [[1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
Y_SCORE = [[0.9, 0.2, 0.4], [0.1, 0.3, 0.4], [0.8, 0.1, 0.4], [0.3, 0.2, 0.4]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_reference_arrays(case):
    expected = case["expected"]["dcase2016_eer"]
    if expected is None:
        with pytest.warns(UndefinedMetricWarning, match="undefined, and NaN"):
            assert math.isnan(equal_error_rate(case["y_true"], case["y_score"]))
    else:
        rate = equal_error_rate(case["y_true"], case["y_score"])
        assert rate == pytest.approx(expected, rel=1e-12, abs=1e-15)
        assert rate == pytest.approx(case["expected"]["sed_eval_eer"], rel=1e-9)
        assert isinstance(rate, float)


def test_all_reference_arrays_are_there():
    assert len(CASES) == 14
    assert len(BASELINE["labels"]) == 7


def test_challenge_baseline():
    labels = BASELINE["labels"]
    y_true = np.array([list(label["y_true"]) for label in labels]).T.astype(int)
    y_score = np.array([label["score_dense_rank"] for label in labels]).T
    expected = [label["dcase2016_eer"] for label in labels]
    rates = equal_error_rate(y_true, y_score, average=None)
    np.testing.assert_allclose(rates, expected, rtol=1e-12)
    mean = equal_error_rate(y_true, y_score)
    assert mean == pytest.approx(BASELINE["mean_dcase2016_eer"], rel=1e-12)
    assert round(mean, 4) == 0.1924


@pytest.mark.parametrize("case", TAGGING, ids=[case["name"] for case in TAGGING])
def test_tagging_reference(case):
    arguments, expected = (case["y_true"], case["probabilities"]), case["expected"]
    per_tag = [expected["class_wise"][tag]["eer"]["eer"] for tag in case["tags"]]
    rates = equal_error_rate(*arguments, average=None)
    np.testing.assert_allclose(rates, np.array(per_tag, dtype=float), rtol=1e-12)
    assert equal_error_rate(*arguments) == pytest.approx(
        expected["class_wise_average"]["eer"]["eer"], rel=1e-12
    )
    assert equal_error_rate(*arguments, average="micro") == pytest.approx(
        expected["overall"]["eer"]["eer"], rel=1e-12
    )


@pytest.mark.parametrize("seed", range(3))
def test_only_the_order_of_scores_matters(seed):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, 2, 50)
    y_score = rng.normal(size=50).round(1) + y_true
    rate = equal_error_rate(y_true, y_score)
    assert 0 < rate < 0.5
    assert equal_error_rate(y_true, np.exp(y_score) * 100) == pytest.approx(rate)
    order = rng.permutation(50)
    assert equal_error_rate(y_true[order], y_score[order]) == pytest.approx(rate)


@pytest.mark.parametrize("container", [list, np.array, pd.Series])
@pytest.mark.parametrize("negative", [0, -1, False])
def test_containers_and_codes(container, negative):
    y_true = container([negative, negative, negative, 1 if negative else True])
    assert equal_error_rate(y_true, container([0.1, 0.6, 0.2, 0.5])) == pytest.approx(
        1 / 3
    )


def test_absent_tag():
    rates = equal_error_rate(Y_TRUE, Y_SCORE, average=None)
    np.testing.assert_array_equal(rates, [0, np.nan, 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert equal_error_rate(Y_TRUE, Y_SCORE) == 0.25
    with pytest.warns(UndefinedMetricWarning):
        assert math.isnan(equal_error_rate(Y_TRUE, Y_SCORE, absent="nan"))
    with pytest.raises(ValueError, match=r"of the tags \[1\] is undefined"):
        equal_error_rate(Y_TRUE, Y_SCORE, absent="raise")
    with pytest.raises(ValueError, match=r"of the tags \[1\] is undefined"):
        equal_error_rate(Y_TRUE, Y_SCORE, absent="raise", average=None)


def test_tag_of_all_clips_is_undefined_like_one_of_none():
    y_true = np.array(Y_TRUE)
    y_true[:, 1] = 1
    assert equal_error_rate(y_true, Y_SCORE) == 0.25


def test_no_tag_is_defined():
    with pytest.warns(UndefinedMetricWarning):
        assert math.isnan(equal_error_rate([[0, 1], [0, 1]], [[0.5, 0.5], [0.1, 0.2]]))
    with pytest.raises(ValueError, match="y_true is the same everywhere"):
        equal_error_rate([1, 1], [0.1, 0.2], absent="raise")


def test_micro_needs_no_tag_to_be_defined():
    y_true, y_score = [[0, 1], [0, 1]], [[0.1, 0.9], [0.3, 0.2]]
    assert equal_error_rate(y_true, y_score, average="micro") == 0.5


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0, 1], [0.1]), {}, r"same shape, .* got \(2,\) and \(1,\)"),
        (([0, 1], [[0.1], [0.2]]), {}, r"got \(2,\) and \(2, 1\)"),
        (([0, 2], [0.1, 0.2]), {}, r"y_true must hold 1 .* got the values \[0, 2\]"),
        (([-1, 0, 1], [0.1, 0.2, 0.3]), {}, r"got the values \[-1, 0, 1\]"),
        (([0, 1], [0.1, math.nan]), {}, "y_score contains NaN"),
        (([0, 1], [0.1, math.inf]), {}, "y_score contains infinity"),
        (([], []), {}, "minimum of 1 is required"),
        (([0, 1], [0.1, 0.2]), {"average": "mean"}, "'average' .* Got 'mean'"),
        (([0, 1], [0.1, 0.2]), {"absent": "zero"}, "'absent' .* Got 'zero'"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        equal_error_rate(*arguments, **options)
