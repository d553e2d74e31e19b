"""What ``surface.input_state`` (C, from September 2026) says: read off the screen, or told by a test."""

from __future__ import annotations

import re
import zlib
from typing import Final

from tests.fakes.cmux_app_tree import Surface
from tests.fakes.cmux_app_wire import Json

_CHOICE: Final = re.compile(r"^\s*[❯›]\s*\d+[.)]\s", re.MULTILINE)
_COMPOSER: Final = re.compile(r"^[❯›](?: (.*))?$", re.MULTILINE)
_HINTS: Final = ("Press up to edit", "Ask Codex", "Explain this codebase", "Summarize recent", 'Try "', "Find and fix")
"""How the programs' grey suggestions begin; the screen's plain text does not tell them from a draft."""


def input_state(surface: Surface) -> Json:
    """The record without the handles; relay variants may leave keys out, as `Surface.input_state` can say with None."""
    text = surface.terminal.text(scrollback=False) if surface.terminal else ""
    agent = surface.agent
    running = "esc to interrupt" in text
    dialog = _CHOICE.search(text) is not None
    draft = _draft(text)
    if surface.terminal is None or agent is None:
        state = "unknown"
    else:
        state = "dialog" if dialog else "draft" if draft else "empty"
    found: Json = {
        "state": state,
        "agent": agent is not None,
        "terminal": True,
        "lifecycle": "unknown" if agent is None else "needsInput" if dialog else "running" if running else "idle",
        "waiting_on_human": dialog,
        "blocks_typing": dialog,
        "busy": running,
        "draft_length": len(draft),
        "composer_fingerprint": f"{zlib.crc32(draft.encode()):08x}",
    }
    if agent is not None:
        found["agent_kind"] = agent
    found |= surface.input_state
    return {key: value for key, value in found.items() if value is not None}


def _draft(text: str) -> str:
    found = _COMPOSER.findall(text)
    draft = found[-1].strip() if found else ""
    return "" if draft.startswith(_HINTS) else draft
