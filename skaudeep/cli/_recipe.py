"""From the settings of a recipe to a Pipeline."""
# SPDX-License-Identifier: BSD-3-Clause

import json

from skaudeep.cli._recipe_options import classifier_options, recipe_options
from skaudeep.cli._recipe_settings import merge_settings

__all__ = [
    "classifier_options",
    "gives_sequences",
    "make_classifier",
    "make_features",
    "make_pipeline",
    "merge_settings",
    "recipe_options",
]


def make_features(settings):
    """A pipeline from recordings to features, or to sequences.

    Parameters
    ----------
    settings : dict
        As :func:`merge_settings` returns them.

    Returns
    -------
    Pipeline
        To one row a clip; with ``[chunks]``, windows of pictures that are not
        aggregated or no representation, to one sequence a clip.
    """
    from sklearn.pipeline import FeatureUnion, Pipeline

    from skaudeep.audio import ChunkFeatures
    from skaudeep.cli._recipe_stages import build

    views = _several(settings.get("channels", {}).get("views"))
    levels = _several(settings.get("spectrogram", {}).get("clip_below"))
    branches = [
        (_branch_name(view, level), _branch(settings, view, level))
        for view in views
        for level in levels
    ]
    if len(branches) == 1:
        steps = branches[0][1].steps
    else:
        if _rows_are_sequences(settings):
            raise ValueError(
                "Several [channels] views or clip_below levels are fused as features, "
                "one row a clip, but this recipe makes sequences: it needs a "
                "[representation], or an [aggregation] of windows."
            )
        steps = [("fusion", FeatureUnion(branches))]
    if "chunks" in settings:
        _check_chunks(settings)
        chunks = build(settings, "chunks").get_params()
        steps = [("chunks", ChunkFeatures(Pipeline(steps), **chunks))]
    return Pipeline(steps)


def make_classifier(settings, *, sequences=None):
    """What follows on the features: scaler, selection, vote and classifier.

    Parameters
    ----------
    settings : dict
        As :func:`merge_settings` returns them.
    sequences : bool or None, default=None
        Whether it will be given sequences of chunks rather than one row a clip; None
        for what :func:`make_features` makes of these settings.

    Returns
    -------
    Pipeline
        Its last step is named "classifier".
    """
    from sklearn.pipeline import Pipeline

    from skaudeep.cli._recipe_stages import SEQUENCE_CLASSIFIERS, build, kind_of

    if sequences is None:
        sequences = gives_sequences(settings)
    kind = kind_of(settings, "classifier")
    if kind == "none":
        raise ValueError("[classifier] must not be of type 'none' here.")
    if kind in SEQUENCE_CLASSIFIERS:
        _check_sequence_classifier(settings, kind, sequences)
        more = _picture(settings) if kind == "deepspectrum" else {}
        return Pipeline([("classifier", build(settings, "classifier", **more))])
    steps = [
        (section, build(settings, section))
        for section in ("scaler", "selection", "classifier")
    ]
    steps = Pipeline([(name, step) for name, step in steps if step is not None])
    if sequences:
        vote = build(settings, "vote", estimator=steps)
        return Pipeline([("classifier", vote)])
    if "vote" in settings:
        raise ValueError(
            "[vote] is for clips in several rows: [chunks], or the windows of a "
            "[representation]. This recipe makes one row a clip."
        )
    return steps


def make_pipeline(settings):
    """A pipeline from recordings to labels.

    Parameters
    ----------
    settings : dict
        As :func:`merge_settings` returns them.

    Returns
    -------
    Pipeline
        Its first step, "features", is that of :func:`make_features`; the others are
        those of :func:`make_classifier`, none for a classifier of type "none".
    """
    from sklearn.pipeline import Pipeline

    from skaudeep.cli._recipe_stages import SEQUENCE_CLASSIFIERS, kind_of

    features = make_features(settings)
    if kind_of(settings, "classifier") == "none":
        return Pipeline([("features", features)])
    classifier = make_classifier(settings)
    if (
        kind_of(settings, "representation") == "none"
        and kind_of(settings, "classifier") not in SEQUENCE_CLASSIFIERS
        and "vote" not in settings
    ):
        raise ValueError(
            "[representation] of type 'none' leaves spectrograms, which [classifier] "
            f"of type {kind_of(settings, 'classifier')!r} does not take: choose "
            "another, or let their frames decide with a [vote]."
        )
    return Pipeline([("features", features), *classifier.steps])


