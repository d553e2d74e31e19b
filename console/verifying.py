"""A verification on its way: the fields of its record, and the link back from the record it verifies.

A part of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.i18n import tr
from console.model.dispatch import Dispatch
from console.model.surface import Surface
from console.model.verify_task import ROLE, name_of, title
from console.safety import redact, safe_text
from console.tracker.dispatch_log import DispatchLog


def verification_fields(dispatch: Dispatch) -> Mapping[str, Any]:
    """What the record of a task that verifies *dispatch* has besides; for `console.model.composed.Composed`."""
    return {"task": redact(safe_text(title(dispatch))), "role": ROLE, "verifies": dispatch.number}


def verified_number(fields: Mapping[str, Any]) -> int | None:
    """The number of the dispatch that a task with *fields* verifies; None when it verifies none."""
    number = fields.get("verifies")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


async def link(log: DispatchLog, verified: int, asked: int, surface: Surface) -> str:
    """Write into *verified* that *surface* verifies it in *asked*; return why that failed, or an empty string.

    The record of *asked* names *verified* from its beginning; only the owner's own command may not have kept that.
    """
    from console.tracker.operations import Patch

    back = {"verifier": name_of(surface), "verified_by_dispatch": asked}
    changes = [Patch(verified, back)]
    if log.by_command:
        changes.insert(0, Patch(asked, {"role": ROLE, "verifies": verified}))
    for change in changes:
        written = await log.write(change)
        if not written.done:
            return tr(
                "#{asked} verifies #{verified}, but that could not be written into #{number}: {text}",
                asked=asked,
                verified=verified,
                number=change.number,
                text=written.text,
            )
    return ""
