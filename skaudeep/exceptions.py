"""Errors and warnings of skaudeep."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["AudioError", "AudioWarning", "MissingClipWarning", "PersistenceError"]


class AudioError(ValueError):
    """A recording that cannot be used; the message names the file or the clip."""


class AudioWarning(UserWarning):
    """Something about the audio that changes the result without spoiling it."""


class MissingClipWarning(AudioWarning):
    """A clip could not be decoded and became all-missing, or is left out of a fit."""


class PersistenceError(ValueError):
    """An estimator that cannot be saved, or a file that is not loaded; says why."""
