"""What happens when in a clip."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import NamedTuple

import numpy as np

__all__ = ["Event", "check_event", "check_event_lists"]


class Event(NamedTuple):
    """Something that is heard from one moment to another.

    Parameters
    ----------
    onset : float
        Beginning in seconds from the beginning of the clip.
    offset : float
        End in seconds from the beginning of the clip.
    label : str
        What it is.
    confidence : float, default=nan
        How certain a detector is of it, 0 to 1; NaN if nobody said.

    Examples
    --------
    >>> from skaudeep.events import Event
    >>> event = Event(0.5, 1.25, "babycry")
    >>> event.offset - event.onset
    0.75
    """

    onset: float
    offset: float
    label: str
    confidence: float = math.nan


def check_event_lists(event_lists, name="y"):
    """Event lists of clips, every event as an `Event`.

    Parameters
    ----------
    event_lists : sequence of sequences
        For every clip its events, possibly none: `Event`s, tuples (onset, offset,
        label) or (onset, offset, label, confidence), or mappings with these keys.
    name : str, default="y"
        What errors call it.

    Returns
    -------
    list of list of Event
        In the given order.

    Raises
    ------
    TypeError
        If something is no list of lists of events.
    ValueError
        If a time is negative or no finite number, an offset lies before its onset, or
        a label is empty.
    """
    if not _is_list(event_lists):
        raise TypeError(
            f"{name} must be a list with one event list a clip, got {event_lists!r:.80}"
        )
    return [
        [
            check_event(event, f"Event {i} of clip {clip} in {name}")
            for i, event in enumerate(_check_list(events, clip, name))
        ]
        for clip, events in enumerate(event_lists)
    ]


def _is_list(value):
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)


def _check_list(events, clip, name):
    if not _is_list(events):
        raise TypeError(
            f"Clip {clip} of {name} must have a list of events, [] if there are none, "
            f"got {events!r:.80}"
        )
    if isinstance(events, Event) or (len(events) and isinstance(events[0], Real)):
        raise TypeError(
            f"Clip {clip} of {name} must have a list of events, got the single event "
            f"{events!r}: put it into a list."
        )
    return events


def check_event(event, where):
    """One event of any form as an `Event`; errors begin with `where`."""
    if isinstance(event, Mapping):
        fields = [event.get(key, event.get(f"event_{key}")) for key in Event._fields]
        fields = fields[:3] if fields[3] is None else fields
    elif _is_list(event) and 3 <= len(event) <= 4:
        fields = list(event)
    else:
        raise TypeError(
            f"{where} must be (onset, offset, label) or (onset, offset, label, "
            f"confidence), got {event!r:.80}"
        )
    for key, value in zip(("onset", "offset"), fields, strict=False):
        if not isinstance(value, Real) or not 0 <= value < math.inf:
            raise ValueError(
                f"{where} must have a finite {key} of at least 0 s, got {value!r}."
            )
    onset, offset, label, *confidence = fields
    if offset < onset:
        raise ValueError(f"{where} ends at {offset} s, before its onset at {onset} s.")
    if not isinstance(label, str) or not label:
        raise ValueError(f"{where} must have a text as label, got {label!r}.")
    if confidence and not isinstance(confidence[0], Real):
        raise ValueError(
            f"{where} must have a number as confidence, got {confidence[0]!r}."
        )
    return Event(float(onset), float(offset), str(label), *map(float, confidence))
