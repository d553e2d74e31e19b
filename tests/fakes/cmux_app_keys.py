"""The key names of ``surface.send_key`` and what each types, as documented: no digits, no F-keys."""

from __future__ import annotations

from typing import Final

_NAMED: Final = {
    "enter": "\r",
    "return": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "esc": "\x1b",
    "backspace": "\x7f",
    "space": " ",
    "backtab": "\x1b[Z",
    "\\": "\\",
}
_CURSOR: Final = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_TILDE: Final = {"delete": 3, "del": 3, "forward_delete": 3, "pageup": 5, "page_up": 5, "pagedown": 6, "page_down": 6}
_SIGNALS: Final = {"sigint": "\x03", "eof": "\x04", "sigtstp": "\x1a", "sigquit": "\x1c"}
_MODIFIERS: Final = {
    "ctrl": 4,
    "control": 4,
    "shift": 1,
    "alt": 2,
    "opt": 2,
    "option": 2,
    "cmd": 8,
    "command": 8,
}
ENTERS: Final = frozenset({"enter", "return"})


def key_bytes(name: str, *, application_cursor: bool = False) -> bytes | None:
    """What the key *name* (any case) types; None when it is unknown. Command with a key types nothing: b""."""
    name = name.lower()
    if name in _SIGNALS:
        return _SIGNALS[name].encode()
    modifiers, base = _split(name)
    base = base.removeprefix("arrow_").removeprefix("arrow") if base.startswith("arrow") else base
    if base in _CURSOR:
        return _cursor(_CURSOR[base], modifiers, application_cursor)
    if base in _TILDE:
        middle = f";{1 + (modifiers & 7)}" if modifiers & 7 else ""
        return b"" if modifiers & 8 else f"\x1b[{_TILDE[base]}{middle}~".encode()
    if base in _NAMED:
        return _named(base, modifiers)
    # A bare letter is text, not a key: only a modifier makes it one.
    if len(base) == 1 and base.isascii() and base.isalpha() and modifiers:
        return _letter(base, modifiers)
    return None


def _split(name: str) -> tuple[int, str]:
    modifiers = 0
    while True:
        for word, bit in _MODIFIERS.items():
            rest = name.removeprefix(word)
            if rest != name and len(rest) > 1 and rest[0] in "+-":
                modifiers |= bit
                name = rest[1:]
                break
        else:
            return modifiers, name


def _cursor(final: str, modifiers: int, application: bool) -> bytes:
    if modifiers & 8:
        return b""
    if modifiers & 7:
        return f"\x1b[1;{1 + modifiers}{final}".encode()
    return f"\x1b{'O' if application else '['}{final}".encode()


def _named(base: str, modifiers: int) -> bytes:
    if modifiers & 8:
        return b""
    text = _NAMED[base]
    if base == "tab" and modifiers & 1:
        text = "\x1b[Z"
    elif base in ENTERS and modifiers & 5:
        text = f"\x1b[27;{1 + (modifiers & 5)};13~"
    elif base == "space" and modifiers & 4:
        text = "\x00"
    elif base == "\\" and modifiers & 4:
        text = "\x1c"
    elif base == "backspace" and modifiers & 4:
        text = "\x08"
    return (("\x1b" if modifiers & 2 else "") + text).encode()


def _letter(base: str, modifiers: int) -> bytes:
    if modifiers & 8:
        return b""
    text = chr(ord(base) & 0x1F) if modifiers & 4 else base.upper() if modifiers & 1 else base
    return (("\x1b" if modifiers & 2 else "") + text).encode()
