"""launchd, against a double of ``launchctl`` that prints the documented formats: there is no launchd here."""

from __future__ import annotations

import os
import plistlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.config import ServiceConfig
from console.model.service import Judgement, Service
from console.services import launchd as module
from console.services.detail import describe
from console.services.exits import ended, waited
from console.services.launchd import Launchd
from console.services.launchd_text import parse_list, parse_plist, parse_print
from console.services.scheduler import read_once
from tests.fakes.launchctl import install

OWN = "com.openclaw"
JOBS: dict[str, tuple[int | None, int]] = {
    f"{OWN}.otel-collector": (os.getpid(), 0),
    f"{OWN}.dispatch-watcher": (None, -15),
    f"{OWN}.nightly": (None, 0),
    f"{OWN}.broken": (None, 78),
    "com.apple.Finder": (None, -9),
}


@pytest.fixture(autouse=True)
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the double, first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def spec(name: str, label: str, expected: str = "") -> ServiceConfig:
    return ServiceConfig(name, launchd=label, expected=expected, timeout=20.0)


async def look(*specs: ServiceConfig) -> dict[str, Service]:
    return {row.name: row for row in await read_once(Launchd(specs))}


async def test_every_state_by_one_call(on_path: Path) -> None:
    data = install(on_path, JOBS)
    found = await look(
        spec("otel", f"{OWN}.otel-collector"),
        spec("watcher", f"{OWN}.dispatch-watcher", "running"),
        spec("watcher loaded", f"{OWN}.dispatch-watcher", "loaded"),
        spec("nightly", f"{OWN}.nightly", "loaded"),
        spec("auto-dispatcher", f"{OWN}.auto-dispatcher", "unloaded"),
        spec("must be off", f"{OWN}.otel-collector", "unloaded"),
        spec("idle must be off", f"{OWN}.nightly", "unloaded"),
    )
    assert {name: (row.word, str(row.judgement), row.last_exit) for name, row in found.items()} == {
        "otel": ("running", "ok", ""),
        "watcher": ("loaded", "alarm", "killed by SIGTERM (15)"),
        "watcher loaded": ("loaded", "attention", "killed by SIGTERM (15)"),
        "nightly": ("loaded", "ok", ""),
        "auto-dispatcher": ("unloaded", "ok", ""),
        "must be off": ("running", "alarm", ""),
        "idle must be off": ("loaded", "alarm", ""),
    }
    assert found["otel"].pid == os.getpid() and found["otel"].since is not None
    assert Path(f"{data}.calls").read_text().split("\n") == ["list", ""]


async def test_a_pattern_counts_and_names_the_odd_ones(on_path: Path) -> None:
    install(on_path, JOBS)
    found = await look(spec("OpenClaw", f"{OWN}.*", "loaded, at least 3"), spec("nightly", f"{OWN}.nightly", "loaded"))
    row = found["OpenClaw"]
    assert (row.judgement, row.observed, row.count) == (Judgement.ATTENTION, "2 of 3 odd", 3)
    assert "broken loaded (exit 78)" in row.evidence
    assert [member.name for member in row.members] == [
        f"{OWN}.{n}" for n in ("broken", "dispatch-watcher", "otel-collector")
    ]
    few = (await look(spec("OpenClaw", f"{OWN}.*", "at least 10")))["OpenClaw"]
    assert few.judgement is Judgement.ALARM and few.count == 4
    none = await look(
        spec("a", "org.none.*", "unloaded"), spec("b", "org.none.*", "loaded"), spec("c", "org.*", "at most 0")
    )
    assert [str(row.judgement) for row in none.values()] == ["ok", "alarm", "ok"]


@pytest.mark.parametrize("expected", ["running", "loaded", "unloaded", "stopped", "absent"])
async def test_a_line_that_is_not_understood_makes_its_label_unknown(on_path: Path, expected: str) -> None:
    install(on_path, JOBS, extra=f"??\t0\t{OWN}.auto-dispatcher\n12 0 {OWN}.spaces\n")
    found = await look(
        spec("auto", f"{OWN}.auto-dispatcher", expected),
        spec("group", f"{OWN}.auto-*", expected),
        spec("ok", f"{OWN}.nightly", "loaded"),
    )
    assert found["auto"].judgement is Judgement.UNKNOWN and "not understood" in found["auto"].evidence
    assert found["group"].judgement is Judgement.UNKNOWN
    assert found["ok"].judgement is Judgement.OK


@pytest.mark.parametrize("fails", ["Could not find domain for", "x\x1b[2Jy"])
async def test_a_launchctl_that_fails_is_never_good_news(on_path: Path, fails: str) -> None:
    install(on_path, JOBS, fails=fails)
    [row] = (await look(spec("auto", f"{OWN}.auto-dispatcher", "unloaded"))).values()
    assert row.judgement is Judgement.UNKNOWN and row.error and "\x1b" not in row.evidence


@pytest.mark.parametrize("printed", ["", "com.openclaw.x", "PID Status", "<html>PID</html>"])
async def test_something_else_than_a_list_makes_nothing_unloaded(on_path: Path, printed: str) -> None:
    (on_path / "launchctl").write_text(f"#!/bin/sh\necho '{printed}'\n")
    (on_path / "launchctl").chmod(0o755)
    for label in (f"{OWN}.auto-dispatcher", f"{OWN}.*"):
        [row] = (await look(spec("auto", label, "unloaded"))).values()
        assert row.judgement is Judgement.UNKNOWN and "something else than a list" in row.error


