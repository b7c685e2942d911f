"""Training on several devices: JAX, with a processor that passes for two."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("jax")

SCRIPT = """
import sys
sys.modules["tensorflow"] = None

import json
import keras
import numpy as np
from skaudeep._keras import _pool, batch_multiple, borrow
from skaudeep.representation import Seq2SeqAutoencoder

def fit(X):
    params = dict(batch_size=6, max_epochs=3, dropout=0.0, learning_rate=0.01)
    return Seq2SeqAutoencoder(1, 4, **params, random_state=0).fit(X)

def placement(array):
    return [len(array.sharding.device_set), array.sharding.is_fully_replicated]

def numbers(model, X):
    return {"loss": model.history_["loss"], "features": model.transform(X).tolist()}

rng = np.random.default_rng(0)
# Batches of 6, 6 and 3: the last one is filled up.
even = rng.uniform(-1, 1, (15, 5, 3)).astype(np.float32)
ragged = [clip[: 2 + i % 3] for i, clip in enumerate(even)]
one = [numbers(fit(X), X) for X in (even, ragged)]
assert batch_multiple() == 1
keras.distribution.set_distribution(
    keras.distribution.DataParallel(devices=keras.distribution.list_devices())
)
assert batch_multiple() == 2
models = [fit(X) for X in (even, ragged)]
two = [numbers(model, X) for model, X in zip(models, (even, ragged))]
with borrow(models[0]._network_class(), models[0].config_) as compiled:
    compiled.start_training(0.01)
    frames, lengths, no_weight = compiled.to_device((even[:6], None, None))
    odd, = compiled.to_device((even[:5],))
    with compiled.training():
        compiled.train((frames, lengths, no_weight))
        parts = compiled._training_state
    report = {
        "frames": placement(frames),
        "rows": sorted(s.data.shape[0] for s in frames.addressable_shards),
        "odd": placement(odd),
        "variables": [placement(value) for part in parts for value in part],
    }
assert len(_pool._pool) == 2
print(json.dumps({"one": one, "two": two, **report}))
"""


def test_two_devices_give_the_numbers_of_one():
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    for one, two in zip(report["one"], report["two"], strict=True):
        np.testing.assert_allclose(two["loss"], one["loss"], rtol=1e-4)
        np.testing.assert_allclose(two["features"], one["features"], atol=1e-4)
    assert report["frames"] == [2, False]
    assert report["rows"] == [3, 3]
    assert report["odd"] == [2, True]
    assert report["variables"] == [[2, True]] * len(report["variables"])
