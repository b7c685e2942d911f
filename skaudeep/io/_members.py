"""Members of an archive: how they are written, and checks before they are read."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import math
import stat
import zipfile

import numpy as np

from skaudeep.exceptions import PersistenceError

__all__ = [
    "MAX_JSON_BYTES",
    "check_members",
    "check_npy",
    "new_member",
    "read_json",
    "write_member",
]

# JSON becomes some twenty times as large in memory.
MAX_JSON_BYTES = 16 * 2**20
_ENCRYPTED = 0x1
# Fixed, so that the same estimator is the same file.
_TIME = (1980, 1, 1, 0, 0, 0)


def new_member(name):
    """A member to be written: not compressed, without a time of day."""
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def write_member(archive, name, content):
    """Write a text or bytes."""
    archive.writestr(new_member(name), content)


def check_members(archive, size, names):
    """Refuse an archive that is not one of ours.

    Members are not compressed, so that nothing becomes larger than the file is.

    Parameters
    ----------
    archive : ZipFile
        Opened to read.
    size : int
        Of the whole archive, in bytes.
    names : re.Pattern
        What the name of a member looks like.

    Raises
    ------
    PersistenceError
        For a member of another name, one that is there twice, compressed, encrypted or
        a link, or for members that claim to be larger than the archive.
    """
    infos = archive.infolist()
    seen = set()
    for info in infos:
        name = info.filename
        if not names.fullmatch(name):
            raise PersistenceError(f"the member {name!r:.80} does not belong into it.")
        if name in seen:
            raise PersistenceError(f"the member {name!r} is there twice.")
        seen.add(name)
        if (
            info.compress_type != zipfile.ZIP_STORED
            or info.compress_size != info.file_size
        ):
            raise PersistenceError(f"the member {name!r} is compressed.")
        if info.flag_bits & _ENCRYPTED:
            raise PersistenceError(f"the member {name!r} is encrypted.")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise PersistenceError(f"the member {name!r} is no ordinary file.")
    claimed = sum(info.file_size for info in infos)
    if claimed > size:
        raise PersistenceError(
            f"its members claim to hold {claimed} bytes, and the file has {size}."
        )


def check_npy(member, size):
    """Read the header of an array and compare it with the size of the member.

    Parameters
    ----------
    member : file
        At the beginning of the array; afterwards at that of its values.
    size : int
        Of the member, in bytes.

    Returns
    -------
    shape : tuple of int
        Of the array.
    fortran_order : bool
        Whether the first axis is the fastest.
    dtype : dtype
        Without objects.

    Raises
    ------
    PersistenceError
        If the array would hold objects, or is not as large as the header says.
    """
    version = np.lib.format.read_magic(member)
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(member)
    elif version == (2, 0):
        header = np.lib.format.read_array_header_2_0(member)
    else:
        raise PersistenceError(f"an array has the unknown version {version}.")
    shape, _, dtype = header
    if dtype.hasobject:
        raise PersistenceError("an array holds pickled objects.")
    if any(length < 0 for length in shape) or (math.prod(shape) and not dtype.itemsize):
        raise PersistenceError(f"an array has the shape {shape} and the dtype {dtype}.")
    claimed = math.prod(shape) * dtype.itemsize
    held = size - member.tell()
    if claimed != held:
        raise PersistenceError(
            f"an array claims to hold {claimed} bytes (shape {shape}, dtype {dtype}), "
            f"and there are {held}."
        )
    return header


def read_json(archive, name):
    """What a member of JSON holds.

    Raises
    ------
    PersistenceError
        If there is none, or it is too large.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise PersistenceError(f"the member {name!r} is missing.") from None
    if info.file_size > MAX_JSON_BYTES:
        raise PersistenceError(
            f"the member {name!r} has {info.file_size} bytes; {MAX_JSON_BYTES} are "
            "allowed."
        )
    return json.loads(archive.read(info))
