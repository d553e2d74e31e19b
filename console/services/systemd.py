"""systemd: units and timers of this user and of the system, by one ``systemctl show`` for all of each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from console.host import HostError, run
from console.i18n import tr
from console.model.service import Observation, Service, State
from console.model.service_rows import group_row, row, unknown
from console.safety import safe_text
from console.services.base import Batch, Unavailable, target
from console.services.groups import is_pattern, members
from console.services.systemd_text import FIELDS, NO_UNIT, full, observe, parse_show, parse_timers, parse_units

KIND: Final = "systemd"
MANAGERS: Final = {"user": "systemd --user", "system": "systemd"}
GROUP_LIMIT: Final = 300


@dataclass(slots=True)
class _Read:
    """What one systemd said in one look."""

    error: str = ""
    units: dict[str, Observation] = field(default_factory=dict)
    listed: tuple[str, ...] = ()


class Systemd(Batch):
    """All watched units. With scope ``auto`` both systemds are asked: the one that knows the unit speaks for it."""

    kind = KIND

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        now = time.time()
        scopes = [name for name in MANAGERS if any(spec.scope in ("auto", name) for spec in self.specs)]
        read = await asyncio.gather(*(self._ask(name, now) for name in scopes))
        said = dict(zip(scopes, read, strict=True))
        if all(read.error for read in said.values()):
            raise Unavailable("; ".join(dict.fromkeys(read.error for read in said.values())))
        rows = []
        for spec, what in zip(self.specs, self.watched, strict=True):
            mine = {name: read for name, read in said.items() if spec.scope in ("auto", name)}
            if is_pattern(target(spec)):
                errors = [read.error for read in mine.values() if read.error]
                seen = [pair for read in mine.values() for pair in self._matching(target(spec), read)]
                if errors and (spec.scope != "auto" or not seen):
                    rows.append(unknown(what, errors[0], now))
                else:
                    rows.append(group_row(replace(what, manager=_who(mine)), seen, now))
                continue
            scope, found = _known(full(target(spec)), mine)
            rows.append(row(replace(what, manager=MANAGERS.get(scope, KIND), label=full(what.label)), found, now))
        return tuple(rows)

    def _matching(self, pattern: str, read: _Read) -> list[tuple[str, Observation]]:
        named = [full(target(spec)) for spec in self.specs if not is_pattern(target(spec))]
        wanted = pattern if pattern.endswith("*") else full(pattern)
        return [
            (safe_text(name, limit=200), read.units[name])
            for name in members(wanted, read.listed, named)[:GROUP_LIMIT]
            if name in read.units
        ]

    async def _ask(self, scope: str, now: float) -> _Read:
        base = ["systemctl", f"--{scope}", "--no-pager", "--no-ask-password"]
        mine = [spec for spec in self.specs if spec.scope in ("auto", scope)]
        names = [full(target(spec)) for spec in mine if not is_pattern(target(spec))]
        patterns = [target(spec) for spec in mine if is_pattern(target(spec))]
        try:
            async with asyncio.timeout(self.timeout * 0.9):  # one that hangs leaves the other one's rows as they are
                listed = await self._listed(base, patterns) if patterns else ()
                every = list(dict.fromkeys([*names, *listed]))
                units = await self._show(base, every, now) if every else {}
                if any(name.endswith(".timer") for name in every):
                    told = await self._run([*base, "list-timers", "--all", "--output=json"])
                    units = _timed(units, parse_timers(told))
        except Unavailable as error:
            return _Read(str(error))
        except TimeoutError:
            return _Read(
                tr("{manager}: no answer within {timeout:g} s", manager=MANAGERS[scope], timeout=self.timeout * 0.9)
            )
        return _Read("", units, tuple(listed))

    async def _listed(self, base: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
        text = await self._run([*base, "list-units", "--all", "--output=json"])
        names = parse_units(text)
        if names is None:
            raise Unavailable(tr("systemctl list-units printed no JSON; patterns need systemd 246 or newer"))
        wanted = [pattern if pattern.endswith("*") else full(pattern) for pattern in patterns]
        return tuple(dict.fromkeys(name for each in wanted for name in members(each, names, ())))

    async def _show(self, base: Sequence[str], names: Sequence[str], now: float) -> dict[str, Observation]:
        blocks = await self._blocks(base, names)
        triggers = {each for block in blocks.values() for each in block.get("TriggeredBy", "").split()}
        active: dict[str, bool] = {}
        if triggers:
            told = await self._blocks(base, sorted(triggers))
            active = {name: block.get("ActiveState") != "inactive" for name, block in told.items()}
        return {name: observe(block, active, now) for name, block in blocks.items()}

    async def _blocks(self, base: Sequence[str], names: Sequence[str]) -> dict[str, Mapping[str, str]]:
        """A block for each of *names*; one that is not surely about the unit that was asked for is left out."""
        text = await self._run([*base, "show", "--timestamp=unix", f"--property={','.join(FIELDS)}", "--", *names])
        blocks = parse_show(text)
        if len(blocks) != len(names):
            raise Unavailable(
                tr("systemctl show told of {told} units, asked for {asked}", told=len(blocks), asked=len(names))
            )
        pairs = zip(names, blocks, strict=True)
        return {name: block for name, block in pairs if name in (block.get("Id"), *block.get("Names", "").split())}

    async def _run(self, argv: Sequence[str]) -> str:
        try:
            done = await run(argv, timeout=self.timeout)
        except HostError as error:
            raise Unavailable(tr("{error}; systemd is on Linux only: elsewhere write unit:", error=error)) from error
        if done.returncode != 0:
            said = safe_text(done.stderr.decode("utf-8", "replace").strip().split("\n")[0], limit=160)
            said = said or tr("exit {status}", status=done.returncode)
            raise Unavailable(tr("{program}: {said}; is it running?", program=f"{argv[0]} {argv[1]}", said=said))
        return done.stdout.decode("utf-8", "replace")


def _timed(
    units: Mapping[str, Observation], timers: Mapping[str, tuple[float | None, float | None]]
) -> dict[str, Observation]:
    known = {name: timers.get(name, (None, None)) for name in units}
    return {
        name: replace(seen, next_run=known[name][0], last_run=known[name][1]) if name in timers else seen
        for name, seen in units.items()
    }


def _known(name: str, said: Mapping[str, _Read]) -> tuple[str, Observation]:
    """(Scope, what was seen): of the systemd that knows the unit. Where one could not be asked nothing is unloaded."""
    found = {scope: read.units.get(name) for scope, read in said.items() if not read.error}
    there = [(scope, seen) for scope, seen in found.items() if seen is not None]
    for scope, seen in there:
        if seen.state not in (State.UNLOADED, State.UNKNOWN):
            return scope, seen
    silent = [f"{MANAGERS[scope]}: {read.error}" for scope, read in said.items() if read.error]
    if silent:
        other = "system" if "user" in {scope for scope, read in said.items() if read.error} else "user"
        why = tr("{why}; write scope: {other} if it belongs there", why=silent[0], other=other)
        return "", Observation(State.UNKNOWN, why, error=why)
    if len(there) < len(said):
        why = tr("systemctl show says nothing of {name}", name=safe_text(name, limit=100))
        return "", Observation(State.UNKNOWN, why, error=why)
    unclear = next(((scope, seen) for scope, seen in there if seen.state is State.UNKNOWN), None)
    # A unit that is there and disabled says more than one that is not there at all.
    return unclear or max(there, key=lambda pair: pair[1].evidence != tr(NO_UNIT))


def _who(said: Mapping[str, _Read]) -> str:
    return MANAGERS[next(iter(said))] if len(said) == 1 else KIND
