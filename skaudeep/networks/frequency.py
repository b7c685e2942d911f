"""Frames as sequences along frequency."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from keras import ops

__all__ = ["BandWindows", "preceding_values"]


class BandWindows:
    """Cuts frames into overlapping windows to read and adjoining blocks to write.

    The encoder reads windows of `width` bands, `hop` apart. The decoder makes `hop`
    bands a step: were it to make whole windows, the previous one, which it is told,
    would hold most of what it has to make.

    Parameters
    ----------
    n_bands : int
        Bands of a frame. Where they are fewer than `width`, there is one window of
        them all.
    width : int
        Bands of a window.
    overlap : int
        Bands that a window shares with the next, less than `width`.

    Attributes
    ----------
    width, hop : int
        Bands of a window, and of a block.
    n_windows : int
        As many as it takes to read every band; the last one is filled up with zeros.
    n_blocks : int
        As many as it takes to make every band.
    surplus : int
        Zeros that fill up the last block.
    """

    def __init__(self, n_bands, width, overlap):
        self.n_bands = n_bands
        self.width = min(width, n_bands)
        self.hop = min(width - overlap, self.width)
        self.n_windows = 1 + -(-(n_bands - self.width) // self.hop)
        self.n_blocks = -(-n_bands // self.hop)
        self.surplus = self.n_blocks * self.hop - n_bands

    def windows(self, frames):
        """(n, n_bands) to (n, n_windows, width)."""
        span = (self.n_windows - 1) * self.hop + self.width
        padded = ops.pad(frames, [[0, 0], [0, span - self.n_bands]])
        return _overlapping(padded, self.n_windows, self.width, self.hop)

    def blocks(self, frames):
        """(n, n_bands) to (n, n_blocks, hop), filled up with zeros."""
        padded = ops.pad(frames, [[0, 0], [0, self.surplus]])
        return ops.reshape(padded, (-1, self.n_blocks, self.hop))

    def frames(self, blocks):
        """(n, n_blocks, hop) back to (n, n_bands)."""
        flat = ops.reshape(blocks, (-1, self.n_blocks * self.hop))
        return flat[:, : self.n_bands]


def preceding_values(blocks, width):
    """The `width` values before each block, zeros before the first.

    Parameters
    ----------
    blocks : tensor of shape (n, n_blocks, n_values)
        Sequences whose number of blocks is known.
    width : int
        At least `n_values`.

    Returns
    -------
    tensor of shape (n, n_blocks, width)
        What a decoder is told; the nearest value is the last.
    """
    n_blocks, n_values = blocks.shape[1:]
    flat = ops.reshape(blocks, (-1, n_blocks * n_values))
    padded = ops.pad(flat, [[0, 0], [width, 0]])
    return _overlapping(padded, n_blocks, width, n_values)


def _overlapping(values, n_windows, width, hop):
    index = np.arange(n_windows)[:, None] * hop + np.arange(width)
    taken = ops.take(values, index.ravel().astype("int32"), axis=1)
    return ops.reshape(taken, (-1, n_windows, width))
