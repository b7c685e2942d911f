"""Deep representations of audio as scikit-learn estimators."""
# SPDX-License-Identifier: BSD-3-Clause

import lazy_loader

from skaudeep._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
