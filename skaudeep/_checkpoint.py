"""The file from which a killed training goes on."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from skaudeep._files import atomic_path

__all__ = ["Checkpoint", "array_checksum"]

_FORMAT = 1
_HEADER = "header"
# Of a Progress what is arrays.
_ARRAY_FIELDS = ("best_weights", "final_weights")


def array_checksum(arrays):
    """CRC-32 over the values of float32 arrays, as an integer."""
    checksum = 0
    for array in arrays:
        values = np.ascontiguousarray(array, dtype=np.float32)
        checksum = zlib.crc32(values.data.cast("B"), checksum)
    return checksum


class Checkpoint:
    """One file in a folder, replaced as a whole after every epoch.

    Whatever happens while it is written, the file of the last epoch is there and is
    complete. It holds arrays and JSON, and reading it runs no code of its own.

    Parameters
    ----------
    folder : path-like
        Made if it does not exist.
    identity : dict of str to (dict or value)
        What must be the same for a training to go on, as JSON knows it. A training
        of another identity is refused.
    defaults : dict, default={}
        What of `identity` the file decides if there is one.

    Attributes
    ----------
    identity : dict
        Completed.

    Raises
    ------
    ValueError
        If there is a file that is no checkpoint, or that of another training.
    """

    def __init__(self, folder, identity, defaults=None):
        self._folder = Path(folder)
        self._path = self._folder / "training.npz"
        self._stored, self._arrays = self._read()
        identity = json.loads(json.dumps(identity, default=repr))
        self.identity = {**(defaults or {}), **identity}
        if self._stored is not None:
            theirs = self._stored["identity"]
            for name in defaults or {}:
                self.identity[name] = theirs.get(name)
            self._compare(_flat(theirs), _flat(self.identity))

    def _read(self):
        if not self._path.exists():
            return None, {}
        try:
            with np.load(self._path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            header = json.loads(arrays.pop(_HEADER).tobytes())
            if header["format"] != _FORMAT:
                raise ValueError(f"format {header['format']!r}")
        # What a damaged file raises depends on where it is damaged.
        except (
            AttributeError,
            EOFError,
            KeyError,
            NotImplementedError,
            OSError,
            TypeError,
            ValueError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise ValueError(
                f"{str(self._path)!r} is not a complete checkpoint of this version "
                f"({type(error).__name__}: {error}). Delete it to train from the "
                "beginning, or name another checkpoint_dir."
            ) from error
        return header, arrays

    def _compare(self, theirs, ours):
        differences = [
            f"{name} was {theirs.get(name)!r} and is {ours.get(name)!r}"
            for name in sorted({*theirs, *ours})
            if theirs.get(name) != ours.get(name)
        ]
        if differences:
            raise ValueError(
                f"checkpoint_dir={str(self._folder)!r} holds another training: "
                f"{'; '.join(differences)}. Name a folder of its own for this one, or "
                f"delete {self._path.name!r} there."
            )

    def load(self):
        """What was saved last.

        Returns
        -------
        progress : dict or None
            Fields of a :class:`~skaudeep.networks.training.Progress`; None if nothing
            was saved yet.
        state : dict of str to ndarray
            As from ``CompiledNetwork.state``.
        """
        if self._stored is None:
            return None, {}
        progress, state = dict(self._stored["progress"]), dict(self._arrays)
        for field in _ARRAY_FIELDS:
            n_arrays = self._stored["n_arrays"][field]
            if n_arrays is not None:
                progress[field] = [state.pop(f"{field}.{i}") for i in range(n_arrays)]
        return progress, state

    def save(self, progress, state):
        """Replace the file.

        Parameters
        ----------
        progress : Progress
            How far the training has come.
        state : dict of str to ndarray
            As from ``CompiledNetwork.state``.
        """
        arrays, n_arrays = dict(state), {}
        for field in _ARRAY_FIELDS:
            weights = getattr(progress, field)
            n_arrays[field] = None if weights is None else len(weights)
            arrays.update({f"{field}.{i}": w for i, w in enumerate(weights or ())})
        header = {
            "format": _FORMAT,
            "identity": self.identity,
            "n_arrays": n_arrays,
            "progress": {
                "history": progress.history,
                "best_loss": progress.best_loss,
                "best_epoch": progress.best_epoch,
                "stopped": progress.stopped,
            },
        }
        text = json.dumps(header).encode()
        arrays[_HEADER] = np.frombuffer(text, dtype=np.uint8)
        self._folder.mkdir(parents=True, exist_ok=True)
        # Under a fixed name, so that killed trainings do not leave a heap of them.
        name = f"{self._path.name}.tmp"
        with (
            atomic_path(self._path, overwrite=True, temporary_name=name) as temporary,
            open(temporary, "wb") as file,
        ):
            np.savez(file, **arrays)


def _flat(identity):
    """``{"data": {"clips": 3}}`` as ``{"data clips": 3}``; parameters by name."""
    flat = {}
    for name, value in identity.items():
        if isinstance(value, dict):
            prefix = "" if name == "parameters" else f"{name} "
            flat.update({f"{prefix}{key}": item for key, item in value.items()})
        else:
            flat[name] = value
    return flat
