"""The loop that trains every network."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from dataclasses import dataclass, field
from numbers import Real

import numpy as np
from keras import ops

from skaudeep._parallel import progress_bar
from skaudeep.networks.callbacks import Callbacks

__all__ = ["Progress", "train"]


@dataclass
class Progress:
    """How far a training has come.

    Attributes
    ----------
    history : dict of list of float
        "loss" of every epoch, and what else the objective measures; "val_loss", if
        validated; "learning_rate", if it may change. NaN stands where an earlier
        training has not recorded one.
    best_loss : float
        Lowest validation loss.
    best_epoch : int
        Epochs trained when it was reached.
    best_weights : list of ndarray or None
        The weights then.
    stopped : bool
        Whether the training ended before its last epoch.
    final_weights : list of ndarray or None
        The weights that callbacks left behind at the end.
    """

    history: dict = field(default_factory=lambda: {"loss": []})
    best_loss: float = math.inf
    best_epoch: int = 0
    best_weights: list | None = None
    stopped: bool = False
    final_weights: list | None = None

    @property
    def n_epochs(self):
        """Epochs trained."""
        return len(self.history["loss"])

    def record(self, measures, **others):
        """Append epochs: lists with an entry an epoch, and what is the same in all."""
        n_before, n_new = self.n_epochs, len(measures["loss"])
        for name in dict.fromkeys((*self.history, *measures, *others)):
            column = self.history.setdefault(name, [math.nan] * n_before)
            column += measures.get(name, [others.get(name, math.nan)] * n_new)


def train(
    compiled,
    batches,
    *,
    max_epochs,
    progress=None,
    power=1,
    epochs_per_call=1,
    learning_rate=None,
    validate=None,
    validation_name="val_loss",
    n_iter_no_change=None,
    callbacks=None,
    checkpoint=None,
    verbose=0,
    description=None,
):
    """Train a network.

    Parameters
    ----------
    compiled : CompiledNetwork
        Loaded, ``start_training`` called.
    batches : callable
        Takes the number of the epoch (from 0) and returns its batches: an iterable of
        (batch, weight) with a batch as the network's objective takes it, and its
        weight in the epoch's loss.
    max_epochs : int
        Number of epochs, those in `progress` included; 0 trains nothing.
    progress : Progress or None, default=None
        Where the training begins; it is changed. None begins at the beginning.
    power : {1, 2}, default=1
        How batch losses become one of the epoch: 1 takes their mean; 2 the root of
        the mean of their squares, so that the root mean squared error of an epoch is
        that of all its frames.
    epochs_per_call : int, default=1
        Steps on the same batch in one call of the backend. More than one needs an
        epoch of one batch that is the same in every epoch, and neither a schedule,
        callbacks nor a checkpoint.
    learning_rate : callable or None, default=None
        Takes the number of an epoch (from 0) and returns its learning rate; None
        leaves that of ``start_training``.
    validate : callable or None, default=None
        Returns the validation loss; called after every `epochs_per_call` epochs.
    validation_name : str, default="val_loss"
        What the history calls it.
    n_iter_no_change : int or None, default=None
        Stop when the validation loss has not improved for so many epochs, and go back
        to the weights of the best one; None runs to the end.
    callbacks : list of callable or None, default=None
        Factories of Keras callbacks.
    checkpoint : object or None, default=None
        Its ``save(progress, state)`` is called after every epoch.
    verbose : int, default=0
        1 shows a progress bar.
    description : str or None, default=None
        Text in front of the bar.

    Returns
    -------
    Progress
        With the epochs of this training.

    Raises
    ------
    FloatingPointError
        If the loss is no longer a finite number.
    """
    progress = Progress() if progress is None else progress
    if validate is not None:
        progress.history.setdefault(validation_name, [math.nan] * progress.n_epochs)
    # Where this training was before its checkpoint, there is nothing left to do.
    done = progress.stopped or progress.n_epochs >= max_epochs
    if done and progress.final_weights is not None:
        compiled.load_weights(progress.final_weights)
        return progress
    # They are the end of that training, not of the one that goes on from there.
    progress.final_weights = None
    hooks = Callbacks(callbacks, compiled, {"epochs": max_epochs, "verbose": verbose})
    bar = progress_bar(
        max_epochs, verbose=verbose, description=description, unit="epoch"
    )
    logs = {}
    with bar, compiled.training():
        bar.update(progress.n_epochs)
        hooks.train_begin()
        while progress.n_epochs < max_epochs and not progress.stopped:
            epoch = progress.n_epochs
            n_epochs = min(epochs_per_call, max_epochs - epoch)
            if learning_rate is not None:
                compiled.set_learning_rate(scheduled_rate(learning_rate, epoch))
            hooks.epoch_begin(epoch)
            others = {}
            if learning_rate is not None or hooks.present:
                others["learning_rate"] = compiled.learning_rate()
            losses, weights = _train_epochs(compiled, batches(epoch), n_epochs, hooks)
            means = np.average(losses**power, axis=0, weights=weights) ** (1 / power)
            names = ("loss", *getattr(compiled.network, "measures", ()))
            columns = means.reshape(n_epochs, -1).T.tolist()
            measures = dict(zip(names, columns, strict=True))
            _refuse_divergence(measures["loss"], epoch)
            n_done = epoch + n_epochs
            if validate is not None:
                loss = others[validation_name] = validate()
                _refuse_divergent_validation(loss, n_done)
                if loss < progress.best_loss:
                    progress.best_loss = loss
                    progress.best_epoch = n_done
                    progress.best_weights = compiled.weights()
            progress.record(measures, **others)
            bar.update(n_epochs)
            logs = {**{name: column[-1] for name, column in measures.items()}, **others}
            bar.set_postfix(logs)
            # Callbacks may add entries of their own, which are theirs.
            hooks.epoch_end(n_done - 1, dict(logs))
            progress.stopped = hooks.stopped or (
                n_iter_no_change is not None
                and n_done - progress.best_epoch >= n_iter_no_change
            )
            if checkpoint is not None:
                checkpoint.save(progress, compiled.state())
        # What callbacks do at the end ends this training, and not a longer one.
        keeps_end = hooks.present and checkpoint is not None
        state = compiled.state() if keeps_end else None
        hooks.train_end(logs)
    if progress.best_weights is not None and n_iter_no_change is not None:
        compiled.load_weights(progress.best_weights)
    if keeps_end:
        progress.final_weights = compiled.weights()
        checkpoint.save(progress, state)
        progress.final_weights = None
    return progress


def scheduled_rate(schedule, epoch):
    """The learning rate that a schedule gives for an epoch, if it is a legal one."""
    rate = schedule(epoch)
    if not isinstance(rate, Real) or not 0 < rate < math.inf:
        raise ValueError(
            "learning_rate must return a positive number for every epoch, got "
            f"{rate!r} for epoch {epoch}."
        )
    return float(rate)


def _train_epochs(compiled, batches, n_epochs, hooks):
    """What `compiled` measures, (n_batches, n_epochs, ...), and weights of batches."""
    losses, weights = [], []
    for i, (batch, weight) in enumerate(batches):
        hooks.batch_begin(i)
        losses.append(compiled.train(batch, n_epochs))
        weights.append(weight)
        hooks.batch_end(i, losses[-1])
        if hooks.stopped:
            break
    return np.array([ops.convert_to_numpy(loss) for loss in losses]), weights


def _refuse_divergence(losses, n_before):
    for epoch, loss in enumerate(losses, n_before + 1):
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"Training diverged: the loss is {loss} in epoch {epoch}. Lower "
                "learning_rate, or check the range of X."
            )


def _refuse_divergent_validation(loss, n_done):
    if not np.isfinite(loss):
        raise FloatingPointError(f"The validation loss is {loss} after epoch {n_done}.")
