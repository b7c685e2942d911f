"""What classifiers do about missing clips."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from skaudeep._containers import missing_clips
from skaudeep.exceptions import MissingClipWarning

__all__ = ["present_clips", "refuse_missing"]


def present_clips(X):
    """Indices of the clips that are not missing; warns in the name of ``fit``.

    Parameters
    ----------
    X : list or ndarray
        Sequences, as :func:`skaudeep._containers.check_sequences` returns them.

    Raises
    ------
    ValueError
        If all are missing.
    """
    missing = missing_clips(X)
    if missing.all():
        raise ValueError(f"All {len(X)} clips of X are missing (NaN throughout).")
    if missing.any():
        warnings.warn(
            f"{missing.sum()} of {len(X)} clips of X are missing (NaN throughout) "
            f"and left out of the training: {_name_clips(missing)}.",
            MissingClipWarning,
            stacklevel=3,
        )
    return np.flatnonzero(~missing)


def refuse_missing(X, reason):
    """Refuse missing clips for a reason, the predicate of a sentence."""
    missing = missing_clips(X)
    if missing.any():
        raise ValueError(
            f"{missing.sum()} of {len(X)} clips of X are missing (NaN throughout) and "
            f"{reason}: {_name_clips(missing)}."
        )


def _name_clips(which):
    """The numbers of the first clips of a mask, in words."""
    numbers = np.flatnonzero(which)
    names = ", ".join(map(str, numbers[:5]))
    more = ", ..." if len(numbers) > 5 else ""
    return f"clip{'s' if len(numbers) > 1 else ''} {names}{more}"
