"""Bags of 20,000 frames of 4096 deep features: time, memory and openXBOW's counts.

The words are 500 and 1000 of the frames, each frame counts for the 10 nearest. The ways
are timed in turns, round after round, so that whatever else the machine does hits all
of them; given are the shortest times and their ratio to the matrix product of frames
and words, without which nothing goes. Memory is measured in processes of their own:
what the peak is above what stands before. The words and the counts to compare with are
openXBOW's; it took 47 and 75 s, of which 13 s to read the frames from text. Run it as

    python benchmarks/bag_of_deep_features.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from helpers.memory import STATUS, resident
from sklearn.neighbors import NearestNeighbors

from skaudeep.representation import BagOfDeepFeatures

REFERENCE = Path(__file__).parents[1] / "tests" / "reference" / "openxbow"
N_BANDS, PER_BAG = 4096, 100


def make_frames(n_frames):
    """The frames of the reference: rectified noise with three decimals."""
    rng = np.random.default_rng(0)
    X = np.empty((n_frames, N_BANDS), dtype=np.float32)
    for i in range(0, n_frames, PER_BAG):
        noise = rng.standard_normal((PER_BAG, N_BANDS), dtype=np.float32)
        X[i : i + PER_BAG] = np.rint(np.maximum(noise, 0) * 1000) / np.float32(1000)
    return X


def make_ways(X, words):
    """What is timed, by name."""
    bags = X.reshape(-1, PER_BAG, N_BANDS)
    given = BagOfDeepFeatures(codebook=words, normalize_input=None).fit(bags[:1])
    drawn = BagOfDeepFeatures(len(words), random_state=0).fit(bags)
    one = BagOfDeepFeatures(codebook=words, normalize_input=None, n_jobs=1)
    one.fit(bags[:1])
    neighbours = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(words)
    few = X[: len(X) // 5]
    return {
        "the matrix product alone": lambda: X @ words.T,
        "BagOfDeepFeatures, not scaled": lambda: given.transform(bags),
        "  of a list of clips": lambda: given.transform(list(bags)),
        "  with n_jobs=1": lambda: one.transform(bags),
        "BagOfDeepFeatures, min-max": lambda: drawn.transform(bags),
        "  fit": lambda: drawn.fit(bags),
        "NearestNeighbors, brute force *": lambda: neighbours.kneighbors(few),
    }


def measure(ways, rounds):
    """Shortest time of every way in seconds, timed in turns."""
    times = {name: [] for name in ways}
    for i in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if i:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    shortest = {name: min(values) for name, values in times.items()}
    for name in shortest:
        shortest[name] *= 5 if name.endswith("*") else 1
    return shortest


def differing_cells(X, words, expected):
    """How many counts are not openXBOW's, and by how much at most."""
    bags = X.reshape(-1, PER_BAG, N_BANDS)
    bag = BagOfDeepFeatures(codebook=words, normalize_input=None)
    counts = np.rint(10.0 ** bag.fit_transform(bags) - 1)
    difference = np.abs(counts - np.rint(10.0 ** expected[: len(bags)] - 1))
    return np.count_nonzero(difference), int(difference.max())


def print_extra_memory(n_frames, n_words, normalize_input):
    """In a process of its own: what transform takes beside frames and bags."""
    X = make_frames(n_frames).reshape(-1, PER_BAG, N_BANDS)
    bag = BagOfDeepFeatures(
        n_words, normalize_input=normalize_input, random_state=0
    ).fit(X)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    bags = bag.transform(X)
    print(resident("VmHWM") - before - bags.nbytes / 2**20)


def extra_memory(*arguments):
    """Of a new process, in MiB."""
    call = f"import bag_of_deep_features as b; b.print_extra_memory{arguments!r}"
    result = subprocess.run(
        [sys.executable, "-c", call],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    return float(result.stdout)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="2000 frames, one round")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    n_frames, rounds = (2000, 1) if options.short else (20000, options.rounds)
    X = make_frames(20000)
    with np.load(REFERENCE / "bench_20000x4096.npz") as file:
        bench = dict(file)
    for n_words in (500, 1000):
        words = X[bench[f"codebook_rows_{n_words}"]]
        part = X[:n_frames]
        n_cells, most = differing_cells(part, words, bench[f"hist_{n_words}"])
        print(
            f"{n_frames} x {N_BANDS} frames, {n_words} words: {n_cells} counts differ "
            f"from openXBOW's, by {most} at most"
        )
        seconds = measure(make_ways(part, words), rounds)
        product = next(iter(seconds.values()))
        for name, value in seconds.items():
            print(f"  {name:34}{value:8.3f} s{value / product:8.2f}")
    print("* by proportion, from a fifth of the frames")
    if STATUS.exists():
        for n_frames in (2000,) if options.short else (5000, 20000):
            for normalize_input in (None, "minmax"):
                extra = extra_memory(n_frames, 1000, normalize_input)
                print(
                    f"{n_frames} frames, 1000 words, normalize_input="
                    f"{normalize_input!r}: {extra:.0f} MiB beside frames and bags"
                )


if __name__ == "__main__":
    main()
