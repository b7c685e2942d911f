"""Trainings that are continued: after a kill, after a fit, clip by clip."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import signal
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone

sys.path.insert(0, str(Path(__file__).parent))
from autoencoders import CLIPS, assert_same_weights
from autoencoders import small as two_epochs

small = partial(two_epochs, max_epochs=5, learning_rate=0.01)


class Interrupt(keras.callbacks.Callback):
    """Stands for the user who presses Ctrl+C in the middle of an epoch."""

    def __init__(self, at_epoch):
        super().__init__()
        self.at_epoch = at_epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == self.at_epoch and batch == 1:
            raise KeyboardInterrupt


def interrupt(model, at_epoch, X=CLIPS):
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[partial(Interrupt, at_epoch)]).fit(X)
    return model.set_params(callbacks=None)


KILLED = """
    import sys, time
    import keras
    sys.path[:0] = {path!r}
    from autoencoders import CLIPS, small

    class Stall(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if self.epoch == 2 and batch == 1:
                print("in the third epoch", flush=True)
                time.sleep(600)

    small(
        max_epochs=5, learning_rate=0.01, checkpoint_dir={folder!r}, callbacks=[Stall]
    ).fit(CLIPS)
"""


def test_killed_training_ends_with_the_weights_of_an_undisturbed_one(tmp_path):
    path = [os.path.dirname(__file__), *sys.path]
    script = textwrap.dedent(KILLED).format(path=path, folder=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend()},
        text=True,
    )
    with process:
        assert process.stdout.readline() == "in the third epoch\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["training.npz"]
    epochs = []
    model = small(
        checkpoint_dir=tmp_path,
        callbacks=[
            partial(
                keras.callbacks.LambdaCallback,
                on_epoch_begin=lambda epoch, logs: epochs.append(epoch),
            )
        ],
    ).fit(CLIPS)
    assert epochs == [2, 3, 4]
    undisturbed = small().fit(CLIPS)
    assert_same_weights(model, undisturbed)
    assert model.history_["loss"] == undisturbed.history_["loss"]
    assert model.n_epochs_ == 5


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({}, id="plain"),
        *(
            pytest.param(params, id=name, marks=pytest.mark.above_networks)
            for name, params in {
                "schedule": {"learning_rate": lambda epoch: 0.02 / (1 + epoch)},
                "early stopping": {
                    "early_stopping": True,
                    "n_iter_no_change": 4,
                    "max_epochs": 30,
                },
                "variational": {"variational": True, "kl_warmup": 3},
            }.items()
        ),
    ],
)
def test_interrupted_training_goes_on(tmp_path, params):
    model = interrupt(small(**params, checkpoint_dir=tmp_path), at_epoch=3)
    # The learning rate is recorded only where it may change.
    undisturbed = small(**params).fit(CLIPS)
    model.fit(CLIPS)
    assert_same_weights(model, undisturbed)
    assert model.history_["loss"] == undisturbed.history_["loss"]
    assert model.history_.get("val_loss") == undisturbed.history_.get("val_loss")


@pytest.mark.above_networks
def test_finished_training_comes_from_the_file_and_can_be_prolonged(tmp_path):
    five = small(checkpoint_dir=tmp_path).fit(CLIPS)
    written = (tmp_path / "training.npz").stat().st_mtime_ns
    again = small(checkpoint_dir=tmp_path).fit(CLIPS)
    assert (tmp_path / "training.npz").stat().st_mtime_ns == written
    assert_same_weights(again, five)
    assert again.history_ == five.history_
    seven = small(checkpoint_dir=tmp_path, max_epochs=7).fit(CLIPS)
    assert_same_weights(seven, small(max_epochs=7).fit(CLIPS))
    with pytest.raises(
        ValueError, match="a training of 7 epochs, more than max_epochs"
    ):
        small(checkpoint_dir=tmp_path, max_epochs=3).fit(CLIPS)


@pytest.mark.above_networks
def test_early_stopped_training_stays_stopped(tmp_path):
    params = dict(
        early_stopping=True,
        n_iter_no_change=1,
        learning_rate=0.5,
        max_epochs=50,
        checkpoint_dir=tmp_path,
    )
    first = small(**params).fit(CLIPS)
    assert first.n_epochs_ < 50
    again = small(**{**params, "max_epochs": 80}).fit(CLIPS)
    assert again.n_epochs_ == first.n_epochs_
    assert_same_weights(again, first)


@pytest.mark.above_networks
def test_what_callbacks_leave_behind_is_in_the_file(tmp_path):
    factory = partial(
        keras.callbacks.EarlyStopping,
        monitor="loss",
        min_delta=10.0,
        patience=1,
        restore_best_weights=True,
    )
    first = small(checkpoint_dir=tmp_path, callbacks=[factory]).fit(CLIPS)
    again = small(checkpoint_dir=tmp_path, callbacks=[factory]).fit(CLIPS)
    assert first.n_epochs_ == again.n_epochs_ == 2
    assert_same_weights(again, first)
    assert_same_weights(first, small(max_epochs=1).fit(CLIPS))


@pytest.mark.above_networks
def test_end_of_a_training_with_callbacks_is_not_that_of_a_longer_one(tmp_path):
    class Clear(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            self.model.set_weights([0 * w for w in self.model.get_weights()])

    three = small(max_epochs=3, checkpoint_dir=tmp_path, callbacks=[Clear]).fit(CLIPS)
    assert not any(w.any() for w in three.weights_)
    undisturbed = small().fit(CLIPS)
    for _ in range(2):
        assert_same_weights(small(checkpoint_dir=tmp_path).fit(CLIPS), undisturbed)


@pytest.mark.above_networks
def test_other_parameters_or_clips_are_refused(tmp_path):
    small(checkpoint_dir=tmp_path, max_epochs=1).fit(CLIPS)
    for params, message in (
        ({"dropout": 0.3}, "dropout was 0.2 and is 0.3"),
        ({"random_state": 1}, "seed was"),
        ({"learning_rate": abs}, "learning_rate was 0.01 and is 'a function'"),
    ):
        with pytest.raises(ValueError, match=message):
            small(**params, checkpoint_dir=tmp_path).fit(CLIPS)
    other = [*CLIPS[:-1], CLIPS[-1] / 2]
    with pytest.raises(ValueError, match="another training: data checksum was"):
        small(checkpoint_dir=tmp_path).fit(other)
    with pytest.raises(ValueError, match="data clips was 20 and is 19"):
        small(checkpoint_dir=tmp_path).fit(CLIPS[1:])


@pytest.mark.above_networks
def test_other_schedule_is_refused(tmp_path):
    def fit(rate):
        small(
            checkpoint_dir=tmp_path, max_epochs=2, learning_rate=lambda epoch: rate
        ).fit(CLIPS)

    fit(0.01)
    with pytest.raises(ValueError, match=r"learning_rate\(0\) was 0.0.* and is 0.02"):
        fit(0.02)


@pytest.mark.above_networks
def test_without_a_seed_that_of_the_file_is_taken(tmp_path):
    model = small(checkpoint_dir=tmp_path, random_state=None)
    interrupt(model, at_epoch=3)
    first = (tmp_path / "training.npz").read_bytes()
    one = clone(model).fit(CLIPS)
    (tmp_path / "training.npz").write_bytes(first)
    assert_same_weights(clone(model).fit(CLIPS), one)


def test_partial_fit_trains_like_fit():
    model = small(max_epochs=99)
    for n_epochs in range(1, 4):
        model.partial_fit(CLIPS)
        assert model.n_epochs_ == n_epochs
        # Also in another process.
        model = pickle.loads(pickle.dumps(model))
    whole = small(max_epochs=3).fit(CLIPS)
    assert_same_weights(model, whole)
    assert model.history_ == whole.history_
    np.testing.assert_array_equal(model.transform(CLIPS), whole.transform(CLIPS))


@pytest.mark.above_networks
def test_partial_fit_takes_other_clips_of_the_same_bands():
    model = small().partial_fit(CLIPS[:10])
    before = [w.copy() for w in model.weights_]
    longer = np.zeros((2, 12, 3), dtype=np.float32)
    model.partial_fit(longer)
    assert model.n_frames_ == 12
    assert any((a != b).any() for a, b in zip(before, model.weights_, strict=True))
    with pytest.raises(ValueError, match="X has 5 bands a frame, but .* with 3"):
        model.partial_fit(np.zeros((2, 4, 5)))
    with pytest.raises(ValueError, match="n_units is 6, but the network .* with 4"):
        model.set_params(n_units=6).partial_fit(CLIPS)
    assert model.set_params(n_units=4).partial_fit(CLIPS).n_epochs_ == 3
    assert model.n_frames_ == 12, "shorter clips do not take that back"


@pytest.mark.above_networks
def test_partial_fit_ignores_callbacks_and_checkpoints(tmp_path):
    def fail():
        raise AssertionError("a callback was made")

    small(checkpoint_dir=tmp_path, callbacks=[fail]).partial_fit(CLIPS)
    assert list(tmp_path.iterdir()) == []


def test_failed_partial_fit_keeps_the_network(recwarn):
    model = small().partial_fit(CLIPS)
    expected = model.transform(CLIPS)
    with pytest.raises(FloatingPointError):
        model.partial_fit([np.full((3, 3), 1e30, dtype=np.float32)])
    np.testing.assert_array_equal(model.transform(CLIPS), expected)


def test_warm_start_goes_on_where_the_last_fit_ended():
    model = small(warm_start=True, max_epochs=2).fit(CLIPS)
    model.set_params(max_epochs=3).fit(CLIPS)
    whole = small(max_epochs=5).fit(CLIPS)
    assert_same_weights(model, whole)
    assert model.history_ == whole.history_
    assert model.n_epochs_ == 5
    cold = model.set_params(warm_start=False, max_epochs=2).fit(CLIPS)
    assert_same_weights(cold, small(max_epochs=2).fit(CLIPS))
    assert cold.n_epochs_ == 2


def test_warm_start_with_other_learning_rate_takes_it():
    model = small(warm_start=True, max_epochs=1).fit(CLIPS)
    before = model.transform(CLIPS)
    model.set_params(learning_rate=1e-12).fit(CLIPS)
    np.testing.assert_allclose(model.transform(CLIPS), before, atol=1e-6)


def test_warm_start_refuses_another_architecture():
    model = small(warm_start=True, max_epochs=1).fit(CLIPS)
    with pytest.raises(ValueError, match="cell is 'lstm', but .* fit with warm_start"):
        model.set_params(cell="lstm").fit(CLIPS)


@pytest.mark.above_networks
def test_warm_start_records_what_only_one_fit_records():
    model = small(warm_start=True, max_epochs=2).fit(CLIPS)
    model.set_params(early_stopping=True).fit(CLIPS)
    model.set_params(early_stopping=False).fit(CLIPS)
    losses = model.history_["val_loss"]
    np.testing.assert_array_equal(
        np.isnan(losses), [True, True, False, False] + [True] * 2
    )


def test_pickle_holds_the_optimizer_only_where_it_is_needed():
    plain, warm = small().fit(CLIPS), small(warm_start=True).fit(CLIPS)
    n_bytes = sum(w.nbytes for w in plain.weights_)
    assert len(pickle.dumps(warm)) - len(pickle.dumps(plain)) > 1.9 * n_bytes
    warm.set_params(warm_start=False).fit(CLIPS)
    assert len(pickle.dumps(warm)) == pytest.approx(len(pickle.dumps(plain)), abs=100)


def test_callbacks_and_folders_keep_clones_and_hashes(tmp_path):
    callbacks = [partial(keras.callbacks.CSVLogger, "log.csv")]
    model = small(callbacks=callbacks, checkpoint_dir=tmp_path)
    assert joblib.hash(model) == joblib.hash(clone(model))
    assert joblib.hash(model) == joblib.hash(pickle.loads(pickle.dumps(model)))


def test_callbacks_must_be_factories():
    with pytest.raises(ValueError, match=r"callbacks must hold callables .*partial"):
        small(callbacks=[keras.callbacks.Callback()]).fit(CLIPS)
