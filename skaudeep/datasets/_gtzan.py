"""GTZAN, the corpus of music genres, and its fault-filtered partitions."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from importlib.resources import files
from numbers import Integral
from pathlib import Path

from sklearn.model_selection import StratifiedKFold

from skaudeep._validation import Interval, StrOptions, validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._tree import (
    audio_names,
    check_twins,
    locate,
    recognise,
)

__all__ = ["load_gtzan", "recognise_gtzan"]

_GENRES = (
    *("blues", "classical", "country", "disco", "hiphop"),
    *("jazz", "metal", "pop", "reggae", "rock"),
)
# Where the folders of the genres are: in the archive of 2002, and in Kaggle's.
_PLACES = ("", "genres", "genres_original", "Data/genres_original")
_SUFFIXES = (".au", ".wav")
_EXCERPT = re.compile(r"([a-z]+)\.\d{5}\.(?i:au|wav)")
_LISTS = {"train": "train", "devel": "valid", "test": "test"}
_SOURCE = (
    "GTZAN is genres.tar.gz, 1.2 GB, from the makers of Marsyas, or the data set "
    "gtzan-dataset-music-genre-classification on Kaggle; it states no licence."
)


@validate_params(
    {
        "root": [str, os.PathLike],
        "partition": [StrOptions({"folds", "fault_filtered"})],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def load_gtzan(root, *, partition="folds", n_splits=5, random_state=0):
    """Read GTZAN, ten genres of music, 100 excerpts of 30 s each.

    The corpus of [1]_, as it was published or as Kaggle has it::

        root/                              root/
          genres/                            Data/
            blues/blues.00000.au               genres_original/
            ...                                  blues/blues.00000.wav

    It has no folds of its own, and repeats recordings and artists, so that random folds
    flatter [2]_. The fault-filtered partitions [3]_ were made by hand to avoid that,
    and leave out 70 excerpts. No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds the folders of the genres, or one of those above it that
        are shown.
    partition : {"folds", "fault_filtered"}, default="folds"
        "folds": random stratified folds; nothing in the corpus or the literature says
        which. "fault_filtered": 443 excerpts to train on, 197 to choose by, 290 to
        test on.
    n_splits : int, default=5
        Number of folds; at least 2. Ignored for "fault_filtered".
    random_state : int, RandomState instance or None, default=0
        Seed of the folds. Ignored for "fault_filtered".

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, by genre and number.
        target : ndarray of shape (n_clips,) of str
            The genres.
        target_names : ndarray of shape (10,) of str
            The genres, sorted.
        groups : None
            Artists are not part of the corpus.
        cv : PredefinedFolds
            The folds; for "fault_filtered" the training part against "devel".
        partitions : :class:`~sklearn.utils.Bunch` or None
            For "fault_filtered", the indices of "train", "devel" and "test". The
            excerpts left out keep their rows and are in none.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If the folder of a genre is missing, or an excerpt of the partitions.
    ValueError
        If a recording is not named like "blues.00000.wav", or is there twice.

    Notes
    -----
    - Kaggle's jazz.00054.wav cannot be decoded, and is one of the training part. It has
      a row as all have: give the step that reads the files ``on_error="warn"``, such as
      :class:`~skaudeep.audio.MelSpectrogram`, then its features are NaN and a
      :class:`~sklearn.impute.SimpleImputer` fills them. The .au file of 2002 is sound.
    - Excerpts last 29.9 to 30.7 s at 22050 Hz; ``duration=30`` makes the spectrograms
      equally long.

    References
    ----------
    .. [1] G. Tzanetakis, P. Cook. "Musical genre classification of audio signals", IEEE
       Transactions on Speech and Audio Processing 10(5), 2002.
    .. [2] B. L. Sturm. "The GTZAN dataset: its contents, its faults, their effects on
       evaluation, and its future use", arXiv:1306.1461, 2013.
    .. [3] C. Kereliuk, B. L. Sturm, J. Larsen. "Deep learning and music adversaries",
       IEEE Transactions on Multimedia 17(11), 2015.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_gtzan
    >>> root = Path(tempfile.mkdtemp())
    >>> genres = "blues classical country disco hiphop jazz metal pop reggae rock"
    >>> for genre in genres.split():
    ...     (root / "genres" / genre).mkdir(parents=True)
    ...     for number in range(100):
    ...         (root / "genres" / genre / f"{genre}.{number:05d}.au").touch()
    >>> load_gtzan(root, n_splits=2).cv
    PredefinedFolds(n_splits=2, n_train=[500, 500], n_test=[500, 500])
    >>> data = load_gtzan(root, partition="fault_filtered")
    >>> len(data.recordings), [len(part) for part in data.partitions.values()]
    (1000, [443, 197, 290])
    """
    root = _genre_folder(locate(Path(root), _problem, "GTZAN", _SOURCE))
    excerpts = [name for genre in _GENRES for name in _read_genre(root, genre)]
    target = [name.partition("/")[0] for name in excerpts]
    if partition == "fault_filtered":
        folds, parts = None, _read_partitions(root, excerpts)
    else:
        splitter = StratifiedKFold(n_splits, shuffle=True, random_state=random_state)
        folds, parts = PredefinedFolds(splitter.split(excerpts, target)), None
    return make_corpus(
        root,
        excerpts,
        target,
        target_names=_GENRES,
        cv=folds,
        partitions=parts,
        descr=_DESCR,
        source=_SOURCE,
    )


def recognise_gtzan(root):
    """None if `root` looks like GTZAN, else what is in the way."""
    return recognise(root, _problem)


def _problem(folder):
    base = _genre_folder(folder)
    missing = [genre for genre in _GENRES if not (base / genre).is_dir()]
    if missing:
        return f"no folders of the genres {name_some(missing)}"
    if not audio_names(base / _GENRES[0], _SUFFIXES):
        return f"no .au or .wav files in the folder {_GENRES[0]!r}"
    return None


def _genre_folder(folder):
    """Where the genres are, or `folder` if they are nowhere."""
    places = [folder / place for place in _PLACES]
    return next((place for place in places if (place / _GENRES[0]).is_dir()), folder)


def _read_genre(root, genre):
    names = audio_names(root / genre, _SUFFIXES)
    check_twins(root / genre, names)
    for name in names:
        match = _EXCERPT.fullmatch(name)
        if not match or match[1] != genre:
            raise ValueError(
                f"{str(root / genre / name)!r} is not named like {genre}.00000.wav."
            )
    return [f"{genre}/{name}" for name in names]


def _read_partitions(root, excerpts):
    index = {name.rpartition(".")[0]: i for i, name in enumerate(excerpts)}
    lists = {part: _read_list(name) for part, name in _LISTS.items()}
    missing = [name for names in lists.values() for name in names if name not in index]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {sum(map(len, lists.values()))} excerpts of the "
            f"fault-filtered partitions are missing below {str(root)!r}: "
            f"{name_some(missing)}. {_SOURCE}"
        )
    return {part: [index[name] for name in names] for part, names in lists.items()}


def _read_list(name):
    """Excerpts of a part, as "blues/blues.00029", in the order of its list."""
    folder = files("skaudeep.datasets") / "data"
    text = (folder / f"gtzan_fault_filtered_{name}.txt").read_text("utf-8")
    return [line.rpartition(".")[0] for line in text.split()]


_DESCR = """\
GTZAN
=====

1000 excerpts of 30 s, 100 of each of ten genres of music; 22050 Hz, mono. Collected by
G. Tzanetakis in 2000 and 2001 from CDs, radio and microphones; no licence is stated.
There are no official folds. The fault-filtered partitions (443 to train, 197 to
validate, 290 to test) leave out 70 excerpts with known faults; the lists are copyright
2017 J. Lee, MIT licence.

G. Tzanetakis, P. Cook. Musical genre classification of audio signals. IEEE Transactions
on Speech and Audio Processing 10(5), 2002.
C. Kereliuk, B. L. Sturm, J. Larsen. Deep learning and music adversaries. IEEE
Transactions on Multimedia 17(11), 2015.
"""
