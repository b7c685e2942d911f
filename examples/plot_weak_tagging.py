"""
Weak labels: which sounds, and when, from labels that only say which
====================================================================

Whoever labels a clip rarely says when each sound is heard. The network of [1]_ learns
from such labels and weighs the frames by itself, so that it can be asked for times in
the end. It is compared with its own baseline, which has the same recurrent layers and
takes the plain mean over time, and with statistics of MFCC and a logistic regression.

``python examples/plot_weak_tagging.py --data FOLDER`` runs the five folds of CHiME-Home
(DCASE 2016, audio tagging) with the published network, which takes hours; nobody knows
the times there. Without a folder, clips are
:func:`made <skaudeep.datasets.make_tagged_clips>` in which the times are known and
hidden: **voices are recorded, all else is synthetic, and the scores say nothing about
real homes**. ``--short`` makes everything smaller.

.. [1] Y. Xu, Q. Kong, Q. Huang, W. Wang, M. D. Plumbley, "Attention and localization
   based on a deep convolutional recurrent model for weakly supervised audio tagging",
   Interspeech 2017.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Clips of homes
# --------------
# Seven tags, several of which may hold for a clip of four seconds, or none. Folds keep
# homes together, with their backgrounds, voices and objects.

import argparse
import os
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MFCC, MelSpectrogram, SequenceStatistics
from skaudeep.classifiers import AttentionTagger
from skaudeep.datasets import load_chime_home, make_tagged_clips
from skaudeep.events import frame_labels
from skaudeep.inspection import LocalizationDisplay
from skaudeep.metrics import equal_error_rate, segment_based_scores

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

parser = argparse.ArgumentParser(description="Weak labels.")
parser.add_argument("--data", type=Path, help="folder of CHiME-Home")
parser.add_argument("--short", action="store_true", help="under a minute")
parser.add_argument("--output", type=Path, default=Path("skaudeep-weak-tagging"))
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)
started = time.perf_counter()
N_JOBS = 2
RATE = 16000
SEEDS = range(1) if options.short or options.data else range(3)

if options.data:
    data = load_chime_home(options.data)
    if data.cv is None:
        parser.error(f"the file of the folds is missing in {options.data}")
else:
    data = make_tagged_clips(
        80 if options.short else 400, sample_rate=RATE, random_state=0, n_jobs=N_JOBS
    )
y = data.target
folds = list(data.cv.split())[: 2 if options.short else None]
tags = [str(name) for name in data.target_names]
print(f"{len(y)} clips; clips with each tag:")
print(", ".join(f"{n} {k}" for n, k in zip(tags, y.sum(axis=0), strict=True)))
print(f"{(y.sum(axis=1) == 0).sum()} clips without any tag, {len(folds)} folds")

# %%
# What is compared
# ----------------
# Mel spectrograms in decibels, of frames twice as long as those of the paper; and a
# smaller network. The weighted sum over time is divided as in the paper, or so that the
# weights sum to one. The baseline of the paper is the same network without both
# weights. The regressions see statistics of a clip: of MFCC, mean and standard
# deviation or eight of them, and of the very spectrograms that the networks read.

WINDOW, HOP = (0.032, 0.016) if options.data else (0.064, 0.032)
spectrogram = MelSpectrogram(
    RATE,
    window_width=WINDOW,
    window_overlap=WINDOW - HOP,
    n_mels=40,
    clip_below=-60,
    n_jobs=N_JOBS,
)
X = spectrogram.fit_transform(data.recordings)
mfcc = MFCC(RATE, n_jobs=N_JOBS).fit_transform(data.recordings)
EIGHT = ("mean", "std", "min", "max", "q10", "median", "q90", "delta_std")

training = dict(tags=tags, hop=HOP, window=WINDOW)
if not options.data:
    training |= dict(n_filters=64, n_layers=1, n_units=48, n_dense=128)
    training |= dict(batch_size=20, learning_rate=2e-3)
if options.short:
    training |= dict(n_filters=16, n_units=16, n_dense=32, max_epochs=20)
regression = OneVsRestClassifier(
    make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
)
networks = {
    "attention, weights sum to one": AttentionTagger(
        normalization="attention", **training
    ),
    "attention, as published": AttentionTagger(**training),
    "baseline without": AttentionTagger(
        attention=False, localization=False, **training
    ),
}
features = {
    "MFCC, mean and deviation": (mfcc, ("mean", "std")),
    "MFCC, eight statistics": (mfcc, EIGHT),
    "mel, eight statistics": (X, EIGHT),
}

# %%
# Tags
# ----
# The equal error rate of every tag, and their mean. It is 0 for a perfect ranking of
# the clips and .5 for chance; a tag that no clip of a fold has is left out there.

rates, found, curves, shown = {}, {}, {}, {}


def train_and_test(model, sequences, train, test):
    """Rates of the tags; of a network also what it says of times, and itself."""
    fitted = clone(model).fit(sequences[train], y[train])
    scores = fitted.predict_proba(sequences[test])
    rates_of_tags = equal_error_rate(y[test], scores, average=None)
    if not isinstance(fitted, AttentionTagger):
        return rates_of_tags, None, None, None
    clips = sequences[test]
    return rates_of_tags, fitted, fitted.predict_events(clips), fitted.localize(clips)


def evaluate(name, model, sequences, seed):
    """Train and test on all folds, side by side."""
    # A small network keeps one core busy.
    results = Parallel(n_jobs=1 if options.short else N_JOBS)(
        delayed(train_and_test)(model, sequences, *fold) for fold in folds
    )
    for (_, test), (_, fitted, events, clips) in zip(folds, results, strict=True):
        if fitted is not None:
            found.setdefault((name, seed), {}).update(zip(test, events, strict=True))
            curves.setdefault((name, seed), {}).update(zip(test, clips, strict=True))
            shown.setdefault(name, (fitted, test))
    rates.setdefault(name, []).append([result[0] for result in results])


for name, (sequences, chosen) in features.items():
    evaluate(name, regression, SequenceStatistics(chosen).fit_transform(sequences), 0)
for name, network in networks.items():
    before = time.perf_counter()
    for seed in SEEDS:
        evaluate(name, network.set_params(random_state=seed), X, seed)
    n_trained = len(SEEDS) * len(folds)
    seconds = (time.perf_counter() - before) / n_trained
    print(f"{name}: {n_trained} networks, {seconds:.1f} s each", flush=True)


def mean(values, axis):
    """Mean of what is defined; NaN if nothing is, as for a tag that no fold has."""
    return np.ma.masked_invalid(values).mean(axis=axis).filled(np.nan)


print("\nequal error rate, mean of the folds")
print(f"{'':30}  mean  {' '.join(f'{tag[:6]:>6}' for tag in tags)}")
for name, of_seeds in rates.items():
    of_tags = mean(of_seeds, axis=(0, 1))
    # A fold's mean is over the tags that it has.
    of_trainings = mean(of_seeds, axis=2).mean(axis=1)
    each = " ".join(f"{rate:.3f}" for rate in of_trainings)
    print(
        f"{name:30} {of_trainings.mean():.3f}  "
        f"{' '.join(f'{rate:6.2f}' for rate in of_tags)}"
        + (f"  seeds {each}" if len(of_trainings) > 1 else "")
    )

# %%
# Times
# -----
# The networks have never seen a time. What they say of frames is scored in two ways.
# The area under the curve asks only whether the frames of a tag rank above the other
# frames of its clip: .5 is chance. The segment-based F-measure is that of events, of
# the tags that are found in a clip and the frames whose probability is above one half.
# Beside it stands what needs no times: a tag that is found lasts the whole clip.


def frame_auc(of_clips, value):
    """Mean over tags of the mean area under the curve in clips with the tag."""
    areas = [[] for _ in tags]
    for i, clip in of_clips.items():
        active = frame_labels([data.events[i]], len(X[i]), HOP, tags, window=WINDOW)[0]
        values = value(clip)
        for k in np.flatnonzero(active.any(axis=0) & ~active.all(axis=0)):
            areas[k].append(roc_auc_score(active[:, k], values[:, k]))
    return np.mean([np.mean(of_tag) for of_tag in areas if of_tag])


def f_measures(of_clips, resolution):
    truth = [data.events[i] for i in of_clips]
    scores = segment_based_scores(
        truth,
        list(of_clips.values()),
        labels=tags,
        time_resolution=resolution,
        durations=4.0,
    )
    return scores.overall.f_measure


def whole(of_clips):
    """Every tag that is found, from the beginning to the end."""
    return {
        i: [(0.0, 4.0, label) for label in {event.label for event in events}]
        for i, events in of_clips.items()
    }


VALUES = {
    "probability": lambda clip: clip.probabilities,
    "localisation": lambda clip: clip.localization,
    "attention": lambda clip: np.repeat(clip.attention[:, None], len(tags), axis=1),
    "all three": lambda clip: clip.contributions,
}
if not options.data:
    print("\narea under the curve of frames, of the three outputs and their product")
    print(f"{'':30} {'  '.join(f'{value:>12}' for value in VALUES)}")
    for name in networks:
        cells = [
            np.mean([frame_auc(curves[name, seed], value) for seed in SEEDS])
            for value in VALUES.values()
        ]
        print(f"{name:30} {'  '.join(f'{cell:12.3f}' for cell in cells)}")
    print("\nF-measure of segments:           1 s    .2 s   whole clip: 1 s    .2 s")
    for name in networks:
        cells = [
            np.mean([f_measures(make(found[name, seed]), r) for seed in SEEDS])
            for make in (dict, whole)
            for r in (1.0, 0.2)
        ]
        print(
            f"{name:30}  {cells[0]:.3f}   {cells[1]:.3f}"
            f"              {cells[2]:.3f}   {cells[3]:.3f}"
        )

# %%
# One clip
# --------
# As figure 3 of the paper: the spectrogram, what the network says of the frames, and
# its attention; below, what it makes of that, and the truth that it was never told.

fitted, test = shown["attention, weights sum to one"]
# The clip with most tags that are all found.
right = (fitted.predict(X[test]) == y[test]).all(axis=1)
best = test[np.argmax(right * y[test].sum(axis=1))]
display = LocalizationDisplay.from_estimator(
    fitted,
    X[best],
    y_true=None if options.data else data.events[best],
    frequencies=spectrogram.band_frequencies(),
)
display.figure_.savefig(options.output / "clip.png", dpi=150)
print(f"\nsaved {options.output / 'clip.png'}")

# %%
# All tags
# --------

figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
markers = "osD^v<"
for (name, of_seeds), marker in zip(rates.items(), markers, strict=True):
    of_tags = mean(of_seeds, axis=(0, 1))
    of_all = mean(of_seeds, axis=2).mean()
    ax.plot([of_all, *of_tags], range(len(tags) + 1), marker, label=name, alpha=0.7)
ax.set_yticks(range(len(tags) + 1), ["mean", *tags])
ax.invert_yaxis()
ax.set_xlim(0, None)
ax.set_xlabel("Equal error rate, mean of the folds")
ax.grid(axis="y", color="0.9")
ax.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.02, 0.5))
figure.savefig(options.output / "rates.png", dpi=150)
print(f"saved {options.output / 'rates.png'}")
print(f"{(time.perf_counter() - started) / 60:.1f} minutes")
