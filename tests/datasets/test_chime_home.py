"""load_chime_home on a miniature tree with the traps of the published one."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_score

from skaudeep.datasets import PredefinedFolds, load_chime_home
from skaudeep.datasets._chime_home import recognise_chime_home
from skaudeep.metrics import eer_scorer

CODES = "cmfvpbo"
# Segment, and the votes on its chunks: the order of codes differs, S and U are no tags.
VOTES = {
    "CR_lounge_200110_1601.s0": ["cp", "S", "vc"],
    "CR_lounge_200110_1601.s300": ["pc", "U", "f"],
    "CR_lounge_220110_0731.s0": ["o", "Sb", ""],
    "CR_lounge_220110_0731.s2700": ["mU", "cmfvpbo"],
}
CHUNKS = {
    f"{segment}_chunk{7 * i}": vote
    for segment, votes in VOTES.items()
    for i, vote in enumerate(votes)
}
NAMES = list(CHUNKS)
LIST = "development_chunks_refined.csv"
FOLDS = "development_chunks_refined_crossval_dcase2016.csv"


def rows_of(chunk):
    segment, _, number = chunk.rpartition("_chunk")
    vote = CHUNKS[chunk]
    return [
        ("segmentname", segment),
        ("chunknumber", number),
        ("framestart", str(192000 * int(number))),
        ("annotation_a1", vote),
        ("annotation_a2", vote[::-1]),
        ("annotation_a3", "c"),
        ("session_a1", "3"),
        ("session_a2", "12"),
        ("session_a3", "4"),
        ("majorityvote", vote),
        ("chunkname", chunk),
    ]


def write(path, rows, end="\n", start=""):
    text = start + "".join(",".join(map(str, row)) + end for row in rows)
    path.write_bytes(text.encode("utf-8"))


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "chime_home"
    (root / "chunks").mkdir(parents=True)
    for i, chunk in enumerate(NAMES):
        for rate in ("16kHz", "48kHz"):
            (root / "chunks" / f"{chunk}.{rate}.wav").touch()
        rows = rows_of(chunk)
        # Rows in any order, some with CRLF, some with a BOM before the vote.
        end, start = ("\r\n" if i % 3 == 1 else "\n"), ("\ufeff" if i % 4 == 2 else "")
        first = 9 if start else i
        rows = rows[first:] + rows[:first]
        write(root / "chunks" / f"{chunk}.csv", rows, end, start)
    # Running numbers have holes: they are not positions.
    write(root / LIST, [(3 * i + 1, name) for i, name in enumerate(NAMES)])
    folds = [(2 * i, name, i % 5) for i, name in enumerate(NAMES)][::-1]
    write(root / FOLDS, folds, end="\r\n", start="\ufeff")
    write(root / "development_chunks_raw.csv", list(enumerate(NAMES[:4])))
    write(root / "evaluation_chunks_refined.csv", list(enumerate(NAMES[4:])))
    return root


def chunk_csv(tree, name=NAMES[2]):
    return tree / "chunks" / f"{name}.csv"


def test_content(tree):
    data = load_chime_home(tree)
    expected = [str(tree / "chunks" / f"{name}.16kHz.wav") for name in NAMES]
    assert data.recordings.tolist() == expected
    assert data.recordings.dtype == object
    assert all(type(path) is str for path in data.recordings)
    assert data.target.dtype.kind == "i"
    assert data.target.tolist() == [
        [int(code in vote) for code in CODES] for vote in CHUNKS.values()
    ]
    assert data.target_names.tolist() == list(CODES)
    assert data.descriptions[[0, 3]].tolist() == ["child speech", "video game or TV"]
    assert data.sample_rate == 16000
    assert "CC BY-NC-SA 3.0" in data.DESCR


def test_clips_without_tags_stay(tree):
    data = load_chime_home(tree)
    empty = ~data.target.any(axis=1)
    assert data.majority_vote[empty].tolist() == ["S", "U", ""]
    assert len(data.target) == len(CHUNKS)


def test_the_order_of_codes_means_nothing(tree):
    data = load_chime_home(tree)
    assert data.majority_vote[[0, 3]].tolist() == ["cp", "pc"]
    assert np.array_equal(data.target[0], data.target[3])


def test_groups_are_segments_and_sessions(tree):
    data = load_chime_home(tree)
    segments = [name.rpartition("_chunk")[0] for name in NAMES]
    assert data.groups.tolist() == segments
    assert sorted(set(data.sessions)) == [
        "CR_lounge_200110_1601",
        "CR_lounge_220110_0731",
    ]
    path = chunk_csv(tree)
    path.write_text("segmentname,kitchen\nmajorityvote,c\n")
    assert load_chime_home(tree).groups[2] == "kitchen"
    assert load_chime_home(tree).sessions[2] == "kitchen"
    path.write_text("majorityvote,c\n")
    assert load_chime_home(tree).groups.tolist() == segments


def test_what_each_annotator_wrote(tree):
    data = load_chime_home(tree)
    assert data.annotators.tolist() == ["a1", "a2", "a3"]
    assert data.annotations.shape == (len(NAMES), 3)
    assert data.annotations[2].tolist() == ["vc", "cv", "c"]
    # Only two have annotated this one, and their codes are not checked.
    path = chunk_csv(tree)
    path.write_text("annotation_a3,?\nmajorityvote,c\nannotation_a1,\n")
    assert load_chime_home(tree).annotations[2].tolist() == ["", None, "?"]


def test_without_annotators(tree):
    for name in NAMES:
        chunk_csv(tree, name).write_text("majorityvote,c\n")
    data = load_chime_home(tree)
    assert data.annotations.shape == (len(NAMES), 0)
    assert data.annotators.tolist() == []


def test_folds_are_the_given_ones(tree):
    data = load_chime_home(tree)
    assert isinstance(data.cv, PredefinedFolds)
    assert data.cv.get_n_splits() == 5
    for k, (train, test) in enumerate(data.cv.split(data.recordings)):
        assert test.tolist() == [i for i in range(len(NAMES)) if i % 5 == k]
        assert train.tolist() == [i for i in range(len(NAMES)) if i % 5 != k]


def test_clip_that_the_fold_file_does_not_name_is_in_no_fold(tree):
    write(tree / FOLDS, [(i, name, i % 5) for i, name in enumerate(NAMES[:-1])])
    data = load_chime_home(tree)
    assert len(data.recordings) == len(NAMES)
    used = {i for fold in data.cv.split() for part in fold for i in part}
    assert used == set(range(len(NAMES) - 1))


def test_fold_file_by_its_other_name(tree):
    expected = repr(load_chime_home(tree).cv)
    (tree / FOLDS).rename(tree / FOLDS.replace("2016", ""))
    assert repr(load_chime_home(tree).cv) == expected


def test_without_fold_file_there_are_no_folds(tree):
    (tree / FOLDS).unlink()
    assert load_chime_home(tree).cv is None


def test_parts_subsets_and_rates(tree):
    raw = load_chime_home(tree, subset="raw")
    assert len(raw.recordings) == 4
    assert raw.cv is None
    evaluation = load_chime_home(tree, part="evaluation", sample_rate=48000)
    assert evaluation.cv is None
    assert evaluation.sample_rate == 48000
    names = [os.path.basename(path) for path in evaluation.recordings]
    assert names == [f"{name}.48kHz.wav" for name in NAMES[4:]]


def test_parent_folder(tree):
    expected = load_chime_home(tree).recordings
    assert np.array_equal(load_chime_home(str(tree.parent)).recordings, expected)


def test_empty_lines_spaces_repeats_and_columns_change_nothing(tree):
    expected = load_chime_home(tree)
    rows = [(i, f" {name} ", 0) for i, name in enumerate(NAMES)]
    write(tree / LIST, [("",), *rows, ("", ""), rows[3], ("  ",)], end="\r\n")
    text = chunk_csv(tree).read_text("utf-8-sig")
    text = text.replace("majorityvote,vc", ' majorityvote , "vc" ,')
    assert '"vc"' in text
    chunk_csv(tree).write_text("\n" + text + "\n\n")
    with open(tree / FOLDS, "ab") as file:
        file.write(f"\r\n0, {NAMES[0]} , 0 ".encode())
    data = load_chime_home(tree)
    assert data.recordings.tolist() == expected.recordings.tolist()
    assert np.array_equal(data.target, expected.target)
    assert repr(data.cv) == repr(expected.cv)


def test_scores_over_the_folds(tree):
    data = load_chime_home(tree)
    features = np.zeros((len(NAMES), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = cross_val_score(
            DummyClassifier(), features, data.target, cv=data.cv, scoring=eer_scorer
        )
    assert len(scores) == 5


def test_bunch_pickles(tree):
    data = load_chime_home(tree)
    restored = pickle.loads(pickle.dumps(data))
    assert np.array_equal(restored.target, data.target)
    assert repr(restored.cv) == repr(data.cv)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("majorityvote,cx\n", "unknown code 'x' in majorityvote 'cx'; known are c, m,"),
        ("majorityvote,C\n", "unknown code 'C'"),
        ('majorityvote,"c,p"\n', "unknown code ','"),
        ("majorityvote,c,p\n", "unknown code ','"),
        ("annotation_a1,c\n", "has no row 'majorityvote', only annotation_a1"),
        ("", "has no row 'majorityvote', only nothing"),
        (
            "majorityvote,c\nmajorityvote,p\n",
            ", line 2: 'majorityvote' is 'p' here and 'c' above",
        ),
    ],
)
def test_wrong_annotations_are_named(tree, text, message):
    chunk_csv(tree).write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        load_chime_home(tree)
    assert chunk_csv(tree).name in str(caught.value)


def test_files_that_are_no_text_are_named(tree):
    chunk_csv(tree).write_bytes(b"majorityvote,\xff\n")
    with pytest.raises(ValueError, match=rf"{NAMES[2]}\.csv is not UTF-8"):
        load_chime_home(tree)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0, "CR_kitchen.s0_chunk1", 0), "names the chunk 'CR_kitchen.* not list"),
        ((0, NAMES[0], 1), f"puts '{NAMES[0]}' into fold 1, a line above into fold 0"),
        ((0, NAMES[0], 5), f"fold from 0 to 4 .* got '5' for '{NAMES[0]}'"),
        ((0, NAMES[0], "one"), "fold from 0 to 4 .* got 'one'"),
        ((0, NAMES[0]), "fold from 0 to 4 .* got ''"),
        ((0,), "a number and the name of a chunk, got '0'"),
    ],
)
def test_wrong_folds_are_named(tree, row, message):
    write(tree / FOLDS, [(i, name, i % 5) for i, name in enumerate(NAMES)] + [row])
    with pytest.raises(ValueError, match=message) as caught:
        load_chime_home(tree)
    assert FOLDS in str(caught.value)


def test_missing_fold_is_named(tree):
    write(tree / FOLDS, [(i, name, i % 4) for i, name in enumerate(NAMES)])
    with pytest.raises(ValueError, match="has no chunk in fold 4 of 0 to 4"):
        load_chime_home(tree)


@pytest.mark.parametrize(
    ("ending", "kind"), [(".16kHz.wav", "recordings"), (".csv", "annotations")]
)
def test_missing_files_are_named(tree, ending, kind):
    (tree / "chunks" / f"{NAMES[5]}{ending}").unlink()
    message = rf"1 of 11 listed {kind} are missing .*: chunks/{NAMES[5]}{ending}\."
    with pytest.raises(FileNotFoundError, match=message):
        load_chime_home(tree)


def test_other_rate_is_not_needed(tree):
    for name in NAMES:
        (tree / "chunks" / f"{name}.48kHz.wav").unlink()
    assert len(load_chime_home(tree).recordings) == len(NAMES)
    with pytest.raises(FileNotFoundError, match="11 of 11 .* and 8 more"):
        load_chime_home(tree, sample_rate=48000)


def test_missing_list_says_where_the_corpus_is_from(tree, tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match="evaluation_chunks_raw.csv is missing .*Internet Archive.*BY-NC-SA 3.0",
    ):
        load_chime_home(tree, subset="raw", part="evaluation")
    for root in (tmp_path / "nowhere", tree / "chunks"):
        with pytest.raises(FileNotFoundError, match="DCASE 2016, task 4.*Archive"):
            load_chime_home(root)


def test_empty_list(tree):
    (tree / LIST).write_text("\n\n")
    with pytest.raises(ValueError, match=f"{LIST} lists no chunk"):
        load_chime_home(tree)


@pytest.mark.parametrize(
    "options",
    [{"subset": "fine"}, {"part": "test"}, {"sample_rate": 44100}],
)
def test_bad_parameters_are_named(tree, options):
    (name,) = options
    with pytest.raises(ValueError, match=f"'{name}' parameter of load_chime_home"):
        load_chime_home(tree, **options)


@pytest.mark.parametrize("above", [False, True])
def test_is_recognised_by_what_is_there(tree, above):
    root = tree.parent if above else tree
    assert recognise_chime_home(root) is None
    for part, subset in (
        ("development", "refined"),
        ("development", "raw"),
        ("evaluation", "refined"),
    ):
        assert recognise_chime_home(root, part=part, subset=subset) is None
    reason = recognise_chime_home(root, part="evaluation", subset="raw")
    assert reason == "no evaluation_chunks_raw.csv"
    for path in (tree / "chunks").glob("*.16kHz.wav"):
        path.unlink()
    assert recognise_chime_home(root, sample_rate=48000) is None
    reason = recognise_chime_home(root, sample_rate=16000)
    assert reason == "no files in 'chunks' that end in .16kHz.wav"


def test_it_has_what_all_corpora_have(tree):
    data = load_chime_home(tree)
    assert data.partitions is None
    assert data.target.dtype.kind == "i"
    assert {"recordings", "target_names", "groups", "cv", "DESCR"} <= set(data)
    Path(data.recordings[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of .* Internet Archive.*BY-NC-SA"):
        load_chime_home(tree)


def test_what_it_is_not_recognised_for_is_said(tree, tmp_path):
    assert recognise_chime_home(tree / "chunks") == "no folder 'chunks'"
    for path in tree.glob("*.csv"):
        path.unlink()
    assert recognise_chime_home(tree) == "no development_chunks_refined.csv"
    (tmp_path / "other" / "chunks").mkdir(parents=True)
    assert recognise_chime_home(tmp_path) == "2 of them, one level below"
