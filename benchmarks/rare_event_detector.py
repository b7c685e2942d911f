"""Probabilities of a recording of 30 s from windows of 5, 9 and 50 frames.

Milliseconds for 1290 frames of 128 bands through three networks of the published size,
windows moving by one frame. Beside RareEventDetector stand its own networks that read
every window by itself, and the same network of Keras's layers, called on all windows at
once in batches of 256 (``predict_on_batch``). The floor is the arithmetic of all
products, windows sharing what does not depend on where they begin, at the rate that
NumPy reaches here in large ones. The ways are timed in turns, round after round, in one
process; ratios are of medians. KERAS_BACKEND chooses the backend. Run it as

    python benchmarks/rare_event_detector.py [--short] [--rounds 5]
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

from skaudeep.events import RareEventDetector

HOP = 0.023


def operations(n_frames, n_bands, time_steps, size):
    """Of all products.

    Convolutions and the first layer's product with its input are taken of every frame
    as a window's first, inside one, and as the last; the rest in all windows.
    """
    convolutions = 9 * n_bands * size + -(-n_bands // 4) * size**2
    of_a_frame = 3 * (convolutions + 4 * size**2)
    in_a_window = 3 * 4 * size**2 + size**2
    n_in_windows = sum((n_frames - width + 1) * width for width in time_steps)
    total = len(time_steps) * n_frames * of_a_frame + n_in_windows * in_a_window
    return 2 * total


def keras_model(n_bands, size):
    """The network as one writes it down."""
    frames = keras.Input((None, n_bands))
    x = layers.Reshape((-1, n_bands, 1))(frames)
    x = layers.Conv2D(size, 3, padding="same")(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D((1, 4))(x)
    x = layers.Conv2D(size, (1, x.shape[2]))(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Reshape((-1, size))(x)
    for _ in range(2):
        x = layers.LSTM(size, return_sequences=True, go_backwards=True)(x)
        x = keras.ops.flip(x, axis=1)
    x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(size)(x)))
    return keras.Model(frames, layers.Dense(1, activation="sigmoid")(x))


def windows_of(clip, width):
    """All windows of a clip, one frame after the other."""
    view = np.lib.stride_tricks.sliding_window_view(clip, width, axis=0)
    return np.ascontiguousarray(np.moveaxis(view, -1, 1))


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small, 2 rounds")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    n_frames, n_bands, size, n_rounds = 1290, 128, 128, options.rounds
    if options.short:
        n_frames, n_bands, size, n_rounds = 100, 16, 8, 2
    time_steps = (5, 9, 50)
    rng = np.random.default_rng(0)
    clip = rng.uniform(-1, 1, (n_frames, n_bands)).astype(np.float32)
    detector = RareEventDetector(
        time_steps=time_steps,
        n_filters=size,
        n_units=size,
        n_dense=size,
        max_epochs=0,
        random_state=0,
    ).fit([clip], [[(0.5, 1.5, "event")]])
    model = keras_model(n_bands, size)

    def window_by_window():
        for width, network in detector.networks_.items():
            windows = windows_of(clip, width)
            with network._fitted_network() as compiled:
                for start in range(0, len(windows), 256):
                    part = windows[start : start + 256]
                    compiled.call("frame_probabilities", part, None)

    def keras_windows():
        for width in time_steps:
            windows = windows_of(clip, width)
            for start in range(0, len(windows), 256):
                model.predict_on_batch(windows[start : start + 256])

    ways = {
        "RareEventDetector": lambda: detector.frame_probabilities([clip]),
        "its networks, window by window": window_by_window,
        "Keras, window by window": keras_windows,
    }
    times = {name: [] for name in ways}
    for i in range(n_rounds + 1):
        for name, way in ways.items():
            taken = seconds(way)
            # The first round compiles.
            if i:
                times[name].append(taken)
    rate = product_rate()
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    medians["floor"] = operations(n_frames, n_bands, time_steps, size) / rate
    print(f"{keras.backend.backend()}, {rate / 1e9:.0f} GFLOP/s in 2048^3")
    for name, median in medians.items():
        ratio = median / medians["RareEventDetector"]
        print(f"{name:32}{1e3 * median:9.0f} ms {ratio:7.2f}")


if __name__ == "__main__":
    main()
