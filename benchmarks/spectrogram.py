"""Mel spectrograms from wav files: this library, librosa, and the floor.

Ten seconds of 44.1 kHz stereo a file, windows of 0.2 s every 0.1 s, 320 bands, reading
included. The ways are timed in turns, round after round, so that whatever else the
machine does hits all of them; ratios are of medians. Run it as

    python benchmarks/spectrogram.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import scipy.fft
import soundfile

from skaudeep.audio import MelSpectrogram

RATE, SECONDS, N_FFT, HOP, N_MELS = 44100, 10, 8820, 4410, 320
FILTERBANK = librosa.filters.mel(sr=RATE, n_fft=N_FFT, n_mels=N_MELS)
PEAK = """
import re, sys
from pathlib import Path
from skaudeep.audio import MelSpectrogram
mel = MelSpectrogram(window_width=0.2, window_overlap=0.1, n_mels=320)
X = mel.fit_transform(sys.argv[1].split("|"))
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(int(peak[1]) / 1024, X.nbytes / 2**20)
"""


def write_files(folder, n_files):
    """Noise and a tone in stereo, 16 bit."""
    rng = np.random.default_rng(0)
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE * SECONDS) / RATE)[:, np.newaxis]
    paths = []
    for i in range(n_files):
        noise = rng.standard_normal((RATE * SECONDS, 2), dtype=np.float32)
        path = folder / f"clip{i}.wav"
        soundfile.write(path, 0.3 * tone + 0.05 * noise, RATE, subtype="PCM_16")
        paths.append(str(path))
    return paths


def ours(paths, n_jobs):
    mel = MelSpectrogram(
        window_width=0.2, window_overlap=0.1, n_mels=N_MELS, n_jobs=n_jobs
    )
    return mel.fit_transform(paths)


def librosa_melspectrogram(paths):
    return [_scaled(_librosa_mel(path)) for path in paths]


def _librosa_mel(path):
    signal, _ = librosa.load(path, sr=None)
    return librosa.feature.melspectrogram(
        y=signal, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_MELS, center=False
    )


def librosa_cached_filterbank(paths):
    return [_scaled(_librosa_stft(path)) for path in paths]


def _librosa_stft(path):
    signal, _ = librosa.load(path, sr=None)
    stft = librosa.stft(signal, n_fft=N_FFT, hop_length=HOP, center=False)
    return FILTERBANK @ (stft.real**2 + stft.imag**2)


def _scaled(mel):
    decibels = librosa.power_to_db(mel, ref=np.max, top_db=None).T
    low, high = decibels.min(), decibels.max()
    return 2 * (decibels - low) / (high - low) - 1


def reading(paths):
    for path in paths:
        soundfile.read(path, dtype="float32", always_2d=True)


def transforming(paths):
    frames = np.zeros((99, N_FFT), dtype=np.float32)
    for _ in paths:
        scipy.fft.rfft(frames, axis=1)


def measure(ways, paths, rounds):
    """Median seconds a file of every way, timed in turns."""
    times = {name: [] for name in ways}
    for way in ways.values():
        way(paths[:4])
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way(paths)
            times[name].append((time.perf_counter() - start) / len(paths))
    return {name: statistics.median(values) for name, values in times.items()}


def peak_memory(paths):
    """Peak memory of a new process and the size of its result, MiB (on Linux)."""
    command = [sys.executable, "-c", PEAK, "|".join(paths)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return map(float, result.stdout.split())


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer files and rounds")
    short = parser.parse_args().short
    n_files, rounds = (20, 3) if short else (40, 9)
    ways = {
        "MelSpectrogram": partial(ours, n_jobs=1),
        "MelSpectrogram, n_jobs=2": partial(ours, n_jobs=2),
        "librosa.load + melspectrogram": librosa_melspectrogram,
        "librosa.load + stft + cached filter bank": librosa_cached_filterbank,
        "floor: reading": reading,
        "floor: real FFTs": transforming,
    }
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), n_files)
        difference = ours(paths[:1], 1)[0] - librosa_melspectrogram(paths[:1])[0]
        print(f"largest difference to librosa: {np.abs(difference).max():.1e}")
        medians = measure(ways, paths, rounds)
        print(f"{'way':42s} ms/clip  clips/s")
        for name, seconds in medians.items():
            print(f"{name:42s} {1e3 * seconds:7.2f} {1 / seconds:8.0f}")
        one = medians["MelSpectrogram"]
        print(
            f"against librosa: {medians['librosa.load + melspectrogram'] / one:.2f}x "
            f"(asked: 2.5x); two threads: "
            f"{one / medians['MelSpectrogram, n_jobs=2']:.2f}x more (asked: 1.7x)"
        )
        for n_clips in (100, 400):
            peak, result = peak_memory((paths * n_clips)[:n_clips])
            print(
                f"{n_clips} files: peak memory {peak:.0f} MiB, of which the result is "
                f"{result:.0f} MiB"
            )


if __name__ == "__main__":
    main()
