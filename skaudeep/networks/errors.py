"""Errors of a reconstruction, over real frames alone."""
# SPDX-License-Identifier: BSD-3-Clause

from keras import ops

from skaudeep.networks.recurrent import frame_mask

__all__ = ["root_mean_square", "squared_errors"]


def squared_errors(frames, reconstruction, lengths=None, mask_silence=False):
    """Sums of squared errors of clips, and the numbers of values they are of.

    Parameters
    ----------
    frames, reconstruction : tensor of shape (n_batch, n_frames, n_bands)
        Float32.
    lengths : tensor of int of shape (n_batch,) or None, default=None
        Real frames of every clip; None if all are.
    mask_silence : bool, default=False
        Whether there is no error where the frames are exactly -1. Such values count
        among the number nevertheless.

    Returns
    -------
    sums, counts : tensor of shape (n_batch,)
        Float32.
    """
    errors = ops.square(frames - reconstruction)
    if mask_silence:
        errors = ops.where(ops.equal(frames, -1.0), 0.0, errors)
    mask = frame_mask(frames, lengths)
    if mask is None:
        real = ops.ones_like(frames[:, :, 0])
    else:
        errors = ops.where(mask[:, :, None], errors, 0.0)
        real = ops.cast(mask, "float32")
    return ops.sum(errors, axis=(1, 2)), ops.sum(real, axis=1) * frames.shape[-1]


def root_mean_square(sums, counts):
    """Root of the mean over all clips; 0, with no gradient, where there is no error.

    Parameters
    ----------
    sums, counts : tensor of shape (n_batch,)
        As :func:`squared_errors` returns them.
    """
    mean = ops.sum(sums) / ops.maximum(ops.sum(counts), 1.0)
    # The root has no derivative at 0: what only silence and padding reach.
    positive = mean > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, mean, 1.0)), 0.0)
