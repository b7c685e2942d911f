"""Mixtures: levels, times, proportions, files, and the same bytes again."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import re

import numpy as np
import pytest
import soundfile
from sklearn.utils import Bunch

from skaudeep.audio import Recording
from skaudeep.datasets import load_mandarin_syllables, make_backgrounds
from skaudeep.events import make_mixtures, read_rare_event_mixtures
from skaudeep.events._yaml import dump, load
from skaudeep.exceptions import AudioError, AudioWarning

RATE = 8000
OPTIONS = dict(n_mixtures=20, duration=2.0, sample_rate=RATE, random_state=0)


def decaying(rng, n):
    return (rng.standard_normal(n) * np.exp(-np.arange(n) / n)).astype(np.float32)


@pytest.fixture(scope="module")
def sources():
    """Events of two classes, backgrounds of the length of a mixture, others."""
    rng = np.random.default_rng(5)
    return Bunch(
        events={
            "pop": [decaying(rng, n) for n in (400, 1000, 3000)],
            "whirr": [decaying(rng, n) for n in (1600, 16000)],
        },
        backgrounds=[
            0.05
            * (i + 1)
            * rng.standard_normal(16000, dtype=np.float32)
            # Level under an event is not the level of the whole.
            * np.linspace(0.1, 1, 16000, dtype=np.float32)
            for i in range(4)
        ],
        distractors=[decaying(rng, n) for n in (200, 900)],
    )


@pytest.fixture(scope="module")
def mixtures(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixtures") / "set"
    return make_mixtures(sources.events, sources.backgrounds, folder, **OPTIONS)


def read(path):
    signal, rate = soundfile.read(path, dtype="float64")
    assert rate == RATE
    return signal


def rms(signal):
    return np.sqrt(np.mean(np.square(signal, dtype=np.float64)))


def numbered(name):
    return int(re.search(r"\[(\d+)\]", name)[1])


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_what_the_format_says(mixtures):
    assert len(mixtures.recordings) == 40
    for number, path in enumerate(mixtures.recordings):
        info = soundfile.info(path)
        assert (info.frames, info.samplerate) == (16000, RATE)
        assert (info.channels, info.subtype) == (1, "PCM_24")
        label = ("pop", "whirr")[number // 20]
        assert re.search(
            rf"audio.mixture_devtrain_{label}_{number % 20:03}_[0-9a-f]{{32}}\.wav$",
            path,
        )
    assert mixtures.event_label.tolist() == ["pop"] * 20 + ["whirr"] * 20
    assert mixtures.target_names.tolist() == ["pop", "whirr"]


def test_event_to_background_ratio_is_what_the_recipe_says(mixtures, sources):
    n_events = 0
    for path, recipe in zip(mixtures.recordings, mixtures.recipes, strict=True):
        ground = sources.backgrounds[numbered(recipe["bg_path"])].astype(np.float64)
        mixture = read(path) / recipe["mixture_scaling_factor"]
        if not recipe["event_present"]:
            assert np.abs(mixture - ground).max() < 1e-5
            continue
        n_events += 1
        first = round(recipe["event_start_in_mixture_seconds"] * RATE)
        span = slice(first, first + round(recipe["event_length_seconds"] * RATE))
        event = mixture - ground
        ratio = 20 * np.log10(rms(event[span]) / rms(ground[span]))
        assert ratio == pytest.approx(recipe["ebr"], abs=0.01)
        label, number = recipe["event_class"], numbered(recipe["event_path"])
        sound = recipe["scaling_factor"] * sources.events[label][number]
        assert np.abs(event[span] - sound).max() < 1e-5
        event[span] = 0
        assert np.abs(event).max() < 1e-5
    assert n_events == 36


def test_every_choice_is_made(mixtures):
    present = np.isfinite(mixtures.ebr)
    assert set(mixtures.ebr[present]) == {-6.0, 0.0, 6.0}
    assert len(set(mixtures.event_source)) == 6
    assert set(mixtures.event_source[~present]) == {""}
    assert len(set(mixtures.background)) == 4
    onsets = [events[0].onset for events in mixtures.target if events]
    assert len(set(onsets)) > 20


@pytest.mark.parametrize(
    ("share", "n_events"), [(0.9, 18), (0.5, 10), (0.0, 0), (1.0, 20)]
)
def test_share_of_events_is_exact(share, n_events, sources, tmp_path):
    mixtures = make_mixtures(
        sources.events,
        sources.backgrounds,
        tmp_path / "set",
        event_presence=share,
        **OPTIONS,
    )
    for label in ("pop", "whirr"):
        own = np.flatnonzero(mixtures.event_label == label)
        present = [bool(mixtures.target[i]) for i in own]
        assert sum(present) == n_events
        # In random order, not the events first.
        if n_events == 10:
            assert not all(present[:10])


def test_onsets_are_uniform(tmp_path):
    mixtures = make_mixtures(
        {"pop": [np.ones(400, np.float32)]},
        [np.ones(1600, np.float32)],
        tmp_path / "set",
        n_mixtures=200,
        event_presence=1,
        duration=0.2,
        sample_rate=RATE,
        random_state=0,
    )
    onsets = np.array([events[0].onset for events in mixtures.target])
    assert onsets.min() >= 0
    assert onsets.max() <= 0.15
    # The largest gap to the uniform distribution, Kolmogorov's 1 % value.
    gap = np.abs(np.sort(onsets) / 0.15 - np.arange(200) / 200).max()
    assert gap < 1.63 / 200**0.5


def test_list_recipe_and_target_agree(mixtures):
    pytest.importorskip("yaml")
    for label in mixtures.target_names:
        chosen = np.flatnonzero(mixtures.event_label == label)
        again = read_rare_event_mixtures(mixtures.output_dir, label, recipes=True)
        assert again.recordings.tolist() == mixtures.recordings[chosen].tolist()
        assert again.recipes == [mixtures.recipes[i] for i in chosen]
        assert again.ebr.tolist() == mixtures.ebr[chosen].tolist()
        for events, recipe, i in zip(again.target, again.recipes, chosen, strict=True):
            assert [e[:3] for e in events] == [e[:3] for e in mixtures.target[i]]
            assert len(events) == recipe["event_present"]
            if events:
                onset = recipe["event_start_in_mixture_seconds"]
                offset = min(onset + recipe["event_length_seconds"], 2.0)
                assert events[0][:3] == (onset, offset, label)


def test_recipe_has_the_keys_of_the_challenge(mixtures):
    always = {
        "annotation_string",
        "bg_classname",
        "bg_path",
        "ebr",
        "event_present",
        "mixture_audio_filename",
    }
    with_event = {
        "event_class",
        "event_length_seconds",
        "event_path",
        "event_start_in_mixture_seconds",
        "scaling_factor",
        "segment_end_seconds",
        "segment_start_seconds",
    }
    ours = {"bg_start_seconds", "mixture_scaling_factor"}
    for recipe in mixtures.recipes:
        expected = always | ours | (with_event if recipe["event_present"] else set())
        assert set(recipe) == expected
        if not recipe["event_present"]:
            assert recipe["ebr"] == -np.inf
            assert recipe["annotation_string"] == recipe["mixture_audio_filename"]


def test_checksum_in_the_name_is_that_of_the_recipe(mixtures):
    for recipe in mixtures.recipes[:3]:
        recipe = dict(recipe)
        name = recipe.pop("mixture_audio_filename")
        del recipe["annotation_string"]
        assert hashlib.md5(dump([recipe]).encode()).hexdigest() in name


def test_parameters_are_written(mixtures, tmp_path):
    pytest.importorskip("yaml")
    from pathlib import Path

    assert load(Path(mixtures.output_dir) / "parameters.yaml") == {
        "duration": 2.0,
        "ebrs": [-6.0, 0.0, 6.0],
        "event_presence_prob": 0.9,
        "level": 0.2,
        "mixtures_per_class": 20,
        "sample_rate": RATE,
        "seed": 0,
    }


def test_an_event_as_long_as_the_mixture_begins_at_zero(mixtures):
    whole = [
        events[0]
        for events, name in zip(mixtures.target, mixtures.event_source, strict=True)
        if name == "whirr[1]"
    ]
    assert whole
    assert {event[:2] for event in whole} == {(0.0, 2.0)}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_same_seed_same_bytes(n_jobs, mixtures, sources, tmp_path):
    from pathlib import Path

    folder = tmp_path / "again"
    make_mixtures(sources.events, sources.backgrounds, folder, n_jobs=n_jobs, **OPTIONS)
    assert contents(folder) == contents(Path(mixtures.output_dir))


def test_other_seed_or_split_gives_other_mixtures(mixtures, sources, tmp_path):
    for name, change in {"a": {"random_state": 1}, "b": {"split": "devtest"}}.items():
        other = make_mixtures(
            sources.events, sources.backgrounds, tmp_path / name, **OPTIONS | change
        )
        starts = [
            [recipe.get("event_start_in_mixture_seconds") for recipe in some.recipes]
            for some in (mixtures, other)
        ]
        assert starts[0] != starts[1]


def test_the_other_classes_do_not_matter(mixtures, sources, tmp_path):
    alone = make_mixtures(
        {"whirr": sources.events["whirr"]},
        sources.backgrounds,
        tmp_path / "set",
        **OPTIONS,
    )
    assert alone.recipes == mixtures.recipes[20:]


def test_global_generator_is_left_alone(sources, tmp_path):
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    make_mixtures(
        sources.events,
        sources.backgrounds,
        tmp_path / "a",
        **OPTIONS | {"n_mixtures": 2},
    )
    assert np.array_equal(np.random.get_state()[1], before)


def test_distractors_are_in_the_mixture_but_not_in_the_list(
    mixtures, sources, tmp_path
):
    disturbed = make_mixtures(
        sources.events,
        sources.backgrounds,
        tmp_path / "set",
        distractors=sources.distractors,
        n_distractors=(1, 3),
        **OPTIONS,
    )
    # The same mixtures beneath.
    assert [[e[:3] for e in events] for events in disturbed.target] == [
        [e[:3] for e in events] for events in mixtures.target
    ]
    counts = []
    for i, recipe in enumerate(disturbed.recipes):
        counts.append(len(recipe["distractors"]))
        rest = read(disturbed.recordings[i]) / recipe["mixture_scaling_factor"]
        rest -= read(mixtures.recordings[i]) / 0.2
        assert rms(rest) > 1e-4
        ground = sources.backgrounds[numbered(recipe["bg_path"])]
        for placed in recipe["distractors"]:
            sound = sources.distractors[numbered(placed["path"])]
            first = round(placed["start_in_mixture_seconds"] * RATE)
            span = slice(first, first + len(sound))
            ratio = rms(placed["scaling_factor"] * sound) / rms(ground[span])
            assert 20 * np.log10(ratio) == pytest.approx(placed["ebr"], abs=0.01)
            rest[span] -= placed["scaling_factor"] * sound
        assert np.abs(rest).max() < 1e-5
    assert set(counts) == {1, 2, 3}
    present = np.isfinite(disturbed.ebr)
    # Those without an event are disturbed as well.
    assert min(np.array(counts)[~present]) >= 1


def test_number_of_distractors_can_be_fixed(sources, tmp_path):
    mixtures = make_mixtures(
        sources.events,
        sources.backgrounds,
        tmp_path / "set",
        distractors={"a": sources.distractors},
        n_distractors=2,
        **OPTIONS | {"n_mixtures": 3},
    )
    assert [len(recipe["distractors"]) for recipe in mixtures.recipes] == [2] * 6


def mix_one(background, tmp_path, event=None, **options):
    mixtures = make_mixtures(
        {"pop": [np.ones(80, np.float32) if event is None else event]},
        [background],
        tmp_path / "set",
        **{
            "n_mixtures": 1,
            "event_presence": 0,
            "duration": 1.0,
            "sample_rate": RATE,
            "level": 1.0,
            "random_state": 0,
            **options,
        },
    )
    return read(mixtures.recordings[0]), mixtures.recipes[0]


def test_a_longer_background_is_cut_where_the_recipe_says(rng, tmp_path):
    background = (0.1 * rng.standard_normal(5 * RATE)).astype(np.float32)
    mixture, recipe = mix_one(background, tmp_path)
    first = round(recipe["bg_start_seconds"] * RATE)
    assert 0 < first <= 4 * RATE
    assert np.abs(mixture - background[first : first + RATE]).max() < 1e-6


def test_a_shorter_background_is_repeated(rng, tmp_path):
    background = (0.1 * rng.standard_normal(3000)).astype(np.float32)
    mixture, recipe = mix_one(background, tmp_path)
    # 10 ms are shared by the end and the beginning.
    period = 3000 - RATE // 100
    assert np.array_equal(mixture[period:], mixture[:-period])
    # The seam is neither louder nor quieter.
    first = -round(recipe["bg_start_seconds"] * RATE) % period
    loop = np.roll(mixture[:period], -first)
    assert np.abs(loop[80:] - background[80:period]).max() < 1e-6
    assert rms(loop[:80]) == pytest.approx(0.1, rel=0.25)


@pytest.mark.parametrize("rate", [4000, 11025, 44100])
def test_sources_of_other_rates_are_resampled(rate, tmp_path):
    time = np.arange(2 * rate) / rate
    tone = (0.1 * np.sin(2 * np.pi * 500 * time)).astype(np.float32)
    hum = (0.1 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    soundfile.write(tmp_path / "tone.wav", tone, rate, subtype="FLOAT")
    mixture, recipe = mix_one(
        (hum, rate),
        tmp_path,
        (tmp_path / "tone.wav", 0.5, 1.0),
        event_presence=1,
        duration=2.0,
        ebr=0,
    )
    assert len(mixture) == 2 * RATE
    assert recipe["event_length_seconds"] == pytest.approx(0.5, abs=1e-4)
    assert recipe["segment_start_seconds"] == pytest.approx(0.5, abs=1e-4)
    assert recipe["segment_end_seconds"] == pytest.approx(1.0, abs=1e-4)
    power = np.abs(np.fft.rfft(mixture)) ** 2
    frequency = np.fft.rfftfreq(len(mixture), 1 / RATE)
    near = (np.abs(frequency - 500) < 50) | (np.abs(frequency - 1000) < 50)
    assert power[near].sum() > 0.99 * power.sum()
    # Half a second of the one under two seconds of the other, at the same RMS.
    low = power[np.abs(frequency - 500) < 50].sum()
    high = power[np.abs(frequency - 1000) < 50].sum()
    assert low / high == pytest.approx(0.25, rel=0.05)


def test_channels_are_averaged_and_forms_are_alike(stereo_signal, tmp_path):
    paths = [tmp_path / "night" / "stereo.wav", tmp_path / "day" / "stereo.wav"]
    for path in paths:
        path.parent.mkdir()
        soundfile.write(path, stereo_signal.T, RATE, subtype="PCM_16")
    mono = stereo_signal.mean(axis=0)
    forms = [
        stereo_signal,
        (mono, RATE),
        str(paths[0]),
        Recording(paths[0]),
        (paths[0], 0, 0.5),
        Recording(paths[0], channel="mean", start=0),
    ]
    for i, form in enumerate(forms):
        mixture, _ = mix_one(form, tmp_path / str(i), duration=0.5)
        assert np.abs(mixture - mono).max() < 1e-6
    left, recipe = mix_one(Recording(paths[1], channel="left"), tmp_path, duration=0.5)
    assert np.abs(left - stereo_signal[0]).max() < 1e-6
    assert recipe["bg_path"] == "day/stereo.wav"


def test_names_tell_files_apart(tmp_path, rng):
    paths = []
    for folder in ("one/audio", "two/audio"):
        (tmp_path / folder).mkdir(parents=True)
        paths.append(tmp_path / folder / "1.wav")
        soundfile.write(paths[-1], 0.1 * rng.standard_normal(RATE), RATE)
    mixtures = make_mixtures(
        {"pop": [np.ones(80, np.float32)]},
        {"park": paths[:1], "street": paths[1:]},
        tmp_path / "set",
        n_mixtures=10,
        duration=1.0,
        sample_rate=RATE,
        random_state=0,
    )
    assert set(mixtures.background) == {"one/audio/1.wav", "two/audio/1.wav"}
    for recipe in mixtures.recipes:
        expected = {"one": "park", "two": "street"}[recipe["bg_path"][:3]]
        assert recipe["bg_classname"] == expected


def test_what_would_clip_is_scaled_down_with_a_warning(tmp_path):
    background = np.ones(RATE, np.float32)
    with pytest.warns(AudioWarning, match="1 of 1 mixtures .* level=1 is high"):
        mixture, recipe = mix_one(background, tmp_path, event_presence=1, ebr=6)
    assert np.abs(mixture).max() == pytest.approx(0.999, abs=1e-6)
    assert recipe["mixture_scaling_factor"] == pytest.approx(0.999 / (1 + 10**0.3))
    first = round(recipe["event_start_in_mixture_seconds"] * RATE)
    ground = mixture[first - 1]
    ratio = (mixture[first] - ground) / ground
    assert 20 * np.log10(ratio) == pytest.approx(6, abs=0.01)


def test_an_event_is_placed_where_the_background_sounds(tmp_path):
    background = np.zeros(RATE, np.float32)
    background[: RATE // 2] = 0.1
    for seed in range(6):
        _, recipe = mix_one(
            background, tmp_path / str(seed), event_presence=1, random_state=seed
        )
        assert recipe["event_start_in_mixture_seconds"] < 0.5


@pytest.mark.parametrize(
    ("background", "event", "message"),
    [
        (np.zeros(RATE, np.float32), None, r"background backgrounds\[0\] is digital"),
        (
            np.ones(RATE, np.float32),
            np.zeros(80, np.float32),
            r"pop\[0\] \(0-0.01 s\) is digital silence",
        ),
        (np.full(RATE, np.nan, np.float32), None, r"backgrounds\[0\] .* NaN"),
        ("nowhere.wav", None, "'nowhere.wav': the file does not exist"),
    ],
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_failure_leaves_nothing_behind(background, event, message, n_jobs, tmp_path):
    with pytest.raises(AudioError, match=message):
        mix_one(background, tmp_path, event, event_presence=1, n_jobs=n_jobs)
    assert list(tmp_path.iterdir()) == []


def test_failure_among_many_threads_leaves_nothing_behind(rng, tmp_path):
    background = (0.1 * rng.standard_normal(20 * RATE)).astype(np.float32)
    events = [np.ones(80, np.float32)] * 9 + [np.zeros(80, np.float32)]
    for seed in range(5):
        with pytest.raises(AudioError, match=r"pop\[9\] .* is digital silence"):
            make_mixtures(
                {"pop": events},
                [background],
                tmp_path / "set",
                n_mixtures=100,
                duration=20,
                sample_rate=RATE,
                random_state=seed,
                n_jobs=4,
            )
        assert list(tmp_path.iterdir()) == []


def test_existing_output_is_only_replaced_when_told(rng, tmp_path):
    background = (0.1 * rng.standard_normal(RATE)).astype(np.float32)
    folder = tmp_path / "set"
    folder.mkdir()
    # An empty folder is no output.
    mix_one(background, tmp_path)
    before = contents(folder)
    with pytest.raises(FileExistsError, match="is not empty. Set overwrite=True"):
        mix_one(background, tmp_path, random_state=1)
    assert contents(folder) == before
    # A failure leaves what was there.
    with pytest.raises(AudioError):
        mix_one(0 * background, tmp_path, event_presence=1, overwrite=True)
    assert contents(folder) == before
    mix_one(background, tmp_path, event_presence=1, overwrite=True)
    assert contents(folder).keys() != before.keys()
    assert len(contents(folder)) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_other_folders_are_never_overwritten(rng, tmp_path):
    background = (0.1 * rng.standard_normal(RATE)).astype(np.float32)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.txt").touch()
    with pytest.raises(FileExistsError, match=r"holds other things.*thesis.txt"):
        mix_one(background, tmp_path, overwrite=True)
    assert contents(tmp_path / "set") == {"thesis.txt": b""}
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="output_dir is a file"):
        make_mixtures({"pop": [background]}, [background], tmp_path / "file")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"events": {}}, ValueError, "at least one class"),
        ({"events": [np.ones(3)]}, ValueError, "'events' parameter of make_mixtures"),
        ({"events": {"a/b": [np.ones(3)]}}, ValueError, "usable in file names.*'a/b'"),
        ({"events": {"..": [np.ones(3)]}}, ValueError, "usable in file names"),
        ({"events": {1: [np.ones(3)]}}, ValueError, "usable in file names, got 1"),
        ({"events": {"a": []}}, ValueError, r"events\['a'\] must hold at least one"),
        ({"events": {"a": "b.wav"}}, TypeError, r"events\['a'\] must be a list"),
        ({"events": {"a": np.ones(9)}}, TypeError, "a single signal goes into a list"),
        ({"events": {"a": [3]}}, TypeError, r"events: a\[0\] must be a path.*got 3"),
        ({"events": {"a": [np.ones((2, 2, 2))]}}, ValueError, r"shape \(2, 2, 2\)"),
        ({"events": {"a": [(np.ones(9), 0)]}}, ValueError, "sample rate, got 0"),
        (
            {"events": {"a": [np.ones(RATE + 1)]}},
            ValueError,
            r"a\[0\] \(0-1.00012 s\) is longer than duration=1 s",
        ),
        (
            {"distractors": [np.ones(RATE + 1)]},
            ValueError,
            r"distractors\[0\] .*longer",
        ),
        ({"backgrounds": []}, ValueError, "backgrounds must hold at least one"),
        ({"backgrounds": "a.wav"}, TypeError, "backgrounds must be a list"),
        ({"n_mixtures": 0}, ValueError, "'n_mixtures' parameter"),
        ({"event_presence": 1.1}, ValueError, "'event_presence' parameter"),
        ({"ebr": []}, ValueError, "ebr must be one or more"),
        ({"ebr": [np.nan]}, ValueError, "ebr must be one or more"),
        ({"level": 0}, ValueError, "'level' parameter"),
        ({"n_distractors": (2, 1)}, ValueError, "n_distractors must be"),
        ({"n_distractors": (1, 2, 3)}, ValueError, "n_distractors must be"),
        ({"split": "a/b"}, ValueError, "split must be usable"),
    ],
)
def test_bad_parameters_are_named(change, error, message, tmp_path):
    options = {
        "events": {"pop": [np.ones(80)]},
        "backgrounds": [np.ones(RATE)],
        "output_dir": tmp_path / "set",
        "duration": 1.0,
        "sample_rate": RATE,
        "n_mixtures": 1,
    }
    with pytest.raises(error, match=message):
        make_mixtures(**options | change)
    assert list(tmp_path.iterdir()) == []


def test_bundled_sounds_make_mixtures(tmp_path):
    data = load_mandarin_syllables()
    backgrounds = make_backgrounds(4, duration=3.0, sample_rate=RATE, random_state=0)
    mixtures = make_mixtures(
        {"zh": data.recordings[data.target == "zh"][:8]},
        backgrounds.recordings,
        tmp_path / "set",
        distractors=list(data.recordings[data.target == "m"][:8]),
        **OPTIONS,
    )
    assert np.isfinite(mixtures.ebr).sum() == 18
    assert all(0.1 < e.offset - e.onset < 0.6 for t in mixtures.target for e in t)
