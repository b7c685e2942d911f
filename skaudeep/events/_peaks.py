"""From the probabilities of a clip's frames to at most one event."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["ONSET_RULES", "first_frame", "last_frame", "peak_frame"]

ONSET_RULES = ("window", "run")


def peak_frame(probabilities):
    """The most probable frame, the first of several; None if the clip is missing."""
    if np.isnan(probabilities).any():
        return None
    return int(np.argmax(probabilities))


def first_frame(probabilities, peak, onset_threshold, look_back, rule):
    """Where the event with this peak begins.

    Parameters
    ----------
    probabilities : ndarray of shape (n_frames,)
        Of a clip.
    peak : int
        Its most probable frame, which is part of the event in any case.
    onset_threshold : float
        Other frames are only if they are above it.
    look_back : int
        How many frames before the peak the event may begin.
    rule : {"window", "run"}
        The earliest of all those frames above the threshold, or the earliest of those
        that follow each other without a gap up to the peak.
    """
    start = max(0, peak - look_back)
    before = probabilities[start:peak]
    if rule == "window":
        above = np.flatnonzero(before > onset_threshold)
        return start + int(above[0]) if len(above) else peak
    below = np.flatnonzero(before <= onset_threshold)
    return start + int(below[-1]) + 1 if len(below) else start


def last_frame(probabilities, peak, onset_threshold):
    """The last of the frames above the threshold that follow the peak without a gap."""
    below = np.flatnonzero(probabilities[peak + 1 :] <= onset_threshold)
    return peak + int(below[0]) if len(below) else len(probabilities) - 1
