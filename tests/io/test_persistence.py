"""save and load: what comes back, what is refused, and what else happens (nothing)."""
# SPDX-License-Identifier: BSD-3-Clause

import functools
import inspect
import json
import math
import os
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import (
    KernelDensity,
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    NearestNeighbors,
    RadiusNeighborsRegressor,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC

import skaudeep
from skaudeep import (
    MFCC,
    BagOfDeepFeatures,
    ChannelSplitter,
    Chromagram,
    Chunker,
    ChunkFeatures,
    ChunkVotingClassifier,
    LiblinearClassifier,
    MelSpectrogram,
    Recording,
    Seq2SeqAutoencoder,
    SequenceStatistics,
    Spectrogram,
    SpectrogramPicture,
    WeightedFusionClassifier,
)
from skaudeep.audio import make_channel_union
from skaudeep.datasets import PredefinedFolds
from skaudeep.events import (
    PUBLISHED_SETTINGS,
    Event,
    FrameCurve,
    InverseTimeDecay,
    RareEventDetector,
)
from skaudeep.exceptions import PersistenceError
from skaudeep.io import load, save
from skaudeep.metrics import eer_scorer, uar_scorer

sys.path.insert(0, str(Path(__file__).parent))
from persisted import assert_same_params, assert_same_results, assert_same_values, edit

RNG = np.random.default_rng(20170801)
SEQUENCES = RNG.normal(size=(12, 20, 6)).astype(np.float32)
RAGGED = [clip[: 10 + i] for i, clip in enumerate(SEQUENCES)]
SIGNALS = RNG.uniform(-1, 1, (12, 4000)).astype(np.float32)
STEREO = RNG.uniform(-1, 1, (12, 2, 4000)).astype(np.float32)
TABLE = RNG.normal(size=(12, 5)).astype(np.float32)
LABELS = np.array(["high", "low"] * 6)

MEL = MelSpectrogram(8000, n_mels=6)
FEATURES = make_pipeline(MEL, SequenceStatistics(("mean", "std")))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skaudeep"


def saved_and_loaded(estimator, path):
    save(estimator, path)
    return load(path)


# Every estimator of ours; those with networks are in test_persistence_networks.py

FITTED = [
    (ChannelSplitter("difference"), STEREO),
    (Chunker(width=0.2, sample_rate=8000), SIGNALS),
    (
        ChunkFeatures(
            make_pipeline(MelSpectrogram(8000, n_mels=4), SequenceStatistics()),
            width=0.2,
            sample_rate=8000,
        ),
        SIGNALS,
    ),
    (MEL, SIGNALS),
    (MelSpectrogram(8000, n_mels=6, window=np.hamming, delta=1), SIGNALS),
    (Spectrogram(8000, window=("kaiser", 8.6), scale=None), SIGNALS),
    (Chromagram(8000), SIGNALS),
    (SpectrogramPicture(size=16), SEQUENCES),
    (MFCC(8000, n_mfcc=4, n_mels=8), SIGNALS),
    (SequenceStatistics(("mean", "q25", "delta_max")), RAGGED),
    (BagOfDeepFeatures(3, n_assignments=2, idf=True, random_state=0), RAGGED),
    (
        BagOfDeepFeatures(
            4, n_assignments=2, codebook="supervised", gaussian=1.0, random_state=0
        ),
        SEQUENCES,
    ),
    (LiblinearClassifier(solver="l2r_lr", class_weight={"low": 2, "high": 1}), TABLE),
    (ChunkVotingClassifier(LogisticRegression(), voting="soft"), SEQUENCES),
    (
        WeightedFusionClassifier(
            [("one", LogisticRegression()), ("two", LiblinearClassifier())],
            "simplex",
            voting="majority",
            step=0.25,
            cv=3,
            scoring=uar_scorer,
        ),
        TABLE,
    ),
]


@pytest.mark.parametrize(
    ("estimator", "X"), FITTED, ids=[type(e).__name__ for e, _ in FITTED]
)
def test_fitted_estimators_do_the_same_bits_after_loading(estimator, X, path):
    estimator = clone(estimator).fit(X, LABELS)
    loaded = saved_and_loaded(estimator, path)
    assert type(loaded) is type(estimator)
    assert_same_params(loaded, estimator)
    assert_same_results(loaded, estimator, X)


def public_estimators():
    for package in ("audio", "representation", "classifiers", "events"):
        module = getattr(skaudeep, package)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) and issubclass(thing, BaseEstimator):
                yield thing


