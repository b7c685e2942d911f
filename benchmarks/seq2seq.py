"""The autoencoder's training step and encoding: skaudeep, Keras's layers, the floor.

The network of the DCASE 2017 paper: batches of 64 clips of 100 frames of 320 bands, two
layers of 256 GRU cells, a forward encoder, a bidirectional decoder, dropout. The ways
are timed in turns, round after round, in one process; ratios are of medians. The floor
is the arithmetic of all matrix products at the rate that NumPy reaches here with large
ones. KERAS_BACKEND chooses the backend. Run it as

    python benchmarks/seq2seq.py [--short] [--cell lstm] [--small] [--ragged]
        [--batch-size 256] [--n-steps 8] [--bfloat16]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import statistics
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from helpers.timing import product_rate, seconds

from skaudeep._keras import borrow
from skaudeep.networks import recurrent
from skaudeep.networks.seq2seq import Seq2Seq

# A step of auDeep itself, TensorFlow 1's graph mode, two cores of another machine, on
# which large products run at 350 GFLOP/s.
AUDEEP_STEP = 0.795
AUDEEP_ENCODE = 0.082 / 64


def arithmetic(config, n_frames, n_batch):
    """Operations of all products: (a training step, an encoding)."""
    gates = {"gru": 3, "lstm": 4}[config["cell"]]
    units, n_layers, n_bands = config["n_units"], config["n_layers"], config["n_bands"]
    steps = n_frames * n_batch

    def stacks(bidirectional):
        # (of the data, of everything else): only the latter needs both gradients.
        directions = 1 + bidirectional
        data = 2 * steps * n_bands * gates * units * directions
        inner = 2 * steps * units * gates * units * (2 * n_layers - 1) * directions
        return data, inner

    data, inner = stacks(config["bidirectional_encoder"])
    decoder_data, decoder_inner = stacks(config["bidirectional_decoder"])
    width = units * (1 + config["bidirectional_decoder"])
    states = units * n_layers * (1 + config["bidirectional_encoder"])
    code = 2 * n_batch * states * width * n_layers
    projection = 2 * steps * width * n_bands
    everything = inner + decoder_inner + projection + code
    return 2 * (data + decoder_data) + 3 * everything, data + inner + code


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a tiny network, 2 rounds")
    parser.add_argument("--small", action="store_true", help="50 x 64, one layer of 64")
    parser.add_argument("--ragged", action="store_true", help="lengths 50 to 100 %%")
    parser.add_argument("--cell", choices=["gru", "lstm"], default="gru")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--n-steps", type=int, default=1, help="steps in one call")
    parser.add_argument("--bfloat16", action="store_true", help="mixed precision too")
    options = parser.parse_args()
    n_batch, n_steps = options.batch_size, options.n_steps
    n_frames, n_bands, n_layers, n_units = 100, 320, 2, 256
    if options.small:
        n_frames, n_bands, n_layers, n_units = 50, 64, 1, 64
    n_rounds = options.rounds
    if options.short:
        n_batch, n_frames, n_bands, n_layers, n_units = 8, 10, 16, 2, 16
        n_rounds = 2
    config = {
        "n_bands": n_bands,
        "cell": options.cell,
        "n_layers": n_layers,
        "n_units": n_units,
        "bidirectional_encoder": False,
        "bidirectional_decoder": True,
        "teacher_forcing": "leak_free",
        "dropout": 0.2,
    }
    rng = np.random.default_rng(0)
    n_encoded = 4 * n_batch
    frames = rng.uniform(-1, 1, (n_encoded, n_frames, n_bands)).astype(np.float32)
    lengths = None
    if options.ragged:
        lengths = np.sort(rng.integers(n_frames // 2, n_frames + 1, n_encoded))[::-1]
        lengths = lengths.astype(np.int32)
    batch = (frames[:n_batch], None if lengths is None else lengths[:n_batch], None)

    rate = product_rate()
    of_step, of_encoding = arithmetic(config, n_frames, n_batch)
    floors = of_step / rate, of_encoding / rate / n_batch
    print(
        f"{keras.backend.backend()}, {options.cell}, batch {n_batch}, {n_frames} x "
        f"{n_bands}, {n_layers} x {n_units}; {rate / 1e9:.0f} GFLOP/s in 2048^3"
    )

    ways = {}
    kinds = [("skaudeep", True, None), ("keras layers", False, None)]
    if options.bfloat16:
        kinds.append(("bfloat16", True, "mixed_bfloat16"))
    for name, own, dtype in kinds:
        choice = recurrent.has_kernel if own else lambda dtype: False
        with mock.patch.object(recurrent, "has_kernel", choice):
            # Two networks that the pool must not take for one.
            network = {**config, "dropout": 0.2 if own else 0.2000001, "dtype": dtype}
            lent = borrow(Seq2Seq, network)
            compiled = lent.__enter__()
            compiled.load(Seq2Seq(**network))
            compiled.start_training(1e-3, 2.0)
            training = compiled.training()
            training.__enter__()
            device_batch = compiled.to_device(batch)

            # PyTorch compiles nothing: it looks at the choice in every call.
            def step(compiled=compiled, device_batch=device_batch, choice=choice):
                with mock.patch.object(recurrent, "has_kernel", choice):
                    losses = compiled.train(device_batch, n_steps)
                    keras.ops.convert_to_numpy(losses)

            def encode(compiled=compiled, choice=choice):
                with mock.patch.object(recurrent, "has_kernel", choice):
                    compiled.call("encode", frames, lengths)

            first = seconds(step), seconds(encode)
            ways[name] = step, encode, first
    times = {name: ([], []) for name in ways}
    for _ in range(n_rounds):
        for name, (step, encode, _) in ways.items():
            times[name][0].append(seconds(step) / n_steps)
            times[name][1].append(seconds(encode) / n_encoded)
    medians = {
        name: [statistics.median(values) for values in pair]
        for name, pair in times.items()
    }
    ours = medians["skaudeep"]
    print(f"{'':14}{'step ms':>9} {'ratio':>6} {'of floor':>9} {'first s':>8}", end="")
    print(f"{'encode ms/clip':>16} {'ratio':>6} {'of floor':>9}")
    for name, (step, encode) in medians.items():
        first = ways[name][2][0]
        print(f"{name:14}{step * 1e3:9.1f} {step / ours[0]:6.2f} ", end="")
        print(f"{floors[0] / step:9.0%} {first:8.1f}{encode * 1e3:16.3f} ", end="")
        print(f"{encode / ours[1]:6.2f} {floors[1] / encode:9.0%}")
    print(f"{'floor':14}{floors[0] * 1e3:9.1f} {floors[0] / ours[0]:6.2f}", end="")
    print(" " * 18, end="")
    print(f"{floors[1] * 1e3:16.3f} {floors[1] / ours[1]:6.2f}")
    papers = not (options.short or options.small) and n_batch == 64
    if papers and options.cell == "gru":
        floor = of_step / 350e9
        print(
            f"auDeep itself, elsewhere: {AUDEEP_STEP * 1e3:.0f} ms, "
            f"{floor / AUDEEP_STEP:.0%} of the floor there; encoding "
            f"{AUDEEP_ENCODE * 1e3:.2f} ms a clip"
        )


if __name__ == "__main__":
    main()
