"""The lock file that tells an automatic dispatcher that tasks may be sent by hand; what is known of that dispatcher."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.config import Config, LogConfig, ServiceConfig
from console.config_sections import AutomaticSection, GuardSection
from console.engine import Engine
from console.interlock import BEAT, STALE, ManualLock, read
from console.model.composed import Composed
from console.model.guard import Level
from console.model.reading import LogRead, ServicesRead
from console.model.service import Judgement, Service
from console.model.snapshot import Snapshot, reduce
from console.sending import Sending
from console.tracker.dispatch_log import DispatchLog
from console.tracker.names import FieldMap
from console.tracker.schema import read_records
from tests.eventually import eventually
from tests.fakes.mux import FakeMux, tree


def gone_pid() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
        return process.pid


def written(path: Path, pid: int, host: str = "", age: float = 0.0) -> None:
    path.write_text(json.dumps({"program": "oc-console", "pid": pid, "host": host or socket.gethostname(), "since": 1}))
    os.utime(path, (time.time() - age,) * 2)


def test_it_says_who_and_is_gone_at_the_end(tmp_path: Path) -> None:
    lock = ManualLock(tmp_path / "made" / "manual.lock")
    assert lock.publish() and lock.publish() and lock.error == ""
    told = json.loads(lock.path.read_text())
    assert (told["program"], told["pid"], told["host"]) == ("oc-console", os.getpid(), socket.gethostname())
    assert abs(told["since"] - time.time()) < 60
    holder = read(lock.path, time.time())
    assert holder is not None and holder.lives()
    lock.release()
    assert list((tmp_path / "made").iterdir()) == [], "nothing is left, no half-written file either"
    assert not lock.publish() and not lock.path.exists(), "released for good: a thread that comes late writes nothing"


@pytest.mark.parametrize(
    ("pid", "host", "age", "replaced"),
    [(0, "", 0.0, True), (1, "", 0.0, False), (1, "", STALE + 1, True),
     (0, "elsewhere", 0.0, False), (0, "elsewhere", STALE + 1, True)],
)  # fmt: skip
def test_a_console_that_has_gone_is_replaced_and_one_that_lives_is_left(
    tmp_path: Path, pid: int, host: str, age: float, replaced: bool
) -> None:
    path = tmp_path / "manual.lock"
    written(path, pid or gone_pid(), host, age)
    before = path.read_text()
    lock = ManualLock(path)
    assert lock.publish()
    assert (path.read_text() != before) is replaced
    lock.release()
    assert path.exists() is not replaced, "another console's stays"


@pytest.mark.parametrize("text", ["my shopping list", "[1]", '{"pid": 1}', '{"program": "other", "pid": 1}'])
def test_a_file_that_is_none_of_ours_is_never_touched(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manual.lock"
    path.write_text(text)
    lock = ManualLock(path)
    assert not lock.publish() and "no lock file of oc-console" in lock.error
    lock.release()
    assert path.read_text() == text


async def test_it_gives_signs_of_life_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.interlock.BEAT", 0.01)
    lock = ManualLock(tmp_path / "manual.lock")
    task = asyncio.create_task(lock.keep())
    await eventually(lock.path.exists)
    os.utime(lock.path, (1, 1))
    await eventually(lambda: lock.path.stat().st_mtime > 1)
    lock.path.unlink()
    await eventually(lock.path.exists)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not lock.path.exists() and BEAT < STALE / 10


def engine_over(tmp_path: Path, config: Config) -> Engine:
    mux = FakeMux()
    mux.post(tree(1, "%1"))
    return Engine(config, mux, state=tmp_path / "state")


async def test_nothing_is_typed_while_the_lock_cannot_be_published(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("my shopping list")
    config = Config(guards=GuardSection(lock=str(tmp_path / "list")))
    engine = engine_over(tmp_path, config)
    task = asyncio.create_task(engine.run())
    await eventually(lambda: engine.snapshot.surfaces)
    done = await engine.send("%1", Composed("a task"))
    assert done.outcome == "refused" and "automatic dispatcher" in done.evidence and engine.mux.typed == []  # type: ignore[attr-defined]
    assert "my shopping list" not in done.evidence and "no lock file" in dict(engine.about_server())["lock"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await engine.close()


# -- what is known of the automatic dispatcher ------------------------------------------------------------------------

NOW = time.time()
MARKS = {"source": "auto_dispatcher", "보낸이": "자동"}


def test_its_records_are_known_by_the_operators_words() -> None:
    records: list[object] = [
        {"number": 1, "source": "Auto_Dispatcher "},
        {"number": 2, "source": "me"},
        {"number": 3, "보낸이": "자동"},
        {"number": 4, "Source": "auto_dispatcher", "task": "x"},
        {"number": 5, "task": "auto_dispatcher"},
    ]
    found, _ = read_records(records, FieldMap(automatic=MARKS))
    assert [each.number for each in found if each.automatic] == [1, 3, 4]
    assert not any(each.automatic for each in read_records(records)[0])


def verdict(section: AutomaticSection, snapshot: Snapshot, tmp_path: Path) -> tuple[str, str]:
    config = Config(guards=GuardSection(automatic=section))
    sending = Sending(config, DispatchLog(LogConfig()), tmp_path)
    found = next(v for v in sending.judge(snapshot, "%1", Composed("a task")) if v.rule == "automatic")
    return ("" if found.level is Level.PASS else found.level.word), found.evidence


@pytest.mark.parametrize(
    ("minutes_ago", "minutes", "level"), [(9, 10.0, "refuse"), (11, 10.0, ""), (3, 2.0, ""), (1, 2.0, "refuse")]
)
def test_a_new_record_of_it_refuses(tmp_path: Path, minutes_ago: float, minutes: float, level: str) -> None:
    now = time.time()  # not that of the import: the whole suite takes minutes
    records: list[object] = [{"number": 1, "source": "auto_dispatcher", "dispatched_at": now - minutes_ago * 60}]
    found, _ = read_records(records, FieldMap(automatic=MARKS))
    snapshot = reduce(Snapshot(), LogRead(now, "log.json", tuple(found)))
    said, evidence = verdict(AutomaticSection("", MARKS, minutes), snapshot, tmp_path)
    assert said == level and (not level or "minutes ago" in evidence)
    assert verdict(AutomaticSection(), snapshot, tmp_path) == ("", ""), "nobody has said whose records these are"


@pytest.mark.parametrize(
    ("named", "service", "level"),
    [
        ("Nightly", ("nightly", "running"), "refuse"),
        ("nightly", ("nightly", "absent"), ""),
        ("nightly", ("nightly", "unknown"), "warn"),
        ("nightly", ("auto-dispatcher", "running"), "warn"),
        ("", ("auto-dispatcher", "running"), "refuse"),
        ("", ("nightly", "running"), ""),
    ],
)
def test_its_service_is_the_one_that_is_named(tmp_path: Path, named: str, service: tuple[str, str], level: str) -> None:
    row = Service(service[0], "absent", service[1], Judgement.ALARM, "pid 9")
    snapshot = reduce(Snapshot(), ServicesRead(NOW, "processes", (row,)))
    assert verdict(AutomaticSection(named), snapshot, tmp_path)[0] == level


async def test_marked_records_of_the_watched_log_reach_the_guard(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text(
        json.dumps([{"number": 1, "surface": "%1", "source": "auto_dispatcher", "dispatched_at": time.time()}])
    )
    service = ServiceConfig("nightly", "no such process", "absent")
    guards = GuardSection(automatic=AutomaticSection("", MARKS))
    engine = engine_over(tmp_path, Config(log=LogConfig(str(log)), services=(service,), guards=guards))
    task = asyncio.create_task(engine.run())
    await eventually(lambda: engine.snapshot.log.dispatches and engine.snapshot.surfaces)
    assert engine.sending is not None
    found = engine.sending.judge(engine.snapshot, "%1", Composed("a task"))
    assert "automatic" in [each.rule for each in found if each.level is Level.REFUSE]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await engine.close()


def test_quiet_hours_of_the_configuration_reach_the_guard(tmp_path: Path) -> None:
    for spans, refused in ((("00:00-24:00",), True), ((), False)):
        sending = Sending(Config(guards=GuardSection(quiet=spans)), DispatchLog(LogConfig()), tmp_path)
        found = sending.judge(Snapshot(), "%1", Composed("a task"))
        assert ("quiet" in [each.rule for each in found if each.level is Level.REFUSE]) is refused
