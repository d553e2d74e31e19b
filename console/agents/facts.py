"""What a screen tells for free: the fields that the patterns of a rule file name, put into numbers."""

from __future__ import annotations

import re
from typing import Final

from console.agents.questions import ANY_MARK, read_question
from console.agents.regions import OPTION, Layout
from console.agents.rules import Match, RuleSet, region_text
from console.model.agent import NEEDS_PERSON
from console.model.screen_facts import PendingQuestion, ScreenFacts

_PART: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([dhms])")
_SECONDS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_COUNT: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([kKmM])?")
_FACTOR: Final = {"": 1, "k": 1_000, "m": 1_000_000}


def seconds(text: str) -> float | None:
    """Return how long ``1h 2m 5s`` is; None when the text is no duration."""
    parts = _PART.findall(text)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None


def count(text: str) -> int | None:
    """Return the number ``1.2k``, ``34`` or ``12,345``; None when there is none."""
    found = _COUNT.search(text.replace(",", ""))
    return round(float(found[1]) * _FACTOR[(found[2] or "").lower()]) if found else None


def percent(text: str) -> int | None:
    """Return a percentage from 0 to 100; None when the text is no such number."""
    found = count(text)
    return found if found is not None and found <= 100 else None


def read_facts(
    rules: RuleSet, layout: Layout, texts: dict[str, str | None], found: Match | None, version: str
) -> ScreenFacts:
    """Return the facts the screen shows; *found* is the rule that decided."""
    said: dict[str, str] = {}
    for region, regex in rules.facts:
        text = region_text(layout, region, texts)
        match = regex.search(text) if text else None
        for name, value in match.groupdict().items() if match else ():
            if value and name not in said:
                said[name] = " ".join(value.split())[:80]
    left, used = percent(said.get("left", "")), percent(said.get("used", ""))
    return ScreenFacts(
        model=said.get("model", ""),
        version=version,
        context_left=left if left is not None or used is None else 100 - used,
        context_used=used if used is not None or left is None else 100 - left,
        elapsed=seconds(said.get("elapsed", "")),
        tokens=count(said.get("tokens", "")),
        background_jobs=count(said.get("jobs", "")) or 0,
        ghost=layout.ghost,
        question=_question(rules, layout, found),
    )


def _question(rules: RuleSet, layout: Layout, found: Match | None) -> PendingQuestion | None:
    """The open dialog; a menu without options to choose by number or mark is none."""
    if layout.dialog is None:
        return None
    top, bottom = layout.dialog
    question = read_question(
        layout.rows[top:bottom],
        layout.width,
        asked=found.reason if found is not None else "",
        top=rules.words.get("title"),
        choice=rules.words.get("choice"),
        hint=rules.words.get("hint"),
        row_of=ANY_MARK if rules.layout == "lines" else OPTION,
    )
    asks = found is not None and (found.rule.state in NEEDS_PERSON or found.rule.blocks)
    return question if question.options or asks else None
