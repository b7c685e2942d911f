"""DeepSpectrum: clips a second, where the time goes, and the same network elsewhere.

Clips of 1 s at 16 kHz as mel spectrograms of 61 frames and 128 bands, drawn as pictures
of 224 x 224 pixels, sent through EfficientNet-Lite0 up to its 1280 pooled activations.
The same network is also run by ``keras.Model.predict``, by a plain call of the model
and, where torch and efficientnet_lite_pytorch are installed, by PyTorch. The floor is
the arithmetic of all convolutions, two operations a multiply-add, at the rate that
NumPy reaches here in large products. The ways are timed in turns, round after round, in
one process, and the best round counts. KERAS_BACKEND chooses the backend. Run it as

    python benchmarks/deep_spectrum.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
from functools import partial
from importlib.resources import files

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from helpers.timing import product_rate, seconds

from skaudeep.audio import MelSpectrogram, SpectrogramPicture
from skaudeep.representation import DeepSpectrum

try:
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from safetensors.numpy import load_file
except ImportError:
    torch = None

RATE, BATCH = 16000, 8
WEIGHTS = files("skaudeep.networks") / "data" / "efficientnet_lite0.safetensors"


def multiply_adds(model):
    """Multiplications with an addition of all convolutions, a picture."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            rows, columns, _ = layer.output.shape[1:]
            total += rows * columns * int(np.prod(layer.kernel.shape))
    return total


def scaled(pictures):
    return (pictures.astype(np.float32) - 127) / 128


def batches(pictures):
    return [pictures[i : i + BATCH] for i in range(0, len(pictures), BATCH)]


def keras_predict(model, pictures):
    return model.predict(scaled(pictures), batch_size=BATCH, verbose=0)


def keras_call(model, pictures):
    rows = [model(scaled(batch), training=False) for batch in batches(pictures)]
    return np.concatenate([keras.ops.convert_to_numpy(row) for row in rows])


def pytorch_network():
    network = EfficientNet.from_name("efficientnet-lite0").eval()
    state = {k: torch.tensor(v).float() for k, v in load_file(WEIGHTS).items()}
    # It wants the counters of batches, which do nothing here.
    network.load_state_dict(state, strict=False)
    return network


def pytorch_pooled(network, pictures):
    rows = []
    with torch.inference_mode():
        for batch in batches(pictures):
            inputs = torch.from_numpy(scaled(batch)).permute(0, 3, 1, 2)
            rows.append(network.extract_features(inputs).mean((2, 3)).numpy())
    return np.concatenate(rows)


def best(ways, rounds):
    """Seconds a clip of every way, the best of all rounds."""
    taken = dict.fromkeys(ways, np.inf)
    for function, array in ways.values():
        function(array[:2])
    for _ in range(rounds):
        for name, (function, array) in ways.items():
            value = seconds(lambda call=function, X=array: call(X)) / len(array)
            taken[name] = min(taken[name], value)
    return taken


def main():
    """Print three tables: first calls, where the time goes, and other ways."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="8 clips, once")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    n_clips, rounds = (8, 1) if options.short else (64, options.rounds)
    rng = np.random.default_rng(0)
    signals = rng.standard_normal((n_clips, RATE), dtype=np.float32)
    mel = MelSpectrogram(RATE, window_width=0.032, window_overlap=0.016, scale=None)
    clips = mel.fit_transform(signals)
    picture = SpectrogramPicture()
    pictures = picture.fit_transform(clips)

    spectrum = DeepSpectrum(batch_size=BATCH, n_jobs=1)
    first = {
        "first fit: network and weights": lambda: spectrum.fit(clips[:1]),
        "first batch: compilation": lambda: spectrum.transform(clips[:BATCH]),
        "fit again": lambda: spectrum.fit(clips[:1]),
        "batch again": lambda: spectrum.transform(clips[:BATCH]),
    }
    first = {name: seconds(function) for name, function in first.items()}
    two = DeepSpectrum(batch_size=BATCH, n_jobs=2).fit(clips[:1])
    of_pictures = DeepSpectrum(batch_size=BATCH).fit(pictures[:1])
    model = of_pictures.model_.model
    rate, operations = product_rate(), 2 * multiply_adds(model)
    print(
        f"{keras.backend.backend()}, {n_clips} clips; {rate / 1e9:.0f} GFLOP/s in "
        f"2048^3, {operations / 2e9:.2f} G multiply-adds a picture"
    )
    for name, value in first.items():
        print(f"{name:34} {value:7.2f} s")

    ways = {
        "DeepSpectrum": (spectrum.transform, clips),
        "DeepSpectrum, n_jobs=2": (two.transform, clips),
        "its mel spectrograms": (mel.transform, signals),
        "its pictures alone": (picture.transform, clips),
        "its network alone": (of_pictures.transform, pictures),
    }
    if not options.short:
        for size in (32, 64):
            large = DeepSpectrum(batch_size=size, n_jobs=1).fit(clips[:1])
            ways[f"DeepSpectrum, batch_size={size}"] = large.transform, clips
    ways["Keras, predict"] = partial(keras_predict, model), pictures
    ways["Keras, model(x)"] = partial(keras_call, model), pictures
    if torch is not None:
        pytorch = partial(pytorch_pooled, pytorch_network())
        ways["PyTorch"] = pytorch, pictures
        ours = spectrum.transform(clips[:BATCH])
        difference = np.abs(pytorch(pictures[:BATCH]) - ours).max() / ours.max()
        print(f"largest difference to PyTorch: {difference:.1e} of the largest value")
    taken = best(ways, rounds)
    floor = operations / rate
    print(f"{'':34} clips/s  ms/clip  ratio  of floor")
    for name, value in {**taken, "floor: arithmetic": floor}.items():
        has_network = name not in ("its mel spectrograms", "its pictures alone")
        share = f"{floor / value:9.0%}" if has_network else ""
        ratio = value / taken["DeepSpectrum"]
        print(f"{name:34} {1 / value:7.0f} {1e3 * value:8.2f} {ratio:6.2f} {share}")


if __name__ == "__main__":
    main()
