"""What the operator does to the dispatch log: the same rules for the screen and for the sub-commands."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.i18n import tr
from console.model.dispatch import Dispatch, DispatchStatus, VerificationVerdict
from console.model.outcome import Written
from console.model.summary import may_verify
from console.safety import redact, safe_text

if TYPE_CHECKING:
    from console.config import LogConfig
    from console.tracker.losses import Lost
    from console.tracker.names import FieldMap
    from console.tracker.operations import Operation, RecordVerification, Revision
    from console.tracker.record import Record

VERBS: Final = {"Append": "append", "Patch": "patch", "SetStatus": "set_status", "RecordVerification": "verify"}
"""From an operation to the verb of a tracker command."""


@dataclass(frozen=True, slots=True)
class Undone:
    """A change of the console that another writer has undone."""

    number: int
    why: str
    what: str
    """The change, short, without secrets."""
    restorable: bool
    lost: Lost


class DispatchLog:
    """The dispatch log at *path*, written directly or by the owner's own command. Methods never raise."""

    def __init__(self, config: LogConfig, path: Path | None = None, names: Mapping[str, str] | None = None) -> None:
        self._config = config
        self.path = path if path is not None else _absolute(config.path)
        self.read_only = False
        """Every change is refused."""
        self.on_verified: Callable[[RecordVerification, float], Awaitable[None]] | None = None
        """Told of each cross-check that was recorded, and when the writing began (epoch seconds). Never raises."""
        self.names = dict(names or {})
        """From other names of surfaces to their refs (``CLAUDE 1`` to ``surface:5``), for the rule about authors."""

    @property
    def mapping(self) -> FieldMap:
        """The owner's words for fields and states."""
        from console.tracker.names import FieldMap

        return FieldMap(self._config.fields, self._config.statuses)

    @property
    def by_command(self) -> bool:
        """Whether the owner's tracker command writes this log, and nothing else may."""
        own = _absolute(self._config.path)
        if not self._config.tracker.used or own is None or self.path is None:
            return False
        return os.path.realpath(own) == os.path.realpath(self.path)

    async def write(self, operation: Operation, based_on: Revision | None = None) -> Written:
        """Carry out *operation*; it is safe on the disk, and seen there, when the answer says done.

        *based_on* is the record the operator decided by: fields that others changed since are not written over.
        """
        from console.host import in_thread
        from console.tracker.errors import LogError, Refused
        from console.tracker.operations import RecordVerification

        path, began = self.path, time.time()
        if self.read_only:
            return Written(False, tr("the console is read-only; nothing was written"), refused=True)
        if path is None:
            return Written(False, tr("there is no dispatch log; write `log: {path: …}` into the configuration"))
        try:
            if self.by_command:
                number, warning = await self._command(path, operation, based_on), ""
            else:
                number, warning = await in_thread(lambda: self._direct(path, operation, based_on))
        except LogError as error:
            return Written(False, str(error), refused=isinstance(error, Refused))
        if self.on_verified is not None and isinstance(operation, RecordVerification):
            await self.on_verified(operation, began)
        return Written(
            True, tr("#{number}: written to {name}", number=number, name=safe_text(path.name)), number, warning
        )

    async def set_status(self, number: int, status: DispatchStatus, based_on: Revision | None = None) -> Written:
        """Give a dispatch another state; *based_on* as in `write`."""
        from console.tracker.operations import SetStatus

        return await self.write(SetStatus(number, status), based_on)

    async def note_context(self, number: int, text: str) -> str:
        """Write into a dispatch that its agent forgets; empty, or why that was not written."""
        from console.tracker.operations import Patch

        written = await self.write(Patch(number, {"context": text}))
        return "" if written.done else written.text

    async def verify(
        self,
        dispatch: Dispatch,
        by: str,
        self_score: float | None,
        cross_score: float | None,
        verdict: VerificationVerdict | None,
        note: str,
        at: float,
        based_on: Revision | None = None,
    ) -> Written:
        """Record a cross-check; refused when *by* is the author, or when it says nothing; *based_on* as in `write`."""
        from console.tracker.operations import RecordVerification

        if dispatch.number is None:
            return Written(False, tr("this record has no number it could be found by"), refused=True)
        reason = may_verify(dispatch, by, self.names)
        if not reason and verdict is None and self_score is None and cross_score is None:
            reason = tr("a verification needs a verdict or a score; give one")
        if reason:
            return Written(False, tr("refused: {reason}", reason=reason), refused=True)
        check = RecordVerification(dispatch.number, by, self_score, cross_score, verdict, note, at)
        return await self.write(check, based_on)

    async def count_lost(self) -> int:
        """How many changes of the console another writer has undone; 0 when it never wrote."""
        from console.host import in_thread
        from console.tracker.losses_now import count_losses

        path = self.path
        return 0 if path is None else await in_thread(lambda: count_losses(path, self.mapping))

    async def lost(self) -> tuple[Undone, ...]:
        """Every change of the console that another writer has undone, oldest first."""
        from console.host import in_thread
        from console.tracker.losses_now import losses_now

        path = self.path
        if path is None:
            return ()
        found = await in_thread(lambda: losses_now(path, self.mapping))
        return tuple(Undone(each.number, safe_text(each.why), what(each), each.applicable, each) for each in found)

    async def restore(self, undone: Undone) -> Written:
        """Write again what was undone; it is written once."""
        from console.host import in_thread
        from console.tracker.errors import LogError
        from console.tracker.json_write import JsonLog

        path = self.path
        if path is None or self.read_only:
            return Written(False, tr("the console is read-only") if self.read_only else tr("there is no dispatch log"))
        try:
            applied = await in_thread(lambda: JsonLog(path, mapping=self.mapping).reapply(undone.lost))
        except LogError as error:
            return Written(False, tr("#{number}: not restored: {error}", number=undone.number, error=error))
        return Written(True, tr("#{number}: restored", number=applied.number), applied.number, applied.warning)

    async def record(self, number: int | None) -> Record:
        """One record of the log, whole, with what the console wrote to it."""
        from console.host import in_thread
        from console.tracker.record import Record, record

        path = self.path
        if number is None or path is None:
            return Record(tr("this record has no number it could be found by"))
        return await in_thread(lambda: record(path, number, self.mapping))

    async def text_of(self, number: int, field: str) -> str:
        """One field of a record as the file has it (nothing made safe!); empty where there is no such text."""
        from console.host import in_thread
        from console.tracker.lookup import text_of

        path = self.path
        return await in_thread(lambda: text_of(path, number, field, self.mapping)) if path is not None else ""

    def _direct(self, path: Path, operation: Operation, based_on: Revision | None) -> tuple[int, str]:
        from console.tracker.json_write import JsonLog

        applied = JsonLog(path, mapping=self.mapping).apply(operation, based_on=based_on)
        return applied.number, applied.warning

    async def _command(self, path: Path, operation: Operation, based_on: Revision | None) -> int:
        from console.tracker.errors import Refused
        from console.tracker.external import ExternalLog, TrackerCommand

        tracker = self._config.tracker
        verb = VERBS[type(operation).__name__]
        if not getattr(tracker, verb):
            raise Refused(
                tr(
                    "the tracker command has no verb for this; write log.tracker.{verb} into the configuration",
                    verb=verb,
                )
            )
        command = TrackerCommand(
            append=_argv(tracker.append),
            patch=_argv(tracker.patch),
            set_status=_argv(tracker.set_status),
            verify=_argv(tracker.verify),
            statuses=tracker.statuses,
            cwd=Path(tracker.cwd) if tracker.cwd else None,
            timeout=tracker.timeout,
        )
        return (await ExternalLog(path, command, self.mapping).apply(operation, based_on=based_on))[0]


def what(lost: Lost) -> str:
    """The change that was undone, short and without secrets."""
    from console.tracker.operations import to_json

    return safe_text(redact(json.dumps(to_json(lost.operation), ensure_ascii=False, default=str)), limit=160)


def _absolute(text: str) -> Path | None:
    return Path(os.path.expanduser(text)).absolute() if text else None  # noqa: PTH111 - never raises


def _argv(template: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(os.path.expanduser(part) for part in template)  # noqa: PTH111 - as above
