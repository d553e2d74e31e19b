"""One number out of a text: the whole of it, what a pattern finds in it, or what a JSON path leads to."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Sequence
from typing import Final, Literal

from console.host import HostError, run
from console.i18n import tr
from console.model.numbers import Number, cut_short, read_number
from console.safety import safe_text

Take = Literal["only", "first", "last", "count"]

AROUND: Final = 24
"""Characters on each side of a found number that are looked at."""
SHOWN: Final = 40

_SEARCH: Final = r"""
import json, re, sys
pattern, take, around = re.compile(sys.argv[1], re.MULTILINE), sys.argv[2], int(sys.argv[3])
text = sys.stdin.buffer.read().decode("utf-8", "replace")
count, found = 0, None
for match in pattern.finditer(text):
    count += 1
    if take == "last" or found is None:
        found = match
    if take == "first" or (take == "only" and count > 1):
        break
where = None
if found is not None:
    group = 1 if pattern.groups else 0
    start, end = found.span(group)
    where = ["", "", ""]
    if start >= 0:
        where = [text[max(0, start - around):start], text[start:end][:200], text[end:end + around]]
print(json.dumps([count, where]))
"""
"""Run as a program of its own: a pattern that backtracks for ever would stop the whole console, and can be killed."""


class Unpicked(Exception):
    """There is no certain number; the text says why, for people."""


def pick_whole(text: bytes, unit: str) -> Number:
    """The number that is all of *text*. Raises `Unpicked`."""
    said = text[:4096].decode("utf-8-sig", "replace").strip()
    if not said:
        raise Unpicked(tr("there is no text"))
    number = read_number(said, unit)
    if number is None:
        if "\n" in said or len(said) > SHOWN:
            raise Unpicked(tr("{shown} is not surely a number; name a pattern", shown=_shown(said)))
        raise Unpicked(tr("{shown} is not surely a number", shown=_shown(said)))
    return number


async def pick_pattern(text: bytes, pattern: str, take: Take, unit: str, timeout: float) -> Number:
    """The number that *pattern* finds in *text*: its group, or the whole match. Raises `Unpicked`.

    *take* says which of several, or that their count is wanted; ``only`` wants exactly one. A number of which the
    pattern has taken only a part is none.
    """
    argv = [sys.executable, "-I", "-S", "-c", _SEARCH, pattern, take, str(AROUND)]
    try:
        done = await run(argv, input=text, timeout=timeout)
        count, where = json.loads(done.stdout)
    except HostError:
        raise Unpicked(
            tr("the pattern was not through within {timeout:g} s; write a simpler one", timeout=timeout)
        ) from None
    except ValueError:
        raise Unpicked(tr("the pattern cannot be used")) from None
    if take == "count":
        return Number(count)
    if where is None:
        raise Unpicked(tr("the pattern finds nothing"))
    if take == "only" and count > 1:
        raise Unpicked(tr("the pattern finds several places; write take: first, last or count"))
    before, found, after = where
    if whole := cut_short(before, found, after):
        raise Unpicked(
            tr(
                "the pattern takes {part}, a part of {whole}; make its group wider",
                part=_shown(found),
                whole=_shown(whole),
            )
        )
    number = read_number(found, unit)
    if number is None:
        raise Unpicked(tr("{shown} is not surely a number", shown=_shown(found)))
    if after.startswith("+") and not number.at_least:
        return Number(number.value, number.unit, at_least=True)
    return number


def pick_json(text: bytes, path: Sequence[str], unit: str) -> Number:
    """The number at *path* in the JSON *text*; ``#`` is the length of a list or an object. Raises `Unpicked`."""
    try:
        value: object = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Unpicked(tr("is not JSON")) from None
    walked = "."
    for part in path:
        if part == "#" and isinstance(value, list | dict):
            value = len(value)
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif (
            isinstance(value, list)
            and re.fullmatch(r"-?\d{1,9}", part, re.ASCII)
            and -len(value) <= int(part) < len(value)
        ):
            value = value[int(part)]
        else:
            raise Unpicked(tr("there is no {part} in {path}", part=_shown(part), path=_shown(walked)))
        walked = f"{walked.rstrip('.')}.{part}"
    return _of_json(value, walked, unit)


def _of_json(value: object, where: str, unit: str) -> Number:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**24:
        return Number(value)
    if isinstance(value, float) and math.isfinite(value):
        return Number(int(value) if value.is_integer() and abs(value) < 1e15 else value)
    number = read_number(value, unit) if isinstance(value, str) else None
    if number is None:
        path = _shown(where)
        if isinstance(value, list):
            raise Unpicked(tr("{path} is a list, not surely a number; add .# for its length", path=path))
        if isinstance(value, dict):
            raise Unpicked(tr("{path} is an object, not surely a number; add .# for its length", path=path))
        raise Unpicked(tr("{path} is {value}, not surely a number", path=path, value=_shown(str(value))))
    return number


def _shown(text: str) -> str:
    return safe_text(text, limit=SHOWN)
