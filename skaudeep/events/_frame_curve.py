"""How probable an event is over time."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np

__all__ = ["FrameCurve", "probabilities_of"]


class FrameCurve(NamedTuple):
    """How probable an event is over time.

    Parameters
    ----------
    times : ndarray of shape (n_frames,)
        Centres of the frames, in seconds.
    probabilities : ndarray of shape (n_frames,)
        0 to 1; NaN throughout for a missing clip.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.events import FrameCurve
    >>> curve = FrameCurve(np.array([0.01, 0.03, 0.05]), np.array([0.1, 0.9, 0.4]))
    >>> curve.times[curve.probabilities.argmax()].item()
    0.03
    """

    times: np.ndarray
    probabilities: np.ndarray


def probabilities_of(curves):
    """Probabilities of every clip's frames."""
    if isinstance(curves, FrameCurve) or not isinstance(curves, (list, tuple)):
        raise TypeError(
            "curves must be a list with a curve for every clip, got "
            f"{type(curves).__name__}."
        )
    out = []
    for i, curve in enumerate(curves):
        values = curve.probabilities if isinstance(curve, FrameCurve) else curve
        values = np.asarray(values)
        if values.ndim != 1 or not len(values) or values.dtype.kind not in "fiub":
            raise ValueError(
                f"Curve {i} must be numbers of shape (n_frames,), one at least, got an "
                f"array of shape {values.shape} and type {values.dtype}."
            )
        out.append(values)
    return out
