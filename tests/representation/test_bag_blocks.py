"""Tests that no clip feels its neighbours, and that memory stays bounded."""
# SPDX-License-Identifier: BSD-3-Clause

import threading
import tracemalloc

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture
from threadpoolctl import ThreadpoolController, threadpool_limits

from skaudeep.representation import BagOfDeepFeatures
from skaudeep.representation._bags import quantization

KINDS = {
    "counts": {},
    "gaussian": {"gaussian": 0.7},
    "raw": {"normalize_input": None},
    "standardize": {"normalize_input": "standardize", "gaussian": 2.0},
    "mixture": {
        "codebook": GaussianMixture(covariance_type="diag", random_state=0),
        "max_frames": 500,
    },
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture
def clips(rng):
    """More frames than a block holds, in clips that no block holds whole."""
    counts = (700, 3, 1, 520, 41, 1100, 2)
    return [rng.standard_normal((n, 40)).astype(np.float32) for n in counts]


def fitted(clips, **params):
    return BagOfDeepFeatures(9, n_assignments=3, random_state=0, **params).fit(clips)


def test_clips_do_not_feel_each_other(clips, kind):
    bag = fitted(clips, **kind)
    bags = bag.transform(clips)
    order = [4, 2, 6, 0, 5, 1, 3]
    np.testing.assert_array_equal(bag.transform([clips[i] for i in order]), bags[order])
    for clip, row in zip(clips, bags, strict=True):
        np.testing.assert_array_equal(bag.transform([clip])[0], row)


def increments(bag, X):
    """What every frame adds, one clip after another, as the search has it."""
    frames = quantization.Frames(X, np.arange(len(X)))
    blocks = quantization.quantize(frames, bag._books())
    return np.concatenate([block[2][0][1] for block in blocks])


@pytest.mark.parametrize("rectangle", [False, True])
def test_distances_do_not_depend_on_neighbours(clips, rng, rectangle):
    """Bit for bit; counts alone hide it until two words are nearly as near."""
    X = rng.standard_normal((13, 60, 40)).astype(np.float32) if rectangle else clips
    bag = fitted(X, gaussian=0.7, normalize_input=None)
    together = np.split(increments(bag, X), np.cumsum([len(clip) for clip in X]))
    for i, expected in enumerate(together[:-1]):
        np.testing.assert_array_equal(increments(bag, X[i : i + 1]), expected)


def test_distances_do_not_depend_on_the_threads_of_blas(rng):
    # In such shapes two threads round in another way than one.
    X = rng.standard_normal((4, 512, 513)).astype(np.float32)
    bag = fitted(X, gaussian=20.0, normalize_input=None)
    expected = increments(bag, X)
    with threadpool_limits(1):
        np.testing.assert_array_equal(increments(bag, X), expected)


def test_order_of_frames_does_not_matter(clips, rng):
    bag = fitted(clips)
    mixed = [rng.permutation(clip) for clip in clips]
    np.testing.assert_array_equal(bag.transform(mixed), bag.transform(clips))


def test_containers_give_the_same(rng, kind):
    block = rng.standard_normal((13, 60, 40)).astype(np.float32)
    bag = fitted(block, **kind)
    expected = bag.transform(block)
    ragged = [*block, block[0, :5]]
    np.testing.assert_array_equal(bag.transform(ragged)[:-1], expected)
    strided = np.asfortranarray(block)
    np.testing.assert_array_equal(bag.transform(strided), expected)
    np.testing.assert_array_equal(bag.transform(block.astype(np.float64)), expected)
    again = fitted(list(block), **kind)
    np.testing.assert_array_equal(again.codebook_, bag.codebook_)


def test_threads_change_no_bit(clips, kind):
    expected = fitted(clips, n_jobs=1, **kind).transform(clips)
    for n_jobs in (2, 3, None):
        bags = fitted(clips, n_jobs=n_jobs, **kind).transform(clips)
        np.testing.assert_array_equal(bags, expected)
    with threadpool_limits(1):
        np.testing.assert_array_equal(fitted(clips, **kind).transform(clips), expected)


def test_blas_has_its_threads_back_after_concurrent_calls(clips):
    pools = ThreadpoolController().select(user_api="blas")
    bag, before = fitted(clips), pools.info()
    threads = [threading.Thread(target=bag.transform, args=(clips,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pools.info() == before


def test_large_codebooks_are_centred_part_by_part(clips, monkeypatch):
    far = [clip + 50 for clip in clips]
    bag = fitted(far, normalize_input=None, gaussian=3.0)
    expected, words = bag.transform(far), bag.assign(far)
    monkeypatch.setattr(quantization, "_CENTRED_BYTES", 1000)
    (book,) = bag._books()
    assert len(book._parts()) > 2
    np.testing.assert_allclose(bag.transform(far), expected, rtol=1e-4)
    np.testing.assert_array_equal(bag.assign(far)[5], words[5])


def test_blocks_become_smaller_not_larger(clips, monkeypatch):
    bag = fitted(clips)
    expected = bag.transform(clips)
    monkeypatch.setattr(quantization, "_BLOCK_BYTES", 20_000)
    sizes = []
    read = quantization.Frames.read

    def noted(frames, first, last, n_rows):
        sizes.append(n_rows)
        return read(frames, first, last, n_rows)

    monkeypatch.setattr(quantization.Frames, "read", noted)
    np.testing.assert_array_equal(bag.transform(clips), expected)
    assert set(sizes) == {32}


@pytest.mark.parametrize("ragged", [False, True])
def test_memory_is_bounded(rng, tmp_path, ragged):
    frames = rng.standard_normal((200, 300, 64), dtype=np.float32)  # 15 MB
    if ragged:
        X = [*frames, frames[0, :7]]
    else:
        np.save(tmp_path / "frames.npy", frames)
        X = np.load(tmp_path / "frames.npy", mmap_mode="r")
    bag = BagOfDeepFeatures(50, random_state=0, n_jobs=1)
    tracemalloc.start()
    bag.fit(X)
    fitting = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    bag.transform(X)
    transforming = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A block of 512 frames and its scores are less than 1 MB.
    assert fitting < 4e6
    assert transforming < 4e6
