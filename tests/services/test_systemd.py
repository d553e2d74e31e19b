"""systemd: a real one where it can be had, recorded text, and texts that nobody should be fooled by."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import i18n
from console.config import ServiceConfig
from console.model.service import Judgement, Service, State
from console.services.detail import describe
from console.services.scheduler import read_once
from console.services.systemd import Systemd
from console.services.systemd_text import FIELDS, observe, parse_show, parse_timers, parse_units
from tests.services import systemd_ground

NOW = 1_795_401_900.0


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the ``systemctl`` of a real systemd."""
    if why := systemd_ground.why_not():
        pytest.skip(why)
    try:
        with systemd_ground.run(tmp_path_factory.mktemp("sd")) as programs:
            yield programs
    except (RuntimeError, OSError) as error:
        pytest.skip(f"systemd --user cannot be started here: {error}")


@pytest.fixture
def systemd(real: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{real}:{os.environ['PATH']}")
    return real


def spec(name: str, unit: str, expected: str = "", scope: str = "user") -> ServiceConfig:
    return ServiceConfig(name, systemd=unit, expected=expected, scope=scope, timeout=20.0)  # type: ignore[arg-type]


async def look(*specs: ServiceConfig) -> dict[str, Service]:
    return {row.name: row for row in await read_once(Systemd(specs))}


async def test_a_real_systemd_tells_every_state(systemd: Path) -> None:
    specs = (
        spec("works", "oc-works", "running"),
        spec("fails", "oc-fails.service", "running"),
        spec("killed", "oc-killed", "running"),
        spec("off", "oc-off", "unloaded"),
        spec("timer", "oc-by-timer.timer"),
        spec("timed", "oc-by-timer", "loaded"),
        spec("never", "oc-never", "loaded"),
        spec("broken", "oc-broken", "running"),
        spec("gone", "oc-no-such", "unloaded"),
        spec("must be off", "oc-works", "unloaded"),
    )
    found = await look(*specs)
    told = {name: (row.word, row.judgement) for name, row in found.items()}
    assert told == {
        "works": ("running", "ok"),
        "fails": ("failed", "alarm"),
        "killed": ("failed", "alarm"),
        "off": ("unloaded", "ok"),
        "timer": ("loaded", "ok"),
        "timed": ("loaded", "ok"),
        "never": ("unloaded", "alarm"),
        "broken": ("failed", "alarm"),
        "gone": ("unloaded", "ok"),
        "must be off": ("running", "alarm"),
    }, found
    works = found["works"]
    assert works.pid and works.since and works.read_at and abs(works.read_at - works.since) < 60
    assert works.manager == "systemd --user" and works.label == "oc-works.service"
    assert found["fails"].last_exit == "exit 3" and found["killed"].last_exit == "killed by SIGKILL (9)"
    following = found["timer"].next_run
    assert following is not None and 0 < following - works.read_at <= 25 * 3600


async def test_a_pattern_is_one_row_with_the_odd_ones_out(systemd: Path) -> None:
    found = await look(spec("fleet", "oc-*.service", "running"), spec("named", "oc-killed", "running"))
    fleet = found["fleet"]
    assert fleet.judgement is Judgement.ALARM and fleet.count == len(fleet.members)
    names = {member.name: member.judgement for member in fleet.members}
    assert names["oc-works.service"] == "ok" and names["oc-fails.service"] == "alarm"
    assert "oc-killed.service" not in names, "it has an entry of its own"
    assert "oc-fails.service failed (exit 3)" in fleet.evidence


async def test_a_unit_is_followed_while_it_stops_and_starts(systemd: Path) -> None:
    from console.host import run

    one = spec("works", "oc-works", "running")
    await run(["systemctl", "--user", "stop", "oc-works"], timeout=20)
    assert (await look(one))["works"].judgement is Judgement.ALARM
    await run(["systemctl", "--user", "start", "oc-works"], timeout=20)
    assert (await look(one))["works"].judgement is Judgement.OK


async def test_the_detail_of_one_unit(systemd: Path) -> None:
    [row] = (await look(spec("works", "oc-works"))).values()
    found = await describe(row)
    facts = dict(found.facts)
    assert not found.error and facts["pid"] == str(row.pid) and facts["unit file"].endswith("oc-works.service")


async def test_a_systemd_that_cannot_be_asked_makes_nothing_unloaded(
    systemd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await look(
        spec("gone", "oc-no-such", "unloaded", "auto"),
        spec("there", "oc-works", "running", "auto"),
        spec("its own", "oc-no-such", "unloaded", "user"),
    )
    assert found["gone"].judgement is Judgement.UNKNOWN and "scope: user" in found["gone"].evidence
    assert found["there"].judgement is Judgement.OK and found["its own"].judgement is Judgement.OK


# -- a double of systemctl ------------------------------------------------------------------------------------------


def program(folder: Path, text: str) -> None:
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("script", "evidence"),
    [
        ("echo 'Failed to connect to bus: No medium found' >&2; exit 1", "Failed to connect to bus"),
        ("exit 0", "told of 0 units, asked for 1"),
        ("echo 'Id=other.service'; echo 'LoadState=not-found'", "says nothing of web.service"),
        ("echo garbage", "told of 0 units"),
        ("echo Id=web.service", "not understood: LoadState="),
        ("printf 'Id=web.service\\nLoadState=loaded\\nActiveState=odd\\n'", "not understood: ActiveState=odd"),
        ("sleep 30", "no answer within"),
        ("head -c 3000000 /dev/urandom", "units, asked for 1"),
    ],
)
async def test_a_systemctl_that_fails_is_never_good_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, evidence: str
) -> None:
    program(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    every = [ServiceConfig("web", systemd="web", expected=word, timeout=0.7) for word in ("running", "unloaded")]
    for row in await read_once(Systemd(every)):
        assert row.judgement is Judgement.UNKNOWN and row.word == "unknown"
        assert evidence in row.evidence or "no answer within" in row.evidence, row


async def test_without_the_program_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [row] = await read_once(Systemd([spec("web", "web", "unloaded")]))
    assert row.judgement is Judgement.UNKNOWN and "no such program" in row.error


async def test_the_user_systemd_that_hangs_does_not_hold_up_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        tmp_path,
        'case "$*" in *--user*) sleep 30;; *) printf "Id=web.service\\nLoadState=loaded\\nActiveState=active\\n'
        'SubState=running\\nMainPID=1\\n";; esac',
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    here = ServiceConfig("web", systemd="web", timeout=2.0)
    there = ServiceConfig("mine", systemd="mine", scope="user", timeout=2.0)
    rows = {row.name: row for row in await read_once(Systemd([here, there]))}
    assert rows["mine"].judgement is Judgement.UNKNOWN and "no answer" in rows["mine"].evidence
    assert rows["web"].word == "running"


# -- what is read ----------------------------------------------------------------------------------------------------

BLOCK = st.dictionaries(
    st.sampled_from(FIELDS),
    st.sampled_from(
        ["", "loaded", "active", "inactive", "failed", "running", "dead", "0", "-5", "@1", "x\x1b[2J", "9" * 30]
    )
    | st.text(max_size=12),
)


@given(BLOCK)
def test_only_what_systemd_calls_active_and_running_is_running(block: dict[str, str]) -> None:
    seen = observe(block, {}, NOW)
    if seen.state is State.RUNNING:
        assert block.get("ActiveState") in ("active", "reloading", "refreshing")
    if block.get("LoadState") not in ("loaded", "masked", "not-found") and block.get("ActiveState") != "active":
        assert seen.state in (State.UNKNOWN, State.FAILED)
    assert "\x1b" not in seen.evidence


@given(st.text(max_size=300) | st.lists(st.sampled_from(["Id=a", "", "LoadState=loaded", "=", "\r"])).map("\n".join))
def test_no_text_breaks_the_readers(text: str) -> None:
    for block in parse_show(text):
        observe(block, {}, NOW)
    parse_timers(text)
    parse_units(text)


def test_the_timers_as_systemd_252_prints_them() -> None:
    text = (
        '[{"next":1795406400000000,"left":1795406400000000,"last":0,"passed":0,"unit":"a.timer","activates":"a.service"},'
        '{"next":18446744073709551615,"last":1795401834000000,"unit":"b.timer","activates":"b.service"},3,{"unit":4}]'
    )
    assert parse_timers(text) == {"a.timer": (1795406400.0, None), "b.timer": (None, 1795401834.0)}


def test_a_program_that_is_started_again_and_again_has_failed() -> None:
    block = {"Id": "a", "LoadState": "loaded", "ActiveState": "activating", "SubState": "auto-restart"}
    assert observe(block, {}, NOW).state is State.FAILED
    block |= {"ActiveState": "active", "SubState": "exited"}
    assert observe(block, {}, NOW).state is State.LOADED, "a oneshot that is over does not run"


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_unit_that_is_there_speaks_before_one_that_is_not_in_every_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: i18n.Language
) -> None:
    i18n.use(language)
    program = tmp_path / "systemctl"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --user ]; then echo LoadState=not-found; else echo LoadState=loaded; fi\n'
        "echo Id=a.service; echo ActiveState=inactive; echo SubState=dead; echo UnitFileState=disabled\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = (await look(spec("A", "a", "unloaded", scope="auto")))["A"]
    assert (found.state, found.judgement, found.manager) == ("unloaded", Judgement.OK, "systemd")
    assert found.evidence == "inactive (dead), disabled"
