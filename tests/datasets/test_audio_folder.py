"""load_audio_folder: what folders say about the files in them."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from pathlib import Path

import pytest
import soundfile

from skaudeep.datasets import load_audio_folder
from skaudeep.datasets._audio_files import AUDIO_EXTENSIONS, find_files
from skaudeep.exceptions import AudioWarning


def make_tree(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def names_of(data, root):
    return [Path(path).relative_to(root).as_posix() for path in data.recordings]


def as_lists(cv):
    return [(train.tolist(), test.tolist()) for train, test in cv.split()]


CLASSES = ("dog/b.wav", "cat/z.flac", "dog/a.OGG", "cat/y.mp3")
PARTITIONS = ("train/dog/a.wav", "train/cat/b.wav", "dev/dog/c.wav", "test/cat/d.wav")
FOLDS = ("fold_2/dog/a.wav", "fold_1/cat/b.wav", "fold_10/dog/c.wav")
FOLDS += tuple(f"fold_{number}/cat/x{number}.wav" for number in range(3, 10))


def test_class_folders_are_read_in_the_order_of_their_paths(tmp_path):
    data = load_audio_folder(make_tree(tmp_path, *CLASSES))
    assert names_of(data, tmp_path) == [
        "cat/y.mp3",
        "cat/z.flac",
        "dog/a.OGG",
        "dog/b.wav",
    ]
    assert data.target.tolist() == ["cat", "cat", "dog", "dog"]
    assert data.target_names.tolist() == ["cat", "dog"]
    assert data.layout == "classes"
    assert data.groups is data.cv is data.partitions is data.fold is None
    assert "4 audio files" in data.DESCR


def test_order_is_that_of_whole_paths_not_of_folders(tmp_path):
    # A hyphen sorts before a slash.
    data = load_audio_folder(make_tree(tmp_path, "a/1.wav", "a-b/1.wav"))
    assert names_of(data, tmp_path) == ["a-b/1.wav", "a/1.wav"]


def test_partitions_by_any_of_their_names(tmp_path):
    data = load_audio_folder(make_tree(tmp_path, *PARTITIONS))
    assert data.layout == "partitions"
    assert data.target.tolist() == ["dog", "cat", "cat", "dog"]
    assert {name: list(index) for name, index in data.partitions.items()} == {
        "train": [2, 3],
        "devel": [0],
        "test": [1],
    }
    assert as_lists(data.cv) == [([2, 3], [0])]


@pytest.mark.parametrize("name", ["valid", "Validation", "val", "DEVEL"])
def test_spellings_of_devel(tmp_path, name):
    data = load_audio_folder(make_tree(tmp_path, "Training/x/a.wav", f"{name}/x/b.wav"))
    assert list(data.partitions) == ["train", "devel"]


def test_test_clips_need_no_class(tmp_path):
    make_tree(tmp_path, "train/dog/a.wav", "train/cat/b.wav", "test/c.wav")
    data = load_audio_folder(tmp_path)
    assert data.target.tolist() == ["?", "cat", "dog"]
    assert data.target_names.tolist() == ["cat", "dog"]
    assert data.cv is None


def test_partitions_without_classes_have_no_labels(tmp_path):
    data = load_audio_folder(make_tree(tmp_path, "train/a.wav", "test/b.wav"))
    assert data.target is data.target_names is data.cv is None
    assert list(data.partitions) == ["train", "test"]


def test_training_clip_without_class_among_others_is_named(tmp_path):
    make_tree(tmp_path, "train/dog/a.wav", "train/odd.wav", "test/dog/b.wav")
    with pytest.raises(ValueError, match="'train/odd.wav' .* in no class folder"):
        load_audio_folder(tmp_path)


def test_folds_are_in_the_order_of_their_numbers(tmp_path):
    data = load_audio_folder(make_tree(tmp_path, *FOLDS))
    assert data.layout == "folds"
    assert data.cv.get_n_splits() == 10
    tests = [test for _, test in data.cv.split(data.recordings)]
    for number, test in enumerate(tests, start=1):
        assert set(data.fold[test]) == {number}
    assert data.target[tests[9]].tolist() == ["dog"]


@pytest.mark.parametrize("name", ["fold{}", "Fold_{}", "fold_0{}"])
def test_spellings_of_folds(tmp_path, name):
    names = [f"{name.format(number)}/dog/{number}.wav" for number in (2, 1)]
    data = load_audio_folder(make_tree(tmp_path, *names))
    assert as_lists(data.cv) == [([1], [0]), ([0], [1])]


def test_folds_without_classes_have_no_labels(tmp_path):
    data = load_audio_folder(make_tree(tmp_path, "fold_1/a.wav", "fold_2/b.wav"))
    assert data.target is None
    assert data.cv.get_n_splits() == 2


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("fold_1/x/a.wav", "fold_3/x/b.wav"), r"without gaps, got 1, 3; fold_2 is"),
        (("fold_0/x/a.wav", "fold_1/x/b.wav"), r"numbered from 1 .* got 0, 1\."),
        (("fold_1/x/a.wav",), "at least two folds, got 'fold_1' only"),
        (
            ("fold_1/x/a.wav", "fold1/x/b.wav"),
            "'fold1' and 'fold_1' .* one and the sam",
        ),
        (("dev/x/a.wav", "valid/x/b.wav"), "'dev' and 'valid' .* one and the same"),
        (("a.wav", "dog/b.wav"), "1 audio files directly, .*'a.wav', and 1 in .*'dog'"),
        (("wav/a.wav", "wav/b.wav"), "one folder only, 'wav'"),
        (("train/a.wav", "train/b.wav"), "one folder only, 'train'"),
        (
            ("train/a.wav", "test/b.wav", "bus/c.wav"),
            "'test', 'train' are partitions .*'bus' are not",
        ),
        (
            ("fold_1/x/a.wav", "fold_2/x/b.wav", "extra/x/c.wav"),
            "folds .*'extra' are not",
        ),
        (
            ("dog/a.wav", "dog/more/b.wav", "cat/c.wav"),
            "2 audio files directly and 1 in further folders, such as 'dog/more/b.wav'",
        ),
        (("x/dog/a.wav", "y/dog/b.wav"), "'x', 'y' hold 0 audio files directly and 2"),
    ],
)
def test_what_is_no_layout_is_refused_with_what_was_seen(tmp_path, names, message):
    with pytest.raises(ValueError, match=message):
        load_audio_folder(make_tree(tmp_path, *names))


def test_the_folder_above_is_as_good(tmp_path):
    for names in (CLASSES, PARTITIONS, FOLDS):
        parent = tmp_path / str(len(names)) / names[0][:3]
        make_tree(parent / "corpus", *names)
        # What lies beside the corpus is no part of it.
        make_tree(parent, "README.md", "docs/more/notes.txt")
        (parent / "nothing" / "here").mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            above = load_audio_folder(parent)
        direct = load_audio_folder(parent / "corpus")
        assert above.recordings.tolist() == direct.recordings.tolist()
        assert above.layout == direct.layout


def test_flat_is_without_labels_at_any_depth(tmp_path):
    data = load_audio_folder(make_tree(tmp_path, "b.wav", "a.flac"))
    assert data.layout == "flat"
    assert data.target is data.target_names is None
    make_tree(tmp_path, "deep/down/c.wav")
    data = load_audio_folder(tmp_path, layout="flat")
    assert names_of(data, tmp_path) == ["a.flac", "b.wav", "deep/down/c.wav"]


def test_a_layout_that_is_asked_for_is_not_guessed(tmp_path):
    make_tree(tmp_path, "train/a.wav", "test/deep/b.wav")
    data = load_audio_folder(tmp_path, layout="classes")
    assert data.target.tolist() == ["test", "train"]
    make_tree(tmp_path, "other/c.wav")
    with pytest.raises(ValueError, match="'other' .* no partitions; known are train"):
        load_audio_folder(tmp_path, layout="partitions")
    with pytest.raises(ValueError, match="'other', 'test', 'train' .* are no folds"):
        load_audio_folder(tmp_path, layout="folds")
    make_tree(tmp_path, "d.wav")
    with pytest.raises(ValueError, match=r"1 audio files lie in no folder .* d\.wav"):
        load_audio_folder(tmp_path, layout="classes")


def test_hidden_files_are_ignored(tmp_path):
    make_tree(tmp_path, *CLASSES, ".git/x.wav", "dog/.a.wav", "cat/.cache/b.wav")
    assert len(load_audio_folder(tmp_path).recordings) == 4


def test_files_that_are_no_audio_are_ignored(tmp_path):
    make_tree(tmp_path, *CLASSES, "README.md", "dog/notes.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_audio_folder(tmp_path).recordings) == 4


def test_folders_without_audio_are_named(tmp_path):
    make_tree(tmp_path, *CLASSES, "meta/lists/a.csv", "meta/b.csv")
    with pytest.warns(AudioWarning, match="left out.* no audio file: meta.$") as caught:
        load_audio_folder(tmp_path)
    assert caught[0].filename == __file__


def test_partition_of_a_class_without_audio_is_named(tmp_path):
    make_tree(tmp_path, *PARTITIONS, "train/cow/notes.txt")
    with pytest.warns(AudioWarning, match="no audio file: train/cow"):
        load_audio_folder(tmp_path)


def test_audio_that_cannot_be_read_is_named(tmp_path):
    make_tree(tmp_path, *CLASSES, "dog/c.m4a")
    with pytest.warns(AudioWarning, match="1 audio files .* left out.*dog/c.m4a"):
        assert len(load_audio_folder(tmp_path).recordings) == 4


@pytest.mark.parametrize("folder", ["cow", "train/cow", "test"])
def test_an_empty_folder_is_named(tmp_path, folder):
    make_tree(tmp_path, *(CLASSES if folder == "cow" else PARTITIONS[:3]))
    (tmp_path / folder).mkdir()
    with pytest.raises(ValueError, match=f"'{folder}' .* is empty"):
        load_audio_folder(tmp_path)


def test_nothing_to_read_says_what_there_is(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is empty\."):
        load_audio_folder(tmp_path)
    (tmp_path / "dog").mkdir()
    with pytest.raises(FileNotFoundError, match="is empty but for empty folders: dog"):
        load_audio_folder(tmp_path)
    make_tree(tmp_path, "dog/a.txt")
    with pytest.raises(FileNotFoundError, match=r"no audio file, only dog/a\.txt\.$"):
        load_audio_folder(tmp_path)
    make_tree(tmp_path, "dog/a.csv")
    with pytest.raises(FileNotFoundError, match="load_audio_table"):
        load_audio_folder(tmp_path)
    make_tree(tmp_path, "dog/a.m4a")
    with pytest.raises(FileNotFoundError, match="convert them"):
        load_audio_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="not a folder.* load_audio_table"):
        load_audio_folder(tmp_path / "dog" / "a.csv")
    with pytest.raises(FileNotFoundError, match="not a folder"):
        load_audio_folder(tmp_path / "nowhere")


@pytest.mark.filterwarnings("ignore:Folders of root:skaudeep.exceptions.AudioWarning")
def test_extensions_may_be_chosen(tmp_path):
    make_tree(tmp_path, *CLASSES, "dog/c.raw")
    for extensions, n_clips in (([".WAV", "raw"], 2), ("ogg", 1), ({".flac"}, 1)):
        data = load_audio_folder(tmp_path, layout="classes", extensions=extensions)
        assert len(data.recordings) == n_clips
    for odd in ([""], ["."], [3]):
        with pytest.raises(ValueError, match="extensions must be ends of names"):
            load_audio_folder(tmp_path, extensions=odd)


def test_formats_of_libsndfile_are_known():
    # Named after their extension, and what soundfile calls otherwise.
    others = {"AIFF", "IRCAM", "NIST", "SVX", "WAVEX", "RF64"}
    not_audio = {"MAT4", "MAT5", "HTK", "RAW", "MPC2K"}
    for name in set(soundfile.available_formats()) - others - not_audio:
        assert f".{name.lower()}" in AUDIO_EXTENSIONS


def test_groups_by_expression_and_by_function(tmp_path):
    make_tree(tmp_path, *CLASSES)
    data = load_audio_folder(tmp_path, group=r"^(\w)")
    assert data.groups.tolist() == ["c", "c", "d", "d"]
    data = load_audio_folder(tmp_path, group=lambda path: path.split("/")[-1][0])
    assert data.groups.tolist() == ["y", "z", "a", "b"]


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("(", r"regular expression, got '\('"),
        ("dog", "one group, .* got 'dog' with 0"),
        ("(d)(o)", "with 2"),
        (r"(dog)", "gives nothing for 2 of 4 paths: cat/y.mp3, cat/z.flac"),
        (r"(dog)?", "gives nothing for 2 of 4"),
        (lambda path: None, "gives nothing for 4 of 4"),
    ],
)
def test_groups_that_do_not_fit_are_refused(tmp_path, group, message):
    with pytest.raises(ValueError, match=message):
        load_audio_folder(make_tree(tmp_path, *CLASSES), group=group)


def test_links_are_followed_but_not_round_in_circles(tmp_path):
    make_tree(tmp_path / "store", "rex.wav", "bello.wav")
    root = make_tree(tmp_path / "corpus", "cat/tom.wav")
    try:
        (root / "dog").symlink_to(tmp_path / "store", target_is_directory=True)
        (root / "cat" / "up").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    files, _ = find_files(root)
    assert files == [("cat", "tom.wav"), ("dog", "bello.wav"), ("dog", "rex.wav")]


def test_a_broken_link_is_missed(tmp_path):
    make_tree(tmp_path, *CLASSES)
    try:
        (tmp_path / "dog" / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(FileNotFoundError, match=r"1 of 5 .* dog/gone\.wav"):
        load_audio_folder(tmp_path)


def test_extensions_may_have_several_dots(tmp_path):
    for name in ("a/x.16kHz.wav", "a/x.48kHz.wav", "b/y.16khz.WAV"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    data = load_audio_folder(tmp_path, extensions=".16kHz.wav")
    assert [Path(path).name for path in data.recordings] == [
        *("x.16kHz.wav", "y.16khz.WAV")
    ]
    with pytest.raises(FileNotFoundError, match="no file that ends in .flac or .ogg"):
        load_audio_folder(tmp_path, extensions=["ogg", "flac"])
    with pytest.raises(ValueError, match="extensions must hold at least one"):
        load_audio_folder(tmp_path, extensions=[])


def test_no_class_is_called_like_the_unknown_label(tmp_path):
    for name in ("?/x.wav", "b/y.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"folder '\?' of root=.* rename it"):
        load_audio_folder(tmp_path)


def test_a_missing_number_is_no_group(tmp_path):
    for name in ("a/x.wav", "b/y.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="gives nothing for 1 of 2 paths: b/y.wav"):
        load_audio_folder(tmp_path, group={"a/x.wav": 0.0, "b/y.wav": float("nan")}.get)
