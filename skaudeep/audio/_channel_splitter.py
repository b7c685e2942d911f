"""Choosing one view of the channels."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral

import numpy as np

from skaudeep._base import SequenceTransformer, StatelessMixin
from skaudeep._containers import check_recordings, object_array
from skaudeep._validation import Interval, StrOptions
from skaudeep.audio._channel import CHANNELS, check_channel, view_channel
from skaudeep.audio._recording import Recording
from skaudeep.exceptions import AudioError

__all__ = ["ChannelSplitter"]


class ChannelSplitter(StatelessMixin, SequenceTransformer):
    """Reduce recordings to one channel: a view of the stereo image.

    Paths and recordings only get the view attached, nothing is opened. Signals are
    computed.

    Parameters
    ----------
    channel : {"mean", "left", "right", "difference"} or int, default="mean"
        "mean" of all channels; "left" and "right" of a stereo recording;
        "difference", half the left minus the right channel; or the index of a
        channel.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip, if X was a 2-D array.

    See Also
    --------
    make_channel_union : One pipeline for each of several views.

    Notes
    -----
    Mono is its own mean, left and right; its difference is an error. With more than
    two channels only "mean" and indices are defined, as nothing says which of six
    channels is the left one. Errors about files appear when they are decoded.

    auDeep's difference is L - R, twice this one. In decibels relative to the maximum
    of the clip both are the same.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import ChannelSplitter
    >>> ChannelSplitter("left").transform(["park.wav", "tram.wav"])[1]
    Recording(path='tram.wav', channel='left', start=0.0, stop=None)
    >>> stereo = np.array([[[1, 2, 3], [1, 0, -1]]])
    >>> ChannelSplitter("difference").transform(stereo)
    array([[0., 1., 2.]], dtype=float32)
    """

    _parameter_constraints = {
        "channel": [
            StrOptions(set(CHANNELS)),
            Interval(Integral, 0, None, closed="left"),
        ]
    }

    def __init__(self, channel="mean"):
        self.channel = channel

    def fit(self, X, y=None):
        """Check the parameter and X; nothing is learnt.

        Parameters
        ----------
        X : recordings
            Paths, :class:`Recording` objects or signals.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        check_recordings(self, X, reset=True)
        return self

    def transform(self, X):
        """Choose the channel of every recording.

        Parameters
        ----------
        X : recordings
            Paths, :class:`Recording` objects; signals of shape (n_samples,), which
            are mono, or (n_channels, n_samples); an array (n_clips, n_samples) of
            mono signals or (n_clips, n_channels, n_samples).

        Returns
        -------
        ndarray
            For 2-D and 3-D arrays a float32 array of shape (n_clips, n_samples),
            otherwise an object array of :class:`Recording` objects and float32
            signals of shape (n_samples,).
        """
        self._validate_params()
        X = check_recordings(self, X, reset=False)
        views = (self._view(clip, f"X[{i}]") for i, clip in enumerate(X))
        if isinstance(X, np.ndarray):
            return np.stack(list(views))
        return object_array(views)

    def _view(self, clip, name):
        channel = check_channel(self.channel)
        if not isinstance(clip, Recording):
            signal = np.atleast_2d(clip).astype(np.float32)
            return view_channel(signal, channel, name)
        if clip.channel is None:
            return replace(clip, channel=channel)
        if channel in ("mean", "left", "right", 0):
            return clip
        raise AudioError(
            f"{name}: {clip.path!r} is already reduced to its channel "
            f'{clip.channel!r}, which has no channel {channel!r}. Allowed: "mean", '
            '"left", "right" or 0.'
        )