def gives_sequences(settings):
    """Whether :func:`make_features` makes sequences of clips, not one row of each."""
    return "chunks" in settings or _rows_are_sequences(settings)


def _several(value):
    """Values of which each is a branch."""
    if isinstance(value, list | tuple):
        if not value or len(set(map(str, value))) < len(value):
            raise ValueError(
                "[channels] views and [spectrogram] clip_below must name at least one "
                f"and none twice, got {json.dumps(value)}."
            )
        return list(value)
    return [value]


def _branch_name(view, level):
    words = [] if view is None else [view if isinstance(view, str) else f"ch{view}"]
    if level is not None:
        words.append("unclipped" if level == "None" else f"{level:g} dB")
    return " ".join(words) or "all"


def _branch(settings, view, level):
    """The steps for one view of the channels, clipped at one level."""
    from sklearn.pipeline import Pipeline

    from skaudeep.audio import ChannelSplitter
    from skaudeep.cli._recipe_stages import build, plain_value

    steps = []
    if view is not None:
        index = isinstance(view, str) and view.isdecimal()
        splitter = ChannelSplitter(int(view) if index else view)
        splitter._validate_params()
        steps.append(("channel", splitter))
    # Of several levels the one of this branch, which may be None.
    levels = settings.get("spectrogram", {}).keys() & {"clip_below"}
    clipped = dict.fromkeys(levels, plain_value(level))
    steps.append(("spectrogram", build(settings, "spectrogram", **clipped)))
    representation = _representation(settings)
    if representation is not None:
        steps.append(("representation", representation))
    if "aggregation" in settings:
        steps.append(("aggregation", build(settings, "aggregation")))
    return Pipeline(steps)


def _representation(settings):
    from skaudeep.cli._recipe_stages import build, kind_of, plain_value

    kind, more = kind_of(settings, "representation"), {}
    if kind == "deepspectrum":
        more = _picture(settings)
    elif "picture" in settings and kind_of(settings, "classifier") != "deepspectrum":
        raise ValueError(
            "[picture] is for a [representation] or a [classifier] of type "
            f"'deepspectrum', but the representation is {kind!r}."
        )
    given = settings.get("representation", {})
    windowed = plain_value(given.get("window")) is not None
    if windowed and "frame_step" not in given:
        more["frame_step"] = _frame_step(settings)
    if "aggregation" in settings and kind != "none" and not windowed:
        raise ValueError(
            "[aggregation] makes one row of the windows of a [representation], which "
            f"of type {kind!r} without a window makes one row itself."
        )
    return build(settings, "representation", **more)


def _frame_step(settings):
    """Seconds from one frame of the spectrogram to the next."""
    from skaudeep.cli._recipe_stages import build

    given = settings.get("spectrogram", {})
    # A list of levels is not for one spectrogram.
    one = {name: value for name, value in given.items() if name != "clip_below"}
    spectrogram = build({**settings, "spectrogram": one}, "spectrogram")
    return spectrogram.window_width - spectrogram.window_overlap


def _picture(settings):
    from skaudeep.cli._recipe_stages import build

    return {"picture": build(settings, "picture")} if "picture" in settings else {}


def _rows_are_sequences(settings):
    """Whether one recording, or one chunk, becomes a sequence."""
    from skaudeep.cli._recipe_stages import kind_of, plain_value

    last = "aggregation" if "aggregation" in settings else "representation"
    windowed = plain_value(settings.get(last, {}).get("window")) is not None
    return windowed or kind_of(settings, last) == "none"


def _check_chunks(settings):
    from skaudeep.cli._recipe_stages import plain_value

    if _rows_are_sequences(settings):
        raise ValueError(
            "[chunks] need a [representation] that makes one row of each, but this "
            "recipe makes a sequence of each."
        )
    width = settings["chunks"].get("width")
    duration = plain_value(settings.get("spectrogram", {}).get("duration"))
    if width is not None and duration is not None and duration > width:
        raise ValueError(
            f"[spectrogram] duration={duration} would pad every chunk, which are "
            f"{width} s long ([chunks] width). At most {width} s are allowed."
        )


def _check_sequence_classifier(settings, kind, sequences):
    needless = [part for part in ("scaler", "selection", "vote") if part in settings]
    if needless:
        raise ValueError(
            f"[{needless[0]}] is for features, but the [classifier] of type {kind!r} "
            "takes spectrograms."
        )
    if not sequences or "chunks" in settings:
        raise ValueError(
            f"[classifier] of type {kind!r} takes spectrograms: the [representation] "
            "must be of type 'none', without [chunks]."
        )
