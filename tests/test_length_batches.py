"""Batches by length: how much of them is padding, which clips meet in them."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep._length_batches import length_batches


def _log_normal(rng, n_clips):
    return np.maximum(1, rng.lognormal(np.log(100), 0.5, n_clips).round().astype(int))


def _padding(lengths, batches):
    return 1 - lengths.sum() / sum(lengths[b].max() * len(b) for b in batches)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("n_clips", "batch_size", "most"),
    [(40, 64, 40), (300, 16, 22), (1000, 64, 19), (1000, 256, 18), (5000, 64, 79)],
)
def test_a_tenth_is_padding_at_most(n_clips, batch_size, most, seed):
    rng = np.random.default_rng(seed)
    lengths = _log_normal(rng, n_clips)
    shuffled = np.array_split(rng.permutation(n_clips), -(-n_clips // batch_size))
    assert _padding(lengths, shuffled) > 0.4
    for generator in (None, rng):
        batches = length_batches(lengths, batch_size, generator)
        assert _padding(lengths, batches) <= 0.1
        assert max(map(len, batches)) <= batch_size
        # No more batches than that takes.
        assert len(batches) <= most
        np.testing.assert_array_equal(
            np.sort(np.concatenate(batches)), np.arange(n_clips)
        )
        for batch in batches:
            assert (np.diff(lengths[batch]) <= 0).all()


def test_lengths_of_any_kind_are_batched(rng):
    for lengths in ([7], [1, 1000, 1], np.arange(1, 30), 2 ** np.arange(12)):
        lengths = np.array(lengths)
        for generator in (None, rng):
            batches = length_batches(lengths, 8, generator)
            assert _padding(lengths, batches) <= 0.1 + 1e-12
            assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert length_batches(np.array([], dtype=int), 8) == []


def test_batches_are_as_few_as_can_be_if_padding_does_not_matter(rng):
    lengths = _log_normal(rng, 100)
    sizes = [len(b) for b in length_batches(lengths, 32, max_padding=1.0)]
    assert sizes == [32, 32, 32, 4]


def test_order_of_inference_is_by_length(rng):
    lengths = rng.integers(1, 30, 50)
    in_order = np.concatenate(length_batches(lengths, 8))
    np.testing.assert_array_equal(in_order, np.argsort(-lengths, kind="stable"))


def _companions(batches, n_clips):
    """Boolean matrix: which clips share a batch."""
    number = np.empty(n_clips, dtype=int)
    for i, batch in enumerate(batches):
        number[batch] = i
    return number == number[:, np.newaxis]


def test_batches_differ_between_epochs():
    rng = np.random.default_rng(0)
    lengths = _log_normal(rng, 1000)
    one, two = (length_batches(lengths, 64, rng) for _ in range(2))
    together = _companions(one, 1000)
    assert 0.3 < (together & _companions(two, 1000)).sum() / together.sum() < 0.75
    # Nor do long clips always come first.
    longest = [[lengths[batch].max() for batch in batches] for batches in (one, two)]
    assert longest[0] != longest[1]
    assert longest[0] != sorted(longest[0], reverse=True)


def test_batches_of_equal_clips_are_a_permutation():
    lengths = np.full(60, 5)
    rng = np.random.default_rng(0)
    epochs = [length_batches(lengths, 16, rng) for _ in range(2)]
    for batches in epochs:
        assert sorted(map(len, batches)) == [12, 16, 16, 16]
        assert sorted(np.concatenate(batches)) == list(range(60))
    one, two = map(np.concatenate, epochs)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, np.sort(one))
    # One of 60! orders: each clip is found anywhere.
    places = [
        np.argmax(np.concatenate(length_batches(lengths, 16, rng)) == 0)
        for _ in range(200)
    ]
    assert len(set(places)) > 40
