"""Pack the Mandarin syllables into the archive that the package ships.

Run ``python tools/pack_syllables.py SOURCE``, where SOURCE holds ``README.md``,
``manifest.csv`` and ``audio/*.ogg``. It writes
``skaudeep/datasets/data/mandarin_syllables.zip`` with these files and ``folds.csv``,
and prints the checksum, which belongs into ``skaudeep/datasets/_syllables.py``, and the
number of clips of each class in each test fold. The same source gives the same bytes:
files in order, stored, without times and owners.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import csv
import hashlib
import io
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

N_FOLDS = 5
TARGET = Path(__file__).parents[1] / "skaudeep/datasets/data/mandarin_syllables.zip"


def assign_folds(rows):
    """Give each group of syllables the fold in which it is tested.

    The groups of a class, largest first, go in turn where the class has the fewest
    clips. Then, as long as that makes the folds more even, single groups move and
    pairs of one class change places. Even means, in this order: least sum of squares
    of the clips of each class in each fold, of each tone in each fold, of each fold.
    Integers and a fixed order throughout: the result is the same everywhere.
    """
    clips = defaultdict(list)
    for row in rows:
        clips[int(row["group"])].append(row)
    groups = sorted(clips)
    initials = [clips[group][0]["initial"] for group in groups]
    classes, class_of = np.unique(initials, return_inverse=True)
    tones = sorted({row["tone"] for row in rows})
    n_tones = np.array(
        [[sum(r["tone"] == tone for r in clips[g]) for tone in tones] for g in groups]
    )
    sizes = n_tones.sum(axis=1)
    n_classes = sizes * (class_of == np.arange(len(classes))[:, np.newaxis])

    def unevenness(fold_of):
        member = (fold_of[:, np.newaxis] == np.arange(N_FOLDS)).astype(np.int64)
        tables = n_classes @ member, n_tones.T @ member, sizes @ member
        return tuple(int((table**2).sum()) for table in tables)

    fold_of = np.zeros(len(groups), dtype=np.int64)
    load = np.zeros((len(classes), N_FOLDS), dtype=np.int64)
    for i in np.argsort(-sizes, kind="stable"):
        fold_of[i] = load[class_of[i]].argmin()
        load[class_of[i], fold_of[i]] += sizes[i]

    best, before = unevenness(fold_of), None
    while best != before:
        before = best
        for i in range(len(groups)):
            for trial in _changes(fold_of, i, class_of):
                cost = unevenness(trial)
                if cost < best:
                    fold_of, best = trial, cost
    return dict(zip(groups, fold_of.tolist(), strict=True))


def _changes(fold_of, i, class_of):
    """Yield the folds with group i moved, or exchanged with another of its class."""
    for fold in range(N_FOLDS):
        trial = fold_of.copy()
        trial[i] = fold
        yield trial
    for j in np.flatnonzero(class_of[:i] == class_of[i]):
        trial = fold_of.copy()
        trial[[i, j]] = trial[[j, i]]
        yield trial


def write_archive(source, target):
    """Write the archive; return its folds by group and the rows of the manifest."""
    manifest = (source / "manifest.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(manifest.decode("utf-8"))))
    folds = assign_folds(rows)
    lines = [
        "group,fold",
        *(f"{group},{fold}" for group, fold in sorted(folds.items())),
    ]
    members = {
        "README.md": (source / "README.md").read_bytes(),
        "folds.csv": ("\n".join(lines) + "\n").encode(),
        "manifest.csv": manifest,
    }
    members |= {row["file"]: (source / row["file"]).read_bytes() for row in rows}
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, members[name])
    return folds, rows


def main():
    """Write the archive and print what must be known of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with manifest.csv and audio/")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    folds, rows = write_archive(options.source, options.target)
    print("sha256", hashlib.sha256(options.target.read_bytes()).hexdigest())

    for column in ("initial", "tone"):
        counts = Counter((row[column], folds[int(row["group"])]) for row in rows)
        print(f"{column:>8}", *(f"fold {fold + 1:>2}" for fold in range(N_FOLDS)))
        for name in sorted({row[column] for row in rows}):
            print(f"{name:>8}", *(f"{counts[name, f]:7}" for f in range(N_FOLDS)))
    clips = Counter(folds[int(row["group"])] for row in rows)
    print(f"{'all':>8}", *(f"{clips[f]:7}" for f in range(N_FOLDS)))


if __name__ == "__main__":
    main()
