"""Where the commands' recordings come from: a file, a list, a table, a corpus."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
from pathlib import Path

import click

__all__ = ["corpus_argument", "corpus_options", "open_corpus"]

_TABLES = (".csv", ".tsv")
_LISTS = (".txt", ".lst")

_OPTIONS = (
    click.option(
        "--loader",
        metavar="NAME",
        help="The loader of the corpus, such as esc50; by default it is recognised.",
    ),
    click.option(
        "--layout",
        metavar="NAME",
        help="How a folder of one's own is laid out: flat, classes, partitions or "
        "folds; by default it is recognised.",
    ),
    click.option("--path-column", metavar="NAME", help="Column of a table: files."),
    click.option("--label-column", metavar="NAME", help="Column of a table: labels."),
    click.option("--fold-column", metavar="NAME", help="Column of a table: folds."),
    click.option(
        "--partition-column",
        metavar="NAME",
        help="Column of a table: train, devel or test.",
    ),
    click.option(
        "--group-column",
        metavar="NAME",
        help="Column of a table: what must not stand on both sides of a split.",
    ),
    click.option(
        "--labels",
        "label_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="CSV or TSV with a header: file, label. Its labels replace the corpus's.",
    ),
    click.option("--label", metavar="TEXT", help="One label for all recordings."),
    click.option(
        "--folds",
        type=click.IntRange(min=2),
        metavar="K",
        help="Make K folds, stratified and with groups kept together, where the "
        "corpus has none.",
    ),
)
_NAMES = (
    "loader",
    "layout",
    "path_column",
    "label_column",
    "fold_column",
    "partition_column",
    "group_column",
    "label_file",
    "label",
    "folds",
)


corpus_argument = click.argument(
    "path", metavar="CORPUS", type=click.Path(exists=True, path_type=Path)
)


def corpus_options(function):
    """Give a command the options of :func:`open_corpus`.

    The command gets them as the one keyword argument ``corpus_options``, a dict.
    """

    @functools.wraps(function)
    def command(*args, **values):
        options = {name: values.pop(name) for name in _NAMES}
        return function(*args, corpus_options=options, **values)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def open_corpus(path, **options):
    """The recordings of a path, with what is known about them; none is decoded.

    Parameters
    ----------
    path : Path
        An audio file; a list, ``.txt``, one path a line; a table, ``.csv`` or
        ``.tsv``; a folder; or the root of a corpus.
    **options
        What :func:`corpus_options` collects.

    Returns
    -------
    Bunch
        As of a loader, and ``names``: the recordings' paths below the folder that was
        given, or that of the list or table.
    """
    options = {**dict.fromkeys(_NAMES), **options}
    _refuse_contradictions(path, options)
    if path.is_dir():
        folder, corpus = path, _open_folder(path, options)
    elif path.suffix.lower() in _TABLES:
        folder, corpus = path.parent, _open_table(path, options)
    elif path.suffix.lower() in _LISTS:
        folder, corpus = path.parent, _open_list(path)
    else:
        folder, corpus = path.parent, _corpus_of(path.parent, [path.name])
    corpus.names = _names(corpus.recordings, folder)
    if options["label"] is not None:
        _set_target(corpus, [options["label"]] * len(corpus.recordings))
    elif options["label_file"] is not None:
        labels = read_labels(options["label_file"], options["label_column"])
        _set_target(corpus, _labels_of(corpus.names, labels, options["label_file"]))
    if options["folds"] is not None:
        _make_folds(corpus, options["folds"])
    return corpus


def _refuse_contradictions(path, options):
    if options["label"] is not None and options["label_file"] is not None:
        raise click.UsageError("--label and --labels exclude each other.")
    if not path.is_dir():
        for name in ("loader", "layout"):
            if options[name] is not None:
                raise click.UsageError(f"--{name} is for a folder, not for {path}.")
    if path.suffix.lower() not in _TABLES:
        for name in ("path", "fold", "partition", "group"):
            if options[f"{name}_column"] is not None:
                raise click.UsageError(
                    f"--{name}-column is for a table, not for {path}."
                )
        if options["label_column"] is not None and options["label_file"] is None:
            raise click.UsageError("--label-column is for a table or with --labels.")


def _open_folder(path, options):
    from skaudeep import datasets

    if options["layout"] is not None:
        return datasets.load_audio_folder(path, layout=options["layout"])
    return datasets.load_corpus(path, options["loader"])


def _open_table(path, options):
    from skaudeep import datasets

    columns = {
        name: options[f"{name}_column"]
        for name in ("path", "label", "fold", "partition", "group")
        # With --labels it is that file's column.
        if options[f"{name}_column"] is not None
        and not (name == "label" and options["label_file"] is not None)
    }
    return datasets.load_audio_table(path, **columns)


def _open_list(path):
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    files = [line.strip() for line in lines if line.strip()]
    if not files:
        raise ValueError(f"{path} lists no file.")
    return _corpus_of(path.parent, files)


def _corpus_of(root, files):
    from skaudeep.datasets._corpus import make_corpus

    return make_corpus(root, files, None, descr="Files given on the command line.")


def _names(recordings, folder):
    """Paths below `folder`, with slashes on every system; others as they are."""
    folder = folder.resolve()
    names = []
    for recording in recordings:
        path = Path(getattr(recording, "path", recording))
        absolute = path.resolve()
        below = absolute.is_relative_to(folder)
        names.append((absolute.relative_to(folder) if below else path).as_posix())
    return names


def read_labels(path, column=None):
    """Read a label file: a header, the file in the first column, labels behind.

    Parameters
    ----------
    path : Path
        Comma-separated, or tab-separated if its header holds a tab.
    column : str or None, default=None
        Which column holds the label; None takes the only one behind the first.

    Returns
    -------
    dict of str to str
        Label of each file.
    """
    rows = read_rows(path)
    header = rows[0]
    if column is not None and column not in header[1:]:
        raise ValueError(f"{path} has no column {column!r} of labels: {header[1:]}.")
    if column is None and len(header) != 2:
        raise ValueError(
            f"{path} must have two columns, file and label, got {header}; choose one "
            "with --label-column."
        )
    index = 1 if column is None else header.index(column)
    labels = {}
    for number, row in enumerate(rows[1:], start=2):
        name, label = row[0].replace("\\", "/"), row[index]
        if labels.setdefault(name, label) != label:
            raise ValueError(
                f"{path}, row {number}: {name!r} is labelled {label!r} here and "
                f"{labels[name]!r} before."
            )
    return labels


def read_rows(path):
    """Rows of a comma- or tab-separated file with a header, cells stripped."""
    import csv

    with open(path, newline="", encoding="utf-8-sig") as file:
        header = file.readline()
        file.seek(0)
        delimiter = "\t" if "\t" in header else ","
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(file, delimiter=delimiter)
            if any(cell.strip() for cell in row)
        ]
    if len(rows) < 2:
        raise ValueError(f"{path} must hold a header and at least one row.")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{path}, row {number}: {len(row)} cells, but the header has "
                f"{len(rows[0])}."
            )
    return rows


def _labels_of(names, labels, path):
    """The label of each file: that of its path, or of the end of its path."""
    from skaudeep.datasets._corpus import UNKNOWN

    found = []
    for name in names:
        parts = name.split("/")
        ends = ("/".join(parts[i:]) for i in range(len(parts)))
        found.append(next((labels[end] for end in ends if end in labels), UNKNOWN))
    if all(label == UNKNOWN for label in found):
        raise ValueError(
            f"{path} labels none of the {len(names)} recordings, such as {names[0]!r}; "
            f"it speaks of {next(iter(labels))!r}."
        )
    return found


def _set_target(corpus, target):
    import numpy as np

    from skaudeep.datasets._corpus import UNKNOWN

    corpus.target = np.array(target, dtype=str)
    corpus.target_names = np.unique(corpus.target[corpus.target != UNKNOWN])


def _make_folds(corpus, n_folds):
    from skaudeep import datasets

    if corpus.cv is not None:
        raise click.UsageError(
            f"--folds {n_folds}: the corpus has its own {corpus.cv!r}."
        )
    corpus.cv = datasets.make_folds(corpus.groups, corpus.target, n_splits=n_folds)
