"""What the headers, and if need be the samples, of many recordings say."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter
from dataclasses import dataclass

import numpy as np

from skaudeep.audio._recording import Recording
from skaudeep.exceptions import AudioError

__all__ = ["SUSPICIONS", "describe", "look_at", "suspicious"]

# Shorter than most analysis windows of a scene or a word: hardly meant.
_SHORT = 0.1

# An undamaged signal touches full scale for a sample or two.
_FULL_SCALE = 0.999
_CLIPPED_SAMPLES = 3

SUSPICIONS = {
    "unreadable": "cannot be read",
    "very_short": f"shorter than {_SHORT:g} s",
    "odd_sample_rate": "of another sample rate than most",
    "odd_channels": "with another number of channels than most",
    "silent": "digital silence",
    "clipped": "clipped: full scale for 3 samples or more",
}


@dataclass
class Header:
    """What one recording is like; `error` is None if it can be read."""

    error: str | None = None
    duration: float = 0.0
    sample_rate: int = 0
    n_channels: int = 0
    encoding: str = ""
    silent: bool = False
    clipped: bool = False


def look_at(recording, decode=False):
    """Read the header of a recording, and the samples if told so.

    Parameters
    ----------
    recording : str or Recording
        What a corpus holds.
    decode : bool, default=False
        Whether to look for silence, clipping and damage further back.

    Returns
    -------
    Header
        What was found; faults of the file are in it, none is raised.
    """
    if not isinstance(recording, Recording):
        recording = Recording(recording)
    try:
        with recording._open() as file:
            first, last = recording._span(file)
            header = Header(
                duration=(last - first) / file.samplerate,
                sample_rate=file.samplerate,
                n_channels=file.channels,
                encoding=f"{file.format} {file.subtype}",
            )
        if decode:
            signal, _ = recording.read()
            header.silent = not signal.any()
            header.clipped = any(_is_clipped(channel) for channel in signal)
    except AudioError as error:
        return Header(error=str(error))
    return header


def _is_clipped(channel):
    full = np.abs(channel) >= _FULL_SCALE
    runs = full[_CLIPPED_SAMPLES - 1 :].copy()
    for shift in range(1, _CLIPPED_SAMPLES):
        runs &= full[_CLIPPED_SAMPLES - 1 - shift : len(full) - shift]
    return bool(runs.any())


def describe(headers):
    """Lengths, rates, channels and encodings of all recordings together.

    Parameters
    ----------
    headers : list of Header
        One a recording.

    Returns
    -------
    dict
        Ready for JSON. Lengths in seconds; None if nothing can be read.
    """
    readable = [header for header in headers if header.error is None]
    lengths = np.array([header.duration for header in readable])
    length = None
    if len(lengths):
        length = {
            "total": float(lengths.sum()),
            "min": float(lengths.min()),
            "median": float(np.median(lengths)),
            "max": float(lengths.max()),
        }
    return {
        "n_recordings": len(headers),
        "n_unreadable": len(headers) - len(readable),
        "seconds": length,
        "sample_rates": _counts(header.sample_rate for header in readable),
        "channels": _counts(header.n_channels for header in readable),
        "encodings": _counts(header.encoding for header in readable),
    }


def suspicious(headers, names):
    """Recordings that should be looked at before they are used.

    Parameters
    ----------
    headers : list of Header
        One a recording.
    names : list of str
        Their names.

    Returns
    -------
    dict of str to list of str
        Names, or reasons where there are any, by the keys of ``SUSPICIONS``; only
        those that occur.
    """
    readable = [header for header in headers if header.error is None]
    rate = _most_common(header.sample_rate for header in readable)
    channels = _most_common(header.n_channels for header in readable)
    found = {kind: [] for kind in SUSPICIONS}
    for name, header in zip(names, headers, strict=True):
        if header.error is not None:
            found["unreadable"].append(header.error)
            continue
        for kind, wrong in (
            ("very_short", header.duration < _SHORT),
            ("odd_sample_rate", header.sample_rate != rate),
            ("odd_channels", header.n_channels != channels),
            ("silent", header.silent),
            ("clipped", header.clipped),
        ):
            if wrong:
                found[kind].append(name)
    return {kind: names for kind, names in found.items() if names}


def _counts(values):
    return {str(value): count for value, count in Counter(values).most_common()}


def _most_common(values):
    counts = Counter(values).most_common(1)
    return counts[0][0] if counts else None
