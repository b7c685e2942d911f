"""Where the commands' recordings come from: a file, a list, a table, a corpus."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
import inspect
from pathlib import Path

import click

from skaudeep.cli._label_files import labels_of, read_labels

__all__ = ["corpus_argument", "corpus_options", "open_corpus"]

_TABLES = (".csv", ".tsv")
_LISTS = (".txt", ".lst")

_OPTIONS = (
    click.option(
        "--loader",
        metavar="NAME",
        help="The loader of the corpus, such as esc; by default it is recognised.",
    ),
    click.option(
        "--loader-option",
        "loader_options",
        multiple=True,
        metavar="NAME=VALUE",
        help="For the loader of a corpus, as part=evaluation; may be repeated.",
    ),
    click.option(
        "--layout",
        metavar="NAME",
        help="How a folder of one's own is laid out: flat, classes, partitions or "
        "folds; by default it is recognised.",
    ),
    click.option(
        "--extension",
        "extensions",
        multiple=True,
        metavar="EXT",
        help="End of the names of the audio files in a folder of one's own; may be "
        "repeated.",
    ),
    click.option(
        "--group-pattern",
        metavar="REGEX",
        help="What must not stand on both sides of a split, in paths below a folder of "
        "one's own: a regular expression with one group.",
    ),
    click.option(
        "--path-column",
        metavar="NAME",
        help="Column of the files in a table. These and the columns of labels, folds, "
        "partitions and groups are found if they are called path, label, fold, "
        "partition and group.",
    ),
    click.option(
        "--label-column",
        multiple=True,
        metavar="NAME",
        help="Column of the labels in a table; several make a matrix of tags.",
    ),
    click.option(
        "--label-separator",
        metavar="TEXT",
        help="What is between several labels in one cell.",
    ),
    click.option("--numeric", is_flag=True, help="Labels are numbers to regress to."),
    click.option("--fold-column", metavar="NAME", help="Column of the folds."),
    click.option(
        "--partition-column",
        metavar="NAME",
        help="Column of the partition: train, devel or test.",
    ),
    click.option("--group-column", metavar="NAME", help="Column of the groups."),
    click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder that the paths in a list or a table are relative to; by default "
        "that of the list or the table.",
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
    "loader_options",
    "layout",
    "extensions",
    "group_pattern",
    "path_column",
    "label_column",
    "label_separator",
    "numeric",
    "fold_column",
    "partition_column",
    "group_column",
    "root",
    "label_file",
    "label",
    "folds",
)
# Which of them mean nothing but for a folder, a table, a list or a table.
_OF_KNOWN = ("loader", "loader_options")
_OF_OWN = ("layout", "extensions", "group_pattern")
_OF_TABLES = (
    "path_column",
    "label_separator",
    "fold_column",
    "partition_column",
    "group_column",
)
# They read no folder of a corpus, or any.
_NO_LOADERS = ("load_audio_table", "load_corpus", "load_mandarin_syllables")
# Columns of a table, which have the same names as the parameters of its loader.
_COLUMNS = ("path", "label", "fold", "partition", "group")


corpus_argument = click.argument(
    "path", metavar="CORPUS", type=click.Path(exists=True, path_type=Path)
)


def corpus_options(function):
    """Give a command the options of :func:`open_corpus`.

    The command gets them as the one keyword argument ``corpus_options``, a dict, where
    an option that was not given is None.
    """

    @functools.wraps(function)
    def command(*args, **values):
        options = {name: values.pop(name) or None for name in _NAMES}
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
        As of a loader, with ``names``, the recordings' paths below the folder that was
        given, or that of the list or table; and ``kind``, what was found there.
    """
    options = {**dict.fromkeys(_NAMES), **options}
    _refuse_needless(path, options)
    folder = path if path.is_dir() else options["root"] or path.parent
    if path.is_dir():
        corpus = _open_folder(path, options)
    elif path.suffix.lower() in _TABLES:
        corpus = _open_table(path, options)
        corpus.kind = "table"
    elif path.suffix.lower() in _LISTS:
        corpus = _corpus_of(folder, _read_list(path))
        corpus.kind = "list of files"
    else:
        corpus = _corpus_of(folder, [path.name])
        corpus.kind = "recording"
    corpus.names = _names(corpus.recordings, folder)
    if options["label"] is not None:
        _set_target(corpus, [options["label"]] * len(corpus.recordings))
    elif options["label_file"] is not None:
        labels = read_labels(options["label_file"], *options["label_column"] or ())
        target = labels_of(corpus.names, labels, options["label_file"])
        _set_target(corpus, target, numeric=options["numeric"])
    if options["folds"] is not None:
        _make_folds(corpus, options["folds"])
    return corpus


