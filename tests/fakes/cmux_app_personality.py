"""What differs between the releases the double can be: methods, texts and habits of each, as documented.

A = 0.63.2 (2026-04), B = 0.64.22 (2026-08), C = main of 2026-10. None of this was ever run against the real app.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_A_METHODS: Final = """
system.ping system.capabilities system.identify system.tree auth.login
window.list window.current window.focus window.create window.close
workspace.list workspace.create workspace.select workspace.current workspace.close workspace.move_to_window
workspace.reorder workspace.rename workspace.action workspace.next workspace.previous workspace.last
workspace.equalize_splits workspace.remote.configure workspace.remote.foreground_auth_ready
workspace.remote.reconnect workspace.remote.disconnect workspace.remote.status workspace.remote.terminal_session_end
settings.open feedback.open feedback.submit
surface.list surface.current surface.focus surface.split surface.create surface.close surface.drag_to_split
surface.move surface.reorder surface.action tab.action surface.refresh surface.health surface.send_text
surface.send_key surface.report_tty surface.ports_kick surface.read_text surface.clear_history surface.trigger_flash
pane.list pane.focus pane.surfaces pane.create pane.resize pane.swap pane.break pane.join pane.last
notification.create notification.create_for_surface notification.create_for_target notification.list
notification.clear app.focus_override.set app.simulate_active markdown.open
"""
_A_EXTRA: Final = """
debug.terminals browser.open_split browser.navigate browser.back browser.forward browser.reload browser.url.get
browser.snapshot browser.eval browser.wait browser.click browser.type browser.screenshot browser.get.text
browser.focus_webview browser.is_webview_focused browser.tab.new browser.tab.list browser.tab.switch browser.tab.close
"""
_B_METHODS: Final = """
auth.status auth.begin_sign_in auth.sign_out session.restore_previous feed.push feed.permission.reply
feed.question.reply feed.exit_plan.reply feed.jump feed.list system.top terminal.paste mobile.terminal.paste
notification.dismiss notification.mark_read notification.open notification.jump_to_unread
"""
_C_METHODS: Final = """
surface.input_state agent.message.send agent.message.list agent.message.claim agent.message.ack
agent.message.mark_read agent.message.poll
"""

IDLE_CLOSE: Final = 30.0
"""Seconds after which B cuts a silent connection (SO_RCVTIMEO)."""


@dataclass(frozen=True, slots=True)
class Personality:
    """One release."""

    name: str
    version_line: str
    """What ``cmux version`` prints."""
    methods: frozenset[str]
    """What ``system.capabilities`` lists. ``events.stream`` is never in it, even where it works."""
    modern: bool
    """B and C: byte assembly, denial per command, queued flag, raw CR, surfaces routed globally, events."""
    next_wave: bool = False
    """C: input state, request limit, error extras."""
    idle_close: float | None = None
    denial: str = "ERROR: Access denied — only processes started inside cmux can connect"
    cold_read: str = "ERROR: Terminal surface not found"

    def socket_path(self, home: Path) -> Path:
        """Where this release puts its socket under *home* when nothing else is said."""
        if self.modern:
            return home / ".local" / "state" / "cmux" / "cmux.sock"
        return home / "Library" / "Application Support" / "cmux" / "cmux.sock"

    def marker(self, home: Path) -> Path:
        """The file that holds the live path in one line."""
        return self.socket_path(home).with_name("last-socket-path")


_A = frozenset(_A_METHODS.split() + _A_EXTRA.split())
_B = _A | frozenset(_B_METHODS.split())
_DENIAL: Final = "ERROR: Access denied - only processes started inside cmux can connect"
DENIAL_KO: Final = "ERROR: 접근이 거부되었습니다 - cmux 안에서 시작된 프로세스만 연결할 수 있습니다"
"""B's text in a Korean user interface (wording made up: only that it is localized is documented)."""
_COLD: Final = "Failed to read terminal text"

A: Final = Personality("0.63.2", "cmux 0.63.2 (79) [6c203b514]", _A, modern=False)
B: Final = Personality(
    "0.64.22", "cmux 0.64.22 (102) [ddd4a01bc]", _B, True, False, IDLE_CLOSE, denial=_DENIAL, cold_read=_COLD
)
C: Final = Personality(
    "main-2026-10",
    "cmux 0.64.24 (104) [93e328171]",
    _B | frozenset(_C_METHODS.split()),
    True,
    True,
    IDLE_CLOSE,
    denial=_DENIAL,
    cold_read=_COLD,
)
PERSONALITIES: Final = {p.name: p for p in (A, B, C)} | {"A": A, "B": B, "C": C}


def personality(name: str) -> Personality:
    """Find one by name (``0.63.2``) or letter. Raises ValueError with the names there are."""
    if name not in PERSONALITIES:
        raise ValueError(f"{name}: no such personality; there are {', '.join(PERSONALITIES)}")
    return PERSONALITIES[name]
