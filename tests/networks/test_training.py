"""The training loop, its callbacks, and the state a training is continued from."""
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import csv
import math
from functools import partial

import keras
import numpy as np
import pytest

from skaudeep._keras import borrow
from skaudeep.networks.mlp import DropoutMLP
from skaudeep.networks.training import Progress, train

CONFIG = {
    "n_features": 3,
    "hidden_layer_sizes": (4,),
    "n_classes": 2,
    "dropout": 0.5,
}
BACKEND = keras.backend.backend()


def make_batches(n_batches=3, n_rows=8):
    rng = np.random.default_rng(0)
    batches = []
    for _ in range(n_batches):
        classes = rng.integers(2, size=n_rows).astype(np.int32)
        features = rng.normal(size=(3, n_rows)) + classes
        ones = np.ones(n_rows, dtype=np.float32)
        batches.append(((features.astype(np.float32), classes, ones), 1.0))
    return batches


BATCHES = make_batches()


def shuffled(epoch):
    order = np.random.default_rng([0, epoch]).permutation(len(BATCHES))
    return [BATCHES[i] for i in order]


def run(max_epochs=4, state=None, learning_rate=0.01, **options):
    """Train the same small network; return progress, state and weights."""
    rate = 1.0 if callable(learning_rate) else learning_rate
    schedule = learning_rate if callable(learning_rate) else None
    with borrow(DropoutMLP, CONFIG) as compiled:
        compiled.load(DropoutMLP(**CONFIG, seed=5))
        compiled.start_training(rate)
        if state is not None:
            compiled.load_state(state)
        progress = train(
            compiled,
            shuffled,
            max_epochs=max_epochs,
            learning_rate=schedule,
            **options,
        )
        return progress, compiled.state(), compiled.weights()


def assert_same_state(first, second):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


class KeepStates:
    """A checkpoint in memory."""

    def __init__(self):
        self.states = []

    def save(self, progress, state):
        self.states.append((Progress({"loss": [*progress.history["loss"]]}), state))


