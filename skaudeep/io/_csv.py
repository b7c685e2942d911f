"""Feature tables as CSV."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
from types import SimpleNamespace

from skaudeep.io._columns import (
    Column,
    check_header,
    find_roles,
    flatten,
    make_table,
    to_columns,
)
from skaudeep.io._number_rows import format_rows, parse_rows
from skaudeep.io._text_lines import line_shape, read_text

__all__ = ["read_csv", "write_csv"]


def write_csv(table, path, layout, labels_last):
    """Write a table to a file with a header, in auDeep's or Deep Spectrum's layout."""
    X, names = flatten(table, layout)
    before, after = to_columns(table, layout, labels_last)
    check_header([column.name for column in before + after], names)
    header = [column.name for column in before] + names + [c.name for c in after]
    lines = [
        *_lines([header]),
        *map(
            ",".join,
            zip(
                _lines(_cells(before)),
                format_rows(X, missing=""),
                *([_lines(_cells(after))] if after else []),
                strict=True,
            ),
        ),
    ]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in lines)


def _lines(rows):
    lines = []
    # Only what could end a line is quoted, so both characters must.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    writer.writerows(rows)
    return [line[:-2] for line in lines]


def _cells(columns):
    """Rows of the columns; an unknown label is a question mark, all else empty."""
    texts = []
    for column in columns:
        missing = "?" if column.kind == "nominal" else ""
        texts.append(
            [
                missing if value is None or value != value else str(value)
                for value in column.values
            ]
        )
    return zip(*texts, strict=True)


def read_csv(path, asked, prefix):
    """Read a file with a header.

    Parameters
    ----------
    path : Path
        The file.
    asked : Names
        Names of columns that the caller gave.
    prefix : str
        What names of rows without a name begin with.

    Returns
    -------
    FeatureTable
        The table.
    """
    rows, lines = _read_rows(path)
    if not rows:
        raise ValueError(f"{path} is empty.")
    header = _split(rows[0])
    roles = find_roles(header, asked, path)
    rows, lines = rows[1:], lines[1:]

    def where(row):
        return f"{path}, row {row + 1} (line {lines[row]})"

    shape = line_shape(roles, len(header))
    others, numbers = [], []
    for i, row in enumerate(rows):
        if isinstance(row, str) and shape is not None:
            split = shape.split(row)
        else:
            split = _pick(_split(row), roles, len(header))
        if split is None:
            n_cells = len(_split(row))
            raise ValueError(
                f"{where(i)}: {n_cells} columns, but the header has {len(header)}."
            )
        before, text, after = split
        others.append(before + after)
        numbers.append(text)
    X = parse_rows(numbers, [header[index] for index in roles.features], where)
    columns = {
        index: Column(header[index], [cells[k] for cells in others], "text")
        for k, index in enumerate(roles.others())
    }
    return make_table(path, header, roles, columns, X, where, prefix)


def _pick(cells, roles, n_columns):
    if len(cells) != n_columns:
        return None
    numbers = ",".join(cells[index] for index in roles.features)
    return [cells[index] for index in roles.others()], numbers, []


def _read_rows(path):
    """Every row as a line without quotation marks or as a list of cells."""
    text = read_text(path)
    plain = text.split("\n")
    while plain and not plain[-1]:
        plain.pop()
    if '"' not in text:
        return plain, range(1, len(plain) + 1)
    if not any(line.count('"') % 2 for line in plain):
        rows = [_cells_of(line, path) if '"' in line else line for line in plain]
        return rows, range(1, len(plain) + 1)
    # Some cell goes on in the next line.
    rows, lines = [], []
    reader = csv.reader((f"{line}\n" for line in plain), strict=True)
    try:
        for cells in reader:
            rows.append(cells)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {reader.line_num}: quotation marks do not match ({error})."
        ) from error
    return rows, lines


def _cells_of(line, path):
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError(
            f"{path}: quotation marks do not match in {line[:60]!r} ({error})."
        ) from error


def _split(row):
    return row.split(",") if isinstance(row, str) else row
