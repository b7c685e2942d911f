"""A small autoencoder and clips for it."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from skaudeep.representation import Seq2SeqAutoencoder

N_BANDS = 3


def small(**params):
    """One architecture for most tests: it is compiled once."""
    defaults = dict(
        n_layers=1,
        n_units=4,
        bidirectional_encoder=False,
        teacher_forcing="leak_free",
        pooling=None,
        max_epochs=2,
        batch_size=8,
        random_state=0,
    )
    return Seq2SeqAutoencoder(**{**defaults, **params})


def make_clips():
    """Noise of 3 to 8 frames: nothing to learn, everything to compute."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 9, 20)
    return [rng.uniform(-1, 1, (n, N_BANDS)).astype(np.float32) for n in lengths]


def make_tones(n_clips=20, low=3, high=9, seed=0):
    """Clips that a small network can learn: a slow tone in each band."""
    rng = np.random.default_rng(seed)
    clips = []
    for n_frames in rng.integers(low, high, n_clips):
        time = np.arange(n_frames)[:, None]
        phase, rate = rng.uniform(0, 6, N_BANDS), rng.uniform(0.2, 0.6)
        clips.append((0.8 * np.sin(rate * time + phase)).astype(np.float32))
    return clips


CLIPS = make_clips()


def assert_same_weights(first, second):
    assert len(first.weights_) == len(second.weights_)
    for one, other in zip(first.weights_, second.weights_, strict=True):
        np.testing.assert_array_equal(one, other)
