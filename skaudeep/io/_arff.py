"""Feature tables as ARFF."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import re

import numpy as np

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

__all__ = ["read_arff", "write_arff"]

_RELATIONS = {
    "audeep": "auDeep exported data set",
    "deepspectrum": "Deep Spectrum Features",
}
_TYPES = {"string": "STRING", "integer": "INTEGER", "number": "NUMERIC"}
_KINDS = {
    "STRING": "string",
    "INTEGER": "integer",
    "NUMERIC": "number",
    "REAL": "number",
}
_DATA = re.compile(r"^[ \t]*@data[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CELL = r"""\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,"']*)\s*,"""
_COMMENT = "% skaudeep "


def write_arff(table, path, layout, labels_last):
    """Write a table to a file in auDeep's or Deep Spectrum's layout."""
    X, names = flatten(table, layout)
    infinite = np.argwhere(np.isinf(X))
    if len(infinite):
        row, column = infinite[0]
        raise ValueError(
            f"ARFF knows no infinite numbers: row {row}, column {names[column]!r} is "
            f"{X[row, column]}."
        )
    before, after = to_columns(table, layout, labels_last)
    check_header([column.name for column in before + after], names)
    number = "REAL" if layout == "audeep" else "NUMERIC"
    attributes = [(column.name, _type(column)) for column in before]
    attributes += [(name, number) for name in names]
    attributes += [(column.name, _type(column)) for column in after]
    stated = {"version": table.version, "settings": table.settings}
    header = [
        f"{_COMMENT}{json.dumps(stated)}",
        f'@RELATION "{_RELATIONS[layout]}"',
        "",
        *(f"@ATTRIBUTE {_attribute_name(name)} {type_}" for name, type_ in attributes),
        "",
        "@DATA",
    ]
    parts = [_lines(before), format_rows(X, missing="?")]
    if after:
        parts.append(_lines(after))
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in header)
        file.writelines(f"{','.join(cells)}\n" for cells in zip(*parts, strict=True))


def _type(column):
    if column.kind != "nominal":
        return _TYPES[column.kind]
    # Without any class there is no set of them; all values are missing then.
    if not column.classes:
        return "STRING"
    return "{" + ", ".join(map(_quote, column.classes)) + "}"


def _attribute_name(name):
    if re.search(r"""["'\\\x00-\x1f]""", name):
        raise ValueError(
            f"The name of an attribute in ARFF has no quotation marks, backslashes or "
            f"control characters, got {name!r}."
        )
    return f'"{name}"' if re.search(r"[\s,%{}]", name) or not name else name


def _quote(text):
    import arff

    # Braces and question marks are left bare by liac-arff, and not read back; what
    # holds a space is quoted.
    if re.search(r"[{}]|^\?$", text):
        return arff.encode_string(f"{text} ")[:-2] + "'"
    return arff.encode_string(text)


def _lines(columns):
    texts = []
    for column in columns:
        quoted = column.kind in ("string", "nominal")
        write = _quote if quoted else repr
        texts.append(
            [
                "?" if value is None or value != value else write(value)
                for value in column.values
            ]
        )
    return map(",".join, zip(*texts, strict=True))


