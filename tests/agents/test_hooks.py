"""cmux's hook files: three versions of the store, the event log with its rotation, hostile content."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from console.agents.hooks import NO_PID_AGE, HookFiles, parse_store, state_folder, store_paths, watch_hooks
from console.agents.status_files import Look
from console.model.agent import AgentState
from console.model.signal import Signal
from tests.agents.following import (
    SURFACE,
    Followed,
    Spawn,
    age,
    end,
    hook_event,
    inotify_descriptors,
    sleepers,
    write_log,
)
from tests.eventually import eventually


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts a process that does nothing; all are ended after the test."""
    with sleepers() as start:
        yield start


def record(session: str = "s-1", surface: str = SURFACE, **more: object) -> dict[str, Any]:
    """A row as 0.63 writes it (version A); *more* makes it a newer one."""
    now = time.time()
    row = {"sessionId": session, "workspaceId": "W", "surfaceId": surface, "startedAt": now - 60, "updatedAt": now}
    return row | more


def store(*records: dict[str, Any], version: int = 1, **more: object) -> dict[str, Any]:
    return {"version": version, "sessions": {row["sessionId"]: row for row in records}, **more}


def put(folder: Path, document: object, agent: str = "claude") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{agent}-hook-sessions.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def files(folder: Path) -> HookFiles:
    return HookFiles(folder, store_paths(folder, {}))


class TestStore:
    def test_version_a_tells_where_but_not_what(self) -> None:
        (row,) = parse_store(store(record(pid=42)), "claude", "f")
        assert (row.signal.state, row.signal.pid, row.signal.surface) == (AgentState.UNKNOWN, 42, SURFACE)
        assert (row.signal.source, row.signal.session, row.signal.edge) == ("cmux", "s-1", False)

    @pytest.mark.parametrize(
        ("more", "state"),
        [
            ({"agentLifecycle": "running"}, AgentState.WORKING),
            ({"agentLifecycle": "idle"}, AgentState.IDLE),
            ({"agentLifecycle": "needsInput"}, AgentState.QUESTION),
            ({"agentLifecycle": "unknown"}, AgentState.UNKNOWN),
            ({"runtimeStatus": "running"}, AgentState.WORKING),
            ({"agentLifecycle": "idle", "runtimeStatus": "error"}, AgentState.ERROR),
            ({"agentLifecycle": "running", "runtimeStatus": "idle"}, AgentState.WORKING),
            ({"agentLifecycle": "idle", "hadPendingBackgroundWorkAtStop": True}, AgentState.BACKGROUND),
            ({"agentLifecycle": "running", "hadPendingBackgroundWorkAtStop": True}, AgentState.WORKING),
            ({"agentLifecycle": ["running"]}, AgentState.UNKNOWN),
            ({"agentLifecycle": "dreaming"}, AgentState.UNKNOWN),
        ],
    )
    @pytest.mark.parametrize("version", [1, 2, "3", None])
    def test_versions_b_and_c_tell_the_state(self, more: dict[str, Any], state: AgentState, version: int) -> None:
        (row,) = parse_store(store(record(**more), version=version), "codex", "f")
        assert (row.signal.state, row.signal.agent) == (state, "codex")

    def test_what_was_said_last_is_the_reason_of_a_question_only(self) -> None:
        rows = parse_store(
            store(
                record("a", "S1", agentLifecycle="needsInput", lastSubtitle="Permission"),
                record("b", "S2", agentLifecycle="idle", lastSubtitle="Completed"),
            ),
            "claude",
            "f",
        )
        assert [row.signal.reason for row in rows] == ["Permission", ""]

    def test_one_row_per_surface_the_active_else_the_newest(self) -> None:
        old, new = record("old", updatedAt=1000.0), record("new", updatedAt=2000.0)
        (row,) = parse_store(store(old, new), "claude", "f")
        assert row.signal.session == "new"
        active = {SURFACE.lower(): {"sessionId": "claude-old", "updatedAt": 3000.0}}
        (row,) = parse_store(store(old, new, activeSessionsBySurface=active), "claude", "f")
        assert row.signal.session == "old"

    def test_sessions_that_ended_are_left_out(self) -> None:
        ended = record("a", "S1", completedAt=time.time()), record("b", "S2", sessionState="ended")
        assert parse_store(store(*ended, record("c", "S3")), "claude", "f")[0].signal.session == "c"

    def test_times_in_milliseconds_are_read(self) -> None:
        (row,) = parse_store(store(record(updatedAt=1_790_000_000_000)), "claude", "f")
        assert row.signal.at == 1_790_000_000.0

    @pytest.mark.parametrize("document", [[], "x", None, 7, {"sessions": []}, {"sessions": "x"}])
    def test_no_store_at_all_is_an_error(self, document: object) -> None:
        with pytest.raises(ValueError, match="not a store"):
            parse_store(document, "claude", "f")

    @pytest.mark.parametrize(
        "row",
        [None, [], "x", {}, {"updatedAt": "no"}, {"updatedAt": float("nan")}, {"updatedAt": -1}, {"updatedAt": True}],
    )
    def test_rows_without_sense_are_passed_over(self, row: object) -> None:
        document = {"sessions": {"bad": row, "good": record("good")}, "activeSessionsBySurface": {"x": row, "y": 3}}
        assert [found.signal.session for found in parse_store(document, "claude", "f")] == ["good"]

    def test_texts_are_made_safe(self) -> None:
        evil = record("\x1b]0;x\x07id", "\u202eS" * 300, agentLifecycle="needsInput", lastSubtitle="\x1b[31m" * 99)
        (row,) = parse_store(store(evil), "claude", "f")
        for text in (row.signal.session, row.signal.surface, row.signal.reason):
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert len(text) <= 121


