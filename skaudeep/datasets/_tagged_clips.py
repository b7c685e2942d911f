"""Synthetic weakly labelled clips, and when their tags are heard."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import Bunch

from skaudeep._random import draw_seed
from skaudeep._validation import Interval, validate_params
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._homes import Home, HomeSettings
from skaudeep.datasets._scene_sounds import load_voices
from skaudeep.datasets._tag_sounds import TAGS

__all__ = ["make_tagged_clips"]


@validate_params(
    {
        "n_clips": [Interval(Integral, 1, None, closed="left")],
        "duration": [Interval(Real, 0.1, None, closed="left")],
        "sample_rate": [Interval(Integral, 4000, None, closed="left")],
        "n_homes": [Interval(Integral, 2, 40, closed="both")],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "snr": [tuple, list],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    },
    prefer_skip_nested_validation=True,
)
def make_tagged_clips(
    n_clips=400,
    *,
    duration=4.0,
    sample_rate=16000,
    n_homes=10,
    n_folds=5,
    snr=(0.0, 15.0),
    random_state=None,
    n_jobs=None,
    data_home=None,
):
    """Make clips with tags, and with the times at which they are heard.

    Clips as of the audio tagging task of DCASE 2016 (:func:`load_chime_home`): several
    of seven tags may hold for a clip, or none. A tagger learns from `target` alone,
    which does not say when; `events` does, so what it says about times can be scored.

    .. warning::
        These are synthetic sounds, except for the voices: nothing follows from a score
        on them for real homes.

    Parameters
    ----------
    n_clips : int, default=400
        Number of clips, at least `n_folds`. Clip i is of the home ``i % n_homes``.
    duration : float, default=4.0
        Length of a clip in seconds, at least 0.1.
    sample_rate : int, default=16000
        In Hz, at least 4000. A clip takes ``4 * duration * sample_rate`` bytes.
    n_homes : int, default=10
        Number of homes, 2 to 40. Each has a background, a room, a microphone, and
        voices, bells and so on of its own.
    n_folds : int, default=5
        Number of folds, at most `n_homes`.
    snr : (float, float), default=(0.0, 15.0)
        Level of a tag's sounds over the background, the lowest and the highest in dB,
        between -60 and 60: RMS from onset to offset over the RMS of the clip's
        background. For each tag of a clip one is drawn; game and noise have 6 dB less,
        knocks 6 dB more.
    random_state : int, RandomState instance or None, default=None
        Fixes all clips.
    n_jobs : int or None, default=None
        Number of homes computed at once, in threads.
    data_home : str, path-like or None, default=None
        Where the bundled syllables are unpacked; see :func:`load_mandarin_syllables`.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The clips, with the attributes:

        recordings : ndarray of shape (n_clips, n_samples)
            Float32, within [-1, 1].
        target : ndarray of shape (n_clips, 7) of int
            1 where the tag is heard, else 0.
        target_names : ndarray of shape (7,) of str
            The tags.
        events : list of list of Event
            For each clip what is heard when, ordered by onset: the labels of its events
            are its tags.
        groups : ndarray of shape (n_clips,) of str
            Homes, such as "home-3".
        cv : PredefinedFolds
            Folds that keep homes together: home k is tested in fold ``k % n_folds``.
        sample_rate : int
            In Hz; steps that decode need it for signals in arrays.
        DESCR : str
            What this is, and whose voices are in it.

    See Also
    --------
    load_chime_home : Real homes, for those who have them.
    make_scenes : One label for a clip, in stereo.
    skaudeep.metrics.equal_error_rate : Scores tags.
    skaudeep.metrics.segment_based_scores : Scores times.

    Notes
    -----
    The tags stand for child, man, video game or TV, percussive sounds, broadband noise
    and others. Of 20 events, 18 last as long as this:

    ============ ========== ============= ============ ================================
    tag          share      times a clip  seconds      what it is
    ============ ========== ============= ============ ================================
    high_voice   .40        1 or 2        0.5 to 1.4   syllables, played faster
    low_voice    .15        1 or 2        0.8 to 1.7   syllables, played slower
    game         .30        1             2.6 to 4     a melody of square waves
    knock        .30        1 to 6        0.1 to 0.2   something hard is hit
    noise        .04        1             1.4 to 4     a tap or a vacuum cleaner
    bell         .20        1 or 2        0.6 to 1.6   partials that are no harmonics
    other        .15        1             0.2 to 4     clatter, a device, a bird, metal
                                                       or a vehicle of `make_scenes`
    ============ ========== ============= ============ ================================

    Clips of a home share its background, room, microphone, syllables and objects; no
    syllable is heard in two homes.

    An event begins anywhere in the clip that lets it end there, and may overlap those
    of other tags, but not of its own. Times are exact to the sample: a sound, as the
    room and the microphone pass it on, begins with its first sample within 40 dB of its
    peak and ends with the last. What lies before and after is cut off, pauses within
    are not. Of a sound longer than the clip a random piece with its peak is taken. A
    clip that would pass .98 is scaled down as a whole.

    MFCC statistics (mean and standard deviation) and logistic regression give the
    defaults an equal error rate of .21, with random folds .18 (mean of the tags, the
    folds and three seeds); the level alone .40. Chance is .5.

    A clip depends on the seed, its home, its number there and the other parameters: the
    first clips of a larger set are a smaller one. Same seed, same bits, whatever
    `n_jobs` is, on the same machine with the same versions of NumPy and SciPy.

    Examples
    --------
    >>> from skaudeep.datasets import make_tagged_clips
    >>> clips = make_tagged_clips(40, random_state=0)
    >>> clips.recordings.shape, clips.recordings.dtype
    ((40, 64000), dtype('float32'))
    >>> clips.target_names.tolist()
    ['high_voice', 'low_voice', 'game', 'knock', 'noise', 'bell', 'other']
    >>> clips.cv
    PredefinedFolds(n_splits=5, n_train=[32, 32, 32, 32, 32], n_test=[8, 8, 8, 8, 8])
    """
    low_high = _check_snr(snr)
    _check_numbers(n_clips, n_homes, n_folds)
    n_samples = round(duration * sample_rate)
    recordings = np.empty((n_clips, n_samples), dtype=np.float32)
    settings = HomeSettings(
        sample_rate=int(sample_rate),
        n_samples=n_samples,
        voices=load_voices(sample_rate, data_home),
        n_homes=n_homes,
        snr=low_high,
        seed=draw_seed(random_state),
    )

    def record(number):
        """All clips of home `number`; returns what is heard in them."""
        home = Home(number, settings)
        return [
            home.record(take, out)
            for take, out in enumerate(recordings[number::n_homes])
        ]

    # They write into one array.
    by_home = Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(record)(number) for number in range(min(n_homes, n_clips))
    )
    events = [by_home[i % n_homes][i // n_homes] for i in range(n_clips)]
    heard = [{event.label for event in some} for some in events]
    home = np.arange(n_clips) % n_homes
    fold = home % n_folds
    return Bunch(
        recordings=recordings,
        target=np.array([[int(tag in labels) for tag in TAGS] for labels in heard]),
        target_names=np.array(list(TAGS)),
        events=events,
        groups=np.array([f"home-{number}" for number in home]),
        cv=PredefinedFolds(
            (np.flatnonzero(fold != k), np.flatnonzero(fold == k))
            for k in range(n_folds)
        ),
        sample_rate=sample_rate,
        DESCR=_DESCR,
    )


def _check_snr(snr):
    low_high = tuple(snr)
    if (
        len(low_high) != 2
        or not all(isinstance(level, Real) for level in low_high)
        or not -60 <= low_high[0] <= low_high[1] <= 60
    ):
        raise ValueError(
            "snr must be the lowest and the highest level in dB, from -60 to 60, got "
            f"{snr!r}."
        )
    return tuple(map(float, low_high))


def _check_numbers(n_clips, n_homes, n_folds):
    if n_folds > n_homes:
        raise ValueError(
            f"n_folds must be at most n_homes={n_homes}, so that every fold tests a "
            f"home, got {n_folds}."
        )
    if n_clips < n_folds:
        raise ValueError(
            f"n_clips must be at least n_folds={n_folds}, so that every fold tests a "
            f"clip, got {n_clips}."
        )


_DESCR = """\
Synthetic tagged clips
======================

Clips in the manner of CHiME-Home that nobody recorded: syllables played faster and
slower and synthesised sounds, in an artificial room, over coloured noise and a motor
or drops of water. The labels of a clip do not say when its tags are heard; the events
do. Scores on them say nothing about real homes.

Groups are homes: clips of one home share background, room, microphone, syllables and
sounding objects; no syllable is heard in two of them. The folds keep homes together.

The voices are syllables of the ChionMeilin project, voice: Chu Lo, under the Creative
Commons Attribution licence 3.0 (CC-BY-3.0); see load_mandarin_syllables.
"""
