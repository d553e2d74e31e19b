"""Reads what ``systemctl`` prints. Never raises; what is not understood is left out.

``systemctl show`` prints ``Key=value`` lines, a block for each unit, separated by an empty line (it has no JSON);
``list-units`` and ``list-timers`` print JSON with ``--output=json``. Times are ``@`` and epoch seconds with
``--timestamp=unix`` (systemd 248 and newer), microseconds in the JSON. systemctl(1), org.freedesktop.systemd1(5).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final

from console.i18n import mark, tr
from console.model.durations import span
from console.model.service import Observation, State
from console.safety import safe_text
from console.services.exits import ended, killed, runs

FIELDS: Final = (
    "Id", "Names", "LoadState", "ActiveState", "SubState", "UnitFileState", "MainPID", "ExecMainStatus",
    "ExecMainCode", "NRestarts", "Result", "ActiveEnterTimestamp", "InactiveEnterTimestamp", "TriggeredBy",
)  # fmt: skip
TYPES: Final = (
    ".service", ".timer", ".socket", ".path", ".target", ".mount", ".scope", ".slice", ".device", ".automount", ".swap",
)  # fmt: skip
_STARTS_AT_BOOT: Final = ("enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "generated")
NO_UNIT: Final = mark("systemd knows no such unit")
"""Evidence for a unit that is not there at all; one that is there and disabled is unloaded as well."""
_NUMBER: Final = re.compile(r"\d{1,15}", re.ASCII)

Block = Mapping[str, str]


def full(name: str) -> str:
    """The whole name of a unit: a service where no type is given."""
    return name if name.endswith(TYPES) else f"{name}.service"


def parse_show(text: str) -> list[dict[str, str]]:
    """The blocks of ``systemctl show``, in the order of the units asked for."""
    blocks: list[dict[str, str]] = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n")):
        block: dict[str, str] = {}
        for line in part.split("\n"):
            key, sign, value = line.partition("=")
            if sign and key in FIELDS:
                block.setdefault(key, value)
        if block:
            blocks.append(block)
    return blocks


def observe(block: Block, active: Mapping[str, bool], now: float) -> Observation:
    """What a block says. *active* tells of the units that trigger others whether they are active themselves."""
    load, state, sub = block.get("LoadState", ""), block.get("ActiveState", ""), block.get("SubState", "")
    words = safe_text(f"{state} ({sub})", limit=80)
    if load == "not-found":
        return Observation(State.UNLOADED, tr(NO_UNIT))
    pid = _whole(block.get("MainPID", ""))
    last = _last(block)
    if load not in ("loaded", "masked") and state != "active":
        known = load in ("bad-setting", "error", "merged", "stub")
        if known and load in ("bad-setting", "error"):
            return Observation(
                State.FAILED, tr("its unit file cannot be used ({load}); systemctl status says why", load=load)
            )
        return _unclear(tr("systemctl show is not understood: LoadState={load}", load=safe_text(load, limit=40)))
    entered = _time(block.get("ActiveEnterTimestamp", ""))
    left = _time(block.get("InactiveEnterTimestamp", ""))
    match state:
        case "active" | "reloading" | "refreshing" if sub == "running" or (sub == "reload" and pid):
            told = runs(pid, entered, now) if pid else words
            if not pid and entered is not None:
                told = tr("{words}, up {time}", words=words, time=span(now - entered))
            return Observation(State.RUNNING, told, pid=pid or None, since=entered, last_exit=last)
        case "active" | "reloading" | "refreshing":
            return Observation(State.LOADED, words, since=entered, last_exit=last)
        case "activating" if sub in ("auto-restart", "auto-restart-queued"):
            return Observation(
                State.FAILED, tr("{words}: it ends and is started again", words=words), last_exit=last, since=left
            )
        case "activating":
            return Observation(State.STARTING, words, last_exit=last)
        case "deactivating":
            return Observation(State.STOPPING, words, last_exit=last)
        case "failed" | "maintenance":
            why = safe_text(block.get("Result", ""), limit=40)
            return Observation(State.FAILED, f"{words}: {why}" if why else words, last_exit=last, since=left)
        case "inactive":
            return _inactive(block, active, words, last, left)
    return _unclear(tr("systemctl show is not understood: ActiveState={state}", state=safe_text(state, limit=40)))


def _inactive(block: Block, active: Mapping[str, bool], words: str, last: str, since: float | None) -> Observation:
    """Not running: whether systemd will start it by itself is what tells loaded from unloaded."""
    if block.get("UnitFileState", "") in _STARTS_AT_BOOT:
        return Observation(State.LOADED, f"{words}, enabled", last_exit=last, since=since)
    by = [each for each in block.get("TriggeredBy", "").split() if active.get(each, True)]
    if by:
        told = tr("{words}, started by {units}", words=words, units=safe_text(", ".join(by), limit=100))
        return Observation(State.LOADED, told, last_exit=last, since=since)
    told = safe_text(block.get("UnitFileState", "") or tr("not enabled"), limit=40)
    return Observation(State.UNLOADED, f"{words}, {told}", last_exit=last, since=since)


def _last(block: Block) -> str:
    status = _whole(block.get("ExecMainStatus", ""))
    if status is None:
        return ""
    # ExecMainCode is the si_code of SIGCHLD: 1 exited, 2 killed, 3 dumped core.
    return killed(status) if block.get("ExecMainCode") in ("2", "3") and status else ended(status)


def parse_timers(text: str) -> dict[str, tuple[float | None, float | None]]:
    """(Next run, last run) in epoch seconds by the timer's name, of ``list-timers --output=json``."""
    found = {}
    for entry in _entries(text):
        name = entry.get("unit")
        if isinstance(name, str):
            found[name] = (_micro(entry.get("next")), _micro(entry.get("last")))
    return found


def parse_units(text: str) -> list[str] | None:
    """The names of ``list-units --output=json``; None when it is no such list."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, list):
        return None
    names = [each.get("unit") for each in document if isinstance(each, dict)]
    kept = [name for name in names if isinstance(name, str) and name]
    return kept if len(kept) == len(document) else None


def _entries(text: str) -> list[dict[str, object]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [each for each in document if isinstance(each, dict)] if isinstance(document, list) else []


def _micro(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value / 1e6 if 0 < value < 1e18 else None  # systemd's "never" is 2**64 - 1


def _time(text: str) -> float | None:
    number = _whole(text.removeprefix("@"))
    return float(number) if number and text.startswith("@") else None


def _whole(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _unclear(why: str) -> Observation:
    return Observation(State.UNKNOWN, why, error=why)