def test_state_continues_bit_by_bit():
    kept = KeepStates()
    progress, state, weights = run(checkpoint=kept)
    for done, (part, at_epoch) in enumerate(kept.states, 1):
        assert part.n_epochs == done
        again = run(state=at_epoch, progress=part)
        assert again[0].history == progress.history
        assert_same_state(again[1], state)
        for one, other in zip(again[2], weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_state_holds_weights_generators_and_optimizer():
    _, state, weights = run(max_epochs=2)
    parts = [name.partition(".")[0] for name in state]
    assert parts.count("weights") == len(weights) == 4
    assert parts.count("random") == 1
    # Iterations, learning rate, and two moments of every weight.
    assert parts.count("optimizer") == 2 + 2 * len(weights)
    assert 2 * len(BATCHES) in [int(a) for a in state.values() if a.ndim == 0]


def test_state_of_another_network_is_refused():
    _, state, _ = run(max_epochs=0)
    state["weights.1"] = np.zeros(5, dtype=np.float32)
    with pytest.raises(ValueError, match=r"'weights.1' must .* \(4,\), got \(5,\)"):
        run(state=state)
    del state["weights.1"]
    with pytest.raises(ValueError, match=r"'weights.1' must have .* got None"):
        run(state=state)


def test_learning_rate_changes_without_compiling_anew():
    with borrow(DropoutMLP, CONFIG) as compiled:
        compiled.load(DropoutMLP(**CONFIG, seed=0))
        compiled.start_training(0.01)
        with compiled.training():
            compiled.train(BATCHES[0][0])
            functions = dict(compiled._functions)
            before = compiled.weights()
            compiled.set_learning_rate(1e-12)
            assert compiled.learning_rate() == pytest.approx(1e-12)
            compiled.train(BATCHES[0][0])
            after = compiled.weights()
            compiled.set_learning_rate(0.1)
            compiled.train(BATCHES[0][0])
        assert compiled._functions == functions
        np.testing.assert_allclose(before[0], after[0], atol=1e-9)
        assert np.abs(compiled.weights()[0] - after[0]).max() > 0.01


def test_schedule_is_asked_for_every_epoch():
    epochs = []

    def schedule(epoch):
        epochs.append(epoch)
        return 0.1 / (1 + epoch)

    progress, *_ = run(max_epochs=3, learning_rate=schedule)
    assert epochs == [0, 1, 2]
    rates = progress.history["learning_rate"]
    np.testing.assert_allclose(rates, [0.1, 0.05, 0.1 / 3], rtol=1e-6)
    constant = run(max_epochs=3, learning_rate=lambda epoch: 0.1)
    assert (
        constant[0].history["loss"]
        == run(max_epochs=3, learning_rate=0.1)[0].history["loss"]
    )
    assert constant[0].history["loss"] != progress.history["loss"]


@pytest.mark.parametrize("rate", [0, -1.0, math.nan, math.inf, "0.1"])
def test_schedule_must_give_positive_numbers(rate):
    with pytest.raises(ValueError, match="learning_rate must return .* for epoch 1"):
        run(max_epochs=2, learning_rate=lambda epoch: rate if epoch else 0.1)


@pytest.mark.parametrize(("power", "expected"), [(1, 1.5), (2, math.sqrt(3))])
def test_loss_of_an_epoch_is_the_weighted_mean_of_its_batches(power, expected):
    class Replay:
        """Its batches are their losses."""

        training = contextlib.nullcontext
        network = None

        def train(self, batch, n_steps):
            return np.full(n_steps, batch)

    epochs = [[(3.0, 1), (1.0, 3)], [(5.0, 2)]]
    progress = train(Replay(), epochs.__getitem__, max_epochs=2, power=power)
    assert progress.history == {"loss": [pytest.approx(expected), 5.0]}


def test_progress_keeps_its_columns_equally_long():
    progress = Progress({"loss": [3.0, 2.0]})
    progress.record({"loss": [1.0]}, learning_rate=0.1)
    progress.record({"loss": [0.5, 0.4]})
    assert progress.n_epochs == 5
    rates = progress.history["learning_rate"]
    np.testing.assert_array_equal(rates, [np.nan, np.nan, 0.1, np.nan, np.nan])


def test_callbacks_are_told_everything_in_order():
    told = []

    class Witness(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            told.append(("train_begin", self.params["epochs"]))

        def on_epoch_begin(self, epoch, logs=None):
            told.append(("epoch_begin", epoch))

        def on_train_batch_begin(self, batch, logs=None):
            told.append(("batch_begin", batch))

        def on_train_batch_end(self, batch, logs=None):
            told.append(("batch_end", batch, logs["loss"]))

        def on_epoch_end(self, epoch, logs=None):
            told.append(("epoch_end", epoch, logs))

        def on_train_end(self, logs=None):
            told.append(("train_end", logs["loss"]))

    progress, *_ = run(max_epochs=2, callbacks=[Witness], validate=lambda: 0.25)
    names = [entry[0] for entry in told]
    epoch = ["epoch_begin", *["batch_begin", "batch_end"] * 3, "epoch_end"]
    assert names == ["train_begin", *epoch, *epoch, "train_end"]
    assert told[0] == ("train_begin", 2)
    assert [entry[1] for entry in told if entry[0] == "batch_end"] == [0, 1, 2] * 2
    losses = [entry[2] for entry in told if entry[0] == "batch_end"]
    assert np.mean(losses[:3]) == pytest.approx(progress.history["loss"][0])
    logs = told[names.index("epoch_end")][2]
    assert logs == {
        "loss": progress.history["loss"][0],
        "val_loss": 0.25,
        "learning_rate": pytest.approx(0.01),
    }
    assert told[-1] == ("train_end", progress.history["loss"][-1])


def test_root_mean_squares_of_batches_make_that_of_an_epoch():
    losses = []
    factory = partial(
        keras.callbacks.LambdaCallback,
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]),
    )
    progress, *_ = run(max_epochs=1, power=2, callbacks=[factory])
    together = np.sqrt(np.mean(np.square(losses)))
    assert progress.history["loss"] == [pytest.approx(together)]
    assert together > np.mean(losses)


