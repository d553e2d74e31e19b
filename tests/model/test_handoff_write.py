"""A hand-off that the console wrote gives the facts back, whatever their texts are."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.model.handoff import HandoffFacts, facts_of, read, write
from console.model.handoff_form import COLUMNS, ENTRIES, HEADINGS, Lang
from console.model.handoff_items import (
    LISTS,
    ArtifactEntry,
    DecisionEntry,
    DispatchEntry,
    FigureValue,
    PointEntry,
    ServiceEntry,
    SurfaceEntry,
    VerificationEntry,
)
from console.safety import redact, safe_text
from tests.model.handoff_cases import lost, vocabulary
from tests.model.handoff_facts import FACTS

LANGS: tuple[Lang, ...] = ("ko", "en")

DAY = HandoffFacts(
    written_at="2026-04-10T16:41:00+09:00",
    surfaces=(SurfaceEntry("surface:1", "수집기", "workspace:1", "codex", "CODEX 1", "working", "12분째"),),
    dispatches=(DispatchEntry(54, "surface:1", "tailer 샘플링 | 10%", "working"),),
    decisions=(
        DecisionEntry("다시 켤까?", ("launchctl load ~/a.plist",), ("~/plan.md",), ("-a never",), "예, 9시, 해리"),
    ),
    services=(ServiceEntry("com.example.auto", "배분", None, None, "unloaded", "running", "경보"),),
    artifacts=(ArtifactEntry("보고서", "~/r/*.md", "어제 바뀜"),),
    figures=(FigureValue("logs", 30306, "", False, "logs", 29000), FigureValue("완료", 53, "건", True, "done")),
    first_steps=(PointEntry("세션 보기", ("for s in 1 2; do\n  cmux read-screen $s\ndone",)),),
    verifications=(VerificationEntry(53, "surface:1", "surface:6", 4.9, 3.8, "warn", "격차 1.1"),),
    lessons=(PointEntry("엔터를 확인한다"),),
    avoid=(PointEntry("없음"),),
    notes="# 내 메모\n- 그대로\n<!-- /oc-console notes -->\n```",
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(FACTS, st.sampled_from(LANGS))
def test_the_facts_come_back(facts: HandoffFacts, lang: Lang) -> None:
    text = write(facts, lang)
    told = read(text, vocabulary())
    assert facts_of(told) == facts
    assert not told.not_understood and not lost(text, told)
    assert write(facts_of(told), lang) == text
    # As the command reads it: what is safe stays what it is.
    assert facts_of(read(safe_text(text, multiline=True, limit=len(text)), vocabulary())) == facts


@pytest.mark.parametrize("lang", LANGS)
def test_one_day(lang: Lang) -> None:
    text = write(DAY, lang)
    assert facts_of(read(text, vocabulary())) == DAY
    assert text == write(DAY, lang)
    assert "| logs | 30,306 |  | 29,000 | logs |" in text and "  ```sh\n  launchctl load ~/a.plist\n  ```" in text
    assert ("## 1. 가장 먼저 할 것" if lang == "ko" else "## 1. First steps") in text
    assert DAY.figures[0].change == 1306 and DAY.figures[1].change is None


@pytest.mark.parametrize("lang", LANGS)
def test_the_words_of_the_writer_are_those_of_the_reader(lang: Lang) -> None:
    which = 1 if lang == "ko" else 0
    for name, titles in HEADINGS.items():
        assert vocabulary().section(f"7. {titles[which]}")[0] == name, titles
    for name, columns in COLUMNS.items():
        assert vocabulary().fields(name, [titles[which] for _, *titles in columns]) == [each[0] for each in columns]
        assert name not in ENTRIES or {each.name for each in fields(ENTRIES[name])} == {each[0] for each in columns}
    assert {*HEADINGS} == {*LISTS, "notes"}


def test_tabs_stay_in_commands_and_notes() -> None:
    steps = (PointEntry("Do", ("if x\n\tthen\n\t\ty\tz",)),)
    facts = replace(DAY, first_steps=steps, notes="all:\n\tmake\tit\n\tnow\tor")
    assert facts_of(read(write(facts, "ko"), vocabulary())) == facts
    told = facts_of(read(write(HandoffFacts(lessons=(PointEntry("a\tb"), PointEntry("c\td"))), "en"), vocabulary()))
    assert [each.text for each in told.lessons] == ["a b", "c d"]


def test_nothing_gives_a_title() -> None:
    assert write(HandoffFacts(), "en") == "# Session hand-off\n\n<!-- oc-console hand-off 1 -->\n"
    empty = HandoffFacts(
        lessons=(PointEntry(""),), surfaces=(SurfaceEntry(""),), figures=(FigureValue("", float("nan")),)
    )
    assert write(empty, "en") == write(HandoffFacts(), "en")


def test_the_other_language_has_the_same_facts() -> None:
    assert facts_of(read(write(DAY, "ko"), vocabulary())) == facts_of(read(write(DAY, "en"), vocabulary()))


def test_what_somebody_adds_by_hand_is_read_and_nothing_is_lost() -> None:
    text = write(replace(DAY, notes=""), "ko")
    text = text.replace("- 엔터를 확인한다", "- 엔터를 확인한다\n- 하나 더: /tmp/x") + "\n## 날씨\n\n비가 왔다.\n"
    told = read(text, vocabulary())
    assert [found.item.text for found in told.lessons] == ["엔터를 확인한다", "하나 더: /tmp/x"]
    assert [found.item.text for found in told.not_understood] == ["비가 왔다."]
    assert not lost(text, told)


def test_secrets_go_before_it_is_stored() -> None:
    secret = "sk-abcdefghijklmnop"
    facts = replace(DAY, notes=f"the key is {secret}", lessons=(PointEntry(f"token={secret}"),))
    text = redact(write(facts, "en"))
    assert secret not in text
    assert facts_of(read(text, vocabulary())).notes == "the key is [redacted]"
