"""The bundled Mandarin syllables."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
from importlib.resources import as_file, files

import numpy as np
from sklearn.utils import Bunch

from skaudeep.audio import Recording
from skaudeep.datasets._archive import unpack_once
from skaudeep.datasets._folds import PredefinedFolds

__all__ = ["load_mandarin_syllables"]

_SHA256 = "172cf9568b8b9ee01a1b614897a93b43f82e7ad9e232c4d5d001619ac09dca62"


def load_mandarin_syllables(*, data_home=None, return_X_y=False):
    """Load 1158 spoken Mandarin syllables, to tell their first consonant.

    One female speaker, isolated syllables of 0.2 to 0.4 s, 44.1 kHz mono. The task is
    to recognise the initial consonant (22 classes, one of them "none") of syllables
    that were not trained on, whatever their final and tone.

    ================= ==========
    Clips             1158
    Classes           22
    Groups            387
    Duration          5.9 min
    ================= ==========

    The recordings come with skaudeep. They are unpacked (7 MB) into a cache folder at
    the first call; nothing is downloaded.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        The cache folder. None takes the environment variable ``SKAUDEEP_DATA``, and
        without it the platform's: ``~/.cache/skaudeep`` (or
        ``$XDG_CACHE_HOME/skaudeep``) on Linux.
    return_X_y : bool, default=False
        Return ``(recordings, target)`` instead of the Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (1158,) of Recording
            The clips, for an estimator that takes recordings.
        target : ndarray of shape (1158,) of str
            Initial consonants in pinyin.
        target_names : ndarray of shape (22,) of str
            The classes, sorted.
        tone : ndarray of shape (1158,) of str
            "1", "2", "3", "4" or "neutral".
        syllable : ndarray of shape (1158,) of str
            Syllables in zhuyin, without the tone.
        groups : ndarray of shape (1158,) of int
            One number a syllable: its up to five tones belong to one side of a split.
        cv : PredefinedFolds
            Five folds that keep groups together; each class and tone is spread over
            the test parts as evenly as its groups allow. They are part of the data
            and the same everywhere.
        DESCR : str
            Origin, licence (CC-BY-3.0) and reference scores.
    (recordings, target) : tuple if ``return_X_y=True``
        The first two of these.

    See Also
    --------
    PredefinedFolds : The splitter behind ``cv``.
    skaudeep.metrics.uar_scorer : The score to report, as classes differ in size.

    Notes
    -----
    Random folds put the tones of one syllable on both sides and give .95 where the
    predefined ones give .5 to .6 for the same features.

    Examples
    --------
    >>> from skaudeep.datasets import load_mandarin_syllables
    >>> data = load_mandarin_syllables()
    >>> len(data.recordings), len(data.target_names)
    (1158, 22)
    >>> print(data.target[0], data.tone[0], data.syllable[0])
    b 1 ㄅㄚ
    >>> [len(test) for _, test in data.cv.split(data.recordings)]
    [232, 232, 231, 231, 232]
    """
    archive = files("skaudeep.datasets") / "data" / "mandarin_syllables.zip"
    with as_file(archive) as path:
        folder = unpack_once(path, _SHA256, data_home)
    rows = _read_csv(folder, "manifest.csv")
    _check_complete(folder, rows)

    recordings = np.empty(len(rows), dtype=object)
    recordings[:] = [Recording(folder / row["file"]) for row in rows]
    target = np.array([row["initial"] for row in rows])
    if return_X_y:
        return recordings, target
    groups = np.array([int(row["group"]) for row in rows])
    fold_of_group = {
        int(row["group"]): int(row["fold"]) for row in _read_csv(folder, "folds.csv")
    }
    fold = np.array([fold_of_group[group] for group in groups])
    return Bunch(
        recordings=recordings,
        target=target,
        target_names=np.unique(target),
        tone=np.array([row["tone"] for row in rows]),
        syllable=np.array([row["syllable"] for row in rows]),
        groups=groups,
        cv=PredefinedFolds(
            [
                (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
                for number in np.unique(fold)
            ]
        ),
        DESCR=(folder / "README.md").read_text(encoding="utf-8"),
    )


def _read_csv(folder, name):
    try:
        with open(folder / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise _incomplete(folder, name) from error


def _check_complete(folder, rows):
    # Cleaners of cache folders take single files.
    audio = {f"audio/{path.name}" for path in (folder / "audio").glob("*.ogg")}
    for row in rows:
        if row["file"] not in audio:
            raise _incomplete(folder, row["file"])


def _incomplete(folder, name):
    return FileNotFoundError(
        f"{name} is missing in the cache folder {str(folder)!r}. Delete that folder; "
        "the next call unpacks it again."
    )
