"""What a tagger hears where, and how much it attends."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import numpy as np

from skaudeep._event_lists import check_event_lists
from skaudeep.inspection._checks import check_frequencies, check_matrix
from skaudeep.inspection._events_display import EventsDisplay

__all__ = ["LocalizationDisplay"]

_CURVES = {
    "probabilities": "Probability",
    "localization": "Localisation",
    "contributions": "Contribution",
}


class LocalizationDisplay(EventsDisplay):
    """Spectrogram, localisation curves, attention, and events of one clip.

    Figure 3 of the paper on :class:`~skaudeep.classifiers.AttentionTagger`, with what
    is true if somebody knows it. Make it with :meth:`from_estimator`, which also draws
    it.

    Parameters
    ----------
    hop : float
        From one frame to the next, in seconds.
    attention : ndarray of shape (n_frames,) or None, default=None
        How much each frame matters.
    curve : {"probabilities", "localization", "contributions"}, default="probabilities"
        What `probabilities` holds.
    window : float or None, default=None
        Length of a frame in seconds; None is `hop`.
    spectrogram : ndarray of shape (n_frames, n_bands) or None, default=None
        The sequence of the clip.
    frequencies : ndarray of shape (n_bands,) or None, default=None
        Frequencies of its bands in Hz; None numbers the bands.
    probabilities : ndarray of shape (n_frames, n_labels) or None, default=None
        Curves, one for each label.
    threshold : float, dict of str to float, or None, default=None
        Dashed line over the curves.
    true_events : list of Event or None, default=None
        The truth; None if nobody knows it.
    found_events : list of Event or None, default=None
        What a tagger found; None if it was not asked.
    labels : list of str or None, default=None
        The tags, in the order of the columns of `probabilities`.

    Attributes
    ----------
    attention_ : matplotlib Line2D or None
        The attention.
    figure_, ax_, image_, curves_, bars_
        See :class:`EventsDisplay`; the panel of the attention is below the curves.

    See Also
    --------
    EventsDisplay : The same without attention, for any detector.
    skaudeep.classifiers.Localization : The numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.classifiers import AttentionTagger
    >>> from skaudeep.inspection import LocalizationDisplay
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 0, (8, 20, 6))
    >>> tagger = AttentionTagger(
    ...     4, n_layers=1, n_units=4, n_dense=4, max_epochs=1, tags=["bell", "knock"]
    ... ).fit(X, rng.integers(0, 2, (8, 2)))
    >>> display = LocalizationDisplay.from_estimator(
    ...     tagger, X[0], y_true=[(0.1, 0.2, "bell")], tags=["bell", "knock"]
    ... )
    >>> [ax.get_ylabel() for ax in display.ax_]
    ['Band', 'Probability', 'Attention', '']
    """

    def __init__(
        self,
        *,
        hop,
        attention=None,
        curve="probabilities",
        window=None,
        spectrogram=None,
        frequencies=None,
        probabilities=None,
        threshold=None,
        true_events=None,
        found_events=None,
        labels=None,
    ):
        super().__init__(
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
        self.attention = attention
        self.curve = curve

    @classmethod
    def from_estimator(
        cls,
        estimator,
        clip,
        y_true=None,
        *,
        tags=None,
        curve="probabilities",
        threshold=0.5,
        frequencies=None,
        ax=None,
        colour_map="magma",
        **events,
    ):
        """Let a tagger localise one clip, and draw what it says.

        Parameters
        ----------
        estimator : AttentionTagger
            Fitted.
        clip : array-like of shape (n_frames, n_bands)
            The sequence.
        y_true : event list or None, default=None
            True events (onset, offset, label), possibly none: ``[]``.
        tags : list of str or None, default=None
            What to show. None shows the tags that are found or true, and the most
            probable one if there are none.
        curve : {"probabilities", "localization", "contributions"}, \
                default="probabilities"
            Which curves of :class:`~skaudeep.classifiers.Localization`.
        threshold : float, array-like of shape (n_tags,) or dict, default=0.5
            Frames whose probability is above it belong to an event; a dict has a number
            for each tag of the estimator. A dashed line among the probabilities, one
            for each tag where they differ. ``estimator.thresholds_``, which decide
            whether a clip has a tag, can be given here to decide about frames, too.
        frequencies : array-like of shape (n_bands,) or None, default=None
            Frequencies of the bands in Hz; None numbers the bands.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None makes
            a figure.
        colour_map : str or matplotlib Colormap, default="magma"
            Colours of the spectrogram.
        **events
            Other parameters of
            :meth:`~skaudeep.classifiers.AttentionTagger.predict_events`.

        Returns
        -------
        LocalizationDisplay
            The display, drawn.
        """
        if curve not in _CURVES:
            raise ValueError(f"curve must be one of {list(_CURVES)}, got {curve!r}.")
        clip = check_matrix(clip, "clip", "n_bands")
        found = estimator.predict_events([clip], threshold=threshold, **events)[0]
        true = None if y_true is None else check_event_lists([y_true], "y_true")[0]
        localization = estimator.localize([clip])[0]
        names = [str(name) for name in estimator.classes_.tolist()]
        strange = sorted({event.label for event in true or ()}.difference(names))
        if strange:
            raise ValueError(
                f"y_true has the label {strange[0]!r}, which the estimator does not "
                f"know: {names}."
            )
        if tags is None:
            tags = {event.label for event in [*found, *(true or ())]}
            if not tags:
                tags = {names[estimator.predict_proba([clip])[0].argmax()]}
            tags = [name for name in names if name in tags]
        tags = [tags] if isinstance(tags, str) else list(tags)
        if not tags or not set(tags) <= set(names) or len(set(tags)) < len(tags):
            raise ValueError(f"tags must be some of {names}, each once, got {tags}.")
        values = getattr(localization, curve)
        display = cls(
            attention=localization.attention,
            curve=curve,
            hop=estimator.hop_,
            window=estimator.window_,
            spectrogram=clip,
            frequencies=(
                None if frequencies is None else check_frequencies(frequencies, clip)
            ),
            probabilities=np.stack([values[:, names.index(t)] for t in tags], axis=1),
            threshold=_lines(threshold, names, tags, curve),
            true_events=None if true is None else [e for e in true if e.label in tags],
            found_events=[event for event in found if event.label in tags],
            labels=tags,
        )
        return display.plot(ax, colour_map=colour_map)

    def _parts(self, colour_map):
        parts = super()._parts(colour_map)
        self.attention_ = None
        if self.attention is not None:
            # Above the events, which come last.
            parts.insert(len(parts) - bool(self._kinds()), (1.0, self._draw_attention))
        return parts

    def _draw_curves(self, panel):
        super()._draw_curves(panel)
        panel.set_ylabel(_CURVES[self.curve])

    def _draw_attention(self, panel):
        (self.attention_,) = panel.plot(
            self._centres(len(self.attention)), self.attention, color="0.25"
        )
        panel.set_ylim(-0.03, 1.03)
        panel.set_ylabel("Attention")


def _lines(threshold, names, tags, curve):
    """What EventsDisplay draws among the curves: one line, or one for each tag."""
    # Other curves are not what events are made of.
    if curve != "probabilities":
        return None
    if isinstance(threshold, Mapping):
        of_tags = {str(name): float(value) for name, value in threshold.items()}
    elif np.ndim(threshold) == 0:
        return float(threshold)
    else:
        of_tags = dict(zip(names, map(float, threshold), strict=True))
    if len(set(of_tags.values())) == 1:
        return of_tags[tags[0]]
    return {tag: of_tags[tag] for tag in tags}
