"""Notices of the app: plain texts, after which the screen is whole."""

from __future__ import annotations

from typing import Final

from textual.app import App
from textual.notifications import SeverityLevel

TOAST_GONE: Final = 0.3
"""Seconds after its time in which a notice has left the screen."""


class Notices(App[None]):
    """A part of `console.app.ConsoleApp`."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """See `App.notify`; a notice is never read as markup.

        Where its edge stood Textual 8.2.8 leaves a blank for half a Hangul syllable, so all is drawn again after it.
        """
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)
        gone = (self.NOTIFICATION_TIMEOUT if timeout is None else timeout) + TOAST_GONE
        self.set_timer(gone, self._draw_again)

    def _draw_again(self) -> None:
        self.screen.refresh()
