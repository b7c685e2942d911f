"""Spectrograms of one size, for networks that know no other."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

__all__ = ["check_lengths", "warn_of_size"]


def check_lengths(estimator, batches, wanted=None):
    """The number of frames of all clips; an error if they differ.

    Parameters
    ----------
    estimator : estimator
        Named in the error.
    batches : SequenceBatches
        Of the clips.
    wanted : int or None, default=None
        What it was fitted with; None is what the first clip has.

    Returns
    -------
    int
        Number of frames.
    """
    counts = batches.counts[batches.present]
    n_frames = int(counts[0]) if wanted is None else wanted
    if (counts != n_frames).any():
        odd = batches.present[np.flatnonzero(counts != n_frames)[0]]
        first = f"clip {batches.present[0]} has"
        fitted = first if wanted is None else "it was fitted with"
        raise ValueError(
            f"{type(estimator).__name__} needs clips of one length, but clip {odd} has "
            f"{batches.counts[odd]} frames and {fitted} {n_frames}. "
            "MelSpectrogram(duration=...) cuts and pads recordings to one length; "
            "a Chunker before it cuts them into chunks of one."
        )
    return n_frames


def warn_of_size(n_frames, n_bands, n_layers, *, stacklevel):
    """Warn if less than one position is left behind the last strided convolution."""
    least = 2**n_layers
    if min(n_frames, n_bands) < least:
        warnings.warn(
            f"The spectrograms of {n_frames} frames and {n_bands} bands are smaller "
            f"than the {least} x {least} that become one position in the last of "
            f"n_layers={n_layers} convolutions: most of what it sees is padding.",
            UserWarning,
            stacklevel=stacklevel,
        )
