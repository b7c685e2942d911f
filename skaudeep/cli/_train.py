"""``skaudeep train``."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import time
from pathlib import Path

import click

from skaudeep.cli._clips import open_clips
from skaudeep.cli._console import pass_console
from skaudeep.cli._corpus import corpus_argument, corpus_options
from skaudeep.cli._recipe import (
    classifier_options,
    make_classifier,
    make_pipeline,
    merge_settings,
    recipe_options,
)

__all__ = ["train"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@corpus_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="MODEL",
    help="Where the fitted pipeline is saved.",
)
@click.option(
    "--partition",
    "partitions",
    multiple=True,
    metavar="NAME",
    help="Train on this partition only; may be repeated.",
)
@click.option(
    "--upsample",
    is_flag=True,
    help="Repeat clips of rare classes when the classifier is trained.",
)
@click.option(
    "--report", type=_FILE, metavar="FILE", help="Write a report: .json or text."
)
@click.option(
    "--history", type=_FILE, metavar="FILE", help="Write the losses: .json or .csv."
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@corpus_options
@recipe_options
@classifier_options
@pass_console
def train(
    console,
    path,
    output,
    partitions,
    upsample,
    report,
    history,
    overwrite,
    corpus_options,
    config,
    options,
):
    """Fit a pipeline to a corpus and save it.

    CORPUS is a file of features, of which the recipe then has no part, a list of files
    (.txt), a table (.csv, .tsv), a folder or the root of a known corpus. With a
    classifier of type none only the representation is trained, and no labels are
    needed.
    """
    files = [file for file in (output, report, history) if file is not None]
    _check_outputs(files, overwrite)
    settings = merge_settings(config, options)
    if console.interactive:
        settings.setdefault("verbose", 1)
    corpus = open_clips(path, corpus_options, settings)
    _name_tags(settings, corpus)
    if "X" in corpus:
        pipeline = make_classifier(settings, sequences=corpus.sequences)
    else:
        pipeline = make_pipeline(settings)
    settings.pop("verbose", None)
    values = _fit(console, pipeline, corpus, partitions, upsample)
    values = {"corpus": str(path), "settings": settings, **values}

    from skaudeep import io

    io.save(pipeline, output, overwrite=overwrite)
    text = _text(values)
    if report is not None:
        as_json = report.suffix.lower() == ".json"
        _write(report, json.dumps(values, indent=2) if as_json else text, overwrite)
    if history is not None:
        _write(history, _history_text(history, values["history"]), overwrite)
    console.result({"model": str(output), **values}, f"{text}\nSaved to {output}.")


def _name_tags(settings, corpus):
    """Let a tagger know what the columns of the labels are called."""
    import numpy as np

    from skaudeep.cli._recipe_stages import kind_of

    if np.ndim(corpus.target) == 2 and kind_of(settings, "classifier") == "tagger":
        names = [str(name) for name in corpus.target_names]
        settings["classifier"].setdefault("tags", names)


def _fit(console, pipeline, corpus, partitions, upsample):
    """Fit; what there is to say about it."""
    from skaudeep.cli._fitting import (
        fit_head,
        fit_tail,
        labels_for,
        split_pipeline,
        walk,
    )

    head, tail = (None, pipeline) if "X" in corpus else split_pipeline(pipeline)
    index = _chosen(corpus, partitions, labelled=tail is not None)
    left_out = len(corpus.recordings) - len(index)
    if left_out:
        console.say(f"Training on {len(index)} of {len(corpus.recordings)} clips.")
    y = None if corpus.target is None else corpus.target[index]
    if tail is not None:
        y = labels_for(tail, y)
    start = time.perf_counter()
    X = fit_head(head, corpus.get("X", corpus.recordings)[index], y)
    feature_seconds = time.perf_counter() - start
    values = {
        "n_clips": len(index),
        "unreadable": _name_missing(console, X, [corpus.names[i] for i in index]),
        "seconds_features": round(feature_seconds, 3),
    }
    if tail is not None:
        rows = fit_tail(tail, X, y, upsample=upsample)
        values["seconds_classifier"] = round(
            time.perf_counter() - start - feature_seconds, 3
        )
        values |= _training_scores(tail, X, y, rows)
    values["history"] = {}
    for name, estimator in walk(pipeline):
        if hasattr(estimator, "verbose"):
            # A saved model that is used in a script keeps quiet.
            estimator.verbose = type(estimator.verbose)(0)
        if isinstance(getattr(estimator, "history_", None), dict):
            values["history"][name or type(estimator).__name__] = {
                measure: [float(value) for value in curve]
                for measure, curve in estimator.history_.items()
            }
    return values


def _chosen(corpus, partitions, labelled):
    """Indices of the clips to train on, in the order of the corpus."""
    import numpy as np

    from skaudeep.cli._fitting import known_labels
    from skaudeep.cli._splits import partition_index

    index = np.arange(len(corpus.recordings))
    if partitions:
        index = partition_index(corpus, partitions)
    if labelled:
        index = np.intersect1d(index, known_labels(corpus))
        if not len(index):
            raise ValueError(f"Partition {', '.join(partitions)} has no labelled clip.")
    return index


def _name_missing(console, X, names):
    import numpy as np

    from skaudeep.cli._fitting import missing_rows
    from skaudeep.cli._tables import some

    unreadable = [names[i] for i in np.flatnonzero(missing_rows(X))]
    if unreadable:
        console.warn(f"{len(unreadable)} clips could not be used: {some(unreadable)}.")
    return unreadable


def _training_scores(tail, X, y, rows):
    import numpy as np
    from sklearn.base import is_regressor

    from skaudeep.cli._fitting import predict_tail
    from skaudeep.cli._scores import scores_of

    if np.ndim(y) != 1:
        return {"n_labels": y.shape[1]}
    predicted, _ = predict_tail(tail, X)
    scores = scores_of(y[rows], predicted[rows], regression=is_regressor(tail))
    values = {"training_scores": scores}
    if not is_regressor(tail):
        labels, counts = np.unique(y[rows], return_counts=True)
        values["classes"] = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    return values


def _text(values):
    """The report for a reader."""
    from skaudeep.cli._recipe_text import settings_text
    from skaudeep.cli._tables import seconds, text_table

    lines = [f"Trained on {values['n_clips']} clips of {values['corpus']}"]
    if values["unreadable"]:
        lines.append(f"Left out, unreadable: {', '.join(values['unreadable'])}")
    if "classes" in values:
        lines += ["", text_table(list(values["classes"].items()), ("class", "clips"))]
    lines += ["", f"Features    {seconds(values['seconds_features'])}"]
    if "seconds_classifier" in values:
        lines.append(f"Classifier  {seconds(values['seconds_classifier'])}")
    for name, curves in values["history"].items():
        losses = ", ".join(
            f"{measure} {curve[0]:.4g} -> {curve[-1]:.4g}"
            for measure, curve in curves.items()
            if curve
        )
        n_epochs = max(map(len, curves.values()), default=0)
        lines.append(f"{name}: {n_epochs} epochs, {losses or 'no loss'}")
    for name, score in values.get("training_scores", {}).items():
        lines.append(f"{name} on the training clips  {score:.4f}")
    return "\n".join([*lines, "", settings_text(values["settings"])])


def _history_text(path, histories):
    if path.suffix.lower() == ".json":
        return json.dumps(histories, indent=2) + "\n"
    rows = [
        f"{name},{measure},{epoch},{value!r}"
        for name, curves in histories.items()
        for measure, curve in curves.items()
        for epoch, value in enumerate(curve, start=1)
    ]
    return "\n".join(["step,measure,epoch,value", *rows]) + "\n"


def _check_outputs(files, overwrite):
    """Refuse before hours of training what could not be written after them."""
    for file in files:
        if file.exists() and not overwrite:
            raise FileExistsError(f"{str(file)!r} exists; --overwrite replaces it.")
        if not file.resolve().parent.is_dir():
            raise FileNotFoundError(
                f"{str(file)!r} cannot be written: there is no folder "
                f"{str(file.resolve().parent)!r}."
            )


def _write(path, text, overwrite):
    from skaudeep._files import atomic_path

    with atomic_path(path, overwrite) as temporary:
        temporary.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
