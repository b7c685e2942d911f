"""Batches of clips: of like length, so that little of them is padding."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["length_batches", "pad_batch", "share_of_padding"]

# Lengths that differ by up to twice this share are shuffled among each other.
_JITTER = 0.03


def length_batches(lengths, batch_size, rng=None, max_padding=0.1):
    """Batches of clips of like length.

    Few clips of very different length make more and smaller batches than many do.

    Parameters
    ----------
    lengths : ndarray of shape (n_clips,)
        Frames of every clip.
    batch_size : int
        Most clips in a batch.
    rng : numpy.random.Generator or None, default=None
        Shuffles clips of equal and of nearly equal length among each other, and the
        batches; None keeps the order of length (stable), for inference.
    max_padding : float, default=0.1
        Of all frames in the batches at most this share is padding. 1.0 makes as few
        batches as there can be.

    Returns
    -------
    list of ndarray of int
        Indices, in each batch from the longest clip to the shortest; every clip
        stands in exactly one batch.
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    n_clips = len(lengths)
    order, near = np.arange(n_clips), lengths
    if rng is not None:
        order = rng.permutation(n_clips)
        near = lengths[order]
        if (near != near[:1]).any():
            near = near * rng.uniform(1 - _JITTER, 1 + _JITTER, n_clips)
    order = order[np.argsort(-near, kind="stable")]
    # Batches as large as padding allows: few steps, and few noisy ones.
    limit = 1.0
    batches = _cut(order, lengths, batch_size, limit)
    while limit > max_padding and share_of_padding(batches, lengths) > max_padding:
        limit = max(0.75 * limit, max_padding)
        batches = _cut(order, lengths, batch_size, limit)
    if rng is None:
        return batches
    batches = [batch[np.argsort(-lengths[batch], kind="stable")] for batch in batches]
    return [batches[i] for i in rng.permutation(len(batches))]


def share_of_padding(batches, lengths):
    """Share of the frames of all batches that is padding, every clip in one."""
    n_padded = sum(lengths[batch].max() * len(batch) for batch in batches)
    return 1 - lengths.sum() / n_padded if batches else 0.0


def _cut(order, lengths, batch_size, limit):
    """Consecutive parts of `order`, each with at most a share of `limit` padding."""
    batches, start = [], 0
    while start < len(order):
        ahead = lengths[order[start : start + batch_size]]
        sizes = np.arange(1, len(ahead) + 1)
        n_padded = np.maximum.accumulate(ahead) * sizes
        fits = np.cumsum(ahead) >= (1 - limit) * n_padded
        size = int(sizes[fits][-1])
        batches.append(order[start : start + size])
        start += size
    return batches


def pad_batch(X, index, n_frames=None):
    """Gather clips into one array, zeros behind the shorter ones.

    Parameters
    ----------
    X : list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
        Sequences, as :func:`check_sequences` returns them.
    index : array of int of shape (n_batch,)
        Which clips.
    n_frames : int or None, default=None
        Frames to pad to; None takes the longest clip of the batch.

    Returns
    -------
    batch : ndarray of shape (n_batch, n_frames, n_bands)
        Float32.
    lengths : ndarray of shape (n_batch,)
        Int32, the frames of each clip that are real.
    """
    lengths = np.array([len(X[i]) for i in index], dtype=np.int32)
    n_frames = int(lengths.max()) if n_frames is None else n_frames
    if isinstance(X, np.ndarray) and X.shape[1] == n_frames:
        return np.ascontiguousarray(X[index], dtype=np.float32), lengths
    batch = np.zeros((len(index), n_frames, X[index[0]].shape[1]), dtype=np.float32)
    for row, i in enumerate(index):
        batch[row, : lengths[row]] = X[i]
    return batch, lengths
