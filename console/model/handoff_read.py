"""Reads a hand-off document: from its blocks to the lists of what it says. Pure; linear in the length of the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from console.i18n import tr
from console.model.handoff_blocks import Block, Blocks, Entry, Form, Heading, Kept, Prose, Rows
from console.model.handoff_entries import Item, Maker, Script
from console.model.handoff_escape import unescaped
from console.model.handoff_exact import ExactMaker
from console.model.handoff_fences import Fence
from console.model.handoff_form import MARK
from console.model.handoff_items import (
    LISTS,
    POINTS,
    TITLES,
    FigureEntry,
    Found,
    Gap,
    Handoff,
    Note,
    PointEntry,
    Section,
)
from console.model.handoff_numbers import figure_values, moment, precise
from console.model.handoff_tables import Row, Table
from console.model.handoff_words import Words

MANY_CELLS: Final = 64
"""Columns of a table that can have a name."""
_FREE: Final = (*POINTS, "decisions", "figures")
"""Lists whose entries are sentences."""


class _Maker(Protocol):
    def of_row(self, kind: str, cells: dict[str, str], rest: str) -> Item | None: ...
    def of_text(self, kind: str, text: str) -> Item | None: ...


def read(text: str, words: Words) -> Handoff:
    """What the document *text* says, read with *words*. Never raises on any text.

    Lines end with LF, CRLF or CR; a byte order mark at the start is no text. A document that
    `console.model.handoff_write.write` wrote is taken at its word: nothing is guessed from its texts.
    """
    return _Reading(text, words).read()


class _Reading:
    def __init__(self, text: str, words: Words) -> None:
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.lines = text.split("\n")
        self.words = words
        self.exact = any(line.strip() == MARK for line in self.lines[:10])
        self.guess = Maker(words)
        self.maker: _Maker = ExactMaker() if self.exact else self.guess
        self.found: dict[str, list[Found[Any]]] = {name: [] for name in LISTS}
        self.notes: list[Found[Note]] = []
        self.sections: list[Found[Section]] = []
        self.gaps: list[Found[Gap]] = []
        self.kind = ""
        self.level = 0
        self.known = False
        """A section that is understood has begun."""
        self.listed = False
        """The open section has an entry or a table."""
        self.loose: list[Prose] = []
        """Prose of the open section before its first entry."""
        self.early: list[tuple[list[int], str]] = []
        """Prose before the first section."""
        self.moments: list[tuple[str, int]] = []

    def read(self) -> Handoff:
        blocks = Blocks(self.lines, self.words, strict=self.exact).read()
        for block in blocks:
            self._use(block)
        self._end_section()
        self._preamble()
        for gap in self.gaps:
            self._moment(gap.item.text, gap.line)
        written = precise([each for each, _ in self.moments])
        line = next((line for each, line in self.moments if each == written), None)
        lists: dict[str, Any] = {name: tuple(found) for name, found in self.found.items()}
        return Handoff(
            written,
            line,
            **lists,
            notes=tuple(self.notes),
            sections=tuple(self.sections),
            not_understood=tuple(self.gaps),
            exact=self.exact,
        )

    def _use(self, block: Block) -> None:
        match block:
            case Heading():
                self._heading(block)
            case Entry():
                self._entry(block)
            case Rows():
                self._table(block.table)
            case Fence():
                self._fence(block)
            case Kept():
                self.notes.append(self._put(block.lines, Note(block.text)))
            case Form():
                self._form(block.lines)
            case Prose():
                self._prose(block)

    # ---- form ----------------------------------------------------------------------------------------------

    def _put(self, lines: Sequence[int], item: Any) -> Found[Any]:
        held = sorted(set(lines))
        return Found(item, tuple(at + 1 for at in held), "\n".join(self.lines[at] for at in held))

    def _gap(self, lines: Sequence[int], text: str, reason: str) -> None:
        self.gaps.append(self._put(lines, Gap(text, reason)))

    def _heading(self, heading: Heading) -> None:
        self._end_section()
        kind = heading.kind
        if kind == "title" and (self.known or self.exact):
            kind = ""
        inherits = not kind and self.kind and heading.level > self.level and not self.exact
        if not inherits:
            self.kind, self.level = kind, heading.level
        self.known = self.known or self.kind not in ("", "title")
        self.sections.append(self._put(heading.lines, Section(self.kind, heading.text)))
        self._moment(heading.text, heading.lines[0] + 1)

    def _form(self, lines: list[int]) -> None:
        """Lines without a meaning of their own."""
        if lines:
            self.sections.append(self._put(lines, Section(self.kind, "")))

    def _prose(self, prose: Prose) -> None:
        if self.kind == "notes":
            self.notes.append(self._put(prose.lines, Note(prose.text)))
        elif self.kind in LISTS and self.words.nothing.whole(prose.text):
            self._form(prose.lines)
        elif self.kind in LISTS and not self.listed:
            self.loose.append(prose)
        elif self.kind in LISTS or (self.known and self.kind != "title"):
            self._gap(prose.lines, prose.text, self._why(tr("the line is no entry of its section")))
        else:
            self.early.append((prose.lines, prose.text))

    def _why(self, reason: str) -> str:
        return reason if self.kind else tr("its section is not known")

    def _end_section(self) -> None:
        """Prose of a list of sentences that has no marks: each line is an entry."""
        for prose in self.loose:
            if self.kind in _FREE and not self.listed and not self.exact:
                self._point(Entry(prose.lines, [prose.text]))
            else:
                self._gap(prose.lines, prose.text, tr("the line is no entry of its section"))
        self.loose, self.listed = [], False

    def _preamble(self) -> None:
        """What stands before the first section: the title, when it was written, and what the operator says first."""
        for at, (lines, text) in enumerate(self.early):
            written = self._written(text, lines[0] + 1)
            kind = self.words.section(text)[0] if at == 0 else ""
            if not self.known and not written:
                self._gap(lines, text, tr("no section is known"))
            elif written or kind == "title":
                self._moment(text, lines[0] + 1)
                self.sections.append(self._put(lines, Section("title", text)))
            else:
                self.notes.append(self._put(lines, Note(text)))
        self.sections.sort(key=lambda found: found.line)
        self.notes.sort(key=lambda found: found.line)
        self.gaps.sort(key=lambda found: found.line)

    def _written(self, text: str, line: int) -> bool:
        """Take ``Written: 2026-04-10 16:41``; whether *text* is such a line."""
        label, colon, value = text[:200].replace("**", "").partition(":")
        if not colon or not self.words.written.whole(label):
            return False
        told = unescaped(value.strip()) if self.exact else moment(value, self.words.zones)
        if told:
            self.moments.insert(0, (told, line))
        return bool(told)

    def _moment(self, text: str, line: int) -> None:
        if not self.exact and (told := moment(text, self.words.zones)):
            self.moments.append((told, line))

    # ---- entries -------------------------------------------------------------------------------------------

    def _entry(self, entry: Entry) -> None:
        text = " ".join(entry.texts).strip()
        if self.kind == "notes":
            self.notes.append(self._put(entry.lines, Note("\n".join(self.lines[at] for at in sorted(entry.lines)))))
            return
        if self.kind not in LISTS:
            if not self.known and self._written(text, entry.lines[0] + 1):
                self._form(entry.lines)
            else:
                self._gap(
                    entry.lines, text, tr("its section is not known") if self.known else tr("no section is known")
                )
            return
        self.listed = True
        empty = not (text or entry.code or entry.below) or (
            not self.exact and self.words.nothing.whole(text) and not (entry.below or entry.code)
        )
        if empty:
            self._form(entry.lines)
        elif self.kind in _FREE and not (self.exact and self.kind == "figures"):
            self._point(entry)
        else:
            self._fielded(entry, text)

    def _point(self, entry: Entry) -> None:
        made: Any
        if isinstance(self.maker, ExactMaker):
            made = self.maker.point(self.kind, entry)
        elif self.kind == "decisions":
            made = self.guess.decision(entry)
        elif self.kind == "figures":
            text = unescaped(" ".join(" ".join([*entry.texts, *(t for b in entry.below for t in b.texts)]).split()))
            made = FigureEntry(text, figure_values(text, self.words))
        else:
            made = PointEntry(*self.guess.point(entry))
        self.found[self.kind].append(self._put(entry.lines, made))

    def _fielded(self, entry: Entry, text: str) -> None:
        """An entry of a list with fields; where it only groups others, each of those is one."""
        whole = " ".join([text, *(text for below in entry.below for text in below.texts)])
        made = self.maker.of_text(self.kind, unescaped(text))
        if made is not None and entry.below:
            made = self.maker.of_text(self.kind, unescaped(whole)) if len(whole) < 4000 else made
        if made is not None:
            self.found[self.kind].append(self._put(entry.lines, made))
            return
        rest = set(entry.lines)
        for below in entry.below:
            inner = self.maker.of_text(self.kind, unescaped(" ".join(below.texts)))
            if inner is not None:
                self.found[self.kind].append(self._put(below.lines, inner))
                rest -= set(below.lines)
        if rest:
            self._gap(sorted(rest), text, tr("nothing in it tells which of the {kind} it is", kind=_named(self.kind)))

    def _fence(self, fence: Fence) -> None:
        """Code outside of an entry: in the first steps its comments are steps."""
        if self.kind not in POINTS or self.exact:
            self._gap(fence.lines, fence.text().strip(), self._why(tr("code that belongs to no entry")))
            return
        self.listed = True
        script = Script()
        entries: list[Entry] = [Entry([fence.lines[0]], [""], comment=True)]
        for at, line in zip(fence.lines[1:-1], fence.inside, strict=True):
            plain = line.strip()
            begins = plain.startswith("#") and (len(entries[-1].texts) > 1 or not entries[-1].texts[0])
            if begins and not script.goes_on:
                lines = entries[-1].lines if not entries[-1].texts[0] and len(entries[-1].texts) == 1 else []
                if lines:
                    entries.pop()
                entries.append(Entry([*lines, at], [_numberless(plain.lstrip("#").strip())], comment=True))
            else:
                script.feed(plain)
                entries[-1].lines += [at] if plain else []
                entries[-1].texts += [line] if plain else []
        entries[-1].lines.append(fence.lines[-1])
        for entry in entries:
            if len(entry.texts) == 1 and not entry.texts[0]:
                self._form(entry.lines)
            else:
                entry.texts[0] = entry.texts[0] or entry.texts[1].strip()
                self._point(entry)

    # ---- tables --------------------------------------------------------------------------------------------

    def _table(self, table: Table) -> None:
        self.listed = True
        self._form(table.rules)
        rows = [row for row in table.rows if row.lines]
        head = rows[0].cells[:MANY_CELLS] if rows else []
        named = [unescaped(cell) for cell in head]
        kind, count = self.words.heads([self._name(cell) for cell in named], self.kind)
        headed = table.ruled or count > 1 or (count == 1 and len(head) < 3)
        if self.exact or not headed or (self.kind in LISTS and not count):
            kind = self.kind
        kind = kind if self._agrees(kind, count) else self.kind
        if kind not in LISTS:
            for row in rows:
                self._gap(row.lines, " | ".join(row.cells), tr("a table whose list is not known"))
            return
        self.known = True
        fields = self.words.fields(kind, [self._name(cell) for cell in named]) if headed else []
        if headed:
            self._form(rows[0].lines)
        for row in rows[1:] if headed else rows:
            self._row(kind, fields, named, row)

    def _agrees(self, kind: str, count: int) -> bool:
        """Whether a table belongs to *kind* although its section is another: more of its columns say so."""
        return kind == self.kind or self.kind not in LISTS or count > 1

    @staticmethod
    def _name(cell: str) -> str:
        return cell.strip("*_` ").strip()

    def _row(self, kind: str, fields: Sequence[str], head: Sequence[str], row: Row) -> None:
        cells = [unescaped(cell) for cell in row.cells]
        shown = " | ".join(cells)
        if not any(cells):
            self._form(row.lines)
            return
        made: Item | None
        if not any(fields):
            text = " — ".join(cell for cell in cells if cell)
            made = self._sentence(kind, text) if kind in _FREE else self.maker.of_text(kind, text)
        else:
            held = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
            rest = "; ".join(
                f"{head[at]}: {cell}" if at < len(head) and head[at] else cell
                for at, cell in enumerate(cells)
                if cell and not (at < len(fields) and fields[at])
            )
            made = self.maker.of_row(kind, held, rest)
        if made is None:
            self._gap(row.lines, shown, tr("nothing in the row tells which of the {kind} it is", kind=_named(kind)))
        else:
            self.found[kind].append(self._put(row.lines, made))

    def _sentence(self, kind: str, text: str) -> Item:
        if kind == "figures":
            return FigureEntry(text, figure_values(text, self.words))
        entry = Entry([], [text])
        return self.guess.decision(entry) if kind == "decisions" else PointEntry(*self.guess.point(entry))


def _numberless(text: str) -> str:
    head, _, rest = text.partition(" ")
    return rest if rest and head.rstrip(".)").isdigit() and head[-1:] in ".)" else text


def _named(kind: str) -> str:
    """What a list is called, for people."""
    return tr(TITLES.get(kind, kind))
