"""DCGANFeatures: what they are, what they do not depend on, how training goes on."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from functools import partial

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skaudeep._sequence_batches import SequenceBatches
from skaudeep.representation import DCGANFeatures

N_FRAMES, N_BANDS = 11, 6


def small(**params):
    """One architecture for most tests: it is compiled once."""
    defaults = dict(
        n_maps=2,
        kernel_size=3,
        latent_size=4,
        max_epochs=2,
        batch_size=8,
        learning_rate=0.002,
        random_state=0,
    )
    return DCGANFeatures(**{**defaults, **params})


def make_spectrograms(n_clips=20, seed=0):
    """A bright band whose place and length differ, in some noise."""
    rng = np.random.default_rng(seed)
    clips = rng.uniform(-1, -0.7, (n_clips, N_FRAMES, N_BANDS))
    for clip in clips:
        band, start = rng.integers(N_BANDS - 1), rng.integers(N_FRAMES - 4)
        clip[start : start + 4, band] += 1.5
    return clips.astype(np.float32)


X = make_spectrograms()


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X)


def assert_same_weights(first, second):
    assert len(first.weights_) == len(second.weights_)
    for a, b in zip(first.weights_, second.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("n_layers", "n_maps", "n_features"), [(2, 64, 3072), (2, 32, 1536), (4, 64, 15360)]
)
def test_number_of_features(n_layers, n_maps, n_features):
    spectrograms = np.zeros((2, 16, 20), dtype=np.float32)
    dcgan = DCGANFeatures(
        n_layers, n_maps, kernel_size=1, latent_size=1, max_epochs=0, random_state=0
    )
    features = dcgan.fit_transform(spectrograms)
    assert features.shape == (2, n_features)
    assert features.dtype == np.float32
    assert len(dcgan.get_feature_names_out()) == n_features


def test_names_say_what_columns_are(fitted):
    names = fitted.get_feature_names_out()
    assert names[0] == "conv0_time0_band0_map0"
    assert names[-1] == "conv1_time3_band3_map3"
    assert len(set(names)) == len(names) == 16 * 6
    # What happens at a clip's end is seen by the last two of the first convolution's
    # six positions, and what happens in the lowest band by the first of four.
    late, low = X.copy(), X.copy()
    late[:, -1] = low[:, :, 0] = 1
    for changed, part, cells in ((late, 1, {"time2", "time3"}), (low, 2, {"band0"})):
        differs = (fitted.transform(changed) != fitted.transform(X)).any(axis=0)
        first = [name.split("_") for name in names[differs] if "conv0" in name]
        assert {parts[part] for parts in first} == cells


def test_same_seed_same_features(fitted):
    state = np.random.get_state()[1].copy()
    again = small().fit(X)
    assert_same_weights(fitted, again)
    np.testing.assert_array_equal(fitted.transform(X), again.transform(X))
    np.testing.assert_array_equal(fitted.generate(2, 1), again.generate(2, 1))
    assert fitted.history_ == again.history_
    other = small(random_state=1).fit(X)
    assert (other.transform(X) != fitted.transform(X)).any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_features_do_not_depend_on_the_batch(fitted):
    together = fitted.transform(X)
    for i in (0, 7):
        alone = fitted.transform(X[i : i + 1])
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-5, atol=1e-6)
    backwards = fitted.transform(X[::-1])
    np.testing.assert_allclose(backwards[::-1], together, rtol=1e-5, atol=1e-6)
    listed = fitted.transform(list(X))
    np.testing.assert_array_equal(listed, together)


@pytest.mark.parametrize("max_epochs", [0, 3])
@pytest.mark.parametrize("n_layers", [2, 3])
def test_statistics_are_those_of_the_training_set(max_epochs, n_layers):
    model = small(n_layers=n_layers, max_epochs=max_epochs).fit(X).model_
    pictures = model.pictures(keras.ops.convert_to_tensor(X))
    # All clips as one batch, normalised by its own statistics.
    by_batch = model.discriminator.maps(pictures, training=True)
    by_set = model.discriminator.maps(pictures, training=False)
    for ours, expected in zip(by_set, by_batch, strict=True):
        ours, expected = map(keras.ops.convert_to_numpy, (ours, expected))
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


def test_generated_clips_are_normalised_like_a_large_batch():
    dcgan = small(max_epochs=3).fit(X)
    noise = np.random.default_rng(3).uniform(-1, 1, (2000, 4)).astype("f4")
    model = dcgan.model_
    noise = keras.ops.convert_to_tensor(noise)
    by_batch = keras.ops.convert_to_numpy(
        model.generator.generate(noise, training=True)
    )
    by_set = keras.ops.convert_to_numpy(model.generator.generate(noise))
    assert np.abs(by_batch - by_set).mean() < 0.05 * by_batch.std()


def test_padding_is_silence():
    padded = np.full((len(X), 12, 8), -1, dtype=np.float32)
    padded[:, :N_FRAMES, :N_BANDS] = X
    ours, by_hand = small().fit(X), small().fit(padded)
    assert_same_weights(ours, by_hand)
    np.testing.assert_array_equal(ours.transform(X), by_hand.transform(padded))
    generated = ours.generate(3, random_state=0)
    assert generated.shape == (3, N_FRAMES, N_BANDS)
    whole = by_hand.generate(3, random_state=0)
    np.testing.assert_array_equal(generated, whole[:, :N_FRAMES, :N_BANDS])


def test_history(fitted):
    assert list(fitted.history_) == [
        "loss",
        "discriminator_loss",
        "generator_loss",
        "discriminator_accuracy",
    ]
    assert {len(column) for column in fitted.history_.values()} == {2}
    total = np.add(
        fitted.history_["discriminator_loss"], fitted.history_["generator_loss"]
    )
    np.testing.assert_allclose(fitted.history_["loss"], total, rtol=1e-6)
    assert all(0 <= a <= 1 for a in fitted.history_["discriminator_accuracy"])


def distance_of_means(judge, generated):
    """Of the features of an untrained network, in standard deviations of the real."""
    real = judge.transform(X)
    scale = real.std(axis=0) + 1e-3
    return np.mean(np.abs(judge.transform(generated).mean(0) - real.mean(0)) / scale)


def test_feature_matching_lowers_the_distance_of_feature_means():
    judge = small(n_maps=8, max_epochs=0, random_state=9).fit(X)
    distances = {
        max_epochs: distance_of_means(
            judge, small(n_maps=8, max_epochs=max_epochs).fit(X).generate(64, 0)
        )
        for max_epochs in (0, 100)
    }
    assert distances[0] > 2
    assert distances[100] < 0.5 * distances[0]


def test_the_discriminator_learns():
    dcgan = small(n_maps=8, max_epochs=30, learning_rate=0.001, input_noise=0.0).fit(X)
    loss = dcgan.history_["discriminator_loss"]
    assert loss[0] > 1.0
    assert loss[-1] < 0.5 * loss[0]
    assert dcgan.history_["discriminator_accuracy"][-1] > 0.9


@pytest.mark.parametrize(
    "changes",
    [
        {"feature_matching": False},
        {"latent": "normal"},
        {"beta_1": 0.9},
        {"learning_rate": 0.001},
        {"gradient_clip": 1e-4},
        {"batch_size": 20},
        {"input_noise": 0.0},
    ],
)
def test_every_option_changes_training(fitted, changes):
    other = small(**changes).fit(X)
    assert (other.transform(X) != fitted.transform(X)).any()
    assert np.isfinite(other.generate(2, 0)).all()


def noise_of(**params):
    return small(max_epochs=0, **params).fit(X)._noise


def test_noise_is_of_the_distribution():
    rng = np.random.default_rng(0)
    uniform = noise_of(latent="uniform")(rng, 5000)
    assert -1 <= uniform.min() < -0.99
    assert 0.99 < uniform.max() <= 1
    assert uniform.std() == pytest.approx(np.sqrt(1 / 3), rel=0.02)
    normal = noise_of(latent="normal")(rng, 5000)
    assert normal.std() == pytest.approx(1, rel=0.02)
    assert normal.max() > 2.5


@pytest.mark.above_networks
def test_no_batch_is_much_smaller(fitted):
    sizes = []

    class Data:
        X = make_spectrograms(9)

    items = np.arange(9)
    rng = np.random.default_rng(0)
    for (frames, noise), weight in fitted._epoch(Data, items, 0, rng):
        assert len(frames) == len(noise) == weight
        sizes.append(weight)
    assert sorted(sizes) == [4, 5]


@pytest.mark.above_networks
def test_clips_of_other_lengths_are_refused(fitted):
    ragged = [X[0], X[1][:7], X[2]]
    missing = np.full_like(X[0], np.nan)
    with pytest.raises(ValueError, match="clip 2 has 7 frames and clip 1 has 11"):
        small().fit([missing, X[0], X[1][:7]])
    with pytest.raises(ValueError, match=r"clip 1 has 7 frames and clip 0 has 11.*Mel"):
        small().fit(ragged)
    with pytest.raises(ValueError, match=r"has 7 .* fitted with 11.*Chunker"):
        fitted.transform(X[:, :7])
    with pytest.raises(ValueError, match=r"has 12 .* fitted with 11.*duration=\.\.\."):
        clone(fitted).fit(X).partial_fit(np.zeros((3, 12, N_BANDS)))
    with pytest.raises(ValueError, match="X has 5 bands a frame"):
        fitted.transform(X[:, :, :5])


def test_missing_clips(fitted):
    holed = [*X[:3], np.full((1, N_BANDS), np.nan), *X[3:]]
    dcgan = small().fit(holed)
    assert_same_weights(dcgan, fitted)
    features = dcgan.transform(holed)
    assert np.isnan(features[3]).all()
    np.testing.assert_array_equal(np.delete(features, 3, 0), fitted.transform(X))
    with pytest.raises(ValueError, match="All 2 clips of X are missing"):
        small().fit(np.full((2, 5, 4), np.nan))


def test_silence_and_a_single_clip():
    silent = np.full((5, N_FRAMES, N_BANDS), -1, dtype=np.float32)
    features = small().fit_transform(silent)
    assert np.isfinite(features).all()
    np.testing.assert_array_equal(features[0], features[4])
    one = small().fit(X[:1])
    assert np.isfinite(one.transform(X)).all()
    assert np.isfinite(one.generate(2)).all()


@pytest.mark.above_networks
def test_small_spectrograms_are_named():
    with pytest.warns(UserWarning, match="3 frames and 6 bands are smaller than the 4"):
        dcgan = small(max_epochs=0).fit(X[:, :3])
    assert np.isfinite(dcgan.transform(X[:, :3])).all()
    with pytest.warns(UserWarning, match="X reaches 3 in magnitude, but the generator"):
        small(max_epochs=0).fit(3 * np.ones((2, 8, 8)))


def test_partial_fit_is_fit_in_epochs(fitted):
    dcgan = small()
    for _ in range(2):
        dcgan.partial_fit(X)
    assert_same_weights(dcgan, fitted)
    assert dcgan.n_epochs_ == 2
    assert dcgan.history_ == fitted.history_


def test_warm_start_goes_on(fitted):
    dcgan = small(max_epochs=1, warm_start=True).fit(X)
    assert_same_weights(dcgan.fit(X), fitted)
    with pytest.raises(ValueError, match="n_maps is 3"):
        dcgan.set_params(n_maps=3).fit(X)


class Interrupt(keras.callbacks.Callback):
    """Stands for the user who presses Ctrl+C."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_a_checkpoint_ends_with_the_same_weights(fitted, tmp_path):
    dcgan = small(checkpoint_dir=tmp_path, callbacks=[Interrupt])
    with pytest.raises(KeyboardInterrupt):
        dcgan.fit(X)
    resumed = dcgan.set_params(callbacks=None).fit(X)
    assert_same_weights(resumed, fitted)
    for name, column in fitted.history_.items():
        assert resumed.history_[name] == column


