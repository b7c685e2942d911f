"""
What makes the autoencoder's features good
==========================================

One autoencoder, varied one choice at a time: what the decoder is told, the directions
of encoder and decoder, the cell, noise, feedback, attention, a Gaussian latent, the
step size, the published setting, and the states of all frames beside the last one.
Each is trained with three seeds in four folds, and stands beside the same network
untrained. A random recurrent network is a strong feature extractor, so the difference
between the two is what was learnt.

Run it with ``python plot_autoencoder_study.py``; it takes about an hour on two cores,
goes on where it was interrupted, and ``--short`` tries two variants in a minute.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Data and folds
# --------------
# The bundled syllables, 22 initial consonants, all tones of a syllable on one side of
# each fold. Few frames a clip: a window of 0.05 s every 0.025 s.

import argparse
import csv
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MFCC, MelSpectrogram, SequenceStatistics
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import load_mandarin_syllables
from skaudeep.metrics import uar_scorer
from skaudeep.representation import Seq2SeqAutoencoder

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # here and in worker processes

parser = argparse.ArgumentParser(description="What makes the autoencoder good?")
parser.add_argument("--short", action="store_true", help="about a minute")
parser.add_argument("--output", type=Path, default=Path("skaudeep-study"))
parser.add_argument("--n-jobs", type=int, default=2)
parser.add_argument("--n-folds", type=int, default=4)
parser.add_argument("--only", nargs="*", help="names of variants")
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)

data = load_mandarin_syllables()
y, groups = data.target, data.groups
# The first fold served to try settings out.
folds = list(data.cv.split(data.recordings, y, groups))[1 : 1 + options.n_folds]
mel = MelSpectrogram(window_width=0.05, window_overlap=0.025, n_mels=32, clip_below=-60)
X = mel.fit_transform(data.recordings)
statistics = make_pipeline(
    MFCC(window_width=0.025, window_overlap=0.015), SequenceStatistics()
).fit_transform(data.recordings)

# %%
# The variants
# ------------
# All differ in one thing from the first: a bidirectional encoder and decoder of one
# layer of GRU cells, the decoder told nothing but the representation. The features are
# the representation alone; in the last rows the means and standard deviations of the
# encoder's states over all frames stand beside it.

n_units, max_epochs = (16, 2) if options.short else (128, 30)
base = dict(
    n_layers=1,
    n_units=n_units,
    bidirectional_encoder=True,
    bidirectional_decoder=True,
    teacher_forcing=None,
    pooling=None,
    max_epochs=max_epochs,
)
with_states = dict(pooling=("mean", "std"))


def falling(epoch):
    """A step size that ends at an eighth of what it starts with."""
    return 2e-3 * 0.93**epoch


variants = {
    "base": {},
    "leak-free teacher forcing": dict(teacher_forcing="leak_free"),
    "auDeep's teacher forcing": dict(teacher_forcing="audeep"),
    "feedback (half of the frames)": dict(
        teacher_forcing="leak_free", feed_previous_prob=0.5, bidirectional_decoder=False
    ),
    "forward decoder": dict(bidirectional_decoder=False),
    "forward encoder": dict(bidirectional_encoder=False),
    "LSTM": dict(cell="lstm"),
    "noisy encoder": dict(encoder_noise=0.3),
    "attention": dict(attention=True),
    "variational": dict(variational=True),
    "falling step size": dict(learning_rate=falling),
    "published setting": dict(
        n_layers=2, bidirectional_encoder=False, teacher_forcing="audeep"
    ),
    "states pooled": with_states,
    "states, noisy encoder": dict(**with_states, encoder_noise=0.3),
    "states, attention": dict(**with_states, attention=True),
}
seeds = range(3)
if options.short:
    seeds, folds = range(1), folds[:1]
    variants = {name: variants[name] for name in ("base", "LSTM")}
if options.only:
    variants = {name: variants[name] for name in options.only}

# %%
# One run
# -------
# The autoencoder sees the training clips of a fold, without labels. LIBLINEAR's C is
# chosen on them too, by a split that keeps syllables together.


def recall(features, train, test):
    """UAR of a linear classifier whose C is chosen inside the training part."""
    classifier = LiblinearClassifier(class_weight="balanced", random_state=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), classifier),
        {"liblinearclassifier__C": [0.01, 0.03]},
        scoring=uar_scorer,
        cv=GroupShuffleSplit(n_splits=2, test_size=0.25, random_state=0),
    )
    search.fit(features[train], y[train], groups=groups[train])
    return uar_scorer(search, features[test], y[test])


def run(name, seed, fold):
    """One line of results: a variant, a seed and a fold, untrained and trained."""
    train, test = folds[fold]
    line = {"variant": name, "seed": seed, "fold": fold}
    for key, n_epochs in (("untrained", 0), ("trained", None)):
        params = {**base, **variants[name]}
        if n_epochs is not None:
            params["max_epochs"] = n_epochs
        autoencoder = Seq2SeqAutoencoder(**params, random_state=seed)
        features = autoencoder.fit(X[train]).transform(X)
        line[f"UAR {key}"] = recall(features, train, test)
        line[f"RMSE {key}"] = -autoencoder.score(X[test])
    fused = np.hstack([features, statistics])
    line["UAR fused"] = recall(fused, train, test)
    line["n_features"] = features.shape[1]
    return line


# %%
# Run them all
# ------------
# Every result is written down when it is there.

path = options.output / "results.csv"
columns = [
    "variant",
    "seed",
    "fold",
    "n_features",
    "UAR untrained",
    "UAR trained",
    "UAR fused",
    "RMSE untrained",
    "RMSE trained",
]
results = []
if path.exists() and not options.short:
    with path.open(newline="") as file:
        results = [
            {k: v if k == "variant" else float(v) for k, v in line.items()}
            for line in csv.DictReader(file)
        ]
done = {(r["variant"], int(r["seed"]), int(r["fold"])) for r in results}
todo = [
    (name, seed, fold)
    for fold in range(len(folds))
    for seed in seeds
    for name in variants
    if (name, seed, fold) not in done
]
jobs = Parallel(n_jobs=options.n_jobs, return_as="generator_unordered")
with path.open("a" if results else "w", newline="") as file:
    writer = csv.DictWriter(file, columns)
    if not results:
        writer.writeheader()
    for line in jobs(delayed(run)(*job) for job in todo):
        results.append(line)
        writer.writerow(line)
        file.flush()

# %%
# The table
# ---------
# Means over folds and seeds; "sd" is the standard deviation between seeds of the mean
# over folds. Two decoders that need no network: every frame is the clip's mean frame,
# and, for those that are told the true previous frame, every frame is the previous one.
# Chance is .045.


def trivial_errors():
    """RMSE on the test clips of the mean frame and of the previous frame."""
    errors = {"mean": [], "previous": []}
    for _, test in folds:
        squares = {"mean": [], "previous": []}
        for clip in X[test]:
            before = np.vstack([np.zeros_like(clip[:1]), clip[:-1]])
            squares["mean"].append((clip - clip.mean(axis=0)) ** 2)
            squares["previous"].append((clip - before) ** 2)
        for key, parts in squares.items():
            errors[key].append(np.sqrt(np.mean(np.concatenate(parts))))
    return {key: np.mean(values) for key, values in errors.items()}


def by_seed(name, column):
    """Mean over folds of one column, seed by seed."""
    lines = [r for r in results if r["variant"] == name and r["fold"] < len(folds)]
    return np.array(
        [
            np.mean([r[column] for r in lines if r["seed"] == seed])
            for seed in sorted({r["seed"] for r in lines})
        ]
    )


shown = ["UAR untrained", "UAR trained", "UAR fused", "RMSE untrained", "RMSE trained"]
heads = ["untrained", "trained", "sd", "gain", "fused", "RMSE untr.", "RMSE"]
print(f"{'':30}{'features':>9}", *(f"{head:>10}" for head in heads))
table = {}
for name in variants:
    untrained, trained, fused, error_before, error = (
        by_seed(name, column) for column in shown
    )
    table[name] = untrained, trained
    sd = trained.std(ddof=1) if len(trained) > 1 else np.nan
    gain = trained.mean() - untrained.mean()
    values = [untrained.mean(), trained.mean(), sd, gain, fused.mean()]
    values += [error_before.mean(), error.mean()]
    n_features = int(by_seed(name, "n_features")[0])
    print(f"{name:30}{n_features:9}", *(f"{value:10.3f}" for value in values))
errors = trivial_errors()
print(f"mean frame: RMSE {errors['mean']:.3f}, previous: {errors['previous']:.3f}")
hand_made = np.mean([recall(statistics, *fold) for fold in folds])
print(f"MFCC statistics alone: UAR {hand_made:.3f}")

# %%
# The picture
# -----------
# Open circles: untrained; filled: trained; one for every seed.

figure, axis = plt.subplots(figsize=(7, 0.6 + 0.32 * len(table)), layout="constrained")
for row, (untrained, trained) in enumerate(table.values()):
    axis.plot([untrained.mean(), trained.mean()], [row, row], color="0.7", zorder=1)
    rows = np.full(len(trained), row)
    first = row == 0
    axis.scatter(
        untrained,
        rows,
        edgecolors="C0",
        facecolors="white",
        label="untrained" if first else None,
    )
    axis.scatter(trained, rows, color="C0", label="trained" if first else None)
axis.axvline(hand_made, color="C1", linestyle=":", label="MFCC statistics")
axis.set_yticks(range(len(table)), list(table))
axis.invert_yaxis()
axis.set_xlabel("UAR on unseen syllables, mean of the folds")
axis.legend(loc="lower left", fontsize="small")
target = options.output / "study.png"
figure.savefig(target, dpi=120)
print(f"saved {target.resolve()}")
