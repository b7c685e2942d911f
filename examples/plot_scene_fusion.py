"""
Scenes: four channels, two networks, one decision
=================================================

The system that recognised acoustic scenes best in [1]_: spectrograms of four views of a
stereo recording, each described by a recurrent autoencoder and by a DCGAN's
discriminator, both trained without labels; a classifier for each of the eight; and
their probabilities fused with weights, first over the channels of each network, then
over the two networks. Published are 86.4 % (DCGAN), 88.5 % (autoencoder) and 91.1 %
(both) of the clips of TUT Acoustic Scenes 2017, with weights that were tuned on the
folds they were reported on. How much of a fusion's gain is due to that?

``python examples/plot_scene_fusion.py --data FOLDER`` runs it on a corpus in the layout
of the DCASE challenges. Without one it runs on
:func:`synthetic scenes <skaudeep.datasets.make_scenes>`: **nobody recorded them, and
the scores say nothing about real scenes** or which part of the system is the better one
there. ``--short`` makes everything smaller.

.. [1] S. Amiriparian, "Deep Representation Learning Techniques for Audio Signal
   Processing", doctoral thesis, Technical University of Munich, 2019, section 8.1.
"""
# SPDX-License-Identifier: BSD-3-Clause

# %%
# Recordings and folds
# --------------------
# All clips of one location are on one side of each fold, outside and inside.

import argparse
import os
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from joblib import Memory
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MFCC, ChannelSplitter, MelSpectrogram, SequenceStatistics
from skaudeep.classifiers import (
    DropoutMLPClassifier,
    LiblinearClassifier,
    WeightedFusionClassifier,
    fusion_optimism,
)
from skaudeep.datasets import PredefinedFolds, make_scenes, read_dcase_folds
from skaudeep.metrics import unweighted_average_recall
from skaudeep.representation import DCGANFeatures, Seq2SeqAutoencoder

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # here and in worker processes

parser = argparse.ArgumentParser(description="Four channels, two networks.")
parser.add_argument("--data", type=Path, help="folder with audio and evaluation_setup")
parser.add_argument("--short", action="store_true", help="under a minute")
parser.add_argument("--output", type=Path, default=Path("skaudeep-scenes"))
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)
started = time.perf_counter()
N_JOBS = 2

if options.data:
    data = read_dcase_folds(options.data)
elif options.short:
    data = make_scenes(
        n_clips=64,
        classes=("bus", "cafe", "park", "street"),
        n_folds=2,
        duration=4.0,
        random_state=0,
        n_jobs=N_JOBS,
    )
else:
    data = make_scenes(random_state=0, n_jobs=N_JOBS)
X, y, groups = data.recordings, data.target, data.groups
folds = list(data.cv.split(X))
print(
    f"{len(X)} clips of {len(set(groups))} locations, {len(data.target_names)} scenes"
)

# %%
# The system
# ----------
# One scikit-learn classifier, from recordings to scenes. The `memory` is shared: what
# stands before the networks is done once for each channel, and not once for each
# network and fold.

CHANNELS = ("mean", "left", "right", "difference")
if options.short:
    n_bands, duration = 32, 4.0
    seq2seq = Seq2SeqAutoencoder(n_units=16, max_epochs=2, random_state=0)
    dcgan = DCGANFeatures(n_maps=4, max_epochs=2, random_state=0)
elif options.data:
    # As published.
    n_bands, duration = 320, 10.0
    seq2seq = Seq2SeqAutoencoder.from_preset("dcase2017", random_state=0)
    dcgan = DCGANFeatures(random_state=0)
else:
    n_bands, duration = 64, 10.0
    seq2seq = Seq2SeqAutoencoder(n_units=64, max_epochs=20, random_state=0)
    dcgan = DCGANFeatures(n_maps=16, random_state=0)
