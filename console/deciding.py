"""Decisions as they are changed, and the commands they unlock as they are run: shown exactly, guarded, noted.

A part of the engine; the headless commands use it too.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from console.host import HostError, in_thread, run
from console.i18n import mark, tr
from console.model.decision import Asked, Decision, DecisionState, Ran, entry_of, id_of, new, ran_entry, stamp
from console.model.decision_command import Here, Outcome, Plan, plans
from console.model.guard_facts import Facts, Policy
from console.model.outcome import Written
from console.model.reading import DecisionsRead
from console.model.service import Judgement, Service
from console.model.snapshot import Snapshot
from console.safety import redact, safe_text

if TYPE_CHECKING:
    from console.config import Config, ServiceConfig
    from console.tracker.decision_file import Parsed

RUN_TIMEOUT: Final = 120.0
"""Seconds a command may take."""
OUTPUT_LIMIT: Final = 64 << 10
"""Bytes of what it writes that are kept, of each stream: the beginning."""
SHOWN: Final = 8000
"""Characters of that which are shown."""
NOTED_LINES, NOTED = 6, 600
"""Last lines, and characters, of what it wrote that are kept with the decision."""
READ_ONLY: Final = mark("the console is read-only; nothing was changed")

_Result = TypeVar("_Result")


class Deciding:
    """The decisions in the file at *path*. *heard* is told at once what the file says after a change."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        snapshot: Callable[[], Snapshot] = Snapshot,
        policy: Callable[[], Policy] = Policy,
        heard: Callable[[DecisionsRead], None] = lambda _: None,
        dispatcher: Callable[[], tuple[str, str]] | None = None,
    ) -> None:
        """*dispatcher* tells why the automatic dispatcher may not be started, and what to do; it may block."""
        self.path = path
        self.read_only = read_only
        self._snapshot = snapshot
        self._policy = policy
        self._heard = heard
        self._judge = dispatcher
        self._dispatcher: tuple[str, str] | None = None
        self._cwd = str(Path.cwd())
        self._running: set[str] = set()

    async def load(self) -> DecisionsRead:
        """What the file says now."""
        from console.tracker.decision_file import look

        found, self._dispatcher = await in_thread(lambda: (look(self.path), self._judge and self._judge()))
        self._heard(found)
        return found

    # -- changes -------------------------------------------------------------------------------------------------

    async def add(self, asked: Sequence[Asked]) -> Written:
        """Note decisions; those that are there already, by their text, are left as they are."""
        now = time.time()
        made: list[str] = []

        def make(parsed: Parsed) -> list[tuple[str | None, Mapping[str, Any]]]:
            made.clear()
            found: list[tuple[str | None, Mapping[str, Any]]] = []
            taken = set(parsed.places)
            for each in new([_safe(one) for one in asked], parsed.decisions):
                id = id_of(each.text, taken)
                taken.add(id)
                made.append(id)
                found.append((None, entry_of(each, id, now)))
            return found

        written = await self._change(make)
        if not written.done:
            return written
        if not made:
            return Written(True, tr("noted already; nothing was added") if asked else tr("there is nothing to note"))
        what = tr("{count} decisions noted", count=len(made)) if len(made) > 1 else tr("noted as {id}", id=made[0])
        return replace(written, text=what)

    async def decide(self, id: str, answer: str, note: str = "", *, by: str = "") -> Written:
        """Write the answer to a pending decision. Refused when somebody has decided it meanwhile."""
        answer = safe_text(answer.strip(), limit=2000)
        if not answer:
            return Written(False, tr("an answer is needed: a word will do"), refused=True)
        fields = {"state": str(DecisionState.DECIDED), "answer": answer, "decided_by": by or who()}
        fields["decided_at"] = stamp(time.time())
        if note.strip():
            fields["note"] = note.strip()
        written = await self._settle(id, fields, wanted=(DecisionState.PENDING,))
        return replace(written, text=tr("decided: {answer}", answer=answer)) if written.done else written

    async def withdraw(self, id: str, *, by: str = "") -> Written:
        """Close a pending decision that nobody has to make any more."""
        fields = {"state": str(DecisionState.WITHDRAWN), "decided_by": by or who(), "decided_at": stamp(time.time())}
        written = await self._settle(id, fields, wanted=(DecisionState.PENDING,))
        return replace(written, text=tr("withdrawn")) if written.done else written

    async def reopen(self, id: str) -> Written:
        """Make a decision wait again; its answer goes into the note."""

        def fields(found: Decision) -> dict[str, Any]:
            was = tr("was {settled}", settled=_settled(found))
            note = f"{found.note}\n{was}" if found.note else was
            gone = dict.fromkeys(("answer", "decided_by", "decided_at"))
            return {**gone, "state": str(DecisionState.PENDING), "note": note}

        written = await self._settle(id, fields, wanted=(DecisionState.DECIDED, DecisionState.WITHDRAWN))
        return replace(written, text=tr("it waits again")) if written.done else written

    async def _settle(
        self,
        id: str,
        fields: dict[str, Any] | Callable[[Decision], dict[str, Any]],
        wanted: tuple[DecisionState, ...],
    ) -> Written:
        from console.tracker.decision_write import entry_in
        from console.tracker.errors import Refused

        def make(parsed: Parsed) -> list[tuple[str | None, Mapping[str, Any]]]:
            found = entry_in(parsed, id)
            if found is None:
                raise Refused(tr("there is no decision {id} any more; nothing was written", id=safe_text(id, limit=40)))
            if found.state not in wanted:
                raise Refused(tr("it is {settled} already; nothing was written", settled=_settled(found)))
            return [(id, {"id": id, **(fields(found) if callable(fields) else fields)})]

        return await self._change(make)

    async def _change(self, make: Callable[[Parsed], list[tuple[str | None, Mapping[str, Any]]]]) -> Written:
        if self.read_only:
            return Written(False, tr(READ_ONLY), refused=True)
        written = await in_thread(lambda: self._changed(make))
        if written.done:
            await self.load()
        return written

    def _changed(
        self, make: Callable[[Parsed], list[tuple[str | None, Mapping[str, Any]]]], wait: float = 3.0
    ) -> Written:
        from console.tracker.decision_write import change
        from console.tracker.errors import LogError, Refused

        try:
            _, warning = change(self.path, make, wait=wait)
        except LogError as error:
            return Written(False, str(error), refused=isinstance(error, Refused))
        return Written(True, "", warning=warning)

    # -- running -------------------------------------------------------------------------------------------------

    def plans(self, decision: Decision) -> tuple[Plan, ...]:
        """What would be done with each of its commands now."""
        home = os.path.expanduser("~")  # noqa: PTH111 - never raises
        facts = Facts(time.time(), None, self._snapshot().surfaces)
        here = Here(home, self._cwd, self.read_only)
        if self._dispatcher is not None:
            here = replace(here, dispatcher=self._dispatcher)
        return plans(decision, here, facts, self._policy())

    async def run(self, id: str, shown: Plan) -> Outcome:
        """Run what was *shown* to the operator, who has said yes, unless it is something else by now."""
        now = await self.load()
        decision = next((each for each in now.decisions if each.id == id), None)
        why = now.error or self._barred(decision, shown)
        if why or decision is None:
            return Outcome(Written(False, tr("{why}; nothing was run", why=why), refused=True))
        started = Ran(shown.command, float(int(time.time())), shown.cwd, who())
        noted = await self._note(id, started)
        if not noted.done:
            return Outcome(replace(noted, text=tr("{text}; nothing was run", text=noted.text)))
        self._running.add(id)
        try:
            return await self._run(id, shown, started)
        finally:
            self._running.discard(id)
            await self.load()

    def _barred(self, decision: Decision | None, shown: Plan) -> str:
        if self.read_only:
            return tr("the console is read-only")
        if decision is None:
            return tr("there is no such decision any more")
        if decision.state is not DecisionState.DECIDED:
            return tr("it is {state}: decide it first", state=tr(str(decision.state)))
        if decision.id in self._running or any(
            each.exit is None and not each.result and each.at is not None and time.time() - each.at < RUN_TIMEOUT
            for each in decision.ran
        ):
            return tr("a command of it runs already")
        fresh = next((each for each in self.plans(decision) if each.command == shown.command), None)
        if fresh is None or (fresh.argv, fresh.cwd) != (shown.argv, shown.cwd):
            return fresh.why if fresh is not None and fresh.why else tr("it is not what was shown any more; look again")
        return "" if fresh.kind == "run" else fresh.why or tr("it is not run from here")

    async def _run(self, id: str, shown: Plan, started: Ran) -> Outcome:
        begun = time.monotonic()

        def ended(exit: int | None, result: str) -> Ran:
            return replace(started, exit=exit, seconds=time.monotonic() - begun, result=result)

        try:
            done = await run(shown.argv, timeout=RUN_TIMEOUT, cwd=Path(shown.cwd), limit=OUTPUT_LIMIT)
        except HostError as error:
            why = safe_text(str(error), limit=300)
            noted = await self._note(id, ended(None, why))
            return Outcome(Written(False, why, warning="" if noted.done else noted.text))
        except asyncio.CancelledError:
            self._noted(id, ended(None, tr("stopped: the console ended")), wait=0.5)
            raise
        output = _decoded(done.stdout, done.stderr)
        last = ended(done.returncode, _tail(output))
        noted = await self._note(id, last)
        how = (
            tr("exit {exit}", exit=done.returncode)
            if done.returncode >= 0
            else tr("ended by signal {number}", number=-done.returncode)
        )
        text = tr("{how} after {seconds:.1f} s", how=how, seconds=last.seconds or 0.0)
        warning = "" if noted.done else tr("not noted: {text}", text=noted.text)
        return Outcome(Written(done.returncode == 0, text, warning=warning), output, done.returncode)

    async def _note(self, id: str, ran: Ran) -> Written:
        return await in_thread(lambda: self._noted(id, ran))

    def _noted(self, id: str, ran: Ran, wait: float = 3.0) -> Written:
        """Write *ran* into the decision, in place of what was written at its start."""

        def make(parsed: Parsed) -> list[tuple[str | None, Mapping[str, Any]]]:
            from console.tracker.decision_file import plain_of
            from console.tracker.decision_write import entry_in
            from console.tracker.errors import Refused

            if entry_in(parsed, id) is None or parsed.entries is None:
                raise Refused(tr("the decision is not in its file any more"))
            raw = plain_of(parsed.entries.value[parsed.places[id]]).get("ran")
            entries = [*raw] if isinstance(raw, list) else [raw] if isinstance(raw, dict) else []
            made = ran_entry(ran)
            at = next((n for n, each in enumerate(entries) if _same(each, made)), None)
            if at is None:
                entries.append(made)
            else:
                entries[at] = made
            return [(id, {"id": id, "ran": entries})]

        return self._changed(make, wait)


