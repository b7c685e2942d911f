"""A recording: a path with a channel view and a time span, decoded on demand."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import os
from dataclasses import dataclass
from numbers import Real

import numpy as np

from skaudeep.audio._channel import check_channel, view_channel
from skaudeep.exceptions import AudioError

__all__ = ["Recording"]

# Encoders that write into a pipe cannot go back to note the length; libsndfile then
# reports the largest integer.
UNKNOWN_LENGTH = 2**62


@dataclass(frozen=True, slots=True)
class Recording:
    """A piece of an audio file.

    A small frozen value that can be hashed, compared, pickled and cached; samples are
    decoded when :meth:`read` is called and are not kept.

    Parameters
    ----------
    path : str or path-like
        An audio file that libsndfile reads: wav, flac, ogg, mp3, aiff and others.
        Stored as str.
    channel : {"mean", "left", "right", "difference"}, int or None, default=None
        Which view of the channels is read: their mean; the left, the right or half
        the difference, (L - R) / 2, of a stereo recording, where mono is its own
        left and right; one channel by its index; None for all channels.
    start : float, default=0.0
        Where the piece begins, in seconds.
    stop : float or None, default=None
        Where it ends, in seconds; None or a time behind the end of the file reads to
        the end.

    See Also
    --------
    ChannelSplitter : Sets the channel view of many recordings.
    Chunker : Cuts recordings into pieces.

    Notes
    -----
    A time is rounded to the nearest sample. A `start` at or behind the end of the
    file is an error when the recording is read. The properties open the file each
    time, but read only its header.

    Examples
    --------
    >>> from skaudeep.audio import Recording
    >>> recording = Recording("park.wav", channel="left", start=1.5, stop=4)
    >>> recording
    Recording(path='park.wav', channel='left', start=1.5, stop=4.0)
    >>> print(recording)
    park.wav (1.5-4 s, left)
    """

    path: str
    channel: str | int | None = None
    start: float = 0.0
    stop: float | None = None

    def __post_init__(self):
        if not isinstance(self.path, str | bytes | os.PathLike):
            raise TypeError(f"path must be a str or path-like, got {self.path!r}.")
        start = _check_seconds("start", self.start)
        stop = None if self.stop is None else _check_seconds("stop", self.stop)
        if start < 0:
            raise ValueError(f"start must be 0 or more seconds, got {self.start!r}.")
        if stop is not None and stop <= start:
            raise ValueError(
                f"stop must be greater than start={start:g} (seconds) or None, "
                f"got {self.stop!r}."
            )
        for name, value in {
            "path": os.fsdecode(self.path),
            "channel": check_channel(self.channel),
            "start": start,
            "stop": stop,
        }.items():
            object.__setattr__(self, name, value)

    def __str__(self):
        notes = []
        if self.stop is not None:
            notes.append(f"{self.start:g}-{self.stop:g} s")
        elif self.start > 0:
            notes.append(f"from {self.start:g} s")
        if self.channel is not None:
            notes.append(str(self.channel))
        return f"{self.path} ({', '.join(notes)})" if notes else self.path

    @property
    def sample_rate(self):
        """Samples per second of the file, an int."""
        with self._open() as file:
            return file.samplerate

    @property
    def n_channels(self):
        """Number of channels that :meth:`read` returns."""
        if self.channel is not None:
            return 1
        with self._open() as file:
            return file.channels

    @property
    def duration(self):
        """Length of the piece in seconds, a float."""
        first, last, sample_rate = self._samples()
        return (last - first) / sample_rate

    def read(self):
        """Decode the piece.

        Returns
        -------
        signal : ndarray of shape (n_channels, n_samples)
            Float32, full scale is [-1, 1]. One channel if a view is set.
        sample_rate : int
            Samples per second.

        Raises
        ------
        AudioError
            If the file is missing, is no audio file, ends too early, holds no samples
            or values that are not finite, or lacks the channel. The message names
            the file.
        """
        signal, sample_rate, _ = self._read()
        return signal, sample_rate

    def _read(self, cut=None, context=0):
        """Decode, optionally a part and some samples before it.

        Parameters
        ----------
        cut : callable or None, default=None
            Maps ``(n_samples, sample_rate)`` of the piece to the first and the last
            sample (exclusive) that are wanted of it.
        context : int, default=0
            Samples wanted before `start`, fewer where the file begins; none if `cut`
            removes the beginning.

        Returns
        -------
        signal, sample_rate
            As of :meth:`read`, the context in front.
        n_context : int
            Samples of context.
        """
        with self._open() as file:
            start, last = self._span(file)
            first = start
            if cut is not None:
                low, high = cut(last - start, file.samplerate)
                first, last = start + low, start + high
            n_context = min(context, first) if first == start else 0
            frames = self._decode(file, first - n_context, last)
            finite = file.subtype not in ("FLOAT", "DOUBLE")
            sample_rate = file.samplerate
        signal = frames.T
        if self.channel is not None:
            view = view_channel(signal, self.channel, repr(self.path))
            signal = view[np.newaxis]
        if not finite and not np.isfinite(signal).all():
            raise AudioError(
                f"{self.path!r}: the recording contains samples that are NaN or "
                "infinite."
            )
        return signal, sample_rate, n_context

    def _samples(self):
        """First and last sample (exclusive) of the piece, and the sample rate."""
        with self._open() as file:
            return *self._span(file), file.samplerate

    def _open(self):
        import soundfile

        try:
            return soundfile.SoundFile(self.path)
        except (soundfile.LibsndfileError, OSError, TypeError) as error:
            raise AudioError(self._why_not(error)) from error

    def _why_not(self, error):
        """The reason why the file cannot be opened, in the user's words."""
        if not os.path.exists(self.path):
            return f"{self.path!r}: the file does not exist."
        if os.path.isdir(self.path):
            return f"{self.path!r}: this is a folder, not an audio file."
        if os.path.getsize(self.path) == 0:
            return f"{self.path!r}: the file is empty (0 bytes)."
        return (
            f"{self.path!r}: the file cannot be read as audio ({_reason(error)}). "
            "Readable are wav, flac, ogg, mp3, aiff and other formats of libsndfile."
        )

    def _span(self, file):
        """First and last sample (exclusive) of the piece in the open file."""
        n_samples = file.frames
        if n_samples >= UNKNOWN_LENGTH:
            raise AudioError(
                f"{self.path!r}: the file does not say how many samples it holds, as "
                "when it was written into a pipe. Write it anew to a file."
            )
        if n_samples == 0:
            raise AudioError(f"{self.path!r}: the recording holds no samples.")
        first = round(self.start * file.samplerate)
        last = n_samples
        if self.stop is not None:
            last = min(last, round(self.stop * file.samplerate))
        if first >= n_samples:
            raise AudioError(
                f"{self.path!r}: start={self.start:g} s is not before the end of the "
                f"recording, which is {n_samples / file.samplerate:g} s long."
            )
        if first >= last:
            raise AudioError(
                f"{self.path!r}: there is no sample between start={self.start:g} s "
                f"and stop={self.stop:g} s at {file.samplerate} Hz."
            )
        return first, last

    def _decode(self, file, first, last):
        import soundfile

        try:
            if first > 0:
                file.seek(first)
            frames = file.read(last - first, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"{self.path!r}: the file is damaged or ends too early "
                f"({_reason(error)})."
            ) from error
        if len(frames) < last - first:
            raise AudioError(
                f"{self.path!r}: the file is damaged or ends too early (of the "
                f"samples {first} to {last}, only {len(frames)} could be read)."
            )
        return frames


def _reason(error):
    """What libsndfile or the system says, without its punctuation."""
    reason = getattr(error, "error_string", str(error))
    return reason.removeprefix("Error : ").rstrip(".")


def _check_seconds(name, value):
    if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{name} must be a finite number of seconds, got {value!r}.")
