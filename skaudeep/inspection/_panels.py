"""Panels below each other, in a new figure or in the place of given axes."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["stack_panels"]


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
    from matplotlib import pyplot as plt
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    if ax is None:
        _, axes = plt.subplots(
            len(heights),
            sharex=True,
            squeeze=False,
            figsize=(8.0, 0.7 + sum(heights)),
            height_ratios=heights,
            layout="constrained",
        )
        return axes[:, 0]
    if np.ndim(ax) == 0 and not isinstance(ax, np.ndarray):
        place = ax.get_subplotspec()
        if place is None:
            raise ValueError(
                "ax must be part of a grid, such as plt.subplots makes, or be one Axes "
                f"for each of the {len(heights)} panels."
            )
        ax.set_axis_off()
        grid = GridSpecFromSubplotSpec(
            len(heights), 1, subplot_spec=place, height_ratios=heights, hspace=0.1
        )
        axes = [ax.figure.add_subplot(grid[0])]
        axes += [
            ax.figure.add_subplot(grid[i], sharex=axes[0])
            for i in range(1, len(heights))
        ]
        return np.array(axes, dtype=object)
    axes = np.asarray(ax, dtype=object).ravel()
    if len(axes) != len(heights):
        raise ValueError(
            f"ax must be one Axes or one for each of the {len(heights)} panels, got "
            f"{len(axes)}."
        )
    return axes
