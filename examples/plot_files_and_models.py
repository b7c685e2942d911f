"""
From a folder of recordings to files that other tools read
===========================================================

A folder of recordings goes in; out come features in the formats of other tools, a model
in a file that runs no code when it is loaded, and predictions for new recordings. The
:doc:`command line </user_guide/command_line>` does the same; its commands stand beside
the steps. ``--short`` takes fewer recordings.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# A folder
# --------
# The recordings that come with skaudeep play the part of yours: syllables in folders
# named after the consonant that they begin with. The name of a file begins with the
# syllable, of which there are several recordings, one a tone.

import argparse
import csv
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MFCC, SequenceStatistics
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import (
    check_group_leaks,
    load_corpus,
    load_mandarin_syllables,
    make_folds,
)
from skaudeep.inspection import FeatureMapDisplay
from skaudeep.io import FeatureTable, load, load_features, save, save_features
from skaudeep.metrics import uar_scorer

parser = argparse.ArgumentParser(description="Files and models.")
parser.add_argument("--short", action="store_true", help="fewer recordings")
parser.add_argument("--output", type=Path, default=Path("skaudeep-files"))
options = parser.parse_args()
root = options.output / "syllables"
shutil.rmtree(root, ignore_errors=True)

syllables = load_mandarin_syllables()
consonants = ("d", "h", "l", "sh") if options.short else syllables.target_names
new = options.output / "new"
shutil.rmtree(new, ignore_errors=True)
new.mkdir(parents=True)
for i, recording in enumerate(syllables.recordings):
    consonant = syllables.target[i]
    if consonant in consonants:
        name = f"{syllables.groups[i]:03d}-{syllables.tone[i]}.ogg"
        # One syllable in twenty is kept for later.
        later = syllables.groups[i] % 20 == 0
        folder = new if later else root / str(consonant)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(recording.path, folder / name)

# %%
# Which corpus is it?
# -------------------
# ``skaudeep inspect FOLDER``. The folders tell the labels, a regular expression tells
# the groups: recordings of one syllable must not stand on both sides of a split.

corpus = load_corpus(root, group=r"(\d+)-")
folds = make_folds(corpus.groups, corpus.target, n_splits=4)
print(len(corpus.recordings), "recordings of", len(corpus.target_names), "classes")
print(folds, check_group_leaks(folds, corpus.groups) or "without leaks")

# %%
# Features
# --------
# ``skaudeep extract FOLDER --features mfcc --output features.nc``, and ``skaudeep
# convert`` for the other formats. A file holds the labels and folds, too, and how the
# features were made.

features = make_pipeline(MFCC(), SequenceStatistics())
X = features.fit_transform(corpus.recordings)
corpus.cv = folds
table = FeatureTable.from_corpus(corpus, X, settings={"features": "MFCC statistics"})
for ending in ("nc", "csv", "arff", "parquet"):
    path = options.output / f"features.{ending}"
    save_features(table, path, overwrite=True)
    print(f"{path.name:18} {path.stat().st_size / 1024:6.0f} KiB")

read = load_features(options.output / "features.nc")
classifier = make_pipeline(StandardScaler(), LiblinearClassifier(C=0.01))
scores = cross_val_score(
    classifier, read.features, read.target, cv=read.cv, scoring=uar_scorer
)
print("UAR of the folds:", " ".join(f"{score:.2f}" for score in scores))

# %%
# A model
# -------
# ``skaudeep train`` and ``skaudeep predict``. The file holds parameters and arrays;
# what is loaded predicts the same.

model = make_pipeline(clone(features), *clone(classifier))
model.fit(corpus.recordings, corpus.target)
save(model, options.output / "consonants.skaudeep", overwrite=True)
loaded = load(options.output / "consonants.skaudeep")
files = sorted(new.iterdir())
predicted = loaded.predict(files)
assert (predicted == model.predict(files)).all()
with open(options.output / "predicted.csv", "w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows(
        [("file", "consonant")]
        + [(path.name, label) for path, label in zip(files, predicted, strict=True)]
    )
print(f"predicted {len(files)} new recordings:", *predicted[:12])

# %%
# A map
# -----
# ``skaudeep plot map features.nc``. Every recording is a point.

shown = ("d", "h", "l", "sh")
chosen = [i for i, label in enumerate(read.target) if label in shown]
display = FeatureMapDisplay.from_features(
    StandardScaler().fit_transform(read.features)[chosen],
    read.target[chosen],
    method="tsne",
    random_state=0,
)
display.ax_.set_title("Consonants in MFCC statistics")
display.figure_.savefig(options.output / "map.png", dpi=150)
plt.show()
