"""``skaudeep inspect``."""
# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import click

from skaudeep.cli._console import pass_console
from skaudeep.cli._corpus import corpus_argument, corpus_options, open_corpus
from skaudeep.cli._split_tables import class_table, split_table
from skaudeep.cli._tables import seconds, some, text_table

__all__ = ["inspect"]

# More than this is a table for those who ask for it.
_FEW_CLASSES = 20


@click.command()
@corpus_argument
@corpus_options
@click.option(
    "--decode",
    is_flag=True,
    help="Decode every recording: finds damage, digital silence and clipping.",
)
@click.option(
    "--detailed", is_flag=True, help="Name all suspicious files; count classes by fold."
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with status 1 if a file cannot be read, a group stands on both sides "
    "of a split, or a file of features is not sound.",
)
@click.option("--n-jobs", type=int, metavar="N", help="Number of files opened at once.")
@click.option(
    "--row", type=int, metavar="N", help="Show row N of a file of features, from 0."
)
@pass_console
def inspect(console, path, corpus_options, decode, detailed, strict, n_jobs, row):
    """Say what a corpus, or a file of features, holds.

    CORPUS is an audio file, a list of files (.txt), a table (.csv, .tsv), a folder,
    the root of a known corpus, or a file of features.
    """
    from skaudeep.cli._inspect_features import inspect_features, is_features

    if is_features(path):
        if decode or any(value is not None for value in corpus_options.values()):
            raise click.UsageError(
                f"{path} is a file of features: options of a corpus are not for it."
            )
        sound = inspect_features(console, path, row=row, detailed=detailed)
        return 0 if sound or not strict else 1
    if row is not None:
        raise click.UsageError(f"--row is for a file of features, not for {path}.")
    corpus = open_corpus(path, **corpus_options)
    headers = _look(console, corpus.recordings, decode, n_jobs)
    values = _survey(corpus, headers)
    console.result(values, _text(values, detailed))
    broken = "unreadable" in values["suspicious"] or values["shared_groups"]
    return 1 if strict and broken else 0


def _look(console, recordings, decode, n_jobs):
    from skaudeep._parallel import map_clips
    from skaudeep.cli._survey import look_at

    headers = map_clips(partial(look_at, decode=decode), recordings, n_jobs=n_jobs)
    return list(console.progress(headers, "inspect", total=len(recordings)))


def _survey(corpus, headers):
    from skaudeep.cli._survey import describe, suspicious

    return {
        "kind": "corpus",
        "corpus": corpus.kind,
        **describe(headers),
        "classes": _classes(corpus, slice(None)),
        "partitions": {
            name: {"n": len(index), "classes": _classes(corpus, index)}
            for name, index in (corpus.partitions or {}).items()
        },
        "folds": [
            {
                part: {"n": len(index), "classes": _classes(corpus, index)}
                for part, index in zip(("train", "test"), fold, strict=True)
            }
            for fold in _folds(corpus)
        ],
        "n_groups": None if corpus.groups is None else len(set(corpus.groups)),
        "shared_groups": _shared_groups(corpus),
        "suspicious": suspicious(headers, corpus.names),
    }


def _folds(corpus):
    """The folds, unless they are but the partitions."""
    if corpus.cv is None or (corpus.partitions and len(corpus.cv.folds) == 1):
        return ()
    return corpus.cv.folds


def _classes(corpus, index):
    """Recordings of each class among those of `index`, in the corpus's order."""
    if corpus.target is None or corpus.target_names is None:
        return {}
    target = corpus.target[index]
    if target.ndim == 2:
        counts = target.astype(bool).sum(axis=0)
        return dict(zip(corpus.target_names.tolist(), counts.tolist(), strict=True))
    counts = {str(name): int((target == name).sum()) for name in corpus.target_names}
    unknown = len(target) - sum(counts.values())
    return {**counts, "?": unknown} if unknown else counts


def _shared_groups(corpus):
    """Groups on both sides of a split, by the name of the split."""
    if corpus.groups is None:
        return {}
    splits = {}
    for number, (train, test) in enumerate(_folds(corpus), start=1):
        splits[f"fold {number}"] = train, test
    partitions = corpus.partitions or {}
    for name in ("devel", "test"):
        if "train" in partitions and name in partitions:
            splits[f"train and {name}"] = partitions["train"], partitions[name]
    shared = {
        name: sorted(set(corpus.groups[train]) & set(corpus.groups[test]))
        for name, (train, test) in splits.items()
    }
    return {name: groups for name, groups in shared.items() if groups}


def _text(values, detailed):
    from skaudeep.cli._survey import SUSPICIONS

    blocks = [_overview(values)]
    classes = values["classes"]
    if classes and (detailed or len(classes) <= _FEW_CLASSES):
        blocks.append(class_table(values, detailed))
    elif values["partitions"] or values["folds"]:
        blocks.append(split_table(values))
    for split, groups in values["shared_groups"].items():
        blocks.append(f"Groups on both sides of {split}: {some(groups)}.")
    for kind, names in values["suspicious"].items():
        listed = "\n  ".join(names) if detailed else some(names, 3)
        blocks.append(f"{len(names)} {SUSPICIONS[kind]}:\n  {listed}")
    return "\n\n".join(blocks)


def _overview(values):
    rows = [("corpus", values["corpus"]), ("recordings", f"{values['n_recordings']}")]
    length = values["seconds"]
    if length is not None:
        rows.append(("length in all", seconds(length["total"])))
        each = (f"{seconds(length[key])} {key}" for key in ("min", "median", "max"))
        rows.append(("length of one", ", ".join(each)))
    for key in ("sample_rates", "channels", "encodings"):
        if values[key]:
            counts = (f"{name} ({count})" for name, count in values[key].items())
            rows.append((key.replace("_", " "), ", ".join(counts)))
    rows.append(("classes", len(values["classes"].keys() - {"?"}) or "none"))
    rows.append(("partitions", ", ".join(values["partitions"]) or "none"))
    rows.append(("folds", len(values["folds"]) or "none"))
    if values["n_groups"] is not None:
        rows.append(("groups", values["n_groups"]))
    return text_table([(name, str(value)) for name, value in rows])
