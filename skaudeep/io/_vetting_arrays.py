"""Whether numbers that compiled code follows point into what they belong to.

scikit-learn checks X against ``n_features_in_``, and then hands fitted attributes to
compiled code, or to sparse matrices of SciPy, that look where the numbers say.
"""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["has_sound_arrays"]


def has_sound_arrays(estimator):
    """Whether the arrays of one of scikit-learn's estimators fit together."""
    attributes = vars(estimator)
    package = type(estimator).__module__.rpartition(".")[0]
    check = _CHECKS.get(f"{package}.{type(estimator).__name__}")
    if check is None:
        check = _PACKAGE_CHECKS.get(package)
    return check is None or bool(check(estimator, attributes))


def _is_wide(value, attributes):
    """Whether the last axis are the columns of X."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim > 0
        and value.shape[-1] == attributes.get("n_features_in_")
    )


def _k_means(estimator, attributes):
    if "cluster_centers_" not in attributes:
        return True
    centers = attributes["cluster_centers_"]
    counts = attributes.get("_counts")
    return (
        _is_wide(centers, attributes)
        and centers.ndim == 2
        and (counts is None or np.shape(counts) == (len(centers),))
    )


def _linear(estimator, attributes):
    """Coefficients, and those beside them from which it is fitted further."""
    if "coef_" not in attributes or "n_features_in_" not in attributes:
        return True
    names = ("coef_", "_standard_coef", "_averaged_coef")
    return all(
        _is_wide(attributes[name], attributes)
        for name in names
        if attributes.get(name) is not None
    ) and all(
        np.shape(attributes[name]) == np.shape(attributes["intercept_"])
        for name in ("_standard_intercept", "_averaged_intercept")
        if attributes.get(name) is not None
    )


def _neighbors(estimator, attributes):
    if "_fit_X" not in attributes:
        return True
    known = attributes["_fit_X"]
    if not (_is_wide(known, attributes) and known.ndim == 2):
        return False
    if "classes_" not in attributes:
        return True
    classes, labels = attributes["classes_"], attributes["_y"]
    if isinstance(classes, np.ndarray):
        classes = [classes]
    labels = labels.reshape(len(labels), -1)
    return (
        len(labels) == len(known)
        and labels.shape[1] == len(classes)
        and labels.dtype.kind in "iu"
        and all(
            ((column >= 0) & (column < len(known))).all()
            for column, known in zip(labels.T, classes, strict=True)
        )
    )


def _feature_hasher(estimator, attributes):
    n_features = attributes.get("n_features")
    return isinstance(n_features, int | np.integer) and n_features > 0


def _dict_vectorizer(estimator, attributes):
    columns = attributes.get("vocabulary_", {}).values()
    return sorted(columns) == list(range(len(columns)))


def _multi_label_binarizer(estimator, attributes):
    cache = attributes.get("_cached_dict")
    return cache is None or sorted(cache.values()) == list(
        range(len(attributes["classes_"]))
    )


def _one_hot_encoder(estimator, attributes):
    """Whether the columns of a feature hold all that it can become."""
    if "categories_" not in attributes:
        return True
    categories = attributes["categories_"]
    dropped = attributes["_drop_idx_after_grouping"]
    grouped = [None] * len(categories)
    if attributes["_infrequent_enabled"]:
        grouped = attributes["_default_to_infrequent_mappings"]
    if dropped is None:
        dropped = [None] * len(categories)
    sizes = attributes["_n_features_outs"]
    if not len(categories) == len(grouped) == len(dropped) == len(sizes):
        return False
    for known, groups, drop, size in zip(
        categories, grouped, dropped, sizes, strict=True
    ):
        n_groups = len(known)
        if groups is not None:
            if len(groups) != n_groups or groups.dtype.kind != "i" or min(groups) < 0:
                return False
            n_groups = max(groups) + 1
        if drop is not None and not 0 <= drop < n_groups:
            return False
        if size != n_groups - (drop is not None):
            return False
    return True


_CHECKS = {
    "sklearn.cluster.KMeans": _k_means,
    "sklearn.cluster.MiniBatchKMeans": _k_means,
    "sklearn.feature_extraction.DictVectorizer": _dict_vectorizer,
    "sklearn.feature_extraction.FeatureHasher": _feature_hasher,
    "sklearn.preprocessing.MultiLabelBinarizer": _multi_label_binarizer,
    "sklearn.preprocessing.OneHotEncoder": _one_hot_encoder,
}
_PACKAGE_CHECKS = {
    "sklearn.linear_model": _linear,
    "sklearn.neighbors": _neighbors,
}
