"""Searching of folders, and printable names."""

import os

import pytest

from spacy_clinrel.files import LeftOut, printable, printable_name, walk_files
from spacy_clinrel.files.walk import BROKEN_LINK, HIDDEN, LINKED_TWICE, SPECIAL, UNREADABLE


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(root, left_out=None, **checks):
    return [file.name for file in walk_files(root, left_out, **checks)]


def test_files_come_before_folders_in_fixed_order(tmp_path):
    touch(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt", "B.TXT", "c/a.txt")
    expected = ["B.TXT", "b.txt", "a/z.txt", "a/b/c.txt", "c/a.txt"]
    assert names(tmp_path) == expected


def test_hidden_and_unwanted_files_are_counted(tmp_path):
    touch(tmp_path, ".a.txt", ".git/b.txt", "c.txt", "d.pdf", "e.pdf")
    left_out = LeftOut()

    def check_file(relative):
        if relative.startswith("."):
            return HIDDEN
        return None if relative.endswith(".txt") else "pdf"

    assert names(tmp_path, left_out, check_file=check_file) == ["c.txt"]
    assert left_out.counts == {HIDDEN: 2, "pdf": 2}
    assert left_out.named == []


def test_linked_folders_are_followed_and_loops_recognised(tmp_path):
    root, other = tmp_path / "root", tmp_path / "other"
    touch(root, "2022/a.txt")
    touch(other, "b.txt")
    (root / "2023").symlink_to(other)
    (root / "2024").symlink_to(other)
    (other / "up").symlink_to(root)
    (root / "2022" / "self").symlink_to(root / "2022")
    left_out = LeftOut()
    assert names(root, left_out) == ["2022/a.txt", "2023/b.txt"]
    assert left_out.counts == {LINKED_TWICE: 3}
    assert len(left_out.named) == 3


def test_links_inside_the_folder_keep_the_own_name_of_a_file(tmp_path):
    touch(tmp_path, "z/note.txt", ".store/blob")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    (tmp_path / "a.txt").symlink_to(tmp_path / "z" / "note.txt")
    (tmp_path / "hidden.txt").symlink_to(tmp_path / ".store" / "blob")
    left_out = LeftOut()
    assert names(tmp_path, left_out) == ["hidden.txt", "z/note.txt"]
    assert left_out.counts[LINKED_TWICE] == 2


def test_file_behind_two_links_is_found_once(tmp_path):
    root, other = tmp_path / "root", tmp_path / "other"
    touch(other, "x.txt", "y.txt")
    touch(root, "n.txt")
    (root / "a.txt").symlink_to(other / "x.txt")
    (root / "b.txt").symlink_to(other / "x.txt")
    (root / "folder").symlink_to(other)
    assert names(root) == ["a.txt", "n.txt", "folder/y.txt"]


def test_hard_links_are_different_files(tmp_path):
    touch(tmp_path, "a.txt")
    os.link(tmp_path / "a.txt", tmp_path / "b.txt")
    assert names(tmp_path) == ["a.txt", "b.txt"]


def test_pipes_and_broken_links_are_named(tmp_path):
    touch(tmp_path, "a.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "missing")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    left_out = LeftOut()
    assert names(tmp_path, left_out) == ["a.txt"]
    assert left_out.counts == {SPECIAL: 1, BROKEN_LINK: 2}
    assert any("pipe.txt" in str(file) for file in left_out.named)


def test_unreadable_folders_are_named(tmp_path, secret_is_unreadable):
    touch(tmp_path, "a.txt", "secret/b.txt", "z/c.txt")
    left_out = LeftOut()
    assert names(tmp_path, left_out) == ["a.txt", "z/c.txt"]
    assert left_out.counts == {UNREADABLE: 1}
    (named,) = left_out.named
    assert named.path == tmp_path / "secret" and "Permission denied" in str(named)
    with pytest.raises(ValueError, match=r"F077.*Permission denied"):
        names(tmp_path / "secret")


def test_very_deep_folders_are_searched(tmp_path):
    folder = tmp_path.joinpath(*["d"] * 500)
    touch(folder, "a.txt")
    assert len(names(tmp_path)) == 1


def test_names_in_gbk_are_decoded(tmp_path):
    raw = os.fsencode(tmp_path) + b"/" + "病历".encode("gbk") + b"/"
    os.mkdir(raw)
    for name in ("出院.txt".encode("gbk"), "入院.txt".encode(), b"\xff\xff.txt"):
        open(raw + name, "wb").close()
    found = names(tmp_path)
    assert sorted(found) == ["病历/\\udcff\\udcff.txt", "病历/入院.txt", "病历/出院.txt"]


def test_printable_escapes_surrogates():
    assert printable("a\ud800") == "a\\ud800"
    assert printable_name("头痛/a.txt") == "头痛/a.txt"
    assert printable_name("a\ud800") == "a\\ud800"
