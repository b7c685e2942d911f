"""Tests of SpectrogramPicture: Deep Spectrum's pictures, and what a picture must be."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from skaudeep.audio import MelSpectrogram, Spectrogram, SpectrogramPicture
from skaudeep.audio._picture_maps import colour_map_names, colour_table, overlaps

GOLDEN = Path(__file__).parents[1] / "reference" / "deepspectrum"
MEL = {"axis_warp": "mel", "f_max": 8000}
PICTURES = {
    "chroma_viridis": {},
    "mel128_1s_viridis": MEL,
    "mel128_delta1_viridis": MEL,
    "mel128_magma": {**MEL, "colour_map": "magma"},
    "mel128_size387_viridis": {**MEL, "size": 387},
    "mel128_viridis": MEL,
    "mel128_ylim4000_viridis": {**MEL, "f_max": 4000},
    "spectrogram_delta1_viridis": {"axis_warp": "linear"},
    "spectrogram_log_viridis": {"axis_warp": "log", "f_max": 8000},
    "spectrogram_melscale_viridis": MEL,
    "spectrogram_nfft256_viridis": {"axis_warp": "linear"},
    "spectrogram_viridis": {"axis_warp": "linear"},
    "spectrogram_ylim4000_viridis": {
        "axis_warp": "linear",
        "f_max": 8000,
        "frequency_limit": 4000,
    },
}


def draw(clips, *args, **options):
    return SpectrogramPicture(*args, **options).fit_transform(clips)


@pytest.mark.parametrize("name", PICTURES)
def test_deep_spectrum_pixel_by_pixel(name):
    golden = np.load(GOLDEN / f"{name}.npz")
    options = {"size": 227, **PICTURES[name]}
    picture = draw([golden["matrix"].T], **options)[0]
    np.testing.assert_array_equal(picture, golden["rgb"])


def test_all_golden_pictures_are_compared():
    files = {path.stem for path in GOLDEN.glob("*.npz")} - {"signal"}
    assert files == set(PICTURES)
    assert len(files) == 13


@pytest.mark.parametrize(
    ("front", "name"),
    [
        (MelSpectrogram, "mel128_viridis"),
        (Spectrogram, "spectrogram_viridis"),
    ],
)
def test_deep_spectrum_from_the_sound(front, name):
    golden, signal = np.load(GOLDEN / f"{name}.npz"), np.load(GOLDEN / "signal.npz")
    front = front(16000, window_width=0.032, window_overlap=0.016, scale=None)
    sequences = front.fit_transform(signal["y"][np.newaxis])
    picture = draw(sequences, size=227, **PICTURES[name])[0]
    # Decibels differ in the sixth decimal, which moves a pixel to the next colour.
    different = (picture != golden["rgb"]).any(axis=-1)
    assert different.mean() < 1e-4


def test_time_runs_right_and_frequency_up():
    clip = np.zeros((10, 5))
    clip[7, 4] = 1  # late and high
    picture = draw([clip], "gray", size=10)[0, :, :, 0]
    rows, columns = np.nonzero(picture)
    assert set(rows) == {0, 1}
    assert set(columns) == {7}


@pytest.mark.parametrize("resample", ["nearest", "area"])
def test_of_its_own_size_every_value_is_a_pixel(rng, resample):
    clip = rng.integers(0, 256, (20, 20)).astype("f4")
    picture = draw([clip], "gray", size=20, resample=resample, value_range=(0, 256))
    gray = np.round(255 * matplotlib.colormaps["gray"](np.arange(256))[:, 0])
    np.testing.assert_array_equal(picture[0, :, :, 0], gray[clip.astype(int)].T[::-1])


@pytest.mark.parametrize(("n_frames", "n_bands"), [(64, 48), (35, 7), (1, 1), (5, 90)])
def test_area_is_the_mean_of_what_a_pixel_covers(rng, n_frames, n_bands):
    clip = rng.random((n_frames, n_bands)).astype("f4")
    size = 16
    # Every value as often as makes a whole number of them a pixel.
    fine = np.repeat(np.repeat(clip, size, axis=0), size, axis=1)
    blocks = fine.reshape(size, n_frames, size, n_bands).mean(axis=(1, 3))
    expected = np.clip(blocks * 256, 0, 255)
    picture = draw([clip], "gray", size=size, resample="area", value_range=(0, 1))
    shown = picture[0, ::-1, :, 0].T.astype(float)
    assert np.abs(shown - np.floor(expected)).max() <= 1


@pytest.mark.parametrize("resample", ["nearest", "area"])
def test_a_clip_longer_than_the_picture_is_wide(rng, resample):
    clip = rng.random((3000, 9)).astype("f4")
    picture = draw([clip], "gray", size=30, resample=resample, value_range=(0, 1))
    assert picture.shape == (1, 30, 30, 3)
    # The mean of a hundred values hardly varies, single values do.
    assert (picture.std() < 12) == (resample == "area")


def test_shares_sum_to_one_and_follow_the_edges():
    edges = np.array([0.0, 0.5, 3.0, 4.0])
    shares = overlaps(edges, 2, 4.0).toarray()
    np.testing.assert_allclose(shares, [[0.25, 0.75, 0], [0, 0.5, 0.5]])
    cropped = overlaps(edges, 3, 3.0).toarray()
    np.testing.assert_allclose(cropped, [[0.5, 0.5, 0], [0, 1, 0], [0, 1, 0]])


def test_every_colour_map_of_matplotlib():
    clip = np.linspace(0, 1, 1000)[:, np.newaxis]
    for name in matplotlib.colormaps:
        picture = draw([clip], name, size=1000)[0]
        colours = matplotlib.colormaps[name]
        expected = np.round(255 * colours(np.array([0.0, 1.0]))[:, :3])
        np.testing.assert_array_equal(picture[0, [0, -1]], expected, err_msg=name)


@pytest.mark.parametrize("suffix", ["", "_r"])
def test_the_former_name_of_a_map(suffix):
    table = colour_table("vega20b" + suffix)
    assert len(table) == 20
    np.testing.assert_array_equal(table, colour_table("tab20b" + suffix))
    assert "vega20b" in colour_map_names()


def test_range_of_the_clip_and_a_fixed_one():
    clips = [np.array([[0.0], [1.0]]), np.array([[0.0], [4.0]])]
    own = draw(clips, "gray", size=2)
    np.testing.assert_array_equal(own[0], own[1])
    fixed = draw(clips, "gray", size=2, value_range=(0, 2))
    assert fixed[:, 0, 1, 0].tolist() == [128, 255]
    below = draw([np.array([[-9.0], [9.0]])], "gray", size=2, value_range=(0, 2))
    assert below[0, 0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("value", [0.0, -80.0, 1e30])
@pytest.mark.parametrize("resample", ["nearest", "area"])
def test_a_clip_of_one_level_is_of_the_first_colour(value, resample):
    picture = draw([np.full((7, 3), value)], size=4, resample=resample)
    assert (picture == colour_table("viridis")[0]).all()


def test_clips_are_drawn_one_by_one(rng):
    clips = [rng.random((n, 12)) for n in (1, 8, 30, 500)]
    together = draw(clips, size=32, n_jobs=2)
    for clip, picture in zip(clips, together, strict=True):
        np.testing.assert_array_equal(draw([clip], size=32)[0], picture)
    rectangle = draw(np.stack([clips[1]] * 2), size=32)
    np.testing.assert_array_equal(rectangle, together[[1, 1]])


def test_edges_of_ones_own(rng):
    clip = rng.random((6, 3))
    equal = draw([clip], size=30)
    np.testing.assert_array_equal(equal, draw([clip], size=30, axis_warp=[0, 1, 2, 3]))
    picture = draw([clip], "gray", size=30, axis_warp=[5, 6, 7, 35])[0]
    rows = [len(np.unique(picture[k], axis=0)) > 0 for k in range(30)]
    assert all(rows)
    # The highest band fills all but the two lowest rows.
    assert (picture[:28] == picture[0]).all()
    assert not (picture[29] == picture[28]).all()


def test_pickle_and_no_fit_needed(rng):
    clips = [rng.random((8, 4))]
    picture = SpectrogramPicture("magma", size=12)
    expected = picture.transform(clips)
    again = pickle.loads(pickle.dumps(picture.fit(clips)))
    np.testing.assert_array_equal(again.transform(clips), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour_map": "virdis"}, "colour_map must be one of.*'virdis'"),
        ({"axis_warp": "mel"}, "f_max must be given with axis_warp='mel'"),
        ({"axis_warp": [0, 1, 1, 3, 4]}, "axis_warp must be 5 increasing finite"),
        ({"axis_warp": [0, 1, 2]}, "axis_warp must be 5 increasing finite"),
        ({"axis_warp": [0, 1, 2, 3, np.inf]}, "increasing finite numbers"),
        ({"frequency_limit": 100}, "frequency_limit needs the frequencies"),
        (
            {"axis_warp": "linear", "f_max": 100, "frequency_limit": 101},
            "at most f_max=100",
        ),
        ({"value_range": (1, 1)}, "value_range must be 'clip' or two increasing"),
        ({"value_range": (0, np.inf)}, "value_range must be"),
        ({"size": 0}, "'size' parameter"),
        ({"resample": "cubic"}, "'resample' parameter"),
    ],
)
def test_bad_parameters(options, message):
    clips = [np.eye(4)]
    with pytest.raises(ValueError, match=message):
        SpectrogramPicture(**options).fit(clips)
    with pytest.raises(ValueError, match=message):
        SpectrogramPicture(**options).transform(clips)


def test_a_missing_clip_is_refused():
    clips = [np.eye(4), np.full((1, 4), np.nan)]
    with pytest.raises(ValueError, match=r"X\[1\] is missing .* DeepSpectrum"):
        SpectrogramPicture().fit_transform(clips)


def test_another_number_of_bands_is_refused():
    picture = SpectrogramPicture().fit([np.eye(4)])
    with pytest.raises(ValueError, match="X has 5 bands a frame, but"):
        picture.transform([np.eye(5)])
