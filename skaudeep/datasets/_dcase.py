"""Acoustic scene corpora in the layout of the DCASE challenges."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from pathlib import Path, PurePosixPath

from sklearn.utils import Bunch

from skaudeep._validation import validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._text_rows import read_tab_rows
from skaudeep.datasets._tree import locate, recognise

__all__ = [
    "HEADER",
    "MAP",
    "META",
    "SETUP",
    "read_dcase_folds",
    "read_dcase_lists",
    "recognise_dcase",
    "setup_problem",
]

_FOLD_FILE = re.compile(r"(?:fold(\d+)_)?(train|test|evaluate)\.(?:txt|csv)")
# Where the lists are, and what the others are called.
SETUP = "evaluation_setup"
META = ("meta.txt", "meta.csv")
MAP = "map.txt"
# What the first column is called where the files have a header.
HEADER = "filename"
_SOURCE = (
    "Corpora of this layout are those of the scene tasks of DCASE, on Zenodo, under "
    "licences of their own."
)


@validate_params({"root": [str, os.PathLike]}, prefer_skip_nested_validation=True)
def read_dcase_folds(root):
    r"""Read a corpus of acoustic scenes with its published folds.

    For the TUT Acoustic Scenes 2016 and 2017 and TUT Urban Acoustic Scenes 2018 sets,
    and others of this layout::

        root/
          audio/*.wav
          meta.txt                            path, label, location
          evaluation_setup/fold1_train.txt    path, label
          evaluation_setup/fold1_test.txt     path
          evaluation_setup/fold1_evaluate.txt path, label

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``evaluation_setup``, or the one above it if only one of
        its folders does.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, those of the meta file first, in its order. Clips
            that no fold uses are among them.
        target : ndarray of shape (n_clips,) of str, or None
            Scene labels; None if a set without ground truth has none.
        target_names : ndarray of shape (n_classes,) of str, or None
            The labels, sorted.
        groups : ndarray of shape (n_clips,) of str
            Location of each recording, for splits of your own: from the file name
            (``b020_90_100.wav``: b020; ``park-paris-9-1-a.wav``: park-paris-9), else
            from the meta file, else from the original name in ``map.txt``. A clip
            of which none of these knows a location is a group of its own.
        cv : PredefinedFolds or None
            The folds; None for an evaluation set, which has only a test list.
        partitions : None
            There are none.
        DESCR : str
            What was read.

    Raises
    ------
    FileNotFoundError
        If a folder, a list of a fold or a listed recording is missing.
    ValueError
        If a fold trains and tests on the same clip, test and evaluate lists differ,
        a clip of a fold has no label, or two files give it different ones.

    See Also
    --------
    PredefinedFolds : The splitter behind ``cv``.
    load_tut_scenes : Reads the corpora of 2016 and 2017, whose labels it knows.

    Notes
    -----
    - The lists are tab-separated UTF-8 without header (up to 2018) or with one; line
      ends may be CRLF, and further columns are ignored.
    - The test parts may overlap, as published: a fold is what its files say.
    - The lists of one setup per scene (``street_fold1_train.txt``) are not read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import read_dcase_folds
    >>> root = Path(tempfile.mkdtemp())
    >>> clips = ["audio/a001_0_10.wav\tbus", "audio/b020_0_10.wav\tcafe/restaurant"]
    >>> for path in ["audio/a001_0_10.wav", "audio/b020_0_10.wav"]:
    ...     (root / path).parent.mkdir(exist_ok=True)
    ...     (root / path).touch()
    >>> (root / "evaluation_setup").mkdir()
    >>> for name, line in [("train", clips[0]), ("evaluate", clips[1])]:
    ...     path = root / "evaluation_setup" / f"fold1_{name}.txt"
    ...     _ = path.write_text(line + "\n")
    >>> data = read_dcase_folds(root)
    >>> data.target.tolist(), data.groups.tolist()
    (['bus', 'cafe/restaurant'], ['a001', 'b020'])
    >>> data.cv
    PredefinedFolds(n_splits=1, n_train=[1], n_test=[1])
    """
    root = locate(Path(root), setup_problem, "A corpus of this layout", _SOURCE)
    lists = read_dcase_lists(root)
    return make_corpus(
        root,
        lists.clips,
        lists.labels,
        groups=lists.locations,
        cv=lists.cv,
        descr=_DESCR.format(root=root, n=len(lists.clips)),
        source=_SOURCE,
    )


def recognise_dcase(root):
    """What speaks against a folder having the layout, in a few words, or None."""
    return recognise(root, _problem)


def setup_problem(folder):
    """None if a folder holds that of the lists, else that it does not."""
    return None if (folder / SETUP).is_dir() else f"no folder {SETUP!r}"


def _problem(folder):
    if reason := setup_problem(folder):
        return reason
    if any(_FOLD_FILE.fullmatch(path.name) for path in (folder / SETUP).iterdir()):
        return None
    return f"no list such as fold1_train.txt or test.txt in {SETUP!r}"


def read_dcase_lists(root, known=None):
    """What the text files of a set say; no recording is looked for.

    Parameters
    ----------
    root : Path
        The folder that holds ``evaluation_setup``.
    known : collection of str or None, default=None
        The labels of the corpus; None allows any.

    Returns
    -------
    Bunch
        With the attributes:

        clips : list of PurePosixPath
            Those of the meta file first, in its order.
        labels : list of str or None
            None if there are none at all.
        locations : list of str
            As the groups of `read_dcase_folds`.
        cv : PredefinedFolds or None
            None if nothing is trained on.
        rows : dict of PurePosixPath to list of str
            For each clip the longest of its rows.
        header : list of str
            Of the meta file; empty if it has none.
        originals : dict of PurePosixPath to PurePosixPath
            Names before a clip was made anonymous, if ``map.txt`` tells them.
    """
    paths = _Paths()
    header, meta = _read_meta(root, paths)
    lists = _read_lists(root, paths)
    rows, labels = {}, {}
    files = list(meta.items())
    for parts in lists.values():
        files += [
            parts[name] for name in ("train", "test", "evaluate") if name in parts
        ]
    for path, content in files:
        for clip, row in content:
            if len(row) > len(rows.get(clip, ())):
                rows[clip] = row
            _set_label(labels, clip, row, path, known)
    given = {
        clip: row[2]
        for content in meta.values()
        for clip, row in content
        if len(row) > 2
    }
    clips = list(rows)
    cv = _make_folds(lists, {clip: i for i, clip in enumerate(clips)})
    unlabelled = [clip for clip in clips if clip not in labels]
    if unlabelled and (cv is not None or labels):
        raise ValueError(
            f"No label for {name_some(unlabelled)}: neither a meta file of {root} nor "
            f"the lists in {SETUP} give one."
        )
    originals = _read_originals(root, paths)
    return Bunch(
        clips=clips,
        labels=[labels[clip] for clip in clips] if labels else None,
        locations=[
            _location(clip)
            or given.get(clip)
            or _location(originals.get(clip, clip))
            or clip.stem
            for clip in clips
        ],
        cv=cv,
        rows=rows,
        header=header,
        originals=originals,
    )


class _Paths(dict):
    """Clips by what the lists call them: each name is parsed once."""

    def __missing__(self, name):
        self[name] = PurePosixPath(name)
        return self[name]


def _read_rows(path, paths):
    """Header, empty if there is none, and the other rows, each with its clip."""
    rows = read_tab_rows(path)
    header = rows.pop(0) if rows and rows[0][0] == HEADER else []
    return header, [(paths[row[0]], row) for row in rows]


def _read_meta(root, paths):
    """Header and ``{path: rows}`` of the meta file, if there is one."""
    for name in META:
        path = root / name
        if path.is_file():
            header, rows = _read_rows(path, paths)
            return header, {path: rows}
    return [], {}


def _read_lists(root, paths):
    """The lists of each fold: ``{number: {part: (path, rows)}}``."""
    lists = {}
    for path in sorted((root / SETUP).iterdir()):
        match = _FOLD_FILE.fullmatch(path.name)
        if match:
            number = int(match[1]) if match[1] else 0
            lists.setdefault(number, {})[match[2]] = path, _read_rows(path, paths)[1]
    folds = sorted(number for number in lists if number)
    if not lists:
        raise FileNotFoundError(
            f"No lists such as fold1_train.txt or test.txt in {str(root / SETUP)!r}."
        )
    # Some sets list the whole of train and test beside the folds.
    numbers = range(1, folds[-1] + 1) if folds else [0]
    for number in numbers:
        parts = lists.get(number, {})
        prefix = f"fold{number}_" if number else ""
        if number and "train" not in parts:
            raise FileNotFoundError(
                f"{prefix}train.txt is missing in {str(root / SETUP)!r}."
            )
        if "test" not in parts and "evaluate" not in parts:
            raise FileNotFoundError(
                f"{prefix}test.txt and {prefix}evaluate.txt are both missing in "
                f"{str(root / SETUP)!r}."
            )
    return {number: lists[number] for number in numbers}


def _set_label(labels, clip, row, path, known):
    if len(row) < 2 or not row[1]:
        return
    if known is not None and row[1] not in known:
        raise ValueError(
            f"{path} labels {str(clip)!r} as {row[1]!r}, which is no label of this "
            f"corpus; it has {', '.join(known)}."
        )
    if labels.setdefault(clip, row[1]) != row[1]:
        raise ValueError(
            f"{path} labels {str(clip)!r} as {row[1]!r}, another file as "
            f"{labels[clip]!r}."
        )


def _make_folds(lists, index):
    folds = []
    for parts in lists.values():
        listed = {
            name: dict.fromkeys(clip for clip, _ in rows)
            for name, (_, rows) in parts.items()
        }
        if "train" not in listed:
            return None
        test_name = "evaluate" if "evaluate" in listed else "test"
        odd = set(listed["test"]) ^ set(listed[test_name]) if "test" in listed else ()
        if odd:
            raise ValueError(
                f"{parts['test'][0]} and {parts['evaluate'][0].name} do not list the "
                f"same clips: {name_some(sorted(odd))} stands in one of them only."
            )
        both = [clip for clip in listed[test_name] if clip in listed["train"]]
        if both:
            raise ValueError(
                f"{parts['train'][0]} and {parts[test_name][0].name} both list "
                f"{name_some(both)}."
            )
        for name in ("train", test_name):
            if not listed[name]:
                raise ValueError(f"{parts[name][0]} lists no clip.")
        folds.append(
            tuple(
                [index[clip] for clip in listed[name]] for name in ("train", test_name)
            )
        )
    return PredefinedFolds(folds)


def _read_originals(root, paths):
    path = root / SETUP / MAP
    originals = {}
    if path.is_file():
        for _, row in _read_rows(path, paths)[1]:
            # Which of the two columns is the original name differs between sets.
            pair = [paths[cell] for cell in row[:2]]
            for clip, other in zip(pair, pair[::-1], strict=True):
                originals[clip] = other
    return originals


def _location(clip):
    """Location in a file name, or None."""
    parts = clip.stem.split("-")
    if len(parts) == 5:
        return "-".join(parts[:3])
    location, separator, _ = clip.stem.partition("_")
    return location if separator else None


_DESCR = """\
Corpus in the layout of the DCASE challenges
============================================

{n} clips listed in {root}. The text files beside the lists name origin and licence.
"""
