"""Tables of how classes are spread over partitions and folds."""
# SPDX-License-Identifier: BSD-3-Clause

from skaudeep.cli._tables import text_table

__all__ = ["class_table", "split_table"]


def class_table(values, detailed):
    """Recordings of each class, in all and in the parts of every split.

    Parameters
    ----------
    values : dict
        With ``classes``, ``partitions`` and ``folds``.
    detailed : bool
        Whether the training parts of folds are shown as well.

    Returns
    -------
    str
        The table.
    """
    columns = _columns(values, detailed)
    rows = [
        (label, *(counts.get(label, 0) for counts in columns.values()))
        for label in values["classes"]
    ]
    return text_table(rows, ("class", *columns))


def split_table(values):
    """Size of each part of every split.

    Parameters
    ----------
    values : dict
        With ``partitions`` and ``folds``.

    Returns
    -------
    str
        The table.
    """
    rows = [(name, part["n"]) for name, part in values["partitions"].items()]
    for number, fold in enumerate(values["folds"], start=1):
        rows += [(f"fold {number} {name}", part["n"]) for name, part in fold.items()]
    return text_table(rows, ("part", "recordings"))


def _columns(values, detailed):
    """Counts of classes by the name of what they are counted in."""
    columns = {"all": values["classes"]}
    for name, part in values["partitions"].items():
        columns[name] = part["classes"]
    for number, fold in enumerate(values["folds"], start=1):
        for name, part in fold.items():
            # The test parts show how the folds differ.
            if name == "test" or detailed:
                columns[f"fold {number} {name}"] = part["classes"]
    return columns
