"""Since when the services are as they are, over a restart of the console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.config import Config, ServiceConfig
from console.engine import Engine
from console.model.service_history import Change
from console.state_services import NAME, ServiceJournal, load
from tests.eventually import eventually
from tests.fakes.mux import FakeMux

NOW = 1_775_806_860.0
LINES = [b'{"at":%s,"service":"a","state":"up"}' % at for at in (b"1", b"1e999", b'"x"', b"9e15", b"true", b"null")]


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    journal = ServiceJournal(tmp_path)
    first: dict[str, tuple[Change, ...]] = {"auto": ((NOW - 50, "unloaded"),)}
    second = {"auto": (*first["auto"], (NOW - 5, "running")), "웹": ((NOW - 4, "up"),)}
    journal.record({}, first)
    journal.record(first, second)
    journal.record(second, second)
    assert load(tmp_path, NOW) == second and not journal.error
    assert len((tmp_path / NAME).read_text().splitlines()) == 3
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_change_from_the_future_is_not_believed(tmp_path: Path) -> None:
    ServiceJournal(tmp_path).record({}, {"a": ((NOW - 1, "up"), (NOW + 3600, "absent"))})
    assert load(tmp_path, NOW) == {"a": ((NOW - 1, "up"),)}


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    journal = ServiceJournal(tmp_path / "file")
    journal.record({}, {"a": ((1.0, "up"), (2.0, "absent"))})
    assert "cannot be written" in journal.error
    assert load(tmp_path / "file", NOW) == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40) | st.sampled_from(LINES)).map(b"\n".join))
def test_no_file_breaks_the_reader(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert set(load(tmp_path, NOW)) <= {"a"}


@asynccontextmanager
async def running(config: Config, state: Path) -> AsyncIterator[Engine]:
    """An engine at work that keeps what it sees in *state*."""
    engine = Engine(config, FakeMux(), state=state)
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_since_when_outlives_the_console(tmp_path: Path) -> None:
    config = Config(services=(ServiceConfig("auto-dispatcher", "oc-no-such-process", "absent"),))

    def since(engine: Engine) -> float | None:
        rows = engine.snapshot.services.services
        return rows[0].since if rows else None

    async with running(config, tmp_path) as engine:
        await eventually(lambda: since(engine) is not None and load(tmp_path, NOW * 2))
        first = since(engine)
    async with running(config, tmp_path) as engine:
        await eventually(lambda: since(engine) is not None and since(engine) == first)
        assert engine.snapshot.services.history["auto-dispatcher"] == ((first, "absent"),)
    assert len((tmp_path / NAME).read_text().splitlines()) == 1
