"""Statistics of normalisations, measured over a whole set."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["measure_norms"]


def measure_norms(norms, measure):
    """Set the statistics of normalisations that follow each other.

    Parameters
    ----------
    norms : list of BatchNorm
        In their order in the network: what reaches one depends on all before it.
    measure : callable
        Passes over the set; yields the moments of every normalisation in a batch, and
        the number of its clips.
    """
    for i, norm in enumerate(norms):
        norm.set_statistics(*_pooled_moments(measure(), i))


def _pooled_moments(parts, i):
    """Mean and variance over all parts, of the i-th normalisation."""
    total, n_clips = 0.0, 0
    for moments, n in parts:
        mean, variance = moments[i].astype(np.float64)
        total = total + n * np.stack([mean, variance + mean**2])
        n_clips += n
    mean, square = total / n_clips
    return mean, np.maximum(square - mean**2, 0.0)
