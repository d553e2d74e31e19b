"""``oc-console summary`` and ``oc-console log …``: the dispatch log for scripts, with the rules of the screen."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.config import Config
from console.early_end import Stop
from console.i18n import mark, tr
from console.model.dispatch import Dispatch, DispatchStatus, VerificationVerdict
from console.safety import check_outgoing, prints_unicode, safe_text

if TYPE_CHECKING:
    from console.model.outcome import Written
    from console.tracker.dispatch_log import DispatchLog
    from console.tracker.names import FieldMap
    from console.tracker.operations import Operation, Revision

WELL, FAILED, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; the log cannot be read or written, or has no such dispatch; wrong use; against a rule."""

RETRIES: Final = 3
RETRY_DELAY: Final = 0.02
"""Seconds; a writer that writes in place leaves half a file for a moment."""


@dataclass(frozen=True, slots=True)
class _Log:
    """A log that was read."""

    path: Path
    mapping: FieldMap
    document: object
    dispatches: tuple[Dispatch, ...]

    def find(self, number: int) -> tuple[Dispatch, dict[str, Any] | None]:
        from console.tracker.schema import raw_record

        found = next((each for each in reversed(self.dispatches) if each.number == number), None)
        if found is None:
            where = safe_text(str(self.path))
            raise Stop(
                FAILED,
                tr(
                    "{where}: there is no dispatch #{number}; `oc-console summary` lists the open ones",
                    where=where,
                    number=number,
                ),
            )
        return found, raw_record(self.document, number, self.mapping)


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add ``summary`` and ``log`` to the sub-commands; *shared* has the options of all."""
    both = argparse.ArgumentParser(add_help=False, parents=[shared])
    both.add_argument("--json", action="store_true", help=tr("for scripts"))
    both.add_argument("--log", metavar="PATH", help=tr("this dispatch log instead of the configured one"))
    commands.add_parser("summary", parents=[both], help=tr("the dispatch log in numbers, and what is still open"))
    log = commands.add_parser("log", help=tr("show or change one dispatch of the log"))
    verbs = log.add_subparsers(dest="verb", metavar="VERB", required=True)
    show = verbs.add_parser("show", parents=[both], help=tr("one dispatch, with every field the file has"))
    add = verbs.add_parser("add", parents=[both], help=tr("a new dispatch"))
    add.add_argument("--surface", required=True, type=_words, help=tr("who gets it, for example surface:5"))
    add.add_argument("--task", required=True, type=_words)
    add.add_argument("--status", default="queued", type=_text, help=tr("default: queued"))
    add.add_argument("--number", type=_number, help=tr("default: the next one"))
    change = verbs.add_parser(
        "set", parents=[both], help=tr("a new value of one field, for example: log set 54 status done")
    )
    verify = verbs.add_parser("verify", parents=[both], help=tr("record a cross-check by another than the author"))
    verbs.add_parser("lost", parents=[both], help=tr("what the console wrote and another writer has undone"))
    verbs.add_parser("restore", parents=[both], help=tr("write again what `log lost` lists"))
    for verb in (show, change, verify):
        verb.add_argument("number", type=_number, metavar="NUMBER", help=tr("54 or #54"))
    change.add_argument(
        "field", type=_words, metavar="FIELD", help=tr("status, surface, task or any field of the record")
    )
    change.add_argument("value", type=_text, metavar="VALUE")
    verify.add_argument("--by", required=True, type=_words, help=tr("who verified, for example surface:6"))
    verify.add_argument("--self", dest="self_score", type=_score, metavar="SCORE", help=tr("the author's own score"))
    verify.add_argument("--cross", dest="cross_score", type=_score, metavar="SCORE", help=tr("the verifier's score"))
    verify.add_argument("--verdict", type=_verdict, help=tr("pass, warn or fail"))
    verify.add_argument("--note", type=_text, default="")


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Carry out what `add_parsers` parsed; return the exit code."""
    from console.tracker.errors import LogError, Refused

    path = _path(config, arguments)
    if path is None:
        text = tr("no dispatch log: name one with --log PATH, or write `log: {path: …}` into the configuration")
        print(f"oc-console {arguments.command}: {text}", file=sys.stderr)
        return USAGE
    try:
        if arguments.command == "summary":
            _summary(_read(path, config), as_json=arguments.json)
        elif arguments.verb == "restore" and config.read_only:
            raise Stop(REFUSED, tr("refused: the console is read-only; nothing was written"))
        elif arguments.verb in ("lost", "restore"):
            _lost(_read(path, config), restoring=arguments.verb == "restore", as_json=arguments.json)
        elif arguments.verb == "show":
            _show(_read(path, config), arguments.number, as_json=arguments.json)
        else:
            _change(config, path, arguments)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return stop.code
    except LogError as error:
        print(error, file=sys.stderr)
        return REFUSED if isinstance(error, Refused) else FAILED
    return WELL


