"""Reads a large dispatch log piece by piece, and only what changed since the last time.

The C scanner of `json` holds the interpreter for as long as it reads: 0.3 s for 100,000 records, in which no other
thread, and so no screen, gets its turn. Here it is given some hundred records at a time. A piece is cut where two
records seem to meet; that guess is proved by the scanner, which must read ``[piece]`` to its very end. A piece whose
bytes are known from the last time is not read again: its `Dispatch` objects are the same ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from gc import disable, enable, isenabled
from typing import Final

from console.model.dispatch import Dispatch
from console.tracker.mapper import Mapper
from console.tracker.names import CONTAINERS, NO_OVERRIDES, FieldMap
from console.tracker.schema import find_records

WHOLE_SIZE: Final = 128 * 1024
"""Bytes up to which a log is simply read whole."""
PIECE_SIZE: Final = 64 * 1024
"""Bytes given to the scanner at once: about 1 ms."""
GUESSES: Final = 4
"""Cuts tried before the rest is read in one go."""
_BLANK: Final = re.compile(rb"[ \t\r\n]*")
_MEETING: Final = re.compile(r"[ \t\r\n]*,[ \t\r\n]*(?=\{)")
_BOM: Final = b"\xef\xbb\xbf"

_scan: Final = json.JSONDecoder().raw_decode
_scan_politely: Final = json.JSONDecoder(object_hook=lambda found: found).raw_decode
"""The hook does nothing, but Python code that runs is a chance for other threads."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some records, read."""

    start: int
    """Offset of the first one in the content of its time."""
    size: int
    """Bytes, with the comma and blanks before the next piece."""
    raw: bytes
    dispatches: list[Dispatch]
    not_understood: int


