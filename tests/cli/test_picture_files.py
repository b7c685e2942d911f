"""``skaudeep extract --pictures``: features of png and jpg files."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skaudeep.cli._picture_files import read_picture
from skaudeep.exceptions import AudioError
from skaudeep.io import load_features
from skaudeep.representation import DeepSpectrum

sys.path.insert(0, str(Path(__file__).parent))
from corpora import fails, run

NETWORK = ("--features", "deepspectrum", "--layer", "block5_add")
NETWORK += ("--set", "representation.pooling=avg", "--set", "picture.size=32")


def write_picture(path, seed, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3))
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    """Five pictures of two classes, of different sizes and endings."""
    for number in range(5):
        name = f"{number}.{'png' if number % 2 else 'JPG'}"
        path = tmp_path / "pictures" / "ab"[number % 2] / name
        write_picture(path, number, (40 + number, 30))
    (tmp_path / "pictures" / "a" / "notes.txt").touch()
    return tmp_path / "pictures"


def features_of(paths, size=32):
    pictures = np.stack([read_picture(path, size) for path in paths])
    return DeepSpectrum(layer="block5_add", pooling="avg").fit_transform(pictures)


@pytest.mark.network
def test_a_folder_of_pictures_becomes_rows_with_the_labels_of_its_folders(
    folder, tmp_path, capsys
):
    output = tmp_path / "out.csv"
    words = ("extract", folder, "--pictures", *NETWORK, "--columns", "deepspectrum")
    values = run(capsys, *words, "-o", output, "--block-size", 2)
    assert values == {"output": [str(output)], "n_rows": 5, "missing": []}
    table = load_features(output)
    paths = sorted(folder.glob("*/*.[pJ]*"))
    assert table.filenames.tolist() == [
        path.relative_to(folder).as_posix() for path in paths
    ]
    assert table.target.tolist() == ["a", "a", "a", "b", "b"]
    np.testing.assert_allclose(table.features, features_of(paths), rtol=1e-4, atol=1e-5)
    assert output.read_text().startswith("name,neuron_0,")
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.network
def test_one_picture_and_a_label(folder, tmp_path, capsys):
    output = tmp_path / "out.nc"
    words = ("extract", folder / "b" / "1.png", "--pictures", *NETWORK)
    run(capsys, *words, "--label", "dog", "-o", output)
    assert load_features(output).target.tolist() == ["dog"]


@pytest.mark.network
def test_an_unreadable_picture_is_named_and_keeps_its_row(folder, tmp_path, capsys):
    broken, output = folder / "b" / "1.png", tmp_path / "out.nc"
    broken.write_bytes(broken.read_bytes()[:200])
    words = ("extract", folder, "--pictures", *NETWORK, "-o", output)
    words += ("--block-size", 2)
    assert str(broken) in fails(capsys, *words)
    values = run(capsys, *words, "--on-error", "warn")
    assert values["missing"] == [str(broken)]
    features = load_features(output).features
    assert np.isnan(features).all(axis=1).tolist() == [0, 0, 0, 1, 0]
    others = [path for path in sorted(folder.glob("*/*.[pJ]*")) if path != broken]
    np.testing.assert_allclose(
        features[[0, 1, 2, 4]], features_of(others), rtol=1e-4, atol=1e-5
    )


@pytest.mark.network
def test_what_is_computed_is_not_computed_again(folder, tmp_path, capsys, monkeypatch):
    from skaudeep.cli import _picture_files

    (folder / "b" / "3.png").write_bytes(b"no picture")
    words = ("extract", folder, "--pictures", *NETWORK, "-o", tmp_path / "out.nc")
    words += ("--block-size", 2)
    assert "not recognised" in fails(capsys, *words)
    read, names = read_picture, []
    monkeypatch.setattr(
        _picture_files,
        "read_picture",
        lambda path, size: names.append(Path(path).name) or read(path, size),
    )
    write_picture(folder / "b" / "3.png", 3)
    run(capsys, *words)
    assert names == ["3.png"]


def test_nothing_but_noise_is_an_error(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"no picture")
    words = ("extract", tmp_path / "a.png", "--pictures", *NETWORK)
    words += ("--on-error", "ignore", "-o", tmp_path / "out.nc")
    assert "None of the files" in fails(capsys, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--n-mels", "8"), "[spectrogram] n_mels"),
        (("--chunk-length", "1"), "[chunks] width"),
        (("--colour-map", "magma"), "[picture] colour_map"),
        (("--channel", "left"), "[channels] views"),
        (("--start", "1"), "--start is for recordings"),
        (("--save-model", "model"), "--save-model is for recordings"),
        (("--train-on", "train"), "--train-on is for recordings"),
        (("--frames",), "--frames is for recordings"),
    ],
)
def test_options_of_recordings_are_refused(words, said, folder, tmp_path, capsys):
    call = ("extract", folder, "--pictures", *NETWORK, "-o", tmp_path / "out.nc")
    assert said in fails(capsys, *call, *words, status=2)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_pictures_are_for_an_image_network(folder, tmp_path, capsys):
    words = ("extract", folder, "--pictures", "--features", "mfcc")
    said = fails(capsys, *words, "-o", tmp_path / "out.nc", status=2)
    assert "--features deepspectrum" in said


def test_a_folder_without_pictures_is_said_to_have_none(tmp_path, capsys):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.wav").touch()
    words = ("extract", tmp_path / "sounds", "--pictures", *NETWORK)
    said = fails(capsys, *words, "-o", tmp_path / "out.nc")
    assert "no file that ends in .jpeg or .jpg or .png, only a.wav" in said


def test_a_picture_is_red_green_and_blue(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGBA", (3, 7), (250, 20, 10, 0)).save(path)
    assert np.array_equal(
        read_picture(path, 4), np.full((4, 4, 3), [250, 20, 10], np.uint8)
    )


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((5, 5), 0x80FF, dtype=np.uint16)).save(path)
    assert np.unique(read_picture(path, 5)).tolist() == [0x80]


def test_a_picture_stands_as_the_camera_says(tmp_path):
    image = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40)
    exif = image.getexif()
    exif[0x0112] = 3
    image.save(tmp_path / "a.png", exif=exif)
    found = read_picture(tmp_path / "a.png", 6)[..., 0]
    assert found[0, 0] == 200 and found[-1, -1] == 0


def test_a_picture_too_large_to_be_one_is_refused(tmp_path, monkeypatch):
    write_picture(tmp_path / "a.png", 0)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(AudioError, match=r"a\.png"):
        read_picture(tmp_path / "a.png", 8)