def test_callbacks_do_not_change_the_numbers():
    plain, state, _ = run()
    watched, watched_state, _ = run(callbacks=[keras.callbacks.Callback])
    assert watched.history["loss"] == plain.history["loss"]
    assert_same_state(state, watched_state)


def test_early_stopping_callback_stops_and_restores():
    factory = partial(
        keras.callbacks.EarlyStopping,
        monitor="loss",
        min_delta=10.0,
        patience=2,
        restore_best_weights=True,
    )
    progress, _, weights = run(max_epochs=9, callbacks=[factory])
    # Nothing improves by so much: the first epoch remains the best.
    assert progress.n_epochs == 3
    assert progress.stopped
    for one, other in zip(weights, run(max_epochs=1)[2], strict=True):
        np.testing.assert_array_equal(one, other)


def test_reduce_lr_on_plateau():
    factory = partial(
        keras.callbacks.ReduceLROnPlateau,
        monitor="loss",
        factor=0.5,
        patience=1,
        min_delta=10.0,
    )
    progress, *_ = run(max_epochs=4, callbacks=[factory])
    rates = progress.history["learning_rate"]
    np.testing.assert_allclose(rates, [0.01, 0.01, 0.005, 0.0025], rtol=1e-6)
    halved = run(max_epochs=4, learning_rate=lambda epoch: rates[epoch])
    assert halved[0].history["loss"] == progress.history["loss"]


def test_csv_logger(tmp_path):
    factory = partial(keras.callbacks.CSVLogger, str(tmp_path / "log.csv"))
    progress, *_ = run(max_epochs=2, callbacks=[factory])
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    for name, expected in progress.history.items():
        written = [float(row[name]) for row in rows]
        np.testing.assert_allclose(written, expected, rtol=1e-6)


def test_tensorboard(tmp_path):
    if BACKEND != "tensorflow":
        pytest.skip("Keras writes summaries with TensorFlow")
    pytest.importorskip("tensorboard")
    factory = partial(keras.callbacks.TensorBoard, str(tmp_path), histogram_freq=1)
    run(max_epochs=2, callbacks=[factory])
    (events,) = (tmp_path / "train").iterdir()
    written = events.read_bytes()
    assert b"epoch_loss" in written
    assert b"epoch_learning_rate" in written


def test_lambda_callback_may_change_weights():
    def clear(callback, epoch, logs):
        model = callback.model
        model.set_weights([np.zeros_like(w) for w in model.get_weights()])

    class Clear(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            clear(self, None, logs)

    for weights in run(callbacks=[Clear])[2]:
        np.testing.assert_array_equal(weights, 0)

    seen = []
    factory = partial(
        keras.callbacks.LambdaCallback,
        on_epoch_end=lambda epoch, logs: seen.append((epoch, logs["loss"])),
    )
    progress, *_ = run(callbacks=[factory])
    assert seen == list(enumerate(progress.history["loss"]))


def test_model_checkpoint_saves_the_weights_of_every_epoch(tmp_path):
    factory = partial(
        keras.callbacks.ModelCheckpoint,
        str(tmp_path / "{epoch}.weights.h5"),
        save_weights_only=True,
    )
    loaded = []

    class LoadFirst(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            self.model.load_weights(str(tmp_path / "1.weights.h5"))
            loaded.extend(self.model.get_weights())

    run(max_epochs=2, callbacks=[factory, LoadFirst])
    assert len(list(tmp_path.iterdir())) == 2
    for one, other in zip(loaded, run(max_epochs=1)[2], strict=True):
        np.testing.assert_array_equal(one, other)


def test_stop_in_the_middle_of_an_epoch():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    progress, state, _ = run(callbacks=[Stop])
    assert progress.n_epochs == 1
    assert 2 in [int(a) for a in state.values() if a.ndim == 0]


def test_factory_of_something_else():
    with pytest.raises(TypeError, match=r"callbacks must hold callables .*returned 3"):
        run(callbacks=[lambda: 3])
