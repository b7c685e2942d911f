"""Files whose numbers would lead compiled code astray, or keep load busy for hours."""
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import os
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.linear_model import ElasticNet, SGDClassifier
from sklearn.metrics import pairwise_kernels
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MultiLabelBinarizer,
    OneHotEncoder,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skaudeep import LiblinearClassifier
from skaudeep.exceptions import PersistenceError
from skaudeep.io import load, save

sys.path.insert(0, str(Path(__file__).parent))
from persisted import assert_same_results, edit, members_of, seal

RNG = np.random.default_rng(20170801)
X = RNG.normal(size=(40, 5))
Y = np.array(["high", "low"] * 20)
INTEGERS = RNG.integers(3, size=(40, 2))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skaudeep"


def refusal(path):
    """The message with which a file is refused, within a second."""
    started = time.perf_counter()
    with pytest.raises(PersistenceError) as refused:
        load(path)
    assert time.perf_counter() - started < 3
    assert str(refused.value).startswith(repr(str(path)))
    return str(refused.value)


# Fitted attributes that contradict one another


def neighbors(**parameters):
    return KNeighborsClassifier(3, algorithm="brute", **parameters).fit(X, Y)


def setting(**attributes):
    def change(estimator):
        vars(estimator).update(attributes)

    return change


def growing(name, addend):
    def change(estimator):
        vars(estimator)[name] = getattr(estimator, name) + addend

    return change


ENCODER = OneHotEncoder(sparse_output=False)

# What is fitted, and what is then done to it.
CONTRADICTIONS = [
    (neighbors(), setting(_fit_X=X[:, :1])),
    (neighbors(), setting(_fit_X=X[0])),
    (neighbors(), setting(_fit_X=X.tolist())),
    (neighbors(metric="manhattan"), growing("_y", 10**9)),
    (neighbors(metric="manhattan"), growing("_y", -1)),
    (neighbors(), setting(_y=np.zeros(39, int))),
    (neighbors(), setting(_y=np.zeros(40))),
    (neighbors(), setting(classes_=np.array(["low"]))),
    (
        KNeighborsRegressor(algorithm="brute").fit(X, X[:, 0]),
        setting(_fit_X=X[:, :1]),
    ),
    (KMeans(2, n_init=1).fit(X), setting(cluster_centers_=np.zeros((2, 1)))),
    (KMeans(2, n_init=1).fit(X), setting(cluster_centers_=np.zeros(5))),
    (MiniBatchKMeans(2, n_init=1).partial_fit(X), setting(_counts=np.ones(1))),
    (DictVectorizer().fit([{"a": 1}]), setting(vocabulary_={"a": 10**9})),
    (DictVectorizer().fit([{"a": 1}]), setting(vocabulary_={"a": -1})),
    (FeatureHasher(), setting(n_features=0)),
    (
        MultiLabelBinarizer().fit([["a"], ["b"]]),
        setting(_cached_dict={"a": 10**9, "b": 0}),
    ),
    (OneHotEncoder().fit(INTEGERS), setting(_n_features_outs=[1, 1])),
    (OneHotEncoder().fit(INTEGERS), setting(_n_features_outs=[6])),
    (
        OneHotEncoder(drop="first").fit(INTEGERS),
        setting(_drop_idx_after_grouping=np.array([0, 3], dtype=object)),
    ),
    (
        OneHotEncoder(max_categories=2).fit(INTEGERS),
        setting(
            _default_to_infrequent_mappings=[np.array([0, 1, 1]), np.array([0, 1, -9])]
        ),
    ),
    (
        SGDClassifier(average=True, random_state=0).fit(X, Y),
        setting(_averaged_coef=np.zeros((1, 1))),
    ),
    (
        SGDClassifier(average=True, random_state=0).fit(X, Y),
        setting(_standard_intercept=np.zeros(0)),
    ),
    (ElasticNet(warm_start=True).fit(X, X[:, 0]), setting(coef_=np.zeros(1))),
    (SVC(kernel="precomputed").fit(X @ X.T, Y), growing("support_", 10**8)),
    (SVC(kernel="precomputed").fit(X @ X.T, Y), growing("support_", -40)),
    (SVC().fit(X, Y), setting(kernel=pairwise_kernels, shape_fit_=(3, 5))),
    (
        SVC().fit(X, np.arange(40) % 3),
        setting(_probA=np.ones(1), _probB=np.ones(1)),
    ),
]


