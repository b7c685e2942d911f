"""Keras's callbacks around the training of a compiled network."""
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
from keras import ops

__all__ = ["Callbacks"]

_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end")
# Keras's older names, which the hooks above call.
_OLD_BATCH_HOOKS = ("on_batch_begin", "on_batch_end")


class Callbacks:
    """Callbacks of one training, made by their factories.

    They find a ``keras.Model`` with the weights, the optimizer and ``stop_training``
    as ``self.model``, and may change all of them.

    Parameters
    ----------
    factories : list of callable, or None
        Each is called without arguments and returns a ``keras.callbacks.Callback``.
    compiled : CompiledNetwork
        What is trained.
    params : dict
        What callbacks find as ``self.params``: "epochs", "verbose".

    Attributes
    ----------
    present : bool
        Whether there are any.
    """

    def __init__(self, factories, compiled, params):
        self._compiled = compiled
        self._callbacks = [_make_callback(factory) for factory in factories or ()]
        self.present = bool(self._callbacks)
        if self.present:
            self._model = _Facade(compiled.network, compiled.optimizer)
        for callback in self._callbacks:
            callback.set_params(params)
            callback.set_model(self._model)
        # A batch's loss on the host costs a wait for the device.
        self._want_batches = any(map(_has_batch_hooks, self._callbacks))

    @property
    def stopped(self):
        """Whether one of them has set ``model.stop_training``."""
        return self.present and bool(self._model.stop_training)

    def train_begin(self):
        """Tell them that the training begins."""
        self._tell("on_train_begin")

    def train_end(self, logs):
        """Tell them that the training is over."""
        self._tell("on_train_end", logs=logs)

    def epoch_begin(self, epoch):
        """Tell them that an epoch begins; epochs count from 0."""
        self._tell("on_epoch_begin", epoch, logs={})

    def epoch_end(self, epoch, logs):
        """Tell them that an epoch is over."""
        self._tell("on_epoch_end", epoch, logs=logs)

    def batch_begin(self, batch):
        """Tell them that a batch begins; batches count from 0 in every epoch."""
        if self._want_batches:
            self._tell("on_train_batch_begin", batch, logs={})

    def batch_end(self, batch, losses):
        """Tell them that a batch is over; `losses` is what ``train`` returned."""
        if self._want_batches:
            losses = ops.convert_to_numpy(losses)
            # Behind the loss stand the other measures.
            loss = float(np.mean(losses.reshape(len(losses), -1)[:, 0]))
            self._tell("on_train_batch_end", batch, logs={"loss": loss})

    def _tell(self, hook, *args, logs=None):
        if not self.present:
            return
        self._compiled.publish()
        for callback in self._callbacks:
            getattr(callback, hook)(*args, logs=logs)
        self._compiled.adopt()


class _Facade(keras.Model):
    """What callbacks take for the model: a network trained by somebody else."""

    def __init__(self, network, optimizer):
        super().__init__(name="training")
        self.network = network
        self.optimizer = optimizer
        self.stop_training = False
        self.built = True

    def call(self, *inputs):
        """Refuse: networks are called by their methods."""
        raise NotImplementedError("Call the methods of model.network.")


def _make_callback(factory):
    callback = factory()
    if not isinstance(callback, keras.callbacks.Callback):
        raise TypeError(
            "callbacks must hold callables without arguments, each of which returns a "
            f"keras.callbacks.Callback; {factory!r} returned {callback!r}."
        )
    return callback


def _has_batch_hooks(callback):
    return any(
        getattr(getattr(callback, name), "__func__", None)
        is not getattr(keras.callbacks.Callback, name)
        for name in (*_BATCH_HOOKS, *_OLD_BATCH_HOOKS)
    )