def dispatcher_refused(config: Config) -> tuple[str, str]:
    """(Why the automatic dispatcher may not be started, what to do); empty texts where its service might be started.

    Every entry of it has to be expected to run, and to have its rate limit and its dry run. Blocks a moment.
    """
    from console.servicing import Servicing

    named = config.guards.automatic.service
    specs = [each for each in config.services if _automatic(each, named)]
    for spec in specs or (None,):
        start = Servicing.dispatcher(spec, config.guards.rate)
        if start.refusal:
            return start.refusal, start.remedy
    return "", ""


def _automatic(spec: ServiceConfig, named: str) -> bool:
    """Whether an entry is that of the automatic dispatcher alone; what a pattern says is not said of it."""
    from console.sending import is_automatic

    label = spec.launchd or spec.systemd or spec.supervisor or spec.unit or spec.process
    row = Service(spec.name, spec.expected, "", Judgement.UNKNOWN, "", label=label)
    return is_automatic(row, named) and (bool(spec.process) or not any(sign in label for sign in "*?["))


def _settled(found: Decision) -> str:
    """How it stands, by whom, and the answer."""
    state = tr(str(found.state))
    if found.decided_by:
        state = tr("{state} by {name}", state=state, name=found.decided_by)
    return f"{state}: {found.answer}" if found.answer else state


