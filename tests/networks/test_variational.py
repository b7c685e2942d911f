"""The Gaussian between encoder and decoder."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from architectures import build, clips
from backends import call, loss_and_gradients, to_numpy


@pytest.fixture
def latent():
    from skaudeep.networks.variational import GaussianLatent

    return GaussianLatent(6, 4, iter(range(9)))


def test_divergence_is_its_closed_form(latent):
    import keras

    rng = np.random.default_rng(1)
    means, logs = rng.normal(size=(2, 3, 4)).astype("f4")
    present = np.array([True, False, True])
    # The divergence as an integral, dimension by dimension.
    grid = np.linspace(-30, 30, 60001)
    nats = np.empty((3, 4))
    for i in np.ndindex(3, 4):
        deviation = np.exp(logs[i] / 2)
        log_q = -0.5 * ((grid - means[i]) / deviation) ** 2 - np.log(deviation)
        q = np.exp(log_q) / np.sqrt(2 * np.pi)
        nats[i] = (q * (log_q + 0.5 * grid**2)).sum() * (grid[1] - grid[0])
    to_tensor = keras.ops.convert_to_tensor
    means, logs = to_tensor(means), to_tensor(logs)
    all_rows = float(to_numpy(latent.divergence(means, logs)))
    assert all_rows == pytest.approx(nats.mean(), rel=1e-4)
    some = float(to_numpy(latent.divergence(means, logs, to_tensor(present))))
    assert some == pytest.approx(nats[present].mean(), rel=1e-4)
    zeros = keras.ops.zeros((2, 4))
    assert float(to_numpy(latent.divergence(zeros, zeros))) == 0
    nobody = to_tensor(np.zeros(3, bool))
    assert float(to_numpy(latent.divergence(means, logs, nobody))) == 0


def test_codes_are_drawn_in_training_only(latent):
    states = np.random.default_rng(2).normal(size=(4000, 6)).astype("f4")
    codes, means, logs = map(to_numpy, latent(states))
    np.testing.assert_array_equal(codes, means)
    # It starts with little noise, the same for all.
    np.testing.assert_allclose(logs, -4)
    codes, again, _ = map(to_numpy, latent(states, training=True))
    np.testing.assert_array_equal(again, means)
    assert np.std(codes - means) == pytest.approx(np.exp(-2), rel=0.05)
    others, _, _ = map(to_numpy, latent(states, training=True))
    assert np.abs(others - codes).max() > 0.1


def test_log_variances_are_bounded_around_the_prior(latent):
    kernel, bias = latent.to_log_variance.get_weights()
    for value, bound in ((1e4, 2), (-1e4, -10)):
        latent.to_log_variance.set_weights([kernel, bias + value])
        logs = to_numpy(latent(np.zeros((1, 6), "f4"))[2])
        np.testing.assert_allclose(logs, bound, rtol=1e-5)


@pytest.mark.parametrize("axis", ["time", "frequency"])
def test_loss_is_the_error_and_the_weighted_divergence(axis):
    network, _ = build(variational=True, axis=axis)
    frames, lengths = clips(4, 5), np.array([5, 3, 0, 1], "int32")
    error = call(network, "objective", (frames, lengths, None))
    squared, n_values = call(network, "squared_errors", frames, lengths).sum(axis=0)
    assert error == pytest.approx(np.sqrt(squared / n_values), rel=1e-6)
    divergences = [
        call(network, "objective", (frames, lengths, np.float32(w))) - error
        for w in (1.0, 2.0)
    ]
    assert divergences[0] > 0.01, "it is a price"
    assert divergences[1] == pytest.approx(2 * divergences[0], rel=1e-4)
    if axis == "time":
        # Rows without frames take no part.
        alone = [0, 1, 3]
        batch = (frames[alone], lengths[alone], np.float32(1))
        error = call(network, "objective", (*batch[:2], None))
        divergence = call(network, "objective", batch) - error
        assert divergence == pytest.approx(divergences[0], rel=1e-4)


def test_representation_is_the_mean_and_the_decoder_starts_from_its_tanh():
    network, _ = build(variational=True, teacher_forcing=None)
    plain, _ = build(teacher_forcing=None)
    frames = clips(3, 4)
    means = call(network, "encode", frames)
    assert np.abs(means).max() > 1, "not bounded"
    trained = call(network, "encode", frames, training=True)
    np.testing.assert_allclose(trained, means, atol=1e-6, err_msg="what is drawn")
    np.testing.assert_array_equal(
        to_numpy(network.gaussian.to_mean.kernel).shape,
        to_numpy(plain.to_representation.kernel).shape,
    )
    for ours, theirs in zip(
        plain.decoder.trainable_variables,
        network.decoder.trainable_variables,
        strict=True,
    ):
        ours.assign(theirs)
    np.testing.assert_allclose(
        call(network, "decode", means, frames),
        call(plain, "decode", np.tanh(means), frames),
        atol=1e-6,
    )


def test_gradient_reaches_the_variance_from_both_terms():
    network, _ = build(variational=True)
    frames = clips(3, 4)
    names = [v.path for v in network.gaussian.to_log_variance.trainable_variables]
    found = []
    for weight in (0.0, 0.5):
        batch = (frames, None, np.float32(weight))
        _, gradients = loss_and_gradients(network, batch, training=True)
        paths = [v.path for v in network.trainable_variables]
        found.append(gradients[paths.index(names[0])])
    assert np.abs(found[0]).max() > 1e-6
    assert np.abs(found[1] - found[0]).max() > 1e-4
