"""Who is before the screen is not told what they see; who is not, is."""

from __future__ import annotations

import pytest
from textual import events

from console import app as module
from tests.ui_helpers import Fleet, until


async def test_the_operator_is_here_while_the_terminal_has_the_focus_and_keys_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet()
    async with fleet.app.run_test(size=(120, 40)) as pilot:
        await fleet.start(pilot)
        assert fleet.engine.present
        fleet.app.post_message(events.AppBlur())
        await until(pilot, lambda: not fleet.engine.present)
        fleet.app.post_message(events.AppFocus())
        await until(pilot, lambda: fleet.engine.present)
        # A terminal that tells nothing of its focus: nobody has pressed a key for long.
        monkeypatch.setattr(module, "LOOKS_ON", 0.5)
        await until(pilot, lambda: not fleet.engine.present)
        monkeypatch.setattr(module, "LOOKS_ON", 100.0)
        await pilot.press("tab")
        assert fleet.engine.present