def who() -> str:
    """The name of this account."""
    try:
        return safe_text(getpass.getuser(), limit=60)
    except (OSError, KeyError):
        return str(os.getuid())


def _same(entry: object, made: Mapping[str, Any]) -> bool:
    if not isinstance(entry, dict) or "exit" in entry or "result" in entry:
        return False
    return (entry.get("command"), entry.get("at")) == (redact(str(made["command"])), made.get("at"))


def _safe(asked: Asked) -> Asked:
    def lines(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(safe_text(each, multiline=True, limit=2000) for each in texts if each.strip())

    return Asked(
        safe_text(" ".join(asked.text.split()), limit=2000),
        lines(asked.commands),
        lines(asked.paths),
        lines(asked.options),
        safe_text(asked.source, limit=300),
        safe_text(asked.note, multiline=True, limit=2000),
    )


def _decoded(stdout: bytes, stderr: bytes) -> str:
    parts = [safe_text(each.decode("utf-8", "replace"), multiline=True, limit=1000).strip("\n")
             for each in (stdout, stderr)]  # fmt: skip
    text = redact("\n".join(part for part in parts if part))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n…"


def _tail(output: str) -> str:
    lines = [line.rstrip() for line in output.splitlines() if line.strip()][-NOTED_LINES:]
    return "\n".join(lines)[-NOTED:].strip() or tr("it wrote nothing")
