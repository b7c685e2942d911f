"""scikit-learn's compiled objects, trees and losses, as a document of skops.

They have no attributes that could be listed; skops knows how each is taken apart and
made again in every version. It is imported only where there are such objects, since it
imports all of scikit-learn. Its document is held to a grammar of these types alone
before skops sees it.
"""
# SPDX-License-Identifier: BSD-3-Clause

import io
import re
import zipfile

from skaudeep.exceptions import PersistenceError
from skaudeep.io._members import check_members, check_npy, read_json

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
_MEMBERS = re.compile(r"schema\.json|\d+\.npy")


def is_compiled(value):
    """Whether this is one of scikit-learn's compiled objects that can be saved."""
    cls = type(value)
    return _is_allowed_object(cls.__module__, cls.__name__)


def dump_compiled(values):
    """A list of compiled objects as bytes."""
    import skops.io

    data = skops.io.dumps(values)
    # What is written here must be read again.
    _names(zipfile.ZipFile(io.BytesIO(data)), len(data))
    return data


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
    names, nodes = set(), {}
    waiting = [read_json(archive, "schema.json")]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            waiting.extend(node.values())
            if "__loader__" in node:
                names.add(_check_node(node))
            elif "__id__" in node:
                raise PersistenceError("a compiled object refers to another.")
            # Of two nodes with one number only the first would be looked at, again and
            # again.
            if nodes.setdefault(node.get("__id__"), node) != node and "__id__" in node:
                raise PersistenceError("two compiled objects have the same number.")
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
