"""What load is handed by those who mean harm, and by failing disks."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skaudeep import LiblinearClassifier
from skaudeep.exceptions import PersistenceError
from skaudeep.io import load, save

sys.path.insert(0, str(Path(__file__).parent))
from persisted import edit, members_of, reseal, seal

RNG = np.random.default_rng(20170801)
X = RNG.normal(size=(40, 5))
Y = np.array(["high", "low"] * 20)
ARRAY = "arrays/0.npy"


class Harm:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def mark(tmp_path):
    path = tmp_path / "harm"
    yield path
    assert not path.exists()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "model.skaudeep"
    save(make_pipeline(StandardScaler(), LiblinearClassifier()).fit(X, Y), path)
    return path


@pytest.fixture
def path(original, tmp_path):
    path = tmp_path / "model.skaudeep"
    path.write_bytes(original.read_bytes())
    return path


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    path = tmp_path_factory.mktemp("forest") / "forest.skaudeep"
    save(RandomForestClassifier(3, random_state=0).fit(X, Y), path)
    load(path)
    return path


def refusal(path):
    """The message with which a file is refused, within a second."""
    started = time.perf_counter()
    with pytest.raises(PersistenceError) as refused:
        load(path)
    seconds = time.perf_counter() - started
    message = str(refused.value)
    assert message.startswith(repr(str(path)))
    assert "\n" not in message and len(message) < 600
    # Under a second where nobody else computes.
    assert seconds < 3
    return message


def npy(header, data=b""):
    """An array file with any header."""
    text = str(header).encode()
    text += b" " * (64 - (len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def with_member(path, name, content):
    members = [pair for pair in members_of(path) if pair[0] != name]
    seal(path, [*members, (name, content)])


def test_the_sealed_copy_of_a_file_is_loaded(path):
    # Or else the attacks below would fail for another reason than they should.
    expected = load(path).predict(X)
    seal(path, members_of(path))
    np.testing.assert_array_equal(load(path).predict(X), expected)
    edit(path, lambda document: None)
    np.testing.assert_array_equal(load(path).predict(X), expected)


# Pickles


@pytest.mark.parametrize("protocol", range(6))
def test_renamed_pickles(path, mark, protocol):
    path.write_bytes(pickle.dumps(Harm(mark), protocol))
    assert "pickle" in refusal(path) or "no file of skaudeep" in refusal(path)


@pytest.mark.parametrize("compress", [0, 3])
def test_renamed_files_of_joblib(path, mark, compress):
    joblib.dump(Harm(mark), path, compress=compress)
    refusal(path)


def test_pickles_in_arrays_of_objects(path, mark):
    file = io.BytesIO()
    np.save(file, np.array([Harm(mark)], dtype=object), allow_pickle=True)
    with_member(path, ARRAY, file.getvalue())
    assert "pickled objects" in refusal(path)
    with_member(path, ARRAY, pickle.dumps(Harm(mark)))
    refusal(path)


def test_pickles_and_objects_in_the_document_of_skops(forest, path, mark):
    path.write_bytes(forest.read_bytes())
    inner = dict(members_of(path))["compiled.skops"]
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO()
    np.save(file, np.array([Harm(mark)], dtype=object), allow_pickle=True)
    name = next(name for name in parts if name.endswith(".npy"))
    parts[name] = file.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with_member(path, "compiled.skops", changed.getvalue())
    assert "pickled objects" in refusal(path)


# Archives


@pytest.mark.parametrize(
    "name",
    [
        "../evil.npy",
        "/evil.npy",
        "arrays/../../evil.npy",
        "arrays\\0.npy",
        "C:/evil.npy",
        "arrays/",
        "arrays/0.npy/",
        "arrays/0.npz",
        "inner.zip",
        "model.keras",
        "data.pkl",
        "__init__.py",
    ],
)
def test_members_that_do_not_belong_into_it(path, name):
    seal(path, [*members_of(path), (name, b"evil")])
    assert "does not belong" in refusal(path)
    assert sorted(path.parent.iterdir()) == [path]


def test_links(path):
    link = zipfile.ZipInfo("arrays/9.npy")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    seal(path, [*members_of(path), (link, b"/etc/passwd")])
    assert "ordinary" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_members_that_are_there_twice(path):
    members = members_of(path)
    seal(path, [*members, members[0]])
    assert "twice" in refusal(path)


def test_bombs(path):
    bomb = zipfile.ZipInfo("arrays/9.npy")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    seal(path, [*members_of(path), (bomb, bytes(50_000_000))])
    assert path.stat().st_size < 200_000
    assert "compressed" in refusal(path)


def test_archives_in_archives(forest, path):
    path.write_bytes(forest.read_bytes())
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(50_000_000))
    with_member(path, "compiled.skops", bomb.getvalue())
    assert "compressed" in refusal(path)


def lie_about_size(path, name, size):
    """Let the directory claim that a member is of this size."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<II", data, at + 20, size, size)
    path.write_bytes(data)
    reseal(path)


