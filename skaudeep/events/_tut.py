"""Sources and mixtures in the layout of TUT Rare Sound Events 2017."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path, PurePosixPath

import numpy as np
from sklearn.utils import Bunch

from skaudeep._event_lists import check_event_lists
from skaudeep.audio import Recording
from skaudeep.datasets._audio_files import AUDIO_EXTENSIONS
from skaudeep.events._yaml import load

__all__ = ["read_rare_event_mixtures", "read_tut_sources"]

# Below the folder that is given: the data set, its data, a split, its parameters.
_DEPTH = 6


def read_tut_sources(root, split="devtrain"):
    """Read the sources of TUT Rare Sound Events 2017, or folders of your own.

    The development set has lists of segments and backgrounds for each split::

        root/data/source_data/
          bgs/audio/*.wav
          events/<class>/*.wav, *.yaml
          cv_setup/{bgs,events}_{devtrain,devtest}.yaml

    Folders of your own need ``bgs`` and ``events/<class>`` only. No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``events`` and ``bgs``, or one above it by up to two
        levels, through ``data`` and ``source_data``, or the folder of the data set in
        it.
    split : {"devtrain", "devtest"}, other str, or None, default="devtrain"
        Whose lists in ``cv_setup`` are read, by PyYAML. None takes all audio files
        below ``events/<class>`` and ``bgs`` as they are; where a file has a YAML file
        beside it with ``valid_segments``, the segments. :func:`split_sources` splits
        them.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        What :func:`make_mixtures` takes, with the attributes:

        events : dict of label to list of Recording
            Segments of files, labels sorted.
        backgrounds : dict of label to list of Recording
            By scene, or by folder below ``bgs``.

    Raises
    ------
    FileNotFoundError
        If a folder, a list or a listed recording is missing.
    ImportError
        If a list is to be read and PyYAML is missing: it comes with ``pip install
        "skaudeep[tut]"``.

    See Also
    --------
    make_mixtures : Mixes them.
    read_rare_event_mixtures : Reads mixtures that are there already.

    Notes
    -----
    The splits of the challenge keep Freesound users and recording locations apart.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.events import read_tut_sources
    >>> root = Path(tempfile.mkdtemp())
    >>> for path in ["events/bark/1.wav", "events/bark/2.wav", "bgs/park/1.wav"]:
    ...     (root / path).parent.mkdir(parents=True, exist_ok=True)
    ...     (root / path).touch()
    >>> sources = read_tut_sources(root, split=None)
    >>> {label: len(some) for label, some in sources.events.items()}
    {'bark': 2}
    >>> list(sources.backgrounds)
    ['park']
    """
    root = _find_sources(Path(root))
    if split is None:
        return Bunch(
            events=_read_folders(root / "events"),
            backgrounds=_read_folders(root / "bgs"),
        )
    lists = {}
    for kind in ("events", "bgs"):
        path = root / "cv_setup" / f"{kind}_{split}.yaml"
        if not path.is_file():
            raise FileNotFoundError(
                f"No list of split={split!r}: {str(path)!r} is missing. split=None "
                "takes all files of the folders."
            )
        lists[kind] = load(path), path
    return Bunch(
        events=_read_events(root / "events", *lists["events"]),
        backgrounds=_read_backgrounds(root / "bgs", *lists["bgs"]),
    )


def _find_sources(root):
    if not root.is_dir():
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}.")
    for pattern in ("", "source_data", "data/source_data", "*/data/source_data"):
        found = [
            folder
            for folder in (sorted(root.glob(pattern)) if pattern else [root])
            if (folder / "events").is_dir() and (folder / "bgs").is_dir()
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"root={str(root)!r} holds several data sets; give one of them: "
                f"{[str(path.relative_to(root)) for path in found]}."
            )
    raise FileNotFoundError(
        f"No folders 'events' and 'bgs' in {str(root)!r} nor in data/source_data below."
    )


