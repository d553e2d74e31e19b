"""The default layout with the six demo agents in it."""

from __future__ import annotations

from collections.abc import Sequence

from console.demo.roster import ROSTER, agent_argv
from tests.fakes.cmux_app_tree import WorkspaceSpec, seed_layout


def demo_layout(more: Sequence[str] = (), *, size: tuple[int, int] = (100, 30)) -> list[WorkspaceSpec]:
    """The seed's six surfaces, each with its demo agent; *more* arguments go to every agent."""
    argv = {n: [*agent_argv(m), *more] for n, m in zip((1, 2, 3, 5, 6, 7), ROSTER, strict=True)}
    return seed_layout(argv, size=size)
