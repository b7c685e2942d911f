"""A recording, what a detector makes of it, and what is true, below each other."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep._event_lists import check_event_lists
from skaudeep.inspection._checks import (
    check_frame_times,
    check_frequencies,
    check_labels,
    check_matrix,
    check_probabilities,
)
from skaudeep.inspection._images import draw_sequence, frame_edges, name_time
from skaudeep.inspection._panels import stack_panels
from skaudeep.inspection._styles import curve_style

__all__ = ["EventsDisplay"]


class EventsDisplay:
    """Spectrogram, probabilities, and true and found events of one clip.

    Make it with :meth:`from_predictions`, which also draws it.

    Parameters
    ----------
    hop : float
        From one frame to the next, in seconds.
    window : float or None, default=None
        Length of a frame in seconds: the centre of frame i is i * hop + window / 2.
        None is `hop`, frames side by side.
    spectrogram : ndarray of shape (n_frames, n_bands) or None, default=None
        The sequence of the clip.
    frequencies : ndarray of shape (n_bands,) or None, default=None
        Frequencies of its bands in Hz, as ``band_frequencies()`` of a spectrogram
        gives them. None numbers the bands.
    probabilities : ndarray of shape (n_frames, n_labels) or None, default=None
        Curves, one for each label.
    threshold : float, dict of str to float, or None, default=None
        Dashed line over the curves; a dict has one for each label.
    true_events : list of Event or None, default=None
        The truth; None if nobody knows it.
    found_events : list of Event or None, default=None
        What a detector found; None if it was not asked.
    labels : list of str or None, default=None
        The classes, in the order of the columns of `probabilities`. None takes those
        of the events, sorted.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : ndarray of matplotlib Axes
        The panels that there are, from top to bottom: spectrogram, probabilities,
        events. Time is common to all.
    image_ : matplotlib image or None
        The spectrogram.
    curves_ : dict of str to matplotlib Line2D
        The probabilities by label.
    bars_ : dict of tuple to list of matplotlib patches
        The events by kind (``"true"``, ``"found"``) and label.

    See Also
    --------
    skaudeep.events.events_from_frames : Events of probabilities.
    skaudeep.events.EventTable : Events of files.

    Notes
    -----
    The colours of the classes are told apart with any kind of colour vision [1]_. After
    six classes they come again, with other dashes. True events are filled, found ones
    hatched; behind the curves, true events are shaded.

    References
    ----------
    .. [1] M. Okabe and K. Ito, "Color Universal Design (CUD): How to make figures and
       presentations that are friendly to colorblind people", 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.inspection import EventsDisplay
    >>> probabilities = np.array([0.1, 0.2, 0.7, 0.9, 0.3, 0.1])
    >>> display = EventsDisplay.from_predictions(
    ...     hop=0.5,
    ...     probabilities=probabilities,
    ...     threshold=0.5,
    ...     y_true=[(1.2, 2.1, "gunshot")],
    ...     y_pred=[(1.0, 2.0, "gunshot", 0.9)],
    ... )
    >>> [ax.get_ylabel() for ax in display.ax_], display.labels
    (['Probability', ''], ['gunshot'])
    """

    def __init__(
        self,
        *,
        hop,
        window=None,
        spectrogram=None,
        frequencies=None,
        probabilities=None,
        threshold=None,
        true_events=None,
        found_events=None,
        labels=None,
    ):
        self.hop = hop
        self.window = window
        self.spectrogram = spectrogram
        self.frequencies = frequencies
        self.probabilities = probabilities
        self.threshold = threshold
        self.true_events = true_events
        self.found_events = found_events
        self.labels = labels

    @classmethod
    def from_predictions(
        cls,
        spectrogram=None,
        y_true=None,
        y_pred=None,
        *,
        hop,
        window=None,
        frequencies=None,
        probabilities=None,
        threshold=None,
        labels=None,
        ax=None,
        colour_map="magma",
    ):
        """Check and draw what is known of one clip.

        Parameters
        ----------
        spectrogram : array-like of shape (n_frames, n_bands) or None, default=None
            The sequence of the clip.
        y_true : event list or None, default=None
            True events (onset, offset, label), possibly none: ``[]``.
        y_pred : event list or None, default=None
            Found events (onset, offset, label[, confidence]), possibly none.
        hop : float
            From one frame to the next, in seconds.
        window : float or None, default=None
            Length of a frame in seconds; None is `hop`.
        frequencies : array-like of shape (n_bands,) or None, default=None
            Frequencies of the bands in Hz; None numbers the bands.
        probabilities : array-like of shape (n_frames, n_labels), FrameCurve or None, \
                default=None
            One curve for each label; with one label, of shape (n_frames,), too, or a
            curve of :class:`~skaudeep.events.RareEventDetector`.
        threshold : float, dict of str to float, or None, default=None
            Dashed line over the curves; a dict has one for each label.
        labels : list of str or None, default=None
            The classes, in the order of the columns of `probabilities`. None takes
            those of the events, sorted.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.
        colour_map : str or matplotlib Colormap, default="magma"
            Colours of the spectrogram.

        Returns
        -------
        EventsDisplay
            The display, drawn.
        """
        check_frame_times(hop, window)
        true_events = (
            None if y_true is None else check_event_lists([y_true], "y_true")[0]
        )
        found_events = (
            None if y_pred is None else check_event_lists([y_pred], "y_pred")[0]
        )
        if hasattr(probabilities, "probabilities"):
            probabilities = probabilities.probabilities
        labels = check_labels(labels, [*(true_events or ()), *(found_events or ())])
        if probabilities is not None:
            probabilities = check_probabilities(probabilities, labels)
        if spectrogram is not None:
            spectrogram = check_matrix(spectrogram, "spectrogram", "n_bands")
        if frequencies is not None:
            frequencies = check_frequencies(frequencies, spectrogram)
        if isinstance(threshold, dict) and not set(threshold) <= set(labels):
            raise ValueError(
                f"threshold must name labels, which are {labels}, got "
                f"{sorted(threshold)}."
            )
        display = cls(
            hop=hop,
            window=window,
            spectrogram=spectrogram,
            frequencies=frequencies,
            probabilities=probabilities,
            threshold=threshold,
            true_events=true_events,
            found_events=found_events,
            labels=labels,
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
            Colours of the spectrogram.

        Returns
        -------
        EventsDisplay
            The display itself.
        """
        if self.labels is None:
            events = [*(self.true_events or ()), *(self.found_events or ())]
            self.labels = check_labels(None, events)
        parts = self._parts(colour_map)
        if not parts:
            raise ValueError(
                "There is nothing to draw: give a spectrogram, probabilities or events."
            )
        self.ax_ = stack_panels(ax, [height for height, _ in parts])
        self.figure_ = self.ax_[0].figure
        self.image_, self.curves_, self.bars_ = None, {}, {}
        for panel, (_, draw) in zip(self.ax_, parts, strict=True):
            draw(panel)
        begin, end = self._limits()
        for panel in self.ax_:
            panel.set_xlim(begin, end)
            panel.tick_params(labelbottom=panel is self.ax_[-1])
        name_time(self.ax_[-1], self.hop)
        return self

    def _parts(self, colour_map):
        """Height in inches of every panel, and what draws it."""
        parts = []
        if self.spectrogram is not None:
            parts.append((3.0, lambda panel: self._draw_image(panel, colour_map)))
        if self.probabilities is not None:
            parts.append((1.8, self._draw_curves))
        n_rows = len(self.labels) * len(self._kinds())
        if self._kinds():
            parts.append((0.35 + 0.25 * max(1, n_rows), self._draw_bars))
        return parts

    def _edges(self, n_frames):
        return frame_edges(n_frames, self.hop, self.window)

    def _centres(self, n_frames):
        return self._edges(0)[0] + (np.arange(n_frames) + 0.5) * self.hop

    def _limits(self):
        frames = [x for x in (self.spectrogram, self.probabilities) if x is not None]
        edges = [self._edges(len(x)) for x in frames]
        if not edges:
            events = [*(self.true_events or ()), *(self.found_events or ())]
            return 0.0, max((event.offset for event in events), default=1.0) * 1.02
        return min(0.0, *(edge[0] for edge in edges)), max(edge[1] for edge in edges)

    def _kinds(self):
        kinds = {"true": self.true_events, "found": self.found_events}
        return {kind: events for kind, events in kinds.items() if events is not None}

    def _style(self, label):
        return curve_style(self.labels.index(label))

    def _draw_image(self, panel, colour_map):
        self.image_ = draw_sequence(
            panel,
            self.spectrogram,
            self._edges(len(self.spectrogram)),
            self.frequencies,
            cmap=colour_map,
        )

    def _draw_curves(self, panel):
        times = self._centres(len(self.probabilities))
        for event in self.true_events or ():
            colour = self._style(event.label)["color"]
            panel.axvspan(event.onset, event.offset, color=colour, alpha=0.15, lw=0)
        thresholds = self.threshold
        if not isinstance(thresholds, dict):
            thresholds = {} if thresholds is None else {None: thresholds}
        for label, level in thresholds.items():
            colour = "0.35" if label is None else self._style(label)["color"]
            panel.axhline(level, color=colour, linestyle=(0, (4, 3)), linewidth=1.0)
        for label, curve in zip(self.labels, self.probabilities.T, strict=True):
            (self.curves_[label],) = panel.plot(
                times, curve, label=label, linewidth=1.5, **self._style(label)
            )
        panel.set_ylim(-0.03, 1.03)
        panel.set_ylabel("Probability")
        # Where there are events, their rows say which colour is which.
        if len(self.labels) > 1 and not self._kinds():
            panel.legend(loc="upper right", fontsize="small")

    def _draw_bars(self, panel):
        names = []
        for label in self.labels:
            colour = self._style(label)["color"]
            if names:
                panel.axhline(len(names) - 0.5, color="0.8", linewidth=0.8)
            for kind, events in self._kinds().items():
                events = [event for event in events if event.label == label]
                bars = panel.barh(
                    [len(names)] * len(events),
                    [event.offset - event.onset for event in events],
                    left=[event.onset for event in events],
                    height=0.7,
                    facecolor=colour if kind == "true" else "white",
                    edgecolor=colour,
                    hatch=None if kind == "true" else "/////",
                    linewidth=1.0,
                )
                self.bars_[kind, label] = list(bars)
                names.append(f"{label}, {kind}")
        panel.grid(axis="x", color="0.9", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.set_yticks(range(len(names)), names)
        panel.set_ylim(max(1, len(names)) - 0.5, -0.5)