def unfitted(cls):
    required = {
        "estimator": LogisticRegression(),
        "estimators": [("one", LogisticRegression())],
        "detectors": [("one", RareEventDetector("siren", hop=0.02, window=0.04))],
        "event_label": "siren",
        "hop": 0.02,
        "window": 0.04,
        "width": 1.0,
        "transformer": SequenceStatistics(),
    }
    signature = inspect.signature(cls)
    return cls(
        **{
            name: required[name]
            for name, parameter in signature.parameters.items()
            if parameter.default is inspect.Parameter.empty
        }
    )


@pytest.mark.parametrize("cls", list(public_estimators()))
def test_every_public_estimator_can_be_saved_unfitted(cls, path):
    estimator = unfitted(cls)
    loaded = saved_and_loaded(estimator, path)
    assert type(loaded) is cls
    assert_same_params(loaded, estimator)
    assert vars(loaded).keys() == vars(estimator).keys()


def test_every_public_estimator_is_saved_fitted_in_some_test():
    folder = Path(__file__).parent
    networks = (folder / "test_persistence_networks.py").read_text("utf-8")
    here = {type(estimator) for estimator, _ in FITTED}
    missing = [
        cls.__name__
        for cls in public_estimators()
        if cls not in here and not re.search(rf"\b{cls.__name__}\(", networks)
    ]
    assert missing == []


# With scikit-learn

FOREST = RandomForestClassifier(5, random_state=0)
CLASSIFIERS = [
    LinearSVC(random_state=0),
    LogisticRegression(class_weight={"low": 1.5, "high": 1}),
    SVC(probability=True, random_state=0),
    FOREST,
    GradientBoostingClassifier(n_estimators=3, random_state=0),
    SGDClassifier(loss="modified_huber", random_state=0),
    MLPClassifier((4,), max_iter=3, random_state=np.random.RandomState(3)),
    KNeighborsClassifier(3, algorithm="brute"),
    CalibratedClassifierCV(LogisticRegression(), cv=2),
    VotingClassifier(
        [("log", LogisticRegression()), ("forest", FOREST)], voting="soft"
    ),
    StackingClassifier([("log", LogisticRegression()), ("svm", LinearSVC())], cv=2),
    BaggingClassifier(LogisticRegression(), 3, max_features=0.5, random_state=0),
    GridSearchCV(
        make_pipeline(PCA(2, random_state=0), LiblinearClassifier()),
        {"liblinearclassifier__C": [0.1, 1.0], "pca": [PCA(2), "passthrough"]},
        cv=StratifiedKFold(2),
        scoring=uar_scorer,
    ),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The `probability` parameter:FutureWarning")
@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=lambda c: type(c).__name__)
def test_pipelines_with_scikit_learn_do_the_same_bits(classifier, path):
    pipeline = make_pipeline(
        clone(FEATURES),
        SimpleImputer(),
        StandardScaler(),
        SelectKBest(f_classif, k=4),
        clone(classifier),
    ).fit(SIGNALS, LABELS)
    loaded = saved_and_loaded(pipeline, path)
    assert_same_params(loaded, pipeline)
    assert_same_results(loaded, pipeline, SIGNALS)


