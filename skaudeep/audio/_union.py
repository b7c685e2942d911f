"""One pipeline for several views of the channels."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.base import clone
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from skaudeep.audio._channel import CHANNELS
from skaudeep.audio._channel_splitter import ChannelSplitter

__all__ = ["make_channel_union"]


def make_channel_union(pipeline, channels=CHANNELS, *, n_jobs=None):
    """Fuse the features of several channel views.

    Parameters
    ----------
    pipeline : Pipeline or transformer
        From recordings to features. It is not changed: every view gets a clone.
    channels : iterable of str and int, \
            default=("mean", "left", "right", "difference")
        The views, as in :class:`ChannelSplitter`. The default is the four-channel
        fusion of [1]_; it needs stereo recordings.
    n_jobs : int or None, default=None
        Number of views computed at once.

    Returns
    -------
    FeatureUnion
        Its branches are named as the views ("mean", ...; "channel0" for index 0),
        each a :class:`ChannelSplitter` before the steps of `pipeline`.

    References
    ----------
    .. [1] S. Amiriparian, M. Freitag, N. Cummins and B. Schuller, "Sequence to
       Sequence Autoencoders for Unsupervised Representation Learning from Audio",
       Proc. DCASE 2017 Workshop.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from skaudeep.audio import (
    ...     MelSpectrogram, SequenceStatistics, make_channel_union
    ... )
    >>> union = make_channel_union(
    ...     make_pipeline(MelSpectrogram(8000), SequenceStatistics()),
    ...     channels=("mean", "difference"),
    ... )
    >>> [name for name, _ in union.transformer_list]
    ['mean', 'difference']
    >>> _ = union.set_params(difference__melspectrogram__n_mels=64)
    """
    return FeatureUnion(
        [(_name(channel), _branch(pipeline, channel)) for channel in channels],
        n_jobs=n_jobs,
    )


def _name(channel):
    return channel if isinstance(channel, str) else f"channel{channel}"


def _branch(pipeline, channel):
    splitter = ChannelSplitter(channel)
    if not isinstance(pipeline, Pipeline):
        return make_pipeline(splitter, clone(pipeline))
    branch = clone(pipeline)
    branch.steps.insert(0, ("channelsplitter", splitter))
    return branch
