"""Fixtures and settings that all tests share."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys

import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
    # The other backends must do without TensorFlow: an import of it fails here even
    # where it is installed.
    sys.modules["tensorflow"] = None


@pytest.fixture
def rng():
    """The same random numbers in every test."""
    return np.random.default_rng(20170801)


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    """An empty folder in place of the user's cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("SKAUDEEP_DATA", str(folder))
    return folder


@pytest.fixture(scope="session")
def stereo_signal():
    """Half a second of stereo at 8 kHz: two tones left, one of them and noise right.

    Float32, shape (2, 4000); every value is a multiple of 1/32768, so that 16-bit
    files hold it exactly.
    """
    time = np.arange(4000) / 8000
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, size=time.size)
    low, high = np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 1500 * time)
    signal = np.stack([0.4 * low + 0.2 * high, 0.3 * low + noise])
    return (np.round(signal * 32768) / 32768).astype(np.float32)


@pytest.fixture(scope="session")
def stereo_wav(stereo_signal, tmp_path_factory):
    """Path of a 16-bit wav file that holds `stereo_signal`."""
    import soundfile

    path = tmp_path_factory.mktemp("audio") / "stereo.wav"
    soundfile.write(path, stereo_signal.T, 8000, subtype="PCM_16")
    return str(path)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Twelve stereo files of 0.2 to 0.31 s: a low tone or a high one, and noise.

    They lie on the grid of 16-bit samples, so that the signals are what the files
    hold.
    """
    import soundfile
    from sklearn.utils import Bunch

    from skaudeep.datasets import PredefinedFolds

    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("corpus")
    paths, signals = [], []
    target = np.array(["low", "high"] * 6)
    for i, label in enumerate(target):
        time = np.arange(1600 + 80 * i) / 8000
        tone = 0.3 * np.sin(2 * np.pi * {"low": 300, "high": 700}[label] * time)
        noise = rng.uniform(-0.2, 0.2, (2, time.size))
        signal = np.round(([[1.0], [0.6]] * tone + noise) * 32768) / 32768
        signals.append(signal.astype(np.float32))
        paths.append(str(folder / f"{i:02}.wav"))
        soundfile.write(paths[-1], signal.T, 8000, subtype="PCM_16")
    # The last clip is tested in two folds, the first in none.
    folds = PredefinedFolds(
        [
            ([0, 1, 2, 3, 6, 7, 8, 9], [4, 5, 10, 11]),
            ([0, 1, 4, 5, 6, 7, 10], [2, 3, 8, 9, 11]),
        ]
    )
    return Bunch(paths=paths, signals=signals, target=target, cv=folds)


@pytest.fixture
def empty_working_directory(tmp_path_factory, monkeypatch):
    """A working directory that the test has to leave empty."""
    folder = tmp_path_factory.mktemp("working_directory")
    monkeypatch.chdir(folder)
    yield
    assert list(folder.iterdir()) == []
