"""One process at a time in a folder."""
# SPDX-License-Identifier: BSD-3-Clause

import os

__all__ = ["FolderLock"]


class FolderLock:
    """A lock that ends with its process, however that ends.

    Parameters
    ----------
    path : Path
        The file that is locked; made if need be, and left.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
    """

    def __init__(self, path):
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            self._acquire()
        except BlockingIOError:
            self.release()
            raise
        except OSError:
            # Some network drives have no locks, and no reason to refuse the work.
            pass

    def release(self):
        """Let others in."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _acquire(self):
        if os.name == "nt":
            import msvcrt

            try:
                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
            except PermissionError as error:
                raise BlockingIOError(error.errno, error.strerror) from error
        else:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
