"""Event- and segment-based scores: golden numbers, invariances, errors."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import math
import pickle
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from skaudeep._event_lists import Event
from skaudeep.metrics import event_based_scores, segment_based_scores

REFERENCE = Path(__file__).parents[1] / "reference" / "metrics"
CASES = json.loads((REFERENCE / "sed_eval_cases.json").read_text())["cases"]
VARIANTS = [
    pytest.param(case, variant, id=f"{case['name']}-{variant}")
    for case in CASES
    for variant in case["expected"]
]

# Their names of counts: ours.
EVENT_COUNTS = {
    "Nref": "n_reference",
    "Nsys": "n_system",
    "Ntp": "n_correct",
    "Nsubs": "n_substitutions",
    "Nfp": "n_insertions",
    "Nfn": "n_deletions",
}
SEGMENT_COUNTS = {
    "Nref": "n_reference",
    "Nsys": "n_system",
    "Ntp": "n_correct",
    "Ntn": "n_true_negatives",
    "Nfp": "n_false_positives",
    "Nfn": "n_false_negatives",
    "S": "n_substitutions",
    "D": "n_deletions",
    "I": "n_insertions",
}
# Never filled by the reference: no segment-wise rate, no true negatives of events.
EMPTY_COUNTS = {"ER", "Ntn"}


def event_lists(case, side):
    return [file[side] for file in case["files"]]


def run(case, variant):
    """Our scores of a case in a variant of theirs."""
    y_true, y_pred = event_lists(case, "reference"), event_lists(case, "estimated")
    options = case["expected"][variant]["options"]
    labels = case["event_label_list"]
    if variant.startswith("segment"):
        return segment_based_scores(
            y_true,
            y_pred,
            labels=labels,
            time_resolution=options["time_resolution"],
            durations=case["evaluated_lengths"] if "given" in variant else None,
        )
    return event_based_scores(
        y_true,
        y_pred,
        labels=labels,
        onset=options["evaluate_onset"],
        offset=options["evaluate_offset"],
        t_collar=options["t_collar"],
        percentage_of_length=options["percentage_of_length"],
        matching=options["event_matching_type"],
        empty_output="zero" if variant.endswith("zero_score") else "nan",
    )


def assert_equal_counts(scores, counts, names):
    assert {key for key in counts if key not in names} <= EMPTY_COUNTS
    for key, value in counts.items():
        if key in names:
            assert scores[names[key]] == value
            assert isinstance(scores[names[key]], int)


def assert_equal_rates(scores, results):
    n_compared = 0
    for group in ("f_measure", "error_rate", "accuracy"):
        for key, value in results[group].items():
            expected = math.nan if value is None else value
            assert scores[key] == pytest.approx(expected, rel=1e-12, abs=0, nan_ok=True)
            n_compared += 1
    assert n_compared == len([key for key in scores if not key.startswith("n_")])


def without_check(event_lists, name):
    return [
        [Event(event["onset"], event["offset"], event["event_label"]) for event in clip]
        for clip in event_lists
    ]


@pytest.mark.parametrize(("case", "variant"), VARIANTS)
def test_every_number_of_the_reference(case, variant, monkeypatch):
    if case["name"] == "rare_events_binary":
        # One estimated event ends before its onset. The reference takes it; we refuse
        # it, as the next test says, so the numbers are compared behind that check.
        monkeypatch.setattr(
            "skaudeep.metrics._event_counts.check_event_lists", without_check
        )
    scores, expected = run(case, variant), case["expected"][variant]
    names = SEGMENT_COUNTS if variant.startswith("segment") else EVENT_COUNTS
    assert_equal_counts(scores.overall, expected["counts_overall"], names)
    assert_equal_rates(scores.overall, expected["results"]["overall"])
    assert list(scores.class_wise) == case["event_label_list"]
    for label, of_class in scores.class_wise.items():
        assert_equal_counts(of_class, expected["counts_class_wise"][label], names)
        assert_equal_rates(of_class, expected["results"]["class_wise"][label])
    average = expected["results"]["class_wise_average"]
    assert_equal_rates(scores.class_wise_average, average)


@pytest.mark.parametrize("variant", ["event_onset_0.5_optimal", "segment_1.0"])
def test_event_of_the_reference_that_ends_before_its_onset_is_refused(variant):
    (case,) = (case for case in CASES if case["name"] == "rare_events_binary")
    with pytest.raises(ValueError, match="Event 0 of clip 39 in y_pred ends at 2.0358"):
        run(case, variant)


def test_all_cases_and_variants_are_there():
    assert len(CASES) == 17
    assert {
        variant.rpartition("_given")[0] or variant
        for _, variant in (param.values for param in VARIANTS)
    } == {
        "event_onset_0.5_optimal",
        "event_onset_0.5_greedy",
        "event_onset_0.5_optimal_zero_score",
        "event_onset_offset_0.2_0.5_optimal",
        "event_onset_offset_0.2_0.2_optimal",
        "event_onset_offset_0.25_0.5_greedy",
        "event_offset_only_0.2_0.5_optimal",
        "segment_1.0",
        "segment_0.1",
    }


def random_lists(rng, n_clips=20, n_events=8, seconds=5.0, labels="abc"):
    """Crowded clips: many events overlap, of the same class too."""
    clips = []
    for _ in range(n_clips):
        onsets = rng.uniform(0, seconds, rng.integers(0, n_events + 1))
        clips.append(
            [
                (t, t + rng.uniform(0.05, 2), str(rng.choice(list(labels))))
                for t in onsets
            ]
        )
    return clips


def shuffled(rng, clips):
    return [[clip[i] for i in rng.permutation(len(clip))] for clip in clips]


@pytest.mark.parametrize(
    "options",
    [
        {"offset": False, "t_collar": 0.5},
        {},
        {"onset": False, "percentage_of_length": 0.2},
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_order_of_events_does_not_matter(seed, options):
    rng = np.random.default_rng(seed)
    y_true, y_pred = random_lists(rng), random_lists(rng)
    scores = event_based_scores(y_true, y_pred, **options)
    assert scores.overall.n_correct and scores.overall.n_substitutions
    again = event_based_scores(shuffled(rng, y_true), shuffled(rng, y_pred), **options)
    assert again == scores
    segments = segment_based_scores(y_true, y_pred)
    assert segment_based_scores(shuffled(rng, y_true), y_pred) == segments


@pytest.mark.parametrize("matching", ["optimal", "greedy"])
def test_order_of_clips_does_not_matter(matching):
    rng = np.random.default_rng(0)
    y_true, y_pred = random_lists(rng), random_lists(rng)
    order = rng.permutation(len(y_true))
    assert event_based_scores(
        [y_true[i] for i in order], [y_pred[i] for i in order], matching=matching
    ) == event_based_scores(y_true, y_pred, matching=matching)


def test_classes_alone_give_their_class_wise_scores():
    rng = np.random.default_rng(1)
    y_true, y_pred = random_lists(rng), random_lists(rng)
    for scores_of in (event_based_scores, segment_based_scores):
        options = {} if scores_of is event_based_scores else {"durations": 8}
        together = scores_of(y_true, y_pred, **options).class_wise
        for label in "abc":
            only = [
                [[event for event in clip if event[2] == label] for clip in side]
                for side in (y_true, y_pred)
            ]
            alone = scores_of(*only, labels=[label], **options)
            assert alone.class_wise[label] == together[label]
            overall = {**alone.overall}
            assert overall.pop("n_substitutions") == 0
            assert overall.pop("substitution_rate") == 0
            assert overall == together[label]


def test_optimal_finds_more_than_greedy_in_a_crowd():
    rng = np.random.default_rng(2)
    y_true, y_pred = (random_lists(rng, seconds=2.0) for _ in range(2))
    optimal, greedy = (
        event_based_scores(
            y_true, y_pred, offset=False, t_collar=0.5, matching=matching
        ).overall.n_correct
        for matching in ("optimal", "greedy")
    )
    assert optimal > greedy


def test_optimal_is_the_largest_of_all_pairings():
    def largest(true, pred):
        if not true:
            return 0
        best = largest(true[1:], pred)
        for i, (onset, _, label) in enumerate(pred):
            if label == true[0][2] and abs(onset - true[0][0]) <= 0.5:
                rest = pred[:i] + pred[i + 1 :]
                best = max(best, 1 + largest(true[1:], rest))
        return best

    rng = np.random.default_rng(3)
    y_true, y_pred = (random_lists(rng, 30, 5, 2.0, "ab") for _ in range(2))
    scores = event_based_scores(y_true, y_pred, offset=False, t_collar=0.5)
    assert scores.overall.n_correct == sum(map(largest, y_true, y_pred))


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("shift", "found"), [(0.0, 1), (0.49, 1), (0.51, 0), (2.0, 0)])
def test_collar_of_half_a_second(shift, found, sign):
    y_true = [[(7.3, 8.0, "gunshot")], []]
    y_pred = [[(7.3 + sign * shift, 30.0, "gunshot")], []]
    scores = event_based_scores(y_true, y_pred, offset=False, t_collar=0.5)
    assert scores.overall.n_correct == found
    assert scores.overall.error_rate == pytest.approx(0 if found else 2)
    assert scores.overall.f_measure == found


@pytest.mark.parametrize(
    ("offset", "found"), [(2.19, 1), (2.21, 0), (11.9, 1), (12.1, 0), (8.1, 1)]
)
def test_larger_offset_tolerance_holds(offset, found):
    onset, end = (1.0, 2.0) if offset < 3 else (2.0, 10.0)
    scores = event_based_scores(
        [[(onset, end, "a")]], [[(onset, offset, "a")]], percentage_of_length=0.19
    )
    expected = found if offset < 3 else abs(offset - end) <= 0.19 * 8
    assert scores.overall.n_correct == expected


def test_overlapping_events_of_one_class_count_once_each():
    y_true = [[(1.0, 4.0, "a"), (1.2, 3.0, "a"), (1.4, 2.0, "a")]]
    one = event_based_scores(y_true, [[(1.2, 3.0, "a")]], offset=False)
    assert (one.overall.n_correct, one.overall.n_deletions) == (1, 2)
    assert event_based_scores(y_true, y_true).overall.error_rate == 0
    # For segments they are one activity.
    merged = segment_based_scores(y_true, [[(1.0, 4.0, "a")]])
    assert merged.overall.error_rate == 0
    assert merged.overall.n_reference == 3


def test_clips_do_not_mix():
    y_true = [[(1.0, 2.0, "a")], []]
    y_pred = [[], [(1.0, 2.0, "a")]]
    assert event_based_scores(y_true, y_pred).overall.n_correct == 0
    assert segment_based_scores(y_true, y_pred).overall.n_correct == 0


SCORES = [event_based_scores, segment_based_scores]
SOME = [[(1.0, 2.0, "a"), (3.0, 4.0, "b")], []]
NONE = [[], []]


@pytest.mark.parametrize("scores_of", SCORES)
def test_nothing_found(scores_of):
    scores = scores_of(SOME, NONE)
    assert scores.overall.error_rate == scores.overall.deletion_rate == 1
    assert scores.overall.recall == 0
    assert math.isnan(scores.overall.precision)
    assert math.isnan(scores.overall.f_measure)
    assert math.isnan(scores.class_wise_average.f_measure)


@pytest.mark.parametrize("scores_of", SCORES)
def test_nothing_to_be_found(scores_of):
    scores = scores_of(NONE, SOME)
    assert scores.overall.precision == 0
    assert math.isnan(scores.overall.recall)
    assert math.isnan(scores.overall.f_measure)
    assert scores.overall.error_rate == pytest.approx(2 / np.finfo(float).eps)
    assert scores.overall.error_rate == scores.overall.insertion_rate


@pytest.mark.parametrize("scores_of", SCORES)
@pytest.mark.parametrize("clips", [NONE, []])
def test_nothing_at_all(scores_of, clips):
    scores = scores_of(clips, clips)
    assert scores.overall.error_rate == 0
    assert math.isnan(scores.overall.f_measure)
    assert scores.class_wise == {}
    assert math.isnan(scores.class_wise_average.error_rate)
    of_class = scores_of(clips, clips, labels=["a"])
    assert of_class.class_wise_average.error_rate == 0
    assert math.isnan(of_class.class_wise_average.f_measure)


def test_macro_average_skips_what_is_never_output_or_counts_it_as_0():
    y_pred = [[(1.0, 2.0, "a")], []]
    assert event_based_scores(SOME, y_pred).class_wise_average.f_measure == 1
    zero = event_based_scores(SOME, y_pred, empty_output="zero")
    assert zero.class_wise_average.f_measure == 0.5
    assert zero.class_wise["b"].precision == 0
    nothing = event_based_scores(SOME, NONE, empty_output="zero")
    assert nothing.overall.f_measure == 0


def test_labels_that_do_not_occur_are_listed():
    scores = event_based_scores(SOME, SOME, labels=["b", "c", "a"])
    assert list(scores.class_wise) == ["b", "c", "a"]
    assert scores.class_wise["c"].n_reference == 0
    assert scores.class_wise_average.f_measure == 1


def test_duration_makes_true_negatives_and_cuts():
    y_true, y_pred = [[(1.0, 3.0, "a")], [(0.0, 1.0, "a")]], [[], [(0.0, 1.0, "a")]]
    assert segment_based_scores(y_true, y_pred).overall.n_true_negatives == 1
    scores = segment_based_scores(y_true, y_pred, durations=10)
    assert scores.overall.n_true_negatives == 17
    assert (
        scores.overall
        == segment_based_scores(y_true, y_pred, durations=np.array([10, 10.0])).overall
    )
    cut = segment_based_scores(y_true, y_pred, durations=[2, 0]).overall
    assert (cut.n_reference, cut.n_system, cut.n_true_negatives) == (1, 0, 1)


def test_containers_of_events():
    tuples = [[(1.0, 2.0, "a", 0.9)], []]
    mappings = [[{"onset": 1, "offset": 2, "label": "a"}], []]
    assert event_based_scores(tuples, mappings).overall.n_correct == 1
    assert segment_based_scores(mappings, tuples).overall.n_correct == 1


@pytest.mark.parametrize("scores_of", SCORES)
def test_result_is_plain_numbers_and_pickles(scores_of):
    scores = scores_of(SOME, SOME)
    assert pickle.loads(pickle.dumps(scores)) == scores
    for group in (
        scores.overall,
        scores.class_wise_average,
        *scores.class_wise.values(),
    ):
        assert {type(value) for value in group.values()} <= {int, float}
    json.dumps(scores)


@pytest.mark.parametrize("scores_of", SCORES)
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((SOME, [[]]), {}, ValueError, "y_true has 2 clips and y_pred has 1"),
        (
            (SOME, NONE),
            {"labels": ["a", "c"]},
            ValueError,
            r"Event 1 of clip 0 in y_true has the label 'b', .* labels=\['a', 'c'\]",
        ),
        ((NONE, SOME), {"labels": ["a"]}, ValueError, "Event 1 of clip 0 in y_pred"),
        ((SOME, SOME), {"labels": "ab"}, TypeError, "labels .* the text 'ab'"),
        ((SOME, SOME), {"labels": []}, ValueError, "one or more texts"),
        ((SOME, SOME), {"labels": ["a", 1]}, ValueError, "one or more texts"),
        ((SOME, SOME), {"labels": ["a", "b", "a"]}, ValueError, "must be different"),
        ((SOME[0], SOME), {}, TypeError, "Clip 0 of y_true must have a list"),
        ((SOME, [[(2, 1, "a")], []]), {}, ValueError, "clip 0 in y_pred ends at 1"),
    ],
)
def test_bad_input_is_named(scores_of, arguments, options, error, message):
    with pytest.raises(error, match=message):
        scores_of(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"t_collar": -0.1}, r"'t_collar' .* in the range \[0.*Got -0.1"),
        ({"t_collar": math.nan}, "'t_collar' .* Got nan"),
        ({"t_collar": "0.5"}, "'t_collar' .* Got '0.5'"),
        ({"percentage_of_length": 50}, "'percentage_of_length' .* Got 50"),
        ({"matching": "best"}, "'matching' .* Got 'best'"),
        ({"empty_output": 0}, "'empty_output' .* Got 0"),
        ({"onset": False, "offset": False}, "onset and offset are both False"),
    ],
)
def test_bad_event_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        event_based_scores(SOME, SOME, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_resolution": 0}, "'time_resolution' .* Got 0"),
        ({"time_resolution": math.inf}, "'time_resolution' .* Got inf"),
        ({"durations": [1, 2, 3]}, r"each of the 2 clips, got shape \(3,\)"),
        ({"durations": [10, -1]}, "at least 0 s, got -1.0 for clip 1"),
        ({"durations": math.nan}, "got nan for clip 0"),
    ],
)
def test_bad_segment_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        segment_based_scores(SOME, SOME, **options)


def test_finer_segments_approach_durations():
    y_true, y_pred = [[(0.0, 10.0, "a")]], [[(2.5, 7.5, "a")]]
    recalls = [
        segment_based_scores(y_true, y_pred, time_resolution=r).overall.recall
        for r in (5, 1, 0.1)
    ]
    assert recalls == pytest.approx([1, 0.6, 0.5])
    assert all(a > b for a, b in pairwise(recalls))
