"""The sections of a recipe: which types each has, and what these may be given."""
# SPDX-License-Identifier: BSD-3-Clause

import difflib
import importlib
import inspect

__all__ = [
    "SECTIONS",
    "SEQUENCE_CLASSIFIERS",
    "build",
    "check_settings",
    "kind_of",
    "plain_value",
]

# Section, type, class. A section of a single class needs no type.
SECTIONS = {
    "channels": {},
    "chunks": "skaudeep.audio:Chunker",
    "spectrogram": {
        "mel": "skaudeep.audio:MelSpectrogram",
        "linear": "skaudeep.audio:Spectrogram",
        "chroma": "skaudeep.audio:Chromagram",
        "mfcc": "skaudeep.audio:MFCC",
    },
    "picture": "skaudeep.audio:SpectrogramPicture",
    "representation": {
        "seq2seq": "skaudeep.representation:Seq2SeqAutoencoder",
        "dcgan": "skaudeep.representation:DCGANFeatures",
        "deepspectrum": "skaudeep.representation:DeepSpectrum",
        "bag": "skaudeep.representation:BagOfDeepFeatures",
        "statistics": "skaudeep.audio:SequenceStatistics",
        "none": None,
    },
    "aggregation": {
        "bag": "skaudeep.representation:BagOfDeepFeatures",
        "statistics": "skaudeep.audio:SequenceStatistics",
    },
    "scaler": {
        "standard": "sklearn.preprocessing:StandardScaler",
        "minmax": "sklearn.preprocessing:MinMaxScaler",
        "robust": "sklearn.preprocessing:RobustScaler",
        "none": None,
    },
    "selection": {
        "pca": "sklearn.decomposition:PCA",
        "select_k_best": "sklearn.feature_selection:SelectKBest",
        "none": None,
    },
    "vote": "skaudeep.classifiers:ChunkVotingClassifier",
    "classifier": {
        "liblinear": "skaudeep.classifiers:LiblinearClassifier",
        "mlp": "skaudeep.classifiers:DropoutMLPClassifier",
        "svm": "sklearn.svm:LinearSVC",
        "svc": "sklearn.svm:SVC",
        "logistic": "sklearn.linear_model:LogisticRegression",
        "crnn": "skaudeep.classifiers:CRNNClassifier",
        "deepspectrum": "skaudeep.classifiers:DeepSpectrumClassifier",
        "tagger": "skaudeep.classifiers:AttentionTagger",
        "svr": "sklearn.svm:SVR",
        "linear_svr": "sklearn.svm:LinearSVR",
        "ridge": "sklearn.linear_model:Ridge",
        "none": None,
    },
}
_DEFAULT_TYPES = {
    "spectrogram": "mel",
    "aggregation": "bag",
    "scaler": "standard",
    "selection": "none",
    "classifier": "liblinear",
}
# What these get is given to every step that has a parameter of this name.
_EVERYWHERE = ("random_state", "n_jobs", "verbose")
_TOP = ("preset", *_EVERYWHERE)

# They take sequences themselves.
SEQUENCE_CLASSIFIERS = ("crnn", "deepspectrum", "tagger")

# No file can say what a function is; pictures have their own section.
_HIDDEN = {"callbacks", "estimator", "picture"}
_WORDS = {"None": None, "True": True, "False": False}


def plain_value(value):
    """What an estimator is given for a value of a file: TOML has no null, no tuple."""
    if isinstance(value, list | tuple):
        return tuple(plain_value(item) for item in value)
    return _WORDS.get(value, value) if isinstance(value, str) else value


def kind_of(settings, section):
    """The type that a section has, said or not."""
    given = settings.get(section, {}).get("type")
    if given is not None:
        return given
    if section == "representation":
        ends = kind_of(settings, "classifier") in SEQUENCE_CLASSIFIERS
        return "none" if ends else "seq2seq"
    return _DEFAULT_TYPES[section]


