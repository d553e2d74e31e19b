"""Reading within bounds, and the watch that every file reader of the room uses."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from console.agents.status_files import Look, pid_of, read_bytes, read_json, stamp, time_of, watch_files
from tests.agents.following import Followed
from tests.eventually import eventually


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "missing"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(OSError, match=r"regular file|directory|No such file"):
        read_bytes(path, 100)
    assert stamp(path) is None


def test_a_link_to_a_file_is_followed_and_the_limit_kept(tmp_path: Path) -> None:
    (tmp_path / "real").write_text('{"a": 1}')
    (tmp_path / "link").symlink_to("real")
    assert read_json(tmp_path / "link", 8) == {"a": 1}
    assert read_bytes(tmp_path / "link", 3, 2) == b'a":'
    with pytest.raises(ValueError, match="larger"):
        read_json(tmp_path / "link", 7)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_790_000_000, 1_790_000_000.0),
        (1_790_000_000_500, 1_790_000_000.5),
        ("2026-05-16T00:00:10Z", 1_778_889_610.0),
        ("2026-05-16T09:00:10.5+09:00", 1_778_889_610.5),
        (0, None),
        (-1, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        ("soon", None),
        ("0001-01-01", None),
        (None, None),
        ([1], None),
    ],
)
def test_times(value: object, seconds: float | None) -> None:
    found = time_of(value)
    assert found == seconds or (value == "0001-01-01" and found is not None and found < 0)


@pytest.mark.parametrize(
    ("value", "pid"), [(1, 1), (0, None), (-4, None), (1 << 31, None), (True, None), ("7", None), (7.0, None)]
)
def test_process_ids(value: object, pid: int | None) -> None:
    assert pid_of(value) == pid


async def test_what_was_said_is_not_said_again(tmp_path: Path) -> None:
    looks: list[Path] = []

    def look() -> Look:
        looks.append(tmp_path)
        return Look(error="" if len(looks) < 6 else "x\x1b[2J")

    followed = Followed(watch_files("source", look, [tmp_path], lambda name: True, poll=0.01))
    try:
        await eventually(lambda: len(looks) > 8)
        assert [reading.error for reading in followed.readings] == ["", "x"]
    finally:
        await followed.end()


async def test_a_reader_that_breaks_does_not_end_the_watch(tmp_path: Path) -> None:
    looks: list[int] = []

    def look() -> Look:
        looks.append(1)
        if len(looks) < 3:
            raise KeyError("hostile")
        return Look()

    followed = Followed(watch_files("source", look, [tmp_path / "none"], lambda name: True, poll=0.01))
    try:
        await eventually(lambda: [reading.error for reading in followed.readings][1:] == [""])
        assert "KeyError" in followed.readings[0].error
    finally:
        await followed.end()


async def test_a_folder_made_again_is_watched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "state"
    watched: list[str] = []
    real = watchfiles.awatch

    def spied(*folders: str, **options: Any) -> AsyncGenerator[set[tuple[watchfiles.Change, str]], None]:
        watched.extend(folders)
        return real(*folders, **options)

    monkeypatch.setattr(watchfiles, "awatch", spied)

    def look() -> Look:
        return Look(error=(folder / "x").read_text() if (folder / "x").exists() else "")

    followed = Followed(watch_files("source", look, [folder], lambda name: name == "x", poll=0.1))
    try:
        for number in range(2):
            folder.mkdir()
            (folder / "x").write_text(f"made {number}")
            await eventually(lambda: len(watched) == number + 1, what=watched)  # noqa: B023
            await eventually(lambda: followed.error == f"made {number}")  # noqa: B023
            (folder / "x").unlink()
            folder.rename(tmp_path / f"old {number}")
            await eventually(lambda: followed.error == "")
    finally:
        await followed.end()
