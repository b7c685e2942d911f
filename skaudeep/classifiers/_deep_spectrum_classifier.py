"""An image network fine-tuned on pictures of sound."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
)

from skaudeep._base import MostProbableClassMixin, NetworkMixin
from skaudeep._random import draw_generator
from skaudeep._validation import Interval, StrOptions
from skaudeep.classifiers._dropout_mlp import DropoutMLPClassifier
from skaudeep.representation._deep_spectrum import DeepSpectrum

__all__ = ["DeepSpectrumClassifier"]

# What of the frozen part's activations is kept in memory rather than computed anew in
# every epoch.
_KEPT_BYTES = 4 * 2**30

_SPECTRUM = (
    "backbone",
    "layer",
    "weights",
    "preprocess",
    "picture",
    "pooling",
    "batch_size",
    "n_jobs",
    "verbose",
)


class DeepSpectrumClassifier(
    MostProbableClassMixin, NetworkMixin, ClassifierMixin, BaseEstimator
):
    """Classify clips by their pictures, with an image network trained on them.

    First a multilayer perceptron is trained on the features of the frozen image
    network; then the uppermost layers of this network are released and trained
    together with it, at a smaller step size.

    Parameters
    ----------
    backbone : str, path or keras.Model, default="efficientnet_lite0"
        The image network, as in :class:`~skaudeep.representation.DeepSpectrum`; so are
        the next five.
    layer : str, tuple or list of str, or None, default=None
        On whose output the perceptron stands; None is the network's usual one.
    weights : "imagenet", path or None, default="imagenet"
        Weights to begin with.
    preprocess : str, default="keras"
        How the network is fed with colours.
    picture : SpectrogramPicture or None, default=None
        Draws sequences.
    pooling : {"avg", "max", "time"} or None, default=None
        What becomes of the two axes of a layer of convolutions.
    hidden_layer_sizes : tuple of int, default=(512,)
        ReLU units of each hidden layer of the perceptron.
    dropout : float, default=0.25
        Share of its hidden layers' outputs set to zero in training.
    fine_tune : float, default=0.3
        Share of the image network's layers that are released, the uppermost ones; a
        few more are where the network branches. 0 trains the perceptron alone.
    head_epochs : int, default=40
        Passes over the training data with the image network frozen.
    max_epochs : int, default=40
        Passes with its upper layers released.
    head_learning_rate : float, default=1e-3
        Step size of Adam while the image network is frozen.
    learning_rate : float, default=1e-4
        Step size of Adam afterwards.
    batch_size : int, default=32
        Clips in a training step, and pictures in a pass of the network.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss; "balanced" makes all classes count alike.
    random_state : int, RandomState instance or None, default=None
        Fixes new weights, dropout and shuffling. With an int, every fit gives the same
        numbers.
    n_jobs : int or None, default=None
        Number of threads that draw pictures while the network is busy.
    verbose : int, default=0
        1 shows progress bars.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    config_ : dict
        Architecture of the network.
    weights_ : list of ndarray
        Its weights, float32.
    model_ : keras.layers.Layer
        The network, built when first asked for.
    history_ : dict of list of float
        Cross-entropy of every epoch in training: "head_loss" while the image network
        is frozen, "loss" afterwards.
    n_bands_in_ : int
        Number of bands, if X was sequences.
    n_features_in_ : int
        Number of frames, if X was a 2-D array (sequences of one band).

    See Also
    --------
    skaudeep.representation.DeepSpectrum : The features without training.
    DropoutMLPClassifier : The perceptron.

    Notes
    -----
    The recipe is that of Deep Spectrum's successor [1]_: 512 units, dropout 0.25, 40
    epochs frozen, the first 70 % of the layers frozen for good, step sizes 1e-3 and
    1e-4; its augmentation is left out. Pictures are drawn once, and what the frozen
    layers make of them is computed once, as long as it takes no more than 4 GB; batch
    normalisation keeps the statistics it came with. Each clip is one picture.

    References
    ----------
    .. [1] S. Amiriparian, T. Hübner, V. Karas, M. Gerczuk, S. Ottl and B. Schuller,
       "DeepSpectrumLite: A power-efficient transfer learning framework for embedded
       speech and audio processing from decentralised data", Frontiers in Artificial
       Intelligence 5, 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.classifiers import DeepSpectrumClassifier
    >>> rng = np.random.default_rng(0)
    >>> clips = rng.random((12, 20, 16)).astype("float32")
    >>> labels = np.array(["low", "high"] * 6)
    >>> clips[::2, :, :8] += 1
    >>> clips[1::2, :, 8:] += 1
    >>> classifier = DeepSpectrumClassifier(
    ...     head_epochs=20, max_epochs=10, batch_size=4, random_state=0
    ... )
    >>> classifier.fit(clips, labels).score(clips, labels)
    1.0
    """

    _parameter_constraints: dict = {
        **{name: DeepSpectrum._parameter_constraints[name] for name in _SPECTRUM},
        "hidden_layer_sizes": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "fine_tune": [Interval(Real, 0, 1, closed="both")],
        "head_epochs": [Interval(Integral, 0, None, closed="left")],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "head_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        backbone="efficientnet_lite0",
        *,
        layer=None,
        weights="imagenet",
        preprocess="keras",
        picture=None,
        pooling=None,
        hidden_layer_sizes=(512,),
        dropout=0.25,
        fine_tune=0.3,
        head_epochs=40,
        max_epochs=40,
        head_learning_rate=1e-3,
        learning_rate=1e-4,
        batch_size=32,
        class_weight=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.backbone = backbone
        self.layer = layer
        self.weights = weights
        self.preprocess = preprocess
        self.picture = picture
        self.pooling = pooling
        self.hidden_layer_sizes = hidden_layer_sizes
        self.dropout = dropout
        self.fine_tune = fine_tune
        self.head_epochs = head_epochs
        self.max_epochs = max_epochs
        self.head_learning_rate = head_learning_rate
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.fine_tuned import FineTuned

        return FineTuned

    def fit(self, X, y, sample_weight=None):
        """Train the perceptron, then the upper part of the image network with it.

        Parameters
        ----------
        X : sequences, or ndarray of shape (n_clips, height, width, 3)
            Spectrograms or other sequences, or pictures (uint8, red, green and blue).
        y : array-like of shape (n_clips,)
            Class labels.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip in the loss, on top of `class_weight`.

        Returns
        -------
        DeepSpectrumClassifier
            This estimator.

        Raises
        ------
        ValueError
            Also for a clip that is missing (NaN throughout).
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        rng = draw_generator(self.random_state)
        spectrum_seed, head_seed, seed = (int(s) for s in rng.integers(2**31, size=3))
        options = {name: getattr(self, name) for name in _SPECTRUM}
        spectrum = DeepSpectrum(**options, random_state=spectrum_seed).fit(X)
        batches = self._adopt(spectrum, X)
        y = column_or_1d(y, warn=True)
        check_consistent_length(batches.counts, y)
        check_classification_targets(y)
        if len(np.unique(y)) < 2:
            raise ValueError(
                "DeepSpectrumClassifier needs at least two classes, got one class: "
                f"{y[0]!r}."
            )
        weight = _check_sample_weight(
            sample_weight, batches.counts, dtype=np.float32, ensure_non_negative=True
        )
        with spectrum._fitted_network() as compiled:
            features = self._send(batches, compiled, "extract")
        head = DropoutMLPClassifier(
            self.hidden_layer_sizes,
            dropout=self.dropout,
            learning_rate=self.head_learning_rate,
            max_epochs=self.head_epochs,
            batch_size=self.batch_size,
            class_weight=self.class_weight,
            random_state=head_seed,
            verbose=self.verbose,
        ).fit(features, y, weight)
        self.classes_ = head.classes_
        trains = self.fine_tune > 0 and self.max_epochs > 0
        self.config_ = {
            **spectrum.config_,
            "released": float(self.fine_tune) if trains else 0.0,
            "hidden_layer_sizes": head.config_["hidden_layer_sizes"],
            "n_classes": len(self.classes_),
            "dropout": float(self.dropout),
        }
        self.weights_ = [*spectrum.weights_, *head.weights_]
        # They are in weights_ now; what remains of it checks X and draws.
        del spectrum.weights_
        self.history_ = {"head_loss": head.history_["loss"], "loss": []}
        if trains:
            codes = np.searchsorted(self.classes_, y).astype(np.int32)
            class_weight = compute_class_weight(
                self.class_weight, classes=self.classes_, y=y
            )
            weight = weight * class_weight.astype(np.float32)[codes]
            self._fine_tune(batches, codes, weight, rng, seed)
        return self

    def _fine_tune(self, batches, codes, weight, rng, seed):
        from skaudeep.networks.training import train

        state = {f"weights.{i}": array for i, array in enumerate(self.weights_)}
        with self._network_to_train(seed, self.learning_rate, state=state) as compiled:
            first = compiled.call("lower_activations", batches.load([0]))
            kept = None
            if first.nbytes * len(batches) <= _KEPT_BYTES:
                kept = self._send(batches, compiled, "lower_activations")

            def epoch(_):
                order = rng.permutation(len(batches))
                for start in range(0, len(order), self.batch_size):
                    index = order[start : start + self.batch_size]
                    # A batch in which nothing counts has no mean loss.
                    if not weight[index].any():
                        continue
                    activations = (
                        compiled.call("lower_activations", batches.load(index))
                        if kept is None
                        else kept[index]
                    )
                    batch = (activations, codes[index], weight[index])
                    yield batch, weight[index].sum()

            progress = train(
                compiled,
                epoch,
                max_epochs=self.max_epochs,
                verbose=self.verbose,
                description=type(self).__name__,
            )
        self.history_["loss"] = progress.history["loss"]

    def _adopt(self, spectrum, X):
        """Check X and draw as a fitted DeepSpectrum does; the batches of X."""
        for name in ("n_bands_in_", "n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(spectrum, name):
                setattr(self, name, getattr(spectrum, name))
        self._spectrum = spectrum
        return self._batches(X)

    def _batches(self, X):
        batches = self._spectrum._batches(X)
        missing = np.flatnonzero(batches.counts == 0)
        if missing.size:
            raise ValueError(
                f"Input X contains NaN: clip {missing[0]} is missing, and "
                f"{missing.size - 1} further clips; leave them out."
            )
        return batches

    def _send(self, batches, compiled, name):
        return batches.send(
            compiled,
            name,
            self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            description=type(self).__name__,
        )

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : sequences, or ndarray of shape (n_clips, height, width, 3)
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            In the order of ``classes_``; the rows sum to 1.
        """
        check_is_fitted(self)
        batches = self._batches(X)
        with self._fitted_network() as compiled:
            return softmax(self._send(batches, compiled, "classify"), axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
