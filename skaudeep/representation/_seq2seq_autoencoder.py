"""Representation of audio by a recurrent sequence-to-sequence autoencoder."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from skaudeep._containers import check_sequences
from skaudeep._network_estimator import NetworkEstimator
from skaudeep._sequence_batches import SequenceBatches
from skaudeep._validation import Interval, StrOptions
from skaudeep.representation._autoencoding import Autoencoding
from skaudeep.representation._presets import SEQ2SEQ_PRESETS
from skaudeep.representation._seq2seq_config import make_config

__all__ = ["Seq2SeqAutoencoder"]


class Seq2SeqAutoencoder(NetworkEstimator, Autoencoding, BaseEstimator):
    """Fixed-length features of sequences, learnt without labels (auDeep).

    An encoder of recurrent layers reads a clip's spectrogram frame by frame. Its final
    states pass a tanh layer, and from this representation a decoder reconstructs the
    spectrogram, reversed in time. The representation is the clip's feature vector.

    Clips may differ in length: padding reaches neither the loss nor a state, so that a
    clip's features are the same alone and beside any longer one.

    Parameters
    ----------
    n_layers : int, default=1
        Recurrent layers of the encoder and of the decoder.
    n_units : int, default=256
        Units of each recurrent layer.
    cell : {"gru", "lstm"}, default="gru"
        Kind of recurrent cell.
    bidirectional_encoder : bool, default=True
        Whether a second stack of layers reads the clip from its end.
    bidirectional_decoder : bool, default=True
        Whether a second stack reconstructs the clip from the other end. The two are
        joined at the projection to frames only.
    teacher_forcing : {"leak_free", "audeep"} or None, default=None
        What the decoder reads besides its initial state. "leak_free": the true
        previous frame, where each direction has its own previous one. None: nothing,
        everything has to come through the representation. "audeep": the network of
        the published tool in every detail; it feeds both directions the same delayed
        target, so that its backward direction reads the very frame it has to produce.
    dropout : float, default=0.2
        Share of activations set to zero in training.
    dropout_on : {"outputs", "inputs_and_outputs"}, default="outputs"
        Which activations of every layer: as in the paper, or as in the tool.
    feed_previous_prob : float, default=0.0
        Probability that the decoder reads its own previous output instead of the true
        one, drawn for every frame and clip in training. 1.0 never shows it a target.
    encoder_noise : float, default=0.0
        Probability that a frame is hidden from the encoder in training (set to zero),
        so that it learns to denoise.
    mask_silence : bool, default=False
        Whether values of exactly -1, the floor of a scaled spectrogram, count as
        reconstructed in the loss whatever the decoder makes of them.
    attention : bool, default=False
        Whether the decoder attends to the encoder's states of all frames. It can then
        reconstruct what the representation does not hold.
    variational : bool, default=False
        Whether the representation is the mean of a Gaussian, from which training
        draws. It is not bounded then, and new clips can be drawn (``sample``).
    kl_weight : float, default=0.01
        Weight in the loss, under `variational`, of the divergence of the codes from
        the standard normal distribution, in nats per dimension.
    kl_warmup : int, default=10
        Epochs over which that weight rises linearly, from 0 in the first one.
    axis : {"time", "frequency", "frequency_time"}, default="time"
        What is read as a sequence: the frames; the bands of each frame, and the
        representation is the mean over the frames; or first the bands of each frame,
        then the frames.
    band_window : int, default=32
        Bands read in a step along frequency.
    band_overlap : int, default=24
        Bands that neighbouring steps share, less than `band_window`.
    pooling : tuple of str or None, default=("mean", "std")
        Statistics over a clip's frames of the encoder's states (``transform_frames``)
        that ``transform`` puts behind the representation: any that
        :class:`~skaudeep.audio.SequenceStatistics` knows. They hold what the final
        states have forgotten. None: the representation alone.
    learning_rate : float or callable, default=1e-3
        Step size of Adam. A callable takes the number of the epoch, from 0, and
        returns the step size in it.
    gradient_clip : float or None, default=2.0
        Gradients are clipped to plus and minus this, element by element; None leaves
        them.
    max_epochs : int, default=50
        Passes over the training clips. 0 leaves the network untrained: the control
        that every learnt representation should be compared with.
    batch_size : int, default=64
        Most clips in a training step. Clips of like length form a batch, a tenth of
        which at most is padding.
    early_stopping : bool, default=False
        Whether to set clips aside, stop when their reconstruction no longer improves,
        and keep the best weights.
    validation_fraction : float, default=0.1
        Share of the clips set aside under `early_stopping`.
    n_iter_no_change : int, default=10
        Epochs without improvement after which `early_stopping` stops.
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
    dtype_policy : {"float32", "mixed_bfloat16"} or None, default=None
        Precision of the arithmetic; weights, losses and features are float32. None
        takes Keras's global policy.
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
        "loss" of every epoch in training (the root mean squared error, and the weighted
        divergence under `variational`), "val_loss" (the former alone) under
        `early_stopping`, "learning_rate" with a schedule or callbacks.
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
    The representation has the size of the decoder's states [2]_: ``n_units *
    n_layers``, twice that with a bidirectional decoder, twice again with LSTM cells.
    A statistic of `pooling` adds ``n_units``, twice that with a bidirectional encoder.
    The defaults give 512 + 2 * 512 features, the published setting 1024.

    The loss is the root mean squared error over the real frames of a batch. The
    reconstruction is the output of tanh units, so X should lie in [-1, 1], as
    :class:`~skaudeep.audio.MelSpectrogram` scales it. A clip that is NaN throughout
    is missing: it takes no part in the training and its features are NaN.

    The defaults are what served best in the study of the user guide, on short clips;
    the published settings [1]_, [2]_ are those of ``from_preset``.

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
    (3, 48)
    >>> autoencoder.reconstruct(X)[0].shape
    (5, 4)
    """

    _parameter_constraints: dict = {
        **NetworkEstimator._training_constraints,
        **NetworkEstimator._early_stopping_constraints,
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_units": [Interval(Integral, 1, None, closed="left")],
        "cell": [StrOptions({"gru", "lstm"})],
        "bidirectional_encoder": ["boolean"],
        "bidirectional_decoder": ["boolean"],
        "teacher_forcing": [StrOptions({"leak_free", "audeep"}), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "dropout_on": [StrOptions({"outputs", "inputs_and_outputs"})],
        "feed_previous_prob": [Interval(Real, 0, 1, closed="both")],
        "encoder_noise": [Interval(Real, 0, 1, closed="left")],
        "mask_silence": ["boolean"],
        "attention": ["boolean"],
        "variational": ["boolean"],
        "kl_weight": [Interval(Real, 0, None, closed="left")],
        "kl_warmup": [Interval(Integral, 0, None, closed="left")],
        "axis": [StrOptions({"time", "frequency", "frequency_time"})],
        "band_window": [Interval(Integral, 1, None, closed="left")],
        "band_overlap": [Interval(Integral, 0, None, closed="left")],
        "pooling": [tuple, list, None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "dtype_policy": [StrOptions({"float32", "mixed_bfloat16"}), None],
    }

    def __init__(
        self,
        n_layers=1,
        n_units=256,
        *,
        cell="gru",
        bidirectional_encoder=True,
        bidirectional_decoder=True,
        teacher_forcing=None,
        dropout=0.2,
        dropout_on="outputs",
        feed_previous_prob=0.0,
        encoder_noise=0.0,
        mask_silence=False,
        attention=False,
        variational=False,
        kl_weight=0.01,
        kl_warmup=10,
        axis="time",
        band_window=32,
        band_overlap=24,
        pooling=("mean", "std"),
        learning_rate=1e-3,
        gradient_clip=2.0,
        max_epochs=50,
        batch_size=64,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        warm_start=False,
        callbacks=None,
        checkpoint_dir=None,
        dtype_policy=None,
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
        self.dropout_on = dropout_on
        self.feed_previous_prob = feed_previous_prob
        self.encoder_noise = encoder_noise
        self.mask_silence = mask_silence
        self.attention = attention
        self.variational = variational
        self.kl_weight = kl_weight
        self.kl_warmup = kl_warmup
        self.axis = axis
        self.band_window = band_window
        self.band_overlap = band_overlap
        self.pooling = pooling
        self.learning_rate = learning_rate
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.checkpoint_dir = checkpoint_dir
        self.dtype_policy = dtype_policy
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_preset(cls, name, **params):
        """An autoencoder with published settings.

        Parameters
        ----------
        name : str
            "dcase2017" (Amiriparian et al. 2017); "audeep-tut2017", "audeep-esc10",
            "audeep-esc50", "audeep-gtzan" (recipes of the tool of Freitag et al. 2018);
            "compare2018", "compare2018-crying", "compare2019", "compare2020" (baselines
            of the challenges); "heart-sounds" (a thesis by the same author). All have
            2 x 256 GRU units and ``teacher_forcing="audeep"``.
        **params
            Other parameters, or other values.

        Returns
        -------
        Seq2SeqAutoencoder
            Not fitted.
        """
        if name not in SEQ2SEQ_PRESETS:
            raise ValueError(
                f"name must be one of {sorted(SEQ2SEQ_PRESETS)}, got {name!r}."
            )
        return cls(**{**SEQ2SEQ_PRESETS[name], **params})

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
        return self._fit(X)

    def partial_fit(self, X, y=None):
        """Pass over some clips once, in addition to all earlier training.

        So many calls with the same clips train like one ``fit`` with so many
        `max_epochs`. The first call makes the network; after a ``fit`` without
        `warm_start` Adam starts anew. `callbacks`, `checkpoint_dir` and
        `early_stopping` are ignored.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.
        y : None
            Ignored.

        Returns
        -------
        Seq2SeqAutoencoder
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
        batches.warn_of_range("decoder")
        config = make_config(self, self.n_bands_in_)
        self._train_network(config, batches, one_epoch=one_epoch)
        n_frames = int(batches.counts[batches.present].max())
        self.n_frames_ = max(n_frames, self.n_frames_) if continues else n_frames
        self._set_sizes(self.pooling)
        return self

    @property
    def _loss_power(self):
        return 1 if self.variational else 2

    def _epoch(self, data, items, epoch, rng):
        kl_weight = None
        if self.variational:
            share = min(1.0, epoch / self.kl_warmup) if self.kl_warmup else 1.0
            kl_weight = np.float32(self.kl_weight * share)
        for index, batch in data.iterate(items, self.batch_size, rng):
            yield (*batch, kl_weight), data.counts[index].sum()
