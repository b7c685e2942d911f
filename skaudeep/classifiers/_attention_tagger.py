"""Tags of clips from labels of clips, and when each of them occurs."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import _safe_indexing, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skaudeep._containers import check_sequences
from skaudeep._labelled_clips import LabelledClips
from skaudeep._missing import present_clips, refuse_missing
from skaudeep._network_estimator import NetworkEstimator
from skaudeep._sequence_batches import SequenceBatches, inference_batch_size
from skaudeep._validation import Interval, StrOptions
from skaudeep.classifiers._tag_decisions import TagDecisionMixin
from skaudeep.classifiers._tag_pooling import clip_tags, frame_outputs
from skaudeep.classifiers._tag_targets import (
    check_tag_targets,
    rarest_tag,
    read_labels,
    weigh_tags,
)
from skaudeep.metrics import equal_error_rate

__all__ = ["AttentionTagger"]


class AttentionTagger(
    TagDecisionMixin, NetworkEstimator, ClassifierMixin, BaseEstimator
):
    r"""Tags clips from labels of clips alone, and says when in them each tag occurs.

    A convolution along frequency and bidirectional GRU layers make a probability of
    every tag in every frame. Two small layers beside them weigh the frames: the
    attention says how much one matters, the localisation which tag it speaks of. A
    clip's probability is the weighted mean over time, and labels are needed for it
    alone.

    Parameters
    ----------
    n_filters : int, default=128
        Filters of the convolution.
    filter_length : int, default=30
        Bands that they see; all if there are fewer.
    n_layers : int, default=3
        Recurrent layers, each bidirectional.
    n_units : int, default=128
        Units of a recurrent layer, in each direction.
    n_dense : int, default=500
        ReLU units of the layer before the outputs.
    dropout : float, default=0.2
        Share of these set to zero in training, drawn anew for every frame.
    attention : bool, default=True
        Whether frames are weighed by a sigmoid of the input.
    localization : bool, default=True
        Whether frames are weighed for every tag, by a softmax over the tags of the
        input. Without both, the network is the baseline of the paper, its CGRNN, and a
        clip the plain mean of its frames.
    normalization : {"paper", "attention"}, default="paper"
        What the weighted sum over time is divided by: "paper" is the sum of the
        localisation, so that attention below one lowers every tag; "attention" is that
        of its product with the attention, so that the weights sum to one.
    tags : sequence of str or None, default=None
        Names of the columns of y, or of all tags that its sets may hold. None numbers
        columns, and takes the tags that occur in sets, of which a fold may lack some.
    threshold : float, array-like of shape (n_tags,) or dict, default=0.5
        A tag is found in a clip if its probability is at least this; a dict has a
        number for each tag. :meth:`tune_thresholds` finds them on clips held out.
    hop : float, default=0.016
        From one frame of X to the next, in seconds.
    window : float, default=0.032
        Length of a frame, in seconds: the first one's centre is at half of it.
    learning_rate : float or callable, default=1e-3
        Step size of Adam. A callable takes the number of the epoch, from 0, and
        returns the step size in it.
    gradient_clip : float or None, default=None
        Gradients are clipped to plus and minus this, element by element; None leaves
        them.
    max_epochs : int, default=30
        Passes over the training clips.
    batch_size : int, default=100
        Most clips in a training step. Clips of like length make a batch. Few clips
        want smaller batches, or there are few steps.
    class_weight : list of dict, dict, "balanced" or None, default=None
        Weights in the loss: for tags a list with a dict ``{0: weight, 1: weight}`` for
        each of them; "balanced" makes clips with a tag and clips without it count
        alike. If y has one class a clip, a dict of the classes.
    early_stopping : bool, default=False
        Whether to set clips aside (of every rare tag some), stop when `monitor` no
        longer improves on them, and keep the best weights.
    monitor : {"loss", "eer"}, default="loss"
        What is to improve: the cross-entropy, or the mean equal error rate of the tags.
    validation_fraction : float, default=0.1
        Share of the clips set aside under `early_stopping`.
    n_iter_no_change : int, default=10
        Epochs without improvement after which `early_stopping` stops.
    warm_start : bool, default=False
        Whether ``fit`` goes on where the last one ended, for `max_epochs` more epochs,
        with the same weights and the same state of Adam.
    callbacks : list of callable or None, default=None
        Factories: each is called without arguments and returns a
        ``keras.callbacks.Callback``. As ``self.model`` callbacks find weights,
        optimizer and ``stop_training``, no more.
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
    classes_ : ndarray of shape (n_tags,)
        The tags, or the classes if y has one a clip.
    exclusive_ : bool
        Whether y had one class a clip.
    thresholds_ : ndarray of shape (n_tags,)
        What a tag's probability has to reach.
    config_ : dict
        Architecture of the network.
    weights_ : list of ndarray
        Weights of the network, float32.
    model_ : keras.layers.Layer
        The network, built when first asked for.
    history_ : dict of list of float
        "loss", the cross-entropy of every epoch in training; "val_loss" or "val_eer"
        under `early_stopping`; "learning_rate" with a schedule or callbacks.
    n_epochs_ : int
        Epochs trained.
    n_bands_in_ : int
        Bands of a frame.
    n_features_in_ : int
        Width of X, if it was a 2-D array in `fit`.

    See Also
    --------
    CRNNClassifier : One class a clip.
    skaudeep.events.RareEventDetector : Learns from labels with times.
    skaudeep.metrics.eer_scorer : The score of the field, for ``scoring=``.

    Notes
    -----
    With sigmoid outputs :math:`o_k(t)`, attention :math:`z(t)` and localisation
    :math:`l_k(t)`, the probability of tag k in a clip is (equation 8 of [1]_)

    .. math:: \sum_t z(t)\, l_k(t)\, o_k(t) \Big/ \sum_t l_k(t),

    with ``normalization="attention"`` over :math:`\sum_t z(t)\, l_k(t)`. That the
    components of the localisation sum to one in every frame is no reason to divide by
    the number of frames, as one may read the paper: then not all tags could be found
    in one clip. The attention also multiplies what the recurrent layers read.

    A clip's probabilities do not depend on what is in a batch with it: all sums over
    time leave out the padding.

    With one tag alone the localisation is one everywhere. With one class a clip
    (y of one dimension) the probabilities are divided by their sum.

    A clip that is NaN throughout is missing: it is left out of the training with a
    :class:`~skaudeep.exceptions.MissingClipWarning`, and to tag it is an error. A
    clip without any tag is none of that, but an example of silence.

    References
    ----------
    .. [1] Y. Xu, Q. Kong, Q. Huang, W. Wang, M. D. Plumbley, "Attention and
       localization based on a deep convolutional recurrent model for weakly supervised
       audio tagging", Interspeech 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.classifiers import AttentionTagger
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, -0.7, (32, 20, 8)).astype(np.float32)
    >>> y = rng.integers(0, 2, (32, 2))
    >>> X[y[:, 0] == 1, 4:9, 1] = X[y[:, 1] == 1, 12:18, 6] = 1.0
    >>> tagger = AttentionTagger(
    ...     16, n_layers=1, n_units=16, n_dense=16, tags=["low", "high"], hop=0.1,
    ...     normalization="attention", learning_rate=0.01, max_epochs=60, batch_size=8,
    ...     random_state=0,
    ... ).fit(X[:24], y[:24])
    >>> tagger.score(X[24:], y[24:])
    1.0
    >>> tagger.localize(X[:1])[0].probabilities.shape
    (20, 2)
    """

    _parameter_constraints: dict = {
        **NetworkEstimator._training_constraints,
        **NetworkEstimator._early_stopping_constraints,
        "n_filters": [Interval(Integral, 1, None, closed="left")],
        "filter_length": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_units": [Interval(Integral, 1, None, closed="left")],
        "n_dense": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "attention": ["boolean"],
        "localization": ["boolean"],
        "normalization": [StrOptions({"paper", "attention"})],
        "tags": ["array-like", None],
        "threshold": [Interval(Real, 0, 1, closed="both"), "array-like", dict],
        "hop": [Interval(Real, 0, None, closed="neither")],
        "window": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
        "monitor": [StrOptions({"loss", "eer"})],
    }

    def __init__(
        self,
        n_filters=128,
        *,
        filter_length=30,
        n_layers=3,
        n_units=128,
        n_dense=500,
        dropout=0.2,
        attention=True,
        localization=True,
        normalization="paper",
        tags=None,
        threshold=0.5,
        hop=0.016,
        window=0.032,
        learning_rate=1e-3,
        gradient_clip=None,
        max_epochs=30,
        batch_size=100,
        class_weight=None,
        early_stopping=False,
        monitor="loss",
        validation_fraction=0.1,
        n_iter_no_change=10,
        warm_start=False,
        callbacks=None,
        checkpoint_dir=None,
        random_state=None,
        verbose=0,
    ):
        self.n_filters = n_filters
        self.filter_length = filter_length
        self.n_layers = n_layers
        self.n_units = n_units
        self.n_dense = n_dense
        self.dropout = dropout
        self.attention = attention
        self.localization = localization
        self.normalization = normalization
        self.tags = tags
        self.threshold = threshold
        self.hop = hop
        self.window = window
        self.learning_rate = learning_rate
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.monitor = monitor
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.checkpoint_dir = checkpoint_dir
        self.random_state = random_state
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.cgrnn import CGRNN

        return CGRNN

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : list or object array of arrays of shape (n_frames, n_bands), or array of \
                shape (n_clips, n_frames, n_bands) or (n_clips, n_frames)
            Sequences. A 2-D array holds sequences of one band. A memory-mapped 3-D
            array of floats is read batch by batch.
        y : array-like or sparse matrix of shape (n_clips, n_tags), array-like of \
                shape (n_clips,), or list of sets of str
            Tags: an indicator matrix, 1 where a clip has a tag and 0 where not, or
            the set of its tags for every clip, possibly empty; lists and tuples will
            do. Or one class a clip.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip in the loss, on top of `class_weight`.

        Returns
        -------
        AttentionTagger
            This estimator.

        Raises
        ------
        ValueError
            If y is none of these, or `tags`, `threshold` or `class_weight` do not fit
            to it.
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        continues = self._continues()
        X = check_sequences(self, X, reset=not continues)
        y = read_labels(y)
        check_consistent_length(X, y)
        present = present_clips(X)
        targets = check_tag_targets(_safe_indexing(y, present), self.tags)
        self._check_classes(targets, continues)
        self._check_threshold(self.threshold, targets.classes)
        sample_weight = _check_sample_weight(
            sample_weight, np.empty(len(X)), dtype=np.float32, ensure_non_negative=True
        )
        weight = weigh_tags(targets, self.class_weight, sample_weight[present])
        # Missing clips have neither.
        shape = len(X), len(targets.classes)
        matrices = np.zeros((2, *shape), dtype=np.float32)
        matrices[:, present] = targets.matrix, weight
        strata = np.zeros(len(X), dtype=int)
        strata[present] = rarest_tag(targets.matrix)
        config = {
            "n_bands": self.n_bands_in_,
            "n_outputs": len(targets.classes),
            "n_filters": int(self.n_filters),
            "filter_length": int(self.filter_length),
            "n_layers": int(self.n_layers),
            "n_units": int(self.n_units),
            "n_dense": int(self.n_dense),
            "dropout": float(self.dropout),
            "attention": bool(self.attention),
            "localization": bool(self.localization),
            "normalization": self.normalization,
        }
        self._train_network(config, LabelledClips(X, *matrices, strata))
        self.classes_, self.exclusive_ = targets.classes, targets.exclusive
        self._set_decisions(targets.classes)
        return self

    def _check_classes(self, targets, continues):
        if targets.exclusive and len(targets.classes) < 2:
            raise ValueError(
                "AttentionTagger needs at least two classes, got one class: "
                f"{targets.classes.tolist()[0]!r}."
            )
        if continues and not (
            np.array_equal(targets.classes, self.classes_)
            and targets.exclusive == self.exclusive_
        ):
            raise ValueError(
                f"y has the classes {targets.classes.tolist()}, but the network whose "
                f"training is to be continued was made for {self.classes_.tolist()}. "
                "Use a clone, or fit with warm_start=False."
            )

    @property
    def _validation_name(self):
        return "val_eer" if self.monitor == "eer" else "val_loss"

    def _epoch(self, data, items, epoch, rng):
        return data.batches(items, self.batch_size, rng)

    def _validation_loss(self, compiled, data, items):
        size = _inference_size(data)
        if self.monitor == "loss":
            return data.mean_loss(compiled, items, size)
        scores = _tag(compiled, data, items, size, self.config_)
        rate = equal_error_rate(data.targets[items], scores[items])
        if np.isnan(rate):
            raise ValueError(
                "monitor='eer' needs held-out clips with and without one tag at least; "
                f"none is so among {len(items)} clips (validation_fraction="
                f"{self.validation_fraction!r})."
            )
        return rate

    def predict_proba(self, X):
        """Probability of every tag, or of every class.

        Parameters
        ----------
        X : sequences
            As in `fit`; any number of frames.

        Returns
        -------
        ndarray of shape (n_clips, n_tags)
            In the order of ``classes_``. Tags do not compete; if y had one class a
            clip, the rows sum to 1.

        Raises
        ------
        ValueError
            Also for a clip that is missing (NaN throughout).
        """
        data = self._check_clips(X)
        with self._fitted_network() as compiled:
            tags = _tag(compiled, data, None, _inference_size(data), self.config_)
        return tags / tags.sum(axis=1, keepdims=True) if self.exclusive_ else tags

    def score(self, X, y, sample_weight=None):
        """Share of clips of which all tags are right: accuracy.

        Parameters
        ----------
        X : sequences
            As in `fit`.
        y : array-like or list of sets
            As in `fit`.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip.

        Returns
        -------
        float
            0 to 1. See :func:`skaudeep.metrics.eer_scorer` for what the field reports.
        """
        check_is_fitted(self)
        y = y if self.exclusive_ else self._as_matrix(y)
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)

    def _frame_outputs(self, X):
        """Attention, localisation and probabilities of every clip's frames."""
        data = self._check_clips(X)
        out = [None] * len(data.counts)
        with self._fitted_network() as compiled:
            for i, logits in _clip_logits(compiled, data, None, _inference_size(data)):
                parts = frame_outputs(logits, self.config_)
                out[i] = tuple(part.astype(np.float32) for part in parts)
        return out

    def _check_clips(self, X):
        check_is_fitted(self)
        X = check_sequences(self, X, reset=False)
        refuse_missing(X, "cannot be tagged")
        return SequenceBatches(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags.multi_label = True
        return tags


def _inference_size(data):
    """Clips that go through the network at once."""
    # A frame takes several times the memory of one of the autoencoder's.
    return inference_batch_size(4 * int(data.counts[data.present].max()))


def _clip_logits(compiled, data, items, size):
    """Number of every clip, and the logits of its frames."""
    for index, batch in data.iterate(items, size):
        parts = compiled.call("frame_logits", *batch)
        for row, i in enumerate(index):
            yield i, tuple(part[row, : data.counts[i]] for part in parts)


def _tag(compiled, data, items, size, config):
    """Outputs for clips, (n_clips of data, n_tags); zero for those not asked for."""
    tags = np.zeros((len(data.counts), config["n_outputs"]))
    for i, logits in _clip_logits(compiled, data, items, size):
        tags[i] = clip_tags(logits, config)
    return tags
