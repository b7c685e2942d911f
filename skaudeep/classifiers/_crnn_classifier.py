"""A convolutional recurrent network that classifies sequences."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from scipy.special import log_expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skaudeep._base import MostProbableClassMixin
from skaudeep._containers import check_sequences
from skaudeep._crnn_parameters import CRNNParametersMixin
from skaudeep._labelled_clips import LabelledClips
from skaudeep._measured_norms import measure_norms
from skaudeep._missing import present_clips, refuse_missing
from skaudeep._network_estimator import NetworkEstimator
from skaudeep._sequence_batches import SequenceBatches, inference_batch_size
from skaudeep._validation import Interval, StrOptions

__all__ = ["CRNNClassifier"]


class CRNNClassifier(
    MostProbableClassMixin,
    CRNNParametersMixin,
    NetworkEstimator,
    ClassifierMixin,
    BaseEstimator,
):
    """Convolutions along frequency and recurrent layers along time, for clips.

    A convolution sees a few frames and bands, another the bands alone; maxima are taken
    along frequency and never along time. Recurrent layers read what is left of every
    frame, and their mean over time is classified by a small perceptron.

    Parameters
    ----------
    n_filters : int, default=128
        Filters of either convolution.
    kernel_size : int or (int, int), default=3
        Frames and bands that the first convolution sees; an int is both.
    pool_size : int, default=4
        Neighbouring bands of which the first convolution's maximum is taken. Those
        that remain at the top make a smaller group.
    band_filter_length : int, default=32
        Groups of bands that the second convolution sees; all if there are fewer.
    cell : {"lstm", "gru"}, default="lstm"
        Recurrent cell.
    direction : {"backward", "forward", "bidirectional"}, default="backward"
        Direction in time in which the recurrent layers read. With both, each is a
        stack of its own, joined at the top.
    n_layers : int, default=2
        Recurrent layers.
    n_units : int, default=128
        Units of a recurrent layer, in each direction.
    n_dense : int, default=128
        ReLU units of the layer before the outputs.
    pooling : {"mean", "max", "last"}, default="mean"
        What of the recurrent layers' outputs over time stands for a clip. "last" is
        what they have read last: of the backward direction, that of the first frame.
    dropout : float, default=0.3
        Share of the convolutions' results set to zero in training, drawn anew for
        every frame.
    activation : {"softmax", "sigmoid"}, default="softmax"
        Whether classes compete in one cross-entropy, or each is told from all others
        in a binary one. Two classes share a single sigmoid.
    learning_rate : float or callable, default=1e-3
        Step size of Adam. A callable takes the number of the epoch, from 0, and
        returns the step size in it.
    gradient_clip : float or None, default=None
        Gradients are clipped to plus and minus this, element by element; None leaves
        them.
    max_epochs : int, default=100
        Passes over the training clips.
    batch_size : int, default=48
        Most clips in a training step. Clips of like length make a batch, and all
        batches have nearly the same number of clips.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss; "balanced" makes all classes count alike.
    early_stopping : bool, default=False
        Whether to set clips aside (stratified), stop when their loss no longer
        improves, and keep the best weights.
    validation_fraction : float, default=0.1
        Share of the clips set aside under `early_stopping`.
    n_iter_no_change : int, default=15
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
    random_state : int, RandomState instance or None, default=None
        Fixes initial weights, dropout, the order of the clips and those set aside.
        With an int, every fit gives the same numbers.
    verbose : int, default=0
        1 shows a progress bar with the loss.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    config_ : dict
        Architecture of the network.
    weights_ : list of ndarray
        Weights of the network, float32.
    model_ : keras.layers.Layer
        The network, built when first asked for.
    history_ : dict of list of float
        "loss", the cross-entropy of every epoch in training; "val_loss" under
        `early_stopping`; "learning_rate" with a schedule or callbacks.
    n_epochs_ : int
        Epochs trained.
    n_bands_in_ : int
        Bands of a frame.
    n_features_in_ : int
        Width of X, if it was a 2-D array in `fit`.

    See Also
    --------
    Seq2SeqAutoencoder : Recurrent features that need no labels.
    DeepSpectrumClassifier : Fine-tunes an image network.

    Notes
    -----
    The layers, their order and Adam's settings are those of [1]_, after [2]_ and [3]_:
    log-mel spectrograms of 128 bands, two layers of 128 LSTM cells that read backwards
    in time, 128 ReLU units, dropout 0.3, batches of 48. Sizes of the convolutions are
    not published there; those along frequency are of [2]_.

    A clip's probabilities do not depend on what is in a batch with it: padding reaches
    no convolution, no recurrent layer, no mean over time and no statistic. In training
    the three batch normalisations use the batch; after the last epoch, and before every
    validation, their statistics are measured over the training clips, layer after
    layer, so that `early_stopping` judges what would be kept. That takes about as long
    again as the training.

    A clip that is NaN throughout is missing: it is left out of the training with a
    :class:`~skaudeep.exceptions.MissingClipWarning`, and to predict it is an error. So
    is a clip of weight zero left out, silently.

    References
    ----------
    .. [1] S. Amiriparian, "Deep representation learning techniques for audio signal
       processing", dissertation, Technical University of Munich, 2019.
    .. [2] H. Lim, J. Park, Y. Han, "Rare sound event detection using 1D convolutional
       recurrent neural networks", DCASE 2017.
    .. [3] E. Cakir, G. Parascandolo, T. Heittola, H. Huttunen, T. Virtanen,
       "Convolutional recurrent neural networks for polyphonic sound event detection",
       IEEE/ACM Transactions on Audio, Speech, and Language Processing 25, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.classifiers import CRNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, -0.5, (24, 8, 10)).astype(np.float32)
    >>> y = np.repeat(["early", "late"], 12)
    >>> X[:12, :4, 6] = X[12:, 4:, 6] = 1.0
    >>> classifier = CRNNClassifier(
    ...     8, n_units=8, n_dense=8, learning_rate=0.01, max_epochs=30, random_state=0
    ... )
    >>> bool(classifier.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **NetworkEstimator._training_constraints,
        **NetworkEstimator._early_stopping_constraints,
        **CRNNParametersMixin._crnn_constraints,
        "pooling": [StrOptions({"mean", "max", "last"})],
        "activation": [StrOptions({"softmax", "sigmoid"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        n_filters=128,
        *,
        kernel_size=3,
        pool_size=4,
        band_filter_length=32,
        cell="lstm",
        direction="backward",
        n_layers=2,
        n_units=128,
        n_dense=128,
        pooling="mean",
        dropout=0.3,
        activation="softmax",
        learning_rate=1e-3,
        gradient_clip=None,
        max_epochs=100,
        batch_size=48,
        class_weight=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=15,
        warm_start=False,
        callbacks=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ):
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.band_filter_length = band_filter_length
        self.cell = cell
        self.direction = direction
        self.n_layers = n_layers
        self.n_units = n_units
        self.n_dense = n_dense
        self.pooling = pooling
        self.dropout = dropout
        self.activation = activation
        self.learning_rate = learning_rate
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.crnn import CRNN

        return CRNN

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : list or object array of arrays of shape (n_frames, n_bands), or array of \
                shape (n_clips, n_frames, n_bands) or (n_clips, n_frames)
            Sequences. A 2-D array holds sequences of one band. A memory-mapped 3-D
            array of floats is read batch by batch.
        y : array-like of shape (n_clips,)
            Class labels.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip in the loss, on top of `class_weight`.

        Returns
        -------
        CRNNClassifier
            This estimator.

        Raises
        ------
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        architecture = self._architecture()
        continues = self._continues()
        X = check_sequences(self, X, reset=not continues)
        y = column_or_1d(y, warn=True)
        check_consistent_length(X, y)
        check_classification_targets(y)
        weight = _check_sample_weight(
            sample_weight, y, dtype=np.float32, ensure_non_negative=True
        )
        present = present_clips(X)
        classes = np.unique(y[present])
        self._check_classes(classes, continues)
        codes = np.searchsorted(classes, y)
        class_weight = compute_class_weight(
            self.class_weight, classes=classes, y=y[present]
        )
        # A missing clip may be all there is of its class.
        codes = np.minimum(codes, len(classes) - 1).astype(np.int32)
        weight = weight * class_weight.astype(np.float32)[codes]
        data = LabelledClips(X, self._targets(codes, len(classes)), weight, codes)
        single = self.activation == "sigmoid" and len(classes) == 2
        config = {
            "n_bands": self.n_bands_in_,
            "n_outputs": 1 if single else len(classes),
            **architecture,
            "activation": self.activation,
            "pooling": self.pooling,
        }
        self._train_network(config, data)
        self.classes_ = classes
        return self

    def _check_classes(self, classes, continues):
        if len(classes) < 2:
            raise ValueError(
                "CRNNClassifier needs at least two classes, got one class: "
                f"{classes.tolist()[0]!r}."
            )
        if continues and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"y has the classes {classes.tolist()}, but the network whose training "
                f"is to be continued was made for {self.classes_.tolist()}. Use a "
                "clone, or fit with warm_start=False."
            )

    def _targets(self, codes, n_classes):
        """Classes as the network's objective takes them."""
        if self.activation == "softmax":
            return codes
        if n_classes == 2:
            return codes[:, np.newaxis].astype(np.float32)
        return np.eye(n_classes, dtype=np.float32)[codes]

    def _epoch(self, data, items, epoch, rng):
        # None much smaller than the others: a batch is normalised by itself.
        n_batches = -(-len(items) // self.batch_size)
        size = -(-len(items) // n_batches)
        return data.batches(items, size, rng, max_padding=1.0)

    def _validation_loss(self, compiled, data, items):
        return data.mean_loss(compiled, items, self._inference_size(data))

    def _settle(self, compiled, data, items, rng):
        """Measure what the normalisations are given, layer after layer."""
        network, size = compiled.network, self._inference_size(data)

        def measure(i):
            for index, batch in data.iterate(items, size):
                n_clips, n_frames = len(index), data.counts[index].sum()
                n = n_clips if network.moments[i] == "dense_moments" else n_frames
                yield compiled.call(network.moments[i], *batch), n

        measure_norms(compiled, network.norms, measure)

    def _inference_size(self, data):
        """Clips that go through the network at once."""
        # The first convolution's maps are what takes memory.
        config = self.config_
        n_values = data.counts[data.present].max() * config["n_bands"]
        return inference_batch_size(max(1, n_values * config["n_filters"] // 512))

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            In the order of ``classes_``; the rows sum to 1.

        Raises
        ------
        ValueError
            Also for a clip that is missing (NaN throughout).
        """
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        refuse_missing(X, "cannot be classified")
        data = SequenceBatches(X)
        logits = np.empty((len(data.counts), self.config_["n_outputs"]))
        with self._fitted_network() as compiled:
            for index, batch in data.iterate(batch_size=self._inference_size(data)):
                # Surplus rows are the last ones.
                logits[index] = compiled.call("logits", *batch)[: len(index)]
        if self.config_["activation"] == "softmax":
            return softmax(logits, axis=1)
        if len(self.classes_) == 2:
            return softmax(np.pad(logits, ((0, 0), (1, 0))), axis=1)
        return softmax(log_expit(logits), axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
