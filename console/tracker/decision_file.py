"""The file of decisions: YAML that people edit too, ``decisions:`` with one entry for each.

It is read tolerantly (an entry that is not understood is told, the others count) and watched. Scalars are texts here:
``answer: yes`` is the word.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import stat
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.host import in_thread
from console.i18n import tr
from console.model.decision import Decision, decision_of
from console.model.reading import DecisionsRead
from console.safety import safe_text
from console.tracker.errors import Damaged, NotWritten
from console.tracker.json_log import BACKSTOP, report_changes, signature_of

if TYPE_CHECKING:
    import yaml

TOP: Final = "decisions"
SIZE_LIMIT: Final = 1 << 20
"""Bytes of a file that is believed."""
NODE_LIMIT, DEPTH_LIMIT = 50_000, 12
TEXT_LIMIT: Final = 2000
"""Characters of one text that are shown."""
SETTLE: Final = 0.2
"""Seconds after which a file that could not be read is looked at again: an editor may be writing it."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the file holds."""

    text: str
    decisions: tuple[Decision, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    """From the id of a decision to the place of its entry in the list."""
    problems: tuple[str, ...] = ()
    entries: yaml.SequenceNode | None = None
    """The list; None where there is none yet."""
    root: yaml.MappingNode | None = None


def read(path: Path) -> Parsed:
    """What the file at *path* holds; nothing where there is none. Raises Damaged, NotWritten (it cannot be read)."""
    return parse(content(path), safe_text(str(path)))


def content(path: Path) -> str:
    """The text of the file; empty without one. Raises Damaged, NotWritten."""
    name = safe_text(str(path))
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Damaged(
                    tr(
                        "{name}: is not a regular file; name another one under decisions: in the configuration",
                        name=name,
                    )
                )
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise NotWritten(
            tr("{name}: cannot be read ({why}); allow this account to read it", name=name, why=why)
        ) from None
    if len(data) > SIZE_LIMIT:
        raise Damaged(
            tr(
                "{name}: is larger than {size_limit} MiB; this is no file of decisions",
                name=name,
                size_limit=SIZE_LIMIT >> 20,
            )
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(10) + 1
        raise Damaged(tr("{name}:{line}: is not UTF-8; save the file as UTF-8", name=name, line=line)) from None


def parse(text: str, name: str) -> Parsed:
    """The decisions in *text*, the content of the file *name*. Raises Damaged with the line that is wrong."""
    import yaml

    try:
        _bounded(text, name)
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}" if mark is not None else ""
        what = safe_text(error.problem or tr("not readable"), limit=160)
        raise Damaged(
            tr(
                "{place}: not valid YAML: {problem}; mend that line, nothing is written until then",
                place=f"{name}{where}",
                problem=what,
            )
        ) from None
    except yaml.YAMLError as error:
        at = getattr(error, "position", 0)
        line = text[: at if isinstance(at, int) else 0].count("\n") + 1
        raise Damaged(
            tr("{name}:{line}: a control character is in the file; remove it", name=name, line=line)
        ) from None
    if root is None:
        return Parsed(text, (), {})
    if not isinstance(root, yaml.MappingNode):
        raise Damaged(
            tr(
                '{name}:{line}: begin the file with "decisions:", entries under it',
                name=name,
                line=root.start_mark.line + 1,
            )
        )
    found = [value for key, value in root.value if getattr(key, "value", None) == TOP]
    if len(found) > 1:
        raise Damaged(
            tr(
                "{name}:{line}: decisions: stands here again; keep one list",
                name=name,
                line=found[1].start_mark.line + 1,
            )
        )
    if not found or (isinstance(found[0], yaml.ScalarNode) and found[0].value in ("", "~", "null")):
        return Parsed(text, (), {}, root=root)
    if not isinstance(found[0], yaml.SequenceNode):
        raise Damaged(
            tr(
                '{name}:{line}: decisions: must be a list; start each entry with "- "',
                name=name,
                line=found[0].start_mark.line + 1,
            )
        )
    return _entries(text, name, root, found[0])


def _entries(text: str, name: str, root: yaml.MappingNode, entries: yaml.SequenceNode) -> Parsed:
    decisions: list[Decision] = []
    places: dict[str, int] = {}
    problems = []
    for at, node in enumerate(entries.value):
        plain = plain_of(node)
        found = decision_of(plain, places) if isinstance(plain, dict) else None
        if found is None:
            problems.append(
                tr(
                    "{name}:{line}: this entry has no text:; it is left as it is",
                    name=name,
                    line=node.start_mark.line + 1,
                )
            )
            continue
        places[found.id] = at
        decisions.append(safe(found))
    return Parsed(text, tuple(decisions), places, tuple(problems), entries, root)


def plain_of(node: yaml.Node) -> Any:
    """A node as dict, list and str; an empty value, ``~`` and ``null`` are None."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return {str(getattr(key, "value", "")): plain_of(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain_of(each) for each in node.value]
    if getattr(node, "style", None) is None and node.value in ("", "~", "null"):
        return None
    return str(node.value)


def safe(found: Decision) -> Decision:
    """*found* as it may be drawn; commands keep their lines, as several lines are not one command."""

    def one(text: str) -> str:
        return safe_text(text, limit=TEXT_LIMIT)

    def more(text: str) -> str:
        return safe_text(text, multiline=True, limit=TEXT_LIMIT)

    return replace(
        found,
        id=safe_text(found.id, limit=40),
        text=one(found.text),
        commands=tuple(more(each) for each in found.commands),
        paths=tuple(one(each) for each in found.paths),
        options=tuple(one(each) for each in found.options),
        source=one(found.source),
        decided_by=one(found.decided_by),
        answer=one(found.answer),
        note=more(found.note),
        ran=tuple(
            replace(each, command=more(each.command), cwd=one(each.cwd), by=one(each.by), result=more(each.result))
            for each in found.ran
        ),
    )


def _bounded(text: str, name: str) -> None:
    """Look at the events first: composing recurses, and an alias can stand for millions of nodes."""
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.BaseLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.AliasEvent):
            raise Damaged(
                tr("{name}:{line}: aliases (*) are not understood here; write the value", name=name, line=line)
            )
        if depth > DEPTH_LIMIT or count > NODE_LIMIT:
            raise Damaged(
                tr("{name}:{line}: too deep or too long for a file of decisions; make it smaller", name=name, line=line)
            )


async def watch_decisions(path: Path) -> AsyncGenerator[DecisionsRead, None]:
    """Yield the decisions at *path* now, then whenever the file, or why it cannot be used, changes. Never raises."""
    changed = asyncio.Event()
    watcher: asyncio.Task[None] | None = None
    last: DecisionsRead | None = None
    seen: object = None
    try:
        while True:
            signature = signature_of(path)
            if changed.is_set() or signature != seen:
                changed.clear()
                seen = signature
                found = await _settled(path)
                if last is None or (found.decisions, found.problems, found.error) != (
                    last.decisions, last.problems, last.error,
                ):  # fmt: skip
                    last = found
                    yield found
            if watcher is None:
                watcher = asyncio.create_task(report_changes(path, changed), name="decision changes")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BACKSTOP):
                    await changed.wait()
    finally:
        if watcher is not None:
            watcher.cancel()
            await asyncio.wait([watcher])


async def _settled(path: Path) -> DecisionsRead:
    found = await in_thread(lambda: look(path))
    if found.error:
        await asyncio.sleep(SETTLE)
        found = await in_thread(lambda: look(path))
    return found


def look(path: Path) -> DecisionsRead:
    """One reading of the file at *path*. Never raises."""
    try:
        found = read(path)
    except (Damaged, NotWritten) as error:
        return DecisionsRead(time.time(), str(path), error=str(error))
    except (RecursionError, MemoryError, ValueError) as error:
        why = os.strerror(errno.EINVAL) if isinstance(error, MemoryError) else type(error).__name__
        return DecisionsRead(
            time.time(), str(path), error=tr("{path}: cannot be understood ({why})", path=safe_text(str(path)), why=why)
        )
    return DecisionsRead(time.time(), str(path), found.decisions, found.problems)
