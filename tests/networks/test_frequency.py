"""Sequences along frequency."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from architectures import N_BANDS, NOT_TOLD, UNI, build, clips
from backends import call, to_numpy

# Bands, width, overlap, and the number of windows and blocks.
CUTS = [
    (320, 32, 24, 37, 40),
    (8, 4, 2, 3, 4),
    (5, 3, 1, 2, 3),
    # One surplus band, which the published tool drops.
    (9, 4, 2, 4, 5),
    (6, 4, 3, 3, 6),
    (7, 3, 0, 3, 3),
    # Fewer bands than a window has.
    (5, 32, 24, 1, 1),
    (20, 32, 24, 1, 3),
]


def cut(n_bands, width, overlap):
    from skaudeep.networks.frequency import BandWindows

    return BandWindows(n_bands, width, overlap)


@pytest.mark.parametrize(("n_bands", "width", "overlap", "n", "_"), CUTS)
def test_windows_hold_every_band(n_bands, width, overlap, n, _):
    bands = cut(n_bands, width, overlap)
    frames = 1 + np.arange(2 * n_bands, dtype="f4").reshape(2, n_bands)
    windows = to_numpy(bands.windows(frames))
    assert windows.shape == (2, n, min(width, n_bands))
    assert bands.n_windows == n
    surplus = (n_bands - width) % (width - overlap) if n_bands > width else 0
    if surplus == 0:
        assert n == max(n_bands - width, 0) // (width - overlap) + 1
    for k in range(n):
        first = k * (width - overlap)
        expected = frames[:, first : first + width]
        np.testing.assert_array_equal(windows[:, k, : expected.shape[1]], expected)
        assert (windows[:, k, expected.shape[1] :] == 0).all()
    assert set(frames.ravel()) <= set(windows.ravel())


@pytest.mark.parametrize(("n_bands", "width", "overlap", "_", "n"), CUTS)
def test_blocks_and_back(n_bands, width, overlap, _, n):
    bands = cut(n_bands, width, overlap)
    frames = np.random.default_rng(0).uniform(-1, 1, (3, n_bands)).astype("f4")
    blocks = to_numpy(bands.blocks(frames))
    assert blocks.shape == (3, n, min(width - overlap, n_bands))
    np.testing.assert_array_equal(to_numpy(bands.frames(blocks)), frames)


def test_preceding_values():
    from skaudeep.networks.frequency import preceding_values

    blocks = np.arange(1, 9, dtype="f4").reshape(1, 4, 2)
    told = to_numpy(preceding_values(blocks, 3))
    np.testing.assert_array_equal(told[0], [[0, 0, 0], [0, 1, 2], [2, 3, 4], [4, 5, 6]])


@pytest.mark.parametrize("axis", ["frequency", "frequency_time"])
@pytest.mark.parametrize("directions", [{}, UNI], ids=["both-ways", "one-way"])
def test_no_block_of_bands_is_told_what_it_has_to_make(axis, directions):
    network, _ = build(axis=axis, **directions)
    frames = clips(1, 3)
    code = call(network, "encode", frames)
    before = call(network, "decode", code, frames)[0]
    hop = 2
    for t in range(3):
        for band in range(N_BANDS):
            changed = frames.copy()
            changed[0, t, band] += 0.5
            change = np.abs(call(network, "decode", code, changed)[0] - before)
            block = slice(band // hop * hop, band // hop * hop + hop)
            assert (change[t, block] == 0).all()
            below, above = change[t, : block.start], change[t, block.stop :]
            # The first direction goes downwards, the second upwards.
            assert (below > 1e-6).all()
            assert (above > 1e-6).all() if not directions else (above == 0).all()
            earlier, later = change[:t], change[t + 1 :]
            if axis == "frequency":
                assert (np.delete(change, t, axis=0) == 0).all()
            else:
                assert (earlier > 1e-6).all()
                assert (later > 1e-6).all() if not directions else (later == 0).all()


def test_representation_is_the_mean_of_the_codes_of_real_frames():
    network, _ = build(axis="frequency")
    frames, lengths = clips(3, 4), np.array([4, 2, 1], "int32")
    codes = call(network, "encode_frames", frames, lengths)
    assert codes.shape == (3, 4, network.n_representation)
    means = call(network, "encode", frames, lengths)
    for mean, code, n in zip(means, codes, lengths, strict=True):
        np.testing.assert_allclose(mean, code[:n].mean(axis=0), atol=1e-6)


def test_codes_of_frames_or_one_for_all():
    network, _ = build(axis="frequency", **NOT_TOLD)
    frames = clips(2, 3)
    code = call(network, "encode", frames)
    made = call(network, "decode", code, frames)
    np.testing.assert_allclose(made, made[:, :1].repeat(3, 1), atol=1e-6)
    each = call(network, "decode", code[:, None].repeat(3, 1), frames)
    np.testing.assert_allclose(each, made, atol=1e-6)


def test_windows_wider_than_the_frame():
    network, _ = build(axis="frequency_time", band_window=32, band_overlap=24)
    frames, lengths = clips(2, 3), np.array([3, 2], "int32")
    code = call(network, "encode", frames, lengths)
    assert call(network, "decode", code, frames, lengths).shape == frames.shape
