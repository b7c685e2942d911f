"""Features of a discriminator that learnt to tell real spectrograms from generated."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skaudeep._base import FeatureNamesMixin
from skaudeep._containers import check_sequences
from skaudeep._length_batches import pad_batch
from skaudeep._measured_norms import measure_norms
from skaudeep._network_estimator import NetworkEstimator
from skaudeep._sequence_batches import SequenceBatches, inference_batch_size
from skaudeep._validation import Interval, StrOptions
from skaudeep.representation._fixed_size import check_lengths, warn_of_size

__all__ = ["DCGANFeatures"]

# Spectrograms generated to measure the statistics of the generator's normalisations.
_N_MEASURED = 512


class DCGANFeatures(
    FeatureNamesMixin, NetworkEstimator, TransformerMixin, BaseEstimator
):
    """Features of spectrograms, learnt without labels by an adversarial network.

    A generator makes spectrograms of noise, and a discriminator learns to tell them
    from real ones. What the discriminator's convolutions respond with to a clip, each
    map reduced to its maxima over a grid of cells, is the clip's feature vector.

    Parameters
    ----------
    n_layers : int, default=2
        Strided convolutions of the discriminator, and transposed ones of the generator.
    n_maps : int, default=64
        Maps of the discriminator's first convolution; every further one has twice as
        many.
    kernel_size : int, default=5
        Frames and bands that a convolution sees.
    latent_size : int, default=100
        Length of the noise vectors.
    latent : {"uniform", "normal"}, default="uniform"
        Distribution of the noise: uniform in [-1, 1), or standard normal.
    feature_matching : bool, default=True
        What the generator is trained to: that the mean activations of the
        discriminator's last convolution become those of real spectrograms [3]_, or,
        if False, that its spectrograms pass for real (the non-saturating loss).
    input_noise : float, default=1.0
        Standard deviation of the Gaussian noise that is added to all spectrograms, real
        and generated, that the discriminator is shown in training [4]_. 0.0 is the
        published setting.
    pool : int, default=4
        Cells along time, and along the bands, over each of which the maximum of a map
        is taken.
    learning_rate : float or callable, default=2e-4
        Step size of Adam, the same for both networks. A callable takes the number of
        the epoch, from 0, and returns the step size in it.
    beta_1 : float, default=0.5
        Decay of Adam's first moment.
    gradient_clip : float or None, default=None
        Gradients are clipped to plus and minus this, element by element; None leaves
        them.
    max_epochs : int, default=10
        Passes over the training clips. 0 leaves the networks untrained: the control
        that every learnt representation should be compared with.
    batch_size : int, default=32
        Most clips in a training step. The clips are shared out equally, so that no
        batch is much smaller than the others.
    warm_start : bool, default=False
        Whether ``fit`` goes on where the last one ended, for `max_epochs` more epochs,
        with the same weights and the same state of Adam.
    callbacks : list of callable or None, default=None
        Factories: each is called without arguments and returns a
        ``keras.callbacks.Callback``, for example
        ``functools.partial(keras.callbacks.TensorBoard, "logs")``. As ``self.model``
        callbacks find weights, optimizer and ``stop_training``, no more.
    checkpoint_dir : path-like or None, default=None
        Folder in which every epoch leaves its state in the file ``training.npz``. A
        ``fit`` with the same parameters and clips goes on from there, also if
        `max_epochs` has grown, and ends, without callbacks, with the very weights of
        an undisturbed one. Every training needs a folder of its own; ``random_state``
        should be an int, and is taken from the file if it is None.
    random_state : int, RandomState instance or None, default=None
        Fixes initial weights, noise and the order of the clips. With an int, every fit
        gives the same numbers.
    verbose : int, default=0
        1 shows a progress bar with the losses.

    Attributes
    ----------
    config_ : dict
        Architecture of the networks.
    weights_ : list of ndarray
        Weights of both networks, float32.
    model_ : keras.layers.Layer
        Both networks, built when first asked for.
    history_ : dict of list of float
        Of every epoch in training: "discriminator_loss" (the sum of the mean
        cross-entropies on real and on generated spectrograms, in nats),
        "generator_loss" (the mean squared distance of the mean activations, or the
        cross-entropy), "discriminator_accuracy" (the share of both kinds that it
        recognised), "loss" (the sum of the two losses); "learning_rate" with a
        schedule or callbacks.
    n_epochs_ : int
        Epochs trained.
    n_frames_ : int
        Frames of every clip.
    n_bands_in_ : int
        Bands of a frame.
    n_features_in_ : int
        Width of X, if it was a 2-D array in `fit`.

    See Also
    --------
    Seq2SeqAutoencoder : The recurrent representation, for clips of any length.
    skaudeep.audio.MelSpectrogram : The usual step before this one.

    Notes
    -----
    There are ``pool**2 * n_maps * (2**n_layers - 1)`` features whatever the size of the
    spectrograms: 3072 with the defaults. That is the size which [1]_ reports; its text
    calls the setting 32 maps, counting the input layer's.

    The networks are those of [2]_: N(0, 0.02) as initial weights, leaky ReLU of slope
    0.2 and no pooling in the discriminator, ReLU and tanh in the generator, batch
    normalisation everywhere but in the generator's last and the discriminator's first
    layer, a softmax of two outputs at the discriminator's end. Both are updated at
    once, on the same generated spectrograms, rather than in turns.

    Features do not depend on what else is in a batch: after the last epoch the
    statistics of every normalisation are measured over all clips of this call (over
    512 generated ones in the generator), layer after layer, and stay fixed.

    All clips must have the same number of frames. Sides that are no multiple of
    ``2**n_layers`` are padded with -1, silence, at the end of time and at the top. The
    generator ends in tanh units, so X should lie in [-1, 1], as
    :class:`~skaudeep.audio.MelSpectrogram` scales it. A clip that is NaN throughout is
    missing: it takes no part in the training and its features are NaN.

    The largest array is the generator's projection, ``latent_size * n_maps *
    2**(n_layers - 1)`` weights for every position of the last convolution's maps, a
    ``4**n_layers``-th of those of the spectrogram: more layers make it smaller.

    References
    ----------
    .. [1] S. Amiriparian, M. Freitag, N. Cummins, M. Gerczuk, S. Pugachevskiy,
       B. Schuller, "A fusion of deep convolutional generative adversarial networks and
       sequence to sequence autoencoders for acoustic scene classification", EUSIPCO
       2018.
    .. [2] A. Radford, L. Metz, S. Chintala, "Unsupervised representation learning with
       deep convolutional generative adversarial networks", ICLR 2016.
    .. [3] T. Salimans, I. Goodfellow, W. Zaremba, V. Cheung, A. Radford, X. Chen,
       "Improved techniques for training GANs", NIPS 2016.
    .. [4] C. K. Sønderby, J. Caballero, L. Theis, W. Shi, F. Huszár, "Amortised MAP
       inference for image super-resolution", ICLR 2017 ("instance noise").

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.representation import DCGANFeatures
    >>> X = np.random.default_rng(0).uniform(-1, 1, (6, 10, 8))
    >>> dcgan = DCGANFeatures(n_maps=4, max_epochs=2, random_state=0).fit(X)
    >>> dcgan.transform(X).shape
    (6, 192)
    >>> dcgan.generate(3, random_state=0).shape
    (3, 10, 8)
    """

    _parameter_constraints: dict = {
        **NetworkEstimator._training_constraints,
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_maps": [Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "latent_size": [Interval(Integral, 1, None, closed="left")],
        "latent": [StrOptions({"uniform", "normal"})],
        "feature_matching": ["boolean"],
        "input_noise": [Interval(Real, 0, None, closed="left")],
        "pool": [Interval(Integral, 1, None, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        n_layers=2,
        n_maps=64,
        *,
        kernel_size=5,
        latent_size=100,
        latent="uniform",
        feature_matching=True,
        input_noise=1.0,
        pool=4,
        learning_rate=2e-4,
        beta_1=0.5,
        gradient_clip=None,
        max_epochs=10,
        batch_size=32,
        warm_start=False,
        callbacks=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ):
        self.n_layers = n_layers
        self.n_maps = n_maps
        self.kernel_size = kernel_size
        self.latent_size = latent_size
        self.latent = latent
        self.feature_matching = feature_matching
        self.input_noise = input_noise
        self.pool = pool
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.dcgan import DCGAN

        return DCGAN

    def fit(self, X, y=None):
        """Train generator and discriminator.

        Parameters
        ----------
        X : list or object array of arrays of shape (n_frames, n_bands), or array of \
                shape (n_clips, n_frames, n_bands) or (n_clips, n_frames)
            Spectrograms of the same size, in [-1, 1]. A 2-D array holds sequences of
            one band. A memory-mapped 3-D array of floats is read batch by batch.
        y : None
            Ignored.

        Returns
        -------
        DCGANFeatures
            This estimator.

        Raises
        ------
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        return self._fit(X)

    def partial_fit(self, X, y=None):
        """Pass over some clips once, in addition to all earlier training.

        So many calls with the same clips train like one ``fit`` with so many
        `max_epochs`. The first call makes the networks; after a ``fit`` without
        `warm_start` Adam starts anew. `callbacks` and `checkpoint_dir` are ignored.
        The normalisations' statistics are those of the clips of the last call.

        Parameters
        ----------
        X : sequences
            As in `fit`, of as many frames as before.
        y : None
            Ignored.

        Returns
        -------
        DCGANFeatures
            This estimator.
        """
        self._validate_params()
        return self._fit(X, one_epoch=True)

    def _fit(self, X, one_epoch=False):
        continues = self._continues(one_epoch)
        X = check_sequences(self, X, reset=not continues)
        batches = SequenceBatches(X)
        if len(batches.present) == 0:
            raise ValueError(f"All {len(X)} clips of X are missing (NaN throughout).")
        fitted = self.n_frames_ if continues else None
        n_frames = check_lengths(self, batches, fitted)
        warn_of_size(n_frames, self.n_bands_in_, self.n_layers, stacklevel=4)
        batches.warn_of_range("generator")
        config = {
            "n_frames": n_frames,
            "n_bands": self.n_bands_in_,
            "n_layers": int(self.n_layers),
            "n_maps": int(self.n_maps),
            "kernel_size": int(self.kernel_size),
            "latent_size": int(self.latent_size),
            "latent": self.latent,
            "feature_matching": bool(self.feature_matching),
            "input_noise": float(self.input_noise),
            "pool": int(self.pool),
        }
        self._train_network(config, batches, one_epoch=one_epoch)
        self.n_frames_ = n_frames
        return self

    def _noise(self, rng, n_clips):
        shape = n_clips, self.config_["latent_size"]
        if self.config_["latent"] == "normal":
            return rng.standard_normal(shape).astype(np.float32)
        return rng.uniform(-1, 1, shape).astype(np.float32)

    def _epoch(self, data, items, epoch, rng):
        for index in _parts(rng.permutation(items), self.batch_size):
            frames, _ = pad_batch(data.X, index)
            yield (frames, self._noise(rng, len(index))), len(index)

    def _settle(self, compiled, data, items, rng):
        """Measure what the normalisations are given, layer after layer."""
        network = compiled.network
        noise = self._noise(rng, _N_MEASURED)
        size = self._inference_size()

        def real(i):
            for index in _parts(items, size):
                frames, _ = pad_batch(data.X, index)
                yield compiled.call("discriminator_moments", frames)[i], len(frames)

        def generated(i):
            for piece in _parts(noise, size):
                yield compiled.call("generator_moments", piece)[i], len(piece)

        measure_norms(compiled, network.discriminator.norms, real)
        measure_norms(compiled, network.generator.norms, generated)

    def transform(self, X):
        """Features of clips.

        Parameters
        ----------
        X : sequences
            As in `fit`, of as many frames.

        Returns
        -------
        ndarray of shape (n_clips, pool ** 2 * n_maps * (2 ** n_layers - 1))
            Float32, layer by layer: the maxima in the first cell along time and the
            first along the bands, of all maps; then in the next cell along the bands,
            and so on. A row of NaN for a missing clip.
        """
        check_is_fitted(self)
        batches = SequenceBatches(check_sequences(self, X, reset=False))
        check_lengths(self, batches, self.n_frames_)
        shape = len(batches.counts), len(self._feature_names())
        out = np.full(shape, np.nan, dtype=np.float32)
        with self._fitted_network() as compiled:
            for index, (frames, _) in batches.iterate(
                batch_size=self._inference_size()
            ):
                # Surplus rows are the last ones.
                out[index] = compiled.call("features", frames)[: len(index)]
        return out

    def generate(self, n_samples=1, random_state=None):
        """Draw new spectrograms.

        Parameters
        ----------
        n_samples : int, default=1
            Number of clips.
        random_state : int, RandomState instance or None, default=None
            Draws the noise.

        Returns
        -------
        ndarray of shape (n_samples, n_frames, n_bands)
            Float32, in [-1, 1].
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(
                f"n_samples must be an integer of at least 1, got {n_samples!r}."
            )
        noise = self._noise(check_random_state(random_state), n_samples)
        out = np.empty((n_samples, self.n_frames_, self.n_bands_in_), dtype=np.float32)
        size = self._inference_size()
        with self._fitted_network() as compiled:
            for start in range(0, n_samples, size):
                rows = slice(start, start + size)
                out[rows] = compiled.call("generate", noise[rows])
        return out

    def _inference_size(self):
        """Clips that go through a network at once."""
        n_values = self.config_["n_frames"] * self.config_["n_bands"]
        return inference_batch_size(max(1, n_values * self.config_["n_maps"] // 512))

    def _feature_names(self):
        config = self.config_
        cells = range(config["pool"])
        return [
            f"conv{layer}_time{time}_band{band}_map{i}"
            for layer in range(config["n_layers"])
            for time in cells
            for band in cells
            for i in range(config["n_maps"] * 2**layer)
        ]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _parts(items, size):
    """Parts of at most `size`, and of like size: none is a single clip left over."""
    return np.array_split(items, -(-len(items) // size))
