"""ESC-10 and ESC-50, environmental sounds, in their old and new layouts."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from pathlib import Path

from skaudeep._validation import StrOptions, validate_params
from skaudeep.datasets._corpus import fold_numbers_to_cv, make_corpus
from skaudeep.datasets._headed_list import choose, name_class, read_list
from skaudeep.datasets._tree import (
    audio_names,
    check_twins,
    folder_names,
    locate,
    recognise,
)

__all__ = ["load_esc", "recognise_esc"]

_META = "meta/esc50.csv"
_SUFFIXES = (".ogg", ".wav")
_COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file")
_FOLDS = {str(number): number for number in range(1, 6)}
_TARGETS = {str(number): number for number in range(50)}
_TRUTH = {"True": True, "False": False}
_FOLDER = re.compile(r"(\d{3}) - (.+)")
_CLIP = re.compile(r"([1-5])-(\d+)-[^.]+\.(?i:ogg|wav)")
# The classes of ESC-10 among the folders of ESC-50.
_TEN = {"101", "102", "201", "202", "203", "301", "302", "409", "501", "502"}
_SOURCE = (
    "ESC-50 is the repository karolpiczak/ESC-50 on GitHub, 600 MB, under CC BY-NC "
    "3.0; the clips of ESC-10 are under CC BY."
)


@validate_params(
    {"root": [str, os.PathLike], "subset": [StrOptions({"esc10", "esc50"}), None]},
    prefer_skip_nested_validation=True,
)
def load_esc(root, *, subset=None):
    """Read ESC-50 or ESC-10, clips of 5 s of environmental sounds.

    50 classes of 40 clips each, or ten of them, in five folds [1]_. Three layouts are
    known, the repository of today and the older ones::

        root/                               root/ (ESC-50, version 1)
          meta/esc50.csv                      101 - Dog/1-100032-A.ogg
          audio/1-100032-A-0.wav              310 - Drinking - sipping/...

                                            root/ (ESC-10)
                                              001 - Dog bark/1-100032-A.ogg

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``meta`` or the folders of the classes, or the one above
        it if only one of its folders does.
    subset : {"esc10", "esc50"} or None, default=None
        The ten classes or all; None takes all that `root` has.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, in the order of ``esc50.csv``, or of the folders
            and the names in them.
        target : ndarray of shape (n_clips,) of str
            The classes: "crying_baby", or in the older layouts what follows the number
            of the folder: "Crying baby" in ESC-50 and "Baby cry" in ESC-10.
        target_names : ndarray of shape (n_classes,) of str
            The classes in the order of their numbers.
        groups : ndarray of shape (n_clips,) of str
            Number of the Freesound recording that the clip was cut from.
        cv : PredefinedFolds
            The five folds, which keep the groups together.
        partitions : None
            There are none.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If `root` has none of the layouts, or a listed recording is missing.
    ValueError
        If a row of the list is wrong, a recording is not named as those of the corpus
        or is there twice, or `subset` is "esc50" and `root` the ten classes.

    Notes
    -----
    - Clips in the older layouts are ``.ogg``, or ``.wav`` if somebody converted them;
      their lengths differ a little from 5 s. Hidden folders and other files are
      ignored.
    - Many clips end in digital silence: give spectrograms in decibels a floor
      (``clip_below``).

    References
    ----------
    .. [1] K. J. Piczak. "ESC: dataset for environmental sound classification", ACM
       Multimedia 2015.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_esc
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ["101 - Dog/1-100032-A.ogg", "310 - Drinking - sipping/2-7-A.ogg"]:
    ...     (root / name).parent.mkdir()
    ...     (root / name).touch()
    >>> data = load_esc(root)
    >>> data.target.tolist(), data.groups.tolist()
    (['Dog', 'Drinking - sipping'], ['100032', '7'])
    >>> data.cv
    PredefinedFolds(n_splits=2, n_train=[1, 1], n_test=[1, 1])
    """
    root = locate(Path(root), _problem, "ESC-50 or ESC-10", _SOURCE)
    read = _read_csv if (root / _META).is_file() else _read_folders
    clips, names = read(root, subset)
    files, labels, folds, groups = zip(*clips, strict=True)
    return make_corpus(
        root,
        files,
        labels,
        target_names=names,
        groups=groups,
        cv=fold_numbers_to_cv(folds),
        descr=_DESCR,
        source=_SOURCE,
    )


def recognise_esc(root):
    """None if `root` looks like ESC-10 or ESC-50, else what is in the way."""
    return recognise(root, _problem)


def _problem(folder):
    if (folder / _META).is_file():
        return None if (folder / "audio").is_dir() else f"no folder 'audio' for {_META}"
    names = folder_names(folder)
    classes = [name for name in names if _FOLDER.fullmatch(name)]
    if not classes:
        return f"no {_META}, and no folders such as '101 - Dog'"
    if len(classes) < len(names):
        odd = next(name for name in names if name not in classes)
        return f"the folder {odd!r} is not named like {classes[0]!r}"
    if not any(map(_CLIP.fullmatch, audio_names(folder / classes[0], _SUFFIXES))):
        return f"no clips such as '1-100032-A.ogg' in {classes[0]!r}"
    return None


def _read_csv(root, subset):
    """Path, label, fold and group of each clip, and the classes in their order."""
    path = root / _META
    clips, classes = [], {}
    for where, row in read_list(path, _COLUMNS):
        number = choose(where, row, "target", _TARGETS)
        fold = choose(where, row, "fold", _FOLDS)
        is_ten = choose(where, row, "esc10", _TRUTH)
        label = name_class(where, classes, number, row["category"])
        if is_ten or subset != "esc10":
            clips.append((f"audio/{row['filename']}", label, fold, row["src_file"]))
    if not clips:
        raise ValueError(f"{path} has no clip whose esc10 is True.")
    used = {label for _, label, _, _ in clips}
    return clips, [classes[i] for i in sorted(classes) if classes[i] in used]


def _read_folders(root, subset):
    """The same from the folders of the older layouts."""
    folders = folder_names(root)
    is_ten = all(name < "100" for name in folders)
    if is_ten and subset == "esc50":
        raise ValueError(
            f"subset='esc50', but {str(root)!r} has the {len(folders)} classes of "
            "ESC-10."
        )
    if subset == "esc10" and not is_ten:
        folders = [name for name in folders if name[:3] in _TEN]
        if not folders:
            raise ValueError(f"{str(root)!r} has none of the classes of ESC-10.")
    clips = []
    for folder in folders:
        label = _FOLDER.fullmatch(folder)[2]
        names = audio_names(root / folder, _SUFFIXES)
        check_twins(root / folder, names)
        if not names:
            raise ValueError(f"{str(root / folder)!r} holds no .ogg or .wav file.")
        for name in names:
            match = _CLIP.fullmatch(name)
            if not match:
                raise ValueError(
                    f"{str(root / folder / name)!r} is not named like 1-100032-A.ogg: "
                    "fold from 1 to 5, number, take."
                )
            clips.append((f"{folder}/{name}", label, int(match[1]), match[2]))
    return clips, [_FOLDER.fullmatch(folder)[2] for folder in folders]


_DESCR = """\
ESC-50 and ESC-10
=================

2000 clips of 5 s in 50 classes: animals, nature, people, homes, towns; ten of the
classes are ESC-10. Cut from recordings of freesound.org. Five folds, scored by
accuracy; people reach 81.3 % and 95.7 %.

Copyright of the selection K. J. Piczak, CC BY-NC 3.0; the clips of ESC-10 CC BY; the
file LICENSE of the corpus names the authors. Repository karolpiczak/ESC-50 on GitHub.

K. J. Piczak. ESC: dataset for environmental sound classification. ACM Multimedia 2015.
"""
