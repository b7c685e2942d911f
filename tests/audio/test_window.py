"""Windows by name, by tuple and by callable, and what is refused."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from functools import partial

import numpy as np
import pytest
import scipy.signal
from sklearn.base import clone

from skaudeep.audio import MelSpectrogram, Spectrogram
from skaudeep.audio._window import periodic_hann, window_samples


@pytest.mark.parametrize("n_fft", [1, 2, 7, 640])
def test_hann_is_the_formula_to_the_bit(n_fft):
    expected = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    np.testing.assert_array_equal(window_samples("hann", n_fft), expected)
    assert window_samples("hann", n_fft) is periodic_hann(n_fft)


@pytest.mark.parametrize(
    "window",
    ["hamming", "boxcar", "hann", ("kaiser", 8.6), ("general_cosine", [0.5, 0.5])],
)
@pytest.mark.parametrize("n_fft", [1, 7, 640])
def test_names_are_scipys_periodic_windows(window, n_fft):
    expected = scipy.signal.get_window(window, n_fft, fftbins=True)
    actual = window_samples(window, n_fft)
    if n_fft > 1 or window != "hann":
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-15)
    assert actual.dtype == np.float64


@pytest.mark.parametrize(
    "window",
    [
        np.hamming,
        partial(scipy.signal.windows.kaiser, beta=5),
        lambda n: [1] * n,
        lambda n: np.hamming(n).astype(np.float32),
    ],
)
def test_callables_are_asked_for_the_samples(window):
    actual = window_samples(window, 16)
    np.testing.assert_array_equal(actual, window(16))
    assert actual.dtype == np.float64


def test_numpys_hamming_is_symmetric_and_scipys_name_is_not(rng):
    signal = [rng.standard_normal(4000)]
    named = Spectrogram(8000, window="hamming", scale=None).transform(signal)
    symmetric = Spectrogram(8000, window=np.hamming, scale=None).transform(signal)
    periodic = Spectrogram(8000, window=_periodic_hamming, scale=None).transform(signal)
    np.testing.assert_array_equal(named, periodic)
    assert np.abs(named - symmetric).max() > 0.01


def _periodic_hamming(n_samples):
    return scipy.signal.windows.hamming(n_samples, sym=False)


class Narrowing:
    """A window that is another one every time."""

    beta = 0

    def __call__(self, n_samples):
        self.beta += 5
        return np.kaiser(n_samples, self.beta)


def test_what_a_callable_returned_is_not_kept():
    window = Narrowing()
    first, second = window_samples(window, 32), window_samples(window, 32)
    np.testing.assert_array_equal(first, np.kaiser(32, 5))
    np.testing.assert_array_equal(second, np.kaiser(32, 10))


@pytest.mark.parametrize("window", [np.hamming, ("tukey", 0.3), "blackman"])
@pytest.mark.parametrize("step", [MelSpectrogram(8000, n_mels=8), Spectrogram(8000)])
def test_clone_and_pickle(step, window, rng):
    signal = [rng.standard_normal(4000)]
    step = clone(step).set_params(window=window)
    expected = step.fit_transform(signal)
    for copy in (clone(step), pickle.loads(pickle.dumps(step))):
        np.testing.assert_array_equal(copy.transform(signal), expected)
    plain = clone(step).set_params(window="hann").transform(signal)
    assert np.abs(plain - expected).max() > 1e-3


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (None, "'window' parameter of .*Spectrogram must be .* Got None"),
        (np.ones(640), "'window' parameter of .*Spectrogram must be"),
        ("humming", "window must be a name or a tuple .* or a callable .* 'humming'"),
        ("kaiser", "window must be a name or a tuple .* got 'kaiser'"),
        (("kaiser",), r"window must be a name or a tuple .* got \('kaiser',\)"),
        (("hamming", 3), r"window must be a name or a tuple .* got \('hamming', 3\)"),
        ((), r"window must be a name or a tuple .* got \(\)"),
        ((640, 3.0), r"window must be a name or a tuple .* got \(640, 3.0\)"),
    ],
)
@pytest.mark.parametrize("numerics", ["librosa", "audeep"])
def test_unknown_names_are_refused_in_fit(window, message, numerics):
    for cls in (MelSpectrogram, Spectrogram):
        with pytest.raises(ValueError, match=message):
            cls(8000, window=window, numerics=numerics).fit([np.ones(5000)])


@pytest.mark.parametrize(
    ("window", "fault"),
    [
        (lambda n: np.hamming(n - 1), r"an array of shape \(639,\) for 640 samples"),
        (lambda n: np.ones((n, 1)), r"an array of shape \(640, 1\)"),
        (lambda n: None, r"an array of shape \(\)"),
        (lambda n: np.full(n, np.nan), "NaN or infinite numbers"),
        (lambda n: np.r_[np.inf, np.ones(n - 1)], "NaN or infinite numbers"),
        (lambda n: np.ones(n) * 1j, "an array of dtype complex128"),
        (lambda n: ["1"] * n, "an array of dtype <U1"),
        (("kaiser", np.nan), "NaN or infinite numbers"),
    ],
)
def test_windows_that_cannot_be_used_are_refused(window, fault):
    # Even where a clip that cannot be used would only be missing.
    step = Spectrogram(8000, window=window, on_error="ignore")
    with pytest.raises(ValueError, match=f"window must give as many finite .*{fault}"):
        step.fit_transform([np.ones(5000)])


def test_parameters_that_do_not_go_with_the_length_are_refused():
    step = Spectrogram(1000, window=("dpss", 60), window_width=0.1, window_overlap=0)
    with pytest.raises(ValueError, match=r"got \('dpss', 60\) for 100 samples: "):
        step.fit_transform([np.ones(5000)])
    step.set_params(window_width=0.2).fit_transform([np.ones(5000)])


@pytest.mark.parametrize("window", ["hamming", ("hann",), np.hanning])
def test_audeep_has_only_hann(window):
    for cls in (MelSpectrogram, Spectrogram):
        with pytest.raises(ValueError, match="window must be 'hann' with numerics='au"):
            cls(8000, window=window, numerics="audeep").fit([np.ones(5000)])