def test_searches_around_our_steps_keep_their_table(path):
    search = GridSearchCV(
        make_pipeline(FEATURES, LogisticRegression()),
        {
            "pipeline__melspectrogram__n_mels": [4, 6],
            "logisticregression": [LogisticRegression(C=c) for c in (0.1, 1)],
        },
        cv=PredefinedFolds([(range(8), range(8, 12)), (range(4, 12), range(4))]),
        scoring={"uar": uar_scorer, "eer": eer_scorer},
        refit="uar",
    ).fit(SIGNALS, LABELS)
    loaded = saved_and_loaded(search, path)
    assert_same_results(loaded, search, SIGNALS)
    assert_same_values(loaded.best_params_, search.best_params_)
    assert list(loaded.cv_results_) == list(search.cv_results_)
    for name, column in search.cv_results_.items():
        if isinstance(column, np.ma.MaskedArray):
            assert_same_values(loaded.cv_results_[name].tolist(), column.tolist())
        elif isinstance(column, np.ndarray):
            assert_same_values(loaded.cv_results_[name], column)
    assert loaded.score(SIGNALS, LABELS) == search.score(SIGNALS, LABELS)
    folds = loaded.cv.folds
    assert not folds[0][0].flags.writeable
    assert_same_values(folds, search.cv.folds)


def test_unions_make_the_same_data_frames(path):
    mfcc = make_pipeline(MFCC(8000), SequenceStatistics(("q25", "q75")))
    union = FeatureUnion([("statistics", FEATURES), ("mfcc", mfcc)])
    union.set_output(transform="pandas").fit(SIGNALS)
    loaded = saved_and_loaded(union, path)
    assert loaded.transform(SIGNALS).equals(union.transform(SIGNALS))


def test_transformers_of_columns_do_the_same_bits(path):
    columns = ColumnTransformer(
        [
            ("scaled", StandardScaler(), [0, 1]),
            ("log", FunctionTransformer(np.log1p), slice(2, 3)),
        ],
        remainder="passthrough",
    )
    columns.fit(np.square(TABLE))
    assert_same_results(saved_and_loaded(columns, path), columns, np.square(TABLE))


def test_unions_of_channels_do_the_same_bits(path):
    union = make_channel_union(FEATURES, ("left", "right")).fit(STEREO)
    assert_same_results(saved_and_loaded(union, path), union, STEREO)


def test_pipelines_in_pipelines_come_back(path):
    pipeline = StandardScaler()
    for _ in range(30):
        pipeline = make_pipeline(pipeline)
    loaded = saved_and_loaded(pipeline, path)
    for _ in range(30):
        loaded = loaded.steps[0][1]
    assert isinstance(loaded, StandardScaler)


def test_splitters_make_the_same_folds(path):
    for cv in (PredefinedFolds([([0, 1], [2])]), StratifiedKFold(3, shuffle=True)):
        save(cv, path, overwrite=True)
        assert_same_values(vars(load(path)), vars(cv))


