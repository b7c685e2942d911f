"""The domestic activities of DCASE 2018, task 5."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from pathlib import Path

import numpy as np

from skaudeep._validation import StrOptions, validate_params
from skaudeep.datasets._corpus import make_corpus
from skaudeep.datasets._dcase import read_dcase_lists, setup_problem
from skaudeep.datasets._dcase_sets import check_part, find_set, peek
from skaudeep.datasets._tree import locate

__all__ = ["load_dcase2018_task5", "recognise_dcase2018_task5"]

_ACTIVITIES = (
    "absence",
    "cooking",
    "dishwashing",
    "eating",
    "other",
    "social_activity",
    "vacuum_cleaner",
    "watching_tv",
    "working",
)
_FOLDERS = {
    "development": "DCASE2018-task5-dev",
    "evaluation": "DCASE2018-task5-eval",
}
_CLIP = re.compile(r"[A-Za-z]*Node(\d+)_(ex\d+)_\d+")
_NAME = "DCASE 2018 task 5"
_SOURCE = (
    "The sets of DCASE 2018, task 5, are the Zenodo records 1247102 (development) and "
    "1964758 (evaluation), some 45 GB each, free for non-commercial use (EULA.pdf); "
    "unpack all archives and give the folder."
)


@validate_params(
    {"root": [str, os.PathLike], "part": [StrOptions(set(_FOLDERS))]},
    prefer_skip_nested_validation=True,
)
def load_dcase2018_task5(root, *, part="development"):
    r"""Load the domestic activities of DCASE 2018, task 5: 9 classes, 4 channels.

    A week in a home, recorded by arrays of four microphones, the nodes, in the corners
    of one room [1]_ [2]_::

        DCASE2018-task5-dev/
          audio/DevNode1_ex1_1.wav               node, session, segment
          meta.txt                               path, activity, session
          evaluation_setup/fold1_train.txt       path, activity, session
          evaluation_setup/fold1_evaluate.txt    path, activity

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder of the set, or the one above it.
    part : {"development", "evaluation"}, default="development"
        The development set with its four folds, or the evaluation set, which has three
        more nodes.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The set, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths, in the order of ``meta.txt``: 72984 of the development set, 72972 of
            the other; 10 s, 16 kHz, 4 channels.
        target : ndarray of shape (n_clips,) of str, or None
            Activities; None for a set without ground truth.
        target_names : ndarray of shape (9,) of str
            All activities, in alphabetical order.
        groups : ndarray of shape (n_clips,) of str
            The session, one stretch of an activity: its segments, and what the nodes
            heard of it at the same time, belong together.
        cv : PredefinedFolds or None
            The four folds; None for the evaluation set.
        partitions : None
            There are none.
        nodes : ndarray of shape (n_clips,) of str
            Number of the node, "1" to "4" in the development set, "" if unknown.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a folder, a list or a listed recording is missing.
    ValueError
        If the folder holds the other part, an activity is none of the 9, or the lists
        contradict each other.

    See Also
    --------
    read_dcase_folds : Reads any corpus of this layout.
    skaudeep.audio.ChannelSplitter : Channels as clips of their own.

    Notes
    -----
    - The session is what the lists say in their third column, or if they do not say it
      for all clips, what stands in the names, before they were made anonymous.
    - The task is scored by the F-measure, mean of the classes, whose sizes are very
      unequal, 972 to 18860 clips. The evaluation set is scored on the nodes that the
      development set has not.

    References
    ----------
    .. [1] G. Dekkers, S. Lauwereins, B. Thoen, M. W. Adhana, H. Brouckxon et al. "The
       SINS database for detection of daily activities in a home environment using an
       acoustic sensor network", DCASE 2017.
    .. [2] G. Dekkers, L. Vuegen, T. van Waterschoot, B. Vanrumste, P. Karsmakers.
       "DCASE 2018 challenge - task 5: monitoring of domestic activities based on
       multi-channel acoustics", arXiv:1807.11246, 2018.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_dcase2018_task5
    >>> root = Path(tempfile.mkdtemp())
    >>> for folder in ["audio", "evaluation_setup"]:
    ...     (root / folder).mkdir()
    >>> rows = [
    ...     "audio/DevNode1_ex1_1.wav\tabsence\tex1",
    ...     "audio/DevNode3_ex10_1.wav\tcooking\tex10",
    ... ]
    >>> _ = (root / "meta.txt").write_text("\n".join(rows))
    >>> for row, name in zip(rows, ["fold1_train.txt", "fold1_evaluate.txt"]):
    ...     (root / row.split("\t")[0]).touch()
    ...     _ = (root / "evaluation_setup" / name).write_text(row)
    >>> data = load_dcase2018_task5(root)
    >>> data.target.tolist(), data.groups.tolist(), data.nodes.tolist()
    (['absence', 'cooking'], ['ex1', 'ex10'], ['1', '3'])
    """
    name = _FOLDERS[part]
    root = locate(Path(root), setup_problem, _NAME, _SOURCE, name)
    check_part(root, part, [peek(root).part], name)
    lists = read_dcase_lists(root, _ACTIVITIES)
    nodes, sessions = _nodes_and_sessions(lists)
    return make_corpus(
        root,
        lists.clips,
        lists.labels,
        target_names=_ACTIVITIES,
        groups=sessions,
        cv=lists.cv,
        descr=_DESCR,
        source=_SOURCE,
        nodes=np.array(nodes, dtype=str),
    )


def recognise_dcase2018_task5(root, *, part=None):
    """What speaks against a folder being a set of DCASE 2018, task 5.

    Parameters
    ----------
    root : Path
        The folder of the set, or the one above it.
    part : {"development", "evaluation"} or None, default=None
        Which part; None for any.

    Returns
    -------
    str or None
        None if nothing does.
    """
    any_folder = "|".join(_FOLDERS.values())
    folder = _FOLDERS.get(part, any_folder)
    root, fault = find_set(root, any_folder, _CLIP.pattern, _ACTIVITIES, folder)
    if fault:
        return fault
    found = peek(root).part
    return f"it is the {found} set" if part and found != part else None


def _nodes_and_sessions(lists):
    nodes, sessions = [], []
    for clip in lists.clips:
        stems = clip.stem, lists.originals.get(clip, clip).stem
        match = next(filter(None, map(_CLIP.fullmatch, stems)), None)
        nodes.append(match[1] if match else "")
        sessions.append(match[2] if match else clip.stem)
    listed = [lists.rows[clip][2:3] for clip in lists.clips]
    if all(cells and cells[0] for cells in listed):
        sessions = [cells[0] for cells in listed]
    return nodes, sessions


_DESCR = """\
DCASE 2018, task 5: monitoring of domestic activities
=====================================================

Clips of 10 s of 9 activities, from a week of one person in a holiday home: 4 channels,
16 kHz, 16 bit. Every activity is heard by several nodes, arrays of four microphones, at
the same time. A part of the SINS database.

Zenodo records 1247102 (development, 72984 clips of 4 nodes) and 1964758 (evaluation,
72972 clips of 7 nodes), by G. Dekkers and P. Karsmakers, KU Leuven. Free for
non-commercial use under the licence in EULA.pdf.
"""
