"""Columns of a table, which is a text file or a data frame."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from numbers import Integral, Real
from pathlib import Path

from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._missing import is_missing
from skaudeep.datasets._text_rows import read_cells

__all__ = ["read_columns"]

_SEPARATORS = ("\t", ";", ",")


def read_columns(table, names, sep=None):
    """Cells of some columns, as text.

    Parameters
    ----------
    table : str, path-like or data frame
        UTF-8 text with or without BOM, with any line ends, whose first line names the
        columns if these are asked for by name; or what has ``columns`` and gives one
        when indexed.
    names : sequence of str or int
        The columns; of a file all by name or all by number, counted from 0.
    sep : str or None, default=None
        Between the cells of a file. None takes tabs if the file is called .tsv or .tab,
        and else that of tab, semicolon and comma which the first line has most of.

    Returns
    -------
    columns : dict of str or int to list of str
        Stripped cells; "" for an empty or missing one.
    where : list of str
        Of each row, as errors say it.
    """
    if hasattr(table, "columns"):
        if sep is not None:
            raise ValueError(f"sep={sep!r} is for files, and table is a data frame.")
        return _from_frame(table, names)
    if isinstance(table, str | os.PathLike):
        return _from_file(Path(table), names, sep)
    raise TypeError(
        f"table must be a path or a data frame, got {type(table).__name__}."
    )


def _from_frame(table, names):
    _check_names(list(table.columns), names, "The table")
    columns = {name: [_text(cell) for cell in list(table[name])] for name in names}
    return columns, [f"Row {i} of the table" for i in range(len(table))]


def _text(cell):
    if is_missing(cell):
        return ""
    if isinstance(cell, Real) and not isinstance(cell, Integral):
        # One missing cell turns a column of integers into floats.
        return str(int(cell) if float(cell).is_integer() else float(cell))
    return str(cell).strip()


def _from_file(path, names, sep):
    if sep is not None and (len(sep) != 1 or sep in '"\r\n'):
        raise ValueError(
            f"sep must be None or one character, no quote and no line end; got {sep!r}."
        )
    rows = _read_rows(path, sep)
    numbers = [name for name in names if isinstance(name, Integral)]
    if len(numbers) == len(names):
        header = list(range(max(len(cells) for _, cells in rows)))
    elif numbers:
        raise ValueError(
            f"Columns of {path} are given by name or by number, got both: {names!r}."
        )
    else:
        (_, header), *rows = rows
    _check_names(header, names, str(path))
    if not rows:
        raise ValueError(f"{path} lists no clip.")
    for where, cells in rows:
        if any(cells[len(header) :]):
            raise ValueError(
                f"{where}: {len(cells)} cells below a header of {len(header)}: "
                f"{cells!r}."
            )
        cells += [""] * (len(header) - len(cells))
    columns = {}
    for name in names:
        place = header.index(name)
        columns[name] = [cells[place] for _, cells in rows]
    return columns, [where for where, _ in rows]


def _read_rows(path, sep):
    """Where each row stands, and its stripped cells; without empty rows."""
    if path.is_dir():
        raise ValueError(
            f"table is a folder: {str(path)!r}. Folders are read by load_audio_folder."
        )
    sep = sep or _find_separator(path)
    cells = read_cells(path, sep, strict=True)
    rows = [(f"{path}, line {number}", row) for number, row in cells]
    if not rows:
        raise ValueError(f"{path} is empty.")
    return rows


def _find_separator(path):
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        first = next((line for line in file if line.strip()), "")
    return max(_SEPARATORS, key=first.count)


def _check_names(header, names, table):
    for name in names:
        if name not in header:
            raise ValueError(
                f"{table} has no column {name!r}, only "
                f"{name_some([repr(other) for other in header], n_named=10)}."
            )
        if header.count(name) > 1:
            raise ValueError(f"{table} has several columns {name!r}.")
