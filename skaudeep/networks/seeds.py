"""Seeds for the parts of a network."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools

import numpy as np

__all__ = ["seed_stream"]


def seed_stream(seed):
    """An endless stream of 31-bit integers that depends on nothing but `seed`.

    Every initializer and every dropout of a network gets one of its own, so that no
    global generator is read or changed.
    """
    for child in itertools.count():
        state = np.random.SeedSequence(seed, spawn_key=(child,)).generate_state(1)
        yield int(state[0] >> 1)