NETWORKS = {"seq2seq": seq2seq, "dcgan": dcgan}
spectrogram = MelSpectrogram(
    data.get("sample_rate"),
    window_width=0.2,
    window_overlap=0.1,
    n_mels=n_bands,
    clip_below=-60,
    duration=duration,
    n_jobs=N_JOBS,
)


def fuse(members, **parameters):
    """Fuse the channels of each representation, and then these."""
    fusions = [
        (name, WeightedFusionClassifier(list(of_channels.items()), **parameters))
        for name, of_channels in members.items()
    ]
    if len(fusions) == 1:
        return fusions[0][1]
    return WeightedFusionClassifier(fusions, **parameters)


def make_scene_classifier(
    channels=CHANNELS,
    representations=("seq2seq", "dcgan"),
    classifier=None,
    memory=None,
    **parameters,
):
    """Spectrograms of each channel, networks, classifiers, and two stages of fusion."""
    classifier = classifier or DropoutMLPClassifier(random_state=0)
    members = {
        name: {
            channel: make_pipeline(
                ChannelSplitter(channel),
                clone(spectrogram),
                clone(NETWORKS[name]),
                StandardScaler(),
                clone(classifier),
                memory=memory,
            )
            for channel in channels
        }
        for name in representations
    }
    return fuse(members, **parameters)


# %%
# What the networks learn
# -----------------------
# ``make_scene_classifier().fit(X, y, groups=groups)`` trains every network anew for
# every inner fold of both stages: with three of them 16 times. As the networks see no
# labels, they are here trained once on the training part of each fold, and only the
# classifiers and weights are found by inner folds. The rows of all folds stand below
# each other, so that each fold has the features of its own networks.


def view(step):
    """Sequences of every channel."""
    return {
        channel: make_pipeline(ChannelSplitter(channel), step).fit_transform(X)
        for channel in CHANNELS
    }


spectrograms = view(spectrogram)
starts = np.arange(len(folds)) * len(X)
rows = PredefinedFolds(
    (start + train, start + test)
    for start, (train, test) in zip(starts, folds, strict=True)
)
y_rows, groups_rows = np.tile(y, len(folds)), np.tile(groups, len(folds))
sizes = [len(test) for _, test in folds]
truth = np.concatenate([y[test] for _, test in folds])
first_networks = {}


def learn(name, max_epochs=None):
    """Features of every channel, from networks of every fold."""
    network = clone(NETWORKS[name])
    if max_epochs is not None:
        network.set_params(max_epochs=max_epochs)
    features, before = {}, time.perf_counter()
    for channel, sequences in spectrograms.items():
        fitted = [clone(network).fit(sequences[train]) for train, _ in folds]
        features[channel] = np.vstack([one.transform(sequences) for one in fitted])
        first_networks[name, channel] = fitted[0]
    seconds = time.perf_counter() - before
    n_networks = len(CHANNELS) * len(folds)
    print(
        f"{name}: {n_networks} networks, {seconds / n_networks:.1f} s each", flush=True
    )
    return features


def describe(sequences):
    """Means and deviations over the frames, the same in all folds."""
    return {
        channel: np.tile(SequenceStatistics().fit_transform(clips), (len(folds), 1))
        for channel, clips in sequences.items()
    }


mfcc = MFCC(data.get("sample_rate"), n_jobs=N_JOBS)
features = {
    "MFCC statistics": describe(view(mfcc)),
    "mel statistics": describe(spectrograms),
    "seq2seq, untrained": learn("seq2seq", 0),
    "dcgan, untrained": learn("dcgan", 0),
    "seq2seq": learn("seq2seq"),
    "dcgan": learn("dcgan"),
}

# %%
# Both ways to tune the weights
# -----------------------------
# "inside": on inner folds of the training part, which is what can be expected of new
# clips. "reported": on the test clips themselves, as in the thesis. Below the two
# stands the early fusion: all features side by side, and the first principal components
# of each channel and network.