def test_members_that_claim_four_gigabytes(path):
    lie_about_size(path, ARRAY, 0xFFFFFFFE)
    assert "claim" in refusal(path)


def test_members_that_claim_ten_gigabytes(path):
    seal(path, members_of(path))
    data = bytearray(path.read_bytes())
    at = data.rindex(ARRAY.encode()) - 46
    extra = struct.pack("<HHQQ", 1, 16, 10 * 2**30, 10 * 2**30)
    struct.pack_into("<II", data, at + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + 30, len(extra))
    data[at + 46 + len(ARRAY) : at + 46 + len(ARRAY)] = extra
    end = data.rindex(b"PK\x05\x06")
    (size,) = struct.unpack_from("<I", data, end + 12)
    struct.pack_into("<I", data, end + 12, size + len(extra))
    path.write_bytes(data)
    reseal(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo(ARRAY).file_size == 10 * 2**30
    assert "claim" in refusal(path)


def test_members_that_overlap(path):
    # One that holds the others: the sum is more than there is.
    lie_about_size(path, "estimator.json", path.stat().st_size - 200)
    assert "claim" in refusal(path)


@pytest.mark.parametrize(
    "header",
    [
        {"descr": "<f8", "fortran_order": False, "shape": (1310720000,)},
        {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**40)},
        {"descr": "<f8", "fortran_order": False, "shape": (-1, -1)},
        {"descr": "<U1000000000", "fortran_order": False, "shape": (3,)},
        {"descr": "|V0", "fortran_order": False, "shape": (2**40,)},
        {"descr": "|O", "fortran_order": False, "shape": (1,)},
        {"descr": [("a", "|O")], "fortran_order": False, "shape": (1,)},
        {"descr": [("a", "<f8")], "fortran_order": False, "shape": (1,)},
        {"descr": "<f8", "fortran_order": False, "shape": (2,)},
        {"descr": "<f8", "fortran_order": False, "shape": "x"},
        {"descr": "<f8"},
        "__import__('os').mkdir('harm')",
        "[" * 10000,
    ],
    ids=lambda header: repr(header)[:40],
)
def test_headers_of_arrays(path, header, monkeypatch):
    monkeypatch.chdir(path.parent)
    with_member(path, ARRAY, npy(header, bytes(8)))
    message = refusal(path)
    assert sorted(path.parent.iterdir()) == [path]
    if "'<f8', 'fortran_order': False, 'shape': (" in str(header):
        assert "claims to hold" in message or "has the shape" in message


# JSON


def raw_json(path, text):
    members = members_of(path)
    seal(path, [("estimator.json", text), *members[1:]])


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**5,
        "[" * 10**5 + "]" * 10**5,
        '{"estimator":' * 10**5,
        "",
        "null",
        "[]",
        "{}",
        "\x00",
        '{"format": "skaudeep estimator", "format_version": 1}',
        "1" * 10**6,
    ],
    ids=lambda text: f"{text[:20]!r} {len(text)}",
)
def test_json_that_is_no_estimator(path, text):
    raw_json(path, text)
    refusal(path)


def test_json_nested_within_the_limits_of_the_parser(path):
    def nest(document):
        node = 1
        for _ in range(400):
            node = [node]
        document["estimator"]["state"]["memory"] = node

    edit(path, nest)
    assert "deeper" in refusal(path)


def test_huge_json(path):
    raw_json(path, "[" + "[],[]," * (3 * 10**6) + "1]")
    assert "allowed" in refusal(path)


FORBIDDEN = [
    "os.system",
    "builtins.eval",
    "builtins.exec",
    "subprocess.Popen",
    "operator.methodcaller",
    "functools.partial",
    "pickle.loads",
    "joblib.load",
    "numpy.load",
    "numpy.memmap",
    "keras.models.load_model",
    "sklearn.base.BaseEstimator",
    "sklearn.datasets.fetch_openml",
    "sklearn.datasets.load_files",
    "sklearn.utils.Bunch.__class__",
    "sklearn.model_selection.train_test_split",
    "sklearn.pipeline.make_pipeline",
    "sklearn.pipeline.sys",
    "sklearn.preprocessing._data.StandardScaler",
    "skaudeep.audio.majority_vote",
    "skaudeep.classifiers.os",
    "skaudeep.events.EventTable",
    "skaudeep.io.load",
    "StandardScaler",
    "",
    ".",
    "no_such_module.Thing",
]


