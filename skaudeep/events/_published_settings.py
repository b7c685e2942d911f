"""Published settings of the rare event detector."""
# SPDX-License-Identifier: BSD-3-Clause

__all__ = ["PUBLISHED_SETTINGS", "InverseTimeDecay"]


class InverseTimeDecay:
    """A learning rate that falls as ``initial / (1 + decay * epoch)``.

    Parameters
    ----------
    initial : float
        In the first epoch.
    decay : float
        After ``1 / decay`` epochs half of it is left.

    Examples
    --------
    >>> from skaudeep.events import InverseTimeDecay
    >>> rate = InverseTimeDecay(0.001, decay=0.01)
    >>> rate(0), rate(100)
    (0.001, 0.0005)
    """

    def __init__(self, initial, decay):
        self.initial = initial
        self.decay = decay

    def __call__(self, epoch):
        return self.initial / (1 + self.decay * epoch)

    def __repr__(self):
        return f"InverseTimeDecay({self.initial!r}, decay={self.decay!r})"

    def __eq__(self, other):
        if not isinstance(other, InverseTimeDecay):
            return NotImplemented
        return (self.initial, self.decay) == (other.initial, other.decay)

    def __hash__(self):
        return hash((self.initial, self.decay))


_ALL = {
    "n_layers": 2,
    "n_units": 128,
    "cell": "lstm",
    "direction": "backward",
    "n_dense": 128,
    "dropout": 0.3,
    "learning_rate": InverseTimeDecay(1e-3, decay=0.01),
    "hop": 0.023,
    "window": 0.046,
    "onset_threshold": 0.5,
}

# By class, as keyword arguments of RareEventDetector.
PUBLISHED_SETTINGS = {
    "babycry": {
        **_ALL,
        "time_steps": (5, 9, 50),
        "threshold": 0.8,
        "max_epochs": 115,
        "batch_size": 48,
    },
    "glassbreak": {
        **_ALL,
        "time_steps": (3,),
        "threshold": 0.8,
        "max_epochs": 118,
        "batch_size": 56,
    },
    "gunshot": {
        **_ALL,
        "time_steps": (3, 5),
        "threshold": 0.5,
        "max_epochs": 100,
        "batch_size": 64,
    },
}
