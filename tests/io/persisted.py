"""What the tests of saving and loading share."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import zipfile

import numpy as np

from skaudeep.io._estimator_file import _DIGEST_SIZE, _TITLE, _digest

METHODS = (
    "transform",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score_samples",
    "localize",
    "frame_probabilities",
)


def assert_same_values(actual, expected):
    """Bit by bit, in whatever containers."""
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        actual, expected = list(actual.values()), list(expected.values())
    if isinstance(expected, np.ndarray) and expected.dtype != object:
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected, strict=True)
    elif isinstance(expected, list | tuple | np.ndarray):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same_values(one, other)
    elif isinstance(expected, np.random.RandomState):
        assert_same_values(actual.get_state(), expected.get_state())
    elif hasattr(expected, "get_params"):
        assert_same_params(actual, expected)
    elif type(expected).__module__.startswith("sklearn."):
        assert_same_values(vars(actual), vars(expected))
    else:
        np.testing.assert_equal(actual, expected)


def assert_same_params(actual, expected):
    assert_same_values(actual.get_params(), expected.get_params())


def assert_same_results(actual, expected, X):
    """All that both can do with X."""
    n_methods = 0
    for name in METHODS:
        assert hasattr(actual, name) == hasattr(expected, name)
        if hasattr(expected, name):
            n_methods += 1
            assert_same_values(getattr(actual, name)(X), getattr(expected, name)(X))
    assert n_methods


def seal(path, members):
    """Write an archive whose checksum is right, whatever its members are.

    Parameters
    ----------
    path : Path
        The file.
    members : list of (name or ZipInfo, bytes)
        In order; names may repeat.
    """
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = _TITLE + b"0" * _DIGEST_SIZE
        for name, content in members:
            archive.writestr(name, content)
    reseal(path)


def reseal(path):
    """Write the checksum anew after a change."""
    size = path.stat().st_size - _DIGEST_SIZE
    with open(path, "rb+") as file:
        file.write(_digest(file, size))


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def edit(path, change):
    """Change the JSON of a file, and seal it as whoever knows the format would."""
    members = members_of(path)
    document = json.loads(members[0][1])
    document = change(document) or document
    seal(path, [(members[0][0], json.dumps(document)), *members[1:]])