@pytest.mark.parametrize("name", FORBIDDEN)
@pytest.mark.parametrize("kind", ["object", "type", "function", "value", "dict"])
def test_classes_and_functions_outside_the_list(path, kind, name):
    fields = {
        "object": {"type": name, "state": {}},
        "type": {"type": name},
        "function": {"name": name},
        "value": {"type": name, "items": ["true"]},
        "dict": {"type": name, "items": []},
    }[kind]

    def attack(document):
        document["estimator"]["state"]["memory"] = {"is": kind, **fields}

    edit(path, attack)
    before = set(sys.modules)
    message = refusal(path)
    assert repr(name) in message
    if not name.startswith(("sklearn.", "skaudeep.")):
        assert set(sys.modules) == before


NODES = [
    {"is": "pickle", "data": "gASVAAA="},
    {"is": ["object"]},
    {"is": None},
    {},
    {"is": "object", "type": "sklearn.svm.SVC", "state": []},
    {"is": "object", "type": "sklearn.svm.SVC", "state": {"__class__": 1}},
    {"is": "object", "type": "sklearn.svm.SVC", "state": {"a b": 1}},
    {"is": "object", "type": "sklearn.utils._bunch.Bunch", "state": {}},
    {"is": "object", "type": ["sklearn.svm.SVC"], "state": {}},
    {"is": "array", "part": 10**6},
    {"is": "array", "part": -1},
    {"is": "array", "part": "../0"},
    {"is": "array", "part": True},
    {"is": "compiled", "part": 0},
    {"is": "same", "part": 99},
    {"is": "same", "part": -1},
    {"is": "float", "value": "1e5"},
    {"is": "scalar", "dtype": "V1000000000000", "value": 1},
    {"is": "scalar", "dtype": "O", "value": 1},
    {"is": "dtype", "value": "O"},
    {"is": "objects", "shape": [10**12], "items": []},
    {"is": "objects", "shape": [-1, -1], "items": [1]},
    {"is": "tuple", "items": {"is": "tuple"}},
    {"is": "tuple", "items": [], "depth": -(10**9)},
    {"is": "dict", "items": [[[], 1]]},
    {"is": "value", "type": "skaudeep.audio.Recording", "items": ["a"]},
    {"is": "value", "type": "skaudeep.audio.Recording", "items": [1, 2, 3, 4]},
    {"is": "value", "type": "skaudeep.datasets.PredefinedFolds", "items": [[]]},
]


@pytest.mark.parametrize("node", NODES, ids=lambda node: repr(node)[:60])
def test_nodes_that_are_not_written(path, node):
    def attack(document):
        document["estimator"]["state"]["memory"] = node

    edit(path, attack)
    refusal(path)


@pytest.mark.parametrize(
    "root", [1, [], "text", {"is": "function", "name": "numpy.log"}]
)
def test_a_file_without_an_estimator(path, root):
    edit(path, lambda document: document.update(estimator=root))
    assert "no estimator" in refusal(path)


def test_a_newer_format(path):
    edit(path, lambda document: document.update(format_version=2))
    assert "version 2" in refusal(path)


# The document of skops


def replace_schema(path, change):
    inner = dict(members_of(path))["compiled.skops"]
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])
    change(schema)
    parts["schema.json"] = json.dumps(schema)
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with_member(path, "compiled.skops", changed.getvalue())


def node(loader, name, **fields):
    module, _, short = name.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": short, **fields}


EMPTY = node("ListNode", "builtins.list", content=[])


@pytest.mark.parametrize(
    "evil",
    [
        node("FunctionNode", "os.system"),
        node("FunctionNode", "numpy.exp"),
        node("TypeNode", "builtins.eval"),
        node("TypeNode", "subprocess.Popen"),
        node("PartialNode", "functools.partial", content={}),
        node("MethodNode", "builtins.str", content={"func": "x", "obj": EMPTY}),
        node("OperatorFuncNode", "operator.methodcaller", attrs=EMPTY),
        node("ConstructorFromReduceNode", "builtins.exec", content=EMPTY),
        node("ObjectNode", "sklearn.pipeline.Pipeline"),
        node("ObjectNode", "os.system"),
        node("SparseMatrixNode", "scipy.sparse.csr_matrix", file="0.npz"),
        node("NdArrayNode", "numpy.memmap", type="numpy", file="0.npy"),
        node("NdArrayNode", "numpy.void", type="numpy", file="0.npy"),
        node("NdArrayNode", "numpy.ndarray", type="json", content=[], shape=EMPTY),
        {"__id__": 1},
        {},
    ],
    ids=lambda evil: f"{evil.get('__loader__')} {evil.get('__class__')}",
)
def test_what_skops_would_make_of_a_changed_document(forest, path, evil):
    path.write_bytes(forest.read_bytes())
    replace_schema(path, lambda schema: schema["content"].append(evil))
    message = refusal(path)
    if "__loader__" in evil:
        assert "no compiled object" in message and evil["__class__"] in message


