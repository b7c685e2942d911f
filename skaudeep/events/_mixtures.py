"""Mixtures of rare events and backgrounds, as the TUT synthesizer makes them."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import shutil
import uuid
import warnings
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from skaudeep._event_lists import Event
from skaudeep._parallel import map_clips
from skaudeep._random import draw_seed
from skaudeep._validation import Interval, validate_params
from skaudeep.events._mixer import Mixer
from skaudeep.events._sources import check_sources
from skaudeep.events._yaml import dump
from skaudeep.exceptions import AudioWarning

__all__ = ["make_mixtures"]

_NAME = re.compile(r'[^\s\x00-\x1f/\\:*?"<>|.][^\x00-\x1f/\\:*?"<>|]*')
_PARTS = ("audio", "meta", "parameters.yaml")


@validate_params(
    {
        "events": [Mapping],
        "n_mixtures": [Interval(Integral, 1, None, closed="left")],
        "ebr": ["array-like", Interval(Real, None, None, closed="neither")],
        "event_presence": [Interval(Real, 0, 1, closed="both")],
        "duration": [Interval(Real, 0.01, None, closed="left")],
        "sample_rate": [Interval(Integral, 1000, None, closed="left")],
        "level": [Interval(Real, 0, None, closed="neither")],
        "n_distractors": [Interval(Integral, 0, None, closed="left"), tuple, list],
        "split": [str],
        "overwrite": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def make_mixtures(
    events,
    backgrounds,
    output_dir,
    *,
    n_mixtures=500,
    ebr=(-6.0, 0.0, 6.0),
    event_presence=0.9,
    duration=30.0,
    sample_rate=44100,
    level=0.2,
    distractors=None,
    n_distractors=(0, 3),
    split="devtrain",
    overwrite=False,
    random_state=None,
    n_jobs=None,
    verbose=0,
):
    r"""Mix rare events into backgrounds, and write down what was mixed where.

    For every class, `n_mixtures` recordings of which some hold one event of the class
    and the others none: the material of the rare sound event detection of DCASE 2017
    [1]_, of any sounds. Files and lists have its format::

        output_dir/
          audio/mixture_<split>_<class>_<number>_<hash>.wav   mono, 24 bits
          meta/event_list_<split>_<class>.csv                 name, onset, offset, class
          meta/mixture_recipes_<split>_<class>.yaml
          parameters.yaml

    Parameters
    ----------
    events : mapping of label to list of sources
        The classes, each a problem of its own. A source is a path, a
        :class:`~skaudeep.audio.Recording`, ``(path, start, stop)`` in seconds, an array
        of shape (n_samples,) or (n_channels, n_samples) at `sample_rate`, or ``(array,
        sample_rate)``. All channels are averaged. No event may be longer than
        `duration`.
    backgrounds : list of sources, or mapping of label to list of sources
        What events are mixed into; labels become the ``bg_classname`` of recipes. Of a
        longer one a random piece is taken. A shorter one is repeated from a random
        moment on, its end fading into its beginning for 10 ms.
    output_dir : str or path-like
        The folder to be written. It appears when everything in it is complete.
    n_mixtures : int, default=500
        Number of mixtures of each class.
    ebr : float or sequence of float, default=(-6.0, 0.0, 6.0)
        Event-to-background ratios in dB, one of which is drawn for each event: RMS of
        the event over the RMS of the background beneath it.
    event_presence : float, default=0.9
        Share of the mixtures with an event, 0 to 1: exactly ``round(n_mixtures *
        event_presence)`` of each class, in random order. The challenge has 0.5.
    duration : float, default=30.0
        Length of a mixture in seconds.
    sample_rate : int, default=44100
        In Hz. Sources of another rate are resampled by soxr at its quality "HQ".
    level : float, default=0.2
        Factor on every mixture, against clipping. A mixture whose peak would still
        pass .999 is scaled down to it, as a whole, and a warning counts these.
    distractors : list, mapping of label to list, or None, default=None
        Sources of sounds that are none of the classes. They are mixed in at random
        places and levels, as events are, and stand in no event list. They may overlap
        the event and each other.
    n_distractors : int or (int, int), default=(0, 3)
        How many of them a mixture gets; of a pair, a number from the first to the
        second, both included, drawn whether or not there is an event.
    split : str, default="devtrain"
        Part of the file names. Other mixtures are drawn for another split.
    overwrite : bool, default=False
        Whether mixtures that `output_dir` holds are replaced. A folder that holds
        anything else is never touched.
    random_state : int, RandomState instance or None, default=None
        Fixes all mixtures.
    n_jobs : int or None, default=None
        Number of mixtures made at once, in threads.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        All mixtures, class after class, with the attributes:

        recordings : ndarray of shape (n,) of str
            Paths.
        target : list of list of Event
            For each the events in it: one or none.
        event_label : ndarray of shape (n,) of str
            The class whose problem each belongs to, with or without an event.
        target_names : ndarray of shape (n_classes,) of str
            The classes, as given.
        ebr : ndarray of shape (n,)
            In dB, -inf where there is no event.
        event_source, background : ndarray of shape (n,) of str
            What was mixed, as the recipes name it; "" where there is no event.
        recipes : list of dict
            As written.
        output_dir : str
            The folder.

    Raises
    ------
    FileExistsError
        If `output_dir` is there and not empty, unless `overwrite` may replace it.
    AudioError
        If a source cannot be read, an event is digital silence, or no place in a
        background is found that is not.
    ValueError
        If an event is longer than `duration`, or a label cannot be part of a file name.

    See Also
    --------
    split_sources : Keeps training and test events apart.
    read_tut_sources : The sources of the challenge.
    read_rare_event_mixtures : Reads mixtures from disk.

    Notes
    -----
    An event begins at a random sample between 0 and ``duration`` minus its length; its
    times in the list are exact. If the background beneath is digital silence, there is
    no ratio: another beginning is drawn, up to 20 times.

    A mixture depends on `random_state`, `split`, its class and its number, and on the
    sources and settings; not on the other classes nor on `n_jobs`. Same seed, same
    bytes, with the same versions of NumPy, soxr and libsndfile. They are not the
    mixtures of the challenge, which come from another generator.

    Recipes name a file by the last two parts of its path, or as many more as tell the
    files apart, and an array by its place. Beside the keys of the challenge they have
    ``bg_start_seconds``, where in its file the background begins,
    ``mixture_scaling_factor``, `level` or less, and ``distractors`` if there are any:
    all that is needed to take a mixture apart.

    A mixture of 30 s takes 4 MB.

    References
    ----------
    .. [1] Mesaros, A., Heittola, T., Diment, A., Elizalde, B., Shah, A., Vincent, E.,
           Raj, B., & Virtanen, T. (2017). DCASE 2017 challenge setup: tasks, datasets
           and baseline system. DCASE 2017 Workshop, 85-92.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skaudeep.events import make_mixtures
    >>> rng = np.random.default_rng(0)
    >>> beep = np.sin(np.arange(800)).astype(np.float32)
    >>> noise = [0.1 * rng.standard_normal(16000, dtype=np.float32) for _ in range(3)]
    >>> folder = Path(tempfile.mkdtemp()) / "mixtures"
    >>> mixtures = make_mixtures(
    ...     {"beep": [beep]},
    ...     noise,
    ...     folder,
    ...     n_mixtures=10,
    ...     duration=2.0,
    ...     sample_rate=8000,
    ...     random_state=0,
    ... )
    >>> len(mixtures.recordings), sum(map(bool, mixtures.target))
    (10, 9)
    >>> event = mixtures.target[0][0]
    >>> event.label, round(event.offset - event.onset, 6)
    ('beep', 0.1)
    >>> sorted(path.name for path in folder.iterdir())
    ['audio', 'meta', 'parameters.yaml']
    """
    output_dir = Path(output_dir)
    labels = _check_names(events, split)
    _check_output(output_dir, overwrite)
    ratios = _check_ratios(ebr)
    counts = _check_counts(n_distractors)
    sounds = check_sources(events, "events", sample_rate)
    others = []
    if distractors is not None:
        others = check_sources(distractors, "distractors", sample_rate)
    n_samples = round(duration * sample_rate)
    _check_lengths([*sounds, *others], n_samples, sample_rate)
    seed = int(random_state) if _is_seed(random_state) else draw_seed(random_state)
    mixer = Mixer(
        backgrounds=check_sources(backgrounds, "backgrounds", sample_rate),
        distractors=others,
        n_distractors=counts,
        ratios=ratios,
        n_samples=n_samples,
        sample_rate=int(sample_rate),
        level=float(level),
        split=split,
        seed=seed,
    )
    tasks = []
    for label in labels:
        chosen = [source for source in sounds if source.label == label]
        present = np.arange(n_mixtures) < round(n_mixtures * event_presence)
        present = mixer.generator(label, 0).permutation(present)
        tasks += [
            (label, i, chosen if flag else None) for i, flag in enumerate(present)
        ]

    parameters = {
        "duration": float(duration),
        "ebrs": list(ratios),
        "event_presence_prob": float(event_presence),
        "level": float(level),
        "mixtures_per_class": int(n_mixtures),
        "sample_rate": int(sample_rate),
        "seed": seed,
    }
    # Beside its place, so that one renaming completes it.
    unfinished = output_dir.parent / f".{output_dir.name}-{uuid.uuid4().hex}"
    try:
        for name in ("audio", "meta"):
            (unfinished / name).mkdir(parents=True)
        recipes = _mix_all(mixer, unfinished / "audio", tasks, n_jobs, verbose)
        for k, label in enumerate(labels):
            own = recipes[k * n_mixtures : (k + 1) * n_mixtures]
            _write_meta(unfinished / "meta", f"{split}_{label}", own)
        _write_text(unfinished / "parameters.yaml", dump(parameters))
        _move(unfinished, output_dir)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _warn_of_peaks(recipes, level)
    return _bunch(recipes, labels, n_mixtures, output_dir)


def _mix_all(mixer, folder, tasks, n_jobs, verbose):
    """Recipes of all tasks; after an error, no thread is left that would write."""
    failures = []

    def mix(task):
        if failures:
            return None
        try:
            return mixer.write(folder, *task)
        except Exception as error:
            failures.append(error)
            return error

    mixed = map_clips(mix, tasks, n_jobs=n_jobs, verbose=verbose, description="Mixing")
    recipes = list(mixed)
    for recipe in recipes:
        if isinstance(recipe, Exception):
            raise recipe
    return recipes


def _is_seed(random_state):
    return isinstance(random_state, Integral)


def _check_names(events, split):
    if not _NAME.fullmatch(split):
        raise ValueError(f"split must be usable in file names, got {split!r}.")
    if not events:
        raise ValueError(f"events must hold at least one class, got {events!r}.")
    for label in events:
        if not isinstance(label, str) or not _NAME.fullmatch(label):
            raise ValueError(
                "The labels of events must be texts usable in file names, got "
                f"{label!r}."
            )
    return [str(label) for label in events]


def _check_ratios(ebr):
    ratios = np.atleast_1d(np.asarray(ebr, dtype=float))
    if ratios.ndim != 1 or len(ratios) == 0 or not np.isfinite(ratios).all():
        raise ValueError(f"ebr must be one or more finite numbers in dB, got {ebr!r}.")
    return ratios.tolist()


def _check_counts(n_distractors):
    if isinstance(n_distractors, Integral):
        return int(n_distractors), int(n_distractors)
    low_high = tuple(n_distractors)
    if (
        len(low_high) != 2
        or not all(isinstance(number, Integral) for number in low_high)
        or not 0 <= low_high[0] <= low_high[1]
    ):
        raise ValueError(
            "n_distractors must be an int or two, the fewest and the most, got "
            f"{n_distractors!r}."
        )
    return int(low_high[0]), int(low_high[1])


def _check_lengths(sources, n_samples, sample_rate):
    for source in sources:
        if source.n_samples(sample_rate) > n_samples:
            raise ValueError(
                f"{source.name} ({source.start:g}-{source.stop:g} s) is longer than "
                f"duration={n_samples / sample_rate:g} s. Give a segment of it, (path, "
                "start, stop), or make longer mixtures."
            )


def _check_output(output_dir, overwrite):
    if not output_dir.exists():
        return
    if not output_dir.is_dir():
        raise FileExistsError(f"output_dir is a file: {str(output_dir)!r}.")
    there = sorted(path.name for path in output_dir.iterdir())
    if not there:
        return
    if not overwrite:
        raise FileExistsError(
            f"output_dir={str(output_dir)!r} is not empty. Set overwrite=True to "
            "replace the mixtures in it."
        )
    if there != sorted(_PARTS):
        raise FileExistsError(
            f"output_dir={str(output_dir)!r} holds other things than mixtures, which "
            f"overwrite=True does not replace: {there[:3]}."
        )


def _write_meta(folder, suffix, recipes):
    lines = "".join(recipe["annotation_string"] + "\n" for recipe in recipes)
    _write_text(folder / f"event_list_{suffix}.csv", lines)
    _write_text(folder / f"mixture_recipes_{suffix}.yaml", dump(recipes))


def _write_text(path, text):
    # The same bytes on every platform.
    path.write_text(text, encoding="utf-8", newline="\n")


def _move(unfinished, output_dir):
    """Put the complete folder in its place, and what was there out of it."""
    previous = unfinished.with_name(f"{unfinished.name}-previous")
    if output_dir.exists():
        output_dir.rename(previous)
    try:
        unfinished.rename(output_dir)
    except OSError:
        if previous.exists():
            previous.rename(output_dir)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _warn_of_peaks(recipes, level):
    n_peaks = sum(recipe["mixture_scaling_factor"] != level for recipe in recipes)
    if n_peaks:
        warnings.warn(
            f"{n_peaks} of {len(recipes)} mixtures would have clipped and were scaled "
            f"down; level={level:g} is high for these sources.",
            AudioWarning,
            stacklevel=4,
        )


def _bunch(recipes, labels, n_mixtures, output_dir):
    target = []
    for recipe in recipes:
        _, *cells = recipe["annotation_string"].split("\t")
        target.append(
            [Event(float(cells[0]), float(cells[1]), cells[2])] if cells else []
        )
    paths = [
        str(output_dir / "audio" / recipe["mixture_audio_filename"])
        for recipe in recipes
    ]
    return Bunch(
        recordings=np.array(paths, dtype=object),
        target=target,
        event_label=np.repeat(labels, n_mixtures),
        target_names=np.array(labels),
        ebr=np.array([recipe["ebr"] for recipe in recipes]),
        event_source=np.array([recipe.get("event_path", "") for recipe in recipes]),
        background=np.array([recipe["bg_path"] for recipe in recipes]),
        recipes=recipes,
        output_dir=str(output_dir),
    )
