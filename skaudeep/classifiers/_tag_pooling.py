"""From the logits of a tagging network to probabilities, in double precision.

Not in the network: there the last numbers of an array may take another routine than
the others, so that a clip's tags would depend, by rounding, on the order of the clips.
"""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

__all__ = ["clip_tags", "frame_outputs"]


def frame_outputs(logits, config):
    """Attention, localisation and tags of a clip's frames.

    Parameters
    ----------
    logits : tuple of ndarray of shape (n_frames, 1), (n_frames, n_tags) and again
        As :meth:`skaudeep.networks.cgrnn.CGRNN.frame_logits` returns them.
    config : dict
        Of the network.

    Returns
    -------
    attention : ndarray of shape (n_frames,)
        1 if there is none.
    localization, tags : ndarray of shape (n_frames, n_tags)
        The former is 1 if there is none.
    """
    attention, localization, tags = (np.float64(part) for part in logits)
    return (
        expit(attention[:, 0]) if config["attention"] else np.ones(len(tags)),
        softmax(localization, axis=1)
        if config["localization"]
        else np.ones(tags.shape),
        expit(tags),
    )


def clip_tags(logits, config):
    """Probability of every tag in a clip, (n_tags,): see ``CGRNN.tag``."""
    attention, localization, tags = (np.float64(part) for part in logits)
    log_weights, tags = np.zeros(tags.shape), expit(tags)
    if config["localization"]:
        log_weights = log_softmax(localization, axis=1)
    if config["attention"] and config["normalization"] == "attention":
        log_weights = log_weights + log_expit(attention)
    elif config["attention"]:
        tags = tags * expit(attention)
    return (softmax(log_weights, axis=0) * tags).sum(axis=0)
