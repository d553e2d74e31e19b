"""From the configuration to checks: what is read in one go is one check. Further kinds are one row here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from console.config import ServiceConfig
from console.i18n import tr
from console.model.service import Service
from console.services.base import Batch, Check, Unavailable, every, kind_of

Maker = Callable[[Sequence[ServiceConfig]], Batch]


def _processes(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.processes import Processes

    return Processes(specs)


def _launchd(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.launchd import Launchd

    return Launchd(specs)


def _systemd(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.systemd import Systemd

    return Systemd(specs)


def _supervisor(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.supervisor import Supervisor

    return Supervisor(specs)


def _cron(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.cron import Cron

    return Cron(specs)


def _http(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.http import Http

    return Http(specs)


def _paths(specs: Sequence[ServiceConfig]) -> Batch:
    from console.services.paths import Paths

    return Paths(specs)


class Auto(Batch):
    """Units of whatever manager this machine has; found out anew at each look, for one may start later."""

    kind = "unit"

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        kind = pick(self.specs[0].socket)
        if not kind:
            raise Unavailable(
                tr(
                    "this machine has none of launchd, systemd and supervisord running; write process: or "
                    "supervisor: and its socket:"
                )
            )
        rows = await MAKERS[kind][0]([_as(kind, spec) for spec in self.specs]).look()
        periods = (what.period for what in self.watched)
        return tuple(replace(found, period=period) for found, period in zip(rows, periods, strict=True))


def _as(kind: str, spec: ServiceConfig) -> ServiceConfig:
    match kind:
        case "launchd":
            return replace(spec, unit="", launchd=spec.unit)
        case "systemd":
            return replace(spec, unit="", systemd=spec.unit)
        case _:
            return replace(spec, unit="", supervisor=spec.unit)


def pick(socket: str = "") -> str:
    """``launchd``, ``systemd``, ``supervisor``, or empty: the manager of this machine."""
    if socket:
        return "supervisor"
    if shutil.which("launchctl"):
        return "launchd"
    if shutil.which("systemctl") and os.path.isdir("/run/systemd/system"):  # noqa: PTH112 - sd_booted(3)
        return "systemd"
    from console.services.supervisor import found

    return "supervisor" if found() else ""


MAKERS: Final[Mapping[str, tuple[Maker, bool]]] = {
    "process": (_processes, True),
    "launchd": (_launchd, True),
    "systemd": (_systemd, True),
    "supervisor": (_supervisor, True),
    "unit": (Auto, True),
    "cron": (_cron, True),
    "http": (_http, False),
    "file": (_paths, False),
    "glob": (_paths, False),
}
"""By kind: what makes its check, and whether all entries of one period are read by one call."""


def checks_of(specs: Sequence[ServiceConfig]) -> list[Check]:
    """The checks for all entries of the configuration. Raises ValueError for words that cannot be expected."""
    together: dict[tuple[object, ...], list[ServiceConfig]] = {}
    for index, spec in enumerate(specs):
        kind = kind_of(spec)
        single = () if MAKERS[kind][1] else (index,)
        together.setdefault((kind, every(spec), spec.timeout, spec.socket, *single), []).append(spec)
    return [MAKERS[str(key[0])][0](group) for key, group in together.items()]