class TestAlive:
    def test_rows_of_ended_and_other_processes_are_dropped(self, tmp_path: Path, spawn: Spawn) -> None:
        live, dead, other, renewed = spawn(), spawn(), spawn(), spawn()
        began = psutil.Process(renewed.pid).create_time()
        end(dead)
        put(
            tmp_path,
            store(
                record("live", "S1", pid=live.pid),
                record("dead", "S2", pid=dead.pid),
                record("other", "S3", pid=other.pid, updatedAt=time.time() - 3600),
                record("generation", "S4", pid=renewed.pid, pidStartSeconds=int(began) - 500),
                record("same", "S5", pid=renewed.pid, pidStartSeconds=int(began), updatedAt=time.time() - 3600),
            ),
        )
        assert [signal.session for signal in files(tmp_path).look().signals] == ["live", "same"]

    def test_rows_without_process_are_believed_for_a_day(self, tmp_path: Path) -> None:
        now = time.time()
        put(
            tmp_path,
            store(
                record("new", "S1", updatedAt=now - 100),
                record("old", "S2", updatedAt=now - NO_PID_AGE - 100),
                record("not yet", "S3", updatedAt=now + 3600),
            ),
        )
        assert [signal.session for signal in files(tmp_path).look().signals] == ["new"]


class TestFiles:
    def test_places_follow_the_environment(self, tmp_path: Path) -> None:
        assert state_folder({}) == Path.home() / ".cmuxterm"
        assert state_folder({"CMUX_AGENT_HOOK_STATE_DIR": str(tmp_path)}) == tmp_path
        given = store_paths(tmp_path, {"CMUX_CLAUDE_HOOK_STATE_PATH": "~/mine.json"})
        assert given == {"claude": Path.home() / "mine.json", "codex": tmp_path / "codex-hook-sessions.json"}

    def test_nothing_there_is_no_fault(self, tmp_path: Path) -> None:
        assert files(tmp_path / "none").look() == Look()

    def test_both_agents_are_read(self, tmp_path: Path) -> None:
        put(tmp_path, store(record("a", "S1")))
        put(tmp_path, store(record("b", "S2")), "codex")
        found = files(tmp_path).look().signals
        assert [(signal.agent, signal.session) for signal in found] == [("claude", "a"), ("codex", "b")]

    def test_half_a_store_keeps_what_it_said(self, tmp_path: Path) -> None:
        path = put(tmp_path, store(record()))
        reader = files(tmp_path)
        first = reader.look()
        path.write_text(path.read_text()[:40])
        half = reader.look()
        assert (half.signals, half.again, half.error) == (first.signals, True, "")
        age(path, 60)
        broken = reader.look()
        assert broken.signals == ()
        assert broken.error.startswith("claude-hook-sessions.json: ")
        path.unlink()
        assert reader.look() == Look()

    @pytest.mark.parametrize("kind", ["deep", "utf8", "large", "folder", "fifo", "device", "loop", "number"])
    def test_hostile_files_cost_nothing_but_a_word(self, tmp_path: Path, kind: str) -> None:
        for name in ("claude-hook-sessions.json", "events.jsonl"):
            path = tmp_path / name
            if kind == "folder":
                path.mkdir()
            elif kind == "fifo":
                os.mkfifo(path)
            elif kind == "device":
                path.symlink_to("/dev/zero")
            elif kind == "loop":
                path.symlink_to(name)
            elif kind == "large":
                with path.open("wb") as file:
                    file.truncate(50 << 20)
            else:
                content = {"deep": b'{"sessions":' * 200_000, "utf8": b'{"sessions":"\xff"}\n', "number": b"9" * 9999}
                path.write_bytes(content[kind])
            if kind not in ("loop", "device"):
                age(path, 60)
        put(tmp_path, store(record("good")), "codex")
        found = files(tmp_path).look()
        assert [signal.session for signal in found.signals] == ["good"]
        assert found.error or kind == "loop"


