"""The words one file uses: its names for fields, its words for states, its form of numbers and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any, Final

from console.model.dispatch import DispatchStatus, VerificationVerdict
from console.tracker.fields import epoch, is_plain_word, squeeze, verdict_of
from console.tracker.names import CHECK_SYNONYMS, FLAT, SYNONYMS, FieldMap, present
from console.tracker.numbers import number_in

_SAMPLE: Final = 200
"""Records, from the newest, that are asked how this file says it."""
_IN_CHECK: Final = {"verified_by": "by", "verified_at": "at"}
"""Parts of a verification whose name inside it is another."""


class Dialect:
    """How the records of one file are written; *records* as (what each stands under, it) in the order of the file."""

    def __init__(self, records: Sequence[tuple[str | None, object]], mapping: FieldMap) -> None:
        self.mapping = mapping
        keyed = [(key, record) for key, record in records if isinstance(record, dict)]
        found = [record for _, record in keyed]
        names = mapping.names("number")
        self.newest_first = _descends([number_in(key, record, names) for key, record in keyed])
        ordered = found if self.newest_first else found[::-1]
        self.sample: list[dict[str, Any]] = list(islice(ordered, _SAMPLE))

    def key(self, field: str, record: Mapping[str, Any]) -> str:
        """The name of *field* in *record*, or in the file, or, where neither has it, the field's own."""
        wanted = self.mapping.names(field)
        if not wanted:
            return field
        for each in (record, *self.sample):
            found = present(each, wanted)
            if found:
                return found[0]
        return self.mapping.fields.get(field, (field,))[0]

    def flat_key(self, part: str, record: Mapping[str, Any]) -> str:
        """The name of *part* of a verification that stands in *record* itself."""
        wanted = self.mapping.flat_names(part)
        found = next((each for held in (record, *self.sample) for each in present(held, wanted)), None)
        return found or self.mapping.fields.get(part, (FLAT[part],))[0]

    def check_key(self, part: str, check: Mapping[str, Any]) -> str:
        """The name of *part* in the verification *check*, else its usual one."""
        found = present(check, self.mapping.check_names(part))
        return found[0] if found else self.mapping.fields.get(part, (_IN_CHECK.get(part, part),))[0]

    def status(self, status: DispatchStatus) -> str:
        """The file's own plain word for *status*, else the owner's, else the console's."""
        name = self.key("status", {})
        used = Counter(record.get(name) for record in self.sample if isinstance(record.get(name), str))
        own = {squeeze(word.casefold()) for word in self.mapping.statuses}
        for word, _ in used.most_common():
            plain = word and (is_plain_word(word) or squeeze(word.casefold()) in own)
            if word and plain and self.mapping.status(word) is status:
                return str(word)
        return next((word for word, meant in self.mapping.statuses.items() if meant is status), status.value)

    def verdict(self, verdict: VerificationVerdict) -> str:
        """The file's own word for *verdict*, else the console's."""
        words: Counter[str] = Counter()
        for record in self.sample:
            for held in (record, *(last_check(record.get(name)) for name in present(record, SYNONYMS["verification"]))):
                for name in present(held, self.mapping.names("verdict") + CHECK_SYNONYMS["verdict"][:3]):
                    if isinstance(held[name], str) and held[name].isalpha() and verdict_of(held[name]) is verdict:
                        words[held[name]] += 1
        return words.most_common(1)[0][0] if words else verdict.value

    def number(self, number: int) -> int | str:
        """*number* in the form of the newest record: ``54``, ``"54"``, ``"#054"``."""
        name = self.key("number", {})
        like = next((record[name] for record in self.sample if name in record), None)
        return label_like(like, number) if isinstance(like, str) else number

    def time(self, at: float) -> float | int | str:
        """Epoch seconds *at* in the form of the newest record's time; without one ISO 8601 with the local zone."""
        name = self.key("dispatched_at", {})
        like = next((record[name] for record in self.sample if record.get(name)), None)
        return time_like(like, at)

    def flat(self, record: Mapping[str, Any]) -> bool:
        """Whether the parts of a verification stand in the record itself."""
        wanted = [name for part in FLAT for name in self.mapping.flat_names(part)]
        return any(present(each, tuple(wanted)) for each in (record, *self.sample))


def last_check(held: object) -> dict[str, Any]:
    """The verification in *held*, the last one of a list; empty when there is none."""
    if isinstance(held, list):
        held = held[-1] if held else None
    return held if isinstance(held, dict) else {}


def label_like(like: str, number: int) -> str:
    """Return *number* as ``"#55"`` where *like* is ``"#54"``: prefix and width are kept."""
    digits = like.strip().lstrip("".join({c for c in like if not c.isdigit()}))
    prefix = like.strip()[: len(like.strip()) - len(digits)]
    return f"{prefix}{number:0{len(digits) if digits.startswith('0') else 1}d}"


def time_like(like: object, at: float) -> float | int | str:
    """Return epoch seconds *at* in the form of *like*."""
    if isinstance(like, int | float) and not isinstance(like, bool):
        unit = 1
        while epoch(like) is not None and like / unit > 1e10:
            unit *= 1000
        return at * unit if isinstance(like, float) else round(at * unit)
    zone: timezone | None = None
    naive, blank = False, " "
    if isinstance(like, str):
        blank = "T" if "T" in like[:11] else " "
        try:
            read = datetime.fromisoformat(like)
        except ValueError:
            if like.rstrip().endswith("KST"):
                return datetime.fromtimestamp(at, timezone(timedelta(hours=9))).strftime("%Y-%m-%d %H:%M KST")
            blank = "T"
        else:
            naive, offset = read.tzinfo is None, read.utcoffset()
            zone = timezone(offset) if offset is not None else None
    else:
        blank = "T"
    when = datetime.fromtimestamp(round(at), zone)
    return (when if naive else when.astimezone(zone)).isoformat(blank)


def _descends(numbers: list[int | None]) -> bool:
    known = [number for number in numbers if number is not None]
    return len(known) > 1 and known[0] > known[-1]
