"""What is typed into a cmux-tui terminal: one paste, or one key.

Source: `terminal.input.write` passes its bytes to the program as they are, `terminal.input.keys` takes chords such as
``enter``, ``ctrl+c``, ``shift+tab`` and most single characters (both tried on a live daemon).
"""

from __future__ import annotations

import base64
import re
from typing import Final

from console.i18n import tr
from console.mux.base import MuxError, NotTyped
from console.mux.cmux_rpc import CmuxRpc
from console.safety import check_outgoing, safe_text

_BRACKETED: Final = re.compile(rb"\x1b\[\?2004([hl])")
_NAMES: Final = {"esc": "escape", "return": "enter", "cr": "enter", "btab": "shift+tab", "bspace": "backspace"}
_MODIFIERS: Final = {"c": "ctrl", "m": "alt", "s": "shift"}


async def paste(rpc: CmuxRpc, ref: str, text: str) -> None:
    """Paste *text* without Enter. Raises `MuxError`, also for control characters.

    Newlines go out as CR, as a terminal does in a paste; without bracketed paste each would submit, so that is refused.
    """
    clean, wrong = check_outgoing(text)
    if wrong:
        raise NotTyped(
            tr(
                "not typed into {ref}: line {line} has {name}; take it out",
                ref=safe_text(ref),
                line=wrong[0].line,
                name=wrong[0].name,
            )
        )
    if not clean:
        return
    await _check_alive(rpc, ref)
    if await takes_paste(rpc, ref):
        data = "\x1b[200~" + clean.replace("\n", "\r") + "\x1b[201~"
    elif "\n" in clean:
        raise NotTyped(
            tr(
                "not typed into {ref}: its program takes no bracketed paste, each line would be "
                "submitted alone; put the text into a file and send one line that names it",
                ref=safe_text(ref),
            )
        )
    else:
        data = clean
    await rpc.call("terminal.input.write", mutation=True, terminal=ref, text=data)


async def _check_alive(rpc: CmuxRpc, ref: str) -> None:
    """The daemon takes input for a program that has ended, and says that all is well (tried on a live one)."""
    found = await rpc.call("terminal.get", terminal=ref)
    if isinstance(found, dict) and found.get("lifecycle") == "exited":
        raise NotTyped(tr("{ref}: its program has ended; nothing was typed", ref=safe_text(ref)))


async def takes_paste(rpc: CmuxRpc, ref: str) -> bool:
    """Whether the program has bracketed paste (DEC private mode 2004) on. Raises `MuxError`."""
    result = await rpc.call("terminal.state.read", terminal=ref)
    try:
        state = base64.b64decode(result["state_base64"])
    except (KeyError, TypeError, ValueError) as error:
        raise MuxError(tr("cmux told no usable state of {ref}", ref=safe_text(ref))) from error
    modes = _BRACKETED.findall(state)
    return bool(modes) and modes[-1] == b"h"


async def press(rpc: CmuxRpc, ref: str, key: str) -> None:
    """Press one key. Raises `MuxError`; for a key without a name too."""
    await _check_alive(rpc, ref)
    if len(key) == 1 and key.isprintable():
        # The daemon knows only some characters as keys ("?" and Hangul are refused); a typed character is its bytes.
        await rpc.call("terminal.input.write", mutation=True, terminal=ref, text=key)
        return
    await rpc.call("terminal.input.keys", mutation=True, terminal=ref, keys=[chord(key)])


def chord(key: str) -> str:
    """Return *key* in the daemon's words: ``C-c`` and ``ctrl-c`` are ``ctrl+c``, ``esc`` is ``escape``."""
    *modifiers, base = re.split(r"[+-]", key.casefold())
    named = [_MODIFIERS.get(modifier, modifier) for modifier in modifiers]
    return "+".join([*named, _NAMES.get(base, base)])
