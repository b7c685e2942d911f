"""Tests of what all steps that decode have in common."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import soundfile
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from skaudeep.audio import (
    MFCC,
    ChannelSplitter,
    Chromagram,
    MelSpectrogram,
    Recording,
    SequenceStatistics,
    Spectrogram,
)
from skaudeep.exceptions import AudioError, AudioWarning, MissingClipWarning

SOUNDS = sorted((Path(__file__).parents[1] / "data/stereo_sounds/audio").glob("*.flac"))
STEPS = [
    MelSpectrogram(8000, n_mels=8),
    MelSpectrogram(8000, n_mels=8, numerics="audeep", pre_emphasis=0.95),
    MelSpectrogram(
        8000, n_mels=8, window=np.hamming, mel_norm="peak", amplitude="magnitude"
    ),
    Spectrogram(8000, f_max=500),
    MFCC(8000, n_mfcc=5, n_mels=10),
    Chromagram(8000),
]
NUMERICS = pytest.mark.parametrize("numerics", ["librosa", "audeep"])


def _name(step):
    settings = (getattr(step, name, "") for name in ("numerics", "amplitude"))
    return "-".join([type(step).__name__, *settings])


every_step = pytest.mark.parametrize("step", STEPS, ids=_name)


@pytest.fixture
def broken(tmp_path, stereo_signal):
    """Files that cannot be used, by what is wrong with them."""
    paths = {
        name: tmp_path / f"{name}.wav"
        for name in ("missing", "zero bytes", "text", "no samples", "nan", "channel")
    }
    paths["zero bytes"].touch()
    paths["text"].write_text("This is a shopping list.\n" * 20)
    soundfile.write(paths["no samples"], stereo_signal[:, :0].T, 8000)
    noise = stereo_signal.copy()
    noise[0, 5] = np.nan
    soundfile.write(paths["nan"], noise.T, 8000, subtype="FLOAT")
    soundfile.write(paths["channel"], np.tile(stereo_signal, (3, 1)).T, 8000)
    paths["channel"] = Recording(paths["channel"], channel="left")
    paths["truncated"] = tmp_path / "truncated.flac"
    soundfile.write(paths["truncated"], stereo_signal.T, 8000)
    data = paths["truncated"].read_bytes()
    paths["truncated"].write_bytes(data[: len(data) // 2])
    return paths


MESSAGES = {
    "missing": "missing.wav': the file does not exist",
    "zero bytes": r"zero bytes.wav': the file is empty \(0 bytes\)",
    "text": "text.wav': the file cannot be read as audio .* Readable are wav, flac",
    "truncated": "truncated.flac': the file is damaged or ends too early",
    "no samples": "no samples.wav': the recording holds no samples",
    "nan": "nan.wav': the recording contains samples that are NaN",
    "channel": "channel.wav': channel='left' is only defined for stereo.*6 channels",
}


# Containers


@every_step
def test_containers_of_files_give_the_same(step, stereo_wav):
    paths = [stereo_wav, stereo_wav]
    expected = clone(step).fit_transform(paths)
    assert expected.ndim == 3
    assert expected.dtype == np.float32
    recordings = np.empty(2, dtype=object)
    recordings[:] = [Recording(path) for path in paths]
    for X in (
        tuple(paths),
        [Path(path) for path in paths],
        np.array(paths),
        pd.Series(paths, index=[5, 3]),
        recordings,
        [Recording(stereo_wav), stereo_wav],
    ):
        np.testing.assert_array_equal(clone(step).fit_transform(X), expected)


@every_step
def test_signals_give_the_same_as_their_file(step, stereo_wav, stereo_signal):
    expected = clone(step).fit_transform([stereo_wav])
    mono = 0.5 * (stereo_signal[0] + stereo_signal[1])
    for X in (
        [stereo_signal],
        [mono],
        stereo_signal[np.newaxis],
        mono[np.newaxis],
        mono[np.newaxis].astype(np.float64),
        pd.Series([mono]),
    ):
        np.testing.assert_array_equal(clone(step).fit_transform(X), expected)


@every_step
def test_ragged_clips_are_those_clips_alone(step, rng):
    clips = [rng.standard_normal(n).astype(np.float32) for n in (4000, 900, 4000, 1)]
    together = clone(step).fit_transform(clips)
    assert together.dtype == object
    assert together.shape == (4,)
    for clip, sequence in zip(clips, together, strict=True):
        np.testing.assert_array_equal(sequence, step.transform([clip])[0])
    assert len(together[3]) == 1


def test_integer_signals_are_taken_as_they_are(rng):
    signal = rng.integers(-1000, 1000, size=4000, dtype=np.int16)
    mel = MelSpectrogram(8000, n_mels=8, reference=1.0, scale=None)
    np.testing.assert_array_equal(
        mel.transform([signal]), mel.transform([signal.astype(np.float64)])
    )


def test_recordings_of_several_channels_are_mixed(tmp_path, rng):
    signal = rng.standard_normal((6, 4000)).astype(np.float32)
    soundfile.write(tmp_path / "six.wav", signal.T, 8000, subtype="FLOAT")
    mel = MelSpectrogram(n_mels=8, scale=None)
    np.testing.assert_allclose(
        mel.fit_transform([tmp_path / "six.wav"]),
        mel.set_params(sample_rate=8000).transform([signal.mean(axis=0)]),
        atol=1e-3,
    )


# Length


@pytest.mark.parametrize("n_samples", [1, 100, 639])
def test_clips_shorter_than_a_window_are_padded(n_samples, rng):
    signal = rng.standard_normal(n_samples).astype(np.float32)
    padded = np.pad(signal, (0, 640 - n_samples))
    mel = MelSpectrogram(8000, n_mels=8)
    short = mel.transform([signal])
    assert short.shape == (1, 1, 8)
    assert np.isfinite(short).all()
    np.testing.assert_array_equal(short, mel.transform([padded]))


@pytest.mark.parametrize("align", ["start", "center"])
def test_duration_gives_all_clips_one_length(rng, align):
    clips = [rng.standard_normal(n) for n in (1000, 4000, 8001)]
    mel = MelSpectrogram(8000, n_mels=8, duration=0.5, align=align)
    X = mel.transform(clips)
    assert X.shape == (3, 11, 8)
    by_hand = {
        "start": [np.pad(clips[0], (0, 3000)), clips[1], clips[2][:4000]],
        "center": [np.pad(clips[0], 1500), clips[1], clips[2][2000:6000]],
    }[align]
    expected = mel.set_params(duration=None).transform(by_hand)
    np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize("align", ["start", "center"])
def test_duration_reads_the_same_part_of_a_file(stereo_wav, stereo_signal, align):
    mel = MelSpectrogram(8000, n_mels=8, duration=0.2, align=align)
    np.testing.assert_array_equal(
        mel.transform([stereo_wav]), mel.transform([stereo_signal])
    )


def test_duration_holds_after_resampling(stereo_wav):
    mel = MelSpectrogram(11025, n_mels=8, duration=0.3)
    assert mel.transform([stereo_wav, Recording(stereo_wav, stop=0.1)]).shape[1] == 6


def test_long_clips_are_computed_in_blocks(rng, monkeypatch):
    signal = rng.standard_normal(8000)
    mel = MelSpectrogram(8000, n_mels=8)
    whole = mel.transform([signal])
    monkeypatch.setattr("skaudeep.audio._numerics.BLOCK", 1500)
    np.testing.assert_allclose(mel.transform([signal]), whole, rtol=1e-5, atol=1e-6)


# Silence and levels


@NUMERICS
@pytest.mark.parametrize("n_samples", [1, 2000])
def test_silence_is_the_floor(numerics, n_samples):
    silence = [np.zeros(n_samples)]
    mel = MelSpectrogram(8000, n_mels=8, numerics=numerics)
    assert (mel.transform(silence) == -1).all()
    assert (mel.set_params(scale=None).transform(silence) == -100).all()
    mel.set_params(clip_below=-60)
    assert (mel.transform(silence) == -60).all()


@NUMERICS
def test_silence_under_a_fixed_reference_is_below_any_sound(numerics, rng):
    clips = [np.zeros(2000), 1e-3 * rng.standard_normal(2000)]
    mel = MelSpectrogram(8000, n_mels=8, numerics=numerics, reference=1.0, scale=None)
    silence, sound = mel.transform(clips)
    assert np.isfinite(silence).all()
    assert silence.max() < sound.min()


@NUMERICS
def test_scaled_clips_reach_both_ends(numerics, rng):
    clips = rng.standard_normal((4, 3000)) * [[1e-4], [1], [1e4], [1e-2]]
    X = MelSpectrogram(8000, n_mels=8, numerics=numerics).transform(clips)
    np.testing.assert_array_equal(X.min(axis=(1, 2)), -1)
    np.testing.assert_array_equal(X.max(axis=(1, 2)), 1)


@NUMERICS
def test_level_of_the_clip_does_not_matter(numerics, rng):
    signal = rng.standard_normal(3000)
    mel = MelSpectrogram(8000, n_mels=8, numerics=numerics)
    loud, quiet = mel.transform([signal, signal / 1024])
    np.testing.assert_allclose(loud, quiet, atol=1e-5)


def test_fixed_reference_keeps_the_level(rng):
    signal = rng.standard_normal(3000)
    mel = MelSpectrogram(8000, n_mels=8, reference=1.0, scale=None)
    loud, quiet = mel.transform([signal, signal / 10])
    np.testing.assert_allclose(loud - quiet, 20, atol=1e-3)


def test_clipping_bounds_decibels(rng):
    mel = MelSpectrogram(8000, n_mels=8, clip_below=-4, clip_above=-1, scale=None)
    (clip,) = mel.transform([rng.standard_normal(3000)])
    assert clip.min() == -4
    assert clip.max() == -1


@NUMERICS
def test_empty_mel_filters_warn_once_a_transform(numerics, rng):
    mel = MelSpectrogram(
        16000,
        window_width=0.04,
        window_overlap=0.02,
        n_mels=400,
        numerics=numerics,
    )
    with pytest.warns(AudioWarning, match="of 400 mel filters are empty") as caught:
        X = mel.transform(rng.standard_normal((3, 4000)))
    assert len(caught) == 1
    assert np.isfinite(X).all()


# Sample rates


def test_files_of_other_rates_are_resampled(tmp_path):
    time = np.arange(44100) / 44100
    tone = 0.5 * np.sin(2 * np.pi * 1000 * time)
    soundfile.write(tmp_path / "a.wav", tone, 44100)
    soundfile.write(tmp_path / "b.wav", tone[::2], 22050)
    mel = MelSpectrogram(16000, n_mels=32, clip_below=-40)
    a, b = mel.transform([tmp_path / "a.wav", tmp_path / "b.wav"])
    np.testing.assert_allclose(a[1:-1], b[1:-1], atol=0.02)
    assert abs(mel.band_frequencies()[a[5].argmax()] - 1000) < 60


@every_step
@pytest.mark.parametrize("on_error", ["raise", "ignore"])
def test_mixed_rates_name_two_files(step, on_error, tmp_path, stereo_signal):
    soundfile.write(tmp_path / "slow.wav", stereo_signal.T, 8000)
    soundfile.write(tmp_path / "fast.wav", stereo_signal.T, 16000)
    step = clone(step).set_params(sample_rate=None, on_error=on_error)
    paths = [tmp_path / "slow.wav", tmp_path / "fast.wav"]
    message = (
        r"fast.wav' has 16000 Hz, but '.*slow.wav', seen first, has 8000 Hz\. "
        "Set sample_rate"
    )
    for method in (step.transform, step.fit_transform):
        with pytest.raises(AudioError, match=message):
            method(paths)


def test_another_rate_than_in_fit_is_an_error(tmp_path, stereo_signal):
    soundfile.write(tmp_path / "slow.wav", stereo_signal.T, 8000)
    soundfile.write(tmp_path / "fast.wav", stereo_signal.T, 16000)
    mel = MelSpectrogram(n_mels=8).fit([tmp_path / "slow.wav"])
    assert mel.sample_rate_ == 8000
    with pytest.raises(
        AudioError, match=r"fast.wav' has 16000 .*slow.wav', seen first, has 8000"
    ):
        mel.transform([tmp_path / "fast.wav"])
    assert mel.fit([tmp_path / "fast.wav"]).sample_rate_ == 16000


@every_step
@pytest.mark.parametrize("X", [np.zeros((2, 100)), [np.zeros(100)]], ids=["2d", "list"])
def test_signals_need_a_sample_rate(step, X):
    step = clone(step).set_params(sample_rate=None)
    for method in (step.fit, step.transform):
        with pytest.raises(
            ValueError, match=r"sample_rate must be given.*X\[0\] is an"
        ):
            method(X)


def test_frame_times_are_the_centres_of_the_windows():
    mel = MelSpectrogram(8000, window_width=0.2, window_overlap=0.15)
    np.testing.assert_allclose(mel.frame_times(3), [0.1, 0.15, 0.2])
    unfitted = MelSpectrogram(window_width=0.2, window_overlap=0.1)
    np.testing.assert_allclose(unfitted.frame_times(2, sample_rate=10), [0.1, 0.2])
    with pytest.raises(ValueError, match="sample rate is not known: set sample_rate"):
        unfitted.frame_times(2)


def test_linear_bands_lie_between_f_min_and_f_max(rng):
    spectrogram = Spectrogram(8000, window_width=0.1, f_min=100, f_max=300)
    (clip,) = spectrogram.transform(rng.standard_normal((1, 4000)))
    np.testing.assert_allclose(spectrogram.band_frequencies(), np.arange(100, 301, 10))
    assert clip.shape[1] == 21


# Errors


@every_step
@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bad_files_are_named(step, broken, stereo_wav, kind, n_jobs):
    step = clone(step).set_params(n_jobs=n_jobs)
    with pytest.raises(AudioError, match=MESSAGES[kind]):
        step.fit_transform([stereo_wav, broken[kind], stereo_wav])


@every_step
@pytest.mark.parametrize("kind", MESSAGES)
def test_bad_files_are_named_when_no_other_tells_the_rate(step, broken, kind):
    step = clone(step).set_params(sample_rate=None)
    with pytest.raises(AudioError, match=MESSAGES[kind]):
        step.fit_transform([broken[kind]])


@every_step
@pytest.mark.parametrize("kind", MESSAGES)
def test_bad_files_become_missing(step, broken, stereo_wav, kind):
    paths = [broken[kind], stereo_wav, Recording(stereo_wav, stop=0.3)]
    step = clone(step).set_params(on_error="warn", sample_rate=None)
    with pytest.warns(MissingClipWarning, match=f"{MESSAGES[kind]}.*is missing"):
        X = step.fit_transform(paths)
    assert len(X) == 3
    assert np.isnan(X[0]).all()
    assert X[0].shape[1] == X[1].shape[1]
    step.set_params(on_error="ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("error", AudioWarning)
        again = step.fit_transform(paths)
    for clip, expected in zip(again, X, strict=True):
        np.testing.assert_array_equal(clip, expected)
    np.testing.assert_array_equal(X[1], step.transform(paths[1:2])[0])


def test_all_clips_missing(broken):
    paths = [broken["missing"], broken["text"]]
    X = MelSpectrogram(n_mels=8, on_error="ignore").fit_transform(paths)
    assert X.shape == (2, 1, 8)
    assert np.isnan(X).all()
    linear = Spectrogram(on_error="ignore")
    with pytest.raises(ValueError, match="The sample rate is not known"):
        linear.fit_transform(paths)


def test_bad_signals_are_named_by_their_index():
    mel = MelSpectrogram(8000, n_mels=8)
    good, holed = np.ones(100), np.ones(100)
    holed[3] = np.inf
    with pytest.raises(AudioError, match=r"X\[1\]: the signal contains .* NaN or inf"):
        mel.transform([good, holed])
    with pytest.raises(AudioError, match=r"X\[1\]: the signal holds no samples"):
        mel.transform([good, np.ones(0)])
    for X in (np.stack([good, holed]), np.stack([good, holed])[:, np.newaxis]):
        with pytest.raises(ValueError, match=r"X contains infinity: .* clip 1 are not"):
            mel.transform(X)
    with pytest.raises(ValueError, match=r"X contains NaN: all samples must be finite"):
        mel.transform(np.array([good, np.nan * good]))
    mel.set_params(on_error="ignore")
    for X in ([good, holed], np.stack([good, holed]), np.stack([good, holed])[:, None]):
        np.testing.assert_array_equal(
            np.isnan(mel.transform(X)).all(axis=(1, 2)), [False, True]
        )


@every_step
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sample_rate": 0}, "'sample_rate' parameter .* must be .* Got 0"),
        ({"window_width": 0}, "'window_width' parameter .* must be .* Got 0"),
        ({"window_overlap": 0.5}, r"window_overlap must be smaller .* got 0\.5"),
        (
            {"window_width": 1e-5, "window_overlap": 0},
            "is less than one sample at 8000",
        ),
        ({"window_overlap": 0.08, "window_width": 0.0801}, "differ by less than one"),
        ({"f_min": -1}, "'f_min' parameter .* Got -1"),
        (
            {"f_min": 100, "f_max": 100},
            "f_max must be greater than f_min=100 .* got 100",
        ),
        ({"f_min": 4000, "f_max": None}, r"f_min must be below half .* \(4000 Hz\)"),
        ({"duration": 0}, "'duration' parameter .* Got 0"),
        ({"align": "end"}, "'align' parameter .* Got 'end'"),
        ({"pre_emphasis": 2}, "'pre_emphasis' parameter .* Got 2"),
        ({"on_error": "skip"}, "'on_error' parameter .* Got 'skip'"),
    ],
)
def test_parameters_out_of_range(step, parameters, message):
    step = clone(step).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        step.transform([np.ones(5000)])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_mels": 0}, "'n_mels' parameter .* Got 0"),
        ({"mel_scale": "bark"}, "'mel_scale' parameter .* Got 'bark'"),
        ({"mel_norm": "area"}, "'mel_norm' parameter .* Got 'area'"),
        (
            {"numerics": "audeep", "mel_norm": "peak"},
            "mel_norm must be 'slaney' or None with numerics='audeep'.* got 'peak'",
        ),
        ({"amplitude": "dB"}, "'amplitude' parameter .* Got 'dB'"),
        (
            {"amplitude": "power", "clip_below": -60},
            "clip_below is .* in dB and must be None with amplitude='power', got -60",
        ),
        (
            {"amplitude": "magnitude", "clip_above": -3.0},
            "clip_above is .* in dB and must be None .*='magnitude', got -3.0",
        ),
        ({"power": 3}, "'power' parameter .* Got 3"),
        ({"reference": 0.0}, "'reference' parameter .* Got 0.0"),
        (
            {"clip_below": -10, "clip_above": -20},
            "clip_above must be greater .* got -20",
        ),
        ({"scale": "zscore"}, "'scale' parameter .* Got 'zscore'"),
        ({"numerics": "torch"}, "'numerics' parameter .* Got 'torch'"),
        ({"numerics": "audeep", "power": 1}, "power must be 2 with numerics='audeep'"),
    ],
)
def test_parameters_of_the_mel_spectrogram_out_of_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        MelSpectrogram(8000, **parameters).fit([np.ones(5000)])


def test_no_bin_between_f_min_and_f_max():
    spectrogram = Spectrogram(8000, window_width=0.01, window_overlap=0, f_min=120)
    with pytest.raises(
        ValueError, match="No FFT bin lies between f_min=120 and f_max="
    ):
        spectrogram.set_params(f_max=130).transform([np.ones(800)])


def test_too_many_coefficients():
    with pytest.raises(ValueError, match="n_mfcc must be at most n_mels=10, got 20"):
        MFCC(8000, n_mels=10).fit([np.ones(800)])


# scikit-learn


@every_step
def test_two_threads_give_the_same_bits(step):
    one = clone(step).fit_transform(SOUNDS * 3)
    two = clone(step).set_params(n_jobs=2).fit_transform(SOUNDS * 3)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


def test_processes_give_the_same_bits():
    mel = MelSpectrogram(n_mels=16, n_jobs=2)
    threads = mel.fit_transform(SOUNDS)
    with joblib.parallel_config("loky"):
        processes = mel.fit_transform(SOUNDS)
    for a, b in zip(threads, processes, strict=True):
        np.testing.assert_array_equal(a, b)


@every_step
def test_clone_and_pickle(step, stereo_wav):
    step = clone(step).set_params(sample_rate=None).fit([stereo_wav])
    copy = pickle.loads(pickle.dumps(step))
    assert copy.sample_rate_ == 8000
    np.testing.assert_array_equal(
        copy.transform([stereo_wav]), clone(step).transform([stereo_wav])
    )


@every_step
def test_set_output_reaches_the_last_step(step, stereo_wav):
    pipeline = make_pipeline(ChannelSplitter("left"), clone(step), SequenceStatistics())
    frame = pipeline.set_output(transform="pandas").fit_transform([stereo_wav] * 2)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns[0] == "mean_band0"
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(clone(step).fit_transform([stereo_wav]), np.ndarray)
    assert not hasattr(step, "get_feature_names_out")


def test_memory_caches_and_maps(tmp_path, stereo_wav):
    memory = joblib.Memory(tmp_path, mmap_mode="r", verbose=0)
    pipeline = make_pipeline(
        MelSpectrogram(n_mels=8), SequenceStatistics(), memory=memory
    )
    first = pipeline.fit_transform([stereo_wav, stereo_wav])
    stored = list(tmp_path.rglob("output.pkl"))
    assert len(stored) == 1
    np.testing.assert_array_equal(pipeline.fit_transform([stereo_wav] * 2), first)
    assert list(tmp_path.rglob("output.pkl")) == stored


def test_progress_bar_is_asked_for(capsys, stereo_wav):
    MelSpectrogram(n_mels=8).fit_transform([stereo_wav])
    assert capsys.readouterr() == ("", "")
    MelSpectrogram(n_mels=8, verbose=1).fit_transform([stereo_wav])
    assert "MelSpectrogram" in capsys.readouterr().err


def test_refuses_a_single_path(stereo_wav):
    with pytest.raises(ValueError, match="X must hold many recordings, got the single"):
        MelSpectrogram().fit(stereo_wav)
