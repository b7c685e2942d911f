"""A training step of DCGANFeatures against the obvious alternatives.

A step is one update of the discriminator and one of the generator: 5 x 5 kernels, two
layers, 32 spectrograms. Beside ours stand the same networks of Keras's layers, trained
by calls of ``train_on_batch`` in turns, as the tutorials do it, and the arithmetic of
all products at the rate that NumPy reaches here in large ones. The ways are timed in
turns, round after round, in one process, and the best round counts. Then the memory of
an epoch of our own, in a process that does nothing else. KERAS_BACKEND chooses the
backend. Run it as

    python benchmarks/dcgan.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from helpers.memory import resident
from helpers.timing import product_rate, seconds
from keras import layers

from skaudeep._keras import borrow
from skaudeep.networks.dcgan import DCGAN, padded_size
from skaudeep.representation import DCGANFeatures

N_MAPS, KERNEL, LATENT, BATCH = 32, 5, 100, 32


def operations(height, width):
    """Of a step: multiplications and additions of all products, gradients included."""
    taps, quarter = KERNEL**2, height * width / 4
    first = taps * N_MAPS * quarter
    second = taps * N_MAPS * 2 * N_MAPS * quarter / 4
    projection = LATENT * 2 * N_MAPS * quarter / 4
    # Forward, by the weights, by the input. The discriminator: forward on real and
    # generated pictures, both gradients but none by the picture; then backward to the
    # picture for the generator, whose forward pass is shared.
    discriminator = 2 * (2 * first + 3 * second) + first + second
    generator = 3 * (first + second) + 2 * projection
    return 2 * BATCH * (discriminator + generator)


def keras_pair(height, width):
    """The textbook's loop, of Keras's layers and ``train_on_batch``."""
    normal = keras.initializers.RandomNormal(0, 0.02)
    options = dict(strides=2, padding="same", kernel_initializer=normal)
    discriminator = keras.Sequential(
        [
            keras.Input((height, width, 1)),
            layers.Conv2D(N_MAPS, KERNEL, **options),
            layers.LeakyReLU(0.2),
            layers.Conv2D(2 * N_MAPS, KERNEL, **options),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(2, kernel_initializer=normal),
        ]
    )
    generator = keras.Sequential(
        [
            keras.Input((LATENT,)),
            layers.Dense(height * width // 16 * 2 * N_MAPS, kernel_initializer=normal),
            layers.Reshape((height // 4, width // 4, 2 * N_MAPS)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(N_MAPS, KERNEL, **options),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(1, KERNEL, activation="tanh", **options),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = lambda: keras.optimizers.Adam(2e-4, beta_1=0.5)  # noqa: E731
    discriminator.compile(adam(), loss)
    # Compiled on its own, the discriminator trains; inside this one it does not.
    frozen = keras.models.clone_model(discriminator)
    frozen.trainable = False
    both = keras.Sequential([keras.Input((LATENT,)), generator, frozen])
    both.compile(adam(), loss)
    ones, zeros = np.ones(BATCH, dtype="int32"), np.zeros(BATCH, dtype="int32")

    def step(pictures, noise):
        fake = np.asarray(generator.predict_on_batch(noise))
        discriminator.train_on_batch(pictures, ones)
        discriminator.train_on_batch(fake, zeros)
        frozen.set_weights(discriminator.get_weights())
        both.train_on_batch(noise, ones)

    return step


def measure(n_frames, n_bands, n_steps, n_rounds, rate):
    rng = np.random.default_rng(0)
    frames = rng.uniform(-1, 1, (BATCH, n_frames, n_bands)).astype("f4")
    noise = rng.uniform(-1, 1, (BATCH, LATENT)).astype("f4")
    height, width = padded_size(n_frames, 2), padded_size(n_bands, 2)
    pictures = np.full((BATCH, height, width, 1), -1, dtype="f4")
    pictures[:, :n_frames, :n_bands, 0] = frames
    config = dict(
        n_frames=n_frames,
        n_bands=n_bands,
        n_layers=2,
        n_maps=N_MAPS,
        kernel_size=KERNEL,
        latent_size=LATENT,
        feature_matching=True,
        pool=4,
    )
    times = {"skaudeep": [], "Keras, train_on_batch": []}
    pair = keras_pair(height, width)
    with borrow(DCGAN, config) as compiled:
        compiled.start_training(2e-4, None, 0.5)
        with compiled.training():

            def ours():
                for _ in range(n_steps):
                    losses = compiled.train((frames, noise))
                keras.ops.convert_to_numpy(losses)

            def theirs():
                for _ in range(n_steps):
                    pair(pictures, noise)

            ours(), theirs()
            for _ in range(n_rounds):
                times["skaudeep"].append(seconds(ours) / n_steps)
                times["Keras, train_on_batch"].append(seconds(theirs) / n_steps)
    floor = operations(height, width) / rate
    print(f"\n{n_frames} x {n_bands}, ms a step")
    best = {name: min(values) for name, values in times.items()}
    for name, value in best.items():
        ratio = value / best["skaudeep"]
        print(f"{name:24}{1e3 * value:8.0f}   {ratio:5.2f} x")
    print(f"{'floor':24}{1e3 * floor:8.0f}   {floor / best['skaudeep']:5.2f} x")


def train_alone(n_frames, n_bands, n_clips):
    """Print the memory of an epoch and of the features above that of a tiny one."""

    def use(frames):
        DCGANFeatures(n_maps=N_MAPS, max_epochs=1, random_state=0).fit_transform(frames)
        return resident("VmHWM")

    rng = np.random.default_rng(0)
    frames = rng.uniform(-1, 1, (n_clips, n_frames, n_bands)).astype("f4")
    libraries = use(frames[:2, :8, :8])
    print(
        f"an epoch and features of {n_clips} clips, {n_frames} x {n_bands}: "
        f"{use(frames) - libraries:.0f} MiB above libraries and data ({libraries:.0f})",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="some seconds")
    parser.add_argument("--alone", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        train_alone(*options.alone)
        return
    rate = product_rate()
    print(f"{keras.backend.backend()}, products at {rate / 1e9:.0f} GFLOP/s")
    sizes = [(32, 32)] if options.short else [(128, 128), (100, 320)]
    n_steps, n_rounds = (2, 2) if options.short else (8, 5)
    for n_frames, n_bands in sizes:
        measure(n_frames, n_bands, n_steps, n_rounds, rate)
    print()
    for size in sizes:
        shape = *size, 64 if options.short else 320
        command = [sys.executable, __file__, "--alone", *map(str, shape)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
