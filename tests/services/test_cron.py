"""cron: jobs of a crontab, when they run next, and whether the last run took place.

``crontab`` is a double here that prints what crontab(1) does: this needs no cron on the machine, and never touches the
table of whoever runs the tests. Where there is a real one it is asked as well, only to read.
"""

from __future__ import annotations

import os
import shutil
import stat
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.config import ServiceConfig
from console.host import run
from console.model.service import Judgement, Service, State
from console.services.cron import Cron, observe, parse
from console.services.schedule import last_of, next_of, wrong
from console.services.scheduler import read_once

NOON = datetime(2026, 4, 10, 12, 0).timestamp()
TABLE = """# m h dom mon dow command
MAILTO=op@example.org
SHELL = /bin/bash
0 4 * * *   ~/scripts/blueprint_updater.py >> ~/logs/blueprint.log 2>&1
*/10 * * * * ~/scripts/vault_lint.py --deep
@daily      ~/scripts/vault_lint.py
#0 5 * * * ~/scripts/cron_watchdog.py
@reboot ~/scripts/at_start.sh
30 9 * * MON-fri critic_watcher.py
99 * * * * broken_time.py
CRON_TZ=Asia/Seoul
0 4 * * * seoul.py
"""


def program(folder: Path, text: str) -> None:
    path = folder / "crontab"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture(autouse=True)
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the double, first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "table").write_text(TABLE)
    program(folder, f'[ "$*" = -l ] && cat {folder}/table')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def spec(name: str, pattern: str, expected: str = "", marker: Path | str = "", grace: float = 900.0) -> ServiceConfig:
    return ServiceConfig(name, cron=pattern, expected=expected, marker=str(marker), grace=grace, timeout=20.0)


async def look(*specs: ServiceConfig) -> dict[str, Service]:
    return {row.name: row for row in await read_once(Cron(specs))}


async def test_jobs_are_found_by_their_command() -> None:
    found = await look(
        spec("blueprint", "blueprint_updater"),
        spec("lint", r"vault_lint\.py"),
        spec("watchdog", "cron_watchdog"),
        spec("none", "no_such_job", "unloaded"),
        spec("must be off", "critic_watcher", "unloaded"),
        spec("broken", "broken_time"),
        spec("at start", "at_start"),
    )
    assert {name: (row.word, str(row.judgement)) for name, row in found.items()} == {
        "blueprint": ("loaded", "ok"),
        "lint": ("loaded", "ok"),
        "watchdog": ("unloaded", "alarm"),
        "none": ("unloaded", "ok"),
        "must be off": ("loaded", "alarm"),
        "broken": ("unknown", "unknown"),
        "at start": ("loaded", "ok"),
    }
    assert "line 7 is commented out" in found["watchdog"].evidence
    assert "line 10 of the crontab is not understood" in found["broken"].evidence
    assert found["lint"].evidence == "line 5: */10 * * * * and 1 more"
    following = found["lint"].next_run
    assert following and found["lint"].read_at and 0 < following - found["lint"].read_at <= 600
    assert found["at start"].next_run is None


def touched(folder: Path, at: float) -> Path:
    path = folder / "marker"
    path.touch()
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize(
    ("pattern", "age", "overdue"),
    [
        ("blueprint", 7 * 3600, False),  # ran at five, after the run at four was due
        ("blueprint", 9 * 3600, True),  # at three: the run at four is missing
        ("vault_lint.py --deep", 601, False),  # the run at ten to twelve may still be at work
        ("vault_lint.py --deep", 1801, True),
    ],
)
def test_a_run_that_was_due_and_left_no_trace_is_overdue(
    tmp_path: Path, pattern: str, age: float, overdue: bool
) -> None:
    marker = touched(tmp_path, NOON - age)
    seen = observe(spec("x", pattern, marker=marker), parse(TABLE), NOON)
    assert (seen.overdue, seen.state) == (overdue, State.LOADED)
    assert seen.last_run == pytest.approx(NOON - age) and ("was due" in seen.evidence) == overdue


