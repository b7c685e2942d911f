"""The training of LIBLINEAR: fast input, seeded, and silent."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import ctypes
import functools
import re
import sys
import threading
from typing import NamedTuple

import numpy as np
from scipy import sparse

from skaudeep._random import draw_seed

__all__ = ["SOLVERS", "make_problem", "train_liblinear"]


class Solver(NamedTuple):
    """What is to be known of a solver: the options -s and -e, and what it uses."""

    code: int
    tol: float
    random: bool
    logistic: bool = False
    # The primal solvers can leave the bias out of the penalty.
    primal: bool = False


# Numbers and default tolerances of LIBLINEAR's option -s and -e.
SOLVERS = {
    "l2r_lr": Solver(0, 0.01, random=False, logistic=True, primal=True),
    "l2r_l2loss_svc_dual": Solver(1, 0.1, random=True),
    "l2r_l2loss_svc": Solver(2, 0.01, random=False, primal=True),
    "l2r_l1loss_svc_dual": Solver(3, 0.1, random=True),
    "mcsvm_cs": Solver(4, 0.1, random=True),
    "l1r_l2loss_svc": Solver(5, 0.01, random=True, primal=True),
    "l1r_lr": Solver(6, 0.01, random=True, logistic=True, primal=True),
    "l2r_lr_dual": Solver(7, 0.1, random=True, logistic=True),
}


def train_liblinear(
    X, codes, *, solver, tol, C, bias, regularize_bias, class_weight, random_state
):
    """Train LIBLINEAR's one-against-rest or joint model.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_samples, n_features)
        Features, float32 or float64.
    codes : ndarray of shape (n_samples,)
        Classes as the integers 0 to n_classes - 1, each of them present.
    solver : Solver
        One of `SOLVERS`.
    tol : float or None
        Tolerance; None takes the solver's own.
    C : float
        Weight of the loss.
    bias : float
        Value of the constant feature; negative for none.
    regularize_bias : bool
        Whether the bias is penalised.
    class_weight : ndarray of shape (n_classes,)
        Factor of `C` for each class.
    random_state : int, RandomState instance or None
        Where the seed is drawn from, if the solver uses one.

    Returns
    -------
    weights : ndarray of shape (n_features, n_columns) or (n_features + 1, n_columns)
        The model, the row of the bias last; one column for two classes unless the
        model is joint.
    order : ndarray of shape (n_classes,)
        The classes in the order of the columns; a single column is positive for the
        first of them.
    converged : bool
        Whether the tolerance was reached.
    """
    from liblinear import liblinearutil

    problem = make_problem(X, codes, bias)
    # Parsing an option string would redirect the output of fits in other threads.
    parameter = liblinearutil.parameter.__new__(liblinearutil.parameter)
    parameter.set_to_default_values()
    parameter.solver_type = solver.code
    parameter.C = C
    parameter.eps = solver.tol if tol is None else tol
    parameter.bias = bias
    parameter.regularize_bias = int(regularize_bias)
    n_classes = len(class_weight)
    parameter.nr_weight = n_classes
    parameter.weight_label = (ctypes.c_int * n_classes)(*range(n_classes))
    parameter.weight = (ctypes.c_double * n_classes)(*class_weight)
    parameter.print_func = _collector()

    _messages.lines = []
    if solver.random:
        with _seeded_rand(draw_seed(random_state)):
            model = liblinearutil.train(problem, parameter)
    else:
        model = liblinearutil.train(problem, parameter)
    # "Switching": the primal solver takes over and finishes.
    stopped = any(
        _STOPPED.search(line) and b"Switching" not in line for line in _messages.lines
    )

    n_rows = model.get_nr_feature() + (bias >= 0)
    order = np.array(model.get_labels())
    joint = solver.code == SOLVERS["mcsvm_cs"].code
    n_columns = 1 if n_classes == 2 and not joint else n_classes
    weights = np.ctypeslib.as_array(model.w, shape=(n_rows, n_columns)).copy()
    return weights, order, not stopped


def make_problem(X, codes, bias):
    """Lay out the training data as LIBLINEAR reads them.

    The binding does the same, but walks through a dense array cell by cell, and
    compiles its loop over a sparse one anew in each process and for each dtype.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_samples, n_features)
        Features.
    codes : ndarray of shape (n_samples,)
        Classes as integers.
    bias : float
        Value of the constant feature; negative for none.

    Returns
    -------
    liblinear.liblinear.problem
        The problem; it owns its arrays.
    """
    from liblinear.liblinear import feature_node, problem

    n_samples, n_features = X.shape
    if not sparse.issparse(X) and 2 * np.count_nonzero(X) < X.size:
        X = sparse.csr_matrix(X)
    # Behind its features, a sample has a node for the bias and a last one.
    if sparse.issparse(X):
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        ends = X.indptr[1:].astype(np.int64) + 2 * np.arange(1, n_samples + 1)
        starts = np.concatenate([[0], ends[:-1]])
        nodes = np.empty(X.nnz + 2 * n_samples, dtype=feature_node)
        shift = 2 * np.repeat(np.arange(n_samples), np.diff(X.indptr))
        place = np.arange(X.nnz) + shift
        nodes["index"][place] = X.indices + 1
        nodes["value"][place] = X.data
    else:
        starts = np.arange(n_samples) * (n_features + 2)
        ends = starts + n_features + 2
        nodes = np.empty(n_samples * (n_features + 2), dtype=feature_node)
        table = nodes.reshape(n_samples, n_features + 2)
        table["index"][:, :-2] = np.arange(1, n_features + 1)
        table["value"][:, :-2] = X
    nodes["index"][ends - 1] = -1
    nodes["value"][ends - 1] = 0.0
    nodes["index"][ends - 2] = n_features + 1 if bias >= 0 else -1
    nodes["value"][ends - 2] = bias

    made = problem.__new__(problem)
    made.l = n_samples
    made.n = n_features + (bias >= 0)
    made.bias = bias
    made.arrays = (
        nodes,
        (nodes.ctypes.data + starts * nodes.itemsize).astype(np.uintp),
        codes.astype(np.float64),
    )
    pointers = ctypes.POINTER(ctypes.POINTER(feature_node))
    made.x = made.arrays[1].ctypes.data_as(pointers)
    made.y = made.arrays[2].ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    return made


_STOPPED = re.compile(rb"reaching max number of (Newton )?iterations")
_messages = threading.local()
_rand_lock = threading.Lock()


@functools.cache
def _collector():
    """Return the C callback that takes LIBLINEAR's messages instead of stdout.

    The library holds a bare pointer to it, so there is one, which is never freed; it
    runs in the thread that trains.
    """
    from liblinear.liblinear import PRINT_STRING_FUN

    return PRINT_STRING_FUN(lambda line: _messages.lines.append(line))


@contextlib.contextmanager
def _seeded_rand(seed):
    """Seed the C library's ``rand``, for one thread at a time.

    glibc keeps the state of ``rand`` where ``initstate`` and ``setstate`` can swap
    it, so there it is given back afterwards. Elsewhere only the seeding is done.
    """
    if sys.platform == "win32":
        library = ctypes.CDLL("ucrtbase")
    else:
        # A symbol is looked up in what LIBLINEAR itself is linked to.
        from liblinear.liblinear import liblinear as library
    borrow = hasattr(library, "initstate") and hasattr(library, "setstate")
    with _rand_lock:
        if borrow:
            library.initstate.restype = ctypes.c_void_p
            library.setstate.argtypes = [ctypes.c_void_p]
            # The size for which the numbers are those of srand alone.
            state = ctypes.create_string_buffer(128)
            former = library.initstate(1, state, len(state))
        library.srand(seed)
        try:
            yield
        finally:
            if borrow:
                library.setstate(former)
