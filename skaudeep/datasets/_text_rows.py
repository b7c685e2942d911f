"""Rows of the text files that come with corpora."""
# SPDX-License-Identifier: BSD-3-Clause

import csv

__all__ = ["read_cells", "read_tab_rows"]


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
    rows = []
    for number, row in read_cells(path, "\t", quoting=csv.QUOTE_NONE):
        if not row[0]:
            raise ValueError(
                f"{path}, line {number}: there is nothing in its first column: {row}."
            )
        rows.append(row)
    return rows


def read_cells(path, delimiter, **settings):
    """Rows of a text file with separated cells, without empty ones.

    Parameters
    ----------
    path : Path
        UTF-8 with or without byte order mark, line ends of any kind.
    delimiter : str
        Between the cells.
    **settings : dict
        For :func:`csv.reader`.

    Yields
    ------
    number : int
        Of the line, counted from 1; the last one of a row that has several.
    cells : list of str
        Stripped, of any length from 1.
    """
    number = 0
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, **settings)
            for row in reader:
                number = reader.line_num
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield number, cells
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error}.") from error
    except csv.Error as error:
        raise ValueError(
            f"{path} cannot be read after line {number}: {error}."
        ) from error
