"""Threads of ours in place of those of BLAS."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import functools
import threading

from joblib import effective_n_jobs
from threadpoolctl import ThreadpoolController

__all__ = ["number_of_threads", "one_blas_thread"]


@functools.cache
def _pools():
    return ThreadpoolController()


def _blas_threads():
    pools = _pools().info()
    return max((p["num_threads"] for p in pools if p["user_api"] == "blas"), default=1)


def number_of_threads(n_jobs):
    """Threads for `n_jobs`; None is as many as NumPy's matrix products use."""
    if n_jobs is None:
        return max(effective_n_jobs(None), _blas_threads())
    return effective_n_jobs(n_jobs)


_limit_lock = threading.Lock()
_limits: list = []
_n_limited = 0


@contextlib.contextmanager
def one_blas_thread():
    """BLAS with one thread, until the last of several concurrent users has left."""
    global _n_limited
    with _limit_lock:
        if _n_limited == 0:
            _limits.append(_pools().limit(limits=1, user_api="blas"))
        _n_limited += 1
    try:
        yield
    finally:
        with _limit_lock:
            _n_limited -= 1
            if _n_limited == 0:
                _limits.pop().restore_original_limits()
