"""The composer: the text for one surface, with what the guards say of it while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Static, TextArea

from console.model.agent import TAKES_NO_TEXT
from console.model.composed import Composed
from console.model.dispatch import Dispatch
from console.model.guard_facts import Level, Verdict
from console.model.surface import Surface
from console.safety import check_outgoing
from console.widgets.surface_pane import state_of

SHOWN: Final = 6
"""Verdicts that are listed; the worst come first."""
PREVIEW: Final = 2000
"""Characters of what would be typed that are shown."""

Judge = Callable[[Composed], tuple[Verdict, ...]]
Preview = Callable[[Composed], str]


class SendScreen(ModalScreen[Composed | None]):
    """Returns what is to be sent, or None when the operator thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter,f5", "send", "send", key_display="ctrl+s"),
        Binding("ctrl+d", "preview", "what would be typed", priority=True),
        Binding("escape", "leave", "cancel"),
    ]

    def __init__(
        self,
        surface: Surface,
        dispatch: Dispatch | None,
        now: Callable[[], Surface | None],
        judge: Judge | None = None,
        preview: Preview | None = None,
        context: str = "",
        text: str = "",
    ) -> None:
        """*judge* asks the guards, *context* is what may be put before the text for an agent that remembers nothing.

        *text* stands there from the start.
        """
        super().__init__()
        self._surface = surface
        self._current = now
        self._dispatch = dispatch
        self._guards = judge
        self._preview = preview
        self._before = context
        self._first = text

    def compose(self) -> ComposeResult:
        """To whom, the text, what is wrong with it."""
        surface = self._surface
        about = " · ".join(t for t in (surface.agent, surface.role, surface.info.ref, str(state_of(surface))) if t)
        with Vertical():
            yield Static(f"Send to {surface.name}", classes="dialog--title", markup=False)
            yield Static(about, markup=False)
            yield TextArea(self._first, id="text", soft_wrap=True, tab_behavior="focus")
            if self._before:
                label = Text("tell it its earlier dispatches here first: it remembers nothing")
                yield Checkbox(label, value=True, id="context", compact=True, classes="send--line")
            yield Input(placeholder="guards to override, by name", id="override", compact=True, classes="send--line")
            yield Static("", id="guards", markup=False)
            yield Static("", classes="dialog--hint", id="verdict", markup=False)

    def on_mount(self) -> None:
        """Say what will happen from the start."""
        self.query_one("#override", Input).display = False
        self._judge()
        self.query_one(TextArea).focus()
        self.set_interval(1.0, self._judge)  # what a surface shows changes meanwhile

    def on_text_area_changed(self) -> None:
        """Judge as it is typed."""
        self._judge()

    def on_input_changed(self) -> None:
        """A guard is named."""
        self._judge()

    def on_checkbox_changed(self) -> None:
        """The context is taken in or out."""
        self._judge()

    def _composed(self) -> Composed:
        override = self.query_one("#override", Input)
        names = tuple(override.value.replace(",", " ").split()) if override.display else ()
        context = self._before if self._before and self.query_one("#context", Checkbox).value else ""
        return Composed(self.query_one(TextArea).text, names, context)

    def _judge(self) -> bool:
        """Show what stands against the text; whether it may be sent."""
        composed = self._composed()
        text, wrong = check_outgoing(composed.text)
        hint = self.query_one("#verdict", Static)
        if wrong:
            hint.update(f"✗ line {wrong[0].line}: {wrong[0].name} cannot be typed; take it out ({len(wrong)} in all)")
            return False
        count = text.count("\n") + 1
        lines = [f"{len(text)} characters, {count} line{'' if count == 1 else 's'}.  ctrl+s sends it, ctrl+d shows "
                 "what would be typed, Esc leaves."]  # fmt: skip
        if self._guards is not None:
            may = self._show_guards(self._guards(composed), composed)
        else:
            why = self._barred()
            may = not why
            if why:
                lines.insert(0, f"✗ {self._surface.name} {why}. Nothing can be sent.")
        if may and self._dispatch is not None:
            lines.insert(0, f"▲ {self._dispatch.label} is still open here: {self._dispatch.task}")
        hint.update("\n".join(lines))
        return may

    def _show_guards(self, verdicts: tuple[Verdict, ...], composed: Composed) -> bool:
        found = sorted((v for v in verdicts if v.level is not Level.PASS), key=lambda v: (-v.level, not v.final))
        told = Text()
        stands = False
        for each in found[:SHOWN]:
            set_aside = each.rule in composed.overrides and not each.final
            refused = each.level is Level.REFUSE and not set_aside
            stands = stands or refused
            mark = "✗" if refused else "▲"
            note = " (overridden)" if set_aside and each.level is Level.REFUSE else ""
            told.append(f"{mark} {each.rule}{note}: {each.evidence}", style="bold" if refused else "")
            told.append(f"  {each.remedy}\n" if each.remedy else "\n", style="dim")
        stands = stands or any(
            v.level is Level.REFUSE and (v.final or v.rule not in composed.overrides) for v in found[SHOWN:]
        )
        if not found:
            told.append(f"✓ {len(verdicts)} guards have nothing against it", style="dim")
        self.query_one("#guards", Static).update(told)
        override = self.query_one("#override", Input)
        override.display = any(v.level is Level.REFUSE and not v.final for v in found)
        return not stands

    def _barred(self) -> str:
        """Why the surface, as it is now, takes no text, or nothing: the text stays here until it does."""
        self._surface = surface = self._current() or self._surface
        if surface.gone:
            return f"is gone: {surface.gone}"
        if surface.unconfirmed:
            return f"is blocked: {surface.unconfirmed}; Esc, look at it, and C confirms it"
        return f"shows {state_of(surface)}: answer that first" if state_of(surface) in TAKES_NO_TEXT else ""

    def action_send(self) -> None:
        """Return what was composed."""
        composed = self._composed()
        if self._judge() and composed.text.strip():
            self.dismiss(composed)
        elif composed.text.strip():
            self.notify("Nothing was sent; the text stays here.", severity="warning", markup=False, timeout=4)

    def action_preview(self) -> None:
        """Show exactly what would be typed."""
        if self._preview is not None:
            shown = self._preview(self._composed())
            self.notify(shown[:PREVIEW] or "nothing", title="Would be typed", markup=False, timeout=15)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)
