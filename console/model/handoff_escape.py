"""How any text stands in one line of Markdown, in a table or a list, and comes back to the letter.

A backslash goes before what would mean something else, a line break is ``<br>``, white space at the ends ``&#32;``.
Control characters, which no text that has passed `safety.safe_text` holds, become U+FFFD.
"""

from __future__ import annotations

import re
from typing import Final

_BREAK: Final = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"\\([\\|<&*_`\[\]#>~])|<br\s{0,3}/?>|&#(\d{1,7});|&(nbsp|amp|lt|gt|quot);", re.IGNORECASE)
_NAMED: Final = {"nbsp": "\xa0", "amp": "&", "lt": "<", "gt": ">", "quot": '"'}
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DASHES: Final = re.compile(r"[:\s]*-[-:\s]*")
_ENTITY: Final = re.compile(r"&(?=#\d{1,7};|(?:nbsp|amp|lt|gt|quot);)", re.IGNORECASE)


def plain(text: str) -> str:
    """*text* without control characters; line breaks and tabs stay."""
    return _FORBIDDEN.sub("\ufffd", text)


def escaped(text: str) -> str:
    """*text* as one line that `unescaped` gives back; pipes, too."""
    text = plain(text).replace("\t", " ").replace("\\", "\\\\").replace("|", "\\|")
    text = _ENTITY.sub(r"\\&", text)
    text = "\\" + text if text.startswith("[") else text  # no tick box
    text = text.replace("-", "&#45;", 1) if _DASHES.fullmatch(text) else text  # no rule
    text = _BREAK.sub(lambda found: "\\" + found.group(), text).replace("\n", "<br>")
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if start >= end:
        return _blanks(text)
    return _blanks(text[:start]) + text[start:end] + _blanks(text[end:])


def _blanks(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


def unescaped(text: str) -> str:
    """What `escaped` made of a text; other Markdown escapes and line breaks, too. Gives no control character but a
    line break, and none that hides."""
    return _ESCAPED.sub(_meant, text) if "\\" in text or "<" in text or "&" in text else text


def _meant(found: re.Match[str]) -> str:
    if found.group(1) is not None:
        return found.group(1)
    if found.group(3) is not None:
        return _NAMED[found.group(3).lower()]
    if found.group(2) is not None:
        code = int(found.group(2))
        char = chr(code) if 32 <= code <= 0x10FFFF else ""
        usable = char and not _FORBIDDEN.search(char) and (char.isprintable() or char.isspace())
        return "\n" if code == 10 else char if usable else found.group()
    return "\n"
