"""
Deep Spectrum: syllables as pictures
====================================

1158 spoken Mandarin syllables, drawn as spectrogram pictures in four colour maps and
sent through EfficientNet-Lite0, an image network that was trained on photographs. A
linear support vector machine tells the 22 initial consonants apart by its activations.
Beside it stand the same network with random weights, the spectrogram itself, and
hand-made features.

Run it with ``python examples/plot_deep_spectrum.py``; ``--short`` makes everything
smaller.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Recordings and folds
# --------------------
# The recordings come with the library, and so do the weights of the image network. All
# tones of one syllable stay on one side of each of the five predefined folds.

import argparse
import os
import tempfile
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import (
    MFCC,
    MelSpectrogram,
    SequenceStatistics,
    SpectrogramPicture,
)
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import PredefinedFolds, load_mandarin_syllables
from skaudeep.metrics import uar_scorer
from skaudeep.representation import DeepSpectrum

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # here and in worker processes

parser = argparse.ArgumentParser(description="Syllables as pictures.")
parser.add_argument("--short", action="store_true", help="under a minute")
parser.add_argument("--output", type=Path, default=Path("skaudeep-deep-spectrum"))
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

# %%
# Four colour maps
# ----------------
# Mel spectrograms in decibels, of 0.4 s each, so that a column of pixels means the same
# time in every picture. The map decides which levels the network can tell apart: it has
# seen photographs, in which a step of brightness is not a step of hue.

spectrograms = MelSpectrogram(
    window_width=0.025,
    window_overlap=0.02,
    clip_below=-60,
    scale=None,
    duration=0.4,
    n_jobs=N_JOBS,
).fit_transform(X)
colour_maps = ["viridis", "magma", "gray", "tab20b"]
if options.short:
    colour_maps = ["viridis", "gray"]
pictures = {name: SpectrogramPicture(name) for name in colour_maps}

shown = [np.flatnonzero(y == label)[0] for label in ("b", "s", "sh", "m")]
figure, axes = plt.subplots(
    len(shown), len(pictures), figsize=(2.1 * len(pictures), 8), layout="constrained"
)
for column, (name, picture) in zip(axes.T, pictures.items(), strict=True):
    column[0].set_title(name)
    drawn = picture.fit_transform(spectrograms[shown])
    for axis, image, clip in zip(column, drawn, shown, strict=True):
        axis.imshow(image)
        axis.set(xticks=[], yticks=[])
        axis.set_ylabel(str(y[clip]) if name == colour_maps[0] else "")
path = options.output / "pictures.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}", flush=True)

# %%
# Features and classifier
# -----------------------
# The usual layer is the network's last, averaged over the whole picture. That forgets
# where in the picture something was, and with it the frequency. So one from two thirds
# of the way through the network is taken as well, averaged over time alone; one pass
# computes both. Which of ten values of C between 1e-9 and 1 is chosen on the training
# part of each fold, by a split that keeps syllables together.
#
# The weights of a linear machine are a sum of training clips. PCA that leaves no
# component out turns the features into coordinates in the space of these: the machine
# is the same, and learns several times faster where there are more features than clips.
# With a memory, the pipeline does so once for all C.

C_VALUES = np.logspace(0, -9, 4 if options.short else 10)  # the slowest first
inner = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
memory = tempfile.TemporaryDirectory()
search = GridSearchCV(
    make_pipeline(
        StandardScaler(),
        PCA(),
        LiblinearClassifier(class_weight="balanced", random_state=0),
        memory=memory.name,
    ),
    {"liblinearclassifier__C": C_VALUES},
    scoring=uar_scorer,
    cv=inner,
    n_jobs=N_JOBS,
)
EARLIER, LAST = "block11_add", "avg_pool"
scores = {}


def evaluate(name, features):
    """UAR in every fold, C chosen on its training part."""
    scores[name], chosen = [], []
    for train, test in folds.split(X):
        fitted = clone(search).fit(features[train], y[train], groups=groups[train])
        scores[name].append(uar_scorer(fitted, features[test], y[test]))
        chosen.append(f"{fitted.best_params_['liblinearclassifier__C']:.0e}")
    print(f"{name:40} {np.mean(scores[name]):.3f}   C {' '.join(chosen)}", flush=True)


def describe(picture, **parameters):
    """Features of the earlier layer, and of the last."""
    spectrum = DeepSpectrum(
        layer=(EARLIER, LAST),
        pooling="time",
        picture=picture,
        n_jobs=N_JOBS,
        **parameters,
    )
    before = time.perf_counter()
    features = spectrum.fit_transform(spectrograms)
    print(f"{len(X) / (time.perf_counter() - before):.0f} clips/s", flush=True)
    return np.split(features, [spectrum.layer_sizes_[EARLIER]], axis=1)


for colour_map, picture in pictures.items():
    earlier, last = describe(picture)
    evaluate(f"{colour_map}, last layer", last)
    evaluate(f"{colour_map}, earlier layer", earlier)

# %%
# Beside what it has to be compared
# ---------------------------------
# The same network with random weights, the spectrogram itself, and the means and
# deviations of MFCCs. Chance is .045.

with warnings.catch_warnings():
    # It says that random weights make no Deep Spectrum features, which is the point.
    warnings.simplefilter("ignore")
    earlier, last = describe(pictures["viridis"], weights=None, random_state=0)
evaluate("viridis, last layer, random weights", last)
evaluate("viridis, earlier layer, random weights", earlier)
coarse = MelSpectrogram(
    window_width=0.05, window_overlap=0.025, n_mels=32, clip_below=-60, duration=0.4
)
evaluate("mel spectrogram", coarse.fit_transform(X).reshape(len(X), -1))
short_windows = dict(window_width=0.025, window_overlap=0.015)
mfcc = make_pipeline(MFCC(**short_windows), SequenceStatistics())
evaluate("MFCC statistics", mfcc.fit_transform(X))
memory.cleanup()

# %%
# Table
# -----

width = max(map(len, scores))
print(f"\nUAR on unseen syllables\n{'':{width}}", end="")
print(*(f"fold {k + 1}" for k in range(folds.get_n_splits())), "  mean", sep="  ")
for name, values in scores.items():
    print(
        f"{name:{width}}",
        *(f"{value:6.3f}" for value in values),
        f"{np.mean(values):6.3f}",
        sep="  ",
    )

figure, axis = plt.subplots(figsize=(7, 0.4 * len(scores) + 1), layout="constrained")
axis.barh(list(scores), [np.mean(values) for values in scores.values()])
axis.axvline(1 / len(data.target_names), color="black", linestyle=":", label="chance")
axis.set(xlabel="UAR, mean of the folds", xlim=(0, 1))
axis.invert_yaxis()
axis.legend(loc="lower right")
path = options.output / "scores.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}")
print(f"{(time.perf_counter() - started) / 60:.1f} minutes")
