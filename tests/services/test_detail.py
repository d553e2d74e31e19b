"""The one service that is looked at closely."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.config import ServiceConfig
from console.services.detail import LINES, describe, tail
from console.services.processes import look


async def test_a_process_with_its_command_and_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(f"줄 {n}\n" for n in range(100)) + "\x1b[31mtoken=abcdefgh12345\x1b[0m [/]\r\n\n")
    mark = f"oc-detail-{os.getpid()}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", mark, "--password=hunter2x", stdin=asyncio.subprocess.PIPE
    )
    try:
        [row] = look([ServiceConfig("x", mark, log=str(log))])
        found = await describe(row)
        other = await describe(replace(row, since=1.0))
    finally:
        process.kill()
        await process.wait()
    facts = dict(found.facts)
    assert facts["pid"] == str(process.pid) and mark in facts["command"] and "hunter2x" not in facts["command"]
    assert found.log[-1] == "token=[redacted] [/]" and len(found.log) == LINES and found.log[-2] == "줄 99"
    assert other.error == f"pid {process.pid} is another process by now" and other.log
    assert "cannot be looked at" in (await describe(row)).error


async def test_a_log_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, why in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "is no regular file"),
        (tmp_path / "fifo", "is no"),
    ):
        [row] = look([ServiceConfig("x", "oc-no-such-process", log=str(path))])
        found = await describe(row)
        assert why in found.error and not found.log


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_no_log_brings_control_characters_in(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    assert all(line.isprintable() or "\x1b" not in line for line in tail(str(path)))


def test_a_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"{number:09d}\n" for number in range(100_000)))
    assert tail(str(path), 2) == ("000099998", "000099999")
