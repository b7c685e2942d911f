"""What an extraction writes besides features: the chunks, and their pictures."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import PurePosixPath

import numpy as np

from skaudeep._files import atomic_path
from skaudeep.exceptions import AudioError
from skaudeep.representation import DeepSpectrum

__all__ = ["draws_pictures", "save_chunks", "save_pictures"]


def save_chunks(console, rows, folder):
    """Write every chunk as a wav file, in single precision.

    Parameters
    ----------
    console : Console
        Gets the progress.
    rows : Rows
        The chunks; one that cannot be read is left out.
    folder : Path
        Made if need be; files have the names of the recordings below it, and replace
        those that exist.
    """
    import soundfile

    for row, recording in enumerate(console.progress(rows.recordings, "chunks")):
        try:
            signal, sample_rate = recording.read()
        except AudioError:
            # The extraction has said so, or was told not to.
            continue
        with atomic_path(_path(folder, rows, row, ".wav"), True) as path:
            soundfile.write(path, signal.T, sample_rate, format="WAV", subtype="FLOAT")


def draws_pictures(transformer):
    """Whether a pipeline has one image network, whose pictures can be written."""
    return any(isinstance(step, DeepSpectrum) for _, step in transformer.steps)


def save_pictures(console, transformer, rows, folder):
    """Write the pictures that an image network is shown, as png.

    Parameters
    ----------
    console : Console
        Gets the progress.
    transformer : Pipeline
        Fitted, with a :class:`~skaudeep.representation.DeepSpectrum`.
    rows : Rows
        What they are of; a missing clip has none.
    folder : Path
        Made if need be; files have the names of the recordings below it, and replace
        those that exist.
    """
    from matplotlib.image import imsave

    steps = [step for _, step in transformer.steps]
    at = next(i for i, step in enumerate(steps) if isinstance(step, DeepSpectrum))
    for row, recording in enumerate(console.progress(rows.recordings, "pictures")):
        X = [recording]
        for step in steps[:at]:
            X = step.transform(X)
        pictures = steps[at]._batches(X)
        for number in range(len(pictures)):
            ending = f"_{number}.png" if len(pictures) > 1 else ".png"
            picture = pictures.load(np.array([number]))[0]
            with atomic_path(_path(folder, rows, row, ending), True) as path:
                imsave(path, picture, format="png")


def _path(folder, rows, row, ending):
    """Where something of a row is written, always below the folder."""
    parts = PurePosixPath(rows.filename[row]).parts
    inside = [part for part in parts if part not in ("/", "..") and ":" not in part]
    time = "" if rows.timestamp is None else f"_{rows.timestamp[row]:g}"
    path = folder.joinpath(*inside)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f"{path.name}{time}{ending}")
