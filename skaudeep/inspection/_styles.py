"""Colours that are told apart with any kind of colour vision."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["COLOURS", "curve_style", "point_style"]

# Okabe and Ito's colours, without black and yellow, which paper and frames swallow.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES = ("-", "--", ":", "-.")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def curve_style(i):
    """Colour and dashes of the i-th curve."""
    dashes = _DASHES[i // len(COLOURS) % len(_DASHES)]
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": dashes}


def point_style(i):
    """Colour and marker of the i-th kind of point."""
    marker = _MARKERS[i // len(COLOURS) % len(_MARKERS)]
    return {"color": COLOURS[i % len(COLOURS)], "marker": marker}