def _refuse_needless(path, options):
    """An option that would do nothing is a mistake."""
    if options["label"] is not None and options["label_file"] is not None:
        raise click.UsageError("--label and --labels exclude each other.")
    is_table = path.suffix.lower() in _TABLES
    needless = [] if path.is_dir() else [*_OF_KNOWN, *_OF_OWN]
    if not is_table:
        needless += _OF_TABLES
    if not is_table and path.suffix.lower() not in _LISTS:
        needless.append("root")
    if not is_table and options["label_file"] is None:
        needless += ["label_column", "numeric"]
    for name in needless:
        if options[name]:
            raise click.UsageError(f"{_flag(name)} does not go with {path}.")
    if options["label_file"] is not None and len(options["label_column"] or ()) > 1:
        raise click.UsageError("--labels takes one --label-column.")
    known = [_flag(name) for name in _OF_KNOWN if options[name]]
    own = [_flag(name) for name in _OF_OWN if options[name]]
    if known and own:
        raise click.UsageError(
            f"{own[0]} is for a folder of one's own, {known[0]} for a known corpus."
        )


def _flag(name):
    singular = {"extensions": "extension", "loader_options": "loader-option"}
    return "--" + singular.get(name, name).replace("_", "-")


def _open_folder(path, options):
    from skaudeep import datasets

    own = {
        "layout": options["layout"],
        "extensions": list(options["extensions"] or ()),
        "group": options["group_pattern"],
    }
    own = {name: value for name, value in own.items() if value}
    if own:
        corpus = datasets.load_audio_folder(path, **own)
        corpus.kind = "audio folder"
        return corpus
    given = dict(_loader_option(text) for text in options["loader_options"] or ())
    if options["loader"] is None:
        found = datasets.detect_corpus(path)
        load, given = found.loader, {**found.arguments, **given}
        kind = found.name
    else:
        load = _loader(options["loader"])
        kind = options["loader"]
    known = list(inspect.signature(load).parameters)[1:]
    for name in given:
        if name not in known:
            raise click.UsageError(
                f"--loader-option: {load.__name__} has no {name!r}, but "
                f"{', '.join(known)}."
            )
    corpus = load(path, **given)
    values = (f"{name}={value}" for name, value in given.items())
    corpus.kind = ", ".join([kind, *values])
    return corpus


def _loader(name):
    from skaudeep import datasets

    loaders = {
        loader.removeprefix("load_"): getattr(datasets, loader)
        for loader in datasets.__all__
        if loader.startswith("load_") and loader not in _NO_LOADERS
    }
    if name.removeprefix("load_") not in loaders:
        raise click.UsageError(
            f"--loader {name}: there are {', '.join(sorted(loaders))}."
        )
    return loaders[name.removeprefix("load_")]


def _loader_option(text):
    import tomllib

    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--loader-option must be NAME=VALUE, got {text!r}.")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def _open_table(path, options):
    from skaudeep import datasets

    header = _header(path)
    columns = {name: options[f"{name}_column"] for name in _COLUMNS}
    label = list(columns["label"] or ())
    columns["label"] = label if len(label) > 1 else "".join(label)
    if options["label_file"] is not None:
        # It is a column of that file.
        columns["label"] = None
        header = [name for name in header if name != "label"]
    for name in _COLUMNS:
        if not columns[name]:
            columns[name] = name if name in header else None
    if columns["path"] is None:
        raise click.UsageError(
            f"--path-column: {path} has no column 'path', but {', '.join(header)}."
        )
    numeric = bool(options["numeric"]) and options["label_file"] is None
    return datasets.load_audio_table(
        path,
        **columns,
        root=options["root"],
        label_separator=options["label_separator"],
        numeric=numeric,
    )


def _header(path):
    from skaudeep.io._text_lines import read_text

    line = read_text(path).partition("\n")[0]
    if not line.strip():
        raise ValueError(f"{path} must begin with the names of its columns.")
    delimiter = max("\t;,", key=line.count)
    return [cell.strip().strip('"') for cell in line.split(delimiter)]


def _read_list(path):
    from skaudeep.io._text_lines import read_text

    lines = read_text(path).split("\n")
    files = [line.strip() for line in lines if line.strip()]
    if not files:
        raise ValueError(f"{path} lists no file.")
    first = {}
    for number, name in enumerate(files):
        # Nothing could tell their rows apart.
        if first.setdefault(name, number) != number:
            raise ValueError(f"{path} lists {name!r} twice.")
    return files


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


def _set_target(corpus, target, numeric=False):
    import numpy as np

    from skaudeep.datasets._corpus import UNKNOWN

    if numeric:
        try:
            values = [np.nan if label == UNKNOWN else float(label) for label in target]
        except ValueError as error:
            raise ValueError(f"--numeric: {error}.") from error
        corpus.target, corpus.target_names = np.array(values), None
        return
    corpus.target = np.array(target, dtype=str)
    corpus.target_names = np.unique(corpus.target[corpus.target != UNKNOWN])


def _make_folds(corpus, n_folds):
    from skaudeep import datasets

    if corpus.cv is not None:
        raise click.UsageError(
            f"--folds {n_folds}: the corpus has its own {corpus.cv!r}."
        )
    if corpus.target is None and corpus.groups is None:
        raise click.UsageError(
            f"--folds {n_folds}: there are neither labels nor groups to make folds by. "
            "Folders named after classes, a table with a label column, --labels FILE "
            "or --group-pattern give some."
        )
    corpus.cv = datasets.make_folds(corpus.groups, corpus.target, n_splits=n_folds)
