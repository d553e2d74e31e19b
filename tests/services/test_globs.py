"""Globs over real files: what they match, and that they always come to an end."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from itertools import count
from pathlib import Path

import pytest

from console.services.globs import DEPTH, Search, split, survey
from tests.as_nobody import as_nobody


def matches(pattern: Path | str) -> list[str]:
    return sorted(entry.path for entry in Search(*split(str(pattern))))


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("m_*.txt", ["m_1.txt", "m_2.txt"]),
        ("m_?.txt", ["m_1.txt", "m_2.txt"]),
        ("m_[2-9].txt", ["m_2.txt"]),
        ("m_1.txt", ["m_1.txt"]),
        ("m_9.txt", []),
        ("*", ["deep", "m_1.txt", "m_2.txt", "한글 파일.md"]),
        (".*", [".hidden"]),
        ("한글*", ["한글 파일.md"]),
        ("d*/*.md", ["deep/a.md"]),
        ("deep/../m_1.txt", ["deep/../m_1.txt"]),
        ("**/*.md", ["deep/a.md", "deep/er/b.md", "한글 파일.md"]),
        ("deep/**", ["deep/a.md", "deep/er", "deep/er/b.md"]),
        ("nowhere/*.md", []),
        ("m_1.txt/*", []),
    ],
)
def test_what_matches(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    make(tmp_path, "m_1.txt", "m_2.txt", ".hidden", "한글 파일.md", "deep/a.md", "deep/er/b.md")
    assert matches(tmp_path / pattern) == sorted(str(tmp_path) + "/" + name for name in expected)


def test_links_are_seen_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "real/secret.txt")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "real")
    assert matches(tmp_path / "in/**/secret.txt") == []
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "f.txt").symlink_to(tmp_path / "real" / "secret.txt")
    (tmp_path / "in" / "dangling.txt").symlink_to("/nowhere")
    assert matches(tmp_path / "in/*/*") == matches(tmp_path / "in/**/secret.txt") == []
    found = {Path(entry.path).name: entry for entry in Search(str(tmp_path / "in"), ("*.txt",))}
    assert set(found) == {"f.txt", "dangling.txt"} and not any(entry.plain for entry in found.values())
    (tmp_path / "way").symlink_to(tmp_path / "real")
    assert matches(tmp_path / "way/*.txt") == [str(tmp_path / "way/secret.txt")], (
        "the operator's own path may be a link"
    )


def test_odd_things_are_counted_and_only_files_have_a_size(tmp_path: Path) -> None:
    make(tmp_path, "x_a", "x_b\n\x1b[2J", "x_c")
    os.mkfifo(tmp_path / "x_fifo")
    (tmp_path / "x_dir").mkdir()
    short = Path(tempfile.mkdtemp(prefix="oct-", dir="/tmp"))  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(short / "x_sock"))
            assert survey(f"{short}/x_*").count == 1
    finally:
        shutil.rmtree(short)
    for name, at in (("x_a", 1000), ("x_b\n\x1b[2J", 3000), ("x_c", 2000)):
        os.utime(tmp_path / name, (at, at))
    tally = survey(f"{tmp_path}/x_*")
    assert (tally.count, tally.size, tally.cut, tally.trouble) == (5, 3 + 8 + 3, "", "")
    assert tally.oldest == 1000 and tally.newest is not None and tally.newest > 3000
    assert survey(f"{tmp_path}/x_[abc]*").newest == 3000


def test_a_name_that_is_no_text_is_matched(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/m_\xff\xfe"
    try:
        Path(os.fsdecode(name)).touch()
    except OSError:
        pytest.skip("the file system takes only UTF-8 names")
    assert [os.fsencode(path) for path in matches(tmp_path / "m_*")] == [name]


def test_many_files_are_counted_and_too_many_are_said(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"m_{number}").touch()
    assert survey(f"{tmp_path}/m_*").count == 3000
    cut = survey(f"{tmp_path}/m_*", entries=1000)
    assert (cut.count, cut.cut) == (1000, "more than 1,000 names")
    assert survey(f"{tmp_path}/nothing_*", entries=1000).cut, "names that do not match are looked at as well"


def test_time_is_limited(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"m_{number}").touch()
    clock = count()
    search = Search(str(tmp_path), ("*",), seconds=2.5, clock=lambda: float(next(clock)))
    assert len(list(search)) < 1000 and search.cut == "not finished within 2.5 s"


def test_depth_is_limited(tmp_path: Path) -> None:
    make(tmp_path, "/".join(["d"] * DEPTH + ["in.md"]), "/".join(["d"] * (DEPTH + 1) + ["out.md"]))
    make(tmp_path, *(f"{name}/beside.md" for name in "abefg"))
    search = Search(str(tmp_path), ("**", "*.md"))
    assert sorted(Path(entry.path).name for entry in search) == ["beside.md"] * 5 + ["in.md"]
    assert search.cut == f"folders deeper than {DEPTH} are not looked into"


def test_what_may_not_be_read_is_told() -> None:
    imports = "import os, shutil, tempfile\nfrom console.services.globs import survey"
    code = """
root = tempfile.mkdtemp(dir="/tmp")
for n in range(5):
    os.makedirs(f"{root}/closed{n}/in")
os.makedirs(f"{root}/open")
open(f"{root}/open/a.md", "w").close()
for n in range(5):
    os.chmod(f"{root}/closed{n}", 0)
try:
    found = survey(f"{root}/*/*.md")
    print(found.count, found.cut == "", found.trouble.replace(root, ""), sep="|")
    print(survey(f"{root}/closed0/in/*.md").trouble.replace(root, ""))
    print(survey(f"{root}/closed0/in").trouble.replace(root, ""))
finally:
    for n in range(5):
        os.chmod(f"{root}/closed{n}", 0o700)
    shutil.rmtree(root)
"""
    first, *others = as_nobody(imports, code).splitlines()
    assert first.startswith("1|True|") and first.count("Permission denied") == 3 and first.endswith(" and 2 more")
    assert others == ["/closed0/in: Permission denied"] * 2


def test_a_path_that_cannot_be_one_is_told() -> None:
    assert "null" in survey("/tmp/a\0b").trouble and "null" in survey("/tmp/a\0b/*").trouble
    assert "too long" in survey("/tmp/" + "a" * 300).trouble