async def test_an_overdue_job_is_an_alarm_and_one_without_a_log_wants_attention(tmp_path: Path) -> None:
    old = touched(tmp_path, 1_000_000_000)
    found = await look(
        spec("old", "blueprint", marker=old),
        spec("new", "blueprint", marker=tmp_path / "none"),
        spec("young", "blueprint", "loaded, younger than 2d", old),
        spec("odd", "blueprint", marker=old / "below"),
    )
    assert found["old"].judgement is Judgement.ALARM and found["old"].observed == "overdue" and found["old"].overdue
    assert found["new"].judgement is Judgement.ATTENTION and "has it ever run?" in found["new"].evidence
    assert found["young"].judgement is Judgement.ALARM
    assert found["odd"].judgement is Judgement.UNKNOWN


@pytest.mark.parametrize(
    ("script", "word", "judgement"),
    [
        ("echo 'no crontab for op' >&2; exit 1", "unloaded", Judgement.OK),
        ("echo 'you are not allowed to use this program' >&2; exit 1", "unknown", Judgement.UNKNOWN),
        ("exit 1", "unknown", Judgement.UNKNOWN),
        ("exec sleep 30", "unknown", Judgement.UNKNOWN),
    ],
)
async def test_an_empty_crontab_is_none_and_one_that_cannot_be_read_is_unknown(
    on_path: Path, script: str, word: str, judgement: Judgement
) -> None:
    program(on_path, script)
    [row] = await read_once(Cron([ServiceConfig("x", cron="job", expected="unloaded", timeout=0.8)]))
    assert (row.word, row.judgement) == (word, judgement), row


@pytest.mark.skipif(shutil.which("crontab") is None, reason="there is no crontab program")
async def test_the_real_crontab_can_be_read() -> None:
    done = await run([str(shutil.which("crontab", path=os.defpath) or "crontab"), "-l"])
    parse(done.stdout.decode("utf-8", "replace"))


def test_the_times_of_a_schedule() -> None:
    hour = 3600.0
    assert next_of(["0 4 * * *"], NOON) == NOON + 16 * hour and last_of(["0 4 * * *"], NOON) == NOON - 8 * hour
    assert next_of(["@daily", "0 13 * * *"], NOON) == NOON + hour
    assert next_of(["30 9 * * MON-FRI"], NOON) == NOON + (24 * 3 - 2.5) * hour, "a Friday, after half past nine"
    assert next_of([], NOON) is None and next_of(["0 0 30 2 *"], NOON) is None
    assert wrong("61 * * * *") and wrong("nonsense") and not wrong("@weekly")


def test_the_time_zone_of_a_crontab_counts() -> None:
    pytest.importorskip("tzdata" if not Path("/usr/share/zoneinfo").exists() else "zoneinfo")
    seen = observe(spec("x", "seoul"), parse(TABLE), 1_775_800_000.0)
    assert seen.next_run is not None and (seen.next_run + 9 * 3600) % 86_400 == 4 * 3600
    lost = observe(spec("x", "j"), parse("CRON_TZ=Mars/Dome\n0 4 * * * j\n"), NOON)
    assert lost.state is State.UNKNOWN and "no time zone" in lost.evidence


LINE = st.text(max_size=30) | st.sampled_from(
    ["* * * * * job", "@daily job", "A=b", "# job", "CRON_TZ=", "0 0 31 2 * job", "\x1b[2J job"]
)


@given(st.lists(LINE, max_size=6).map("\n".join))
def test_no_crontab_breaks_the_reader_and_a_job_is_only_loaded_by_a_line(text: str) -> None:
    table = parse(text)
    seen = observe(spec("x", "job"), table, NOON)
    if seen.state is State.LOADED:
        assert any("job" in job.command for job in table.jobs)
    if seen.state is State.UNLOADED:
        assert not any("job" in job.command for job in table.jobs)
        assert not any("job" in line for _, line in table.doubtful)
    assert "\x1b" not in seen.evidence
