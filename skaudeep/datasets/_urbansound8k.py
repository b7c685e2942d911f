"""UrbanSound8K, short clips of urban sounds."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

from skaudeep._validation import validate_params
from skaudeep.datasets._corpus import fold_numbers_to_cv, make_corpus
from skaudeep.datasets._headed_list import choose, name_class, read_list
from skaudeep.datasets._tree import locate, recognise

__all__ = ["load_urbansound8k", "recognise_urbansound8k"]

_META = "metadata/UrbanSound8K.csv"
_COLUMNS = ("slice_file_name", "fsID", "fold", "classID", "class")
_FOLDS = {str(number): number for number in range(1, 11)}
_CLASSES = {str(number): number for number in range(10)}
_SOURCE = (
    "UrbanSound8K is on Zenodo (record 1203745, 6 GB), under CC BY-NC 3.0: not for "
    "commercial use."
)


@validate_params({"root": [str, os.PathLike]}, prefer_skip_nested_validation=True)
def load_urbansound8k(root):
    r"""Read UrbanSound8K, 8732 clips of at most 4 s of ten urban sounds.

    The corpus of [1]_, in ten folds::

        root/
          metadata/UrbanSound8K.csv
          audio/fold1/101415-3-0-2.wav
          ...
          audio/fold10/100648-1-0-0.wav

    No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder that holds ``metadata`` and ``audio``, or the one above it if only
        one of its folders does.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, in the order of the list.
        target : ndarray of shape (n_clips,) of str
            The classes, such as "dog_bark".
        target_names : ndarray of shape (n_classes,) of str
            The classes in the order of their numbers.
        groups : ndarray of shape (n_clips,) of str
            Number of the Freesound recording that the clip was cut from.
        cv : PredefinedFolds
            The ten folds, which keep the groups together; scores are the mean of the
            folds, and random folds are not comparable with published scores.
        partitions : None
            There are none.
        DESCR : str
            Origin and licence.

    Raises
    ------
    FileNotFoundError
        If the list or a listed recording is missing.
    ValueError
        If a row of the list is wrong.

    Notes
    -----
    Clips are as they were uploaded: 8 to 192 kHz, mono or stereo, 8 to 32 bits, .05 to
    4 s. State one rate, to which all are resampled, and one length where what follows
    needs it: ``MelSpectrogram(sample_rate=22050, duration=4)``. Without `sample_rate`
    the first clip of another rate is an error. Channels are mixed to mono, and a clip
    shorter than one window is padded with zeros.

    References
    ----------
    .. [1] J. Salamon, C. Jacoby, J. P. Bello. "A dataset and taxonomy for urban sound
       research", ACM Multimedia 2014.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_urbansound8k
    >>> root = Path(tempfile.mkdtemp())
    >>> rows = ["slice_file_name,fsID,start,end,salience,fold,classID,class"]
    >>> rows += ["7-3-0-0.wav,7,0.0,0.3,1,1,3,dog_bark"]
    >>> rows += ["9-1-0-0.wav,9,2.5,6.5,2,10,1,car_horn"]
    >>> for path in ["metadata/UrbanSound8K.csv", "audio/fold1/7-3-0-0.wav",
    ...              "audio/fold10/9-1-0-0.wav"]:
    ...     (root / path).parent.mkdir(parents=True)
    ...     (root / path).touch()
    >>> _ = (root / "metadata/UrbanSound8K.csv").write_text("\n".join(rows))
    >>> data = load_urbansound8k(root)
    >>> data.target.tolist(), data.target_names.tolist()
    (['dog_bark', 'car_horn'], ['car_horn', 'dog_bark'])
    >>> data.cv
    PredefinedFolds(n_splits=2, n_train=[1, 1], n_test=[1, 1])
    """
    root = locate(Path(root), _problem, "UrbanSound8K", _SOURCE)
    files, labels, folds, groups, classes = [], [], [], [], {}
    for where, row in read_list(root / _META, _COLUMNS):
        number = choose(where, row, "classID", _CLASSES)
        folds.append(choose(where, row, "fold", _FOLDS))
        files.append(f"audio/fold{folds[-1]}/{row['slice_file_name']}")
        labels.append(name_class(where, classes, number, row["class"]))
        groups.append(row["fsID"])
    return make_corpus(
        root,
        files,
        labels,
        target_names=[classes[number] for number in sorted(classes)],
        groups=groups,
        cv=fold_numbers_to_cv(folds),
        descr=_DESCR,
        source=_SOURCE,
    )


def recognise_urbansound8k(root):
    """None if `root` looks like UrbanSound8K, else what is in the way."""
    return recognise(root, _problem)


def _problem(folder):
    if not (folder / _META).is_file():
        return f"no {_META}"
    return None if (folder / "audio").is_dir() else f"no folder 'audio' for {_META}"


_DESCR = """\
UrbanSound8K
============

8732 clips of at most 4 s in ten classes of urban sounds: air conditioner, car horn,
children playing, dog bark, drilling, idling engine, gun shot, jackhammer, siren, street
music. Cut from recordings of freesound.org, in the formats they were uploaded in. Ten
folds, scored by the mean of their accuracies.

Copyright 2014 J. Salamon, C. Jacoby, J. P. Bello; CC BY-NC 3.0; the file
FREESOUNDCREDITS.txt of the corpus names the authors. Zenodo, record 1203745.

J. Salamon, C. Jacoby, J. P. Bello. A dataset and taxonomy for urban sound research. ACM
Multimedia 2014.
"""