class LogParser:
    """Parses and maps one log again and again. Not for two threads at once."""

    def __init__(self, mapping: FieldMap = NO_OVERRIDES) -> None:
        self._mapper = Mapper(mapping)
        self._known: list[_Piece] = []
        self._known_size = 0

    def read(self, content: bytes) -> tuple[tuple[Dispatch, ...], int]:
        """Return what `schema.read_records` returns for the JSON in *content* (UTF-8, with or without a mark).

        Raises ValueError (of it UnicodeDecodeError, json.JSONDecodeError), RecursionError, MemoryError.
        """
        if len(content) > WHOLE_SIZE:
            with no_collection():
                found = self._in_pieces(content)
            if found is not None:
                return found
        self._known = []
        document = json.loads(content.decode("utf-8-sig"), object_hook=lambda found: found)
        records = find_records(document)
        if records is None:
            return (), 1
        before = self._mapper.not_understood
        dispatches = self._mapper.read(records[1], records[0])
        return tuple(dispatches), self._mapper.not_understood - before

    def _in_pieces(self, content: bytes) -> tuple[tuple[Dispatch, ...], int] | None:
        """None when it is no log in one of the two usual forms, or no JSON: then the plain way says what it is."""
        try:
            at = _skip(content, len(_BOM) if content.startswith(_BOM) else 0)
            if content.startswith(b"[", at):
                pieces, end = self._list(content, at + 1)
            elif content.startswith(b"{", at):
                pieces, end = self._container(content, at + 1)
            else:
                return None
        except (ValueError, RecursionError):
            return None
        if _skip(content, end) != len(content):
            return None
        self._known, self._known_size = pieces, len(content)
        dispatches = tuple([dispatch for piece in pieces for dispatch in piece.dispatches])
        return dispatches, sum(piece.not_understood for piece in pieces)

    def _container(self, content: bytes, at: int) -> tuple[list[_Piece], int]:
        """Members of the top object from *at*; the records are a list under the first of `CONTAINERS` there is."""
        pieces: list[_Piece] | None = None
        taken = len(CONTAINERS)
        seen: set[str] = set()
        while True:
            name, at = _value(content, _skip(content, at))
            at = _skip(content, at)
            if not isinstance(name, str) or name in seen or not content.startswith(b":", at):
                raise ValueError("no member, or one twice")
            seen.add(name)
            at = _skip(content, at + 1)
            rank = CONTAINERS.index(name) if name in CONTAINERS else len(CONTAINERS)
            if rank < taken and content.startswith(b"[", at):
                pieces, at = self._list(content, at + 1)
                taken = rank
            elif rank < taken and content.startswith(b"{", at):
                raise ValueError("records under keys")
            else:
                _, at = _value(content, at)
            at = _skip(content, at)
            if content.startswith(b"}", at):
                break
            if not content.startswith(b",", at):
                raise ValueError("no comma")
            at += 1
        if pieces is None:
            raise ValueError("no records")
        return pieces, at + 1

    def _list(self, content: bytes, start: int) -> tuple[list[_Piece], int]:
        """The records of the list whose bracket is just before *start*; where the list ends."""
        at = _skip(content, start)
        head = self._same_head(content, at)
        if head:
            at = head[-1].start + head[-1].size
        tail = self._same_tail(content, at, len(head))
        meeting = _meeting(content, at)
        if not tail:
            middle = self._cuts(content, at, len(content), meeting)
            at = middle[-1].start + middle[-1].size if middle else at
            last, at = self._rest(content, at)
            return [*head, *middle, last], at
        stop = tail[0].start
        middle = self._cuts(content, at, stop, meeting)
        at = middle[-1].start + middle[-1].size if middle else at
        if at < stop:
            middle.append(self._piece(content, at, content.rindex(b",", at, stop), stop))
        at = _skip(content, tail[-1].start + tail[-1].size)
        if not content.startswith(b"]", at):
            raise ValueError("the list goes on")
        return [*head, *middle, *tail], at + 1

    def _same_head(self, content: bytes, at: int) -> list[_Piece]:
        """Pieces from the last time, from the first on, that stand where they stood; never the last of all."""
        found: list[_Piece] = []
        for piece in self._known[:-1]:
            if piece.start != at or not content.startswith(piece.raw, at):
                break
            found.append(piece)
            at += piece.size
        return found

    def _same_tail(self, content: bytes, at: int, taken: int) -> list[_Piece]:
        """Pieces from the last time, from the last one back, that stand as far from the end as they did."""
        moved = len(content) - self._known_size
        found: list[_Piece] = []
        for piece in reversed(self._known[taken:]):
            start = piece.start + moved
            # An empty list's piece is everywhere the same: what stands before it would be taken for cut off by a comma.
            if not piece.dispatches or start < at or not content.startswith(piece.raw, start):
                break
            found.append(replace(piece, start=start) if moved else piece)
        return found[::-1]

    def _cuts(self, content: bytes, at: int, stop: int, meeting: bytes) -> list[_Piece]:
        """Pieces from *at* on, as long as a place to cut is found before *stop*."""
        found: list[_Piece] = []
        while meeting:
            place = at + PIECE_SIZE
            for _ in range(GUESSES):
                place = content.find(meeting, place, stop)
                if place < 0:
                    return found
                place += 1
                try:
                    piece = self._piece(content, at, place, place + len(meeting) - 2)
                except ValueError:
                    continue
                break
            else:
                return found
            found.append(piece)
            at = piece.start + piece.size
        return found

    def _piece(self, content: bytes, at: int, end: int, following: int) -> _Piece:
        """The records from *at* to *end*, proved to be whole ones. Raises ValueError."""
        text = f"[{content[at:end].decode()}]"
        records, read = _scan(text)
        if read != len(text) or not records:
            raise ValueError("not whole records")
        return self._mapped(records, content, at, following - at)

    def _rest(self, content: bytes, at: int) -> tuple[_Piece, int]:
        """The records from *at* to the end of their list, and what follows that."""
        text = f"[{content[at:].decode()}"
        scan = _scan if len(text) < 4 * PIECE_SIZE else _scan_politely
        records, read = scan(text)
        if at and not records and content[:at].rstrip(b" \t\r\n").endswith(b","):
            raise ValueError("a comma before the end of the list")
        size = len(text[1 : read - 1].encode())
        return self._mapped(records, content, at, size), at + size + 1

    def _mapped(self, records: list[object], content: bytes, at: int, size: int) -> _Piece:
        before = self._mapper.not_understood
        dispatches = self._mapper.read(records)
        return _Piece(at, size, content[at : at + size], dispatches, self._mapper.not_understood - before)


def _skip(content: bytes, at: int) -> int:
    """Offset of the first byte from *at* on that is not blank."""
    found = _BLANK.match(content, at)
    return found.end() if found is not None else at


def _value(content: bytes, at: int) -> tuple[object, int]:
    """The JSON value at *at*, and the offset behind it."""
    size = PIECE_SIZE
    while True:
        text = content[at : at + size].decode(errors="ignore" if at + size < len(content) else "strict")
        try:
            value, read = _scan_politely(text)
        except ValueError:
            if at + size >= len(content):
                raise
        else:
            if read < len(text) or at + size >= len(content):  # a number at the very end may go on
                return value, at + len(text[:read].encode())
        size *= 16


def _meeting(content: bytes, at: int) -> bytes:
    """What stands between the first two records from *at* on, with their braces; empty when there are none such."""
    text = content[at : at + PIECE_SIZE].decode(errors="ignore")
    try:
        _, end = _scan(text)
    except ValueError:
        return b""
    found = _MEETING.match(text, end)
    return f"}}{found.group()}{{".encode() if found is not None and text[end - 1] == "}" else b""


@contextmanager
def no_collection() -> Iterator[None]:
    """Do without the search for cycles for a moment.

    No cycle can be made of JSON; looking for some among 100,000 new objects costs half as much as making them.
    """
    was = isenabled()
    disable()
    try:
        yield
    finally:
        if was:
            enable()
