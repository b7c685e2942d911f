"""How a training went, epoch by epoch."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import numpy as np

from skaudeep.inspection._panels import stack_panels
from skaudeep.inspection._styles import COLOURS, curve_style

__all__ = ["HistoryDisplay"]

_VALIDATION = "val_"
_LOWER_IS_BETTER = ("loss", "error", "eer")


class HistoryDisplay:
    """Every measure of a training by epoch, validation beside training.

    Make it with :meth:`from_estimator` or :meth:`from_history`, which also draw it.
    Not to be confused with :class:`sklearn.model_selection.LearningCurveDisplay`,
    which shows scores by the number of training clips.

    Parameters
    ----------
    histories : dict of dict of list of float
        Name of every training, and its measures: a value an epoch.
    monitor : str or None, default=None
        The measure whose lowest value marks the best epoch; None marks none.

    Attributes
    ----------
    best_epochs_ : dict of int
        The best epoch of every training, from 1; empty if `monitor` is None.
    figure_ : matplotlib Figure
        The figure.
    ax_ : dict of str to matplotlib Axes
        The panel of every measure, from top to bottom.
    curves_ : dict of tuple to matplotlib Line2D
        The curves by name of the training and measure.
    marks_ : dict of str to list of matplotlib Line2D
        The lines at the best epoch of a training, one a panel.

    See Also
    --------
    skaudeep.representation.Seq2SeqAutoencoder : An estimator with a history.

    Examples
    --------
    >>> from skaudeep.inspection import HistoryDisplay
    >>> history = {"loss": [0.5, 0.3, 0.2], "val_loss": [0.5, 0.4, 0.6]}
    >>> display = HistoryDisplay.from_history(history)
    >>> list(display.ax_), display.best_epochs_
    (['loss'], {'training': 2})
    """

    def __init__(self, *, histories, monitor=None):
        self.histories = histories
        self.monitor = monitor

    @classmethod
    def from_estimator(cls, estimator, *, monitor="auto", ax=None):
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            With ``history_``, or a Pipeline with one such step.
        monitor : str or None, default="auto"
            The measure whose lowest value marks the best epoch; "auto" takes the first
            loss, error or equal error rate of validation, if there is any.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.

        Returns
        -------
        HistoryDisplay
            The display, drawn.
        """
        found = [estimator]
        if hasattr(estimator, "named_steps"):
            found = [step for step in estimator.named_steps.values()]
        found = [step for step in found if hasattr(step, "history_")]
        if len(found) != 1:
            raise ValueError(
                "estimator must be fitted and have the attribute history_, or be a "
                f"Pipeline with one such step; found {len(found)} in {estimator!r}."
            )
        return cls.from_history(found[0].history_, monitor=monitor, ax=ax)

    @classmethod
    def from_history(cls, history, *, monitor="auto", ax=None):
        """Check and draw one history, or several in the same panels.

        Parameters
        ----------
        history : dict of list of float, or dict of such dicts
            The values of every measure, one an epoch; or the name of every training
            and its history. ``"val_loss"`` is drawn in the panel of ``"loss"``, and so
            on. Measures without any value are left out.
        monitor : str or None, default="auto"
            The measure whose lowest value marks the best epoch; "auto" takes the first
            loss, error or equal error rate of validation, if there is any.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.

        Returns
        -------
        HistoryDisplay
            The display, drawn.
        """
        histories = _check_histories(history)
        measures = list(dict.fromkeys(m for h in histories.values() for m in h))
        if isinstance(monitor, str) and monitor == "auto":
            monitor = next(
                (
                    measure
                    for measure in measures
                    if measure.startswith(_VALIDATION)
                    and measure.endswith(_LOWER_IS_BETTER)
                ),
                None,
            )
        elif monitor is not None and monitor not in measures:
            raise ValueError(
                f"monitor must be one of {measures}, 'auto' or None, got {monitor!r}."
            )
        return cls(histories=histories, monitor=monitor).plot(ax)

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.

        Returns
        -------
        HistoryDisplay
            The display itself.
        """
        from matplotlib.ticker import MaxNLocator

        titles = {
            measure.removeprefix(_VALIDATION)
            for history in self.histories.values()
            for measure in history
        }
        # In the order in which the measures come.
        titles = sorted(titles, key=self._first_place)
        panels = stack_panels(ax, [1.9] * len(titles) if len(titles) > 1 else [3.0])
        self.ax_ = dict(zip(titles, panels, strict=True))
        self.figure_ = panels[0].figure
        self.curves_, self.best_epochs_, self.marks_ = {}, {}, {}
        for i, (name, history) in enumerate(self.histories.items()):
            for measure, values in history.items():
                self._draw_curve(i, name, measure, values)
            if self.monitor in history and np.isfinite(history[self.monitor]).any():
                self._mark_best(i, name, history[self.monitor])
        for title, panel in self.ax_.items():
            panel.set_ylabel(title.replace("_", " "))
            panel.grid(axis="y", color="0.9")
            panel.tick_params(labelbottom=panel is panels[-1])
        panels[-1].set_xlabel("Epoch")
        panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        self._draw_legend(panels[0])
        return self

    def _first_place(self, title):
        measures = [m for history in self.histories.values() for m in history]
        return [m.removeprefix(_VALIDATION) for m in measures].index(title)

    def _style(self, i, measure):
        if len(self.histories) == 1:
            return {"color": COLOURS[int(measure.startswith(_VALIDATION))]}
        # Dashes tell validation from training, so that only colours name trainings.
        dashes = "--" if measure.startswith(_VALIDATION) else "-"
        return {"color": curve_style(i)["color"], "linestyle": dashes}

    def _draw_curve(self, i, name, measure, values):
        panel = self.ax_[measure.removeprefix(_VALIDATION)]
        # The points of a single epoch would not be seen.
        (self.curves_[name, measure],) = panel.plot(
            np.arange(1, len(values) + 1),
            values,
            marker="." * (len(values) == 1),
            **self._style(i, measure),
        )

    def _mark_best(self, i, name, values):
        best = int(np.nanargmin(values)) + 1
        self.best_epochs_[name] = best
        colour = "0.4" if len(self.histories) == 1 else curve_style(i)["color"]
        self.marks_[name] = [
            panel.axvline(best, color=colour, linestyle=":", linewidth=1.0)
            for panel in self.ax_.values()
        ]

    def _draw_legend(self, panel):
        """What the colours, dashes and marks are, as far as there is a choice."""
        from matplotlib.lines import Line2D

        entries = {}
        several = len(self.histories) > 1
        validates = any(measure.startswith(_VALIDATION) for _, measure in self.curves_)
        if several:
            for i, name in enumerate(self.histories):
                colour = curve_style(i)["color"]
                entries[str(name)] = Line2D([], [], color=colour)
        if validates:
            for title, measure in (("training", "loss"), ("validation", "val_loss")):
                style = self._style(0, measure)
                style["color"] = "0.3" if several else style["color"]
                entries[title] = Line2D([], [], **style)
        if self.best_epochs_:
            title = "best epoch"
            if not several:
                title += f", {next(iter(self.best_epochs_.values()))}"
            entries[title] = Line2D([], [], color="0.4", linestyle=":", linewidth=1.0)
        if entries:
            panel.legend(
                list(entries.values()), list(entries), fontsize="small", loc="best"
            )


def _check_histories(history):
    """Name of every training, and its measures as arrays; what is empty left out."""
    if not isinstance(history, Mapping) or not history:
        raise ValueError(
            "history must be a dict of lists, one for each measure, or a dict of such "
            f"dicts, got {history!r}."
        )
    nested = [isinstance(value, Mapping) for value in history.values()]
    if not any(nested):
        history = {"training": history}
    elif not all(nested):
        raise ValueError(
            f"history must hold lists or dicts, not both, got the keys {list(history)}."
        )
    histories = {
        name: {
            str(measure): _check_values(measure, values)
            for measure, values in measures.items()
            if np.size(values)
        }
        for name, measures in history.items()
    }
    if not any(histories.values()):
        raise ValueError("history holds no epoch: nothing was trained.")
    return histories


def _check_values(measure, values):
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iufb":
        raise ValueError(
            f"history[{measure!r}] must be a list of numbers, one an epoch, got "
            f"{values!r}."
        )
    return array.astype(float)
