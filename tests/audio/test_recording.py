"""Tests of Recording: decoding, spans, views and what it refuses."""
# SPDX-License-Identifier: BSD-3-Clause

import dataclasses
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
import soundfile

from skaudeep.audio import Recording
from skaudeep.exceptions import AudioError

LOSSLESS = {
    ("wav", "PCM_U8"): 2.0**-7,
    ("wav", "PCM_16"): 0,
    ("wav", "PCM_24"): 0,
    ("wav", "PCM_32"): 0,
    ("wav", "FLOAT"): 0,
    ("wav", "DOUBLE"): 0,
    ("flac", "PCM_S8"): 2.0**-7,
    ("flac", "PCM_16"): 0,
    ("flac", "PCM_24"): 0,
    ("aiff", "PCM_S8"): 2.0**-7,
    ("aiff", "PCM_16"): 0,
    ("aiff", "PCM_24"): 0,
    ("aiff", "PCM_32"): 0,
    ("aiff", "FLOAT"): 0,
}


@pytest.mark.parametrize(("suffix", "subtype"), LOSSLESS)
def test_lossless_formats_give_the_samples(tmp_path, stereo_signal, suffix, subtype):
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, stereo_signal.T, 8000, subtype=subtype)
    signal, sample_rate = Recording(path).read()
    assert sample_rate == 8000
    assert signal.dtype == np.float32
    np.testing.assert_allclose(
        signal, stereo_signal, rtol=0, atol=LOSSLESS[suffix, subtype]
    )


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_lossy_formats_keep_channels_and_tone(tmp_path, suffix):
    time = np.arange(32000) / 16000
    left = 0.5 * np.sin(2 * np.pi * 440 * time)
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, np.stack([left, 0 * left], axis=1), 16000)
    signal, sample_rate = Recording(path).read()
    assert sample_rate == 16000
    assert signal.shape == (2, 32000)
    spectrum = np.abs(np.fft.rfft(signal[0]))
    assert spectrum.argmax() == 880
    assert np.abs(signal[1]).max() < 0.02


def test_only_the_samples_between_start_and_stop(stereo_wav, stereo_signal):
    signal, _ = Recording(stereo_wav, start=0.1, stop=0.25).read()
    np.testing.assert_array_equal(signal, stereo_signal[:, 800:2000])


def test_stop_behind_the_end_reads_to_the_end(stereo_wav, stereo_signal):
    recording = Recording(stereo_wav, start=0.4, stop=99)
    np.testing.assert_array_equal(recording.read()[0], stereo_signal[:, 3200:])
    assert recording.duration == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("channel", "weights"),
    [
        ("mean", (0.5, 0.5)),
        ("left", (1, 0)),
        ("right", (0, 1)),
        ("difference", (0.5, -0.5)),
        (0, (1, 0)),
        (1, (0, 1)),
    ],
)
def test_channel_views(stereo_wav, stereo_signal, channel, weights):
    recording = Recording(stereo_wav, channel=channel)
    np.testing.assert_array_equal(
        recording.read()[0], np.array([weights], dtype=np.float32) @ stereo_signal
    )
    assert recording.n_channels == 1


@pytest.mark.parametrize("channel", ["mean", "left", "right", 0])
def test_mono_is_its_own_left_and_right(tmp_path, stereo_signal, channel):
    soundfile.write(tmp_path / "mono.wav", stereo_signal[0], 8000)
    signal, _ = Recording(tmp_path / "mono.wav", channel=channel).read()
    np.testing.assert_array_equal(signal, stereo_signal[:1])


def test_properties_come_from_the_header(stereo_wav):
    recording = Recording(stereo_wav, start=0.125)
    assert recording.sample_rate == 8000
    assert recording.n_channels == 2
    assert recording.duration == 0.375


def test_is_a_frozen_hashable_unordered_value(stereo_wav):
    recording = Recording(stereo_wav, "left", 0.1, 2)
    assert recording == Recording(stereo_wav, "left", 0.1, 2.0)
    assert len({recording, Recording(stereo_wav, "left", 0.1, 2.0)}) == 1
    assert recording != Recording(stereo_wav, "right", 0.1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        recording.start = 1.0
    with pytest.raises(TypeError):
        recording < recording  # noqa: B015
    assert not hasattr(recording, "__dict__")


def test_pickles_and_hashes_stably(tmp_path):
    recording = Recording(tmp_path / "a.wav", np.int64(1), np.float32(0.5))
    copy = pickle.loads(pickle.dumps(recording))
    assert copy == recording
    assert joblib.hash([copy]) == joblib.hash([recording])
    assert type(recording.path) is str
    assert type(recording.channel) is int
    assert type(recording.start) is float


def test_text_names_the_view():
    assert str(Recording("a.wav")) == "a.wav"
    assert str(Recording("a.wav", start=2)) == "a.wav (from 2 s)"
    assert str(Recording("a.wav", 0, 0.5, 1)) == "a.wav (0.5-1 s, 0)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": -1}, "start must be 0 or more seconds, got -1"),
        ({"start": float("nan")}, "start must be a finite number of seconds, got nan"),
        ({"start": 2, "stop": 2}, "stop must be greater than start=2 .* got 2"),
        ({"stop": "x"}, "stop must be a finite number of seconds, got 'x'"),
        ({"channel": "middle"}, "channel must be None, one of 'mean'.* got 'middle'"),
        ({"channel": -1}, "channel must be .* got -1"),
        ({"channel": True}, "channel must be .* got True"),
    ],
)
def test_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Recording("a.wav", **arguments)


