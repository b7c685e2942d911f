"""Files and folders that appear as a whole or not at all."""
# SPDX-License-Identifier: BSD-3-Clause

import os

import pytest

from skaudeep._files import atomic_path, atomic_paths, made_folders


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_at_the_end(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".tmp"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_folder_appears_at_the_end(tmp_path):
    path = tmp_path / "model"
    with atomic_path(path) as temporary:
        temporary.mkdir()
        (temporary / "a.txt").write_text("new")
        assert not path.exists()
    assert names(path) == ["a.txt"]
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_exists_is_not_replaced(kind, tmp_path):
    path = tmp_path / "a"
    path.write_text("old") if kind == "file" else path.mkdir()
    with (
        pytest.raises(FileExistsError, match=r"a' exists; overwrite=True replaces"),
        atomic_path(path),
    ):
        raise AssertionError("the body must not run")
    assert names(tmp_path) == ["a"]


def test_what_came_to_exist_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(FileExistsError), atomic_path(path) as temporary:
        temporary.write_text("ours")
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_overwrite_replaces_a_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomic_path(path, overwrite=True) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_overwrite_replaces_all_of_a_folder(tmp_path):
    path = tmp_path / "model"
    (path / "sub").mkdir(parents=True)
    (path / "sub" / "old.txt").write_text("old")
    with atomic_path(path, overwrite=True) as temporary:
        temporary.mkdir()
        (temporary / "new.txt").write_text("new")
    assert names(path) == ["new.txt"]
    assert names(tmp_path) == ["model"]


def test_a_folder_is_put_back_if_the_new_one_cannot_be(tmp_path, monkeypatch):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old.txt").write_text("old")
    rename, calls = os.rename, []

    def failing(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise OSError("disk")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with (
        pytest.raises(OSError, match="disk"),
        atomic_path(path, overwrite=True) as temporary,
    ):
        temporary.mkdir()
    assert names(path) == ["old.txt"]
    assert names(tmp_path) == ["model"]


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old.txt").write_text("old")
    with pytest.raises(OSError), atomic_path(path, overwrite=True) as temporary:
        temporary.write_text("new")
    assert names(path) == ["old.txt"]
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("kind", ["file", "folder", "nothing"])
def test_an_error_leaves_everything_as_it_was(kind, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with (
        pytest.raises(KeyError),
        atomic_path(path, overwrite=True) as temporary,
    ):
        if kind == "file":
            temporary.write_text("half")
        if kind == "folder":
            temporary.mkdir()
            (temporary / "half").write_text("half")
        raise KeyError("stop")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere'"),
        atomic_path(tmp_path / "nowhere" / "a.txt"),
    ):
        pass
    assert names(tmp_path) == []


def test_what_a_link_points_to_is_replaced(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    with atomic_path(link, overwrite=True) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_writers_at_once_do_not_share_a_temporary_file(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path, overwrite=True) as first:
        first.write_text("first")
        with atomic_path(path, overwrite=True) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"


def test_none_of_several_appears_before_all_are_written(tmp_path):
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    with pytest.raises(KeyError), atomic_paths(paths) as temporaries:
        temporaries[0].write_text("a")
        raise KeyError("stop")
    assert names(tmp_path) == []
    with atomic_paths(paths) as temporaries:
        for temporary, text in zip(temporaries, "ab", strict=True):
            temporary.write_text(text)
    assert [path.read_text() for path in paths] == ["a", "b"]
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_several_that_exist_are_counted(tmp_path):
    paths = [tmp_path / name for name in "abc"]
    for path in paths[1:]:
        path.write_text("old")
    with (
        pytest.raises(FileExistsError, match=r"b' and 1 more exist; overwrite=True"),
        atomic_paths(paths),
    ):
        pass
    assert names(tmp_path) == ["b", "c"]


def test_made_folders_go_again_if_the_body_fails(tmp_path):
    (tmp_path / "old").mkdir()
    folders = [tmp_path / "old", tmp_path / "old" / "a", tmp_path / "b" / "c"]
    with pytest.raises(KeyError), made_folders(folders):
        assert all(folder.is_dir() for folder in folders)
        raise KeyError("stop")
    assert names(tmp_path) == ["old"]
    assert names(tmp_path / "old") == []
    with made_folders(folders):
        pass
    assert all(folder.is_dir() for folder in folders)
