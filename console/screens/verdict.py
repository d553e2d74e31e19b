"""Recording a cross-check of one dispatch, and giving it another state."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.model.dispatch import Dispatch, DispatchStatus, VerificationVerdict
from console.model.verdict_words import verdict_word
from console.model.verify_answer import Answer
from console.safety import check_outgoing

EVIDENCE: Final = 300
"""Characters of a line of evidence that are shown."""
_FIELDS: Final = (
    ("by", mark("verified by"), "surface:6"),
    ("self", mark("self score"), mark("the author's own, for example 4.9")),
    ("cross", mark("cross score"), mark("the verifier's, for example 3.8")),
    ("verdict", mark("verdict"), mark("pass, warn or fail (통과, 경고, 실패)")),
    ("note", mark("note"), mark("what was found")),
)


@dataclass(frozen=True, slots=True)
class Check:
    """What was typed in."""

    by: str
    self_score: float | None
    cross_score: float | None
    verdict: VerificationVerdict | None
    note: str


class VerdictScreen(ModalScreen[Check | None]):
    """Returns the check, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "save", "record", key_display="ctrl+s"),
        Binding("escape", "leave", "cancel"),
    ]

    def __init__(self, dispatch: Dispatch, refuse: Callable[[str], str], answer: Answer | None = None) -> None:
        """*refuse* says why a verifier may not verify it; *answer* is what the one that was asked has said."""
        super().__init__()
        self._dispatch = dispatch
        self._refuse = refuse
        self._answer = answer

    def compose(self) -> ComposeResult:
        """One line for each part of the check; what is known already stands there."""
        with Vertical():
            title = tr(
                "Verification of {label} · {surface}", label=self._dispatch.label, surface=self._dispatch.surface
            )
            yield Static(title, classes="dialog--title", markup=False)
            yield Static(self._dispatch.task, markup=False)
            if self._answer is not None:
                yield Static(_evidence(self._answer), id="evidence")
            for (name, label, hint), value in zip(_FIELDS, self._values(), strict=True):
                with Horizontal():
                    yield Static(tr(label), classes="verdict--label", markup=False)
                    yield Input(value, placeholder=tr(hint), id=f"check-{name}", compact=True)
            yield Static("", classes="dialog--hint", id="judged", markup=False)

    def _values(self) -> tuple[str, ...]:
        """What is known stands there: what the verifier has said goes before what the record has."""
        known, answer = self._dispatch.verification, self._answer
        if answer is None:
            if known is None:
                return ("",) * len(_FIELDS)
            return known.by, _shown(known.self_score), _shown(known.cross_score), _word(known.verdict), known.note
        found = answer.findings
        own = found.self_score if found.self_score is not None or known is None else known.self_score
        return answer.by, _shown(own), _shown(found.cross_score), _word(found.verdict), ""

    def on_mount(self) -> None:
        """Say what is still missing from the start; begin at the first line that is empty."""
        self._judge()
        lines = list(self.query(Input))
        first = next((line for line in lines if not line.value), lines[-1]) if self._answer is not None else lines[0]
        first.focus()

    def on_input_changed(self) -> None:
        """Judge as it is typed."""
        self._judge()

    def on_input_submitted(self) -> None:
        """Enter goes to the next line; on the last one it records."""
        if self.focused is not None and self.focused.id == "check-note":
            self.action_save()
        else:
            self.focus_next()

    def _judge(self) -> Check | None:
        found, wrong = self._read()
        text = f"✗ {wrong}" if wrong else tr("ctrl+s records it, Esc goes back.")
        self.query_one("#judged", Static).update(text)
        return found

    def _read(self) -> tuple[Check | None, str]:
        by, own, cross, word, note = (self.query_one(f"#check-{name}", Input).value.strip() for name, *_ in _FIELDS)
        if not by:
            return None, tr("who verified it?")
        if reason := self._refuse(by):
            return None, reason
        scores = []
        for text in (own, cross):
            score = _score(text)
            if score is not None and math.isnan(score):
                return None, tr("{text} is no score; write for example 4.9", text=text)
            scores.append(score)
        verdict = verdict_word(word)
        if word and verdict is None:
            verdict = next((each for each in VerificationVerdict if each.value.startswith(word.casefold())), None)
        if word and verdict is None:
            return None, tr("{word} is no verdict; write pass, warn or fail", word=word)
        if verdict is None and scores == [None, None]:
            return None, tr("a verification needs a verdict or a score")
        if check_outgoing(note)[1]:
            return None, tr("the note holds control characters; take them out")
        return Check(by, scores[0], scores[1], verdict, note), ""

    def action_save(self) -> None:
        """Return the check."""
        found = self._judge()
        if found is not None:
            self.dismiss(found)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _evidence(answer: Answer) -> Text:
    """Where what stands here comes from."""
    found, told = answer.findings, Text()
    label, name = answer.asked.label, answer.name
    if found.lines:
        told.append(tr("{label} on {name} said at the end:", label=label, name=name) + "\n", style="dim")
        told.append("\n".join(f"  {line[:EVIDENCE]}" for line in found.lines))
    else:
        why = answer.why or tr("its last message names no score and no verdict")
        told.append(
            tr("▲ {label} on {name}: {why}. Read what it said, then type it in.", label=label, name=name, why=why)
        )
    if found.doubt:
        told.append(f"\n▲ {found.doubt}")
    return told


def _word(verdict: VerificationVerdict | None) -> str:
    """*verdict* as it may be typed: in the language of the interface where that is understood."""
    word = tr(verdict) if verdict is not None else ""
    return word if verdict_word(word) is verdict else str(verdict)


def _shown(score: float | None) -> str:
    return "" if score is None else f"{score:g}"


class StatusScreen(ModalScreen[DispatchStatus | None]):
    """Returns the new state of a dispatch, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "back")]

    CHOICES: ClassVar = tuple(
        each for each in DispatchStatus if each not in (DispatchStatus.UNKNOWN, DispatchStatus.SENDING)
    )

    def __init__(self, dispatch: Dispatch) -> None:
        super().__init__()
        self._dispatch = dispatch

    def compose(self) -> ComposeResult:
        """The states."""
        with Vertical():
            yield Static(tr("{label} is now …", label=self._dispatch.label), classes="dialog--title", markup=False)
            yield OptionList(*(Option(tr(each)) for each in self.CHOICES), markup=False)
            yield Static(tr("Enter writes it into the log, Esc goes back."), classes="dialog--hint", markup=False)

    def on_mount(self) -> None:
        """At the present state."""
        listed = self.query_one(OptionList)
        status = self._dispatch.status
        listed.highlighted = self.CHOICES.index(status) if status in self.CHOICES else 0
        listed.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Chosen."""
        self.dismiss(self.CHOICES[event.option_index])

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _score(text: str) -> float | None:
    """None for nothing, NaN for what is no score."""
    if not text:
        return None
    try:
        score = float(text.replace(",", "."))
    except ValueError:
        return math.nan
    return score if 0 <= score < 1e6 else math.nan
