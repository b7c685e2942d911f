"""How long the command line takes to say what it can do."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

import pytest

from skaudeep.cli._app import _COMMANDS

# What takes long to import.
HEAVY = {"numpy", "scipy", "sklearn", "pandas", "xarray", "keras", "tensorflow"}
HEAVY |= {"librosa", "matplotlib", "soundfile", "joblib", "skops"}


def imported(*words):
    """The modules that a command line imports, in a process of its own."""
    code = (
        "import sys; from skaudeep.cli import main; status = main(sys.argv[1:]); "
        "print('\\nmodules:', *sys.modules); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    help_text, _, modules = done.stdout.rpartition("\nmodules:")
    return help_text, set(modules.split())


def test_help_of_all_commands_imports_nothing_heavy():
    text, modules = imported("--help")
    assert not HEAVY & modules
    for name in _COMMANDS:
        assert f"\n  {name} " in text


@pytest.mark.parametrize("command", ["inspect", "extract", "convert"])
def test_help_of_a_command_imports_nothing_heavy(command):
    text, modules = imported(command, "--help")
    assert not HEAVY & modules
    assert text.startswith(f"Usage: skaudeep {command}")


def test_help_takes_less_than_400_milliseconds():
    # The time of the processor, and the best of some: others may keep it busy.
    seconds = []
    for _ in range(5):
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "skaudeep", "--help"],
            capture_output=True,
            check=True,
        )
        after = os.times()
        seconds.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    assert min(seconds) < 0.4
