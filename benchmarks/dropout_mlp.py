"""Full-batch training of the multilayer perceptron: this library, Keras, and the floor.

Milliseconds an epoch on 4680 x 4096 features, 2 x 150 units, 15 classes. The ways are
timed in turns, round after round; ratios are of medians. The floor is the two products
with the first kernel, forward and backward, in NumPy: nine tenths of the arithmetic.
Run it as

    python benchmarks/dropout_mlp.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from helpers.timing import seconds

from skaudeep._keras import borrow
from skaudeep.networks.mlp import DropoutMLP

N_CLASSES, N_UNITS, DROPOUT = 15, 150, 0.4


def keras_model(n_features):
    """The same network from Keras's layers, trained by Keras."""
    model = keras.Sequential([keras.layers.Input((n_features,))])
    for _ in range(2):
        model.add(keras.layers.Dense(N_UNITS, activation="relu"))
        model.add(keras.layers.Dropout(DROPOUT))
    model.add(keras.layers.Dense(N_CLASSES))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="an eighth of the rows")
    options = parser.parse_args()
    n_rows, n_features = (585 if options.short else 4680), 4096
    n_rounds, n_epochs = (2, 3) if options.short else (7, 10)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    y = rng.integers(N_CLASSES, size=n_rows).astype(np.int32)
    kernel = rng.standard_normal((n_features, N_UNITS), dtype=np.float32)
    gradient = rng.standard_normal((n_rows, N_UNITS), dtype=np.float32)

    config = {
        "n_features": n_features,
        "hidden_layer_sizes": (N_UNITS, N_UNITS),
        "n_classes": N_CLASSES,
        "dropout": DROPOUT,
    }
    model = keras_model(n_features)
    with borrow(DropoutMLP, config) as compiled:
        compiled.load(DropoutMLP(**config))
        compiled.start_training(1e-3)
        with compiled.training():
            weights = np.ones(n_rows, dtype=np.float32)
            batch = compiled.to_device((np.ascontiguousarray(X.T), y, weights))
            ways = {
                "this library": lambda: np.asarray(compiled.train(batch, n_epochs)),
                "keras train_on_batch": lambda: [
                    model.train_on_batch(X, y) for _ in range(n_epochs)
                ],
                "keras fit": lambda: model.fit(
                    X, y, batch_size=n_rows, epochs=n_epochs, verbose=0
                ),
                "floor: two products": lambda: [
                    (X @ kernel, X.T @ gradient) for _ in range(n_epochs)
                ],
            }
            for way in ways.values():
                way()
            times = {name: [] for name in ways}
            for _ in range(n_rounds):
                for name, way in ways.items():
                    times[name].append(seconds(way) / n_epochs)
    ours = statistics.median(times["this library"])
    flops = 2 * 2 * n_rows * n_features * N_UNITS
    print(f"{n_rows} x {n_features}, {keras.backend.backend()}, ms an epoch")
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:22} {1e3 * median:8.1f} (min {1e3 * min(values):.1f}), "
            f"{median / ours:5.2f} x ours, {flops / median / 1e9:6.0f} GFLOP/s"
        )


if __name__ == "__main__":
    main()
