"""What the guards say, as the composer shows it: refusals first, each with its remedy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from console.i18n import mark, tr, trn
from console.model.agent import SYMBOLS
from console.model.guard_facts import Level, Verdict
from console.model.parcel import Fate, Parcel
from console.model.surface import Surface
from console.widgets.lines import cut
from console.widgets.surface_pane import REF_WIDTH, state_of
from console.widgets.words import span

WORDS: Final = {
    Fate.SEND: mark("is sent"),
    Fate.QUEUE: mark("is queued until it is idle"),
    Fate.REFUSE: mark("gets nothing"),
}
MARKS: Final = {Fate.SEND: ("✓", "$success"), Fate.QUEUE: ("◌", "$primary"), Fate.REFUSE: ("✗", "$error")}
STATE: Final = 14
"""Cells of the column of states and how long each lasts."""

Part = str | tuple[str, str]


def found_in(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that have something against it; refusals first, of these the ones nobody can set aside."""
    return sorted((v for v in verdicts if v.level is not Level.PASS), key=lambda v: (-v.level, not v.final))


def guard_lines(verdicts: Sequence[Verdict], overrides: Collection[str], *, wide: bool) -> Content:
    """One verdict a paragraph where it is *wide*, else a line each."""
    parts: list[Part] = []
    for each in found_in(verdicts):
        aside = each.rule in overrides and not each.final
        refused = each.level is Level.REFUSE and not aside
        sign, style = ("✗", "bold $error") if refused else ("▲", "$warning")
        note = tr(" (set aside)") if aside and each.level is Level.REFUSE else ""
        parts += [(f"{sign} {each.rule}{note}", style), "\n  " if wide else ": ", each.evidence]
        if each.remedy:
            parts += ["\n  " if wide else "  ", (f"→ {each.remedy}", "dim")]
        parts.append("\n\n" if wide else "\n")
    if not parts:
        parts = [("✓ ", "$success"), (_none(len(verdicts)), "dim")]
    return Content.assemble(*parts).rstrip()


def _none(count: int) -> str:
    return trn("{count} guard has nothing against it", "{count} guards have nothing against it", count)


def target_line(surface: Surface, now: float, width: int = 0) -> Content:
    """A surface with its live state, in one line; *width* cells, or more, for its name where several stand in a list.

    What matters stands first: a narrow line loses its end.
    """
    state = state_of(surface)
    word = tr("gone") if surface.gone else tr("blocked") if surface.unconfirmed else tr(state)
    ref = cut(surface.info.ref, REF_WIDTH + 1)
    about = " · ".join(t for t in (surface.agent, surface.role, ref) if t and t != surface.name)
    since = f" {span(now - surface.status.since)}" if surface.status is not None else ""
    room = max(0, STATE * bool(width) - cell_len(word) - len(since))
    return Content.assemble(
        (f"{SYMBOLS[state]} ", f"$state-{state}"),
        (surface.name, "bold"),
        " " * max(0, width - cell_len(surface.name)),
        "  ",
        (word, f"$state-{state}"),
        (since, "dim"),
        " " * room,
        (f"  {about}" if about else "", "dim"),
    )


def fate_line(parcel: Parcel) -> Content:
    """What becomes of the text at one of several surfaces."""
    sign, style = MARKS[parcel.fate]
    why = f": {parcel.why}" if parcel.why else ""
    return Content.assemble((f"{sign} ", style), (parcel.name, "bold"), f" {tr(WORDS[parcel.fate])}", (why, "dim"))
