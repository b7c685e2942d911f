"""Folders of audio files of one's own."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import warnings
from pathlib import Path

import numpy as np

from skaudeep._validation import StrOptions, validate_params
from skaudeep.datasets._audio_files import (
    AUDIO_EXTENSIONS,
    FOREIGN_EXTENSIONS,
    find_files,
)
from skaudeep.datasets._corpus import fold_numbers_to_cv, make_corpus
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._folder_layouts import LAYOUTS, find_layout, read_layout
from skaudeep.datasets._missing import is_missing
from skaudeep.datasets._partitions import indices_of_partitions
from skaudeep.exceptions import AudioWarning

__all__ = ["load_audio_folder", "recognise_audio_folder"]

_TABLE_HINT = " A table of files is read by load_audio_table."


@validate_params(
    {
        "root": [str, os.PathLike],
        "layout": [StrOptions({"auto", *LAYOUTS})],
        "extensions": [None, str, list, tuple, set],
        "group": [None, str, callable],
    },
    prefer_skip_nested_validation=True,
)
def load_audio_folder(root, *, layout="auto", extensions=None, group=None):
    r"""Read a folder of audio files, whose folders say what they are.

    Any of these layouts::

        classes             partitions                     folds
        root/               root/                          root/
          dog/a.wav           train/dog/a.wav                fold_1/dog/a.wav
          cat/b.flac          devel/cat/b.wav                fold_2/cat/b.wav
                              test/c.wav                     fold_3/dog/c.wav

    or "flat", without labels. No audio is decoded.

    Parameters
    ----------
    root : str or path-like
        The folder. "auto" also takes the one above it, if that holds audio files in no
        other.
    layout : {"auto", "classes", "partitions", "folds", "flat"}, default="auto"
        "auto" takes the only one that fits, and says what it saw if there is none:

        - "classes": the first folder is the class, whatever is below it.
        - "partitions": the first folder is a partition, ``train`` or ``training``;
          ``devel``, ``dev``, ``valid``, ``validation`` or ``val``; ``test`` or
          ``testing``, in capitals or not; not all of them need be there. The second is
          the class, which the clips of the test partition need not have.
        - "folds": the first folder is a fold, ``fold_1`` or ``fold1`` and so on, at
          least two and without gaps; the second is the class.
        - "flat": all files below `root` at any depth, without labels.

        Partitions and folds without any folder of a class have no labels either.
    extensions : str, sequence of str or None, default=None
        Ends of the names of audio files, such as ".wav", in capitals or not. None takes
        what libsndfile reads: wav, flac, ogg, opus, mp3, aiff, au, caf, w64 and rarer
        ones.
    group : str, callable or None, default=None
        What must not stand on both sides of a split, taken from the path relative to
        `root`, with forward slashes: a regular expression with one group, which is
        searched for, such as ``r"(speaker\d+)"``, or a function of the path.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        The corpus, with the attributes:

        recordings : ndarray of shape (n_clips,) of str
            Paths of the recordings, sorted by the path relative to `root`.
        target : ndarray of shape (n_clips,) of str, or None
            Classes, "?" for a clip of the test partition that lies in no folder of a
            class; None if no clip does.
        target_names : ndarray of shape (n_classes,) of str, or None
            The classes, sorted.
        groups : ndarray of shape (n_clips,) of str, or None
            What `group` gives.
        cv : PredefinedFolds or None
            One fold tests each of the folds. With partitions: train against devel, or
            against test without one, if they have labels.
        partitions : :class:`~sklearn.utils.Bunch` or None
            Indices of the clips of each partition: train, devel, test, those that are
            there.
        fold : ndarray of shape (n_clips,) of int, or None
            Number of the fold of each clip.
        layout : str
            The layout.
        DESCR : str
            What was read.

    Raises
    ------
    FileNotFoundError
        If `root` is no folder or has no audio file.
    ValueError
        If the layout cannot be told or is not what the folder has, the folder of a
        class, partition or fold is empty, folds have gaps, or `group` does not fit.

    Warns
    -----
    AudioWarning
        If folders beside those of the layout hold no audio file, or if there are audio
        files that libsndfile does not read. They are left out.

    See Also
    --------
    load_audio_table : Reads what a table lists.
    make_folds : Folds for a corpus without any.
    detect_corpus : Tells known corpora from folders of one's own.

    Notes
    -----
    - Files and folders whose name begins with a dot are ignored, and so are files
      that are no audio. Links are followed.
    - "auto" refuses a single folder with audio files right in it: it may be a class or
      the folder to give.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skaudeep.datasets import load_audio_folder
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("dog/rex-1.wav", "dog/rex-2.wav", "cat/tom-1.wav"):
    ...     (root / name).parent.mkdir(exist_ok=True)
    ...     (root / name).touch()
    >>> data = load_audio_folder(root, group=r"(\w+)-\d")
    >>> data.target.tolist()
    ['cat', 'dog', 'dog']
    >>> data.groups.tolist()
    ['tom', 'rex', 'rex']
    """
    root = Path(root)
    root, layout, files, other, empty = _find(root, layout, extensions)
    labels, parts = read_layout(root, files, empty, layout)
    _warn_of_others(root, files, other, layout)
    files = ["/".join(file) for file in files]
    fold = np.array(parts) if layout == "folds" else None
    partitions = indices_of_partitions(parts) if layout == "partitions" else None
    return make_corpus(
        root,
        files,
        labels,
        groups=_groups(group, files),
        cv=None if fold is None else fold_numbers_to_cv(fold),
        partitions=partitions,
        descr=_DESCR.format(root=root, layout=layout, n=len(files)),
        fold=fold,
        layout=layout,
    )


def recognise_audio_folder(root):
    """None if `root` has a layout that "auto" finds, else what is in the way."""
    try:
        root, layout, files, _, empty = _find(root, "auto", None)
        read_layout(root, files, empty, layout)
    except (FileNotFoundError, ValueError) as error:
        return str(error).rstrip(".")
    return None


def _find(root, layout, extensions):
    """The folder, its layout, and the parts of its files: audio, others, none."""
    if not root.is_dir():
        hint = _TABLE_HINT if root.is_file() else ""
        raise FileNotFoundError(f"root is not a folder: {str(root)!r}.{hint}")
    extensions = _check_extensions(extensions)
    found, empty = find_files(root)
    files, other = [], []
    for file in found:
        is_audio = file[-1].lower().endswith(extensions)
        (files if is_audio else other).append(file)
    if not files:
        raise FileNotFoundError(_say_no_audio(root, other, empty, extensions))
    parent = ()
    if layout == "auto":
        layout, parent = find_layout(root, files)
    n = len(parent)
    inside = (
        [path[n:] for path in paths if path[:n] == parent]
        for paths in (files, other, empty)
    )
    return root.joinpath(*parent), layout, *inside


def _check_extensions(extensions):
    if extensions is None:
        return AUDIO_EXTENSIONS
    extensions = [extensions] if isinstance(extensions, str) else list(extensions)
    if not extensions:
        raise ValueError("extensions must hold at least one end of a name, got none.")
    for extension in extensions:
        if not isinstance(extension, str) or not extension.strip("."):
            raise ValueError(
                f"extensions must be ends of names such as '.wav', got {extension!r}."
            )
    return tuple(f".{extension.lower().lstrip('.')}" for extension in extensions)


def _say_no_audio(root, other, empty, extensions):
    if not other:
        folders = name_some(["/".join(folder) for folder in empty])
        below = f" but for empty folders: {folders}" if empty else ""
        return f"root={str(root)!r} is empty{below}."
    names = ["/".join(file) for file in other]
    hint, kind = "", "audio file"
    if extensions != AUDIO_EXTENSIONS:
        kind = f"file that ends in {' or '.join(sorted(extensions))}"
    elif any(_extension(file) in FOREIGN_EXTENSIONS for file in other):
        hint = " libsndfile does not read these formats; convert them."
    elif any(_extension(file) in (".csv", ".tsv") for file in other):
        hint = _TABLE_HINT
    return f"root={str(root)!r} holds no {kind}, only {name_some(names)}.{hint}"


def _extension(file):
    return os.path.splitext(file[-1])[1].lower()


def _warn_of_others(root, files, other, layout):
    foreign = [
        "/".join(file) for file in other if _extension(file) in FOREIGN_EXTENSIONS
    ]
    if foreign:
        warnings.warn(
            f"{len(foreign)} audio files of root={str(root)!r} are left out, because "
            f"libsndfile does not read their format: {name_some(foreign)}.",
            AudioWarning,
            stacklevel=4,
        )
    left_out = _without_audio(files, other, {"flat": 0, "classes": 1}.get(layout, 2))
    if left_out:
        warnings.warn(
            f"Folders of root={str(root)!r} are left out, because they hold no audio "
            f"file: {name_some(left_out)}.",
            AudioWarning,
            stacklevel=4,
        )


def _without_audio(files, other, depth):
    """Folders where those of the layout stand, the uppermost ones only."""
    read = {file[:level] for file in files for level in range(depth + 1)}
    return sorted(
        {
            "/".join(file[:level])
            for file in other
            for level in range(1, min(depth + 1, len(file)))
            if file[:level] not in read and file[: level - 1] in read
        }
    )


def _groups(group, files):
    if group is None:
        return None
    find = group if callable(group) else _searcher(group)
    groups = [find(file) for file in files]
    odd = [
        file
        for file, key in zip(files, groups, strict=True)
        if is_missing(key) or key == ""
    ]
    if odd:
        raise ValueError(
            f"group={group!r} gives nothing for {len(odd)} of {len(files)} paths: "
            f"{name_some(odd)}."
        )
    return [str(key) for key in groups]


def _searcher(group):
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise ValueError(
            f"group must be a regular expression, got {group!r}: {error}."
        ) from error
    if pattern.groups != 1:
        raise ValueError(
            f"group must be a regular expression with one group, (...), got {group!r} "
            f"with {pattern.groups}."
        )

    def search(file):
        match = pattern.search(file)
        return match and match[1]

    return search


_DESCR = """\
Audio folder
============

{n} audio files below {root}, layout "{layout}".
"""
