"""A clip, what an autoencoder makes of it, and how much that differs."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.inspection._checks import check_clip
from skaudeep.inspection._images import draw_sequence, frame_edges, name_time
from skaudeep.inspection._panels import stack_panels
from skaudeep.inspection._styles import COLOURS

__all__ = ["ReconstructionDisplay"]

_METHODS = ("reconstruct", "inverse_transform")


class ReconstructionDisplay:
    """A clip, its reconstruction, and the error of every frame, below each other.

    Make it with :meth:`from_estimator`, which also draws it.

    Parameters
    ----------
    sequence : ndarray of shape (n_frames, n_bands)
        The clip.
    reconstruction : ndarray of shape (n_frames, n_bands)
        What is left of it.
    hop : float or None, default=None
        From one frame to the next, in seconds. None counts frames.
    window : float or None, default=None
        Length of a frame in seconds; None is `hop`.
    frequencies : ndarray of shape (n_bands,) or None, default=None
        Frequencies of the bands in Hz; None numbers the bands.

    Attributes
    ----------
    errors_ : ndarray of shape (n_frames,)
        Root mean squared error of every frame, over its bands.
    error_ : float
        Root mean squared error of the clip.
    figure_ : matplotlib Figure
        The figure.
    ax_ : ndarray of matplotlib Axes
        The panels from top to bottom: clip, reconstruction, errors. Time is common to
        all, and the colours to both pictures.
    images_ : tuple of matplotlib images
        The clip and the reconstruction.
    curves_ : dict of str to matplotlib Line2D
        The errors of the ``"reconstruction"`` and of the ``"mean frame"``: what nobody
        needs a network for, the mean of the clip's frames in the place of each of
        them.

    See Also
    --------
    skaudeep.representation.Seq2SeqAutoencoder : The autoencoder.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.inspection import ReconstructionDisplay
    >>> from skaudeep.representation import Seq2SeqAutoencoder
    >>> X = np.random.default_rng(0).uniform(-1, 1, (6, 10, 4))
    >>> autoencoder = Seq2SeqAutoencoder(n_units=4, max_epochs=1, random_state=0).fit(X)
    >>> display = ReconstructionDisplay.from_estimator(autoencoder, X[0], hop=0.04)
    >>> display.errors_.shape, round(display.error_ + autoencoder.score(X[:1]), 5)
    ((10,), 0.0)
    """

    def __init__(
        self, *, sequence, reconstruction, hop=None, window=None, frequencies=None
    ):
        self.sequence = sequence
        self.reconstruction = reconstruction
        self.hop = hop
        self.window = window
        self.frequencies = frequencies

    @classmethod
    def from_estimator(
        cls,
        estimator,
        clip,
        *,
        method="reconstruct",
        hop=None,
        window=None,
        frequencies=None,
        ax=None,
        colour_map="magma",
    ):
        """Let an autoencoder reconstruct one clip, and draw both.

        Parameters
        ----------
        estimator : Seq2SeqAutoencoder
            Fitted.
        clip : array-like of shape (n_frames, n_bands)
            The sequence.
        method : {"reconstruct", "inverse_transform"}, default="reconstruct"
            Whether the decoder is fed as in training, where it may read the true
            previous frames or attend to the encoder's states, or lives on the
            representation alone.
        hop : float or None, default=None
            From one frame to the next, in seconds. None counts frames.
        window : float or None, default=None
            Length of a frame in seconds; None is `hop`.
        frequencies : array-like of shape (n_bands,) or None, default=None
            Frequencies of the bands in Hz; None numbers the bands.
        ax : matplotlib Axes, array of Axes, or None, default=None
            Axes that give their place to the panels, or one for each panel. None
            makes a figure.
        colour_map : str or matplotlib Colormap, default="magma"
            Colours of the pictures.

        Returns
        -------
        ReconstructionDisplay
            The display, drawn.
        """
        if method not in _METHODS:
            raise ValueError(f"method must be one of {list(_METHODS)}, got {method!r}.")
        if not hasattr(estimator, method):
            raise ValueError(
                f"estimator must be an autoencoder with the method {method}, got "
                f"{estimator!r}."
            )
        clip, frequencies = check_clip(
            clip, "clip", hop=hop, window=window, frequencies=frequencies
        )
        if method == "reconstruct":
            reconstruction = estimator.reconstruct([clip])[0]
        else:
            code = estimator.transform([clip])
            reconstruction = estimator.inverse_transform(code, n_frames=len(clip))[0]
        display = cls(
            sequence=clip,
            reconstruction=reconstruction,
            hop=hop,
            window=window,
            frequencies=frequencies,
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
            Colours of the pictures.

        Returns
        -------
        ReconstructionDisplay
            The display itself.
        """
        self.ax_ = stack_panels(ax, [2.0, 2.0, 1.3])
        self.figure_ = self.ax_[0].figure
        edges = frame_edges(len(self.sequence), self.hop, self.window)
        pictures = {"Clip": self.sequence, "Reconstruction": self.reconstruction}
        low = min(picture.min() for picture in pictures.values())
        high = max(picture.max() for picture in pictures.values())
        images = []
        for panel, (title, picture) in zip(self.ax_, pictures.items(), strict=False):
            image = draw_sequence(
                panel,
                picture,
                edges,
                self.frequencies,
                cmap=colour_map,
                vmin=low,
                vmax=high,
            )
            panel.set_title(title, loc="left", fontsize="medium")
            panel.tick_params(labelbottom=False)
            images.append(image)
        self.images_ = tuple(images)
        self._draw_errors(self.ax_[2], edges)
        # Beside all panels, so that they stay equally wide.
        self.figure_.colorbar(image, ax=list(self.ax_), label="Level", pad=0.02)
        return self

    def _draw_errors(self, panel, edges):
        def error_of(prediction):
            return np.sqrt(np.mean((self.sequence - prediction) ** 2, axis=1))

        self.errors_ = error_of(self.reconstruction)
        self.error_ = float(np.sqrt(np.mean(self.errors_**2)))
        first, last = edges
        times = first + (np.arange(len(self.errors_)) + 0.5) * (last - first) / len(
            self.errors_
        )
        self.curves_ = {}
        for (name, errors), style in zip(
            {
                "reconstruction": self.errors_,
                "mean frame": error_of(self.sequence.mean(axis=0)),
            }.items(),
            ({"color": COLOURS[0]}, {"color": "0.5", "linestyle": ":"}),
            strict=True,
        ):
            # The points of a single frame would not be seen.
            (self.curves_[name],) = panel.plot(
                times, errors, label=name, marker="." * (len(times) == 1), **style
            )
        panel.set_xlim(first, last)
        panel.set_ylim(bottom=0)
        panel.set_ylabel("RMSE")
        panel.set_title(f"Error {self.error_:.3f}", loc="left", fontsize="medium")
        panel.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 0.98),
            ncols=2,
            frameon=False,
            fontsize="small",
        )
        name_time(panel, self.hop)
