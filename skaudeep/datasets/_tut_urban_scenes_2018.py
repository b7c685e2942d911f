"""TUT Urban Acoustic Scenes 2018, also as recorded by phones."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from pathlib import Path

import numpy as np

from skaudeep._validation import StrOptions, validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._dcase import SETUP, read_dcase_lists, setup_problem
from skaudeep.datasets._dcase_sets import check_part, find_set, peek
from skaudeep.datasets._tree import locate

__all__ = ["load_tut_urban_scenes_2018", "recognise_tut_urban_scenes_2018"]

_SCENES = (
    "airport",
    "bus",
    "metro",
    "metro_station",
    "park",
    "public_square",
    "shopping_mall",
    "street_pedestrian",
    "street_traffic",
    "tram",
)
_PARTS = ("development", "leaderboard", "evaluation")
_FOLDER = "TUT-urban-acoustic-scenes-2018-(?:mobile-)?{}"
_CLIP = r"[a-z_]+-[a-z]+-\d+-\d+-[a-z]"
_NAME = "TUT Urban Acoustic Scenes 2018"
_SOURCE = (
    "TUT Urban Acoustic Scenes 2018 is the Zenodo record 1228142 (development, 21.4 "
    "GB) and 1293883 (evaluation, 8.9 GB), free for non-commercial academic use; "
    "unpack all archives and give the folder."
)


@validate_params(
    {"root": [str, os.PathLike], "part": [StrOptions(set(_PARTS))]},
    prefer_skip_nested_validation=True,
)
def load_tut_urban_scenes_2018(root, *, part="development"):
    r"""Load TUT Urban Acoustic Scenes 2018, 10 scenes recorded in six cities.

    The corpora of task 1 of DCASE 2018 [1]_, subtask A and, with recordings of phones,
    subtask B ("mobile")::

        TUT-urban-acoustic-scenes-2018-development/
          audio/airport-barcelona-0-0-a.wav      scene, city, location, segment, device
          meta.csv                               path, scene, location, device; a header
          evaluation_setup/fold1_train.txt       path, label; no header
          evaluation_setup/fold1_evaluate.txt    path, label

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder of the set, or the one above it if it holds only one of this part.
        The folder decides whether the set is that of subtask A or the mobile one.
    part : {"development", "leaderboard", "evaluation"}, default="development"
        The development set with its fold, or one of the others, whose clips have
        numbers as names.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The set, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths, in the order of ``meta.csv``: 8640 of the development set, 10080 of
            the mobile one.
        target : ndarray of shape (n_clips,) of str, or None
            Scenes; None for a set without ground truth.
        target_names : ndarray of shape (10,) of str
            All scenes, in alphabetical order.
        groups : ndarray of shape (n_clips,) of str
            Scene, city and location, such as airport-barcelona-0; the devices of one
            place share it. A clip with a number as name is a group of its own.
        cv : PredefinedFolds or None
            The one fold; None for a set without.
        partitions : None
            There are none.
        devices : ndarray of shape (n_clips,) of str
            What recorded it: "a" in stereo, "b" and "c" with a phone; "" if unknown.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a folder, a list or a listed recording is missing.
    ValueError
        If the folder holds another part, a label is none of the 10, or the lists
        contradict each other.

    See Also
    --------
    read_dcase_folds : Reads any corpus of this layout, also those of later years.
    load_tut_scenes : The corpora of the years before.

    Notes
    -----
    Subtask B trains on all devices and is scored on "b" and "c"::

        train, test = next(data.cv.split())
        test = test[data.devices[test] != "a"]

    References
    ----------
    .. [1] A. Mesaros, T. Heittola, T. Virtanen. "A multi-device dataset for urban
       acoustic scene classification", DCASE 2018.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_tut_urban_scenes_2018
    >>> root = Path(tempfile.mkdtemp())
    >>> for folder in ["audio", "evaluation_setup"]:
    ...     (root / folder).mkdir()
    >>> rows = [
    ...     "audio/park-paris-9-1-a.wav\tpark\tparis-9\ta",
    ...     "audio/tram-vienna-3-7-b.wav\ttram\tvienna-3\tb",
    ... ]
    >>> header = "filename\tscene_label\tidentifier\tsource_label"
    >>> _ = (root / "meta.csv").write_text("\n".join([header, *rows]))
    >>> for row, name in zip(rows, ["fold1_train.txt", "fold1_evaluate.txt"]):
    ...     (root / row.split("\t")[0]).touch()
    ...     _ = (root / "evaluation_setup" / name).write_text(row)
    >>> data = load_tut_urban_scenes_2018(root)
    >>> data.target.tolist(), data.groups.tolist(), data.devices.tolist()
    (['park', 'tram'], ['park-paris-9', 'tram-vienna-3'], ['a', 'b'])
    """
    root = locate(Path(root), setup_problem, _NAME, _SOURCE, _FOLDER.format(part))
    name = f"TUT-urban-acoustic-scenes-2018-{part}"
    check_part(root, part, _parts(root), name)
    lists = read_dcase_lists(root, _SCENES)
    return make_corpus(
        root,
        lists.clips,
        lists.labels,
        target_names=_SCENES,
        groups=lists.locations,
        cv=lists.cv,
        descr=_DESCR,
        source=_SOURCE,
        devices=_devices(lists),
    )


def recognise_tut_urban_scenes_2018(root, *, part=None):
    """What speaks against a folder being TUT Urban Acoustic Scenes 2018.

    Parameters
    ----------
    root : Path
        The folder of the set, or the one above it.
    part : {"development", "leaderboard", "evaluation"} or None, default=None
        Which part; None for any.

    Returns
    -------
    str or None
        None if nothing does.
    """
    folder = _FOLDER.format(part or r"\w+")
    root, fault = find_set(root, _FOLDER.format(r"\w+"), _CLIP, _SCENES, folder)
    if fault:
        return fault
    if (root / SETUP / "fold1_train.csv").is_file():
        return "its lists end in .csv, as those of the years from 2019 on"
    found = _parts(root)
    return f"it is the {' or '.join(found)} set" if part and part not in found else None


def _parts(root):
    """Which parts a set may be; of those without labels the folder's name tells."""
    if peek(root).part == "development":
        return ["development"]
    match = re.fullmatch(_FOLDER.format(r"(\w+)"), root.name)
    return [match[1]] if match else ["leaderboard", "evaluation"]


def _devices(lists):
    header = lists.header
    column = header.index("source_label") if "source_label" in header else 3
    devices = []
    for clip in lists.clips:
        row, words = lists.rows[clip], clip.stem.split("-")
        named = words[-1] if len(words) == 5 else ""
        devices.append(named or (row[column] if len(row) > column else ""))
    return np.array(devices, dtype=str)


_DESCR = """\
TUT Urban Acoustic Scenes 2018
==============================

Clips of 10 s of 10 scenes in six cities: Barcelona, Helsinki, London, Paris, Stockholm,
Vienna. Device "a" records with microphones in the ears: stereo, 48 kHz, 24 bit. The
mobile set has recordings of the same places by the phones "b" and "c" besides. Task 1
of DCASE 2018, scored by the accuracy, mean of the classes.

Zenodo records 1228142 (development) and 1293883 (evaluation), by T. Heittola,
A. Mesaros and T. Virtanen, Tampere University of Technology. Free for non-commercial
academic use under the licence that comes with it.
"""