classifier = LiblinearClassifier(solver="l2r_lr")
of_fusion = dict(cv=2 if options.short else 3, n_jobs=N_JOBS)
blocks = [(name, channel) for name in features for channel in CHANNELS]
ends = np.cumsum([features[name][channel].shape[1] for name, channel in blocks])
matrix = np.hstack([features[name][channel] for name, channel in blocks])
columns = {
    block: slice(end - features[block[0]][block[1]].shape[1], end)
    for block, end in zip(blocks, ends, strict=True)
}


def classify(transformer, *names):
    """A classifier of some blocks, each transformed on its own."""
    chosen = [
        (" ".join(block), clone(transformer), columns[block])
        for block in blocks
        if block[0] in names or block in names
    ]
    # Few features may weigh more than many.
    width = sum(part.stop - part.start for _, _, part in chosen)
    return make_pipeline(
        ColumnTransformer(chosen), clone(classifier).set_params(C=1 / width)
    )


def recall(predicted):
    """UAR, mean of the folds."""
    ends = np.cumsum(sizes)[:-1]
    pairs = zip(np.split(truth, ends), np.split(predicted, ends), strict=True)
    return np.mean([unweighted_average_recall(*pair) for pair in pairs])


def predict(member):
    """Predictions of the test clips of all folds."""
    predicted = [
        clone(member).fit(matrix[train], y_rows[train]).predict(matrix[test])
        for train, test in rows.split(matrix)
    ]
    return np.concatenate(predicted)


def members_of(name):
    """A classifier for every channel."""
    return {
        channel: classify(StandardScaler(), (name, channel)) for channel in CHANNELS
    }


table, predictions, results = {}, {}, {}


def evaluate(title, *names):
    """One row of the table: channels, and their fusion, tuned in both ways."""
    channels = [np.nan] * len(CHANNELS)
    if len(names) == 1:
        for i, (channel, member) in enumerate(members_of(*names).items()):
            predictions[title, channel] = predict(member)
            channels[i] = recall(predictions[title, channel])
    fusion = fuse({name: members_of(name) for name in names}, **of_fusion)
    result = fusion_optimism(fusion, matrix, y_rows, cv=rows, groups=groups_rows)
    predictions[title, "fused"] = result.y_nested
    results[title] = result
    both = [recall(result.y_nested), recall(result.y_on_reported_folds)]
    table[title] = [*channels, *both]
    shown = "  ".join("     " if np.isnan(v) else f"{v:5.3f}" for v in table[title])
    print(f"{title:20} {shown}", flush=True)


print(
    f"\nUAR, mean of {len(folds)} folds\n{'':20} mean   left   right  diff.  ", end=""
)
print("inside reported")
for name in features:
    evaluate(name, name)
evaluate("both, untrained", "seq2seq, untrained", "dcgan, untrained")
evaluate("both", "seq2seq", "dcgan")
components = make_pipeline(StandardScaler(), PCA(0.8, svd_solver="full"))
for title, transformer in (
    ("both, side by side", StandardScaler()),
    ("both, components", components),
):
    early = recall(predict(classify(transformer, "seq2seq", "dcgan")))
    print(f"{title:20} {'':28}{early:5.3f}", flush=True)
print(f"chance: {1 / len(data.target_names):.3f}")

if options.data:
    # Accuracy; the folds of TUT Acoustic Scenes 2017 are balanced.
    print("\npublished, of TUT Acoustic Scenes 2017")
    for title, row in {
        "seq2seq": [0.860, 0.849, 0.840, 0.820, np.nan, 0.885],
        "dcgan": [0.841, 0.834, 0.845, 0.835, np.nan, 0.864],
        "both": [np.nan, np.nan, np.nan, np.nan, np.nan, 0.911],
    }.items():
        shown = "  ".join("     " if np.isnan(v) else f"{v:5.3f}" for v in row)
        print(f"{title:20} {shown}")

for name in NETWORKS:
    *alone, fused, _ = table[name]
    print(f"{name}: fused {fused:.3f}, the best channel alone {max(alone):.3f}")
