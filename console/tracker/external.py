"""The owner's own tracker command: the console calls its verbs and looks whether they did what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from console.host import HostError, in_thread, run
from console.i18n import tr
from console.model.dispatch import Dispatch
from console.safety import check_outgoing, safe_text
from console.tracker.apply import apply
from console.tracker.document import parse
from console.tracker.errors import CommandFailed, Refused
from console.tracker.json_file import malformed, read_content, unreadable
from console.tracker.names import NO_OVERRIDES, FieldMap
from console.tracker.operations import Append, Operation, Patch, RecordVerification, Revision, SetStatus
from console.tracker.schema import raw_record, read_records

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
VERBS: Final = ("append", "patch", "set_status", "verify")


@dataclass(frozen=True, slots=True)
class TrackerCommand:
    """The verbs of a tracker command, each an argv in which ``{number}``, ``{status}``, ``{task}`` … stand for values.

    A placeholder is a part of one argument, whatever its value holds; there is no shell.
    """

    append: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    """Called once for each field, with ``{field}`` and ``{value}``."""
    set_status: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    """From the console's word for a status to the command's: ``{"done": "완료"}``."""
    cwd: Path | None = None
    timeout: float = 10.0
    """Seconds."""


class ExternalLog:
    """The dispatch log at *path*, which only the owner's *command* writes."""

    def __init__(self, path: Path, command: TrackerCommand, mapping: FieldMap = NO_OVERRIDES) -> None:
        self.path = path
        self.command = command
        self.mapping = mapping

    async def apply(self, operation: Operation, *, based_on: Revision | None = None) -> tuple[int, Revision]:
        """Have the command carry out *operation*; return (number, the record's revision) once the file shows it.

        An edit *based_on* a record that was changed since in the same fields is a Conflict, and the command not called.
        Raises Refused: no such verb, a value no argument can hold. Raises CommandFailed: it could not be run, it
        failed, or the file does not show the change.
        """
        if based_on is not None:
            await in_thread(lambda: self._compare(operation, based_on))
        before = await in_thread(self._numbers) if isinstance(operation, Append) else frozenset()
        for argv in self._argvs(operation):
            await self._run(argv)
        return await in_thread(lambda: self._verified(operation, before))

    def _argvs(self, operation: Operation) -> list[list[str]]:
        if isinstance(operation, Append):
            return [self._fill("append", dict(operation.fields))]
        if isinstance(operation, SetStatus):
            word = self.command.statuses.get(operation.status.value, operation.status.value)
            return [self._fill("set_status", {"number": operation.number, "status": word})]
        if isinstance(operation, RecordVerification):
            values = {name: getattr(operation, name) for name in RecordVerification.__slots__}
            return [self._fill("verify", values)]
        number = operation.number
        return [
            self._fill("patch", {"number": number, "field": name, "value": value})
            for name, value in operation.fields.items()
        ]

    def _fill(self, verb: str, values: Mapping[str, object]) -> list[str]:
        template: Sequence[str] = getattr(self.command, verb)
        if not template:
            raise Refused(
                tr(
                    "the tracker command has no verb for this; write log.tracker.{verb} into the configuration",
                    verb=verb,
                )
            )

        def value(found: re.Match[str]) -> str:
            held = values.get(found.group(1))
            text = "" if held is None else held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
            if check_outgoing(text)[1] or "\0" in text:
                raise Refused(tr("the {field} holds control characters; remove them", field=found.group(1)))
            return text

        argv = [template[0], *(_PLACEHOLDER.sub(value, part) for part in template[1:])]
        for part, made in zip(template[1:], argv[1:], strict=True):
            if part.startswith("{") and made.startswith("-"):
                raise Refused(
                    tr(
                        "{value} would be read as an option of the command; begin it otherwise",
                        value=safe_text(made, limit=60),
                    )
                )
        return argv

    async def _run(self, argv: Sequence[str]) -> None:
        try:
            done = await run(argv, timeout=self.command.timeout, cwd=self.command.cwd)
        except HostError as error:
            raise CommandFailed(tr("tracker command: {error}", error=error)) from None
        if done.returncode:
            lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
            said = safe_text(lines[-1], limit=300) if lines else tr("it said nothing")
            name = safe_text(" ".join(argv[:2]), limit=100)
            raise CommandFailed(
                tr(
                    "{name}: failed with exit status {code}: {said}",
                    name=name,
                    code=done.returncode,
                    said=said,
                )
            )

    def _compare(self, operation: Operation, based_on: Revision) -> None:
        """Raise Conflict when others changed what *operation* changes; how the command writes it is its own affair."""
        with suppress(OSError, ValueError, RecursionError, MemoryError, Refused):
            apply(parse(read_content(self.path)), operation, based_on=based_on, mapping=self.mapping)

    def _document(self) -> object:
        name = safe_text(str(self.path))
        try:
            content = read_content(self.path)
        except (OSError, ValueError) as error:
            raise CommandFailed(f"{name}: {unreadable(self.path, error)}") from None
        try:
            return json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise CommandFailed(f"{name}{malformed(content, error)}") from None

    def _numbers(self) -> frozenset[int | None]:
        if not self.path.exists():
            return frozenset()
        return frozenset(each.number for each in read_records(self._document(), self.mapping)[0])

    def _verified(self, operation: Operation, before: frozenset[int | None]) -> tuple[int, Revision]:
        document = self._document()
        found = read_records(document, self.mapping)[0]
        if isinstance(operation, Append):
            new = [each for each in found if each.number is not None and each.number not in before]
            wanted = str(operation.fields.get("task", ""))
            dispatch = next((each for each in new if each.task == safe_text(wanted)), new[-1] if new else None)
        else:
            dispatch = next((each for each in reversed(found) if each.number == operation.number), None)
        wrong = _difference(operation, dispatch)
        raw = raw_record(document, dispatch.number, self.mapping) if dispatch and dispatch.number is not None else None
        if wrong or dispatch is None or dispatch.number is None or raw is None:
            raise CommandFailed(
                tr(
                    "{path}: the command succeeded but {wrong}; look at what it did, and at log.tracker in "
                    "the configuration",
                    path=safe_text(str(self.path)),
                    wrong=wrong or tr("there is no new dispatch"),
                )
            )
        return dispatch.number, Revision.of(raw)


def _difference(operation: Operation, dispatch: Dispatch | None) -> str:
    """In what the record is not what *operation* asked for; empty when it is."""
    if dispatch is None:
        return (
            tr("there is no new dispatch")
            if isinstance(operation, Append)
            else tr("#{number} is not in the log", number=operation.number)
        )
    label, check = dispatch.label, dispatch.verification
    if isinstance(operation, SetStatus) and dispatch.status is not operation.status:
        return tr("{label} is still {status}", label=label, status=tr(dispatch.status))
    if isinstance(operation, RecordVerification):
        wanted = (operation.verdict, operation.self_score, operation.cross_score)
        if check is None or (check.verdict, check.self_score, check.cross_score) != wanted:
            return tr("{label} does not show that verification", label=label)
    if isinstance(operation, Append | Patch):
        for name in ("task", "surface"):
            value = operation.fields.get(name)
            if isinstance(value, str) and getattr(dispatch, name) != safe_text(value):
                return tr(
                    "the {field} of {label} is {value!r}", field=tr(name), label=label, value=getattr(dispatch, name)
                )
    return ""
