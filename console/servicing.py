"""Acts on services, and a closer look at one: what has to be known for them is gathered here. A part of the engine."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.config import Config, ServiceConfig
from console.host import HostError, in_thread, run
from console.i18n import tr
from console.model.service import Judgement, Service, State
from console.model.service_act import About, Done, Offer, Step, Verb, called, rows_about
from console.model.service_offers import offer, offers
from console.model.snapshot import Snapshot
from console.model.surface import Surface
from console.safety import safe_text
from console.sending import is_automatic

if TYPE_CHECKING:
    from console.model.service_detail import ServiceDetail

CALL: Final = 30.0
"""Seconds a method of supervisord may take: it waits for a program to end."""
AT_WORK: Final = ("working", "background")
"""States in which an agent loses something when its process ends."""


class Servicing:
    """Acts on the watched services of one engine. *state* is the state folder; None: nothing may be done."""

    def __init__(
        self,
        config: Config,
        state: Path | None,
        snapshot: Callable[[], Snapshot],
        reread: Callable[[], None] = lambda: None,
        how: str = "in the console",
    ) -> None:
        self._config = config
        self._state = state
        self._snapshot = snapshot
        self._reread = reread
        self._how = how

    def find(self, name: str) -> Service | None:
        """The watched service, or member of a pattern, with this name or label."""
        return called(self._snapshot().services.services, name)

    async def offers(self, service: Service) -> tuple[Offer, ...]:
        """Everything its manager can do to it, as it would be done now."""
        return offers(service, await self._about(service))

    async def offers_now(self, service: Service) -> tuple[Offer, ...]:
        """The same for what *service* is when its manager is asked now."""
        fresh = service if service.members else await self._read(service)
        return await self.offers(fresh)

    async def offer(self, service: Service, verb: Verb) -> Offer:
        """One of them."""
        return offer(service, verb, await self._about(service))

    async def act(self, shown: Offer) -> Done:
        """Do what was *shown* to the operator, unless it is something else by now."""
        from console.actions.service import Means, carry_out

        if self._config.read_only:
            return Done("refused", tr("the console is read-only; nothing was done"), shown)
        service = self.find(shown.service)
        if service is None or self._state is None:
            why = tr("it is not watched any more") if service is None else tr("nothing outlives this console")
            return Done("refused", tr("{why}; nothing was done", why=why), shown)
        fresh = await self._read(service)
        now = await self.offer(fresh, shown.verb)
        if now.steps != shown.steps and not now.refusal:
            return Done("refused", tr("it is not what was shown any more; look again. Nothing was done"), now, fresh)
        who = safe_text(f"{_user()} {self._how}", limit=100)
        means = Means(lambda: self._read(service), self._call(service), self._state, who, self._config.read_only)
        try:
            return await carry_out(now, fresh, means)
        finally:
            self._reread()

    async def describe(self, service: Service) -> ServiceDetail:
        """What its manager says of it, and the last lines of its log. Never raises."""
        from console.services.detail import describe

        return await describe(service)

    # -- what has to be known ------------------------------------------------------------------------------------

    def _spec(self, service: Service) -> ServiceConfig | None:
        """The entry it comes from; of a member of a pattern, an entry for that member alone."""
        for spec in self._config.services:
            if safe_text(spec.name, limit=200) == service.name:
                return spec
        for row in self._snapshot().services.services:
            if any(each.name == service.name for each in row.members):
                mine = next((s for s in self._config.services if safe_text(s.name, limit=200) == row.name), None)
                kind = "systemd" if service.manager.startswith("systemd") else service.manager
                if mine is None or kind not in ("launchd", "systemd", "supervisor"):
                    return None
                alone = replace(mine, name=service.name, expected=service.expected, log="", rate_limit=0, dry_run="")
                alone = replace(alone, launchd="", systemd="", supervisor="", unit="")
                match kind:
                    case "launchd":
                        return replace(alone, launchd=service.label)
                    case "systemd":
                        return replace(alone, systemd=service.label)
                return replace(alone, supervisor=service.label)
        return None

    async def _read(self, service: Service) -> Service:
        """*service* as its manager says it is now; unknown where it says nothing."""
        from console.services.registry import checks_of
        from console.services.scheduler import read_once

        spec = self._spec(service)
        if spec is not None:
            rows = await read_once(checks_of([spec])[0])
            if rows:
                return replace(rows[0], name=service.name)
        why = tr("its entry in the configuration was not found")
        return replace(service, state=str(State.UNKNOWN), observed="unknown", judgement=Judgement.UNKNOWN,
                       evidence=why, error=why, pid=None)  # fmt: skip

    async def _about(self, service: Service) -> About:
        spec, snapshot = self._spec(service), self._snapshot()
        rows = rows_about(snapshot.services.services, service) or (service,)
        named = self._config.guards.automatic.service
        words = tuple(dict.fromkeys(row.expected.partition(",")[0].strip().casefold() for row in rows))
        about = About(uid=os.getuid(), expected=words, automatic=any(is_automatic(row, named) for row in rows))
        if about.automatic:
            about = await in_thread(lambda: self.proven(about, spec, self._config.guards.rate))
        if service.pid is not None and snapshot.surfaces:
            inside = await in_thread(lambda: holds(service, snapshot.surfaces))
            codex = [s for s in inside if s.agent == "codex" and s.status and s.status.state.value in AT_WORK]
            about = replace(about, agents=tuple(s.name for s in inside), codex=tuple(s.name for s in codex))
        if service.manager == "launchd":
            return await in_thread(lambda: _launchd(service.label, about))
        if service.manager.startswith("systemd") and not service.members:
            return await _systemd(service, about)
        if service.manager == "supervisor":
            return await in_thread(lambda: _supervisor(service.label, spec.socket if spec else "", about))
        return about

    @classmethod
    def dispatcher(cls, spec: ServiceConfig | None, most: int) -> Offer:
        """The start of an automatic dispatcher by whatever command, judged as its entry *spec* has it. Blocks."""
        expected = (spec.expected.partition(",")[0].strip().casefold(),) if spec is not None else ()
        about = cls.proven(About(uid=os.getuid(), expected=expected, automatic=True), spec, most)
        # Whether a command works is for its manager to say: any of them will do to ask whether it may be given.
        off = Service("", "", "unloaded", Judgement.UNKNOWN, "", manager="supervisor", state="unloaded")
        return offer(off, Verb.START, about)

    @staticmethod
    def proven(about: About, spec: ServiceConfig | None, most: int) -> About:
        """What an automatic dispatcher has to show before it may run; *most* dispatches an hour are allowed. Blocks."""
        lacks, proof = [], []
        limit = spec.rate_limit if spec is not None else 0
        if not limit:
            lacks.append(tr("a rate limit (rate_limit: at most {most} an hour)", most=most))
        elif limit > most:
            lacks.append(
                tr(
                    "a lower rate limit ({limit} an hour is more than the {most} of guards.rate)",
                    limit=limit,
                    most=most,
                )
            )
        else:
            proof.append(tr("it keeps to {limit} an hour", limit=limit))
        path = spec.dry_run if spec is not None else ""
        try:
            found = Path(path).stat() if path else None
        except (OSError, ValueError):
            found = None
        if not path:
            lacks.append(tr("a dry run (dry_run: the file it left)"))
        elif found is None or not found.st_size:
            shown = safe_text(path, limit=100)
            empty = found is not None
            lacks.append(
                tr("a dry run ({path} is empty)", path=shown)
                if empty
                else tr("a dry run ({path} is not there)", path=shown)
            )
        else:
            proof.append(tr("dry run of {time}", time=time.strftime("%Y-%m-%d %H:%M", time.localtime(found.st_mtime))))
        return replace(about, lacks=tuple(lacks), proof=", ".join(proof))

    def _call(self, service: Service) -> Callable[[Step], Awaitable[None]]:
        spec = self._spec(service)
        socket = spec.socket if spec is not None else ""

        async def call(step: Step) -> None:
            from console.actions.service import Fault
            from console.services.base import Unavailable
            from console.services.supervisor import call as ask

            try:
                await in_thread(lambda: ask(socket, step.method, step.params, CALL))
            except Unavailable as error:
                raise Fault(str(error)) from error

        return call


def holds(service: Service, surfaces: Collection[Surface]) -> tuple[Surface, ...]:
    """The surfaces whose process is inside the one of *service*, or the other way round. Blocks a moment."""
    from console.services.processes import line

    if service.pid is None:
        return ()
    above = line(service.pid)
    found = []
    for surface in surfaces:
        pid = surface.info.pid
        if pid and not surface.gone and (pid in above or service.pid in line(pid)):
            found.append(surface)
    return tuple(found)


def _launchd(label: str, about: About) -> About:
    from console.services.launchd import is_daemon, property_list

    about = replace(about, daemon=is_daemon(label))
    path, plan = property_list(label)
    if plan is None:
        return replace(about, plist=path)
    schedule = "" if plan.keep_alive else plan.told
    return replace(about, plist=path, keep_alive=plan.keep_alive, schedule=schedule)


async def _systemd(service: Service, about: About) -> About:
    scope = "--user" if service.manager.endswith("--user") else "--system"
    argv = ["systemctl", scope, "--no-pager", "show", "--property=TriggeredBy", "--value", "--", service.label]
    try:
        done = await run(argv)
    except HostError:
        return about  # reading the service says the same, with what to do
    names = safe_text(done.stdout.decode("utf-8", "replace"), limit=300).split() if done.returncode == 0 else []
    return replace(about, timers=tuple(names))


def _supervisor(label: str, socket: str, about: About) -> About:
    from console.services.base import Unavailable
    from console.services.supervisor import found, whole_name

    where = safe_text(socket or found() or "supervisord", limit=200)
    try:
        return replace(about, socket=where, program=whole_name(socket, label, 2.0))
    except Unavailable:
        return replace(about, socket=where)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
