"""``skaudeep convert``."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import click

from skaudeep.cli._console import pass_console
from skaudeep.cli._formats import FORMATS, check_format, check_free, format_option
from skaudeep.cli._tables import some

__all__ = ["convert"]

_PARTITIONS = ("train", "devel", "test")
# Of files whose columns have names of their own.
_COLUMNS = ("filename", "chunk", "timestamp", "label", "numeric_label")


@click.command()
@click.argument(
    "inputs",
    metavar="INPUT...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.argument("output", type=click.Path(path_type=Path))
@format_option
@click.option(
    "--input-format",
    type=click.Choice(FORMATS),
    help="Format of INPUT; by default its ending says it.",
)
@click.option(
    "--columns",
    type=click.Choice(["audeep", "deepspectrum"]),
    help="Whose names and order the columns of .csv and .arff have.",
)
@click.option("--labels-last", is_flag=True, help="With auDeep's columns.")
@click.option(
    "--folders",
    is_flag=True,
    help="A file for each partition and fold, in folders of their names, as by auDeep.",
)
@click.option("--filename-column", metavar="NAME", help="Column of INPUT: recording.")
@click.option("--chunk-column", metavar="NAME", help="Its number of the chunk.")
@click.option("--timestamp-column", metavar="NAME", help="Its beginning of the chunk.")
@click.option("--label-column", multiple=True, metavar="NAME", help="Its label.")
@click.option("--numeric-label-column", metavar="NAME", help="Its number of the class.")
@click.option(
    "--stack", is_flag=True, help="Several inputs one below the other, not fused."
)
@click.option(
    "--fuse-chunks", is_flag=True, help="Make one row of the chunks of a recording."
)
@click.option("--remove-folds", is_flag=True, help="Before others are added.")
@click.option("--remove-partitions", is_flag=True, help="Before others are added.")
@click.option(
    "--add-folds",
    type=click.IntRange(min=2),
    metavar="K",
    help="Make folds, stratified; chunks of a recording, and groups, stay together.",
)
@click.option(
    "--add-partitions",
    metavar="NAMES",
    help="Make partitions likewise, such as train,test or train=3,devel=1,test=1.",
)
@click.option("--seed", type=int, help="Shuffle before folds or partitions are made.")
@click.option(
    "--upsample",
    multiple=True,
    type=click.Choice(["all", *_PARTITIONS]),
    help="Repeat recordings of rare classes, in all rows or within a partition.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@pass_console
def convert(console, inputs, output, **values):
    """Write features in another format, joined or with other folds.

    Several INPUTs are fused: their features are put side by side. The endings are
    .nc, .csv, .arff, .parquet and .libsvm.
    """
    check_format(output, values["format"])
    check_free(output, values["overwrite"])
    shares = _shares(values["add_partitions"])
    if values["seed"] is not None and shares is None and values["add_folds"] is None:
        raise click.UsageError("--seed is for --add-folds and --add-partitions.")
    if values["stack"] and len(inputs) == 1:
        raise click.UsageError("--stack needs several inputs.")

    from skaudeep.io import save_features

    table = _edited(_joined(inputs, values), shares, values)
    options = {"format": values["format"], "layout": values["columns"]}
    options = {name: value for name, value in options.items() if value is not None}
    save_features(
        table,
        output,
        **options,
        labels_last=values["labels_last"],
        folders=values["folders"],
        overwrite=values["overwrite"],
    )
    files = _files(table, output) if values["folders"] else [str(output)]
    console.result(
        {
            "output": str(output),
            **({"files": files} if values["folders"] else {}),
            "n_rows": len(table),
            "shape": list(table.features.shape[1:]),
            "classes": [] if table.label_map is None else list(table.label_map),
            "partitions": list(table.partitions or ()),
            "n_folds": 0 if table.cv_folds is None else table.cv_folds.shape[1],
        },
        f"{some(files)}: {table}",
    )


def _files(table, output):
    """The files that a table is spread over."""
    from skaudeep.io._folders import split_parts

    return [str(output.parent / part / output.name) for part in split_parts(table)]


def _joined(inputs, values):
    """One table of all inputs."""
    from skaudeep.cli._feature_edits import fuse, stack
    from skaudeep.io import load_features

    columns = {f"{name}_column": values[f"{name}_column"] or None for name in _COLUMNS}
    labels = columns["label_column"]
    if labels is not None:
        columns["label_column"] = labels[0] if len(labels) == 1 else list(labels)
    columns = {name: value for name, value in columns.items() if value is not None}
    tables = [
        load_features(path, format=values["input_format"], **columns) for path in inputs
    ]
    if len(tables) == 1:
        return tables[0]
    join = stack if values["stack"] else fuse
    return join(tables, [str(path) for path in inputs])


def _edited(table, shares, values):
    """The table with other rows, folds and partitions, in the order of the options."""
    from skaudeep.cli import _feature_edits as edits

    if values["fuse_chunks"]:
        table = edits.fuse_chunks(table)
    if values["remove_folds"]:
        table = table.replace(cv=None)
    if values["remove_partitions"]:
        table = table.replace(partition=None)
    if shares is not None:
        table = edits.add_partitions(table, shares, values["seed"])
    if values["add_folds"] is not None:
        table = edits.add_folds(table, values["add_folds"], values["seed"])
    if values["upsample"]:
        partitions = [name for name in values["upsample"] if name != "all"]
        if partitions and len(partitions) < len(values["upsample"]):
            raise click.UsageError("--upsample takes all, or partitions.")
        table = edits.upsample(table, partitions)
    return table


def _shares(text):
    """Partitions and how large each is, of what was given on the command line."""
    if text is None:
        return None
    shares = {}
    for part in text.split(","):
        name, _, share = part.strip().partition("=")
        if name not in _PARTITIONS or name in shares or not (share or "1").isdecimal():
            raise click.UsageError(
                "--add-partitions takes train, devel and test, with whole numbers if "
                f"they are not of one size, as train=3,test=1; got {text!r}."
            )
        shares[name] = int(share or 1)
    if len(shares) < 2 or not all(shares.values()):
        raise click.UsageError(
            f"--add-partitions needs two partitions or more that are not 0: {text!r}."
        )
    return shares
