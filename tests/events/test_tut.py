"""Miniatures of TUT Rare Sound Events: sources and mixtures."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
import soundfile

from skaudeep.audio import Recording
from skaudeep.events import (
    make_mixtures,
    read_rare_event_mixtures,
    read_tut_sources,
    split_sources,
)

RATE = 8000
HASH = "20b255387a2d0cddc0a3dff5014875e7"

EVENTS = """\
babycry:
- audio_filename: 31527.wav
  parent_meta:
    license: http://creativecommons.org/licenses/by/3.0/
    user: !!python/unicode 'somebody'
  segment: [0.1, 0.4]
- audio_filename: 31527.wav
  segment:
  - 0.5
  - 0.9
gunshot:
- audio_filename: 7.wav
  segment: [0, 1]
"""
BACKGROUNDS = """\
- {classid: 0, classname: beach, filepath: audio/a001_0_30.wav}
- {classid: 3, classname: cafe/restaurant, filepath: audio/b020_0_30.wav}
- {classid: 0, classname: beach, filepath: audio/a001_30_60.wav}
"""


def write_wav(path, seconds, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    soundfile.write(path, noise, RATE, subtype="PCM_24")


@pytest.fixture
def source_root(tmp_path):
    root = tmp_path / "TUT-rare-sound-events-2017-development"
    data = root / "data" / "source_data"
    for name in ("babycry/31527", "gunshot/7", "gunshot/8"):
        write_wav(data / "events" / f"{name}.wav", 1)
    (data / "events" / "babycry" / "31527.yaml").write_text(
        "valid_segments:\n- [0.1, 0.4]\n- [0.5, 0.9]\nname: crying\n"
    )
    (data / "events" / "gunshot" / "8.yaml").write_text("valid_segments: []\n")
    for name in ("a001_0_30", "a001_30_60", "b020_0_30"):
        write_wav(data / "bgs" / "audio" / f"{name}.wav", 3)
    (data / "bgs" / "error.txt").touch()
    for split in ("devtrain", "devtest"):
        setup = data / "cv_setup"
        setup.mkdir(exist_ok=True)
        (setup / f"events_{split}.yaml").write_text(EVENTS)
        (setup / f"bgs_{split}.yaml").write_text(BACKGROUNDS)
    return root


@pytest.mark.parametrize("below", ["..", "", "data", "data/source_data"])
def test_sources_of_a_split(below, source_root):
    pytest.importorskip("yaml")
    sources = read_tut_sources(source_root / below, "devtest")
    folder = source_root / below
    data = source_root.resolve() / "data" / "source_data"
    found = {
        label: [
            (str((folder / one.path).resolve()), one.start, one.stop) for one in some
        ]
        for label, some in sources.events.items()
    }
    cry = str(data / "events" / "babycry" / "31527.wav")
    assert found == {
        "babycry": [(cry, 0.1, 0.4), (cry, 0.5, 0.9)],
        "gunshot": [(str(data / "events" / "gunshot" / "7.wav"), 0.0, 1.0)],
    }
    names = {
        label: [one.path.rpartition("bgs")[2].replace("\\", "/") for one in some]
        for label, some in sources.backgrounds.items()
    }
    assert names == {
        "beach": ["/audio/a001_0_30.wav", "/audio/a001_30_60.wav"],
        "cafe/restaurant": ["/audio/b020_0_30.wav"],
    }


def test_sources_become_mixtures_named_as_in_the_challenge(source_root, tmp_path):
    pytest.importorskip("yaml")
    sources = read_tut_sources(source_root)
    folder = source_root / "data" / "mixture_data" / "devtrain" / HASH
    mixtures = make_mixtures(
        sources.events,
        sources.backgrounds,
        folder,
        n_mixtures=12,
        duration=3.0,
        sample_rate=RATE,
        random_state=0,
    )
    assert set(mixtures.event_source) == {"", "babycry/31527.wav", "gunshot/7.wav"}
    assert "audio/b020_0_30.wav" in mixtures.background
    again = read_rare_event_mixtures(source_root, "gunshot", "devtrain")
    assert again.recordings.tolist() == mixtures.recordings[12:].tolist()
    lengths = {
        round(recipe["event_length_seconds"], 6)
        for recipe in mixtures.recipes
        if recipe["event_present"]
    }
    assert lengths == {0.3, 0.4, 1.0}


def test_all_files_with_their_valid_segments(source_root):
    pytest.importorskip("yaml")
    sources = read_tut_sources(source_root, split=None)
    assert [(one.start, one.stop) for one in sources.events["babycry"]] == [
        (0.1, 0.4),
        (0.5, 0.9),
    ]
    # Of 8.wav no segment is valid.
    assert [one.path[-5:] for one in sources.events["gunshot"]] == ["7.wav"]
    assert len(sources.backgrounds["audio"]) == 3
    with pytest.raises(ValueError, match=r"\['babycry'\] must hold two or more groups"):
        split_sources(sources.events)


def test_folders_of_ones_own_need_no_yaml(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    for name in ("events/bark/2.wav", "events/bark/1.WAV", "events/pop/a/1.wav"):
        write_wav(tmp_path / name, 0.2)
    write_wav(tmp_path / "bgs" / "1.wav", 1)
    write_wav(tmp_path / "bgs" / ".hidden" / "2.wav", 1)
    (tmp_path / "events" / "bark" / "notes.txt").touch()
    sources = read_tut_sources(tmp_path, split=None)
    assert sources.events == {
        "bark": [
            Recording(tmp_path / "events" / "bark" / name)
            for name in ("1.WAV", "2.wav")
        ],
        "pop": [Recording(tmp_path / "events" / "pop" / "a" / "1.wav")],
    }
    assert sources.backgrounds == {"bgs": [Recording(tmp_path / "bgs" / "1.wav")]}
    with pytest.raises(FileNotFoundError, match="No list of split='devtrain'.*None"):
        read_tut_sources(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("events", "[1]", ValueError, "events_devtrain.yaml is not a mapping"),
        ("bgs", "{a: 1}", ValueError, "bgs_devtrain.yaml is not a list"),
        (
            "events",
            "babycry: [{segment: [0, 1]}]",
            ValueError,
            "an entry without 'audio_filename'",
        ),
        (
            "events",
            "babycry: [{audio_filename: 1.wav, segment: [1, 0.5]}]",
            ValueError,
            r"gives 1.wav the segment \[1, 0.5\], which is not",
        ),
        (
            "events",
            "babycry: [{audio_filename: 9.wav, segment: [0, 1]}]",
            FileNotFoundError,
            r"1 recordings that .*events_devtrain.yaml lists are missing: .*9.wav",
        ),
    ],
)
def test_faulty_lists_are_named(name, text, error, message, source_root):
    pytest.importorskip("yaml")
    setup = source_root / "data" / "source_data" / "cv_setup"
    (setup / f"{name}_devtrain.yaml").write_text(text)
    with pytest.raises(error, match=message):
        read_tut_sources(source_root)


def test_wrong_folders_are_named(source_root, tmp_path):
    with pytest.raises(FileNotFoundError, match="root is not a folder"):
        read_tut_sources(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="No folders 'events' and 'bgs'"):
        read_tut_sources(tmp_path / "empty")
    source_root.rename(tmp_path / "one")
    for name in ("events", "bgs"):
        (tmp_path / "two" / "data" / "source_data" / name).mkdir(parents=True)
    with pytest.raises(ValueError, match="several data sets"):
        read_tut_sources(tmp_path)


@pytest.fixture
def mixture_root(tmp_path):
    """Lists as published: ragged, without header; one with CRLF and stray tabs."""
    root = tmp_path / "TUT"
    for split, end, digest in (
        ("devtrain", "\n", HASH),
        ("devtest", "\r\n", HASH),
        ("evaltest", "\n", "bbb81504db15a03680a0044474633b67"),
    ):
        folder = root / "data" / "mixture_data" / split / digest
        (folder / "meta").mkdir(parents=True)
        for label in ("babycry", "gunshot"):
            names = [f"mixture_{split}_{label}_{i:03}_{digest}.wav" for i in range(4)]
            for name in names:
                write_wav(folder / "audio" / name, 0.1)
            rows = [
                names[0],
                f"{names[1]}\t4.1234567890123456\t5.25\t{label}",
                names[2] + "\t\t\t" * (end == "\r\n"),
                f"{names[3]}\t0.0\t30.0\t{label}",
            ]
            text = end.join(rows) + end
            path = folder / "meta" / f"event_list_{split}_{label}.csv"
            path.write_bytes(text.encode())
            recipes = "".join(
                f"- mixture_audio_filename: {name}\n  ebr: {ebr}\n"
                for name, ebr in zip(names, ("-.inf", 6.0, "-.inf", -6), strict=True)
            )
            (folder / "meta" / f"mixture_recipes_{split}_{label}.yaml").write_text(
                recipes
            )
    return root


@pytest.mark.parametrize("split", ["devtrain", "devtest", "evaltest"])
@pytest.mark.parametrize("below", ["..", "", "data", "data/mixture_data"])
def test_mixtures_of_the_challenge(split, below, mixture_root):
    mixtures = read_rare_event_mixtures(mixture_root / below, "gunshot", split)
    assert [[e[:3] for e in events] for events in mixtures.target] == [
        [],
        [(4.1234567890123456, 5.25, "gunshot")],
        [],
        [(0.0, 30.0, "gunshot")],
    ]
    assert all(math.isnan(e.confidence) for t in mixtures.target for e in t)
    for i, path in enumerate(mixtures.recordings):
        assert f"mixture_{split}_gunshot_{i:03}_" in path
        assert Recording(path).duration == 0.1
    assert mixtures.event_label == "gunshot"
    assert "ebr" not in mixtures


def test_ratios_come_with_the_recipes(mixture_root):
    pytest.importorskip("yaml")
    mixtures = read_rare_event_mixtures(mixture_root, "babycry", recipes=True)
    assert mixtures.ebr.tolist() == [-math.inf, 6.0, -math.inf, -6.0]
    assert len(mixtures.recipes) == 4


def test_mixtures_with_several_events(tmp_path):
    write_wav(tmp_path / "audio" / "a.wav", 0.1)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "event_list_x_y.csv").write_text(
        "\ufeffaudio/a.wav\t1\t2\ty\n\naudio/a.wav\t3\t4\ty\n", encoding="utf-8"
    )
    mixtures = read_rare_event_mixtures(tmp_path, "y", "x")
    assert [e[:3] for e in mixtures.target[0]] == [(1.0, 2.0, "y"), (3.0, 4.0, "y")]
    assert len(mixtures.recordings) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.wav\t1.0", "Line 2 of .*csv must be a name alone, or"),
        ("a.wav\t1.0\tlate\ty", "Line 2 of .*'a.wav.t1.0.tlate.ty'"),
        ("a.wav\t2.0\t1.0\ty", "ends at 1.0 s, before its onset at 2.0 s"),
        ("a.wav\t2.0\t3.0\t", "must have a text as label"),
    ],
)
def test_faulty_rows_are_named(row, message, tmp_path):
    write_wav(tmp_path / "audio" / "a.wav", 0.1)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "event_list_x_y.csv").write_text(f"a.wav\n{row}\n")
    with pytest.raises(ValueError, match=message):
        read_rare_event_mixtures(tmp_path, "y", "x")


def test_faulty_mixture_folders_are_named(mixture_root):
    with pytest.raises(FileNotFoundError, match="root is not a folder"):
        read_rare_event_mixtures(mixture_root / "nowhere", "gunshot")
    with pytest.raises(
        FileNotFoundError, match="No meta/event_list_devtrain_glass.csv"
    ):
        read_rare_event_mixtures(mixture_root, "glass")
    folder = mixture_root / "data" / "mixture_data" / "devtrain" / HASH
    meta = folder / "meta" / "event_list_devtrain_gunshot.csv"
    other = folder.parent / "0123" / "meta" / meta.name
    other.parent.mkdir(parents=True)
    other.write_bytes(meta.read_bytes())
    with pytest.raises(ValueError, match="Several folders have"):
        read_rare_event_mixtures(mixture_root, "gunshot")
    assert len(read_rare_event_mixtures(folder, "gunshot").recordings) == 4
    with pytest.raises(
        FileNotFoundError, match="4 recordings that .* lists are missing"
    ):
        read_rare_event_mixtures(folder.parent / "0123", "gunshot")
    other.write_text("\n")
    with pytest.raises(ValueError, match="lists no mixture"):
        read_rare_event_mixtures(folder.parent / "0123", "gunshot")


def test_recipes_and_list_must_agree(mixture_root):
    pytest.importorskip("yaml")
    folder = mixture_root / "data" / "mixture_data" / "devtrain" / HASH
    path = folder / "meta" / "mixture_recipes_devtrain_gunshot.yaml"
    path.write_text("- {mixture_audio_filename: other.wav, ebr: 6}\n")
    with pytest.raises(ValueError, match="stands in one of them only"):
        read_rare_event_mixtures(mixture_root, "gunshot", recipes=True)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="The recipes are missing"):
        read_rare_event_mixtures(mixture_root, "gunshot", recipes=True)
