"""What displays check before they draw."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from numbers import Real

import numpy as np

__all__ = [
    "check_clip",
    "check_frame_times",
    "check_frequencies",
    "check_labels",
    "check_matrix",
    "check_probabilities",
]


def check_frame_times(hop, window):
    """Positive numbers; a window of None is a hop."""
    window = hop if window is None else window
    for name, value in (("hop", hop), ("window", window)):
        if not isinstance(value, Real) or not 0 < value < math.inf:
            raise ValueError(f"{name} must be a positive number (s), got {value!r}.")


def check_clip(clip, name, *, hop, window, frequencies):
    """A sequence of finite numbers, and the frequencies of its bands.

    Without a hop frames are counted, and there is no window.
    """
    if hop is not None or window is not None:
        check_frame_times(hop, window)
    clip = check_matrix(clip, name, "n_bands")
    if not np.isfinite(clip).all():
        raise ValueError(
            f"{name} must hold finite numbers; a clip that is NaN throughout is "
            "missing, and there is nothing to draw."
        )
    if frequencies is not None:
        frequencies = check_frequencies(frequencies, clip)
    return clip, frequencies


def check_labels(labels, events):
    """Names of the columns: `labels`, or those of the events, sorted."""
    found = sorted({event.label for event in events})
    if labels is None:
        return found
    labels = [labels] if isinstance(labels, str) else list(labels)
    unknown = [label for label in found if label not in labels]
    if unknown or len(set(labels)) < len(labels):
        raise ValueError(
            f"labels must be different and name those of all events, {found}, got "
            f"{labels}."
        )
    return labels


def check_matrix(value, name, second):
    """A matrix of floats that is not empty."""
    value = np.asarray(value, dtype=np.float64)
    if value.ndim != 2 or 0 in value.shape:
        raise ValueError(
            f"{name} must be of shape (n_frames, {second}) and not empty, got "
            f"{value.shape}."
        )
    return value


def check_probabilities(probabilities, labels):
    """A matrix with a column for each label."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim == 1:
        probabilities = probabilities[:, np.newaxis]
    probabilities = check_matrix(probabilities, "probabilities", "n_labels")
    if probabilities.shape[1] != len(labels):
        raise ValueError(
            f"probabilities must have a column for each of the labels {labels}, got "
            f"the shape {probabilities.shape}; the parameter labels names them."
        )
    return probabilities


def check_frequencies(frequencies, spectrogram):
    """Increasing numbers, one for each band of the spectrogram."""
    if spectrogram is None:
        raise ValueError("frequencies are those of a spectrogram, which is None.")
    frequencies = np.asarray(frequencies, dtype=np.float64)
    n_bands = spectrogram.shape[1]
    if frequencies.shape != (n_bands,) or (np.diff(frequencies) <= 0).any():
        raise ValueError(
            f"frequencies must be {n_bands} increasing numbers (Hz), one for each band "
            f"of the spectrogram, got the shape {frequencies.shape}."
        )
    return frequencies
