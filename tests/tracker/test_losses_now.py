"""The question asked at each change of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.model.dispatch import DispatchStatus
from console.tracker import losses_now
from console.tracker.json_file import read_content
from console.tracker.json_write import JsonLog
from console.tracker.losses_now import count_losses
from console.tracker.operations import SetStatus


def test_undone_changes_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    before = '[{"id": 1, "task": "t", "status": "working"}]'
    path.write_text(before)
    assert count_losses(path) == 0, "the console wrote nothing"
    JsonLog(path).apply(SetStatus(1, DispatchStatus.DONE))
    assert count_losses(path) == 0
    path.write_text(before)
    assert count_losses(path) == 1
    path.write_text("[{")
    assert count_losses(path) == 0, "half written: asked again at the next change"


def test_a_write_between_the_two_readings_is_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.json"
    path.write_text('[{"id": 1, "task": "t", "status": "working"}]')
    JsonLog(path).apply(SetStatus(1, DispatchStatus.WAITING))
    read, times = read_content, 0

    def read_then_written(target: Path) -> bytes:
        nonlocal times
        content, times = read(target), times + 1
        if times == 1:
            JsonLog(path).apply(SetStatus(1, DispatchStatus.DONE))
        return content

    monkeypatch.setattr(losses_now, "read_content", read_then_written)
    assert count_losses(path) == 0 and times == 2
