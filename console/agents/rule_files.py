"""Reading rule files. Adding an agent needs only one, in the package or in a folder of the operator.

    agent: gemini                    # its name; a later folder's file of the same agent replaces an earlier one
    layout: lines                    # how the screen is divided: lines (generic; the default), claude, codex
    recognise:                       # how to know the agent
      command: '^gemini$'            #   the foreground program
      title: '…'                     #   the terminal's title
      screen: '…'                    #   a screen with neither box nor dialog
      version: 'v(\\d[\\d.]+)'         #   optional: the version, anywhere above the input box
    structure: {…}                   # patterns the layout needs: see lines_layout.py
    context: {region, regex}         # the group ``context``: what is shown of the context window
    facts: [{region, regex}]         # named groups: model, left, used, elapsed, tokens, jobs
    titles: [{state, regex}]         # positive evidence in the title
    rules: [{id, state, priority, region, regex}]

A rule may have ``reason`` (when the regex has no group of that name), ``keep`` (the screen tells nothing: keep the last
state), ``blocks`` (a menu that stops the agent until a person answers), ``spinner`` (the agent's output ends above this
row), ``full_width`` (the matched row must reach the right edge: a line that was cut), ``untitled`` (counts only without
a title), ``also`` (a second region and regex that must match too), ``more`` (region and regex of what is added to the
reason of a limit: the last ``reason`` there) and ``versions: {from: '2.0', below: '2.1'}``. The
matching rule of the highest priority decides; the groups ``reason`` and ``context`` fill the fields of the detection.
``^`` and ``$`` hold at every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

from console.agents.rules import REGIONS, Rule, RuleSet, version_of
from console.i18n import tr
from console.model.agent import AgentState

LAYOUTS: Final = ("lines", "claude", "codex")
FACTS: Final = frozenset(["model", "left", "used", "elapsed", "tokens", "jobs"])
NEVER: Final = re.compile(r"(?!)")

_FLAGS: Final = ("keep", "spinner", "full_width", "blocks", "untitled")
_KEYS: Final = frozenset(["id", "state", "priority", "region", "regex", "reason", "also", "more", "versions", *_FLAGS])
_FILE_KEYS: Final = frozenset(["agent", "layout", "recognise", "structure", "context", "facts", "titles", "rules"])
_SIZE_LIMIT: Final = 1_000_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "lines": ("prompt",),
    "claude": ("hint", "pager", "choice", "turn", "ghost"),
    "codex": ("hint", "pager", "title", "turn", "queue", "status", "ghost"),
}


def pattern(text: object) -> re.Pattern[str]:
    """Compile a pattern of a rule file: ``^`` and ``$`` hold at every row. Raises `ValueError`."""
    if not isinstance(text, str):
        raise ValueError(tr("{text!r} is not a pattern", text=text))
    try:
        return re.compile(text, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(tr("pattern {text!r}: {error}", text=text[:60], error=error)) from error


def read_yaml(text: str, where: str) -> dict[str, Any]:
    """Return the mapping a rule file holds. Raises `ValueError` that names the file."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{where}: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{where}: not a mapping")
    return document


def load_yaml(name: str) -> dict[str, Any]:
    """Return the rule file *name* that is shipped in the package. Raises `ValueError` when it is no mapping."""
    return read_yaml(resources.files("console.agents").joinpath("rules", name).read_text(encoding="utf-8"), name)


def shipped() -> list[str]:
    """Names of the rule files in the package, the oldest acquaintances first."""
    names = sorted(each.name for each in resources.files("console.agents").joinpath("rules").iterdir())
    agents = [name for name in names if name.endswith(".yaml") and name != "shell.yaml"]
    return sorted(agents, key=lambda name: (name not in ("claude.yaml", "codex.yaml"), name))


def load_all(folders: Iterable[Path] = ()) -> tuple[RuleSet, ...]:
    """Every agent's rules: those of the package, then ``*.yaml`` of *folders*; a later file of the same agent wins.

    Raises `ValueError` that names the file and what is wrong with it. A folder that is not there is no error.
    """
    sets = {found.agent: found for found in (compile_set(load_yaml(name), name) for name in shipped())}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            try:
                if path.stat().st_size > _SIZE_LIMIT:
                    raise ValueError(tr("{path}: larger than {size_limit} bytes", path=path, size_limit=_SIZE_LIMIT))
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeError) as error:
                raise ValueError(f"{path}: {error}") from error
            found = compile_set(read_yaml(text, str(path)), str(path))
            sets[found.agent] = found
    return tuple(sets.values())


