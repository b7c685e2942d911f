"""The command line, with the demonstration itself replaced."""
# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import skaudeep
from skaudeep.cli import main
from skaudeep.exceptions import AudioError


@pytest.fixture
def demo(monkeypatch):
    """Stands in for the script: notes its arguments, then raises what it is told to."""

    def run_module(name, run_name, alter_sys):
        assert (name, run_name) == ("skaudeep.examples.plot_syllables", "__main__")
        assert alter_sys, "its functions must be found when they are pickled"
        stand_in.calls.append(sys.argv[1:])
        if stand_in.error is not None:
            raise stand_in.error

    stand_in = SimpleNamespace(calls=[], error=None)
    monkeypatch.setattr("skaudeep.cli._demo.runpy.run_module", run_module)
    return stand_in


def test_the_demonstration_is_installed():
    spec = importlib.util.find_spec("skaudeep.examples.plot_syllables")
    assert "def save(figure, name)" in Path(spec.origin).read_text(encoding="utf-8")


def test_version_from_the_shell():
    done = subprocess.run(
        [sys.executable, "-m", "skaudeep", "--version"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == f"skaudeep {skaudeep.__version__}"


def test_no_command_prints_help(capsys):
    assert main([]) == 0
    assert "demo" in capsys.readouterr().out


def test_demo_passes_its_options(demo, tmp_path):
    before = list(sys.argv)
    assert main(["demo"]) == 0
    assert main(["demo", "--short", "--output", str(tmp_path / "new")]) == 0
    assert demo.calls == [
        ["--output", "skaudeep-demo"],
        ["--output", str(tmp_path / "new"), "--short"],
    ]
    assert sys.argv == before


def test_output_must_not_be_a_file(demo, tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert main(["demo", "--output", str(path)]) == 2
    assert "notes.txt' is a file" in capsys.readouterr().err
    assert demo.calls == []


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (AudioError("'a.wav': the file is empty (0 bytes)."), 1, "a.wav"),
        (PermissionError(13, "Permission denied", "pictures"), 1, "pictures"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_failures_are_explained_without_a_traceback(capsys, demo, error, status, words):
    demo.error = error
    assert main(["demo"]) == status
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_a_fault_of_ours_says_how_to_see_its_traceback(demo, capsys):
    demo.error = ZeroDivisionError("x")
    assert main(["demo"]) == 1
    assert "ZeroDivisionError: x. --debug shows where." in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "demo"])
