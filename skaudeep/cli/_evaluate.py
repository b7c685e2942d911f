"""``skaudeep evaluate``."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import click

from skaudeep.cli._clips import open_clips
from skaudeep.cli._console import pass_console
from skaudeep.cli._corpus import corpus_argument, corpus_options
from skaudeep.cli._recipe import classifier_options, merge_settings, recipe_options

__all__ = ["evaluate"]

_RESULTS = "results.json"
_MATRIX = "confusion_matrix"


@click.command()
@corpus_argument
@click.option(
    "--train-partition",
    "train",
    multiple=True,
    metavar="NAME",
    help="Train on this partition instead of the folds; may be repeated.",
)
@click.option(
    "--eval-partition",
    "test",
    multiple=True,
    metavar="NAME",
    help="And test on this one; may be repeated.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, path_type=Path),
    metavar="MODEL",
    help="Test this saved pipeline and train nothing.",
)
@click.option(
    "--upsample",
    is_flag=True,
    help="Repeat clips of rare classes when the classifier is trained.",
)
@click.option(
    "--repeat",
    "n_repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How often all is done, with one seed after the other.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Write {_RESULTS}, with all predictions, and {_MATRIX}.png.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@corpus_options
@recipe_options
@classifier_options
@pass_console
def evaluate(
    console,
    path,
    train,
    test,
    model,
    upsample,
    n_repeats,
    output,
    overwrite,
    corpus_options,
    config,
    options,
):
    """Train and test a recipe on the folds or partitions of a corpus.

    CORPUS is a file of features, of which the recipe then has no part, a table (.csv,
    .tsv), a folder or the root of a known corpus. All that is learnt is learnt on the
    training part of each split; nothing is chosen on what is tested.
    """
    _check_output(output, overwrite)
    settings = merge_settings(config, options)
    if console.interactive:
        settings.setdefault("verbose", 1)
    corpus = open_clips(path, corpus_options, settings)
    if model is None:
        splits = _splits(console, corpus, train, test)
        results = _run(console, settings, corpus, splits, n_repeats, upsample)
    else:
        _refuse_training(train, upsample, n_repeats, options, config)
        results = _run_model(corpus, path, model, test)
    settings.pop("verbose", None)
    values = _values(console, results, corpus)
    values = {"corpus": str(path), **values}
    values |= {"settings": settings} if model is None else {"model": str(model)}
    if output is not None:
        _write(output, values, results, corpus, overwrite)
    console.result(values, _text(values, output))


def _splits(console, corpus, train, test):
    from skaudeep.cli._fitting import known_labels
    from skaudeep.cli._splits import make_splits, untrained_classes
    from skaudeep.cli._tables import some
    from skaudeep.datasets import check_group_leaks

    splits = make_splits(corpus, train, test, known_labels(corpus))
    for name, classes in untrained_classes(splits, corpus.target).items():
        console.warn(
            f"{name} tests classes of which it trains on no clip: {some(classes)}."
        )
    if corpus.groups is not None:
        check_group_leaks([fold for _, *fold in splits], corpus.groups)
    return splits


def _run(console, settings, corpus, splits, n_repeats, upsample):
    from skaudeep.cli._evaluation import cross_validate
    from skaudeep.cli._scores import score_split

    results = []
    runs = cross_validate(
        settings, corpus, splits, n_repeats=n_repeats, upsample=upsample
    )
    for run in console.progress(runs, "evaluate", total=n_repeats * len(splits)):
        run.scores = score_split(run)
        del run["estimator"]
        results.append(run)
    return results


def _run_model(corpus, corpus_path, path, test):
    import numpy as np

    from skaudeep import io
    from skaudeep.cli._evaluation import evaluate_model
    from skaudeep.cli._fitting import known_labels, refuse_other_input
    from skaudeep.cli._scores import score_split
    from skaudeep.cli._splits import partition_index

    index = known_labels(corpus)
    if test:
        index = np.intersect1d(index, partition_index(corpus, test))
        if not len(index):
            raise ValueError(f"Partition {', '.join(test)} has no labelled clip.")
    pipeline = io.load(path)
    refuse_other_input(path, pipeline, corpus_path, "X" in corpus)
    run = evaluate_model(pipeline, corpus, index)
    run.scores = score_split(run)
    return [run]


def _refuse_training(train, upsample, n_repeats, options, config):
    given = [name for name, value in options.items() if value not in (None, ())]
    if train or upsample or n_repeats > 1 or config is not None or given:
        raise click.UsageError(
            "--model tests a pipeline as it was saved: no recipe, --train-partition, "
            "--upsample and --repeat with it."
        )


def _values(console, results, corpus):
    """What there is to say about the predictions."""
    import numpy as np

    from skaudeep.cli._scores import summarise
    from skaudeep.cli._tables import some

    unscored = [
        corpus.names[i]
        for run in results
        for i, label in zip(run.test, run.labels, strict=True)
        if label is None
    ]
    unscored = list(dict.fromkeys(unscored))
    if unscored:
        console.warn(
            f"{len(unscored)} clips have no prediction and count in no score: "
            f"{some(unscored)}."
        )
    values = {
        "splits": [
            {
                "repeat": run.repeat,
                "split": run.split,
                "n_test": len(run.test),
                **run.scores,
            }
            for run in results
        ],
        "summary": summarise([run.scores for run in results]),
        "unscored": unscored,
    }
    pairs = [
        (truth, label)
        for run in results
        for truth, label in zip(run.y_true, run.labels, strict=True)
        if label is not None
    ]
    if pairs and np.ndim(pairs[0][0]) == 0 and not isinstance(pairs[0][0], float):
        from sklearn.metrics import confusion_matrix

        y_true, y_pred = (
            np.array(part, dtype=str) for part in zip(*pairs, strict=True)
        )
        labels = np.unique(np.concatenate([y_true, y_pred]))
        values["labels"] = labels.tolist()
        values["confusion_matrix"] = confusion_matrix(
            y_true, y_pred, labels=labels
        ).tolist()
    return values


def _text(values, output):
    from skaudeep.cli._scores import confusion_table
    from skaudeep.cli._tables import text_table

    names = list(values["summary"])
    repeats = {split["repeat"] for split in values["splits"]}
    rows = []
    for split in values["splits"]:
        name = split["split"]
        if len(repeats) > 1:
            name = f"repeat {split['repeat']}, {name}"
        scores = [f"{split[key]:.4f}" if key in split else "-" for key in names]
        rows.append([name, *scores, split["n_test"]])
    n_splits = len(rows)
    if n_splits > 1:
        for kind in ("mean", "std"):
            scores = [f"{values['summary'][name][kind]:.4f}" for name in names]
            rows.append([kind, *scores, ""])
    parts = [text_table(rows, ["", *names, "clips"])]
    if "confusion_matrix" in values:
        title = "Confusion matrix" + " of all splits together" * (n_splits > 1)
        table = confusion_table(values["confusion_matrix"], values["labels"])
        parts.append(f"{title}\n{table}")
    if output is not None:
        parts.append(f"Written to {output}.")
    return "\n\n".join(parts)


def _check_output(output, overwrite):
    for name in (_RESULTS, f"{_MATRIX}.png"):
        if output is not None and (output / name).exists() and not overwrite:
            raise FileExistsError(
                f"{str(output / name)!r} exists; --overwrite replaces it."
            )


def _write(output, values, results, corpus, overwrite):
    import json

    from skaudeep._files import atomic_path

    output.mkdir(parents=True, exist_ok=True)
    predictions = [
        {
            "repeat": run.repeat,
            "split": run.split,
            "clip": corpus.names[i],
            "true": _plain(truth),
            "predicted": _plain(label),
        }
        for run in results
        for i, truth, label in zip(run.test, run.y_true, run.labels, strict=True)
    ]
    with atomic_path(output / _RESULTS, overwrite) as temporary:
        text = json.dumps({**values, "predictions": predictions}, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")
    if "confusion_matrix" in values:
        from skaudeep.cli._pictures import save_confusion_matrix

        save_confusion_matrix(
            output / f"{_MATRIX}.png",
            values["confusion_matrix"],
            values["labels"],
            overwrite,
        )


def _plain(value):
    return value.tolist() if hasattr(value, "tolist") else value
