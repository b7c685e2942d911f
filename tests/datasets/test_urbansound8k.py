"""load_urbansound8k on a miniature tree in mixed formats."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).parent))
from trees_other import make_urbansound8k, write_file

from skaudeep.audio import MelSpectrogram
from skaudeep.datasets import load_urbansound8k
from skaudeep.datasets._urbansound8k import recognise_urbansound8k
from skaudeep.exceptions import AudioError

CSV = "metadata/UrbanSound8K.csv"


@pytest.fixture
def tree(tmp_path):
    return make_urbansound8k(tmp_path / "UrbanSound8K")


def test_rows_in_the_order_of_the_list(tree):
    data = load_urbansound8k(tree)
    assert len(data.recordings) == 30
    # The list begins with the last fold.
    assert data.recordings[0] == str(tree / "audio/fold10/1000-8-0-0.wav")
    assert data.recordings[-1] == str(tree / "audio/fold1/102-3-0-0.wav")
    assert data.target[:3].tolist() == ["siren", "air_conditioner", "dog_bark"]
    assert data.target_names.tolist() == ["air_conditioner", "dog_bark", "siren"]
    assert data.groups[:3].tolist() == ["1000", "1001", "1002"]
    assert data.partitions is None
    assert "CC BY-NC 3.0" in data.DESCR


def test_ten_folds_in_the_order_of_their_numbers(tree):
    data = load_urbansound8k(tree)
    folders = np.array([Path(path).parent.name for path in data.recordings])
    folds = list(data.cv.split(data.recordings))
    assert len(folds) == 10
    for number, (train, test) in enumerate(folds, start=1):
        assert set(folders[test]) == {f"fold{number}"}
        assert len(train) + len(test) == 30


def test_mixed_formats_need_the_documented_parameters(tree):
    data = load_urbansound8k(tree)
    rates = {soundfile.info(path).samplerate for path in data.recordings}
    assert rates == {8000, 11025, 44100, 96000}
    mel = MelSpectrogram(sample_rate=22050, duration=0.2, n_mels=16)
    X = mel.fit_transform(data.recordings)
    assert X.shape[::2] == (30, 16)
    assert np.isfinite(X).all()
    with pytest.raises(AudioError, match="Set sample_rate to resample"):
        MelSpectrogram(n_mels=16).fit_transform(data.recordings)


def test_parent_folder(tree):
    expected = load_urbansound8k(tree).recordings.tolist()
    assert load_urbansound8k(tree.parent).recordings.tolist() == expected
    assert recognise_urbansound8k(tree) is None
    assert recognise_urbansound8k(tree.parent) is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "no metadata/UrbanSound8K.csv"),
        (["metadata/esc50.csv", "audio/a.wav"], "no metadata/UrbanSound8K.csv"),
        ([CSV], "no folder 'audio' for metadata/UrbanSound8K.csv"),
    ],
)
def test_other_folders_are_not_recognised(tmp_path, files, reason):
    for name in files:
        write_file(tmp_path / name, b"")
    assert recognise_urbansound8k(tmp_path) == reason
    with pytest.raises(FileNotFoundError, match=f"{reason}.*Zenodo.*CC BY-NC 3.0"):
        load_urbansound8k(tmp_path)


@pytest.mark.parametrize(
    ("old_text", "new_text", "message"),
    [
        (",10,8,siren", ",11,8,siren", "line 2: fold must be .* got '11'"),
        (",10,8,siren", ",10,10,siren", "line 2: classID must be .* got '10'"),
        (",10,8,siren", ",10,8", "line 2: class is empty"),
        (
            ",10,0,air_",
            ",10,8,air_",
            "line 3: class 8 is called 'air_conditioner' here",
        ),
        ("fsID", "freesound_id", "no column 'fsID'"),
    ],
)
def test_wrong_rows_are_named(tree, old_text, new_text, message):
    text = (tree / CSV).read_text()
    assert old_text in text
    (tree / CSV).write_text(text.replace(old_text, new_text, 1))
    with pytest.raises(ValueError, match=message) as caught:
        load_urbansound8k(tree)
    assert str(tree / CSV) in str(caught.value)


def test_missing_recordings_are_named(tree):
    (tree / "audio/fold10/1001-0-0-0.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 30 .*fold10/1001-0-0-0.wav"):
        load_urbansound8k(tree)
