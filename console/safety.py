"""The two gates for text.

`safe_text` stands where anything comes in: screens, titles, log fields, health documents, error messages.
`check_outgoing` stands before anything that is typed into a surface. `redact` cleans what is stored.

What passes `safe_text` holds no control function that a terminal would obey, except colours when asked for.
Control functions: ECMA-48 (CSI, OSC, DCS, SOS, PM, APC in 7-bit and 8-bit form). Bidirectional controls: UAX #9.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import Final

from console.i18n import tr

LINE_LIMIT: Final = 4096
"""Characters of one line that are kept; a longer line ends in an ellipsis."""

COMBINING_LIMIT: Final = 4
"""Combining marks, selectors and joiners kept on one base character ("zalgo" text grows over its neighbours)."""

OUTGOING_LIMIT: Final = 100_000
"""Characters that may be typed in one go."""

_CONTROL_STRING = r"(?:\x1b[P\]X^_]|[\x90\x9d\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c|(?=\n)|(?=\x1b)|$)"
_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|(?=[^ -~])|$)"
_SGR: Final = re.compile(r"\x1b\[[0-9;:]{0,64}m")  # a real one is shorter; without a bound it can hold megabytes
_SEQUENCE: Final = re.compile(rf"{_CONTROL_STRING}|{_CSI}|\x1b[ -/]*[0-~]?")
_INVISIBLE = (
    "\x80-\x9f"  # C1
    "\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, zero width
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e0fff"  # tag characters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\u2028\u2029"
)
_HIDDEN: Final = re.compile(f"[{_INVISIBLE}]")
_C0: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SUSPECT: Final = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f{_INVISIBLE}\U00010000-\U0010ffff"
    "\u0300-\u036f\u0483-\u0489\u0590-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff"  # combining marks and jamo
    "\u302a-\u302f\u3099\u309a\ua66f-\ua69f\ua6f0\ua6f1\ua802-\uabff\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\u200d]"
)
_JAMO: Final = re.compile("[\u1100-\u11ff]")


def safe_text(text: str, *, sgr: bool = False, multiline: bool = False, limit: int = LINE_LIMIT) -> str:
    """Return *text* without anything a terminal would obey; idempotent; never raises.

    Escape sequences are removed, other C0 controls become their pictures (``\\x07`` -> ``␇``), C1, bidirectional,
    zero-width and tag characters become U+FFFD (the emoji joiner U+200D and selectors stay). Decomposed Hangul is
    composed. With *sgr* colour sequences (SGR) stay. Newlines become spaces unless *multiline*; tabs become one space.
    Each line is cut after *limit* visible characters.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    if _SUSPECT.search(text) is not None:
        text = _cleanse(text, sgr)
    text = text.replace("\t", " ")
    if not multiline:
        return _cut(text.replace("\n", " "), limit)
    if len(text) <= limit:
        return text
    return "\n".join(_cut(line, limit) for line in text.split("\n"))


def _cleanse(text: str, sgr: bool) -> str:
    if "\x1b" in text or _HIDDEN.search(text) is not None:
        text = _SEQUENCE.sub(_keep_sgr if sgr else "", text)
        text = _HIDDEN.sub("\ufffd", text)
    kept = _SGR.split(text) if sgr else [text]
    colours = _SGR.findall(text) if sgr else []
    out: list[str] = []
    run = 0
    for colour, part in zip(["", *colours], kept, strict=True):
        plain, run = _plain_part(part, run)
        out += (colour, plain)
    return "".join(out)


def _keep_sgr(match: re.Match[str]) -> str:
    found = match.group()
    return found if _SGR.fullmatch(found) else ""


def _plain_part(text: str, run: int) -> tuple[str, int]:
    """Return *text* cleaned and how many combining marks it ends with; *run* came before it, with a colour between."""
    text = text.replace("\r\n", "\n")
    text = _C0.sub(lambda m: "␡" if m.group() == "\x7f" else chr(0x2400 + ord(m.group())), text)
    if _JAMO.search(text) is not None:
        text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return text, 0 if text else run
    return _cap_combining(text, run)


def _cap_combining(text: str, run: int) -> tuple[str, int]:
    out = []
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") or char == "\u200d" else 0
        if run <= COMBINING_LIMIT:
            out.append(char)
    return "".join(out), run


def _cut(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    visible, at = 0, 0
    for match in _SGR.finditer(line):
        room = limit - visible
        if match.start() - at > room:
            break
        visible += match.start() - at
        at = match.end()
    cut = at + limit - visible
    return line if cut >= len(line) else line[:cut] + "…"


def strip_sgr(line: str) -> str:
    """Return *line* without colour sequences (only useful on what passed ``safe_text(sgr=True)``)."""
    return _SGR.sub("", line) if "\x1b" in line else line


@dataclass(frozen=True, slots=True)
class Refused:
    """One character that must not be typed into a surface."""

    offset: int
    """Index into the text, from 0."""
    line: int
    """Line, from 1."""
    name: str
    """What it is, for example ``U+001B ESCAPE``."""


def prints_unicode() -> bool:
    """Whether standard output takes every character; else JSON is written in ASCII with escapes."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def check_outgoing(text: str, *, limit: int = OUTGOING_LIMIT) -> tuple[str, tuple[Refused, ...]]:
    """Return (*text* with CRLF and CR as LF, what is wrong with it); only an empty second part may be typed.

    A control character acts even inside a bracketed paste (the tty sees it first), and ESC can end the paste; so only
    newline, tab and printable characters pass. The console never strips silently: the operator decides.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    wrong: list[Refused] = []
    if len(text) > limit:
        wrong.append(
            Refused(limit, text.count("\n", 0, limit) + 1, tr("text longer than {limit} characters", limit=limit))
        )
    for match in re.finditer(f"{_C0.pattern}|{_HIDDEN.pattern}", text):
        char = match.group()
        name = unicodedata.name(char, _CONTROL_NAMES.get(char, "CONTROL"))
        wrong.append(Refused(match.start(), text.count("\n", 0, match.start()) + 1, f"U+{ord(char):04X} {name}"))
    return text, tuple(wrong)


_CONTROL_NAMES: Final = {
    "\x1b": "ESCAPE",
    "\x07": "BELL",
    "\x03": "END OF TEXT (Ctrl-C)",
    "\x04": "Ctrl-D",
    "\x1a": "Ctrl-Z",
    "\x7f": "DELETE",
    "\x00": "NUL",
    "\x9b": "CSI",
    "\x9d": "OSC",
}

_SECRET: Final = re.compile(
    r"\b(sk-[A-Za-z0-9_-]{8,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+)"
    r"|(?i:(bearer\s+))[\w.~+/=-]{8,}"
    r"|(?i:((?:\b|_)(?:api_?key|token|secret|password|passwd)\w*\s*[=:]\s*))[^\s'\"]{4,}",
)


def redact(text: str) -> str:
    """Return *text* with what looks like a credential replaced by ``[redacted]``; for anything written to a file."""
    return _SECRET.sub(lambda m: f"{m.group(2) or m.group(3) or ''}[redacted]", text)
