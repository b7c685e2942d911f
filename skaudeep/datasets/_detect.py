"""Which corpus a folder holds."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Callable
from inspect import signature
from itertools import product
from pathlib import Path
from typing import NamedTuple

from sklearn.utils import Bunch

from skaudeep._validation import validate_params
from skaudeep.datasets._audio_folder import load_audio_folder, recognise_audio_folder
from skaudeep.datasets._chime_home import load_chime_home, recognise_chime_home
from skaudeep.datasets._compare import load_compare, recognise_compare
from skaudeep.datasets._dcase import read_dcase_folds, recognise_dcase
from skaudeep.datasets._dcase2018_task5 import (
    load_dcase2018_task5,
    recognise_dcase2018_task5,
)
from skaudeep.datasets._esc import load_esc, recognise_esc
from skaudeep.datasets._fsdkaggle2018 import (
    load_fsdkaggle2018,
    recognise_fsdkaggle2018,
)
from skaudeep.datasets._gtzan import load_gtzan, recognise_gtzan
from skaudeep.datasets._speech_commands import (
    load_speech_commands,
    recognise_speech_commands,
)
from skaudeep.datasets._tut_rare_events_2017 import (
    load_tut_rare_events_2017,
    recognise_tut_rare_events_2017,
)
from skaudeep.datasets._tut_scenes import load_tut_scenes, recognise_tut_scenes
from skaudeep.datasets._tut_urban_scenes_2018 import (
    load_tut_urban_scenes_2018,
    recognise_tut_urban_scenes_2018,
)
from skaudeep.datasets._urbansound8k import (
    load_urbansound8k,
    recognise_urbansound8k,
)

__all__ = ["detect_corpus", "load_corpus"]


class _Candidate(NamedTuple):
    """A corpus that a folder may hold."""

    name: str
    load: Callable
    # Takes a folder and arguments of the loader; gives what speaks against it, or None.
    recognise: Callable
    # Arguments of the loader; the first that fit are taken.
    variants: tuple = ({},)


def _variants(**values):
    """All combinations, the first values first."""
    return tuple(
        dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())
    )


_PARTS = ("development", "evaluation")
_CORPORA = (
    *(
        _Candidate(
            f"TUT Acoustic Scenes {year}",
            load_tut_scenes,
            recognise_tut_scenes,
            _variants(year=(year,), part=_PARTS),
        )
        for year in (2017, 2016)
    ),
    _Candidate(
        "TUT Urban Acoustic Scenes 2018",
        load_tut_urban_scenes_2018,
        recognise_tut_urban_scenes_2018,
        _variants(part=("development", "leaderboard", "evaluation")),
    ),
    _Candidate(
        "TUT Rare Sound Events 2017",
        load_tut_rare_events_2017,
        recognise_tut_rare_events_2017,
        _variants(part=("devtrain", "devtest", "evaltest")),
    ),
    _Candidate(
        "CHiME-Home",
        load_chime_home,
        recognise_chime_home,
        _variants(sample_rate=(16000, 48000), part=_PARTS, subset=("refined", "raw")),
    ),
    _Candidate("FSDKaggle2018", load_fsdkaggle2018, recognise_fsdkaggle2018),
    _Candidate(
        "DCASE 2018 task 5",
        load_dcase2018_task5,
        recognise_dcase2018_task5,
        _variants(part=_PARTS),
    ),
    _Candidate("ESC", load_esc, recognise_esc),
    _Candidate("GTZAN", load_gtzan, recognise_gtzan),
    _Candidate("UrbanSound8K", load_urbansound8k, recognise_urbansound8k),
    _Candidate("Speech Commands", load_speech_commands, recognise_speech_commands),
    _Candidate("ComParE", load_compare, recognise_compare),
)
# What a corpus may look like besides: asked when no name fits, in this order.
_LAYOUTS = (
    _Candidate("DCASE layout", read_dcase_folds, recognise_dcase),
    _Candidate("audio folder", load_audio_folder, recognise_audio_folder),
)


@validate_params({"root": [str, os.PathLike]}, prefer_skip_nested_validation=True)
def detect_corpus(root):
    """Tell which corpus a folder holds.

    Names of folders and files decide, and the first line of a list at most.

    Parameters
    ----------
    root : str or path-like
        The folder of the corpus, or the one above it.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        What was found, with the attributes:

        name : str
            Of the corpus: "TUT Acoustic Scenes 2017" or "... 2016", "TUT Urban Acoustic
            Scenes 2018", "TUT Rare Sound Events 2017", "CHiME-Home", "FSDKaggle2018",
            "DCASE 2018 task 5", "ESC", "GTZAN", "UrbanSound8K", "Speech Commands",
            "ComParE". If it is none of these, "DCASE layout" or "audio folder".
        loader : callable
            The function that reads it.
        arguments : dict of str to object
            Its arguments besides the folder, such as the part that is there. Where
            several fit, the first that its documentation names.
        why_not : dict of str to str
            For every other name that was asked, in a few words, why it is not that.

    Raises
    ------
    FileNotFoundError
        If `root` is no folder.
    ValueError
        If several corpora fit, which are named, or if nothing does, with the reasons.

    See Also
    --------
    load_corpus : Also reads it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import detect_corpus
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "chunks").mkdir()
    >>> for name in ("evaluation_chunks_refined.csv", "chunks/a.s0_chunk0.16kHz.wav"):
    ...     (root / name).touch()
    >>> found = detect_corpus(root)
    >>> found.name, found.loader.__name__
    ('CHiME-Home', 'load_chime_home')
    >>> found.arguments
    {'sample_rate': 16000, 'part': 'evaluation', 'subset': 'refined'}
    >>> found.why_not["GTZAN"]
    'no folders of the genres blues, classical, country and 7 more'
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}.")
    fitting, why_not = [], {}
    for candidate in _CORPORA:
        arguments, reason = _ask(candidate, root)
        if reason is None:
            fitting.append((candidate, arguments))
        else:
            why_not[candidate.name] = reason
    if len(fitting) > 1:
        calls = [
            f"{candidate.name} ({candidate.load.__name__})" for candidate, _ in fitting
        ]
        raise ValueError(
            f"root={str(root)!r} looks like several corpora: {', '.join(calls)}. Give "
            "the folder of one of them, or call its loader."
        )
    for candidate in () if fitting else _LAYOUTS:
        arguments, reason = _ask(candidate, root)
        if reason is None:
            fitting.append((candidate, arguments))
            break
        why_not[candidate.name] = reason
    if not fitting:
        raise ValueError(_say_nothing_fits(root, why_not))
    candidate, arguments = fitting[0]
    return Bunch(
        name=candidate.name,
        loader=candidate.load,
        arguments=arguments,
        why_not=why_not,
    )


