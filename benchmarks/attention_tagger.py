"""A training step of AttentionTagger and its inference against Keras's layers.

The network of the paper on batches of 100 clips of 249 frames of 40 bands, seven tags.
Beside it stands the same network of Keras's layers as one writes it down (Conv2D,
MaxPooling2D, Bidirectional(GRU), Dense), trained by ``train_on_batch``, and the
arithmetic of all products at the rate that NumPy reaches here in large ones. The ways
are timed in turns, round after round, in one process; ratios are of medians.
KERAS_BACKEND chooses the backend. Run it as

    python benchmarks/attention_tagger.py [--short] [--rounds 5]
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
from skaudeep.networks.cgrnn import CGRNN


def operations(config, n_rows):
    """Of all products for so many frames: (a training step, inference)."""
    filters, units, dense = config["n_filters"], config["n_units"], config["n_dense"]
    n_bands, n_tags = config["n_bands"], config["n_outputs"]
    length = config["filter_length"]
    convolution = (n_bands - length + 1) * length * filters
    heads = n_bands * (1 + n_tags)
    inner, n_inputs = 0, filters
    for _ in range(config["n_layers"]):
        inner += 2 * 3 * units * (n_inputs + units)
        n_inputs = 2 * units
    inner += n_inputs * dense + dense * n_tags
    # The input is data: it needs no gradient. Of the convolution, a maximum is kept,
    # so that its gradient needs one position.
    training = convolution + length * filters + 2 * heads + 3 * inner
    return 2 * n_rows * training, 2 * n_rows * (convolution + heads + inner)


def keras_model(config):
    ops = keras.ops
    frames = keras.Input((None, config["n_bands"]))
    attention = layers.Dense(1, activation="sigmoid")(frames)
    localization = layers.Dense(config["n_outputs"], activation="softmax")(frames)
    x = layers.Reshape((-1, config["n_bands"], 1))(frames)
    size = 1, config["filter_length"]
    x = layers.Conv2D(config["n_filters"], size, activation="relu")(x)
    x = layers.MaxPooling2D((1, x.shape[2]))(x)
    x = layers.Reshape((-1, config["n_filters"]))(x)
    x = layers.Multiply()([x, attention])
    for _ in range(config["n_layers"]):
        x = layers.Bidirectional(layers.GRU(config["n_units"], return_sequences=True))(
            x
        )
    x = layers.Dense(config["n_dense"], activation="relu")(x)
    x = layers.Dropout(config["dropout"])(x)
    x = layers.Dense(config["n_outputs"], activation="sigmoid")(x)
    x = layers.Multiply()([x, attention, localization])
    x = ops.sum(x, axis=1) / ops.sum(ops.maximum(localization, 1e-9), axis=1)
    model = keras.Model(frames, x)
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a tiny network, 2 rounds")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    n_clips, n_frames, n_rounds = 100, 249, options.rounds
    config = {
        "n_bands": 40,
        "n_outputs": 7,
        "n_filters": 128,
        "filter_length": 30,
        "n_layers": 3,
        "n_units": 128,
        "n_dense": 500,
        "dropout": 0.2,
    }
    if options.short:
        n_clips, n_frames, n_rounds = 8, 10, 2
        config.update(n_filters=8, n_layers=1, n_units=8, n_dense=8)
    rng = np.random.default_rng(0)
    frames = rng.uniform(-1, 1, (n_clips, n_frames, config["n_bands"])).astype("f4")
    tags = rng.integers(0, 2, (n_clips, config["n_outputs"])).astype("f4")
    batch = frames, None, tags, np.ones_like(tags)
    model = keras_model(config)
    with borrow(CGRNN, config) as compiled:
        assert model.count_params() == compiled.network.count_params()
        compiled.start_training(1e-3)
        with compiled.training():
            ways = {
                "AttentionTagger": (
                    lambda: keras.ops.convert_to_numpy(compiled.train(batch)),
                    lambda: compiled.call("tag", frames, None),
                ),
                "Keras, train_on_batch": (
                    lambda: model.train_on_batch(frames, tags),
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
        f"{keras.backend.backend()}, {n_clips} clips of {n_frames} x "
        f"{config['n_bands']}; {rate / 1e9:.0f} GFLOP/s in 2048^3"
    )
    medians = {
        name: [statistics.median(taken) for taken in pair]
        for name, pair in times.items()
    }
    medians["floor"] = [n / rate for n in operations(config, n_clips * n_frames)]
    ours = medians["AttentionTagger"]
    print(f"{'':24} {'step ms':>8} {'ratio':>6}   {'inference ms':>12} {'ratio':>6}")
    for name, (step, inference) in medians.items():
        print(
            f"{name:24} {1000 * step:8.1f} {step / ours[0]:6.2f}   "
            f"{1000 * inference:12.1f} {inference / ours[1]:6.2f}"
        )


if __name__ == "__main__":
    main()
