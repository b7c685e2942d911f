"""Tests of numerics="librosa" and of MFCC against librosa itself."""
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.signal

from skaudeep.audio import MFCC, MelSpectrogram, Recording, Spectrogram

SOUND = (
    Path(__file__).parents[1] / "data" / "stereo_sounds" / "audio" / "elec_twang.flac"
)
N_FFT, HOP = 3528, 1764


@pytest.fixture(scope="module")
def signal():
    """A real sound, mono, at 44.1 kHz."""
    return librosa.load(SOUND, sr=None)[0]


def _decibels(values, power, reference):
    convert = librosa.power_to_db if power == 2 else librosa.amplitude_to_db
    return convert(
        values, ref=np.max if reference == "max" else reference, top_db=None
    ).T


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("reference", ["max", 0.5])
@pytest.mark.parametrize("band", [(0.0, None), (50.0, 6000.0)])
def test_mel_spectrogram_equals_librosa(signal, mel_scale, power, reference, band):
    mel = MelSpectrogram(
        n_mels=40,
        mel_scale=mel_scale,
        power=power,
        reference=reference,
        f_min=band[0],
        f_max=band[1],
        scale=None,
    )
    expected = librosa.feature.melspectrogram(
        y=signal,
        sr=44100,
        n_fft=N_FFT,
        hop_length=HOP,
        center=False,
        n_mels=40,
        htk=mel_scale == "htk",
        power=power,
        fmin=band[0],
        fmax=band[1],
    )
    (clip,) = mel.transform([SOUND])
    expected = _decibels(expected, power, reference)
    assert clip.shape == expected.shape
    np.testing.assert_allclose(clip, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("width", "overlap"), [(0.2, 0.1), (0.025, 0.015), (0.05, 0)])
def test_windows_equal_librosa(signal, width, overlap):
    n_fft = int(width * 44100 + 1e-6)
    hop = n_fft - int(overlap * 44100 + 1e-6)
    mel = MelSpectrogram(
        44100, window_width=width, window_overlap=overlap, n_mels=20, scale=None
    )
    expected = librosa.feature.melspectrogram(
        y=signal, sr=44100, n_fft=n_fft, hop_length=hop, center=False, n_mels=20
    )
    np.testing.assert_allclose(
        mel.transform([signal])[0], _decibels(expected, 2, "max"), rtol=0, atol=1e-4
    )


@pytest.mark.parametrize("mel_norm", ["slaney", "peak", None])
@pytest.mark.parametrize("window", ["hamming", ("kaiser", 8.6), np.bartlett])
def test_windows_and_norms_equal_librosa(signal, mel_norm, window):
    mel = MelSpectrogram(
        44100, n_mels=40, window=window, mel_norm=mel_norm, reference=0.5, scale=None
    )
    expected = librosa.feature.melspectrogram(
        y=signal,
        sr=44100,
        n_fft=N_FFT,
        hop_length=HOP,
        center=False,
        window=window,
        n_mels=40,
        norm=np.inf if mel_norm == "peak" else mel_norm,
    )
    np.testing.assert_allclose(
        mel.transform([signal])[0], _decibels(expected, 2, 0.5), rtol=0, atol=1e-4
    )


def test_front_end_of_weak_tagging(signal):
    chunk = librosa.resample(signal, orig_sr=44100, target_sr=16000)
    chunk = np.pad(chunk, (0, 64000))[:64000]
    window = np.hamming(512)
    (clip,) = MelSpectrogram(
        16000,
        window_width=0.032,
        window_overlap=0.016,
        window=np.hamming,
        n_mels=40,
        f_max=8000.0,
        mel_norm="peak",
        power=1,
        amplitude="magnitude",
        reference=float(np.sqrt(16000 * np.sum(window**2))),
        scale=None,
    ).transform([chunk])
    _, _, magnitudes = scipy.signal.spectrogram(
        chunk.astype(np.float64),
        fs=16000,
        window=window,
        noverlap=256,
        detrend=False,
        scaling="density",
        mode="magnitude",
    )
    filters = librosa.filters.mel(sr=16000, n_fft=512, n_mels=40, fmin=0, fmax=8000)
    filters /= filters.max(axis=1, keepdims=True)
    expected = (filters @ magnitudes).T
    assert clip.shape == expected.shape == (249, 40)
    assert (expected[:10].max(axis=1) > 0).all()
    np.testing.assert_allclose(clip, expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("power", [1, 2])
def test_spectrogram_equals_librosa(signal, power):
    stft = librosa.stft(signal, n_fft=N_FFT, hop_length=HOP, center=False)
    expected = _decibels(np.abs(stft) ** power, power, "max")
    (clip,) = Spectrogram(44100, power=power, scale=None).transform([signal])
    np.testing.assert_allclose(clip, expected, rtol=0, atol=1e-4)


def test_clip_below_is_librosas_top_db(signal):
    stft = librosa.stft(signal, n_fft=N_FFT, hop_length=HOP, center=False)
    expected = librosa.power_to_db(np.abs(stft) ** 2, ref=np.max, top_db=50).T
    (clip,) = Spectrogram(44100, clip_below=-50, scale=None).transform([signal])
    np.testing.assert_allclose(clip, expected, rtol=0, atol=1e-4)


def test_pre_emphasis_equals_librosa(signal):
    emphasized = librosa.effects.preemphasis(signal, coef=0.9)
    expected = MelSpectrogram(44100, scale=None).transform([emphasized])
    actual = MelSpectrogram(44100, scale=None, pre_emphasis=0.9).transform([signal])
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)


def test_resampling_is_soxr_hq(signal):
    resampled = librosa.resample(signal, orig_sr=44100, target_sr=16000)
    expected = MelSpectrogram(16000, scale=None, n_mels=40).transform([resampled])
    actual = MelSpectrogram(16000, scale=None, n_mels=40).transform([SOUND])
    assert abs(actual.shape[1] - expected.shape[1]) == 0
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"n_mfcc": 13, "lifter": 22}, {"mel_scale": "htk", "clip_below": None}],
)
def test_mfcc_equals_librosa(signal, parameters):
    expected = librosa.feature.mfcc(
        S=librosa.power_to_db(
            librosa.feature.melspectrogram(
                y=signal,
                sr=44100,
                n_fft=1764,
                hop_length=882,
                center=False,
                n_mels=40,
                htk=parameters.get("mel_scale") == "htk",
            ),
            top_db=80 if "clip_below" not in parameters else None,
        ),
        n_mfcc=parameters.get("n_mfcc", 20),
        lifter=parameters.get("lifter", 0),
    ).T
    (clip,) = MFCC(**parameters).transform([Recording(SOUND)])
    assert clip.shape == expected.shape
    np.testing.assert_allclose(clip, expected, rtol=1e-5, atol=1e-4)
