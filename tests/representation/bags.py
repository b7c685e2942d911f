"""openXBOW's results and small clips, for the tests of the bags."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "reference" / "openxbow"


def load_golden():
    """All arrays of openXBOW, and its clips as "train" and "test"."""
    with np.load(FOLDER / "golden.npz") as file:
        golden = dict(file)
    for part in ("train", "test"):
        names, frames = golden[f"{part}_names"], golden[f"{part}_frames"]
        golden[part] = [frames[names == name] for name in dict.fromkeys(names)]
    return golden


def make_clips(rng, counts=(7, 1, 12, 9, 4), n_bands=3):
    """Clips of normal noise."""
    return [rng.standard_normal((n, n_bands)).astype(np.float32) for n in counts]
