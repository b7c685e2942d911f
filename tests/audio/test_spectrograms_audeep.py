"""Tests of numerics="audeep" against arrays that auDeep computed."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from skaudeep.audio import ChannelSplitter, Chunker, MelSpectrogram, Spectrogram

GOLDEN = np.load(Path(__file__).parents[1] / "reference" / "audeep/spectrograms.npz")
CHECKSUM = "a5364d0848b16cc0cc4ec03825ea59eedbc146adce45b6ffbc9f97dbdb5dfb35"
MODES = {"mean": "mean", "left": "left", "right": "right", "difference": "diff"}
WIDE = {"window_width": 0.2, "window_overlap": 0.1, "n_mels": 320}


def _signed_fraction(n, k):
    return np.modf(np.sin((n + 1) * 12.9898 + 78.233 * k) * 43758.5453)[0]


@pytest.fixture(scope="module")
def wav44(tmp_path_factory):
    """The 10 s, 44.1 kHz signal of the reference's README as a wav file."""
    n = np.arange(441000)
    t = n / 44100
    sweep = 0.20 * np.sin(2 * np.pi * (200 * t + 300 * t**2)) * np.exp(-0.2 * t)
    left = 0.30 * np.sin(2 * np.pi * 440 * t) + sweep
    beat = 0.25 * np.sin(2 * np.pi * 660 * t) * (0.5 + 0.5 * np.sin(3 * np.pi * t))
    right = beat + 0.15 * np.sin(2 * np.pi * 5000 * t)
    stereo = [
        left + 0.02 * _signed_fraction(n, 1),
        right + 0.02 * _signed_fraction(n, 2),
    ]
    pcm = np.round(32767 * np.stack(stereo, axis=1)).astype(np.int16)
    if hashlib.sha256(pcm.tobytes()).hexdigest() != CHECKSUM:
        pytest.skip("this libm's sine differs in its last bits from the reference's")
    return _write(tmp_path_factory, pcm, 44100)


@pytest.fixture(scope="module")
def wav16(tmp_path_factory):
    """The 3.3 s, 16 kHz signal, which is stored."""
    return _write(tmp_path_factory, GOLDEN["wav_16000_stereo_int16"], 16000)


def _write(tmp_path_factory, pcm, sample_rate):
    path = tmp_path_factory.mktemp("audeep") / "golden.wav"
    soundfile.write(path, pcm, sample_rate, subtype="PCM_16")
    return path


def _mel(**parameters):
    return MelSpectrogram(**{"numerics": "audeep", "pre_emphasis": 0.95, **parameters})


def _assert_scaled(actual, name):
    np.testing.assert_allclose(actual, GOLDEN[name], rtol=0, atol=1e-5)


def _assert_decibels(actual, name):
    np.testing.assert_allclose(actual, GOLDEN[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize("channel", MODES)
def test_channel_modes(wav44, channel):
    recordings = ChannelSplitter(channel).transform([wav44])
    (clip,) = _mel(**WIDE).transform(recordings)
    _assert_scaled(clip, f"norm_mel320_w0.2_o0.1_{MODES[channel]}")


def test_decibels(wav44):
    (clip,) = _mel(**WIDE, scale=None).transform([wav44])
    _assert_decibels(clip, "db_mel320_w0.2_o0.1_mean")


def test_decibels_without_pre_emphasis(wav44):
    (clip,) = _mel(**WIDE, scale=None, pre_emphasis=0.0).transform([wav44])
    _assert_decibels(clip, "db_mel320_w0.2_o0.1_mean_noemph")


def test_clip_below(wav44):
    (clip,) = _mel(clip_below=-60).transform([wav44])
    _assert_scaled(clip, "norm_mel128_w0.08_o0.04_mean_clip-60")


def test_clip_below_and_above(wav44):
    mel = _mel(clip_below=-30, clip_above=-10, scale=None)
    _assert_decibels(
        mel.transform([wav44])[0], "db_mel128_w0.08_o0.04_mean_clip-30_-10"
    )


@pytest.mark.parametrize(("align", "suffix"), [("start", ""), ("center", "_center")])
def test_cut_to_five_seconds(wav44, align, suffix):
    recordings = ChannelSplitter("left").transform([wav44])
    (clip,) = _mel(n_mels=40, duration=5, align=align).transform(recordings)
    _assert_scaled(clip, f"norm_mel40_w0.08_o0.04_left_fixed5{suffix}")


@pytest.mark.parametrize(
    ("align", "suffix"), [("start", "pad"), ("center", "centerpad")]
)
def test_padded_to_five_seconds(wav16, align, suffix):
    (clip,) = _mel(n_mels=40, duration=5, align=align).transform([wav16])
    _assert_scaled(clip, f"norm_mel40_w0.08_o0.04_mean_16k_fixed5_{suffix}")


def test_chunks_see_the_sample_before_their_start(wav16):
    # Its chunk of 1 s has 25 frames, which reach 0.04 s into the next chunk.
    chunks = Chunker(width=1.04, hop=1.0, count=3).fit_transform([wav16])
    clips = _mel(n_mels=40).transform(chunks)
    assert clips.shape == (3, 25, 40)
    for i, clip in enumerate(clips):
        _assert_scaled(clip, f"norm_mel40_w0.08_o0.04_mean_16k_chunks_chunk{i}")


def test_linear_frequency(wav16):
    spectrogram = Spectrogram(
        window_width=0.04, window_overlap=0.02, numerics="audeep", pre_emphasis=0.95
    )
    (clip,) = spectrogram.transform([wav16])
    _assert_scaled(clip, "norm_linear_w0.04_o0.02_mean_16k")


def test_power_before_the_filter_bank(wav44):
    spectrogram = Spectrogram(
        window_width=0.2,
        window_overlap=0.1,
        numerics="audeep",
        pre_emphasis=0.95,
        reference=1.0,
        scale=None,
    )
    (clip,) = spectrogram.transform([wav44])
    expected = 10 * np.log10(GOLDEN["power_w0.2_mean_preemph_frames0_49_98"])
    np.testing.assert_allclose(clip[[0, 49, 98]], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("amplitude", ["power", "magnitude"])
def test_linear_amplitudes_are_what_audeep_takes_the_logarithm_of(wav44, amplitude):
    spectrogram = Spectrogram(
        window_width=0.2,
        window_overlap=0.1,
        amplitude=amplitude,
        numerics="audeep",
        pre_emphasis=0.95,
        reference=1.0,
        scale=None,
    )
    (clip,) = spectrogram.transform([wav44])
    expected = GOLDEN["power_w0.2_mean_preemph_frames0_49_98"]
    expected = expected if amplitude == "power" else np.sqrt(expected)
    np.testing.assert_allclose(clip[[0, 49, 98]], expected, rtol=1e-5)


@pytest.mark.parametrize("mel_norm", ["slaney", None])
def test_triangles_have_their_own_height(wav16, mel_norm):
    (clip,) = _mel(n_mels=40, mel_norm=mel_norm, duration=5).transform([wav16])
    _assert_scaled(clip, "norm_mel40_w0.08_o0.04_mean_16k_fixed5_pad")


def test_times_and_frequencies():
    mel = _mel(**WIDE, sample_rate=44100)
    np.testing.assert_allclose(mel.frame_times(99), GOLDEN["times_w0.2_o0.1"])
    np.testing.assert_allclose(
        mel.band_frequencies(), GOLDEN["mel320_centres_hz_44100_w0.2"]
    )
