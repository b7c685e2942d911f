"""What the autoencoder takes: memory in training and encoding, and padding.

Memory is that of the process alone: pages of mapped files belong to the page cache and
are given back when others need them, so they are counted apart. Every figure comes from
a process of its own and is the growth over what the process has after its imports and
after its data were made, less the features it returns. KERAS_BACKEND chooses the
backend. Run it as

    python benchmarks/seq2seq_memory.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from skaudeep._length_batches import length_batches, share_of_padding

# The network of the DCASE 2017 paper, and one for small clips.
PAPER = {"n_layers": 2, "n_units": 256}
SMALL = {"n_layers": 1, "n_units": 16}
STATUS = Path("/proc/self/status")
AUDEEP_GB = 2.4


def resident():
    """Anonymous and file-mapped memory of this process in MiB."""
    if STATUS.exists():
        fields = dict(re.findall(r"(\w+):\s+(\d+) kB", STATUS.read_text()))
        return int(fields["RssAnon"]) / 1024, int(fields["RssFile"]) / 1024
    import resource

    # No more than the peak of everything; bytes on macOS, KiB elsewhere.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2 ** (20 if sys.platform == "darwin" else 10), 0.0


class Peak:
    """Highest memory while it lasts, above that at its beginning."""

    def __enter__(self):
        self._start = self._highest = np.array(resident())
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while not self._done.wait(0.005):
            self._highest = np.maximum(self._highest, resident())

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
        self._highest = np.maximum(self._highest, resident())
        self.anonymous, self.mapped = map(float, self._highest - self._start)


def work(task):
    """In a process of its own: train on clips, or encode them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from skaudeep.representation import Seq2SeqAutoencoder

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.begun = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            report["seconds"] = time.perf_counter() - self.begun

    # The backend makes its threads with the first operation.
    ones = np.ones((64, 64), dtype=np.float32)
    keras.ops.convert_to_numpy(keras.ops.matmul(ones, ones))
    report = {"backend": keras.backend.backend(), "imports": resident()[0]}
    if task["file"]:
        X = np.load(task["file"], mmap_mode="r")
    else:
        X = np.random.default_rng(0).random(task["shape"], dtype=np.float32)
    # The first epoch compiles, the second is timed.
    autoencoder = Seq2SeqAutoencoder(
        **task["params"], max_epochs=2, callbacks=[Clock], random_state=0
    )
    if task["method"] == "transform":
        autoencoder.set_params(max_epochs=0).fit(X[:1])
    with Peak() as peak:
        started = time.perf_counter()
        result = getattr(autoencoder, task["method"])(X)
        report.setdefault("seconds", time.perf_counter() - started)
    features = result.nbytes / 2**20 if isinstance(result, np.ndarray) else 0
    report.update(anonymous=peak.anonymous - features, mapped=peak.mapped)
    print(json.dumps(report))


def measure(label, method, params, *, shape=None, file=None):
    """Print a line of the table and return the report of :func:`work`."""
    task = {"method": method, "params": params, "shape": shape, "file": file}
    command = [sys.executable, __file__, "--task", json.dumps(task)]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    report = json.loads(result.stdout.splitlines()[-1])
    print(
        f"{label:40s} {report['anonymous']:9.0f} {report['mapped']:9.0f} "
        f"{report['seconds']:8.1f}"
    )
    return report


def write_clips(path, n_clips, n_frames, n_bands):
    """A .npy file of clips, written part by part."""
    rng = np.random.default_rng(0)
    X = np.lib.format.open_memmap(path, "w+", "float32", (n_clips, n_frames, n_bands))
    for start in range(0, n_clips, 1000):
        part = X[start : start + 1000]
        part[:] = rng.uniform(-1, 1, part.shape)
    X.flush()


def from_arrays(params, n_clips, n_frames, n_bands, methods):
    """Clips in memory."""
    shape = (n_clips, n_frames, n_bands)
    label = f"{n_clips} x {n_frames} x {n_bands}"
    reports = [
        measure(f"{method}, {label}", method, params, shape=shape) for method in methods
    ]
    peak = max(report["anonymous"] for report in reports) * 2**20 / 1e9
    first = reports[0]
    print(
        f"{first['backend']}: peak {peak:.2f} GB (asked of the paper's network: 1; "
        f"auDeep: {AUDEEP_GB} in all); imports {first['imports']:.0f} MiB"
    )


def from_files(sizes, methods):
    """Small clips on disk."""
    peaks = {method: [] for method in methods}
    for n_clips in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clips.npy"
            write_clips(path, n_clips, 20, 16)
            for method in methods:
                label = f"{method}, {n_clips} x 20 x 16 on disk"
                report = measure(label, method, SMALL, file=str(path))
                peaks[method].append(report["anonymous"])
    for method, (few, many) in peaks.items():
        print(
            f"{method}: {sizes[1] / sizes[0]:.0f} times the clips take "
            f"{many / few:.2f} times the memory ({few:.0f} and {many:.0f} MiB)"
        )


def padding(batch_size=64):
    """Clips of log-normal length."""
    label = f"padding, batches of {batch_size}"
    print(f"{label:22s} random  training  inference  batches")
    for n_clips in (1000, 5000):
        rng = np.random.default_rng(0)
        lengths = rng.lognormal(np.log(100), 0.5, n_clips).round().astype(int)
        n_batches = -(-n_clips // batch_size)
        shuffled = np.array_split(rng.permutation(n_clips), n_batches)
        epochs = [length_batches(lengths, batch_size, rng) for _ in range(10)]
        training = [share_of_padding(batches, lengths) for batches in epochs]
        inference = length_batches(lengths, batch_size)
        print(
            f"{n_clips:5d} clips            {share_of_padding(shuffled, lengths):7.1%} "
            f"{max(training):9.1%} {share_of_padding(inference, lengths):10.1%} "
            f"{len(epochs[0]):5d} ({n_batches} at least)"
        )


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer steps and clips")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        work(json.loads(options.task))
        return
    padding()
    print(f"{'MiB above imports and data':40s} anonymous    mapped  s/epoch")
    if options.short:
        from_arrays(SMALL, 128, 20, 16, ["fit"])
        from_files((200, 1000), ["fit"])
    else:
        methods = ["fit", "transform"]
        from_arrays(PAPER, 512, 100, 320, methods)
        from_files((5000, 50000), methods)


if __name__ == "__main__":
    main()
