"""Facts of a hand-off: what is written comes back, what the last one said goes on, what is not known is said."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.handing_over import clean_facts
from console.model.handoff import HandoffFacts, facts_of, read, write
from console.model.handoff_changes import changes
from console.model.handoff_facts import facts
from console.model.handoff_form import Lang
from console.model.handoff_items import (
    ArtifactEntry,
    AutomationEntry,
    DecisionEntry,
    GuardEntry,
    PointEntry,
    ServiceEntry,
    VerificationEntry,
)
from console.model.handoff_sources import Sources
from console.model.snapshot import MuxSlice, Snapshot
from console.model.surface import Surface, SurfaceInfo
from tests.model.handoff_cases import vocabulary
from tests.model.handoff_snapshots import DECISION, GUARD, LINES, snapshots

NOW = 1_775_800_000.0
AT = "2026-04-11T09:00:00+09:00"
REAL = Path(__file__).parents[3] / "shared" / "handoff-2026-04-10.txt"
GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "handoffs").glob("*.md"))


def differences(one: HandoffFacts, other: HandoffFacts) -> list[str]:
    names = [each.name for each in fields(HandoffFacts)]
    return [f"{name}: {getattr(one, name)!r} {getattr(other, name)!r}" for name in names
            if getattr(one, name) != getattr(other, name)]  # fmt: skip


def again(made: HandoffFacts, lang: Lang) -> HandoffFacts:
    return facts_of(read(write(made, lang), vocabulary()))


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for each in value for text in texts(each)]
    if hasattr(value, "__dataclass_fields__"):
        return [text for each in fields(value) for text in texts(getattr(value, each.name))]
    return []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    snapshots(), st.sampled_from(["ko", "en"]), st.lists(DECISION, max_size=2), st.lists(GUARD, max_size=2), LINES,
    snapshots(),
)  # fmt: skip
def test_what_is_written_comes_back(
    snapshot: Snapshot,
    lang: Lang,
    decisions: list[DecisionEntry],
    guards: list[GuardEntry],
    notes: str,
    later: Snapshot,
) -> None:
    sources = Sources(snapshot, NOW, AT, lang, None, tuple(decisions), tuple(guards), notes)
    made = clean_facts(facts(sources))
    assert not differences(again(made, lang), made)
    assert facts(sources) == facts(sources)
    # The one after it, and the one after that of equal facts.
    second = clean_facts(facts(Sources(later, NOW, AT, lang, read(write(made, lang), vocabulary()))))
    assert not differences(again(second, lang), second)
    assert second.lessons == made.lessons and second.avoid == made.avoid and second.notes == made.notes
    assert {each.text for each in made.decisions} <= {each.text for each in second.decisions}
    third = clean_facts(facts(Sources(later, NOW, AT, lang, read(write(second, lang), vocabulary()))))
    assert third.first_steps == second.first_steps and third.checks == second.checks, "own words do not pile up"


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("path", [*GOLDEN, REAL], ids=lambda path: path.stem)
def test_nothing_of_the_last_one_is_lost(path: Path, lang: Lang) -> None:
    if not path.exists():
        pytest.skip("the document is not on this machine")
    last = read(path.read_text(encoding="utf-8", errors="replace"), vocabulary())
    before = facts_of(last)
    made = clean_facts(facts(Sources(Snapshot(), NOW, AT, lang, last)))
    after = again(made, lang)
    assert not differences(after, made)
    for name in ("lessons", "avoid", "checks", "decisions"):
        assert {each.text for each in getattr(before, name)} <= {each.text for each in getattr(after, name)}, name
    assert {each.text for each in before.first_steps} <= {each.text for each in after.first_steps}
    held = " ".join(texts(after))
    for name in ("surfaces", "dispatches", "services", "automation", "artifacts", "verifications"):
        assert len(getattr(after, name)) == len(getattr(before, name)), name
    for value in before.figures:
        assert any(
            (each.name, each.value, each.unit) == (value.name, value.value, value.unit) for each in after.figures
        )
    for raw in (*(note.raw for note in last.notes), *(gap.raw for gap in last.not_understood)):
        for line in raw.split("\n"):
            assert clean_facts(HandoffFacts(notes=line)).notes.strip() in write(after, lang) or not line.strip(), line
    assert held
    # Written again from what was written, it says the same: what was unknown keeps its day.
    second = facts(Sources(Snapshot(), NOW, "2026-05-01", lang, read(write(made, lang), vocabulary())))
    assert not differences(replace(second, written_at=AT), made)


def test_what_was_seen_goes_before_what_was_said() -> None:
    from console.model.dispatch import Dispatch, DispatchStatus
    from console.model.reading import LogRead, ServicesRead
    from console.model.service import Judgement, Service
    from console.model.snapshot import reduce

    last = read(
        "# Hand-off 2026-04-10\n## Work in progress\n| dispatch # | surface | task | status |\n|---|---|---|---|\n"
        "| #54 | surface:1 | Sampling | working |\n| #57 | surface:5 | Check the UI | working |\n"
        "| #99 | surface:5 | Not in the log | working |\n"
        "## Services\n| service | role | remarks |\n|---|---|---|\n| watcher (PID 67592) | watches | every 5 s |\n"
        "| other | runs | |\n## Figures\n- total 59 / done 53 / open 6\n## Lessons\n- Verify.\n",
        vocabulary(),
    )
    snapshot = reduce(Snapshot(mux=MuxSlice("tmux", NOW)), LogRead(NOW, "log", (
        Dispatch(54, "surface:1", "Sampling", DispatchStatus.DONE),
        Dispatch(57, "surface:5", "Check the UI", DispatchStatus.WORKING),
    ), 0))  # fmt: skip
    service = Service("watcher", "running", "absent", Judgement.ALARM, "no such process", read_at=NOW)
    snapshot = reduce(snapshot, ServicesRead(NOW, "services", (service,)))
    made = facts(Sources(snapshot, NOW, AT, "en", last))
    assert [(each.number, each.status, each.remarks) for each in made.dispatches] == [
        (57, "working", ""),
        (99, "working", "‹not in the dispatch log›"),
    ]
    watcher, other = made.services
    assert (watcher.role, watcher.pid, watcher.expected) == ("watches", None, "running")
    assert watcher.observed == "absent ‹no such process›" and watcher.remarks == "every 5 s"
    assert other.observed == "‹unknown; known as of 2026-04-10›"
    told = {each.key: (each.value, each.before, each.change) for each in made.figures}
    assert told["total"] == (2, 59, -57) and told["done"] == (1, 53, -52) and told["open"] == (1, 6, -5)
    assert made.checks[0] == PointEntry("watcher: absent, expected running ‹now›")
    assert [each.text for each in made.lessons] == ["Verify."]
    told_changes = changes(facts_of(last), made, "en")
    assert any(each.sign == "-" and "#54" in each.text for each in told_changes)
    assert any("53 → 1 (-52)" in each.text for each in told_changes)


def test_a_surface_is_the_same_one_after_a_restart_that_gave_its_pane_id_to_another() -> None:
    def fleet(*panes: tuple[str, str, str]) -> Snapshot:
        found = tuple(
            Surface(SurfaceInfo(ref, None, "main", place), name, f"role of {name}", "claude", at)
            for at, (ref, place, name) in enumerate(panes)
        )
        return Snapshot(mux=MuxSlice("tmux", NOW), surfaces=found)

    def made(snapshot: Snapshot, last: HandoffFacts | None) -> HandoffFacts:
        before = read(write(last, "en"), vocabulary()) if last is not None else None
        return facts(Sources(snapshot, NOW, AT, "en", before))

    one = made(fleet(("%1", "main:0.0", "ONE"), ("%2", "main:0.1", "TWO")), None)
    assert [each.ref for each in one.surfaces] == ["main:0.0", "main:0.1"]
    kept = replace(one, surfaces=tuple(replace(each, remarks=f"of {each.name}") for each in one.surfaces))
    for panes in (
        (("%7", "main:0.0", "ONE"), ("%1", "main:0.1", "TWO")),
        (("%2", "main:0.1", "ONE"), ("%1", "main:0.0", "TWO")),
        (("%1", "other:3.0", "TWO"), ("%2", "other:3.1", "ONE")),
    ):
        again_made = made(fleet(*panes), kept)
        assert {each.name: each.remarks for each in again_made.surfaces} == {"ONE": "of ONE", "TWO": "of TWO"}
        told = [(each.sign, each.text) for each in changes(kept, again_made, "en")]
        assert all(sign == "~" for sign, _ in told), told
    old = replace(kept, surfaces=tuple(replace(each, ref=f"%{at}") for at, each in enumerate(kept.surfaces)))
    after = made(fleet(("%1", "main:0.0", "ONE"), ("%0", "main:0.1", "TWO")), old)
    assert {each.name: each.remarks for each in after.surfaces} == {"ONE": "of ONE", "TWO": "of TWO"}
    assert all(each.sign == "~" for each in changes(old, after, "en")), "a document of before names pane ids"


def test_changes_say_what_is_true_and_nothing_else() -> None:
    before = HandoffFacts(
        services=(ServiceEntry("watcher", "", 67592, None, "running", "running"),),
        automation=(AutomationEntry("/tmp/msg_*.txt", "1 file", "", "0", 1),),
        artifacts=(ArtifactEntry("report", "~/r.md"), ArtifactEntry("plan", "~/p.md", "‹변경 없음›")),
        verifications=(VerificationEntry(2, "a", "b", 4.0, 1.0, "fail"),),
    )
    after = HandoffFacts(
        services=(ServiceEntry("watcher", "", None, None, "running", "absent ‹no process›", "", 0),),
        automation=(AutomationEntry("/tmp/msg_*.txt", "0 files", "", "0", 0),),
        artifacts=(ArtifactEntry("report", "~/r.md", "‹unchanged›"), ArtifactEntry("plan", "~/p.md", "‹changed›")),
        verifications=(VerificationEntry(2, "a", "b", 4.0, 0.0, "fail"),),
    )
    assert [each.text for each in changes(before, after, "en")] == [
        "watcher: running → absent ‹no process›",
        "/tmp/msg_*.txt: 1 file → 0 files; 1 → 0",
        "plan: ‹changed›",
        "#2: 1.0 → 0.0",
    ]


def test_secrets_are_taken_out_of_every_text() -> None:
    secret = "sk-abcdefgh12345678"
    last = read(
        f"# Hand-off\n## Lessons\n- use {secret}\n## Decisions\n- call\n  ```sh\n  curl -H 'Bearer {secret}'\n  ```\n"
        f"## Sessions\n| surface | role |\n|---|---|\n| surface:1 | has {secret} |\n## Notes\ntoken: {secret}\n",
        vocabulary(),
    )
    made = clean_facts(facts(Sources(Snapshot(), NOW, AT, "en", last)))
    assert secret not in write(made, "en") and "[redacted]" in write(made, "en")
    assert len(made.lessons) == len(made.decisions) == len(made.surfaces) == 1
