"""Which frames and bands a pixel shows, and colour tables; computed once, then kept."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import lru_cache

import numpy as np

from skaudeep.audio._filterbank import mel_frequencies

__all__ = [
    "band_edges",
    "band_shares",
    "colour_map_names",
    "colour_table",
    "frame_shares",
    "nearest_bands",
    "nearest_frames",
    "overlaps",
]

# matplotlib once named its qualitative maps so, and papers still do.
_FORMER_NAMES = {
    "vega10": "tab10",
    "vega20": "tab20",
    "vega20b": "tab20b",
    "vega20c": "tab20c",
}

# Where the two symmetric logarithms turn from linear to logarithmic, in Hz.
_MEL_KNEE = 1000.0
_LOG_KNEE = 65.406


def colour_map_names():
    """Names that :func:`colour_table` knows, without the reversed maps."""
    import matplotlib

    names = {name for name in matplotlib.colormaps if not name.endswith("_r")}
    return sorted(names | set(_FORMER_NAMES), key=str.lower)


@lru_cache(maxsize=32)
def colour_table(name):
    """The colours of a matplotlib map, from its lower to its upper end.

    Returns
    -------
    ndarray of shape (n_colours, 3)
        Uint8, rounded to the nearest. Shared: do not write to it.
    """
    import matplotlib

    stem, reverse = name.removesuffix("_r"), "_r" if name.endswith("_r") else ""
    known = _FORMER_NAMES.get(stem, stem) + reverse
    if known not in matplotlib.colormaps:
        raise ValueError(
            f"colour_map must be one of matplotlib's, or one of these with '_r' "
            f"behind it: {', '.join(colour_map_names())}; got {name!r}."
        )
    colours = matplotlib.colormaps[known]
    return np.round(255 * colours(np.arange(colours.N))[:, :3]).astype(np.uint8)


def band_edges(n_bands, axis_warp, f_max, frequency_limit):
    """Where the bands begin and end on the warped frequency axis of a picture.

    Parameters
    ----------
    n_bands : int
        Rows of the matrix.
    axis_warp : {"linear", "log", "mel"}, tuple of float or None
        As :class:`~skaudeep.audio.SpectrogramPicture` takes it.
    f_max : float or None
        Hz at the upper end of the highest band.
    frequency_limit : float or None
        Hz at the upper end of the picture.

    Returns
    -------
    edges : ndarray of shape (n_bands + 1,)
        Increasing.
    top : float
        Upper end of the picture.
    """
    if axis_warp is None:
        edges = np.arange(n_bands + 1.0)
        return edges, edges[-1]
    if isinstance(axis_warp, tuple):
        edges = np.array(axis_warp, dtype=np.float64)
        return edges, edges[-1]
    # Without a frequency the linear axis has no unit, and needs none.
    f_max = 1.0 if f_max is None else float(f_max)
    if axis_warp == "mel":
        centres = mel_frequencies(n_bands, 0.0, f_max, "slaney")
    else:
        centres = np.linspace(0.0, f_max, n_bands)
    inner = (centres[1:] + centres[:-1]) / 2
    warp = _WARPS[axis_warp]
    edges = warp(np.concatenate([[0.0], inner, [f_max]]))
    return edges, edges[-1] if frequency_limit is None else warp(frequency_limit)


def _linear(frequency):
    return np.asarray(frequency, dtype=np.float64)


def _symmetric_log(frequency, knee, linear_part):
    frequency = np.asarray(frequency, dtype=np.float64)
    octaves = np.log2(np.maximum(frequency, knee) / knee)
    return np.where(
        frequency <= knee, linear_part * frequency, knee * (linear_part + octaves)
    )


_WARPS = {
    "linear": _linear,
    "log": lambda frequency: _symmetric_log(frequency, _LOG_KNEE, 1.0),
    "mel": lambda frequency: _symmetric_log(frequency, _MEL_KNEE, 2.0),
}


@lru_cache(maxsize=32)
def nearest_bands(n_bands, size, axis_warp, f_max, frequency_limit):
    """The band that each row of pixels shows, from the top of the picture.

    A row whose centre lies on the edge of two bands shows the higher.
    """
    edges, top = band_edges(n_bands, axis_warp, f_max, frequency_limit)
    centres = edges[0] + (np.arange(size) + 0.5) / size * (top - edges[0])
    bands = np.searchsorted(edges, centres, side="right") - 1
    return np.clip(bands, 0, n_bands - 1)[::-1]


@lru_cache(maxsize=256)
def nearest_frames(n_frames, size):
    """The frame that each column of pixels shows.

    A column whose centre lies on the edge of two frames shows the earlier.
    """
    centres = (np.arange(size) + 0.5) * n_frames / size
    return np.clip(np.ceil(centres).astype(int) - 1, 0, n_frames - 1)


def overlaps(edges, n_pixels, top):
    """Which share of each pixel is whose.

    Parameters
    ----------
    edges : ndarray of shape (n_items + 1,)
        Increasing: where the items begin and end.
    n_pixels : int
        Equally wide pixels from ``edges[0]`` to `top`.
    top : float
        Not above ``edges[-1]``.

    Returns
    -------
    scipy.sparse.csr_array of shape (n_pixels, n_items)
        Float32; rows sum to 1.
    """
    from scipy.sparse import csr_array

    borders = np.linspace(edges[0], top, n_pixels + 1)
    marks = np.union1d(borders, edges[edges < top])
    middles = (marks[:-1] + marks[1:]) / 2
    shares = np.diff(marks) * (n_pixels / (top - edges[0]))
    pixels = np.searchsorted(borders, middles, side="right") - 1
    items = np.searchsorted(edges, middles, side="right") - 1
    shape = (n_pixels, len(edges) - 1)
    return csr_array((shares.astype(np.float32), (pixels, items)), shape=shape)


@lru_cache(maxsize=32)
def band_shares(n_bands, size, axis_warp, f_max, frequency_limit):
    """The share of every band in each row of pixels, from the top of the picture."""
    edges, top = band_edges(n_bands, axis_warp, f_max, frequency_limit)
    return overlaps(edges, size, top)[::-1]


@lru_cache(maxsize=256)
def frame_shares(n_frames, size):
    """The share of every frame in each column of pixels."""
    return overlaps(np.arange(n_frames + 1.0), size, float(n_frames))
