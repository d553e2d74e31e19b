"""What was true at the last hand-off: the values that later ones are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.model.artifact import Marks
from console.model.numbers import Number


@dataclass(frozen=True, slots=True)
class Baseline:
    """The values of one hand-off."""

    written_at: float
    """Epoch seconds."""
    figures: Mapping[str, Number] = field(default_factory=dict)
    """By name; what was unknown is not among them."""
    artifacts: Mapping[str, Marks] = field(default_factory=dict)
    """By the path or glob of the artifact; what could not be read is not among them."""
    collector: Mapping[str, int] = field(default_factory=dict)
    """Counts: ``logs``, ``spans``, ``metrics``, ``resources``, ``bytes``."""
