"""What the autoencoder does with clips and parameters that it cannot take."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

sys.path.insert(0, str(Path(__file__).parent))
from autoencoders import N_BANDS, make_tones, small


@pytest.fixture(scope="module")
def clips():
    return make_tones()


@pytest.fixture(scope="module")
def fitted(clips):
    return small().fit(clips)


def test_missing_clip_keeps_its_row(clips, fitted):
    missing = np.full((4, N_BANDS), np.nan, dtype=np.float32)
    X = [clips[0], missing, clips[1]]
    features = fitted.transform(X)
    assert np.isnan(features[1]).all()
    np.testing.assert_allclose(
        features[[0, 2]], fitted.transform(clips[:2]), rtol=1e-4, atol=1e-6
    )
    reconstruction = fitted.reconstruct(X)
    assert np.isnan(reconstruction[1]).all()
    assert fitted.score(X) == pytest.approx(fitted.score(clips[:2]), rel=1e-5)


def test_missing_clip_takes_no_part_in_training(clips, fitted):
    missing = np.full((4, N_BANDS), np.nan, dtype=np.float32)
    model = small().fit([*clips, missing])
    np.testing.assert_allclose(model.transform(clips), fitted.transform(clips))


def test_all_missing_is_an_error():
    X = np.full((3, 4, N_BANDS), np.nan, dtype=np.float32)
    with pytest.raises(ValueError, match="All 3 clips of X are missing"):
        small().fit(X)


def test_partly_missing_clip_is_an_error(clips):
    broken = clips[3].copy()
    broken[1, 2] = np.nan
    with pytest.raises(ValueError, match="contains NaN: clip 1 is NaN in some places"):
        small().fit([clips[0], broken])


def test_other_bands_than_in_fit(fitted):
    with pytest.raises(ValueError, match="X has 5 bands a frame, but Seq2Seq.* with 3"):
        fitted.transform(np.zeros((2, 4, 5)))


def test_uneven_bands(clips):
    with pytest.raises(ValueError, match=r"X\[0\] has 3 and X\[1\] has 4"):
        small().fit([clips[0], np.zeros((3, 4))])


def test_paths_are_refused_with_advice():
    with pytest.raises(TypeError, match=r"'a.wav'.*Put a MelSpectrogram"):
        small().fit(["a.wav"])


def test_values_out_of_range_are_warned_of(clips):
    with pytest.warns(UserWarning, match="reaches 80 in magnitude"):
        small(max_epochs=0).fit([np.full((3, N_BANDS), -80.0)])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_layers": 0}, r"'n_layers' .* \[1, inf\). Got 0"),
        ({"cell": "rnn"}, "'cell' .*'gru'.* Got 'rnn'"),
        ({"dropout": 1.0}, r"'dropout' .* \[0.0, 1.0\). Got 1.0"),
        ({"teacher_forcing": "leaky"}, "'teacher_forcing' .* Got 'leaky'"),
        ({"max_epochs": -1}, "'max_epochs' .* Got -1"),
    ],
)
def test_parameters_out_of_range(clips, params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(clips)


@pytest.mark.above_networks
def test_divergence_is_an_error_and_leaves_no_trace(clips, fitted):
    message = "epoch 1. Lower learning_rate"
    with pytest.raises(FloatingPointError, match=message), pytest.warns(UserWarning):
        small(max_epochs=1).fit([np.full((3, N_BANDS), 1e30, dtype=np.float32)])
    again = small().fit(clips)
    np.testing.assert_array_equal(again.transform(clips), fitted.transform(clips))


def test_failed_refit_leaves_no_weights_of_the_last_one(clips):
    model = small(max_epochs=1).fit(clips)
    with pytest.raises(FloatingPointError), pytest.warns(UserWarning):
        model.fit([np.full((3, N_BANDS), 1e30, dtype=np.float32)])
    with pytest.raises(NotFittedError):
        model.transform(clips)
