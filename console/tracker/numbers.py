"""The number of a dispatch as records write it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from console.tracker.names import present

NUMBER_LIMIT: Final = 10**15
_LABEL: Final = re.compile(r"\D{0,16}(\d{1,15})")


def number_in(key: object, record: dict[str, object], names: tuple[str, ...]) -> int | None:
    """Return the number of a record: the first of *names* (folded) that holds one, else its *key*; None without."""
    for name in _candidates(tuple(record), names):
        number = number_of(record[name])
        if number is not None:
            return number
    return number_of(key)


@lru_cache(4096)
def _candidates(keys: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return present(keys, names)


def number_of(value: object) -> int | None:
    """Return 54 for ``54``, ``54.0``, ``"54"``, ``"#54"``, ``"dispatch-54"``; None when *value* is no such number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < NUMBER_LIMIT else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and 0 <= value < NUMBER_LIMIT else None
    if isinstance(value, str):
        found = _LABEL.fullmatch(value.strip()) if len(value) < 64 else None
        return int(found.group(1)) if found else None
    return None
