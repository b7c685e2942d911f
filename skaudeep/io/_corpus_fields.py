"""What a corpus knows of its recordings, for a table of features."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import numpy as np

from skaudeep.io._table_fields import check_fold_matrix, check_partition

__all__ = ["corpus_fields"]


def corpus_fields(corpus, clips, root):
    """Fields of the table of a corpus.

    Parameters
    ----------
    corpus : Bunch
        As a loader returned it.
    clips : array-like of int of shape (n_rows,) or None
        Index of the recording of each row; None for one row each.
    root : path-like or None
        Folder that the names are relative to.

    Returns
    -------
    dict
        Parameters of :class:`~skaudeep.io.FeatureTable`.
    """
    n_clips = len(corpus.recordings)
    clips = np.arange(n_clips) if clips is None else np.asarray(clips)
    fields = {name: corpus.get(name) for name in ("target", "groups")}
    fields["partition"] = check_partition(corpus.get("partitions"), n_clips)
    fields["cv"] = check_fold_matrix(corpus.get("cv"), n_clips)
    fields = {
        name: None if values is None else np.asarray(values)[clips]
        for name, values in fields.items()
    }
    if fields["target"] is not None:
        fields["target_names"] = _names_of(corpus)
    names = np.array(_relative_names(corpus.recordings, root), dtype=object)
    return {"filenames": names[clips], **fields}


def _names_of(corpus):
    names = corpus.get("target_names")
    return None if names is None or len(names) == 0 else names


def _relative_names(recordings, root):
    """Names of files relative to a folder, ``clip_<i>`` for what is no file."""
    paths = []
    for recording in recordings:
        path = getattr(recording, "path", recording)
        is_path = isinstance(path, (str, os.PathLike))
        paths.append(Path(path) if is_path else None)
    files = [path for path in paths if path is not None]
    if root is None and files:
        root = os.path.commonpath([str(path.parent) for path in files])
    return [
        f"clip_{i}" if path is None else _relative_name(path, root)
        for i, path in enumerate(paths)
    ]


def _relative_name(path, root):
    return path.relative_to(root).as_posix() if root else path.as_posix()
