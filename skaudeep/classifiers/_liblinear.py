"""Linear support vector machines and logistic regression on LIBLINEAR."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Real

import numpy as np
from scipy.special import expit, log_expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import compute_class_weight
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skaudeep._validation import Interval, StrOptions
from skaudeep.classifiers._liblinear_training import SOLVERS, train_liblinear

__all__ = ["LiblinearClassifier"]


def _is_logistic(estimator):
    names = sorted(name for name, solver in SOLVERS.items() if solver.logistic)
    if estimator.solver in names:
        return True
    raise AttributeError(
        f"solver={estimator.solver!r} gives no probabilities; "
        f"the logistic solvers do: {names}."
    )


class LiblinearClassifier(ClassifierMixin, BaseEstimator):
    """Linear classifier trained by LIBLINEAR itself.

    One against the rest (or Crammer and Singer's joint problem), L1- or L2-regularised,
    hinge, squared hinge or logistic loss. The features should be on one scale: put a
    :class:`~sklearn.preprocessing.StandardScaler` before it.

    Parameters
    ----------
    solver : str, default="l2r_l2loss_svc_dual"
        What is minimised, and how:

        ========================= ==== ======= ============= =======================
        name                      -s   penalty loss          form
        ========================= ==== ======= ============= =======================
        ``"l2r_lr"``              0    L2      logistic      primal
        ``"l2r_l2loss_svc_dual"`` 1    L2      squared hinge dual
        ``"l2r_l2loss_svc"``      2    L2      squared hinge primal
        ``"l2r_l1loss_svc_dual"`` 3    L2      hinge         dual
        ``"mcsvm_cs"``            4    L2      hinge         Crammer and Singer, dual
        ``"l1r_l2loss_svc"``      5    L1      squared hinge primal
        ``"l1r_lr"``              6    L1      logistic      primal
        ``"l2r_lr_dual"``         7    L2      logistic      dual
        ========================= ==== ======= ============= =======================

        The second column is the number of LIBLINEAR's option -s.
    C : float, default=1.0
        Weight of the loss against the penalty; smaller is smoother. The audio papers
        search 1e-9 to 1.
    class_weight : dict, "balanced" or None, default=None
        Factor of `C` for each class; "balanced" takes ``n_samples / (n_classes *
        count)``. None weighs all samples alike.
    bias : float or None, default=1.0
        Value of a constant feature added to every sample, whose weight makes the
        intercept; None or a negative number fits no intercept.
    regularize_bias : bool, default=True
        Whether the weight of the bias is penalised like the others. False needs
        ``bias=1`` and a primal solver.
    tol : float or None, default=None
        Tolerance of the stopping criterion. None takes LIBLINEAR's own default, 0.1
        for the dual solvers and 0.01 for the primal ones.
    random_state : int, RandomState instance or None, default=None
        Order in which the solvers visit samples or features. "l2r_lr" and
        "l2r_l2loss_svc" use no random numbers.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    coef_ : ndarray of shape (n_classes, n_features) or (1, n_features)
        Weights in float64; one row, for ``classes_[1]``, if there are two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts; zeros if no bias was fitted.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had some in `fit`.

    See Also
    --------
    DropoutMLPClassifier : The network that stands beside it in the papers.
    sklearn.svm.LinearSVC : Modified copy of the same solvers in scikit-learn.

    Notes
    -----
    - The default tolerance stops well before :class:`~sklearn.svm.LinearSVC` does
      with its 1e-4; at equal tolerance both find the same weights up to it.
    - LIBLINEAR draws from the C library's ``rand``. It is seeded from `random_state`
      for each fit, its former state is given back where the C library can do that,
      and fits that use it take turns among the threads of a process: the same seed
      gives the same bits. Worker processes run side by side.
    - LIBLINEAR offers no sample weights, so neither does `fit`.
    - Training lays out each feature as a float64 beside its index, 16 bytes; zeros are
      left out if X is sparse or zero for the most part. Prediction is one product in
      the precision of X.
    - A dual solver that has not converged after its fixed number of iterations hands
      over to the primal one if there is one for its loss; otherwise a
      :class:`~sklearn.exceptions.ConvergenceWarning` says so.

    References
    ----------
    R.-E. Fan, K.-W. Chang, C.-J. Hsieh, X.-R. Wang, C.-J. Lin, "LIBLINEAR: A library
    for large linear classification", Journal of Machine Learning Research 9, 2008.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from skaudeep.classifiers import LiblinearClassifier
    >>> X, y = make_blobs(n_samples=60, centers=3, random_state=0, cluster_std=0.4)
    >>> classifier = LiblinearClassifier(C=0.1, random_state=0).fit(X, y)
    >>> classifier.score(X, y)
    1.0
    """

    _parameter_constraints = {
        "solver": [StrOptions(set(SOLVERS))],
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "bias": [Interval(Real, None, None, closed="neither"), None],
        "regularize_bias": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="neither"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        solver="l2r_l2loss_svc_dual",
        C=1.0,
        class_weight=None,
        bias=1.0,
        regularize_bias=True,
        tol=None,
        random_state=None,
    ):
        self.solver = solver
        self.C = C
        self.class_weight = class_weight
        self.bias = bias
        self.regularize_bias = regularize_bias
        self.tol = tol
        self.random_state = random_state

    def fit(self, X, y):
        """Train the classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels of at least two classes.

        Returns
        -------
        LiblinearClassifier
            This estimator, fitted.
        """
        self._validate_params()
        self._check_bias()
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], order="C"
        )
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                "LiblinearClassifier needs samples of at least 2 classes, but y holds "
                f"only one class: {self.classes_.tolist()[0]!r}."
            )
        weights, order, converged = train_liblinear(
            X,
            codes,
            solver=SOLVERS[self.solver],
            tol=self.tol,
            C=self.C,
            bias=-1.0 if self.bias is None else self.bias,
            regularize_bias=self.regularize_bias,
            class_weight=self._expand_class_weight(y),
            random_state=self.random_state,
        )
        if not converged:
            warnings.warn(
                f"solver={self.solver!r} did not converge. Bring the features to one "
                f"scale, lower C={self.C} or raise tol={self.tol}.",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._set_weights(weights, order)
        return self

    def decision_function(self, X):
        """Score the classes: scaled signed distances to the separating planes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples,)
            Scores, float32 for float32 X; for two classes one score, positive for
            ``classes_[1]``.
        """
        check_is_fitted(self)
        X = validate_data(
            self, X, reset=False, accept_sparse="csr", dtype=[np.float64, np.float32]
        )
        coef = self.coef_.astype(X.dtype, copy=False)
        scores = safe_sparse_dot(X, coef.T, dense_output=True)
        scores += self.intercept_.astype(X.dtype, copy=False)
        return scores.ravel() if len(coef) == 1 else scores

    def predict(self, X):
        """Predict the label of the highest score.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return self.classes_[(scores > 0).astype(np.intp)]
        return self.classes_[scores.argmax(axis=1)]

    @available_if(_is_logistic)
    def predict_proba(self, X):
        """Compute the probabilities of the classes; only with a logistic solver.

        With more than two classes these are LIBLINEAR's: the one-against-rest
        probabilities, divided by their sum.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return np.stack([expit(-scores), expit(scores)], axis=1)
        # The same quotient in logarithms: it holds where all sigmoids underflow.
        return softmax(log_expit(scores), axis=1)

    def _check_bias(self):
        if self.regularize_bias:
            return
        if self.bias != 1:
            raise ValueError(f"regularize_bias=False needs bias=1, got {self.bias}.")
        if not SOLVERS[self.solver].primal:
            names = sorted(name for name, solver in SOLVERS.items() if solver.primal)
            raise ValueError(
                f"regularize_bias=False needs a primal solver, one of {names}; "
                f"got solver={self.solver!r}."
            )

    def _expand_class_weight(self, y):
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        if not np.all(weights > 0):
            raise ValueError(
                "class_weight must be positive for every class, "
                f"got {self.class_weight}."
            )
        return weights

    def _set_weights(self, weights, order):
        """Bring LIBLINEAR's weights into the order and the shape of `coef_`."""
        if weights.shape[1] == 1:
            # One column separates the class LIBLINEAR met first from the other.
            rows = weights.T if order[0] == 1 else -weights.T
        else:
            rows = np.empty_like(weights.T)
            rows[order] = weights.T
            if len(order) == 2:
                rows = rows[1:] - rows[:1]
        n_features = self.n_features_in_
        self.coef_ = np.ascontiguousarray(rows[:, :n_features])
        if rows.shape[1] > n_features:
            self.intercept_ = rows[:, n_features] * self.bias
        else:
            self.intercept_ = np.zeros(len(rows))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