def test_refuses_what_is_no_path():
    with pytest.raises(TypeError, match="path must be a str or path-like, got 3"):
        Recording(3)


def _missing(path, signal):
    pass


def _folder(path, signal):
    path.mkdir()


def _empty(path, signal):
    path.touch()


def _text(path, signal):
    path.write_text("This is a shopping list.\n" * 20)


def _no_samples(path, signal):
    soundfile.write(path, signal[:, :0].T, 8000)


def _not_a_number(path, signal):
    signal = signal.copy()
    signal[1, 7] = np.nan
    soundfile.write(path, signal.T, 8000, subtype="FLOAT")


def _six_channels(path, signal):
    soundfile.write(path, np.tile(signal, (3, 1)).T, 8000)


@pytest.mark.parametrize(
    ("make", "view", "message"),
    [
        (_missing, {}, "the file does not exist"),
        (_folder, {}, "this is a folder, not an audio file"),
        (_empty, {}, r"the file is empty \(0 bytes\)"),
        (_text, {}, r"the file cannot be read as audio \(Format not recognised\)"),
        (_no_samples, {}, "the recording holds no samples"),
        (_not_a_number, {}, "contains samples that are NaN or infinite"),
        (
            _six_channels,
            {"channel": 6},
            r"channel 6 does not exist.* 6 channels .*0 to",
        ),
        (_six_channels, {"channel": "left"}, "'left' is only defined for stereo.* 6 "),
        (_six_channels, {"start": 1}, "start=1 s is not before the end.* 0.5 s long"),
        (
            _six_channels,
            {"start": 0.1, "stop": 0.1000001},
            "there is no sample between",
        ),
    ],
)
def test_refuses_bad_files_by_name(tmp_path, stereo_signal, make, view, message):
    path = tmp_path / "the clip.wav"
    make(path, stereo_signal)
    with pytest.raises(AudioError, match=f"the clip.wav': .*{message}"):
        Recording(path, **view).read()


@pytest.mark.parametrize("start", [0.0, 1.4])
@pytest.mark.parametrize("suffix", ["flac", "mp3"])
def test_refuses_truncated_files(tmp_path, stereo_signal, suffix, start):
    path = tmp_path / f"cut.{suffix}"
    soundfile.write(path, np.tile(stereo_signal, 4).T, 8000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4])
    message = rf"cut.{suffix}': the file is damaged or ends too early \((?!Error)"
    with pytest.raises(AudioError, match=message):
        Recording(path, start=start).read()


def test_refuses_streams_without_a_length(tmp_path, stereo_signal):
    path = tmp_path / "piped.flac"
    soundfile.write(path, stereo_signal.T, 8000)
    data = bytearray(path.read_bytes())
    # The 36 bits of STREAMINFO that count the samples; 0 stands for unknown.
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    with pytest.raises(
        AudioError, match=r"piped.flac': the file does not say how many"
    ):
        Recording(path).read()


def test_difference_of_mono_is_refused(tmp_path, stereo_signal):
    soundfile.write(tmp_path / "mono.wav", stereo_signal[0], 8000)
    with pytest.raises(AudioError, match=r"mono.wav.*needs two channels.* 1 channel"):
        Recording(tmp_path / "mono.wav", "difference").read()


def test_mean_of_six_channels(tmp_path):
    signal = np.arange(48, dtype=np.float32).reshape(6, 8) / 64
    soundfile.write(tmp_path / "six.wav", signal.T, 8000, subtype="FLOAT")
    mean, _ = Recording(tmp_path / "six.wav", "mean").read()
    np.testing.assert_allclose(mean, signal.mean(axis=0, keepdims=True), rtol=1e-6)


def test_needs_neither_scikit_learn_nor_soundfile_to_be_made():
    code = (
        "import sys; from skaudeep.audio import Recording; Recording('a.wav');"
        "print([m for m in ('sklearn', 'librosa', 'soundfile') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
