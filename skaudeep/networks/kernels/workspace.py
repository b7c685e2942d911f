"""Memory that is used again and again.

Fresh memory costs a page fault per 4 KiB when it is first written, which for the
activations of a training step takes longer than computing them.
"""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import queue
import threading
from collections import OrderedDict

import numpy as np

__all__ = ["empty", "keep_all"]

# What lies unused is kept up to this many bytes, the last used first.
_IDLE_BYTES = 256 * 2**20
_ALIGNMENT = 64
_lock = threading.Lock()
_idle: OrderedDict[int, list[np.ndarray]] = OrderedDict()
# A finalizer may run in the middle of anything, also while the lock is held: it must
# wait for nobody, so that it only leaves its block here.
_returned: queue.SimpleQueue = queue.SimpleQueue()


class _Use:
    """Bytes in arrays that somebody refers to: now, and most of them at once."""

    now = most = 0
    # Inside how many `keep_all` this is.
    keepers = 0


@contextlib.contextmanager
def keep_all():
    """While it lasts, as much is kept unused as has been used at once.

    Every step of a training needs again what the last one has given back, all at once.
    """
    with _lock:
        _Use.keepers += 1
    try:
        yield
    finally:
        with _lock:
            _Use.keepers -= 1
            _collect()


class _Lease:
    """Owner of a block of memory: gives it back when no array refers to it."""

    def __init__(self, block, n_bytes):
        self.block = block
        address = block.__array_interface__["data"][0]
        self.__array_interface__ = {
            "data": (address + -address % _ALIGNMENT, False),
            "shape": (n_bytes // 4,),
            "typestr": "<f4",
            "version": 3,
        }

    def __del__(self):
        _returned.put(self.block)


def empty(shape):
    """A float32 array of arbitrary content, aligned as TensorFlow wants it.

    Its memory is taken from arrays of this function that nobody refers to any more.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    """
    n_bytes = 4 * int(np.prod(shape))
    # Sizes in steps of an eighth of their magnitude: batches of like length share.
    step = max(4096, 2 ** (n_bytes.bit_length() - 4))
    size = -(-n_bytes // step) * step + _ALIGNMENT
    with _lock:
        _collect()
        blocks = _idle.get(size)
        block = blocks.pop() if blocks else None
        if blocks is not None and not blocks:
            del _idle[size]
        _Use.now += size
        _Use.most = max(_Use.most, _Use.now)
    if block is None:
        block = np.empty(size, np.uint8)
    return np.asarray(_Lease(block, n_bytes)).reshape(shape)


def _collect():
    """Take over what was given back, and let go of what is too much."""
    while True:
        try:
            block = _returned.get_nowait()
        except queue.Empty:
            break
        _idle.setdefault(len(block), []).append(block)
        _idle.move_to_end(len(block))
        _Use.now -= len(block)
    if not _Use.keepers:
        _Use.most = _Use.now
    idle = sum(size * len(blocks) for size, blocks in _idle.items())
    while idle > max(_IDLE_BYTES, _Use.most if _Use.keepers else 0):
        size = next(iter(_idle))
        _idle[size].pop()
        if not _idle[size]:
            del _idle[size]
        idle -= size
