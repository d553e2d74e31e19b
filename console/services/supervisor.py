"""supervisord: one XML-RPC call over its Unix socket for all watched programs.

``supervisor.getAllProcessInfo`` (Supervisor manual, XML-RPC API): state 0 STOPPED, 10 STARTING, 20 RUNNING,
30 BACKOFF, 40 STOPPING, 100 EXITED, 200 FATAL, 1000 UNKNOWN.
"""

from __future__ import annotations

import http.client
import os
import stat
import time
from collections.abc import Mapping, Sequence
from typing import Final

from console.config import ServiceConfig
from console.http_get import fetch, why_not
from console.i18n import tr
from console.model.service import Observation, Service, State
from console.model.service_rows import group_row, row
from console.safety import safe_text
from console.services.base import Batch, Hanging, Unavailable, target
from console.services.exits import ended, runs
from console.services.groups import is_pattern, members

KIND: Final = "supervisor"
SOCKETS: Final = ("/run/supervisor.sock", "/var/run/supervisor.sock", "/tmp/supervisor.sock", "~/supervisor.sock")
"""Where packages, and the manual's example, put it."""
SIZE_LIMIT: Final = 4 << 20
"""Bytes of an answer: some thousand programs."""

_STATES: Final = {
    0: State.STOPPED,
    10: State.STARTING,
    20: State.RUNNING,
    30: State.FAILED,
    40: State.STOPPING,
    100: State.STOPPED,
    200: State.FAILED,
}
Info = Mapping[str, object]


class Supervisor(Batch):
    """All watched programs of one supervisord."""

    kind = KIND

    def __init__(self, specs: Sequence[ServiceConfig]) -> None:
        super().__init__(specs)
        self._thread = Hanging()

    async def look(self) -> Sequence[Service]:
        """See `Batch`."""
        infos = await self._thread.run(lambda: ask(self.specs[0].socket, self.timeout / 2))
        now = time.time()
        by_name: dict[str, Info] = {}
        for info in infos:
            name, group = str(info.get("name", "")), str(info.get("group", ""))
            by_name[name if group in ("", name) else f"{group}:{name}"] = info
        own = {target(spec) for spec in self.specs if not is_pattern(target(spec))}
        named = [name for name in by_name if name in own or name.partition(":")[2] in own]
        rows = []
        for spec, what in zip(self.specs, self.watched, strict=True):
            label = target(spec)
            if is_pattern(label):
                found = members(label, by_name, named)
                seen = [(safe_text(each, limit=200), observe(by_name[each], now)) for each in found]
                rows.append(group_row(what, seen, now))
            else:
                rows.append(row(what, _one(label, by_name, now), now))
        return tuple(rows)


def _one(label: str, by_name: Mapping[str, Info], now: float) -> Observation:
    """A program by its own name, by ``group:name``, or by its name alone where only one group has it."""
    found = by_name.get(label) or by_name.get(label.removesuffix(":*"))
    if found is None:
        same = [name for name in by_name if name.endswith(f":{label}")]
        if len(same) > 1:
            why = tr(
                "{label} is in several groups; write {same}",
                label=safe_text(label, limit=80),
                same=safe_text(same[0], limit=80),
            )
            return Observation(State.UNKNOWN, why, error=why)
        found = by_name[same[0]] if same else None
    if found is None:
        return Observation(State.UNLOADED, tr("supervisord knows no {label}", label=safe_text(label, limit=80)))
    return observe(found, now)


def observe(info: Info, now: float) -> Observation:
    """What one entry of the answer says. Never raises."""
    number, pid = info.get("state"), info.get("pid")
    state = _STATES.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    word = safe_text(str(info.get("statename", "")), limit=40)
    alive = pid if isinstance(pid, int) and not isinstance(pid, bool) and pid > 0 else None
    if state is None or (state is State.RUNNING and (alive is None or word not in ("RUNNING", ""))):
        why = tr(
            "supervisord tells no clear state ({number} {word})", number=safe_text(str(number), limit=20), word=word
        )
        return Observation(State.UNKNOWN, why, error=why)
    status = info.get("exitstatus")
    last = ended(status) if isinstance(status, int) and abs(status) < 1 << 16 else ""
    since = _time(info.get("start" if state in (State.RUNNING, State.STARTING) else "stop"), now)
    if state is State.RUNNING:
        return Observation(state, runs(alive, since, now), pid=alive, since=since, last_exit=last)
    if number == 100 and last:
        state = State.FAILED
    said = safe_text(str(info.get("spawnerr") or info.get("description") or ""), limit=100)
    told = f"{word}: {said}" if said and "uptime" not in said else word or tr(str(state))
    return Observation(state, told, since=since, last_exit=last)


