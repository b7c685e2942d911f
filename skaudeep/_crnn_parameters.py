"""The sizes of a CRNN as parameters of estimators."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

from skaudeep._validation import Interval, StrOptions

__all__ = ["CRNNParametersMixin"]


class CRNNParametersMixin:
    """For estimators around a :class:`~skaudeep.networks.crnn.CRNN`.

    Their constructors have the parameters of ``_crnn_constraints``.
    """

    _crnn_constraints = {
        "n_filters": [Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "pool_size": [Interval(Integral, 1, None, closed="left")],
        "band_filter_length": [Interval(Integral, 1, None, closed="left")],
        "cell": [StrOptions({"lstm", "gru"})],
        "direction": [StrOptions({"backward", "forward", "bidirectional"})],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_units": [Interval(Integral, 1, None, closed="left")],
        "n_dense": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def _architecture(self):
        """What the network takes of the parameters, as plain hashable values."""
        return {
            "n_filters": int(self.n_filters),
            "kernel_size": self._check_kernel_size(),
            "pool_size": int(self.pool_size),
            "band_filter_length": int(self.band_filter_length),
            "cell": self.cell,
            "direction": self.direction,
            "n_layers": int(self.n_layers),
            "n_units": int(self.n_units),
            "n_dense": int(self.n_dense),
            "dropout": float(self.dropout),
        }

    def _check_kernel_size(self):
        size = self.kernel_size
        size = (size, size) if isinstance(size, Integral) else tuple(size)
        if len(size) != 2 or not all(isinstance(n, Integral) and n >= 1 for n in size):
            raise ValueError(
                "kernel_size must be an integer of at least 1 or two of them, for "
                f"frames and bands, got {self.kernel_size!r}."
            )
        return tuple(int(n) for n in size)
