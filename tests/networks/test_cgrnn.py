"""The tagging network against its equations, in NumPy."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

sys.path.insert(0, str(Path(__file__).parent))
from backends import call, loss_and_gradients, op_by_op, to_numpy

from skaudeep.classifiers._tag_pooling import clip_tags, frame_outputs

SMALL = dict(n_bands=6, n_outputs=3, n_filters=4, n_units=3, n_dense=5)
LENGTHS = np.array([7, 5, 1], dtype=np.int32)
HEADS = [(True, True), (True, False), (False, True), (False, False)]

pytestmark = pytest.mark.network


def build(seed=0, **changes):
    from skaudeep.networks.cgrnn import CGRNN

    defaults = dict(filter_length=4, n_layers=2)
    network = CGRNN(**{**SMALL, **defaults, **changes}, seed=seed)
    rng = np.random.default_rng(seed)
    # Biases that begin at zero would not be missed.
    network.set_weights(
        [w + rng.normal(0, 0.3, w.shape).astype("f4") for w in network.get_weights()]
    )
    return network


def make_frames(seed=0, n_frames=7, n_bands=6):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (len(LENGTHS), n_frames, n_bands)).astype("f4")


def localize(network, *arrays):
    """What estimators make of the logits: attention, localisation and tags."""
    with op_by_op():
        logits = [to_numpy(part) for part in network.frame_logits(*arrays)]
    config = {"attention": network.attention is not None}
    config["localization"] = network.localization is not None
    clips = [frame_outputs(parts, config) for parts in zip(*logits, strict=True)]
    attention, *others = (np.stack(part) for part in zip(*clips, strict=True))
    return [attention[:, :, np.newaxis], *others]


def gru(layer, x):
    """A GRU of Keras, one clip of shape (n_frames, n_inputs)."""
    kernel, recurrent, bias = (np.float64(w) for w in layer.get_weights())
    n = recurrent.shape[0]
    state, out = np.zeros(n), []
    for frame in x:
        a, b = frame @ kernel + bias[0], state @ recurrent + bias[1]
        z, r = expit(a[:n] + b[:n]), expit(a[n : 2 * n] + b[n : 2 * n])
        new = np.tanh(a[2 * n :] + r * b[2 * n :])
        state = z * state + (1 - z) * new
        out.append(state)
    return np.array(out)


def dense(layer, x):
    kernel, bias = (np.float64(w) for w in layer.get_weights())
    return x @ kernel + bias


def by_hand(network, x):
    """Attention, localisation, frames' tags and the clip's, of one clip."""
    x = np.float64(x)
    kernel = np.float64(to_numpy(network.kernel.value))
    windows = np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis=1)
    maps = np.einsum("tpl,lf->tpf", windows, kernel) + to_numpy(network.bias.value)
    features = np.maximum(maps, 0).max(axis=1)
    z = np.ones((len(x), 1))
    if network.attention is not None:
        z = expit(dense(network.attention, x))  # equation 3
    localization = np.ones((len(x), network.n_outputs))
    if network.localization is not None:
        localization = softmax(dense(network.localization, x), axis=1)  # equation 6
    features = features * z  # equation 4
    for ahead, back in network.directions:
        features = np.hstack(
            [gru(ahead.layers[0], features), gru(back.layers[0], features[::-1])[::-1]]
        )
    hidden = np.maximum(dense(network.dense, features), 0)
    tags = expit(dense(network.to_logits, hidden))
    weighted = z * tags * localization  # equations 5 and 7
    weights = localization
    if network.normalization == "attention":
        weights = z * localization
    clip = weighted.sum(axis=0) / weights.sum(axis=0)  # equation 8
    return z, localization, tags, clip


@pytest.mark.parametrize("normalization", ["paper", "attention"])
@pytest.mark.parametrize(("attention", "localization"), HEADS)
def test_equations(attention, localization, normalization):
    network = build(
        attention=attention, localization=localization, normalization=normalization
    )
    frames = make_frames()
    expected = [by_hand(network, x) for x in frames]
    outputs = [*localize(network, frames), call(network, "tag", frames)]
    for found, wanted in zip(outputs, zip(*expected, strict=True), strict=True):
        np.testing.assert_allclose(found, np.stack(wanted), rtol=1e-4, atol=1e-5)


def test_equations_on_two_frames():
    """Numbers that can be followed with a pencil: one filter, weights set by hand."""
    network = build(n_bands=2, n_outputs=2, filter_length=2, n_filters=1, n_layers=1)
    weights = [np.zeros_like(w) for w in network.get_weights()]
    network.set_weights(weights)
    # Attention: log 3 times the first band. Localisation: log 4 times the second one
    # for the first tag. The recurrent layers are silent, so that the tags are 0.5.
    network.attention.set_weights(
        [np.array([[np.log(3)], [0]], "f4"), np.zeros(1, "f4")]
    )
    network.localization.set_weights(
        [np.array([[0, 0], [np.log(4), 0]], "f4"), np.zeros(2, "f4")]
    )
    frames = np.array([[[1, 0], [-1, 1]]], "f4")
    attention, localization, tags = localize(network, frames)
    np.testing.assert_allclose(attention[0, :, 0], [3 / 4, 1 / 4], rtol=1e-6)
    np.testing.assert_allclose(localization[0], [[0.5, 0.5], [0.8, 0.2]], rtol=1e-6)
    np.testing.assert_allclose(tags, 0.5)
    # (3/4 1/2 1/2 + 1/4 1/2 4/5) / (1/2 + 4/5), and with 1/5 in place of 4/5.
    expected = [(3 / 16 + 1 / 10) / 1.3, (3 / 16 + 1 / 40) / 0.7]
    np.testing.assert_allclose(call(network, "tag", frames)[0], expected, rtol=1e-6)
    # With the attention in the weights a mean of 0.5 is 0.5.
    network.normalization = "attention"
    np.testing.assert_allclose(call(network, "tag", frames)[0], 0.5, rtol=1e-6)


@pytest.mark.parametrize("normalization", ["paper", "attention"])
@pytest.mark.parametrize(("attention", "localization"), HEADS)
def test_tags_of_logits_are_those_of_the_network(
    attention, localization, normalization
):
    config = dict(
        attention=attention, localization=localization, normalization=normalization
    )
    network, frames = build(**config), make_frames()
    tags = call(network, "tag", frames, LENGTHS)
    with op_by_op():
        logits = [to_numpy(part) for part in network.frame_logits(frames, LENGTHS)]
    for i, length in enumerate(LENGTHS):
        found = clip_tags([part[i, :length] for part in logits], config)
        np.testing.assert_allclose(found, tags[i], rtol=1e-5)


def test_number_of_parameters_of_the_paper():
    from skaudeep.networks.cgrnn import CGRNN

    assert CGRNN(40, 7).count_params() == 927_343


@pytest.mark.parametrize("normalization", ["paper", "attention"])
@pytest.mark.parametrize(("attention", "localization"), HEADS)
def test_padding_changes_nothing(attention, localization, normalization):
    network = build(
        attention=attention, localization=localization, normalization=normalization
    )
    frames = make_frames()
    garbage = frames.copy()
    for x, length in zip(garbage, LENGTHS, strict=True):
        x[length:] = 1e3
    tags = call(network, "tag", garbage, LENGTHS)
    parts = localize(network, garbage, LENGTHS)
    for i, length in enumerate(LENGTHS):
        alone = frames[i : i + 1, :length]
        np.testing.assert_allclose(tags[i], call(network, "tag", alone)[0], rtol=1e-5)
        for part, one in zip(parts, localize(network, alone), strict=True):
            np.testing.assert_allclose(part[i, :length], one[0], rtol=1e-5, atol=1e-7)


@pytest.mark.filterwarnings("error:You are using a softmax")
def test_one_frame_and_one_tag():
    network = build(n_outputs=1)
    frames = make_frames(n_frames=1)
    attention, localization, tags = localize(network, frames)
    np.testing.assert_array_equal(localization, 1)
    tag = call(network, "tag", frames)
    np.testing.assert_allclose(tag, (attention * tags)[:, 0], rtol=1e-6)


@pytest.mark.above_networks
def test_a_tenth_of_a_second_beside_a_minute():
    """At a hop of 16 ms, in one batch: nearly all of a clip is padding."""
    network = build(n_layers=1)
    frames = np.zeros((2, 3749, 6), "f4")
    frames[0] = np.random.default_rng(0).normal(0, 1, frames[0].shape)
    frames[1, :6] = frames[0, :6]
    tags = call(network, "tag", frames, np.array([3749, 6], dtype=np.int32))
    for clip, row in zip((frames[:1], frames[:1, :6]), tags, strict=True):
        np.testing.assert_allclose(call(network, "tag", clip)[0], row, rtol=1e-4)


def test_a_filter_sees_all_bands_if_there_are_fewer():
    network = build(filter_length=30)
    assert network.kernel.shape == (6, 4) and network.n_positions == 1
    frames = make_frames()
    expected = [by_hand(network, x)[3] for x in frames]
    np.testing.assert_allclose(call(network, "tag", frames), expected, rtol=1e-4)


def test_initial_weights_are_all_different():
    from skaudeep.networks.cgrnn import CGRNN

    network = CGRNN(**SMALL, filter_length=4, seed=0)
    matrices = [w.ravel() for w in network.get_weights() if w.any()]
    first = [float(w[0]) / float(np.abs(w).max()) for w in matrices]
    # Convolution, two heads, two layers of two directions of two kernels, two layers.
    assert len(set(first)) == len(first) == 1 + 2 + 3 * 2 * 2 + 2


def test_dropout_is_of_the_training_alone():
    network = build(dropout=0.9)
    batch = make_frames(), LENGTHS, np.eye(3, dtype="f4"), np.ones((3, 3), "f4")
    quiet = call(network, "objective", batch)
    np.testing.assert_array_equal(call(network, "objective", batch), quiet)
    noisy = [float(call(network, "objective", batch, training=True)) for _ in range(3)]
    assert len({float(quiet), *noisy}) == 4
    network = build(dropout=0.0)
    np.testing.assert_allclose(
        call(network, "objective", batch, training=True),
        call(network, "objective", batch),
        rtol=1e-6,
    )


def test_neither_attention_nor_localization_is_the_mean_over_time():
    network = build(attention=False, localization=False)
    frames = make_frames()
    *_, tags = localize(network, frames)
    np.testing.assert_allclose(call(network, "tag", frames), tags.mean(axis=1), 1e-5)
    assert not any("attention" in w.path for w in network.trainable_variables)


@pytest.mark.parametrize("normalization", ["paper", "attention"])
def test_weights_far_below_one_are_not_lost(normalization):
    """A tag of which no frame speaks has weights that float32 does not hold."""
    network = build(normalization=normalization)
    kernel, bias = network.localization.get_weights()
    network.localization.set_weights([kernel, bias - np.array([300, 0, 0], "f4")])
    frames = make_frames()
    assert localize(network, frames)[1][:, :, 0].astype("f4").max() == 0
    expected = [by_hand(network, x)[3] for x in frames]
    np.testing.assert_allclose(call(network, "tag", frames), expected, rtol=1e-4)


def test_objective_is_the_weighted_cross_entropy():
    network = build()
    frames, rng = make_frames(), np.random.default_rng(1)
    targets = rng.integers(0, 2, (3, 3)).astype("f4")
    weights = rng.uniform(0, 2, (3, 3)).astype("f4")
    tags = call(network, "tag", frames, LENGTHS)
    losses = -np.log(np.where(targets == 1, tags, 1 - tags))
    expected = (losses * weights).sum() / weights.sum()
    # It is a mean, however little the weights are.
    for scale in (1, 1e-3):
        batch = frames, LENGTHS, targets, np.float32(scale) * weights
        np.testing.assert_allclose(
            call(network, "evaluate", *batch), expected, rtol=1e-5
        )


def test_rows_without_weight_count_nowhere():
    network = build(dropout=0.0)
    targets = np.eye(3, dtype="f4")
    weights = np.ones((3, 3), "f4")
    weights[2] = 0
    full = loss_and_gradients(
        network, (make_frames(), LENGTHS, targets, weights), training=True
    )
    two = loss_and_gradients(
        network,
        (make_frames()[:2], LENGTHS[:2], targets[:2], weights[:2]),
        training=True,
    )
    np.testing.assert_allclose(full[0], two[0], rtol=1e-5)
    for a, b in zip(full[1], two[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6)
        assert np.abs(b).max() > 0


def test_gradient_is_that_of_differences():
    network = build(dropout=0.0)
    batch = make_frames(), LENGTHS, np.eye(3, dtype="f4"), np.ones((3, 3), "f4")
    _, gradients = loss_and_gradients(network, batch, training=True)
    rng = np.random.default_rng(2)
    start = [np.array(w) for w in network.get_weights()]
    directions = [rng.normal(0, 1, w.shape).astype("f4") for w in start]
    losses = []
    for step in (-1e-3, 1e-3):
        moved = [w + step * d for w, d in zip(start, directions, strict=True)]
        network.set_weights(moved)
        losses.append(float(call(network, "evaluate", *batch)))
    slope = (losses[1] - losses[0]) / 2e-3
    expected = sum(
        float((g * d).sum()) for g, d in zip(gradients, directions, strict=True)
    )
    np.testing.assert_allclose(slope, expected, rtol=2e-2)
