"""The display of levels: picture, colour bar and histogram agree."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import soundfile
from matplotlib import pyplot as plt
from sklearn.base import clone

from skaudeep.audio import MFCC, MelSpectrogram, Recording, Spectrogram
from skaudeep.exceptions import AudioError
from skaudeep.inspection import SpectrogramDisplay

RATE = 8000
MEL = MelSpectrogram(RATE, window_width=0.05, window_overlap=0.03, n_mels=20)
# Levels from -99 to 0 dB, each once.
LEVELS = -np.arange(100.0).reshape(20, 5)


@pytest.fixture
def signal(rng):
    return rng.normal(size=RATE).astype(np.float32)


@pytest.fixture
def path(tmp_path, signal):
    soundfile.write(tmp_path / "noise.wav", 0.1 * signal, RATE, subtype="FLOAT")
    return tmp_path / "noise.wav"


def test_levels_are_those_before_clipping_and_scaling(path):
    mel = clone(MEL).set_params(clip_below=-10, clip_above=-5, delta=1)
    before = mel.get_params()
    display = SpectrogramDisplay.from_recording(path, mel)
    levels = clone(MEL).set_params(scale=None).fit_transform([path])[0]
    np.testing.assert_array_equal(display.sequence, levels)
    np.testing.assert_allclose(display.image_.get_array(), levels.T)
    assert display.share_below_ == np.mean(levels < -10)
    assert display.share_above_ == np.mean(levels > -5)
    assert 0 < display.share_below_ < 1 and 0 < display.share_above_ < 1
    assert mel.get_params() == before and not hasattr(mel, "sample_rate_")


def test_the_picture_shows_what_clipping_leaves():
    display = SpectrogramDisplay.from_sequence(LEVELS, clip_below=-60, clip_above=-10)
    assert display.image_.get_clim() == (-60, -10)
    whole = SpectrogramDisplay.from_sequence(LEVELS)
    assert whole.image_.get_clim() == (-99, 0)
    assert whole.share_below_ is None and whole.share_above_ is None
    assert whole.lines_ == {}


def test_the_histogram_holds_all_levels():
    display = SpectrogramDisplay.from_sequence(LEVELS, clip_below=-60)
    assert sum(bar.get_width() for bar in display.bars_) == pytest.approx(100)
    # Each level is in one of the hundred steps.
    np.testing.assert_allclose([bar.get_width() for bar in display.bars_], 1)
    assert display.bars_[0].get_y() == -99
    assert set(display.lines_["clip_below"].get_ydata()) == {-60}
    # -61 to -99; -60 itself stays as it is.
    assert display.share_below_ == 0.39
    assert display.ax_[2].get_title() == "39.0% below -60"


def test_colour_bar_and_histogram_have_one_axis():
    display = SpectrogramDisplay.from_sequence(LEVELS, clip_below=-60)
    _, bar, histogram = display.ax_
    assert bar.get_ylim() == histogram.get_ylim() == (-99, 0)
    (colours,) = bar.images
    assert colours.norm is display.image_.norm
    assert histogram.get_ylabel() == "Level (dB)"


def test_a_candidate_outside_the_levels_is_seen():
    display = SpectrogramDisplay.from_sequence(LEVELS, clip_below=-120)
    assert display.ax_[2].get_ylim() == (-120, 0)
    assert display.share_below_ == 0
    display = SpectrogramDisplay.from_sequence(LEVELS, clip_below=10)
    assert display.ax_[2].get_ylim() == (-99, 10)
    assert display.share_below_ == 1


def test_axes_in_seconds_and_hertz(signal):
    display = SpectrogramDisplay.from_recording(signal, MEL)
    assert (display.hop, display.window) == pytest.approx((0.02, 0.05))
    assert len(display.sequence) == 48
    # Frames at their centres: 0.025 s for the first.
    assert tuple(display.image_.get_extent())[:2] == pytest.approx((0.015, 0.975))
    assert display.ax_[0].get_xlabel() == "Time (s)"
    assert display.ax_[0].get_ylabel() == "Frequency (Hz)"
    display = SpectrogramDisplay.from_sequence(LEVELS, quantity="Level")
    assert tuple(display.image_.get_extent()) == (-0.5, 19.5, -0.5, 4.5)
    assert display.ax_[0].get_xlabel() == "Frame"
    assert display.ax_[0].get_ylabel() == "Band"
    assert display.ax_[2].get_ylabel() == "Level"


def test_any_kind_of_recording(path, signal):
    linear = Spectrogram(window_width=0.02, window_overlap=0.01, f_max=2000)
    of_path = SpectrogramDisplay.from_recording(str(path), linear)
    of_recording = SpectrogramDisplay.from_recording(Recording(path), linear)
    np.testing.assert_array_equal(of_path.sequence, of_recording.sequence)
    assert of_path.sequence.shape == (99, 41)
    default = SpectrogramDisplay.from_recording(path)
    assert default.sequence.shape == (24, 128)
    stereo = SpectrogramDisplay.from_recording(np.stack([signal, signal]), MEL)
    mono = SpectrogramDisplay.from_recording(signal, MEL)
    np.testing.assert_array_equal(stereo.sequence, mono.sequence)


def test_a_single_frame_has_a_place():
    display = SpectrogramDisplay.from_recording(np.ones(10), MEL)
    assert display.sequence.shape == (1, 20)
    assert tuple(display.image_.get_extent())[:2] == pytest.approx((0.015, 0.035))


def test_silence_is_one_level(tmp_path):
    mel = clone(MEL).set_params(clip_below=-60)
    display = SpectrogramDisplay.from_recording(np.zeros(RATE), mel)
    assert display.share_below_ == 1
    display = SpectrogramDisplay.from_recording(np.zeros(RATE), MEL)
    assert sum(bar.get_width() for bar in display.bars_) == 100
    low, high = display.ax_[2].get_ylim()
    assert low < -100 < high
    display.figure_.savefig(tmp_path / "silence.png")


def test_given_axes_and_another_drawing():
    _, axes = plt.subplots(2)
    display = SpectrogramDisplay.from_sequence(LEVELS, ax=axes[0])
    assert display.figure_ is axes[0].figure and not axes[0].axison
    three = plt.subplots(1, 3)[1]
    assert display.plot(three, colour_map="viridis") is display
    assert list(display.ax_) == list(three)
    assert display.image_.get_cmap().name == "viridis"
    with pytest.raises(ValueError, match="one for each of the 3 panels, got 2"):
        display.plot(axes)


def test_a_bad_file_is_named_whatever_on_error_says(tmp_path):
    with pytest.raises(AudioError, match="nowhere.wav"):
        SpectrogramDisplay.from_recording(
            tmp_path / "nowhere.wav", MelSpectrogram(on_error="ignore")
        )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"clip_below": "low"}, "clip_below must be a number or None, got 'low'"),
        ({"clip_above": np.nan}, "clip_above must be a number or None, got nan"),
        ({"clip_below": -10, "clip_above": -20}, "greater than clip_below=-10, got -2"),
        ({"hop": 0}, r"hop must be a positive number \(s\), got 0"),
        ({"window": 0.1}, "hop must be a positive number"),
        ({"sequence": np.zeros(3)}, r"sequence must be of shape \(n_frames, n_bands"),
        ({"sequence": np.full((3, 2), np.nan)}, "sequence must hold finite numbers"),
        ({"frequencies": [1, 2]}, "frequencies must be 5 increasing numbers"),
    ],
)
def test_bad_sequences(parameters, message):
    with pytest.raises(ValueError, match=message):
        SpectrogramDisplay.from_sequence(**{"sequence": LEVELS, **parameters})


@pytest.mark.parametrize(
    ("spectrogram", "message"),
    [
        (MFCC(), "spectrogram must be a MelSpectrogram or a Spectrogram"),
        (MelSpectrogram(amplitude="power"), "with amplitude='db', got MelSpec"),
        ("mel", "spectrogram must be"),
        (MelSpectrogram(n_mels=0), "'n_mels' parameter"),
    ],
)
def test_bad_spectrograms(path, spectrogram, message):
    with pytest.raises(ValueError, match=message):
        SpectrogramDisplay.from_recording(path, spectrogram)


def test_one_recording_only(path):
    with pytest.raises(ValueError, match="must be a single one, got a list"):
        SpectrogramDisplay.from_recording([path])
