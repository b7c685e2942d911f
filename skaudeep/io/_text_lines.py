"""Lines of a text file, and what of them are numbers."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
from typing import NamedTuple

__all__ = ["Shape", "line_shape", "read_text"]


def read_text(path):
    """Text of a file in UTF-8, with or without a byte order mark, and any line ends."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} must be text in UTF-8: byte {error.start} cannot be decoded "
            f"({error.reason})."
        ) from error
    return text.replace("\r\n", "\n") if "\r" in text else text


class Shape(NamedTuple):
    """How many columns stand before the features, are features, and stand behind.

    Parameters
    ----------
    n_before, n_features, n_after : int
        Numbers of columns.
    """

    n_before: int
    n_features: int
    n_after: int

    def split(self, line):
        """Cells before the features, their text, and cells behind, without quotes.

        None if there are too few of them. That the features are as many as they should
        be is not looked at here.
        """
        *before, rest = line.split(",", self.n_before)
        numbers, *after = rest.rsplit(",", self.n_after) if self.n_after else [rest]
        if len(before) < self.n_before or len(after) < self.n_after:
            return None
        return before, numbers, after


def line_shape(roles, n_columns):
    """The shape, or None if the features do not stand together."""
    first, n_features = roles.features[0], len(roles.features)
    if roles.features[-1] - first + 1 != n_features:
        return None
    return Shape(first, n_features, n_columns - first - n_features)