async def test_without_the_program_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, on_path: Path) -> None:
    monkeypatch.setenv("PATH", str(on_path))
    [row] = (await look(spec("auto", f"{OWN}.auto-dispatcher", "unloaded"))).values()
    assert row.judgement is Judgement.UNKNOWN and "launchd is on macOS only" in row.error


async def test_a_system_daemon_is_asked_for_by_itself(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not in a user's list: not listed does not mean unloaded."""
    install(on_path, {"system.up": (4711, 0), "system.idle": (None, 0)}, listed=False)
    daemons = tmp_path / "LaunchDaemons"
    daemons.mkdir()
    for name in ("system.up", "system.idle", "off"):
        (daemons / f"{name}.plist").write_bytes(plistlib.dumps({"Label": name}))
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    specs = [spec(name, name, "unloaded") for name in ("system.up", "system.idle", "off")]
    rows = {row.name: row for row in await read_once(Launchd(specs, agents=(), daemons=(str(daemons),)))}
    assert {name: (row.word, str(row.judgement)) for name, row in rows.items()} == {
        "system.up": ("running", "alarm"),
        "system.idle": ("loaded", "alarm"),
        "off": ("unloaded", "ok"),
    }


async def test_the_schedule_comes_from_the_property_list(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(on_path, JOBS)
    agents = tmp_path / "LaunchAgents"
    agents.mkdir()
    plan = {
        "Label": f"{OWN}.nightly",
        "ProgramArguments": ["/bin/bash", "x"],
        "StartCalendarInterval": {"Hour": 4, "Minute": 0},
    }
    (agents / f"{OWN}.nightly.plist").write_bytes(plistlib.dumps(plan, fmt=plistlib.FMT_BINARY))
    [row] = await read_once(Launchd([spec("nightly", f"{OWN}.nightly", "loaded")], agents=(str(agents),), daemons=()))
    assert row.next_run and row.read_at and 0 < row.next_run - row.read_at <= 25 * 3600
    assert "at one time" in row.evidence


async def test_the_detail_shows_only_the_fields_that_may_be_shown(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = install(on_path, JOBS)
    monkeypatch.setattr(module, "AGENTS", (str(tmp_path),))
    argv = ["/bin/bash", "run.sh", "--token=sk-abcdefghijklmnopqrstuvwx"]
    plan = {"Label": "x", "ProgramArguments": argv, "StartInterval": 300}
    (tmp_path / f"{OWN}.otel-collector.plist").write_bytes(plistlib.dumps(plan))
    [row] = (await look(spec("otel", f"{OWN}.otel-collector"))).values()
    found = await describe(row)
    facts = dict(found.facts)
    assert facts["state"] == "running" and facts["pid"] == str(os.getpid()) and facts["runs"] == "3"
    assert facts["last signal"] == "Terminated: 15" and facts["schedule"] == "every 5m"
    assert facts["command"].startswith("/bin/bash run.sh") and "sk-abc" not in str(found)
    assert Path(f"{data}.calls").read_text().split("\n")[1].startswith("print gui/")


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["PID\tStatus\tLabel", "-\t0\ta", "1\t-15\tb", "x\ty\tz", "\t\t", "-"])).map("\n".join)
)
def test_no_list_breaks_the_reader_and_nothing_runs_without_a_pid(text: str) -> None:
    found = parse_list(text)
    assert found.good == bool(
        re.match(r"\s*PID\s+Status\s+Label\s*(\n|$)", text)
        and text.split("\n", maxsplit=1)[0].split() == ["PID", "Status", "Label"]
    )
    for job in found.jobs.values():
        assert job.pid is None or job.pid > 0
    parse_print(text)


@given(
    st.binary(max_size=300)
    | st.text(max_size=100).map(lambda t: f'<?xml version="1.0"?><plist><dict>{t}</dict></plist>'.encode())
)
def test_no_property_list_breaks_the_reader(content: bytes) -> None:
    parse_plist(content)


KEYS = st.sampled_from(
    ["Label", "ProgramArguments", "StartInterval", "StartCalendarInterval", "KeepAlive", "Hour", "x"]
)
VALUES = st.recursive(
    st.none().filter(bool) | st.booleans() | st.integers(-5, 70) | st.text(alphabet="ab/", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_no_content_of_a_property_list_breaks_the_reader(content: dict[str, object]) -> None:
    plan = parse_plist(plistlib.dumps(content))
    if plan is not None:
        assert plan.interval is None or plan.interval > 0
        assert isinstance(plan.told, str)


def test_exit_codes_in_words() -> None:
    assert [ended(n) for n in (0, 1, 78, -15, -9, -99)] == [
        "", "exit 1", "exit 78", "killed by SIGTERM (15)", "killed by SIGKILL (9)", "killed by signal 99",
    ]  # fmt: skip
    assert [waited(n) for n in (0, 256, 15, 0x8B)] == ["", "exit 1", "killed by SIGTERM (15)", "killed by SIGSEGV (11)"]
