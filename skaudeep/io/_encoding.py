"""From an estimator to what JSON knows, arrays, and compiled objects."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
import inspect
import math
from pathlib import PurePath

import numpy as np
from sklearn.base import BaseEstimator

from skaudeep.exceptions import PersistenceError
from skaudeep.io._compiled import is_compiled
from skaudeep.io._types import (
    VALUES,
    describe,
    is_attribute,
    name_of_class,
    name_of_function,
    name_of_type,
)

__all__ = ["MAX_DEPTH", "Encoder"]

# Of values in values: forty pipelines in one another.
MAX_DEPTH = 120

_HINTS = (
    (
        ("keras", "tensorflow", "jax", "torch"),
        "save the model with its own `save` and pass the path of that file instead",
    ),
    (
        ("joblib", "functools", "__main__"),
        "set the parameter to another value, as None, before saving",
    ),
)


class Encoder:
    """Makes nodes of JSON, and puts aside what JSON does not know.

    None, bool, int, finite float, str and list stay what they are; all else is an
    object with the key "is", which says what :class:`~skaudeep.io._decoding.Decoder`
    makes of it.

    Attributes
    ----------
    arrays : list of ndarray
        What nodes of arrays refer to.
    compiled : list of object
        Objects of scikit-learn's compiled code.
    """

    def __init__(self):
        self.arrays = []
        self.compiled = []
        self._objects = []
        self._numbers = {}

    def encode(self, value, path, depth=0):
        """The node of a value.

        Parameters
        ----------
        value : object
            Part of an estimator.
        path : str
            Where in the estimator it is, for messages.
        depth : int, default=0
            How deep.

        Raises
        ------
        PersistenceError
            If it cannot be saved; names the parameter and the type.
        """
        if depth > MAX_DEPTH:
            raise PersistenceError(
                f"{path:.80}... lies deeper than {MAX_DEPTH} values in values; does "
                "something contain itself?"
            )
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            if math.isfinite(value):
                return value
            return {"is": "float", "value": repr(value)}
        nodes = functools.partial(self._items, path=path, depth=depth)
        if type(value) is list:
            return nodes(value)
        if type(value) in (tuple, set, frozenset):
            # The order of a set would be another in every process.
            items = value if type(value) is tuple else _sorted(value)
            return {"is": type(value).__name__, "items": nodes(items)}
        if isinstance(value, dict):
            return self._dict(value, path, depth)
        if isinstance(value, np.generic):
            return self._scalar(value, path)
        if isinstance(value, np.ndarray):
            return self._array(value, path, depth)
        if isinstance(value, slice):
            return {
                "is": "slice",
                "items": nodes([value.start, value.stop, value.step]),
            }
        if isinstance(value, np.dtype):
            return {"is": "dtype", "value": self._dtype(value, path)}
        if isinstance(value, PurePath):
            return {"is": "path", "value": str(value)}
        if isinstance(value, np.random.RandomState):
            state = value.get_state(legacy=False)
            return {
                "is": "random_state",
                "key": self._array(state["state"]["key"], path, depth),
                "pos": state["state"]["pos"],
                "has_gauss": state["has_gauss"],
                "gauss": state["gauss"],
            }
        if type(value).__module__.partition(".")[0] == "pandas" and _is_index(value):
            return {"is": "index", "items": nodes(value.tolist())}
        return self._named(value, path, depth)

    def _items(self, items, path, depth):
        return [
            self.encode(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(items)
        ]

    def _dict(self, value, path, depth):
        node = {"is": "dict"}
        if type(value) is not dict:
            node["type"] = name_of_class(type(value)) or _refuse(value, path)
        node["items"] = [
            [
                self.encode(k, path, depth + 1),
                self.encode(v, f"{path}[{k!r}]", depth + 1),
            ]
            for k, v in value.items()
        ]
        return node

    def _scalar(self, value, path):
        item = value.item()
        if value.dtype.kind not in "biufU" or isinstance(item, np.generic):
            _refuse(value, path)
        return {
            "is": "scalar",
            "dtype": "U" if value.dtype.kind == "U" else value.dtype.str,
            "value": self.encode(item, path),
        }

    def _array(self, value, path, depth):
        if isinstance(value, np.ma.MaskedArray):
            return {
                "is": "masked",
                "data": self._array(value.data, path, depth),
                "mask": self._array(np.ma.getmaskarray(value), path, depth),
                "fill": self.encode(value.fill_value, path, depth + 1),
            }
        # A memory-mapped array is saved as what it holds.
        if type(value) not in (np.ndarray, np.memmap):
            _refuse(value, path)
        if value.dtype == object:
            return {
                "is": "objects",
                "shape": list(value.shape),
                "items": self._items(value.ravel().tolist(), path, depth),
            }
        self._dtype(value.dtype, path)
        return {"is": "array", "part": self._number(value, self.arrays)}

    @staticmethod
    def _dtype(dtype, path):
        if dtype.kind not in "biufcSUmM" or dtype.char in "gG":
            raise PersistenceError(f"{path} has the dtype {dtype}, which is not saved.")
        return dtype.str

    def _number(self, value, into):
        """Its place among those put aside; the same for the same thing.

        That is by identity, which is sure because nothing put aside vanishes.
        """
        key = id(into), id(value)
        if key not in self._numbers:
            self._numbers[key] = len(into)
            into.append(value)
        return self._numbers[key]

    def _named(self, value, path, depth):
        if inspect.isclass(value):
            name = name_of_type(value) or _refuse(value, path)
            return {"is": "type", "type": name}
        if is_compiled(value):
            return {"is": "compiled", "part": self._number(value, self.compiled)}
        if name := name_of_class(type(value)):
            if name in VALUES:
                arguments = [getattr(value, field) for field in VALUES[name]]
                items = self._items(arguments, path, depth)
                return {"is": "value", "type": name, "items": items}
            return self._object(value, name, path, depth)
        if name := name_of_function(value):
            return {"is": "function", "name": name}
        return _refuse(value, path)

    def _object(self, value, name, path, depth):
        known = (id(self._objects), id(value)) in self._numbers
        number = self._number(value, self._objects)
        if known:
            return {"is": "same", "part": number}
        state = value.__getstate__() or {}
        if not isinstance(state, dict):
            _refuse(value, path)
        for key in state:
            if not is_attribute(type(value), key):
                raise PersistenceError(
                    f"{path}.{key} stands in place of what the class "
                    f"{type(value).__name__} has under this name, and is not saved."
                )
        return {
            "is": "object",
            "type": name,
            "state": {
                key: self._attribute(value, key, item, f"{path}.{key}", depth + 1)
                for key, item in state.items()
                # Of the whole file one list of versions is kept.
                if not (key == "_sklearn_version" and isinstance(value, BaseEstimator))
            },
        }

    def _attribute(self, owner, name, value, path, depth):
        is_tree = name == "_tree" and type(owner).__module__.startswith("sklearn.")
        if is_tree and value is not None:
            from skaudeep.io._search_trees import name_of_search_tree

            if found := name_of_search_tree(value):
                return {"is": "search_tree", "name": found}
        return self.encode(value, path, depth)


def _is_index(value):
    """Whether these are names of columns, which set_output leaves in a union."""
    import pandas

    return type(value) is pandas.Index and value.name is None


def _sorted(values):
    return sorted(values, key=lambda value: (type(value).__name__, repr(value)))


def _refuse(value, path):
    module = getattr(value, "__module__", None) or type(value).__module__
    hint = next((hint for names, hint in _HINTS if module.startswith(names)), None)
    raise PersistenceError(
        f"{path} is {describe(value)}, which is not saved: a file holds no code and "
        "nothing of unknown types" + (f"; {hint}." if hint else ".")
    )
