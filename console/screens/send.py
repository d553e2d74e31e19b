"""The composer: the text, to whom, and what the guards say of it while it is typed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from console.commands import COMPOSER
from console.i18n import mark, tr
from console.model.composed import EARLIER, Broadcast, Composed, earlier, earlier_ones
from console.model.dispatch import Dispatch
from console.model.guard_facts import Level
from console.model.parcel import Fate, Parcel, fate
from console.model.surface import Surface
from console.model.template import Template, fill, values
from console.model.verify_task import name_of
from console.safety import check_outgoing
from console.screens.desk import Desk
from console.screens.earlier_texts import EarlierTexts
from console.screens.picking import PickScreen
from console.screens.preview import PreviewScreen
from console.screens.send_hint import Judged, hint
from console.screens.targets import ConfirmScreen, TargetsScreen
from console.widgets.choice import Choice
from console.widgets.verdicts import fate_line, guard_lines, target_line

NOBODY: Final = mark("nobody")
WIDTHS: Final = [(0, "-narrow"), (110, "-wide")]
HEIGHTS: Final = [(0, "-low"), (32, "-tall")]
SHOWN_TARGETS: Final = 3
"""Targets that have a line above the text; more of them stand beside it."""


class SendScreen(EarlierTexts):
    """Returns what is to be done with the text at each surface, or None when the operator thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(c.key, c.action, c.title, priority=True, key_display=c.keys.split(" ", 1)[0]) for c in COMPOSER
    ]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(
        self,
        desk: Desk,
        keys: Sequence[str],
        about: Dispatch | None = None,
        *,
        text: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """*keys* are those of the surfaces; *about* is the dispatch it was opened from; *text* stands there at first.

        Where *fields* for the record are given, role, verifier and target are settled.
        """
        super().__init__(desk)
        self._text = text
        self._given = fields
        self._about = about
        self._keys = tuple(keys)
        self._known: dict[str, Surface] = {}
        self._verifiers: list[Surface] = []
        self._remark = ""
        self._weighing = False

    def compose(self) -> ComposeResult:
        """To whom, the text, who checks it, what is wrong with it."""
        self._verifiers = [s for s in self._desk.snapshot().fleet() if (s.place is not None or s.agent) and not s.gone]
        # Textual gives a screen these classes with its first resize (8.2.8): a frame too late.
        for cells, steps in zip(self.app.size, (WIDTHS, HEIGHTS), strict=True):
            self.add_class(next(name for least, name in reversed(steps) if least <= cells))
        with Vertical(id="composer"):
            yield Static("", classes="dialog--title", markup=False)
            yield Static("", id="targets", markup=False)
            with Horizontal(id="body"):
                with Vertical(id="writing"):
                    yield TextArea(self._text, id="text", soft_wrap=True, tab_behavior="focus")
                    with Horizontal(id="fields"):
                        yield Input(id="role", compact=True)
                        yield Choice(tr("verifier"), [tr(NOBODY), *(s.name for s in self._verifiers)], id="verifier")
                        yield Choice(tr("context"), ["0"], id="context")
                    yield Input(id="override", compact=True)
                with VerticalScroll(id="weighing", can_focus=False):
                    yield Static("", id="guards", markup=False)
            yield Static("", classes="dialog--hint", id="verdict", markup=False)

    def on_mount(self) -> None:
        """Say what will happen from the start."""
        self.query_one("#override", Input).display = False
        for name in ("#role", "#verifier"):
            self.query_one(name).display = self._given is None
        self._take_targets(self._keys)
        self._weigh()
        self.query_one(TextArea).focus()
        self.set_interval(1.0, self._weigh)  # what a surface shows changes meanwhile
        self._remember()

    # -- to whom -------------------------------------------------------------------------------------------------

    def _surfaces(self) -> list[Surface]:
        """The targets as they are now; one that is away as it was last."""
        snapshot = self._desk.snapshot()
        for key in self._keys:
            surface = snapshot.surface(key)
            if surface is not None:
                self._known[key] = surface
        return [self._known[key] for key in self._keys if key in self._known]

    def _take_targets(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        surfaces, snapshot = self._surfaces(), self._desk.snapshot()
        most = max((len(earlier_ones(surface, snapshot)) for surface in surfaces), default=0)
        context = self.query_one("#context", Choice)
        context.display = most > 0 and self._desk.judge is not None
        fresh = len(context.options) == 1
        context.offer([tr("{count} of {most}", count=count, most=most) for count in range(min(most, 9) + 1)])
        if fresh:
            context.choose(min(EARLIER, most))
        roles = {surface.role for surface in surfaces}
        told = tr("role: {role}", role=roles.pop() or tr("none")) if len(roles) == 1 else tr("own role")
        self.query_one("#role", Input).placeholder = told
        self._offer()

    async def action_targets(self) -> None:
        """Mark the surfaces that get it."""
        if self._given is not None:
            self.notify(tr("This task is for this surface alone."), markup=False, timeout=4)
            return

        def taken(keys: tuple[str, ...] | None) -> None:
            if keys:
                self._take_targets(keys)
                self._weigh()

        await self.app.push_screen(TargetsScreen(self._desk.snapshot, self._keys), taken)

    # -- what is sent --------------------------------------------------------------------------------------------

    def _fields(self, surface: Surface) -> Mapping[str, Any]:
        if self._given is not None:
            return self._given
        role = self.query_one("#role", Input).value.strip() or surface.role
        at = self.query_one("#verifier", Choice).at
        verifier = name_of(self._verifiers[at - 1]) if at > 0 else ""
        return {name: text for name, text in (("role", role), ("verifier", verifier)) if text}

    def _composed(self, surface: Surface) -> Composed:
        override = self.query_one("#override", Input)
        names = tuple(override.value.replace(",", " ").split()) if override.display else ()
        context = self.query_one("#context", Choice)
        before = earlier(surface, self._desk.snapshot(), context.at if context.display else 0)
        fields = self._fields(surface) if self._desk.judge is not None else {}
        return Composed(self.query_one(TextArea).text, names, before, fields)

    def _judged(self, queue: bool = False) -> list[Judged]:
        """For each target: what becomes of the text there, and what the guards say."""
        surfaces = self._surfaces()
        found = [self._weighed(each, self._composed(each), queue, len(surfaces) > 1) for each in surfaces]
        going = [surface.info.ref for surface, parcel, _ in found if parcel.fate is not Fate.REFUSE]
        if len(going) < 2:
            return found
        # Only those that get it are told of each other; and each counts for the hourly rate of those after it.
        newest = max((each.number or 0 for each in self._desk.snapshot().log.dispatches), default=0)
        again: list[Judged] = []
        for surface, parcel, verdicts in found:
            if parcel.fate is Fate.REFUSE:
                again.append((surface, parcel, verdicts))
                continue
            ahead = tuple(s.info.ref for s, p, _ in again if p.fate is Fate.SEND)
            composed = replace(parcel.composed, broadcast=Broadcast(tuple(going), newest, ahead))
            again.append(self._weighed(surface, composed, queue, True))
        return again

    def _weighed(self, surface: Surface, composed: Composed, queue: bool, several: bool) -> Judged:
        verdicts = self._desk.verdicts(surface.key, composed)
        if not composed.text.strip():
            verdicts = tuple(each for each in verdicts if each.rule != "characters")  # no text is no mistake
        what, why = fate(verdicts, composed.overrides, queue=queue, several=several)
        return surface, Parcel(surface.key, surface.name, composed, what, why), verdicts

    # -- what is said of it --------------------------------------------------------------------------------------

    def on_text_area_changed(self) -> None:
        """Judge as it is typed."""
        self._weigh_soon()

    def on_input_changed(self) -> None:
        """A guard is named, a role is given."""
        self._weigh_soon()

    def on_choice_changed(self) -> None:
        """Another verifier, more context."""
        self._weigh_soon()

    def on_resize(self) -> None:
        """More or less room for the guards."""
        self._weigh_soon()

    def _title(self, judged: Sequence[Judged]) -> str:
        whom = judged[0][0].name if judged else tr(NOBODY)
        if len(judged) > 1:
            whom = tr("{count} surfaces", count=len(judged))
        title = tr("Send to {name}", name=whom)
        return title + "  " + tr("after {label}", label=self._about.label) if self._about is not None else title

    def _weigh_soon(self) -> None:
        """Once for the keys of one moment: a log may be long, a paste may come in pieces."""
        if not self._weighing:
            self._weighing = True
            self.call_after_refresh(self._weigh)

    def _weigh(self) -> None:
        """Show what stands against the text."""
        self._weighing = False
        if not self.is_attached or not self.query("#verdict"):
            return
        judged = self._judged()
        several = len(judged) > 1
        self.set_class(several, "-several")
        self.query_one(".dialog--title", Static).update(self._title(judged))
        now = time.time()
        lines = [target_line(surface, now) for surface, _, _ in judged[:SHOWN_TARGETS]]
        if len(judged) > SHOWN_TARGETS:
            lines.append(Content.assemble((tr("and {count} more", count=len(judged) - SHOWN_TARGETS), "dim")))
        self.query_one("#targets", Static).update(Content("\n").join(lines))
        if several:
            found = Content("\n").join([fate_line(parcel) for _, parcel, _ in judged])
        else:
            wide = self.has_class("-wide")
            found = guard_lines(judged[0][2], judged[0][1].composed.overrides, wide=wide) if judged else Content("")
        shown = any(judged) and (several or bool(judged[0][2]))
        self.query_one("#weighing").display = shown
        self.query_one("#guards", Static).update(found)
        rules = [v for _, _, verdicts in judged for v in verdicts if v.level is Level.REFUSE and not v.final]
        override = self.query_one("#override", Input)
        override.display = bool(rules)
        if rules:
            override.placeholder = tr("to send it all the same, name the guard: {rule}", rule=rules[0].rule)
        last, text = self.query_one("#verdict", Static), self.query_one(TextArea).text
        last.update(hint(judged, text, self._desk, self._remark, last.size.width))

    # -- the keys ------------------------------------------------------------------------------------------------

    async def action_send(self) -> None:
        """Send it, after a question where there are several."""
        await self._go(queue=False)

    async def action_queue(self) -> None:
        """Let it wait until the surface is idle."""
        if self._desk.queues:
            await self._go(queue=True)

    async def _go(self, *, queue: bool) -> None:
        area = self.query_one(TextArea)
        wrong = bool(check_outgoing(area.text)[1])
        if not area.text.strip():
            return

        def parcels() -> tuple[Parcel, ...]:
            return tuple(parcel for _, parcel, _ in self._judged(queue))

        self._weigh()
        found = parcels()
        if wrong or (len(found) < 2 and all(parcel.fate is Fate.REFUSE for parcel in found)):
            self.notify(tr("Nothing was sent; the text stays here."), severity="warning", markup=False, timeout=4)
        elif len(found) == 1:
            self.dismiss(found)
        else:

            def confirmed(chosen: tuple[Parcel, ...] | None) -> None:
                if chosen is not None:
                    self.dismiss(chosen)

            await self.app.push_screen(ConfirmScreen(parcels, queues=self._desk.queues and not queue), confirmed)

    async def action_preview(self) -> None:
        """Show exactly what would be typed."""
        by_text: dict[str, list[str]] = {}
        for surface, parcel, _ in self._judged():
            shown = self._desk.preview(parcel.composed) if self._desk.preview is not None else parcel.composed.typed
            by_text.setdefault(shown, []).append(surface.name)
        await self.app.push_screen(PreviewScreen([(", ".join(names), text) for text, names in by_text.items()]))

    async def action_template(self) -> None:
        """Choose a prepared text."""
        listed = self._desk.templates

        def taken(at: int | None) -> None:
            if at is not None:
                self._fill(listed[at])

        nothing = tr("There are none. Write some under `templates:` in the configuration.")
        entries = [(each.name, each.text) for each in listed]
        await self.app.push_screen(PickScreen(tr("Templates"), entries, nothing), taken)

    def _fill(self, template: Template) -> None:
        surfaces, log = self._surfaces(), self._desk.snapshot().log.dispatches
        role = self.query_one("#role", Input)
        if template.role:
            role.value = template.role
        if template.verifier:
            found = [at for at, each in enumerate(self._verifiers, 1) if each.answers_to(template.verifier)]
            self.query_one("#verifier", Choice).choose(found[0] if found else 0)
        meant = values(
            surfaces[0] if surfaces else None, log,
            about=self._about, role=role.value.strip(), handoff=self._desk.handoff(), date=self._desk.today(),
        )  # fmt: skip
        filled = fill(template.text.rstrip("\n"), meant)
        notes = [filled.remark] if filled.remark else []
        if template.verifier and not found:
            notes.append(tr("the verifier {name} is not here", name=template.verifier))
        if len(surfaces) > 1 and filled.text != template.text.rstrip("\n"):
            notes.append(tr("filled in for {name}; the others get the same text", name=surfaces[0].name))
        self._remark = "; ".join(notes)
        self.query_one(TextArea).insert(filled.text)
        self._weigh_soon()

    @work(exclusive=True, group="edit", exit_on_error=False, name=mark("editor"))
    async def action_edit(self) -> None:
        """Take the text to the operator's own editor."""
        area = self.query_one(TextArea)
        text = await self._desk.edit(area.text) if self._desk.edit is not None else None
        if text is not None and text != area.text:
            self._put(text)
