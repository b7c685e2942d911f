"""Deep Spectrum: pictures of sound through an image network."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skaudeep._base import FeatureNamesMixin, NetworkMixin
from skaudeep._containers import (
    check_pictures,
    check_sequences,
    is_pictures,
    stack_sequences,
)
from skaudeep._random import draw_seed
from skaudeep._validation import HasMethods, Interval, StrOptions
from skaudeep.audio._spectrogram_picture import SpectrogramPicture
from skaudeep.representation._picture_batches import PictureBatches
from skaudeep.representation._windows import WindowedTransformer

__all__ = ["DeepSpectrum"]


class DeepSpectrum(FeatureNamesMixin, NetworkMixin, WindowedTransformer):
    """Features of spectrogram pictures from an image network trained on photographs.

    Every sequence is drawn as a colour picture, as a whole or window by window, and
    the picture sent through a convolutional network up to one of its last layers,
    whose activations are the features. Nothing is trained.

    Parameters
    ----------
    backbone : str, path or keras.Model, default="efficientnet_lite0"
        The image network:

        - "efficientnet_lite0", whose weights come with the library;
        - "alexnet" and "googlenet" as torchvision releases them, whose files of
          weights are passed as `weights`;
        - "vgg16", "vgg19" and every other network of ``keras.applications`` by its
          name, in any case and with or without underscores;
        - the file of a Keras model, or the model itself, functional or sequential;
          the file where a pipeline has a ``memory``, which a model, pickled with the
          time of day, would never find again.
    layer : str, tuple or list of str, or None, default=None
        Whose output is taken; several are computed in one pass and stand one after
        the other. ``":linear"`` behind a name takes what it is before the activation
        function, as ``"fc2:linear"``. None is "fc7" of alexnet, "fc2" of VGG, and the
        global pooling of the others.
    weights : "imagenet", path or None, default="imagenet"
        "imagenet" takes those of the library or downloads Keras's; a model given as
        `backbone` keeps its own. A path is a file of Keras (``.weights.h5``, ``.h5``,
        ``.keras``) or, for the three networks named first, of PyTorch (``.pth``,
        ``.safetensors``). None draws random weights, with a warning: these are not
        Deep Spectrum features, but what these have to be compared with.
    preprocess : str, default="keras"
        "keras": the colours as the network saw them in training; for a model of your
        own, 0 to 255. "deepspectrum": as Deep Spectrum feeds them, which for VGG and
        alexnet leaves out the subtraction of the mean, and scales to -1 ... 1 for a
        model of your own. Or by name: "none" (0 to 255), "unit" (0 to 1), "tf" (-1 to
        1), "torch", "caffe", "bgr", "lite".
    picture : SpectrogramPicture or None, default=None
        Draws sequences; None is ``SpectrogramPicture()`` of the network's size.
    window : float or None, default=None
        Seconds of sound in a picture; None draws each clip as one picture.
    hop : float or None, default=None
        Seconds from one window to the next; None is `window`.
    frame_step : float or None, default=None
        Seconds from one frame of X to the next (``window_width - window_overlap`` of
        the spectrogram), needed with `window`.
    pooling : {"avg", "max", "time"} or None, default=None
        What becomes of the two axes of a layer of convolutions: the mean or the
        maximum over both, or the mean over time alone, which keeps apart what is low
        and what is high in frequency. None keeps every number, which may be some
        hundred thousand.
    batch_size : int, default=8
        Pictures in one pass of the network. Few of them stay in a processor's cache;
        an accelerator wants more.
    random_state : int, RandomState instance or None, default=None
        Of random weights.
    n_jobs : int or None, default=None
        Number of threads that draw pictures while the network is busy.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    config_ : dict
        Architecture of the network.
    weights_ : list of ndarray
        Its weights up to the layers wanted, float32 and read-only.
    model_ : keras.layers.Layer
        The network, built when first asked for.
    layer_sizes_ : dict of str to int
        Number of features of every layer.
    n_bands_in_ : int
        Number of bands, if X was sequences.
    n_features_in_ : int
        Number of frames, if X was a 2-D array (sequences of one band).

    See Also
    --------
    skaudeep.audio.SpectrogramPicture : The pictures.
    BagOfDeepFeatures : Makes one vector a clip of the vectors of its windows.
    skaudeep.classifiers.ChunkVotingClassifier : Lets the windows of a clip vote.

    Notes
    -----
    The features of a clip are the same alone and in any batch, up to rounding. Windows
    hold every frame of a clip: the last one, and a clip shorter than a window, is
    filled up with the level of the first colour. A missing clip becomes a row of NaN.

    Deep Spectrum's own pictures of mel spectrograms [1]_ are those of
    ``SpectrogramPicture(size=227, axis_warp="mel", f_max=sample_rate / 2)``, and are
    resized for the network.

    References
    ----------
    .. [1] S. Amiriparian, M. Gerczuk, S. Ottl, N. Cummins, M. Freitag, S. Pugachevskiy,
       A. Baird and B. Schuller, "Snore sound classification using image-based deep
       spectrum features", Interspeech 2017.
    .. [2] M. Tan and Q. V. Le, "EfficientNet: Rethinking model scaling for
       convolutional neural networks", ICML 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.representation import DeepSpectrum
    >>> clips = [np.random.default_rng(0).random((n, 40)) for n in (50, 75)]
    >>> DeepSpectrum().fit_transform(clips).shape
    (2, 1280)
    >>> windowed = DeepSpectrum(
    ...     layer=("block5_add", "block10_add"),
    ...     pooling="avg",
    ...     window=1.0,
    ...     hop=0.5,
    ...     frame_step=0.04,
    ... )
    >>> [clip.shape for clip in windowed.fit_transform(clips)]
    [(3, 152), (5, 152)]
    >>> windowed.layer_sizes_
    {'block5_add': 40, 'block10_add': 112}
    """

    _parameter_constraints: dict = {
        "backbone": [str, os.PathLike, HasMethods(["get_weights", "to_json"])],
        "layer": [str, tuple, list, None],
        "weights": [str, os.PathLike, None],
        "preprocess": [str],
        "picture": [HasMethods(["get_params", "transform"]), None],
        **WindowedTransformer._window_constraints,
        "pooling": [StrOptions({"avg", "max", "time"}), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        backbone="efficientnet_lite0",
        *,
        layer=None,
        weights="imagenet",
        preprocess="keras",
        picture=None,
        window=None,
        hop=None,
        frame_step=None,
        pooling=None,
        batch_size=8,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.backbone = backbone
        self.layer = layer
        self.weights = weights
        self.preprocess = preprocess
        self.picture = picture
        self.window = window
        self.hop = hop
        self.frame_step = frame_step
        self.pooling = pooling
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.feature_extractor import FeatureExtractor

        return FeatureExtractor

    def fit(self, X, y=None):
        """Load the network; check the parameters and X.

        Parameters
        ----------
        X : sequences, or ndarray of shape (n_clips, height, width, 3)
            Spectrograms or other sequences, or pictures (uint8, red, green and blue).
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer itself.

        Raises
        ------
        ValueError
            For an unknown network or layer, or weights of another network.
        OSError
            If weights cannot be downloaded or opened.
        """
        from skaudeep.networks.pretrained import pretrained

        self._validate_params()
        windows = self._windows()
        X = self._check(X, windows, reset=True)
        seed = draw_seed(self.random_state) if self.weights is None else 0
        names, config, weights = pretrained(
            self.backbone, self._layers(), self.weights, self.preprocess, seed
        )
        if self.weights is None:
            warnings.warn(
                "weights=None draws random weights: what they make of pictures are "
                "not Deep Spectrum features.",
                UserWarning,
                stacklevel=2,
            )
        self.config_ = {**config, "pooling": self.pooling}
        self.weights_ = weights
        with self._fitted_network() as compiled:
            sizes = compiled.network.sizes()
            self._picture_size = compiled.network.picture_size()
        self.layer_sizes_ = dict(zip(names, sizes, strict=True))
        if None in sizes:
            raise ValueError(
                f"pooling={self.pooling!r} leaves as many numbers of layer="
                f"{names[sizes.index(None)]!r} as the picture is large, and this "
                "backbone takes pictures of any size: pooling must be 'avg' or 'max'."
            )
        self._draw(X, windows)
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : sequences, or ndarray of shape (n_clips, height, width, 3)
            As in :meth:`fit`.

        Returns
        -------
        ndarray
            Without `window`, features: float32 of shape (n_clips, n_features). With
            it, sequences of one vector a window: a float32 array of shape (n_clips,
            n_windows, n_features) if all clips have equally many, otherwise a 1-D
            object array of arrays (n_windows, n_features).
        """
        check_is_fitted(self)
        windows = self._windows()
        batches = self._batches(X)
        n_features = sum(self.layer_sizes_.values())
        rows = np.empty((0, n_features), dtype=np.float32)
        if len(batches):
            with self._fitted_network() as compiled:
                rows = batches.send(
                    compiled,
                    "extract",
                    self.batch_size,
                    n_jobs=self.n_jobs,
                    verbose=self.verbose,
                    description=type(self).__name__,
                )
        present = batches.counts > 0
        if windows is None:
            features = np.full((len(present), n_features), np.nan, dtype=np.float32)
            features[present] = rows
            return features
        clips = np.split(rows, np.cumsum(batches.counts)[:-1])
        return stack_sequences(
            [clip if here else None for clip, here in zip(clips, present, strict=True)],
            n_features,
        )

    def _feature_names(self):
        return [
            f"{layer}_{i}" for layer, n in self.layer_sizes_.items() for i in range(n)
        ]

    def _layers(self):
        """The layers as a tuple; None for the network's default."""
        if self.layer is None:
            return None
        layers = (self.layer,) if isinstance(self.layer, str) else tuple(self.layer)
        if (
            not layers
            or not all(isinstance(layer, str) for layer in layers)
            or len(set(layers)) < len(layers)
        ):
            raise ValueError(
                "layer must be the name of a layer, or a tuple of at least one of "
                f"which none stands twice, got {self.layer!r}."
            )
        return layers

    def _check(self, X, windows, *, reset):
        if not is_pictures(X):
            return check_sequences(self, X, reset=reset)
        if windows is not None:
            raise ValueError(
                f"window={self.window!r} cuts sequences, but X holds pictures: give "
                "the sequences themselves, and the pictures' settings as `picture`."
            )
        return check_pictures(self, X, reset=reset)

    def _batches(self, X):
        """Pictures of clips, as the fitted transformer draws and cuts them."""
        windows = self._windows()
        return self._draw(self._check(X, windows, reset=False), windows)

    def _draw(self, X, windows):
        if is_pictures(X):
            return PictureBatches(X)
        picture = self.picture
        if picture is None:
            picture = SpectrogramPicture(size=self._picture_size)
        elif not isinstance(picture, SpectrogramPicture):
            raise ValueError(
                "picture must be a SpectrogramPicture or None, got "
                f"{type(picture).__name__}."
            )
        picture._validate_params()
        return PictureBatches(X, picture._painter(X[0].shape[1]), windows)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
