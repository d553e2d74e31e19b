"""The rules: what the parts of a screen mean. They are data: the YAML files of ``rules/``, see rule_files.py."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from console.agents.reasons import in_short
from console.agents.regions import Layout, cells
from console.model.agent import AgentState

REGIONS: Final = frozenset(
    ["dialog", "box", "above_box", "turn", "exchange", "notice", "footer", "body", "screen", "tail", "cursor"]
)
"""Parts of a screen that a rule may look at; see `regions.Layout.span`."""

Version = tuple[int, ...]

_SPACE: Final = re.compile(r"\s+")
_REASON_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched, with its evidence."""

    rule: Rule
    reason: str
    context: str
    line: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule."""

    id: str
    state: AgentState
    priority: int
    region: str
    regex: re.Pattern[str]
    reason: str = ""
    keep: bool = False
    spinner: bool = False
    full_width: bool = False
    blocks: bool = False
    untitled: bool = False
    """Weak evidence: counts only where the terminal's title, which would tell, is not known."""
    also: tuple[str, re.Pattern[str]] | None = None
    more: tuple[str, re.Pattern[str]] | None = None
    since: Version = ()
    """First version it holds for."""
    below: Version = ()
    """First version it no longer holds for."""

    def holds_for(self, version: Version) -> bool:
        """Whether the rule is for *version*; an unknown version (empty) rules nothing out."""
        return not version or (version >= self.since and (not self.below or version < self.below))

    def match(self, layout: Layout, texts: dict[str, str | None]) -> Match | None:
        """Return the evidence when the rule holds; *texts* caches the text of the regions."""
        text = region_text(layout, self.region, texts)
        found = self.regex.search(text) if text is not None else None
        if text is None or found is None:
            return None
        start = text.rfind("\n", 0, _first_letter(found)) + 1
        line = text[start:].split("\n", 1)[0].rstrip()
        if self.full_width and cells(line) < layout.width - 1:
            return None
        if self.also is not None:
            other = region_text(layout, self.also[0], texts)
            if other is None or self.also[1].search(other) is None:
                return None
        groups = found.groupdict()
        reason = _SPACE.sub(" ", groups.get("reason") or self.reason).strip()[:_REASON_LIMIT]
        context = _SPACE.sub(" ", groups.get("context") or "").strip()
        reason = in_short(reason, self.state)
        more = self._more(layout, texts)
        return Match(self, f"{reason}; {more}" if more else reason, context, line.strip())

    def _more(self, layout: Layout, texts: dict[str, str | None]) -> str:
        """What the screen says of this limit elsewhere: the last of it."""
        text = region_text(layout, self.more[0], texts) if self.more is not None else None
        if self.more is None or not text:
            return ""
        last = deque(self.more[1].finditer(text), maxlen=1)
        return in_short(_SPACE.sub(" ", last[0]["reason"]).strip()[:_REASON_LIMIT], AgentState.LIMIT) if last else ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One rule file, compiled. `rules` is sorted, highest priority first."""

    agent: str
    layout: str
    """Name of the division of the screen: ``claude``, ``codex`` or ``lines``."""
    command: re.Pattern[str]
    title: re.Pattern[str]
    screen: re.Pattern[str]
    """What a screen of this agent shows when it has neither box nor dialog."""
    words: Mapping[str, re.Pattern[str]]
    """Patterns that the layout needs (``hint``, ``turn``, ``ghost``, …)."""
    rules: tuple[Rule, ...]
    titles: tuple[tuple[AgentState, re.Pattern[str]], ...]
    """Positive evidence in the terminal's title, in order."""
    context: tuple[str, re.Pattern[str]] | None
    facts: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """Region and pattern; the named groups are fields of `ScreenFacts`."""
    source: str = field(default="", compare=False)
    """The file it was read from."""

    def best(self, layout: Layout, texts: dict[str, str | None], version: Version, *, titled: bool) -> Match | None:
        """Return the matching rule of the highest priority."""
        for rule in self.rules:
            if (rule.untitled and titled) or not rule.holds_for(version):
                continue
            found = rule.match(layout, texts)
            if found is not None:
                return found
        return None

    def context_of(self, layout: Layout, texts: dict[str, str | None]) -> str:
        """Return what the agent shows of its context window, or ``""``."""
        if self.context is None:
            return ""
        text = region_text(layout, self.context[0], texts)
        found = self.context[1].search(text) if text else None
        return _SPACE.sub(" ", found["context"]).strip() if found else ""


def region_text(layout: Layout, region: str, texts: dict[str, str | None]) -> str | None:
    """Return the text of *region*, None where this screen has no such part; read once, kept in *texts*."""
    if region not in texts:
        texts[region] = layout.text(region)
    return texts[region]


def version_of(text: str) -> Version:
    """Return the numbers of a version (``2.1.330`` gives (2, 1, 330)); empty when there are none."""
    found = re.search(r"\d{1,6}(?:\.\d{1,6}){0,3}", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _first_letter(found: re.Match[str]) -> int:
    at = found.start("reason") if "reason" in found.re.groupindex and found["reason"] else found.start()
    text = found.string
    while at < found.end() and text[at].isspace():
        at += 1
    return at
