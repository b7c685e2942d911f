"""The adversarial networks against their equations."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from backends import call, loss_and_gradients, to_numpy

SIZE = dict(n_frames=11, n_bands=6, n_layers=2, n_maps=3, kernel_size=5)
N_FEATURES = 16 * 3 * 3


def build(seed=0, **changes):
    from skaudeep.networks.dcgan import DCGAN

    others = dict(latent_size=4, feature_matching=True, pool=4)
    return DCGAN(**{**SIZE, **others, **changes}, seed=seed)


def make_batch(n_clips=5, seed=0):
    rng = np.random.default_rng(seed)
    frames = rng.uniform(-1, 1, (n_clips, SIZE["n_frames"], SIZE["n_bands"]))
    noise = rng.uniform(-1, 1, (n_clips, 4))
    return frames.astype("f4"), noise.astype("f4")


class Measure:
    """A network of which one measure alone is the objective."""

    def __init__(self, network, index):
        self.network, self.index = network, index
        self.trainable_variables = network.trainable_variables

    def objective(self, batch, training):
        return self.network.objective(batch, training=training)[self.index]


LOSS, OF_DISCRIMINATOR, OF_GENERATOR, ACCURACY = range(4)


def gradients_of(network, index, batch):
    """Gradients of one measure: those of the discriminator, those of the generator."""
    _, gradients = loss_and_gradients(Measure(network, index), batch, training=True)
    owned = {id(v) for v in network.discriminator.trainable_variables}
    pairs = list(zip(network.trainable_variables, gradients, strict=True))
    discriminator = [g for v, g in pairs if id(v) in owned]
    generator = [g for v, g in pairs if id(v) not in owned]
    assert len(discriminator) == 7
    assert len(generator) == 8
    return discriminator, generator


@pytest.mark.parametrize("feature_matching", [True, False])
def test_neither_loss_reaches_the_other_network(feature_matching):
    network, batch = build(feature_matching=feature_matching), make_batch()
    discriminator, generator = gradients_of(network, OF_DISCRIMINATOR, batch)
    assert all(np.abs(g).max() > 0 for g in discriminator)
    assert all(np.abs(g).max() == 0 for g in generator)
    discriminator, generator = gradients_of(network, OF_GENERATOR, batch)
    assert all(np.abs(g).max() == 0 for g in discriminator)
    # The mean of tanh's input is where its bias tells, and normalisation hides offsets
    # of no layer but those before it.
    assert np.mean([np.abs(g).max() > 0 for g in generator]) > 0.8


@pytest.mark.parametrize("feature_matching", [True, False])
def test_the_loss_is_both(feature_matching):
    network, batch = build(feature_matching=feature_matching), make_batch()
    for variable in network.discriminator.trainable_variables:
        variable.assign(10 * to_numpy(variable.value))
    measures = call(network, "objective", batch, training=True)
    total = measures[OF_DISCRIMINATOR] + measures[OF_GENERATOR]
    assert measures[LOSS] == pytest.approx(total, rel=1e-6)
    both = gradients_of(network, LOSS, batch)
    alone = (
        gradients_of(network, OF_DISCRIMINATOR, batch)[0],
        gradients_of(network, OF_GENERATOR, batch)[1],
    )
    for a, b in zip(both, alone, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-7)


def numpy_convolution(x, kernel):
    """With strides of two, padded so that the size is halved; sides of x are even."""
    size = kernel.shape[0]
    n_padded = size - 2
    around = (n_padded // 2, n_padded - n_padded // 2)
    x = np.pad(x, ((0, 0), around, around, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return np.einsum("nhwcij,ijcm->nhwm", windows[:, ::2, ::2], kernel)


def numpy_maps(network, pictures):
    """Maps of the discriminator by the batch's statistics, and its logits."""
    discriminator = network.discriminator
    first, second = (to_numpy(k.value) for k in discriminator.kernels)
    norm = discriminator.norms[0]
    gain, offset = to_numpy(norm.gain.value), to_numpy(norm.offset.value)
    maps = [numpy_convolution(pictures, first) + to_numpy(discriminator.bias.value)]
    maps[0] = np.where(maps[0] > 0, maps[0], 0.2 * maps[0])
    x = numpy_convolution(maps[0], second)
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    x = gain * (x - mean) / np.sqrt(variance + 1e-5) + offset
    maps.append(np.where(x > 0, x, 0.2 * x))
    rows = maps[1].reshape(len(x), -1)
    kernel = to_numpy(discriminator.output_kernel.value)
    logits = rows @ kernel + to_numpy(discriminator.output_bias.value)
    return maps, logits, (mean, variance)


def shifted(network):
    """The same network with biases and offsets that are not zero."""
    rng = np.random.default_rng(5)
    for variable in network.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    return network


def surprise(logits, label):
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[:, label])