@pytest.mark.parametrize(
    ("estimator", "change"),
    CONTRADICTIONS,
    ids=[f"{i} {type(e).__name__}" for i, (e, _) in enumerate(CONTRADICTIONS)],
)
def test_numbers_that_point_beyond_are_refused(estimator, change, path, monkeypatch):
    save(estimator, path)
    load(path)
    changed = load(path)
    change(changed)
    with pytest.raises(PersistenceError, match="contradict"):
        save(changed, path, overwrite=True)
    with monkeypatch.context() as patch:
        patch.setattr("skaudeep.io._persistence.vet", lambda estimator: None)
        save(make_pipeline(StandardScaler(), changed), path, overwrite=True)
    assert "contradict" in refusal(path)


@pytest.mark.parametrize(
    ("estimator", "X"),
    [
        (ENCODER, INTEGERS),
        (OneHotEncoder(drop="if_binary", sparse_output=False), INTEGERS[:20] % 2),
        (
            OneHotEncoder(
                max_categories=2,
                drop="first",
                sparse_output=False,
                handle_unknown="infrequent_if_exist",
            ),
            INTEGERS,
        ),
        (KBinsDiscretizer(3, encode="onehot-dense"), X),
        (KMeans(3, n_init=1, random_state=0), X),
        (SVC(kernel="precomputed"), X @ X.T),
    ],
)
def test_what_is_sound_is_not_refused(estimator, X, path):
    estimator.fit(X, Y[: len(X)])
    save(estimator, path)
    assert_same_results(load(path), estimator, X)


def test_what_is_sound_with_other_kinds_of_input_is_not_refused(path):
    labels = MultiLabelBinarizer().fit([["a"], ["b", "c"]])
    labels.transform([["a"]])
    vectors = DictVectorizer(sparse=False).fit([{"a": 1}, {"b": "c"}])
    targets = np.c_[np.arange(40) % 2, np.arange(40) % 3]
    several = KNeighborsClassifier(3, algorithm="brute").fit(X, targets)
    for estimator, data in (
        (labels, [["c", "a"]]),
        (vectors, [{"b": "c"}]),
        (several, X),
    ):
        save(estimator, path, overwrite=True)
        method = "transform" if hasattr(estimator, "transform") else "predict"
        np.testing.assert_array_equal(
            getattr(load(path), method)(data), getattr(estimator, method)(data)
        )


# Trees


def change_tree(path, change):
    """Change the tree in the document of skops."""
    members = dict(members_of(path))
    with zipfile.ZipFile(io.BytesIO(members["compiled.skops"])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])
    change(schema["content"][0]["content"]["content"], parts)
    parts["schema.json"] = json.dumps(schema)
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    members["compiled.skops"] = changed.getvalue()
    seal(path, list(members.items()))


def chain():
    """A tree of which every node splits off one leaf."""
    x = np.arange(20.0)[:, None]
    tree = DecisionTreeRegressor(random_state=0).fit(x, 4.0 ** np.arange(20))
    assert tree.get_depth() > 10
    return tree


@pytest.mark.parametrize("depth", ["0", "-1", "1000000000000"])
def test_trees_that_are_deeper_than_they_say(path, depth):
    # As much room is made for each row in decision_path.
    save(chain(), path)
    change_tree(path, lambda tree, _: tree["max_depth"].update(content=depth))
    assert "contradict" in refusal(path)


def change_nodes(change):
    def change_parts(tree, parts):
        name = tree["nodes"]["file"]
        nodes = np.load(io.BytesIO(parts[name]))
        change(nodes)
        file = io.BytesIO()
        np.save(file, nodes)
        parts[name] = file.getvalue()

    return change_parts


def test_nodes_with_two_parents(path):
    save(chain(), path)

    def change(nodes):
        nodes["right_child"][0] = nodes["left_child"][0]

    change_tree(path, change_nodes(change))
    assert "contradict" in refusal(path)