def check_settings(settings):
    """Refuse what no section, type or parameter has as its name.

    Parameters
    ----------
    settings : dict
        Sections, each a dict of parameters, and the values that hold for all.

    Raises
    ------
    ValueError
        Which names it, what is allowed, and the nearest name.
    """
    for section, values in settings.items():
        if section not in SECTIONS and section not in _TOP:
            raise ValueError(
                f"Unknown section [{section}]{_nearest(section, SECTIONS)}. Sections: "
                f"{', '.join(SECTIONS)}; outside of them: {', '.join(_TOP)}."
            )
        if section in _TOP:
            if isinstance(values, dict):
                raise ValueError(f"{section} must be one value, not a section.")
            continue
        if not isinstance(values, dict):
            raise ValueError(
                f"[{section}] must be a section of parameters, got {values!r}."
            )
        kind = _checked_kind(settings, section)
        allowed = _parameters(section, kind)
        for name in values:
            if name != "type" and name not in allowed:
                of = "" if kind is None else f" of type {kind!r}"
                raise ValueError(
                    f"[{section}]{of} has no parameter {name!r}"
                    f"{_nearest(name, allowed)}. Allowed: "
                    f"{', '.join(allowed) or 'none'}."
                )


def build(settings, section, **more):
    """The estimator of a section, its parameters checked; None for the type "none".

    Parameters
    ----------
    settings : dict
        As :func:`check_settings` takes them.
    section : str
        Which one.
    **more
        Further parameters.
    """
    kind = None if isinstance(SECTIONS[section], str) else kind_of(settings, section)
    if kind == "none":
        return None
    estimator_class = _class(section, kind)
    values = {
        name: plain_value(value)
        for name, value in settings.get(section, {}).items()
        if name != "type"
    }
    known = inspect.signature(estimator_class).parameters
    ours = estimator_class.__module__.startswith("skaudeep.")
    for name in _EVERYWHERE:
        # Elsewhere "verbose" writes to stdout.
        if name in settings and name in known and (ours or name != "verbose"):
            values.setdefault(name, plain_value(settings[name]))
    if kind == "select_k_best" and isinstance(values.get("score_func"), str):
        values["score_func"] = _score_function(values["score_func"])
    estimator = _construct(estimator_class, section, {**values, **more})
    try:
        estimator._validate_params()
    except ValueError as error:
        raise ValueError(f"[{section}] {error}") from error
    return estimator


def _construct(estimator_class, section, values):
    try:
        return estimator_class(**values)
    except TypeError as error:
        required = [
            name
            for name, parameter in inspect.signature(estimator_class).parameters.items()
            if parameter.default is parameter.empty and name not in values
        ]
        if not required:
            raise
        raise ValueError(f"[{section}] needs {', '.join(required)}.") from error


def _checked_kind(settings, section):
    """The type of a section, None if it has but one; refuses an unknown one."""
    types = SECTIONS[section]
    if isinstance(types, str) or not types:
        return None
    kind = kind_of(settings, section)
    if kind not in types:
        raise ValueError(
            f"[{section}] has no type {kind!r}{_nearest(kind, types)}. Allowed: "
            f"{', '.join(types)}."
        )
    return kind


def _parameters(section, kind):
    """Names of the parameters that a section may hold."""
    if section == "channels":
        return ["views"]
    estimator_class = _class(section, kind)
    if estimator_class is None:
        return []
    names = inspect.signature(estimator_class).parameters
    return [name for name in names if name not in _HIDDEN]


def _class(section, kind):
    types = SECTIONS[section]
    address = types if kind is None else types[kind]
    if address is None:
        return None
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)


def _score_function(name):
    from sklearn import feature_selection

    names = [
        "f_classif",
        "mutual_info_classif",
        "chi2",
        "f_regression",
        "mutual_info_regression",
        "r_regression",
    ]
    if name not in names:
        raise ValueError(
            f"[selection] score_func must be one of {', '.join(names)}, got {name!r}"
            f"{_nearest(name, names)}."
        )
    return getattr(feature_selection, name)


def _nearest(name, names):
    found = difflib.get_close_matches(str(name), list(names), n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""
