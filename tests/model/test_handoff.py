"""Hand-off documents as people write them: what each must give, and that nothing is lost, whatever stands there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.handoff import read
from tests.model.handoff_cases import FOLDER, NAMES, REAL, against, document, lost, vocabulary


@pytest.mark.parametrize("name", NAMES)
def test_a_document_gives_what_it_must(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    wanted = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    told = document(text)
    assert not against(told, wanted), "\n" + "\n".join(against(told, wanted))
    assert not lost(text, read(text, vocabulary()))


def test_there_are_ten_documents_and_more() -> None:
    assert len(NAMES) >= 10


WANTED = {
    "surfaces": 6, "dispatches": 6, "decisions": 4, "services": 5, "automation": 4, "artifacts": 14, "lessons": 8,
    "figures": 8, "first_steps": 4, "checks": 5, "avoid": 5, "not_understood": 0,
}  # fmt: skip


@pytest.mark.skipif(not REAL.exists(), reason="the operator's own document is not beside the project")
def test_the_operators_own_document() -> None:
    text = REAL.read_text(encoding="utf-8")
    told = document(text)
    assert {name: len(told[name]) for name in WANTED} == WANTED
    assert told["written_at"] == "2026-04-10T16:41+09:00"
    assert [each["number"] for each in told["dispatches"]] == [54, 58, 56, 57, 34, 59]
    assert [each["surface"] for each in told["dispatches"]] == [each["ref"] for each in told["surfaces"]]
    assert [each["agent"] for each in told["surfaces"]] == ["codex", "codex", "claude", "claude", "claude", "codex"]
    decisions = [each["command"] or each["path"] or next(iter(each["options"]), "") for each in told["decisions"]]
    assert decisions[0] == "launchctl load ~/Library/LaunchAgents/com.openclaw.auto-dispatcher.plist"
    assert decisions[1].endswith("hermes-upgrade-plan.md") and decisions[2] == "-a never"
    assert [each["expected"] for each in told["services"]] == ["running", "running", "unloaded", "running", "running"]
    assert (told["services"][0]["port"], told["services"][1]["pid"], told["services"][4]["count"]) == (4318, 67592, 10)
    assert [each["expected"] for each in told["automation"]] == ["running", "absent", "", ""]
    assert sum(each["glob"] for each in told["artifacts"]) == 2
    figures = [
        [(value["key"] or value["name"], value["value"]) for value in each["values"]] for each in told["figures"]
    ]
    assert figures[0] == [("total", 59), ("done", 53), ("open", 6)] and told["figures"][0]["values"][1]["at_least"]
    assert figures[1][1:] == [("pass", 4), ("fail", 1), ("warn", 1)]
    assert figures[2] == [("logs", 30306), ("spans", 1096), ("metrics", 7), ("resources", 16), ("bytes", 12.92)]
    assert [len(each["commands"]) for each in told["first_steps"]] == [1, 1, 3, 2]
    assert not lost(text, read(text, vocabulary()))


def test_it_reads_like_the_same_document_with_other_ends_of_lines() -> None:
    text = (FOLDER / "01-broken-ko.md").read_text(encoding="utf-8")
    plain = document(text)
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), "\ufeff" + text, text.rstrip("\n")):
        assert document(other) == plain
    spread = document(text.replace("\n", "\n\n"))  # every line end doubled
    for name in ("surfaces", "dispatches", "services", "automation", "artifacts", "lessons", "figures", "avoid"):
        assert len(spread[name]) == len(plain[name]), name


@pytest.mark.parametrize("cut", range(1, 100, 3))
def test_a_document_that_breaks_off_gives_what_stands_before(cut: int) -> None:
    lines = (FOLDER / "01-broken-ko.md").read_text(encoding="utf-8").split("\n")
    text = "\n".join(lines[:cut])
    told, whole = read(text, vocabulary()), document("\n".join(lines))
    assert not lost(text, told)
    for name in ("surfaces", "dispatches", "services", "artifacts"):
        assert len(getattr(told, name)) <= len(whole[name])


def test_what_a_document_says_of_a_document_that_is_not_there() -> None:
    told = read("", vocabulary())
    assert told == read("\n \n\t\n", vocabulary()) and not told.written_at and told.written_line is None


# ---- whatever stands there -------------------------------------------------------------------------------------


PIECES = (
    "# ", "## 세션\n", "## Services\n", "## Decisions\n", "1. 가장 먼저 할 것\n", "# 1) look\n", "cmux tree --all\n",
    "| a | b |\n", "|---|---|\n", "| surface:1 |\n", "Codex |\n", "|\n", "- ", "* ", "  - ", "2. ", "```\n",
    "~~~\n", "\n", "<!-- x -->\n", "a\tb\n", "==\n", "---\n", "#54 ", "30,306 ", "~/a/b.md ", "`x`",
    "**결정**\n", "서비스\n", "\r", "\u202e", "\x00", "\x1b[31m", "\ud800", "|", "\\|", "<br>", "&#10;",
    "<!-- oc-console notes -->\n", "<!-- /oc-console notes -->\n", "<!-- oc-console hand-off 1 -->\n",
    "for x in y; do\n", "done\n", "없음\n", "2026-13-45 25:99 ",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=40).map("".join))
def test_nothing_is_lost_and_nothing_breaks(text: str) -> None:
    told = read(text, vocabulary())
    assert not lost(text, told)
    assert told == read(text, vocabulary())
    json.dumps(document(text))


M = 20_000
HOSTILE = {
    "one long line": "x" * M,
    "a line of pipes": "|" * M,
    "lines of pipes": "|\n" * M,
    "many columns": "| a " * M + "|\n" + "|---" * M + "|\n" + "| b " * M + "|\n",
    "a heading of signs": "# " + "#" * M + "x",
    "code that opens only": "```a\n" * (M // 5),
    "backticks of ten": ("`" * 10 + "a") * (M // 11),
    "fences of every length": "\n".join("`" * length for length in range(300, 2, -1)),
    "tildes": ("~" * (M // 20) + "`\n") * 20,
    "open brackets": "- (" + " " * M,
    "deep lists": "".join(" " * depth + "- x\n" for depth in range(300)),
    "notes without end": "<!-- oc-console notes -->\n" * (M // 26),
    "numbers": "- " + "1,222 " * (M // 6),
    "paths": "- " + "/a" * (M // 2),
    "options": "- " + "-a b " * (M // 5),
    "quotes": "- " + "“a" * (M // 2),
    "backslashes": "- " + "\\" * M,
    "control characters": "\x00\x07\x1b]0;x" * (M // 8),
    "directions": "- \u202e\u2066surface:1\n" * (M // 13),
    "numbered headings": "".join(f"{number}. 서비스\n\nx\n" for number in range(1, M // 20)),
    "commands": "# 1) a\ncd /tmp && x\n" * (M // 20),
    "tabs": "a\tb\n" * (M // 4),
}


@pytest.mark.parametrize("above", ["", "## Services\n", "## Decisions\n"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_read_in_one_pass(name: str, above: str) -> None:
    # With a square in it any of these would take minutes.
    text = above + HOSTILE[name]
    assert not lost(text, read(text, vocabulary()))


def test_many_fences_that_open_only() -> None:
    # Looking for the end of each would take minutes.
    text = "```a\n" * 40_000
    assert not lost(text, read(text, vocabulary()))


def test_a_megabyte() -> None:
    part = (FOLDER / "01-broken-ko.md").read_text(encoding="utf-8")
    many = 1_000_000 // len(part.encode()) + 1
    told = read(part * many, vocabulary())
    assert len(told.artifacts) == 3 * many and len(told.decisions) >= 3
    assert not lost(part * many, told)
