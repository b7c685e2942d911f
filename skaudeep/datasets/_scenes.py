"""Synthetic stereo scenes with recording locations as groups."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import Bunch

from skaudeep._random import draw_seed
from skaudeep._validation import Interval, validate_params
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._scene_locations import SCENES, Location, Settings
from skaudeep.datasets._scene_sounds import load_voices

__all__ = ["make_scenes"]


@validate_params(
    {
        "n_clips": [Interval(Integral, 1, None, closed="left")],
        "classes": ["array-like", None],
        "n_locations": [Interval(Integral, 2, None, closed="left")],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "duration": [Interval(Real, 0.1, None, closed="left")],
        "sample_rate": [Interval(Integral, 4000, None, closed="left")],
        "snr": [Interval(Real, -60, 60, closed="both")],
        "spread": [Interval(Real, 0, 5, closed="both")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    },
    prefer_skip_nested_validation=True,
)
def make_scenes(
    n_clips=256,
    classes=None,
    *,
    n_locations=8,
    n_folds=4,
    duration=10.0,
    sample_rate=16000,
    snr=3.0,
    spread=1.0,
    random_state=None,
    n_jobs=None,
    data_home=None,
):
    """Make labelled stereo scenes that were recorded nowhere.

    Events are placed in space over a background of coloured noise. Scenes differ in how
    often, how loud and how wide things happen, and overlap in all of it; each location
    of a scene is one draw around it, and all its clips share the same background
    colour, room, microphones, sounding objects and levels.

    .. warning::
        These are synthetic sounds under the names of scenes. They show that a pipeline
        works, how folds should be made and what channels can add; nothing follows from
        a score on them for real recordings, nor which system is the better one there.

    Parameters
    ----------
    n_clips : int, default=256
        Number of clips, at least one for every scene and fold. Clip i is of the scene
        ``i % n_classes`` and of that scene's location ``i // n_classes %
        n_locations``.
    classes : sequence of str or None, default=None
        Two or more of "bus", "cafe", "forest", "home", "office", "park", "station" and
        "street"; None takes all eight.
    n_locations : int, default=8
        Number of locations of each scene.
    n_folds : int, default=4
        Number of folds, at most `n_locations`.
    duration : float, default=10.0
        Length of a clip in seconds, at least 0.1.
    sample_rate : int, default=16000
        In Hz, at least 4000. A clip takes ``8 * duration * sample_rate`` bytes.
    snr : float, default=3.0
        Level of all that is no background, events and textures, over it in dB, between
        -60 and 60; every kind adds a level of its own. The higher, the easier.
    spread : float, default=1.0
        How much the locations of a scene differ, 0 to 5. At 0 they differ in what their
        room adds, in the positions of what is heard, and in how low the microphone
        hears, no more.
    random_state : int, RandomState instance or None, default=None
        Fixes all clips.
    n_jobs : int or None, default=None
        Number of locations computed at once, in threads.
    data_home : str, path-like or None, default=None
        Where the bundled syllables are unpacked; see :func:`load_mandarin_syllables`.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips, 2, n_samples)
            Left and right channel, float32, within [-1, 1].
        target : ndarray of shape (n_clips,) of str
            Scenes.
        target_names : ndarray of shape (n_classes,) of str
            The scenes, sorted.
        groups : ndarray of shape (n_clips,) of str
            Locations, such as "park-3".
        cv : PredefinedFolds
            Folds that keep locations together: location k of each scene is tested in
            fold ``k % n_folds``.
        sample_rate : int
            In Hz; steps that decode need it for signals in arrays.
        DESCR : str
            What this is, and whose voices are in it.

    See Also
    --------
    read_dcase_folds : Real scenes, for those who have them.
    load_mandarin_syllables : The recordings that the voices are made of.

    Notes
    -----
    A clip depends on the seed, its scene, its location and its number there, not on the
    other clips: the first clips of a larger set are a smaller one, and the clips of a
    scene are the same among other `classes`. Same seed, same bits, whatever `n_jobs`
    is, on the same machine with the same versions of NumPy and SciPy.

    Voices are the bundled syllables, strung to phrases at various pitches; all else is
    synthesised: footsteps, clatter, beeps, birds, squealing metal, passing vehicles,
    and beneath them engines, drops, wind and babble. Every position has a level and a
    delay in each channel, and a share in the reverberation; vehicles move. So left,
    right, mean and difference hear different things.

    With MFCC statistics of the mean channel and logistic regression, the defaults give
    a UAR of .65 with these folds and .83 with random folds (mean of three seeds): clips
    of a location resemble each other, and who knows the location knows the scene. The
    other channels give .56 to .63, all side by side .68; overall level, spectral slope
    and stereo width alone .13, .32 and .24. Chance is .125.

    Examples
    --------
    >>> from skaudeep.datasets import make_scenes
    >>> scenes = make_scenes(
    ...     16, classes=("park", "street"), n_locations=4, duration=1.0, random_state=0
    ... )
    >>> scenes.recordings.shape, scenes.recordings.dtype
    ((16, 2, 16000), dtype('float32'))
    >>> scenes.target[:3].tolist(), scenes.groups[:3].tolist()
    (['park', 'street', 'park'], ['park-0', 'street-0', 'park-1'])
    >>> scenes.cv
    PredefinedFolds(n_splits=4, n_train=[12, 12, 12, 12], n_test=[4, 4, 4, 4])
    """
    names = _check_classes(classes)
    _check_numbers(n_clips, len(names), n_locations, n_folds)
    seed = draw_seed(random_state)
    number = np.arange(n_clips)
    label = number % len(names)
    location = number // len(names) % n_locations
    take = number // (len(names) * n_locations)

    n_samples = round(duration * sample_rate)
    recordings = np.empty((n_clips, 2, n_samples), dtype=np.float32)
    settings = Settings(
        sample_rate, n_samples, load_voices(sample_rate, data_home), snr, spread
    )

    def record(first):
        """All clips of the location of clip number `first`."""
        place = Location(names[label[first]], location[first], seed, settings)
        for clip in range(first, n_clips, len(names) * n_locations):
            place.record(take[clip], recordings[clip])

    n_places = min(n_clips, len(names) * n_locations)
    # They write into one array.
    Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(record)(first) for first in range(n_places)
    )
    fold = location % n_folds
    names = np.array(names)
    return Bunch(
        recordings=recordings,
        target=names[label],
        target_names=np.unique(names),
        groups=np.array(
            [f"{names[i]}-{k}" for i, k in zip(label, location, strict=True)]
        ),
        cv=PredefinedFolds(
            (np.flatnonzero(fold != k), np.flatnonzero(fold == k))
            for k in range(n_folds)
        ),
        sample_rate=sample_rate,
        DESCR=_DESCR,
    )


def _check_classes(classes):
    names = list(SCENES) if classes is None else list(classes)
    unknown = [name for name in names if name not in SCENES]
    if unknown:
        raise ValueError(
            f"classes must be names of scenes, {list(SCENES)}, got {unknown[0]!r}."
        )
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(
            f"classes must be two or more different scenes, got {classes!r}."
        )
    return [str(name) for name in names]


def _check_numbers(n_clips, n_classes, n_locations, n_folds):
    if n_folds > n_locations:
        raise ValueError(
            f"n_folds must be at most n_locations={n_locations}, so that every fold "
            f"tests a location of each scene, got {n_folds}."
        )
    if n_clips < n_classes * n_folds:
        raise ValueError(
            f"n_clips must be at least {n_classes * n_folds}, so that each of "
            f"{n_folds} folds tests each of {n_classes} scenes, got {n_clips}."
        )


_DESCR = """\
Synthetic stereo scenes
=======================

Nobody recorded these scenes: they are coloured noise, synthesised sounds and strung
syllables, placed in space by differences of level and delay and by an artificial room.
The names of the classes say what the draw of sounds was thought of as. Scores on them
say nothing about real scenes.

Groups are locations: clips of one location share background colour, room, microphones,
positions, levels and sounding objects. The folds keep locations together.

The voices are syllables of the ChionMeilin project, voice: Chu Lo, under the Creative
Commons Attribution licence 3.0 (CC-BY-3.0); see load_mandarin_syllables.
"""
