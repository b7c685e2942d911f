"""Rows of single-precision numbers as text, exact and fast."""
# SPDX-License-Identifier: BSD-3-Clause

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["NUMBER", "format_rows", "is_missing", "parse_rows"]

NUMBER = re.compile(
    r"\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?)\s*",
    re.ASCII | re.IGNORECASE,
)
_MISSING = ("", "?", "nan", "-nan", "NaN", "-NaN", "NA", "N/A", "n/a", "null", "NULL")
# Values that one thread is handed at once.
_BLOCK = 2**18


def is_missing(cell):
    """Whether this is what stands where a value is missing."""
    return cell.strip() in _MISSING


def format_rows(X, missing):
    """Text of every row, commas between the shortest numbers that are read the same.

    Parameters
    ----------
    X : ndarray of float32 of shape (n_rows, n_columns)
        Numbers.
    missing : str
        What stands for NaN.

    Returns
    -------
    list of str
        One a row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def format_block(rows):
        block = np.ascontiguousarray(X[rows])
        cells = pa.array(block.ravel(), from_pandas=True).cast(pa.string())
        cells = pc.fill_null(cells, missing)
        ends = np.arange(0, block.size + 1, X.shape[1], dtype=np.int32)
        lists = pa.ListArray.from_arrays(pa.array(ends), cells)
        return pc.binary_join(lists, ",").to_pylist()

    return [text for texts in _map_blocks(format_block, X.shape) for text in texts]


def parse_rows(texts, names, where):
    """Numbers of rows as text.

    Parameters
    ----------
    texts : list of str
        Rows of numbers with commas between them.
    names : list of str
        Names of the columns, for errors.
    where : callable
        Makes of an index of a row the words that name it in an error.

    Returns
    -------
    ndarray of float32 of shape (n_rows, n_columns)
        NaN where a number is missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    X = np.empty((len(texts), len(names)), dtype=np.float32)

    def parse_block(rows):
        def place(row):
            return where(rows.start + row)

        block = texts[rows]
        cells = pc.split_pattern(pa.array(block, type=pa.string()), ",")
        _check_lengths(cells, names, place)
        values = _parse(cells.flatten())
        if values is None or np.isinf(values).any():
            _check_cells(block, names, place)
        if values is None:
            values = [_number(cell) for text in block for cell in text.split(",")]
        X[rows] = np.reshape(values, (len(block), len(names)))

    _map_blocks(parse_block, X.shape)
    return X


def _map_blocks(function, shape):
    """Results for all slices of rows, in order; Arrow leaves other threads the lock."""
    n_rows, n_columns = shape
    n_block = max(1, _BLOCK // n_columns)
    blocks = [slice(start, start + n_block) for start in range(0, n_rows, n_block)]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(function, blocks))


def _check_lengths(rows, names, where):
    import pyarrow.compute as pc

    lengths = pc.list_value_length(rows).to_numpy()
    wrong = np.flatnonzero(lengths != len(names))
    if len(wrong):
        raise ValueError(
            f"{where(wrong[0])}: {lengths[wrong[0]]} columns of features, but the "
            f"header has {len(names)}."
        )


def _parse(cells):
    """Numbers of all cells; None if one is not as Arrow wants it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return cells.cast(pa.float32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        cells = pc.utf8_trim_whitespace(cells)
        missing = pc.is_in(cells, value_set=pa.array(_MISSING))
        cells = pc.if_else(missing, None, cells)
    try:
        return cells.cast(pa.float32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None


def _number(cell):
    return np.nan if is_missing(cell) else float(cell)


def _check_cells(texts, names, where):
    """Raise an error that names the first cell that is no single-precision number."""
    for row, text in enumerate(texts):
        for name, cell in zip(names, text.split(","), strict=True):
            if is_missing(cell):
                continue
            if not NUMBER.fullmatch(cell):
                raise ValueError(
                    f"{where(row)}, column {name!r}: must be a number, got {cell!r}."
                )
            too_large = abs(float(cell)) > float(np.finfo(np.float32).max)
            if too_large and "n" not in cell.lower():
                raise ValueError(
                    f"{where(row)}, column {name!r}: single precision cannot hold "
                    f"{cell!r}."
                )
