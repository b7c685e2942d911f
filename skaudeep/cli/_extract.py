"""``skaudeep extract``."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import click

from skaudeep.cli._console import pass_console
from skaudeep.cli._corpus import corpus_argument, corpus_options, open_corpus
from skaudeep.cli._formats import check_free, check_output, format_option
from skaudeep.cli._recipe_options import recipe_options
from skaudeep.cli._tables import some

__all__ = ["extract"]

# What may be said beside --model: all else is in the model.
_WITH_MODEL = ("on_error", "n_jobs")


@click.command()
@corpus_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="File of features; its ending is the format: .nc, .csv, .arff, .parquet or "
    ".libsvm.",
)
@format_option
@click.option(
    "--frames",
    is_flag=True,
    help="Write a row for each frame of a sequence, not one for each recording.",
)
@recipe_options
@click.option("--start", type=float, metavar="S", help="Leave out what is before.")
@click.option("--end", type=float, metavar="S", help="Leave out what is behind.")
@corpus_options
@click.option(
    "--time-continuous",
    is_flag=True,
    help="The file of --labels has a label for each chunk: file, timestamp, label.",
)
@click.option(
    "--train-on",
    type=click.Choice(["all", "train"]),
    default="all",
    show_default=True,
    help="What a representation learns from: all recordings, or the training part of "
    "the partitions or of each fold, which makes a file for each.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE",
    help="Use this model instead of making one.",
)
@click.option(
    "--save-model",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the fitted model, for other recordings.",
)
@click.option(
    "--columns",
    type=click.Choice(["audeep", "deepspectrum"]),
    help="Whose names and order the columns of .csv and .arff have.",
)
@click.option("--no-labels", is_flag=True, help="Write no labels.")
@click.option("--no-timestamps", is_flag=True, help="Write no beginnings of chunks.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@click.option(
    "--restart",
    is_flag=True,
    help="Do not go on with what an interrupted extraction has left.",
)
@click.option(
    "--block-size",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    metavar="N",
    help="Recordings computed between two savings.",
)
@pass_console
def extract(console, path, output, corpus_options, config, options, **values):
    """Compute features of recordings and write them to a file.

    CORPUS is an audio file, a list of files (.txt), a table (.csv, .tsv), a folder or
    the root of a known corpus. An extraction that was interrupted goes on when the
    same command is given again.
    """
    label_file = _label_file_of_chunks(corpus_options, values["time_continuous"])
    check_output(output, values["format"], values["overwrite"])
    if values["save_model"] is not None:
        check_free(values["save_model"], values["overwrite"])
    corpus = open_corpus(path, **corpus_options)

    from skaudeep.cli._extract_rows import make_rows
    from skaudeep.cli._extraction import Extraction
    from skaudeep.cli._partial import PartialWork

    plan, transformer, chunks = _transformer(config, options, values["model"])
    if label_file is not None and chunks is None:
        raise click.UsageError("--time-continuous is for chunks: --chunk-length.")
    if values["frames"] and chunks is not None:
        raise click.UsageError("--frames and --chunk-length exclude each other.")
    rows = make_rows(
        corpus,
        start=values["start"],
        end=values["end"],
        chunks=chunks,
        label_file=label_file,
    )
    trainings, outputs = _trainings(console, rows, transformer, output, values)
    for target in outputs:
        check_free(target, values["overwrite"])
    folder = output.with_name(output.name + ".partial")
    work = PartialWork(folder, plan, restart=values["restart"])
    if work.resumed:
        console.say(f"going on with what {folder} holds")
    extraction = Extraction(
        transformer,
        work,
        console,
        fitted=values["model"] is not None,
        block_size=values["block_size"],
    )
    results = extraction.run(rows.recordings, trainings)
    for (target, cv), (features, fitted) in zip(outputs.items(), results, strict=True):
        _write(target, features, fitted, rows, cv, plan, values)
        if values["save_model"] is not None:
            _save_model(values["save_model"], fitted, chunks, values["overwrite"])
    _report(console, features, rows, outputs)
    work.remove()


def _label_file_of_chunks(corpus_options, time_continuous):
    """The file of --labels, if it speaks of chunks; the corpus then has none."""
    if not time_continuous:
        return None
    if corpus_options["label_file"] is None:
        raise click.UsageError("--time-continuous needs --labels.")
    return corpus_options.pop("label_file")


def _transformer(config, options, model):
    """What is computed: its settings as text, itself, and the chunks it is for."""
    from skaudeep.cli._extraction import parameters_of

    if model is not None:
        return _of_model(config, options, model)
    from skaudeep.cli._recipe import make_features, merge_settings

    settings = merge_settings(config, options)
    chunks = settings.pop("chunks", None)
    transformer = make_features(settings)
    return parameters_of(transformer), transformer, chunks


def _of_model(config, options, path):
    from skaudeep.audio import ChunkFeatures
    from skaudeep.cli._recipe_stages import plain_value
    from skaudeep.io import load

    given = {name for name, value in options.items() if value not in (None, ())}
    needless = sorted(given - {*_WITH_MODEL})
    if config is not None or needless:
        name = needless[0].replace("_", "-") if needless else "config"
        raise click.UsageError(
            f"--{name} is for a new model, but --model {path} is given."
        )
    transformer = load(path)
    steps = getattr(transformer, "named_steps", {})
    # Of a pipeline that ends in a classifier.
    transformer = steps.get("features", transformer)
    chunks = None
    last = transformer.steps[-1][1] if hasattr(transformer, "steps") else None
    if isinstance(last, ChunkFeatures):
        chunks = {
            name: getattr(last, name)
            for name in ("width", "hop", "count", "sample_rate")
        }
        transformer = last.transformer_
    if not hasattr(transformer, "steps") or not hasattr(transformer, "transform"):
        raise ValueError(
            f"{path} holds no pipeline that makes features, but a "
            f"{type(transformer).__name__}."
        )
    changed = {
        name: plain_value(options[name])
        for name in _WITH_MODEL
        if options[name] is not None
    }
    transformer.set_params(
        **{
            parameter: changed[parameter.rpartition("__")[2]]
            for parameter in transformer.get_params()
            if parameter.rpartition("__")[2] in changed
        }
    )
    status = path.stat()
    plan = {"model": f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"}
    return (
        {**plan, **{name: str(changed.get(name)) for name in ("on_error",)}},
        transformer,
        chunks,
    )


def _trainings(console, rows, transformer, output, values):
    """Rows to learn from, and the folds that each file of features gets."""
    from skaudeep.cli._extraction import learns

    if values["train_on"] == "all" or values["model"] is not None:
        return [None], {output: rows.cv}
    if not learns(transformer):
        console.warn("--train-on train changes nothing: no step of this recipe learns.")
        return [None], {output: rows.cv}
    if rows.partitions is not None and "train" in rows.partitions:
        return [rows.partitions["train"]], {output: rows.cv}
    if rows.cv is None:
        raise click.UsageError(
            "--train-on train needs a corpus with partitions or folds; --folds K makes "
            "some."
        )
    if values["save_model"] is not None:
        raise click.UsageError(
            "--save-model: --train-on train makes a model for each of "
            f"{len(rows.cv.folds)} folds; leave out --train-on or give partitions."
        )
    from skaudeep.datasets import PredefinedFolds

    outputs = {
        output.with_name(f"{output.stem}_fold_{number}{output.suffix}"): (
            PredefinedFolds([fold])
        )
        for number, fold in enumerate(rows.cv.folds, start=1)
    }
    return [train for train, _ in rows.cv.folds], outputs


def _write(target, features, fitted, rows, cv, settings, values):
    from skaudeep.io import FeatureTable, save_features

    table = FeatureTable(
        features,
        rows.filename,
        chunk_nr=rows.chunk,
        timestamps=None if values["no_timestamps"] else rows.timestamp,
        target=None if values["no_labels"] else rows.target,
        target_names=None if values["no_labels"] else rows.target_names,
        partition=rows.partitions,
        cv=cv,
        groups=rows.groups,
        settings=settings,
    )
    if values["frames"] and table.features.ndim != 2:
        table = table.to_chunks(None if values["no_timestamps"] else _hop(fitted))
    _refuse_ragged(table, target, values["format"])
    options = {"layout": values["columns"], "format": values["format"]}
    options = {name: value for name, value in options.items() if value is not None}
    save_features(table, target, **options, overwrite=values["overwrite"])


def _hop(fitted):
    """Seconds from one frame to the next, None if no step says it."""
    for _, step in reversed(fitted.steps):
        if getattr(step, "window", None) and hasattr(step, "hop"):
            return step.window if step.hop is None else step.hop
        if hasattr(step, "window_overlap"):
            return step.window_width - step.window_overlap
    return None


def _refuse_ragged(table, target, kind):
    if table.features.dtype == object and kind != "autrainer":
        raise ValueError(
            f"{target} would hold one row a recording, but these have sequences of "
            "different lengths. What is computed is kept: --frames writes a row for "
            "each frame, --format autrainer, for partitions, a file for each "
            "recording; --duration makes all of one length."
        )


def _save_model(path, fitted, chunks, overwrite):
    from sklearn.pipeline import Pipeline

    from skaudeep.audio import ChunkFeatures
    from skaudeep.io import save

    if chunks is not None:
        # So that new recordings are cut as these were.
        in_chunks = ChunkFeatures(fitted, **chunks)
        in_chunks.transformer_ = fitted
        fitted = Pipeline([("chunks", in_chunks)])
    save(fitted, path, overwrite=overwrite)


def _report(console, features, rows, outputs):
    import numpy as np

    from skaudeep._containers import missing_clips

    if isinstance(features, np.ndarray) and features.ndim == 2:
        missing = np.isnan(features).all(axis=1)
        what = f"{features.shape[1]} features"
    else:
        missing = missing_clips(features)
        what = f"sequences of {features[0].shape[1]} bands"
    missing = [str(rows.recordings[row]) for row in np.flatnonzero(missing)]
    files = [str(path) for path in outputs]
    text = f"{len(features)} rows of {what} in {some(files)}"
    if missing:
        text += f"\n{len(missing)} missing (NaN), not readable: {some(missing)}"
    console.result(
        {
            "output": files,
            "n_rows": len(features),
            "missing": missing,
        },
        text,
    )
