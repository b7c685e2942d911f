"""Files like those of torch.save, written byte by byte, without PyTorch."""
# SPDX-License-Identifier: BSD-3-Clause

import struct
import zipfile
from typing import NamedTuple

LEGACY_HEAD = (
    0x1950A86A20F9469CFC6C,
    1001,
    {"protocol_version": 1001, "little_endian": True},
)


class Global(NamedTuple):
    """Something to be imported."""

    module: str
    name: str


class Call(NamedTuple):
    """A global, or anything else, called; with a state that it is given afterwards."""

    function: object
    arguments: tuple
    state: object = None


class Build(NamedTuple):
    """Anything that is given a state."""

    target: object
    state: object


class Persistent(NamedTuple):
    """What the reader of the file finds elsewhere."""

    pid: object


class PythonTwo(NamedTuple):
    """A string as Python 2 pickled it."""

    text: str


def tensor(storage, shape, strides, offset=0, key="0", n_elements=6, view=()):
    """What PyTorch pickles for a tensor, if `storage` is as ``"FloatStorage"``."""
    kind = Global("torch", storage) if isinstance(storage, str) else storage
    pid = ("storage", kind, key, "cpu", n_elements, *view)
    hooks = Call(Global("collections", "OrderedDict"), ())
    return Call(
        Global("torch._utils", "_rebuild_tensor_v2"),
        (Persistent(pid), offset, shape, strides, False, hooks),
    )


def dumps(value):
    """A pickle of protocol 2."""
    return b"\x80\x02" + _encode(value) + b"."


def _encode(value):
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        n_bytes = value.bit_length() // 8 + 1
        return (
            b"\x8a" + bytes([n_bytes]) + value.to_bytes(n_bytes, "little", signed=True)
        )
    if isinstance(value, str):
        text = value.encode()
        return b"X" + struct.pack("<I", len(text)) + text
    if isinstance(value, PythonTwo):
        return b"U" + bytes([len(value.text)]) + value.text.encode()
    if isinstance(value, Global):
        return f"c{value.module}\n{value.name}\n".encode()
    if isinstance(value, Persistent):
        return _encode(value.pid) + b"Q"
    if isinstance(value, Call):
        call = _encode(value.function) + _encode(value.arguments) + b"R"
        return call if value.state is None else call + _encode(value.state) + b"b"
    if isinstance(value, Build):
        return _encode(value.target) + _encode(value.state) + b"b"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_encode, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(_encode, value)) + b"e"
    items = [_encode(item) for pair in value.items() for item in pair]
    return b"}(" + b"".join(items) + b"u"


def write_zip(path, content, storages, byteorder="little", top="archive"):
    """The format since PyTorch 1.6.

    Parameters
    ----------
    path : path-like
        The file.
    content : anything that `dumps` takes, or bytes
        What is pickled, or the pickle.
    storages : dict of str to ndarray
        What tensors refer to.
    byteorder : str or None
        What the file says about itself; storages are written as they are.
    top : str
        Folder within the archive.
    """
    with zipfile.ZipFile(path, "w") as archive:
        pickle = content if isinstance(content, bytes) else dumps(content)
        archive.writestr(f"{top}/data.pkl", pickle)
        if byteorder is not None:
            archive.writestr(f"{top}/byteorder", byteorder)
        for key, array in storages.items():
            archive.writestr(f"{top}/data/{key}", array.tobytes())
        archive.writestr(f"{top}/version", "3\n")


def write_legacy(path, content, storages, head=LEGACY_HEAD):
    """The format before; the arguments are those of `write_zip`."""
    with open(path, "wb") as file:
        for value in head:
            file.write(dumps(value))
        file.write(content if isinstance(content, bytes) else dumps(content))
        file.write(dumps(list(storages)))
        for array in storages.values():
            file.write(struct.pack("<q", array.size) + array.tobytes())
