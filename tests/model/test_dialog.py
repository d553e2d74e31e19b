"""Reading a dialog, telling it from another one, and mapping an answer to a key."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.agent import AgentState, Detection, Regions
from console.model.dialog import Dialog, choices, choose, read_dialog
from console.model.surface import Screen
from tests.agents.samples import (
    APPROVAL,
    CODEX_APPROVAL,
    CODEX_QUESTION,
    DETECTOR,
    QUESTION,
    RULE,
    TURN,
    claude,
    screen,
)  # fmt: skip

SCREENS = Path(__file__).parents[2] / ".." / "shared" / "screens"
UNSEEN = {("0.53.0", "approval_plan"), ("0.87.0", "approval_plan")}
"""These versions only print the plan; they open no dialog."""
DASHES = "╌" * 80
NEW = f"""{TURN}
{RULE}
 Bash command
 Tip: auto mode handles these prompts for you
 Count the lines
{DASHES}
 wc -l loader.py
{DASHES}
 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and don't ask again for wc -l commands in /home/op/proj
   3. Yes, and switch to auto mode · auto mode handles these prompts for you
   4. No

 Esc to cancel · Tab to amend"""
OLD = f"""{TURN}
{RULE}
 Bash command

   wc -l loader.py
   {{2}}Count the lines{{0}}

 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and don't ask again for wc -l commands in /home/op/proj
   3. No

 Esc to cancel · Tab to amend"""


def dialog(text: str, width: int = 80, height: int = 30) -> Dialog:
    """The dialog on a screen with this text."""
    shown = screen(text, (1, 10), height, width)
    found = read_dialog(shown, DETECTOR.detect(shown))
    assert found is not None, text
    return found


# -- which one it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [APPROVAL, NEW, OLD, CODEX_APPROVAL, QUESTION, CODEX_QUESTION])
def test_the_cursor_and_what_stands_around_it_do_not_count(text: str) -> None:
    before = dialog(text)
    marked = re.search(r"^ *([❯›]) (\d)\.", text, flags=re.MULTILINE)
    assert marked is not None
    moved = re.sub(r"^( *)[❯›] (\d\.)", r"\1  \2", text, flags=re.MULTILINE)
    other = "2" if marked[2] == "1" else "1"
    moved = re.sub(rf"^( *)  ({other}\.)", rf"\1{marked[1]} \2", moved, flags=re.MULTILINE)
    assert moved != text
    assert dialog(moved).id == before.id
    hint = moved.replace("Esc to cancel · Tab to amend", "Esc to cancel")
    assert dialog(f"● more\n{hint}", height=40).id == before.id, "the conversation above, the keys below"
    assert before.id.same(before.id)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (APPROVAL, "rm -rf build && make", "rm -rf build && make x"),
        (APPROVAL, "rm -rf build && make", "rm -rf  build && make"),
        (APPROVAL, "Build again", "Build all"),
        (APPROVAL, "3. No", "3. No, and tell Claude what to do differently (esc)"),
        (NEW, "wc -l loader.py", "wc -l loader.sh"),
        (CODEX_APPROVAL, "$ touch /opt/created.txt", "$ touch /opt/created.tx"),
        (CODEX_APPROVAL, "outside the workspace", "inside the workspace"),
        (CODEX_APPROVAL, "Yes, proceed (y)", "Yes, proceed (p)"),
        (QUESTION, "어떤 검사를", "어느 검사를"),
        (QUESTION, "1. [ ] Lint", "1. [✔] Lint"),
        (CODEX_QUESTION, "Postgres", "MySQL"),
    ],
)
def test_another_command_text_or_answer_is_another_dialog(text: str, old: str, new: str) -> None:
    assert old in text
    assert not dialog(text).id.same(dialog(text.replace(old, new, 1)).id)


def test_another_agent_or_state_is_another_dialog() -> None:
    one = dialog(APPROVAL).id
    assert not one.same(replace(one, agent="codex")) and not one.same(replace(one, state=AgentState.MENU))


def test_a_dialog_that_is_wrapped_elsewhere_is_the_same() -> None:
    narrow = CODEX_APPROVAL.replace("`touch /opt/\n     created.txt` (p)", "\n     `touch /opt/created.txt` (p)")
    narrow = narrow.replace("Need to write outside the workspace", "Need to write\n  outside the workspace")
    one, two = dialog(CODEX_APPROVAL), dialog(narrow, width=66)
    assert one.id != two.id and one.id.same(two.id) and two.id.same(one.id)
    other = dialog(narrow.replace("created.txt`", "create.txt`"), width=66)
    assert not one.id.same(other.id)


def test_a_spinner_that_goes_on_is_not_a_part_of_it() -> None:
    rows = ("✻ Pondering… (9s)", " Do you want to proceed?", " ❯ 1. Yes", "   2. No")
    seen = Detection("claude", AgentState.APPROVAL, options=("Yes", "No"), regions=Regions(dialog=(0, 4)))
    one = read_dialog(Screen(rows, rows, 80, 24), seen)
    later = ("✽ Pondering… (11s)", *rows[1:])
    two = read_dialog(Screen(later, later, 80, 24), seen)
    assert one is not None and two is not None and one.id == two.id
    assert one.id.body == (" Do you want to proceed?",)


def test_no_dialog_no_reading() -> None:
    idle = claude("● Done.")
    assert read_dialog(idle, DETECTOR.detect(idle)) is None
    shown = screen(APPROVAL)
    seen = DETECTOR.detect(shown)
    assert read_dialog(shown, replace(seen, keep=True)) is None
    assert read_dialog(replace(shown, lines=shown.lines[:3]), seen) is None, "another screen than the one judged"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=30), st.integers(-1, 30), st.integers(-1, 31), st.data())
def test_no_screen_breaks_it(rows: list[str], top: int, end: int, data: st.DataObject) -> None:
    lines = tuple(row.replace("\n", " ") for row in rows)
    agent = data.draw(st.sampled_from(["claude", "codex", ""]))
    state = data.draw(st.sampled_from(list(AgentState)))
    head = data.draw(
        st.sampled_from(
            [(), (" Bash command", " Do you want to proceed?"), ("  Would you like to run the following command?",)]
        )
    )
    lines = (*head, *lines)
    seen = Detection(agent, state, options=tuple(rows[:3]), regions=Regions(dialog=(top, end)))
    found = read_dialog(Screen(lines, lines, 80, 24), seen)
    if found is not None:
        assert found.id.same(found.id) and found.text() is not None
        for key in ("y", "n", "1", "9", "x", ""):
            chosen, why = choose(found, key)
            assert (chosen is None) is bool(why)


# -- what it asks for -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "subject", "whole"),
    [
        (NEW, "wc -l loader.py", True),
        (OLD, "wc -l loader.py", True),
        (CODEX_APPROVAL, "touch /opt/created.txt", True),
        (OLD.replace("{2}", "").replace("{0}", ""), "wc -l loader.py\nCount the lines", False),
        (NEW.replace(" wc -l loader.py", " wc -l\n loader.py"), "wc -l\nloader.py", False),
        (NEW.replace(" wc -l loader.py", " wc -l loader…"), "wc -l loader…", False),
        (NEW.replace(" wc -l loader.py", " wc " + "x" * 73), "wc " + "x" * 73, False),
        (NEW.replace(" wc -l loader.py", f" rm x\n{DASHES}\n wc -l"), "wc -l", False),
        (NEW.replace(" Count the lines", f" Count\n{DASHES}\n ls\n{DASHES}"), "wc -l loader.py", False),
        (NEW.replace(" Do you want", " and more\n Do you want"), "wc -l loader.py", False),
        (OLD.replace("loader.py\n", "loader.py\n   rm x\n"), "wc -l loader.py\nrm x", False),
        (OLD.replace("   {2}Count the lines{0}\n", ""), "wc -l loader.py", False),
        (CODEX_APPROVAL.replace("Reason: Need", "Reason:\n\n  $ ls\n\n  Need"), "touch /opt/created.txt", False),
        (CODEX_APPROVAL.replace("created.txt\n\n\n  1.", "created.txt\n\n  rm x\n\n  1."),
         "touch /opt/created.txt\nrm x", False),
        (CODEX_APPROVAL.replace("workspace\n\n  $", "workspace\n  $"), "touch /opt/created.txt", False),
    ],
)  # fmt: skip
def test_a_command_is_whole_only_when_nothing_else_can_be_meant(text: str, subject: str, whole: bool) -> None:
    found = dialog(text, height=34)
    assert (found.asked.form, found.subject, found.asked.whole) == ("command", subject, whole)


def test_a_dialog_taller_than_the_screen_is_not_whole() -> None:
    rows = NEW.split("\n")
    assert dialog("\n".join(rows[rows.index(RULE) :]), height=len(rows)).asked.whole
    cut = rows[rows.index(RULE) + 1 :]
    for top in range(6):
        shown = screen("\n".join(cut[top:]), (1, 3), len(cut) - top)
        found = read_dialog(shown, DETECTOR.detect(shown, command="claude"))
        assert found is None or not found.asked.whole


def test_what_is_no_command() -> None:
    edit = APPROVAL.replace("Bash command", "Create file").replace("proceed?", "create hello.py?")
    assert (dialog(edit).asked.form, dialog(edit).subject) == ("edit", "hello.py")
    codex = CODEX_APPROVAL.replace("run the following command?", "make the following edits?").replace(
        "$ touch /opt/created.txt", "Destination: /home/op/hello.py"
    )
    assert (dialog(codex).asked.form, dialog(codex).subject) == ("edit", "/home/op/hello.py")
    assert dialog(QUESTION).asked.form == "question" and not dialog(QUESTION).asked.whole
    fetch = APPROVAL.replace("Bash command", "Fetch").replace("rm -rf build && make", "https://example.com/x")
    assert (dialog(fetch).asked.form, dialog(fetch).subject) == ("fetch", "https://example.com/x")


# -- which key ------------------------------------------------------------------------------------------------


def labelled(agent: str, *labels: str, state: AgentState = AgentState.APPROVAL) -> Dialog:
    base = dialog(APPROVAL)
    seen = Detection(agent, state, options=labels)
    return replace(base, choices=choices(seen), can_escape=False)


@pytest.mark.parametrize(
    ("agent", "label", "kind", "key"),
    [
        ("claude", "Yes", "accept-once", "1"),
        ("codex", "Yes, proceed (y)", "accept-once", "y"),
        ("codex", "Yes, just this once (y)", "accept-once", "y"),
        ("codex", "Yes, proceed", "accept-once", "1"),
        ("claude", "Yes, and manually approve edits", "accept-once", "1"),
        ("claude", "Yes, and don't ask again for ls commands in /x", "accept-always", "1"),
        ("claude", "Yes, allow all edits during this session (shift+tab)", "accept-always", "1"),
        ("claude", "Yes, and auto-accept edits", "accept-always", "1"),
        ("claude", "Yes, and switch to auto mode · it handles these prompts", "accept-always", "1"),
        ("codex", "Yes, and don't ask again for commands that start with `ls` (p)", "accept-always", "p"),
        ("codex", "Yes, and allow this host for this conversation (a)", "accept-always", "a"),
        ("claude", "Yes, and …", "other", "1"),
        ("claude", "Yes, I trust this folder", "other", "1"),
        ("claude", "No", "reject", "1"),
        ("codex", "No, and tell Codex what to do differently (esc)", "reject", "1"),
        ("codex", "No, and tell Codex what to do differently esc", "reject", "1"),
        ("claude", "No, and never ask again", "other", "1"),
        ("codex", "None of the above", "other", "1"),
        ("claude", "Yesterday's build", "other", "1"),
        ("claude", "Yes (y)", "accept-once", "1"),
    ],
)  # fmt: skip
def test_what_a_label_means(agent: str, label: str, kind: str, key: str) -> None:
    (choice,) = labelled(agent, label).choices
    assert (choice.kind, choice.key) == (kind, key)
    assert not choice.label.endswith((")", " esc"))


def test_a_letter_that_two_answers_claim_is_not_used() -> None:
    found = labelled("codex", "Yes, proceed (y)", "Yes, and don't ask again (y)", "No (esc)")
    assert [choice.key for choice in found.choices] == ["1", "2", "3"]


def test_y_n_and_digits() -> None:
    for text, yes, no in ((APPROVAL, "1", "3"), (NEW, "1", "4"), (CODEX_APPROVAL, "y", "3")):
        found = dialog(text)
        assert (choose(found, "y")[0] or found.choices[1]).key == yes
        assert (choose(found, "n")[0] or found.choices[1]).key == no
        assert choose(found, "2")[0] == found.choices[1]
        for nothing in ("0", "7", "a", "p", "enter", "12", ""):
            assert choose(found, nothing)[0] is None


def test_y_is_refused_where_it_is_not_sure() -> None:
    assert choose(labelled("claude", "Yes", "Yes", "No"), "y")[0] is None
    assert choose(labelled("claude", "Yes, and auto-accept edits", "No"), "y")[0] is None
    assert choose(labelled("claude", "Yes", "No", state=AgentState.TRUST), "y")[0] is None
    assert choose(dialog(QUESTION), "y")[0] is None and choose(dialog(CODEX_QUESTION), "y")[0] is None


def test_n_leaves_by_escape_where_no_answer_rejects() -> None:
    chosen, _ = choose(dialog(QUESTION), "n")
    assert chosen is not None and (chosen.number, chosen.key) == (0, "escape")
    assert choose(labelled("claude", "A", "B"), "n")[0] is None, "the dialog does not say that Esc leaves it"
    assert choose(labelled("claude", "No", "No, exit"), "n")[0] is None


def test_a_tenth_answer_has_no_key() -> None:
    found = labelled("claude", *[f"Plan {number}" for number in range(1, 12)])
    assert [choice.key for choice in found.choices][8:] == ["9", "", ""]
    assert choose(found, "10")[0] is None


# -- where a digit would be typed -----------------------------------------------------------------------------


def test_the_text_fields_of_a_dialog_are_seen() -> None:
    assert not dialog(QUESTION).text_field
    there = QUESTION.replace("❯ 1.", "  1.").replace("  3. [ ] Type", "❯ 3. [ ] Type")
    assert dialog(there).text_field
    assert dialog(there.replace("[ ] Type something", "[ ] half a thou")).text_field
    amended = APPROVAL.replace("❯ 1. Yes", "❯ 1. Yes, and tell Claude what to do next")
    assert dialog(amended).text_field
    named = APPROVAL.replace("❯ 1.", "  1.").replace("  3. No", "❯ 3. No, and tell Claude what to do differently (esc)")
    assert not dialog(named).text_field, "an answer, not a field"
    notes = CODEX_QUESTION.replace("tab to add notes", "tab or esc to clear notes")
    assert dialog(notes).text_field and not dialog(CODEX_QUESTION).text_field


# -- the recorded ones ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not SCREENS.is_dir(), reason="the recorded screens are not here")
def test_every_recorded_approval_is_understood() -> None:
    counted = 0
    for line in (SCREENS / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        scenario = str(label["scenario"])
        if label["state"] != "approval" or (label["version"], scenario) in UNSEEN:
            continue
        path = SCREENS / label["file"]
        plain = [row.rstrip() for row in path.read_text(encoding="utf-8").split("\n")]
        styled = path.with_suffix(".ansi").read_text(encoding="utf-8").split("\n")
        height = label["height"]
        shown = Screen(tuple(plain[:height]), tuple(styled[:height]), label["width"], height)
        found = read_dialog(shown, DETECTOR.detect(shown, title=label["title"], command=label["command"]))
        assert found is not None, label
        no, _ = choose(found, "n")
        assert no is not None and no.kind == "reject" and no.number == len(found.choices), label
        yes, _ = choose(found, "y")
        if yes is None:
            assert found.choices[0].label.startswith("Yes, and switch to default"), label
        else:
            assert yes.kind == "accept-once" and yes.label.startswith("Yes") and "again" not in yes.label, label
        forms = {
            "approval_bash": "command",
            "approval_edit": "edit",
            "approval_fetch": "fetch",
            "approval_plan": "plan",
        }
        assert found.asked.form == forms[scenario], label
        if scenario == "approval_bash":
            assert found.asked.whole and found.subject.startswith("touch "), label
        counted += 1
    assert counted > 50
