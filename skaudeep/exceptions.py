"""Errors and warnings of skaudeep."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = [
    "AudioError",
    "AudioWarning",
    "GroupLeakWarning",
    "MissingClassWarning",
    "MissingClipWarning",
    "PersistenceError",
]


class AudioError(ValueError):
    """A recording that cannot be used; the message names the file or the clip."""


class AudioWarning(UserWarning):
    """Something about the audio that changes the result without spoiling it."""


class MissingClipWarning(AudioWarning):
    """A clip could not be decoded and became all-missing, or is left out of a fit."""


class GroupLeakWarning(UserWarning):
    """Clips of one group stand on both sides of a split."""


class MissingClassWarning(UserWarning):
    """A fold has no clip of some class to train on, or none to test on."""


class PersistenceError(ValueError):
    """An estimator that cannot be saved, or a file that is not loaded; says why."""
