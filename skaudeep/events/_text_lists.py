"""Event lists and label tracks as text: what is read is checked line by line."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import math
import os
import re
from itertools import pairwise
from pathlib import Path

from skaudeep._event_lists import check_event
from skaudeep._files import atomic_paths

__all__ = [
    "ALIASES",
    "find_tracks",
    "format_list",
    "format_track",
    "read_list",
    "read_track",
    "write",
]

# Field of an event -> names of its column.
ALIASES = {
    "file": ("filename", "file"),
    "onset": ("onset", "event_onset"),
    "offset": ("offset", "event_offset"),
    "label": ("event_label", "label"),
    "confidence": ("confidence", "score"),
}
_FIELDS = {name: field for field, names in ALIASES.items() for name in names}
_TIMES = ("onset", "offset", "label")

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_LINE_END = re.compile(r"\r\n|\n|\r")
_DELIMITERS = ("\t", ";", ",")
_UNWRITABLE = re.compile(r"[\t\r\n\0]")


def read_list(path, delimiter=None):
    """Rows of a list with many clips, as `EventTable.read_list` describes it.

    Returns
    -------
    list of tuple of (str, Event or None, str)
        File, event and where they stand, in the order of the lines; None of a file
        without events.
    """
    lines = _read_lines(path, delimiter)
    columns = _header(*lines[0]) if lines else None
    rows = []
    for where, cells in lines[columns is not None :]:
        fields = _named(columns, where, cells) if columns else _placed(where, cells)
        if not fields["file"]:
            raise ValueError(f"{where}: the name of the file is empty in {cells!r}.")
        event = None
        if any(not _is_missing(fields.get(key)) for key in _TIMES):
            event = _event(fields, where)
        rows.append((fields["file"], event, where))
    return rows


def find_tracks(paths, suffix):
    """Files by the recordings that they are named after."""
    if isinstance(paths, (str, os.PathLike)):
        folder = Path(paths)
        paths = sorted(folder.glob("*.txt")) if folder.is_dir() else [folder]
        if not paths:
            raise FileNotFoundError(f"The folder {str(folder)!r} holds no *.txt.")
    tracks = {}
    for path in map(Path, paths):
        name = path.stem + suffix
        if name in tracks:
            raise ValueError(
                f"{tracks[name]} and {path} are both named {name!r}: give a mapping "
                "from recordings to paths."
            )
        tracks[name] = path
    return tracks


def read_track(path, label=None, delimiter=None):
    """Events of one clip, as `EventTable.read_label_tracks` describes it.

    Returns
    -------
    list of Event
        In the order of the lines.
    """
    events = []
    for i, (where, cells) in enumerate(_read_lines(path, delimiter, raw_tabs=True)):
        # The frequencies of a spectral selection stand below its label.
        if cells[0] == "\\":
            continue
        if i == 0 and _FIELDS.get(cells[0].lower()) == "onset":
            continue
        if not 2 <= len(cells) <= 3:
            raise ValueError(
                f"{where}: a label track has onset, offset and label, got "
                f"{len(cells)} columns: {cells!r}. Lists of many clips are read by "
                "read_list."
            )
        fields = dict(zip(_TIMES, cells, strict=False))
        if not fields.get("label"):
            if label is None:
                raise ValueError(
                    f"{where}: the label is empty in {cells!r}; the parameter label "
                    "can name what has none."
                )
            fields["label"] = label
        events.append(_event(fields, where))
    return events


def _read_lines(path, delimiter, raw_tabs=False):
    """``("<file>, line <n>", cells)`` of every line that is not empty."""
    if delimiter is not None and delimiter not in _DELIMITERS:
        raise ValueError(
            f"delimiter must be a tab, a semicolon, a comma or None, got {delimiter!r}."
        )
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} must be text in UTF-8: byte {error.start} cannot be decoded "
            f"({error.reason})."
        ) from error
    if delimiter is None:
        delimiter = "\t" if "\t" in text else max(";", ",", key=text.count)
    quoting = csv.QUOTE_NONE if raw_tabs and delimiter == "\t" else csv.QUOTE_MINIMAL
    lines = []
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            reader = csv.reader(
                [line], delimiter=delimiter, quoting=quoting, strict=True
            )
            cells = [cell.strip() for cell in next(reader)]
        except csv.Error as error:
            raise ValueError(
                f"{where}: quotation marks do not match in {line!r} ({error})."
            ) from error
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        lines.append((where, cells))
    return lines


def _header(where, cells):
    """Fields of the columns, None for others; None if this is no header."""
    columns = [_FIELDS.get(cell.lower()) for cell in cells]
    if not {"file", "onset"}.intersection(columns[: len(_TIMES) + 1]):
        return None
    twice = {field for field in columns if field and columns.count(field) > 1}
    if twice:
        raise ValueError(f"{where}: two columns hold the {twice.pop()}: {cells!r}.")
    present = [key for key in _TIMES if key in columns]
    if "file" not in columns or 0 < len(present) < len(_TIMES):
        raise ValueError(
            f"{where}: the header must name the columns filename, onset, offset and "
            f"event_label, or of these filename only, got {cells!r}."
        )
    # A list of weak labels is no list of files without events.
    weak = {"event_labels", "tags"}.intersection(cell.lower() for cell in cells)
    if weak and not present:
        raise ValueError(
            f"{where}: {weak.pop()!r} says what is in a file but not when; onset and "
            f"offset are missing: {cells!r}."
        )
    return columns


def _named(columns, where, cells):
    if len(cells) > len(columns):
        raise ValueError(
            f"{where}: {len(cells)} columns below a header of {len(columns)}: "
            f"{cells!r}.{_comma_hint(cells)}"
        )
    cells = cells + [""] * (len(columns) - len(cells))
    return {field: cell for field, cell in zip(columns, cells, strict=True) if field}


def _placed(where, cells):
    """Fields by the number of cells and by which of them are numbers."""
    if len(cells) == 1:
        return {"file": cells[0]}
    if len(cells) == 4:
        return dict(zip(("file", *_TIMES), cells, strict=True))
    numeric = [_NUMBER.fullmatch(cell) is not None for cell in cells]
    # Behind the label may stand by whom and where it was written down.
    if len(cells) >= 5 and numeric[1:4] == [False, True, True]:
        return dict(zip(("file", *_TIMES), [cells[0], *cells[2:5]], strict=True))
    hint = _comma_hint(cells)
    if len(cells) == 3 and numeric[:2] == [True, True]:
        hint = " A file for one clip is read by read_label_tracks."
    raise ValueError(
        f"{where}: without a header, columns are (file), (file, onset, offset, label) "
        f"or (file, scene, onset, offset, label), got {cells!r}.{hint}"
    )


def _comma_hint(cells):
    digits = [cell.lstrip("+-").isdecimal() for cell in cells]
    if any(a and b for a, b in pairwise(digits)):
        return " If these are decimal commas, write decimal points."
    return ""


def _is_missing(cell):
    return cell is None or cell.lower() in ("", "nan")


def _event(fields, where):
    times = [_number(fields[key], key, where) for key in ("onset", "offset")]
    confidence = math.nan
    if not _is_missing(fields.get("confidence")):
        confidence = _number(fields["confidence"], "confidence", where)
    return check_event((*times, fields["label"], confidence), f"{where}: the event")


def _number(cell, name, where):
    if not _NUMBER.fullmatch(cell):
        hint = ""
        if _DECIMAL_COMMA.fullmatch(cell):
            hint = f"; write {cell.replace(',', '.')!r}, with a decimal point"
        raise ValueError(f"{where}: {name} must be a number, got {cell!r}{hint}.")
    return float(cell)


def format_list(table, *, header=True, confidence=False):
    """Text of a list: a row for every event, and one for every file without any."""
    columns = ["filename", "onset", "offset", "event_label", "confidence"]
    columns = columns[: 5 if confidence else 4]
    rows = [columns] if header else []
    for file, events in table.items():
        _check_cell(file, "file", file)
        for onset, offset, label, known in events:
            _check_cell(label, "label", file)
            times = [repr(onset), repr(offset)]
            last = ["" if math.isnan(known) else repr(known)]
            rows.append([file, *times, label, *last][: len(columns)])
        if not events:
            rows.append([file, *[""] * (len(columns) - 1)] if header else [file])
    return _join(rows)


def format_track(file, events):
    """Text of the label track of one file."""
    for event in events:
        _check_cell(event.label, "label", file)
    # As it is: these tracks know no quotation marks.
    lines = (f"{onset!r}\t{offset!r}\t{label}\n" for onset, offset, label, _ in events)
    return "".join(lines)


def _check_cell(value, name, file):
    if value != value.strip() or _UNWRITABLE.search(value):
        raise ValueError(
            f"The {name} {value!r} of {file!r} cannot be written: with white space at "
            "an end, a tab or a line end, it would be read as another."
        )


def _join(rows):
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue()


def write(texts, overwrite=False):
    """Write every text to its path, each at once or not at all.

    Parameters
    ----------
    texts : dict of path-like to str
        Texts by the paths of their files.
    overwrite : bool, default=False
        Whether files that exist are replaced.
    """
    with atomic_paths(texts, overwrite) as temporaries:
        for temporary, text in zip(temporaries, texts.values(), strict=True):
            temporary.write_bytes(text.encode("utf-8"))
