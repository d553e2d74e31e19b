"""The filter of the dispatch table: ``status:working surface:5 tailer``. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.model.dispatch import Dispatch, DispatchStatus


@dataclass(frozen=True, slots=True)
class Query:
    """What a dispatch must match: every part."""

    words: tuple[str, ...] = ()
    """Found anywhere in number, surface, task or status."""
    numbers: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    """Beginning of a status, ``open``, ``closed``, or part of the word the file has."""
    checks: tuple[str, ...] = ()
    """``pass``, ``warn``, ``fail``, or ``awaiting``: finished, and verified by nobody."""
    surfaces: tuple[str, ...] = ()
    """A whole surface, the number at its end, or part of a name."""

    @property
    def empty(self) -> bool:
        """Whether it matches everything."""
        return self.plain and not self.words

    @property
    def plain(self) -> bool:
        """Whether it is nothing but words."""
        return not (self.numbers or self.statuses or self.checks or self.surfaces)

    def matches(self, dispatch: Dispatch, text: str) -> bool:
        """Whether *dispatch* passes; *text* is its `searched` text."""
        return (
            all(word in text for word in self.words)
            and all(dispatch.number == number for number in self.numbers)
            and all(_status(dispatch, status) for status in self.statuses)
            and all(_check(dispatch, check) for check in self.checks)
            and all(_surface(dispatch.surface.casefold(), surface) for surface in self.surfaces)
        )


def parse(text: str) -> Query:
    """Read a filter as it is typed; nothing typed is wrong, an unfinished ``status:`` matches everything."""
    words: list[str] = []
    numbers: list[int] = []
    statuses: list[str] = []
    checks: list[str] = []
    surfaces: list[str] = []
    for word in text.casefold().split():
        key, colon, value = word.partition(":")
        if colon and key in ("status", "상태"):
            statuses += [value] if value else []
        elif colon and key in ("check", "검증"):
            checks += [value] if value else []
        elif colon and key in ("surface", "세션"):
            surfaces += [value] if value else []
        elif word.startswith("#") and word[1:].isdecimal() and len(word) < 16:
            numbers.append(int(word[1:]))
        else:
            words.append(word)
    return Query(tuple(words), tuple(numbers), tuple(statuses), tuple(checks), tuple(surfaces))


def searched(dispatch: Dispatch) -> str:
    """The text that words are looked for in."""
    return f"{dispatch.label} {dispatch.surface} {dispatch.task} {dispatch.status} {dispatch.raw_status}".casefold()


def _status(dispatch: Dispatch, wanted: str) -> bool:
    if wanted in ("open", "closed"):
        return dispatch.is_open is (wanted == "open")
    return str(dispatch.status).startswith(wanted) or wanted in dispatch.raw_status.casefold()


def _check(dispatch: Dispatch, wanted: str) -> bool:
    verdict = dispatch.verification.verdict if dispatch.verification is not None else None
    if "awaiting".startswith(wanted):
        return verdict is None and dispatch.status in (DispatchStatus.DONE, DispatchStatus.NEEDS_CHECK)
    return verdict is not None and str(verdict).startswith(wanted)


def _surface(surface: str, wanted: str) -> bool:
    if wanted.isdecimal():
        return surface == wanted or surface.endswith((f":{wanted}", f"%{wanted}", f" {wanted}"))
    return wanted in surface
