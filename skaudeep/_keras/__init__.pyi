from ._compiled_network import CompiledNetwork as CompiledNetwork
from ._pool import _BACKENDS as _BACKENDS
from ._pool import batch_multiple as batch_multiple
from ._pool import borrow as borrow
from ._pool import has_static_shapes as has_static_shapes
from ._pool import prepare as prepare

__all__ = [
    "CompiledNetwork",
    "batch_multiple",
    "borrow",
    "has_static_shapes",
    "prepare",
]
