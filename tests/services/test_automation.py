"""Temporary automation: real files and real processes against what is expected."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from console.config_operations import AutomationSection
from console.model.automation import Automation
from console.model.service import Judgement
from console.services import automation
from console.services.automation import Running, look, runs, unknown, watch_automation
from tests.waiting import DEADLINE, until

SCRIPT = "/srv/auto approve.sh"


def test_files_too_many(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"verify_{number}.txt"
        path.write_text("12345")
        os.utime(path, (1000 + number, 1000 + number))
    spec = AutomationSection("v", glob=f"{tmp_path}/verify_*.txt", expected="at most 3", action="정리 가능", clean=True)
    found = look(spec)
    assert (found.observed, found.judgement, found.evidence) == ("5 files", Judgement.ATTENTION, "25 B")
    assert found.tally is not None and (found.tally.oldest, found.tally.newest) == (1000, 1004)
    assert found.action == "정리 가능" and found.clean and found.read_at is not None
    (tmp_path / "verify_0.txt").unlink()
    (tmp_path / "verify_1.txt").unlink()
    assert look(spec).judgement is Judgement.OK
    none = look(AutomationSection("n", glob=f"{tmp_path}/none_*", expected="0"))
    assert (none.judgement, none.evidence) == (Judgement.OK, f"nothing matches {tmp_path}/none_*")


@pytest.mark.parametrize(
    ("argv", "cwd", "expected"),
    [
        ((SCRIPT,), "", True),
        (("bash", SCRIPT), "", True),
        (("/bin/bash", "-x", SCRIPT, "--every", "5"), "", True),
        (("bash", "-o", "pipefail", SCRIPT), "", True),
        (("python3.11", "-u", SCRIPT), "", True),
        (("bash", "auto approve.sh"), "/srv", True),
        (("bash", "./auto approve.sh"), "/srv", True),
        (("./auto approve.sh",), "/srv", True),
        (("bash", "auto approve.sh"), "/other", False),
        (("bash", "auto approve.sh"), "", False),
        (("auto approve.sh",), "/srv", False),
        (("vim", SCRIPT), "", False),
        (("tail", "-f", SCRIPT), "", False),
        (("python3", "count.py", SCRIPT), "/srv", False),
        (("bash", "-c", SCRIPT), "", False),
        (("bash",), "/srv", False),
        (("bash", SCRIPT + ".bak"), "", False),
    ],
)
def test_who_runs_a_script(argv: tuple[str, ...], cwd: str, expected: bool) -> None:
    assert runs(Running(1, argv, 0.0, cwd), SCRIPT) is expected


async def test_a_real_script_comes_and_goes(tmp_path: Path) -> None:
    script = tmp_path / "monitor_dispatch.sh"
    script.write_text("read line\n")
    runs_it = AutomationSection("m", script=str(script), expected="running")
    gone = AutomationSection("g", script=str(script), expected="gone")
    assert (look(runs_it).observed, look(runs_it).judgement) == ("gone", Judgement.ALARM)
    left = look(gone)
    assert (left.judgement, left.evidence) == (Judgement.ATTENTION, "no process runs it; the file is still there")
    link = tmp_path / "link.sh"
    link.symlink_to(script)
    for argv in (["sh", str(script)], ["sh", "monitor_dispatch.sh"], ["sh", str(link)]):
        process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.PIPE, cwd=tmp_path)
        try:
            await until(lambda: look(runs_it).judgement is Judgement.OK)
            assert look(runs_it).evidence == f"pid {process.pid}, up <1m"
            assert (look(gone).observed, look(gone).judgement) == ("running", Judgement.ALARM)
        finally:
            process.kill()
            await process.communicate()
    script.unlink()
    assert (look(gone).judgement, look(gone).evidence) == (Judgement.OK, "no process runs it; there is no file")


async def test_a_real_process_is_counted() -> None:
    mark = f"oc-automation-{os.getpid()}"
    spec = AutomationSection("p", process=mark, expected="at most 1")
    assert look(spec).observed == "gone"
    argv = [sys.executable, "-c", "input()", mark]
    both = [await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.PIPE) for _ in range(2)]
    try:
        await until(lambda: look(spec).observed == "2 running")
        assert look(spec).judgement is Judgement.ALARM
    finally:
        for each in both:
            each.kill()
            await each.communicate()


def test_what_cannot_be_known_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(script: str = "") -> None:
        raise PermissionError("not \x1b[2Jallowed")

    monkeypatch.setattr(automation, "running", refuse)
    found = look(AutomationSection("p", process="x", expected="gone"))
    assert (found.judgement, found.evidence) == (Judgement.UNKNOWN, "processes cannot be looked through: not allowed")
    assert look(AutomationSection("p", process="(", expected="gone")).judgement is Judgement.UNKNOWN
    assert look(AutomationSection("p", process="x", expected="?")).judgement is Judgement.UNKNOWN
    assert unknown(AutomationSection("p\x1b[2J", process="x"), "a\x1b]0;b\x07c").evidence == "ac"


async def test_each_is_watched_in_its_own_period(tmp_path: Path) -> None:
    specs = (
        AutomationSection("quick", glob=f"{tmp_path}/q_*", expected="0", every=0.02),
        AutomationSection("slow", glob=f"{tmp_path}/s_*", expected="0", every=3600.0),
    )
    seen: list[Automation] = []

    async def follow() -> None:
        async with aclosing(watch_automation(specs)) as readings:  # type: ignore[type-var]
            async for reading in readings:
                seen.extend(reading.automation)

    task = asyncio.create_task(follow())
    await until(lambda: {each.name for each in seen} == {"quick", "slow"})
    (tmp_path / "q_1").touch()
    (tmp_path / "s_1").touch()
    await until(lambda: any(each.name == "quick" and each.observed == "1 file" for each in seen))
    assert [each.observed for each in seen if each.name == "slow"] == ["0 files"]
    task.cancel()
    await asyncio.wait([task], timeout=DEADLINE)
    assert task.cancelled()
