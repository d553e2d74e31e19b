"""The language of a hand-off is its own, whatever the interface speaks; what was removed from a list stays removed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from console import i18n
from console.actions.queue import Queue
from console.cli import main
from console.config import Config
from console.config_sections import HandoffSection
from console.deciding import Deciding
from console.engine import Engine
from console.handing_over import HandingOver
from console.handoff_file import text_of, understood
from console.handoff_offers import offers
from console.model.artifact import Artifact
from console.model.automation import Automation, Tally
from console.model.decision import Asked
from console.model.dispatch import Dispatch, DispatchStatus
from console.model.handoff import facts_of, read, write
from console.model.handoff_facts import facts
from console.model.handoff_form import Lang
from console.model.handoff_sources import Sources
from console.model.operations import OperationsSlice
from console.model.service import Judgement, Service
from console.model.snapshot import LogSlice, MuxSlice, ServicesSlice, Snapshot
from console.model.surface import Surface
from console.opening import state_folder
from console.tracker.decision_file import look
from tests.fakes.mux import FakeMux
from tests.model.handoff_cases import vocabulary
from tests.ui_helpers import info

NOW = 1_775_800_000.0
AT = "2026-04-11T09:00:00+09:00"
SCREEN = "화면의 말"
"""Stands for every text that was made for the screen."""


def made_for_the_screen() -> Snapshot:
    """Something is wrong with everything, and the screen says so in its own language."""
    service = Service("watcher", "running", SCREEN, Judgement.ALARM, SCREEN, state="absent", read_at=NOW)
    files = Automation("temp", "glob", "/tmp/x*", "at most 3", SCREEN, Judgement.ATTENTION, SCREEN, Tally(53),
                       read_at=NOW)  # fmt: skip
    script = Automation("script", "script", "/tmp/x.sh", "gone", SCREEN, Judgement.ALARM, SCREEN, read_at=NOW)
    artifact = Artifact("report", "/r.md", judgement=Judgement.ATTENTION, evidence=SCREEN, read_at=NOW)
    return Snapshot(
        mux=MuxSlice("tmux", NOW, error=SCREEN),
        surfaces=(Surface(info(1, "CODEX 1"), "CODEX 1", error=SCREEN, seen_agent="codex"),),
        log=LogSlice("log", NOW, (Dispatch(7, "surface:9", "Check", DispatchStatus.WORKING),), error=f"{SCREEN} 2"),
        services=ServicesSlice(services=(service,)),
        operations=OperationsSlice(automation=(files, script), artifacts=(artifact,)),
    )


@pytest.mark.parametrize(("spoken", "lang"), [("ko", "en"), ("en", "ko"), ("ko", "ko"), ("en", "en")])
def test_a_document_speaks_one_language_and_comes_back(spoken: i18n.Language, lang: Lang) -> None:
    i18n.use(spoken)
    sources = Sources(made_for_the_screen(), NOW, AT, lang, spoken=spoken)
    made = facts(sources)
    text = write(made, lang)
    assert (SCREEN in text) == (spoken == lang)
    found = read(text, vocabulary())
    assert facts_of(found) == made and not found.not_understood
    assert len(made.checks) == 6 and {each.state for each in made.automation} <= {"", "running", SCREEN}
    # The next one takes the console's own words out again, in the other language too.
    other: Lang = "ko" if lang == "en" else "en"
    second = facts(replace(sources, lang=other, last=found))
    assert facts_of(read(write(second, other), vocabulary())) == second
    assert len(second.checks) == len(made.checks) and len(second.first_steps) == len(made.first_steps)


@pytest.mark.parametrize(("spoken", "lang"), [("ko", "en"), ("en", "ko")])
def test_auto_is_the_language_of_the_last_one_then_of_the_interface(
    spoken: i18n.Language, lang: Lang, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "ko_KR.UTF-8" if spoken == "en" else "en_US.UTF-8")
    i18n.use(spoken)
    path = tmp_path / "h.md"
    over = HandingOver(replace(Config(), handoff=HandoffSection(path=str(path))), tmp_path)
    seen = Snapshot(mux=MuxSlice("tmux", NOW))
    prepared = over.prepare(seen, NOW)
    assert prepared.lang == spoken, "the interface, not the environment"
    over.write(over.prepare(seen, NOW, lang=lang), seen, NOW)
    assert over.prepare(seen, NOW).lang == lang, "the last one"


def test_the_command_writes_in_the_language_of_the_interface(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    config = tmp_path / "c.yaml"
    config.write_text(f"language: ko\nmux: {{backend: tmux, tmux_socket: {tmp_path}/none}}\n", encoding="utf-8")
    assert main(["--config", str(config), "handoff", "write", "-o", "-"]) == 0
    assert "# 세션 핸드오프" in capsys.readouterr().out


def test_the_command_tells_of_the_queue_as_the_screen_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"mux: {{backend: tmux, tmux_socket: {tmp_path}/none}}\n", encoding="utf-8")

    async def filled() -> list[str]:
        engine = Engine(Config(), FakeMux(), state=state_folder())
        queue = engine.queue
        assert queue is not None and await queue.start()
        surface = Surface(info(1, "CODEX 1"), "CODEX 1")
        for task in ("first", "second"):
            assert (await queue.add(surface, "fake", task)).done
        assert (await queue.pause(queue.queues.items[0].target.key)).done
        try:
            return [each.text for each in (await engine.prepare_handoff()).facts.first_steps]
        finally:
            await engine.close()

    on_screen = asyncio.run(filled())
    assert any("2 tasks wait in the queue, 2 of them paused" in step for step in on_screen), on_screen
    assert main(["--config", str(config), "handoff", "write", "-o", str(tmp_path / "h.md")]) == 0
    written = facts_of(understood(text_of(str(tmp_path / "h.md"))))
    assert [each.text for each in written.first_steps] == on_screen
    assert Queue(state_folder()).own is None and capsys.readouterr().err == ""


OLD = "# Hand-off 2026-04-10\n## Decisions\n- Upgrade Hermes\n- Approve phase 5\n- Load the watcher\n"


async def test_a_decision_that_was_removed_does_not_come_back(tmp_path: Path) -> None:
    path, kept = tmp_path / "h.md", tmp_path / "d.yaml"
    path.write_text(OLD, encoding="utf-8")
    over = HandingOver(replace(Config(), decisions=str(kept), handoff=HandoffSection(path=str(path))), tmp_path)
    desk = Deciding(kept)

    def write_one() -> list[tuple[str, bool]]:
        found = look(kept)
        seen = Snapshot(mux=MuxSlice("tmux", NOW))
        seen = replace(seen, decisions=replace(seen.decisions, source=str(kept), read_at=NOW,
                                               decisions=found.decisions, problems=found.problems))  # fmt: skip
        over.write(over.prepare(seen, NOW), seen, NOW)
        document = understood(text_of(str(path)))
        return [(each.item.text, bool(each.item.decided)) for each in document.decisions]

    assert len(write_one()) == 3, "there is no list: what the document waits for goes on"
    assert (await desk.add(offers(path).asked)).done and len(write_one()) == 3
    (hermes, phase, watcher) = look(kept).decisions
    assert (await desk.withdraw(hermes.id)).done
    assert (await desk.decide(phase.id, "yes")).done
    told = write_one()
    assert sorted(told) == [("Approve phase 5", True), ("Load the watcher", False)], "withdrawn"
    # Somebody writes one into the document, and takes one out of the file.
    path.write_text(path.read_text().replace("- Load the watcher", "- By hand\n- Load the watcher"), encoding="utf-8")
    lines = kept.read_text(encoding="utf-8")
    start = lines.index(f"- id: {watcher.id}")
    kept.write_text(lines[:start], encoding="utf-8")
    assert [each.text for each in offers(path).asked] == ["By hand", "Load the watcher"], "offered still"
    assert sorted(write_one()) == [("Approve phase 5", True), ("By hand", False)], "removed"
    assert sorted(write_one()) == [("Approve phase 5", True), ("By hand", False)], "and it stays so"
    # A list that cannot be wholly understood, or is gone, says nothing of what was removed.
    kept.write_text("decisions:\n- 7\n", encoding="utf-8")
    assert len(write_one()) == 2
    kept.unlink()
    assert len(write_one()) == 2
    kept.write_text("decisions: []\n", encoding="utf-8")
    assert write_one() == [("By hand", False)], "the last one was removed too"


def test_the_ids_of_decisions_are_told_to_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, config = tmp_path / "d.yaml", tmp_path / "c.yaml"
    config.write_text(f"mux: {{backend: tmux, tmux_socket: {tmp_path}/none}}\ndecisions: {kept}\n", encoding="utf-8")
    asyncio.run(Deciding(kept).add([Asked("Ship it")]))
    (ship,) = look(kept).decisions
    assert main(["--config", str(config), "handoff", "write", "-o", str(tmp_path / "h.md")]) == 0
    capsys.readouterr()
    assert main(["handoff", "read", str(tmp_path / "h.md"), "--json"]) == 0
    (decision,) = json.loads(capsys.readouterr().out)["decisions"]
    assert (decision["text"], decision["id"]) == ("Ship it", ship.id)
