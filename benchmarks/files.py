"""Files of features and of estimators, and the lists of a corpus.

5,000 x 1,024 features are written and read in every format, beside the obvious way with
another library. A pipeline with an untrained autoencoder of 2 x 256 units is saved and
loaded, beside pickle, joblib and skops. A folder of 5,000 files in five classes is
recognised and read, beside a walk through it. The floor is one pass over the bytes of
the features: NumPy's ``save`` and ``load``. Ways are timed in turns, medians; ratios
are of the other way's time to ours. Run it as

    python benchmarks/files.py [--short]
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import pickle
import statistics
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import arff
import joblib
import numpy as np
import pandas as pd
import skops.io
import xarray as xr
from helpers.timing import seconds
from sklearn.datasets import dump_svmlight_file, load_svmlight_file
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep import LiblinearClassifier, Seq2SeqAutoencoder
from skaudeep.datasets import load_corpus
from skaudeep.io import FeatureTable, load, load_features, save, save_features


def in_turns(ways, rounds):
    """Median seconds of every way, after one round that does not count."""
    times = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            taken = seconds(way)
            if number or not rounds:
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def formats(table, folder):
    """For every format: ending, the other library, its writing and its reading."""
    X, names = table.features, list(table.filenames)
    columns = [f"feature_{i}" for i in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=columns)
    frame.insert(0, "filename", names)
    frame["label_nominal"] = table.target
    labels = sorted(set(table.target.tolist()))
    numbers = np.searchsorted(labels, table.target)
    document = {
        "relation": "features",
        "attributes": [
            ("filename", "STRING"),
            *((name, "REAL") for name in columns),
            ("label_nominal", labels),
        ],
    }

    def write_arff(path):
        with open(path, "w", encoding="utf-8") as file:
            arff.dump({**document, "data": frame.values.tolist()}, file)

    def read_arff(path):
        with open(path, encoding="utf-8") as file:
            return arff.load(file)

    def write_netcdf(path):
        arrays = {"features": (("instance", "generated"), X)}
        xr.Dataset(arrays).to_netcdf(path, engine="h5netcdf")

    def read_netcdf(path):
        with xr.open_dataset(path, engine="h5netcdf") as data:
            return data["features"].values

    return {
        "csv": (
            "pandas",
            lambda path: frame.to_csv(path, index=False),
            lambda path: pd.read_csv(path)[columns].to_numpy("f4"),
        ),
        "arff": ("liac-arff", write_arff, read_arff),
        "parquet": (
            "pandas",
            lambda path: frame.to_parquet(path),
            lambda path: pd.read_parquet(path)[columns].to_numpy(),
        ),
        "libsvm": (
            "scikit-learn",
            lambda path: dump_svmlight_file(X, numbers, str(path)),
            lambda path: load_svmlight_file(str(path), dtype=np.float32)[0].toarray(),
        ),
        "nc": ("xarray", write_netcdf, read_netcdf),
    }


def compare_formats(n_rows, n_features, rounds, folder):
    rng = np.random.default_rng(0)
    table = FeatureTable(
        rng.standard_normal((n_rows, n_features), dtype=np.float32),
        [f"clip{i:05d}.wav" for i in range(n_rows)],
        target=[f"class{i % 10}" for i in range(n_rows)],
    )
    path = folder / "floor.npy"
    floor = in_turns(
        {
            "write": lambda: np.save(path, table.features),
            "read": lambda: np.load(path),
        },
        rounds,
    )
    print(f"{n_rows} x {n_features} features; seconds, and the other way's to ours")
    print(f"{'':9} {'write':>7} {'ratio':>6} {'read':>7} {'ratio':>6}   beside")
    for ending, (other, write, read) in formats(table, folder).items():
        ours, theirs = folder / f"ours.{ending}", folder / f"theirs.{ending}"
        ways = {
            "write": lambda path=ours: save_features(table, path, overwrite=True),
            "other write": lambda write=write, path=theirs: write(path),
            "read": lambda path=ours: load_features(path),
            "other read": lambda read=read, path=theirs: read(path),
        }
        taken = in_turns(ways, rounds)
        assert (load_features(ours).features == table.features).all()
        print(
            f"{ending:9} {taken['write']:7.2f} "
            f"{taken['other write'] / taken['write']:6.2f} {taken['read']:7.2f} "
            f"{taken['other read'] / taken['read']:6.2f}   {other}"
        )
    print(f"{'floor':9} {floor['write']:7.2f} {'':6} {floor['read']:7.2f}")


def compare_estimators(n_units, rounds, folder):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (8, 10, 320)).astype("f4")
    pipeline = make_pipeline(
        Seq2SeqAutoencoder(n_layers=2, n_units=n_units, max_epochs=0, random_state=0),
        StandardScaler(),
        LiblinearClassifier(),
    ).fit(X, [0, 1] * 4)
    expected = pipeline.predict(X)
    path = folder / "model"

    def dump_pickle():
        path.with_suffix(".pickle").write_bytes(pickle.dumps(pipeline))

    def load_pickle():
        return pickle.loads(path.with_suffix(".pickle").read_bytes())

    trusted = skops.io.get_untrusted_types(data=skops.io.dumps(pipeline))
    ours, joblibs, skopss = (
        path.with_suffix(f".{e}") for e in ("ours", "job", "skops")
    )
    ways = {
        "skaudeep": (
            lambda: save(pipeline, ours, overwrite=True),
            lambda: load(ours),
        ),
        "pickle": (dump_pickle, load_pickle),
        "joblib": (
            lambda: joblib.dump(pipeline, joblibs),
            lambda: joblib.load(joblibs),
        ),
        "skops": (
            lambda: skops.io.dump(pipeline, skopss),
            lambda: skops.io.load(skopss, trusted=trusted),
        ),
    }
    saved = in_turns({name: pair[0] for name, pair in ways.items()}, rounds)
    loaded = in_turns({name: pair[1] for name, pair in ways.items()}, rounds)
    assert (load(ours).predict(X) == expected).all()
    print(f"\npipeline with 2 x {n_units} units, {ours.stat().st_size / 2**20:.1f} MiB")
    print(f"{'':9} {'save ms':>8} {'ratio':>6} {'load ms':>8} {'ratio':>6}")
    for name in ways:
        print(
            f"{name:9} {1000 * saved[name]:8.1f} "
            f"{saved[name] / saved['skaudeep']:6.2f} {1000 * loaded[name]:8.1f} "
            f"{loaded[name] / loaded['skaudeep']:6.2f}"
        )


def compare_corpus(n_files, rounds, folder):
    root = folder / "corpus"
    for i in range(n_files):
        path = root / f"class{i % 5}" / f"{i:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def walk():
        return [path for path in sorted(root.rglob("*")) if path.is_file()]

    assert len(load_corpus(root).recordings) == len(walk())
    taken = in_turns({"load_corpus": lambda: load_corpus(root), "walk": walk}, rounds)
    print(f"\nfolder of {n_files} files, recognised and read")
    for name, value in taken.items():
        print(f"{name:12} {value:6.3f} s {value / taken['load_corpus']:6.2f}")


def main():
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small files, one round")
    options = parser.parse_args()
    short = options.short
    rounds = 0 if short else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare_formats(*((50, 16) if short else (5000, 1024)), rounds, folder)
        compare_estimators(8 if short else 256, rounds, folder)
        compare_corpus(100 if short else 5000, rounds, folder)


if __name__ == "__main__":
    main()