def _time(value: object, now: float) -> float | None:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= now + 60 else None


def ask(socket: str, timeout: float) -> list[Info]:
    """Every program supervisord at *socket* (a path, a URL, or empty for the usual places) knows.

    Takes up to twice *timeout* seconds: not for the event loop. Raises `Unavailable`.
    """
    found = call(socket, "supervisor.getAllProcessInfo", (), timeout)
    if not isinstance(found, list) or not all(isinstance(each, dict) and each.get("name") for each in found):
        url, path = _address(socket)
        raise Unavailable(tr("what answers at {where} is not supervisord", where=safe_text(path or url, limit=200)))
    return found


def whole_name(socket: str, label: str, timeout: float) -> str:
    """What the methods of supervisord call the program *label*: ``group:name``. Blocks. Raises `Unavailable`."""
    names = [f"{each.get('group', '')}:{each.get('name', '')}" for each in ask(socket, timeout)]
    exact = [name for name in names if name == label]
    same = exact or [name for name in names if label in (name.partition(":")[2], name.partition(":")[0])]
    return same[0] if len(same) == 1 else label


def call(socket: str, method: str, params: Sequence[str | bool], timeout: float) -> object:
    """The answer of a method of supervisord at *socket*; see `ask`, also for the time. Raises `Unavailable`."""
    from xmlrpc.client import Fault, dumps, loads

    url, path = _address(socket)
    body = dumps(tuple(params), method).encode()
    where = safe_text(path or url, limit=200)
    try:
        answer = fetch(
            url,
            method="POST",
            body=body,
            headers={"Content-Type": "text/xml"},
            timeout=timeout,
            limit=SIZE_LIMIT,
            unix=path,
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(
            tr("supervisord at {where}: {why}; is it running there?", where=where, why=why_not(error, timeout))
        ) from error
    if answer.status == 401:
        raise Unavailable(
            tr("supervisord at {where} asks for a password; give this account a socket without one", where=where)
        )
    if answer.status != 200 or not answer.whole:
        raise Unavailable(
            tr("supervisord at {where} answers {status}; is that its socket?", where=where, status=answer.status)
        )
    if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body:
        # Entities can grow without end.
        raise Unavailable(tr("what answers at {where} is not supervisord", where=where))
    try:
        [found], _ = loads(answer.body.decode("utf-8", "replace"), use_builtin_types=True)
    except Fault as error:
        raise Unavailable(
            tr("supervisord at {where}: {fault}", where=where, fault=safe_text(error.faultString, limit=120))
        ) from error
    except Exception as error:  # expat and xmlrpc raise whatever broken XML makes of them
        raise Unavailable(tr("what answers at {where} is not supervisord", where=where)) from error
    answered: object = found
    return answered


def _address(socket: str) -> tuple[str, str]:
    """(URL, path of the Unix socket or empty)."""
    if socket.startswith(("http://", "https://")):
        return f"{socket.rstrip('/')}/RPC2", ""
    if socket:
        return "http://localhost/RPC2", socket
    path = found()
    if not path:
        raise Unavailable(
            tr("no socket of supervisord in {listed}; write its path as socket:", listed=", ".join(SOCKETS))
        )
    return "http://localhost/RPC2", path


def found() -> str:
    """The first of the usual sockets that is there; empty when none is."""
    for each in SOCKETS:
        path = os.path.expanduser(each)  # noqa: PTH111 - never raises
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116 - str paths all along
                return path
        except OSError:
            continue
    return ""
