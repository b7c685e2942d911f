"""What stands for nothing in columns and arrays."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np

__all__ = ["check_groups", "is_missing", "missing_in"]

# Missing values of pandas, which compare to nothing.
_MISSING = {"NAType", "NaTType"}


def is_missing(value):
    """Whether a value is None, NaN, or what pandas has for them."""
    if value is None or type(value).__name__ in _MISSING:
        return True
    return isinstance(value, Real) and bool(value != value)


def missing_in(values):
    """Which entries of an array are missing, as an array of the same shape."""
    if values.dtype.kind == "O":
        missing = [is_missing(value) for value in values.ravel()]
        return np.array(missing, dtype=bool).reshape(values.shape)
    return values != values


def check_groups(groups):
    """Groups as an array, an error if they are not one a clip.

    Parameters
    ----------
    groups : array-like of shape (n_clips,)
        What each clip belongs to.

    Returns
    -------
    ndarray of shape (n_clips,)
        Objects, which may not compare to each other, as text.
    """
    values = np.asarray(groups)
    if values.ndim != 1:
        raise ValueError(
            f"groups must have one entry for each clip, shape (n_clips,); got shape "
            f"{values.shape}."
        )
    missing = np.flatnonzero(missing_in(values))
    if len(missing):
        raise ValueError(
            f"groups must say what every clip belongs to; {len(missing)} of "
            f"{len(values)} entries are missing, the first at index {missing[0]}."
        )
    return values.astype(str) if values.dtype.kind == "O" else values
