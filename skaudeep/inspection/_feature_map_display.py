"""Features of clips as points of a plane."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Real

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import type_of_target
from threadpoolctl import threadpool_limits

from skaudeep._random import draw_seed
from skaudeep.exceptions import MissingClipWarning
from skaudeep.inspection._styles import point_style

__all__ = ["FeatureMapDisplay"]

_METHODS = ("pca", "tsne")
# As many dimensions as the neighbourhoods of t-SNE are looked for in.
_N_COMPONENTS = 50


class FeatureMapDisplay:
    """Map of features: every clip a point, clips of one label in one colour.

    Make it with :meth:`from_features`, which also draws it.

    Parameters
    ----------
    coordinates : ndarray of shape (n_clips, 2)
        Where the clips are; NaN for a clip that is missing.
    labels : ndarray of shape (n_clips,) or None, default=None
        Classes, or numbers that are not whole, which colours stand for on a scale.
    axis_names : tuple of str, default=("", "")
        What the axes are.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes
        The map.
    points_ : dict of label to matplotlib PathCollection
        The clips of every class; under None all of them if there are no classes.

    See Also
    --------
    sklearn.decomposition.PCA : Directions in which features vary most.
    sklearn.manifold.TSNE : Neighbours in space as neighbours in the plane.

    Notes
    -----
    Distances of t-SNE say nothing beyond the neighbourhood, and its clusters may be
    made by it [1]_. What a classifier can tell apart is seen in a score on clips held
    out, and not in a map.

    References
    ----------
    .. [1] L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", Journal of
       Machine Learning Research 9, 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.inspection import FeatureMapDisplay
    >>> X = np.random.default_rng(0).normal(size=(20, 6))
    >>> X[:10] += 3
    >>> display = FeatureMapDisplay.from_features(X, ["park"] * 10 + ["bus"] * 10)
    >>> display.coordinates.shape, list(display.points_)
    ((20, 2), ['bus', 'park'])
    """

    def __init__(self, *, coordinates, labels=None, axis_names=("", "")):
        self.coordinates = coordinates
        self.labels = labels
        self.axis_names = axis_names

    @classmethod
    def from_features(
        cls,
        X,
        labels=None,
        *,
        method="pca",
        perplexity=30.0,
        learning_rate="auto",
        random_state=None,
        ax=None,
        colour_map="viridis",
    ):
        """Find a place for every clip, and draw the map.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features, at least two clips. They count as they are: put a
            :class:`~sklearn.preprocessing.StandardScaler` before features of different
            units.
        labels : array-like of shape (n_clips,) or None, default=None
            Classes, or numbers that are not whole, which colours stand for on a scale.
        method : {"pca", "tsne"}, default="pca"
            The two directions in which the features vary most; or t-SNE, before which
            more than 50 features become as many principal components, or as many as
            there are clips.
        perplexity : float, default=30.0
            How many neighbours a clip has in t-SNE. Where this is more than a third of
            the other clips, it is lowered to that (and to 1 at least), with a warning.
        learning_rate : float or "auto", default="auto"
            Step size of t-SNE.
        random_state : int, RandomState instance or None, default=None
            Fixes the map of t-SNE; and that of PCA where its solver draws numbers,
            with more than 500 features of more than 500 clips.
        ax : matplotlib Axes or None, default=None
            Where it is drawn; None makes a figure.
        colour_map : str or matplotlib Colormap, default="viridis"
            Colours of numbers; classes have colours and markers of their own.

        Returns
        -------
        FeatureMapDisplay
            The display, drawn.

        Warns
        -----
        UserWarning
            If the perplexity is lowered.
        MissingClipWarning
            If clips are missing (their features are NaN): they have no place.
        """
        if method not in _METHODS:
            raise ValueError(f"method must be one of {list(_METHODS)}, got {method!r}.")
        if not isinstance(perplexity, Real) or not 0 < perplexity < np.inf:
            raise ValueError(
                f"perplexity must be a positive number, got {perplexity!r}."
            )
        X = check_array(X, dtype=(np.float64, np.float32), ensure_all_finite=False)
        if labels is not None:
            labels = column_or_1d(labels)
            check_consistent_length(X, labels)
        present = np.isfinite(X).all(axis=1)
        if present.sum() < 2:
            raise ValueError(
                f"X must hold at least 2 clips with finite features, got "
                f"{present.sum()} of {len(X)}."
            )
        if not present.all():
            warnings.warn(
                f"{(~present).sum()} of {len(X)} clips have features that are not "
                "finite and are not on the map.",
                MissingClipWarning,
                stacklevel=2,
            )
        coordinates = np.full((len(X), 2), np.nan)
        seed = draw_seed(random_state)
        if method == "pca":
            coordinates[present], axis_names = _principal_map(X[present], seed)
        else:
            coordinates[present], axis_names = _neighbour_map(
                X[present], perplexity, learning_rate, seed
            )
        display = cls(coordinates=coordinates, labels=labels, axis_names=axis_names)
        return display.plot(ax, colour_map=colour_map)

    def plot(self, ax=None, *, colour_map="viridis"):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where it is drawn; None makes a figure.
        colour_map : str or matplotlib Colormap, default="viridis"
            Colours of numbers; classes have colours and markers of their own.

        Returns
        -------
        FeatureMapDisplay
            The display itself.
        """
        from matplotlib import pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(6.4, 5.0), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.points_ = {}
        # Matplotlib's usual area for few points, and no blot for thousands.
        size = float(np.clip(20000 / len(self.coordinates), 6, 36))
        look = {"s": size, "linewidths": 0, "alpha": 0.8}
        if self.labels is None:
            self.points_[None] = ax.scatter(
                *self.coordinates.T, **look, **point_style(0)
            )
        elif type_of_target(self.labels) == "continuous":
            self.points_[None] = ax.scatter(
                *self.coordinates.T, **look, c=self.labels, cmap=colour_map
            )
            self.figure_.colorbar(self.points_[None], ax=ax)
        else:
            self._draw_classes(look)
        ax.set(xlabel=self.axis_names[0], ylabel=self.axis_names[1])
        return self

    def _draw_classes(self, look):
        classes = np.unique(self.labels)
        for i, label in enumerate(classes.tolist()):
            rows = self.coordinates[self.labels == label]
            self.points_[label] = self.ax_.scatter(
                *rows.T, **look, **point_style(i), label=str(label)
            )
        self.ax_.legend(
            loc="upper left",
            bbox_to_anchor=(1.02, 1.0),
            borderaxespad=0.0,
            fontsize="small",
            ncols=1 + (len(classes) - 1) // 24,
            markerscale=(30 / look["s"]) ** 0.5,
        )


