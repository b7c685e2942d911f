"""Representation of audio by a recurrent sequence-to-sequence autoencoder."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_array, check_is_fitted

from skaudeep._base import NetworkMixin
from skaudeep._containers import check_sequences, stack_sequences
from skaudeep._random import draw_generator
from skaudeep._validation import Interval, StrOptions
from skaudeep.representation._batches import SequenceBatches, inference_batch_size

__all__ = ["Seq2SeqAutoencoder"]


class Seq2SeqAutoencoder(
    NetworkMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Fixed-length features of sequences, learnt without labels (auDeep).

    An encoder of recurrent layers reads a clip's spectrogram frame by frame. Its final
    states pass a tanh layer, and from this representation a decoder reconstructs the
    spectrogram, reversed in time. The representation is the clip's feature vector.

    Clips may differ in length: padding reaches neither the loss nor a state, so that a
    clip's features are the same alone and beside any longer one.

    Parameters
    ----------
    n_layers : int, default=2
        Recurrent layers of the encoder and of the decoder.
    n_units : int, default=256
        Units of each recurrent layer.
    cell : {"gru", "lstm"}, default="gru"
        Kind of recurrent cell.
    bidirectional_encoder : bool, default=False
        Whether a second stack of layers reads the clip from its end.
    bidirectional_decoder : bool, default=True
        Whether a second stack reconstructs the clip from the other end. The two are
        joined at the projection to frames only.
    teacher_forcing : {"leak_free"} or None, default="leak_free"
        What the decoder reads besides its initial state. "leak_free": the true
        previous frame, where each direction has its own previous one (the published
        system feeds both directions the same delayed target, so that its backward
        direction reads the very frame it has to produce). None: nothing, everything
        has to come through the representation.
    dropout : float, default=0.2
        Share of every layer's outputs set to zero in training.
    learning_rate : float, default=1e-3
        Step size of Adam.
    gradient_clip : float or None, default=2.0
        Gradients are clipped to plus and minus this, element by element; None leaves
        them.
    max_epochs : int, default=50
        Passes over the training clips. 0 leaves the network untrained: the control
        that every learnt representation should be compared with.
    batch_size : int, default=64
        Clips in a training step. Clips of like length form a batch.
    early_stopping : bool, default=False
        Whether to set clips aside, stop when their reconstruction no longer improves,
        and keep the best weights.
    validation_fraction : float, default=0.1
        Share of the clips set aside under `early_stopping`.
    n_iter_no_change : int, default=10
        Epochs without improvement after which `early_stopping` stops.
    random_state : int, RandomState instance or None, default=None
        Fixes initial weights, dropout, the order of the clips and the validation
        clips. With an int, every fit gives the same numbers.
    verbose : int, default=0
        1 shows a progress bar with the loss.

    Attributes
    ----------
    config_ : dict
        Architecture of the network.
    weights_ : list of ndarray
        Weights of the network, float32.
    model_ : keras.layers.Layer
        The network, built when first asked for.
    history_ : dict of list of float
        "loss", the root mean squared error of every epoch in training, and "val_loss"
        under `early_stopping`.
    n_epochs_ : int
        Epochs trained.
    n_frames_ : int
        Frames of the longest training clip.
    n_bands_in_ : int
        Bands of a frame.
    n_features_in_ : int
        Width of X, if it was a 2-D array in `fit`.

    See Also
    --------
    skaudeep.audio.MelSpectrogram : The usual step before this one.
    skaudeep.audio.SequenceStatistics : The hand-made alternative.

    Notes
    -----
    The number of features is the size of the decoder's states [2]_: ``n_units *
    n_layers``, twice that with a bidirectional decoder, twice again with LSTM cells.
    The defaults give 1024.

    The loss is the root mean squared error over the real frames of a batch. The
    reconstruction is the output of tanh units, so X should lie in [-1, 1], as
    :class:`~skaudeep.audio.MelSpectrogram` scales it. A clip that is NaN throughout
    is missing: it takes no part in the training and its features are NaN.

    The defaults are the published setting [1]_ but for the teacher forcing. On short
    clips a bidirectional encoder without teacher forcing serves better; see the user
    guide for measurements.

    References
    ----------
    .. [1] S. Amiriparian, M. Freitag, N. Cummins, B. Schuller, "Sequence to sequence
       autoencoders for unsupervised representation learning from audio", DCASE 2017.
    .. [2] M. Freitag, S. Amiriparian, S. Pugachevskiy, N. Cummins, B. Schuller,
       "auDeep: Unsupervised learning of representations from audio with deep recurrent
       neural networks", Journal of Machine Learning Research 18(173), 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.representation import Seq2SeqAutoencoder
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.uniform(-1, 1, (n_frames, 4)) for n_frames in (5, 8, 6)]
    >>> autoencoder = Seq2SeqAutoencoder(n_units=8, max_epochs=2, random_state=0)
    >>> autoencoder.fit_transform(X).shape
    (3, 32)
    >>> autoencoder.reconstruct(X)[0].shape
    (5, 4)
    """

    _parameter_constraints: dict = {
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_units": [Interval(Integral, 1, None, closed="left")],
        "cell": [StrOptions({"gru", "lstm"})],
        "bidirectional_encoder": ["boolean"],
        "bidirectional_decoder": ["boolean"],
        "teacher_forcing": [StrOptions({"leak_free"}), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "gradient_clip": [Interval(Real, 0, None, closed="neither"), None],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_layers=2,
        n_units=256,
        *,
        cell="gru",
        bidirectional_encoder=False,
        bidirectional_decoder=True,
        teacher_forcing="leak_free",
        dropout=0.2,
        learning_rate=1e-3,
        gradient_clip=2.0,
        max_epochs=50,
        batch_size=64,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        random_state=None,
        verbose=0,
    ):
        self.n_layers = n_layers
        self.n_units = n_units
        self.cell = cell
        self.bidirectional_encoder = bidirectional_encoder
        self.bidirectional_decoder = bidirectional_decoder
        self.teacher_forcing = teacher_forcing
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.seq2seq import Seq2Seq

        return Seq2Seq

    def fit(self, X, y=None):
        """Train encoder and decoder.

        Parameters
        ----------
        X : list or object array of arrays of shape (n_frames, n_bands), or array of \
                shape (n_clips, n_frames, n_bands) or (n_clips, n_frames)
            Sequences, in [-1, 1]. A 2-D array holds sequences of one band. A
            memory-mapped 3-D array of floats is read batch by batch.
        y : None
            Ignored.

        Returns
        -------
        Seq2SeqAutoencoder
            This estimator.

        Raises
        ------
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        X = check_sequences(self, X, reset=True)
        batches = SequenceBatches(X)
        present = batches.present
        if len(present) == 0:
            raise ValueError(f"All {len(X)} clips of X are missing (NaN throughout).")
        self._warn_of_range(batches.largest_magnitude())
        rng = draw_generator(self.random_state)
        held_out = present[:0]
        if self.early_stopping:
            present, held_out = train_test_split(
                present,
                test_size=self.validation_fraction,
                random_state=int(rng.integers(2**31)),
            )

        self.config_ = {
            "n_bands": self.n_bands_in_,
            "cell": self.cell,
            "n_layers": self.n_layers,
            "n_units": self.n_units,
            "bidirectional_encoder": bool(self.bidirectional_encoder),
            "bidirectional_decoder": bool(self.bidirectional_decoder),
            "teacher_forcing": self.teacher_forcing,
            "dropout": float(self.dropout),
        }
        self._train(batches, present, held_out, rng)
        self.n_epochs_ = len(self.history_["loss"])
        self.n_frames_ = int(batches.counts[batches.present].max())
        n_states = self.n_layers * self.n_units * (1 + self.bidirectional_decoder)
        self._n_features_out = n_states * (2 if self.cell == "lstm" else 1)
        return self

    def _train(self, batches, clips, held_out, rng):
        from skaudeep.networks.training import train

        def epoch():
            for index, batch in batches.iterate(clips, self.batch_size, rng):
                yield batch, batches.counts[index].sum()

        seed = int(rng.integers(2**31))
        with self._network_to_train(
            seed, self.learning_rate, self.gradient_clip
        ) as compiled:
            stopping = {}
            if self.early_stopping:
                stopping = {
                    "validate": lambda: self._rmse(compiled, batches, held_out),
                    "n_iter_no_change": self.n_iter_no_change,
                }
            self.history_ = train(
                compiled,
                epoch,
                max_epochs=self.max_epochs,
                power=2,
                verbose=self.verbose,
                description=type(self).__name__,
                **stopping,
            )

    def transform(self, X):
        """Encode clips.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_features_out)
            Float32 in [-1, 1]; a row of NaN for a missing clip.
        """
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        out = np.full((len(X), self._n_features_out), np.nan, dtype=np.float32)
        batches = SequenceBatches(X)
        with self._fitted_network() as compiled:
            for index, batch in batches.iterate():
                out[index] = compiled.call("encode", *batch)[: len(index)]
        return out

    def reconstruct(self, X):
        """Encode clips and decode them again, the decoder fed as in training.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_frames, n_bands), or object array of 2-D arrays
            Float32, each clip as long and in the same order of time as in X. Under
            teacher forcing the decoder has read the true previous frames:
            ``inverse_transform(transform(X))`` is what it makes of the representation
            alone.
        """
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        out = [None] * len(X)
        batches = SequenceBatches(X)
        with self._fitted_network() as compiled:
            for index, (frames, lengths) in batches.iterate():
                codes = compiled.call("encode", frames, lengths)
                decoded = compiled.call("decode", codes, frames, lengths)
                for row, i in enumerate(index):
                    out[i] = decoded[row, : batches.counts[i]]
        return stack_sequences(out, self.n_bands_in_)

    def inverse_transform(self, X, n_frames=None):
        """Decode representations without anything of the original clip.

        Parameters
        ----------
        X : array of shape (n_clips, n_features_out)
            Representations.
        n_frames : int or None, default=None
            Frames to decode; None takes ``n_frames_``, the longest training clip.

        Returns
        -------
        ndarray of shape (n_clips, n_frames, n_bands)
            Float32, in the order of time of the original clips. A decoder trained
            under teacher forcing reads its own previous estimate instead of the truth,
            again and again until the estimate stands still (at most `n_frames` times,
            after which a unidirectional decoder runs freely, exactly).
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float32, ensure_all_finite="allow-nan")
        if X.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} makes "
                f"{self._n_features_out}."
            )
        n_frames = self.n_frames_ if n_frames is None else n_frames
        if not isinstance(n_frames, Integral) or n_frames < 1:
            raise ValueError(
                f"n_frames must be an integer of at least 1 or None, got {n_frames!r}."
            )
        n_passes = 1 if self.config_["teacher_forcing"] is None else n_frames
        out = np.zeros((len(X), n_frames, self.n_bands_in_), dtype=np.float32)
        with self._fitted_network() as compiled:
            size = inference_batch_size(n_frames)
            for start in range(0, len(X), size):
                rows = slice(start, start + size)
                for _ in range(n_passes):
                    before = out[rows].copy()
                    out[rows] = compiled.call("decode", X[rows], before, None)
                    if np.allclose(out[rows], before, 0, 1e-5, equal_nan=True):
                        break
        return out

    def score(self, X, y=None):
        """Minus the root mean squared error of the reconstruction: higher is better.

        Parameters
        ----------
        X : sequences
            As in `fit`.
        y : None
            Ignored.

        Returns
        -------
        float
            Over all frames and bands of all clips that are not missing, the decoder
            fed as in training.
        """
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        with self._fitted_network() as compiled:
            return -self._rmse(compiled, SequenceBatches(X))

    @staticmethod
    def _rmse(compiled, batches, clips=None):
        total = n_frames = 0
        for index, batch in batches.iterate(clips):
            frames = int(batches.counts[index].sum())
            total += frames * compiled.loss(batch) ** 2
            n_frames += frames
        return float(np.sqrt(total / n_frames)) if n_frames else np.nan

    @staticmethod
    def _warn_of_range(largest):
        if largest > 1.001:
            warnings.warn(
                f"X reaches {largest:.3g} in magnitude, but the decoder's tanh units "
                "can only reconstruct values in [-1, 1]. Scale the sequences, for "
                'example with MelSpectrogram(scale="minmax").',
                UserWarning,
                stacklevel=3,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
