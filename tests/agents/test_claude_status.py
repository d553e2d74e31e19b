"""Claude Code's status files: real files, real processes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from console.agents.claude_status import StatusFiles, parse, sessions_folder, watch_claude
from console.agents.processes import alive, ancestry, started
from console.model.agent import AgentState
from console.model.signal import Signal
from tests.agents.following import Followed, Spawn, age, end, inotify_descriptors, sleepers
from tests.eventually import eventually, eventually_now


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts a process that does nothing; all are ended after the test."""
    with sleepers() as start:
        yield start


def write(folder: Path, pid: int, status: str | None = "idle", **more: object) -> Path:
    """A status file as 2.1.330 writes it."""
    now = int(time.time() * 1000)
    document: dict[str, Any] = {"pid": pid, "sessionId": "s-1", "cwd": "/src", "startedAt": now, "kind": "interactive"}
    if status is not None:
        document |= {"status": status, "statusUpdatedAt": now}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{pid}.json"
    path.write_text(json.dumps(document | more), encoding="utf-8")
    return path


class TestParse:
    @pytest.mark.parametrize(
        ("status", "waiting_for", "state", "reason"),
        [
            ("busy", None, AgentState.WORKING, ""),
            ("idle", None, AgentState.IDLE, ""),
            ("waiting", "permission prompt", AgentState.APPROVAL, "permission prompt"),
            ("waiting", "input needed", AgentState.QUESTION, "input needed"),
            ("waiting", None, AgentState.QUESTION, ""),
            ("waiting", ["?"], AgentState.QUESTION, ""),
        ],
    )
    def test_every_status(self, status: str, waiting_for: object, state: AgentState, reason: str) -> None:
        found = parse({"status": status, "waitingFor": waiting_for}, "42.json", 100.0)
        assert found is not None
        assert (found.state, found.reason, found.pid, found.at) == (state, reason, 42, 100.0)

    @pytest.mark.parametrize(
        "document",
        [
            {},
            {"status": "dancing"},
            {"status": None},
            {"status": {}},
            {"status": ["busy"]},
            [],
            "busy",
            None,
            {"status": "busy", "pid": 43},
        ],
    )
    def test_what_says_nothing_gives_no_signal(self, document: object) -> None:
        assert parse(document, "42.json", 100.0) is None

    def test_a_captured_file(self) -> None:
        raw = (
            '{"pid":86398,"sessionId":"99999999-8888-7777-6666-555555555555","cwd":"/private/tmp",'
            '"startedAt":1783874156815,"version":"2.1.207","kind":"interactive","entrypoint":"cli","name":"tmp-29",'
            '"status":"waiting","updatedAt":1783874163920,"statusUpdatedAt":1783874163920,'
            '"waitingFor":"permission prompt","tmux":"openclaw:@4.%17"}'
        )
        assert parse(json.loads(raw), "86398.json", 1783874163.95) == Signal(
            "status file",
            "claude",
            AgentState.APPROVAL,
            1783874163.92,
            "permission prompt",
            86398,
            pane="%17",
            session="99999999-8888-7777-6666-555555555555",
            evidence="sessions/86398.json",
        )

    @pytest.mark.parametrize("at", [10**40, -5, float("nan"), float("inf"), True, "yesterday", [], 200_000.0])
    def test_an_impossible_time_is_the_time_of_the_file(self, at: object) -> None:
        found = parse({"status": "busy", "statusUpdatedAt": at}, "42.json", 100.0)
        assert found is not None
        assert found.at == 100.0

    def test_texts_are_made_safe(self) -> None:
        found = parse({"status": "waiting", "waitingFor": "\x1b[2Jprompt" + "x" * 500}, "42.json", 100.0)
        assert found is not None
        assert "\x1b" not in found.reason
        assert len(found.reason) <= 81

    @pytest.mark.parametrize("pane", ["", "sess:@1", "%1", 7, None, "a:@1.%99999999999999"])
    def test_only_a_whole_pane_id_counts(self, pane: object) -> None:
        found = parse({"status": "busy", "tmux": pane}, "42.json", 100.0)
        assert found is not None
        assert found.pane == ""


