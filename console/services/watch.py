"""The watch of everything under ``services:``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from console.config import ServiceConfig
from console.model.reading import ServicesRead
from console.services.base import Check
from console.services.registry import checks_of
from console.services.scheduler import Scheduler


def watch_services(specs: Sequence[ServiceConfig], more: Sequence[Check] = ()) -> AsyncIterator[ServicesRead]:
    """Yield the state of all *specs*, and of *more* checks, whenever something is new. What is not known is unknown."""
    return Scheduler([*checks_of(specs), *more], [spec.name for spec in specs]).watch()
