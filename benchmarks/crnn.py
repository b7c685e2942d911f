"""A training step of CRNNClassifier and its inference against Keras's layers.

The default network on batches of 48 clips of 50 frames of 128 bands, two classes.
Beside it stands the same network of Keras's layers as one writes it down (Conv2D,
BatchNormalization, MaxPooling2D, LSTM), trained by ``train_on_batch``, and the
arithmetic of all products at the rate that NumPy reaches here in large ones. The ways
are timed in turns, round after round, in one process; ratios are of medians.
KERAS_BACKEND chooses the backend. Run it as

    python benchmarks/crnn.py [--short] [--n-frames 50] [--rounds 7]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from helpers.timing import product_rate, seconds
from keras import layers

from skaudeep._keras import borrow
from skaudeep.networks.crnn import CRNN


def operations(config, n_bands, n_rows):
    """Of all products for so many frames: (a training step, inference)."""
    filters, units, dense = config["n_filters"], config["n_units"], config["n_dense"]
    first = config["kernel_size"] ** 2 * n_bands * filters
    groups = -(-n_bands // config["pool_size"])
    length = min(config["band_filter_length"], groups)
    second = (groups - length + 1) * length * filters**2
    recurrent = 4 * units * (filters + units + 2 * units * (config["n_layers"] - 1))
    # The dense layer is computed once a clip, which is next to nothing.
    inner = second + recurrent + units * dense / 50
    # The input is data: it needs no gradient.
    return 2 * n_rows * (2 * first + 3 * inner), 2 * n_rows * (first + inner)


def keras_model(config, n_bands):
    frames = keras.Input((None, n_bands))
    x = layers.Reshape((-1, n_bands, 1))(frames)
    x = layers.Conv2D(config["n_filters"], config["kernel_size"], padding="same")(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D((1, config["pool_size"]))(x)
    length = min(config["band_filter_length"], x.shape[2])
    x = layers.Conv2D(config["n_filters"], (1, length))(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D((1, x.shape[2]))(x)
    x = layers.Reshape((-1, config["n_filters"]))(x)
    x = layers.Dropout(config["dropout"])(x)
    for _ in range(config["n_layers"]):
        x = layers.LSTM(config["n_units"], return_sequences=True, go_backwards=True)(x)
        x = keras.ops.flip(x, axis=1)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(config["n_dense"])(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    model = keras.Model(frames, layers.Dense(config["n_outputs"])(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a tiny network, 2 rounds")
    parser.add_argument("--n-frames", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    n_clips, n_frames, n_bands, n_rounds = 48, options.n_frames, 128, options.rounds
    size = 128
    if options.short:
        n_clips, n_frames, n_bands, n_rounds, size = 8, 10, 16, 2, 8
    config = {
        "n_outputs": 2,
        "n_filters": size,
        "kernel_size": 3,
        "pool_size": 4,
        "band_filter_length": 32,
        "n_layers": 2,
        "n_units": size,
        "n_dense": size,
        "dropout": 0.3,
    }
    rng = np.random.default_rng(0)
    frames = rng.uniform(-1, 1, (n_clips, n_frames, n_bands)).astype("f4")
    classes = rng.integers(0, 2, n_clips).astype("i4")
    batch = frames, None, classes, np.ones(n_clips, "f4")
    model = keras_model(config, n_bands)
    with borrow(CRNN, {"n_bands": n_bands, **config}) as compiled:
        compiled.start_training(1e-3)
        with compiled.training():
            ways = {
                "CRNNClassifier": (
                    lambda: keras.ops.convert_to_numpy(compiled.train(batch)),
                    lambda: compiled.call("logits", frames, None),
                ),
                "Keras, train_on_batch": (
                    lambda: model.train_on_batch(frames, classes),
                    lambda: model.predict_on_batch(frames),
                ),
            }
            times = {name: ([], []) for name in ways}
            for i in range(n_rounds + 1):
                for name, pair in ways.items():
                    for function, taken in zip(pair, times[name], strict=True):
                        taken.append(seconds(function))
                        if i == 0:
                            # It has compiled.
                            taken.clear()
    rate = product_rate()
    print(
        f"{keras.backend.backend()}, {n_clips} clips of {n_frames} x {n_bands}; "
        f"{rate / 1e9:.0f} GFLOP/s in 2048^3"
    )
    n_rows = n_clips * n_frames
    medians = {
        name: [statistics.median(taken) for taken in pair]
        for name, pair in times.items()
    }
    medians["floor"] = [n / rate for n in operations(config, n_bands, n_rows)]
    ours = medians["CRNNClassifier"]
    print(f"{'':24}{'step ms':>9} {'ratio':>6} {'inference ms':>14} {'ratio':>6}")
    for name, (step, inference) in medians.items():
        print(f"{name:24}{1e3 * step:9.1f} {step / ours[0]:6.2f} ", end="")
        print(f"{1e3 * inference:14.1f} {inference / ours[1]:6.2f}")


if __name__ == "__main__":
    main()
