"""The dispatch log followed on a real file system."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import pytest

from console.model.dispatch import Dispatch, DispatchStatus
from console.model.reading import LogFailed, LogRead
from console.tracker.json_file import SIZE_LIMIT, Look, look
from console.tracker.json_log import RETRIES, THREAD_SIZE, watch_log
from console.tracker.names import FieldMap
from console.tracker.stream import LogParser
from tests.waiting import DEADLINE, until

Reading = LogRead | LogFailed


def text(*numbers: int) -> str:
    return json.dumps([{"id": n, "surface": "surface:1", "task": f"산업재 {n}", "status": "완료"} for n in numbers])


def replace(path: Path, content: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(content)
    temporary.replace(path)


class Follower:
    """What `watch_log` has said so far, as numbers of dispatches or as the text of a failure."""

    def __init__(self, path: Path) -> None:
        self.readings: list[Reading] = []
        self.threads = set(threading.enumerate())
        self._task = asyncio.create_task(self._follow(path))

    async def _follow(self, path: Path) -> None:
        async with aclosing(watch_log(path)) as readings:  # type: ignore[type-var]
            async for reading in readings:
                self.readings.append(reading)

    @property
    def last(self) -> list[int | None] | str:
        if not self.readings:
            return "nothing yet"
        reading = self.readings[-1]
        return reading.error if isinstance(reading, LogFailed) else [d.number for d in reading.dispatches]

    async def says(self, expected: list[int] | str) -> None:
        def met() -> bool:
            return expected in self.last if isinstance(expected, str) else self.last == expected

        try:
            await until(met)
        except TimeoutError:
            pytest.fail(f"expected {expected}, last said {self.last}")

    async def watching(self) -> None:
        """Until the system's watch is surely set: its thread runs."""
        await until(lambda: any(t.name != "oc-<lambda>" for t in set(threading.enumerate()) - self.threads))

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task], timeout=DEADLINE)
        assert self._task.done()


@pytest.fixture
async def follow() -> AsyncIterator[type[Follower]]:
    started: list[Follower] = []

    class Tracked(Follower):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            started.append(self)

    yield Tracked
    for follower in started:
        await follower.stop()


Follow = type[Follower]


@pytest.fixture
def no_backstop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the system's own reports of changes count."""
    monkeypatch.setattr("console.tracker.json_log.BACKSTOP", 3600.0)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dispatch_log.json"


async def test_the_first_reading_comes_at_once(log: Path) -> None:
    log.write_text(text(54))
    reading = await anext(aiter(watch_log(log)))
    assert isinstance(reading, LogRead)
    assert (reading.source, reading.dispatches[0].task, reading.not_understood) == (str(log), "산업재 54", 0)


@pytest.mark.usefixtures("no_backstop")
async def test_writing_in_place_is_seen(log: Path, follow: Follow) -> None:
    log.write_text(text(1))
    follower = follow(log)
    await follower.says([1])
    await follower.watching()
    log.write_text(text(1, 2))
    await follower.says([1, 2])


@pytest.mark.usefixtures("no_backstop")
async def test_many_atomic_replacements_are_seen(log: Path, follow: Follow) -> None:
    log.write_text(text(1))
    follower = follow(log)
    await follower.says([1])
    await follower.watching()
    for n in range(2, 6):
        replace(log, text(n))
        await follower.says([n])


async def test_deletion_is_told_and_a_new_file_is_read(log: Path, follow: Follow) -> None:
    log.write_text(text(1))
    follower = follow(log)
    await follower.says([1])
    log.unlink()
    await follower.says("does not exist; it is read as soon as it is there")
    log.write_text(text(1))
    await follower.says([1])


async def test_a_retargeted_link_is_followed_and_so_is_its_target(tmp_path: Path, follow: Follow) -> None:
    for name, number in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.json").write_text(text(number))
    link = tmp_path / "links" / "log.json"
    link.parent.mkdir()
    link.symlink_to("../a/log.json")
    follower = follow(link)
    await follower.says([1])
    replace(tmp_path / "a" / "log.json", text(1, 10))
    await follower.says([1, 10])
    (link.parent / "new").symlink_to("../b/log.json")
    (link.parent / "new").replace(link)
    await follower.says([2])
    replace(tmp_path / "b" / "log.json", text(2, 20))
    await follower.says([2, 20])
    (tmp_path / "b" / "log.json").unlink()
    await follower.says("is a link to nothing")


async def test_a_directory_that_comes_later_and_comes_again(tmp_path: Path, follow: Follow) -> None:
    log = tmp_path / "memory" / "log.json"
    follower = follow(log)
    await follower.says(f"the directory {log.parent} does not exist")
    for n in (1, 2):
        log.parent.mkdir()
        log.write_text(text(n))
        await follower.says([n])
        replace(log, text(n, n))
        await follower.says([n, n])
        shutil.rmtree(log.parent)
        await follower.says("does not exist")


async def test_half_a_file_is_told_with_its_place_and_the_rest_is_read(log: Path, follow: Follow) -> None:
    log.write_text(text(1))
    follower = follow(log)
    await follower.says([1])
    log.write_text('[\n  {"id": 1,')
    await follower.says(f"{log}:2:12: is not valid JSON")
    log.write_text("")
    await follower.says("is empty; a writer may be at work")
    log.write_text(text(1))
    await follower.says([1])


