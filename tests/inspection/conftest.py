"""What all tests of pictures share."""
# SPDX-License-Identifier: BSD-3-Clause

import pytest


@pytest.fixture(autouse=True)
def close_figures():
    """Matplotlib keeps every figure until it is closed."""
    from matplotlib import pyplot as plt

    yield
    plt.close("all")