@pytest.mark.parametrize(
    "neighbors",
    [
        KNeighborsClassifier(3, algorithm="kd_tree", leaf_size=2),
        KNeighborsClassifier(3, algorithm="ball_tree", metric="canberra"),
        KNeighborsRegressor(3, algorithm="kd_tree", p=3),
        KNeighborsRegressor(
            3, metric="minkowski", metric_params={"w": np.arange(1.0, 6)}
        ),
        KNeighborsRegressor(
            3,
            algorithm="ball_tree",
            metric="seuclidean",
            metric_params={"V": np.arange(1.0, 6)},
        ),
        RadiusNeighborsRegressor(3.0, algorithm="kd_tree"),
        LocalOutlierFactor(3, algorithm="ball_tree", novelty=True),
        NearestNeighbors(algorithm="kd_tree"),
    ],
)
def test_neighbors_are_found_by_the_same_trees(neighbors, path):
    is_classifier = isinstance(neighbors, KNeighborsClassifier)
    neighbors.fit(TABLE, LABELS if is_classifier else np.arange(12.0))
    loaded = saved_and_loaded(neighbors, path)
    assert type(loaded._tree) is type(neighbors._tree)
    for one, other in zip(
        loaded._tree.get_arrays(), neighbors._tree.get_arrays(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    for name in ("kneighbors", "radius_neighbors", "predict"):
        if hasattr(neighbors, name):
            expected = getattr(neighbors, name)(TABLE + 0.1)
            assert_same_values(getattr(loaded, name)(TABLE + 0.1), expected)


def test_regressors_of_libsvm_do_the_same_bits(path):
    svr = SVR(kernel="rbf").fit(TABLE, np.arange(12.0))
    assert_same_results(saved_and_loaded(svr, path), svr, TABLE)


# Values


class TestValues:
    """Through the parameter of an estimator that takes anything."""

    @pytest.mark.parametrize(
        "value",
        [
            {True: 1, False: 2},
            {1: "int", "1": "str", 1.5: "float", None: "none", (1, "a"): "tuple"},
            {np.int64(3): np.float32(0.1), "text": np.str_("a"), "flag": np.True_},
            [math.nan, math.inf, -math.inf, -0.0, 1e-320, 2**80],
            {1, 2, 3},
            frozenset({"a", "b"}),
            (1, (2, [3, {"four": (5,)}])),
            np.array([], dtype=np.float32),
            np.array(3.5),
            np.array(["ä", ""]),
            np.array([], dtype="U1"),
            np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            np.arange(12).reshape(3, 4)[:, ::2],
            np.arange(4, dtype=">i2"),
            np.array([1 + 2j]),
            np.array(["2026-01-01"], dtype="M8[D]"),
            np.array([[1, "a"], [None, 2.5]], dtype=object),
            slice(1, None, 2),
            np.dtype("float32"),
            np.float64,
            int,
            StratifiedKFold,
            Path("some") / "file.keras",
            Recording("a.wav", "left", 0.5, 2.0),
            InverseTimeDecay(0.1, 0.2),
            Event(0.5, 1.0, "siren"),
            FrameCurve(np.arange(3.0), np.zeros(3)),
        ],
        ids=lambda value: f"{type(value).__name__} {value!r:.30}",
    )
    def test_come_back(self, value, path):
        loaded = saved_and_loaded(FunctionTransformer(kw_args=value), path).kw_args
        assert_same_values(loaded, value)
        if isinstance(value, np.ndarray) and value.flags.f_contiguous:
            assert loaded.flags.f_contiguous

    def test_arrays_of_arrays_come_back(self, path):
        value = np.empty((2, 1), dtype=object)
        value[:, 0] = [np.zeros(2), np.ones(2)]
        loaded = saved_and_loaded(FunctionTransformer(kw_args=value), path).kw_args
        assert loaded.shape == (2, 1)
        assert_same_values(loaded, value)

    def test_keys_keep_their_types(self, path):
        value = {True: 1, 2: 2, "2": 3, np.int64(4): 4}
        loaded = saved_and_loaded(FunctionTransformer(kw_args=value), path).kw_args
        assert [type(key) for key in loaded] == [type(key) for key in value]

    def test_arrays_and_estimators_that_are_shared_stay_shared(self, path):
        array, scaler = np.arange(1000.0), StandardScaler()
        union = FeatureUnion([("one", scaler), ("two", scaler)])
        union.transformer_weights = {"a": array, "b": array}
        loaded = saved_and_loaded(union, path)
        assert loaded.transformer_list[0][1] is loaded.transformer_list[1][1]
        weights = loaded.transformer_weights
        assert weights["a"] is weights["b"]
        assert path.stat().st_size < 1.5 * array.nbytes

    def test_memory_mapped_arrays_are_saved_as_what_they_hold(self, path, tmp_path):
        np.save(tmp_path / "array.npy", TABLE)
        scaler = StandardScaler().fit(TABLE)
        scaler.mean_ = np.load(tmp_path / "array.npy", mmap_mode="r")[0]
        loaded = saved_and_loaded(scaler, path)
        assert type(loaded.mean_) is np.ndarray
        np.testing.assert_array_equal(loaded.mean_, TABLE[0])

    def test_random_states_go_on_where_they_were(self, path):
        state = np.random.RandomState(5)
        state.normal(size=3)
        loaded = saved_and_loaded(PCA(random_state=state), path).random_state
        np.testing.assert_array_equal(loaded.normal(size=9), state.normal(size=9))

    def test_the_published_settings_are_saved(self, path):
        detector = RareEventDetector("babycry", **PUBLISHED_SETTINGS["babycry"])
        assert_same_params(saved_and_loaded(detector, path), detector)


# What is refused


def anything(epoch):
    return 0.1


class Foreign(BaseEstimator):
    pass


class Disguised(StandardScaler):
    pass


Disguised.__module__ = StandardScaler.__module__
Disguised.__name__ = Disguised.__qualname__ = "StandardScaler"


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (Seq2SeqAutoencoder(learning_rate=anything), ["learning_rate", "anything"]),
        (
            Seq2SeqAutoencoder(learning_rate=lambda epoch: 1),
            ["learning_rate", "lambda"],
        ),
        (
            Seq2SeqAutoencoder(callbacks=[functools.partial(print, 1)]),
            ["callbacks[0]", "functools.partial", "None"],
        ),
        (FunctionTransformer(os.system), ["func", "system"]),
        (FunctionTransformer(eval), ["func", "builtins.eval"]),
        (FunctionTransformer(np.load), ["func", "numpy.load"]),
        (FunctionTransformer("x".join), ["func", "join"]),
        (FunctionTransformer(kw_args={"x": b"bytes"}), ["kw_args['x']", "bytes"]),
        (FunctionTransformer(kw_args=np.longdouble(1)), ["kw_args", "longdouble"]),
        (FunctionTransformer(kw_args=np.zeros(1, "i4,O")), ["kw_args", "dtype"]),
        (FunctionTransformer(kw_args=object()), ["kw_args", "builtins.object"]),
        (FunctionTransformer(kw_args=subprocess.Popen), ["kw_args", "Popen"]),
        (make_pipeline(MEL, Foreign()), ["steps[1][1]", "Foreign"]),
        (make_pipeline(Disguised()), ["steps[0][1]", "StandardScaler"]),
        (StandardScaler, ["StandardScaler", "instance"]),
        ({"a": 1}, ["'a'", "instance"]),
    ],
)
def test_what_cannot_be_saved_is_named_and_nothing_written(estimator, named, path):
    with pytest.raises(PersistenceError) as refused:
        save(estimator, path)
    for part in named:
        assert part in str(refused.value)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("classifier", "hint"),
    [
        (KernelDensity(), "KDTree"),
        (HistGradientBoostingClassifier(max_iter=1), "HistGradientBoosting"),
        (GradientBoostingClassifier(init=LogisticRegression()), "LogisticReg.*init"),
    ],
)
def test_compiled_models_that_cannot_be_checked_are_refused(classifier, hint, path):
    with pytest.raises(PersistenceError, match=hint):
        save(classifier.fit(TABLE, LABELS), path)


