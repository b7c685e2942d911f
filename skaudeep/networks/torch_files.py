"""The formats of PyTorch's weight files, read without PyTorch."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import math
import pickle
import pickletools
import struct
import zipfile
from typing import NamedTuple

import numpy as np

__all__ = ["UnreadableError", "read_arrays"]

# What the older of PyTorch's formats begins with: two pickled numbers.
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
# Types by safetensors' names. NumPy knows no bfloat16, so its bits are read.
_TYPES = {
    "F64": "f8",
    "F32": "f4",
    "F16": "f2",
    "BF16": "u2",
    "I64": "i8",
    "I32": "i4",
    "I16": "i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}
_STORAGES = {
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
}
# Under which a checkpoint of a training holds the network's weights.
_WRAPPERS = ("state_dict", "model_state_dict", "model")


class UnreadableError(Exception):
    """Says of a file why it is no file of weights."""


def read_arrays(file):
    """The arrays of a state dict, whatever the format.

    Parameters
    ----------
    file : binary file
        Open for reading, at its beginning.

    Returns
    -------
    dict of str to ndarray
        In the order of the file, for safetensors by name; float16 and bfloat16 as
        float32. Arrays may be read-only and may share memory.

    Raises
    ------
    UnreadableError
        If it is something else. What a damaged file raises depends on where it is
        damaged: any exception can be.
    """
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"PK"):
        return _read_zip(file)
    if head.startswith(b"\x80"):
        return _read_legacy(file)
    if head[8:9] == b"{":
        return _read_safetensors(file)
    raise UnreadableError(f"it begins with {head!r}" if head else "it is empty")


def _read_safetensors(file):
    from safetensors import deserialize

    arrays = {}
    # Their order changes from run to run.
    for name, entry in sorted(deserialize(file.read())):
        kind, shape = entry["dtype"], entry["shape"]
        if kind not in _TYPES:
            raise UnreadableError(f"its entry {name!r} is of the type {kind!r}")
        strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
        arrays[name] = _array(entry["data"], kind, "<", 0, shape, strides)
    return arrays


def _read_zip(file):
    """A folder of any name with a pickle, ``data.pkl``, and ``data/`` of storages."""
    if not zipfile.is_zipfile(file):
        raise UnreadableError("it is a zip archive that is cut off")
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise UnreadableError("it is a zip archive, but not one of torch.save")
        top = pickles[0].removesuffix("data.pkl")
        order = "<"
        if f"{top}byteorder" in names and archive.read(f"{top}byteorder") == b"big":
            order = ">"
        content, _ = _unpickle(io.BytesIO(archive.read(pickles[0])))
        tensors = _state_dict(content)
        keys = {tensor.storage.key for tensor in tensors.values()}
        data = {key: archive.read(f"{top}data/{key}") for key in keys}
    return {n: tensor.to_array(data, order) for n, tensor in tensors.items()}


def _read_legacy(file):
    """Five pickles, then the storages, each after its number of elements."""
    for expected in (_MAGIC, _PROTOCOL):
        if _unpickle(file)[0] != expected:
            raise UnreadableError("it is a pickle, but not one of torch.save")
    # The sizes of C's integers where it was written.
    _unpickle(file)
    content, storages = _unpickle(file)
    tensors = _state_dict(content)
    keys, _ = _unpickle(file)
    data = {}
    for key in keys:
        kind, n_elements = storages[key]
        (n_stored,) = struct.unpack("<q", file.read(8))
        if n_stored != n_elements:
            raise ValueError(f"{n_stored} numbers where {n_elements} should be")
        n_bytes = n_elements * np.dtype(_TYPES[kind]).itemsize
        data[key] = file.read(n_bytes)
        if len(data[key]) < n_bytes:
            raise UnreadableError("it is cut off")
    return {n: tensor.to_array(data, "<") for n, tensor in tensors.items()}


def _unpickle(file):
    """What is pickled at this place of a file, and the storages that it refers to."""
    start = file.tell()
    for opcode, argument, position in pickletools.genops(file):
        # For what is noted under a number there is room made up to this number.
        if opcode.name.endswith("PUT") and argument > position:
            raise ValueError("the pickle is none of torch.save")
    file.seek(start)
    unpickler = _Unpickler(file)
    return unpickler.load(), unpickler.storages


def _state_dict(content):
    """The tensors of what was pickled, by name."""
    if isinstance(content, dict):
        inner = [content[name] for name in _WRAPPERS if name in content]
        content = next((entry for entry in inner if isinstance(entry, dict)), content)
    if not isinstance(content, dict):
        raise UnreadableError("it holds something else than a dictionary of tensors")
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, _Tensor):
            raise UnreadableError(f"its entry {name!r} is no tensor")
    return content


def _array(data, kind, order, offset, shape, strides):
    """Numbers of a buffer as an array; offset and strides count elements."""
    dtype = np.dtype(order + _TYPES[kind])
    if min((offset, *shape, *strides)) < 0:
        raise ValueError("a tensor has negative sizes")
    if 0 in shape:
        array = np.empty(shape, dtype)
    else:
        # NumPy looks at the bounds itself, but in integers that can overflow.
        steps = [(n - 1) * step for n, step in zip(shape, strides, strict=True)]
        if (offset + sum(steps) + 1) * dtype.itemsize > len(data):
            raise ValueError("a tensor reaches beyond the numbers that there are")
        steps = [step * dtype.itemsize for step in strides]
        array = np.ndarray(shape, dtype, data, offset * dtype.itemsize, steps)
    if kind == "BF16":
        # It is the first half of float32.
        bits = array.astype(np.uint32)
        bits <<= 16
        return bits.view(np.float32)
    native = np.float32 if kind == "F16" else dtype.newbyteorder("=")
    return array.astype(native, copy=False)


class _Storage(NamedTuple):
    """Numbers in a row: elements `start` to ``start + n_elements`` of the file's."""

    kind: str
    key: str
    start: int
    n_elements: int


