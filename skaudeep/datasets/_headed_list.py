"""Lists of a corpus whose first line names the columns."""
# SPDX-License-Identifier: BSD-3-Clause

from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._text_rows import read_cells

__all__ = ["choose", "name_class", "read_header", "read_list"]


def read_header(path):
    """Names of the columns of a list."""
    return next(_read_rows(path))[1]


def read_list(path, columns, *, optional=()):
    """Rows of a list, by the names of its columns.

    UTF-8 with or without BOM and with any line ends; separated by tabs if the file is
    called ``.tsv``, else by commas. Other columns and empty lines are ignored.

    Parameters
    ----------
    path : Path
        The list.
    columns : sequence of str
        The columns that must be there and have no empty cell. The first one names the
        clip; no two rows have the same.
    optional : iterable of str, default=()
        Other columns to read; "" where the list has no such column or cell.

    Returns
    -------
    list of (str, dict)
        For each row, where it stands, as errors say it, and its cells by column.
    """
    lines = _read_rows(path)
    _, header = next(lines)
    missing = [column for column in columns if column not in header]
    if missing:
        raise ValueError(
            f"{path} has no column {missing[0]!r}, only {', '.join(header)}."
        )
    places = {
        column: header.index(column)
        for column in (*columns, *optional)
        if column in header
    }
    rows, seen = [], {}
    for number, cells in lines:
        where = f"{path}, line {number}"
        cells += [""] * (len(header) - len(cells))
        row = dict.fromkeys(optional, "")
        row.update((column, cells[place]) for column, place in places.items())
        for column in columns:
            if not row[column]:
                raise ValueError(f"{where}: {column} is empty in {','.join(cells)!r}.")
        clip = row[columns[0]]
        if seen.setdefault(clip, number) != number:
            raise ValueError(f"{where}: {clip!r} stands in line {seen[clip]} already.")
        rows.append((where, row))
    if not rows:
        raise ValueError(f"{path} lists no clip.")
    return rows


def choose(where, row, column, allowed):
    """What `allowed` has for the cell of a column; an error if it has nothing."""
    if row[column] not in allowed:
        raise ValueError(
            f"{where}: {column} must be one of {name_some(list(allowed), 12)}; got "
            f"{row[column]!r}."
        )
    return allowed[row[column]]


def name_class(where, classes, number, name):
    """The name, noted in `classes`; an error if the class has another one there."""
    noted = classes.setdefault(number, name)
    if noted != name:
        raise ValueError(
            f"{where}: class {number} is called {name!r} here and {noted!r} above."
        )
    return name


def _read_rows(path):
    """Number and cells of each line that is not empty, header first."""
    rows = read_cells(path, "\t" if path.suffix == ".tsv" else ",")
    first = next(rows, None)
    if first is None:
        raise ValueError(f"{path} is empty.")
    yield first
    yield from rows
