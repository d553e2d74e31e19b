"""cmux's event log: every hook, rotation, half lines, the last minute only."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.agents.hook_events import AGE, EventTail, parse_event
from console.agents.hooks import HookFiles
from console.model.agent import AgentState
from tests.agents.following import SURFACE, Spawn, end, hook_event, sleepers, write_log


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts a process that does nothing; all are ended after the test."""
    with sleepers() as start:
        yield start


class TestEvents:
    @pytest.mark.parametrize(
        ("name", "payload", "state"),
        [
            ("UserPromptSubmit", {}, AgentState.WORKING),
            ("PreToolUse", {}, AgentState.WORKING),
            ("PreToolUse", {"phase": "completed"}, None),
            ("PermissionRequest", {"tool_name": "Bash"}, AgentState.APPROVAL),
            ("PermissionRequest", {"tool_name": "ExitPlanMode"}, AgentState.APPROVAL),
            ("PermissionRequest", {"tool_name": "AskUserQuestion"}, AgentState.QUESTION),
            ("PermissionRequest", {"phase": "completed"}, AgentState.WORKING),
            ("Notification", {"notification_type": "permission_prompt"}, AgentState.APPROVAL),
            ("Notification", {"notification_type": "idle_prompt"}, None),
            ("Notification", {}, None),
            ("Stop", {}, AgentState.IDLE),
            ("Stop", {"background_tasks": [{"id": 1}]}, AgentState.BACKGROUND),
            ("Stop", {"background_tasks": []}, AgentState.IDLE),
            ("StopFailure", {"error": "rate_limit"}, AgentState.ERROR),
            ("SubagentStop", {}, None),
            ("SessionStart", {}, AgentState.IDLE),
            ("SomethingNew", {}, None),
        ],
    )
    def test_every_hook(self, name: str, payload: dict[str, Any], state: AgentState | None) -> None:
        found = parse_event(hook_event(name, 1_790_000_000.5, **payload))
        assert (found.state if found else None) == state
        if found is not None:
            assert (found.edge, found.source, found.at, found.surface) == (True, "hook", 1_790_000_000.5, SURFACE)
            assert (found.session, found.evidence) == ("s-1", f"{name} hook")

    @pytest.mark.parametrize(
        "frame",
        [
            None,
            [],
            {},
            {"name": 3},
            {"name": "agent.hook.Stop"},
            {"name": "agent.hook.Stop", "occurred_at": "x"},
            {"name": "surface.closed", "occurred_at": "2026-05-16T00:00:10Z"},
        ],
    )
    def test_other_lines_say_nothing(self, frame: object) -> None:
        assert parse_event(frame) is None

    def test_a_payload_of_any_kind_is_survived(self) -> None:
        frame = hook_event("Stop") | {"payload": [1], "surface_id": None}
        found = parse_event(frame)
        assert found is not None
        assert (found.session, found.surface, found.agent) == ("", "", "claude")

    def test_the_last_hook_of_each_session_counts_for_a_minute(self, tmp_path: Path) -> None:
        now = time.time()
        write_log(
            tmp_path,
            hook_event("UserPromptSubmit", now - 5),
            hook_event("Stop", now - 1),
            hook_event("PreToolUse", now - 3),  # written late
            hook_event("Stop", now - AGE - 5, session="claude-old"),
            hook_event("Stop", now + 3600, session="claude-future"),
            hook_event("UserPromptSubmit", now - 2, session="claude-gone"),
            hook_event("SessionEnd", now - 1, session="claude-gone"),
            {"name": "surface.focused", "occurred_at": "2026-05-16T00:00:10Z"},
        )
        tail = EventTail(tmp_path / "events.jsonl")
        found, problem = tail.look(now)
        assert [(edge.session, edge.state) for edge in found] == [("s-1", AgentState.IDLE)]
        assert problem == ""
        assert tail.look(now + AGE) == ((), ""), "old news"

    def test_it_reads_what_is_added_and_waits_for_whole_lines(self, tmp_path: Path) -> None:
        now = time.time()
        path = write_log(tmp_path, hook_event("UserPromptSubmit", now - 3))
        tail = EventTail(path)
        assert tail.look(now)[0][0].state is AgentState.WORKING
        line = json.dumps(hook_event("PermissionRequest", now - 1)).encode()
        with path.open("ab") as file:
            file.write(line[:50])
        assert tail.look(now)[0][0].state is AgentState.WORKING
        with path.open("ab") as file:
            file.write(line[50:] + b"\n")
        assert tail.look(now)[0][0].state is AgentState.APPROVAL

    def test_nothing_is_lost_when_the_log_is_rotated(self, tmp_path: Path) -> None:
        now = time.time()
        path = write_log(tmp_path, hook_event("UserPromptSubmit", now - 9))
        tail = EventTail(path)
        tail.look(now)
        write_log(tmp_path, hook_event("Stop", now - 5, session="claude-before"))
        path.rename(tmp_path / "events.jsonl.1")
        assert [edge.session for edge in tail.look(now)[0]] == ["s-1"], "between two logs"
        tail = EventTail(write_log(tmp_path, hook_event("UserPromptSubmit", now - 9, session="claude-x")))
        tail.look(now)
        write_log(tmp_path, hook_event("Stop", now - 5, session="claude-before"))
        path.rename(tmp_path / "events.jsonl.1")
        write_log(tmp_path, hook_event("Stop", now - 4, session="claude-after"))
        assert [edge.session for edge in tail.look(now)[0]] == ["after", "before", "x"]

    def test_a_log_that_was_cut_is_read_from_its_beginning(self, tmp_path: Path) -> None:
        now = time.time()
        path = write_log(tmp_path, *[hook_event("UserPromptSubmit", now - 9)] * 5)
        tail = EventTail(path)
        tail.look(now)
        path.write_text(json.dumps(hook_event("Stop", now - 1)) + "\n")
        assert tail.look(now)[0][0].state is AgentState.IDLE

    def test_only_the_end_of_a_long_log_is_read(self, tmp_path: Path) -> None:
        now = time.time()
        path = tmp_path / "events.jsonl"
        early = json.dumps(hook_event("Stop", now - 2, session="claude-early")) + "\n"
        path.write_text(early + ("x" * 99 + "\n") * 160_000)
        write_log(tmp_path, hook_event("Stop", now - 1, session="claude-late"))
        assert [edge.session for edge in EventTail(path).look(now)[0]] == ["late"]

    def test_hooks_of_ended_processes_are_dropped(self, tmp_path: Path, spawn: Spawn) -> None:
        live, dead = spawn(), spawn()
        end(dead)
        write_log(
            tmp_path, hook_event("Stop", session="a", _ppid=live.pid), hook_event("Stop", session="b", _ppid=dead.pid)
        )
        assert [signal.pid for signal in HookFiles(tmp_path, {}).look().signals] == [live.pid]
