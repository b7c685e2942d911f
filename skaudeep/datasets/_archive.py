"""The cache folder, and archives unpacked into it once."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import os
import shutil
import sys
import uuid
import zipfile
from pathlib import Path

__all__ = ["data_folder", "unpack_once"]


def data_folder(data_home=None):
    r"""Where data sets are unpacked.

    Parameters
    ----------
    data_home : str, path-like or None
        None takes the environment variable ``SKAUDEEP_DATA``, and without it the
        platform's cache folder: ``$XDG_CACHE_HOME/skaudeep`` or ``~/.cache/skaudeep``,
        ``~/Library/Caches/skaudeep`` on macOS, ``%LOCALAPPDATA%\skaudeep\Cache`` on
        Windows.

    Returns
    -------
    Path
        Absolute; it need not exist.
    """
    chosen = data_home or os.environ.get("SKAUDEEP_DATA")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base) / "skaudeep" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "skaudeep"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: relative paths are to be ignored.
    base = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return base / "skaudeep"


def unpack_once(archive, sha256, data_home=None):
    """Unpack a zip archive into the cache folder, unless that has been done.

    The folder carries the checksum in its name, so another edition of the archive
    gets a folder of its own, and appears under that name only when it is complete:
    any number of processes may do this at once.

    Parameters
    ----------
    archive : Path
        The zip archive.
    sha256 : str
        Its checksum in hexadecimal digits.
    data_home : str, path-like or None, default=None
        See :func:`data_folder`.

    Returns
    -------
    Path
        The folder with the content.
    """
    home = data_folder(data_home)
    folder = home / f"{archive.stem}-{sha256[:12]}"
    if folder.is_dir():
        return folder
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != sha256:
        raise OSError(
            f"{archive} is damaged: its SHA-256 is {digest}, not {sha256}. "
            "Install skaudeep again."
        )
    # Not tempfile: its folders are closed to the other users of a shared cache.
    unfinished = home / f".{folder.name}-{uuid.uuid4().hex}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        with zipfile.ZipFile(archive) as file:
            file.extractall(unfinished)
        _move(unfinished, folder)
    except OSError as error:
        raise OSError(
            f"Cannot unpack {archive.name} into the cache folder {str(home)!r}: "
            f"{error}. Give a folder that can be written by data_home= or the "
            "environment variable SKAUDEEP_DATA."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _move(unfinished, folder):
    try:
        unfinished.rename(folder)
    except OSError:
        # Another process was faster, and its folder is as good.
        if not folder.is_dir():
            raise
