"""Metadata that is written in two places agrees."""
# SPDX-License-Identifier: BSD-3-Clause

import configparser
import re
from pathlib import Path

import pytest

import skaudeep

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


@pytest.fixture
def setup_options(config):
    return config["options"]


def read_versions(text, operator):
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    pairs = [line.split(operator) for line in lines if line]
    return {name: tuple(map(int, version.split("."))) for name, version in pairs}


def test_oldest_set_pins_the_floors(config):
    needed = config["options"]["install_requires"]
    floors = read_versions(needed + config["options.extras_require"]["files"], ">=")
    pinned = read_versions((ROOT / ".ci/requirements-oldest.txt").read_text(), "==")
    assert pinned.keys() == floors.keys()
    for name, floor in floors.items():
        assert pinned[name][: len(floor)] == floor, name


def test_ranges_have_no_ceiling(setup_options):
    ranges = setup_options["install_requires"].replace(">=", "")
    assert not re.search("[<=~]", ranges)


def test_every_package_is_installed(setup_options):
    listed = setup_options["packages"].split()
    folders = {path.parent for path in ROOT.glob("skaudeep/**/__init__.py")}
    names = {".".join(path.relative_to(ROOT).parts) for path in folders}
    assert set(listed) == names | {"skaudeep.examples"}


def test_changelog_knows_the_version():
    changelog = (ROOT / "docs/changelog.rst").read_text(encoding="utf-8")
    release = skaudeep.__version__.partition(".dev")[0]
    assert re.search(rf"^{re.escape(release)}\b", changelog, flags=re.MULTILINE)


def test_every_module_names_its_licence():
    modules = [*ROOT.glob("skaudeep/**/*.py"), *ROOT.glob("tests/**/*.py")]
    assert len(modules) > 10
    for path in modules:
        assert "# SPDX-License-Identifier: BSD-3-Clause" in path.read_text("utf-8"), (
            path
        )
