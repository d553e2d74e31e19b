"""Whether a new snapshot says anything new, or has only been read again."""

from __future__ import annotations

from dataclasses import replace

from console.model import operations
from console.model.snapshot import Snapshot


def only_fresher(before: Snapshot, after: Snapshot) -> bool:
    """Whether nothing but the times of reading differ."""
    if before.log is not after.log or before.collector is not after.collector:
        return False
    if before.sends is not after.sends or before.decisions is not after.decisions:
        return False
    if replace(before.services, read_at=after.services.read_at) != after.services:  # rows leave their time out of it
        return False
    if not operations.only_fresher(before.operations, after.operations):
        return False
    if (before.auto, before.auto_note, before.queue) != (after.auto, after.auto_note, after.queue):
        return False
    if before.mux is not after.mux and replace(before.mux, read_at=after.mux.read_at) != after.mux:
        return False
    if before.surfaces is after.surfaces:
        return True
    if len(before.surfaces) != len(after.surfaces):
        return False
    return all(
        old is new or replace(old, read_at=new.read_at) == new
        for old, new in zip(before.surfaces, after.surfaces, strict=True)
    )
