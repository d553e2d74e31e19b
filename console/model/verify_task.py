"""The task that has a finished dispatch verified: its text, and who may be asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from console.i18n import tr, trc
from console.model.agent import AgentState
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.naming import identity
from console.model.reconcile import Live
from console.model.snapshot import Snapshot
from console.model.summary import may_verify
from console.model.surface import Surface

ROLE: Final = "verification"
"""Role of a dispatch that verifies another one, in its record."""
TEMPLATE: Final = (
    "Verify dispatch #{number}, the work of {author}. Take nothing on its word: look at "
    "the result and run its tests yourself. Change nothing.",
    "The task was: {task}",
    "Its files: {artifacts}",
    "The author gives it {self_score}.",
    "End with one line in this form, with your numbers and one of the words pass, warn, fail:",
    "self <the author's own score> / cross <your score> / verdict: <the word>",
)
"""What a verifier is asked where the configuration says nothing else. Not of the interface: an agent reads it."""
PLACEHOLDERS: Final = ("number", "task", "author", "status", "self_score", "artifacts")
"""What may stand in braces in a template."""
ARTIFACTS: Final = ("artifacts", "artefacts", "deliverables", "outputs", "files", "산출물", "결과물")
"""Fields of a record that name what the work left behind."""
ARTIFACTS_LIMIT: Final = 2000
"""Characters of it that are sent."""

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_VERIFIES: Final = re.compile(r"(?i)verif|검증")
_FINISHED: Final = frozenset({DispatchStatus.DONE, DispatchStatus.NEEDS_CHECK, DispatchStatus.VERIFIED})
_NOTHING_TO_VERIFY: Final = frozenset({DispatchStatus.FAILED, DispatchStatus.CANCELLED})


def title(dispatch: Dispatch) -> str:
    """Under what the verification of *dispatch* stands in the log: tasks are compared, so in English."""
    return f"Verify {dispatch.label}: {dispatch.task}".rstrip(": ")


def unknown_placeholders(lines: Iterable[str]) -> tuple[str, ...]:
    """Names in braces that stand for nothing."""
    found = (name for line in lines for name in _PLACEHOLDER.findall(line))
    return tuple(name for name in dict.fromkeys(found) if name not in PLACEHOLDERS)


def render(dispatch: Dispatch, lines: Sequence[str] = (), record: Mapping[str, object] | None = None) -> str:
    """Return the text for the verifier of *dispatch*; *record* is how the file has it.

    A line with a placeholder for which the record holds nothing is left out.
    """
    check = dispatch.verification
    own = check.self_score if check is not None else None
    values = {
        "number": str(dispatch.number) if dispatch.number is not None else "",
        "task": dispatch.task,
        "author": dispatch.surface,
        "status": str(dispatch.status),
        "self_score": f"{own:g}" if own is not None else "",
        "artifacts": artifacts(record or {}),
    }

    def value(found: re.Match[str]) -> str:
        return values.get(found.group(1), found.group())

    kept = (line for line in lines or TEMPLATE if all(values.get(name, name) for name in _PLACEHOLDER.findall(line)))
    return "\n".join(_PLACEHOLDER.sub(value, line) for line in kept)


def artifacts(record: Mapping[str, object]) -> str:
    """What the record names as the work's result, in one line."""
    held = next((record[name] for name in ARTIFACTS if record.get(name)), None)
    parts = held if isinstance(held, list) else list(held) if isinstance(held, dict) else [held]
    text = ", ".join(" ".join(str(part).split()) for part in parts if isinstance(part, str | int | float))
    return text if len(text) <= ARTIFACTS_LIMIT else text[: ARTIFACTS_LIMIT - 1] + "…"


