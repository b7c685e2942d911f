"""Histories of trainings: of saved models and of files."""
# SPDX-License-Identifier: BSD-3-Clause

import json

__all__ = ["read_histories"]


def read_histories(paths):
    """Name and history of every training in some models and files.

    Parameters
    ----------
    paths : sequence of Path
        Saved models, and JSON or CSV files as ``skaudeep train --history`` writes them.

    Returns
    -------
    dict of dict of list of float
        Named after the steps; and after the files, if these are several.
    """
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    histories = {}
    for path, file in zip(paths, names, strict=True):
        suffix = path.suffix.lower()
        if suffix == ".json":
            found = _read_json(path)
        elif suffix == ".csv":
            found = _read_csv(path)
        else:
            found = _of_model(path)
        if not any(curve for curves in found.values() for curve in curves.values()):
            raise ValueError(f"{path} holds no history of a training.")
        for name, curves in found.items():
            histories[f"{file} {name}" if len(paths) > 1 else name] = curves
    return histories


def _read_json(path):
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    # A report has the history among other things.
    values = values.get("history", values) if isinstance(values, dict) else None
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds no history of a training.")
    nested = all(isinstance(curves, dict) for curves in values.values())
    return values if nested else {path.stem: values}


def _read_csv(path):
    from skaudeep.cli._label_files import read_rows

    header, *rows = read_rows(path)
    if header != ["step", "measure", "epoch", "value"]:
        raise ValueError(
            f"{path} must have the columns step, measure, epoch, value, got "
            f"{', '.join(header)}."
        )
    histories = {}
    for number, (name, measure, _, value) in enumerate(rows, start=2):
        try:
            value = float(value)
        except ValueError as error:
            raise ValueError(f"{path}, row {number}: {error}.") from error
        histories.setdefault(name, {}).setdefault(measure, []).append(value)
    return histories


def _of_model(path):
    from skaudeep import io
    from skaudeep.cli._fitting import walk

    return {
        name or path.stem: estimator.history_
        for name, estimator in walk(io.load(path))
        if isinstance(getattr(estimator, "history_", None), dict)
    }
