"""Which configured surface is which of the terminal server's. Pure.

A configuration names a surface by its uuid, its ref, the name it was given or its title. Once found it is known by its
uuid, where there is one: cmux gives refs anew at each start, and a ref that then leads to another terminal must not
take the tasks of the one before (cmux issue 13418).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.i18n import mark, tr
from console.model.naming import identity
from console.model.surface import SurfaceInfo


@dataclass(frozen=True, slots=True)
class SurfaceSpec:
    """What the configuration says of one surface."""

    ref: str
    name: str = ""
    role: str = ""
    agent: str = ""
    workspace: str = ""
    """Where it should be: tells surfaces of one title apart."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What was found for one entry of the configuration."""

    info: SurfaceInfo | None
    wrong: str = ""
    """Why there is none; or, with *info*, why it must be confirmed before anything is typed into it."""


def bind(infos: Sequence[SurfaceInfo], specs: Sequence[SurfaceSpec], known: Mapping[str, str]) -> tuple[Bound, ...]:
    """Find every entry of *specs* among *infos*; *known* leads from an entry's ref to the uuid it had before."""
    by_uuid = {info.uuid: info for info in infos if info.uuid}
    found: list[Bound | None] = [None] * len(specs)
    taken: set[str] = set()
    for at, spec in enumerate(specs):  # those known before come first: their ref may be another's now
        info = by_uuid.get(known.get(spec.ref, ""))
        if info is not None and info.key not in taken:
            found[at] = Bound(info)
            taken.add(info.key)
    for at, spec in enumerate(specs):
        if found[at] is None:
            found[at] = bound = _search(spec, infos, taken, known.get(spec.ref, ""))
            if bound.info is not None:
                taken.add(bound.info.key)
    return tuple(bound for bound in found if bound is not None)


def remember(specs: Sequence[SurfaceSpec], bounds: Sequence[Bound], known: Mapping[str, str]) -> Mapping[str, str]:
    """*known*, with the uuids of what was found and is not in doubt; the same object when nothing is new."""
    fresh = {
        spec.ref: bound.info.uuid
        for spec, bound in zip(specs, bounds, strict=True)
        if bound.info is not None and bound.info.uuid and not bound.wrong and known.get(spec.ref) != bound.info.uuid
    }
    return {**known, **fresh} if fresh else known


def _search(spec: SurfaceSpec, infos: Sequence[SurfaceInfo], taken: set[str], before: str) -> Bound:
    wanted = identity(spec.ref)
    for what, matches in (
        ("uuid", [info for info in infos if info.uuid and info.uuid.casefold() == spec.ref.strip().casefold()]),
        ("ref", [info for info in infos if identity(info.ref) == wanted]),
        (mark("name"), [info for info in infos if info.label and identity(info.label) == wanted]),
        (mark("title"), [info for info in infos if info.title and identity(info.title) == wanted]),
        (mark("place"), [info for info in infos if identity(info.place) == wanted]),
    ):
        free = [info for info in matches if info.key not in taken]
        if not matches:
            continue
        if not free:
            return Bound(None, tr("{ref} is another entry's surface already; correct one of them", ref=spec.ref))
        if len(free) > 1 and spec.workspace:
            there = identity(spec.workspace)
            free = [i for i in free if there in (identity(i.workspace), identity(i.workspace_ref))] or free
        if len(free) > 1:
            refs = ", ".join(info.ref for info in free[:4])
            return Bound(
                None,
                tr(
                    "{count} surfaces have the {what} {ref} ({refs}); name one by its ref or uuid",
                    count=len(free),
                    what=tr(what),
                    ref=spec.ref,
                    refs=refs,
                ),
            )
        [info] = free
        if before and info.uuid and info.uuid != before and what != "uuid":
            return Bound(info, tr("{ref} is another terminal than before", ref=info.ref))
        return Bound(info)
    if before:
        return Bound(None, tr("there is no surface {ref}; the one it was is gone", ref=spec.ref))
    return Bound(None, tr("there is no surface {ref}", ref=spec.ref))