def test_what_contains_itself_is_refused(path):
    loop = []
    loop.append(loop)
    with pytest.raises(PersistenceError, match="contain itself"):
        save(FunctionTransformer(kw_args=loop), path)


def test_data_among_the_parameters_are_refused(path):
    rows = ["a" * 2**24]
    with pytest.raises(PersistenceError, match="bytes of JSON"):
        save(FunctionTransformer(kw_args=rows), path)
    assert not path.exists()


def test_a_file_that_exists_is_replaced_only_if_asked(path):
    save(StandardScaler(), path)
    with pytest.raises(FileExistsError, match=r"model\.skaudeep"):
        save(PCA(), path)
    assert isinstance(load(path), StandardScaler)
    save(PCA(), path, overwrite=True)
    assert isinstance(load(path), PCA)


def test_a_folder_is_never_replaced(path):
    path.mkdir()
    (path / "recording.wav").write_bytes(b"RIFF")
    with pytest.raises(IsADirectoryError, match=r"model\.skaudeep"):
        save(PCA(), path, overwrite=True)
    assert (path / "recording.wav").exists()


def test_a_missing_file_is_an_error_of_the_system(path):
    with pytest.raises(FileNotFoundError, match=r"model\.skaudeep"):
        load(path)
    with pytest.raises(PersistenceError, match="folder"):
        load(path.parent)