def test_numbers_that_make_skops_go_round_in_circles(forest, path):
    path.write_bytes(forest.read_bytes())

    def attack(schema):
        # Each list holds the one before it twice: 2**60 ways through.
        inner = node("ListNode", "builtins.list", content=[], __id__=1)
        for i in range(2, 60):
            stub = node("ListNode", "builtins.list", content=[], __id__=i - 1)
            inner = node("ListNode", "builtins.list", content=[inner, stub], __id__=i)
        schema["content"].append(inner)

    replace_schema(path, attack)
    assert "number" in refusal(path)


# Numbers that point


def fitted_arrays(estimator, path, change):
    """Change fitted attributes behind the back of save's own check."""
    save(estimator, path)
    load(path)

    def attack(document):
        change(document["estimator"]["state"])

    edit(path, attack)


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(random_state=0),
        RandomForestClassifier(2, max_depth=2, random_state=0),
        GradientBoostingClassifier(n_estimators=2, random_state=0),
    ],
)
def test_trees_that_see_more_columns_than_there_are(path, model):
    def change(state):
        state["n_features_in_"] = 1

    path.unlink()
    fitted_arrays(clone(model).fit(X, Y), path, change)
    assert "contradict" in refusal(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("left_child", 10**6), ("left_child", -7), ("right_child", 0), ("feature", 10**6)],
)
def test_trees_whose_nodes_point_elsewhere(forest, path, field, value):
    path.write_bytes(forest.read_bytes())
    inner = dict(members_of(path))["compiled.skops"]
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, content in parts.items():
        if name.endswith(".npy"):
            array = np.load(io.BytesIO(content))
            if array.dtype.names:
                array[field][0] = value
                file = io.BytesIO()
                np.save(file, array)
                parts[name] = file.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with_member(path, "compiled.skops", changed.getvalue())
    assert "contradict" in refusal(path)


def test_boosting_with_more_trees_than_columns(path):
    boosting = GradientBoostingClassifier(n_estimators=4, max_depth=1, random_state=0)

    def change(state):
        state["estimators_"]["shape"] = [2, 2]

    path.unlink()
    fitted_arrays(boosting.fit(X, Y), path, change)
    assert "contradict" in refusal(path)


@pytest.mark.parametrize(
    "swap", ["support_", "_n_support", "_intercept_", "_dual_coef_"]
)
def test_support_vectors_whose_numbers_do_not_fit(path, swap):
    svm = SVC().fit(X, Y)

    def change(state):
        state[swap] = state["class_weight_"]

    path.unlink()
    fitted_arrays(svm, path, change)
    assert "contradict" in refusal(path)


# Damage


@pytest.mark.parametrize("tenth", range(10))
def test_truncated_files(path, tenth):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * tenth // 10])
    refusal(path)
    path.write_bytes(data[:-1])
    refusal(path)


def test_flipped_bits_anywhere(path):
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    positions = {
        0,
        30,
        len(data) - 1,
        len(data) - 90,
        *rng.integers(len(data), size=60),
    }
    for position in positions:
        damaged = bytearray(data)
        damaged[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        refusal(path)
    path.write_bytes(data + b"x")
    refusal(path)


@pytest.mark.parametrize("name", ["estimator.json", ARRAY])
def test_missing_members(path, name):
    seal(path, [pair for pair in members_of(path) if pair[0] != name])
    message = refusal(path)
    assert "missing" in message and name in message


def test_another_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("estimator.json", "{}")
    assert "does not end" in refusal(path)


def test_refusals_take_little_memory(path):
    header = {"descr": "<f8", "fortran_order": False, "shape": (1310720000,)}
    with_member(path, ARRAY, npy(header, bytes(8)))
    bomb = path.with_name("bomb")
    info = zipfile.ZipInfo("arrays/9.npy")
    info.compress_type = zipfile.ZIP_DEFLATED
    seal(bomb, [*members_of(path), (info, bytes(100_000_000))])
    script = (
        "import resource, sys; from skaudeep.io import load\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: load('no such file')\n"
        "except OSError: before = peak()\n"
        "for path in sys.argv[1:]:\n"
        "    try: load(path)\n"
        "    except ValueError: pass\n"
        "print(peak() - before)"
    )
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", script, path, bomb],
        check=True,
        capture_output=True,
        text=True,
    )
    # Kilobytes; on a Mac bytes.
    assert int(done.stdout) < 50_000 * (1024 if sys.platform == "darwin" else 1)
