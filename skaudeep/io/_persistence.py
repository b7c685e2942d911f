"""Saving fitted estimators as files without code, and loading them."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import stat
import warnings
from importlib import metadata

from sklearn.base import BaseEstimator

from skaudeep._files import atomic_path
from skaudeep._version import __version__
from skaudeep.exceptions import PersistenceError
from skaudeep.io._compiled import dump_compiled
from skaudeep.io._decoding import Decoder
from skaudeep.io._encoding import Encoder
from skaudeep.io._estimator_file import EstimatorFile, write_estimator_file
from skaudeep.io._vetting import vet

__all__ = ["load", "save"]

_FORMAT = "skaudeep estimator"
_FORMAT_VERSION = 1


def save(estimator, path, *, overwrite=False):
    """Write an estimator to a file that holds no code.

    Parameters
    ----------
    estimator : estimator or splitter
        Any estimator of skaudeep or scikit-learn, fitted or not; pipelines, unions,
        searches and ensembles of them; or a
        :class:`~skaudeep.datasets.PredefinedFolds`.
    path : str or path-like
        The file. It appears as a whole or not at all. Any name will do; ``.skaudeep``
        says what it is.
    overwrite : bool, default=False
        Whether a file that exists is replaced; otherwise it is an error.

    Raises
    ------
    PersistenceError
        If something in it cannot be saved, as a function or a Keras model among the
        parameters, or an estimator of another library. The message names the parameter
        and the type, and nothing is written.
    FileExistsError
        If `path` exists and `overwrite` is False.
    IsADirectoryError
        If `path` is a folder.

    See Also
    --------
    load : Reads it.

    Notes
    -----
    The file is a zip, not compressed, of one JSON of parameters and attributes and one
    ``.npy`` an array. The same estimator makes the same file, byte by byte. The
    versions of skaudeep, scikit-learn, NumPy and Keras are in it.

    Examples
    --------
    >>> import os, tempfile
    >>> from skaudeep.audio import SequenceStatistics
    >>> from skaudeep.io import load, save
    >>> statistics = SequenceStatistics(("mean", "q95"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "statistics.skaudeep")
    ...     save(statistics, path)
    ...     load(path)
    SequenceStatistics(statistics=('mean', 'q95'))
    """
    if isinstance(estimator, type) or not (
        isinstance(estimator, BaseEstimator) or hasattr(estimator, "get_n_splits")
    ):
        raise PersistenceError(
            "estimator must be an instance of an estimator or a splitter, got "
            f"{estimator!r:.80}."
        )
    path = os.fspath(path)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path!r} is a folder, and not replaced by a file.")
    with atomic_path(path, overwrite) as temporary:
        encoder = Encoder()
        node = encoder.encode(estimator, type(estimator).__name__)
        # What could not be loaded is not saved.
        vet(estimator)
        document = {
            "format": _FORMAT,
            "format_version": _FORMAT_VERSION,
            "versions": _versions(),
            "estimator": node,
        }
        compiled = dump_compiled(encoder.compiled) if encoder.compiled else None
        write_estimator_file(temporary, document, encoder.arrays, compiled)


def load(path):
    """Read an estimator that `save` has written.

    Nothing is unpickled, and no code of the file is run: it names classes, and only
    those of skaudeep and scikit-learn that are estimators are made.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator
        As it was saved; it predicts the same. Its network is built when it is first
        used, on whatever backend of Keras is in use then.

    Raises
    ------
    PersistenceError
        If the file is none of `save`, incomplete, changed, written by a newer format,
        or names what is not allowed. The message names the file and the reason.
    OSError
        If it cannot be opened.

    Warns
    -----
    UserWarning
        If it was saved with other versions of skaudeep, scikit-learn, NumPy or Keras:
        the estimator may then behave differently. If it has a cache of joblib as
        `memory`, which is left out.

    See Also
    --------
    save : Writes it, with an example.

    Examples
    --------
    >>> import os
    >>> from skaudeep.io import load
    >>> load(os.devnull)
    Traceback (most recent call last):
        ...
    skaudeep.exceptions.PersistenceError: '...' cannot be loaded: it is no ordinary...
    """
    path = os.fspath(path)
    if not stat.S_ISREG(os.stat(path).st_mode):
        # A pipe would be waited for, a device never ends.
        what = "it is a folder" if os.path.isdir(path) else "it is no ordinary file"
        raise PersistenceError(f"{path!r} cannot be loaded: {what}.")
    with open(path, "rb") as file:
        try:
            estimator, versions, dropped = _read(file)
        except PersistenceError as error:
            raise PersistenceError(f"{path!r} cannot be loaded: {error}") from error
        except ImportError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())
            raise PersistenceError(
                f"{path!r} cannot be loaded: it is damaged or was changed "
                f"({type(error).__name__}: {reason:.200})."
            ) from error
    _warn_of_versions(path, versions)
    if dropped:
        warnings.warn(
            f"{path!r}: {', '.join(dropped)[:200]} is loaded with memory=None. A cache "
            "holds pickles, which can run any code when the estimator is fitted again; "
            "set_params sets it where the folder is yours.",
            UserWarning,
            stacklevel=2,
        )
    return estimator


def _read(file):
    content = EstimatorFile(file)
    document = content.document
    if document["format"] != _FORMAT:
        raise PersistenceError(f"its format is {document['format']!r:.80}.")
    version = document["format_version"]
    if version != _FORMAT_VERSION:
        raise PersistenceError(
            f"its format has the version {version!r:.80}, and this skaudeep "
            f"({__version__}) reads {_FORMAT_VERSION}."
        )
    decoder = Decoder(content.array, content.compiled)
    estimator = decoder.decode(document["estimator"])
    if not (isinstance(estimator, BaseEstimator) or hasattr(estimator, "get_n_splits")):
        raise PersistenceError("it holds no estimator.")
    vet(estimator)
    return estimator, document["versions"], decoder.dropped


def _versions():
    return {
        "skaudeep": __version__,
        **{name: metadata.version(name) for name in ("scikit-learn", "numpy", "keras")},
    }


def _warn_of_versions(path, saved):
    other = [
        f"{name} {saved.get(name)} (here {version})"
        for name, version in _versions().items()
        if saved.get(name) != version
    ]
    if other:
        warnings.warn(
            f"{path!r} was saved with {', '.join(other)}: the estimator may behave "
            "differently. Fit and save it anew where that matters.",
            UserWarning,
            stacklevel=3,
        )
