"""TUT Acoustic Scenes 2016 and 2017."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import warnings
from numbers import Integral
from pathlib import Path, PurePosixPath

from skaudeep._event_lists import check_event
from skaudeep._validation import Options, StrOptions, validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._dcase import read_dcase_lists, setup_problem
from skaudeep.datasets._dcase_sets import check_part, find_set, peek
from skaudeep.datasets._text_rows import read_tab_rows
from skaudeep.datasets._tree import locate

__all__ = ["load_tut_scenes", "recognise_tut_scenes"]

# In the order of the published confusion matrices.
_SCENES = (
    "beach",
    "bus",
    "cafe/restaurant",
    "car",
    "city_center",
    "forest_path",
    "grocery_store",
    "home",
    "library",
    "metro_station",
    "office",
    "park",
    "residential_area",
    "train",
    "tram",
)
# Zenodo record, size, clips of a scene.
_SETS = {
    (2016, "development"): (45739, "8.0 GB", 78),
    (2016, "evaluation"): (165995, "2.7 GB", 26),
    (2017, "development"): (400515, "10.7 GB", 312),
    (2017, "evaluation"): (1040168, "3.6 GB", 108),
}
_SECONDS = {2016: 30, 2017: 10}
_FOLDER = "TUT-acoustic-scenes-{}-{}"
_CLIP = re.compile(r"[a-z]\d+_(\d+)_(\d+)")


@validate_params(
    {
        "root": [str, os.PathLike],
        "year": [Options(Integral, {2016, 2017})],
        "part": [StrOptions({"development", "evaluation"})],
    },
    prefer_skip_nested_validation=True,
)
def load_tut_scenes(root, *, year=2017, part="development"):
    r"""Load TUT Acoustic Scenes 2016 or 2017, 15 scenes recorded in stereo.

    The corpora of the first tasks of DCASE 2016 [1]_ and 2017 [2]_::

        TUT-acoustic-scenes-2017-development/
          audio/b020_90_100.wav
          meta.txt                               path, label, location
          error.txt                              path, onset, offset, what went wrong
          evaluation_setup/fold1_train.txt       path, label
          evaluation_setup/fold1_evaluate.txt    path, label

    No audio is decoded.

    ==== =========== ============ ===========
    Year Length      development  evaluation
    ==== =========== ============ ===========
    2016 30 s        1170 clips   390 clips
    2017 10 s        4680 clips   1620 clips
    ==== =========== ============ ===========

    Parameters
    ----------
    root : str or path-like
        The folder of the set, or the one above it.
    year : {2016, 2017}, default=2017
        Which of the two corpora.
    part : {"development", "evaluation"}, default="development"
        The development set with its four folds, or the evaluation set.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The set, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths, in the order of ``meta.txt``.
        target : ndarray of shape (n_clips,) of str, or None
            Scenes; None for an evaluation set without ground truth.
        target_names : ndarray of shape (15,) of str
            All scenes, in the alphabetical order of the published results.
        groups : ndarray of shape (n_clips,) of str
            Location of each recording. In an evaluation set as far as ``map.txt``
            tells it; otherwise each clip is a group.
        cv : PredefinedFolds or None
            The four folds; None for an evaluation set.
        partitions : None
            There are none.
        errors : list of list of Event
            For each clip the spans of time that ``error.txt`` marks as faulty, with
            the fault as label; [] for almost all of them.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a folder, a list or a listed recording is missing.
    ValueError
        If the folder holds the other year or part, a label is none of the 15, or the
        lists contradict each other.

    Warns
    -----
    UserWarning
        If ``error.txt`` names clips that no list has.

    See Also
    --------
    read_dcase_folds : Reads any corpus of this layout.
    load_tut_urban_scenes_2018 : The corpus of the year after.

    Notes
    -----
    - The year is told from the length of the clips in their names, else from the name
      of the folder; where neither tells it, `year` is believed.
    - The test parts of the folds may overlap, as published: a fold is what its files
      say.
    - Locations of a fold's training and test part differ; random folds put the same
      location on both sides.

    References
    ----------
    .. [1] A. Mesaros, T. Heittola, T. Virtanen. "TUT database for acoustic scene
       classification and sound event detection", EUSIPCO 2016.
    .. [2] A. Mesaros, T. Heittola, A. Diment, B. Elizalde, A. Shah et al. "DCASE 2017
       challenge setup: tasks, datasets and baseline system", DCASE 2017.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_tut_scenes
    >>> root = Path(tempfile.mkdtemp())
    >>> for folder in ["audio", "evaluation_setup"]:
    ...     (root / folder).mkdir()
    >>> rows = ["audio/a001_0_10.wav\tbus", "audio/b020_0_10.wav\tcafe/restaurant"]
    >>> _ = (root / "meta.txt").write_text("\n".join(rows))
    >>> for row, name in zip(rows, ["fold1_train.txt", "fold1_evaluate.txt"]):
    ...     (root / row.split("\t")[0]).touch()
    ...     _ = (root / "evaluation_setup" / name).write_text(row)
    >>> data = load_tut_scenes(root)
    >>> data.target.tolist(), data.groups.tolist()
    (['bus', 'cafe/restaurant'], ['a001', 'b020'])
    >>> len(data.target_names), data.cv.get_n_splits()
    (15, 1)
    """
    name = _FOLDER.format(year, part)
    record, size, n_clips = _SETS[year, part]
    source = (
        f"TUT Acoustic Scenes {year}, {part} set, is the Zenodo record {record}, "
        f"{size}, free for non-commercial academic use (EULA.pdf); unpack all of its "
        "archives and give the folder."
    )
    root = locate(
        Path(root), setup_problem, f"TUT Acoustic Scenes {year}", source, name
    )
    found = _year(root)
    if found not in (None, year):
        raise ValueError(
            f"year={year}, but {str(root)!r} holds the set of {found}: its clips are "
            f"{_SECONDS[found]} s long, or it is called so."
        )
    check_part(root, part, [peek(root).part], name)
    lists = read_dcase_lists(root, _SCENES)
    return make_corpus(
        root,
        lists.clips,
        lists.labels,
        target_names=_SCENES,
        groups=lists.locations,
        cv=lists.cv,
        descr=_DESCR.format(
            year=year,
            part=part,
            seconds=_SECONDS[year],
            record=record,
            n_clips=n_clips,
            n_all=n_clips * len(_SCENES),
            underline="=" * len(f"{year}, {part} set"),
        ),
        source=source,
        errors=_read_errors(root / "error.txt", lists.clips),
    )


def recognise_tut_scenes(root, *, year=None, part=None):
    """What speaks against a folder being TUT Acoustic Scenes 2016 or 2017.

    Parameters
    ----------
    root : Path
        The folder of the set, or the one above it.
    year : {2016, 2017} or None, default=None
        Of which year; None for any.
    part : {"development", "evaluation"} or None, default=None
        Which part; None for any.

    Returns
    -------
    str or None
        None if nothing does.
    """
    any_folder = _FOLDER.format("201[67]", r"\w+")
    folder = _FOLDER.format(year or "201[67]", part or r"\w+")
    root, fault = find_set(root, any_folder, _CLIP.pattern, _SCENES, folder)
    if fault:
        return fault
    found = _year(root), peek(root).part
    if year and found[0] not in (None, year):
        return f"it is the set of {found[0]}"
    if part and found[1] != part:
        return f"it is the {found[1]} set"
    return None


def _year(root):
    """The year of a set; None if nothing tells it."""
    for stem in peek(root).stems:
        match = _CLIP.fullmatch(stem)
        for year, seconds in _SECONDS.items():
            if match and int(match[2]) - int(match[1]) == seconds:
                return year
    match = re.fullmatch(_FOLDER.format("(201[67])", r"\w+"), root.name)
    return int(match[1]) if match else None


def _read_errors(path, clips):
    errors = {clip: [] for clip in clips}
    elsewhere = []
    for row in read_tab_rows(path) if path.is_file() else ():
        try:
            event = check_event((float(row[1]), float(row[2]), row[3]), "The span")
        except (IndexError, ValueError) as error:
            raise ValueError(
                f"{path} must have a path, onset, offset and fault between tabs in "
                f"each row, got {row}: {error}"
            ) from error
        clip = PurePosixPath(row[0])
        clip = clip if clip in errors else "audio" / clip
        if clip in errors:
            errors[clip].append(event)
        else:
            elsewhere.append(row[0])
    if elsewhere:
        warnings.warn(
            f"{path} names {len(elsewhere)} clip(s) that no list of the set has: "
            f"{name_some(elsewhere)}.",
            UserWarning,
            # Above the check of the parameters.
            stacklevel=4,
        )
    return list(errors.values())


_DESCR = """\
TUT Acoustic Scenes {year}, {part} set
===================={underline}

{n_all} clips of {seconds} s, {n_clips} of each of 15 scenes, recorded in Finland with
microphones in the ears: stereo, 44.1 kHz, 24 bit. Task 1 of DCASE {year}, scored by the
accuracy, mean of the folds of the development set.

Zenodo record {record}, by A. Mesaros, T. Heittola and T. Virtanen, Tampere University
of Technology. Free for non-commercial academic use under the licence in EULA.pdf, which
does not allow to pass the recordings on.
"""
