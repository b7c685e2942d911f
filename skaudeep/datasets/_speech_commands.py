"""Speech Commands, single words of many speakers."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import numpy as np

from skaudeep._validation import validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._text_rows import read_cells
from skaudeep.datasets._tree import audio_names, folder_names, locate, recognise

__all__ = ["load_speech_commands", "recognise_speech_commands"]

_LISTS = {"devel": "validation_list.txt", "test": "testing_list.txt"}
_BACKGROUND = "_background_noise_"
# What stands between the speaker and the number of the utterance.
_MARK = "_nohash_"
_SOURCE = (
    "Speech Commands is speech_commands_v0.02.tar.gz, 2.4 GB, from "
    "download.tensorflow.org/data, under CC BY 4.0."
)


@validate_params(
    {"root": [str, os.PathLike], "words": ["array-like", None]},
    prefer_skip_nested_validation=True,
)
def load_speech_commands(root, *, words=None):
    r"""Read Speech Commands, 105829 utterances of 35 words.

    The corpus of [1]_, version 0.02, or 0.01 with 30 words::

        root/
          backward/0165e0e8_nohash_0.wav      speaker, number
          ...
          zero/0137b3f4_nohash_2.wav
          _background_noise_/running_tap.wav
          validation_list.txt                 zero/0137b3f4_nohash_2.wav
          testing_list.txt

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds the lists, or the one above it if only one of its folders
        does.
    words : sequence of str or None, default=None
        The words to read, such as ``["yes", "no"]``; None reads all.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, by word and name.
        target : ndarray of shape (n_clips,) of str
            The words.
        target_names : ndarray of shape (n_words,) of str
            The words, sorted.
        groups : ndarray of shape (n_clips,) of str
            The speakers, as eight hexadecimal digits.
        cv : PredefinedFolds or None
            The training part against "devel".
        partitions : :class:`~sklearn.utils.Bunch`
            Indices of "train", "devel" and "test": the last two are the clips of the
            lists, the first all others with ``_nohash_`` in their names. A clip without
            is in none.
        background_noise : ndarray of shape (n_noises,) of str
            Paths of the long recordings of noise, which are no word.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a list or a listed recording is missing.
    ValueError
        If both lists have the same clip, a line is not "word/file", or `words` has one
        that is not there.

    Notes
    -----
    - Clips are 16 kHz, mono and nominally 1 s long; one of ten is shorter.
      ``MelSpectrogram(duration=1)`` pads them.
    - A name such as ``x.wav.wav`` is taken for the ``x.wav`` of the lists.

    References
    ----------
    .. [1] P. Warden. "Speech Commands: a dataset for limited-vocabulary speech
       recognition", arXiv:1804.03209, 2018.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_speech_commands
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ["no/0a7c2a8d_nohash_0.wav", "yes/0a7c2a8d_nohash_0.wav",
    ...              "_background_noise_/pink_noise.wav"]:
    ...     (root / name).parent.mkdir()
    ...     (root / name).touch()
    >>> _ = (root / "validation_list.txt").write_text("yes/0a7c2a8d_nohash_0.wav\n")
    >>> _ = (root / "testing_list.txt").write_text("")
    >>> data = load_speech_commands(root)
    >>> data.target.tolist(), data.groups.tolist()
    (['no', 'yes'], ['0a7c2a8d', '0a7c2a8d'])
    >>> {name: index.tolist() for name, index in data.partitions.items()}
    {'train': [0], 'devel': [1], 'test': []}
    """
    root = locate(Path(root), _problem, "Speech Commands", _SOURCE)
    words = _choose_words(root, words)
    clips = [f"{word}/{name}" for word in words for name in _utterances(root / word)]
    listed = _read_lists(root, words)
    index = {_listed_name(clip): i for i, clip in enumerate(clips)}
    missing = [clip for clip in listed if clip not in index]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of {len(listed)} listed recordings are missing below "
            f"{str(root)!r}: {name_some(missing)}. {_SOURCE}"
        )
    partitions = {"train": [], **{part: [] for part in _LISTS}}
    for i, clip in enumerate(clips):
        part = listed.get(_listed_name(clip), "train" if _MARK in clip else None)
        if part:
            partitions[part].append(i)
    noise = root / _BACKGROUND
    noises = audio_names(noise, ".wav") if noise.is_dir() else []
    return make_corpus(
        root,
        clips,
        [clip.partition("/")[0] for clip in clips],
        target_names=words,
        groups=[clip.partition("/")[2].partition(_MARK)[0] for clip in clips],
        partitions=partitions,
        descr=_DESCR,
        source=_SOURCE,
        background_noise=np.array([str(noise / name) for name in noises], dtype=object),
    )


def recognise_speech_commands(root):
    """None if `root` looks like Speech Commands, else what is in the way."""
    return recognise(root, _problem)


def _problem(folder):
    missing = [name for name in _LISTS.values() if not (folder / name).is_file()]
    if missing:
        return f"no {' and no '.join(missing)}"
    return None if _word_folders(folder) else "no folders of words"


def _word_folders(root):
    return [name for name in folder_names(root) if not name.startswith("_")]


def _choose_words(root, words):
    found = _word_folders(root)
    if words is None:
        return found
    words = sorted({str(word) for word in words})
    unknown = [word for word in words if word not in found]
    if unknown or not words:
        raise ValueError(
            f"words must name some of {', '.join(found)}; got "
            f"{name_some(unknown) or 'none'}."
        )
    return words


def _utterances(folder):
    names = audio_names(folder, ".wav")
    if not names:
        raise ValueError(f"{str(folder)!r} holds no .wav file.")
    return names


def _listed_name(clip):
    return clip.removesuffix(".wav") if clip.endswith(".wav.wav") else clip


def _read_lists(root, words):
    """Partition of each listed clip of these words."""
    listed = {}
    for part, name in _LISTS.items():
        for number, (line, *_) in read_cells(root / name, "\t"):
            word, slash, file = line.partition("/")
            if not (slash and file):
                raise ValueError(
                    f"{root / name}, line {number}: {line!r} is not 'word/file.wav'."
                )
            if word in words and listed.setdefault(line, part) != part:
                raise ValueError(
                    f"{root / name}, line {number}: {line!r} stands in "
                    f"{_LISTS[listed[line]]} as well."
                )
    return listed


_DESCR = """\
Speech Commands
===============

Single words, 105829 utterances of 35 words in version 0.02, by 2618 speakers; 16 kHz,
mono, about 1 s. Long recordings of noise lie beside them. The partitions keep speakers
apart.

Copyright 2018 Google; CC BY 4.0; speech_commands_v0.02.tar.gz from
download.tensorflow.org/data.

P. Warden. Speech Commands: a dataset for limited-vocabulary speech recognition.
arXiv:1804.03209, 2018.
"""