def _path(config: Config, arguments: argparse.Namespace) -> Path | None:
    named = arguments.log or config.log.path
    return Path(os.path.expanduser(named)).absolute() if named else None  # noqa: PTH111 - never raises


def _read(path: Path, config: Config) -> _Log:
    from console.tracker.json_file import malformed, read_content, unreadable
    from console.tracker.names import FieldMap
    from console.tracker.schema import find_records, read_records

    where = safe_text(str(path))
    mapping = FieldMap(config.log.fields, config.log.statuses)
    problem = ""
    for attempt in range(RETRIES + 1):
        if attempt:
            time.sleep(RETRY_DELAY)
        try:
            content = read_content(path)
        except FileNotFoundError:
            problem = tr(
                "{where}: does not exist; correct --log or log.path, or begin it with `oc-console log add`", where=where
            )
            continue
        except (OSError, ValueError) as error:
            raise Stop(FAILED, f"{where}: {unreadable(path, error)}") from None
        try:
            document = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError, MemoryError) as error:
            problem = f"{where}{malformed(content, error)}"
            continue
        if find_records(document) is None:
            raise Stop(
                FAILED, tr("{where}: is JSON but no dispatch log; name a list of dispatches with --log", where=where)
            )
        return _Log(path, mapping, document, read_records(document, mapping)[0])
    raise Stop(FAILED, problem)


def _summary(log: _Log, *, as_json: bool) -> None:
    from console.log_report import summary_document, summary_lines
    from console.model.summary import summarise

    summary = summarise(log.dispatches, time.time())
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    _print(summary_document(summary) if as_json else summary_lines(summary, safe_text(str(log.path)), width))


def _show(log: _Log, number: int, *, as_json: bool) -> None:
    from console.log_report import dispatch_document, dispatch_lines

    found = (*log.find(number), time.time())
    _print(dispatch_document(*found) if as_json else dispatch_lines(*found))


def _lost(log: _Log, *, restoring: bool, as_json: bool) -> None:
    from console.log_lost import losses, lost_document, lost_lines, restore

    found = losses(log.path, log.document, log.mapping)
    if restoring and found:
        _print(iter(list(restore(log.path, found, log.mapping))))
    else:
        _print({"lost": lost_document(found)} if as_json else lost_lines(found))


def _change(config: Config, path: Path, arguments: argparse.Namespace) -> None:
    from console.tracker.operations import Revision

    seen: Revision | None = None
    if arguments.verb == "add":
        told, operation = mark("#{number}: added in {path}"), _added(config, arguments)
    else:
        log = _read(path, config)
        dispatch, record = log.find(arguments.number)
        if arguments.verb == "verify":
            told = mark("#{number}: verification recorded in {path}")
            operation = _verified(config, dispatch, arguments)
        else:
            told, operation = mark("#{number}: {field} changed in {path}"), _set(log, record or {}, arguments)
        seen = Revision.of(record) if record is not None else None
    number, warning = _apply(config, path, operation, seen)
    if warning:
        print(f"{safe_text(str(path))}: #{number} {warning}", file=sys.stderr)
    if arguments.json:
        _show(_read(path, config), number, as_json=True)
    else:
        field = safe_text(arguments.field, limit=80) if arguments.verb == "set" else ""
        print(tr(told, number=number, field=field, path=safe_text(str(path))))


def _added(config: Config, arguments: argparse.Namespace) -> Operation:
    from console.tracker.operations import Append

    fields: dict[str, Any] = {
        "surface": arguments.surface,
        "task": arguments.task,
        "status": _status(arguments.status, config),
        "dispatched_at": time.time(),
    }
    return Append(fields if arguments.number is None else {"number": arguments.number, **fields})


