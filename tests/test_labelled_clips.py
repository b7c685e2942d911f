"""Batches of clips with targets and weights."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep._labelled_clips import LabelledClips


class Network:
    """Its loss is the weighted mean of the targets."""

    def loss(self, batch):
        *_, targets, weights = batch
        return (targets * weights).sum() / weights.sum()


@pytest.fixture(params=[False, True], ids=["ragged", "static shapes"])
def shapes(request, monkeypatch):
    """Batches as they are, and filled up as JAX wants them."""
    target = "skaudeep._sequence_batches.has_static_shapes"
    monkeypatch.setattr(target, lambda: request.param)


def make_data(weight, n_frames=(3, 3, 5, 1, 3)):
    X = [np.full((n, 2), i, np.float32) for i, n in enumerate(n_frames)]
    targets = np.arange(10, dtype=np.float32).reshape(5, 2)
    return LabelledClips(X, targets, weight, np.zeros(5, int))


def test_mean_loss_does_not_depend_on_the_batches(shapes):
    weight = np.random.default_rng(0).uniform(0, 3, (5, 2)).astype(np.float32)
    data = make_data(weight)
    expected = (data.targets * weight).sum() / weight.sum()
    for size in (1, 2, 5):
        loss = data.mean_loss(Network(), None, size)
        assert loss == pytest.approx(expected, rel=1e-6)


def test_every_clip_has_its_own_targets_and_weights(shapes):
    weight = np.arange(1, 11, dtype=np.float32).reshape(5, 2)
    seen = []
    data = make_data(weight)
    for batch, total in data.batches(None, 3, max_padding=1.0):
        *_, weights = batch
        assert total == weights.sum()
        for clip, length, target, own in zip(*batch, strict=True):
            if length:
                i = int(clip[0, 0])
                seen.append(i)
                np.testing.assert_array_equal(target, data.targets[i])
                np.testing.assert_array_equal(own, weight[i])
            else:
                assert not own.any()
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_clips_without_weight_are_not_trained_on():
    weight = np.ones((5, 2), np.float32)
    weight[1] = 0
    weight[2, 0] = 0
    assert make_data(weight).present.tolist() == [0, 2, 3, 4]
    with pytest.raises(ValueError, match="All sample weights .* are zero"):
        make_data(0 * weight)


@pytest.mark.parametrize("wrong", [-2.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(wrong):
    weight = np.ones((5, 2), np.float32)
    weight[3, 1] = wrong
    with pytest.raises(ValueError, match=f"finite and not negative, got {wrong}"):
        make_data(weight)


def test_the_fingerprint_knows_targets_and_weights():
    weight = np.ones((5, 2), np.float32)
    data = make_data(weight)
    assert make_data(weight.copy()).fingerprint() == data.fingerprint()
    assert make_data(2 * weight).fingerprint() != data.fingerprint()
    data.targets = data.targets + 1
    assert make_data(weight).fingerprint() != data.fingerprint()
