"""Panels in a column or a row, in a new figure or in the place of given axes."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["line_up_panels", "stack_panels"]


def stack_panels(ax, heights):
    """Axes of the panels, from top to bottom, with one axis of time.

    Parameters
    ----------
    ax : Axes, array of Axes, or None
        Axes that give their place, one for each panel, or None for a new figure.
    heights : list of float
        Heights of the panels in inches; in given axes, their proportions.

    Returns
    -------
    ndarray of Axes
        One a panel.
    """
    size = (8.0, 0.7 + sum(heights))
    grid = {"nrows": len(heights), "ncols": 1, "height_ratios": heights}
    return _panels(ax, grid, size, share_x=True)


def line_up_panels(ax, widths):
    """Axes of the panels, from left to right.

    Parameters
    ----------
    ax : Axes, array of Axes, or None
        As for :func:`stack_panels`.
    widths : list of float
        Widths of the panels in inches; in given axes, their proportions.

    Returns
    -------
    ndarray of Axes
        One a panel.
    """
    size = (1.0 + sum(widths), 3.7)
    grid = {"nrows": 1, "ncols": len(widths), "width_ratios": widths}
    return _panels(ax, grid, size, share_x=False)


def _panels(ax, grid, size, share_x):
    from matplotlib import pyplot as plt
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    n_panels = grid["nrows"] * grid["ncols"]
    if ax is None:
        _, axes = plt.subplots(
            **grid, sharex=share_x, squeeze=False, figsize=size, layout="constrained"
        )
        return axes.ravel()
    if np.ndim(ax) == 0 and not isinstance(ax, np.ndarray):
        place = ax.get_subplotspec()
        if place is None:
            raise ValueError(
                "ax must be part of a grid, such as plt.subplots makes, or be one Axes "
                f"for each of the {n_panels} panels."
            )
        ax.set_axis_off()
        places = GridSpecFromSubplotSpec(
            **grid, subplot_spec=place, hspace=0.1, wspace=0.1
        )
        axes = [ax.figure.add_subplot(places[0])]
        axes += [
            ax.figure.add_subplot(places[i], sharex=axes[0] if share_x else None)
            for i in range(1, n_panels)
        ]
        return np.array(axes, dtype=object)
    axes = np.asarray(ax, dtype=object).ravel()
    if len(axes) != n_panels:
        raise ValueError(
            f"ax must be one Axes or one for each of the {n_panels} panels, got "
            f"{len(axes)}."
        )
    return axes
