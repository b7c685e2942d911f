"""Seeds: drawn from ``random_state`` once, never left in a global generator."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["draw_generator", "draw_seed"]


def draw_seed(random_state):
    """One 31-bit integer from `random_state` (None, int or RandomState)."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def draw_generator(random_state):
    """A NumPy Generator whose whole stream is fixed by `random_state`."""
    return np.random.default_rng(draw_seed(random_state))
