"""Windows over the frames of a sequence, stated in seconds."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from numbers import Real

from sklearn.base import BaseEstimator, TransformerMixin

from skaudeep._validation import Interval

__all__ = ["WindowedTransformer", "Windows"]


@dataclass(frozen=True)
class Windows:
    """Windows that together hold every frame.

    The first begins with the clip; the last is the first that reaches its end, and
    may be shorter than the others.

    Parameters
    ----------
    width : int
        Frames of a window.
    hop : float
        Frames from the start of one to the start of the next, at least 1.
    """

    width: int
    hop: float

    @classmethod
    def in_seconds(cls, window, hop, frame_step):
        """Windows of `window` seconds, one every `hop`, over frames of `frame_step`."""
        hop = window if hop is None else hop
        return cls(max(1, round(window / frame_step)), max(1.0, hop / frame_step))

    def spans(self, n_frames):
        """First frame and the frame behind the last, of every window."""
        spans, start = [], 0
        while start < n_frames:
            stop = min(start + self.width, n_frames)
            spans.append((start, stop))
            if stop == n_frames:
                break
            start = round(len(spans) * self.hop)
        return spans


class WindowedTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers with ``window``, ``hop`` and ``frame_step``.

    Without a window they emit features, a vector a clip, and with one sequences, a
    vector a window. Sequences are no table: ``set_output`` is then without effect.
    """

    _window_constraints = {
        "window": [Interval(Real, 0, None, closed="neither"), None],
        "hop": [Interval(Real, 0, None, closed="neither"), None],
        "frame_step": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # scikit-learn notes for the class what depends on a parameter here.
        cls._sklearn_auto_wrap_output_keys = property(_table_methods)

    def set_output(self, *, transform=None):
        """Set the container of the features; sequences are never data frames.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            As in scikit-learn; without effect while `window` is given.

        Returns
        -------
        estimator
            This estimator.
        """
        return super().set_output(transform=transform) if self.window is None else self

    def _windows(self):
        """The windows as frames; None without."""
        for name in ("hop", "frame_step"):
            if self.window is None and getattr(self, name) is not None:
                raise ValueError(
                    f"{name} means nothing without window (both in seconds); got "
                    f"{name}={getattr(self, name)!r} and window=None."
                )
        if self.window is None:
            return None
        if self.frame_step is None:
            raise ValueError(
                f"frame_step must be given with window={self.window!r}: the seconds "
                "from one frame of X to the next, which is window_width - "
                "window_overlap of the spectrogram, or the hop of the chunks."
            )
        return Windows.in_seconds(self.window, self.hop, self.frame_step)


def _table_methods(transformer):
    """What scikit-learn may make data frames of."""
    return {"transform"} if transformer.window is None else set()
