"""Features of pictures in files, which an image network takes as they are."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import partial

import click
import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from skaudeep._parallel import map_clips
from skaudeep.cli._extraction import identity, parameters_of
from skaudeep.cli._partial import digest
from skaudeep.cli._recipe_settings import merge_settings
from skaudeep.cli._recipe_stages import build, kind_of, plain_value
from skaudeep.exceptions import AudioError, MissingClipWarning

__all__ = ["PICTURE_EXTENSIONS", "PictureExtraction", "read_picture"]

PICTURE_EXTENSIONS = ("png", "jpg", "jpeg")

# As Deep Spectrum's own; the network makes its size of it.
_SIZE = 500
# What the sections that make a picture of a recording may say where there is one.
_ALLOWED = {
    "channels": set(),
    "chunks": set(),
    "spectrogram": {"type", "on_error"},
    "picture": {"size"},
    "aggregation": set(),
}


class PictureExtraction:
    """Computes features of picture files in blocks and keeps each of them.

    Parameters
    ----------
    config, options : Path or None, dict
        As :func:`~skaudeep.cli._recipe_settings.merge_settings` takes them.

    Attributes
    ----------
    plan : dict of str to str
        What decides about the result.
    """

    def __init__(self, config, options):
        settings = merge_settings(config, options)
        _refuse_needless(settings)
        self._size = settings.get("picture", {}).get("size", _SIZE)
        # Checked where its meaning is the same.
        build({"picture": {"size": self._size}}, "picture")
        self._on_error = settings.get("spectrogram", {}).get("on_error", "raise")
        self._n_jobs = plain_value(settings.get("n_jobs"))
        self._network = build(settings, "representation")
        network = Pipeline([("representation", self._network)])
        self.plan = {**parameters_of(network), "pictures": str(self._size)}

    def run(self, recordings, work, console, block_size):
        """Features of all pictures.

        Parameters
        ----------
        recordings : list of Recording
            Whose paths are those of the pictures.
        work : PartialWork
            Where blocks are kept.
        console : Console
            Gets the progress.
        block_size : int
            Pictures in a block.

        Returns
        -------
        ndarray
            One row a picture, NaN for one that cannot be read.
        """
        blocks = [
            recordings[start : start + block_size]
            for start in range(0, len(recordings), block_size)
        ]
        rows, network = [], None
        for block in console.progress(blocks, "pictures"):
            key = digest(["pictures", [identity(picture) for picture in block]])
            kept = work.load(key)
            if kept is None or (self._on_error == "raise" and not kept["read"].all()):
                read, pictures = self._read([picture.path for picture in block])
                if len(pictures) and network is None:
                    network = clone(self._network).fit(pictures[:1])
                found = network.transform(pictures) if len(pictures) else np.empty(0)
                kept = {"read": read, "features": found}
                work.save(key, **kept)
            rows.append(kept)
        return _stacked(rows)

    def _read(self, paths):
        """Which files could be read, and their pictures as one array."""
        read = map_clips(
            partial(_picture_or_error, size=self._size), paths, n_jobs=self._n_jobs
        )
        pictures = []
        for picture in read:
            if isinstance(picture, AudioError):
                if self._on_error == "raise":
                    raise picture
                if self._on_error == "warn":
                    warnings.warn(
                        f"{picture} The picture is missing (NaN) in the output.",
                        MissingClipWarning,
                        stacklevel=2,
                    )
                picture = None
            pictures.append(picture)
        present = [picture for picture in pictures if picture is not None]
        shape = (len(present), self._size, self._size, 3)
        return (
            np.array([picture is not None for picture in pictures]),
            np.array(present, dtype=np.uint8).reshape(shape),
        )


def read_picture(path, size):
    """A picture file as an array, red, green and blue.

    Parameters
    ----------
    path : path-like
        png, jpg and what else Pillow reads; the first picture of several, turned as
        the camera says, without its transparency.
    size : int
        Height and width that it is resized to, bilinearly.

    Returns
    -------
    ndarray of shape (size, size, 3)
        Uint8.

    Raises
    ------
    AudioError
        If the file is no picture, or not a whole one.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file)
            if image.mode.startswith("I"):
                # 16 bits, of which Pillow would cut off the upper half.
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        unknown = isinstance(error, Image.UnidentifiedImageError)
        reason = "format not recognised" if unknown else " ".join(str(error).split())
        raise AudioError(
            f"{str(path)!r}: the file cannot be read as a picture ({reason})."
        ) from error
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def _picture_or_error(path, size):
    try:
        return read_picture(path, size)
    except AudioError as error:
        return error


def _refuse_needless(settings):
    """What is of sounds does not go with pictures."""
    if kind_of(settings, "representation") != "deepspectrum":
        raise click.UsageError("--pictures are for --features deepspectrum.")
    for section, allowed in _ALLOWED.items():
        needless = sorted(settings.get(section, {}).keys() - allowed)
        if needless:
            raise click.UsageError(
                f"--pictures: [{section}] {needless[0]} is for recordings."
            )


def _stacked(blocks):
    known = [block["features"] for block in blocks if block["read"].any()]
    if not known:
        raise AudioError("None of the files can be read as a picture.")
    features = np.full(
        (sum(len(block["read"]) for block in blocks), known[0].shape[1]),
        np.nan,
        dtype=np.float32,
    )
    features[np.concatenate([block["read"] for block in blocks])] = np.concatenate(
        known
    )
    return features
