"""The mixtures of TUT Rare Sound Events 2017."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path, PurePosixPath

import numpy as np

from skaudeep._validation import StrOptions, validate_params
from skaudeep.datasets._corpus import make_corpus

__all__ = ["load_tut_rare_events_2017", "recognise_tut_rare_events_2017"]

_EVENTS = ("babycry", "glassbreak", "gunshot")
_PARTS = ("devtrain", "devtest", "evaltest")
# The label of a mixture without an event.
_BACKGROUND = "background"
_SOURCE = (
    "TUT Rare Sound Events 2017 is the Zenodo record 401395 (development, 8.3 GB of "
    "sources and the synthesizer that mixes them) and 1160455 (evaluation, 4.6 GB), "
    "for non-commercial use (EULA.pdf; events under the licences of their own); unpack "
    "all archives and give the folder."
)


@validate_params(
    {
        "root": [str, os.PathLike],
        "event": [StrOptions(set(_EVENTS)), None],
        "part": [StrOptions(set(_PARTS))],
        "recipes": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def load_tut_rare_events_2017(root, *, event=None, part="devtrain", recipes=False):
    r"""Load the mixtures of TUT Rare Sound Events 2017: is there an event, and when.

    The corpus of task 2 of DCASE 2017 [1]_: 30 s of a scene, into half of which one
    baby crying, glass breaking or gunshot is mixed::

        TUT-rare-sound-events-2017-development/data/mixture_data/
          devtrain/20b255387a2d0cddc0a3dff5014875e7/
            audio/mixture_devtrain_babycry_000_<hash>.wav
            meta/event_list_devtrain_babycry.csv   name, or name, onset, offset, label
            meta/mixture_recipes_devtrain_babycry.yaml

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder of the set, or one above or below it: up to five levels above
        ``audio`` and ``meta``.
    event : {"babycry", "glassbreak", "gunshot"} or None, default=None
        Whose mixtures: the task is three problems, each with mixtures of its own. None
        for those of all three, one after the other.
    part : {"devtrain", "devtest", "evaltest"}, default="devtrain"
        The part; "evaltest" is in the evaluation set.
    recipes : bool, default=False
        Whether to read how the mixtures were made too, by PyYAML, which takes longer.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The mixtures, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths, in the order of the lists; 500 an event.
        target : ndarray of shape (n_clips,) of str
            The event in it, or "background".
        target_names : ndarray of str
            "background" and the events.
        events : list of list of Event
            When it happens, [] for a mixture without an event: the `y` of
            :class:`~skaudeep.events.RareEventDetector`.
        problems : ndarray of shape (n_clips,) of str
            Whose mixture each is, whether the event is in it or not.
        groups : ndarray of shape (n_clips,) of str, or None
            Location of the background; None unless ``recipes=True``.
        cv, partitions : None
            The parts are the split; each is loaded by itself.
        ebr : ndarray of shape (n_clips,)
            If ``recipes=True``: event-to-background ratios in dB, -inf where there is
            no event.
        recipes : list of dict
            If ``recipes=True``: for each mixture how it was made.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If a list or a listed recording is missing.
    ValueError
        If a row of a list is neither a name nor a name with onset, offset and label,
        its label is not the event, or several folders have the list.
    ImportError
        If ``recipes=True`` and PyYAML is missing.

    See Also
    --------
    skaudeep.events.read_rare_event_mixtures : Reads mixtures of any event.
    skaudeep.events.read_tut_sources : What the mixtures are made of.
    skaudeep.events.make_mixtures : Makes more of them.

    Notes
    -----
    With ``event=None`` the background of one problem may be that of another, with or
    without an event; scores of the task are those of each problem, then averaged.

    References
    ----------
    .. [1] A. Mesaros, T. Heittola, A. Diment, B. Elizalde, A. Shah et al. "DCASE 2017
       challenge setup: tasks, datasets and baseline system", DCASE 2017.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_tut_rare_events_2017
    >>> root = Path(tempfile.mkdtemp())
    >>> folder = root / "data" / "mixture_data" / "devtest" / "20b25538"
    >>> for name in ["audio", "meta"]:
    ...     (folder / name).mkdir(parents=True)
    >>> for name in ["a.wav", "b.wav"]:
    ...     (folder / "audio" / name).touch()
    >>> rows = "a.wav\t1.5\t2.25\tgunshot\nb.wav\n"
    >>> _ = (folder / "meta" / "event_list_devtest_gunshot.csv").write_text(rows)
    >>> data = load_tut_rare_events_2017(root, event="gunshot", part="devtest")
    >>> data.target.tolist()
    ['gunshot', 'background']
    >>> data.events
    [[Event(onset=1.5, offset=2.25, label='gunshot', confidence=nan)], []]
    """
    from skaudeep.events import read_rare_event_mixtures

    root = Path(root)
    labels = _EVENTS if event is None else (event,)
    try:
        parts = [
            read_rare_event_mixtures(root, label, part, recipes=recipes)
            for label in labels
        ]
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error} {_SOURCE}") from error
    for mixtures in parts:
        _check_labels(mixtures, part)
    files = [Path(path).relative_to(root) for one in parts for path in one.recordings]
    events = [clip for one in parts for clip in one.target]
    more = {}
    groups = None
    if recipes:
        more["recipes"] = [recipe for one in parts for recipe in one.recipes]
        more["ebr"] = np.concatenate([one.ebr for one in parts])
        groups = [_location(recipe) for recipe in more["recipes"]]
    return make_corpus(
        root,
        files,
        [clip[0].label if clip else _BACKGROUND for clip in events],
        target_names=(_BACKGROUND, *labels),
        groups=groups,
        descr=_DESCR,
        events=events,
        problems=np.repeat(
            [one.event_label for one in parts], [len(one.recordings) for one in parts]
        ),
        **more,
    )


def recognise_tut_rare_events_2017(root, *, part=None):
    """What speaks against a folder being TUT Rare Sound Events 2017, mixtures of it.

    Parameters
    ----------
    root : Path
        The folder of the set, or the one above it.
    part : {"devtrain", "devtest", "evaltest"} or None, default=None
        Which part; None for any.

    Returns
    -------
    str or None
        None if nothing does.
    """
    found = {
        name
        for above in ("", "*/")
        for name in _PARTS
        if any(root.glob(f"{above}data/mixture_data/{name}/*/meta/event_list_{name}_*"))
    }
    if found and (part is None or part in found):
        return None
    if found:
        return f"it has {', '.join(sorted(found))} only"
    sources = [
        *root.glob("data/source_data/events"),
        *root.glob("*/data/source_data/events"),
    ]
    if sources:
        return "its sources are not mixed yet: no list of events in data/mixture_data"
    return "no list of events in data/mixture_data"


def _check_labels(mixtures, part):
    label = mixtures.event_label
    for recording, events in zip(mixtures.recordings, mixtures.target, strict=True):
        odd = [event.label for event in events if event.label != label]
        if odd:
            raise ValueError(
                f"event_list_{part}_{label}.csv in {mixtures.folder!r} labels "
                f"{Path(recording).name!r} as {odd[0]!r}; it is the list of {label!r}."
            )


def _location(recipe):
    return PurePosixPath(recipe["bg_path"]).name.partition("_")[0]


_DESCR = """\
TUT Rare Sound Events 2017
==========================

Mixtures of 30 s: mono, 44.1 kHz, 24 bit. Backgrounds are the scenes of TUT Acoustic
Scenes 2016; in half of the mixtures is one baby crying, glass breaking or gunshot, at a
ratio of -6, 0 or 6 dB. For each of the three events 500 mixtures to train on, 500 to
test on, and 500 in the evaluation set. Task 2 of DCASE 2017, scored by the error rate
of the onsets, mean of the events.

Zenodo records 401395 (development) and 1160455 (evaluation), by A. Diment, A. Mesaros,
T. Heittola and T. Virtanen, Tampere University of Technology. Mixtures and backgrounds
are for non-commercial use under the licence in EULA.pdf; the events come from Freesound
under the licences of their files (CC0, CC BY, CC BY-NC, Sampling+).
"""
