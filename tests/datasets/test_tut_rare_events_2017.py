"""load_tut_rare_events_2017 on miniature mixtures."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import sys
from pathlib import Path

import pytest
import soundfile

from skaudeep.datasets import load_tut_rare_events_2017
from skaudeep.datasets._tut_rare_events_2017 import recognise_tut_rare_events_2017
from skaudeep.events import read_rare_event_mixtures

sys.path.insert(0, str(Path(__file__).parent))
from trees import HASHES, make_tut_rare_events_2017

EVENTS = ["babycry", "glassbreak", "gunshot"]


@pytest.fixture
def root(tmp_path):
    return make_tut_rare_events_2017(
        tmp_path / "TUT-rare-sound-events-2017-development"
    )


@pytest.mark.parametrize("part", ["devtrain", "devtest"])
def test_mixtures_of_one_event(part, root):
    data = load_tut_rare_events_2017(root, event="gunshot", part=part)
    assert data.target.tolist() == ["background", "gunshot"] * 2
    assert data.target_names.tolist() == ["background", "gunshot"]
    assert [[event[:3] for event in events] for events in data.events] == [
        [],
        [(0.1234567890123456, 0.2234567890123456, "gunshot")],
        [],
        [(0.0, 0.3, "gunshot")],
    ]
    assert data.problems.tolist() == ["gunshot"] * 4
    assert data.groups is data.cv is data.partitions is None
    assert "ebr" not in data
    expected = read_rare_event_mixtures(root, "gunshot", part)
    assert data.recordings.tolist() == expected.recordings.tolist()
    info = soundfile.info(data.recordings[0])
    assert (info.channels, info.subtype) == (1, "PCM_24")


@pytest.mark.parametrize("below", ["..", "", "data"])
def test_mixtures_of_all_events(below, root):
    data = load_tut_rare_events_2017(root / below)
    assert len(data.recordings) == 12
    assert data.problems.tolist() == [event for event in EVENTS for _ in range(4)]
    assert data.target[1::2].tolist() == [event for event in EVENTS for _ in range(2)]
    assert data.target_names.tolist() == ["background", *EVENTS]
    assert all(Path(path).is_file() for path in data.recordings)


def test_a_relative_root(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    for given in (".", root.name):
        data = load_tut_rare_events_2017(given, event="babycry")
        assert all(Path(path).is_file() for path in data.recordings)


def test_recipes_say_ratio_and_location(root):
    pytest.importorskip("yaml")
    data = load_tut_rare_events_2017(root, recipes=True)
    assert data.ebr.tolist() == [-math.inf, 6.0, -math.inf, -6.0] * 3
    assert data.groups.tolist() == ["b000", "b001", "b002", "b003"] * 3
    assert data.recipes[5]["event_present"] is True


def test_evaluation_set(root, tmp_path):
    folder = tmp_path / "TUT-rare-sound-events-2017-evaluation"
    make_tut_rare_events_2017(folder, parts=["evaltest"])
    data = load_tut_rare_events_2017(tmp_path, part="evaltest")
    assert HASHES["evaltest"] in data.recordings[0]
    assert len(data.recordings) == 12


def test_faults_are_named(root):
    folder = root / "data" / "mixture_data" / "devtrain" / HASHES["devtrain"]
    path = folder / "meta" / "event_list_devtrain_babycry.csv"
    text = path.read_text()
    path.write_text(text.replace("\tbabycry", "\tgunshot", 1))
    message = r"devtrain_babycry\.csv in .* labels 'mixture_.*_001_.*' as 'gunshot'"
    with pytest.raises(ValueError, match=message):
        load_tut_rare_events_2017(root)
    path.write_text(text.replace("0.1234567890123456", "soon"))
    with pytest.raises(ValueError, match=r"Line 2 of .*devtrain_babycry\.csv must be"):
        load_tut_rare_events_2017(root, event="babycry")
    path.unlink()
    with pytest.raises(FileNotFoundError, match="event_list_devtrain_babycry.*401395"):
        load_tut_rare_events_2017(root)
    assert len(load_tut_rare_events_2017(root, event="gunshot").recordings) == 4
    next((folder / "audio").glob("*gunshot_002*")).unlink()
    with pytest.raises(FileNotFoundError, match="1 recordings that.*non-commercial"):
        load_tut_rare_events_2017(root, event="gunshot")
    with pytest.raises(ValueError, match="The 'event' parameter"):
        load_tut_rare_events_2017(root, event="bark")


def test_recognition(root, tmp_path):
    assert recognise_tut_rare_events_2017(root) is None
    assert recognise_tut_rare_events_2017(tmp_path) is None
    assert recognise_tut_rare_events_2017(root, part="devtest") is None
    fault = recognise_tut_rare_events_2017(root, part="evaltest")
    assert fault == "it has devtest, devtrain only"
    other = tmp_path / "other"
    (other / "data" / "source_data" / "events").mkdir(parents=True)
    assert "not mixed yet" in recognise_tut_rare_events_2017(other)
    fault = recognise_tut_rare_events_2017(other / "data")
    assert fault == "no list of events in data/mixture_data"