def not_ready(dispatch: Dispatch, live: Mapping[str, Live]) -> str:
    """Why *dispatch* cannot be verified now, and what to do; empty when it can.

    What the log calls sent or working is finished as well when its surface is idle.
    """
    if dispatch.number is None:
        return tr("this record has no number a verification could name")
    if dispatch.status in _FINISHED:
        return ""
    now = live.get(identity(dispatch.surface))
    at_work = dispatch.status in (DispatchStatus.SENT, DispatchStatus.WORKING)
    if at_work and now is not None and now.state is AgentState.IDLE:
        return ""
    if dispatch.status in _NOTHING_TO_VERIFY:
        return tr("{label} is {status}: there is nothing to verify", label=dispatch.label, status=tr(dispatch.status))
    return tr(
        "{label} is {status}: it is verified when it is done (Enter, then e, sets its state)",
        label=dispatch.label,
        status=tr(dispatch.status),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A surface that could verify a dispatch."""

    surface: Surface
    barred: str = ""
    """Why it cannot be asked; empty when it can."""
    note: str = ""
    """What speaks for it: ``its verifier``, ``verifies``."""


def candidates(
    snapshot: Snapshot, dispatch: Dispatch, verifiers: Sequence[str] = (), names: Mapping[str, str] | None = None
) -> tuple[Candidate, ...]:
    """Return the surfaces with an agent, the best choice first and those that cannot be asked last.

    The verifier the record names comes first, then *verifiers* in their order, then roles that speak of verification,
    then who is idle. *names* as in `may_verify`. The author is barred, whatever it is called.
    """
    fleet = [s for s in snapshot.fleet() if s.agent or s.place is not None]
    own = dispatch.links.verifier

    def rank(each: Candidate) -> tuple[bool, bool, int, bool, bool]:
        surface = each.surface
        chosen = next((at for at, name in enumerate(verifiers) if surface.answers_to(name)), len(verifiers))
        idle = surface.status is not None and surface.status.state is AgentState.IDLE
        return (
            bool(each.barred),
            not surface.answers_to(own),
            chosen,
            _VERIFIES.search(surface.role) is None,
            not idle,
        )

    found = []
    for surface in fleet:
        note = tr("its verifier") if surface.answers_to(own) else ""
        if not note and any(surface.answers_to(name) for name in verifiers):
            note = trc("a surface", "verifies")
        found.append(Candidate(surface, _barred(surface, dispatch, names or {}), note))
    return tuple(sorted(found, key=rank))


def _barred(surface: Surface, dispatch: Dispatch, names: Mapping[str, str]) -> str:
    if own_work(surface, dispatch, names):
        return tr("its own work")
    if surface.gone or surface.unconfirmed:
        return surface.gone or surface.unconfirmed
    return tr("its program has ended") if surface.info.dead else ""


def own_work(surface: Surface, dispatch: Dispatch, names: Mapping[str, str]) -> str:
    """Why *surface* may not verify *dispatch*, by whatever name the record calls its author; empty when it may."""
    return may_verify(dispatch, surface.info.ref, {**names, **_spellings(surface)})


def fleet_names(snapshot: Snapshot, names: Mapping[str, str]) -> Mapping[str, str]:
    """*names* with all other names of every surface: from each to its ref."""
    found = dict(names)
    for surface in snapshot.surfaces:
        found |= {name: ref for name, ref in _spellings(surface).items() if name not in found}
    return found


def _spellings(surface: Surface) -> dict[str, str]:
    info = surface.info
    return {name: info.ref for name in (info.ref, surface.name, info.label, info.uuid or "") if name}


def name_of(surface: Surface) -> str:
    """What the log calls *surface* as a verifier: the name the configuration gives it, else its ref."""
    return surface.name if surface.place is not None and surface.name else surface.info.ref


def under_way(dispatches: Iterable[Dispatch], number: int | None) -> Dispatch | None:
    """The newest open verification of dispatch *number*."""
    mine = [each for each in dispatches if number is not None and each.links.verifies == number and each.is_open]
    return max(mine, key=lambda each: (each.dispatched_at or 0.0, each.number or 0), default=None)


def verifications(dispatches: Iterable[Dispatch], dispatch: Dispatch) -> tuple[Dispatch, ...]:
    """The dispatches that were sent to verify *dispatch*, newest first: by their own word, or by its record's."""
    number, by = dispatch.number, dispatch.links.verified_by
    mine = [
        each
        for each in dispatches
        if each.number is not None
        and each.number != number
        and ((number is not None and each.links.verifies == number) or each.number == by)
    ]
    return tuple(sorted(mine, key=lambda each: (each.dispatched_at or 0.0, each.number or 0), reverse=True))


def numbered(dispatches: Sequence[Dispatch], number: int | None) -> Dispatch | None:
    """The dispatch *number*; the last one where several have it."""
    return next((each for each in reversed(dispatches) if number is not None and each.number == number), None)
