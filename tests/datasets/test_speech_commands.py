"""load_speech_commands on a miniature tree."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from trees_other import audio, make_speech_commands, write_file

from skaudeep.audio import MelSpectrogram
from skaudeep.datasets import load_speech_commands
from skaudeep.datasets._speech_commands import recognise_speech_commands


@pytest.fixture
def tree(tmp_path):
    return make_speech_commands(tmp_path / "speech_commands_v0.02")


def names(paths):
    return ["/".join(Path(path).parts[-2:]) for path in paths]


def test_words_and_speakers(tree):
    data = load_speech_commands(tree)
    clips = names(data.recordings)
    assert len(clips) == 25
    assert clips == sorted(clips)
    assert data.target.tolist() == [clip.partition("/")[0] for clip in clips]
    assert data.target_names.tolist() == ["go", "no", "yes"]
    assert data.groups[:3].tolist() == ["0a7c2a8d", "0a7c2a8d", "1b4c9b89"]
    assert "CC BY 4.0" in data.DESCR


def test_partitions_are_those_of_the_lists(tree):
    data = load_speech_commands(tree)
    assert list(data.partitions) == ["train", "devel", "test"]
    speakers = {
        part: set(data.groups[index]) for part, index in data.partitions.items()
    }
    # "no" of the third speaker is in no list, as nothing says that lists are whole.
    assert speakers["devel"] == {"1b4c9b89"}
    assert speakers["test"] == {"2c6d3924"}
    assert speakers["train"] == {"0a7c2a8d", "2c6d3924", "3d9200b9"}
    assert [len(index) for index in data.partitions.values()] == [14, 6, 4]
    ((train, devel),) = data.cv.split(data.recordings)
    assert train.tolist() == data.partitions.train.tolist()
    assert devel.tolist() == data.partitions.devel.tolist()


def test_clip_without_the_mark_has_a_row_and_no_part(tree):
    data = load_speech_commands(tree)
    place = names(data.recordings).index("go/recorded_later.wav")
    assert data.target[place] == "go"
    assert data.groups[place] == "recorded_later.wav"
    assert all(place not in index for index in data.partitions.values())


def test_wav_wav_is_the_listed_clip(tree):
    data = load_speech_commands(tree)
    tested = names(data.recordings[data.partitions.test])
    assert "yes/2c6d3924_nohash_1.wav.wav" in tested


def test_noise_is_no_word(tree):
    data = load_speech_commands(tree)
    assert not any("_background_noise_" in path for path in data.recordings)
    assert names(data.background_noise) == [
        *("_background_noise_/pink_noise.wav", "_background_noise_/running_tap.wav")
    ]
    for path in (tree / "_background_noise_").iterdir():
        path.unlink()
    (tree / "_background_noise_").rmdir()
    assert load_speech_commands(tree).background_noise.shape == (0,)


def test_some_words(tree):
    data = load_speech_commands(tree, words=["yes", "no", "yes"])
    assert data.target_names.tolist() == ["no", "yes"]
    assert len(data.recordings) == 16
    assert [len(index) for index in data.partitions.values()] == [10, 4, 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["yes", "maybe"], "words must name some of go, no, yes; got maybe"),
        ([], "got none"),
        (["_background_noise_"], "got _background_noise_"),
        ("yes", "'words' parameter of load_speech_commands"),
    ],
)
def test_unknown_words_are_named(tree, words, message):
    with pytest.raises(ValueError, match=message):
        load_speech_commands(tree, words=words)


def test_recordings_are_audio(tree):
    X = MelSpectrogram(n_mels=16, duration=0.2).fit_transform(
        load_speech_commands(tree).recordings
    )
    assert X.shape[::2] == (25, 16)


def test_parent_folder(tree):
    expected = load_speech_commands(tree).recordings.tolist()
    assert load_speech_commands(str(tree.parent)).recordings.tolist() == expected
    assert recognise_speech_commands(tree) is None
    assert recognise_speech_commands(tree.parent) is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "no validation_list.txt and no testing_list.txt"),
        (["testing_list.txt", "yes/a_nohash_0.wav"], "no validation_list.txt"),
        (
            ["testing_list.txt", "validation_list.txt", "_background_noise_/a.wav"],
            "no folders of words",
        ),
    ],
)
def test_other_folders_are_not_recognised(tmp_path, files, reason):
    for name in files:
        write_file(tmp_path / name, b"")
    assert recognise_speech_commands(tmp_path) == reason
    with pytest.raises(FileNotFoundError, match=f"{reason}.*CC BY 4.0"):
        load_speech_commands(tmp_path)


def test_clip_in_both_lists(tree):
    with open(tree / "testing_list.txt", "a") as file:
        file.write("yes/1b4c9b89_nohash_0.wav\n")
    message = "testing_list.txt, line 5: 'yes/1b4.*' stands in validation_list.txt"
    with pytest.raises(ValueError, match=message):
        load_speech_commands(tree)


def test_line_that_is_no_path(tree):
    write_file(
        tree / "validation_list.txt", b"\xef\xbb\xbfyes/1b4c9b89_nohash_0.wav\n\ngo\n"
    )
    with pytest.raises(ValueError, match="validation_list.txt, line 3: 'go' is not"):
        load_speech_commands(tree)


def test_list_that_is_no_text(tree):
    write_file(tree / "validation_list.txt", b"\xff\xfe\n")
    with pytest.raises(ValueError, match=r"validation_list.txt is not UTF-8"):
        load_speech_commands(tree)


def test_missing_recordings_are_named(tree):
    (tree / "yes/1b4c9b89_nohash_1.wav").unlink()
    message = "1 of 10 listed recordings .*: yes/1b4c9b89_nohash_1.wav"
    with pytest.raises(FileNotFoundError, match=message):
        load_speech_commands(tree)
    assert len(load_speech_commands(tree, words=["go"]).recordings) == 9


def test_word_without_clips(tree):
    write_file(tree / "zero" / "README.md", b"")
    with pytest.raises(ValueError, match="zero' holds no .wav file"):
        load_speech_commands(tree)


def test_hidden_files_are_no_clips(tree):
    write_file(tree / "yes" / "._0a7c2a8d_nohash_0.wav", audio())
    write_file(tree / ".git" / "config", b"")
    assert len(load_speech_commands(tree).recordings) == 25
