"""Events that overlap become one."""
# SPDX-License-Identifier: BSD-3-Clause

import math

__all__ = ["merge_overlaps"]


def merge_overlaps(events, gap=0.0):
    """Events of one clip, those of one label joined where at most `gap` s part them.

    Parameters
    ----------
    events : list of Event
        In any order.
    gap : float, default=0.0
        In seconds; 0 joins what overlaps or touches.

    Returns
    -------
    list of Event
        In the order of their onsets. The confidence is the highest that is known.
    """
    merged, last = [], {}
    for event in sorted(events, key=lambda event: (event.onset, event.label)):
        place = last.get(event.label)
        if place is None or event.onset - merged[place].offset > gap:
            last[event.label] = len(merged)
            merged.append(event)
            continue
        before = merged[place]
        known = [event.confidence, before.confidence]
        known = [value for value in known if not math.isnan(value)]
        merged[place] = before._replace(
            offset=max(before.offset, event.offset),
            confidence=max(known, default=math.nan),
        )
    return merged
