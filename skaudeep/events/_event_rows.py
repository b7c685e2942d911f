"""Rows of events: what an event table is made from and shows."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Mapping

from skaudeep._event_lists import check_event, check_event_lists
from skaudeep.events._text_lists import ALIASES

__all__ = ["event_rows", "file_name", "make_frame"]


def event_rows(events):
    """``(file, Event or None, where it stands)`` of all that the constructor takes."""
    if isinstance(events, Mapping):
        y = check_event_lists(list(events.values()), "events")
        for file, checked in zip(events, y, strict=True):
            name = file_name(file, "events")
            yield from ((name, event, "events") for event in checked or [None])
        return
    if hasattr(events, "to_dict"):
        for key, names in ALIASES.items():
            if key != "confidence" and not set(names) & set(events.columns):
                raise ValueError(
                    f"events must have a column {' or '.join(map(repr, names))}, got "
                    f"{list(events.columns)}."
                )
        events = events.to_dict("records")
    for i, row in enumerate(events):
        where = f"Row {i} of events"
        fields = _fields(row, where)
        file = file_name(fields.pop("file"), where)
        if fields["confidence"] is None:
            del fields["confidence"]
        empty = all(fields[key] is None for key in ("onset", "offset", "label"))
        event = None if empty else check_event(tuple(fields.values()), where)
        yield file, event, where


def _fields(row, where):
    """A row as a dict with the five fields; what is missing is None."""
    if isinstance(row, Mapping):
        values = [
            next((row[name] for name in names if name in row), None)
            for names in ALIASES.values()
        ]
    elif isinstance(row, (tuple, list)) and len(row) in (1, 4, 5):
        values = [*row, *[None] * (5 - len(row))]
    else:
        raise TypeError(
            f"{where} must be (file, onset, offset, label), this with a confidence, or "
            f"only (file,), or a mapping with such keys, got {row!r:.80}"
        )
    values = [None if _is_missing(value) else value for value in values]
    return dict(zip(ALIASES, values, strict=True))


def _is_missing(value):
    if value is None or isinstance(value, str):
        return not value
    try:
        return bool(value != value)
    except TypeError:  # pandas's NA is neither true nor false.
        return True


def file_name(file, where):
    """The name as text; errors begin with `where`."""
    if not isinstance(file, (str, os.PathLike)) or not os.fspath(file):
        raise ValueError(f"{where} must name a file, got {file!r}.")
    return str(os.fspath(file))


def make_frame(columns, rows):
    """A DataFrame of text and numbers."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            'DataFrames need pandas: pip install "skaudeep[tables]"'
        ) from error
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    texts = {"file", "filename", "label", "event_label"}
    # Named, because columns without rows have no type of their own.
    return pd.DataFrame(
        {
            name: pd.Series(value, dtype=str if name in texts else "float64")
            for name, value in zip(columns, values, strict=True)
        }
    )
