"""What is sent arrives byte by byte, once, on every back end."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.send import ANYWHERE
from tests.actions.sending import Rig, Target
from tests.actions.texts import HARD
from tests.eventually import eventually


@pytest.mark.parametrize("kind", ["claude", "codex"])
async def test_every_text_arrives_whole_and_once(terminals: Rig, kind: str, tmp_path: Path) -> None:
    target = await terminals.start(kind, "--script", "say", "--speed", "20", rows=60)
    sent: list[str] = []
    for name, text in HARD.items():
        await target.shows("idle")
        order = replace(ANYWHERE, folder=tmp_path / "tasks")
        result = await target.send(text, order)
        assert (result.outcome, result.left) == ("submitted", "nothing"), (name, result)
        sent.append(pointed(target, result.file, text))
        await eventually(lambda: len(target.received("submit")) >= len(sent))
        assert target.received("submit", "queue", "steer", "answer") == sent, name


def pointed(target: Target, file: Path | None, text: str) -> str:
    """What the agent must have received: the text, or the line that names the file that holds it."""
    if file is None:
        return text
    assert "paste" not in target.mux.capabilities
    assert file.read_text(encoding="utf-8") == text
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    return f"Read the file {file} and do what it says."


async def test_a_text_for_a_file_leaves_none_when_it_is_refused(terminals: Rig, tmp_path: Path) -> None:
    target = await terminals.start("claude", "--start", "approval")
    await target.shows("approval")
    result = await target.send(HARD["sixty lines"], replace(ANYWHERE, folder=tmp_path / "tasks", veto=lambda: ""))
    assert result.outcome == "refused" and result.file is None
    assert not list(tmp_path.rglob("task-*"))


async def test_a_veto_stops_it_and_leaves_no_file(terminals: Rig, tmp_path: Path) -> None:
    target = await terminals.start("claude", "--script", "say")
    order = replace(ANYWHERE, folder=tmp_path / "tasks", veto=lambda: "everything is stopped")
    result = await target.send(HARD["sixty lines"], order)
    assert result.outcome == "refused" and re.search("everything is stopped; nothing was typed", result.evidence)
    assert not list(tmp_path.rglob("task-*")) and target.received("paste", "submit") == []
