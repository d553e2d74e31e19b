"""What of the collector outlives the console."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.collector_journal import EVERY, NAME, CollectorJournal, load
from console.config import CollectorConfig, Config
from console.engine import Engine
from console.model.reading import CollectorPast, CollectorRead
from console.model.snapshot import Snapshot, reduce
from console.model.telemetry import Collector, CollectorState, Exporter
from console.model.trend import Trend, follow, resume
from tests.eventually import eventually
from tests.fakes.mux import FakeMux

NOW = 1_775_800_000.0
URL = "http://c/health"
ORIGINS = (("logs", "u"), ("spans", "u"), ("uptime", "u"), ("exporters", "m"), ("refused", "m"))
UP = Collector(
    CollectorState.UP, "200", logs=1000, spans=5, uptime=5000.0, refused=1, exporters=(Exporter("otlp", 9, 80, 5, 10),),
    origins=ORIGINS,
)  # fmt: skip


def later(seconds: float, logs: int, uptime: float | None = None) -> tuple[float, Collector]:
    return NOW + seconds, replace(UP, logs=logs, uptime=5000.0 + seconds if uptime is None else uptime)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def test_one_line_a_minute_and_one_for_each_change(tmp_path: Path) -> None:
    journal = CollectorJournal(tmp_path)
    down = Collector(CollectorState.DOWN, "refused")
    for at, collector, restarts in (
        (0, UP, 0), (10, UP, 0), (EVERY, UP, 0), (EVERY + 10, down, 0), (EVERY + 20, down, 0), (EVERY + 30, UP, 0),
        (EVERY + 40, UP, 1), (EVERY + 50, UP, 1),
    ):  # fmt: skip
        journal.note(URL, NOW + at, collector, restarts)
    assert [float(str(line["at"])) - NOW for line in lines(tmp_path)] == [0, 60, 70, 90, 100]
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0
    assert "evidence" not in lines(tmp_path)[0], "no answer is kept, only numbers"


def test_rates_and_restarts_go_on_after_a_restart_of_the_console(tmp_path: Path) -> None:
    journal = CollectorJournal(tmp_path)
    journal.note(URL, *later(0, 1000))
    journal.note(URL, *later(60, 1042))
    past = load(tmp_path, URL, NOW + 90)
    assert past.rates.logs == 42 and past.since == NOW
    found, trend = follow(past, *later(100, 1070))
    assert (found.state, trend.rates.logs, trend.over) == (CollectorState.UP, 42, 40), "nothing failed since"
    _, trend = follow(past, *later(100, 3, uptime=9.0))
    assert [restart.at for restart in trend.restarts] == [NOW + 91]
    assert load(tmp_path, "http://other", NOW + 90) == Trend()
    assert load(tmp_path, URL, NOW + 90_000) == Trend() and load(tmp_path / "none", URL, NOW) == Trend()


def test_what_was_read_meanwhile_stays(tmp_path: Path) -> None:
    CollectorJournal(tmp_path).note(URL, *later(0, 1000))
    snapshot = Snapshot()
    for at, collector in (later(50, 1000), later(60, 1042)):
        snapshot = reduce(snapshot, CollectorRead(at, URL, collector))
    snapshot = reduce(snapshot, CollectorPast(NOW + 60, load(tmp_path, URL, NOW + 60)))
    assert snapshot.collector.trend.rates.logs == 42 and snapshot.collector.trend.since == NOW
    down = follow(snapshot.collector.trend, NOW + 70, Collector(CollectorState.DOWN, "x"))[1]
    assert resume(load(tmp_path, URL, NOW + 60), down).since == NOW + 70


def test_a_journal_that_cannot_be_written_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = CollectorJournal(tmp_path / "file")
    journal.note(URL, NOW, UP)
    assert "cannot be written" in journal.error


LINES = st.dictionaries(
    st.sampled_from(["at", "source", "state", "logs", "uptime", "origins", "exporters", "x"]),
    st.one_of(
        st.sampled_from([NOW, URL, 10**400]), st.integers(), st.floats(), st.booleans(), st.none(), st.text(max_size=3),
        st.lists(st.lists(st.sampled_from(["a", 10**400, 5, True, -1]), max_size=3), max_size=2),
        st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    ),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(st.lists(LINES, max_size=6))
def test_no_line_is_an_error(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]) -> None:
    folder = tmp_path_factory.mktemp("journal")
    (folder / NAME).write_text("\n".join(json.dumps({"at": NOW, "source": URL} | record) for record in records))
    load(folder, URL, NOW + 1)


async def test_the_engine_keeps_and_recalls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    journal = CollectorJournal(tmp_path)
    journal.note(URL, now - 30, later(0, 1000)[1])

    async def told(asked: CollectorConfig, *_: object) -> AsyncIterator[CollectorRead]:
        yield CollectorRead(time.time(), asked.source, later(30, 1021)[1])

    monkeypatch.setattr("console.telemetry.collector.watch_collector", told)
    engine = Engine(Config(collector=CollectorConfig("http://op:secret@c/health")), FakeMux(), state=tmp_path)
    assert engine.snapshot.collector.source == URL
    task = asyncio.create_task(engine.run())
    try:
        await eventually(lambda: engine.snapshot.collector.trend.rates.logs is not None)
        rate = engine.snapshot.collector.trend.rates.logs
        assert rate == pytest.approx(42, rel=0.2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.close()
