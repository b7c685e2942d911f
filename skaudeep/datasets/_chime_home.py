"""CHiME-Home, the domestic audio tagging corpus of DCASE 2016."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from numbers import Integral
from pathlib import Path

import numpy as np

from skaudeep._validation import Options, StrOptions, validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._corpus_files import check_files, name_some
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._text_rows import read_cells
from skaudeep.datasets._tree import find_root, locate

__all__ = ["load_chime_home", "recognise_chime_home"]

_TAGS = {
    "c": "child speech",
    "m": "adult male speech",
    "f": "adult female speech",
    "v": "video game or TV",
    "p": "percussive sounds",
    "b": "broadband noise",
    "o": "other identifiable sounds",
}
# Silence or background alone, and what could not be identified.
_NO_TAGS = "SU"
_SUBSETS = ("refined", "raw")
_PARTS = ("development", "evaluation")
_SAMPLE_RATES = (16000, 48000)
_N_FOLDS = 5
# The second is what the corpus's own description calls it.
_FOLD_FILES = ("_crossval_dcase2016.csv", "_crossval_dcase.csv")
_VOTE = "majorityvote"
_ANNOTATION = re.compile(r"annotation_(\w+)")
_SESSION = re.compile(r"(.+)\.s\d+")
_SOURCE = (
    "CHiME-Home (DCASE 2016, task 4, domestic audio tagging) is the item chime-home "
    "of the Internet Archive, chime_home.tar.gz, 4.2 GB, under CC BY-NC-SA 3.0; unpack "
    "it and give the folder."
)


@validate_params(
    {
        "root": [str, os.PathLike],
        "subset": [StrOptions({*_SUBSETS})],
        "part": [StrOptions({*_PARTS})],
        "sample_rate": [Options(Integral, {*_SAMPLE_RATES})],
    },
    prefer_skip_nested_validation=True,
)
def load_chime_home(root, *, subset="refined", part="development", sample_rate=16000):
    r"""Read CHiME-Home, whose clips of 4 s are tagged with what is heard in them.

    The corpus of the audio tagging task of DCASE 2016 [1]_, recorded in the lounge of
    a family [2]_::

        root/
          chunks/CR_lounge_220110_0731.s0_chunk27.16kHz.wav   and .48kHz.wav
          chunks/CR_lounge_220110_0731.s0_chunk27.csv         key, value
          development_chunks_refined.csv                      number, chunk
          development_chunks_refined_crossval_dcase2016.csv   number, chunk, fold

    A clip may have several tags, or none. No audio is decoded.

    ============= ============ ===========
    Clips         development  evaluation
    ============= ============ ===========
    refined       1946         816
    raw           4378         1759
    ============= ============ ===========

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``chunks``, or the one above it if only one of its
        folders does.
    subset : {"refined", "raw"}, default="refined"
        "refined" has the clips that the annotators agree on, those of the task; "raw"
        has them all.
    part : {"development", "evaluation"}, default="development"
        To train on, or to test on at the end.
    sample_rate : {16000, 48000}, default=16000
        In Hz. The files of 16 kHz are mono, and those of the task; the files of 48 kHz
        are stereo.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, in the order of the list.
        target : ndarray of shape (n_clips, 7) of int
            1 where most annotators heard the tag, else 0. A clip of silence or
            background alone has no tag, and so a row of zeros.
        target_names : ndarray of shape (7,) of str
            Codes of the tags: c, m, f, v, p, b, o.
        descriptions : ndarray of shape (7,) of str
            What the codes mean.
        groups : ndarray of shape (n_clips,) of str
            The segment of 5 minutes that each clip was cut from, such as
            "CR_lounge_220110_0731.s0", for splits of your own.
        sessions : ndarray of shape (n_clips,) of str
            The session that the segment is of, such as "CR_lounge_220110_0731".
        majority_vote : ndarray of shape (n_clips,) of str
            The majority's codes as written, with S, silence or background, and U,
            unidentifiable, which are no tags; "" where no code has a majority.
        annotations : ndarray of shape (n_clips, n_annotators) of str or None
            What each annotator wrote, unchecked; None where there is nothing of
            theirs.
        annotators : ndarray of shape (n_annotators,) of str
            Their names: a1, a2, a3.
        cv : PredefinedFolds or None
            The five folds of the task, if their file is there; None without it, as for
            the evaluation part.
        partitions : None
            The parts are loaded one by one.
        sample_rate : int
            In Hz.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a list, a listed recording or its annotation is missing.
    ValueError
        If an annotation has no majority vote, a code that is unknown or the same key
        twice, or the fold file has a chunk that the list has not, or folds other than
        0 to 4.

    See Also
    --------
    make_tagged_clips : Tagged clips for those who do not have the corpus.
    PredefinedFolds : The splitter behind ``cv``.
    skaudeep.metrics.equal_error_rate : The score of the task.

    Notes
    -----
    - Lists and annotations are comma-separated UTF-8 without header; line ends may be
      CRLF, and empty lines and further columns are ignored. A chunk that is listed
      twice is one clip.
    - Annotations are read by key, whatever the order of their rows. The order of codes
      has no meaning.
    - The folds are the third column of the fold file. A clip that it does not name is
      in no fold. The corpus describes folds of the refined clips only; for the raw ones
      there is :class:`~sklearn.model_selection.GroupKFold` with `groups`.
    - One tag is rare: of the 1946 clips, 19 have "b". In a fold without it its equal
      error rate is undefined.

    References
    ----------
    .. [1] T. Heittola, A. Mesaros, T. Virtanen et al. "DCASE 2016 challenge, task 4:
       domestic audio tagging", 2016.
    .. [2] P. Foster, S. Sigtia, S. Krstulovic, J. Barker, M. D. Plumbley. "CHiME-Home:
       a dataset for sound source recognition in a domestic environment", WASPAA 2015.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_chime_home
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "chunks").mkdir()
    >>> for i, vote in enumerate(["vc", "S"]):
    ...     (root / "chunks" / f"CR_lounge_1.s0_chunk{i}.16kHz.wav").touch()
    ...     path = root / "chunks" / f"CR_lounge_1.s0_chunk{i}.csv"
    ...     _ = path.write_text(f"majorityvote,{vote}\nannotation_a1,{vote}\n")
    >>> path = root / "development_chunks_refined.csv"
    >>> _ = path.write_text("0,CR_lounge_1.s0_chunk0\n1,CR_lounge_1.s0_chunk1\n")
    >>> data = load_chime_home(root)
    >>> print(*data.target_names)
    c m f v p b o
    >>> data.target
    array([[1, 0, 0, 1, 0, 0, 0],
           [0, 0, 0, 0, 0, 0, 0]])
    >>> data.groups.tolist()
    ['CR_lounge_1.s0', 'CR_lounge_1.s0']
    """
    root = locate(Path(root), _problem, "CHiME-Home", _SOURCE)
    path = root / f"{part}_chunks_{subset}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is missing in {str(root)!r}. {_SOURCE}")
    chunks = list(dict.fromkeys(chunk for _, chunk, _ in _read_chunks(path)))
    if not chunks:
        raise ValueError(f"{path} lists no chunk.")
    audio = [f"chunks/{chunk}.{sample_rate // 1000}kHz.wav" for chunk in chunks]
    notes = [f"chunks/{chunk}.csv" for chunk in chunks]
    check_files(root, notes, "annotations", _SOURCE)

    # Joined as text, since that of thousands of Paths takes longer than reading them.
    notes = [os.path.join(root, note) for note in notes]
    values = [_read_annotation(note) for note in notes]
    target = np.zeros((len(chunks), len(_TAGS)), dtype=int)
    for row, value, note in zip(target, values, notes, strict=True):
        row[_tags(value[_VOTE], note)] = 1
    groups = [
        value.get("segmentname") or chunk.rpartition("_chunk")[0] or chunk
        for value, chunk in zip(values, chunks, strict=True)
    ]
    keys = {key for value in values for key in value}
    keys = sorted(filter(_ANNOTATION.fullmatch, keys))
    annotations = np.empty((len(chunks), len(keys)), dtype=object)
    annotations[:] = [[value.get(key) for key in keys] for value in values]
    return make_corpus(
        root,
        audio,
        target,
        target_names=_TAGS,
        groups=groups,
        cv=_read_folds(root, path.stem, chunks),
        descr=_DESCR,
        source=_SOURCE,
        descriptions=np.array(list(_TAGS.values())),
        sessions=np.array([_session(group) for group in groups]),
        majority_vote=np.array([value[_VOTE] for value in values]),
        annotations=annotations,
        annotators=np.array([_ANNOTATION.fullmatch(key)[1] for key in keys], dtype=str),
        sample_rate=sample_rate,
    )


def recognise_chime_home(root, *, subset=None, part=None, sample_rate=None):
    """What speaks against a folder being CHiME-Home.

    Parameters
    ----------
    root : Path
        The folder of the corpus, or the one above it.
    subset : {"refined", "raw"} or None, default=None
        Which list there is; None for any.
    part : {"development", "evaluation"} or None, default=None
        Which part; None for any.
    sample_rate : {16000, 48000} or None, default=None
        Of which files there are; None for any.

    Returns
    -------
    str or None
        None if nothing does.
    """
    root, fault = find_root(root, _problem)
    if fault:
        return fault
    lists = [
        f"{one_part}_chunks_{one_subset}.csv"
        for one_part in ([part] if part else _PARTS)
        for one_subset in ([subset] if subset else _SUBSETS)
    ]
    if not any((root / name).is_file() for name in lists):
        return f"no {lists[0]}"
    ending = f".{sample_rate // 1000}kHz.wav" if sample_rate else "kHz.wav"
    with os.scandir(root / "chunks") as entries:
        if any(entry.name.endswith(ending) for entry in entries):
            return None
    return f"no files in 'chunks' that end in {ending}"


def _problem(folder):
    return None if (folder / "chunks").is_dir() else "no folder 'chunks'"


def _read_chunks(path):
    """Where each row of a list stands, its chunk, and the cells after that."""
    for number, (first, *cells) in read_cells(path, ",", skipinitialspace=True):
        where = f"{path}, line {number}"
        if not cells or not cells[0]:
            raise ValueError(
                f"{where}: must have a number and the name of a chunk, got "
                f"{','.join([first, *cells])!r}."
            )
        yield where, cells[0], cells[1:]


def _read_annotation(path):
    values = {}
    for number, (key, *cells) in read_cells(path, ",", skipinitialspace=True):
        value = ",".join(filter(None, cells))
        if values.setdefault(key, value) != value:
            raise ValueError(
                f"{path}, line {number}: {key!r} is {value!r} here and "
                f"{values[key]!r} above."
            )
    if _VOTE not in values:
        raise ValueError(
            f"{path} has no row {_VOTE!r}, only {name_some(list(values)) or 'nothing'}."
        )
    return values


def _tags(vote, path):
    """Columns of the tags in a vote."""
    unknown = [code for code in vote if code not in _TAGS and code not in _NO_TAGS]
    if unknown:
        raise ValueError(
            f"{path} has the unknown code {unknown[0]!r} in {_VOTE} {vote!r}; known "
            f"are {', '.join(_TAGS)}, and {' and '.join(_NO_TAGS)} for none of them."
        )
    return [column for column, code in enumerate(_TAGS) if code in vote]


def _session(segment):
    match = _SESSION.fullmatch(segment)
    return match[1] if match else segment


def _read_folds(root, stem, chunks):
    paths = [root / (stem + ending) for ending in _FOLD_FILES]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return None
    index = {chunk: i for i, chunk in enumerate(chunks)}
    fold = np.full(len(chunks), -1)
    for where, chunk, more in _read_chunks(path):
        if chunk not in index:
            raise ValueError(
                f"{where}: names the chunk {chunk!r}, which {stem}.csv does not list."
            )
        number, place = more[0] if more else "", index[chunk]
        if number not in map(str, range(_N_FOLDS)):
            raise ValueError(
                f"{where}: must have a fold from 0 to {_N_FOLDS - 1} in the third "
                f"column, got {number!r} for {chunk!r}."
            )
        if fold[place] not in (-1, int(number)):
            raise ValueError(
                f"{where}: puts {chunk!r} into fold {number}, a line above into fold "
                f"{fold[place]}."
            )
        fold[place] = number
    empty = sorted(set(range(_N_FOLDS)) - set(fold.tolist()))
    if empty:
        raise ValueError(f"{path} has no chunk in fold {empty[0]} of 0 to 4.")
    return PredefinedFolds(
        (np.flatnonzero((fold >= 0) & (fold != k)), np.flatnonzero(fold == k))
        for k in range(_N_FOLDS)
    )


_DESCR = """\
CHiME-Home
==========

4 s of sound in the lounge of a family with two children, tagged by three annotators
with what is heard: child, man and woman speaking, video game or television, percussive
sounds, broadband noise, other identifiable sounds. Task 4 of DCASE 2016, scored by the
equal error rate, mean of the tags.

Annotations: copyright 2015 Queen Mary University of London; recordings: copyright 2010
University of Sheffield; both under CC BY-NC-SA 3.0. The corpus is the item chime-home
of the Internet Archive.

P. Foster, S. Sigtia, S. Krstulovic, J. Barker, M. D. Plumbley. CHiME-Home: a dataset
for sound source recognition in a domestic environment. WASPAA 2015.
"""
