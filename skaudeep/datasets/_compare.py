"""The corpora of the ComParE challenges of 2018 to 2021."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from pathlib import Path

from skaudeep._validation import validate_params
from skaudeep.datasets._corpus import UNKNOWN, make_corpus
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._headed_list import read_header, read_list
from skaudeep.datasets._tree import audio_names, locate, recognise

__all__ = ["load_compare", "recognise_compare"]

_PARTITIONS = ("train", "devel", "test")
# A list, and the one beside it that has the labels of the test part, too.
_LIST = re.compile(
    r"(ComParE2018_\w+?|labels|train|devel|test)([._]confidential)?\.(tsv|csv)"
)
_FILE_COLUMNS = ("file_name", "filename", "filename_audio")
_LABEL_COLUMNS = ("label", "emotion", "Valence", "V_cat", "A_cat")
_SOURCE = (
    "The corpora of ComParE are obtained from the organisers of the challenge, "
    "www.compare.openaudio.eu, each under an agreement of its own, for research."
)


@validate_params(
    {"root": [str, os.PathLike], "label": [str, None]},
    prefer_skip_nested_validation=True,
)
def load_compare(root, *, label=None):
    r"""Read a corpus of the Computational Paralinguistics Challenge, 2018 to 2021.

    All have their clips in ``wav`` and their labels in ``lab`` [1]_. What the lists are
    called tells the year::

        root/
          wav/train_0001.wav, devel_0001.wav, test_0001.wav
          lab/ComParE2018_AtypicalAffect.tsv    2018
          lab/labels.csv                        2019, 2020
          lab/train.csv, devel.csv, test.csv    2021

    Labels of the test part were not published: their clips have the label "?". No audio
    is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``wav`` and ``lab``, or the one above it if only one of
        its folders does.
    label : str or None, default=None
        Column of the labels. None takes the first one there is of "label", "emotion",
        "Valence", "V_cat", valence of the elderly (2020), and "A_cat", their arousal.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings in the order of the lists, then of those that no
            list has, by name.
        target : ndarray of shape (n_clips,) of str
            The labels as written, numbers too; "?" for a clip without.
        target_names : ndarray of shape (n_classes,) of str
            The classes: numbers in their order, "L", "M", "H" and "l", "m", "h" from
            low to high, others sorted.
        label_column : str
            The column that was read.
        groups : None
            Speakers are not named.
        cv : PredefinedFolds or None
            The training part against "devel", or where there is no such part, as in
            2018 for Crying, against "test" if that has labels.
        partitions : :class:`~sklearn.utils.Bunch`
            Indices of "train", "devel" and "test"; a part without a clip is left out.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a folder, a list or a listed recording is missing.
    ValueError
        If a clip is listed twice, a name does not begin with its partition, a list has
        no known column, or there are lists of several years or tasks.

    Notes
    -----
    - Labels in a list called ``labels_confidential.csv``, or with "_confidential" or
      ".confidential" in another list's name, win over those in the list without.
    - The partition of a clip is what its name begins with; in 2021 the list that has
      it.
    - The score is the unweighted average recall,
      :func:`~skaudeep.metrics.unweighted_average_recall`. Sleepiness (2019), from 1 to
      9, is scored by Spearman's correlation: make numbers of the known labels,
      ``data.target[data.partitions.train].astype(float)``.
    - Heartbeat (2018) is normal (0), mild (1) or severe (2).

    References
    ----------
    .. [1] B. W. Schuller et al. "The INTERSPEECH 2018 computational paralinguistics
       challenge: atypical and self-assessed affect, crying and heart beats",
       INTERSPEECH 2018; and those of 2019, 2020 and 2021.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_compare
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ["wav/train_01.wav", "wav/devel_01.wav", "wav/test_01.wav"]:
    ...     (root / name).parent.mkdir(exist_ok=True)
    ...     (root / name).touch()
    >>> (root / "lab").mkdir()
    >>> rows = ["file_name,label", "train_01.wav,clear", "devel_01.wav,mask"]
    >>> _ = (root / "lab/labels.csv").write_text("\n".join(rows))
    >>> data = load_compare(root)
    >>> data.target.tolist()
    ['clear', 'mask', '?']
    >>> {name: index.tolist() for name, index in data.partitions.items()}
    {'train': [0], 'devel': [1], 'test': [2]}
    """
    root = locate(Path(root), _problem, "A corpus of ComParE", _SOURCE)
    lists = _find_lists(root)
    labels, list_of, label = _read_lists(root, lists, label)
    for clip in audio_names(root / "wav", ".wav"):
        labels.setdefault(clip, UNKNOWN)
    partitions = {part: [] for part in _PARTITIONS}
    for i, clip in enumerate(labels):
        partitions[_partition(clip, list_of.get(clip))].append(i)
    return make_corpus(
        root,
        [f"wav/{clip}" for clip in labels],
        labels.values(),
        target_names=_sort_classes(set(labels.values()) - {UNKNOWN}),
        partitions={part: index for part, index in partitions.items() if index},
        descr=_DESCR.format(lists=", ".join(lists)),
        source=_SOURCE,
        label_column=label,
    )


def recognise_compare(root):
    """None if `root` looks like a corpus of ComParE, else what is in the way."""
    return recognise(root, _problem)


def _problem(folder):
    missing = [name for name in ("wav", "lab") if not (folder / name).is_dir()]
    if missing:
        return f"no folder {' and no folder '.join(map(repr, missing))}"
    lists = list(_find_lists(folder))
    if not lists:
        return "no list of ComParE 2018 to 2021 in the folder 'lab'"
    if lists[0] in _PARTITIONS:
        missing = [part for part in _PARTITIONS if part not in lists]
        lists = [name for name in lists if name not in _PARTITIONS]
        if missing:
            return f"no lab/{missing[0]}.csv"
        return f"a list {lists[0]!r} beside those of 2021" if lists else None
    return f"lists of several tasks: {', '.join(lists)}" if len(lists) > 1 else None


def _find_lists(root):
    """Paths of each list by its name, the confidential one last."""
    found = {}
    for path in sorted((root / "lab").iterdir()):
        match = _LIST.fullmatch(path.name)
        if match and path.is_file():
            found.setdefault(match[1], []).append((match[2] is not None, path))
    order = {name: i for i, name in enumerate(_PARTITIONS)}
    return {
        name: [path for _, path in sorted(found[name])]
        for name in sorted(found, key=lambda name: (order.get(name, 3), name))
    }


def _read_lists(root, lists, label):
    """Label and list of each clip that is listed, and the column of the labels."""
    labels, list_of, columns = {}, {}, set()
    for name, paths in lists.items():
        for path in paths:
            column, found = _read_labels(path, label)
            columns.add(column)
            both = [clip for clip in found if list_of.get(clip, name) != name]
            if both:
                raise ValueError(
                    f"{path} and {list_of[both[0]]}.csv beside it both list "
                    f"{name_some(both)}."
                )
            list_of.update(dict.fromkeys(found, name))
            for clip in found:
                if found[clip] != UNKNOWN:
                    labels[clip] = found[clip]
                labels.setdefault(clip, UNKNOWN)
    if len(columns) > 1:
        raise ValueError(
            f"The lists in {str(root / 'lab')!r} have their labels in different "
            f"columns: {', '.join(sorted(columns))}."
        )
    return labels, list_of, columns.pop()


def _read_labels(path, label):
    """The column of the labels, and the label of each clip in the list."""
    header = read_header(path)
    clip = _find_column(path, header, _FILE_COLUMNS, "names of clips")
    if label is None:
        label = _find_column(path, header, _LABEL_COLUMNS, "labels; name it by `label`")
    else:
        _find_column(path, header, (label,), "labels")
    rows = read_list(path, (clip,), optional=(label,))
    return label, {row[clip]: row[label] or UNKNOWN for _, row in rows}


def _find_column(path, header, names, what):
    column = next((name for name in names if name in header), None)
    if column is None:
        raise ValueError(
            f"{path} has the columns {', '.join(header)}; none of {', '.join(names)} "
            f"is there for the {what}."
        )
    return column


def _partition(clip, list_name):
    if list_name in _PARTITIONS:
        return list_name
    part = next((part for part in _PARTITIONS if clip.startswith(part)), None)
    if part is None:
        raise ValueError(
            f"The recording {clip!r} does not begin with its partition: one of "
            f"{', '.join(_PARTITIONS)}."
        )
    return part


def _sort_classes(labels):
    if all(label.isdecimal() for label in labels):
        return sorted(labels, key=int)
    if {label.lower() for label in labels} <= set("lmh"):
        return sorted(labels, key=lambda label: "lmh".index(label.lower()))
    return sorted(labels)


_DESCR = """\
Computational Paralinguistics Challenge (ComParE)
=================================================

Clips for a task of speech or sound, in training, development and test parts; the labels
of the test part are not published. Lists read: {lists}.

Obtained from the organisers, www.compare.openaudio.eu, under an agreement for each
corpus, for research.
"""
