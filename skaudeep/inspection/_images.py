"""A sequence as a picture: time to the right, bands upwards."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["draw_sequence", "frame_edges", "name_time"]

_ROUND_HERTZ = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)


def frame_edges(n_frames, hop, window=None):
    """Where the first frame begins and the last ends, each as wide as a hop.

    In seconds; without a hop frames are counted from 0.
    """
    if hop is None:
        return -0.5, n_frames - 0.5
    begin = ((hop if window is None else window) - hop) / 2
    return begin, begin + n_frames * hop


def name_time(panel, hop):
    """Label the axis of time."""
    panel.set_xlabel("Frame" if hop is None else "Time (s)")


def draw_sequence(panel, sequence, edges, frequencies=None, **image):
    """Picture of a sequence.

    Parameters
    ----------
    panel : Axes
        Where it is drawn.
    sequence : ndarray of shape (n_frames, n_bands)
        The sequence.
    edges : tuple of float
        Where the first frame begins and the last one ends.
    frequencies : ndarray of shape (n_bands,) or None, default=None
        Of the bands, in Hz; None numbers the bands.
    **image
        Parameters of ``imshow``.

    Returns
    -------
    AxesImage
        The picture.
    """
    n_bands = sequence.shape[1]
    drawn = panel.imshow(
        sequence.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(*edges, -0.5, n_bands - 0.5),
        **image,
    )
    if frequencies is None:
        panel.set_ylabel("Band")
        panel.yaxis.get_major_locator().set_params(integer=True)
        return drawn
    low, high = frequencies[[0, -1]]
    # Bands are as high as each other, whatever the distance of their frequencies.
    ticks, names = [], []
    for hertz in reversed([mark for mark in _ROUND_HERTZ if low <= mark <= high]):
        band = np.interp(hertz, frequencies, np.arange(n_bands))
        if not ticks or ticks[-1] - band >= n_bands / 12:
            ticks.append(band)
            names.append(f"{hertz // 1000}k" if hertz >= 1000 else str(hertz))
    panel.set_yticks(ticks, names)
    panel.set_ylabel("Frequency (Hz)")
    return drawn
