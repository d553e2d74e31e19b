"""A configuration out of a hand-off document; every entry names the line it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, Final

from console.i18n import tr
from console.init_draft import Draft, Group, Item, Value
from console.model.handoff import Handoff
from console.model.handoff_items import AutomationEntry, Found, ServiceEntry, SurfaceEntry
from console.model.handoff_texts import URL, bare, options, trimmed

_LABEL: Final = re.compile(r"[A-Za-z0-9_][\w@.:+*-]*")
_QUOTED: Final = re.compile(r"[\"“”][^\"“”]*[\"“”]")
_LOG: Final = re.compile(r"dispatch(?:es)?[-_ ]?log[^/]*\.json|dispatches\.json", re.IGNORECASE)
_STARTS: Final = re.compile(r"\bstart|\blaunch|\brun\b|시작|실행", re.IGNORECASE)
_MANAGERS: Final = ("launchd", "systemd", "supervisor")


def draft(handoff: Handoff, source: str) -> Draft:
    """The configuration for *handoff*; *source* is the name of its file."""
    url = _collector(handoff)
    groups = [
        Group("mux", tr("The terminal server that holds the fleet."), [Item({"backend": "auto"})], listed=False),
        Group("surfaces", tr("The sessions."), _surfaces(handoff)),
        _log(handoff),
        Group("services", tr("What should run, or must not. Change what is not so."), _services(handoff)),
        Group("automation", tr("Temporary scripts and files."), [_automation(found) for found in handoff.automation]),
        Group("artifacts", tr("Deliverables."), _artifacts(handoff)),
        Group("figures", tr("Numbers; each needs where it is read from."), *_figures(handoff, url)),
        Group("collector", tr("The OpenTelemetry collector."), url, listed=False),
    ]
    head = [
        tr(
            "oc-console: configuration, written by `oc-console init --from-handoff {source}` from the hand-off of "
            "{written_at}.",
            source=source,
            written_at=handoff.written_at,
        )
        if handoff.written_at
        else tr(
            "oc-console: configuration, written by `oc-console init --from-handoff {source}` from the hand-off.",
            source=source,
        ),
        tr("Each entry names the line it came from. What stands behind a # is in the document and needs you."),
        tr("config.example.yaml explains every key."),
    ]
    return Draft(head, [group for group in groups if group.items or group.remarks], _tail(handoff))


def _at(found: Found[Any], more: str = "") -> str:
    return tr("line {line}: {text}", line=found.line, text=more) if more else tr("line {line}", line=found.line)


def _given(**values: Value) -> dict[str, Value]:
    """*values* without the empty ones."""
    return {key: value for key, value in values.items() if value not in ("", ())}


def _named(items: Iterable[Item], key: str) -> list[Item]:
    """*items*, the second of one name behind a ``#``: the loader takes each name once."""
    seen = set[str]()
    kept = []
    for item in items:
        name = str(item.values.get(key, "")).strip().casefold()
        if name in seen:
            item.off, item.note = True, tr("{note}; {key} stands above already", note=item.note, key=key)
        seen.add(name)
        kept.append(item)
    return kept


def _surfaces(handoff: Handoff) -> list[Item]:
    started = _started(handoff)
    items = []
    for found in handoff.surfaces:
        entry: SurfaceEntry = found.item
        how, where = started.get(entry.agent, ("", 0))
        role, remark = _duty(entry)
        note = _at(found, remark)
        note = tr("{note}; started: line {line}", note=note, line=where) if how else note
        items.append(
            Item(
                _given(
                    ref=entry.ref, name=entry.name, role=role, agent=entry.agent, workspace=entry.workspace, started=how
                ),
                note,
            )
        )
    return _named(items, "ref")


def _duty(entry: SurfaceEntry) -> tuple[str, str]:
    """The role without the agent and the name that stand in it, and what is only a remark in brackets."""
    role = _QUOTED.sub(" ", entry.role) if entry.name and entry.name in entry.role else entry.role
    if entry.agent and role.strip().lower().startswith(entry.agent):
        role = role.strip()[len(entry.agent) :]
    role = trimmed(role)
    return ("", role) if role.startswith("(") else (role, "")


def _started(handoff: Handoff) -> dict[str, tuple[str, int]]:
    """From an agent to the options it has to be started with, and the line that says so: the lessons tell."""
    agents = {found.item.agent for found in handoff.surfaces if found.item.agent}
    told: dict[str, tuple[str, int]] = {}
    for found in handoff.lessons:
        text = found.item.text
        named = [agent for agent in agents if agent in text.lower()]
        if len(named) == 1 and _STARTS.search(text) and (given := options(text)):
            told.setdefault(named[0], (" ".join(given), found.line))
    return told


