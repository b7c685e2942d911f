"""Seconds of a call, and what the machine can do at most."""
# SPDX-License-Identifier: BSD-3-Clause

import time

import numpy as np


def seconds(function):
    """Wall time of one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def product_rate():
    """Floating point operations a second in a large product, the best of a few."""
    a = np.random.default_rng(0).standard_normal((2048, 2048), dtype=np.float32)
    return 2 * 2048**3 / min(seconds(lambda: a @ a) for _ in range(6))
