"""Audio files in a folder, in an order that is the same everywhere."""
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

from skaudeep.datasets._tree import visible_entries

__all__ = ["AUDIO_EXTENSIONS", "FOREIGN_EXTENSIONS", "find_files"]

# What libsndfile reads by a header. A .raw has none; .mat and .htk mostly hold
# something else, so they have to be asked for.
# fmt: off
AUDIO_EXTENSIONS = (
    ".8svx", ".aif", ".aifc", ".aiff", ".au", ".avr", ".caf", ".flac", ".iff", ".mp3",
    ".nist", ".oga", ".ogg", ".opus", ".paf", ".pvf", ".rf64", ".sd2", ".sds", ".sf",
    ".snd", ".sph", ".svx", ".voc", ".w64", ".wav", ".wave", ".wve", ".xi",
)
# Audio all the same, which libsndfile does not read.
FOREIGN_EXTENSIONS = (
    ".3gp", ".aac", ".ac3", ".amr", ".ape", ".m4a", ".m4b", ".mka", ".mp4", ".mpc",
    ".tta", ".webm", ".wma", ".wv",
)
# fmt: on


def find_files(root):
    """All files below a folder, but for hidden ones.

    Links to folders are followed, and a link to nothing is a file, so that it is
    missed where files are looked for.

    Parameters
    ----------
    root : Path
        The folder.

    Returns
    -------
    files : list of tuple of str
        Parts of the paths relative to `root`, sorted by these paths.
    empty : list of tuple of str
        Parts of the folders that hold nothing but hidden files, sorted.
    """
    files, empty = [], []
    _walk(Path(root), (), (os.path.realpath(root),), files, empty)
    return sorted(files, key="/".join), sorted(empty, key="/".join)


def _walk(folder, parts, real, files, empty):
    visible = visible_entries(folder)
    if not visible and parts:
        empty.append(parts)
    for entry in visible:
        inside = (*parts, entry.name)
        if not entry.is_dir():
            files.append(inside)
            continue
        path = os.path.join(real[-1], entry.name)
        path = os.path.realpath(path) if entry.is_symlink() else path
        # A link to a folder above would lead down for ever.
        if path not in real:
            _walk(folder / entry.name, inside, (*real, path), files, empty)