class TestProcesses:
    def test_a_process_of_its_own_is_alive_until_it_ends(self, spawn: Spawn) -> None:
        process = spawn()
        assert alive(process.pid, time.time())
        assert not alive(process.pid, time.time() - 3600), "a process that began later only has the number"
        process.kill()
        eventually_now(lambda: started(process.pid) is None, what="a zombie is not alive")
        process.wait()
        assert not alive(process.pid, time.time())

    @pytest.mark.parametrize("pid", [0, -1, 2**31 - 1, 2**70])
    def test_impossible_numbers_are_no_process(self, pid: int) -> None:
        assert not alive(pid, time.time())
        assert ancestry(pid) in ((), (0,))

    def test_ancestors_begin_with_the_process_itself(self, spawn: Spawn) -> None:
        chain = ancestry(spawn().pid)
        assert chain[1:2] == (os.getpid(),)


class TestFolder:
    def test_it_follows_the_environment(self, tmp_path: Path) -> None:
        assert sessions_folder({}) == Path.home() / ".claude" / "sessions"
        assert sessions_folder({"CLAUDE_CONFIG_DIR": str(tmp_path)}) == tmp_path / "sessions"
        assert sessions_folder({"CLAUDE_CONFIG_DIR": " "}) == Path.home() / ".claude" / "sessions"

    def test_live_processes_only(self, tmp_path: Path, spawn: Spawn) -> None:
        live, dead = spawn(), spawn()
        write(tmp_path, live.pid, "busy")
        write(tmp_path, dead.pid, "busy")
        end(dead)
        files = StatusFiles(tmp_path)
        assert [signal.pid for signal in files.look().signals] == [live.pid]

    def test_a_number_used_again_is_not_the_agent(self, tmp_path: Path, spawn: Spawn) -> None:
        age(write(tmp_path, spawn().pid, "waiting"), 3600)
        assert StatusFiles(tmp_path).look().signals == ()

    def test_a_file_without_status_gives_none(self, tmp_path: Path, spawn: Spawn) -> None:
        write(tmp_path, spawn().pid, None)
        assert StatusFiles(tmp_path).look() == StatusFiles(tmp_path / "nowhere").look()

    def test_unchanged_files_are_not_read_again(self, tmp_path: Path, spawn: Spawn) -> None:
        path = write(tmp_path, spawn().pid, "busy")
        files = StatusFiles(tmp_path)
        first = files.look()
        found = path.stat()
        path.write_text(path.read_text().replace("busy", "idle"))
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
        assert files.look() == first, "same size, same time: not opened"
        os.utime(path)
        assert [signal.state for signal in files.look().signals] == [AgentState.IDLE]

    def test_half_a_file_keeps_what_it_said_until_it_is_whole(self, tmp_path: Path, spawn: Spawn) -> None:
        path = write(tmp_path, spawn().pid, "busy")
        files = StatusFiles(tmp_path)
        first = files.look()
        path.write_text(path.read_text()[:30])
        half = files.look()
        assert (half.signals, half.error, half.again) == (first.signals, "", True)
        age(path, 60)
        broken = files.look()
        assert broken.signals == ()
        assert path.name in broken.error
        write(tmp_path, int(path.stem), "waiting")
        assert [signal.state for signal in files.look().signals] == [AgentState.QUESTION]

    def test_hostile_files_cost_nothing_but_a_word(self, tmp_path: Path, spawn: Spawn) -> None:
        good = spawn()
        write(tmp_path, good.pid, "busy")
        (tmp_path / "11.json").write_bytes(b"[" * 60_000)
        (tmp_path / "12.json").write_bytes(b'{"status":"\xff\xfe"}')
        with (tmp_path / "13.json").open("wb") as file:
            file.truncate(50 << 20)
        (tmp_path / "14.json").mkdir()
        os.mkfifo(tmp_path / "15.json")
        (tmp_path / "16.json").symlink_to("/dev/zero")
        (tmp_path / "17.json").symlink_to("17.json")
        (tmp_path / "18.json").write_text("9" * 10_000)
        (tmp_path / "0019.json").write_text("{}")
        (tmp_path / "notes.json").write_text("{}")
        for name in ("11", "12", "13", "18"):
            age(tmp_path / f"{name}.json", 60)
        found = StatusFiles(tmp_path).look()
        assert [signal.pid for signal in found.signals] == [good.pid]
        assert "11.json: nested too deeply" in found.error
        assert "12.json: not UTF-8" in found.error
        assert "13.json: larger than 64 KiB" in found.error

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_folder_that_may_not_be_read_is_said(self, tmp_path: Path) -> None:
        tmp_path.chmod(0)
        try:
            assert "Permission denied" in StatusFiles(tmp_path).look().error
        finally:
            tmp_path.chmod(0o700)

    def test_a_file_in_place_of_the_folder_is_no_fault(self, tmp_path: Path) -> None:
        (tmp_path / "sessions").write_text("")
        assert StatusFiles(tmp_path / "sessions").look() == StatusFiles(tmp_path / "nowhere").look()


