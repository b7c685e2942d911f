"""What an import costs and loads."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import subprocess
import sys

import pytest

HEAVY = {
    "jax",
    "keras",
    "librosa",
    "matplotlib",
    "numba",
    "pandas",
    "scipy",
    "sklearn",
    "soundfile",
    "soxr",
    "tensorflow",
    "torch",
}
SCRIPT = """
import json, sys, time
started = time.perf_counter()
{statement}
seconds = time.perf_counter() - started
loaded = sorted({{name.partition(".")[0] for name in sys.modules}})
print(json.dumps([seconds, loaded]))
"""


def run_import(statement):
    """Seconds of the statement in a new interpreter, and what it loaded of HEAVY."""
    script = SCRIPT.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    seconds, loaded = json.loads(done.stdout)
    return seconds, HEAVY.intersection(loaded)


def test_import_takes_less_than_150_ms():
    assert min(run_import("import skaudeep")[0] for _ in range(5)) < 0.15


@pytest.mark.parametrize(
    "statement",
    [
        "import skaudeep",
        "import skaudeep; dir(skaudeep); skaudeep.__version__",
        "import skaudeep.audio, skaudeep.representation, skaudeep.classifiers",
        "import skaudeep.datasets, skaudeep.events, skaudeep.metrics",
        "import skaudeep.cli",
    ],
)
def test_packages_load_nothing_heavy(statement):
    assert run_import(statement)[1] == set()


@pytest.mark.parametrize(
    "statement",
    [
        "from skaudeep.audio import MelSpectrogram; MelSpectrogram()",
        "from skaudeep import MFCC, ChannelSplitter, Chunker, SequenceStatistics",
        "from skaudeep.representation import Seq2SeqAutoencoder; Seq2SeqAutoencoder()",
        "from skaudeep.classifiers import DropoutMLPClassifier, LiblinearClassifier",
        "from skaudeep.datasets import PredefinedFolds, load_mandarin_syllables",
    ],
)
def test_classes_load_no_network_library(statement):
    _, loaded = run_import(statement)
    assert loaded.isdisjoint({"keras", "tensorflow", "jax", "torch"})
    assert loaded.isdisjoint({"librosa", "matplotlib", "numba", "soundfile"})


def test_mel_spectrogram_runs_without_keras():
    statement = (
        "import numpy as np; from skaudeep import MelSpectrogram;"
        "MelSpectrogram(sample_rate=8000).fit_transform(np.zeros((2, 8000)))"
    )
    _, loaded = run_import(statement)
    assert loaded.isdisjoint({"keras", "tensorflow", "jax", "torch"})
