"""The convolutional recurrent network against its layers one by one."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from backends import call, loss_and_gradients, op_by_op, to_numpy

SMALL = dict(n_bands=20, n_outputs=3, n_filters=6, n_units=5, n_dense=7)
EPSILON = 1e-5

pytestmark = pytest.mark.network


def build(seed=0, *, trained=True, **changes):
    """A network; `trained` gives norms values with which no training begins."""
    from skaudeep.networks.crnn import CRNN
    from skaudeep.networks.window_crnn import WindowCRNN

    settings = {**SMALL, **changes}
    if "time_steps" in settings:
        del settings["n_outputs"]
        network = WindowCRNN(**settings, seed=seed)
    else:
        network = CRNN(**settings, seed=seed)
    if trained:
        rng = np.random.default_rng(seed)
        for norm in network.norms:
            n_maps = norm.gain.shape[0]
            # Some gains below zero, where a maximum is not that of the normalised.
            norm.gain.assign(rng.normal(0.3, 1, n_maps))
            norm.offset.assign(rng.normal(0, 0.5, n_maps))
            norm.set_statistics(rng.normal(0, 0.3, n_maps), rng.uniform(0.5, 2, n_maps))
    return network


def make_frames(n_clips=4, n_frames=9, n_bands=20, seed=0):
    rng = np.random.default_rng(seed)
    # Far from zero, as spectrograms are.
    shape = n_clips, n_frames, n_bands
    return rng.normal(-3, 1, shape).astype("f4")


LENGTHS = np.array([9, 7, 3, 1], dtype=np.int32)


def numpy_convolve(network, frames, statistics=None):
    """Features of clips without padding, normalised by `statistics` or by set ones.

    Returns the features and the maps before either normalisation.
    """
    convolution = network.convolution
    kernel = to_numpy(convolution.kernel.value)[:, :, 0]
    around = [((n - 1) // 2, n // 2) for n in kernel.shape[:2]]
    padded = np.pad(frames.astype("f8"), ((0, 0), *around))
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, kernel.shape[:2], axis=(1, 2)
    )
    first = np.einsum("ntbij,ijf->ntbf", windows, kernel)
    x = np.maximum(numpy_norm(convolution.norms[0], first, statistics, 0), 0)
    size = convolution.pool_size
    starts = range(0, x.shape[2], size)
    x = np.stack([x[:, :, i : i + size].max(axis=2) for i in starts], axis=2)
    kernel = to_numpy(convolution.band_kernel.value)
    windows = np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis=2)
    second = np.einsum("ntpfl,lfg->ntpg", windows, kernel)
    x = np.maximum(numpy_norm(convolution.norms[1], second, statistics, 1), 0)
    return x.max(axis=2), (first, second)


def numpy_norm(norm, x, statistics, i):
    mean, variance = (to_numpy(norm.mean.value), to_numpy(norm.variance.value))
    if statistics is not None:
        mean, variance = statistics[i]
    gain, offset = to_numpy(norm.gain.value), to_numpy(norm.offset.value)
    return gain * (x - mean) / np.sqrt(variance + EPSILON) + offset


CONVOLUTIONS = [
    {},
    {"n_bands": 18},
    {"n_bands": 18, "band_filter_length": 2},
    {"kernel_size": (1, 5), "pool_size": 3, "band_filter_length": 3},
    {"kernel_size": (4, 2), "pool_size": 1, "band_filter_length": 7},
    {"n_bands": 3, "pool_size": 50},
]


@pytest.mark.parametrize("options", CONVOLUTIONS)
def test_features_are_those_of_layer_after_layer(options):
    network = build(**options)
    frames = make_frames(n_bands=network.convolution.n_bands)
    expected, _ = numpy_convolve(network, frames)
    features = call(network, "convolve", frames)
    assert features.shape == (4, 9, 6)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", CONVOLUTIONS[:3])
def test_training_normalises_by_the_real_frames_of_the_batch(options):
    network = build(**options)
    frames = make_frames(n_bands=network.convolution.n_bands)
    clips = [x[:n] for x, n in zip(frames, LENGTHS, strict=True)]
    statistics = []
    for i in range(2):
        maps = [
            numpy_convolve(network, clip[None], [*statistics, (0, 1)][:2])[1][i]
            if i
            else numpy_convolve(network, clip[None])[1][0]
            for clip in clips
        ]
        rows = np.concatenate([m.reshape(-1, 6) for m in maps])
        statistics.append((rows.mean(axis=0), rows.var(axis=0)))
    features = call(network, "convolve", frames, LENGTHS, training=True)
    for x, clip, length in zip(features, clips, LENGTHS, strict=True):
        expected, _ = numpy_convolve(network, clip[None], statistics)
        np.testing.assert_allclose(x[:length], expected[0], rtol=1e-3, atol=1e-4)
    for name, measured in zip(network.moments[:1], statistics, strict=False):
        moments = call(network, name, frames, LENGTHS)
        np.testing.assert_allclose(moments, measured, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kernel_size", [3, (1, 3)])
@pytest.mark.parametrize("n_seen", [2, 3, 5])
def test_windows_share_the_convolutions(kernel_size, n_seen):
    network = build(kernel_size=kernel_size)
    frames = make_frames()
    with op_by_op():
        edges = network.convolve_window_edges(frames)
    first, inner, last = map(to_numpy, edges)
    for start in range(frames.shape[1] - n_seen + 1):
        stop = start + n_seen
        direct = call(network, "convolve", frames[:, start:stop])
        shared = inner[:, start:stop].copy()
        shared[:, 0], shared[:, -1] = first[:, start], last[:, stop - 1]
        np.testing.assert_allclose(shared, direct, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("time_steps", "n_frames", "options"),
    [
        (4, 40, {}),
        (2, 9, {"cell": "gru", "direction": "forward", "n_layers": 1}),
        (3, 3, {"direction": "bidirectional", "n_bands": 18, "band_filter_length": 2}),
        (5, 30, {"cell": "gru", "kernel_size": (1, 4), "direction": "bidirectional"}),
        (7, 30, {"kernel_size": (3, 2), "pool_size": 50, "n_layers": 3}),
    ],
)
def test_windows_are_read_as_they_are_one_by_one(
    time_steps, n_frames, options, monkeypatch
):
    from skaudeep.networks.kernels import layer, windows

    # Blocks end in the middle of the clip, and threads take turns.
    monkeypatch.setattr(windows, "_MAP_FRAMES", 2)
    monkeypatch.setattr(windows, "_BAND_FRAMES", 5)
    monkeypatch.setattr(windows, "_WINDOWS", 3)
    monkeypatch.setattr(layer, "_MIN_STATE", 1)
    network = build(time_steps=time_steps, **options)
    rng = np.random.default_rng(0)
    for variable in network.trainable_variables:
        # Biases too.
        variable.assign(rng.normal(0, 0.7, variable.shape))
    frames = make_frames(1, n_frames, network.convolution.n_bands) + 3
    starts = np.arange(n_frames - time_steps + 1)[:, None]
    laid_out = frames[0][starts + np.arange(time_steps)]
    expected = call(network, "frame_probabilities", laid_out)
    assert expected.std() > 5e-4
    shared = call(network, "window_probabilities", frames)
    np.testing.assert_allclose(shared, expected, atol=2e-6)
    reader = network.window_reader()
    if keras.backend.backend() == "jax":
        assert reader is None
        return
    read = reader.probabilities(frames[0])
    np.testing.assert_allclose(read, expected, atol=2e-6)


def test_windows_that_share_nothing_have_no_reader():
    assert build(time_steps=1).window_reader() is None
    assert build(time_steps=4, kernel_size=5).window_reader() is None


def test_other_windows_do_not_share():
    with pytest.raises(ValueError, match="one or of three frames, this one sees 5"):
        build(kernel_size=5).convolve_window_edges(make_frames())


@pytest.mark.parametrize("framewise", [False, True])
@pytest.mark.parametrize("pooling", ["mean", "max", "last"])
@pytest.mark.parametrize(
    ("direction", "cell"),
    [("backward", "lstm"), ("forward", "gru"), ("bidirectional", "lstm")],
)
def test_padding_changes_nothing(direction, cell, pooling, framewise):
    network = build(
        direction=direction, cell=cell, pooling=pooling, framewise=framewise
    )
    frames = make_frames()
    with_others = call(network, "logits", frames, LENGTHS)
    # Whatever stands there.
    for i, length in enumerate(LENGTHS):
        frames[i, length:] = 1e3
    np.testing.assert_allclose(
        call(network, "logits", frames, LENGTHS), with_others, rtol=1e-5, atol=1e-6
    )
    for i, length in enumerate(LENGTHS):
        alone = call(network, "logits", frames[i : i + 1, :length])[0]
        among = with_others[i, :length] if framewise else with_others[i]
        np.testing.assert_allclose(among, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("framewise", [False, True])
def test_padding_changes_nothing_in_training(framewise):
    network = build(framewise=framewise, dropout=0.0)
    frames = make_frames()
    targets = np.array([0, 1, 2, 1])
    if framewise:
        targets = np.repeat(targets[:, None], 9, axis=1)
    weights = np.ones(4, "f4")
    loss, gradients = loss_and_gradients(
        network, (frames, LENGTHS, targets, weights), training=True
    )
    for i, length in enumerate(LENGTHS):
        frames[i, length:] = 7
    # Longer, and a clip without frames that fills up the batch.
    frames = np.pad(frames, ((0, 1), (0, 3), (0, 0)), constant_values=5)
    lengths = np.append(LENGTHS, np.int32(0))
    surplus = ((0, 1), (0, 3)) if framewise else (0, 1)
    batch = frames, lengths, np.pad(targets, surplus), np.append(weights, np.float32(0))
    padded_loss, padded_gradients = loss_and_gradients(network, batch, training=True)
    assert padded_loss == pytest.approx(loss, rel=1e-5)
    for ours, theirs in zip(padded_gradients, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


class LayerAfterLayer:
    """The same network whose convolutions are made of Keras's operations."""

    def __init__(self, network):
        self.network = network
        self.trainable_variables = network.trainable_variables

    def convolve(self, frames, lengths, training):
        from skaudeep.networks.recurrent import frame_mask

        lengths = keras.ops.convert_to_tensor(lengths)
        ops, convolution = keras.ops, self.network.convolution
        mask = frame_mask(ops.convert_to_tensor(frames), lengths)
        x = ops.where(mask[:, :, None], frames, 0.0)[..., None]
        kernel = convolution.kernel.value
        x = ops.conv(x, kernel, padding="same", data_format="channels_last")
        x = ops.relu(convolution.norms[0].normalize(x, training, mask=mask))
        size = (1, convolution.pool_size)
        x = ops.max_pool(x, size, size, "valid", data_format="channels_last")
        kernel = convolution.band_kernel.value[None]
        x = ops.conv(x, kernel, padding="valid", data_format="channels_last")
        x = ops.relu(convolution.norms[1].normalize(x, training, mask=mask))
        size = (1, x.shape[2])
        return ops.max_pool(x, size, size, "valid", data_format="channels_last")[
            :, :, 0
        ]

    def objective(self, batch, training):
        convolve = self.network.convolve
        try:
            self.network.convolve = self.convolve
            return self.network.objective(batch, training=training)
        finally:
            self.network.convolve = convolve