def _read_folders(folder):
    """Files by the folder they lie in, or the name of `folder` itself."""
    sources = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in inside)
        if path.suffix.lower() not in AUDIO_EXTENSIONS or hidden:
            continue
        label = inside[0] if len(inside) > 1 else folder.name
        sources.setdefault(label, []).extend(_pieces(path))
    if not sources:
        raise FileNotFoundError(f"No audio files below {str(folder)!r}.")
    return sources


def _pieces(path):
    notes = path.with_suffix(".yaml")
    segments = None
    if notes.is_file():
        content = load(notes)
        segments = content.get("valid_segments") if isinstance(content, dict) else None
    if segments is None:
        return [Recording(path)]
    return [_segment(path, segment, notes) for segment in segments]


def _segment(path, segment, listed_in):
    try:
        start, stop = map(float, segment)
        return Recording(path, start=start, stop=stop)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{listed_in} gives {path.name} the segment {segment!r}, which is not "
            "[start, stop] in seconds."
        ) from error


def _read_events(folder, content, listed_in):
    if not isinstance(content, dict) or not content:
        raise ValueError(f"{listed_in} is not a mapping of classes to lists.")
    events = {}
    for label in sorted(content):
        events[label] = [
            _segment(
                folder / label / _value(row, "audio_filename", listed_in),
                _value(row, "segment", listed_in),
                listed_in,
            )
            for row in content[label]
        ]
    _check_there([event.path for some in events.values() for event in some], listed_in)
    return events


def _read_backgrounds(folder, content, listed_in):
    if not isinstance(content, list) or not content:
        raise ValueError(f"{listed_in} is not a list of backgrounds.")
    backgrounds = {}
    for row in content:
        label = _value(row, "classname", listed_in)
        path = folder / _value(row, "filepath", listed_in)
        backgrounds.setdefault(label, []).append(Recording(path))
    _check_there([one.path for some in backgrounds.values() for one in some], listed_in)
    return backgrounds


def _value(row, key, listed_in):
    if not isinstance(row, dict) or key not in row:
        raise ValueError(f"{listed_in} has an entry without {key!r}: {row!r:.80}")
    return row[key]


def _check_there(paths, listed_in):
    missing = [path for path in dict.fromkeys(paths) if not Path(path).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} recordings that {listed_in} lists are missing: "
            f"{', '.join(missing[:3])}{', ...' * (len(missing) > 3)}."
        )