def read_arff(path, asked, prefix):
    """Read a file.

    Parameters
    ----------
    path : Path
        The file.
    asked : Names
        Names of attributes that the caller gave.
    prefix : str
        What names of rows without a name begin with.

    Returns
    -------
    FeatureTable
        The table.
    """
    text = read_text(path)
    start = _DATA.search(text)
    if start is None:
        raise ValueError(f"{path}: there is no line '@DATA'.")
    head = text[: start.start()]
    attributes = _load(f"{head}@DATA\n", path, None)["attributes"]
    header = [name for name, _ in attributes]
    roles = find_roles(header, asked, path)
    for index in roles.features:
        if _KINDS.get(_simple(attributes[index][1])) not in ("integer", "number"):
            raise ValueError(
                f"{path}: the attribute {header[index]!r} is not numeric, so it is no "
                "feature; name it if it is the name of a file, a label or the like."
            )
    lines, places = _data_lines(text[start.end() :], head.count("\n") + 1)

    def where(row):
        return f"{path}, row {row + 1} (line {places[row]})"

    shape = line_shape(roles, len(header))
    for row, line in enumerate(lines):
        if line.startswith("{"):
            raise ValueError(f"{where(row)}: sparse rows of ARFF are not read.")
    names = [header[index] for index in roles.features]
    others = [attributes[index] for index in roles.others()]
    if shape is None:
        rows = _load(text, path, None)["data"]
        X = np.array(
            [[_nan(row[i]) for i in roles.features] for row in rows], dtype=np.float32
        ).reshape(len(rows), len(names))
        cells = [[row[i] for i in roles.others()] for row in rows]
    else:
        splits = [_split(line, shape, where, row) for row, line in enumerate(lines)]
        X = parse_rows([numbers for _, numbers in splits], names, where)
        cells = _load_cells(others, [text for text, _ in splits], path, where)
    columns = {
        index: Column(
            header[index],
            [row[k] for row in cells],
            _KINDS.get(_simple(attributes[index][1]), "nominal"),
            attributes[index][1] if isinstance(attributes[index][1], list) else None,
        )
        for k, index in enumerate(roles.others())
    }
    return make_table(
        path, header, roles, columns, X, where, prefix, **_stated(head, path)
    )


def _simple(type_):
    return type_.upper() if isinstance(type_, str) else None


def _nan(value):
    return np.nan if value is None else value


def _data_lines(text, first):
    """Lines that are neither empty nor comments, and their numbers."""
    numbered = enumerate(text.split("\n"), start=first)
    kept = [
        (line, number)
        for number, line in numbered
        if line.strip() and not line.lstrip().startswith("%")
    ]
    return [line for line, _ in kept], [number for _, number in kept]


def _split(line, shape, where, row):
    """Cells that are no features, as text, and the features, as text."""
    if "'" not in line and '"' not in line:
        split = shape.split(line)
        if split is not None:
            before, numbers, after = split
            return ",".join(before + after), numbers
    else:
        match = re.match(_CELL * shape.n_before, line)
        if match:
            rest = line[match.end() :].split(",", shape.n_features)
            if (len(rest) > shape.n_features) == (shape.n_after > 0):
                before = line[: match.end()]
                after = "".join(rest[shape.n_features :])
                if not after:
                    before = before[:-1]
                return before + after, ",".join(rest[: shape.n_features])
    raise ValueError(
        f"{where(row)}: the values are not those of {sum(shape)} attributes: "
        f"{line[:60]!r}."
    )


def _load_cells(attributes, lines, path, where):
    """Values of the attributes that are no features."""
    if not attributes:
        return [[] for _ in lines]
    head = ["@RELATION others"]
    for name, type_ in attributes:
        if isinstance(type_, list):
            type_ = "{" + ", ".join(map(_quote, type_)) + "}"
        head.append(f"@ATTRIBUTE {_attribute_name(name)} {type_}")
    head.append("@DATA")
    text = "\n".join([*head, *lines])
    return _load(text, path, lambda line: where(line - len(head) - 1))["data"]


def _load(text, path, where):
    import arff

    try:
        return arff.loads(text)
    except arff.ArffException as error:
        place = f"{path}, line {error.line}" if where is None else where(error.line)
        reason = re.sub(r",? at line -?\d+\.?$", "", str(error))
        raise ValueError(f"{place}: {reason}.") from error


def _stated(head, path):
    """Version and settings, if the file is ours."""
    for line in head.split("\n"):
        if line.startswith(_COMMENT):
            try:
                stated = json.loads(line.removeprefix(_COMMENT))
                return {name: stated[name] for name in ("version", "settings")}
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f"{path}: the comment with the settings is damaged ({error})."
                ) from error
    return {}
