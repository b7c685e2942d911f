"""One function over many clips, in order, in threads, with a bar when asked."""
# SPDX-License-Identifier: BSD-3-Clause

import os
import threading

import pytest

from skaudeep._parallel import map_clips


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_results_come_in_order(n_jobs):
    assert list(map_clips(str, range(20), n_jobs=n_jobs)) == list(map(str, range(20)))


def test_two_clips_are_worked_on_at_once_in_this_process():
    meeting = threading.Barrier(2, timeout=10)

    def meet(clip):
        meeting.wait()
        return os.getpid()

    assert set(map_clips(meet, range(2), n_jobs=2)) == {os.getpid()}


def test_results_are_not_gathered_before_the_first_is_handed_out():
    done = []
    results = map_clips(done.append, range(10), n_jobs=1)
    next(results)
    assert len(done) == 1
    results.close()


def test_the_bar_counts_clips_and_is_silent_unless_asked_for(capsys):
    list(map_clips(str, range(3), description="Reading"))
    assert capsys.readouterr() == ("", "")
    list(map_clips(str, range(3), verbose=1, description="Reading"))
    error = capsys.readouterr().err
    assert "Reading: 100%" in error
    assert "3/3" in error
