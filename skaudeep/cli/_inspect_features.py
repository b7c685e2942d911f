"""``skaudeep inspect`` of files of features."""
# SPDX-License-Identifier: BSD-3-Clause

import re

from skaudeep.cli._formats import EXTENSIONS
from skaudeep.cli._split_tables import class_table, split_table
from skaudeep.cli._tables import some, text_table

__all__ = ["inspect_features", "is_features"]

# A table of files is CSV as well.
_COLUMN_OF_FEATURES = re.compile(r"(feature|neuron)_\d+")


def is_features(path):
    """Whether a file holds features, by its ending or its first line.

    Parameters
    ----------
    path : Path
        What a command was given.

    Returns
    -------
    bool
        False for a corpus.
    """
    if not path.is_file():
        return False
    if path.suffix.lower() not in EXTENSIONS:
        return False
    if path.suffix.lower() != ".csv":
        return True
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        header = file.readline().strip().split(",")
    return any(_COLUMN_OF_FEATURES.fullmatch(name.strip(' "')) for name in header)


def inspect_features(console, path, *, row=None, detailed=False):
    """Say what a file of features holds, and whether it is sound.

    Parameters
    ----------
    console : Console
        Gets the result.
    path : Path
        The file.
    row : int or None, default=None
        Which row to show, from 0; None describes the file.
    detailed : bool, default=False
        Whether all faults and settings are shown, and classes by fold.

    Returns
    -------
    bool
        Whether it is sound.
    """
    from skaudeep.io import load_features

    table = load_features(path)
    if row is not None:
        _show_row(console, table, path, row)
        return True
    values = {"kind": "features", **_describe(table), "faults": _faults(table)}
    console.result(values, _text(values, table, detailed))
    return not values["faults"]


def _show_row(console, table, path, row):
    import numpy as np

    if not 0 <= row < len(table):
        raise ValueError(f"--row must be 0 to {len(table) - 1} for {path}, got {row}.")
    features = np.asarray(table.features[row])
    values = {
        "filename": str(table.filenames[row]),
        "chunk": int(table.chunk_nr[row]),
        "timestamp": None if table.timestamps is None else float(table.timestamps[row]),
        "label": None if table.target is None else table.target[row].tolist(),
        "partition": None if table.partition is None else str(table.partition[row]),
        "folds": None if table.cv_folds is None else table.cv_folds[row].tolist(),
        "group": None if table.groups is None else str(table.groups[row]),
        "shape": list(features.shape),
        "missing": bool(np.isnan(features).all()),
    }
    if not values["missing"]:
        for name in ("min", "mean", "max"):
            values[name] = float(getattr(np, "nan" + name)(features))
    known = [(name, str(value)) for name, value in values.items() if value is not None]
    console.result({**values, "features": features.tolist()}, text_table(known))


def _describe(table):
    import numpy as np

    shapes = [clip.shape for clip in table.features]
    missing = [bool(np.isnan(clip).all()) for clip in table.features]
    numbers = np.concatenate([clip.ravel() for clip in table.features])
    finite = numbers[np.isfinite(numbers)]
    return {
        "n_rows": len(table),
        "n_recordings": len(set(table.filenames.tolist())),
        "shape": list(table.features.shape[1:])
        if table.features.dtype != object
        else [[min(n), max(n)] for n in zip(*shapes, strict=True)],
        "axes": list(table.feature_dims),
        "min": float(finite.min()) if len(finite) else None,
        "max": float(finite.max()) if len(finite) else None,
        "missing": [
            str(name)
            for name, gone in zip(table.filenames, missing, strict=True)
            if gone
        ],
        "classes": _classes(table, slice(None)),
        "partitions": {
            name: {"n": len(rows), "classes": _classes(table, rows)}
            for name, rows in (table.partitions or {}).items()
        },
        "folds": [
            {
                part: {"n": len(rows), "classes": _classes(table, rows)}
                for part, rows in zip(("train", "test"), fold, strict=True)
            }
            for fold in _folds(table)
        ],
        "version": table.version,
        "settings": table.settings,
    }


def _folds(table):
    """Rows to train and to test on; a part may be empty."""
    import numpy as np

    if table.cv_folds is None:
        return []
    return [
        (np.flatnonzero(column == 0), np.flatnonzero(column == 1))
        for column in table.cv_folds.T
    ]


def _classes(table, rows):
    import numpy as np

    if table.label_map is None:
        return {}
    labels, counts = np.unique(table.target[rows], return_counts=True)
    counts = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    # "?", of rows without a label, is no class.
    return {name: counts[name] for name in (*table.label_map, "?") if name in counts}


def _faults(table):
    """What a sound table has not: auDeep's rules of integrity, and numbers."""
    import numpy as np

    faults = []
    clips, names = table.clips, table.filenames.tolist()
    first = np.unique(clips, return_index=True)[1][clips]
    for field in ("target", "partition", "cv_folds", "groups"):
        values = getattr(table, field)
        if values is None:
            continue
        differ = (values != values[first]).reshape(len(values), -1).any(axis=1)
        # Labels may go with time.
        if differ.any() and not (field == "target" and table.timestamps is not None):
            faults.append(
                f"{field} differs between the chunks of {names[differ.argmax()]!r}."
            )
    order = np.lexsort((table.chunk_nr, clips))
    starts = np.searchsorted(clips[order], clips[order])
    odd = np.flatnonzero(table.chunk_nr[order] != np.arange(len(clips)) - starts)
    for name in dict.fromkeys(table.filenames[order][odd].tolist()):
        numbers = sorted(table.chunk_nr[table.filenames == name].tolist())
        faults.append(
            f"The chunks of {name!r} are numbered {some(numbers)}, not from 0 without "
            "gaps."
        )
    for row, clip in enumerate(table.features):
        bad = ~np.isfinite(clip)
        if bad.any() and not np.isnan(clip).all():
            faults.append(
                f"Row {row}, {names[row]!r}, has {int(bad.sum())} values "
                "that are NaN or infinite."
            )
    for number, (train, test) in enumerate(_folds(table), start=1):
        if not len(train) or not len(test):
            faults.append(f"Fold {number} has nothing to train or to test on.")
    return faults


def _text(values, table, detailed):
    import numpy as np

    shape = " x ".join(
        f"{axis} {length if isinstance(length, int) else '-'.join(map(str, length))}"
        for axis, length in zip(values["axes"], values["shape"], strict=True)
    )
    counts = sorted(set(np.bincount(table.clips).tolist()))
    rows = [
        ("rows", values["n_rows"]),
        ("recordings", values["n_recordings"]),
        ("chunks of one", some(counts)),
        ("features", shape),
    ]
    if values["min"] is not None:
        rows.append(("values", f"{values['min']:.6g} to {values['max']:.6g}"))
    rows += [
        ("classes", len(values["classes"].keys() - {"?"}) or "none"),
        ("partitions", ", ".join(values["partitions"]) or "none"),
        ("folds", len(values["folds"]) or "none"),
        ("made by", f"skaudeep {values['version']}" if values["version"] else "others"),
    ]
    blocks = [text_table([(name, str(value)) for name, value in rows])]
    if values["classes"]:
        blocks.append(class_table(values, detailed))
    elif values["partitions"] or values["folds"]:
        blocks.append(split_table(values))
    if detailed and values["settings"]:
        blocks.append(text_table([*values["settings"].items()], ("setting", "value")))
    for kind in ("missing", "faults"):
        names = values[kind]
        if names:
            listed = "\n  ".join(names) if detailed else some(names, 3)
            blocks.append(f"{len(names)} {kind}:\n  {listed}")
    return "\n\n".join(blocks)
