"""What is known of one cmux app: what it can do and which terminals it has, and how that is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from console.i18n import tr
from console.model.surface import SurfaceInfo
from console.mux.base import MuxError
from console.mux.cmux_app_link import AppLink
from console.mux.cmux_app_tree import Place, places
from console.safety import safe_text

PASTES: Final = ("terminal.paste", "mobile.terminal.paste")


@dataclass(slots=True)
class AppState:
    """Kept by the watch and by whoever acts; both ask cmux afresh when they have to."""

    methods: frozenset[str] = frozenset()
    """Names out of `system.capabilities`."""
    version: str = ""
    """``0.63`` or ``0.64``, judged by the methods: cmux does not say it on the socket."""
    places: dict[str, Place] = field(default_factory=dict)
    """By surface UUID, case folded."""
    told: tuple[SurfaceInfo, ...] = ()
    """The tree the rest of the console knows; what people say a ref means is what it means here."""

    @property
    def paste(self) -> str:
        """The method for a real paste; empty when this cmux has none."""
        return next((name for name in PASTES if name in self.methods), "")

    def take(self, found: Iterable[Place]) -> None:
        """Keep the places of a new tree."""
        self.places = {place.surface_id.casefold(): place for place in found}

    async def greet(self, link: AppLink) -> None:
        """Ask what this cmux can do. Raises `MuxError`."""
        result = await link.ask("system.capabilities")
        names = result.get("methods")
        self.methods = frozenset(n for n in names if isinstance(n, str)) if isinstance(names, list) else frozenset()
        newer = "system.top" in self.methods or "feed.list" in self.methods
        self.version = "0.64" if newer else "0.63" if self.methods else ""


async def read_tree(link: AppLink, env: Mapping[str, str]) -> tuple[Place, ...]:
    """Return the terminals of all windows that have a UUID, each once. Raises `MuxError`."""
    result = await link.ask("system.tree", {"all_windows": True})
    try:
        found = places(result, env)
    except ValueError as error:
        raise MuxError(tr("cmux's tree is not understood: {error}", error=safe_text(str(error)))) from error
    unique = {place.surface_id.casefold(): place for place in reversed(found) if place.info.uuid and place.workspace_id}
    return tuple(reversed(unique.values()))


def aim(name: str, told: Sequence[SurfaceInfo], fresh: Iterable[Place]) -> Place:
    """Find what *name* (UUID or ref) means to whoever saw the tree *told*, among the *fresh* places. Raises `MuxError`.

    A ref is minted anew in each run of cmux: one that stands for another surface than it was told is refused, since
    prompts went into other agents' terminals that way (cmux issue 13418). A UUID means what it always meant.
    """
    wanted, shown = name.strip().casefold(), safe_text(name, limit=80)
    by_id: dict[str, Place] = {}
    by_ref: dict[str, Place] = {}
    for place in fresh:
        by_id[place.surface_id.casefold()] = place
        by_ref[place.info.ref.casefold()] = place
    if wanted in by_id:
        return by_id[wanted]
    known = next((info for info in told if info.ref.casefold() == wanted), None)
    now = by_ref.get(wanted)
    if known is not None and now is not None and now.info.uuid != known.uuid:
        raise MuxError(tr("{shown} is another terminal since the restart; choose it again", shown=shown))
    if known is not None:
        now = by_id.get((known.uuid or "").casefold())
    if now is None:
        raise MuxError(tr("{shown} is not in cmux (any more)", shown=shown))
    return now
