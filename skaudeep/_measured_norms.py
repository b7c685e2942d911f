"""Statistics of normalisations, measured over a whole set."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["measure_norms"]


def measure_norms(compiled, norms, measure):
    """Set the statistics of normalisations that follow each other.

    Parameters
    ----------
    compiled : CompiledNetwork
        Which they are part of.
    norms : list of BatchNorm
        In their order in the network: what reaches one depends on all before it.
    measure : callable
        Takes the number of a normalisation, from 0, and passes over the set: yields
        its moments in a batch, and the number of what they are taken over.
    """
    compiled.publish()
    for i, norm in enumerate(norms):
        norm.set_statistics(*_pooled_moments(measure(i)))
        compiled.adopt()


def _pooled_moments(parts):
    """Mean and variance over all parts."""
    total, n_all = 0.0, 0
    for moments, n in parts:
        mean, variance = moments.astype(np.float64)
        total = total + n * np.stack([mean, variance + mean**2])
        n_all += n
    mean, square = total / n_all
    return mean, np.maximum(square - mean**2, 0.0)