class TestWatch:
    async def test_changes_of_store_and_log_arrive(self, tmp_path: Path, spawn: Spawn) -> None:
        folder, process = tmp_path / "state", spawn()
        followed = Followed(watch_hooks(folder, poll=0.2))
        try:
            await eventually(lambda: followed.states == [], what=lambda: followed.readings)
            put(folder, store(record(pid=process.pid, agentLifecycle="running")))
            await eventually(lambda: followed.states == ["working"], what=lambda: followed.readings)
            write_log(folder, hook_event("PermissionRequest", tool_name="Bash"))
            await eventually(lambda: followed.states == ["working", "approval"], what=lambda: followed.readings)
            assert followed.readings[-1].source == "cmux hooks"
            end(process)
            await eventually(lambda: followed.states == ["approval"], what=lambda: followed.readings)
            put(folder, "no store")
            age(folder / "claude-hook-sessions.json", 60)
            await eventually(lambda: "not a store" in followed.error, what=lambda: followed.readings)
        finally:
            await followed.end()

    async def test_a_store_elsewhere_is_watched_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CMUX_CLAUDE_HOOK_STATE_PATH", str(tmp_path / "other" / "store.json"))
        followed = Followed(watch_hooks(tmp_path / "state", poll=0.2))
        try:
            await eventually(lambda: followed.states == [])
            (tmp_path / "other").mkdir()
            (tmp_path / "other" / "store.json").write_text(json.dumps(store(record(agentLifecycle="idle"))))
            await eventually(lambda: followed.states == ["idle"], what=lambda: followed.readings)
        finally:
            await followed.end()

    async def test_it_ends_cleanly_wherever_it_is(self, tmp_path: Path) -> None:
        put(tmp_path, store(record()))
        before, watches = asyncio.all_tasks(), inotify_descriptors()
        followed = Followed(watch_hooks(tmp_path, poll=0.2))
        await eventually(lambda: len(asyncio.all_tasks()) >= len(before) + 2)
        await followed.end()
        async for reading in (closing := watch_hooks(tmp_path)):
            assert [type(signal) for signal in reading.signals] == [Signal]
            break
        await closing.aclose()
        assert asyncio.all_tasks() == before
        await eventually(lambda: inotify_descriptors() == watches, what="the system's watches stay")
