"""Changes the file of decisions: under its lock, whole or not at all, and only the lines a change is about.

Whatever else people or other programs have written there (comments, order, fields of their own) stays to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.i18n import mark, tr
from console.model.decision import FIELDS, Decision
from console.safety import redact, safe_text
from console.tracker.decision_file import TOP, Parsed, content, parse, plain_of
from console.tracker.errors import Damaged, NotWritten, Refused
from console.tracker.files import put_in_place, sweep, write_beside
from console.tracker.lock import locked

if TYPE_CHECKING:
    import yaml

LOCK_WAIT: Final = 3.0
"""Seconds another writer may hold the lock."""
TRIES: Final = 5
"""Times a change is made anew because an editor that knows no lock has written meanwhile."""
HEAD: Final = mark(
    "# Decisions of this fleet: what waits for the owner, what was decided. oc-console keeps it; edit it.\n"
)

Change = Callable[[Parsed], Sequence[tuple[str | None, Mapping[str, Any]]]]
"""From what the file holds to what is to be set: (id, or None for a new entry; fields, None takes one away)."""


def change(path: Path, make: Change, *, wait: float = LOCK_WAIT) -> tuple[Parsed, str]:
    """Carry *make* out on the file at *path*; return what it holds then, and a warning. Blocks.

    Raises Refused (as *make* does), Damaged, LockHeld, NotWritten: the file is as it was.
    """
    name = safe_text(str(path))
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target, wait):
            sweep(target)
            for _ in range(TRIES):
                text = content(target)
                before = parse(text, name)
                after = text
                for id, fields in make(before):
                    after = _set(after, name, id, fields)
                if after == text:
                    return before, ""
                found = _stat(target)
                spare = write_beside(target, after.encode("utf-8"), found)
                if content(target) == text:
                    return parse(after, name), put_in_place(spare, target)
                spare.unlink(missing_ok=True)
    except (OSError, RuntimeError, UnicodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise NotWritten(
            tr("{name}: cannot be written ({why}); allow this account to write there", name=name, why=why)
        ) from None
    raise NotWritten(tr("{name}: another program goes on writing it; try again", name=name))


def _stat(path: Path) -> Any:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _set(text: str, name: str, id: str | None, fields: Mapping[str, Any]) -> str:
    """*text* with *fields* in the entry *id*, or with a new entry at its end. Proven by reading it again."""
    before = parse(text, name)
    fields = {key: _clean(value) for key, value in fields.items()}
    if id is None:
        after = _appended(before, fields)
    elif id not in before.places:
        raise Refused(
            tr(
                "there is no decision {id} in {name} any more; nothing was written",
                id=safe_text(id, limit=40),
                name=name,
            )
        )
    else:
        after = _edited(before, before.places[id], fields)
    _prove(before, after, name, None if id is None else before.places[id], fields)
    return after


def _clean(value: Any) -> Any:
    """What is stored holds no secrets and nothing a terminal would obey."""
    if isinstance(value, str):
        return redact(safe_text(value, multiline=True))
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return {key: _clean(each) for key, each in value.items()} if isinstance(value, dict) else value


def _appended(before: Parsed, fields: Mapping[str, Any]) -> str:
    text = before.text
    entry = _dumped([{key: fields[key] for key in sorted(fields, key=_rank) if fields[key] is not None}])
    if before.entries is None:
        if before.root is None:
            kept = text if text.strip() else tr(HEAD)
            return f"{kept}{_newline(kept)}{TOP}:\n{entry}"
        if any(getattr(key, "value", "") == TOP for key, _ in before.root.value):
            lines = text.splitlines(keepends=True)
            at = next(key.start_mark.line for key, _ in before.root.value if key.value == TOP)
            lines[at] = f"{TOP}:\n"
            return "".join((*lines[: at + 1], entry, *lines[at + 1 :]))
        return f"{text}{_newline(text)}{TOP}:\n{entry}"
    if before.entries.flow_style or not before.entries.value:
        return _rewritten(before, [*plain_of(before.entries), dict(fields)])
    lines = text.splitlines(keepends=True)
    end = _end(lines, before.entries.value[-1].start_mark.line, before.entries.end_mark.line)
    head = "".join(lines[:end])
    column = before.entries.start_mark.column
    return f"{head}{_newline(head)}{_indented(entry, column)}{''.join(lines[end:])}"


def _edited(before: Parsed, place: int, fields: Mapping[str, Any]) -> str:
    import yaml

    assert before.entries is not None
    node = before.entries.value[place]
    lines = before.text.splitlines(keepends=True)
    if before.entries.flow_style or not isinstance(node, yaml.MappingNode) or node.flow_style:
        return _rewritten(before, [
            {**plain_of(each), **fields} if at == place else plain_of(each)
            for at, each in enumerate(before.entries.value)
        ])  # fmt: skip
    column = node.start_mark.column
    spans = _spans(lines, node, before, place)
    added = []
    for key in sorted(fields, key=_rank):
        made = "" if fields[key] is None else _indented(_dumped({key: fields[key]}), column)
        if key not in spans:
            added.append(made)
            continue
        start, end = spans[key]
        if start == node.start_mark.line:  # the line with the dash
            made = lines[start][:column] + made[column:]
        lines[start:end] = [made, *[""] * (end - start - 1)]
    last = max(end for _, end in spans.values())
    lines[last - 1] = lines[last - 1] + (_newline(lines[last - 1]) if lines[last - 1] else "") + "".join(added)
    return "".join(lines)


def _spans(lines: list[str], node: yaml.MappingNode, before: Parsed, place: int) -> dict[str, tuple[int, int]]:
    """The lines (from, to) of each field of an entry, without comments and blank lines behind it."""
    assert before.entries is not None
    every = before.entries.value
    after = every[place + 1].start_mark.line if place + 1 < len(every) else max(before.entries.end_mark.line, 0)
    starts = [key.start_mark.line for key, _ in node.value]
    ends = [*starts[1:], after if place + 1 < len(every) else _end(lines, starts[-1], after)]
    return {
        key.value: (start, _end(lines, start, end))
        for (key, _), start, end in zip(node.value, starts, ends, strict=True)
    }


def _end(lines: list[str], start: int, end: int) -> int:
    """Behind the last line from *start* on, before *end*, that is no comment and not blank."""
    end = min(end if end > start else len(lines), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _rewritten(before: Parsed, entries: list[Any]) -> str:
    """The file anew, where its form leaves no line to change; it is refused where comments would be lost."""
    if any(line.lstrip().startswith("#") or " #" in line for line in before.text.splitlines()):
        raise Refused(tr('this file has comments, and entries in braces: write them as a list with "- " and try again'))
    assert before.root is not None
    root = plain_of(before.root)
    kept = [{key: value for key, value in each.items() if value is not None} if isinstance(each, dict) else each
            for each in entries]  # fmt: skip
    return _dumped({**root, TOP: kept})


def _prove(before: Parsed, after: str, name: str, place: int | None, fields: Mapping[str, Any]) -> None:
    """Raise Refused unless *after* says what *before* said, but for the change."""
    try:
        made = parse(after, name)
    except Damaged:
        made = Parsed(after)
    old = plain_of(before.entries) if before.entries is not None else []
    new = plain_of(made.entries) if made.entries is not None else []
    at = len(old) if place is None else place
    wanted = [*old] if place is not None else [*old, {}]
    wanted[at] = {key: value for key, value in {**wanted[at], **_texts(fields)}.items() if value is not None}
    if at < len(new) and isinstance(new[at], dict):
        new[at] = {key: value for key, value in new[at].items() if value is not None}
    if new != wanted:
        raise Refused(
            tr(
                "{name}: its form is one that cannot be changed without loss; write the change into it by hand",
                name=name,
            )
        )


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return None if value is None else str(value)


def _dumped(value: Any) -> str:
    import yaml

    dumped = yaml.dump(value, Dumper=_dumper(), allow_unicode=True, sort_keys=False, width=1 << 20)
    return str(dumped)


def _dumper() -> Any:
    """A text of several lines is written as lines: a change of one is a change of one in a diff."""
    import yaml

    class Lines(yaml.SafeDumper):
        """SafeDumper with blocks."""

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Lines.add_representer(str, text)
    return Lines


def _indented(text: str, column: int) -> str:
    return "".join(f"{' ' * column}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _newline(text: str) -> str:
    return "" if not text or text.endswith("\n") else "\n"


def _rank(key: str) -> int:
    return FIELDS.index(key) if key in FIELDS else len(FIELDS)


def entry_in(parsed: Parsed, id: str) -> Decision | None:
    """The decision *id*."""
    return next((each for each in parsed.decisions if each.id == id), None)
