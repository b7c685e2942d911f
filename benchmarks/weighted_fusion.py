"""The weights of a fusion: this library's search, the obvious loop, and the floor.

Milliseconds to search the grid of step 0.1 for the weights of four and of six members,
of which out-of-fold probabilities of 4680 clips and 15 classes are given; scored by
unweighted average recall. The loop fuses, decides and calls scikit-learn's
``balanced_accuracy_score`` point by point. The floor is the weighted sums alone, as
one product of matrices. The ways are timed in turns, round after round; the loop on a
sample of the points, and its time multiplied. Run it as

    python benchmarks/weighted_fusion.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import statistics

import numpy as np
from helpers.timing import seconds
from sklearn.metrics import balanced_accuracy_score

from skaudeep.classifiers._fusion_search import Ballots, Judge, simplex_grid, tune

N_CLASSES, N_TIMED = 15, 66


def make_answers(n_members, n_clips, rng):
    """Probabilities of members that are right now and then, and the truth."""
    y = rng.integers(N_CLASSES, size=n_clips)
    logits = rng.standard_normal((n_members, n_clips, N_CLASSES))
    logits[:, np.arange(n_clips), y] += 1.5
    odds = np.exp(logits)
    return odds / odds.sum(axis=-1, keepdims=True), y


def compare(n_members, n_clips, n_rounds, rng):
    """Print one line."""
    probabilities, y = make_answers(n_members, n_clips, rng)
    grid = simplex_grid(n_members, 0.1) / 10
    timed = grid[:: max(1, len(grid) // N_TIMED)]
    rows = probabilities.reshape(n_members, -1)

    def search():
        judge = Judge("uar", y, np.arange(N_CLASSES))
        return tune("simplex", 0.1, Ballots(probabilities), judge)

    def loop():
        scores = []
        for weights in timed:
            fused = np.tensordot(weights, probabilities, 1)
            scores.append(balanced_accuracy_score(y, fused.argmax(axis=1)))
        return scores

    def floor():
        for start in range(0, len(grid), 64):
            grid[start : start + 64] @ rows

    np.testing.assert_allclose(
        search().search["scores"][:: max(1, len(grid) // N_TIMED)], loop()
    )
    ways = {"ours": search, "loop": loop, "floor": floor}
    times = {name: [] for name in ways}
    for _ in range(n_rounds):
        for name, way in ways.items():
            times[name].append(seconds(way))
    median = {name: statistics.median(values) * 1e3 for name, values in times.items()}
    median["loop"] *= len(grid) / len(timed)
    ours = median["ours"]
    print(f"{n_members} members, {len(grid)} points, {n_clips} clips")
    for name, milliseconds in median.items():
        print(f"  {name:6} {milliseconds:9.1f} ms  {milliseconds / ours:6.2f}")


def main():
    """Print a table for four and for six members."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a tenth of the clips")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    for n_members in (4, 6):
        compare(
            n_members,
            n_clips=468 if options.short else 4680,
            n_rounds=2 if options.short else 5,
            rng=rng,
        )


if __name__ == "__main__":
    main()
