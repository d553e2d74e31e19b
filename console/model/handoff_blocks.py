"""The lines of a hand-off as blocks: headings, list entries, tables, code, prose. Nothing is left out.

Headings are Markdown's, or lines that only look like one: numbered (``3. Decisions``), bold, or bare, when they say
which list they open and something follows that can be its content. A document whose headings are marked with ``#``
has numbered lists and no numbered headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from console.model.handoff_drawn import BARS, is_drawn, read_drawn
from console.model.handoff_fences import Fence, fences
from console.model.handoff_tables import Mender, Table, begins, is_rule
from console.model.handoff_texts import is_command
from console.model.handoff_words import HEADING_LIMIT, Words

BARE_COVER: Final = 0.5
"""How much of an unmarked line must say which list it opens."""
BARE_LIMIT: Final = 60
"""Characters of an unmarked heading."""
BEGIN: Final = "<!-- oc-console notes -->"
END: Final = "<!-- /oc-console notes -->"
"""What stands around the operator's own text."""

_HASH: Final = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_BULLET: Final = re.compile(r"([ \t]*)(?:[-*+–—](?:[ \t]+|$)|[•‣▪◦●○·][ \t]*)(?:\[([ xX✓])\][ \t]+)?(.*)$")
_ORDERED: Final = re.compile(r"([ \t]*)\(?(\d{1,4})(?:[.)]|\.\))(?:[ \t]+|$)(.*)$")
_STEP: Final = re.compile(r" {0,3}#+[ \t]*\(?(\d{1,3})[.)][ \t]*(.*)$")
_HRULE: Final = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|={3,})$")
_COMMENT: Final = re.compile(r"\s*<!--(?:[^-]|-(?!->))*-->\s*$")
_DECORATED: Final = re.compile(r"^[\s*_#=■□▶▷▸►●◆◇★☆※【\[<~]+(?=\S)|(?<=\S)[\s*_#=■□◀●◆◇★☆】\]>~:：]+$")
_MARKED: Final = re.compile(rf"[\\\s]*(?:{BEGIN}|{END})\s*")
_ENDS_A_SENTENCE: Final = (".", "。", "!", "?", ",", ";")


@dataclass(slots=True)
class Heading:
    """A line that opens a section."""

    lines: list[int]
    text: str
    level: int
    kind: str
    """The list it opens; empty when nobody knows."""
    number: int = 0
    """Of a numbered one without another mark."""


@dataclass(slots=True)
class Entry:
    """A list entry with everything below it."""

    lines: list[int]
    texts: list[str]
    """Its own text, then that of the lines that go on with it."""
    number: int | None = None
    indent: int = 0
    below: list[Entry] = field(default_factory=list)
    """Entries below it, of whatever depth."""
    code: list[str] = field(default_factory=list)
    """Code blocks below it, each whole."""
    comment: bool = False
    """A numbered shell comment: what follows are its commands."""


@dataclass(slots=True)
class Rows:
    """A table."""

    table: Table


@dataclass(slots=True)
class Prose:
    """A line of text."""

    lines: list[int]
    text: str


@dataclass(slots=True)
class Form:
    """Lines that only give form: rules, comments."""

    lines: list[int]


@dataclass(slots=True)
class Kept:
    """The operator's own text."""

    lines: list[int]
    text: str


Block = Heading | Entry | Rows | Prose | Form | Fence | Kept


