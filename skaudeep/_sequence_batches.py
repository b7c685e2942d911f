"""Batches of sequences as the networks take them."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from skaudeep._checkpoint import array_checksum
from skaudeep._containers import (
    frame_counts,
    largest_magnitude,
    missing_clips,
)
from skaudeep._keras import batch_multiple, has_static_shapes
from skaudeep._length_batches import length_batches, pad_batch

__all__ = ["SequenceBatches", "inference_batch_size"]

# Clips encoded at once make large products; frames are what they cost in memory.
_INFERENCE_CLIPS = 256
_INFERENCE_FRAMES = 200_000


def inference_batch_size(n_frames):
    """Clips of so many frames that go through a network at once."""
    return int(np.clip(_INFERENCE_FRAMES // n_frames, 1, _INFERENCE_CLIPS))


class SequenceBatches:
    """Padded batches of clips of like length.

    Parameters
    ----------
    X : list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
        Sequences, as :func:`skaudeep._containers.check_sequences` returns them. Only
        the clips of one batch are copied, so a memory-mapped array stays on disk.

    Attributes
    ----------
    counts : ndarray of int of shape (n_clips,)
        Frames of every clip.
    present : ndarray of int
        Which clips are not missing.
    """

    def __init__(self, X):
        self.X = X
        self.counts = frame_counts(X)
        self.present = np.flatnonzero(~missing_clips(X))
        # A missing clip has no length that any network sees.
        self.ragged = len(np.unique(self.counts[self.present])) > 1

    def warn_of_range(self, network):
        """Warn, in the name of whoever called ``fit``, of values outside [-1, 1]."""
        largest = largest_magnitude(self.X)
        if largest > 1.001:
            warnings.warn(
                f"X reaches {largest:.3g} in magnitude, but the {network}'s tanh units "
                "can only make values in [-1, 1]. Scale the sequences, for example "
                'with MelSpectrogram(scale="minmax").',
                UserWarning,
                stacklevel=4,
            )

    def fingerprint(self):
        """What is the same for the same clips in the same order, as JSON knows it."""
        return {
            "clips": len(self.X),
            "frames": int(self.counts.sum()),
            "bands": self.X[0].shape[1],
            "checksum": array_checksum(self.X),
        }

    def iterate(self, clips=None, batch_size=None, rng=None, max_padding=0.1):
        """Every one of `clips` in exactly one batch.

        Parameters
        ----------
        clips : ndarray of int or None, default=None
            Which clips; None takes all that are present.
        batch_size : int or None, default=None
            Clips in a batch; None takes what suits inference.
        rng : numpy.random.Generator or None, default=None
            Shuffles; None takes the clips from the longest to the
            shortest.
        max_padding : float, default=0.1
            See :func:`skaudeep._length_batches.length_batches`.

        Yields
        ------
        index : ndarray of int of shape (n_batch,)
            The clips of the batch.
        batch : tuple of ndarray, ndarray or None
            Frames of shape (>= n_batch, n_frames, n_bands) and lengths; surplus rows
            have length 0, and lengths are None if all clips of X are equally long.
        """
        clips = self.present if clips is None else clips
        if batch_size is None:
            batch_size = inference_batch_size(int(self.counts.max()))
        for chosen in length_batches(self.counts[clips], batch_size, rng, max_padding):
            index = clips[chosen]
            yield index, self._pad(index, batch_size)

    def _pad(self, index, batch_size):
        multiple = batch_multiple()
        if not self.ragged:
            frames, lengths = pad_batch(self.X, index)
            if len(index) % multiple == 0:
                return frames, None
            return _fill_up(frames, lengths, -len(index) % multiple)
        if not has_static_shapes():
            return pad_batch(self.X, index)
        # Each shape is compiled anew: so few lengths, and few sizes of batches.
        n_frames = int(self.counts[index].max())
        step = max(8, 2 ** (n_frames.bit_length() - 4))
        frames, lengths = pad_batch(self.X, index, -(-n_frames // step) * step)
        n_rows = min(batch_size, 2 ** (len(index) - 1).bit_length())
        n_rows = -(-n_rows // multiple) * multiple
        return _fill_up(frames, lengths, n_rows - len(index))


def _fill_up(frames, lengths, n_rows):
    """Add clips without frames, to share a batch out equally or keep its shape."""
    surplus = (0, n_rows)
    return np.pad(frames, (surplus, (0, 0), (0, 0))), np.pad(lengths, surplus)
