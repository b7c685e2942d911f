"""From events to frames and back."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from numbers import Integral, Real

import numpy as np

from skaudeep._event_lists import Event, check_event_lists

__all__ = ["events_from_frames", "frame_labels"]


def frame_labels(y, n_frames, hop, labels, *, window=None, unknown="raise"):
    """Which labels are active in which frames.

    A frame is active if its centre lies inside an event, at its onset or later and
    before its offset.

    Parameters
    ----------
    y : list of event lists
        For every clip a list of its events (onset, offset, label[, confidence]).
    n_frames : int or sequence of int
        Number of frames of all clips, or of each.
    hop : float
        From one frame to the next, in seconds.
    labels : sequence of str
        The classes, in the order of their columns.
    window : float or None, default=None
        Length of a frame in seconds: the centre of frame i is i * hop + window / 2.
        None is `hop`, frames side by side.
    unknown : {"raise", "ignore"}, default="raise"
        What becomes of events whose label is not in `labels`.

    Returns
    -------
    ndarray of bool of shape (n_clips, n_frames, n_labels), or list
        A list of arrays (n_frames, n_labels) if `n_frames` is a sequence.

    See Also
    --------
    events_from_frames : The way back.

    Notes
    -----
    An event that is shorter than `hop` may hold no centre, and then no frame is
    active.

    The times of a spectrogram are those of whole samples: a hop of 23 ms at 44.1 kHz
    is 1014 samples, 22.993 ms, which in 30 s makes a difference of a third of a frame.
    ``times = spectrogram.frame_times(2)`` knows them: ``hop = times[1] - times[0]``
    and ``window = 2 * times[0]``.

    Examples
    --------
    >>> from skaudeep.events import frame_labels
    >>> y = [[(0.25, 0.75, "dog")], []]
    >>> frame_labels(y, n_frames=5, hop=0.2, labels=["dog"]).astype(int)[:, :, 0]
    array([[0, 1, 1, 1, 0],
           [0, 0, 0, 0, 0]])
    """
    y = check_event_lists(y, "y")
    first_centre, columns = _check_grid(hop, window, labels)
    if unknown not in ("raise", "ignore"):
        raise ValueError(f"unknown must be 'raise' or 'ignore', got {unknown!r}.")
    same = isinstance(n_frames, Integral)
    lengths = np.array([n_frames] * len(y) if same else n_frames, dtype=np.int64)
    if lengths.shape != (len(y),):
        raise ValueError(
            f"n_frames must be a number, or one for each of the {len(y)} clips, got "
            f"{n_frames!r:.80}"
        )
    if (lengths < 0).any():
        raise ValueError(f"n_frames must be at least 0, got {lengths.min()}.")

    # All clips one below the other, with a row more each, where events may end.
    ends = np.cumsum(lengths + 1)
    clips, onsets, offsets, classes = [], [], [], []
    for clip, events in enumerate(y):
        for event in events:
            if event.label in columns:
                clips.append(clip)
                onsets.append(event.onset)
                offsets.append(event.offset)
                classes.append(columns[event.label])
            elif unknown == "raise":
                raise ValueError(
                    f"Clip {clip} of y has the label {event.label!r}, which is not in "
                    f"labels: {list(columns)}."
                )
    steps = np.zeros((ends[-1] if len(y) else 0, len(columns)), dtype=np.int32)
    if clips:
        centres = np.arange(lengths.max()) * hop + first_centre
        begins = (ends - lengths - 1)[clips]
        for times, step in ((onsets, 1), (offsets, -1)):
            frames = np.minimum(np.searchsorted(centres, times), lengths[clips])
            np.add.at(steps, (begins + frames, classes), step)
    active = np.cumsum(steps, axis=0) > 0
    if same:
        return active.reshape(len(y), n_frames + 1, len(columns))[:, :-1].copy()
    return [clip[:-1].copy() for clip in np.split(active, ends[:-1])[: len(y)]]


def events_from_frames(
    frames,
    hop,
    labels,
    *,
    window=None,
    threshold=0.5,
    min_duration=0.0,
    max_gap=0.0,
):
    """Events of the runs of active frames.

    A run of frames becomes an event from half a hop before the centre of its first
    frame to half a hop behind the centre of its last.

    Parameters
    ----------
    frames : array-like of shape (n_clips, n_frames, n_labels), or list
        Activities (bool) or probabilities of frames; a list of arrays (n_frames,
        n_labels) if clips are of different lengths. With one label, the last axis may
        be missing. NaN is not active.
    hop : float
        From one frame to the next, in seconds.
    labels : sequence of str
        The classes, in the order of their columns.
    window : float or None, default=None
        Length of a frame in seconds: the centre of frame i is i * hop + window / 2.
        None is `hop`, frames side by side.
    threshold : float or sequence of float, default=0.5
        Frames above it are active; one for all labels or one for each.
    min_duration : float, default=0.0
        Shorter events are left out, in seconds.
    max_gap : float, default=0.0
        Pauses up to this length are filled before that, in seconds.

    Returns
    -------
    list of list of Event
        For every clip its events in the order of their onsets. With probabilities,
        the confidence of an event is the highest in it; otherwise it is NaN.

    See Also
    --------
    frame_labels : The way there. Its frames of these events are those given, if
        nothing was filled or left out.

    Notes
    -----
    Half a hop before the first active centre is, on average, where an event began of
    which only its frames are known. With a window other than the hop, no event begins
    at 0 for that: times are those of the centres.

    Examples
    --------
    >>> from skaudeep.events import events_from_frames
    >>> probabilities = [[0.1, 0.7, 0.9, 0.2], [0.1, 0.2, 0.1, 0.0]]
    >>> events_from_frames(probabilities, hop=0.5, labels=["dog"])
    [[Event(onset=0.5, offset=1.5, label='dog', confidence=0.9)], []]
    """
    first_centre, columns = _check_grid(hop, window, labels)
    names = list(columns)
    for name, value in (("min_duration", min_duration), ("max_gap", max_gap)):
        if not isinstance(value, Real) or not 0 <= value < math.inf:
            raise ValueError(f"{name} must be at least 0 s and finite, got {value!r}.")
    threshold = np.asarray(threshold, dtype=np.float64)
    if threshold.shape not in ((), (len(names),)):
        raise ValueError(
            f"threshold must be one number or one for each of the {len(names)} labels, "
            f"got {threshold.tolist()!r}."
        )
    clips = [_check_frames(clip, i, len(names)) for i, clip in enumerate(frames)]
    if not clips:
        return []

    # All clips one behind the other, with an inactive frame before, between and behind.
    lengths = np.array([len(clip) for clip in clips])
    ends = np.cumsum(lengths + 1)
    values = np.full((len(names), ends[-1] + 1), -np.inf)
    for clip, end in zip(clips, ends, strict=True):
        values[:, end - len(clip) : end] = clip.T
    active = values > threshold.reshape(-1, 1)
    classes, starts = np.nonzero(active[:, 1:] & ~active[:, :-1])
    stops = np.nonzero(active[:, :-1] & ~active[:, 1:])[1] + 1
    starts += 1
    owners = np.searchsorted(ends, starts, side="right")

    # In whole frames: in seconds, three hops of 0.1 s would be more than 0.3 s.
    joined = starts[1:] - stops[:-1] <= math.floor(max_gap / hop + 1e-9)
    joined &= (classes[1:] == classes[:-1]) & (owners[1:] == owners[:-1])
    first, last = np.append(True, ~joined), np.append(~joined, True)
    first, last = first[: len(starts)], last[: len(starts)]
    classes, owners, starts, stops = (
        classes[first],
        owners[first],
        starts[first],
        stops[last],
    )
    long = stops - starts >= math.ceil(min_duration / hop - 1e-9)
    classes, owners, starts, stops = (
        array[long] for array in (classes, owners, starts, stops)
    )
    peaks = np.full(len(starts), np.nan)
    if len(starts) and not all(clip.dtype == bool for clip in clips):
        edges = np.stack([starts, stops], axis=1) + classes[:, np.newaxis] * len(
            values.T
        )
        peaks = np.fmax.reduceat(values.ravel(), edges.ravel())[::2]

    event_lists = [[] for _ in clips]
    frames_before = ends - lengths
    shift = first_centre - hop / 2
    for i in np.lexsort((classes, starts, owners)):
        clip = owners[i]
        onset, offset = (
            max(0.0, float(edge - frames_before[clip]) * hop + shift)
            for edge in (starts[i], stops[i])
        )
        name = names[classes[i]]
        event_lists[clip].append(Event(onset, offset, name, float(peaks[i])))
    return event_lists


def _check_frames(clip, i, n_labels):
    clip = np.asarray(clip)
    if clip.ndim == 1 and n_labels == 1:
        clip = clip[:, np.newaxis]
    if clip.ndim != 2 or clip.shape[1] != n_labels or clip.dtype.kind not in "biuf":
        raise ValueError(
            f"Clip {i} of frames must be numbers of shape (n_frames, {n_labels}), got "
            f"an array of shape {clip.shape} and type {clip.dtype}."
        )
    return clip


def _check_grid(hop, window, labels):
    """Time of the first centre, and the column of every label."""
    window = hop if window is None else window
    for name, value in (("hop", hop), ("window", window)):
        if not isinstance(value, Real) or not 0 < value < math.inf:
            raise ValueError(f"{name} must be a positive number (s), got {value!r}.")
    names = [labels] if isinstance(labels, str) else list(labels)
    columns = {name: i for i, name in enumerate(names)}
    if not names or len(columns) < len(names):
        raise ValueError(f"labels must be different names, at least one, got {names}.")
    return window / 2, columns
