"""Rules of the section ``handoff`` that types cannot say."""

from __future__ import annotations

from collections.abc import Callable

from console.config_sections import HandoffSection
from console.config_yaml import Path
from console.i18n import tr


def check(handoff: HandoffSection, wrong: Callable[[Path, str], None]) -> None:
    """Tell *wrong* everything that is wrong, with its path."""
    from console.handoff_places import target

    if "\0" in handoff.path:
        wrong(("handoff", "path"), tr("is no path; write for example ~/handoffs/handoff-{date}.md"))
    elif handoff.path:
        try:
            target(handoff.path, 0.0)
        except ValueError as error:
            wrong(("handoff", "path"), str(error))
    if handoff.every and not 1 <= handoff.every <= 1440:
        wrong(("handoff", "every"), tr("must be between 1 and 1440 minutes, or 0 for never; write for example 10.0"))
    if not 1 <= handoff.keep <= 1000:
        wrong(("handoff", "keep"), tr("must be between 1 and 1000; write for example 20"))
