"""The loop that trains every network."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from keras import ops

from skaudeep._parallel import progress_bar

__all__ = ["train"]


def train(
    compiled,
    batches,
    *,
    max_epochs,
    power=1,
    epochs_per_call=1,
    validate=None,
    n_iter_no_change=None,
    verbose=0,
    description=None,
):
    """Train a network.

    Parameters
    ----------
    compiled : CompiledNetwork
        Loaded, ``start_training`` called.
    batches : callable
        Returns the batches of one epoch: an iterable of (batch, weight) with a batch
        as the network's objective takes it, and its weight in the epoch's loss.
    max_epochs : int
        Number of epochs; 0 trains nothing.
    power : {1, 2}, default=1
        How batch losses become one of the epoch: 1 takes their mean; 2 the root of
        the mean of their squares, so that the root mean squared error of an epoch is
        that of all its frames.
    epochs_per_call : int, default=1
        Steps on the same batch in one call of the backend. More than one needs an
        epoch of one batch that is the same in every epoch.
    validate : callable or None, default=None
        Returns the validation loss; called after every `epochs_per_call` epochs.
    n_iter_no_change : int or None, default=None
        Stop when the validation loss has not improved for so many epochs, and go back
        to the weights of the best one; None runs to the end.
    verbose : int, default=0
        1 shows a progress bar.
    description : str or None, default=None
        Text in front of the bar.

    Returns
    -------
    dict of list of float
        "loss" of every epoch and, if validated, "val_loss".

    Raises
    ------
    FloatingPointError
        If the loss is no longer a finite number.
    """
    history = {"loss": []} if validate is None else {"loss": [], "val_loss": []}
    best_loss, best_weights, best_epoch = np.inf, None, 0
    bar = progress_bar(
        max_epochs, verbose=verbose, description=description, unit="epoch"
    )
    with bar, compiled.training():
        while len(history["loss"]) < max_epochs:
            n_epochs = min(epochs_per_call, max_epochs - len(history["loss"]))
            losses, weights = [], []
            for batch, weight in batches():
                losses.append(compiled.train(batch, n_epochs))
                weights.append(weight)
            losses = np.array([ops.convert_to_numpy(loss) for loss in losses])
            means = np.average(losses**power, axis=0, weights=weights)
            history["loss"] += [float(mean) for mean in means ** (1 / power)]
            n_done = len(history["loss"])
            _refuse_divergence(history["loss"], n_epochs)
            postfix = {"loss": history["loss"][-1]}
            if validate is not None:
                val_loss = validate()
                if not np.isfinite(val_loss):
                    raise FloatingPointError(
                        f"The validation loss is {val_loss} after epoch {n_done}."
                    )
                history["val_loss"] += [val_loss] * n_epochs
                postfix["val_loss"] = val_loss
                if val_loss < best_loss:
                    best_loss, best_epoch = val_loss, n_done
                    best_weights = compiled.weights()
            bar.update(n_epochs)
            bar.set_postfix(postfix)
            if n_iter_no_change is not None and n_done - best_epoch >= n_iter_no_change:
                break
    if best_weights is not None and n_iter_no_change is not None:
        compiled.load_weights(best_weights)
    return history


def _refuse_divergence(losses, n_new):
    for epoch in range(len(losses) - n_new, len(losses)):
        if not np.isfinite(losses[epoch]):
            raise FloatingPointError(
                f"Training diverged: the loss is {losses[epoch]} in epoch "
                f"{epoch + 1}. Lower learning_rate, or check the range of X."
            )
