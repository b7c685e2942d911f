"""load_fsdkaggle2018 on miniatures of both layouts."""
# SPDX-License-Identifier: BSD-3-Clause

import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from skaudeep.datasets import load_fsdkaggle2018
from skaudeep.datasets._fsdkaggle2018 import recognise_fsdkaggle2018

sys.path.insert(0, str(Path(__file__).parent))
from trees import make_fsdkaggle2018

LIST = Path("FSDKaggle2018.meta", "train_post_competition.csv")


@pytest.fixture
def zenodo(tmp_path):
    return make_fsdkaggle2018(tmp_path / "FSDKaggle2018")


@pytest.fixture
def kaggle(tmp_path):
    return make_fsdkaggle2018(tmp_path / "freesound-audio-tagging", layout="kaggle")


def test_layout_of_zenodo(zenodo):
    data = load_fsdkaggle2018(zenodo.parent)
    names = [Path(path).relative_to(zenodo).as_posix() for path in data.recordings]
    assert names[0] == "FSDKaggle2018.audio_train/00044347.wav"
    assert names[5:] == [
        "FSDKaggle2018.audio_test/00326aa9.wav",
        "FSDKaggle2018.audio_test/0038a046.wav",
    ]
    assert data.target[[0, 3, 5, 6]].tolist() == [
        "Hi-hat",
        "Glockenspiel",
        "Oboe",
        "Bass_drum",
    ]
    assert data.partitions.train.tolist() == [0, 1, 2, 3, 4]
    assert data.partitions.test.tolist() == [5, 6]
    assert repr(data.cv) == "PredefinedFolds(n_splits=1, n_train=[5], n_test=[2])"
    assert (
        data.manually_verified.tolist() == [False, True, False, True, True] + [True] * 2
    )
    assert data.usage.tolist() == [""] * 5 + ["Private", "Public"]
    assert data.freesound_id[6] == "90621"
    assert data.licenses[0].endswith("/by/3.0/")
    assert data.groups is None
    assert data.target_names.tolist() == sorted(data.target_names)
    assert len(data.target_names) == 41


def test_layout_of_kaggle_has_no_labels_to_test(kaggle):
    data = load_fsdkaggle2018(kaggle)
    assert (
        data.target.tolist()
        == ["Hi-hat", "Saxophone", "Trumpet", "Glockenspiel"] + ["?"] * 3
    )
    assert [Path(path).name for path in data.recordings[4:]] == [
        "00326aa9.wav",
        "0038a046.wav",
        "0b0427e2.wav",
    ]
    assert data.manually_verified.tolist() == [False, True, False, True] + [False] * 3
    assert set(data.licenses) == {""}
    assert data.cv is None
    assert data.partitions.test.tolist() == [4, 5, 6]


@pytest.mark.parametrize("layout", ["zenodo", "kaggle"])
def test_clips_without_samples_keep_their_rows(layout, tmp_path):
    data = load_fsdkaggle2018(make_fsdkaggle2018(tmp_path / layout, layout=layout))
    lengths = [soundfile.info(path).frames for path in data.recordings]
    assert lengths.count(0) == 1
    assert len(data.target) == len(lengths) == 7


def test_layouts_may_be_mixed(zenodo):
    for part in ("train", "test"):
        (zenodo / f"FSDKaggle2018.audio_{part}").rename(zenodo / f"audio_{part}")
    shutil.move(zenodo / LIST, zenodo / LIST.name)
    data = load_fsdkaggle2018(zenodo)
    assert data.target[-2:].tolist() == ["Oboe", "Bass_drum"]
    assert "audio_train" in data.recordings[0]


def test_the_list_of_zenodo_wins(zenodo):
    header, *rows = (zenodo / LIST).read_text(encoding="utf-8").splitlines()
    lines = [",".join(line.split(",")[:3]) for line in (header, *rows[::-1])]
    expected = load_fsdkaggle2018(zenodo)
    (zenodo / "train.csv").write_text("\n".join(lines))
    data = load_fsdkaggle2018(zenodo)
    assert data.recordings.tolist() == expected.recordings.tolist()
    assert data.freesound_id.tolist() == expected.freesound_id.tolist()


def test_without_the_recordings_to_test(zenodo):
    shutil.rmtree(zenodo / "FSDKaggle2018.audio_test")
    data = load_fsdkaggle2018(zenodo)
    assert list(data.partitions) == ["train"]
    assert len(data.recordings) == 5
    assert data.cv is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Hi-hat",
            "Hi hat",
            r", line 2: label must be one of Acoustic_guitar.* got 'Hi hat'",
        ),
        (
            ",Hi-hat,0",
            ",Hi-hat,yes",
            r", line 2: manually_verified must be one of 0, 1; got 'yes'",
        ),
        ("001ca53d", "00044347", r", line 3: '00044347\.wav' stands in line 2 already"),
        (
            ",Trumpet,0",
            ",Trumpet,",
            r": manually_verified is empty in '002d256b\.wav,Trumpet,",
        ),
        ("00044347.wav", "", r", line 2: fname is empty in ',Hi-hat,0,"),
        ("fname", "file", r"has no column 'fname', only file, label,"),
    ],
)
def test_faulty_rows_are_named(old, new, message, zenodo):
    path = zenodo / LIST
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    with pytest.raises(ValueError, match=rf"train_post_competition\.csv.*{message}"):
        load_fsdkaggle2018(zenodo)


def test_byte_order_marks_blank_lines_and_further_columns_change_nothing(zenodo):
    expected = load_fsdkaggle2018(zenodo)
    path = zenodo / LIST
    lines = path.read_text().splitlines()
    path.write_text(
        "\ufeff" + "\n\n".join(f"{x},more" for x in lines), encoding="utf-8"
    )
    data = load_fsdkaggle2018(zenodo)
    assert data.target.tolist() == expected.target.tolist()
    assert data.freesound_id.tolist() == expected.freesound_id.tolist()


def test_missing_files_say_where_the_corpus_is_obtained(zenodo, tmp_path):
    (zenodo / "FSDKaggle2018.audio_test" / "00326aa9.wav").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of 7 .*00326aa9.*2552860.*CC BY"):
        load_fsdkaggle2018(zenodo)
    (zenodo / LIST).unlink()
    with pytest.raises(
        FileNotFoundError, match=r"no train_post.* or train\.csv\. .*2552860"
    ):
        load_fsdkaggle2018(zenodo)
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        FileNotFoundError, match="'FSDKaggle2018.audio_train' or 'audio"
    ):
        load_fsdkaggle2018(tmp_path / "empty")


def test_hidden_files_are_no_clips(kaggle):
    n_clips = len(load_fsdkaggle2018(kaggle).recordings)
    (kaggle / "audio_test" / "._00326aa9.wav").touch()
    assert len(load_fsdkaggle2018(kaggle).recordings) == n_clips


def test_recognition(zenodo, kaggle):
    assert recognise_fsdkaggle2018(zenodo) is None
    assert recognise_fsdkaggle2018(kaggle) is None
    assert recognise_fsdkaggle2018(zenodo.parent) == "2 of them, one level below"
    assert recognise_fsdkaggle2018(kaggle / "audio_train").startswith("no folder 'FSD")
    (kaggle / "train.csv").write_text("fname,labels\n")
    assert recognise_fsdkaggle2018(kaggle) == "no column 'label' in train.csv"
    (kaggle / "train.csv").unlink()
    fault = recognise_fsdkaggle2018(kaggle)
    assert fault == "no train_post_competition.csv or train.csv"
