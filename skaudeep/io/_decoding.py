"""From nodes of JSON and arrays back to an estimator."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import math
from collections import Counter
from pathlib import Path

import numpy as np
import sklearn
from sklearn.base import BaseEstimator

from skaudeep.exceptions import PersistenceError
from skaudeep.io._encoding import MAX_DEPTH
from skaudeep.io._types import (
    VALUES,
    find_class,
    find_function,
    find_type,
    is_attribute,
)

__all__ = ["Decoder"]

_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_STATE_WORDS = 624
_DTYPE_LENGTH = 32
# Of different keys; -1 and -2 have one hash, other numbers and texts hardly ever.
_SAME_HASH = 64


class Decoder:
    """Makes values of the nodes of :class:`~skaudeep.io._encoding.Encoder`.

    Only classes and functions that :mod:`skaudeep.io._types` knows are imported, none
    of their constructors is called but those of plain values, and nothing is read but
    what is handed in.

    Parameters
    ----------
    array : callable
        Returns an array by its number.
    compiled : callable
        Returns one of scikit-learn's compiled objects by its number.

    Attributes
    ----------
    dropped : list of str
        Caches that were left out, for a warning: joblib unpickles what it finds there.
    """

    def __init__(self, array, compiled):
        self._array_of = array
        self._compiled_of = compiled
        self._objects = []
        self.dropped = []

    def decode(self, node, depth=0):
        """The value of a node.

        Raises
        ------
        PersistenceError
            If the node is none that is written by us.
        """
        if depth > MAX_DEPTH:
            raise PersistenceError(f"values lie deeper than {MAX_DEPTH} in values.")
        if node is None or type(node) in (bool, int, float, str):
            return node
        if type(node) is list:
            return [self.decode(item, depth + 1) for item in node]
        fields = {name: value for name, value in node.items() if name != "is"}
        kind = node.get("is")
        make = _KINDS.get(kind) if isinstance(kind, str) else None
        if make is None:
            raise PersistenceError(f"{kind!r:.80} is no kind of value.")
        return make(self, depth + 1, **fields)

    def _items(self, items, depth):
        if type(items) is not list:
            raise PersistenceError("a list is missing.")
        return [self.decode(item, depth) for item in items]

    def _float(self, depth, value):
        return _FLOATS[value]

    def _tuple(self, depth, items):
        return tuple(self._items(items, depth))

    def _set(self, depth, items):
        return set(_hashable(self._items(items, depth)))

    def _frozenset(self, depth, items):
        return frozenset(_hashable(self._items(items, depth)))

    def _slice(self, depth, items):
        start, stop, step = self._items(items, depth)
        return slice(start, stop, step)

    def _dict(self, depth, items, type=None):
        found = dict if type is None else find_class(type)
        if not issubclass(found, dict):
            raise PersistenceError(f"{type!r} is no mapping.")
        pairs = [(self.decode(k, depth), self.decode(v, depth)) for k, v in items]
        _hashable([key for key, _ in pairs])
        made = found()
        made.update(pairs)
        return made

    def _scalar(self, depth, dtype, value):
        found = _dtype(dtype)
        if found.kind not in "biufU" or found.itemsize > 8:
            raise PersistenceError(f"{dtype!r:.80} is no type of a number or text.")
        return found.type(self.decode(value, depth))

    def _array(self, depth, part):
        return self._array_of(_number(part))

    def _masked(self, depth, data, mask, fill):
        data, mask = self.decode(data, depth), self.decode(mask, depth)
        # Any other mask would be copied, a small file could ask for it very often.
        if mask.dtype != bool or mask.shape != data.shape:
            raise PersistenceError("a mask does not fit what it masks.")
        return np.ma.MaskedArray(
            data,
            mask=mask,
            fill_value=self.decode(fill, depth),
        )

    def _array_of_objects(self, depth, shape, items):
        items = self._items(items, depth)
        shape = tuple(_number(length) for length in shape)
        if math.prod(shape) != len(items):
            raise PersistenceError(f"{len(items)} values are no array of {shape}.")
        made = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):
            made[i] = item
        return made.reshape(shape)

    def _index(self, depth, items):
        import pandas

        items = self._items(items, depth)
        if not all(isinstance(item, str | int | float) for item in items):
            raise PersistenceError("names of columns are no texts or numbers.")
        return pandas.Index(items)

    def _dtype(self, depth, value):
        return _dtype(value)

    def _path(self, depth, value):
        return Path(_text(value))

    def _random_state(self, depth, key, pos, has_gauss, gauss):
        key = self.decode(key, depth)
        # What lies behind the words would be read without a look at their number.
        if key.shape != (_STATE_WORDS,) or not 0 <= _number(pos) <= _STATE_WORDS:
            raise PersistenceError("a random state is not one of the Mersenne twister.")
        made = np.random.RandomState()
        made.set_state(
            {
                "bit_generator": "MT19937",
                "state": {"key": key, "pos": pos},
                "has_gauss": _number(has_gauss),
                "gauss": self.decode(gauss, depth),
            }
        )
        return made

    def _type(self, depth, type):
        return find_type(_text(type))

    def _function(self, depth, name):
        return find_function(_text(name))

    def _compiled(self, depth, part):
        return self._compiled_of(_number(part))

    def _value(self, depth, type, items):
        arguments = self._items(items, depth)
        fields = VALUES.get(_text(type), ())
        if not fields or len(fields) != len(arguments):
            raise PersistenceError(f"{type!r:.80} is no value of {len(arguments)}.")
        return find_class(type)(**dict(zip(fields, arguments, strict=True)))

    def _same(self, depth, part):
        return self._objects[_number(part)]

    def _object(self, depth, type, state):
        found = find_class(_text(type))
        if type in VALUES or issubclass(found, dict):
            raise PersistenceError(f"{type!r} is a value, not an estimator.")
        made = found.__new__(found)
        self._objects.append(made)
        decoded = {}
        for name, node in state.items():
            if not is_attribute(found, name):
                raise PersistenceError(f"{name!r:.80} is no attribute of {type}.")
            if name != "_tree" or not _is_search_tree(node):
                decoded[name] = self.decode(node, depth)
        if _is_search_tree(state.get("_tree")):
            from skaudeep.io._search_trees import build_search_tree

            decoded["_tree"] = build_search_tree(state["_tree"]["name"], decoded)
        if isinstance(made, BaseEstimator):
            parameters = _parameters(found)
            if "memory" in parameters and decoded.get("memory") is not None:
                self.dropped.append(f"{found.__name__}(memory={decoded['memory']!r})")
                decoded["memory"] = None
            # Parameters that did not exist when the file was written.
            for name, parameter in parameters.items():
                if parameter.default is not inspect.Parameter.empty:
                    decoded.setdefault(name, parameter.default)
            # Versions are compared once for the whole file.
            if found.__module__.startswith("sklearn."):
                decoded["_sklearn_version"] = sklearn.__version__
        if hasattr(made, "__setstate__"):
            made.__setstate__(decoded)
        else:
            vars(made).update(decoded)
        return made


def _parameters(cls):
    known = inspect.signature(cls.__init__).parameters
    return {name: known[name] for name in cls._get_param_names() if name in known}


def _number(value):
    if type(value) is not int or value < 0:
        raise PersistenceError(f"{value!r:.80} is no number of a part or a length.")
    return value


def _text(value):
    if type(value) is not str:
        raise PersistenceError(f"{value!r:.80} is no text.")
    return value


def _is_search_tree(node):
    return type(node) is dict and node.get("is") == "search_tree"


def _dtype(text):
    # What is longer is a structure, which takes NumPy minutes to read.
    found = np.dtype(_text(text) if len(text) < _DTYPE_LENGTH else "O")
    if found.kind not in "biufcSUmM":
        raise PersistenceError(f"{text!r:.80} is no dtype of numbers or text.")
    return found


def _hashable(values):
    """The values, if not so many share one hash that telling them apart takes hours."""
    most = Counter(map(hash, values)).most_common(1)
    if most and most[0][1] > _SAME_HASH:
        raise PersistenceError(f"{most[0][1]} keys of a mapping or set look the same.")
    return values


_KINDS = {
    "array": Decoder._array,
    "compiled": Decoder._compiled,
    "dict": Decoder._dict,
    "dtype": Decoder._dtype,
    "float": Decoder._float,
    "frozenset": Decoder._frozenset,
    "function": Decoder._function,
    "index": Decoder._index,
    "masked": Decoder._masked,
    "object": Decoder._object,
    "objects": Decoder._array_of_objects,
    "path": Decoder._path,
    "random_state": Decoder._random_state,
    "same": Decoder._same,
    "scalar": Decoder._scalar,
    "set": Decoder._set,
    "slice": Decoder._slice,
    "tuple": Decoder._tuple,
    "type": Decoder._type,
    "value": Decoder._value,
}
