"""LiblinearClassifier: against LIBLINEAR, against LinearSVC, and as an estimator."""
# SPDX-License-Identifier: BSD-3-Clause

import ctypes
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skaudeep.classifiers import LiblinearClassifier

SOLVERS = {
    "l2r_lr": 0,
    "l2r_l2loss_svc_dual": 1,
    "l2r_l2loss_svc": 2,
    "l2r_l1loss_svc_dual": 3,
    "mcsvm_cs": 4,
    "l1r_l2loss_svc": 5,
    "l1r_lr": 6,
    "l2r_lr_dual": 7,
}
LOGISTIC = ["l2r_lr", "l1r_lr", "l2r_lr_dual"]


@pytest.fixture(params=[2, 4], ids=["binary", "four classes"])
def data(request):
    """Standardised features; the first sample is not of the first class."""
    X, y = make_classification(
        160, 12, n_informative=8, n_classes=request.param, random_state=0
    )
    X = StandardScaler().fit_transform(X)
    first = np.argmax(y == y.max())
    X[[0, first]], y[[0, first]] = X[[first, 0]], y[[first, 0]]
    return X, np.array(["bus", "cafe/restaurant", "home", "tram"])[y]


def _liblinear_predict(X, y, options, probability):
    """Labels and values of LIBLINEAR's own binding, values by sorted class."""
    from liblinear import liblinearutil

    classes, codes = np.unique(y, return_inverse=True)
    model = liblinearutil.train(list(codes), X.tolist(), f"{options} -q")
    labels, _, values = liblinearutil.predict(
        [], X.tolist(), model, f"-b {int(probability)} -q"
    )
    values = np.array(values)
    if values.shape[1] == 1:
        values = values.ravel() * (1 if model.get_labels()[0] == 1 else -1)
    else:
        values = values[:, np.argsort(model.get_labels())]
    return classes[np.array(labels, dtype=int)], values


def _margins(scores):
    """How far the winning class is ahead of the next one."""
    if scores.ndim == 1:
        return np.abs(scores)
    scores = np.sort(scores, axis=1)
    return scores[:, -1] - scores[:, -2]


@pytest.mark.parametrize("solver", ["l2r_lr", "l2r_l2loss_svc"])
@pytest.mark.parametrize("bias", [1.0, 3.0, None])
def test_equals_liblinear_exactly(data, solver, bias):
    # These solvers draw no random numbers, so both runs take the same steps.
    X, y = data
    options = f"-s {SOLVERS[solver]} -c 0.3 -B {-1 if bias is None else bias}"
    classifier = LiblinearClassifier(solver=solver, C=0.3, bias=bias).fit(X, y)
    labels, values = _liblinear_predict(X, y, options, probability=False)
    np.testing.assert_allclose(classifier.decision_function(X), values, rtol=1e-10)
    assert np.array_equal(classifier.predict(X), labels)


@pytest.mark.parametrize("solver", sorted(set(SOLVERS) - {"l2r_l1loss_svc_dual"}))
def test_close_to_liblinear_at_small_tolerance(data, solver):
    X, y = data
    options = f"-s {SOLVERS[solver]} -c 0.1 -B 1 -e 1e-9"
    classifier = LiblinearClassifier(solver=solver, C=0.1, tol=1e-9).fit(X, y)
    if solver == "mcsvm_cs" and len(classifier.classes_) == 2:
        pytest.skip("the binding has room for one of the two values only")
    _, values = _liblinear_predict(X, y, options, probability=False)
    np.testing.assert_allclose(classifier.decision_function(X), values, atol=1e-5)


