"""Splits of sources keep files and groups on one side."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.audio import Recording
from skaudeep.datasets import load_mandarin_syllables
from skaudeep.events import split_sources


def path_of(source):
    if isinstance(source, Recording):
        return source.path
    return str(source[0]) if isinstance(source, tuple) else source


@pytest.fixture
def segments():
    """20 files a class, of one to three segments, in all forms."""
    rng = np.random.default_rng(0)
    sources = {}
    for label in ("bark", "pop"):
        sources[label] = []
        for i in range(20):
            path = f"{label}/{i}.wav"
            forms = [(path, 0, 1), Recording(path, start=2, stop=3), path]
            sources[label] += forms[: rng.integers(1, 4)]
    return sources


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("test_size", [0.2, 0.5])
def test_no_file_is_on_both_sides(seed, test_size, segments):
    train, test = split_sources(segments, test_size, random_state=seed)
    for label, given in segments.items():
        files = [{path_of(source) for source in part[label]} for part in (train, test)]
        assert files[0].isdisjoint(files[1])
        rest = iter(given)
        # In the order given.
        assert all(source in rest for source in train[label])
        assert len(train[label]) + len(test[label]) == len(given)
        assert len(test[label]) == pytest.approx(test_size * len(given), abs=2)


def test_seed_fixes_the_split(segments):
    once, again, other = (
        split_sources(segments, random_state=seed) for seed in (0, 0, 1)
    )
    assert once == again
    assert once != other


def test_arrays_and_lists():
    sources = [np.full(3, i) for i in range(10)]
    train, test = split_sources(sources, random_state=0)
    assert (len(train), len(test)) == (7, 3)
    assert sorted(x[0] for x in train + test) == list(range(10))
    rows = np.arange(20).reshape(10, 2)
    assert len(split_sources(rows, random_state=0)[1]) == 3


def test_given_groups_stay_whole_across_classes():
    data = load_mandarin_syllables()
    chosen = {tone: data.tone == tone for tone in ("1", "2", "4")}
    sources = {tone: data.recordings[mask] for tone, mask in chosen.items()}
    groups = {tone: data.groups[mask] for tone, mask in chosen.items()}
    train, test = split_sources(sources, groups=groups, random_state=0)
    group_of = dict(zip(data.recordings, data.groups, strict=True))
    sides = [
        {group_of[source] for some in part.values() for source in some}
        for part in (train, test)
    ]
    assert sides[0].isdisjoint(sides[1])
    for tone, some in sources.items():
        assert len(test[tone]) == pytest.approx(0.3 * len(some), rel=0.15)


@pytest.mark.parametrize(("test_size", "n_test"), [(0.01, 1), (0.99, 2)])
def test_both_sides_get_something(test_size, n_test):
    for seed in range(5):
        train, test = split_sources(["a", "b", "c"], test_size, random_state=seed)
        assert (len(train), len(test)) == (3 - n_test, n_test)


def test_shared_files_that_cannot_be_split():
    sources = {"a": ["1", "2"], "b": ["1", "3"], "c": ["1", "2"]}
    train, test = split_sources(sources, 0.5, random_state=0)
    assert train["a"] == train["c"]
    assert test["a"] == test["c"]
    blocked = {"a": ["1", "2", "3"], "b": ["1", "2"], "c": ["1", "3"], "d": ["2", "3"]}
    with pytest.raises(ValueError, match="cannot be split: its groups are groups of"):
        split_sources(blocked, 0.5, random_state=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sources": {"a": ["1", ("1", 0, 1)]}}, r"sources\['a'\] must hold two"),
        ({"sources": ["1"]}, "sources must hold two or more groups"),
        ({"test_size": 1.0}, "'test_size' parameter"),
        ({"groups": [1]}, "one group for each of 2 sources, got 1"),
        ({"groups": {"a": [1, 2]}}, "groups must have the layout of sources"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        split_sources(**{"sources": ["1", "2"], **options})
