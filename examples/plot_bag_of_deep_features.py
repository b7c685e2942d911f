"""
Bags of deep features
=====================

Spoken syllables are cut into windows of a tenth of a second, every window is drawn as a
picture and described by an image network, and a codebook turns the windows of a
syllable, however many there are, into one histogram. How large should the codebook be,
and how many of its words should each window count for? And what does the bag give over
letting the windows vote?

Run it with ``python examples/plot_bag_of_deep_features.py``; ``--short`` makes
everything smaller.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Windows as deep features
# ------------------------
# Nothing is learnt from the recordings here, so the windows of all clips are described
# once, outside the folds. The output is a sequence a clip: one vector a window.

import argparse
import os
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MFCC, MelSpectrogram, SequenceStatistics
from skaudeep.classifiers import ChunkVotingClassifier, LiblinearClassifier
from skaudeep.datasets import PredefinedFolds, load_mandarin_syllables
from skaudeep.metrics import uar_scorer
from skaudeep.representation import BagOfDeepFeatures, DeepSpectrum

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # here and in worker processes

parser = argparse.ArgumentParser(description="Bags of deep features.")
parser.add_argument("--short", action="store_true", help="under a minute")
parser.add_argument("--output", type=Path, default=Path("skaudeep-bags"))
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)
started = time.perf_counter()
N_JOBS = 2

data = load_mandarin_syllables()
X, y, groups = data.recordings, data.target, data.groups
folds = list(data.cv.split(X, y, groups))
if options.short:
    # Every third clip, and one fold.
    kept = np.arange(0, len(X), 3)
    folds = [[np.flatnonzero(np.isin(kept, part)) for part in folds[0]]]
    X, y, groups = X[kept], y[kept], groups[kept]
folds = PredefinedFolds(folds)

spectrograms = MelSpectrogram(
    window_width=0.025, window_overlap=0.02, clip_below=-60, scale=None, n_jobs=N_JOBS
).fit_transform(X)
# Each picture has its own range of levels, so that soft windows are seen as well.
spectrum = DeepSpectrum(
    layer="block11_add",
    pooling="time",
    window=0.1,
    hop=0.2 if options.short else 0.05,
    frame_step=0.005,
    n_jobs=N_JOBS,
)
before = time.perf_counter()
windows = spectrum.fit_transform(spectrograms)
n_windows = sum(map(len, windows))
rate = n_windows / (time.perf_counter() - before)
print(f"{n_windows} windows of {len(X)} clips, {rate:.0f} windows/s", flush=True)

# %%
# Codebook size and assignments
# -----------------------------
# Rows are sizes of the codebook, columns the number of words a window counts for; each
# number is the UAR, mean of the predefined folds. Codebook and scaling are learnt on
# the training part of each fold, because the bag is a step of the pipeline.


def classify(*steps):
    """The steps, standardised, and LIBLINEAR with classes counting alike."""
    classifier = LiblinearClassifier(C=1e-3, class_weight="balanced", random_state=0)
    return make_pipeline(*steps, StandardScaler(), classifier)


sizes = [50, 200] if options.short else [100, 200, 500, 1000]
assignments = [1, 10] if options.short else [1, 10, 20, 50]
grid = {
    "bagofdeepfeatures__codebook_size": sizes,
    "bagofdeepfeatures__n_assignments": assignments,
}
search = GridSearchCV(
    classify(BagOfDeepFeatures(random_state=0)),
    grid,
    scoring=uar_scorer,
    cv=folds,
    refit=False,
    n_jobs=N_JOBS,
)
search.fit(windows, y)
table = search.cv_results_["mean_test_score"].reshape(len(sizes), len(assignments))
print("\nUAR by codebook size (rows) and assignments (columns)")
print(f"{'':8}", *(f"{a:6}" for a in assignments))
for size, row in zip(sizes, table, strict=True):
    print(f"{size:8}", *(f"{value:6.3f}" for value in row), flush=True)

figure, axis = plt.subplots(figsize=(5, 4), layout="constrained")
image = axis.imshow(table, aspect="auto")
axis.set(
    xticks=range(len(assignments)),
    xticklabels=assignments,
    yticks=range(len(sizes)),
    yticklabels=sizes,
    xlabel="assignments of a window",
    ylabel="codebook size",
)
for i, row in enumerate(table):
    for j, value in enumerate(row):
        dark = value < (table.min() + table.max()) / 2
        colour = "white" if dark else "black"
        axis.text(j, i, f"{value:.3f}", ha="center", va="center", color=colour)
figure.colorbar(image, ax=axis, label="UAR")
path = options.output / "table.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}", flush=True)

# %%
# The bag beside the vote
# -----------------------
# The best cell of a table was chosen by its test scores. Here both parameters, and C,
# are chosen on the training part of each fold, by a split that keeps syllables
# together. Beside the bag stand the windows themselves, each classified, with the C of
# the table as there are so many, and then counted (majority vote); their mean; the bag
# of windows from the network with random weights; and a bag of MFCC frames, the classic
# bag of audio words.

inner = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
C = [1e-4, 1e-3, 1e-2]
of_bag = {
    **{name: values[-2:] for name, values in grid.items()},
    "liblinearclassifier__C": C,
}
scores = {}


def evaluate(name, pipeline, grid, sequences):
    """UAR in every fold, with the parameters chosen on its training part."""
    search = GridSearchCV(pipeline, grid, scoring=uar_scorer, cv=inner, n_jobs=N_JOBS)
    scores[name], chosen = [], []
    for train, test in folds.split(X):
        fitted = clone(search).fit(sequences[train], y[train], groups=groups[train])
        scores[name].append(uar_scorer(fitted, sequences[test], y[test]))
        chosen.append("/".join(f"{v:g}" for v in fitted.best_params_.values()))
    print(f"{name:32} {np.mean(scores[name]):.3f}   {' '.join(chosen)}", flush=True)


with warnings.catch_warnings():
    # It says that random weights make no Deep Spectrum features, which is the point.
    warnings.simplefilter("ignore")
    untrained = clone(spectrum).set_params(weights=None, random_state=0)
    random_windows = untrained.fit_transform(spectrograms)
mfcc = MFCC(window_width=0.025, window_overlap=0.015).fit_transform(X)
bag = classify(BagOfDeepFeatures(random_state=0))
evaluate("bag of deep features", bag, of_bag, windows)
vote = ChunkVotingClassifier(classify(), voting="hard")
scores["majority vote of the windows"] = cross_val_score(
    vote, windows, y, scoring=uar_scorer, cv=folds, n_jobs=N_JOBS
)
mean = classify(SequenceStatistics(("mean",)))
evaluate("mean of the windows", mean, {"liblinearclassifier__C": C}, windows)
evaluate("bag, random weights", bag, of_bag, random_windows)
evaluate("bag of MFCC frames", bag, of_bag, mfcc)
statistics = classify(SequenceStatistics())
evaluate("MFCC statistics", statistics, {"liblinearclassifier__C": C}, mfcc)

width = max(map(len, scores))
print(f"\nUAR on unseen syllables\n{'':{width}}", end="")
print(*(f"fold {k + 1}" for k in range(folds.get_n_splits())), "  mean", sep="  ")
for name, values in scores.items():
    shown = "  ".join(f"{value:6.3f}" for value in values)
    print(f"{name:{width}}  {shown}  {np.mean(values):6.3f}")
print(f"chance: {1 / len(data.target_names):.3f}")

figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
axis.barh(list(scores), [np.mean(values) for values in scores.values()])
axis.set(xlabel="UAR, mean of the folds", xlim=(0, 1))
axis.invert_yaxis()
path = options.output / "scores.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}")
print(f"{(time.perf_counter() - started) / 60:.1f} minutes")