@pytest.mark.parametrize("solver", LOGISTIC)
def test_probabilities_are_liblinears(data, solver):
    X, y = data
    options = f"-s {SOLVERS[solver]} -c 0.1 -B 1 -e 1e-9"
    classifier = LiblinearClassifier(solver=solver, C=0.1, tol=1e-9).fit(X, y)
    probabilities = classifier.predict_proba(X)
    _, values = _liblinear_predict(X, y, options, probability=True)
    np.testing.assert_allclose(probabilities, values, atol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    best = classifier.classes_[probabilities.argmax(axis=1)]
    assert np.array_equal(best, classifier.predict(X))


def test_probabilities_survive_underflow(data):
    X, y = data
    classifier = LiblinearClassifier(solver="l2r_lr").fit(X, y)
    probabilities = classifier.predict_proba(-1e5 * np.abs(X))
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("solver", "options"),
    [
        ("l2r_l2loss_svc_dual", {}),
        ("l2r_l2loss_svc", {"dual": False}),
        ("l1r_l2loss_svc", {"dual": False, "penalty": "l1"}),
        ("mcsvm_cs", {"multi_class": "crammer_singer"}),
    ],
)
@pytest.mark.parametrize("class_weight", [None, "balanced", {"bus": 5.0}])
def test_agrees_with_linear_svc(data, solver, options, class_weight):
    X, y = data
    reference = LinearSVC(
        C=0.1, tol=1e-9, max_iter=100_000, class_weight=class_weight, **options
    ).fit(X, y)
    classifier = LiblinearClassifier(
        solver=solver, C=0.1, tol=1e-9, class_weight=class_weight
    ).fit(X, y)
    assert classifier.coef_.shape == reference.coef_.shape
    np.testing.assert_allclose(classifier.coef_, reference.coef_, atol=2e-5)
    np.testing.assert_allclose(classifier.intercept_, reference.intercept_, atol=2e-5)
    # The optimum of the joint problem ties classes on its support vectors.
    clear = _margins(classifier.decision_function(X)) > 1e-3
    assert clear.mean() > 0.5
    assert np.array_equal(classifier.predict(X)[clear], reference.predict(X)[clear])


def test_agrees_with_linear_svc_on_hinge_loss(data):
    # Neither copy reaches a small tolerance on the unsquared hinge: compare the
    # objective, which is flat around the optimum, through the decisions.
    X, y = data
    reference = LinearSVC(
        C=0.01, loss="hinge", tol=1e-7, max_iter=500_000, random_state=0
    ).fit(X, y)
    classifier = LiblinearClassifier(
        solver="l2r_l1loss_svc_dual", C=0.01, tol=1e-4, random_state=0
    ).fit(X, y)
    np.testing.assert_allclose(classifier.coef_, reference.coef_, atol=1e-3)


def test_unpenalised_bias_agrees_with_logistic_regression(data):
    X, y = data
    X, y = X + 3, (y == "bus").astype(int)
    reference = LogisticRegression(C=0.01, tol=1e-10, max_iter=10_000).fit(X, y)
    free = LiblinearClassifier(
        solver="l2r_lr", C=0.01, tol=1e-9, regularize_bias=False
    ).fit(X, y)
    penalised = LiblinearClassifier(solver="l2r_lr", C=0.01, tol=1e-9).fit(X, y)
    np.testing.assert_allclose(free.coef_, reference.coef_, atol=1e-5)
    np.testing.assert_allclose(free.intercept_, reference.intercept_, atol=1e-4)
    assert abs(penalised.intercept_[0] - reference.intercept_[0]) > 0.01


def test_no_bias_means_no_intercept(data):
    X, y = data
    for bias in (None, -1.0):
        classifier = LiblinearClassifier(bias=bias).fit(X, y)
        assert np.array_equal(classifier.intercept_, np.zeros(len(classifier.coef_)))
        np.testing.assert_allclose(
            classifier.decision_function(np.zeros_like(X[:1])).ravel(), 0
        )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_array]
)
@pytest.mark.parametrize("dense_share", [0.2, 0.9])
def test_sparse_and_dense_give_the_same_bits(data, solver, container, dense_share):
    X, y = data
    X = X * (np.random.default_rng(0).random(X.shape) < dense_share)
    estimator = LiblinearClassifier(solver=solver, C=0.01, random_state=0)
    dense = clone(estimator).fit(X, y)
    other = clone(estimator).fit(container(X), y)
    assert np.array_equal(dense.coef_, other.coef_)
    assert np.array_equal(dense.intercept_, other.intercept_)
    np.testing.assert_allclose(
        dense.decision_function(X), other.decision_function(container(X)), atol=1e-12
    )


