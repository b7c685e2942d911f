"""FSDKaggle2018, the sounds of DCASE 2018, task 2."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import numpy as np

from skaudeep._validation import validate_params
from skaudeep.datasets._corpus import UNKNOWN, make_corpus
from skaudeep.datasets._headed_list import choose, read_header, read_list
from skaudeep.datasets._tree import audio_names, find_root, locate

__all__ = ["load_fsdkaggle2018", "recognise_fsdkaggle2018"]

_LABELS = (
    "Acoustic_guitar",
    "Applause",
    "Bark",
    "Bass_drum",
    "Burping_or_eructation",
    "Bus",
    "Cello",
    "Chime",
    "Clarinet",
    "Computer_keyboard",
    "Cough",
    "Cowbell",
    "Double_bass",
    "Drawer_open_or_close",
    "Electric_piano",
    "Fart",
    "Finger_snapping",
    "Fireworks",
    "Flute",
    "Glockenspiel",
    "Gong",
    "Gunshot_or_gunfire",
    "Harmonica",
    "Hi-hat",
    "Keys_jangling",
    "Knock",
    "Laughter",
    "Meow",
    "Microwave_oven",
    "Oboe",
    "Saxophone",
    "Scissors",
    "Shatter",
    "Snare_drum",
    "Squeak",
    "Tambourine",
    "Tearing",
    "Telephone",
    "Trumpet",
    "Violin_or_fiddle",
    "Writing",
)
# As Zenodo has them, then as Kaggle; people mix the two.
_AUDIO = {
    "train": ("FSDKaggle2018.audio_train", "audio_train"),
    "test": ("FSDKaggle2018.audio_test", "audio_test"),
}
_META = ("FSDKaggle2018.meta", ".")
_LISTS = {
    "train": ("train_post_competition.csv", "train.csv"),
    "test": ("test_post_competition_scoring_clips.csv",),
}
_COLUMNS = ("fname", "label")
_VERIFIED = "manually_verified"
_TRUTH = {"0": False, "1": True}
# Columns that Kaggle's list has not, by what we call them.
_DETAILS = {"usage": "usage", "freesound_id": "freesound_id", "licenses": "license"}
_CLASSES = {label: label for label in _LABELS}
_SOURCE = (
    "FSDKaggle2018 is the Zenodo record 2552860 under CC BY 4.0, each clip under the "
    "Creative Commons licence of its own; unpack all archives into one folder and give "
    "it. The layout of the competition on Kaggle is read too."
)


@validate_params({"root": [str, os.PathLike]}, prefer_skip_nested_validation=True)
def load_fsdkaggle2018(root):
    r"""Load FSDKaggle2018, single sounds of 41 kinds from Freesound.

    The corpus of task 2 of DCASE 2018, general-purpose audio tagging [1]_, as Zenodo
    has it, or as the competition on Kaggle had it::

        FSDKaggle2018.audio_train/00044347.wav        audio_train/00044347.wav
        FSDKaggle2018.audio_test/00326aa9.wav         audio_test/00326aa9.wav
        FSDKaggle2018.meta/                           train.csv
          train_post_competition.csv
          test_post_competition_scoring_clips.csv

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds those of the recordings, or the one above it if only one
        of its folders does.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths, in the order of the lists: 9473 to train on, then 1600 to test.
        target : ndarray of shape (n_clips,) of str
            Each clip has one label; "?" for the clips to test of the competition, which
            come without.
        target_names : ndarray of shape (41,) of str
            All labels, in alphabetical order.
        groups : None
            Nothing says which clips belong together.
        cv : PredefinedFolds or None
            To train and to test, as one fold; None if the latter has no labels.
        partitions : Bunch
            Indices of the clips: `train`, and `test` if its recordings are there.
        manually_verified : ndarray of shape (n_clips,) of bool
            Whether somebody listened to it to check the label: 3710 of those to train,
            and all scored ones to test. At least 65 % of the other labels are right.
        usage : ndarray of shape (n_clips,) of str
            "Public" or "Private", the leaderboard of a clip to test; "" for the others.
        freesound_id, licenses : ndarray of shape (n_clips,) of str
            Number of the clip in Freesound, and its licence; "" in the lists of Kaggle.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a folder, a list or a listed recording is missing.
    ValueError
        If a list has no such columns, a label is none of the 41, a clip is listed
        twice, or it is verified neither "0" nor "1".

    See Also
    --------
    load_chime_home : Clips with several tags, or none.

    Notes
    -----
    - Without a list of the clips to test, all .wav files of their folder are taken,
      sorted, without labels: on Kaggle 9400, most of which were never scored.
    - Some of those are empty, such as 0b0427e2.wav. They stay as rows, and what decodes
      them has to say what becomes of them.
    - The clips last 0.3 to 30 s: mono, 44.1 kHz, 16 bit.

    References
    ----------
    .. [1] E. Fonseca, M. Plakal, F. Font, D. P. W. Ellis, X. Favory, J. Pons, X. Serra.
       "General-purpose tagging of Freesound audio with AudioSet labels: task
       description, dataset, and baseline", DCASE 2018.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_fsdkaggle2018
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ["audio_train/a.wav", "audio_train/b.wav", "audio_test/c.wav"]:
    ...     (root / name).parent.mkdir(exist_ok=True)
    ...     (root / name).touch()
    >>> rows = ["fname,label,manually_verified", "b.wav,Hi-hat,1", "a.wav,Bark,0"]
    >>> _ = (root / "train.csv").write_text("\n".join(rows))
    >>> data = load_fsdkaggle2018(root)
    >>> data.target.tolist()
    ['Hi-hat', 'Bark', '?']
    >>> data.manually_verified.tolist(), data.partitions.test.tolist()
    ([True, False, False], [2])
    """
    root = locate(Path(root), _problem, "FSDKaggle2018", _SOURCE)
    rows = _read(root, "train", _list(root, "train"))
    n_train = len(rows)
    partitions = {"train": range(n_train)}
    if _folder(root, "test"):
        rows += _read(root, "test", _list(root, "test"))
        partitions["test"] = range(n_train, len(rows))
    return make_corpus(
        root,
        [row["file"] for row in rows],
        [row["label"] for row in rows],
        target_names=_LABELS,
        partitions=partitions,
        descr=_DESCR,
        source=_SOURCE,
        manually_verified=np.array([row[_VERIFIED] for row in rows], dtype=bool),
        **{
            name: np.array([row.get(column, "") for row in rows], dtype=str)
            for name, column in _DETAILS.items()
        },
    )


def recognise_fsdkaggle2018(root):
    """What speaks against a folder being FSDKaggle2018.

    Parameters
    ----------
    root : Path
        The folder of the corpus, or the one above it.

    Returns
    -------
    str or None
        None if nothing does.
    """
    root, fault = find_root(root, _problem)
    if fault:
        return fault
    path = _list(root, "train")
    try:
        header = read_header(path)
    except ValueError as error:
        return str(error).rstrip(".")
    missing = [name for name in (*_COLUMNS, _VERIFIED) if name not in header]
    return f"no column {missing[0]!r} in {path.name}" if missing else None


def _problem(folder):
    if not _folder(folder, "train"):
        return f"no folder {' or '.join(map(repr, _AUDIO['train']))}"
    if not _list(folder, "train"):
        return f"no {' or '.join(_LISTS['train'])}"
    return None


def _folder(root, part):
    return next((name for name in _AUDIO[part] if (root / name).is_dir()), None)


def _list(root, part):
    paths = [root / folder / name for folder in _META for name in _LISTS[part]]
    return next((path for path in paths if path.is_file()), None)


def _read(root, part, path):
    """The rows of a part, with the path of each clip as "file"."""
    folder = _folder(root, part)
    if path is None:
        return [
            {"file": f"{folder}/{name}", "label": UNKNOWN, _VERIFIED: False}
            for name in audio_names(root / folder, ".wav")
        ]
    columns = (*_COLUMNS, _VERIFIED) if part == "train" else _COLUMNS
    rows = []
    for where, row in read_list(path, columns, optional=_DETAILS.values()):
        choose(where, row, "label", _CLASSES)
        verified = choose(where, row, _VERIFIED, _TRUTH) if part == "train" else True
        rows.append(row | {"file": f"{folder}/{row['fname']}", _VERIFIED: verified})
    return rows


_DESCR = """\
FSDKaggle2018
=============

11073 single sounds of 41 kinds from Freesound, labelled with classes of AudioSet: mono,
44.1 kHz, 16 bit, 0.3 to 30 s. 9473 to train on, of which 3710 have labels that somebody
verified, and 1600 to test, all verified. Task 2 of DCASE 2018, scored by the mean
average precision of three guesses (MAP@3).

Zenodo record 2552860, by E. Fonseca, M. Plakal, F. Font, D. P. W. Ellis, X. Favory,
J. Pons and X. Serra, under CC BY 4.0; each clip under the Creative Commons licence in
the lists.
"""
