"""``skaudeep predict``."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import click

from skaudeep.cli._console import pass_console

__all__ = ["predict"]

# Whose predictions are held at once; their spectrograms and features are.
_BLOCK = 256
_LISTS = (".txt", ".lst", ".csv", ".tsv")


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the table is written; by default it is printed.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "tsv", "json", "jsonl", "audeep"]),
    help="By default what the file's name says, else csv, or jsonl with --quiet: an "
    "object a line. audeep: file, tab and label, without a header.",
)
@click.option(
    "--probabilities/--no-probabilities",
    default=True,
    help="Whether there is a column for each class, if the model knows probabilities.",
)
@click.option(
    "--on-error",
    type=click.Choice(["raise", "warn", "ignore"]),
    help="If a file cannot be used; by default as the model was trained. Its row "
    "stays, empty.",
)
@click.option(
    "--partition",
    "partitions",
    multiple=True,
    metavar="NAME",
    help="Only this partition of a file of features or a table; may be repeated.",
)
@click.option("--n-jobs", type=int, help="Number of files computed at once.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@pass_console
def predict(
    console,
    model,
    files,
    output,
    kind,
    probabilities,
    on_error,
    partitions,
    n_jobs,
    overwrite,
):
    """Name the class, the tags or the events of recordings.

    MODEL is what skaudeep train has saved; FILES are audio files, folders, lists of
    files (.txt) and tables with a column of them (.csv, .tsv), or files of features if
    it was trained on such.
    """
    from skaudeep import io
    from skaudeep.cli._fitting import refuse_other_input, split_pipeline, walk

    if output is not None and output.exists() and not overwrite:
        raise FileExistsError(f"{str(output)!r} exists; --overwrite replaces it.")
    kind = kind or _kind_of(output, console.quiet)
    X, names, features = _inputs(files, partitions)
    pipeline = io.load(model)
    for _, estimator in walk(pipeline):
        for name, value in (("on_error", on_error), ("n_jobs", n_jobs)):
            if value is not None and hasattr(estimator, name):
                setattr(estimator, name, value)
    head, tail = (None, pipeline) if features else split_pipeline(pipeline)
    if not hasattr(tail, "predict"):
        raise ValueError(f"{model} makes features only: it has no classifier.")
    refuse_other_input(model, pipeline, files[0], features)
    labels, scores = _predict(console, head, tail, X)
    unusable = sum(label is None for label in labels)
    if unusable:
        console.warn(f"{unusable} of {len(names)} files have no prediction.")
    header, rows = _table(tail, names, labels, scores if probabilities else None)
    if kind == "audeep" and header[1] != "label":
        raise ValueError("--format audeep has a place for one label a file, no events.")
    text = _text(kind, header, rows)
    if output is None:
        console.print(text)
        return
    from skaudeep._files import atomic_path

    with atomic_path(output, overwrite) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
    console.result(
        {"output": str(output), "n_files": len(names), "n_without": unusable},
        f"{len(names)} files to {output}.",
    )


def _kind_of(output, quiet):
    if output is None:
        return "jsonl" if quiet else "csv"
    suffix = output.suffix.lower()
    return suffix[1:] if suffix in (".csv", ".tsv", ".json", ".jsonl") else "csv"


def _inputs(paths, partitions):
    """What to predict from, the names of the clips, and whether it is features."""
    from skaudeep.cli._inspect_features import is_features

    kinds = [is_features(path) for path in paths]
    if any(kinds) != all(kinds):
        raise ValueError(
            f"{paths[kinds.index(True)]} is a file of features, "
            f"{paths[kinds.index(False)]} is none: give either."
        )
    if not all(kinds):
        return *_recordings(paths, partitions), False
    from skaudeep.cli._feature_corpus import open_features

    clips, names = [], []
    for path in paths:
        corpus = open_features(path)
        rows = _rows_of(corpus, partitions)
        clips += [corpus.X[row] for row in rows]
        names += [corpus.names[row] for row in rows]
    return clips, names, True


def _rows_of(corpus, partitions):
    """Indices of what is predicted: of partitions if they are named, or of all."""
    from skaudeep.cli._splits import partition_index

    if not partitions:
        return range(len(corpus.names))
    return partition_index(corpus, partitions)


def _recordings(paths, partitions):
    """Recordings and names of all files, in the order given."""
    from skaudeep.cli._corpus import open_corpus

    recordings, names = [], []
    for path in paths:
        if partitions and path.suffix.lower() not in (".csv", ".tsv"):
            raise click.UsageError(
                f"--partition is for files of features and tables, which {path} is not."
            )
        if path.is_dir():
            found = [str(file) for file in _audio_files(path)]
            recordings += found
            names += found
        elif path.suffix.lower() in _LISTS:
            corpus = open_corpus(path)
            rows = _rows_of(corpus, partitions)
            recordings += [corpus.recordings[row] for row in rows]
            names += [corpus.names[row] for row in rows]
        else:
            recordings.append(str(path))
            names.append(str(path))
    return recordings, names


def _audio_files(folder):
    """All audio files below a folder, sorted."""
    from skaudeep.datasets._audio_files import AUDIO_EXTENSIONS, find_files

    files = [
        folder.joinpath(*parts)
        for parts in find_files(folder)[0]
        if parts[-1].lower().endswith(AUDIO_EXTENSIONS)
    ]
    if not files:
        raise ValueError(f"There is no audio file in {str(folder)!r}.")
    return files


def _predict(console, head, tail, clips):
    """Labels of all clips, and probabilities or None."""
    import numpy as np

    from skaudeep._containers import object_array
    from skaudeep.cli._fitting import predict_tail

    labels, scores = [], []
    for start in console.progress(range(0, len(clips), _BLOCK), "predict"):
        block = clips[start : start + _BLOCK]
        rows = np.ndim(block[0]) == 1
        block = np.stack(block) if rows else object_array(block)
        X = block if head is None else head.transform(block)
        found, probabilities = predict_tail(tail, X)
        labels += list(found)
        scores.append((len(block), probabilities))
    known = [block for _, block in scores if block is not None]
    if not known:
        return labels, None
    n_classes = known[0].shape[1]
    return labels, np.concatenate(
        [
            np.full((n, n_classes), np.nan) if block is None else block
            for n, block in scores
        ]
    )


def _table(tail, names, labels, scores):
    """Header and rows: a row a file, or a row an event."""
    import numpy as np

    first = next((label for label in labels if label is not None), None)
    if isinstance(first, list):
        return _event_table(names, labels)
    classes = getattr(tail, "classes_", None)
    if isinstance(first, np.ndarray):
        labels = [
            label if label is None else ";".join(map(str, classes[label.astype(bool)]))
            for label in labels
        ]
    header = ["filename", "label"]
    rows = [
        [name, "" if label is None else _plain(label)]
        for name, label in zip(names, labels, strict=True)
    ]
    if scores is not None and classes is not None:
        header += [f"probability_{label}" for label in classes]
        for row, probabilities in zip(rows, scores.tolist(), strict=True):
            row += ["" if np.isnan(value) else value for value in probabilities]
    return header, rows


def _event_table(names, labels):
    header = ["filename", "onset", "offset", "event_label", "confidence"]
    rows = []
    for name, events in zip(names, labels, strict=True):
        # A file without any has a row all the same.
        for event in events or [("", "", "", "")]:
            onset, offset, label, *confidence = event
            rows.append([name, onset, offset, label, *(confidence or [""])])
    return header, rows


def _text(kind, header, rows):
    if kind in ("json", "jsonl"):
        import json

        records = [
            {
                name: None if value == "" else value
                for name, value in zip(header, row, strict=True)
            }
            for row in rows
        ]
        if kind == "jsonl":
            return "".join(json.dumps(record) + "\n" for record in records)
        return json.dumps(records, indent=2) + "\n"
    import csv
    import io

    file = io.StringIO()
    writer = csv.writer(
        file, delimiter="," if kind == "csv" else "\t", lineterminator="\n"
    )
    if kind == "audeep":
        writer.writerows(row[:2] for row in rows)
    else:
        writer.writerow(header)
        writer.writerows(rows)
    return file.getvalue()


def _plain(value):
    return value.tolist() if hasattr(value, "tolist") else value
