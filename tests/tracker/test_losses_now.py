"""The question asked at each change of the log."""

from __future__ import annotations

from pathlib import Path

from console.model.dispatch import DispatchStatus
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
