"""``skaudeep extract``."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import click

from skaudeep.cli._console import pass_console
from skaudeep.cli._corpus import corpus_argument, corpus_options, open_corpus
from skaudeep.cli._formats import check_format, check_free, format_option
from skaudeep.cli._recipe_options import recipe_options
from skaudeep.cli._tables import some

__all__ = ["extract"]

# Options that mean nothing where there are pictures.
_OF_RECORDINGS = (
    "frames",
    "start",
    "end",
    "time_continuous",
    "train_on",
    "model",
    "save_model",
    "save_chunks",
    "save_pictures",
)


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
@click.option(
    "--pictures",
    is_flag=True,
    help="CORPUS holds pictures, png or jpg, not recordings: for deepspectrum.",
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
@click.option(
    "--save-chunks",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write every recording or chunk as a wav file, too.",
)
@click.option(
    "--save-pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the pictures that the network of deepspectrum sees, too.",
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
    check_format(output, values["format"])
    _check_piece(values["start"], values["end"])
    more = [values[name] for name in ("save_model", "save_chunks", "save_pictures")]
    more = [target for target in more if target is not None]
    _check_free(output, [output, *more], values["overwrite"])
    if values["pictures"]:
        _extract_pictures(
            console, path, output, corpus_options, config, options, values
        )
        return
    corpus = open_corpus(path, **corpus_options)

    from skaudeep.cli._extract_files import draws_pictures, save_chunks, save_pictures
    from skaudeep.cli._extract_models import find_transformer, save_model
    from skaudeep.cli._extract_rows import make_rows
    from skaudeep.cli._extraction import Extraction
    from skaudeep.cli._partial import PartialWork, folder_of

    plan, transformer, chunks = find_transformer(config, options, values["model"])
    if label_file is not None and chunks is None:
        raise click.UsageError("--time-continuous is for chunks: --chunk-length.")
    if values["frames"] and chunks is not None:
        raise click.UsageError("--frames and --chunk-length exclude each other.")
    if values["save_pictures"] is not None and not draws_pictures(transformer):
        raise click.UsageError("--save-pictures is for one --features deepspectrum.")
    rows = make_rows(
        corpus,
        start=values["start"],
        end=values["end"],
        chunks=chunks,
        label_file=label_file,
    )
    _check_partitions(rows, values)
    trainings, outputs = _trainings(console, rows, transformer, output, values)
    _check_free(output, outputs, values["overwrite"])
    work = PartialWork(folder_of(output), plan, restart=values["restart"])
    console.detail("\n".join(f"{name} = {value}" for name, value in plan.items()))
    if work.resumed:
        console.say(f"going on with what {work.folder} holds")
    try:
        extraction = Extraction(
            transformer,
            work,
            console,
            fitted=values["model"] is not None,
            block_size=values["block_size"],
        )
        results = extraction.run(rows.recordings, trainings)
        for (target, cv), (features, fitted) in zip(
            outputs.items(), results, strict=True
        ):
            n_rows = _write(target, features, fitted, rows, cv, plan, values)
            work.claim(target)
        if values["save_model"] is not None:
            save_model(values["save_model"], fitted, chunks)
            work.claim(values["save_model"])
        if values["save_chunks"] is not None:
            work.claim(values["save_chunks"])
            save_chunks(console, rows, values["save_chunks"])
        if values["save_pictures"] is not None:
            work.claim(values["save_pictures"])
            save_pictures(console, fitted, rows, values["save_pictures"])
        _report(console, features, rows, n_rows, outputs)
        work.remove()
    finally:
        work.leave()


def _check_free(output, targets, overwrite):
    """Refuse what exists, unless it is of the same extraction, interrupted."""
    from skaudeep.cli._partial import PartialWork

    for target in targets:
        own = overwrite or PartialWork.claimed(output, target)
        check_free(target, own)


def _extract_pictures(console, path, output, corpus_options, config, options, values):
    """Extract features of a corpus of pictures, with the options that mean any."""
    from skaudeep.cli._extract_rows import make_rows
    from skaudeep.cli._partial import PartialWork, folder_of
    from skaudeep.cli._picture_files import PICTURE_EXTENSIONS, PictureExtraction

    for name in _OF_RECORDINGS:
        if values[name] not in (None, False, "all"):
            flag = name.replace("_", "-")
            raise click.UsageError(f"--{flag} is for recordings, not for --pictures.")
    if path.is_dir() and not corpus_options["extensions"]:
        corpus_options = {**corpus_options, "extensions": PICTURE_EXTENSIONS}
    extraction = PictureExtraction(config, options)
    rows = make_rows(open_corpus(path, **corpus_options))
    _check_partitions(rows, values)
    work = PartialWork(folder_of(output), extraction.plan, restart=values["restart"])
    if work.resumed:
        console.say(f"going on with what {work.folder} holds")
    try:
        features = extraction.run(rows.recordings, work, console, values["block_size"])
        n_rows = _write(output, features, None, rows, rows.cv, extraction.plan, values)
        _report(console, features, rows, n_rows, [output])
        work.remove()
    finally:
        work.leave()


def _check_piece(start, end):
    """Refuse what is no part of any recording."""
    if start is not None and not start >= 0:
        raise click.UsageError(f"--start must not be negative, got {start:g}.")
    if end is not None and not end > (start or 0):
        raise click.UsageError(
            f"--end {end:g} must be behind --start, which is {start or 0:g} s."
        )


def _label_file_of_chunks(corpus_options, time_continuous):
    """The file of --labels, if it speaks of chunks; the corpus then has none."""
    if not time_continuous:
        return None
    if corpus_options["label_file"] is None:
        raise click.UsageError("--time-continuous needs --labels.")
    return corpus_options.pop("label_file")


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


def _check_partitions(rows, values):
    """Refuse what has no place in the format, before it is computed."""
    if values["format"] == "autrainer" and rows.partitions is None:
        raise click.UsageError(
            "--format autrainer needs a corpus with partitions: write another format, "
            "and skaudeep convert --add-partitions makes some."
        )


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
    save_features(table, target, **options, overwrite=True)
    return len(table)


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


def _report(console, features, rows, n_rows, outputs):
    import numpy as np

    from skaudeep._containers import missing_clips

    if isinstance(features, np.ndarray) and features.ndim == 2:
        missing = np.isnan(features).all(axis=1)
        what = f"{features.shape[1]} features"
    else:
        missing = missing_clips(features)
        shape = f"{features[0].shape[1]} bands"
        what = f"sequences of {shape}" if n_rows == len(features) else shape
    missing = [str(rows.recordings[row]) for row in np.flatnonzero(missing)]
    files = [str(path) for path in outputs]
    text = f"{n_rows} rows of {what} in {some(files)}"
    if missing:
        text += f"\n{len(missing)} missing (NaN), not readable: {some(missing)}"
    console.result(
        {
            "output": files,
            "n_rows": n_rows,
            "missing": missing,
        },
        text,
    )