@pytest.mark.parametrize("framewise", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("band_filter_length", [3, 32])
def test_gradients_are_those_of_layer_after_layer(
    band_filter_length, training, framewise
):
    options = {"activation": "sigmoid", "dropout": 0.0, "framewise": framewise}
    network = build(band_filter_length=band_filter_length, **options)
    rng = np.random.default_rng(1)
    shape = (4, 9, 3) if framewise else (4, 3)
    targets = rng.integers(0, 2, shape).astype("f4")
    weights = rng.uniform(0.5, 1, 4).astype("f4")
    batch = make_frames(), LENGTHS, targets, weights
    loss, gradients = loss_and_gradients(network, batch, training)
    reference = LayerAfterLayer(network)
    expected_loss, expected = loss_and_gradients(reference, batch, training)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for ours, theirs in zip(gradients, expected, strict=True):
        assert np.abs(theirs).max() > 0
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def reaches(network, frame, n_frames=9):
    """Frames whose logits change with the features of one frame."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((1, n_frames, 6)).astype("f4")
    before = call(network, "frame_logits_of", features)
    features[0, frame] += 1
    after = call(network, "frame_logits_of", features)
    return np.flatnonzero(np.abs(after - before)[0].max(axis=1) > 1e-7)


def test_a_direction_is_what_it_is_called():
    options = {"framewise": True, "n_layers": 2}
    frame = 4
    backward = reaches(build(direction="backward", **options), frame)
    np.testing.assert_array_equal(backward, np.arange(0, frame + 1))
    forward = reaches(build(direction="forward", **options), frame)
    np.testing.assert_array_equal(forward, np.arange(frame, 9))
    both = reaches(build(direction="bidirectional", **options), frame)
    np.testing.assert_array_equal(both, np.arange(9))


def test_backward_is_forward_on_the_mirrored_clip():
    backward, forward = (
        build(direction=direction, framewise=True)
        for direction in ("backward", "forward")
    )
    forward.set_weights(backward.get_weights())
    features = np.random.default_rng(0).standard_normal((4, 9, 6)).astype("f4")
    mirrored = features.copy()
    for x, length in zip(mirrored, LENGTHS, strict=True):
        x[:length] = x[:length][::-1]
    expected = call(forward, "frame_logits_of", mirrored, LENGTHS)
    logits = call(backward, "frame_logits_of", features, LENGTHS)
    for ours, theirs, length in zip(logits, expected, LENGTHS, strict=True):
        np.testing.assert_allclose(
            ours[:length], theirs[:length][::-1], rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("direction", ["backward", "forward", "bidirectional"])
def test_last_is_what_has_been_read_last(direction):
    clips = build(direction=direction, pooling="last")
    frames = build(direction=direction, framewise=True)
    frames.set_weights(clips.get_weights())
    features = np.random.default_rng(0).standard_normal((4, 9, 6)).astype("f4")
    ours = call(clips, "clip_logits_of", features, LENGTHS)
    states, last = (to_numpy(s) for s in frames._read(features, LENGTHS))
    rows = np.arange(4)
    expected = {"forward": states[rows, LENGTHS - 1], "backward": states[:, 0]}
    expected["bidirectional"] = np.concatenate(
        [states[rows, LENGTHS - 1, :5], states[:, 0, 5:]], axis=-1
    )
    np.testing.assert_allclose(last, expected[direction], rtol=1e-5, atol=1e-6)
    assert ours.shape == (4, 3)


def test_weights_count_as_repetitions():
    network = build()
    frames, targets = make_frames(), np.array([0, 1, 2, 1])
    times = np.array([1, 3, 2, 1])
    weighted = call(network, "evaluate", frames, LENGTHS, targets, times.astype("f4"))
    rows = np.repeat(np.arange(4), times)
    ones = np.ones(len(rows), "f4")
    repeated = call(
        network, "evaluate", frames[rows], LENGTHS[rows], targets[rows], ones
    )
    assert weighted == pytest.approx(repeated, rel=1e-5)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_frames_count_alike_and_only_real_ones(n_outputs):
    network = build(n_outputs=n_outputs, framewise=True, activation="sigmoid")
    frames, rng = make_frames(), np.random.default_rng(3)
    targets = rng.integers(0, 2, (4, 9, n_outputs)).astype("f4")
    weights = rng.uniform(0, 1, (4, 9)).astype("f4")
    logits = call(network, "logits", frames, LENGTHS).astype("f8")
    losses = (np.logaddexp(0, logits) - targets * logits).mean(axis=-1)
    real = np.arange(9) < LENGTHS[:, None]
    loss = call(network, "evaluate", frames, LENGTHS, targets, weights)
    assert loss == pytest.approx(np.average(losses[real], weights=weights[real]), 1e-4)
    # One weight a clip is that of all of its frames.
    of_clips = weights[:, 0]
    loss = call(network, "evaluate", frames, LENGTHS, targets, of_clips)
    spread = np.broadcast_to(of_clips[:, None], real.shape)
    assert loss == pytest.approx(np.average(losses[real], weights=spread[real]), 1e-4)


def test_a_batch_in_which_nothing_counts_is_no_loss():
    network = build()
    batch = make_frames(), LENGTHS, np.zeros(4, int), np.zeros(4, "f4")
    assert call(network, "evaluate", *batch) == 0


def test_parameters_of_the_defaults():
    from skaudeep.networks.crnn import CRNN

    network = CRNN(128, 1, activation="sigmoid", framewise=True)
    shapes = [tuple(v.shape) for v in network.trainable_variables]
    assert (3, 3, 1, 128) in shapes
    assert (32, 128, 128) in shapes
    lstm = 2 * (4 * 128 * (128 + 128) + 4 * 128)
    norms = 3 * 2 * 128
    expected = 9 * 128 + 32 * 128 * 128 + lstm + 128 * 128 + 129 + norms
    assert sum(int(np.prod(s)) for s in shapes) == expected


def test_initial_weights_depend_on_the_seed_alone():
    one, same, other = (build(seed, trained=False) for seed in (1, 1, 2))
    keras.utils.set_random_seed(0)
    for a, b in zip(one.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    differing = [
        not np.array_equal(a, b)
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    ]
    assert any(differing)