async def test_a_writer_that_is_quick_enough_is_not_told(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_text("[")
    asleep = asyncio.sleep

    async def write_meanwhile(seconds: float) -> None:
        log.write_text(text(3))
        await asleep(seconds)

    monkeypatch.setattr("console.tracker.json_log.asyncio.sleep", write_meanwhile)
    reading = await anext(aiter(watch_log(log)))
    assert isinstance(reading, LogRead)


@pytest.mark.parametrize(("before", "after", "times"), [(text(1), text(1), 1), ("[1,", "[2,", 1 + RETRIES)])
async def test_what_was_said_is_not_said_again(
    log: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch, before: str, after: str, times: int
) -> None:
    monkeypatch.setattr("console.tracker.json_log.BACKSTOP", 0.02)
    looks: list[int] = []

    def spy(path: Path, known: bytes | None, now: float, parser: LogParser) -> Look | None:
        looks.append(path.stat().st_ino)
        return look(path, known, now, parser)

    monkeypatch.setattr("console.tracker.json_log.look", spy)
    log.write_text(before)
    follower = follow(log)
    await until(lambda: len(follower.readings) == 1)
    replace(log, after)
    inode = log.stat().st_ino
    await until(lambda: looks.count(inode) >= times)
    replace(log, text(2))
    await follower.says([2])
    assert len(follower.readings) == 2


def test_known_content_is_not_parsed_again(log: Path) -> None:
    log.write_text(text(1))
    first = look(log, None, 1.0)
    assert first is not None
    assert look(log, first.digest, 2.0) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[{"task": "\xec\x82"}]', ":1:12: is not UTF-8; save it as UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" + b"9" * 5000 + b"]", ":1:2: is a number of more than 4300 digits; correct it"),
        (b"\0" * 1000, ":1:1: is not valid JSON"),
        (b"garbage " * (50 * 1024 * 1024 // 8), ":1:1: is not valid JSON"),
        (b" " * (SIZE_LIMIT + 1), "is larger than 64 MiB"),
    ],
    ids=["utf-8", "nested", "number", "zeros", "50 MB", "too large"],
)
async def test_garbage_is_told(log: Path, content: bytes, expected: str) -> None:
    log.write_bytes(content)
    reading = await anext(aiter(watch_log(log)))
    assert isinstance(reading, LogFailed)
    assert expected in reading.error
    assert len(reading.error) < 500


async def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    for name, expected in (
        (".", "is a directory; name the JSON file in it"),
        ("fifo", "is not a regular file"),
        ("loop", "cannot be read (Too many levels of symbolic links)"),
        ("file/log.json", "cannot be read (Not a directory)"),
        ("a\0b", "is not a usable path"),
    ):
        reading = await anext(aiter(watch_log(tmp_path / name)))
        assert isinstance(reading, LogFailed)
        assert expected in reading.error


@contextmanager
def without_root() -> Iterator[None]:
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was == 0:
            os.seteuid(was)


async def test_a_file_that_may_not_be_read_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        log = Path(name) / "log.json"
        log.write_text(text(1))
        log.chmod(0)
        with without_root():
            reading = await anext(aiter(watch_log(log)))
    assert isinstance(reading, LogFailed)
    assert "cannot be read (Permission denied); allow this account to read it" in reading.error


async def test_a_large_log_is_parsed_off_the_loop(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_text(text(*range(10_000)))
    assert log.stat().st_size > THREAD_SIZE
    names: list[str] = []

    read = LogParser.read

    def spy(parser: LogParser, content: bytes) -> tuple[tuple[Dispatch, ...], int]:
        names.append(threading.current_thread().name)
        return read(parser, content)

    monkeypatch.setattr(LogParser, "read", spy)
    reading = await anext(aiter(watch_log(log)))
    assert isinstance(reading, LogRead)
    assert len(reading.dispatches) == 10_000
    assert names != ["MainThread"]


async def test_a_changed_record_leaves_the_others_as_they_are(log: Path, follow: Follow) -> None:
    numbers = list(range(1, 10_001))
    log.write_text(text(*numbers))
    follower = follow(log)
    await follower.says(numbers)
    replace(log, text(*numbers, 5))
    await follower.says([*numbers, 5])
    before, after = follower.readings
    assert isinstance(before, LogRead)
    assert isinstance(after, LogRead)
    same = sum(old is new for old, new in zip(before.dispatches, after.dispatches, strict=False))
    assert same > 9000


async def test_the_owners_words_are_read(log: Path) -> None:
    log.write_text('[{"id": 1, "surface": "s1", "what": "w", "status": "빨강"}]')
    mapping = FieldMap({"task": ("what",)}, {"빨강": DispatchStatus.FAILED})
    reading = await anext(aiter(watch_log(log, mapping)))
    assert isinstance(reading, LogRead)
    (found,) = reading.dispatches
    assert (found.task, found.status, reading.not_understood) == ("w", DispatchStatus.FAILED, 0)


async def test_a_rude_writer_never_makes_it_fail_for_good(log: Path, follow: Follow) -> None:
    follower = follow(log)
    for n in range(200):
        with log.open("w") as file:
            whole = text(n)
            file.write(whole[: len(whole) // 2])
            file.flush()
            await asyncio.sleep(0)
            file.write(whole[len(whole) // 2 :])
    await follower.says([199])


async def test_stopped_it_leaves_no_task_behind(log: Path) -> None:
    before = asyncio.all_tasks()
    log.write_text(text(1))
    follower = Follower(log)
    await follower.says([1])
    await follower.watching()
    await follower.stop()
    assert asyncio.all_tasks() == before
    follower = Follower(log)
    await follower.stop()
    assert asyncio.all_tasks() == before