def read_rare_event_mixtures(root, event_label, split="devtrain", *, recipes=False):
    r"""Read mixtures of rare events, made by `make_mixtures` or downloaded.

    TUT Rare Sound Events 2017, development and evaluation set, has them in ::

        root/data/mixture_data/<split>/<hash>/
          audio/mixture_<split>_<class>_<number>_<hash>.wav
          meta/event_list_<split>_<class>.csv
          meta/mixture_recipes_<split>_<class>.yaml

    and :func:`make_mixtures` writes the last level of it. No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``audio`` and ``meta``, or any above it by up to five
        levels; only one below it may have the list.
    event_label : str
        The class: "babycry", "glassbreak" or "gunshot" of the challenge.
    split : str, default="devtrain"
        "devtrain", "devtest", or "evaltest" of the evaluation set.
    recipes : bool, default=False
        Whether to read the recipes too, by PyYAML.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The mixtures in the order of the list, with the attributes:

        recordings : ndarray of shape (n,) of str
            Paths.
        target : list of list of Event
            For each the events in it, [] if there are none.
        event_label : str
            As given.
        folder : str
            Where ``audio`` and ``meta`` lie.
        recipes : list of dict
            If ``recipes=True``, in the same order.
        ebr : ndarray of shape (n,)
            If ``recipes=True``: event-to-background ratios in dB, -inf where there is
            no event.

    Raises
    ------
    FileNotFoundError
        If there is no such list, or a listed recording is missing.
    ValueError
        If several folders have the list, a row of it is neither a name nor a name with
        onset, offset and label, or recipes and list name different files.
    ImportError
        If ``recipes=True`` and PyYAML is missing: it comes with ``pip install
        "skaudeep[tut]"``.

    See Also
    --------
    make_mixtures : Makes such mixtures.
    read_tut_sources : What the mixtures of the challenge are made of.

    Notes
    -----
    The lists are separated by tabs in spite of their name, without a header, and a
    mixture without events has a row of its name alone. A mixture with several rows has
    several events. The hash in the path is a checksum of the parameters; it is looked
    for, not computed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.events import read_rare_event_mixtures
    >>> root = Path(tempfile.mkdtemp())
    >>> for folder in ["audio", "meta"]:
    ...     (root / folder).mkdir()
    >>> for name in ["a.wav", "b.wav"]:
    ...     (root / "audio" / name).touch()
    >>> rows = "a.wav\t1.5\t2.25\tgunshot\nb.wav\n"
    >>> _ = (root / "meta" / "event_list_devtest_gunshot.csv").write_text(rows)
    >>> mixtures = read_rare_event_mixtures(root, "gunshot", "devtest")
    >>> mixtures.target
    [[Event(onset=1.5, offset=2.25, label='gunshot', confidence=nan)], []]
    """
    path = _find_list(Path(root), f"{split}_{event_label}")
    folder = path.parents[1]
    clips = _read_list(path)
    recordings = [str(folder / "audio" / name) for name in clips]
    _check_there(recordings, path)
    mixtures = Bunch(
        recordings=np.array(recordings, dtype=object),
        target=check_event_lists(list(clips.values()), name=path.name),
        event_label=event_label,
        folder=str(folder),
    )
    if recipes:
        mixtures.recipes = _read_recipes(path, list(clips))
        mixtures.ebr = np.array([float(recipe["ebr"]) for recipe in mixtures.recipes])
    return mixtures


def _find_list(root, suffix):
    if not root.is_dir():
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}.")
    name = f"meta/event_list_{suffix}.csv"
    found = []
    for depth in range(_DEPTH):
        found += sorted(root.glob("*/" * depth + name))
    if not found:
        raise FileNotFoundError(
            f"No {name} in {str(root)!r} or up to {_DEPTH - 1} levels below it."
        )
    if len(found) > 1:
        folders = [str(path.parents[1]) for path in found]
        raise ValueError(
            f"Several folders have {name}; give one of them as root: {folders}."
        )
    return found[0]


def _read_list(path):
    """Events by file name, in the order of the list."""
    clips = {}
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    for number, line in enumerate(lines, start=1):
        name, *cells = [cell.strip() for cell in line.split("\t")]
        if not name:
            continue
        events = clips.setdefault(PurePosixPath(name).name, [])
        if not any(cells):
            continue
        try:
            onset, offset, label = float(cells[0]), float(cells[1]), cells[2]
        except (IndexError, ValueError) as error:
            raise ValueError(
                f"Line {number} of {path} must be a name alone, or a name, onset, "
                f"offset and label between tabs, got {line!r}."
            ) from error
        events.append((onset, offset, label))
    if not clips:
        raise ValueError(f"{path} lists no mixture.")
    return clips


def _read_recipes(path, names):
    path = path.with_name(
        path.name.replace("event_list_", "mixture_recipes_", 1)
    ).with_suffix(".yaml")
    if not path.is_file():
        raise FileNotFoundError(f"The recipes are missing: {str(path)!r}.")
    recipes = {row["mixture_audio_filename"]: row for row in load(path)}
    odd = sorted(set(recipes) ^ set(names))
    if odd:
        raise ValueError(
            f"{path} and the event list beside it do not name the same mixtures: "
            f"{odd[0]} stands in one of them only."
        )
    return [recipes[name] for name in names]
