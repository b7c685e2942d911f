"""load_esc on miniature trees of the new layout and the older ones."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from trees_other import (
    audio,
    make_esc10,
    make_esc50,
    make_esc50_old,
    write_file,
)

from skaudeep.audio import MelSpectrogram
from skaudeep.datasets import load_esc
from skaudeep.datasets._esc import recognise_esc

CSV = "meta/esc50.csv"


@pytest.fixture
def esc50(tmp_path):
    return make_esc50(tmp_path / "ESC-50-master")


@pytest.fixture
def old(tmp_path):
    return make_esc50_old(tmp_path / "ESC-50-master")


def edit(root, old_text, new_text):
    path = root / CSV
    text = path.read_bytes().decode("utf-8")
    assert old_text in text
    path.write_bytes(text.replace(old_text, new_text, 1).encode("utf-8"))


def assert_folds_are_the_first_digits(data):
    """Each fold tests the clips whose names begin with its number."""
    digits = np.array([Path(path).name[0] for path in data.recordings])
    assert data.cv.get_n_splits() == 5
    for number, (train, test) in enumerate(data.cv.split(data.recordings), start=1):
        assert test.tolist() == np.flatnonzero(digits == str(number)).tolist()
        assert train.tolist() == np.flatnonzero(digits != str(number)).tolist()
        assert not set(data.groups[train]) & set(data.groups[test])


def test_new_layout(esc50):
    data = load_esc(esc50)
    assert len(data.recordings) == 30
    assert data.recordings[1] == str(esc50 / "audio" / "1-100-B-0.wav")
    assert data.target[:6].tolist() == [
        *("dog", "dog", "rooster", "pig", "sea_waves", "drinking_sipping")
    ]
    # By number, not by name.
    assert data.target_names.tolist() == [
        *("dog", "rooster", "pig", "sea_waves", "drinking_sipping")
    ]
    assert data.groups[:3].tolist() == ["100", "100", "101"]
    assert data.partitions is None
    assert "CC BY-NC 3.0" in data.DESCR
    assert_folds_are_the_first_digits(data)


def test_false_in_the_list_is_false(esc50):
    data = load_esc(esc50, subset="esc10")
    assert data.target_names.tolist() == ["dog", "rooster", "sea_waves"]
    assert set(data.target) == set(data.target_names)
    assert len(data.recordings) == 20
    assert_folds_are_the_first_digits(data)
    full = load_esc(esc50, subset="esc50")
    assert full.recordings.tolist() == load_esc(esc50).recordings.tolist()


def test_rows_keep_the_order_of_the_list(esc50):
    lines = (esc50 / CSV).read_text("utf-8-sig").splitlines()
    lines[1:] = lines[:0:-1]
    (esc50 / CSV).write_text("\n".join([*lines, "", ""]))
    names = [Path(path).name for path in load_esc(esc50).recordings]
    assert names == [line.partition(",")[0] for line in lines[1:]]


def test_old_layout(old):
    data = load_esc(old)
    assert len(data.recordings) == 15
    names = ["Dog", "Crying baby", "Drinking - sipping"]
    assert data.target_names.tolist() == names
    assert data.target.tolist() == np.repeat(names, 5).tolist()
    assert data.groups[:2].tolist() == ["101", "201"]
    endings = [Path(path).suffix for path in data.recordings]
    assert endings[:5] == [".ogg", ".ogg", ".wav", ".ogg", ".ogg"]
    assert_folds_are_the_first_digits(data)


def test_ten_classes_of_the_old_layout(old):
    data = load_esc(old, subset="esc10")
    assert data.target_names.tolist() == ["Dog", "Crying baby"]
    assert len(data.recordings) == 10
    (old / "101 - Dog").rename(old / "103 - Pig")
    (old / "301 - Crying baby").rename(old / "304 - Breathing")
    with pytest.raises(ValueError, match="none of the classes of ESC-10"):
        load_esc(old, subset="esc10")


def test_which_folders_the_ten_classes_are(tmp_path):
    ten = ["101 - Dog", "102 - Rooster", "201 - Rain", "202 - Sea waves"]
    ten += ["203 - Crackling fire", "301 - Crying baby", "302 - Sneezing"]
    ten += ["409 - Clock tick", "501 - Helicopter", "502 - Chainsaw"]
    others = ["110 - Crow", "204 - Crickets", "303 - Clapping", "408 - Clock alarm"]
    for folder in (*ten, *others, "410 - Glass breaking", "503 - Siren"):
        write_file(tmp_path / folder / "1-100-A.ogg", b"")
    data = load_esc(tmp_path, subset="esc10")
    assert data.target_names.tolist() == [name[6:] for name in ten]


@pytest.mark.parametrize("subset", [None, "esc10"])
def test_repository_of_esc10(tmp_path, subset):
    data = load_esc(make_esc10(tmp_path), subset=subset)
    assert data.target_names.tolist() == ["Dog bark", "Baby cry", "Fire crackling"]
    assert len(data.recordings) == 15
    assert_folds_are_the_first_digits(data)


def test_esc10_is_not_taken_for_esc50(tmp_path):
    with pytest.raises(ValueError, match="subset='esc50', but .* ESC-10"):
        load_esc(make_esc10(tmp_path), subset="esc50")


@pytest.mark.parametrize("make", [make_esc50, make_esc50_old, make_esc10])
def test_recordings_are_audio(tmp_path, make):
    data = load_esc(make(tmp_path))
    X = MelSpectrogram(n_mels=16, clip_below=-60).fit_transform(data.recordings)
    assert len(X) == len(data.recordings)


@pytest.mark.parametrize("make", [make_esc50, make_esc50_old, make_esc10])
def test_parent_folder(tmp_path, make):
    root = make(tmp_path / "below" / "ESC")
    (tmp_path / "below" / "other").mkdir()
    expected = load_esc(root).recordings.tolist()
    assert load_esc(str(root.parent)).recordings.tolist() == expected
    assert recognise_esc(root) is None
    assert recognise_esc(root.parent) is None
    assert recognise_esc(tmp_path) is not None


def test_two_copies_are_not_chosen_from(tmp_path):
    make_esc50(tmp_path / "a")
    make_esc10(tmp_path / "b")
    with pytest.raises(ValueError, match=r"several data sets.*\['a', 'b'\]"):
        load_esc(tmp_path)
    assert recognise_esc(tmp_path) == "2 of them, one level below"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "no meta/esc50.csv, and no folders such as '101 - Dog'"),
        (["a.wav", "b.wav"], "no meta/esc50.csv"),
        (["dog/1-100-A.wav"], "no meta/esc50.csv"),
        (["101 - Dog/README.md"], "no clips such as '1-100032-A.ogg' in '101 - Dog'"),
        (["101 - Dog/6-100-A.ogg"], "no clips such as"),
        (["101 - Dog/1-1-A.ogg", "pig/1-2-A.ogg"], "'pig' is not named like '101"),
        (["meta/esc50.csv"], "no folder 'audio'"),
    ],
)
def test_other_folders_are_not_recognised(tmp_path, files, reason):
    for name in files:
        write_file(tmp_path / name, b"")
    assert reason in recognise_esc(tmp_path)
    with pytest.raises(FileNotFoundError, match="karolpiczak/ESC-50.*CC BY-NC"):
        load_esc(tmp_path)


def test_root_that_is_no_folder(tmp_path):
    write_file(tmp_path / "esc50.csv", b"")
    for root in (tmp_path / "esc50.csv", tmp_path / "nowhere"):
        assert recognise_esc(root) == "not a folder"
        with pytest.raises(FileNotFoundError, match="root is not a folder.*GitHub"):
            load_esc(root)


@pytest.mark.parametrize(
    ("old_text", "new_text", "message"),
    [
        (",1,0,dog,", ",0,0,dog,", "line 2: fold must be one of 1, 2, .* got '0'"),
        (",1,0,dog,", ",1,50,dog,", "line 2: target must be one of .* got '50'"),
        (",1,0,dog,", ",1,zero,dog,", "line 2: target .* got 'zero'"),
        (",1,1,rooster,", ",1,0,rooster,", "line 4: class 0 is called 'rooster' here"),
        (",pig,False,", ",pig,0,", "line 5: esc10 must be one of True, False; got '0'"),
        ("1-101-A-1.wav", "1-100-A-0.wav", "line 4: '1-100-A-0.wav' .* line 2 already"),
        ("1-101-A-1.wav", "", "line 4: filename is empty"),
        (",src_file,", ",source,", "no column 'src_file', only filename, fold,"),
    ],
)
def test_wrong_rows_are_named(esc50, old_text, new_text, message):
    edit(esc50, old_text, new_text)
    with pytest.raises(ValueError, match=message) as caught:
        load_esc(esc50)
    assert str(esc50 / CSV) in str(caught.value)


def test_missing_recordings_are_named(esc50):
    (esc50 / "audio" / "1-101-A-1.wav").unlink()
    message = r"1 of 30 listed recordings are missing .*audio/1-101-A-1\.wav"
    with pytest.raises(FileNotFoundError, match=message):
        load_esc(esc50)


def test_list_without_the_ten_classes(esc50):
    text = (esc50 / CSV).read_text("utf-8-sig").replace("True", "False")
    (esc50 / CSV).write_text(text)
    with pytest.raises(ValueError, match="no clip whose esc10 is True"):
        load_esc(esc50, subset="esc10")


@pytest.mark.parametrize("name", ["bark.ogg", "6-1-A.ogg", "1-x-A.wav", "1-1.ogg"])
def test_clip_that_is_named_otherwise(old, name):
    write_file(old / "301 - Crying baby" / name, audio())
    with pytest.raises(ValueError, match=f"{name}' is not named like 1-100032-A.ogg"):
        load_esc(old)


def test_clip_and_its_conversion_are_no_two_clips(old):
    write_file(old / "301 - Crying baby" / "1-102-A.WAV", audio())
    message = "1-102-A.WAV and 1-102-A.ogg .* same clip"
    with pytest.raises(ValueError, match=message):
        load_esc(old)


def test_class_without_clips(old):
    for path in (old / "301 - Crying baby").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="301 - Crying baby' holds no .ogg or .wav"):
        load_esc(old)


def test_unknown_subset(esc50):
    with pytest.raises(ValueError, match="'subset' parameter of load_esc"):
        load_esc(esc50, subset="esc-10")