def compile_set(raw: Mapping[str, Any], where: str) -> RuleSet:
    """Compile one rule file. Raises `ValueError` that says where and what."""
    agent, layout = raw.get("agent"), raw.get("layout", "lines")
    if not isinstance(agent, str) or not _NAME.fullmatch(agent):
        raise ValueError(
            tr("{where}: agent: a name of small letters is needed, not {agent!r}", where=where, agent=agent)
        )
    if layout not in LAYOUTS:
        raise ValueError(
            tr("{where}: layout: {layout!r} is none of {listed}", where=where, layout=layout, listed=", ".join(LAYOUTS))
        )
    if unknown := set(raw) - _FILE_KEYS:
        raise ValueError(tr("{where}: unknown keys {sorted}", where=where, sorted=sorted(map(str, unknown))))
    known, words = _mapping(raw, "recognise", where), _mapping(raw, "structure", where)
    if missing := [key for key in _NEEDED[layout] if key not in words]:
        raise ValueError(tr("{where}: structure: {listed} missing", where=where, listed=", ".join(missing)))
    try:
        if "version" in known:
            words = {**words, "version": known["version"]}
        context = raw.get("context")
        return RuleSet(
            agent=agent,
            layout=layout,
            command=pattern(known.get("command", NEVER.pattern)),
            title=pattern(known.get("title", NEVER.pattern)),
            screen=pattern(known.get("screen", NEVER.pattern)),
            words={str(key): pattern(text) for key, text in words.items()},
            rules=_rules(_list(raw, "rules", where), where),
            titles=tuple(
                (AgentState(str(one.get("state"))), pattern(one.get("regex"))) for one in _list(raw, "titles", where)
            ),
            context=_looked_at(context, frozenset(["context"])) if context else None,
            facts=tuple(_looked_at(one, FACTS) for one in _list(raw, "facts", where)),
            source=where,
        )
    except ValueError as error:
        text = str(error)
        raise ValueError(text if text.startswith(where) else f"{where}: {text}") from error


def compile_rule(raw: Mapping[str, Any], where: str) -> Rule:
    """Compile one rule. Raises `ValueError` that names the rule and what is wrong."""
    name = tr("{where}: rule {get}", where=where, get=raw.get("id", "?"))
    if unknown := set(raw) - _KEYS:
        raise ValueError(tr("{name}: unknown keys {sorted}", name=name, sorted=sorted(map(str, unknown))))
    also, more, versions = raw.get("also"), raw.get("more"), raw.get("versions") or {}
    for each in (also, more, versions):
        if each is not None and not isinstance(each, Mapping):
            raise ValueError(tr("{name}: {each!r} is not a mapping", name=name, each=each))
    for region in (raw.get("region"), *(each.get("region") for each in (also, more) if each)):
        if region not in REGIONS:
            raise ValueError(tr("{name}: unknown region {region!r}", name=name, region=region))
    try:
        return Rule(
            id=str(raw["id"]),
            state=AgentState(raw["state"]),
            priority=int(raw["priority"]),
            region=raw["region"],
            regex=pattern(raw["regex"]),
            reason=str(raw.get("reason", "")),
            **{flag: bool(raw.get(flag, False)) for flag in _FLAGS},
            also=(also["region"], pattern(also["regex"])) if also else None,
            more=_looked_at(more, frozenset(["reason"])) if more else None,
            since=version_of(str(versions.get("from", ""))),
            below=version_of(str(versions.get("below", ""))),
        )
    except KeyError as error:
        raise ValueError(tr("{name}: {args} is missing", name=name, args=error.args[0])) from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error


def _rules(raw: Sequence[Mapping[str, Any]], where: str) -> tuple[Rule, ...]:
    rules = [compile_rule(one, where) for one in raw]
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ValueError(tr("{where}: rule {id}: there are two of that id", where=where, id=rule.id))
        seen.add(rule.id)
    return tuple(sorted(rules, key=lambda rule: -rule.priority))


def _looked_at(raw: Mapping[str, Any], groups: frozenset[str]) -> tuple[str, re.Pattern[str]]:
    region, regex = raw.get("region"), pattern(raw.get("regex"))
    if region not in REGIONS:
        raise ValueError(tr("unknown region {region!r}", region=region))
    if not regex.groupindex or not set(regex.groupindex) <= groups:
        raise ValueError(
            tr(
                "pattern {pattern!r}: needs named groups out of {listed}",
                pattern=regex.pattern[:60],
                listed=", ".join(sorted(groups)),
            )
        )
    return str(region), regex


def _mapping(raw: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    found = raw.get(key)
    if not isinstance(found, Mapping):
        raise ValueError(tr("{where}: {key}: a mapping is needed", where=where, key=key))
    return found


def _list(raw: Mapping[str, Any], key: str, where: str) -> Sequence[Mapping[str, Any]]:
    found = raw.get(key) or ()
    if not isinstance(found, list | tuple) or not all(isinstance(one, Mapping) for one in found):
        raise ValueError(tr("{where}: {key}: a list of mappings is needed", where=where, key=key))
    return found