def load_corpus(root, **arguments):
    """Read the corpus that a folder holds, whichever it is.

    Parameters
    ----------
    root : str or path-like
        The folder of the corpus, or the one above it.
    **arguments : dict
        For the loader of the corpus, besides those that :func:`detect_corpus` finds and
        in place of them.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        What the loader returns.

    Raises
    ------
    FileNotFoundError
        If `root` is no folder, or a file of the corpus is missing.
    ValueError
        If it is not one corpus, or the loader finds fault with it.
    TypeError
        If the loader has no such argument.

    See Also
    --------
    detect_corpus : Says which one it is, and why no other.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_corpus
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("fold_1/dog/a.wav", "fold_2/dog/b.wav"):
    ...     (root / name).parent.mkdir(parents=True)
    ...     (root / name).touch()
    >>> load_corpus(root).cv
    PredefinedFolds(n_splits=2, n_train=[1, 1], n_test=[1, 1])
    """
    found = detect_corpus(root)
    _, *known = signature(found.loader).parameters
    for name in arguments:
        if name not in known:
            raise TypeError(
                f"{found.loader.__name__}, which reads {found.name}, has no argument "
                f"{name!r}, only {', '.join(['root', *known])}."
            )
    return found.loader(root, **{**found.arguments, **arguments})


def _ask(candidate, root):
    """Arguments that fit, or what speaks against the first."""
    reasons = []
    for arguments in candidate.variants:
        reasons.append(candidate.recognise(root, **arguments))
        if reasons[-1] is None:
            return arguments, None
    return None, reasons[0]


def _say_nothing_fits(root, why_not):
    *reasons, (last, problem) = why_not.items()
    others = "; ".join(f"{name}: {reason}" for name, reason in reasons)
    return (
        f"No corpus is known in root={str(root)!r}. As {last}: {problem}. Nor is it "
        f"another: {others}."
    )
