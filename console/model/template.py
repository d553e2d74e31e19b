"""Texts with variables that the operator has prepared. Pure: what a variable stands for is passed in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from console.i18n import tr
from console.model.dispatch import Dispatch
from console.model.surface import Surface

VARIABLES: Final = ("number", "previous", "handoff", "surface", "role", "date")
"""What can stand in braces in a template."""
_NAMED: Final = re.compile(r"(?<![{$\\%])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
"""``{word}`` only: ``{}``, ``{0}``, ``{ a: 1 }``, ``${word}`` and ``{{word}}`` are text."""


@dataclass(frozen=True, slots=True)
class Template:
    """One prepared text."""

    name: str
    text: str
    role: str = ""
    """Goes into the field of the same name; empty leaves it alone."""
    verifier: str = ""
    """A surface, by any of its names."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text whose variables have their values."""

    text: str
    unknown: tuple[str, ...] = ()
    """Words in braces that stand for nothing; they are left in the text."""
    empty: tuple[str, ...] = ()
    """Variables that there is nothing for now; nothing stands in their place."""

    @property
    def remark(self) -> str:
        """What the operator should know; empty when every variable had its value."""
        told = [tr("{{{name}}} stands for nothing; left as it is", name=name) for name in self.unknown]
        told += [tr("there is nothing for {{{name}}} now", name=name) for name in self.empty]
        return "; ".join(told)


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Put *values* in place of the variables of *text*, once: braces inside a value are text."""
    unknown: dict[str, None] = {}
    empty: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in values:
            unknown[name] = None
            return found.group()
        if not values[name]:
            empty[name] = None
        return values[name]

    return Filled(_NAMED.sub(value, text), tuple(unknown), tuple(empty))


def values(
    surface: Surface | None,
    dispatches: Sequence[Dispatch],
    *,
    about: Dispatch | None = None,
    role: str = "",
    handoff: str = "",
    date: str = "",
) -> dict[str, str]:
    """What each of `VARIABLES` stands for in a text for *surface*.

    *about* is the dispatch the composer was opened from. ``number`` is its number, else the next one of the log;
    ``previous`` is it, else the newest dispatch of the surface: label and task.
    """
    before = about or newest_of(surface, dispatches)
    number = about.number if about is not None else None
    if number is None:
        number = max((each.number for each in dispatches if each.number is not None), default=0) + 1
    return {
        "number": str(number),
        "previous": f"{before.label} {before.task}".strip() if before is not None else "",
        "handoff": handoff,
        "surface": surface.name if surface is not None else "",
        "role": role or (surface.role if surface is not None else ""),
        "date": date,
    }


def newest_of(surface: Surface | None, dispatches: Sequence[Dispatch]) -> Dispatch | None:
    """The newest dispatch of *surface*, finished or not."""
    if surface is None:
        return None
    mine = [each for each in dispatches if each.surface and surface.answers_to(each.surface)]
    return max(mine, key=lambda each: (each.dispatched_at or 0.0, each.number or 0), default=None)
