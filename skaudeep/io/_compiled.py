"""scikit-learn's compiled objects, trees and losses, as a document of skops.

They have no attributes that could be listed; skops knows how each is taken apart and
made again in every version. It is imported only where there are such objects, since it
imports all of scikit-learn. Its document is held to a grammar of these types alone
before skops sees it.
"""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import re
import zipfile

import numpy as np

from skaudeep.exceptions import PersistenceError
from skaudeep.io._members import check_members, check_npy, read_json, write_member

__all__ = ["dump_compiled", "is_compiled", "load_compiled"]

_TREE = "sklearn.tree._tree.Tree"
# Modules of losses and links; the names of old versions stand without a package.
_LOSS_MODULES = ("sklearn._loss.loss", "sklearn._loss.link")
_CYTHON_MODULES = (
    "_loss",
    "sklearn._loss._loss",
    "sklearn.linear_model._sgd_fast",
)
_LOSSES = frozenset(
    {
        "AbsoluteError",
        "ExponentialLoss",
        "HalfBinomialLoss",
        "HalfGammaLoss",
        "HalfMultinomialLoss",
        "HalfPoissonLoss",
        "HalfSquaredError",
        "HuberLoss",
        "IdentityLink",
        "Interval",
        "LogLink",
        "LogitLink",
        "MultinomialLogit",
        "PinballLoss",
    }
)
_CYTHON_LOSSES = frozenset(
    {
        *(f"Cy{name}" for name in _LOSSES),
        "EpsilonInsensitive",
        "Hinge",
        "ModifiedHuber",
        "SquaredEpsilonInsensitive",
        "SquaredHinge",
    }
)
_NUMBERS = re.compile(r"numpy\.(bool_?|u?int(8|16|32|64)|float(32|64))")
_PLAIN = {
    "DictNode": "builtins.dict",
    "JsonNode": "builtins.str",
    "ListNode": "builtins.list",
    "TupleNode": "builtins.tuple",
    "TypeNode": "builtins.str",
    "TreeNode": _TREE,
}
_SCHEMA = "schema.json"
_MEMBERS = re.compile(rf"{_SCHEMA}|\d+\.npy")


def is_compiled(value):
    """Whether this is one of scikit-learn's compiled objects that can be saved."""
    cls = type(value)
    return _is_allowed_object(cls.__module__, cls.__name__)


def dump_compiled(values):
    """A list of compiled objects as bytes."""
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(values))) as archive:
        schema = read_json(archive, _SCHEMA)
        parts = {}
        _strip(schema, parts)
        contents = {new: _tidy(archive.read(old)) for old, new in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        write_member(archive, _SCHEMA, json.dumps(schema, separators=(",", ":")))
        for name, content in contents.items():
            write_member(archive, name, content)
    data = file.getvalue()
    # What is written here must be read again.
    with zipfile.ZipFile(file) as archive:
        _names(archive, len(data))
    return data


def _strip(node, parts):
    """Take out addresses in memory, by which skops numbers values and names arrays."""
    if isinstance(node, dict):
        node.pop("__id__", None)
        if "file" in node:
            node["file"] = parts.setdefault(node["file"], f"{len(parts)}.npy")
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            _strip(item, parts)


def _tidy(content):
    """An array without what happens to lie in memory between the fields of a node."""
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, array.dtype)
    for field in array.dtype.names:
        clean[field] = array[field]
    file = io.BytesIO()
    np.save(file, clean, allow_pickle=False)
    return file.getvalue()


def load_compiled(data):
    """The list that was handed to `dump_compiled`.

    Raises
    ------
    PersistenceError
        If anything but compiled objects is named; nothing is imported then.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = _names(archive, len(data))
    values = skops.io.loads(data, trusted=sorted(names))
    if type(values) is not list or not all(map(is_compiled, values)):
        raise PersistenceError("compiled objects are of other types than allowed.")
    return values


def _names(archive, size):
    """Types that a document names, all of which are allowed."""
    check_members(archive, size, _MEMBERS)
    for info in archive.infolist():
        if info.filename.endswith(".npy"):
            with archive.open(info) as member:
                check_npy(member, info.file_size)
    names, waiting = set(), [read_json(archive, _SCHEMA)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            waiting.extend(node.values())
            # By its number skops would take a value from elsewhere in the document,
            # which makes few of them a great many.
            if "__id__" in node:
                raise PersistenceError("a compiled object has a number.")
            if "__loader__" in node:
                names.add(_check_node(node))
    return names


def _check_node(node):
    loader = node["__loader__"]
    module, short = node.get("__module__"), node.get("__class__")
    name = f"{module}.{short}"
    if loader in _PLAIN:
        allowed = name == _PLAIN[loader]
    elif loader == "NdArrayNode":
        allowed = name == "numpy.ndarray" or _NUMBERS.fullmatch(name)
        allowed = allowed and node.get("type") == "numpy"
    else:
        allowed = loader in ("LossNode", "ObjectNode") and _is_allowed_object(
            module, short
        )
    if not allowed:
        raise PersistenceError(
            f"{name[:80]!r} as {loader!r:.80} is no compiled object that is loaded."
        )
    return name


def _is_allowed_object(module, short):
    return (
        f"{module}.{short}" == _TREE
        or (module in _LOSS_MODULES and short in _LOSSES)
        or (module in _CYTHON_MODULES and short in _CYTHON_LOSSES)
    )
