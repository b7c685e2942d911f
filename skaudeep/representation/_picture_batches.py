"""Pictures in batches: drawn from sequences when they are needed, or given."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep._containers import frame_counts, is_pictures, missing_clips
from skaudeep._keras import has_static_shapes
from skaudeep._parallel import prefetch, progress_bar

__all__ = ["PictureBatches"]


class PictureBatches:
    """One picture a clip, or one a window of it.

    Parameters
    ----------
    X : ndarray of shape (n_clips, height, width, 3), or sequences
        Pictures, or sequences as :func:`skaudeep._containers.check_sequences` returns
        them.
    painter : object or None
        Draws sequences, see :class:`skaudeep.audio.SpectrogramPicture`.
    windows : Windows or None
        Cuts sequences.

    Attributes
    ----------
    counts : ndarray of int of shape (n_clips,)
        Pictures of every clip; 0 for a missing one.
    """

    def __init__(self, X, painter=None, windows=None):
        self.X = X
        self.painter = painter
        self.width = None if windows is None else windows.width
        if is_pictures(X):
            missing, spans = np.zeros(len(X), dtype=bool), [[None]] * len(X)
        elif windows is None:
            missing, spans = missing_clips(X), [[(0, n)] for n in frame_counts(X)]
        else:
            missing = missing_clips(X)
            spans = [windows.spans(n) for n in frame_counts(X)]
        self._pictures = [
            (clip, span) for clip in np.flatnonzero(~missing) for span in spans[clip]
        ]
        self.counts = np.where(missing, 0, [len(s) for s in spans])

    def __len__(self):
        return len(self._pictures)

    def load(self, index):
        """Pictures of these numbers as one array, uint8."""
        if is_pictures(self.X):
            return np.ascontiguousarray(self.X[index])
        size = self.painter.size
        out = np.empty((len(index), size, size, 3), dtype=np.uint8)
        for picture, i in zip(out, index, strict=True):
            clip, (start, stop) = self._pictures[i]
            frames = self.X[clip][start:stop]
            self.painter.draw(self._pad(frames), out=picture)
        return out

    def _pad(self, frames):
        """A window that the clip does not fill, with the floor behind it."""
        missing = 0 if self.width is None else self.width - len(frames)
        if missing <= 0:
            return frames
        return np.pad(
            frames, ((0, missing), (0, 0)), constant_values=self.painter.floor(frames)
        )

    def send(self, compiled, name, batch_size, *, n_jobs, verbose, description):
        """Send all pictures through a network.

        Parameters
        ----------
        compiled : CompiledNetwork
            Of a network that takes pictures.
        name : str
            Its method that is called.
        batch_size : int
            Pictures in a pass.
        n_jobs : int or None
            Threads that draw the next batches meanwhile.
        verbose : int
            1 shows a progress bar.
        description : str
            In front of the bar.

        Returns
        -------
        ndarray of shape (n_pictures, ...)
            Float32.
        """
        batches = [
            np.arange(start, min(start + batch_size, len(self)))
            for start in range(0, len(self), batch_size)
        ]
        results = None
        with progress_bar(
            len(self), verbose=verbose, description=description, unit="picture"
        ) as bar:
            drawn = prefetch(self.load, batches, n_jobs=n_jobs)
            for index, pictures in zip(batches, drawn, strict=True):
                rows = compiled.call(name, _filled(pictures))[: len(index)]
                if results is None:
                    shape = (len(self), *rows.shape[1:])
                    results = np.empty(shape, dtype=np.float32)
                results[index] = rows
                bar.update(len(index))
        return results


def _filled(pictures):
    """A batch of as many rows as have been compiled for, where that matters."""
    if not has_static_shapes():
        return pictures
    n_rows = 1 << (len(pictures) - 1).bit_length()
    missing = n_rows - len(pictures)
    return np.pad(pictures, ((0, missing), (0, 0), (0, 0), (0, 0)))