class Blocks:
    """Takes lines apart. *strict*: only ``#`` headings count, as in documents that the console wrote."""

    def __init__(self, lines: Sequence[str], words: Words, *, strict: bool = False) -> None:
        self.lines, self.words, self.strict = lines, words, strict
        self.fences = fences(lines)
        self.next_text = self._nexts(lambda line: bool(line.strip()))
        self.next_pipe = self._nexts(lambda line: "|" in line)
        self.blocks: list[Block] = []
        self.kind = ""
        """The list of the section that is open."""
        self.top: Entry | None = None
        """The list entry that is open."""
        self.gap = False
        """A blank line stands before this one."""
        self.last_heading = 0
        """Number of the last numbered heading."""
        self.last_entry = 0
        """Number of the last numbered entry of this section."""
        self.numbered = False if strict else not self._hashed()

    def _nexts(self, wanted: object) -> list[int]:
        assert callable(wanted)
        found, after = [len(self.lines)] * (len(self.lines) + 1), len(self.lines)
        for at in range(len(self.lines) - 1, -1, -1):
            if wanted(self.lines[at]):
                after = at
            found[at] = after
        return found

    def _hashed(self) -> bool:
        """Whether ``#`` marks the sections of this document."""
        known = 0
        for at, line in enumerate(self.lines):
            if line[:4].lstrip().startswith("#") and at not in self.fences and not self._is_step(at):
                found = _hash(line)
                known += bool(found and self.words.section(found[1])[0])
        return known > 1

    def read(self) -> list[Block]:
        """Every block, in the order of the document."""
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if not line.strip():
                self.gap, at = True, at + 1
                continue
            at = self._block(at, line)
            self.gap = False
        return self.blocks

    def _block(self, at: int, line: str) -> int:
        """Read one block from line *at*; the line after it."""
        if line.strip() == BEGIN and (end := self._end_of_notes(at)) is not None:
            return end
        fence = self.fences.get(at)
        if fence is not None:
            return self._fence(fence)
        if _COMMENT.match(line):
            return self._form(at)
        if (heading := self._heading(at)) is not None:
            self._open(heading)
            return at + 1
        if self._is_step(at):
            return self._step(at)
        if _HRULE.match(line):
            return self._form(at)
        if not self.strict and is_drawn(self.lines, at):
            table, after = read_drawn(self.lines, at)
            self.top = None
            self.blocks.append(Rows(table))
            return after
        if begins(self.lines, at) and not (self.top is not None and self.top.comment):
            mender = Mender(self.lines, self.next_pipe, self._surely, self._named)
            table, after = mender.read(at)
            self.top = None
            self.blocks.append(Rows(table))
            return after
        if self._entry(at, line):
            return at + 1
        self._text(at, line)
        return at + 1

    def _form(self, at: int) -> int:
        self.blocks.append(Form([at]))
        return at + 1

    def _end_of_notes(self, at: int) -> int | None:
        """Keep the operator's own text from line *at*; None when it has no end."""
        for end in range(at + 1, len(self.lines)):
            if self.lines[end].strip() == END:
                inside = [_unstuffed(line) for line in self.lines[at + 1 : end]]
                self.top = None
                self.blocks.append(Kept(list(range(at, end + 1)), "\n".join(inside)))
                return end + 1
            if self.lines[end].strip() == BEGIN:
                return None
        return None

    def _fence(self, fence: Fence) -> int:
        top = self.top
        if top is not None and (fence.indent > top.indent or not self.gap):
            top.code.append(fence.text(top.indent))
            top.lines += fence.lines
        else:
            self.top = None
            self.blocks.append(fence)
        return fence.lines[-1] + 1

    # ---- headings ------------------------------------------------------------------------------------------

    def _open(self, heading: Heading) -> None:
        self.blocks.append(heading)
        self.kind = heading.kind
        self.top, self.last_entry = None, 0
        self.last_heading = heading.number or self.last_heading

    def _surely(self, at: int) -> bool:
        """Whether line *at* ends a table: a heading, a list entry, code."""
        line = self.lines[at]
        if at in self.fences or _hash(line) or _COMMENT.match(line):
            return True
        if "|" in line:
            return False
        found = _BULLET.match(line)
        return bool(found and found.group(3)) or self._heading(at) is not None

    def _heading(self, at: int) -> Heading | None:
        line = self.lines[at]
        marked = _hash(line)
        if marked is not None:
            return None if self._is_step(at) else Heading([at], marked[1], marked[0], self.words.section(marked[1])[0])
        if self.strict or len(line) > HEADING_LIMIT or line[0] in " \t|" + BARS:
            return None
        below = self.lines[at + 1].strip() if at + 1 < len(self.lines) else ""
        if len(below) > 2 and set(below) in ({"="}, {"-"}) and not is_rule(below) and not _ORDERED.match(line):
            kind = self.words.section(line)[0]
            if kind or set(below) == {"="}:
                return Heading([at], line.strip(), 1 if below[0] == "=" else 2, kind)
        numbered = _ORDERED.match(line)
        if numbered is not None:
            return self._numbered(at, int(numbered.group(2)), numbered.group(3))
        return self._bare(at, line)

    def _numbered(self, at: int, number: int, text: str) -> Heading | None:
        """``3. Decisions``, when it is no entry of a numbered list."""
        if (
            not self.numbered
            or number <= self.last_heading
            or (not self.last_heading and self.kind not in ("", "title"))
        ):
            return None
        kind, next_one = self.words.section(text)[0], number == self.last_heading + 1
        after = self.next_text[at + 1]
        below = self.lines[after] if after < len(self.lines) else ""
        following = _ORDERED.match(below)
        goes_on = 0 < self.last_entry == number - 1
        if following is not None and int(following.group(2)) == number + 1:  # two entries, or a section that is empty
            empty = kind and next_one and not self.last_entry and self.last_heading
            if not (empty and self.words.section(following.group(3))[0]):
                return None
        elif (
            below[:1] in (" ", "\t") or (goes_on and not (kind and next_one)) or not (kind or (next_one and number > 1))
        ):
            return None
        return Heading([at], text.strip(), 2, kind, number)

    def _bare(self, at: int, line: str) -> Heading | None:
        """A line without any mark, or in bold, that says which list it opens and has something below it."""
        text = line.strip()
        core = _DECORATED.sub("", text)
        marked = core != text
        bullet = _BULLET.match(line)
        if (
            len(text) > BARE_LIMIT
            or (bullet and not (marked and text.startswith("**")))
            or text.endswith(_ENDS_A_SENTENCE)
        ):
            return None
        after = self.next_text[at + 1]
        if after >= len(self.lines):
            return None
        below = self.lines[after]
        content = (
            _BULLET.match(below) or _ORDERED.match(below) or below.lstrip().startswith(("|", "#"))
            or after in self.fences or (self.gap and after > at + 1) or marked or begins(self.lines, after)
            or is_drawn(self.lines, after)
        )  # fmt: skip
        if not content:
            return None
        kind, cover = self.words.section(core)
        if not kind or kind == "title" or cover < (0.3 if marked else BARE_COVER):
            return None
        return Heading([at], core, 3, kind)

    def _named(self, cells: Sequence[str]) -> int:
        """How many of the first *cells* name columns of one list."""
        most = 0
        for kind in self.words.columns:
            named = self.words.fields(kind, [cell if len(cell) < BARE_LIMIT else "" for cell in cells[:12]])
            run = next((at for at, each in enumerate(named) if not each), len(named))
            whole = [self.words.columns[kind].whole(cell) for cell in cells[:run]]
            most = max(most, run if all(whole) else 0)
        return most

    # ---- entries -------------------------------------------------------------------------------------------

    def _is_step(self, at: int) -> bool:
        """Whether line *at* is a numbered comment of a shell script that has lost its fence: ``# 1) look``."""
        found = _STEP.match(self.lines[at])
        if found is None or self.strict:
            return False
        after = self.next_text[at + 1]
        return after < len(self.lines) and after not in self.fences and is_command(self.lines[after], self.words)

    def _step(self, at: int) -> int:
        found = _STEP.match(self.lines[at])
        assert found is not None
        self.top = Entry([at], [found.group(2)], int(found.group(1)), comment=True)
        self.blocks.append(self.top)
        return at + 1

    def _entry(self, at: int, line: str) -> bool:
        """Read a list entry; False when there is none in line *at*."""
        ordered = _ORDERED.match(line)
        found = ordered or _BULLET.match(line)
        if found is None or (self.top is not None and self.top.comment and ordered is None and not self.gap):
            return False
        indent = len(found.group(1).expandtabs(4))
        entry = Entry([at], [found.group(3).strip()], int(found.group(2)) if ordered else None, indent)
        top = self.top
        if top is not None and indent > top.indent and not top.comment:
            top.below.append(entry)
            top.lines.append(at)
            return True
        if ordered:
            self.last_entry = int(found.group(2))
        self.top = entry
        self.blocks.append(entry)
        return True

    def _text(self, at: int, line: str) -> None:
        """A line that goes on with the entry before it, or prose."""
        top = self.top
        if top is not None and (not self.gap or top.comment or line[0] in " \t"):
            # An entry below can be wrapped, too.
            last = top.below[-1] if top.below and not top.comment else top
            last.texts.append(line.strip())
            if last is not top:
                last.lines.append(at)
            top.lines.append(at)
            return
        self.top = None
        self.blocks.append(Prose([at], line.strip()))


def _hash(line: str) -> tuple[int, str] | None:
    """Level and text of a heading that ``#`` marks."""
    found = _HASH.match(line)
    return (len(found.group(1)), line[found.end() :].strip().rstrip("#").rstrip()) if found else None


def stuffed(line: str) -> str:
    """A line of the operator's own text so that it ends or begins no such text."""
    return f"\\{line}" if _MARKED.fullmatch(line) else line


def _unstuffed(line: str) -> str:
    return line[1:] if line.startswith("\\") and _MARKED.fullmatch(line) else line
