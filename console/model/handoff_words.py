"""The vocabulary a hand-off document is read with. The words are data; see ``console/data/handoff.yaml``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from console.i18n import tr

HEADING_LIMIT: Final = 100
"""Characters of a line that may be a heading or the name of a column."""
_CACHE_LIMIT: Final = 4096
_WORD: Final = re.compile(r"[^\W_]+")
_PARENTHESES: Final = re.compile(r"[(\[（【][^()\[\]（）【】]*[)\]）】]")
_NEGATED_BEFORE: Final = frozenset({"not", "never", "don", "dont", "no"})
_NEGATED_AFTER: Final = ("금지", "하지", "않")


def folded(text: str) -> list[str]:
    """The words of *text*, without case and width; a lone ``#`` is a number's name."""
    if text.strip() == "#":
        return ["no"]
    return _WORD.findall(unicodedata.normalize("NFKC", text[: HEADING_LIMIT * 4]).casefold())


class Phrases:
    """Phrases that stand for something: English ones at the start of a word, others anywhere."""

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        self.words: dict[str, str] = {}
        """From a folded phrase without blanks to what it means; the first meaning counts."""
        self._phrases: list[tuple[str, str, str]] = []
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                parts = folded(phrase)
                tight = "".join(parts)
                if tight:
                    self.words.setdefault(tight, meaning)
                    self._phrases.append((" " + " ".join(parts) if tight.isascii() else "", tight, meaning))
        self._phrases.sort(key=lambda each: -len(each[1]))  # stable: of two equally long ones the first listed counts

    def longest(self, text: str) -> tuple[str, float]:
        """What the longest phrase in *text* means, and how much of *text* it covers, 0 to 1; ("", 0.0) when none."""
        parts = folded(text)
        spaced, tight = " " + " ".join(parts), "".join(parts)
        for start, phrase, meaning in self._phrases:
            if start in spaced if start else phrase in tight:
                return meaning, len(phrase) / len(tight)
        return "", 0.0

    def whole(self, text: str) -> str:
        """What *text* means when it is one of the phrases, in singular or plural; empty otherwise."""
        tight = "".join(folded(text))
        return self.words.get(tight) or self.words.get(tight.removesuffix("s"), "")

    def every(self, text: str) -> list[tuple[int, str]]:
        """Each phrase that stands in *text* and is not negated: (where, what it means)."""
        parts = folded(text)
        spaced = " " + " ".join(parts)
        tight = "".join(parts)
        found = []
        for start, phrase, meaning in self._phrases:
            at = spaced.find(start) if start else tight.find(phrase)
            if at < 0 or (
                start and spaced[at + len(start) :][:1].isascii() and spaced[at + len(start) :][:1].isalnum()
            ):
                continue  # "up" is not in "upgrade"; it is in "up됨"
            before = (spaced[:at] if start else "").split()[-1:]
            after = spaced[at + len(start) :].split()[:1] if start else [tight[at + len(phrase) :]]
            negated = before and before[0] in _NEGATED_BEFORE
            if not negated and not (after and after[0].startswith(_NEGATED_AFTER)):
                found.append((len(phrase), meaning))
        return found


class Words:
    """Everything `console.model.handoff.read` knows of languages. Raises `ValueError` when *raw* has another form."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.sections = Phrases(_lists(raw, "sections"))
        self.alone = Phrases(_lists(raw, "alone"))
        columns = _mapping(raw, "columns")
        self.columns = {str(kind): Phrases(_lists(columns, str(kind))) for kind in columns}
        self.labels = Phrases(_lists(raw, "labels"))
        self.expected = Phrases(_lists(raw, "expected"))
        self.figures = Phrases(_lists(raw, "figures"))
        self.written = Phrases({"written": _strings(raw, "written")})
        self.nothing = Phrases({"nothing": _strings(raw, "nothing")})
        self.programs = frozenset(_strings(raw, "programs"))
        self.zones = {str(name): str(offset) for name, offset in _mapping(raw, "zones").items()}
        names = "|".join(re.escape(name) for name in sorted(_strings(raw, "agents"), key=lambda name: -len(name)))
        self._agent = re.compile(rf"(?<![A-Za-z0-9_-])({names or '(?!)'})(?![A-Za-z0-9])", re.IGNORECASE)
        self._sections: dict[str, tuple[str, float]] = {}

    def section(self, heading: str) -> tuple[str, float]:
        """The list *heading* opens, and how much of it says so, 0 to 1; ("", 0.0) when nobody knows."""
        if len(heading) > HEADING_LIMIT:
            return "", 0.0
        known = self._sections.get(heading)
        if known is None:
            core = _PARENTHESES.sub(" ", heading)
            core = core if _WORD.search(core) else heading
            known = self.sections.longest(core)
            if not known[0] and (alone := self.alone.whole(core.lstrip("0123456789.) "))):
                known = alone, 1.0
            if len(self._sections) < _CACHE_LIMIT:
                self._sections[heading] = known
        return known

    def fields(self, kind: str, cells: Sequence[str]) -> list[str]:
        """The field of *kind* each column heading in *cells* names, "" where none; no field twice."""
        phrases, taken = self.columns.get(kind), set[str]()
        found = []
        for cell in cells:
            field = ""
            if phrases is not None and cell.strip() and len(cell) <= HEADING_LIMIT:
                field = phrases.whole(cell) or phrases.longest(cell)[0]
            found.append("" if field in taken else field)
            taken.add(field)
        return found

    def heads(self, cells: Sequence[str], likely: str = "") -> tuple[str, int]:
        """The list whose columns *cells* name best, and how many; on a tie *likely*. ("", 0) when none."""
        best, most = "", 0
        for kind, phrases in self.columns.items():
            named = sum(1 for cell in cells if len(cell) <= HEADING_LIMIT and phrases.whole(cell))
            if named > most or (named == most and named and kind == likely):
                best, most = kind, named
        return best, most

    def agent(self, text: str) -> str:
        """The agent *text* names, in small letters; empty when none."""
        found = self._agent.search(text)
        return found.group(1).lower() if found else ""

    def state(self, text: str) -> str:
        """``running``, ``unloaded`` or ``absent`` as *text* says it, or empty; off goes before on."""
        found = {meaning for _, meaning in self.expected.every(text)}
        return next((each for each in ("unloaded", "absent", "running") if each in found), "")


def _mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = raw.get(key, {})
    if not isinstance(found, Mapping):
        raise ValueError(tr("{key}: a mapping is needed", key=key))
    return found


def _strings(raw: Mapping[str, Any], key: str) -> list[str]:
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(tr("{key}: a list of words is needed", key=key))
    return found


def _lists(raw: Mapping[str, Any], key: str) -> dict[str, list[str]]:
    found = _mapping(raw, key)
    return {str(name): _strings(found, name) for name in found}
