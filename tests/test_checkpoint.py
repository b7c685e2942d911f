"""The file from which a killed training goes on, without any network."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import math
import os
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from skaudeep._checkpoint import Checkpoint, array_checksum

IDENTITY = {"estimator": "Net", "parameters": {"n_units": 8}, "data": {"clips": 3}}


def make_progress(**fields):
    defaults = dict(
        history={"loss": [0.1, 1 / 3], "val_loss": [math.nan, 0.5]},
        best_loss=math.inf,
        best_epoch=1,
        best_weights=None,
        stopped=False,
        final_weights=None,
    )
    return SimpleNamespace(**{**defaults, **fields})


@pytest.fixture
def saved(tmp_path):
    checkpoint = Checkpoint(tmp_path / "new" / "folder", {**IDENTITY, "seed": 4})
    assert checkpoint.load() == (None, {})
    state = {"weights.0": np.arange(6, dtype=np.float32), "random.0": np.uint32(7)}
    best = [np.ones((2, 2), dtype=np.float32), np.zeros(3, dtype=np.float32)]
    checkpoint.save(make_progress(best_weights=best), state)
    return tmp_path / "new" / "folder"


def test_comes_back_as_it_was(saved):
    assert [path.name for path in saved.iterdir()] == ["training.npz"]
    progress, state = Checkpoint(saved, {**IDENTITY, "seed": 4}).load()
    assert progress["history"]["loss"] == [0.1, 1 / 3]
    assert math.isnan(progress["history"]["val_loss"][0])
    assert progress["best_loss"] == math.inf
    assert progress["best_epoch"] == 1
    assert progress["stopped"] is False
    assert [w.shape for w in progress["best_weights"]] == [(2, 2), (3,)]
    assert "final_weights" not in progress
    np.testing.assert_array_equal(state["weights.0"], np.arange(6))
    assert state["random.0"].dtype == np.uint32
    assert len(state) == 2


def test_seed_is_taken_from_the_file_only_where_none_was_chosen(saved):
    assert Checkpoint(saved, IDENTITY, defaults={"seed": 9}).identity["seed"] == 4
    with pytest.raises(ValueError, match="another training: seed was 4 and is 9"):
        Checkpoint(saved, {**IDENTITY, "seed": 9})


def test_what_differs_is_named(saved):
    other = {
        **IDENTITY,
        "parameters": {"n_units": 16},
        "data": {"clips": 5},
        "seed": 4,
    }
    message = (
        "folder' holds another training: data clips was 3 and is 5; n_units was 8 and"
    )
    with pytest.raises(ValueError, match=message):
        Checkpoint(saved, other)
    with pytest.raises(ValueError, match="cell was None and is 'gru'"):
        Checkpoint(
            saved, {**IDENTITY, "seed": 4, "parameters": {"n_units": 8, "cell": "gru"}}
        )


def test_truncated_file_is_refused(saved):
    path = saved / "training.npz"
    content = path.read_bytes()
    for n_bytes in (0, 1, 50, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:n_bytes])
        with pytest.raises(ValueError, match="training.npz' is not a complete checkp"):
            Checkpoint(saved, {**IDENTITY, "seed": 4})


def test_damaged_file_is_refused(saved):
    path = saved / "training.npz"
    content = bytearray(path.read_bytes())
    middle = content.index(np.float32(3).tobytes())
    content[middle] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a complete checkpoint"):
        Checkpoint(saved, {**IDENTITY, "seed": 4})


@pytest.mark.parametrize("kind", ["text", "array", "archive", "zip", "format"])
def test_foreign_file_is_refused(tmp_path, kind):
    path = tmp_path / "training.npz"
    if kind == "text":
        path.write_text("not arrays")
    elif kind == "array":
        with open(path, "wb") as file:
            np.save(file, np.arange(3))
    elif kind == "archive":
        np.savez(path, a=np.arange(3))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("header", "no array")
    else:
        header = json.dumps({"format": 99}).encode()
        np.savez(path, header=np.frombuffer(header, dtype=np.uint8))
    with pytest.raises(ValueError, match=r"Delete it .* or name another checkpoint_di"):
        Checkpoint(tmp_path, IDENTITY)


def test_failure_while_writing_leaves_the_old_file(saved, monkeypatch):
    checkpoint = Checkpoint(saved, {**IDENTITY, "seed": 4})

    def no_space(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(make_progress(), {"weights.0": np.zeros(9)})
    _, state = Checkpoint(saved, {**IDENTITY, "seed": 4}).load()
    np.testing.assert_array_equal(state["weights.0"], np.arange(6))


def test_checksum_is_of_values_and_their_order():
    first, second = np.arange(4.0), np.ones(3)
    expected = array_checksum([first, second])
    assert array_checksum([first.astype(np.float32), second]) == expected
    assert array_checksum([second, first]) != expected
    assert array_checksum([first, second + 1e-6]) != expected
    assert array_checksum([first + 1e-6, second]) != expected
    strided = np.arange(8.0)[::2] / 2
    assert array_checksum([strided, second]) == expected
