"""What DCGAN features are worth: noise, losses, epochs, turns, and the controls.

Unweighted average recall on the bundled syllables (22 initial consonants, predefined
folds), the C of a linear support vector machine chosen on the training part. Beside the
trained networks stand the same network untrained and the spectrogram itself; "clean"
is training without noise on the discriminator's input. Every line is printed, and
appended to ``--output`` if given, as soon as it is there; lines that the file holds
already are not computed again.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import time

import numpy as np
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MelSpectrogram
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.datasets import load_mandarin_syllables
from skaudeep.metrics import uar_scorer
from skaudeep.representation import DCGANFeatures

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CLEAN = {"input_noise": 0.0}
CLASSIC = {"feature_matching": False}
SYSTEMS = {
    "spectrogram": None,
    "untrained": {"max_epochs": 0},
    "matching, 10 epochs": {},
    "matching, 50 epochs": {"max_epochs": 50},
    "classic, 10 epochs": CLASSIC,
    "classic, 50 epochs": {**CLASSIC, "max_epochs": 50},
    "matching, clean, 10 epochs": CLEAN,
    "matching, clean, 50 epochs": {**CLEAN, "max_epochs": 50},
    "classic, clean, 10 epochs": {**CLASSIC, **CLEAN},
    "classic, clean, 50 epochs": {**CLASSIC, **CLEAN, "max_epochs": 50},
    "matching, clean, alternating, 10 epochs": CLEAN,
    "classic, clean, alternating, 10 epochs": {**CLASSIC, **CLEAN},
}


def take_turns():
    """Make every step from now on the textbook's: first one network, then the other.

    Returns a function that undoes it. TensorFlow only.
    """
    import keras
    import tensorflow as tf

    from skaudeep._keras import _pool, _tensorflow

    network_class = _tensorflow.TensorFlowNetwork
    at_once = network_class._compile_step

    def compile_step(self, batch, n_steps):
        network, discriminator_optimizer = self.network, self.optimizer
        owned = {id(v) for v in network.discriminator.trainable_variables}
        discriminator = network.discriminator.trainable_variables
        generator = [v for v in network.trainable_variables if id(v) not in owned]
        # Adam counts its steps, so each network has one of its own.
        generator_optimizer = keras.optimizers.Adam.from_config(
            discriminator_optimizer.get_config()
        )
        generator_optimizer.build(generator)

        def step(*batch):
            for variables, index, optimizer in (
                (discriminator, 1, discriminator_optimizer),
                (generator, 2, generator_optimizer),
            ):
                with tf.GradientTape() as tape:
                    measures = network.objective(batch, training=True)
                    loss = measures[index]
                gradients = tape.gradient(loss, [v.value for v in variables])
                optimizer.apply(gradients, variables)
            return measures[None]

        return self._compile(step, batch)

    def forget():
        # What is compiled knows how its steps are made.
        _pool._pool.clear()

    def undo():
        network_class._compile_step = at_once
        forget()

    network_class._compile_step = compile_step
    forget()
    return undo


def features_of(spectrograms, train, name, seed, n_maps):
    """Features of all clips, learnt from those of `train`."""
    if SYSTEMS[name] is None:
        return spectrograms.reshape(len(spectrograms), -1), ""
    undo = take_turns() if "alternating" in name else None
    try:
        dcgan = DCGANFeatures(n_maps=n_maps, random_state=seed, **SYSTEMS[name])
        dcgan.fit(spectrograms[train])
    finally:
        if undo:
            undo()
    accuracy = dcgan.history_.get("discriminator_accuracy", [np.nan])[-1:]
    return dcgan.transform(spectrograms), " ".join(f"{a:.2f}" for a in accuracy)


def evaluate(features, y, groups, train, test):
    """UAR on the test part, C chosen on the training part."""
    search = GridSearchCV(
        make_pipeline(
            StandardScaler(),
            LiblinearClassifier(class_weight="balanced", random_state=0),
        ),
        {"liblinearclassifier__C": np.logspace(-6, -1, 6)},
        scoring=uar_scorer,
        cv=GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0),
        n_jobs=2,
    ).fit(features[train], y[train], groups=groups[train])
    return uar_scorer(search, features[test], y[test])


def read_scores(path, n_maps):
    """Scores of a file by system, seed and fold."""
    scores = {}
    if path and os.path.exists(path):
        with open(path) as file:
            for line in file:
                name, maps, seed, k, score, *_ = line.rstrip("\n").split(";")
                if int(maps) == n_maps:
                    scores[name, int(seed), int(k)] = float(score)
    return scores


def main():
    """Print a line for every system, seed and fold, and a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="under a minute")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--maps", type=int, default=64)
    parser.add_argument("--output", help="file to which lines are appended")
    options = parser.parse_args()
    data = load_mandarin_syllables()
    X, y, groups = data.recordings, data.target, data.groups
    folds = list(data.cv.split(X, y, groups))[: options.folds]
    names, n_seeds, n_maps = list(SYSTEMS), options.seeds, options.maps
    if options.short:
        kept = np.arange(0, len(X), 6)
        folds = [[np.flatnonzero(np.isin(kept, part)) for part in folds[0]]]
        X, y, groups = X[kept], y[kept], groups[kept]
        names = ["spectrogram", "untrained", "matching, 10 epochs", names[-1]]
        n_seeds, n_maps = 1, 8
    # 31 frames of 32 bands.
    spectrograms = MelSpectrogram(
        window_width=0.05,
        window_overlap=0.0375,
        n_mels=32,
        clip_below=-60,
        duration=0.4375,
        n_jobs=2,
    ).fit_transform(X)
    print(f"spectrograms {spectrograms.shape}, {n_maps} maps", flush=True)
    done = read_scores(options.output, n_maps)
    scores = {name: [] for name in names}
    for seed in range(n_seeds):
        for k, (train, test) in enumerate(folds):
            for name in names:
                if SYSTEMS[name] is None and seed:
                    continue
                if (name, seed, k) in done:
                    scores[name].append(done[name, seed, k])
                    continue
                before = time.perf_counter()
                features, accuracy = features_of(
                    spectrograms, train, name, seed, n_maps
                )
                seconds = time.perf_counter() - before
                score = evaluate(features, y, groups, train, test)
                scores[name].append(score)
                fields = name, n_maps, seed, k, f"{score:.4f}", f"{seconds:.0f}"
                line = ";".join(map(str, [*fields, accuracy]))
                print(line, flush=True)
                if options.output:
                    with open(options.output, "a") as file:
                        file.write(line + "\n")
    print(f"\n{'UAR, chance .045':40}   mean  lowest  highest")
    for name, values in scores.items():
        spread = f"{min(values):.3f}    {max(values):.3f}"
        print(f"{name:40}  {np.mean(values):.3f}    {spread}")


if __name__ == "__main__":
    main()
