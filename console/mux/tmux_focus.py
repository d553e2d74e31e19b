"""Bringing a tmux pane to the front, in the client the operator looks at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from console.i18n import tr
from console.mux.base import MuxError

_CLIENTS: Final = "#{client_activity}\t#{client_control_mode}\t#{client_session}\t#{client_name}"

Tmux = Callable[..., Awaitable[str]]
"""Runs one tmux command and returns what it prints. Raises `MuxError`."""


async def tmux_focus(tmux: Tmux, pane: str, own_pane: str) -> None:
    """Select *pane* and its window, and switch the operator's client to its session.

    The operator's client is the one attached to the session of *own_pane* (where the console itself runs), else the
    one used last; control clients, ours among them, show nothing. Raises `MuxError` when there is none.
    """
    session = (await tmux("display-message", "-p", "-t", pane, "#{session_id}\t#{session_name}")).rstrip("\n")
    session_id, _, _ = session.partition("\t")
    if not session_id:
        raise MuxError(tr("{pane}: there is no such pane any more", pane=pane))
    own = (await tmux("display-message", "-p", "-t", own_pane, "#{session_name}")).strip() if own_pane else ""
    rows = (line.split("\t", 3) for line in (await tmux("list-clients", "-F", _CLIENTS)).splitlines())
    clients = [row for row in rows if len(row) == 4 and row[1] == "0"]
    mine = [row for row in clients if row[2] == own] or clients
    await tmux("select-window", "-t", pane)
    await tmux("select-pane", "-t", pane)
    if not mine:
        raise MuxError(
            tr("{pane} is selected, but no terminal is attached to this tmux server: tmux attach shows it", pane=pane)
        )
    client = max(mine, key=lambda row: int(row[0]) if row[0].isdigit() else 0)[3]
    await tmux("switch-client", "-c", client, "-t", session_id)
