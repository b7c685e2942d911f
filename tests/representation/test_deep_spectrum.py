"""Tests of DeepSpectrum: pictures, windows, rows that stay, messages."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import threading
import warnings

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skaudeep.audio import MelSpectrogram, SpectrogramPicture
from skaudeep.classifiers import LiblinearClassifier
from skaudeep.representation import DeepSpectrum
from skaudeep.representation._windows import Windows

pytestmark = pytest.mark.network


def shallow(**options):
    """The first layers of the network with weights: fast, and not trivial."""
    return DeepSpectrum(layer="block2_project_conv", pooling="avg", **options)


@pytest.fixture
def clips(rng):
    return [rng.random((n, 20)).astype("f4") for n in (30, 7, 300, 30)]


def test_features_are_those_of_the_pictures(clips):
    pictures = SpectrogramPicture().fit_transform(clips)
    drawn = shallow().fit_transform(clips)
    given = shallow().fit_transform(pictures)
    assert drawn.shape == (4, 24)
    assert drawn.dtype == np.float32
    np.testing.assert_array_equal(drawn, given)
    other = shallow(picture=SpectrogramPicture("magma")).fit_transform(clips)
    assert np.abs(other - drawn).max() > 0.1


def test_a_clip_is_the_same_in_any_batch(clips):
    together = shallow().fit_transform(clips)
    for options in ({"batch_size": 1}, {"batch_size": 3, "n_jobs": 2}):
        rows = shallow(**options).fit_transform(clips)
        np.testing.assert_allclose(rows, together, rtol=1e-4, atol=1e-4)
    alone = shallow().fit(clips).transform(clips[2:3])
    np.testing.assert_allclose(alone[0], together[2], rtol=1e-4, atol=1e-4)
    backwards = shallow().fit_transform(clips[::-1])
    np.testing.assert_allclose(backwards[::-1], together, rtol=1e-4, atol=1e-4)


def test_rectangles_and_collections_agree(clips):
    equal = np.stack([clips[0], clips[3]])
    np.testing.assert_allclose(
        shallow().fit_transform(equal),
        shallow().fit_transform([clips[0], clips[3]]),
        rtol=1e-5,
    )


def test_windows_give_sequences(clips):
    windowed = shallow(window=1.0, hop=0.5, frame_step=0.05)
    sequences = windowed.fit_transform(clips)
    assert sequences.dtype == object
    # 20 frames every 10; the last window reaches the end.
    assert [len(clip) for clip in sequences] == [2, 1, 29, 2]
    chunk = clips[2][10:30]
    alone = shallow().fit_transform([chunk])
    np.testing.assert_allclose(sequences[2][1], alone[0], rtol=1e-4, atol=1e-4)
    rectangle = windowed.fit_transform(np.stack([clips[0], clips[3]]))
    assert rectangle.shape == (2, 2, 24)
    np.testing.assert_allclose(rectangle[1], sequences[3], rtol=1e-4, atol=1e-4)


def test_short_windows_are_filled_with_the_floor(clips):
    windowed = shallow(window=1.0, frame_step=0.05)
    sequence = windowed.fit_transform(clips[1:2])[0]
    filled = np.full((20, 20), clips[1].min(), dtype="f4")
    filled[:7] = clips[1]
    expected = shallow().fit_transform([filled])
    np.testing.assert_allclose(sequence, expected, rtol=1e-4, atol=1e-4)
    fixed = SpectrogramPicture(value_range=(-1, 1))
    windowed.set_params(picture=fixed)
    filled[7:] = -1
    expected = shallow(picture=fixed).fit_transform([filled])
    sequence = windowed.fit_transform(clips[1:2])[0]
    np.testing.assert_allclose(sequence, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("n_frames", [1, 3, 4, 5, 9, 10, 101])
@pytest.mark.parametrize("hop", [1.0, 2.5, 4.0])
def test_windows_hold_every_frame(n_frames, hop):
    spans = Windows(4, hop).spans(n_frames)
    held = {frame for start, stop in spans for frame in range(start, stop)}
    assert held == set(range(n_frames))
    assert spans[-1][1] == n_frames
    assert all(stop - start == 4 for start, stop in spans[:-1])
    assert [start for start, _ in spans] == [round(k * hop) for k in range(len(spans))]


def test_missing_clips_keep_their_rows(clips):
    missing = np.full((1, 20), np.nan, "f4")
    X = [missing, clips[0], missing, clips[1]]
    features = shallow().fit_transform(X)
    assert np.isnan(features).all(axis=1).tolist() == [True, False, True, False]
    expected = shallow().fit_transform([clips[0], clips[1]])
    np.testing.assert_allclose(features[[1, 3]], expected, rtol=1e-4, atol=1e-4)
    sequences = shallow(window=1.0, frame_step=0.05).fit_transform(X)
    assert [bool(np.isnan(s).all()) for s in sequences] == [True, False, True, False]
    assert np.isnan(shallow().fit_transform([missing, missing])).all()


def test_several_layers_and_their_names(clips):
    both = DeepSpectrum(layer=("block1_project_conv", "stem_conv"), pooling="max")
    features = both.fit_transform(clips)
    assert both.layer_sizes_ == {"block1_project_conv": 16, "stem_conv": 32}
    assert features.shape == (4, 48)
    names = both.get_feature_names_out()
    assert names[0] == "block1_project_conv_0"
    assert names[47] == "stem_conv_31"
    alone = DeepSpectrum(layer="stem_conv", pooling="max").fit_transform(clips)
    np.testing.assert_allclose(features[:, 16:], alone, rtol=1e-5)


def test_the_default_is_the_pooled_layer(clips):
    network = DeepSpectrum().fit(clips)
    assert network.layer_sizes_ == {"avg_pool": 1280}
    assert network.transform(clips).shape == (4, 1280)
    assert sum(w.size for w in network.weights_) == 3_350_000


def test_a_model_of_ones_own(clips):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(3, 5, name="conv"),
            layers.GlobalAveragePooling2D(name="pool"),
        ]
    )
    network = DeepSpectrum(model, preprocess="tf")
    features = network.fit_transform(clips)
    pictures = SpectrogramPicture().fit_transform(clips) / np.float32(127.5) - 1
    expected = keras.ops.convert_to_numpy(model(pictures))
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)
    again = pickle.loads(pickle.dumps(network)).transform(clips)
    np.testing.assert_array_equal(again, features)
    np.testing.assert_array_equal(clone(network).fit_transform(clips), features)


def test_a_layer_as_large_as_the_picture_is_refused(clips):
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Conv2D(3, 5, name="conv")]
    )
    with pytest.raises(ValueError, match="pooling=None leaves .*'conv' as the picture"):
        DeepSpectrum(model, layer="conv").fit(clips)
    assert DeepSpectrum(model, layer="conv", pooling="max").fit(clips).layer_sizes_ == {
        "conv": 3
    }


def test_pickle_holds_arrays_and_the_same_numbers(clips):
    network = shallow().fit(clips)
    data = pickle.dumps(network)
    # The weights of the first two blocks, and little more.
    assert len(data) < 60_000
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.transform(clips), network.transform(clips))


def test_random_weights_warn_and_have_a_seed(clips):
    rows = []
    for seed in (1, 1, 2):
        network = shallow(weights=None, random_state=seed)
        with pytest.warns(UserWarning, match="weights=None draws random weights"):
            rows.append(network.fit_transform(clips))
    np.testing.assert_array_equal(rows[0], rows[1])
    assert np.abs(rows[0] - rows[2]).max() > 1e-3
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        shallow().fit(clips)


def test_pictures_are_drawn_ahead_but_not_all(clips, monkeypatch):
    from skaudeep.representation import _deep_spectrum

    drawn, most_ahead, seen = [], [], []

    class Recorder(_deep_spectrum.PictureBatches):
        def load(self, index):
            drawn.append(threading.current_thread())
            most_ahead.append(len(drawn) - len(seen))
            return super().load(index)

    monkeypatch.setattr(_deep_spectrum, "PictureBatches", Recorder)
    network = shallow(batch_size=2, n_jobs=1).fit(clips)
    many = clips * 10

    from skaudeep.representation import _picture_batches

    fill = _picture_batches._filled
    monkeypatch.setattr(
        _picture_batches, "_filled", lambda p: seen.append(len(p)) or fill(p)
    )
    network.transform(many)
    assert len(drawn) == len(seen) == 20
    assert threading.main_thread() not in drawn
    assert max(most_ahead) <= 3


def test_in_a_pipeline_with_folds(corpus):
    pipeline = make_pipeline(
        MelSpectrogram(window_width=0.02, window_overlap=0.01, n_mels=16),
        shallow(),
        StandardScaler(),
        LiblinearClassifier(random_state=0),
    )
    scores = cross_val_score(pipeline, corpus.paths, corpus.target, cv=corpus.cv)
    assert scores.mean() > 0.8
    search = GridSearchCV(
        pipeline,
        {"deepspectrum__picture": [None, SpectrogramPicture("gray")]},
        cv=corpus.cv,
    ).fit(corpus.paths, corpus.target)
    assert search.best_score_ > 0.8


def test_in_a_union_and_as_a_data_frame(clips):
    pd = pytest.importorskip("pandas")
    union = FeatureUnion(
        [
            ("viridis", shallow()),
            ("gray", shallow(picture=SpectrogramPicture("gray"))),
        ]
    )
    assert union.fit_transform(clips).shape == (4, 48)
    frame = shallow().set_output(transform="pandas").fit_transform(clips)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns[1] == "block2_project_conv_1"
    windowed = shallow(window=1.0, frame_step=0.05).set_output(transform="pandas")
    assert windowed.fit_transform(clips).dtype == object


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "nothing"}, "backbone must be .*'VGG16'"),
        ({"layer": "fc2"}, "layer='fc2' is not one of this network.*'avg_pool'"),
        ({"layer": ()}, "layer must be the name of a layer"),
        ({"layer": ("stem_conv", "stem_conv")}, "of which none stands twice"),
        ({"weights": "nowhere.pth"}, "weights='nowhere.pth' is no file"),
        ({"preprocess": "no"}, "preprocess must be 'keras', 'deepspectrum'"),
        ({"window": 1.0}, "frame_step must be given with window=1.0"),
        ({"hop": 1.0}, "hop means nothing without window"),
        ({"frame_step": 1.0}, "frame_step means nothing without window"),
        ({"picture": StandardScaler()}, "picture must be a SpectrogramPicture or None"),
        ({"picture": SpectrogramPicture("no")}, "colour_map must be"),
        ({"pooling": "mean"}, "'pooling' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        (
            {"backbone": "alexnet", "layer": "fc6"},
            "cannot be had for backbone='alexnet'",
        ),
    ],
)
def test_bad_parameters(clips, options, message):
    with pytest.raises((ValueError, OSError), match=message):
        DeepSpectrum(**options).fit(clips)


def test_bad_pictures(clips):
    pictures = np.zeros((2, 30, 30, 3))
    with pytest.raises(ValueError, match="dtype uint8, .* float64"):
        shallow().fit(pictures)
    with pytest.raises(ValueError, match=r"got one of shape \(2, 30, 30, 4\)"):
        shallow().fit(np.zeros((2, 30, 30, 4), np.uint8))
    with pytest.raises(ValueError, match="window=1 cuts sequences, but X holds"):
        shallow(window=1, frame_step=1).fit(pictures.astype(np.uint8))
    with pytest.raises(ValueError, match="NaN in some places"):
        shallow().fit([np.array([[1.0, np.nan]])])
