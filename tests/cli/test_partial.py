"""The folder of an extraction: one process at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import pytest

from skaudeep.cli._partial import PartialWork

SETTINGS = {"n_mels": "8"}


def test_a_second_process_is_refused_until_the_first_one_ends(tmp_path):
    folder = tmp_path / "out.nc.partial"
    program = (
        "import sys; from pathlib import Path\n"
        "from skaudeep.cli._partial import PartialWork\n"
        "work = PartialWork(Path(sys.argv[1]), {'n_mels': '8'})\n"
        "work.save('block', x=[1])\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", program, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as process:
        assert process.stdout.readline().strip() == b"ready"
        for restart in (False, True):
            with pytest.raises(ValueError, match="written to by another process"):
                PartialWork(folder, SETTINGS, restart=restart)
        process.kill()
    work = PartialWork(folder, SETTINGS)
    assert work.resumed and work.load("block")["x"].tolist() == [1]
    work.leave()


def test_what_was_computed_stays_and_nothing_else_does(tmp_path):
    folder = tmp_path / "out.nc.partial"
    PartialWork(folder, SETTINGS).leave()
    assert not folder.exists()
    work = PartialWork(folder, SETTINGS)
    work.save("block", x=[1])
    work.leave()
    with pytest.raises(ValueError, match="n_mels was 8 and is 9"):
        PartialWork(folder, {"n_mels": "9"})
    # The refusal has not kept the lock.
    work = PartialWork(folder, SETTINGS)
    assert work.resumed
    work.remove()
    work.leave()
    assert not folder.exists()


def test_a_plan_alone_is_no_beginning(tmp_path):
    folder = tmp_path / "out.nc.partial"
    PartialWork(folder, SETTINGS)._lock.release()
    assert (folder / "plan.json").is_file()
    work = PartialWork(folder, {"n_mels": "9"})
    assert not work.resumed
    work.leave()


def test_restart_empties_the_folder(tmp_path):
    folder = tmp_path / "out.nc.partial"
    work = PartialWork(folder, SETTINGS)
    work.save("block", x=[1])
    (folder / "training").mkdir()
    work.leave()
    work = PartialWork(folder, {"n_mels": "9"}, restart=True)
    assert not work.resumed and work.load("block") is None
    work.leave()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    folder = tmp_path / "out.nc.partial"
    folder.mkdir()
    (folder / "mine.txt").touch()
    with pytest.raises(ValueError, match="in the way"):
        PartialWork(folder, SETTINGS, restart=True)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
