"""The folder in which an interrupted extraction goes on."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

from skaudeep._files import atomic_path
from skaudeep._version import __version__
from skaudeep.cli._folder_lock import FolderLock

__all__ = ["PartialWork", "digest", "folder_of"]

_PLAN = "plan.json"
_LOCK = ".lock"


def digest(value):
    """A short name of what JSON can hold, the same for the same content."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def folder_of(output):
    """Where the beginning of an extraction into this file is kept."""
    return output.with_name(output.name + ".partial")


class PartialWork:
    """What of an extraction is done: arrays and models under the names of their input.

    A name says all that a result depends on but the settings, which are the same in
    the whole folder. So a recording that was replaced meanwhile is computed again, and
    all others are not.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    settings : dict of str to str
        What must be the same for an extraction to go on.
    restart : bool, default=False
        Whether to remove what an extraction of any settings has left.

    Attributes
    ----------
    resumed : bool
        Whether an extraction of these settings had begun.

    Raises
    ------
    ValueError
        If the folder holds an extraction of other settings, or something else, or
        another process is at work in it.
    """

    def __init__(self, folder, settings, restart=False):
        self.folder = Path(folder)
        settings = {"skaudeep": __version__, **settings}
        plan = self.folder / _PLAN
        if self.folder.exists() and not plan.is_file() and not self._is_free():
            raise ValueError(
                f"{str(self.folder)!r} is in the way: it is not the beginning of an "
                "extraction."
            )
        self.folder.mkdir(exist_ok=True)
        self._lock = self._locked()
        try:
            if restart:
                self._empty()
            self.resumed = plan.is_file() and not self._is_free()
            if self.resumed:
                self._compare(json.loads(plan.read_text(encoding="utf-8")), settings)
                return
            with atomic_path(plan, True) as path:
                path.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        except BaseException:
            self._lock.release()
            raise

    def _locked(self):
        try:
            return FolderLock(self.folder / _LOCK)
        except BlockingIOError as error:
            raise ValueError(
                f"{str(self.folder)!r} is being written to by another process: wait "
                "for it, or choose another --output."
            ) from error

    def _is_free(self):
        """Whether nothing is there that was computed: a plan at most."""
        return self.folder.is_dir() and all(
            path.name.startswith(".") or path.name == _PLAN
            for path in self.folder.iterdir()
        )

    def _empty(self):
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()

    def _compare(self, theirs, ours):
        names = [*ours, *(name for name in theirs if name not in ours)]
        other = [name for name in names if theirs.get(name) != ours.get(name)]
        if other:
            name = other[0]
            more = f" (and {len(other) - 1} more)" if len(other) > 1 else ""
            raise ValueError(
                f"{str(self.folder)!r} holds the beginning of an extraction with other "
                f"settings: {name} was {theirs.get(name)} and is {ours.get(name)}"
                f"{more}. --restart begins anew."
            )

    def path(self, name):
        """Where something of this name is kept.

        Parameters
        ----------
        name : str
            What it is, and a digest of its input.

        Returns
        -------
        Path
            In the folder; nothing need be there.
        """
        return self.folder / name

    def load(self, name):
        """Arrays that were kept, by name; None if there are none."""
        path = self.path(name + ".npz")
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}

    def save(self, name, **arrays):
        """Keep arrays, whole or not at all."""
        path = self.path(name + ".npz")
        # np.savez adds an ending to a name, but not to a file.
        with atomic_path(path, True) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)

    def claim(self, target):
        """Note that what stands there is this extraction's own.

        Parameters
        ----------
        target : Path
            A file that was written, or a folder that files are about to be written to.
        """
        _note(self.folder, target).touch()

    @staticmethod
    def claimed(output, target):
        """Whether an extraction that was interrupted has made a file or folder.

        Parameters
        ----------
        output : Path
            Of the extraction.
        target : Path
            The file or folder.
        """
        return _note(folder_of(output), target).exists()

    def remove(self):
        """Remove what was computed: the extraction is done."""
        self._empty()

    def leave(self):
        """Let others in; the folder stays if there is something to go on with."""
        self._lock.release()
        if self._is_free():
            shutil.rmtree(self.folder)


def _note(folder, target):
    return folder / f"{digest(str(target.resolve()))}.claimed"
