"""When two spellings of a surface are one surface. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import normalize

_NUMBERED: Final = re.compile(r"surface[\s:_#-]*(\d{1,15})(?!\d)")
_NOT_A_NAME: Final = re.compile(r"[^\w%@:.]+")


@lru_cache(4096)
def identity(name: str) -> str:
    """``surface:5`` for ``Surface 5``, ``5`` and ``surface:5 (CLAUDE 1)``; any other name without blanks and case."""
    plain = normalize("NFKC", name).casefold().strip()
    numbered = _NUMBERED.match(plain)
    if numbered is not None:
        return f"surface:{int(numbered.group(1))}"
    if plain.isdecimal() and plain.isascii() and len(plain) < 16:
        return f"surface:{int(plain)}"
    return _NOT_A_NAME.sub("", plain)
