"""LiblinearClassifier against LinearSVC and against LIBLINEAR's own binding.

Run ``python benchmarks/bench_liblinear.py`` (4680 x 4096 dense features of ten classes,
the size of a deep representation of a scene corpus) or ``--short``. All times come
from one process; the ratios are what counts.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time

import numpy as np
from liblinear import liblinearutil
from scipy import sparse
from sklearn.svm import LinearSVC

from skaudeep.classifiers import LiblinearClassifier
from skaudeep.classifiers._liblinear_training import make_problem


def make_features(n_samples, n_features, n_classes=10, seed=0):
    """Standardised features with overlapping classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    centres = 0.1 * rng.standard_normal((n_classes, n_features))
    X = centres[y] + rng.standard_normal((n_samples, n_features))
    return X / X.std(axis=0), y


def seconds(function, repeats):
    """Median wall time of `function`, and what it returned last."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), result


def main():
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="800 x 512, one repeat")
    options = parser.parse_args()
    n_samples, n_features = (800, 512) if options.short else (4680, 4096)
    repeats = 1 if options.short else 3
    X, y = make_features(n_samples, n_features)
    few = X[: n_samples // 9]

    LiblinearClassifier().fit(few, y[: len(few)])  # imports are not to be timed
    ours = LiblinearClassifier(C=1e-3, random_state=0)
    same_tol = LinearSVC(C=1e-3, tol=0.1, dual=True, random_state=0)
    default_tol = LinearSVC(C=1e-3, dual=True, random_state=0)
    t_fit, _ = seconds(lambda: ours.fit(X, y), repeats)
    t_same, _ = seconds(lambda: same_tol.fit(X, y), repeats)
    t_default, _ = seconds(lambda: default_tol.fit(X, y), 1)

    y_float = y.astype(np.float64)
    liblinearutil.problem(y_float[:2], sparse.csr_matrix(X[:2]), 1)  # compiles
    t_own, _ = seconds(lambda: make_problem(X, y, 1.0), repeats)
    t_csr, _ = seconds(
        lambda: liblinearutil.problem(y_float, sparse.csr_matrix(X), 1), repeats
    )
    t_dense, _ = seconds(lambda: liblinearutil.problem(y_float[: len(few)], few, 1), 1)
    t_dense *= n_samples / len(few)

    model = liblinearutil.train(
        liblinearutil.problem(y_float, sparse.csr_matrix(X), 1), "-s 1 -c 1e-3 -B 1 -q"
    )
    t_predict, labels = seconds(lambda: ours.predict(X), 5)
    t_svc, _ = seconds(lambda: same_tol.predict(X), 5)
    t_binding, binding = seconds(
        lambda: liblinearutil.predict([], few, model, "-q")[0], 1
    )
    t_binding *= n_samples / len(few)
    agreement = np.mean(labels[: len(few)] == np.array(binding, dtype=int))

    rows = [
        ("fit: LinearSVC, tol 0.1", t_same, t_fit),
        ("fit: LinearSVC, default tol 1e-4", t_default, t_fit),
        ("conversion: csr_matrix(X), the binding's", t_csr, t_own),
        ("conversion: the binding's, dense *", t_dense, t_own),
        ("predict: LinearSVC", t_svc, t_predict),
        ("predict: the binding's *", t_binding, t_predict),
    ]
    print(f"{n_samples} x {n_features} float64, dense, 10 classes")
    print(f"{'other':40}{'other s':>10}{'ours s':>10}{'ratio':>8}")
    for name, other, own in rows:
        print(f"{name:40}{other:10.4f}{own:10.4f}{other / own:8.1f}")
    print("* by proportion, from a ninth of the samples")
    print(f"labels equal to the binding's: {agreement:.4f}")


if __name__ == "__main__":
    main()
