"""Channel views: what "left" or "mean" means, in one place."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

from skaudeep.exceptions import AudioError

__all__ = ["CHANNELS", "check_channel", "mix_down", "view_channel"]

CHANNELS = ("mean", "left", "right", "difference")
_STEREO_INDEX = {"left": 0, "right": 1}


def check_channel(channel):
    """Return `channel` as None, one of :data:`CHANNELS` or a plain int."""
    if channel is None or (isinstance(channel, str) and channel in CHANNELS):
        return channel
    if isinstance(channel, Integral) and not isinstance(channel, bool) and channel >= 0:
        return int(channel)
    raise ValueError(
        f"channel must be None, one of {', '.join(map(repr, CHANNELS))} or an index "
        f"of 0 or more, got {channel!r}."
    )


def view_channel(signal, channel, name):
    """One channel view of a signal.

    Parameters
    ----------
    signal : ndarray of shape (n_channels, n_samples)
        Floats.
    channel : str or int
        "mean" of all channels; "left", "right" or "difference", (L - R) / 2, of two
        channels, where mono passes as its own left and right; or an index.
    name : str
        What to call the clip in an error message.

    Returns
    -------
    ndarray of shape (n_samples,)
        May be a view of `signal`.
    """
    n_channels = len(signal)
    if isinstance(channel, int):
        if channel >= n_channels:
            raise AudioError(
                f"{name}: channel {channel} does not exist, the recording has "
                f"{_counted(n_channels)} (allowed: 0 to {n_channels - 1})."
            )
        return signal[channel]
    if channel == "mean":
        return mix_down(signal)
    if n_channels > 2:
        raise AudioError(
            f"{name}: channel={channel!r} is only defined for stereo, the recording "
            f'has {_counted(n_channels)}. Use "mean" or an index from 0 to '
            f"{n_channels - 1}."
        )
    if channel == "difference":
        if n_channels == 1:
            raise AudioError(
                f"{name}: channel='difference' needs two channels, the recording has "
                '1 channel. Allowed for mono: "mean", "left", "right" or 0.'
            )
        difference = signal[0] - signal[1]
        difference *= 0.5
        return difference
    return signal[min(_STEREO_INDEX[channel], n_channels - 1)]


def mix_down(signal):
    """Mean over channels of an array (n_channels, n_samples)."""
    if len(signal) == 1:
        return signal[0]
    # Decoded audio is interleaved, and there a sum over whole channels is six times
    # faster than mean(axis=0).
    mix = signal[0] + signal[1]
    for other in signal[2:]:
        mix += other
    mix *= 1 / len(signal)
    return mix


def _counted(n_channels):
    return f"{n_channels} channel{'s' if n_channels > 1 else ''}"