class Witness(keras.callbacks.Callback):
    """Notes what it is told of every epoch."""

    def __init__(self, told):
        super().__init__()
        self.told = told

    def on_epoch_end(self, epoch, logs=None):
        self.told.append(logs)

    def on_train_batch_end(self, batch, logs=None):
        self.told.append(logs["loss"])


@pytest.mark.above_networks
def test_callbacks_and_schedules():
    told = []
    dcgan = small(
        learning_rate=lambda epoch: 0.01 / (epoch + 1),
        callbacks=[partial(Witness, told)],
    ).fit(X)
    assert dcgan.history_["learning_rate"] == pytest.approx([0.01, 0.005])
    *batches, epoch = told[: len(told) // 2]
    assert epoch["generator_loss"] == dcgan.history_["generator_loss"][0]
    # Three batches of 7, 7 and 6 clips.
    mean = np.average(batches, weights=[7, 7, 6])
    assert mean == pytest.approx(epoch["loss"], rel=1e-5)


def test_generate(fitted):
    generated = fitted.generate(5, random_state=1)
    assert generated.shape == (5, N_FRAMES, N_BANDS)
    assert generated.dtype == np.float32
    assert np.abs(generated).max() <= 1
    assert (generated[0] != generated[1]).any()
    np.testing.assert_array_equal(fitted.generate(5, random_state=1), generated)
    assert (fitted.generate(5, random_state=2) != generated).any()
    for wrong in (0, -1, 1.5, "2"):
        with pytest.raises(
            ValueError, match="n_samples must be an integer of at least"
        ):
            fitted.generate(wrong)


def test_pickle_and_memory_map(fitted, tmp_path):
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(restored.transform(X), fitted.transform(X))
    np.testing.assert_array_equal(restored.generate(2, 0), fitted.generate(2, 0))
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_same_weights(small().fit(mapped), fitted)


def test_a_missing_clip_does_not_make_the_others_ragged():
    holed = [*X[:3], np.full((1, N_BANDS), np.nan, dtype=np.float32)]
    for index, (frames, lengths) in SequenceBatches(holed).iterate(batch_size=2):
        assert frames.shape == (len(index), N_FRAMES, N_BANDS)
        assert lengths is None


def test_noise_is_that_of_the_fitted_network(fitted):
    dcgan = clone(fitted).set_params(max_epochs=1).fit(X)
    expected = dcgan.generate(2, random_state=0)
    dcgan.set_params(latent="normal", latent_size=7)
    np.testing.assert_array_equal(dcgan.generate(2, random_state=0), expected)
    with pytest.raises(ValueError, match="latent_size is 7, but .* was made with"):
        dcgan.partial_fit(X)
    dcgan.set_params(latent_size=fitted.latent_size)
    with pytest.raises(ValueError, match="latent is 'normal', but .* 'uniform'"):
        dcgan.partial_fit(X)