def _log(handoff: Handoff) -> Group:
    group = Group("log", tr("The dispatch log."), listed=False)
    for found in handoff.artifacts:
        name = found.item.path.rsplit("/", 1)[-1]
        if _LOG.fullmatch(name) and not found.item.glob and not group.items:
            group.items.append(Item({"path": found.item.path}, _at(found)))
        elif "tracker" in name and name.endswith((".py", ".sh")):
            group.remarks.append(
                tr(
                    "line {line}: {path} writes the log: see log.tracker in config.example.yaml",
                    line=found.line,
                    path=found.item.path,
                )
            )
    return group


def _services(handoff: Handoff) -> list[Item]:
    labels = [found.item.label for found in handoff.services if _LABEL.fullmatch(found.item.label)]
    return _named((_service(handoff, found, labels) for found in handoff.services), "name")


def _service(handoff: Handoff, found: Found[ServiceEntry], labels: list[str]) -> Item:
    entry = found.item
    manager = _manager(handoff, found.line)
    parts = entry.label.split(".")
    expected = {"absent": "unloaded"}.get(entry.expected, entry.expected)
    told = (tr("pid {pid} then", pid=entry.pid) if entry.pid else "", entry.role, entry.remarks)
    note = _at(found, "; ".join(part for part in told if part))
    if _LABEL.fullmatch(entry.label):
        name = parts[-1] if len(parts) > 2 else entry.label
        return Item(_given(name=name, **{manager: entry.label}, expected=expected), note)
    prefixes = {label.rsplit(".", 1)[0] for label in labels if label.count(".") > 1}
    if entry.count and len(prefixes) == 1:  # "10 others of ours"
        several = f"{'loaded, ' if manager == 'launchd' else ''}at least {entry.count}"
        return Item({"name": entry.label, manager: f"{prefixes.pop()}.*", "expected": several}, note)
    return Item(
        _given(name=entry.label, process="", expected=expected), tr("{note}; write what to watch", note=note), off=True
    )


def _manager(handoff: Handoff, line: int) -> str:
    """The manager that the heading above *line* names; ``unit``: whichever this machine has."""
    titles = [found.item.title.lower() for found in handoff.sections if found.line < line and found.item.title]
    above = titles[-1] if titles else ""
    return next((name for name in _MANAGERS if name in above), "unit")


def _automation(found: Found[AutomationEntry]) -> Item:
    entry = found.item
    name = PurePosixPath(entry.path).name or entry.path
    kind = "glob" if entry.glob or (entry.count is not None and not entry.expected) else "script"
    if kind == "script":
        expected = "running" if entry.expected == "running" else "gone"
    elif entry.count is None or f"{entry.count}+" in entry.state:
        expected = "0"  # what piles up is to be cleared
    else:
        expected = f"at most {entry.count}"
    return Item({"name": name, kind: entry.path, "expected": expected, "action": entry.action}, _at(found, entry.state))


def _artifacts(handoff: Handoff) -> list[Item]:
    items = []
    for found in handoff.artifacts:
        entry = found.item
        key = "glob" if entry.glob else "path"
        items.append(Item({"name": entry.name, key: entry.path}, _at(found, entry.remarks)))
    return _named(items, "name")


def _figures(handoff: Handoff, collector: list[Item]) -> tuple[list[Item], bool, list[str]]:
    """What the collector tells by itself; the rest needs a person to say where it is read."""
    url = str(collector[0].values["url"]) if collector else ""
    items, rest = [], []
    for found in handoff.figures:
        keys = [value.key for value in found.item.values if value.key in ("logs", "spans", "metrics", "resources")]
        for key in keys if url else ():
            items.append(Item({"name": f"OTel {key}", "url": url, "json": key}, _at(found)))
        if not keys or not url:
            rest.append(
                tr("line {line}: {text}: write name, and command, file or url", line=found.line, text=found.item.text)
            )
    return _named(items, "name"), True, rest


def _collector(handoff: Handoff) -> list[Item]:
    """Where the collector tells its health: an address that is asked in a step, or else its port."""
    for name in ("first_steps", "checks", "services"):
        for found in getattr(handoff, name):
            for asked in URL.finditer(found.raw):
                url = asked.group().rstrip(".,;")
                if "health" in url:
                    at = min(found.raw.count("\n", 0, asked.start()), len(found.lines) - 1)
                    url = url if url.startswith("http") else f"http://{url}"
                    return [Item({"url": url}, tr("line {line}", line=found.lines[at]))]
    for found in handoff.services:
        if found.item.port and re.search(r"otel|collector|telemetry", found.item.label, re.IGNORECASE):
            return [Item({"url": f"http://127.0.0.1:{found.item.port}/health"}, _at(found, tr("its port")))]
    return []


def _tail(handoff: Handoff) -> list[str]:
    """What no key takes: the operator's rules."""
    lines = []
    for name, title in (
        ("checks", tr("To check after a restart")),
        ("avoid", tr("To avoid")),
        ("decisions", tr("To be decided")),
    ):
        entries = getattr(handoff, name)
        if entries:
            lines += [
                f"{title}:",
                *(f"  {_at(found, bare(found.item.text))}" for found in entries),
                "",
            ]
    return lines[:-1]
