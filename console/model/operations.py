"""One slice of the snapshot: temporary automation, artifacts, figures, and the hand-off they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from console.i18n import tr
from console.model.artifact import FILES, Artifact, compare
from console.model.automation import Automation
from console.model.baseline import Baseline
from console.model.figure import Figure
from console.model.observed import seen, wanted
from console.model.service import Judgement

_Entry = TypeVar("_Entry", Automation, Artifact, Figure)


@dataclass(frozen=True, slots=True)
class OperationsSlice:
    """Everything that is configured, in its order; an entry that was not looked at yet has no `read_at`."""

    automation: tuple[Automation, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    figures: tuple[Figure, ...] = ()
    baseline: Baseline | None = None
    """Of the last hand-off; None: there was none."""
    baseline_error: str = ""
    """Why what was noted at the last hand-off cannot be used."""

    @property
    def complete(self) -> bool:
        """Whether everything was looked at once."""
        times = [each.read_at for each in self.automation] + [each.read_at for each in self.artifacts]
        return None not in times and all(each.read_at is not None for each in self.figures)

    def troubles(self) -> Iterator[str]:
        """One line for everything that is not as expected."""
        for entry in self.automation:
            if entry.wrong:
                yield tr(
                    "{name}: {observed}, expected {expected}",
                    name=entry.name,
                    observed=seen(entry.observed),
                    expected=wanted(entry.expected),
                )
        for artifact in self.artifacts:
            if artifact.judgement is Judgement.ATTENTION:
                yield f"{artifact.name}: {artifact.evidence}"


NO_OPERATIONS: Final = OperationsSlice()


def told(
    before: OperationsSlice,
    automation: Sequence[Automation] = (),
    artifacts: Sequence[Artifact] = (),
    figures: Sequence[Figure] = (),
) -> OperationsSlice:
    """*before* with what was read now, found by name; an entry that is not configured is left out."""
    return replace(
        before,
        automation=_put(before.automation, automation),
        artifacts=_put(before.artifacts, [_since(each, before.baseline) for each in artifacts]),
        figures=_put(before.figures, [_previous(each, before.baseline) for each in figures]),
    )


def based(before: OperationsSlice, baseline: Baseline | None, error: str = "") -> OperationsSlice:
    """*before*, compared with *baseline* from now on."""
    if (baseline, error) == (before.baseline, before.baseline_error):
        return before
    return replace(
        before,
        artifacts=tuple(_since(each, baseline) for each in before.artifacts),
        figures=tuple(_previous(each, baseline) for each in before.figures),
        baseline=baseline,
        baseline_error=error,
    )


def only_fresher(before: OperationsSlice, after: OperationsSlice) -> bool:
    """Whether nothing but the times of reading differ."""
    if before is after:
        return True
    if (before.baseline, before.baseline_error) != (after.baseline, after.baseline_error):
        return False
    return (
        _as_old(before.automation, after.automation)
        and _as_old(before.artifacts, after.artifacts)
        and _as_old(before.figures, after.figures)
    )


def _as_old(before: tuple[_Entry, ...], after: tuple[_Entry, ...]) -> bool:
    if len(before) != len(after):
        return False
    for old, new in zip(before, after, strict=True):
        if old is not new and ((old.read_at is None) != (new.read_at is None)):
            return False
        if old is not new and replace(old, read_at=new.read_at) != new:
            return False
    return True


def _put(before: tuple[_Entry, ...], found: Sequence[_Entry]) -> tuple[_Entry, ...]:
    if not found:
        return before
    by_name = {each.name: each for each in found}
    return tuple(by_name.get(each.name, each) for each in before)


def _since(artifact: Artifact, baseline: Baseline | None) -> Artifact:
    known = artifact.judgement is not Judgement.UNKNOWN
    marks = baseline.artifacts.get(artifact.pattern) if baseline is not None and known else None
    changed, paths = compare(artifact.files, marks, whole=artifact.count <= FILES)
    return replace(artifact, changed=changed, changed_paths=paths)


def _previous(figure: Figure, baseline: Baseline | None) -> Figure:
    return replace(figure, previous=baseline.figures.get(figure.name) if baseline is not None else None)
