"""What can be done to a service: the exact command of each act, what it does, why not; then what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from console.i18n import mark, tr
from console.model.cells import padded
from console.model.observed import seen, wanted
from console.model.service import Service
from console.model.service_act import OUTCOMES, Done, Offer

HINT: Final = mark("Enter chooses, Esc goes back.")
VERB: Final = 10
"""Cells of the column of acts."""


class ServiceActScreen(ModalScreen[None]):
    """Enter asks, ``y`` does it; the result stands there when its state was read again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back"),
        Binding("y", "sure(True)", "yes"),
        Binding("n", "sure(False)", "no"),
    ]

    def __init__(
        self,
        service: Service,
        ask: Callable[[], Awaitable[Sequence[Offer]]],
        act: Callable[[Offer], Awaitable[Done]],
        read_only: bool = False,
    ) -> None:
        """*ask* gives what can be done now, *act* does one of it."""
        super().__init__()
        self._service = service
        self._ask = ask
        self._act = act
        self._read_only = read_only
        self._offers: tuple[Offer, ...] = ()
        self._chosen: Offer | None = None
        self._busy = False

    def compose(self) -> ComposeResult:
        """The service, what can be done, the question or the result."""
        service = self._service
        with Vertical():
            yield Static(Text(service.name), classes="dialog--title")
            told = tr(
                "{observed}, expected {expected} ({evidence})",
                observed=seen(service.observed),
                expected=wanted(service.expected),
                evidence=service.evidence,
            )
            yield Static(Text(told, style="dim"), classes="act--seen")
            yield OptionList(id="offers", markup=False)
            yield Static(tr("asking its manager …"), classes="dialog--hint", id="told", markup=False)

    def on_mount(self) -> None:
        """Find out what can be done."""
        self.query_one(OptionList).focus()
        self._fill_soon("")

    def _fill_soon(self, told: str) -> None:
        self.run_worker(self._fill(told), exclusive=True, exit_on_error=False)

    async def _fill(self, told: str) -> None:
        self._offers = tuple(await self._ask())
        listed = self.query_one(OptionList)
        at = listed.highlighted
        listed.clear_options()
        listed.add_options([Option(_drawn(offer)) for offer in self._offers])
        first = next((nr for nr, offer in enumerate(self._offers) if not offer.refusal), 0)
        listed.highlighted = (first if at is None else min(at, len(self._offers) - 1)) if self._offers else None
        nothing = tr(
            "{kind} has no manager that could start or stop it: it is only watched.  Esc goes back.",
            kind=self._service.manager or tr("It"),
        )
        self._tell("\n".join(filter(None, (told, tr(HINT) if self._offers else nothing))))

    def _tell(self, text: str) -> None:
        self.query_one("#told", Static).update(text)

    def on_option_list_option_highlighted(self) -> None:
        """Another one: the question about the one before is off."""
        at = self.query_one(OptionList).highlighted
        if self._chosen is not None and not self._busy and (at is None or self._offers[at] is not self._chosen):
            self._chosen = None
            self._tell(tr(HINT))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Ask, or say why not."""
        if self._busy or event.option_index >= len(self._offers):
            return
        offer = self._offers[event.option_index]
        if self._read_only:
            self._tell(tr("The console is read-only: nothing is started or stopped.  Esc goes back."))
        elif offer.refusal:
            self._tell(tr("✗ refused: {why_not}.  Esc goes back.", why_not=offer.why_not))
        else:
            self._chosen = offer
            self._tell(
                tr(
                    "{verb} {service}?\n{commands}\n{consequence}.\ny does it, n does not.",
                    verb=tr(str(offer.verb)),
                    service=offer.service,
                    commands=_commands(offer),
                    consequence=offer.consequence,
                )
            )

    def action_sure(self, sure: bool) -> None:
        """The answer."""
        offer = self._chosen
        if offer is None or self._busy:
            return
        if not sure:
            self._chosen = None
            self._tell(tr(HINT))
            return
        self._busy = True
        self._tell(f"{_commands(offer)}\n…")
        self.run_worker(self._do(offer), exit_on_error=False)

    async def _do(self, offer: Offer) -> None:
        try:
            done = await self._act(offer)
        finally:
            self._busy, self._chosen = False, None
        sign = {"done": "✓", "refused": "✗", "failed": "✗", "unconfirmed": "▲"}[done.outcome]
        warning = f"\n▲ {done.warning}" if done.warning else ""
        self._fill_soon(f"{sign} {tr(OUTCOMES[done.outcome])}: {done.evidence}{warning}")

    def action_leave(self) -> None:
        """Back; or no answer to the question. A command that runs is waited for."""
        if self._busy:
            return
        if self._chosen is not None:
            self.action_sure(False)
        else:
            self.dismiss(None)


def _commands(offer: Offer) -> str:
    return "\n".join(f"  {step.text}" for step in offer.steps)


def _drawn(offer: Offer) -> Text:
    text = Text(padded(tr(str(offer.verb)), VERB), style="dim" if offer.refusal else "bold")
    if offer.refusal:
        text.append(f"✗ {offer.why_not}", style="dim")
        return text
    text.append(f"\n{' ' * VERB}".join(step.text for step in offer.steps))
    text.append(f"\n{' ' * VERB}{offer.consequence}", style="dim")
    return text
