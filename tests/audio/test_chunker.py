"""Tests of Chunker: which chunks it cuts, and the way of labels there and back."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression

from skaudeep.audio import (
    Chunker,
    MelSpectrogram,
    Recording,
    SequenceStatistics,
    majority_vote,
    mean_vote,
)
from skaudeep.exceptions import AudioError


def _spans(chunks):
    return [(chunk.start, chunk.stop) for chunk in chunks]


def test_files_become_recordings(stereo_wav):
    chunks = Chunker(width=0.2, hop=0.15).fit_transform([stereo_wav])
    assert chunks.dtype == object
    assert {chunk.path for chunk in chunks} == {stereo_wav}
    np.testing.assert_allclose(_spans(chunks), [(0, 0.2), (0.15, 0.35), (0.3, 0.5)])


def test_chunks_of_a_file_are_chunks_of_its_signal(stereo_wav, stereo_signal):
    files = Chunker(0.12, 0.05).fit_transform([stereo_wav])
    signals = Chunker(0.12, 0.05, sample_rate=8000).fit_transform([stereo_signal])
    assert len(files) == len(signals) == 8
    for recording, signal in zip(files, signals, strict=True):
        np.testing.assert_array_equal(recording.read()[0], signal)


def test_hop_defaults_to_width_and_the_rest_is_left_out(stereo_wav):
    assert _spans(Chunker(0.2).fit_transform([stereo_wav])) == [(0, 0.2), (0.2, 0.4)]


def test_rounding_neither_loses_nor_shortens_chunks(tmp_path):
    # 0.3 / 0.1 is 2.9999999999999996, and 22050 Hz * 0.01 s is 220.5 samples.
    soundfile.write(tmp_path / "a.wav", np.ones(4800), 16000)
    assert len(Chunker(0.1).fit_transform([tmp_path / "a.wav"])) == 3
    soundfile.write(tmp_path / "b.wav", np.ones(22050), 22050)
    chunks = Chunker(0.01).fit_transform([tmp_path / "b.wav"])
    assert {chunk.read()[0].shape[1] for chunk in chunks} == {220}
    assert len(chunks) == 100


def test_hops_that_are_no_whole_samples_do_not_drift():
    ramp = [np.arange(2205)]
    chunks = Chunker(0.01, sample_rate=22050).transform(ramp)
    assert [chunk[0] for chunk in chunks[:4]] == [0, 220, 441, 662]
    # 22050 * 0.14 is 3087.0000000000005.
    assert len(Chunker(0.14, sample_rate=22050).transform([np.ones(9261)])) == 3


def test_count_keeps_the_first(stereo_wav):
    chunks = Chunker(0.1, count=2).fit_transform([stereo_wav])
    np.testing.assert_allclose(_spans(chunks), [(0, 0.1), (0.1, 0.2)])


def test_views_and_spans_are_kept(stereo_wav):
    piece = Recording(stereo_wav, "right", start=0.1, stop=0.45)
    chunks = Chunker(0.1).fit_transform([piece])
    assert [chunk.channel for chunk in chunks] == ["right"] * 3
    np.testing.assert_allclose(_spans(chunks), [(0.1, 0.2), (0.2, 0.3), (0.3, 0.4)])


def test_short_clips_give_one_chunk(stereo_wav):
    short = Recording(stereo_wav, stop=0.05)
    chunker = Chunker(0.2)
    chunks = chunker.fit_transform([short, stereo_wav, short])
    assert chunks[0] == chunks[-1] == short
    np.testing.assert_array_equal(chunker.groups_, [0, 1, 1, 2])


def test_rectangles_stay_rectangles(rng):
    X = rng.standard_normal((2, 10))
    chunks = Chunker(4, 3, sample_rate=1).fit_transform(X)
    assert chunks.shape == (6, 4)
    assert chunks.dtype == np.float32
    np.testing.assert_allclose(chunks[4], X[1, 3:7], rtol=1e-6)
    stereo = Chunker(4, 3, sample_rate=1).fit_transform(X[:, np.newaxis])
    np.testing.assert_array_equal(stereo[:, 0], chunks)


def test_unreadable_files_pass_as_one_chunk(tmp_path, stereo_wav):
    chunker = Chunker(0.2)
    chunks = chunker.fit_transform([tmp_path / "missing.wav", stereo_wav])
    assert chunks[0] == Recording(tmp_path / "missing.wav")
    np.testing.assert_array_equal(chunker.groups_, [0, 1, 1])
    X = MelSpectrogram(n_mels=4, on_error="ignore").transform(chunks)
    np.testing.assert_array_equal(np.isnan(X).all(axis=(1, 2)), [True, False, False])


def test_groups_of_other_recordings(stereo_wav):
    chunker = Chunker(0.2).fit([stereo_wav])
    others = [Recording(stereo_wav, stop=0.1), stereo_wav]
    np.testing.assert_array_equal(chunker.groups(others), [0, 1, 1])
    np.testing.assert_array_equal(chunker.groups_, [0, 0])


def test_only_headers_are_read(stereo_wav, monkeypatch):
    monkeypatch.setattr(Recording, "_decode", None)
    assert len(Chunker(0.2).fit_transform([stereo_wav])) == 2


def test_labels_to_chunks_and_votes_back(rng):
    time = np.arange(4000) / 8000
    y = np.array(["high", "low", "high", "low"])
    pitch = np.where(y == "high", 2000, 300)[:, np.newaxis]
    clips = np.sin(2 * np.pi * pitch * time) + 0.1 * rng.standard_normal((4, 4000))
    chunker = Chunker(0.2, sample_rate=8000)
    chunks = chunker.fit_transform(clips)
    features = SequenceStatistics().fit_transform(
        MelSpectrogram(8000, n_mels=8).transform(chunks)
    )
    classifier = LogisticRegression().fit(features, chunker.expand_labels(y))
    votes = majority_vote(classifier.predict(features), chunker.groups_)
    np.testing.assert_array_equal(votes, y)
    means = mean_vote(classifier.predict_proba(features), chunker.groups_)
    np.testing.assert_array_equal(classifier.classes_[means.argmax(axis=1)], y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"width": 0}, "'width' parameter of Chunker must .* Got 0"),
        ({"width": 1, "hop": 0}, "'hop' parameter of Chunker must .* Got 0"),
        ({"width": 1, "count": 0}, "'count' parameter of Chunker must .* Got 0"),
        ({"width": 1e-4, "sample_rate": 8000}, r"width=0\.0001 .* at least one sample"),
        (
            {"width": 1, "hop": 1e-5, "sample_rate": 8000},
            "hop=1e-05 .* at least one sample",
        ),
        ({"width": 1}, r"sample_rate must be given .* X\[0\] is an array"),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        Chunker(**parameters).fit([np.ones(100)])


def test_empty_signals_are_named():
    with pytest.raises(AudioError, match=r"X\[1\]: the signal holds no samples"):
        Chunker(1, sample_rate=10).fit([np.ones(5), np.ones(0)])