def _verified(config: Config, dispatch: Dispatch, arguments: argparse.Namespace) -> Operation:
    from console.model.summary import may_verify
    from console.tracker.operations import RecordVerification

    reason = may_verify(dispatch, arguments.by, {each.name: each.ref for each in config.surfaces if each.name})
    if reason:
        raise Stop(REFUSED, tr("refused: {reason}", reason=reason))
    if arguments.verdict is None and arguments.self_score is None and arguments.cross_score is None:
        raise Stop(
            USAGE, tr("oc-console log verify: says nothing; give --verdict pass, warn or fail, or --self and --cross")
        )
    scores = arguments.self_score, arguments.cross_score
    return RecordVerification(arguments.number, arguments.by, *scores, arguments.verdict, arguments.note, time.time())


def _set(log: _Log, record: dict[str, Any], arguments: argparse.Namespace) -> Operation:
    """A value that is text stays text, a number a number: the file decides."""
    from console.tracker.fields import epoch
    from console.tracker.names import fold
    from console.tracker.operations import Patch, SetStatus

    number, name, value = arguments.number, arguments.field, arguments.value
    field = next((each for each in ("status", "dispatched_at") if fold(name) in log.mapping.names(each)), name)
    if field == "status":
        return SetStatus(number, _status(value, log.mapping))
    if field == "dispatched_at":
        at = epoch(value)
        if at is None:
            shown = safe_text(value, limit=40)
            raise Stop(
                USAGE,
                tr("oc-console log set: {shown} is no time after 2000; write 2026-04-10 16:41 or seconds", shown=shown),
            )
        return Patch(number, {field: at})
    if name in record and not isinstance(record[name], str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = arguments.value
    return Patch(number, {name: value})


def _status(word: str, mapping: Config | FieldMap) -> DispatchStatus:
    from console.tracker.names import FieldMap

    if isinstance(mapping, Config):
        mapping = FieldMap(mapping.log.fields, mapping.log.statuses)
    status = mapping.status(word)
    if status is DispatchStatus.UNKNOWN:
        known = ", ".join(each.value for each in DispatchStatus if each is not DispatchStatus.UNKNOWN)
        raise Stop(
            USAGE,
            tr(
                "oc-console log: {word} is not a status; write one of {known}",
                word=safe_text(word, limit=80),
                known=known,
            ),
        )
    return status


def _apply(config: Config, path: Path, operation: Operation, seen: Revision | None) -> tuple[int, str]:
    """Through the owner's command when there is one for this log; (number, warning). Raises `Stop`.

    *seen* is the record the command was judged by: what others changed since is not written over.
    """
    from console.tracker.dispatch_log import DispatchLog

    log = DispatchLog(config.log, path)
    log.read_only = config.read_only
    written = asyncio.run(_written(config, log, operation, seen))
    if not written.done or written.number is None:
        raise Stop(REFUSED if written.refused else FAILED, written.text)
    return written.number, written.warning


async def _written(config: Config, log: DispatchLog, operation: Operation, seen: Revision | None) -> Written:
    from console.tracing import Tracing

    tracing = Tracing(config.trace, log)
    try:
        return await log.write(operation, seen)
    finally:
        await tracing.close()


def _print(told: dict[str, object] | Iterator[str]) -> None:
    from console.log_report import dumped

    if isinstance(told, dict):
        print(dumped(told, unicode=prints_unicode()))
    else:
        print("\n".join(told))


def _text(text: str) -> str:
    """A text that a file can hold and a screen can show."""
    wrong = check_outgoing(text)[1]
    if wrong:
        raise argparse.ArgumentTypeError(
            tr("has {name} at character {place}; leave it out", name=wrong[0].name, place=wrong[0].offset + 1)
        )
    return text


def _words(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(tr("is empty; write something"))
    return _text(text)


def _number(text: str) -> int:
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 15):
        raise argparse.ArgumentTypeError(
            tr("{text} is no number of a dispatch; write 54 or #54", text=safe_text(text, limit=40))
        )
    return int(digits)


def _verdict(text: str) -> VerificationVerdict:
    from console.tracker.fields import verdict_of

    verdict = verdict_of(text)
    if verdict is None:
        raise argparse.ArgumentTypeError(
            tr("{text} is no verdict; write pass, warn or fail", text=safe_text(text, limit=40))
        )
    return verdict


def _score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not 0 <= score < 1e6:  # false for NaN too
        raise argparse.ArgumentTypeError(
            tr("{text} is no score; write for example 4.9", text=safe_text(text, limit=40))
        )
    return score