better = max(table[name][4] for name in NETWORKS)
print(f"both: fused {table['both'][4]:.3f}, the better network alone {better:.3f}")
optimism = np.mean([row[5] - row[4] for row in table.values()])
print(f"Tuning on the reported folds adds {optimism:.3f} in the mean of all fusions.")
print("weights of seq2seq and dcgan:", *results["both"].weights.round(1).tolist())

# %%
# Who confuses what
# -----------------
# The best channel of each network, and the fusion of all.

best = {
    name: max(CHANNELS, key=lambda channel: recall(predictions[name, channel]))
    for name in ("seq2seq", "dcgan")
}
shown = {f"{name}, {channel}": (name, channel) for name, channel in best.items()}
shown["fusion of all"] = ("both", "fused")
figure, axes = plt.subplots(1, 3, figsize=(13, 4.5), layout="constrained", sharey=True)
for axis, (title, key) in zip(axes, shown.items(), strict=True):
    ConfusionMatrixDisplay.from_predictions(
        truth,
        predictions[key],
        ax=axis,
        normalize="true",
        values_format=".2f",
        xticks_rotation="vertical",
        colorbar=False,
        im_kw={"vmin": 0, "vmax": 1},
        text_kw={"fontsize": 7},
    )
    axis.set(title=f"{title}: {recall(predictions[key]):.3f}")
    axis.set_ylabel("scene" if axis is axes[0] else "")
path = options.output / "confusion.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}")

# %%
# The table as a picture
# ----------------------

figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
marks = dict(
    zip([*CHANNELS, "fused, inside", "fused, reported"], "osv^P*", strict=True)
)
names = list(table)
for i, (label, mark) in enumerate(marks.items()):
    values = [table[name][i] for name in names]
    axis.plot(values, range(len(names)), mark, label=label, linestyle="", alpha=0.7)
axis.axvline(1 / len(data.target_names), color="black", linestyle=":", label="chance")
axis.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 1))
axis.grid(axis="y", alpha=0.3)
axis.set(xlabel="UAR, mean of the folds")
axis.invert_yaxis()
figure.legend(fontsize=8, loc="outside right upper")
path = options.output / "scores.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}")

# %%
# Generated spectrograms
# ----------------------
# What the generator of the first fold and the mean channel makes of noise, beside clips
# of that channel.

real = spectrograms["mean"][:4]
generated = first_networks["dcgan", "mean"].generate(4, random_state=0)
figure, axes = plt.subplots(2, 4, figsize=(9, 4), layout="constrained")
for line, (title, clips) in zip(
    axes, {"real": real, "generated": generated}.items(), strict=True
):
    for axis, clip, label in zip(line, clips, y, strict=False):
        axis.imshow(clip.T, origin="lower", aspect="auto", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[], title=label if title == "real" else "")
    line[0].set_ylabel(title)
path = options.output / "generated.png"
figure.savefig(path, dpi=120)
print(f"saved {path.resolve()}")

# %%
# The system as one object
# ------------------------
# With the weights found above for the first fold, nothing is left to be tuned, and
# every network is trained once. The classifier is now the thesis's: a perceptron of two
# layers of 150 units with dropout.

train, test = folds[0]
perceptron = DropoutMLPClassifier(
    max_epochs=50 if options.short else 400, random_state=0
)
with tempfile.TemporaryDirectory() as folder:
    system = make_scene_classifier(
        classifier=perceptron, memory=Memory(folder, mmap_mode="r", verbose=0)
    )
    system.set_params(
        weights=results["both"].weights[0],
        **{f"{name}__weights": results[name].weights[0] for name in NETWORKS},
    )
    before = time.perf_counter()
    system.fit(X[train], y[train])
    predicted = system.predict(X[test])
score = unweighted_average_recall(y[test], predicted)
seconds = time.perf_counter() - before
print(f"one object, fold 1: UAR {score:.3f}, {seconds:.0f} s")
print(f"{(time.perf_counter() - started) / 60:.1f} minutes")
