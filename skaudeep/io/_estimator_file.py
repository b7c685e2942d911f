"""The file of an estimator: a zip of JSON and arrays that ends in its checksum."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import json
import os
import re
import zipfile

import numpy as np

from skaudeep.exceptions import PersistenceError
from skaudeep.io._compiled import load_compiled
from skaudeep.io._members import (
    MAX_JSON_BYTES,
    check_members,
    check_npy,
    new_member,
    read_json,
    write_member,
)

__all__ = ["EstimatorFile", "write_estimator_file"]

_DOCUMENT = "estimator.json"
_COMPILED = "compiled.skops"
_NAMES = re.compile(rf"{_DOCUMENT}|arrays/\d+\.npy|{_COMPILED}")
# The zip's comment, which is its last bytes.
_TITLE = b"skaudeep estimator, SHA-256 "
_DIGEST_SIZE = 64
_BLOCK = 2**20
# Beyond this a member needs the larger fields of zip64.
_SMALL = 2**31 - 2**16


def write_estimator_file(path, document, arrays, compiled):
    """Write the file.

    Parameters
    ----------
    path : path-like
        The file.
    document : dict
        As JSON knows it.
    arrays : list of ndarray
        Without objects.
    compiled : bytes or None
        A document of skops.
    """
    text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    if len(text) > MAX_JSON_BYTES:
        raise PersistenceError(
            f"its parameters, lists and texts make {len(text)} bytes of JSON; "
            f"{MAX_JSON_BYTES} are allowed. Are there data among the parameters?"
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = _TITLE + b"0" * _DIGEST_SIZE
        write_member(archive, _DOCUMENT, text)
        for i, array in enumerate(arrays):
            large = array.nbytes > _SMALL
            member = new_member(f"arrays/{i}.npy")
            with archive.open(member, "w", force_zip64=large) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
        if compiled is not None:
            write_member(archive, _COMPILED, compiled)
    with open(path, "rb+") as file:
        digest = _digest(file, os.path.getsize(path) - _DIGEST_SIZE)
        file.write(digest)


def _digest(file, size):
    """Checksum of the first bytes, after which the file stands."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0:
        block = file.read(min(size, _BLOCK))
        if not block:
            break
        digest.update(block)
        size -= len(block)
    return digest.hexdigest().encode()


class EstimatorFile:
    """An open file that is what `write_estimator_file` writes.

    Parameters
    ----------
    file : binary file
        Seekable.

    Attributes
    ----------
    document : dict
        What its JSON holds.

    Raises
    ------
    PersistenceError
        If it is something else, incomplete or changed.
    """

    def __init__(self, file):
        size = file.seek(0, os.SEEK_END)
        _check_frame(file, size)
        self._archive = zipfile.ZipFile(file)
        check_members(self._archive, size, _NAMES)
        self.document = read_json(self._archive, _DOCUMENT)
        self._arrays = {}
        self._compiled = None

    def array(self, number):
        """One of the arrays, by its number; the same one every time."""
        if number not in self._arrays:
            self._arrays[number] = self._read(f"arrays/{number}.npy")
        return self._arrays[number]

    def compiled(self, number):
        """One of the compiled objects, by its number."""
        if self._compiled is None:
            self._compiled = load_compiled(self._archive.read(self._info(_COMPILED)))
        return self._compiled[number]

    def _info(self, name):
        try:
            return self._archive.getinfo(name)
        except KeyError:
            raise PersistenceError(f"the member {name!r} is missing.") from None

    def _read(self, name):
        info = self._info(name)
        with self._archive.open(info) as member:
            shape, fortran_order, dtype = check_npy(member, info.file_size)
            if dtype.kind not in "biufcSUmM":
                raise PersistenceError(f"an array has the dtype {dtype}.")
            values = np.empty(int(np.prod(shape, dtype=object)), dtype=dtype)
            space = memoryview(values.view(np.uint8)) if values.nbytes else b""
            position = 0
            while position < len(space):
                block = member.read(min(_BLOCK, len(space) - position))
                if not block:
                    raise PersistenceError(f"the member {name!r} ends too early.")
                space[position : position + len(block)] = block
                position += len(block)
        return values.reshape(shape, order="F" if fortran_order else "C")


def _check_frame(file, size):
    """Beginning, end and checksum."""
    file.seek(0)
    start = file.read(4)
    if start[:1] == b"\x80":
        raise PersistenceError(
            "it looks like a pickle, which is never loaded: a pickle can run any code."
        )
    if start != b"PK\x03\x04":
        raise PersistenceError("it is no file of skaudeep.io.save, or damaged.")
    file.seek(max(0, size - len(_TITLE) - _DIGEST_SIZE))
    end = file.read()
    if not end.startswith(_TITLE):
        raise PersistenceError(
            "it does not end as files of skaudeep.io.save do: it is another archive, "
            "incomplete, or was changed."
        )
    if _digest(file, size - _DIGEST_SIZE) != end[len(_TITLE) :]:
        raise PersistenceError(
            "its checksum is wrong: it is damaged, or was changed after saving."
        )
