"""Feature tables as the data sets of autrainer: one array a clip, three lists."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import json
from pathlib import Path, PurePosixPath

import numpy as np

from skaudeep._files import atomic_paths, made_folders
from skaudeep.io._feature_table import FeatureTable
from skaudeep.io._table_fields import is_ragged
from skaudeep.io._text_lines import read_text

__all__ = ["read_autrainer", "write_autrainer"]

_LISTS = {"train": "train.csv", "devel": "dev.csv", "test": "test.csv"}
_SETTINGS = "skaudeep.json"


def write_autrainer(table, folder, features_subdir, overwrite):
    """Write the lists to the folder, the arrays to one below it.

    Lists that are there already, and the same, are left alone: features are added to
    the data set they belong to.
    """
    folder = Path(folder)
    files = _array_files(table)
    texts = _lists(table)
    texts = {
        folder / name: text
        for name, text in texts.items()
        if not _holds(folder / name, text)
    }
    stated = {
        "collection": is_ragged(table.features),
        "feature_dims": table.feature_dims,
        "feature_names": table.feature_names,
        "target": None if table.target is None else table.target.dtype.kind,
        "target_names": table.label_map,
        "groups": table.groups is not None,
        "settings": table.settings,
        "version": table.version,
    }
    paths = [folder / features_subdir, *texts]
    with made_folders([folder]), atomic_paths(paths, overwrite) as temporaries:
        for parent in {PurePosixPath(file).parent for file in files}:
            (temporaries[0] / parent).mkdir(parents=True, exist_ok=True)
        for file, features in zip(files, table.features, strict=True):
            np.save(temporaries[0] / file, features)
        (temporaries[0] / _SETTINGS).write_text(json.dumps(stated), "utf-8")
        for path, text in zip(temporaries[1:], texts.values(), strict=True):
            path.write_bytes(text.encode())


def _array_files(table):
    """Where the array of each row goes, below the folder of features."""
    files = {}
    for row, name in enumerate(table.filenames.tolist()):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise ValueError(
                f"autrainer's files lie below one folder; row {row} is {name!r}."
            )
        file = str(path.with_suffix(".npy"))
        if file in files:
            other = str(table.filenames[files[file]])
            raise ValueError(
                f"Rows {files[file]} and {row}, {other!r} and {name!r}, would "
                f"both be {file!r}. Chunks of a recording become one array by "
                "table.to_sequences()."
            )
        files[file] = row
    return list(files)


def _lists(table):
    if table.partition is None or (table.partition == "").any():
        row = 0 if table.partition is None else np.argmax(table.partition == "")
        raise ValueError(
            "autrainer needs every row in a partition, 'train', 'devel' or 'test', but "
            f"row {row}, {str(table.filenames[row])!r}, is in none."
        )
    columns = {"filename": table.filenames.tolist()}
    if table.target is not None:
        one = table.target.ndim == 1
        names = ["label"] if one else table.target_names.tolist()
        target = table.target.reshape(len(table), -1).T.tolist()
        columns.update(zip(names, target, strict=True))
    if table.groups is not None:
        columns["group"] = table.groups.tolist()
    rows = list(zip(*columns.values(), strict=True))
    texts = {}
    for partition, name in _LISTS.items():
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        here = np.flatnonzero(table.partition == partition)
        writer.writerows(rows[row] for row in here)
        texts[name] = text.getvalue()
    return texts


def _holds(path, text):
    return path.is_file() and path.read_bytes() == text.encode()


def read_autrainer(folder, features_subdir, asked):
    """Read the lists of a folder, and the array of every row.

    Parameters
    ----------
    folder : Path
        The data set.
    features_subdir : str
        Folder of the arrays, below it.
    asked : Names
        Names of columns that the caller gave.

    Returns
    -------
    FeatureTable
        Rows of train.csv, dev.csv and test.csv, in this order.
    """
    stated = _read_settings(folder / features_subdir / _SETTINGS)
    filename_column = asked.filename or "filename"
    arrays, fields = [], {"filenames": [], "partition": [], "groups": []}
    labels, target_columns = [], None
    for partition, name in _LISTS.items():
        path = folder / name
        header, rows = _read_list(path)
        columns = _target_columns(header, asked.label, stated, filename_column, path)
        if target_columns not in (None, columns):
            raise ValueError(
                f"{path}: its columns {header} are not those of the others."
            )
        target_columns = columns
        for number, row in enumerate(rows, start=1):
            where = f"{path}, row {number}"
            if len(row) != len(header):
                raise ValueError(
                    f"{where}: {len(row)} columns, but the header has {len(header)}."
                )
            cells = dict(zip(header, row, strict=True))
            file = cells[filename_column]
            arrays.append(_read_array(folder / features_subdir, file, where))
            fields["filenames"].append(file)
            fields["partition"].append(partition)
            labels.append([cells[column] for column in columns])
            if stated.get("groups"):
                fields["groups"].append(cells["group"])
    if not arrays:
        raise ValueError(f"{str(folder)!r}: no list has a row.")
    if not fields["groups"]:
        del fields["groups"]
    return FeatureTable(
        _stack(arrays, stated),
        feature_names=stated.get("feature_names"),
        feature_dims=stated.get("feature_dims"),
        settings=stated.get("settings"),
        version=stated.get("version"),
        **fields,
        **_target_fields(labels, target_columns, stated),
    )


def _read_settings(path):
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}.") from error


def _read_list(path):
    if not path.is_file():
        raise FileNotFoundError(f"There is no list {str(path)!r}.")
    rows = list(csv.reader(io.StringIO(read_text(path), newline="")))
    if not rows:
        raise ValueError(f"{path} is empty.")
    return rows[0], [row for row in rows[1:] if row]


def _target_columns(header, asked, stated, filename_column, path):
    if filename_column not in header:
        raise ValueError(
            f"{path}: filename_column={filename_column!r} is none of the columns: "
            f"{header}."
        )
    if asked is not None:
        asked = [asked] if isinstance(asked, str) else list(asked)
        unknown = [name for name in asked if name not in header]
        if unknown:
            raise ValueError(
                f"{path}: label_column={unknown[0]!r} is none of the columns: {header}."
            )
        return asked
    if not stated:
        return ["label"] if "label" in header else []
    end = len(header) - bool(stated.get("groups"))
    return header[1:end]


def _read_array(folder, file, where):
    path = (folder / file).with_suffix(".npy")
    try:
        with open(path, "rb") as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"{where}: there is no file {str(path)!r}.") from None
    except (ValueError, EOFError, OSError, MemoryError) as error:
        raise ValueError(f"{where}: {path} is no array of NumPy: {error}") from error
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise ValueError(
            f"{where}: {path} must hold an array of numbers, got the shape "
            f"{array.shape} and dtype {array.dtype}."
        )
    return array


def _stack(arrays, stated):
    shapes = {array.shape for array in arrays}
    if len(shapes) == 1 and not stated.get("collection"):
        return np.stack(arrays)
    if {array.ndim for array in arrays} != {2}:
        raise ValueError(
            "Arrays of different shapes must be sequences (n_frames, n_features), got "
            f"{sorted(shapes)[:5]}."
        )
    return arrays


def _target_fields(labels, columns, stated):
    if not columns:
        return {}
    target = np.array(labels, dtype=str)
    if stated:
        kinds = {"i": np.int64, "f": np.float64, "U": str}
        target = target.astype(kinds[stated["target"]])
    one = len(columns) == 1 and (not stated or columns == ["label"])
    if one:
        return {"target": target[:, 0], "target_names": stated.get("target_names")}
    return {"target": target, "target_names": columns}