def test_unsorted_and_repeated_entries_of_sparse_input(data):
    X, y = data
    # Every row backwards, its first feature in two entries.
    n_samples, n_features = X.shape
    columns = np.r_[np.arange(n_features)[::-1], 0]
    values = np.c_[X[:, :0:-1], X[:, 0] - 1, np.ones(n_samples)]
    odd = sparse.csr_matrix(
        (
            values.ravel(),
            np.tile(columns, n_samples),
            np.arange(0, values.size + 1, n_features + 1),
        ),
        shape=X.shape,
    )
    classifier = LiblinearClassifier(random_state=0).fit(odd, y)
    expected = LiblinearClassifier(random_state=0).fit(odd.toarray(), y)
    assert np.array_equal(classifier.coef_, expected.coef_)
    assert np.array_equal(odd.indices[: n_features + 1], columns)


@pytest.mark.parametrize("solver", SOLVERS)
def test_order_of_appearance_does_not_change_the_meaning_of_rows(data, solver):
    X, y = data
    estimator = LiblinearClassifier(solver=solver, C=0.01, tol=1e-4)
    order = np.argsort(y, kind="stable")
    first = clone(estimator).fit(X[order], y[order])
    last = clone(estimator).fit(X[order[::-1]], y[order[::-1]])
    np.testing.assert_allclose(first.coef_, last.coef_, atol=5e-3)


@pytest.mark.parametrize("solver", SOLVERS)
def test_same_seed_same_bits(data, solver):
    X, y = data
    estimator = LiblinearClassifier(solver=solver, random_state=7, C=0.01)
    first = clone(estimator).fit(X, y)
    ctypes.CDLL(None).srand(123)
    second = clone(estimator).fit(X, y)
    assert np.array_equal(first.coef_, second.coef_)


@pytest.mark.parametrize("solver", ["l2r_l2loss_svc_dual", "l1r_lr", "mcsvm_cs"])
def test_another_seed_takes_another_path(data, solver):
    X, y = data
    first, second = (
        LiblinearClassifier(solver=solver, random_state=seed, C=0.1).fit(X, y).coef_
        for seed in (0, 1)
    )
    assert not np.array_equal(first, second)


def test_random_state_object_advances(data):
    X, y = data
    random_state = np.random.RandomState(0)
    first, second = (
        LiblinearClassifier(random_state=random_state).fit(X, y).coef_ for _ in range(2)
    )
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("solver", ["l2r_l2loss_svc_dual", "l2r_lr"])
def test_threads_do_not_disturb_each_other(data, solver):
    X, y = data

    def coef(seed):
        classifier = LiblinearClassifier(solver=solver, random_state=seed, tol=1e-6)
        return classifier.fit(X, y).coef_

    serial = [coef(seed) for seed in range(16)]
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(coef, range(16)))
    assert np.array_equal(serial, parallel)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs glibc")
def test_c_random_state_is_given_back(data):
    libc = ctypes.CDLL(None)
    libc.srand(5)
    expected = [libc.rand() for _ in range(4)]
    libc.srand(5)
    got = [libc.rand(), libc.rand()]
    LiblinearClassifier(random_state=0).fit(*data)
    assert [*got, libc.rand(), libc.rand()] == expected


def test_class_weight_balanced_equals_its_dictionary(data):
    X, y = data
    X, y = X[y != y[0]], y[y != y[0]]
    X, y = np.concatenate([X, X[:5] + 1]), np.concatenate([y, ["zoo"] * 5])
    classes, counts = np.unique(y, return_counts=True)
    weights = dict(zip(classes, len(y) / (len(classes) * counts), strict=True))
    balanced = LiblinearClassifier(class_weight="balanced", random_state=0).fit(X, y)
    explicit = LiblinearClassifier(class_weight=weights, random_state=0).fit(X, y)
    plain = LiblinearClassifier(random_state=0).fit(X, y)
    np.testing.assert_allclose(balanced.coef_, explicit.coef_, rtol=1e-9)
    assert not np.allclose(balanced.coef_, plain.coef_)


def test_large_class_weight_wins_the_overlap():
    X = np.array([[0.0], [1.0], [0.0], [1.0]])
    y = np.array(["a", "a", "b", "b"])
    for heavy in "ab":
        classifier = LiblinearClassifier(class_weight={"a": 1, "b": 1} | {heavy: 1e3})
        assert set(classifier.fit(X, y).predict(X)) == {heavy}


def test_default_tolerance_is_liblinears(data):
    X, y = data
    for solver, tol in [("l2r_l2loss_svc_dual", 0.1), ("l2r_l2loss_svc", 0.01)]:
        default, explicit = (
            LiblinearClassifier(solver=solver, tol=value, random_state=0).fit(X, y)
            for value in (None, tol)
        )
        assert np.array_equal(default.coef_, explicit.coef_)