# What is in the file


@pytest.mark.parametrize("classifier", [FOREST, LinearSVC(random_state=0)])
def test_the_same_estimator_makes_the_same_bytes(classifier, path, tmp_path):
    save(make_pipeline(FEATURES, clone(classifier)).fit(SIGNALS, LABELS), path)
    save(load(path), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_file_is_a_zip_of_json_and_arrays(path):
    save(make_pipeline(FEATURES, FOREST).fit(SIGNALS, LABELS), path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        suffixes = {Path(name).suffix for name in archive.namelist()}
        document = json.loads(archive.read("estimator.json"))
    assert suffixes <= {".json", ".npy", ".skops"}
    assert document["versions"] == {
        "skaudeep": skaudeep.__version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "keras": document["versions"]["keras"],
    }
    assert document["versions"]["keras"].startswith("3.")


def test_other_versions_are_warned_about_once(path):
    save(make_pipeline(StandardScaler(), PCA()), path)

    def older(document):
        document["versions"].update(numpy="1.0", skaudeep="0.0.1")

    edit(path, older)
    with pytest.warns(UserWarning) as warned:
        load(path)
    (warning,) = warned
    for part in ("model.skaudeep", "numpy 1.0", "skaudeep 0.0.1", np.__version__):
        assert part in str(warning.message)
    assert "scikit-learn" not in str(warning.message)
    assert warning.filename == __file__


def test_parameters_that_are_newer_than_the_file_get_their_default(path):
    save(MelSpectrogram(8000, n_mels=5), path)

    def older(document):
        del document["estimator"]["state"]["delta"]

    edit(path, older)
    assert_same_params(load(path), MelSpectrogram(8000, n_mels=5))


# What else happens


@pytest.fixture
def no_pickle(monkeypatch):
    def forbidden(*args, **kwargs):
        raise AssertionError("unpickles")

    for name in ("load", "loads", "Unpickler", "_load", "_loads", "_Unpickler"):
        monkeypatch.setattr(pickle, name, forbidden)
    import joblib

    monkeypatch.setattr(joblib, "load", forbidden)


@pytest.mark.parametrize("classifier", [FOREST, LinearSVC()])
def test_loading_never_unpickles(classifier, path, no_pickle):
    pipeline = make_pipeline(FEATURES, StandardScaler(), OneHotEncoder(dtype=int))
    save(make_pipeline(FEATURES, clone(classifier)).fit(SIGNALS, LABELS), path)
    load(path).predict(SIGNALS)
    save(pipeline, path, overwrite=True)
    load(path)


def test_loading_imports_no_more_than_it_needs(path):
    detector = Seq2SeqAutoencoder(random_state=0)
    detector.config_ = {"n_units": 4}
    detector.weights_ = [np.zeros((3, 4), np.float32)]
    save(make_pipeline(MEL, detector, StandardScaler()), path)
    script = (
        "import sys; from skaudeep.io import load; load(sys.argv[1]);"
        "print({'keras', 'tensorflow', 'jax', 'torch', 'skops'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()"
