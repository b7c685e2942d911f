"""The bundled syllables: content, folds, and the cache folder."""
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import os
import subprocess
import sys
import zipfile
from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from skaudeep.audio import Recording
from skaudeep.datasets import PredefinedFolds, _archive, _syllables
from skaudeep.datasets import load_mandarin_syllables as load

ARCHIVE = Path(str(files("skaudeep.datasets"))) / "data" / "mandarin_syllables.zip"
FOLD_DIGEST = "e39b0853815d3fc12054d84e59b63738d32ab26b8560a7228a4cbdac065fd903"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def data(home):
    return load(data_home=home)


def test_content(data):
    for name in ("recordings", "target", "tone", "syllable", "groups"):
        assert data[name].shape == (1158,)
    assert all(type(recording) is Recording for recording in data.recordings)
    assert len(data.target_names) == 22
    assert set(data.target_names) == set(data.target)
    assert Counter(data.tone) == {"1": 303, "2": 236, "3": 288, "4": 320, "neutral": 11}
    assert data.groups.dtype.kind == "i"
    assert len(set(data.groups)) == len(set(data.syllable)) == 387
    assert (data.target[0], data.tone[1], data.syllable[0]) == ("b", "neutral", "ㄅㄚ")
    assert "Creative Commons Attribution 3.0" in data.DESCR
    assert "Chu Lo" in data.DESCR


def test_all_files_are_there_and_decode(data):
    import soundfile

    seconds = [soundfile.info(recording.path).duration for recording in data.recordings]
    assert min(seconds) > 0.1
    assert sum(seconds) / 60 == pytest.approx(5.9, abs=0.05)
    for recording in data.recordings[::100]:
        samples, rate = soundfile.read(recording.path, dtype="float32")
        assert (rate, samples.ndim) == (44100, 1)
        assert 0.01 < np.abs(samples).max() <= 1


def test_return_X_y(data, home):
    recordings, target = load(data_home=home, return_X_y=True)
    assert np.array_equal(recordings, data.recordings)
    assert np.array_equal(target, data.target)


def test_folds_partition_the_clips_and_keep_groups_apart(data):
    assert isinstance(data.cv, PredefinedFolds)
    assert data.cv.get_n_splits() == 5
    tested = []
    for train, test in data.cv.split(data.recordings):
        assert not set(data.groups[train]) & set(data.groups[test])
        assert len(train) + len(test) == 1158
        tested.extend(test)
    assert sorted(tested) == list(range(1158))


def test_folds_are_stratified(data):
    tests = [test for _, test in data.cv.split(data.recordings)]
    assert {len(test) for test in tests} == {231, 232}
    for name, size in Counter(data.target).items():
        counts = [np.count_nonzero(data.target[test] == name) for test in tests]
        # Each class is in each test part; a group is up to 5 clips and indivisible.
        assert min(counts) >= 4
        assert max(np.abs(np.array(counts) - size / 5)) <= 2
    for name, size in Counter(data.tone).items():
        counts = [np.count_nonzero(data.tone[test] == name) for test in tests]
        assert max(np.abs(np.array(counts) - size / 5)) < 1.5


def test_folds_are_the_same_everywhere(data):
    fold = np.empty(1158, dtype=np.uint8)
    for number, (_, test) in enumerate(data.cv.split(data.recordings)):
        fold[test] = number
    digest = hashlib.sha256(fold.tobytes()).hexdigest()
    assert digest == FOLD_DIGEST


def test_archive_is_the_one_that_the_code_expects():
    assert hashlib.sha256(ARCHIVE.read_bytes()).hexdigest() == _syllables._SHA256


def test_archive_can_be_made_again(data, tmp_path):
    script = Path(__file__).parents[2] / "tools" / "pack_syllables.py"
    source = Path(data.recordings[0].path).parents[1]
    target = tmp_path / "again.zip"
    subprocess.run(
        [sys.executable, str(script), str(source), "--target", str(target)], check=True
    )
    assert target.read_bytes() == ARCHIVE.read_bytes()


def test_second_call_does_not_unpack(data, home, monkeypatch):
    def fail(*arguments, **keywords):
        raise AssertionError("unpacked again")

    monkeypatch.setattr(zipfile, "ZipFile", fail)
    assert np.array_equal(load(data_home=home).recordings, data.recordings)
    (folder,) = home.iterdir()
    assert folder.name.startswith("mandarin_syllables-")


def test_missing_file_names_the_folder(tmp_path):
    data = load(data_home=tmp_path)
    (folder,) = tmp_path.iterdir()
    os.remove(data.recordings[7].path)
    with pytest.raises(
        FileNotFoundError, match=r"audio/0007\.ogg .*Delete that folder"
    ):
        load(data_home=tmp_path)
    (folder / "manifest.csv").unlink()
    with pytest.raises(FileNotFoundError, match=folder.name):
        load(data_home=tmp_path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_read_only_cache_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match=f"{tmp_path}.*SKAUDEEP_DATA"):
        load(data_home=tmp_path)
    tmp_path.chmod(0o700)


def test_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(self, *arguments, **keywords):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    home = tmp_path / "cache"
    with pytest.raises(OSError, match=f"{home}.*Permission denied.*SKAUDEEP_DATA"):
        load(data_home=home)


def test_file_in_place_of_the_cache_is_named(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match=f"into the cache folder '{file}'"):
        load(data_home=file)


def test_failed_unpacking_leaves_nothing(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extractall", fail)
    with pytest.raises(OSError, match="No space left on device"):
        load(data_home=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_damaged_archive_is_refused(tmp_path):
    archive = tmp_path / "sounds.zip"
    archive.write_bytes(ARCHIVE.read_bytes()[:-10])
    with pytest.raises(OSError, match=r"sounds\.zip is damaged: its SHA-256 is"):
        _archive.unpack_once(archive, _syllables._SHA256, tmp_path)
    assert list(tmp_path.iterdir()) == [archive]


def test_processes_unpack_at_once(tmp_path):
    code = (
        "import sys\n"
        "from skaudeep.datasets import load_mandarin_syllables\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "data = load_mandarin_syllables()\n"
        "print(len(data.recordings[-1].path) > 0, len(data.recordings))\n"
    )
    environment = os.environ | {"SKAUDEEP_DATA": str(tmp_path / "new" / "cache")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert (process.returncode, output) == (0, "True 1158\n")
    (folder,) = (tmp_path / "new" / "cache").iterdir()
    assert len(list((folder / "audio").iterdir())) == 1158


def test_loser_of_the_race_takes_the_winners_folder(tmp_path, monkeypatch):
    rename = Path.rename

    def be_late(self, target):
        (target / "audio").mkdir(parents=True)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", be_late)
    folder = _archive.unpack_once(ARCHIVE, _syllables._SHA256, tmp_path)
    assert list(tmp_path.iterdir()) == [folder]
    assert [path.name for path in folder.iterdir()] == ["audio"]


def test_data_folder_order(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SKAUDEEP_DATA", str(tmp_path / "environment"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert _archive.data_folder("~/given") == tmp_path / "given"
    assert _archive.data_folder() == tmp_path / "environment"
    monkeypatch.delenv("SKAUDEEP_DATA")
    assert _archive.data_folder() == tmp_path / "xdg" / "skaudeep"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert _archive.data_folder() == tmp_path / ".cache" / "skaudeep"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert _archive.data_folder() == tmp_path / "Library" / "Caches" / "skaudeep"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert _archive.data_folder() == tmp_path / "local" / "skaudeep" / "Cache"
