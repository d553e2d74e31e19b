"""File and glob checks on real files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from console.config import ServiceConfig
from console.model.service import Judgement, Service
from console.services import paths as module
from console.services.paths import Paths, look_glob
from console.services.registry import checks_of
from console.services.scheduler import read_once


async def look(path: Path | str, expected: str = "") -> Service:
    many = "*" in str(path)
    one = (
        ServiceConfig("x", glob=str(path), expected=expected)
        if many
        else ServiceConfig("x", file=str(path), expected=expected)
    )
    [row] = await read_once(Paths([one]))
    return row


def write(path: Path, text: str = "x", age: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    at = time.time() - age
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize(
    ("expected", "judgement", "observed"),
    [
        ("", "ok", "exists"),
        ("absent", "alarm", "exists"),
        ("younger than 2h", "alarm", "3h old"),
        ("exists, younger than 4h, larger than 1 kB", "ok", "3h old"),
        ("smaller than 1 kB", "alarm", "exists"),
        ("older than 1d", "alarm", "3h old"),
    ],
)
async def test_a_file(tmp_path: Path, expected: str, judgement: str, observed: str) -> None:
    row = await look(write(tmp_path / "보고.md", "x" * 2000, 3 * 3600 + 60), expected)
    assert (str(row.judgement), row.observed, row.size) == (judgement, observed, 2000)
    assert row.evidence == "2 kB, changed 3h ago"


async def test_a_file_that_is_not_there_or_cannot_be_seen(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert [str((await look(gone, word)).judgement) for word in ("", "absent", "younger than 1h")] == [
        "alarm",
        "ok",
        "alarm",
    ]
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    row = await look(loop, "absent")
    assert row.judgement is Judgement.UNKNOWN and "symbolic links" in row.evidence
    assert (await look(f"{tmp_path}/{'n' * 300}", "absent")).judgement is Judgement.UNKNOWN


@pytest.mark.parametrize(
    ("expected", "judgement", "observed"),
    [
        ("", "ok", "exists"),
        ("at most 3", "ok", "3 files"),
        ("at most 2", "alarm", "3 files"),
        ("exactly 3, younger than 1m", "ok", "3 files"),
        ("absent", "alarm", "exists"),
        ("at least 4", "alarm", "3 files"),
    ],
)
async def test_a_glob(tmp_path: Path, expected: str, judgement: str, observed: str) -> None:
    for number in range(3):
        write(tmp_path / f"cmux_msg_{number}.txt", "x" * 100, number * 600.0)
    write(tmp_path / ".cmux_msg_hidden.txt")
    row = await look(tmp_path / "cmux_msg_*.txt", expected)
    assert (str(row.judgement), row.observed, row.count, row.size) == (judgement, observed, 3, 300)


async def test_a_glob_that_matches_nothing(tmp_path: Path) -> None:
    pattern = tmp_path / "none*"
    judged = [
        str((await look(pattern, word)).judgement) for word in ("", "at most 0", "absent", "at most 3, younger than 1h")
    ]
    assert judged == ["alarm", "ok", "ok", "ok"]


async def test_folders_below_and_links(tmp_path: Path) -> None:
    write(tmp_path / "a/b/c.log")
    write(tmp_path / "a/d.log")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    assert (await look(tmp_path / "**/*.log", "exactly 2")).judgement is Judgement.OK
    assert (await look(tmp_path / "*/*.log", "exactly 1")).judgement is Judgement.OK


@pytest.mark.skipif(os.geteuid() == 0, reason="root looks into every folder")
async def test_a_folder_that_may_not_be_looked_into_is_unknown(tmp_path: Path) -> None:
    write(tmp_path / "secret/a.txt")
    (tmp_path / "secret").chmod(0)
    try:
        row = await look(tmp_path / "*/a*.txt", "at most 0")
    finally:
        (tmp_path / "secret").chmod(0o700)
    assert row.judgement is Judgement.UNKNOWN


def test_a_folder_that_cannot_be_listed_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert look_glob(f"{tmp_path}/a*", 0.0).state == "unknown"


async def test_a_search_without_end_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        write(tmp_path / f"{number}.txt")
    monkeypatch.setattr(module, "ENTRIES", 10)
    row = await look(tmp_path / "*.txt", "at most 5")
    assert row.judgement is Judgement.UNKNOWN and "narrower" in row.evidence


def test_each_file_is_a_check_of_its_own() -> None:
    found = checks_of([ServiceConfig("a", file="/a"), ServiceConfig("b", file="/b"), ServiceConfig("c", glob="/c*")])
    assert [check.name for check in found] == ["file a", "file b", "glob c"]