# What a pickle may make are instances of the next three classes. A hostile one can also
# give them a state, or the classes themselves: with `__setstate__` and without
# `__dict__` that changes nothing.


class _Dict(dict):
    """Stands for OrderedDict."""

    __slots__ = ()

    def __setstate__(self, state):
        pass


class _Tensor:
    """Stands for a tensor: the arguments of PyTorch's ``_rebuild_tensor_v2``."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(
        self, storage, offset, shape, strides, requires_grad=False, hooks=None
    ):
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides

    def __setstate__(self, state):
        pass

    def to_array(self, data, order):
        kind, key, start, n_elements = self.storage
        itemsize = np.dtype(_TYPES[kind]).itemsize
        data = memoryview(data[key])[start * itemsize :][: n_elements * itemsize]
        return _array(data, kind, order, self.offset, self.shape, self.strides)


class _Parameter:
    """Stands for a parameter, and is its tensor."""

    def __new__(cls, tensor, requires_grad=True, hooks=None):
        return tensor

    def __setstate__(self, state):
        pass


_CLASSES = {
    ("collections", "OrderedDict"): _Dict,
    ("torch._utils", "_rebuild_tensor"): _Tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    ("torch._utils", "_rebuild_parameter"): _Parameter,
    ("torch.nn.parameter", "Parameter"): _Parameter,
}


class _Unpickler(pickle.Unpickler):
    """Knows what a state dict is made of, and nothing else.

    Attributes
    ----------
    storages : dict
        Of every storage that was met, by its key: its type and number of elements.
    """

    def __init__(self, file):
        # Python 2 wrote some of the files.
        super().__init__(file, encoding="utf-8")
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) in _CLASSES:
            return _CLASSES[module, name]
        if module in ("torch", "torch.cuda") and name in _STORAGES:
            return _STORAGES[name]
        raise UnreadableError(
            f"it asks for '{module}.{name}', which is no part of a tensor"
        )

    def persistent_load(self, pid):
        word, kind, key, _device, n_elements, *view = pid
        if word != "storage":
            raise UnreadableError(
                f"it refers to a {word!r}, which is no part of a tensor"
            )
        self.storages[key] = kind, n_elements
        start = 0
        if view and view[0] is not None:
            _key, start, n_elements = view[0]
        return _Storage(kind, key, start, n_elements)