def test_float32_is_scored_in_float32(data):
    X, y = data
    X32 = X.astype(np.float32)
    classifier = LiblinearClassifier(solver="l2r_lr").fit(X32, y)
    assert classifier.coef_.dtype == np.float64
    assert classifier.decision_function(X32).dtype == np.float32
    assert classifier.predict_proba(X32).dtype == np.float32
    np.testing.assert_allclose(
        classifier.decision_function(X32), classifier.decision_function(X), atol=1e-4
    )


def test_probabilities_only_of_logistic_solvers(data):
    for solver in SOLVERS:
        estimator = LiblinearClassifier(solver=solver)
        assert hasattr(estimator, "predict_proba") is (solver in LOGISTIC)
    with pytest.raises(AttributeError, match="has no attribute 'predict_proba'"):
        LiblinearClassifier().fit(*data).predict_proba(data[0])


def test_state_is_arrays_only(data):
    X, y = data
    classifier = LiblinearClassifier().fit(X, y)
    state = {k: v for k, v in vars(classifier).items() if k.endswith("_")}
    assert set(state) == {"classes_", "coef_", "intercept_", "n_features_in_"}
    restored = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(
        restored.decision_function(X), classifier.decision_function(X)
    )
    assert np.array_equal(restored.predict(X), classifier.predict(X))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_over_solvers(data, n_jobs):
    X, y = data
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LiblinearClassifier(random_state=0)),
        {
            "liblinearclassifier__solver": ["l2r_l2loss_svc_dual", "l2r_lr"],
            "liblinearclassifier__C": [1e-3, 1e-1],
        },
        cv=3,
        n_jobs=n_jobs,
    ).fit(X, y)
    assert search.best_score_ > 1.3 / len(np.unique(y))
    scores = cross_val_score(search.best_estimator_, X, y, cv=3)
    assert scores.mean() == pytest.approx(search.best_score_)


def test_prints_nothing():
    code = (
        "import numpy as np\n"
        "from skaudeep.classifiers import LiblinearClassifier\n"
        "X = np.random.default_rng(0).standard_normal((40, 5))\n"
        "y = np.arange(40) % 3\n"
        f"for solver in {list(SOLVERS)}:\n"
        "    LiblinearClassifier(solver=solver).fit(X, y).predict(X)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == result.stderr == ""


def test_warns_when_not_converged(data):
    X, y = data
    classifier = LiblinearClassifier(
        solver="l2r_l1loss_svc_dual", C=100.0, tol=1e-12, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match=r"lower C=100\.0 or raise tol=1e-12"):
        classifier.fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "svm"}, "The 'solver' parameter of LiblinearClassifier must be"),
        ({"C": 0}, "The 'C' parameter of LiblinearClassifier must be a float in"),
        ({"tol": 0.0}, "The 'tol' parameter of LiblinearClassifier must be"),
        ({"bias": "yes"}, "The 'bias' parameter of LiblinearClassifier must be"),
        ({"class_weight": "even"}, "The 'class_weight' parameter"),
        (
            {"class_weight": {"bus": 0.0, "tram": 1.0}},
            "class_weight must be positive for every class, got {'bus': 0.0",
        ),
        (
            {"regularize_bias": False},
            "needs a primal solver, one of .* got solver='l2r_l2loss_svc_dual'",
        ),
        (
            {"regularize_bias": False, "bias": 2.0, "solver": "l2r_lr"},
            "regularize_bias=False needs bias=1, got 2.0",
        ),
    ],
)
def test_bad_parameters_are_named(options, message):
    X, y = np.eye(4), ["bus", "tram", "bus", "tram"]
    with pytest.raises(ValueError, match=message):
        LiblinearClassifier(**options).fit(X, y)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match=r"at least 2 classes.*only one class: 'bus'"):
        LiblinearClassifier().fit(np.eye(2), np.array(["bus", "bus"], dtype=object))


def test_missing_clip_is_refused(data):
    X, y = data
    X = X.copy()
    X[3] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        LiblinearClassifier().fit(X, y)


def test_sample_weight_is_not_accepted(data):
    X, y = data
    with pytest.raises(TypeError, match="sample_weight"):
        LiblinearClassifier().fit(X, y, sample_weight=np.ones(len(y)))
