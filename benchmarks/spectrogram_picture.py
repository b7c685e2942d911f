"""Pictures of spectrograms: this library, matplotlib, colours and a resize, the floor.

Clips of 5 s at 16 kHz, as mel spectrograms of 128 bands and spectrograms of 257 bins,
311 frames each, become pictures of 227 x 227 pixels in viridis: the sizes of Deep
Spectrum. matplotlib draws with Agg, in a figure without axes that is used again: a mesh
of cells, as Deep Spectrum has it drawn, alone and by librosa's specshow, or an image,
which knows no warped axis. The ways are timed in turns, round after round, in one
process, and the best round counts. Run it as

    python benchmarks/spectrogram_picture.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import time
from functools import partial

import librosa
import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from skaudeep.audio import MelSpectrogram, Spectrogram, SpectrogramPicture

try:
    from PIL import Image
except ImportError:
    Image = None

RATE, SECONDS, SIZE = 16000, 5, 227
VIRIDIS = matplotlib.colormaps["viridis"]
# (front, its options, warp of the axis, scale of matplotlib's axis)
KINDS = {
    "mel, 128 x 311": (
        MelSpectrogram,
        "mel",
        {"value": "symlog", "base": 2, "linthresh": 1000, "linscale": 1},
    ),
    "spectrogram, 257 x 311": (Spectrogram, "linear", {"value": "linear"}),
}


def make_sequences(front, n_clips):
    """Decibels of chirps in noise, (n_clips, 311, n_bands)."""
    rng = np.random.default_rng(0)
    t = np.arange(RATE * SECONDS) / RATE
    chirp = np.sin(2 * np.pi * (200 * t + 150 * t**2))
    noise = rng.standard_normal((n_clips, len(t)))
    spectrogram = front(RATE, window_width=0.032, window_overlap=0.016, scale=None)
    return spectrogram.fit_transform((chirp + 0.02 * noise).astype(np.float32))


def cell_edges(n_bands, warp):
    """Hz at the edges of the bands: half way between their centres."""
    if warp == "mel":
        centres = librosa.mel_frequencies(n_bands, fmin=0, fmax=RATE / 2)
    else:
        centres = np.linspace(0, RATE / 2, n_bands)
    inner = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[0], inner, [RATE / 2]])


class Matplotlib:
    """A figure of nothing but the picture, drawn into an array."""

    def __init__(self, edges, scale, warp):
        self.figure = Figure(figsize=(SIZE / 100, SIZE / 100), dpi=100)
        self.canvas = FigureCanvasAgg(self.figure)
        self.edges = edges
        self.scale = scale
        self.warp = warp

    def empty_axes(self):
        """Axes that fill the figure."""
        self.figure.clear()
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        return axes

    def pixels(self):
        """Draw the figure; red, green and blue of all pixels."""
        self.canvas.draw()
        return np.array(self.canvas.buffer_rgba())[..., :3]

    def mesh(self, clip):
        """A rectangle for every frame and band, on the warped axis."""
        axes = self.empty_axes()
        axes.pcolormesh(np.arange(len(clip) + 1), self.edges, clip.T, cmap=VIRIDIS)
        axes.set_yscale(**self.scale)
        axes.set_ylim(0, RATE / 2)
        axes.set_xlim(0, len(clip))
        return self.pixels()

    def specshow(self, clip):
        """The same with librosa's edges of the rectangles."""
        axes = self.empty_axes()
        options = {"sr": RATE, "cmap": VIRIDIS, "ax": axes, "x_axis": "frames"}
        librosa.display.specshow(clip.T, y_axis=self.warp, **options)
        axes.set_axis_off()
        return self.pixels()

    def image(self, clip):
        """All frames and bands as one image."""
        axes = self.empty_axes()
        options = {"cmap": VIRIDIS, "aspect": "auto", "interpolation": "nearest"}
        axes.imshow(clip.T, origin="lower", **options)
        return self.pixels()


def coloured_and_resized(method, clip):
    """Colours of all cells, then Pillow's resize of the image."""
    low, high = clip.min(), clip.max()
    colours = VIRIDIS((clip.T[::-1] - low) / (high - low), bytes=True)[..., :3]
    image = Image.fromarray(np.ascontiguousarray(colours))
    return np.asarray(image.resize((SIZE, SIZE), method))


def each(function, clips):
    return np.stack([function(clip) for clip in clips])


def copies(clips):
    picture = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    return np.stack([picture.copy() for _ in clips])


def best(ways, clips, rounds):
    """Seconds a picture of every way, the best of all rounds."""
    seconds = dict.fromkeys(ways, np.inf)
    for way, _ in ways.values():
        way(clips[:2])
    for _ in range(rounds):
        for name, (way, n_clips) in ways.items():
            start = time.perf_counter()
            way(clips[:n_clips])
            taken = (time.perf_counter() - start) / n_clips
            seconds[name] = min(seconds[name], taken)
    return seconds


def main():
    """Print a table for every kind of sequence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer clips and rounds")
    short = parser.parse_args().short
    n_clips, n_slow, rounds = (10, 1, 3) if short else (100, 5, 9)
    for kind, (front, warp, scale) in KINDS.items():
        clips = make_sequences(front, n_clips)
        drawing = Matplotlib(cell_edges(clips.shape[2], warp), scale, warp)
        options = {"size": SIZE, "axis_warp": warp, "f_max": RATE / 2}
        ours = SpectrogramPicture(**options)
        two = SpectrogramPicture(**options, n_jobs=2)
        area = SpectrogramPicture(**options, resample="area")
        ways = {
            "SpectrogramPicture": (ours.fit_transform, n_clips),
            "SpectrogramPicture, n_jobs=2": (two.fit_transform, n_clips),
            "SpectrogramPicture, area": (area.fit_transform, n_clips),
            "matplotlib, pcolormesh": (partial(each, drawing.mesh), n_slow),
            "librosa, specshow": (partial(each, drawing.specshow), n_slow),
            "matplotlib, imshow (no warp)": (partial(each, drawing.image), n_slow),
        }
        if Image is not None:
            for name, method in (
                ("nearest", Image.Resampling.NEAREST),
                ("box", Image.Resampling.BOX),
            ):
                way = partial(each, partial(coloured_and_resized, method))
                ways[f"colour map, Pillow {name} (no warp)"] = way, n_clips
        ways["floor: copying pictures"] = copies, n_clips
        drawn = ours.fit_transform(clips[:1])[0]
        equal = (drawn == drawing.mesh(clips[0])).all(axis=-1).mean()
        print(f"{kind}; {equal:.2%} of the pixels equal to pcolormesh's")
        seconds = best(ways, clips, rounds)
        print(f"{'':38} ms/picture   ratio")
        for name, taken in seconds.items():
            ratio = taken / seconds["SpectrogramPicture"]
            print(f"{name:38} {1e3 * taken:10.3f} {ratio:7.2f}")


if __name__ == "__main__":
    main()
