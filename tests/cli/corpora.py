"""Miniature corpora and recipes for the commands."""
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import soundfile

from skaudeep.cli import main

RATE = 8000
LABELS = ("beach", "bus", "cafe/restaurant")
# Sections of a recipe that takes milliseconds.
SMALL = (
    *("--features", "statistics", "--n-mels", "8"),
    *("--window-width", "0.05", "--window-overlap", "0.025"),
)


def write_tone(path, label, seed, seconds=0.4, level=0.3):
    """A stereo clip whose pitch tells its label, in noise that does not."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * (400 + 500 * LABELS.index(label)) * t)
    signal = level * tone + rng.normal(0, 0.3, (2, len(t)))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, (0.2 * signal).T, RATE)


def make_tut(root, n_clips=18, n_folds=3):
    """A tree as TUT Acoustic Scenes 2017, development: its lists and its traps."""
    rows = []
    for i in range(n_clips):
        label = LABELS[i % 3]
        name = f"audio/b{i // 2:03d}_{10 * (i % 2)}_{10 * (i % 2) + 10}.wav"
        # So quiet that nothing classifies them all.
        write_tone(root / name, label, i, level=0.04)
        rows.append((name, label, f"b{i // 2:03d}"))
    write_rows(root / "meta.txt", rows)
    for fold in range(n_folds):
        test = [row for i, row in enumerate(rows) if i // 2 % n_folds == fold]
        train = [row[:2] for row in rows if row not in test]
        setup = root / "evaluation_setup"
        # In an order of its own, which is that of the training.
        write_rows(setup / f"fold{fold + 1}_train.txt", train[::-1])
        write_rows(setup / f"fold{fold + 1}_test.txt", [row[:1] for row in test])
        write_rows(setup / f"fold{fold + 1}_evaluate.txt", [row[:2] for row in test])
    return root


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join("\t".join(row) + "\r\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="")


def make_table(root, n_clips=12, broken=()):
    """A table of clips with folds, partitions and groups; some are unreadable."""
    lines = ["path,label,fold,partition,group"]
    for i in range(n_clips):
        label, name = LABELS[i % 3], f"clips/{i:02d}.wav"
        write_tone(root / name, label, i)
        if i in broken:
            (root / name).write_bytes(b"no audio")
        part = "train" if i < 2 * n_clips // 3 else "test"
        lines.append(f"{name},{label},{i // 3 % 2 + 1},{part},g{i}")
    path = root / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(capsys, *words):
    """The JSON that a command prints under ``--quiet``."""
    status = main(["--quiet", *map(str, words)])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return json.loads(captured.out)


def fails(capsys, *words, status=1):
    """What a command says that fails: one line."""
    assert main([str(word) for word in words]) == status
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if "error:" in line]
    assert len(lines) == 1 and "Traceback" not in captured.err
    return lines[0]
