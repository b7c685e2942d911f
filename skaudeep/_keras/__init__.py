"""Keras and its three backends: compiled training steps and predictions.

Apart from the per-backend kernels of layers this is the only package that imports
TensorFlow, JAX or PyTorch. A network is a Keras layer with

- ``objective(batch, training)``: the scalar loss of one batch, and
- any number of methods that take arrays and return one array.

:func:`borrow` hands out networks that are already compiled. A network is compiled once
per architecture and process, however many folds and grid points train it: weights,
random state and optimizer are loaded into it, nothing of the last user survives.
"""
# SPDX-License-Identifier: BSD-3-Clause

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
