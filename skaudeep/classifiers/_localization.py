"""When a tagger hears what."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np

__all__ = ["Localization"]


class Localization(NamedTuple):
    """Where in a clip a tagger has found its tags.

    Parameters
    ----------
    times : ndarray of shape (n_frames,)
        Centres of the frames, in seconds.
    attention : ndarray of shape (n_frames,)
        How much a frame matters, 0 to 1; 1 without attention.
    localization : ndarray of shape (n_frames, n_tags)
        Which of the tags a frame speaks of: sums to 1 over them; 1 without
        localisation.
    probabilities : ndarray of shape (n_frames, n_tags)
        How probable a tag is in a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.classifiers import Localization
    >>> found = Localization(
    ...     times=np.array([0.016, 0.032]),
    ...     attention=np.array([1.0, 0.5]),
    ...     localization=np.array([[0.8, 0.2], [0.1, 0.9]]),
    ...     probabilities=np.array([[0.5, 0.1], [0.5, 1.0]]),
    ... )
    >>> found.contributions
    array([[0.4  , 0.02 ],
           [0.025, 0.45 ]])
    """

    times: np.ndarray
    attention: np.ndarray
    localization: np.ndarray
    probabilities: np.ndarray

    @property
    def contributions(self):
        """Product of all three: what a frame adds to the clip's tags, not divided."""
        attention = self.attention[:, np.newaxis]
        return attention * self.localization * self.probabilities
