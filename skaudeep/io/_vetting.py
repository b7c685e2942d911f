"""Whether what was loaded is safe to use: where numbers become addresses or code.

Compiled code of scikit-learn trusts the numbers of a fitted estimator and looks where
they point; Keras makes layers of a text. NumPy checks every index itself.
"""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.exceptions import PersistenceError
from skaudeep.io._network_text import check_network_text
from skaudeep.io._vetting_arrays import has_sound_arrays

__all__ = ["vet"]


def vet(estimator):
    """Check an estimator and all in it.

    Raises
    ------
    PersistenceError
        If it names code, or its numbers contradict one another.
    """
    seen, waiting = set(), [estimator]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            _check_caches(value)
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        elif isinstance(value, np.ndarray) and value.dtype == object:
            # What a mask hides is there for compiled code.
            waiting.extend(np.asarray(value).ravel().tolist())
        elif hasattr(value, "__dict__") and not isinstance(value, type):
            if id(value) in seen:
                continue
            seen.add(id(value))
            waiting.extend(vars(value).values())
            _vet_one(value)


def _check_caches(values):
    """Whether a search would set a cache, which holds pickles, when it is fitted."""
    for name, value in values.items():
        is_memory = str(name).rpartition("__")[2] == "memory"
        if is_memory and not all(item is None for item in np.atleast_1d(value)):
            raise PersistenceError(
                f"{name!r} is among the parameters to set; a cache holds pickles, and "
                "is neither saved nor loaded."
            )


def _vet_one(estimator):
    attributes = vars(estimator)
    if "config_" in attributes:
        _check_config(attributes["config_"], estimator)
    module = type(estimator).__module__
    _require(has_sound_arrays(estimator), estimator)
    if "tree_" in attributes:
        _check_tree(estimator, attributes["tree_"])
    if module.startswith("sklearn.ensemble.") and "estimators_" in attributes:
        _check_ensemble(estimator)
    if module.startswith("sklearn.svm.") and "_dual_coef_" in attributes:
        _check_svm(estimator)


def _require(condition, estimator):
    if not condition:
        raise PersistenceError(
            f"the fitted attributes of {type(estimator).__name__} contradict one "
            "another."
        )


def _check_config(config, estimator):
    """Whether it is numbers and names: of a dict Keras would make a layer or more."""
    _require(isinstance(config, dict), estimator)
    waiting = list(config.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, tuple):
            waiting.extend(value)
        else:
            plain = isinstance(value, int | float | str | np.number | np.bool_ | None)
            _require(plain, estimator)
    if "backbone" in config:
        check_network_text(config["backbone"], type(estimator).__name__)


def _check_tree(estimator, tree):
    from sklearn.tree._tree import Tree

    _require(type(tree) is Tree, estimator)
    state = tree.__getstate__()
    nodes = state["nodes"]
    count = len(nodes)
    left, right = nodes["left_child"], nodes["right_child"]
    inner = left != -1
    here = np.arange(count)
    _require(
        count > 0
        and state["values"].size > 0
        and tree.n_features == estimator.n_features_in_
        # A child comes after its parent, so that every way ends.
        and (left[inner] > here[inner]).all()
        and (right[inner] > here[inner]).all()
        and (left < count).all()
        and (right < count).all()
        # Every node but the first has one parent.
        and (np.sort(np.r_[left[inner], right[inner]]) == here[1:]).all()
        and (nodes["feature"][inner] >= 0).all()
        and (nodes["feature"][inner] < tree.n_features).all()
        # As much room is made for a way through the tree.
        and tree.compute_node_depths().max() - 1 <= tree.max_depth < count,
        estimator,
    )


def _check_ensemble(estimator):
    """Whether all see the same columns where they are not chosen for each."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._gb import BaseGradientBoosting

    if not isinstance(estimator, BaseForest | BaseGradientBoosting):
        return
    members = np.array(estimator.estimators_, dtype=object)
    n_features = estimator.n_features_in_
    _require(
        all(getattr(m, "n_features_in_", None) == n_features for m in members.flat),
        estimator,
    )
    if isinstance(estimator, BaseGradientBoosting):
        init = estimator.init_
        # Asked below, which must not be for something that runs for years.
        if init != "zero" and type(init) not in (DummyClassifier, DummyRegressor):
            raise PersistenceError(
                f"{type(estimator).__name__} has {type(init).__name__} as `init`; "
                "only None and 'zero' are saved and loaded."
            )
        # A constant for each of a thousand million outputs would fill the memory.
        _require(init == "zero" or init.n_outputs_ == 1, estimator)
        first = estimator._raw_predict_init(np.zeros((1, n_features), np.float32))
        _require(members.ndim == 2 and first.shape == (1, members.shape[1]), estimator)


def _check_svm(estimator):
    """Whether the arrays have the lengths by which LIBSVM goes through them."""
    from sklearn.svm._base import BaseLibSVM

    if not isinstance(estimator, BaseLibSVM):
        return
    counts = estimator._n_support
    vectors, weights = estimator.support_vectors_, estimator._dual_coef_
    is_classifier = estimator._impl in ("c_svc", "nu_svc")
    n_classes = len(estimator.classes_) if is_classifier else 2
    n_pairs = n_classes * (n_classes - 1) // 2
    n_vectors = len(estimator.support_)
    known = getattr(estimator, "_probA", np.empty(0))
    _require(
        all(
            isinstance(array, np.ndarray)
            for array in (counts, vectors, weights, estimator._intercept_, known)
        )
        and (counts >= 0).all()
        and (len(counts) == n_classes if is_classifier else len(counts) <= 2)
        and (counts.sum() == n_vectors if is_classifier else True)
        and weights.shape == (n_classes - 1, n_vectors)
        and len(estimator._intercept_) == n_pairs
        and len(known) in (0, n_pairs)
        and len(known) == len(getattr(estimator, "_probB", np.empty(0))),
        estimator,
    )
    if estimator.kernel == "precomputed" or callable(estimator.kernel):
        # They are columns of what is predicted.
        support = estimator.support_
        _require(
            ((support >= 0) & (support < estimator.shape_fit_[0])).all(), estimator
        )
    else:
        _require(vectors.shape == (n_vectors, estimator.n_features_in_), estimator)
