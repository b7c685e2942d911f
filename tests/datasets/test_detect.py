"""detect_corpus: every corpus is found, and nothing else in its place."""
# SPDX-License-Identifier: BSD-3-Clause

import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import trees
import trees_other

import skaudeep.datasets
from skaudeep.datasets import detect_corpus, load_corpus
from skaudeep.datasets._detect import _CORPORA


def make_chime_home(root, part="development", subset="refined", rate="16kHz"):
    (root / "chunks").mkdir(parents=True)
    (root / "chunks" / f"CR_lounge_1.s0_chunk0.{rate}.wav").touch()
    (root / "chunks" / "CR_lounge_1.s0_chunk0.csv").write_text("majorityvote,vc\n")
    row = "0,CR_lounge_1.s0_chunk0\n"
    (root / f"{part}_chunks_{subset}.csv").write_text(row)
    return root


def make_files(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def scenes(year, part, **options):
    make = partial(trees.make_tut_scenes, year=year, part=part, **options)
    folder = f"TUT-acoustic-scenes-{year}-{part}"
    return folder, make, f"TUT Acoustic Scenes {year}", {"year": year, "part": part}


def urban(part, mobile=False):
    make = partial(trees.make_tut_urban_scenes_2018, part=part, mobile=mobile)
    folder = f"TUT-urban-acoustic-scenes-2018-{'mobile-' if mobile else ''}{part}"
    return folder, make, "TUT Urban Acoustic Scenes 2018", {"part": part}


def rare(part):
    make = partial(trees.make_tut_rare_events_2017, parts=(part,))
    return "rare", make, "TUT Rare Sound Events 2017", {"part": part}


def activities(part):
    make = partial(trees.make_dcase2018_task5, part=part)
    return "task5", make, "DCASE 2018 task 5", {"part": part}


def chime(part, subset, rate):
    make = partial(make_chime_home, part=part, subset=subset, rate=rate)
    arguments = {"part": part, "subset": subset, "sample_rate": 1000 * int(rate[:2])}
    return "chime", make, "CHiME-Home", arguments


# Name of the folder, what makes it, and what is found.
TREES = [
    *(
        scenes(year, part)
        for year in (2016, 2017)
        for part in ("development", "evaluation")
    ),
    scenes(2016, "evaluation", labels=False),
    scenes(2017, "evaluation", labels=False),
    *(urban(part) for part in ("development", "leaderboard", "evaluation")),
    urban("development", mobile=True),
    *(rare(part) for part in ("devtrain", "devtest", "evaltest")),
    *(activities(part) for part in ("development", "evaluation")),
    chime("development", "refined", "16kHz"),
    chime("evaluation", "raw", "48kHz"),
    ("zenodo", trees.make_fsdkaggle2018, "FSDKaggle2018", {}),
    (
        "kaggle",
        partial(trees.make_fsdkaggle2018, layout="kaggle"),
        "FSDKaggle2018",
        {},
    ),
    *(
        (name, getattr(trees_other, f"make_{name}"), corpus, {})
        for name, corpus in {
            "esc50": "ESC",
            "esc50_old": "ESC",
            "esc10": "ESC",
            "gtzan": "GTZAN",
            "gtzan_kaggle": "GTZAN",
            "urbansound8k": "UrbanSound8K",
            "speech_commands": "Speech Commands",
            "compare_2018": "ComParE",
            "compare_2018_crying": "ComParE",
            "compare_2019": "ComParE",
            "compare_elderly": "ComParE",
            "compare_2021": "ComParE",
        }.items()
    ),
]
FOLDERS = {
    "classes": ("dog/a.wav", "cat/b.wav"),
    "partitions": ("train/dog/a.wav", "dev/cat/b.wav", "test/c.wav"),
    "folds": ("fold_1/dog/a.wav", "fold_2/cat/b.wav"),
    "flat": ("a.wav", "b.flac"),
}


def ids(tree):
    return "-".join([tree[0], *map(str, tree[3].values())])


@pytest.mark.parametrize("tree", TREES, ids=ids)
def test_every_tree_is_its_own_corpus(tmp_path, tree):
    folder, make, name, arguments = tree
    root = make(tmp_path / folder)
    found = detect_corpus(root)
    assert (found.name, found.arguments) == (name, arguments)
    # Whoever gives the folder above gets the same.
    assert detect_corpus(tmp_path).name == name
    expected = found.loader(root, **arguments).recordings.tolist()
    assert load_corpus(root).recordings.tolist() == expected
    # All others were asked, and said no in a few words.
    others = {candidate.name for candidate in _CORPORA} - {name}
    assert found.why_not.keys() == others
    for reason in found.why_not.values():
        assert len(reason) < 100
        assert not reason.endswith(".")


def test_every_corpus_has_a_tree():
    assert {name for _, _, name, _ in TREES} == {corpus.name for corpus in _CORPORA}


def test_every_loader_of_a_corpus_on_disk_is_asked():
    own = {"load_audio_folder", "load_audio_table", "load_corpus"}
    bundled = {"load_mandarin_syllables"}
    loaders = {name for name in skaudeep.datasets.__all__ if name.startswith("load_")}
    asked = {candidate.load.__name__ for candidate in _CORPORA}
    assert asked == loaders - own - bundled


@pytest.mark.parametrize("layout", FOLDERS)
def test_folders_of_ones_own_are_found_last(tmp_path, layout):
    found = detect_corpus(make_files(tmp_path, *FOLDERS[layout]))
    assert (found.name, found.arguments) == ("audio folder", {})
    assert found.why_not.keys() > {candidate.name for candidate in _CORPORA}
    data = load_corpus(tmp_path)
    assert data.layout == layout
    assert load_corpus(tmp_path, layout="flat").layout == "flat"


def test_other_sets_of_the_dcase_layout_are_found_too(tmp_path):
    root = trees.make_tut_scenes(tmp_path / "set")
    for path in [root / "meta.txt", *(root / "evaluation_setup").iterdir()]:
        path.write_bytes(path.read_bytes().replace(b"beach", b"moon"))
    found = detect_corpus(root)
    assert found.name == "DCASE layout"
    assert found.why_not["TUT Acoustic Scenes 2017"] == "'moon' is none of its labels"
    assert "moon" in load_corpus(root).target_names


def test_two_corpora_are_one_too_many(tmp_path):
    trees_other.make_esc50(tmp_path / "esc")
    trees_other.make_gtzan(tmp_path / "music")
    message = r"several corpora: ESC \(load_esc\), GTZAN \(load_gtzan\)\. Give the fold"
    with pytest.raises(ValueError, match=message):
        detect_corpus(tmp_path)
    assert detect_corpus(tmp_path / "esc").name == "ESC"
    shutil.rmtree(tmp_path / "esc")
    assert detect_corpus(tmp_path).name == "GTZAN"


def test_two_years_of_scenes_are_one_too_many(tmp_path):
    for year in (2016, 2017):
        folder = f"TUT-acoustic-scenes-{year}-development"
        trees.make_tut_scenes(tmp_path / folder, year=year)
    with pytest.raises(ValueError, match="Scenes 2017 .*, TUT Acoustic Scenes 2016"):
        detect_corpus(tmp_path)


def test_development_comes_before_evaluation(tmp_path):
    for part in ("evaluation", "development"):
        trees.make_tut_scenes(tmp_path / f"TUT-acoustic-scenes-2017-{part}", part=part)
    assert detect_corpus(tmp_path).arguments["part"] == "development"
    held_out = load_corpus(tmp_path, part="evaluation")
    assert "2017-evaluation" in held_out.recordings[0]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), r"As audio folder: root='.*' is empty\. Nor"),
        (("a.txt", "b.txt"), r"holds no audio file, only a\.txt, b\.txt\. Nor"),
        (("a.txt", "clips.csv"), r"clips\.csv\. A table of files is read by "),
        (("a.wav", "dog/b.wav"), r"1 audio files directly, .* layout='flat' reads"),
        (("fold_1/x/a.wav", "fold_3/x/b.wav"), r"got 1, 3; fold_2 is missing"),
        (("wav/a.wav",), "one folder only, 'wav'.*; ComParE: no folder 'lab'"),
        (("chunks/a.16kHz.wav",), "CHiME-Home: no development_chunks_refined.csv;"),
        (("evaluation_setup/readme.txt",), "DCASE layout: no list such as fold1_train"),
    ],
)  # fmt: skip
def test_what_is_no_corpus_is_told_why(tmp_path, names, message):
    with pytest.raises(ValueError, match=message) as caught:
        detect_corpus(make_files(tmp_path, *names))
    text = str(caught.value)
    assert "\n" not in text
    for candidate in _CORPORA:
        assert candidate.name in text


def test_no_folder_at_all(tmp_path):
    with pytest.raises(FileNotFoundError, match="not a folder"):
        load_corpus(tmp_path / "nowhere")


def test_arguments_of_another_loader_are_refused(tmp_path):
    make_files(tmp_path, *FOLDERS["flat"])
    message = "load_audio_folder, which reads audio folder, .* 'year', only root, lay"
    with pytest.raises(TypeError, match=message):
        load_corpus(tmp_path, year=2017)