@pytest.mark.parametrize("count", ["1", "1000000000", "-1"])
def test_trees_with_another_number_of_nodes(path, count):
    save(chain(), path)
    change_tree(path, lambda tree, _: tree["node_count"].update(content=count))
    if count == "1000000000":
        # scikit-learn takes as many as there are.
        assert load(path).tree_.node_count < 100
    else:
        refusal(path)


def test_trees_without_values(path):
    save(DecisionTreeClassifier().fit(X, Y), path)

    def change(tree, parts):
        name = tree["values"]["file"]
        n_nodes = len(np.load(io.BytesIO(parts[name])))
        file = io.BytesIO()
        np.save(file, np.zeros((n_nodes, 1, 0)))
        parts[name] = file.getvalue()
        file = io.BytesIO()
        np.save(file, np.zeros(1, np.intp))
        parts["0.npy"] = file.getvalue()

    change_tree(path, change)
    assert "contradict" in refusal(path)


@pytest.mark.parametrize("hiding", ["mask", "key"])
def test_trees_that_are_hidden(path, hiding, monkeypatch):
    tree = chain()
    hidden = {tree: 1}
    if hiding == "mask":
        trees = np.array([tree], dtype=object)
        hidden = np.ma.MaskedArray(trees, mask=[True], fill_value=0)
    tree.n_features_in_ = 2
    with monkeypatch.context() as patch:
        patch.setattr("skaudeep.io._persistence.vet", lambda estimator: None)
        save(FunctionTransformer(kw_args=hidden), path)
    assert "contradict" in refusal(path)


def test_boosting_whose_start_fills_the_memory(path):
    boosting = GradientBoostingRegressor(n_estimators=1, random_state=0)
    save(boosting.fit(X, X[:, 0]), path)

    def attack(document):
        document["estimator"]["state"]["init_"]["state"]["n_outputs_"] = 10**14

    edit(path, attack)
    assert "contradict" in refusal(path)


@pytest.mark.parametrize(
    "change",
    [
        {"_tree": {"is": "search_tree", "name": "eval"}},
        {"_tree": {"is": "search_tree", "name": ["kd_tree"]}},
        {"_tree": {"is": "search_tree"}},
        {"leaf_size": 0},
        {"leaf_size": "x"},
        {"_fit_X": None},
        {"_fit_X": [[1.0, 2.0, 3.0]]},
        {"effective_metric_": "cosine"},
        {"effective_metric_": {"is": "function", "name": "numpy.exp"}},
        {"effective_metric_params_": {"is": "dict", "items": [["V", [1.0]]]}},
        {"weights": {"is": "search_tree", "name": "kd_tree"}},
    ],
    ids=repr,
)
def test_trees_of_neighbors_that_cannot_be_built(path, change):
    neighbors = KNeighborsClassifier(3, algorithm="kd_tree", metric="manhattan")
    save(neighbors.fit(X, Y), path)
    load(path)
    edit(path, lambda document: document["estimator"]["state"].update(change))
    refusal(path)


# What JSON says


def attack_with(path, node, name="kw_args"):
    save(FunctionTransformer(kw_args=[np.zeros(8), np.zeros(9, bool)]), path)

    def attack(document):
        document["estimator"]["state"][name] = node

    edit(path, attack)


ARRAYS = [{"is": "array", "part": i} for i in range(2)]
PRIME = 2**61 - 1


