"""Which classes and functions a file of an estimator may name.

A file never says what is imported: it holds names, and what is not found here by its
name is refused.
"""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
from importlib import import_module

from sklearn.base import BaseEstimator

from skaudeep.exceptions import PersistenceError

__all__ = [
    "VALUES",
    "describe",
    "find_class",
    "find_function",
    "find_type",
    "is_attribute",
    "name_of_class",
    "name_of_function",
    "name_of_type",
]

# Public estimators of these are known by package and name, not by the file they are in,
# which changes from version to version.
_PACKAGES = frozenset(
    {
        *(
            f"skaudeep.{name}"
            for name in ("audio", "classifiers", "events", "representation")
        ),
        *(
            f"sklearn.{name}"
            for name in (
                "calibration",
                "cluster",
                "compose",
                "covariance",
                "cross_decomposition",
                "decomposition",
                "discriminant_analysis",
                "dummy",
                "ensemble",
                "feature_extraction",
                "feature_selection",
                "frozen",
                "gaussian_process",
                "impute",
                "isotonic",
                "kernel_approximation",
                "kernel_ridge",
                "linear_model",
                "manifold",
                "mixture",
                "model_selection",
                "multiclass",
                "multioutput",
                "naive_bayes",
                "neighbors",
                "neural_network",
                "pipeline",
                "preprocessing",
                "random_projection",
                "semi_supervised",
                "svm",
                "tree",
            )
        ),
    }
)

# What estimators hold besides estimators, by the name of the module.
_PARTS = frozenset(
    {
        "skaudeep.events._window_network.WindowNetwork",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.compose._column_transformer._RemainderColsList",
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.metrics._scorer._MultimetricScorer",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._split._CVIterableWrapper",
        "sklearn.multiclass._ConstantPredictor",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
    }
)

# Small values: their constructor is called with these, and checks them.
VALUES = {
    "skaudeep.audio.Recording": ("path", "channel", "start", "stop"),
    "skaudeep.classifiers.Localization": (
        "times",
        "attention",
        "localization",
        "probabilities",
    ),
    "skaudeep.datasets.PredefinedFolds": ("folds",),
    "skaudeep.events.Event": ("onset", "offset", "label", "confidence"),
    "skaudeep.events.FrameCurve": ("times", "probabilities"),
    "skaudeep.events.InverseTimeDecay": ("initial", "decay"),
}

_FUNCTIONS = frozenset(
    {
        *(
            f"numpy.{name}"
            for name in (
                "absolute",
                "bartlett",
                "blackman",
                "cbrt",
                "exp",
                "exp2",
                "expm1",
                "hamming",
                "hanning",
                "log",
                "log10",
                "log1p",
                "log2",
                "negative",
                "reciprocal",
                "sign",
                "sqrt",
                "square",
                "tanh",
            )
        ),
        "scipy.special.expit",
        "scipy.special.logit",
        *(
            f"sklearn.feature_selection.{name}"
            for name in (
                "chi2",
                "f_classif",
                "f_regression",
                "mutual_info_classif",
                "mutual_info_regression",
                "r_regression",
            )
        ),
        *(
            f"skaudeep.metrics._scorers.{name}"
            for name in (
                "_event_error_rate",
                "_event_f_measure",
                "_segment_error_rate",
                "_segment_f_measure",
            )
        ),
    }
)
# All their public functions compute numbers from arrays.
_FUNCTION_PACKAGES = frozenset({"skaudeep.metrics", "sklearn.metrics"})

_TYPES = frozenset(
    {
        *(f"builtins.{name}" for name in ("bool", "float", "int", "object", "str")),
        *(
            f"numpy.{kind}{bits}"
            for kind, sizes in {
                "float": (16, 32, 64),
                "int": (8, 16, 32, 64),
                "uint": (8, 16, 32, 64),
            }.items()
            for bits in sizes
        ),
        "numpy.bool_",
        "numpy.object_",
        "numpy.str_",
    }
)


def find_class(name):
    """The class of this name, of those of which instances may be made.

    Raises
    ------
    PersistenceError
        If there is none, or it is not allowed.
    """
    package, _, short = name.rpartition(".")
    if name in _PARTS or name in VALUES:
        return _find(package, short)
    if package in _PACKAGES and short.isidentifier() and not short.startswith("_"):
        found = _find(package, short)
        if inspect.isclass(found) and (
            issubclass(found, BaseEstimator) or _is_splitter(found)
        ):
            return found
    raise PersistenceError(
        f"{name!r} is no class of which estimators are saved and loaded."
    )


def find_function(name):
    """The function of this name, of those that a parameter may be."""
    package, _, short = name.rpartition(".")
    if name in _FUNCTIONS:
        return _find(package, short)
    if (
        package in _FUNCTION_PACKAGES
        and short.isidentifier()
        and not short.startswith("_")
    ):
        found = _find(package, short)
        if inspect.isfunction(found) and found.__module__.startswith(package):
            return found
    raise PersistenceError(f"{name!r} is no function that is saved and loaded.")


def find_type(name):
    """The type of this name, which is not called by us."""
    if name in _TYPES:
        package, _, short = name.rpartition(".")
        return _find(package, short)
    return find_class(name)


def name_of_class(cls):
    """The name by which `find_class` finds it, or None."""
    parts = cls.__module__.split(".")
    candidates = [
        ".".join([*parts[:2], cls.__name__]),
        f"{cls.__module__}.{cls.__name__}",
        *(name for name in VALUES if name.rpartition(".")[2] == cls.__name__),
    ]
    return next((name for name in candidates if _finds(find_class, name, cls)), None)


def name_of_function(function):
    """The name by which `find_function` finds it, or None."""
    short = getattr(function, "__name__", "")
    module = getattr(function, "__module__", None) or ""
    candidates = [name for name in _FUNCTIONS if name.rpartition(".")[2] == short]
    candidates.append(".".join([*module.split(".")[:2], short]))
    return next(
        (name for name in candidates if _finds(find_function, name, function)), None
    )


def name_of_type(cls):
    """The name by which `find_type` finds it, or None."""
    name = f"{cls.__module__}.{cls.__name__}"
    # NumPy 2 calls one of its types what Python calls its own.
    for candidate in (name, f"{name}_"):
        if candidate in _TYPES and find_type(candidate) is cls:
            return candidate
    return name_of_class(cls)


def is_attribute(cls, name):
    """Whether objects of a class may have such an attribute of their own.

    Not one in place of a method or of anything else of the class: what a class checks,
    it checks by its methods.
    """
    return (
        name.isidentifier()
        and not name.startswith("__")
        and (
            not hasattr(cls, name)
            or (issubclass(cls, BaseEstimator) and name in cls._get_param_names())
        )
    )


def describe(value):
    """What something is, for a message."""
    if inspect.isclass(value):
        return f"the class {value.__module__}.{value.__qualname__}"
    if callable(value) and hasattr(value, "__qualname__"):
        module = getattr(value, "__module__", None)
        return f"the function {module}.{value.__qualname__}"
    cls = type(value)
    return f"an object of type {cls.__module__}.{cls.__qualname__}"


def _find(package, short):
    try:
        return getattr(import_module(package), short)
    except (ImportError, AttributeError) as error:
        raise PersistenceError(
            f"'{package}.{short}' does not exist in the version installed here."
        ) from error


def _finds(find, name, thing):
    try:
        return find(name) is thing
    except PersistenceError:
        return False


def _is_splitter(cls):
    return (
        cls.__module__.startswith("sklearn.model_selection.")
        and hasattr(cls, "split")
        and hasattr(cls, "get_n_splits")
    )
