"""The watch of everything under ``services:``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from console.config import ServiceConfig
from console.model.reading import ServicesRead
from console.services.base import Check
from console.services.nudge import Nudge
from console.services.registry import checks_of
from console.services.scheduler import Scheduler


def watch_services(
    specs: Sequence[ServiceConfig], more: Sequence[Check] = (), nudge: Nudge | None = None
) -> AsyncIterator[ServicesRead]:
    """Yield the state of all *specs*, and of *more* checks, whenever something is new. What is not known is unknown.

    *nudge* makes them be read at once.
    """
    return Scheduler([*checks_of(specs), *more], [spec.name for spec in specs], nudge).watch()
