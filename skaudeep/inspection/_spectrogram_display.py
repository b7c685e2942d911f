"""A spectrogram and how often its levels occur."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np
from sklearn.base import clone

from skaudeep._containers import is_collection
from skaudeep.audio import MelSpectrogram
from skaudeep.audio._base_spectrogram import BaseSpectrogram
from skaudeep.inspection._checks import check_clip
from skaudeep.inspection._images import draw_sequence, frame_edges, name_time
from skaudeep.inspection._panels import line_up_panels

__all__ = ["SpectrogramDisplay"]

_N_BINS = 100


class SpectrogramDisplay:
    """Spectrogram of one clip, with the histogram of its levels.

    The way to choose `clip_below` of a spectrogram: the picture shows what clipping
    leaves, the histogram all levels and what share of them would be raised. Make it
    with :meth:`from_recording` or :meth:`from_sequence`, which also draw it.

    Parameters
    ----------
    sequence : ndarray of shape (n_frames, n_bands)
        The levels, not clipped.
    hop : float or None, default=None
        From one frame to the next, in seconds. None counts frames.
    window : float or None, default=None
        Length of a frame in seconds; None is `hop`.
    frequencies : ndarray of shape (n_bands,) or None, default=None
        Frequencies of the bands in Hz; None numbers the bands.
    clip_below : float or None, default=None
        A candidate, in the unit of the levels. Lower ones have its colour.
    clip_above : float or None, default=None
        The same for higher ones.
    quantity : str, default="Level (dB)"
        What is measured.

    Attributes
    ----------
    share_below_ : float or None
        Share of the levels below `clip_below`, from 0 to 1; None without one.
    share_above_ : float or None
        Share of the levels above `clip_above`; None without one.
    figure_ : matplotlib Figure
        The figure.
    ax_ : ndarray of matplotlib Axes
        The picture, the colour bar, and the histogram, whose levels are those of the
        colour bar at its side.
    image_ : matplotlib image
        The picture.
    bars_ : matplotlib BarContainer
        The histogram: what percentage of the levels is in each of 100 steps.
    lines_ : dict of str to matplotlib Line2D
        The lines at ``"clip_below"`` and ``"clip_above"``, as far as they are given.

    See Also
    --------
    skaudeep.audio.MelSpectrogram : What makes spectrograms, and clips them.

    Examples
    --------
    >>> from skaudeep.audio import MelSpectrogram
    >>> from skaudeep.datasets import load_mandarin_syllables
    >>> from skaudeep.inspection import SpectrogramDisplay
    >>> recording = load_mandarin_syllables().recordings[0]
    >>> display = SpectrogramDisplay.from_recording(
    ...     recording,
    ...     MelSpectrogram(window_width=0.05, window_overlap=0.025, clip_below=-60),
    ... )
    >>> print(f"{display.share_below_:.2f} of the levels are below -60 dB")
    0.40 of the levels are below -60 dB
    """

    def __init__(
        self,
        *,
        sequence,
        hop=None,
        window=None,
        frequencies=None,
        clip_below=None,
        clip_above=None,
        quantity="Level (dB)",
    ):
        self.sequence = sequence
        self.hop = hop
        self.window = window
        self.frequencies = frequencies
        self.clip_below = clip_below
        self.clip_above = clip_above
        self.quantity = quantity

    @classmethod
    def from_recording(
        cls, recording, spectrogram=None, *, ax=None, colour_map="magma"
    ):
        """Analyse a recording, and draw its levels.

        Parameters
        ----------
        recording : path-like, Recording or array of shape (n_samples,) or \
                (n_channels, n_samples)
            The clip. A signal in an array has the `sample_rate` of `spectrogram`.
        spectrogram : MelSpectrogram, Spectrogram or None, default=None
            How it is analysed, in decibels; None is ``MelSpectrogram()``. Need not be
            fitted and is not changed. Its `clip_below` and `clip_above` become lines;
            what is drawn are the levels before them, without `delta` and `scale`.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.
        colour_map : str or matplotlib Colormap, default="magma"
            Colours of the levels.

        Returns
        -------
        SpectrogramDisplay
            The display, drawn.

        Raises
        ------
        AudioError
            If the recording cannot be used; the message names the file.
        """
        spectrogram = MelSpectrogram() if spectrogram is None else spectrogram
        if not isinstance(spectrogram, BaseSpectrogram) or (
            spectrogram.amplitude != "db"
        ):
            raise ValueError(
                "spectrogram must be a MelSpectrogram or a Spectrogram with amplitude="
                f"'db', got {spectrogram!r}. from_sequence draws what others make."
            )
        if is_collection(recording):
            raise ValueError(
                f"recording must be a single one, got a {type(recording).__name__}."
            )
        analysis = clone(spectrogram).set_params(
            clip_below=None, clip_above=None, delta=0, scale=None, on_error="raise"
        )
        sequence = analysis.fit_transform([recording])[0]
        # Hop and window in whole samples.
        first, second = analysis.frame_times(2)
        return cls.from_sequence(
            sequence,
            hop=float(second - first),
            window=float(2 * first),
            frequencies=analysis.band_frequencies(),
            clip_below=spectrogram.clip_below,
            clip_above=spectrogram.clip_above,
            ax=ax,
            colour_map=colour_map,
        )

    @classmethod
    def from_sequence(
        cls,
        sequence,
        *,
        hop=None,
        window=None,
        frequencies=None,
        clip_below=None,
        clip_above=None,
        quantity="Level (dB)",
        ax=None,
        colour_map="magma",
    ):
        """Check and draw a sequence.

        Parameters
        ----------
        sequence : array-like of shape (n_frames, n_bands)
            The levels.
        hop : float or None, default=None
            From one frame to the next, in seconds. None counts frames.
        window : float or None, default=None
            Length of a frame in seconds; None is `hop`.
        frequencies : array-like of shape (n_bands,) or None, default=None
            Frequencies of the bands in Hz; None numbers the bands.
        clip_below : float or None, default=None
            A candidate, in the unit of the levels.
        clip_above : float or None, default=None
            A candidate, greater than `clip_below`.
        quantity : str, default="Level (dB)"
            What is measured.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.
        colour_map : str or matplotlib Colormap, default="magma"
            Colours of the levels.

        Returns
        -------
        SpectrogramDisplay
            The display, drawn.
        """
        sequence, frequencies = check_clip(
            sequence, "sequence", hop=hop, window=window, frequencies=frequencies
        )
        for name, value in (("clip_below", clip_below), ("clip_above", clip_above)):
            if value is not None and not (
                isinstance(value, Real) and np.isfinite(value)
            ):
                raise ValueError(f"{name} must be a number or None, got {value!r}.")
        if None not in (clip_below, clip_above) and clip_below >= clip_above:
            raise ValueError(
                f"clip_above must be greater than clip_below={clip_below!r}, got "
                f"{clip_above!r}."
            )
        display = cls(
            sequence=sequence,
            hop=hop,
            window=window,
            frequencies=frequencies,
            clip_below=clip_below,
            clip_above=clip_above,
            quantity=quantity,
        )
        return display.plot(ax, colour_map=colour_map)

    def plot(self, ax=None, *, colour_map="magma"):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.
        colour_map : str or matplotlib Colormap, default="magma"
            Colours of the levels.

        Returns
        -------
        SpectrogramDisplay
            The display itself.
        """
        self.ax_ = line_up_panels(ax, [6.0, 0.25, 2.0])
        self.figure_ = self.ax_[0].figure
        picture, colour_bar, histogram = self.ax_
        low, high = self._range()
        self.image_ = draw_sequence(
            picture,
            self.sequence,
            frame_edges(len(self.sequence), self.hop, self.window),
            self.frequencies,
            cmap=colour_map,
            vmin=low if self.clip_below is None else self.clip_below,
            vmax=high if self.clip_above is None else self.clip_above,
        )
        name_time(picture, self.hop)
        # Drawn by hand, because a colour bar of matplotlib ends where colours do, and
        # the histogram at its side goes on.
        colour_bar.imshow(
            np.linspace(low, high, 256)[:, np.newaxis],
            origin="lower",
            aspect="auto",
            extent=(0, 1, low, high),
            cmap=colour_map,
            norm=self.image_.norm,
        )
        colour_bar.set(xticks=[], yticks=[])
        self._draw_histogram(histogram, low, high)
        return self

    def _range(self):
        """Of the levels and the lines; never empty."""
        marks = [x for x in (self.clip_below, self.clip_above) if x is not None]
        low = float(min(self.sequence.min(), *marks, np.inf))
        high = float(max(self.sequence.max(), *marks, -np.inf))
        return (low, high) if low < high else (low - 0.5, high + 0.5)

    def _draw_histogram(self, panel, low, high):
        levels = self.sequence.ravel()
        counts, edges = np.histogram(levels, bins=_N_BINS, range=(low, high))
        self.bars_ = panel.barh(
            edges[:-1],
            100 * counts / len(levels),
            height=np.diff(edges),
            align="edge",
            color="0.6",
        )
        self.lines_, self.share_below_, self.share_above_ = {}, None, None
        notes = []
        if self.clip_above is not None:
            self.share_above_ = float(np.mean(levels > self.clip_above))
            self.lines_["clip_above"] = panel.axhline(self.clip_above, color="#D55E00")
            notes.append(f"{self.share_above_:.1%} above {self.clip_above:g}")
        if self.clip_below is not None:
            self.share_below_ = float(np.mean(levels < self.clip_below))
            self.lines_["clip_below"] = panel.axhline(self.clip_below, color="#0072B2")
            notes.append(f"{self.share_below_:.1%} below {self.clip_below:g}")
        panel.set_title("\n".join(notes), fontsize="medium")
        panel.set_ylim(low, high)
        panel.yaxis.tick_right()
        panel.yaxis.set_label_position("right")
        panel.set(xlabel="Share of levels (%)", ylabel=self.quantity)
