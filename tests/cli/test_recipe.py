"""From a preset, a file and options to a pipeline."""
# SPDX-License-Identifier: BSD-3-Clause

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from sklearn.feature_selection import mutual_info_classif
from sklearn.pipeline import FeatureUnion

from skaudeep.audio import MelSpectrogram, Spectrogram
from skaudeep.classifiers import CRNNClassifier, LiblinearClassifier
from skaudeep.cli._recipe import (
    classifier_options,
    gives_sequences,
    make_classifier,
    make_features,
    make_pipeline,
    merge_settings,
    recipe_options,
)
from skaudeep.cli._recipe_presets import PRESETS
from skaudeep.cli._recipe_stages import check_settings
from skaudeep.representation import DeepSpectrum, Seq2SeqAutoencoder

RATE = 8000
SMALL = {
    "spectrogram": {"sample_rate": RATE, "n_mels": 8},
    "representation": {"type": "statistics"},
    "random_state": 0,
}


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    paths = []
    for i, seconds in enumerate((1.0, 0.7, 1.6)):
        path = tmp_path / f"{i}.wav"
        signal = rng.uniform(-0.5, 0.5, (int(RATE * seconds), 2))
        soundfile.write(path, signal, RATE)
        paths.append(str(path))
    return paths


def recipe_of(*words):
    """What a command with these options is given as its settings."""

    @click.command()
    @recipe_options
    @classifier_options
    def command(config, options):
        found.append(merge_settings(config, options))

    found = []
    done = CliRunner().invoke(command, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return found[0]


def test_nothing_given_leaves_the_defaults_of_the_estimators():
    settings = merge_settings()
    assert settings == {"random_state": 0}
    pipeline = make_pipeline(settings)
    assert list(pipeline.named_steps) == ["features", "scaler", "classifier"]
    features = pipeline.named_steps["features"].named_steps
    assert repr(features["spectrogram"]) == repr(MelSpectrogram())
    expected = Seq2SeqAutoencoder(random_state=0)
    assert repr(features["representation"]) == repr(expected)
    expected = LiblinearClassifier(random_state=0)
    assert repr(pipeline[-1]) == repr(expected)


def test_options_override_the_file_and_the_file_the_preset(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(
        'preset = "esc-10"\nrandom_state = 3\n'
        "[spectrogram]\nn_mels = 64\nduration = 4\n"
        "[representation]\nn_units = 32\n",
        encoding="utf-8",
    )
    settings = recipe_of("--config", str(path), "--duration", "3", "--n-units", "8")
    assert settings["spectrogram"]["n_mels"] == 64
    assert settings["spectrogram"]["duration"] == 3
    assert settings["spectrogram"]["numerics"] == "audeep"
    assert settings["representation"]["n_units"] == 8
    assert settings["representation"]["max_epochs"] == 64
    assert settings["random_state"] == 3
    assert settings["classifier"]["type"] == "mlp"


def test_yaml_says_what_toml_says(tmp_path):
    toml, yaml = tmp_path / "a.toml", tmp_path / "a.yaml"
    toml.write_text(
        '[spectrogram]\ntype = "linear"\nclip_below = "None"\n[scaler]\n', "utf-8"
    )
    yaml.write_text("spectrogram: {type: linear, clip_below: null}\nscaler:\n", "utf-8")
    pytest.importorskip("yaml")
    first, second = (make_features(merge_settings(path)) for path in (toml, yaml))
    assert isinstance(first[0], Spectrogram)
    assert repr(first) == repr(second)


def test_another_type_begins_the_section_anew():
    settings = merge_settings(
        options={"preset": "esc-10", "features": "statistics", "classifier": "svm"}
    )
    assert settings["representation"] == {"type": "statistics"}
    assert settings["classifier"] == {"type": "svm"}
    assert settings["spectrogram"]["n_mels"] == 128
    assert (
        merge_settings(options={"preset": "esc-10", "features": "seq2seq"})[
            "representation"
        ]["max_epochs"]
        == 64
    )


def test_set_reaches_every_parameter():
    settings = recipe_of(
        *("--features", "statistics", "--set", "representation.statistics=['q10']"),
        *("--set", "classifier.solver=l2r_lr", "--set", "scaler.with_mean = false"),
        *("--set", "selection.type=select_k_best", "--set", "selection.k=3"),
        *("--set", "selection.score_func=mutual_info_classif"),
        *("--set", "random_state=7", "--set", "classifier.tol=None"),
    )
    pipeline = make_pipeline(settings)
    assert pipeline.named_steps["features"][-1].statistics == ("q10",)
    assert not pipeline.named_steps["scaler"].with_mean
    assert pipeline.named_steps["selection"].k == 3
    assert pipeline.named_steps["selection"].score_func is mutual_info_classif
    classifier = pipeline[-1]
    assert (classifier.solver, classifier.random_state) == ("l2r_lr", 7)
    assert classifier.tol is None


def test_network_options_mean_the_classifier_where_there_is_no_representation():
    pipeline = make_pipeline(
        recipe_of("--classifier", "crnn", "--max-epochs", "2", "--n-mels", "16")
    )
    assert list(pipeline.named_steps) == ["features", "classifier"]
    assert isinstance(pipeline[-1], CRNNClassifier)
    assert pipeline[-1].max_epochs == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"assignments": ("spectogram.n_mels=3",)}, "'spectrogram'"),
        ({"assignments": ("spectrogram.n_mel=3",)}, "did you mean 'n_mels'?"),
        ({"assignments": ("spectrogram.n_mel=3",)}, "window_width"),
        ({"assignments": ("spectrogram.type=mels",)}, "did you mean 'mel'?"),
        ({"assignments": ("representation.callbacks=[]",)}, "callbacks"),
        ({"assignments": ("n_mels=3",)}, "Unknown section"),
        ({"assignments": ("spectrogram.n_mels",)}, "SECTION.PARAMETER=VALUE"),
        ({"assignments": ("spectrogram.n_mels=3x",)}, "'3x'"),
        ({"assignments": ("spectrogram=3",)}, "must be a section"),
        ({"preset": "esc-11"}, "esc-10"),
        ({"spectrogram": "chroma", "n_mels": 3}, "type 'chroma'"),
    ],
)
def test_unknown_names_are_refused_with_what_is_allowed(options, words):
    with pytest.raises(ValueError) as error:
        merge_settings(options=options)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"spectrogram": {"n_mels": 0}}, r"\[spectrogram\] The 'n_mels' parameter"),
        ({"selection": {"type": "select_k_best", "score_func": "f"}}, "f_classif"),
        ({"chunks": {"hop": 1}}, r"\[chunks\] needs width"),
        ({"chunks": {"width": 1}, "spectrogram": {"duration": 2}}, "pad every chunk"),
        ({"chunks": {"width": 1}, "representation": {"type": "none"}}, "chunks"),
        ({"picture": {"size": 64}}, r"\[picture\] is for"),
        ({"vote": {"voting": "soft"}}, r"\[vote\] is for"),
        ({"representation": {"type": "none"}}, "leaves spectrograms"),
        ({"aggregation": {"type": "bag"}}, r"\[aggregation\] makes one row"),
        ({"channels": {"views": ["left", "left"]}}, "none twice"),
        ({"channels": {"views": "top"}}, "'left'"),
        (
            {"classifier": {"type": "crnn"}, "channels": {"views": ["left", "right"]}},
            "fused as features",
        ),
        ({"classifier": {"type": "crnn"}, "scaler": {}}, r"\[scaler\] is for features"),
        (
            {"classifier": {"type": "crnn"}, "representation": {"type": "statistics"}},
            "must be of type 'none'",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(settings, words):
    check_settings(settings)
    with pytest.raises(ValueError, match=words):
        make_pipeline(settings)


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("[spectrogram\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"recipe\.toml: Expected"):
        merge_settings(path)


def test_channels_and_levels_stand_side_by_side(files):
    settings = {
        **SMALL,
        "channels": {"views": ["mean", "difference"]},
        "spectrogram": {**SMALL["spectrogram"], "clip_below": [-20, "None"]},
    }
    features = make_features(settings)
    assert isinstance(features[0], FeatureUnion)
    X = features.fit_transform(files)
    assert X.shape == (3, 4 * 16)
    for i, (view, level) in enumerate(
        [("mean", -20), ("mean", "None"), ("difference", -20), ("difference", "None")]
    ):
        alone = {
            **SMALL,
            "channels": {"views": view},
            "spectrogram": {**SMALL["spectrogram"], "clip_below": level},
        }
        assert np.array_equal(
            make_features(alone).fit_transform(files), X[:, 16 * i : 16 * (i + 1)]
        )


def test_chunks_are_rows_of_their_clip_and_vote(files):
    settings = {**SMALL, "chunks": {"width": 0.5}}
    assert gives_sequences(settings)
    X = make_features(settings).fit_transform(files)
    assert [clip.shape for clip in X] == [(2, 16), (1, 16), (3, 16)]
    pipeline = make_pipeline(settings).fit(files, ["a", "b", "a"])
    assert pipeline[-1].voting == "hard"
    assert pipeline.predict(files).tolist() == ["a", "b", "a"]


def test_a_clip_of_which_a_chunk_is_unreadable_is_missing(files, tmp_path):
    settings = {**SMALL, "chunks": {"width": 0.5}}
    settings["spectrogram"] = {**SMALL["spectrogram"], "on_error": "ignore"}
    features = make_features(settings)
    X = features.fit_transform([*files, "no-such.wav"])
    assert np.isnan(X[3]).all() and not any(np.isnan(clip).any() for clip in X[:3])
    assert np.array_equal(features.transform(files[:1])[0], X[0])


def test_windows_of_pictures_know_the_step_of_the_frames():
    settings = recipe_of(
        *("--features", "deepspectrum", "--window", "1", "--colour-map", "magma"),
        *("--window-width", "0.05", "--window-overlap", "0.03"),
    )
    representation = make_features(settings)[-1]
    assert isinstance(representation, DeepSpectrum)
    assert representation.frame_step == pytest.approx(0.02)
    assert representation.picture.colour_map == "magma"
    assert gives_sequences(settings)
    assert not gives_sequences({**settings, "aggregation": {"type": "statistics"}})


def test_a_classifier_alone_takes_what_features_give():
    assert list(make_classifier(SMALL).named_steps) == ["scaler", "classifier"]
    assert make_classifier(SMALL, sequences=True)[-1].voting == "hard"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_pipeline(name):
    settings = merge_settings(options={"preset": name})
    check_settings(settings)
    pipeline = make_pipeline(settings)
    parameters = pipeline.get_params()
    assert {2} == {v for k, v in parameters.items() if k.endswith("__n_layers")}
    assert {256} == {v for k, v in parameters.items() if k.endswith("__n_units")}
