"""Draws one sequence after the other as pictures of one kind."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.audio._picture_maps import (
    band_shares,
    frame_shares,
    nearest_bands,
    nearest_frames,
)

__all__ = ["Painter"]


class Painter:
    """Draws clips of one number of bands; what all have in common is computed once.

    Parameters
    ----------
    colours : ndarray of shape (n_colours, 3)
        Uint8.
    n_bands : int
        Bands of the clips.
    size : int
        Width and height of the pictures.
    resample : {"nearest", "area"}
        See :class:`~skaudeep.audio.SpectrogramPicture`.
    axis : tuple
        Warp, highest frequency and frequency limit, as
        :func:`~skaudeep.audio._picture_maps.band_edges` takes them.
    value_range : pair of float or None
        Levels of the first and the last colour; None takes those of each clip.
    """

    def __init__(self, colours, n_bands, size, resample, axis, value_range):
        self.size = size
        self.resample = resample
        self.value_range = value_range
        self.n_colours = len(colours)
        # Colours as whole words are looked up faster than as rows of three bytes.
        self.words = np.zeros((self.n_colours, 4), dtype=np.uint8)
        self.words[:, :3] = colours
        self.words = self.words.view(np.uint32)[:, 0]
        rows = nearest_bands if resample == "nearest" else band_shares
        self.rows = rows(n_bands, size, *axis)

    def floor(self, clip):
        """The level of the first colour."""
        return np.min(clip) if self.value_range is None else self.value_range[0]

    def draw(self, clip, out=None):
        """Picture of one clip, of shape (size, size, 3)."""
        levels, size = np.asarray(clip, dtype=np.float32), self.size
        low, high = self.value_range or (levels.min(), levels.max())
        if self.resample == "area":
            levels = self.rows @ (frame_shares(len(levels), size) @ levels).T
            words = self._colours(levels, low, high)
        else:
            frames = nearest_frames(len(levels), size)
            # Colours are looked up where there are fewer: before frames repeat, or
            # after some have dropped out.
            if len(levels) > size:
                words = self._colours(levels.take(frames, axis=0), low, high).T
            else:
                words = self._colours(levels, low, high).T.take(frames, axis=1)
            words = np.ascontiguousarray(words).take(self.rows, axis=0)
        if out is None:
            out = np.empty((size, size, 3), dtype=np.uint8)
        channels = words.view(np.uint8).reshape(size, size, 4)
        # One strided copy a channel: much faster than one copy of all three.
        for channel in range(3):
            out[..., channel] = channels[..., channel]
        return out

    def _colours(self, levels, low, high):
        """Colours as words; levels outside the range are put on its edge."""
        width = np.float32(high) - np.float32(low)
        if width <= 0:
            return np.full(levels.shape, self.words[0])
        scaled = levels - np.float32(low)
        scaled /= width
        scaled *= self.n_colours
        np.clip(scaled, 0, self.n_colours - 1, out=scaled)
        return self.words.take(scaled.astype(np.int32), mode="clip")