@pytest.mark.parametrize("input_noise", [0.0, 0.5])
@pytest.mark.parametrize("feature_matching", [True, False])
def test_losses_are_those_of_the_equations(feature_matching, input_noise, monkeypatch):
    import keras

    def constant(shape, stddev, seed):
        return stddev * keras.ops.ones(shape)

    monkeypatch.setattr(keras.random, "normal", constant)
    network = shifted(build(feature_matching=feature_matching, input_noise=input_noise))
    frames, noise = make_batch()
    fake = call(network.generator, "generate", noise, training=True) + input_noise
    assert fake.shape == (5, 12, 8, 1)
    real = np.full((5, 12, 8, 1), -1.0 + input_noise)
    real[:, :11, :6, 0] = frames + input_noise
    real_maps, on_real, _ = numpy_maps(network, real)
    fake_maps, on_fake, _ = numpy_maps(network, fake)
    measures = call(network, "objective", (frames, noise), training=True)
    expected = surprise(on_real, 1) + surprise(on_fake, 0)
    assert measures[OF_DISCRIMINATOR] == pytest.approx(expected, rel=1e-4)
    if feature_matching:
        distance = fake_maps[1].mean(axis=0) - real_maps[1].mean(axis=0)
        expected = np.mean(distance**2)
    else:
        expected = surprise(on_fake, 1)
    assert measures[OF_GENERATOR] == pytest.approx(expected, rel=1e-4)
    right = (on_real[:, 1] > on_real[:, 0]).sum() + (
        on_fake[:, 0] >= on_fake[:, 1]
    ).sum()
    assert measures[ACCURACY] == pytest.approx(right / 10)


def test_input_noise_is_new_in_every_step_and_absent_outside_of_training():
    network, batch = build(input_noise=1.0), make_batch()
    first, second = (call(network, "objective", batch, training=True) for _ in range(2))
    assert (first[:3] != second[:3]).all()
    clean = call(build(), "objective", batch)
    np.testing.assert_array_equal(call(network, "objective", batch), clean)


def test_features_are_maxima_of_cells():
    network = shifted(build())
    frames, _ = make_batch()
    real = np.full((5, 12, 8, 1), -1.0)
    real[:, :11, :6, 0] = frames
    maps, _, statistics = numpy_maps(network, real)
    network.discriminator.norms[0].set_statistics(*statistics)
    features = call(network, "features", frames)
    assert features.shape == (5, N_FEATURES)
    # Maps of 6 x 4 and 3 x 2 positions in cells of 4 x 4.
    rows = [(0, 2), (1, 3), (3, 5), (4, 6)], [(0, 1), (0, 2), (1, 3), (2, 3)]
    columns = [(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 1), (0, 1), (1, 2), (1, 2)]
    expected = [
        layer[:, top:bottom, left:right, :].max(axis=(1, 2))
        for layer, across, along in zip(maps, rows, columns, strict=True)
        for top, bottom in across
        for left, right in along
    ]
    expected = np.concatenate(expected, axis=1)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)


def test_moments_are_those_of_what_is_normalised():
    network = shifted(build())
    frames, noise = make_batch()
    real = np.full((5, 12, 8, 1), -1.0)
    real[:, :11, :6, 0] = frames
    *_, expected = numpy_maps(network, real)
    (moments,) = map(to_numpy, network.discriminator_moments(frames))
    np.testing.assert_allclose(moments, np.stack(expected), rtol=1e-4, atol=1e-6)
    projected, hidden = map(to_numpy, network.generator_moments(noise))
    x = noise @ to_numpy(network.generator.projection.value)
    x = x.reshape(5, 3, 2, 6).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(projected[0], x, rtol=1e-4, atol=1e-6)
    assert hidden.shape == (2, 3)


def test_with_set_statistics_every_clip_is_by_itself():
    network = build()
    frames, noise = make_batch()
    for method, arrays in (("features", frames), ("generate", noise)):
        together = call(network, method, arrays)
        alone = call(network, method, arrays[2:3])
        np.testing.assert_allclose(together[2:3], alone, rtol=1e-5, atol=1e-6)
    # In training a clip feels its batch.
    maps = [
        to_numpy(network.discriminator.maps(network.pictures(part), training=True)[1])
        for part in (frames, frames[2:4])
    ]
    assert np.abs(maps[0][2:4] - maps[1]).max() > 1e-3


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 25, 50, 99])
def test_cells_cover_all_positions(size):
    from skaudeep.networks.dcgan import adaptive_cells, padded_size

    cells = adaptive_cells(size, 4)
    assert len(cells) == 4
    assert all(start < stop for start, stop in cells)
    covered = np.zeros(size, dtype=int)
    for start, stop in cells:
        covered[start:stop] += 1
    assert covered.min() >= 1
    if size >= 4:
        assert covered.max() <= 2
        assert (covered == 1).all() == (size % 4 == 0)
    padded = padded_size(size, 2)
    assert padded % 4 == 0
    assert size <= padded < size + 4


def test_initial_weights_are_the_published_ones():
    network = build(n_maps=32, latent_size=50)
    kernels = [*network.discriminator.kernels, *network.generator.kernels]
    for kernel in (*kernels, network.generator.projection):
        values = to_numpy(kernel.value)
        assert values.std() == pytest.approx(0.02, rel=0.1)
        assert abs(values.mean()) < 0.003
    gains = np.concatenate(
        [
            to_numpy(norm.gain.value)
            for norm in (*network.discriminator.norms, *network.generator.norms)
        ]
    )
    assert gains.mean() == pytest.approx(1, abs=0.01)
    assert gains.std() == pytest.approx(0.02, rel=0.3)
    again, other = build(n_maps=32, latent_size=50), build(1, n_maps=32, latent_size=50)
    for a, b in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (other.get_weights()[0] != network.get_weights()[0]).any()
