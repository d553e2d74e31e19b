"""A composed task as an item of the queue keeps it (JSON), and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.i18n import tr
from console.model.composed import Broadcast, Composed


def pack(composed: Composed) -> dict[str, Any]:
    """What the send needs besides the text."""
    packed: dict[str, Any] = {
        "overrides": list(composed.overrides),
        "context": composed.context,
        "fields": dict(composed.fields),
    }
    if composed.broadcast is not None:
        packed["broadcast"] = {"surfaces": list(composed.broadcast.surfaces), "newest": composed.broadcast.newest}
    return {name: value for name, value in packed.items() if value}


def unpack(text: str, options: Mapping[str, Any]) -> Composed:
    """The task of an item. Raises ValueError with what is wrong, when somebody else has changed the file."""
    overrides, context, fields = options.get("overrides", []), options.get("context", ""), options.get("fields", {})
    if not isinstance(overrides, list) or not all(isinstance(name, str) for name in overrides):
        raise ValueError(tr("its overrides are no list of names"))
    if not isinstance(context, str):
        raise ValueError(tr("its context is no text"))
    if not isinstance(fields, Mapping) or not all(isinstance(name, str) for name in fields):
        raise ValueError(tr("its fields have no names"))
    return Composed(text, tuple(overrides), context, dict(fields), _broadcast(options.get("broadcast")))


def _broadcast(found: object) -> Broadcast | None:
    if found is None:
        return None
    surfaces, newest = (found.get("surfaces"), found.get("newest")) if isinstance(found, Mapping) else (None, None)
    if not isinstance(surfaces, list) or not all(isinstance(ref, str) for ref in surfaces):
        raise ValueError(tr("its other surfaces are no list of names"))
    if not isinstance(newest, int) or isinstance(newest, bool):
        raise ValueError(tr("its broadcast has no number"))
    return Broadcast(tuple(surfaces), newest)
