"""Tables in plain text."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["seconds", "some", "text_table"]


def text_table(rows, header=None, indent=0):
    """Rows as aligned columns: words to the left, numbers to the right.

    Parameters
    ----------
    rows : sequence of sequence
        Cells; all rows are equally long.
    header : sequence of str or None, default=None
        Names of the columns.
    indent : int, default=0
        Blanks before each row.

    Returns
    -------
    str
        Lines without a last line break.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    right = [
        all(_is_number(cell) for cell in column) for column in zip(*rows, strict=True)
    ]
    if header is not None:
        cells.insert(0, [str(name) for name in header])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        aligned = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, right, strict=True)
        ]
        lines.append(" " * indent + "  ".join(aligned).rstrip())
    return "\n".join(lines)


def seconds(value):
    """A length for readers: hours and minutes where it is long."""
    if value < 120:
        return f"{value:.3g} s" if value < 1 else f"{value:.2f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def some(names, n_named=5):
    """The first names, and how many more there are."""
    named = ", ".join(map(str, names[:n_named]))
    more = len(names) - n_named
    return f"{named} and {more} more" if more > 0 else named


def _is_number(cell):
    return isinstance(cell, int | float) and not isinstance(cell, bool)