class TestWatch:
    async def test_changes_arrive_and_nothing_is_said_twice(self, tmp_path: Path, spawn: Spawn) -> None:
        process = spawn()
        folder = tmp_path / "sessions"
        followed = Followed(watch_claude(folder, poll=0.2))
        try:
            await eventually(lambda: followed.states == [], what="the empty reading")
            write(folder, process.pid, "busy")
            await eventually(lambda: followed.states == ["working"], what=lambda: followed.states)
            write(folder, process.pid, "waiting", waitingFor="permission prompt")
            await eventually(lambda: followed.states == ["approval"], what=lambda: followed.states)
            (folder / f"{process.pid}.json").unlink()
            await eventually(lambda: followed.states == [], what=lambda: followed.states)
            told = [(reading.signals, reading.error) for reading in followed.readings]
            assert all(before != after for before, after in pairwise(told))
            assert {reading.source for reading in followed.readings} == {"claude status files"}
        finally:
            await followed.end()

    async def test_a_change_is_seen_without_the_poll(self, tmp_path: Path, spawn: Spawn) -> None:
        process = spawn()
        write(tmp_path, process.pid, "busy")
        followed = Followed(watch_claude(tmp_path, poll=3600))
        try:
            await eventually(lambda: followed.states == ["working"])
            watching = {"claude status files: changes"}
            await eventually(lambda: watching <= {task.get_name() for task in asyncio.all_tasks()})

            def rewritten() -> bool:
                write(tmp_path, process.pid, "idle")  # until the watch of the system is set up
                return followed.states == ["idle"]

            await eventually(rewritten, what=lambda: followed.states)
        finally:
            await followed.end()

    async def test_a_killed_process_is_noticed_by_the_poll(self, tmp_path: Path, spawn: Spawn) -> None:
        process = spawn()
        write(tmp_path, process.pid, "busy")
        followed = Followed(watch_claude(tmp_path, poll=0.2))
        try:
            await eventually(lambda: followed.states == ["working"])
            end(process)
            await eventually(lambda: followed.states == [])
        finally:
            await followed.end()

    async def test_it_ends_cleanly(self, tmp_path: Path, spawn: Spawn) -> None:
        write(tmp_path, spawn().pid, "busy")
        before, watches = asyncio.all_tasks(), inotify_descriptors()
        for _ in range(3):
            followed = Followed(watch_claude(tmp_path, poll=0.2))
            await eventually(lambda: len(asyncio.all_tasks()) >= len(before) + 2)
            await followed.end()
        assert asyncio.all_tasks() == before
        await eventually(lambda: inotify_descriptors() == watches, what="the system's watches stay")

    async def test_it_costs_no_psutil_without_a_file(self, tmp_path: Path) -> None:
        code = (
            "import asyncio, sys, pathlib\n"
            "from console.agents.claude_status import watch_claude\n"
            "async def main():\n"
            "    async for _ in watch_claude(pathlib.Path(sys.argv[1])):\n"
            "        break\n"
            "asyncio.run(main())\n"
            "sys.exit('psutil' in sys.modules)\n"
        )
        done = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(tmp_path / "none"))
        assert await done.wait() == 0
