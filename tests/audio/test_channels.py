"""Tests of ChannelSplitter and make_channel_union."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.pipeline import FeatureUnion, make_pipeline

from skaudeep.audio import (
    ChannelSplitter,
    MelSpectrogram,
    Recording,
    SequenceStatistics,
    make_channel_union,
)
from skaudeep.exceptions import AudioError

SOUNDS = Path(__file__).parents[1] / "data" / "stereo_sounds" / "audio"
WEIGHTS = {
    "mean": (0.5, 0.5),
    "left": (1, 0),
    "right": (0, 1),
    "difference": (0.5, -0.5),
    0: (1, 0),
    1: (0, 1),
}


@pytest.mark.parametrize("channel", WEIGHTS)
def test_paths_become_recordings_without_being_opened(channel):
    paths = ["nowhere/a.wav", Path("nowhere/b.wav"), Recording("c.wav", None, 1, 2)]
    views = ChannelSplitter(channel).fit_transform(paths)
    assert views.dtype == object
    assert views.tolist() == [
        Recording("nowhere/a.wav", channel),
        Recording("nowhere/b.wav", channel),
        Recording("c.wav", channel, 1, 2),
    ]


@pytest.mark.parametrize("channel", WEIGHTS)
def test_arrays_are_computed(stereo_signal, channel):
    expected = np.array(WEIGHTS[channel], dtype=np.float32) @ stereo_signal
    rectangle = ChannelSplitter(channel).fit_transform(stereo_signal[np.newaxis])
    assert rectangle.shape == (1, 4000)
    assert rectangle.dtype == np.float32
    np.testing.assert_array_equal(rectangle[0], expected)
    ragged = [stereo_signal, stereo_signal[:, :7].astype(np.float64)]
    collection = ChannelSplitter(channel).fit_transform(ragged)
    assert collection.dtype == object
    np.testing.assert_array_equal(collection[0], expected)
    np.testing.assert_array_equal(collection[1], expected[:7])
    assert collection[1].dtype == np.float32


@pytest.mark.parametrize("channel", ["mean", "left", "right", 0])
def test_mono_passes(rng, channel):
    X = rng.standard_normal((3, 20)).astype(np.float32)
    np.testing.assert_array_equal(ChannelSplitter(channel).fit_transform(X), X)
    np.testing.assert_array_equal(ChannelSplitter(channel).transform([X[0]])[0], X[0])


@pytest.mark.parametrize(
    ("channel", "n_channels", "message"),
    [
        (
            "difference",
            1,
            r"X\[0\]: channel='difference' needs two channels.*1 channel",
        ),
        (1, 1, r"X\[0\]: channel 1 does not exist.*1 channel \(allowed: 0 to 0\)"),
        (6, 6, r"X\[0\]: channel 6 does not exist.*6 channels \(allowed: 0 to 5\)"),
        ("left", 6, r"X\[0\]: channel='left' is only defined for stereo.*6 channels"),
        ("difference", 6, r"only defined for stereo.* an index from 0 to 5"),
    ],
)
def test_missing_channels_are_named(channel, n_channels, message):
    with pytest.raises(AudioError, match=message):
        ChannelSplitter(channel).fit_transform(np.ones((2, n_channels, 10)))


def test_mean_of_six_channels(rng):
    X = rng.standard_normal((2, 6, 30))
    np.testing.assert_allclose(
        ChannelSplitter().fit_transform(X), X.mean(axis=1), rtol=1e-5, atol=1e-6
    )


def test_a_view_of_a_view():
    left = Recording("a.wav", "left")
    assert ChannelSplitter("mean").transform([left])[0] is left
    with pytest.raises(AudioError, match=r"'a.wav' is already reduced .* 'left'"):
        ChannelSplitter("difference").transform([left])


@pytest.mark.parametrize("channel", ["middle", -1, 0.5, None])
def test_refuses_unknown_channels(channel):
    with pytest.raises(ValueError, match="'channel' parameter of ChannelSplitter must"):
        ChannelSplitter(channel).fit(["a.wav"])


def test_wrong_channel_of_a_file_is_named_when_decoded(tmp_path, stereo_signal):
    soundfile.write(tmp_path / "mono.wav", stereo_signal[0], 8000)
    pipeline = make_pipeline(ChannelSplitter("difference"), MelSpectrogram(n_mels=4))
    with pytest.raises(AudioError, match=r"mono.wav': channel='difference' needs two"):
        pipeline.fit_transform([tmp_path / "mono.wav"])


def test_union_fuses_the_views_in_order():
    paths = sorted(SOUNDS.glob("*.flac"))
    pipeline = make_pipeline(MelSpectrogram(n_mels=8, scale=None), SequenceStatistics())
    union = make_channel_union(pipeline)
    fused = union.fit_transform(paths)
    assert isinstance(union, FeatureUnion)
    assert fused.shape == (3, 4 * 16)
    for i, channel in enumerate(("mean", "left", "right", "difference")):
        views = ChannelSplitter(channel).transform(paths)
        alone = clone(pipeline).fit_transform(views)
        np.testing.assert_array_equal(fused[:, 16 * i : 16 * (i + 1)], alone)
        assert np.abs(fused[:, :16] - alone).max() > 1 or channel == "mean"


def test_union_clones_and_names():
    pipeline = make_pipeline(MelSpectrogram(n_mels=8), SequenceStatistics())
    union = make_channel_union(pipeline, channels=("left", 1))
    assert [name for name, _ in union.transformer_list] == ["left", "channel1"]
    union.set_params(left__melspectrogram__n_mels=5)
    assert pipeline[0].n_mels == 8
    assert union.get_params()["channel1__melspectrogram__n_mels"] == 8
    assert union.fit_transform([SOUNDS / "perc_swash.flac"]).shape == (1, 10 + 16)


def test_union_of_a_single_transformer():
    union = make_channel_union(SequenceStatistics(), channels=("mean",))
    assert [name for name, _ in union.transformer_list[0][1].steps] == [
        "channelsplitter",
        "sequencestatistics",
    ]
