"""The rule files: what the parts of a screen mean, as data.

A rule file has the words that make the layout (``structure``), how to know the agent (``recognise``), and ``rules``.
A rule is ``id, state, priority, region, regex`` and may have ``reason`` (when the regex has no group of that name),
``keep`` (the screen tells nothing: keep the last state), ``spinner`` (the agent's output ends above this row),
``full_width`` (the matched row must reach the right edge: a line that was cut) and ``also`` (a second region and regex
that must match too). The matching rule of the highest priority decides; the named groups ``reason`` and ``context``
fill the fields of the detection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from console.agents.regions import Layout, cells
from console.model.agent import AgentState

REGIONS: Final = frozenset(["dialog", "box", "above_box", "turn", "notice", "footer", "screen", "tail", "cursor"])
_KEYS: Final = frozenset(
    ["id", "state", "priority", "region", "regex", "reason", "keep", "spinner", "full_width", "also"]
)
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
    also: tuple[str, re.Pattern[str]] | None = None

    def match(self, layout: Layout, texts: dict[str, str | None]) -> Match | None:
        """Return the evidence when the rule holds; *texts* caches the text of the regions."""
        text = _text(layout, self.region, texts)
        found = self.regex.search(text) if text is not None else None
        if text is None or found is None:
            return None
        start = text.rfind("\n", 0, _first_letter(found)) + 1
        line = text[start:].split("\n", 1)[0].rstrip()
        if self.full_width and cells(line) < layout.width - 1:
            return None
        if self.also is not None:
            other = _text(layout, self.also[0], texts)
            if other is None or self.also[1].search(other) is None:
                return None
        groups = found.groupdict()
        reason = _SPACE.sub(" ", groups.get("reason") or self.reason).strip()[:_REASON_LIMIT]
        context = _SPACE.sub(" ", groups.get("context") or "").strip()
        return Match(self, reason, context, line.strip())


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One rule file, compiled. `rules` is sorted, highest priority first."""

    agent: str
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

    def best(self, layout: Layout) -> Match | None:
        """Return the matching rule of the highest priority."""
        texts: dict[str, str | None] = {}
        for rule in self.rules:
            found = rule.match(layout, texts)
            if found is not None:
                return found
        return None

    def context_of(self, layout: Layout) -> str:
        """Return what the agent shows of its context window, or ``""``."""
        if self.context is None:
            return ""
        text = layout.text(self.context[0])
        found = self.context[1].search(text) if text else None
        return _SPACE.sub(" ", found["context"]).strip() if found else ""


def _text(layout: Layout, region: str, texts: dict[str, str | None]) -> str | None:
    if region not in texts:
        texts[region] = layout.text(region)
    return texts[region]


def _first_letter(found: re.Match[str]) -> int:
    at = found.start("reason") if "reason" in found.re.groupindex and found["reason"] else found.start()
    text = found.string
    while at < found.end() and text[at].isspace():
        at += 1
    return at


def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of a rule file: ``^`` and ``$`` hold at every row."""
    return re.compile(text, re.MULTILINE)


def load_yaml(name: str) -> dict[str, Any]:
    """Return the rule file *name* that is shipped in the package. Raises `ValueError` when it is no mapping."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files("console.agents").joinpath("rules", name).read_text(encoding="utf-8")
    document = yaml.load(text, Loader=loader)
    if not isinstance(document, dict):
        raise ValueError(f"{name}: not a mapping")
    return document


def compile_rule(raw: Mapping[str, Any], where: str) -> Rule:
    """Compile one rule. Raises `ValueError` that names the rule and what is wrong."""
    name = f"{where}: rule {raw.get('id', '?')}"
    if unknown := set(raw) - _KEYS:
        raise ValueError(f"{name}: unknown keys {sorted(unknown)}")
    also = raw.get("also")
    for region in (raw.get("region"), also["region"] if also else "screen"):
        if region not in REGIONS:
            raise ValueError(f"{name}: unknown region {region!r}")
    try:
        return Rule(
            id=raw["id"],
            state=AgentState(raw["state"]),
            priority=int(raw["priority"]),
            region=raw["region"],
            regex=pattern(raw["regex"]),
            reason=raw.get("reason", ""),
            keep=bool(raw.get("keep", False)),
            spinner=bool(raw.get("spinner", False)),
            full_width=bool(raw.get("full_width", False)),
            also=(also["region"], pattern(also["regex"])) if also else None,
        )
    except (KeyError, ValueError, re.error) as error:
        raise ValueError(f"{name}: {error}") from error


def load_rules(name: str) -> RuleSet:
    """Load and compile one agent's rule file. Raises `ValueError` when the file is wrong."""
    raw = load_yaml(name)
    known, context = raw["recognise"], raw.get("context")
    rules = [compile_rule(rule, name) for rule in raw["rules"]]
    return RuleSet(
        agent=raw["agent"],
        command=pattern(known["command"]),
        title=pattern(known["title"]),
        screen=pattern(known["screen"]),
        words={key: pattern(text) for key, text in raw["structure"].items()},
        rules=tuple(sorted(rules, key=lambda rule: -rule.priority)),
        titles=tuple((AgentState(one["state"]), pattern(one["regex"])) for one in raw.get("titles", ())),
        context=(context["region"], pattern(context["regex"])) if context else None,
    )
