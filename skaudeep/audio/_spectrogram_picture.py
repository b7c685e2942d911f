"""Pictures of spectrograms, as image networks see them."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np

from skaudeep._base import SequenceTransformer, StatelessMixin
from skaudeep._containers import check_sequences, missing_clips
from skaudeep._parallel import map_clips
from skaudeep._validation import Interval, StrOptions
from skaudeep.audio._painter import Painter
from skaudeep.audio._picture_maps import colour_table

__all__ = ["SpectrogramPicture"]

# A picture takes less time than handing it to another thread.
_CLIPS_PER_TASK = 64


class SpectrogramPicture(StatelessMixin, SequenceTransformer):
    """Draw sequences as colour pictures, time to the right and frequency upwards.

    Every pixel is looked up in the sequence, and its level in a table of colours.
    Nothing is drawn with axes or frames.

    Parameters
    ----------
    colour_map : str, default="viridis"
        Name of a matplotlib colour map; the former ``"vega20b"`` is ``"tab20b"``.
    size : int, default=224
        Width and height in pixels.
    resample : {"nearest", "area"}, default="nearest"
        "nearest" shows in every pixel the one frame and band at its centre, so that
        of a clip of more frames than pixels some never appear. "area" shows the mean
        level of all that the pixel covers.
    axis_warp : {"linear", "log", "mel"}, array-like of float or None, default=None
        How high the bands are. None: all alike. "linear": bins of a linear
        spectrogram at their frequencies, the lowest and the highest half as high as
        the others. "log": the same bins, logarithmic above 65.4 Hz. "mel": mel bands
        at their frequencies on an axis that is linear to 1 kHz and logarithmic above.
        An array of n_bands + 1 increasing numbers: where on the axis each band
        begins, and where the last one ends. The named axes begin at 0 Hz.
    f_max : float or None, default=None
        Hz at the top of the highest band, mostly half the sample rate; "log" and
        "mel" and `frequency_limit` need it.
    frequency_limit : float or None, default=None
        Hz at which the picture is cropped; None shows all.
    value_range : "clip" or pair of float, default="clip"
        The levels of the first and the last colour. "clip" takes the lowest and the
        highest level of each picture; with a pair, levels outside are shown as if they
        were on the edge.
    n_jobs : int or None, default=None
        Number of clips drawn at once, in threads.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    n_bands_in_ : int
        Number of bands of the sequences.
    n_features_in_ : int
        Number of frames, if X was a 2-D array (sequences of one band).

    See Also
    --------
    skaudeep.representation.DeepSpectrum : Features of such pictures. It draws them
        itself, batch by batch, when it is given sequences.

    Notes
    -----
    Deep Spectrum's pictures [1]_ are ``resample="nearest"`` with ``axis_warp="linear"``
    for spectrograms, "mel" for mel spectrograms and None for chromagrams, of levels in
    decibels that are not clipped; they are reproduced pixel by pixel.

    A clip of one level is of the first colour. Pictures cannot say that a clip is
    missing, so a clip that is NaN is an error here, while
    :class:`~skaudeep.representation.DeepSpectrum` makes a row of NaN of it.

    References
    ----------
    .. [1] S. Amiriparian, M. Gerczuk, S. Ottl, N. Cummins, M. Freitag, S. Pugachevskiy,
       A. Baird and B. Schuller, "Snore sound classification using image-based deep
       spectrum features", Interspeech 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import SpectrogramPicture
    >>> rising = [np.eye(30, 20), np.eye(20)]
    >>> pictures = SpectrogramPicture("gray", size=100).fit_transform(rising)
    >>> pictures.shape, pictures.dtype
    ((2, 100, 100, 3), dtype('uint8'))
    >>> pictures[1, ::-20, ::20, 0]
    array([[255,   0,   0,   0,   0],
           [  0, 255,   0,   0,   0],
           [  0,   0, 255,   0,   0],
           [  0,   0,   0, 255,   0],
           [  0,   0,   0,   0, 255]], dtype=uint8)
    """

    _parameter_constraints = {
        "colour_map": [str],
        "size": [Interval(Integral, 1, None, closed="left")],
        "resample": [StrOptions({"nearest", "area"})],
        "axis_warp": [StrOptions({"linear", "log", "mel"}), "array-like", None],
        "f_max": [Interval(Real, 0, None, closed="neither"), None],
        "frequency_limit": [Interval(Real, 0, None, closed="neither"), None],
        "value_range": [StrOptions({"clip"}), "array-like"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        colour_map="viridis",
        *,
        size=224,
        resample="nearest",
        axis_warp=None,
        f_max=None,
        frequency_limit=None,
        value_range="clip",
        n_jobs=None,
        verbose=0,
    ):
        self.colour_map = colour_map
        self.size = size
        self.resample = resample
        self.axis_warp = axis_warp
        self.f_max = f_max
        self.frequency_limit = frequency_limit
        self.value_range = value_range
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y=None):
        """Check the parameters and X; learn the number of bands.

        Parameters
        ----------
        X : sequences
            List or object array of arrays (n_frames, n_bands), or one array
            (n_clips, n_frames, n_bands); an array (n_clips, n_frames) has one band.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        X = check_sequences(self, X, reset=True)
        self._painter(self.n_bands_in_)
        return self

    def transform(self, X):
        """Draw the clips.

        Parameters
        ----------
        X : sequences
            As in :meth:`fit`, of as many bands.

        Returns
        -------
        ndarray of shape (n_clips, size, size, 3)
            Uint8, red, green and blue; row 0 is the top, the highest frequency.
        """
        self._validate_params()
        X = check_sequences(self, X, reset=False)
        missing = np.flatnonzero(missing_clips(X))
        if missing.size:
            raise ValueError(
                f"X[{missing[0]}] is missing (NaN throughout), and {missing.size - 1} "
                "further clips: a picture cannot say so. Leave them out, or give the "
                "sequences to DeepSpectrum, which makes rows of NaN of them."
            )
        painter = self._painter(X[0].shape[1])
        pictures = np.empty((len(X), self.size, self.size, 3), dtype=np.uint8)
        for _ in map_clips(
            lambda i: painter.draw(X[i], out=pictures[i]),
            range(len(X)),
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            description=type(self).__name__,
            batch_size=_CLIPS_PER_TASK,
        ):
            pass
        return pictures

    def _painter(self, n_bands):
        """What draws clips of so many bands, with all parameters checked."""
        return Painter(
            colour_table(self.colour_map),
            n_bands,
            self.size,
            self.resample,
            (self._checked_warp(n_bands), self.f_max, self._checked_limit()),
            self._checked_range(),
        )

    def _checked_warp(self, n_bands):
        warp = self.axis_warp
        if warp is None or isinstance(warp, str):
            if warp in ("log", "mel") and self.f_max is None:
                raise ValueError(
                    f"f_max must be given with axis_warp={warp!r}: the frequency in Hz "
                    "at the top of the highest band, mostly half the sample rate."
                )
            return warp
        edges = np.asarray(warp, dtype=np.float64)
        if (
            edges.shape != (n_bands + 1,)
            or not np.isfinite(edges).all()
            or not (np.diff(edges) > 0).all()
        ):
            raise ValueError(
                f"axis_warp must be {n_bands + 1} increasing finite numbers for X of "
                f"{n_bands} bands, got {warp!r:.80}."
            )
        return tuple(edges.tolist())

    def _checked_limit(self):
        limit = self.frequency_limit
        if limit is None:
            return None
        if not isinstance(self.axis_warp, str) or self.f_max is None:
            raise ValueError(
                "frequency_limit needs the frequencies of the bands: f_max, and "
                "axis_warp 'linear', 'log' or 'mel'; got "
                f"f_max={self.f_max!r} and axis_warp={self.axis_warp!r:.80}."
            )
        if limit > self.f_max:
            raise ValueError(
                f"frequency_limit must be at most f_max={self.f_max!r} (Hz), got "
                f"{limit!r}."
            )
        return limit

    def _checked_range(self):
        if isinstance(self.value_range, str):
            return None
        pair = np.asarray(self.value_range)
        if pair.shape != (2,) or not pair[0] < pair[1] or not np.isfinite(pair).all():
            raise ValueError(
                "value_range must be 'clip' or two increasing finite numbers, got "
                f"{self.value_range!r}."
            )
        return float(pair[0]), float(pair[1])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
