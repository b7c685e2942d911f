"""What the user guide says of recipes."""
# SPDX-License-Identifier: BSD-3-Clause

import re
import textwrap
from pathlib import Path

import pytest

from skaudeep.cli._recipe import make_pipeline, merge_settings
from skaudeep.cli._recipe_presets import PRESETS
from skaudeep.cli._recipe_stages import SECTIONS, kind_of

PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "command_line_models.rst"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text("utf-8")


def test_its_recipe_is_one(page, tmp_path):
    (block,) = re.findall(r"\.\. code-block:: toml\n\n((?:   .*\n|\n)+)", page)
    path = tmp_path / "scenes.toml"
    path.write_text(textwrap.dedent(block), "utf-8")
    pipeline = make_pipeline(merge_settings(path))
    branches = [name for name, _ in pipeline["features"][0].transformer_list]
    assert len(branches) == 8 and "left -60 dB" in branches
    assert pipeline["selection"].n_components == 0.95
    assert pipeline["classifier"].class_weight == "balanced"


def test_it_names_all_sections_types_and_presets(page):
    for section, types in SECTIONS.items():
        row = page[page.index(f"``{section}``  ") :]
        row = re.split(r"\n(?:``|=)", row)[0]
        for kind in types if isinstance(types, dict) else ():
            assert re.search(rf"\b{kind}\b", row), (section, kind)
    text = " ".join(page.split())
    assert all(f"{name}," in text for name in PRESETS)


def test_the_first_type_of_a_row_is_the_default(page):
    for section in ("spectrogram", "representation", "scaler", "selection"):
        first = re.search(rf"``{section}`` +(\w+)", page)[1]
        assert kind_of({}, section) == first
    assert kind_of({}, "classifier") == "liblinear"
