"""Files of labels, as Deep Spectrum reads them."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["labels_of", "read_labels", "read_rows"]


def read_labels(path, column=None):
    """Read a label file: a header, the file in the first column, labels behind.

    Parameters
    ----------
    path : Path
        Comma-separated, or tab-separated if its header holds a tab.
    column : str or None, default=None
        Which column holds the label; None takes the only one behind the first.

    Returns
    -------
    dict of str to str
        Label of each file.
    """
    rows = read_rows(path)
    header = rows[0]
    if column is not None and column not in header[1:]:
        raise ValueError(f"{path} has no column {column!r} of labels: {header[1:]}.")
    if column is None and len(header) != 2:
        raise ValueError(
            f"{path} must have two columns, file and label, got {header}; choose one "
            "with --label-column."
        )
    index = 1 if column is None else header.index(column)
    labels = {}
    for number, row in enumerate(rows[1:], start=2):
        name, label = row[0].replace("\\", "/"), row[index]
        if labels.setdefault(name, label) != label:
            raise ValueError(
                f"{path}, row {number}: {name!r} is labelled {label!r} here and "
                f"{labels[name]!r} before."
            )
    return labels


def read_rows(path):
    """Rows of a comma- or tab-separated file with a header.

    Parameters
    ----------
    path : Path
        UTF-8.

    Returns
    -------
    list of list of str
        The header and at least one row, all equally long; cells are stripped.
    """
    import csv
    import io

    from skaudeep.io._text_lines import read_text

    text = read_text(path)
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    rows = [
        [cell.strip() for cell in row]
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        if any(cell.strip() for cell in row)
    ]
    if len(rows) < 2:
        raise ValueError(f"{path} must hold a header and at least one row.")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{path}, row {number}: {len(row)} cells, but the header has "
                f"{len(rows[0])}."
            )
    return rows


def labels_of(names, labels, path):
    """The label of each file: that of its path, or of the end of its path.

    Parameters
    ----------
    names : list of str
        The files.
    labels : dict of str to str
        As of :func:`read_labels`.
    path : Path
        Where they come from, for the error if there is none for any file.

    Returns
    -------
    list of str
        "?" for a file without one.
    """
    from skaudeep.datasets._corpus import UNKNOWN

    found = []
    for name in names:
        parts = name.split("/")
        ends = ("/".join(parts[i:]) for i in range(len(parts)))
        found.append(next((labels[end] for end in ends if end in labels), UNKNOWN))
    if all(label == UNKNOWN for label in found):
        raise ValueError(
            f"{path} labels none of the {len(names)} recordings, such as {names[0]!r}; "
            f"it speaks of {next(iter(labels))!r}."
        )
    return found