def _principal_map(X, seed):
    """Coordinates and names of the axes."""
    from sklearn.decomposition import PCA

    X = _wide_enough(X)
    if not np.ptp(X, axis=0).any():
        # All in one place; PCA would divide by a variance of 0.
        return np.zeros((len(X), 2)), ("Component 1", "Component 2")
    pca = PCA(2, random_state=seed)
    coordinates = pca.fit_transform(X)
    names = tuple(
        f"Component {i + 1} ({share:.0%} of the variance)"
        for i, share in enumerate(pca.explained_variance_ratio_)
    )
    return coordinates, names


def _neighbour_map(X, perplexity, learning_rate, seed):
    """Coordinates and names of the axes."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    most = max(1.0, (len(X) - 1) / 3)
    if perplexity > most:
        warnings.warn(
            f"perplexity={perplexity:g} is too high for {len(X)} clips and lowered to "
            f"{most:g}.",
            UserWarning,
            stacklevel=3,
        )
        perplexity = most
    names = "t-SNE 1", "t-SNE 2"
    X = _wide_enough(X)
    if not np.ptp(X, axis=0).any():
        return np.zeros((len(X), 2)), names
    if X.shape[1] > _N_COMPONENTS:
        X = PCA(min(_N_COMPONENTS, len(X)), random_state=seed).fit_transform(X)
    tsne = TSNE(perplexity=perplexity, learning_rate=learning_rate, random_state=seed)
    # Sums over threads depend on their number, and where other programs hold the cores
    # threads that wait for each other take many times as long as a single one.
    with threadpool_limits(1):
        return tsne.fit_transform(X), names


def _wide_enough(X):
    """With a second column, of zeros, if there is only one: distances stay."""
    return np.pad(X, ((0, 0), (0, max(0, 2 - X.shape[1]))))
