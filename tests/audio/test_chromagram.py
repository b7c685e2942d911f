"""Tests of Chromagram against librosa itself and against Deep Spectrum's picture."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from pathlib import Path

import librosa
import numpy as np
import pytest

from skaudeep.audio import Chromagram
from skaudeep.audio._chroma import estimate_tuning

SOUND = (
    Path(__file__).parents[1] / "data" / "stereo_sounds" / "audio" / "elec_twang.flac"
)
GOLDEN = Path(__file__).parents[1] / "reference" / "deepspectrum"


@pytest.fixture(scope="module")
def signal():
    """A real sound, mono, at 44.1 kHz."""
    return librosa.load(SOUND, sr=None)[0]


def _sines(frequencies, sample_rate=16000, seconds=1.0):
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return sum(np.sin(2 * np.pi * f * t) for f in frequencies).astype(np.float32)


def _librosa(signal, sample_rate, n_fft, hop, **parameters):
    return librosa.feature.chroma_stft(
        y=signal,
        sr=sample_rate,
        n_fft=n_fft,
        hop_length=hop,
        center=False,
        **parameters,
    ).T


def test_equals_deep_spectrums_picture():
    clip = np.load(GOLDEN / "signal.npz")
    expected = np.load(GOLDEN / "chroma_viridis.npz")["matrix"].T
    chromagram = Chromagram(
        int(clip["sr"]), window_width=0.032, window_overlap=0.016, scale=None
    )
    (actual,) = chromagram.transform([clip["y"]])
    assert actual.shape == expected.shape == (311, 12)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("norm", ["max", "l1", "l2", None])
@pytest.mark.parametrize("tuning", [None, 0.0, 0.3, -0.25])
@pytest.mark.parametrize("n_chroma", [12, 24, 7])
def test_equals_librosa(signal, norm, tuning, n_chroma):
    expected = _librosa(
        signal,
        44100,
        3528,
        1764,
        norm={"max": np.inf, "l1": 1, "l2": 2, None: None}[norm],
        tuning=tuning,
        n_chroma=n_chroma,
    )
    chromagram = Chromagram(norm=norm, tuning=tuning, n_chroma=n_chroma, scale=None)
    (actual,) = chromagram.transform([SOUND])
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-7 * expected.max())


@pytest.mark.parametrize(
    ("width", "overlap"), [(0.2, 0.15), (0.032, 0.016), (0.035, 0)]
)
def test_windows_equal_librosa(signal, width, overlap):
    n_fft = int(width * 44100 + 1e-6)
    hop = n_fft - int(overlap * 44100 + 1e-6)
    chromagram = Chromagram(
        44100, window_width=width, window_overlap=overlap, scale=None
    )
    (actual,) = chromagram.transform([signal])
    expected = _librosa(signal, 44100, n_fft, hop)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-7)


def test_scale_maps_what_librosa_computes(signal):
    expected = _librosa(signal, 44100, 3528, 1764)
    low, high = expected.min(), expected.max()
    (actual,) = Chromagram(44100).transform([signal])
    np.testing.assert_allclose(
        actual, 2 * (expected - low) / (high - low) - 1, rtol=0, atol=4e-6
    )


# Tuning


@pytest.mark.parametrize("n_fft", [2, 3, 5, 64, 641, 1024, 3001])
@pytest.mark.parametrize("band", [(0.0, 4000.0), (300.0, 1200.0), (0.0, 100.0)])
def test_tuning_is_librosas(rng, n_fft, band):
    for n_chroma in (1, 12, 36):
        signal = _sines(rng.uniform(100, 3500, 5), 8000)
        signal += 0.1 * rng.standard_normal(8000).astype(np.float32)
        frames = librosa.stft(signal, n_fft=n_fft, hop_length=n_fft, center=False)
        power = np.abs(frames) ** 2
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Trying to estimate tuning from empty")
            expected = librosa.estimate_tuning(
                S=power,
                sr=8000,
                bins_per_octave=n_chroma,
                fmin=max(150, band[0]),
                fmax=min(4000, band[1]),
            )
        assert estimate_tuning(power.T, 8000, n_chroma, *band) == expected


@pytest.mark.parametrize("tuning", [-0.4, -0.13, 0.25, 0.48])
def test_tuning_is_found(tuning):
    scale = 440 * 2 ** ((np.array([-9, -5, -2, 3, 7]) + tuning) / 12)
    wide = {"window_width": 0.5, "window_overlap": 0.25}
    chromagram = Chromagram(16000, **wide, scale=None)
    signal = _sines(scale, seconds=3)
    (found,) = chromagram.transform([signal])
    (told,) = chromagram.set_params(tuning=tuning).transform([signal])
    np.testing.assert_allclose(found, told, atol=0.03)


def test_tuning_is_of_each_clip():
    clips = [_sines([440 * 2 ** (shift / 12)]) for shift in (0, 0.4)]
    chromagram = Chromagram(16000, scale=None)
    together = chromagram.transform(clips)
    for clip, alone in zip(clips, together, strict=True):
        np.testing.assert_array_equal(chromagram.transform([clip])[0], alone)


# Bands


@pytest.mark.parametrize(
    ("frequency", "pitch_class"), [(261.6, 0), (440, 9), (880, 9), (1864.7, 10)]
)
def test_pitch_classes_begin_with_c(frequency, pitch_class):
    chromagram = Chromagram(16000, window_width=0.2, window_overlap=0.1, tuning=0.0)
    (X,) = chromagram.transform([_sines([frequency])])
    assert (X.argmax(axis=1) == pitch_class).all()


@pytest.mark.parametrize("tuning", [None, 0.1])
@pytest.mark.parametrize(("f_min", "f_max"), [(0.0, 400.0), (400.0, None), (300, 500)])
def test_bins_outside_are_left_out(tuning, f_min, f_max, signal):
    n_fft, hop = 3528, 1764
    power = np.abs(librosa.stft(signal, n_fft=n_fft, hop_length=hop, center=False)) ** 2
    low, high = f_min, 22050 if f_max is None else f_max
    known = tuning
    if tuning is None:
        known = librosa.estimate_tuning(
            S=power, sr=44100, fmin=max(150, low), fmax=min(4000, high)
        )
    bins = librosa.fft_frequencies(sr=44100, n_fft=n_fft)
    power[(bins < low) | (bins > high)] = 0
    expected = librosa.feature.chroma_stft(S=power, sr=44100, tuning=known).T
    chromagram = Chromagram(44100, tuning=tuning, f_min=f_min, f_max=f_max, scale=None)
    (actual,) = chromagram.transform([signal])
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-7)


def test_no_bin_between_f_min_and_f_max():
    chromagram = Chromagram(8000, window_width=0.01, window_overlap=0, f_min=120)
    with pytest.raises(
        ValueError, match="No FFT bin lies between f_min=120 and f_max=130"
    ):
        chromagram.set_params(f_max=130).transform([np.ones(800)])


# Silence and levels


@pytest.mark.parametrize("tuning", [None, 0.0])
@pytest.mark.parametrize("norm", ["max", "l1", "l2", None])
@pytest.mark.parametrize("n_samples", [1, 4000])
def test_silence_is_legal_and_warns_of_nothing(tuning, norm, n_samples):
    chromagram = Chromagram(8000, tuning=tuning, norm=norm)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        silence = chromagram.transform([np.zeros(n_samples)])
        sample = chromagram.transform([np.ones(n_samples)])
        holed = chromagram.transform([np.r_[np.zeros(4000), np.ones(n_samples)]])
    assert (silence == -1).all()
    assert (chromagram.set_params(scale=None).transform([np.zeros(9)]) == 0).all()
    assert np.isfinite(sample).all()
    assert np.isfinite(holed).all()


def test_windows_of_two_samples_are_the_shortest():
    chromagram = Chromagram(8000, window_width=2 / 8000, window_overlap=1 / 8000)
    assert np.isfinite(chromagram.transform([np.r_[1.0, -1, 0, 2]])).all()
    chromagram.set_params(window_width=1 / 8000, window_overlap=0)
    with pytest.raises(ValueError, match=r"window_width=0\.000125 s is less than two"):
        chromagram.transform([np.ones(4)])


@pytest.mark.parametrize("norm", ["max", "l2", None])
@pytest.mark.parametrize("delta", [0, 1])
def test_level_of_the_clip_does_not_matter(norm, delta, signal):
    chromagram = Chromagram(44100, norm=norm, delta=delta)
    loud, quiet = chromagram.transform([signal, signal / 2**20])
    assert loud.max() > 0.99
    np.testing.assert_allclose(loud, quiet, atol=1e-5)


def test_one_pitch_class_has_no_range():
    (X,) = Chromagram(16000, n_chroma=1).transform([_sines([440])])
    assert X.shape == (24, 1)
    assert (X == -1).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_chroma": 0}, "'n_chroma' parameter .* Got 0"),
        ({"tuning": "A"}, "'tuning' parameter .* Got 'A'"),
        ({"tuning": np.nan}, "'tuning' parameter .* Got nan"),
        ({"norm": "l3"}, "'norm' parameter .* Got 'l3'"),
        ({"scale": "zscore"}, "'scale' parameter .* Got 'zscore'"),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        Chromagram(8000, **parameters).fit([np.ones(5000)])
