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
