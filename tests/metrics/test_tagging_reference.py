"""Tags as events of clips that are one segment long, against sed_eval's numbers."""
# SPDX-License-Identifier: BSD-3-Clause

import json
from pathlib import Path

import numpy as np
import pytest

from skaudeep.metrics import segment_based_scores

REFERENCE = Path(__file__).parents[1] / "reference" / "metrics"
CASES = json.loads((REFERENCE / "tagging_scene_cases.json").read_text())["tagging"]


def as_events(indicators, tags):
    return [
        [(0.0, 1.0, tag) for tag, active in zip(tags, row, strict=True) if active]
        for row in indicators
    ]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_tags_are_segments(case):
    tags, expected = case["tags"], case["expected"]
    found = np.array(case["probabilities"]) > case["decision_threshold"]
    # A tag without a reference has no numbers there, and is left out of the mean.
    present = [t for t in tags if expected["class_wise"][t]["count"]["Nref"]]
    truth = as_events(case["y_true"], tags)
    found = as_events(found, tags)
    durations = [1.0] * len(truth)
    every = segment_based_scores(truth, found, labels=tags, durations=durations)
    counts = expected["overall"]["count"]
    assert every.overall.n_reference == counts["Nref"]
    assert every.overall.n_system == counts["Nsys"]
    for name in ("f_measure", "precision", "recall"):
        wanted = expected["overall"]["f_measure"][name]
        assert every.overall[name] == pytest.approx(wanted, rel=1e-9)
        wanted = expected["class_wise_average"]["f_measure"][name]
        mean = np.mean([every.class_wise[tag][name] for tag in present])
        assert mean == pytest.approx(wanted, rel=1e-9)
    for tag in tags:
        scores, wanted = every.class_wise[tag], expected["class_wise"][tag]
        for ours, theirs in {
            "n_correct": "Ntp",
            "n_true_negatives": "Ntn",
            "n_false_positives": "Nfp",
            "n_false_negatives": "Nfn",
        }.items():
            assert scores[ours] == wanted["count"][theirs]
        if tag in present:
            for name in ("f_measure", "precision", "recall"):
                assert scores[name] == pytest.approx(wanted["f_measure"][name], 1e-9)
