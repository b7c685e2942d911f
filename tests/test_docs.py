"""Everything public is in the API reference, the user guide, and has an example."""
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PACKAGES = (
    "audio",
    "representation",
    "classifiers",
    "events",
    "io",
    "datasets",
    "metrics",
    "inspection",
)


def public_names():
    for package in PACKAGES:
        for name in import_module(f"skaudeep.{package}").__all__:
            yield package, name


def documented_names():
    """What docs/api.rst lists, as (package, name)."""
    listed, package = set(), None
    for line in (DOCS / "api.rst").read_text("utf-8").splitlines():
        if line.startswith(".. currentmodule:: skaudeep."):
            package = line.rpartition(".")[2]
        match = re.fullmatch(r"   (\w+)|\.\. autodata:: (\w+)", line)
        if match:
            listed.add((package, match[1] or match[2]))
    return listed


def test_api_reference_lists_exactly_the_public_names():
    exceptions = import_module("skaudeep.exceptions").__all__
    expected = {*public_names(), *(("exceptions", name) for name in exceptions)}
    assert documented_names() == expected


@pytest.mark.parametrize(("package", "name"), list(public_names()))
def test_user_guide_speaks_of_every_public_name(package, name):
    pages = DOCS.glob("user_guide/*.rst")
    text = "\n".join(page.read_text("utf-8") for page in pages)
    role = rf":(class|func):`~skaudeep\.{package}\.{name}`|`{name}`"
    assert re.search(role, text)


@pytest.mark.parametrize(("package", "name"), list(public_names()))
def test_every_public_name_has_an_example(package, name):
    thing = getattr(import_module(f"skaudeep.{package}"), name)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        pytest.skip("a scorer is an object without a docstring of its own")
    docstring = inspect.getdoc(thing)
    assert "\nExamples\n--------\n" in docstring
    assert f">>> from skaudeep.{package} import" in docstring


@pytest.mark.parametrize(("package", "name"), list(public_names()))
def test_every_parameter_is_documented(package, name):
    thing = getattr(import_module(f"skaudeep.{package}"), name)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        pytest.skip("a scorer has no signature of its own")
    docstring = inspect.getdoc(thing)
    for parameter in inspect.signature(thing).parameters:
        pattern = rf"^\*{{0,2}}{parameter} : "
        assert re.search(pattern, docstring, flags=re.MULTILINE), parameter


def test_the_top_level_offers_every_class_of_a_pipeline():
    skaudeep = import_module("skaudeep")
    classes = {
        name
        for package, name in public_names()
        if package in ("audio", "representation", "classifiers")
        and inspect.isclass(getattr(import_module(f"skaudeep.{package}"), name))
        # What an estimator returns is no part of a pipeline.
        and name != "Localization"
    }
    assert classes <= set(skaudeep.__all__)
    for name in skaudeep.__all__:
        getattr(skaudeep, name)


def test_every_page_is_in_a_table_of_contents():
    pages = {page.stem for page in DOCS.glob("*.rst")} - {"index"}
    assert pages <= set(
        re.findall(r"^   (\w+)$", (DOCS / "index.rst").read_text(), re.M)
    )
    guide = {page.stem for page in DOCS.glob("user_guide/*.rst")} - {"index"}
    toc = (DOCS / "user_guide/index.rst").read_text()
    assert guide == set(re.findall(r"^   (\w+)$", toc, re.M))
