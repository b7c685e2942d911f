"""Rows of the text files that come with corpora."""
# SPDX-License-Identifier: BSD-3-Clause

import csv

__all__ = ["read_comma_rows", "read_comma_table", "read_tab_rows"]


def read_tab_rows(path):
    """Rows of a tab-separated file, stripped, without empty lines.

    Parameters
    ----------
    path : Path
        UTF-8 with or without byte order mark, line ends of any kind.

    Returns
    -------
    list of list of str
        Of any length from 1; the first cell of each is not empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error}.") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        row = [cell.strip() for cell in line.split("\t")]
        if not any(row):
            continue
        if not row[0]:
            raise ValueError(
                f"Line {number} of {path} has nothing in its first column: {line!r}."
            )
        rows.append(row)
    return rows


def read_comma_rows(path):
    """Rows of a comma-separated file, stripped, without empty ones.

    Parameters
    ----------
    path : Path
        UTF-8 with or without byte order mark, line ends of any kind.

    Returns
    -------
    list of list of str
        Of any length from 1.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True)
            rows = [[cell.strip() for cell in row] for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not comma-separated UTF-8: {error}.") from error
    return [row for row in rows if any(row)]


def read_comma_table(path, columns):
    """Rows of a comma-separated file with a header.

    Parameters
    ----------
    path : Path
        As for `read_comma_rows`.
    columns : sequence of str
        What the header must have and each row must fill.

    Returns
    -------
    list of dict of str to str
        Every column of the header, "" where a row is too short for it.
    """
    header, *rows = read_comma_rows(path) or [[]]
    missing = [name for name in columns if name not in header]
    if missing:
        raise ValueError(
            f"{path} has no column {missing[0]!r} in its header {','.join(header)!r}."
        )
    table = []
    for row in rows:
        cells = dict.fromkeys(header, "") | dict(zip(header, row, strict=False))
        empty = [name for name in columns if not cells[name]]
        if empty:
            raise ValueError(f"{path} has no {empty[0]} in the row {','.join(row)!r}.")
        table.append(cells)
    return table