@pytest.mark.parametrize(
    "node",
    [
        {"is": "set", "items": [PRIME * i for i in range(50_000)]},
        {"is": "frozenset", "items": [PRIME * i for i in range(50_000)]},
        {"is": "dict", "items": [[PRIME * i, 1] for i in range(50_000)]},
        {"is": "dtype", "value": "i4," * 10**6},
        {"is": "dtype", "value": "V1000000000"},
        {"is": "dtype", "value": "(1000,1000)f8"},
        {"is": "dtype", "value": {"names": ["a"], "formats": ["f8"]}},
        {"is": "scalar", "dtype": "i4," * 10**6, "value": 1},
        {"is": "scalar", "dtype": ["f8"], "value": 1},
        {"is": "masked", "data": ARRAYS[0], "mask": ARRAYS[0], "fill": 0},
        {"is": "masked", "data": ARRAYS[0], "mask": ARRAYS[1], "fill": 0},
        {"is": "masked", "data": [1, 2], "mask": [True, False], "fill": 0},
        {"is": "index", "items": [["a"]]},
        {"is": "index", "items": [{"is": "tuple", "items": ["a", "b"]}]},
        {"is": "objects", "shape": [1] * 100, "items": [1]},
        {"is": "dtype", "value": "\ud800"},
        {"is": "\ud800"},
    ],
    ids=lambda node: repr(node)[:50],
)
def test_nodes_that_would_keep_load_busy_or_hide_something(path, node):
    attack_with(path, node)
    refusal(path).encode()


def test_few_keys_of_one_hash_are_no_attack(path):
    keys = [PRIME * i for i in range(1, 20)] + list(range(-300, 300))
    save(FunctionTransformer(kw_args=dict.fromkeys(keys, 1)), path)
    assert list(load(path).kw_args) == keys


def test_numbers_that_json_knows_but_python_does_not(path):
    save(FunctionTransformer(kw_args=12345), path)
    name, text = members_of(path)[0]
    for number in (b"9" * 10**5, b"1e999", b"-0", b"NaN", b"-Infinity"):
        seal(path, [(name, text.replace(b"12345", number))])
        if len(number) > 1000:
            assert "digits" in refusal(path)
        else:
            # What a float can be is no harm.
            assert isinstance(load(path).kw_args, int | float)


# Attributes in place of methods


@pytest.mark.parametrize(
    "name",
    [
        "predict",
        "fit",
        "get_params",
        "_get_param_names",
        "_parameter_constraints",
        "_repr_html_",
        "_doc_link_module",
        "__class__",
    ],
)
def test_attributes_in_place_of_what_the_class_has(path, name):
    save(LiblinearClassifier().fit(X, Y), path)
    log = {"is": "function", "name": "numpy.log"}
    edit(path, lambda document: document["estimator"]["state"].update({name: log}))
    message = refusal(path)
    assert repr(name) in message and "no attribute" in message


def test_what_stands_in_place_of_a_method_is_not_saved(path):
    classifier = LiblinearClassifier().fit(X, Y)
    classifier.predict = np.log
    with pytest.raises(PersistenceError, match=r"LiblinearClassifier\.predict.*place"):
        save(classifier, path)


# Caches


def test_caches_are_left_out_with_a_warning(path, tmp_path):
    cache = str(tmp_path / "cache")
    inner = Pipeline([("scaler", StandardScaler())], memory=cache)
    pipeline = make_pipeline(inner, LiblinearClassifier(), memory=cache).fit(X, Y)
    save(pipeline, path)
    with pytest.warns(UserWarning, match=r"memory=None.*pickles") as warned:
        loaded = load(path)
    assert len(warned) == 1 and warned[0].filename == __file__
    assert loaded.memory is None and loaded[0].memory is None
    np.testing.assert_array_equal(loaded.predict(X), pipeline.predict(X))
    assert pipeline.memory == cache


def test_caches_among_the_parameters_of_a_search_are_refused(path):
    for grid in ({"memory": ["cache"]}, [{"a__memory": ["cache", None]}]):
        search = GridSearchCV(make_pipeline(StandardScaler()), grid)
        with pytest.raises(PersistenceError, match="memory.*pickles"):
            save(search, path)
    save(GridSearchCV(make_pipeline(StandardScaler()), {"memory": [None]}), path)
    load(path)


# What is no file


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes by name")
def test_pipes_are_not_waited_for(path):
    os.mkfifo(path)
    assert "ordinary file" in refusal(path)


def test_links_are_followed(path, tmp_path):
    save(StandardScaler(), path)
    link = tmp_path / "link"
    try:
        link.symlink_to(path)
    except OSError:
        pytest.skip("there are no links")
    assert isinstance(load(link), StandardScaler)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="link"):
        load(link)
