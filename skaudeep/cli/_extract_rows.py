"""The rows of a file of features: clips or their chunks, and what is known of them."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from skaudeep.audio import Chunker, Recording
from skaudeep.cli._label_files import read_rows
from skaudeep.datasets import PredefinedFolds
from skaudeep.datasets._corpus import UNKNOWN

__all__ = ["Rows", "make_rows"]


@dataclass
class Rows:
    """One entry a row; None for what is not known of any."""

    recordings: list
    filename: list
    chunk: np.ndarray
    timestamp: np.ndarray | None
    target: np.ndarray | None
    target_names: np.ndarray | None
    groups: np.ndarray | None
    partitions: dict | None
    cv: PredefinedFolds | None


def make_rows(corpus, *, start=None, end=None, chunks=None, label_file=None):
    """Cut the recordings of a corpus, and say of each chunk what is known of its clip.

    Parameters
    ----------
    corpus : Bunch
        As of :func:`skaudeep.cli._corpus.open_corpus`.
    start, end : float or None, default=None
        Which part of each recording is used, in seconds.
    chunks : dict or None, default=None
        Parameters of a :class:`~skaudeep.audio.Chunker`; None leaves clips whole.
    label_file : path-like or None, default=None
        Labels of the chunks: file, timestamp, label.

    Returns
    -------
    Rows
        In the order of the corpus.
    """
    clips = [_piece(recording, start, end) for recording in corpus.recordings]
    of_clip = np.arange(len(clips))
    timestamp = None
    if chunks is not None:
        chunker = Chunker(**chunks).fit(clips)
        clips = list(chunker.transform(clips))
        of_clip = chunker.groups_
        timestamp = np.array([chunk.start for chunk in clips])
    filename = [corpus.names[clip] for clip in of_clip]
    target = None if corpus.target is None else corpus.target[of_clip]
    if label_file is not None:
        target = _labels_at(label_file, filename, timestamp)
    partitions = corpus.partitions
    return Rows(
        recordings=clips,
        filename=filename,
        chunk=np.arange(len(clips)) - np.searchsorted(of_clip, of_clip),
        timestamp=timestamp,
        target=target,
        target_names=None if label_file is not None else corpus.target_names,
        groups=None if corpus.groups is None else corpus.groups[of_clip],
        partitions=partitions
        and {name: _rows_of(index, of_clip) for name, index in partitions.items()},
        cv=corpus.cv
        and PredefinedFolds(
            (_rows_of(train, of_clip), _rows_of(test, of_clip))
            for train, test in corpus.cv.folds
        ),
    )


def _piece(recording, start, end):
    """A recording without what is before `start` and behind `end`, both of the file."""
    if not isinstance(recording, Recording):
        recording = Recording(recording)
    if start is not None:
        recording = replace(recording, start=max(start, recording.start))
    if end is not None:
        stop = end if recording.stop is None else min(end, recording.stop)
        recording = replace(recording, stop=stop)
    return recording


def _rows_of(clips, of_clip):
    return np.flatnonzero(np.isin(of_clip, clips))


def _labels_at(path, filename, timestamp):
    """The label of each chunk, from a file that has one for each."""
    header, *rows = read_rows(path)
    if len(header) != 3:
        raise ValueError(
            f"{path} must have three columns, file, timestamp and label, got {header}."
        )
    labels = {}
    for number, (name, time, label) in enumerate(rows, start=2):
        try:
            labels[name.replace("\\", "/"), round(float(time), 3)] = label
        except ValueError as error:
            raise ValueError(
                f"{path}, row {number}: the timestamp must be seconds, got {time!r}."
            ) from error
    found = [
        labels.get((name, round(float(time), 3)), UNKNOWN)
        for name, time in zip(filename, timestamp, strict=True)
    ]
    if all(label == UNKNOWN for label in found):
        raise ValueError(
            f"{path} labels no chunk, such as {filename[0]!r} at {timestamp[0]:g} s."
        )
    return np.array(found, dtype=str)
