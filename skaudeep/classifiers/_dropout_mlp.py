"""A multilayer perceptron with dropout, the classifier of the auDeep papers."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from skaudeep._base import MostProbableClassMixin, NetworkMixin
from skaudeep._random import draw_generator
from skaudeep._validation import Interval, StrOptions

__all__ = ["DropoutMLPClassifier"]

# Rows predicted at once.
_INFERENCE_BATCH = 8192
# Full-batch epochs in one call of the backend: the data cross over once, and the
# progress bar still moves.
_EPOCHS_PER_CALL = 20


class DropoutMLPClassifier(
    MostProbableClassMixin, NetworkMixin, ClassifierMixin, BaseEstimator
):
    """Multilayer perceptron with dropout, trained on full batches with Adam.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default=(150, 150)
        ReLU units of each hidden layer.
    dropout : float, default=0.4
        Share of every hidden layer's outputs set to zero in training.
    learning_rate : float, default=1e-3
        Step size of Adam.
    max_epochs : int, default=400
        Passes over the training data.
    batch_size : int or None, default=None
        Rows in a training step; None takes them all, and the data then stay on the
        device for the whole training.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss; "balanced" makes all classes count alike.
    early_stopping : bool, default=False
        Whether to set rows aside (stratified), stop when their loss no longer
        improves, and keep the best weights.
    validation_fraction : float, default=0.1
        Share of the rows set aside under `early_stopping`.
    n_iter_no_change : int, default=10
        Epochs without improvement after which `early_stopping` stops.
    random_state : int, RandomState instance or None, default=None
        Fixes initial weights, dropout, shuffling and the rows set aside. With an int,
        every fit gives the same numbers.
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
        "loss", the cross-entropy of every epoch in training, and "val_loss" under
        `early_stopping`.
    n_epochs_ : int
        Epochs trained.
    n_features_in_ : int
        Number of features.

    See Also
    --------
    LiblinearClassifier : Linear, faster, and often as good.
    sklearn.neural_network.MLPClassifier : Without dropout, in mini-batches.

    Notes
    -----
    The defaults are those of the published systems [1]_ (two layers of 150 units,
    keep probability 0.6, 400 epochs, full batch); the published tool puts a further
    ReLU behind its output layer, by which a class can die, and that is left out.
    Features should be standardised.

    References
    ----------
    .. [1] S. Amiriparian, M. Freitag, N. Cummins, B. Schuller, "Sequence to sequence
       autoencoders for unsupervised representation learning from audio", DCASE 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skaudeep.classifiers import DropoutMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DropoutMLPClassifier((20, 20), max_epochs=200, random_state=0)
    >>> classifier = make_pipeline(StandardScaler(), classifier).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.9)
    True
    """

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        hidden_layer_sizes=(150, 150),
        *,
        dropout=0.4,
        learning_rate=1e-3,
        max_epochs=400,
        batch_size=None,
        class_weight=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        random_state=None,
        verbose=0,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state
        self.verbose = verbose

    @staticmethod
    def _network_class():
        from skaudeep.networks.mlp import DropoutMLP

        return DropoutMLP

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Class labels.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each row in the loss, on top of `class_weight`.

        Returns
        -------
        DropoutMLPClassifier
            This estimator.

        Raises
        ------
        FloatingPointError
            If training diverges.
        """
        self._validate_params()
        layers = self._check_hidden_layer_sizes()
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        weight = _check_sample_weight(
            sample_weight, X, dtype=np.float32, ensure_non_negative=True
        )
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "DropoutMLPClassifier needs at least two classes, got one class: "
                f"{self.classes_.tolist()[0]!r}."
            )
        class_weight = compute_class_weight(
            self.class_weight, classes=self.classes_, y=y
        )
        weight = weight * class_weight.astype(np.float32)[codes]
        if not weight.any():
            raise ValueError(
                "All sample weights (times those of the classes) are zero; one at "
                "least must not be."
            )
        self.config_ = {
            "n_features": X.shape[1],
            "hidden_layer_sizes": layers,
            "n_classes": len(self.classes_),
            "dropout": float(self.dropout),
        }
        self._train(X, codes.astype(np.int32), weight)
        self.n_epochs_ = len(self.history_["loss"])
        return self

    def _check_hidden_layer_sizes(self):
        layers = tuple(self.hidden_layer_sizes)
        if not all(isinstance(n, Integral) and n >= 1 for n in layers):
            raise ValueError(
                "hidden_layer_sizes must be a tuple of integers of at least 1, got "
                f"{self.hidden_layer_sizes!r}."
            )
        return tuple(int(n) for n in layers)

    def _train(self, X, codes, weight):
        from skaudeep.networks.training import train

        rng = draw_generator(self.random_state)
        rows, held_out = np.arange(len(X)), None
        if self.early_stopping:
            rows, held_out = train_test_split(
                rows,
                test_size=self.validation_fraction,
                stratify=codes,
                random_state=int(rng.integers(2**31)),
            )
            for name, part in (("trained on", rows), ("set aside", held_out)):
                if not weight[part].any():
                    raise ValueError(
                        f"All rows {name} under early_stopping have the weight zero."
                    )
        seed = int(rng.integers(2**31))

        def select(index):
            return np.ascontiguousarray(X[index].T), codes[index], weight[index]

        def mini_batches(_):
            order = rng.permutation(rows)
            for start in range(0, len(order), self.batch_size):
                index = order[start : start + self.batch_size]
                # A batch in which nothing counts has no mean loss.
                if weight[index].any():
                    yield select(index), weight[index].sum()

        with self._network_to_train(seed, self.learning_rate) as compiled:
            options = {}
            epoch = mini_batches
            if self.batch_size is None or self.batch_size >= len(rows):
                everything = [(compiled.to_device(select(rows)), 1.0)]
                epoch = lambda _: everything  # noqa: E731
                options["epochs_per_call"] = _EPOCHS_PER_CALL
            if held_out is not None:
                validation = compiled.to_device(select(held_out))
                options = {
                    "validate": lambda: compiled.loss(validation),
                    "n_iter_no_change": self.n_iter_no_change,
                }
            self.history_ = train(
                compiled,
                epoch,
                max_epochs=self.max_epochs,
                verbose=self.verbose,
                description=type(self).__name__,
                **options,
            ).history

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; the rows sum to 1.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        from scipy.special import softmax

        logits = np.empty((len(X), len(self.classes_)), dtype=np.float32)
        with self._fitted_network() as compiled:
            for start in range(0, len(X), _INFERENCE_BATCH):
                rows = slice(start, start + _INFERENCE_BATCH)
                logits[rows] = compiled.call("logits", X[rows])
        return softmax(logits, axis=1)
