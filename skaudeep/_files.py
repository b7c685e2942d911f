"""Files and folders that appear as a whole or not at all."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import secrets
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["atomic_path", "atomic_paths", "made_folders"]


@contextmanager
def atomic_path(path, overwrite=False, *, temporary_name=None):
    """Write to a temporary path, which becomes `path` when all went well.

    Whatever happens meanwhile, `path` is what it was before or what was written, whole.
    If the body raises, the temporary file or folder is removed.

    Parameters
    ----------
    path : path-like
        File or folder to make; the folder it is to stand in exists. What a symbolic
        link points to is replaced, not the link.
    overwrite : bool, default=False
        Whether a file or folder that exists is replaced, a folder with all it holds.
    temporary_name : str or None, default=None
        Name of the temporary path, in the folder of `path`. None for one that no other
        process writes to; it ends in ``.tmp``.

    Yields
    ------
    Path
        Where to make a file or a folder.

    Raises
    ------
    FileExistsError
        If `path` exists, before the body or after it, and `overwrite` is False.
    FileNotFoundError
        If there is no folder for it.

    Notes
    -----
    A file is replaced in one step. A folder cannot be: for a moment between two renames
    there is none, and the old one lies beside, under a name that ends in ``.tmp``.
    """
    path = Path(path)
    _check_free([path], overwrite)
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{str(path)!r} cannot be written: there is no folder "
            f"{str(target.parent)!r}."
        )
    # In the same folder, because only there a replacement is one step.
    temporary = target.with_name(temporary_name or _free_name(target))
    try:
        yield temporary
        if temporary.is_dir():
            _check_free([path], overwrite)
            _replace_folder(temporary, target)
        else:
            # The name must not be on the disk before what it names.
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            _check_free([path], overwrite)
            os.replace(temporary, target)
    finally:
        _remove(temporary)


@contextmanager
def atomic_paths(paths, overwrite=False):
    """Several files or folders, none of which appears before all are written.

    Parameters
    ----------
    paths : sequence of path-like
        As of `atomic_path`.
    overwrite : bool, default=False
        As of `atomic_path`. If any of them exists, nothing is written.

    Yields
    ------
    list of Path
        Where to make them, in the order of `paths`.

    Notes
    -----
    They appear one after the other: a process that is killed at that moment leaves some
    of them, each whole.
    """
    paths = [Path(path) for path in paths]
    _check_free(paths, overwrite)
    with ExitStack() as stack:
        yield [stack.enter_context(atomic_path(path, overwrite)) for path in paths]


@contextmanager
def made_folders(folders):
    """Make those folders that are missing; an error in the body takes them away again.

    Parameters
    ----------
    folders : iterable of path-like
        Folders, made with those above them.
    """
    made = []
    try:
        for folder in map(Path, folders):
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            for path in reversed(missing):
                path.mkdir()
                made.append(path)
        yield
    except BaseException:
        for path in reversed(made):
            path.rmdir()
        raise


def _check_free(paths, overwrite):
    existing = [] if overwrite else [path for path in paths if path.exists()]
    if existing:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        exist = "exist" if more else "exists"
        raise FileExistsError(
            f"{str(existing[0])!r}{more} {exist}; overwrite=True replaces."
        )


def _free_name(target):
    return f".{target.name}.{secrets.token_hex(4)}.tmp"


def _replace_folder(temporary, target):
    if not target.exists():
        os.rename(temporary, target)
        return
    old = target.with_name(_free_name(target))
    os.rename(target, old)
    try:
        os.rename(temporary, target)
    except BaseException:
        os.rename(old, target)
        raise
    _remove(old)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
