"""A dialog of an agent: what it asks, which answers it takes and by which keys, and whether it is still the same one.

Pure. What a label means and which key takes it are facts about Claude Code 1.0-2.1 and Codex 0.53-0.169 as recorded:
both take the number of an option; Codex names a letter behind some of them, ``Yes, proceed (y)``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from console.i18n import tr
from console.model.agent import AgentState, Detection
from console.model.dialog_rows import Asked, asked, marked_label, unframed
from console.model.surface import Screen

ESCAPE: Final = "escape"
ChoiceKind = Literal["accept-once", "accept-always", "reject", "other"]

_HINT: Final = re.compile(r"\s*\((?P<key>[a-z]|esc|shift\+\w+)\)$|\s+esc$")
_TICK: Final = re.compile(r"\s*✔$")
_ALWAYS: Final = re.compile(
    r"(?i)\b(don.t|never|always|auto|all|session|conversation|switch|similar|these files|start with|remember|persist"
    r"|every|project|bypass|from now on)\b"
)
_ONCE: Final = re.compile(
    r"(?i)(yes|allow|approve|accept)(, proceed|,? (just )?(this )?(once|time)|, grant these permissions"
    r"|, implement this plan|, and manually approve edits)?\.?"
)
_AFFIRMS: Final = re.compile(r"(?i)(yes|allow|approve|accept|trust)\b")
_REJECTS: Final = re.compile(r"(?i)(no|reject|deny|decline|cancel)\b(?! of the above)")
_ESC_REJECTS: Final = re.compile(r"(?i)\besc (to (cancel|interrupt|go back|close)|back)\b")
_FIELD: Final = re.compile(r"Type something\b|(Yes|No), and tell Claude what to do\b(?!.*\(esc\)$)")
_NOTES: Final = re.compile(r"(?i)\besc to clear notes?\b")


@dataclass(frozen=True, slots=True)
class Choice:
    """One numbered answer."""

    number: int
    """As shown, from 1."""
    label: str
    """Its text without the key that the agent names behind it."""
    key: str
    """What is pressed to take it; see `Multiplexer.send_key`. Empty: no single key does."""
    kind: ChoiceKind
    """``accept-always`` also stands for every answer that changes a mode or holds longer than this once."""


@dataclass(frozen=True, slots=True)
class DialogId:
    """What makes a dialog this one and no other. Compare with `same`: rows break elsewhere on another width."""

    agent: str
    state: AgentState
    title: str
    body: tuple[str, ...]
    """All rows above the options: command, file, reason. No frame, no spinner."""
    options: tuple[str, ...]
    """Labels as shown, ticks included; not which of them the cursor stands on."""
    width: int

    def same(self, other: DialogId) -> bool:
        """Whether both are one dialog. On one width every character counts, on two widths all but blanks and breaks."""
        if (self.agent, self.state, len(self.options)) != (other.agent, other.state, len(other.options)):
            return False
        if self.width == other.width:
            return (self.title, self.body, self.options) == (other.title, other.body, other.options)
        pairs = [(self.title, other.title), ("".join(self.body), "".join(other.body))]
        return all(_squeezed(a) == _squeezed(b) for a, b in (*pairs, *zip(self.options, other.options, strict=True)))


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open dialog."""

    id: DialogId
    asked: Asked
    choices: tuple[Choice, ...]
    can_escape: bool = False
    """An approval or question that says that Esc leaves it."""
    text_field: bool = False
    """The cursor stands in a text field of the dialog: a digit would be typed, not choose."""

    @property
    def title(self) -> str:
        """The question, on one line."""
        return self.id.title

    @property
    def subject(self) -> str:
        """The command or file it wants, as far as the screen shows it; rows are joined by newlines."""
        return self.asked.subject

    def text(self) -> str:
        """All of it, for people and for the journal."""
        return "\n".join((self.id.title, *self.id.body, *(f"{c.number}. {c.label}" for c in self.choices)))


