"""After a notice the screen is what it was, also where its edge has cut a wide character in two."""

from __future__ import annotations

import shlex
import sys

from tests.eventually import eventually
from tests.tmux_server import TmuxServer

APP = """
from textual.widgets import Static
from console.app_notices import Notices

class Alone(Notices):
    CSS = "Toast { width: 31; margin-right: 1; }"

    def compose(self):
        yield Static("가나다라마바사아자차카타파하" * 70, markup=False)

    def on_key(self):
        self.notify("[HELLO]", timeout=1)

Alone().run()
"""


async def test_no_syllable_is_missing_after_a_notice(tmux: TmuxServer) -> None:
    pane = tmux.new("exec " + shlex.join((sys.executable, "-c", APP)))
    await eventually(lambda: tmux.screen(pane).count("가") > 60)
    before = tmux.screen(pane)
    tmux.run("send-keys", "-t", pane, "x")
    await eventually(lambda: "[HELLO]" in tmux.screen(pane))
    await eventually(lambda: tmux.screen(pane) == before, what=[before])
