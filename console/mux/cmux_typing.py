"""What may be typed through the `cmux` program, and how: text that it passes on unchanged, and its names of keys.

Source: `cmux send` of 0.63 and 0.64 turns a literal backslash with n, r or t into a key press (Enter, Enter, Tab) and
knows no way to escape that; a newline is Enter. `cmux send-key` knows named keys and letters with modifiers only.
"""

from __future__ import annotations

import json
import re
from typing import Final

from console.i18n import mark, tr
from console.mux.base import MuxError, NotTyped
from console.safety import check_outgoing, safe_text

TEXT_LIMIT: Final = 1500
"""Characters of one send; 2,000 and more have frozen a surface (issue 2396)."""
BYTE_LIMIT: Final = 3500
"""Bytes of one send inside its request: 0.63 loses what holds a character that lies across byte 4,095."""
POINTER: Final = mark("put it into a file and send one line that names the file")

_SPLIT: Final = re.compile(r"(?<=\\)(?=[nrt])")
_NAMES: Final = {
    "enter": "enter", "return": "enter", "cr": "enter", "escape": "escape", "esc": "escape", "tab": "tab", "up": "up",
    "down": "down", "left": "left", "right": "right", "space": "space", "backspace": "backspace", "bspace": "backspace",
    "btab": "shift+tab", "backtab": "shift+tab", "delete": "delete", "home": "home", "end": "end", "pageup": "pageup",
    "pagedown": "pagedown",
}  # fmt: skip
_MODIFIERS: Final = {
    "c": "ctrl", "ctrl": "ctrl", "control": "ctrl", "m": "alt", "alt": "alt", "opt": "alt", "option": "alt",
    "s": "shift", "shift": "shift", "cmd": "cmd", "super": "cmd",
}  # fmt: skip


def checked(ref: str, text: str) -> str:
    """Return *text* as it may be typed. Raises `MuxError`: control characters, several lines, tabs, too long."""
    clean, wrong = check_outgoing(text)
    name = safe_text(ref)
    if wrong:
        raise NotTyped(
            tr(
                "{name}: not typed: {character} in line {line}; take it out",
                name=name,
                character=wrong[0].name,
                line=wrong[0].line,
            )
        )
    if "\n" in clean:
        raise NotTyped(
            tr(
                "{name}: not typed: the cmux program would submit each line alone; {pointer}",
                name=name,
                pointer=tr(POINTER),
            )
        )
    if "\t" in clean:
        raise NotTyped(
            tr(
                "{name}: not typed: the cmux program presses the Tab key for a tab; write spaces, or {pointer}",
                name=name,
                pointer=tr(POINTER),
            )
        )
    # How the program writes it into its request: raw UTF-8, with / as \/.
    size = len(json.dumps(clean, ensure_ascii=False).encode()) + clean.count("/")
    if len(clean) > TEXT_LIMIT or size > BYTE_LIMIT:
        raise NotTyped(
            tr(
                "{name}: not typed: {count} characters are too many for one cmux send; {pointer}",
                name=name,
                count=len(clean),
                pointer=tr(POINTER),
            )
        )
    return clean


def parts(text: str) -> tuple[str, ...]:
    r"""Split *text* so that none of its parts means something to the program: between ``\`` and ``n``, ``r``, ``t``.

    The dashes of an option are parts too: some releases look for ``--help`` behind ``--`` all the same.
    """
    if text.startswith("-") and " " not in text:
        dashes = len(text) - len(text.lstrip("-"))
        rest = text[dashes:]
        return (*(("-", "-") if dashes == 2 else (text[:dashes],)), *parts(rest))
    return tuple(part for part in _SPLIT.split(text) if part)


def key_name(key: str) -> str:
    """Return *key* in the words of `cmux send-key`; empty for a character that is typed as text.

    ``C-c``, ``ctrl-c`` and ``ctrl+c`` are one. Raises `MuxError` for a key it does not know (function keys).
    """
    if len(key) == 1 and key.isprintable() and key != " ":
        return ""
    if key == " ":
        return "space"
    *modifiers, base = re.split(r"[+-]", key.casefold()) if key else [""]
    named = [_MODIFIERS.get(modifier, "") for modifier in modifiers]
    last = _NAMES.get(base, base if named and re.fullmatch("[a-z]", base) else "")
    if not last or not all(named):
        raise MuxError(tr("{key!r} is not a key the cmux program presses", key=safe_text(key)))
    return "+".join([*named, last])