def read_dialog(screen: Screen, seen: Detection) -> Dialog | None:
    """Return the dialog that *seen* (the verdict about *screen*) says is open, or None. Never raises."""
    span = seen.regions.dialog
    if span is None or seen.keep or not 0 <= span[0] < span[1] <= len(screen.lines):
        return None
    rows = tuple(unframed(row) for row in screen.lines[span[0] : span[1]])
    what = asked(screen, seen, span)
    title = " ".join(seen.reason.split()) or next((row.strip() for row in what.body if row.strip()), "")
    identity = DialogId(seen.agent, seen.state, title, what.body, seen.options, screen.width)
    text = "\n".join(rows)
    escape = seen.state in (AgentState.APPROVAL, AgentState.QUESTION) and _ESC_REJECTS.search(text) is not None
    return Dialog(identity, what, choices(seen), escape, _in_text_field(seen, rows, text))


def choices(seen: Detection) -> tuple[Choice, ...]:
    """Return the numbered answers of the dialog in *seen*; empty when it shows none."""
    letters = [found["key"] for label in seen.options if (found := _HINT.search(label)) and found["key"]]
    made = []
    for number, shown in enumerate(seen.options, 1):
        label = _TICK.sub("", shown)
        found = _HINT.search(label)
        letter = (found["key"] or "") if found else ""
        label = label[: found.start()] if found else label
        named = seen.agent == "codex" and len(letter) == 1 and letters.count(letter) == 1
        key = letter if named else str(number) if number <= 9 else ""
        made.append(Choice(number, label, key, _kind(label, seen.state)))
    return tuple(made)


def choose(dialog: Dialog, wanted: str) -> tuple[Choice | None, str]:
    """Return (the answer that *wanted* means, ``""``) or (None, why it means none).

    *wanted* is ``y`` (accept, this once), ``n`` (reject) or a digit. ``y`` never means an answer that holds longer
    than once; where not exactly one answer fits, none is chosen. A rejection without an option of its own has number 0.
    """
    if wanted in ("y", "n"):
        kind: ChoiceKind = "accept-once" if wanted == "y" else "reject"
        fitting = [choice for choice in dialog.choices if choice.kind == kind and choice.key]
        if len(fitting) == 1:
            return fitting[0], ""
        if wanted == "n" and not fitting and dialog.can_escape:
            return Choice(0, "Esc", ESCAPE, "reject"), ""
        return None, _unsure(wanted, several=bool(fitting))
    for choice in dialog.choices:
        if wanted == str(choice.number) and choice.key:
            return choice, ""
    return None, tr("this dialog has no answer {wanted}", wanted=wanted)


def _unsure(wanted: str, *, several: bool) -> str:
    if wanted == "y" and several:
        return tr("more than one answer of this dialog surely accepts this once; press the number of one")
    if wanted == "y":
        return tr("no answer of this dialog surely accepts this once; press the number of one")
    if several:
        return tr("more than one answer of this dialog surely rejects; press the number of one")
    return tr("no answer of this dialog surely rejects; press the number of one")


def _kind(label: str, state: AgentState) -> ChoiceKind:
    if state is AgentState.APPROVAL and _ONCE.fullmatch(label):
        return "accept-once"
    if _REJECTS.match(label):
        return "other" if _ALWAYS.search(label) else "reject"
    if _AFFIRMS.match(label):
        return "accept-always" if _ALWAYS.search(label) else "other"
    return "other"


def _in_text_field(seen: Detection, rows: Sequence[str], text: str) -> bool:
    marked = marked_label(rows)
    if marked is None:
        return False
    number, label = marked
    if seen.agent == "claude":
        # Once something is typed, the placeholder is gone: the field is the one before "Chat about this".
        options = seen.options
        last = len(options) if options and options[-1].startswith("Chat about this") else 0
        return _FIELD.match(label) is not None or number == last - 1
    return _NOTES.search(text) is not None


def _squeezed(text: str) -> str:
    return "".join(text.split())
