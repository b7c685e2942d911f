"""What estimators that train a network have in common."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import os
from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import train_test_split

from skaudeep._base import NetworkMixin
from skaudeep._random import draw_seed
from skaudeep._validation import Interval

__all__ = ["NetworkEstimator"]

# Parameters that may differ between a training and the one that goes on with it.
_FREE_PARAMETERS = frozenset(
    {
        "callbacks",
        "checkpoint_dir",
        "max_epochs",
        "random_state",
        "verbose",
        "warm_start",
    }
)


class NetworkEstimator(NetworkMixin):
    """Training: early stopping, schedules, callbacks, checkpoints, warm start.

    Subclasses have the parameters of ``_training_constraints`` and, if their loss says
    when to stop, ``_early_stopping_constraints``. They implement, besides the
    ``_network_class`` of :class:`~skaudeep._base.NetworkMixin`:

    - ``_epoch(data, items, epoch, rng)``: yields (batch, weight) for all `items`,
    - ``_validation_loss(compiled, data, items)``: a float, with early stopping,
    - ``_settle(compiled, data, items, rng)``: what has to precede inference after a
      training on `items`, if anything has; called before every validation and at the
      end.

    `data` is what they hand to ``_train_network``; its attribute ``present`` holds the
    indices of the items that can be trained on, and its method ``fingerprint()``
    returns a dict that is the same for the same data. If it has an attribute
    ``strata``, the items held out are of all strata in proportion, as far as there are
    enough; if it has a ``split_seed``, that chooses them. The objective of the network
    takes the batches.

    Attributes
    ----------
    history_ : dict of list of float
        Of every epoch.
    n_epochs_ : int
        Epochs trained.
    """

    _training_constraints = {
        "learning_rate": [Interval(Real, 0, None, closed="neither"), callable],
        "gradient_clip": [Interval(Real, 0, None, closed="neither"), None],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, None],
        "checkpoint_dir": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _early_stopping_constraints = {
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    }

    # What a subclass without these parameters does.
    early_stopping = False
    beta_1 = 0.9

    # What the history calls what is returned by _validation_loss.
    _validation_name = "val_loss"

    # How the losses of batches make that of an epoch, see networks.training.train.
    _loss_power = 1

    def _continues(self, one_epoch=False):
        """Whether training goes on with the network of the last one."""
        return bool(one_epoch or self.warm_start) and self.__sklearn_is_fitted__()

    def _train_network(self, config, data, *, one_epoch=False):
        """Train on `data`; set ``config_``, ``weights_``, ``history_``, ``n_epochs_``.

        Parameters
        ----------
        config : dict
            Constructor arguments of the network.
        data : object
            See the class.
        one_epoch : bool, default=False
            One pass in addition to all earlier ones, without callbacks, checkpoint or
            early stopping: ``partial_fit``.
        """
        from skaudeep.networks.training import Progress, train

        self._check_callbacks()
        continues = self._continues(one_epoch)
        if continues:
            self._refuse_other_config(config)
        progress = Progress()
        if continues:
            progress = Progress({k: list(v) for k, v in self.history_.items()})
            progress.best_epoch = progress.n_epochs
        checkpoint = None
        seed = draw_seed(self.random_state)
        if self.checkpoint_dir is not None and not one_epoch:
            checkpoint = self._open_checkpoint(data, seed, continues)
            seed = checkpoint.identity["seed"]
        max_epochs = progress.n_epochs + (1 if one_epoch else self.max_epochs)
        state = self._training_arrays() if continues else None
        saved, arrays = (None, {}) if checkpoint is None else checkpoint.load()
        if saved is not None:
            progress, state = Progress(**saved), arrays
            self._check_resumed(progress, max_epochs)

        rng = np.random.default_rng(seed)
        items, held_out = data.present, data.present[:0]
        stops_early = self.early_stopping and not one_epoch
        if stops_early:
            items, held_out = self._hold_out(data, int(rng.integers(2**31)))
        self.config_ = config
        schedule = self.learning_rate if callable(self.learning_rate) else None
        # Replaced by the schedule before the first step.
        rate = 1.0 if schedule else float(self.learning_rate)
        network_seed = int(rng.integers(2**31))
        with self._network_to_train(
            network_seed,
            rate,
            self.gradient_clip,
            self.beta_1,
            state=state,
            keep=continues,
        ) as compiled:
            if schedule is None and saved is None:
                compiled.set_learning_rate(rate)
            train(
                compiled,
                lambda epoch: self._epoch(
                    data, items, epoch, np.random.default_rng([seed, epoch])
                ),
                max_epochs=max_epochs,
                progress=progress,
                power=self._loss_power,
                learning_rate=schedule,
                validate=(
                    (lambda: self._validate(compiled, data, items, held_out, seed))
                    if stops_early
                    else None
                ),
                validation_name=self._validation_name,
                n_iter_no_change=self.n_iter_no_change if stops_early else None,
                callbacks=None if one_epoch else self.callbacks,
                checkpoint=checkpoint,
                verbose=0 if one_epoch else self.verbose,
                description=type(self).__name__,
            )
            self._settle(compiled, data, items, np.random.default_rng([seed]))
            # The weights are in weights_.
            vars(self).pop("_optimizer_state", None)
            if one_epoch or self.warm_start:
                self._optimizer_state = {
                    name: array
                    for name, array in compiled.state().items()
                    if not name.startswith("weights.")
                }
        self.history_ = progress.history
        self.n_epochs_ = progress.n_epochs

    def _hold_out(self, data, seed):
        """Items to train on and items to validate on."""
        items, strata = data.present, getattr(data, "strata", None)
        if len(items) < 2:
            raise ValueError(
                f"early_stopping holds out validation_fraction="
                f"{self.validation_fraction!r} of the clips, which takes at least two, "
                f"got n_samples={len(items)}."
            )
        if strata is not None:
            strata = strata[items]
            sizes = np.unique(strata, return_counts=True)[1]
            n_held_out = math.ceil(self.validation_fraction * len(items))
            # Too few to be on both sides.
            few = sizes.min() < 2
            if few or min(n_held_out, len(items) - n_held_out) < len(sizes):
                strata = None
        return train_test_split(
            items,
            test_size=self.validation_fraction,
            stratify=strata,
            random_state=getattr(data, "split_seed", seed),
        )

    def _validate(self, compiled, data, items, held_out, seed):
        self._settle(compiled, data, items, np.random.default_rng([seed]))
        return self._validation_loss(compiled, data, held_out)

    def _settle(self, compiled, data, items, rng):
        """Do nothing."""

    def _training_arrays(self):
        """What the last training left: its weights and, if kept, all the rest."""
        weights = {f"weights.{i}": w for i, w in enumerate(self.weights_)}
        return {**weights, **getattr(self, "_optimizer_state", {})}

    def _check_callbacks(self):
        for item in self.callbacks or ():
            if not callable(item):
                raise ValueError(
                    "callbacks must hold callables without arguments, each of which "
                    f"returns a keras.callbacks.Callback; got {item!r}. Wrap a "
                    "callback with arguments in functools.partial."
                )

    def _refuse_other_config(self, config):
        for name, value in config.items():
            if self.config_[name] != value:
                raise ValueError(
                    f"{name} is {value!r}, but the network whose training is to be "
                    f"continued was made with {self.config_[name]!r}. Use a clone, or "
                    "fit with warm_start=False."
                )

    def _open_checkpoint(self, data, seed, continues):
        import keras

        from skaudeep._checkpoint import Checkpoint, array_checksum

        parameters = {
            name: "a function" if callable(value) else _plain(value)
            for name, value in self.get_params(deep=False).items()
            if name not in _FREE_PARAMETERS
        }
        identity = {
            "estimator": type(self).__name__,
            "Keras backend": keras.backend.backend(),
            "parameters": parameters,
            "data": data.fingerprint(),
            "checksum of the first weights": (
                array_checksum(self.weights_) if continues else None
            ),
        }
        # Only a seed that somebody has chosen can be the wrong one.
        chosen = {"seed": seed}
        if self.random_state is None:
            return Checkpoint(self.checkpoint_dir, identity, defaults=chosen)
        return Checkpoint(self.checkpoint_dir, {**identity, **chosen})

    def _check_resumed(self, progress, max_epochs):
        if progress.n_epochs > max_epochs:
            raise ValueError(
                f"checkpoint_dir={str(self.checkpoint_dir)!r} holds a training of "
                f"{progress.n_epochs} epochs, more than max_epochs={self.max_epochs}."
            )
        if callable(self.learning_rate) and not self.callbacks:
            from skaudeep.networks.training import scheduled_rate

            for epoch, rate in enumerate(progress.history.get("learning_rate", ())):
                now = scheduled_rate(self.learning_rate, epoch)
                if not np.isclose(now, rate, rtol=1e-6, atol=0):
                    raise ValueError(
                        f"checkpoint_dir={str(self.checkpoint_dir)!r} holds another "
                        f"training: learning_rate({epoch}) was {rate!r} and is {now!r}."
                    )


def _plain(value):
    """NumPy's scalars as Python's, which JSON knows."""
    if isinstance(value, dict):
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    return value.item() if isinstance(value, np.generic) else value
