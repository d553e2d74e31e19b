"""What is expected and what was seen, in the language of the interface; code and files keep the English words. Pure."""

from __future__ import annotations

import re
from typing import Final

from console.i18n import language, mark, tr

_PHRASES: Final = {
    "at most": mark("at most {value}"),
    "at least": mark("at least {value}"),
    "exactly": mark("exactly {value}"),
    "younger than": mark("younger than {value}"),
    "older than": mark("older than {value}"),
    "smaller than": mark("smaller than {value}"),
    "larger than": mark("larger than {value}"),
    "faster than": mark("faster than {value}"),
}
_PHRASE: Final = re.compile(rf"({'|'.join(name.replace(' ', r' +') for name in _PHRASES)}) +(.+)", re.IGNORECASE)
_BREAK: Final = re.compile(r" *, *| and ")


def seen(observed: str) -> str:
    """*observed* for people: a bare state is a word that code compares, everything else is translated already."""
    return tr(observed) if observed else ""


def wanted(expected: str) -> str:
    """*expected* for people: ``running``, ``at most 3, younger than 2h``, as the configuration writes it."""
    return expected if language() == "en" else ", ".join(_wanted(part) for part in _BREAK.split(expected) if part)


def _wanted(part: str) -> str:
    found = _PHRASE.fullmatch(part)
    if found is None:
        return tr(part.casefold())
    words = " ".join(found.group(1).casefold().split())
    return tr(_PHRASES[words], value=found.group(2))
