"""Configuration of the documentation."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
import tomllib
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from skaudeep import __version__ as release

project = "skaudeep"
author = "the skaudeep developers"
copyright = f"2026, {author}"
version = release

extensions = [
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "auto_examples/*.ipynb"]
templates_path = ["_templates"]
default_role = "literal"
html_theme = "pydata_sphinx_theme"
html_title = f"skaudeep {release}"
html_theme_options = {"show_prev_next": False, "navigation_depth": 2}
html_show_sourcelink = False

# The build needs no network: names of other libraries are set in type, not linked.
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_attributes_as_param_list = True

# All that stands in the API reference is checked as pyproject.toml says; a finding is
# a warning, and the build fails on warnings.
pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
numpydoc_validation_checks = set(pyproject["tool"]["numpydoc_validation"]["checks"])
# Members of tuples, whose docstrings are Python's, and data, which has none.
numpydoc_validation_exclude = {
    r"\.(Event|FrameCurve|Localization)\.",
    r"\.PUBLISHED_SETTINGS$",
}


def run_examples_short(gallery_conf, script_vars):
    """Arguments of every example while the gallery is built."""
    return ["--short", "--output", str(Path(__file__).parent / "_build" / "pictures")]


# sphinx-gallery wants the name of that function, and looks for this file by it.
sys.path.insert(0, str(Path(__file__).parent))

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": r"/plot_",
    "reset_argv": "conf.run_examples_short",
    "reset_modules": ("matplotlib",),
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "plot_gallery": "True",
    "abort_on_example_error": True,
}
