"""What is no agent, drafts and options, wrong rules, and any screen at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.agents.questions import options
from console.agents.regions import is_dim
from console.agents.rule_files import compile_rule
from console.model.agent import AgentState, Detection
from console.model.surface import Screen
from tests.agents.samples import APPROVAL, CODEX_TURN, DETECTOR, RULE, TURN, claude, codex, screen, shown


class TestDraft:
    @pytest.mark.parametrize(
        ("box", "cursor", "draft"),
        [
            ("try something{7} {0}", None, "try something"),
            ("{7}R{0}{2}esend your message to try again{0}", (2, 5), ""),
            ("Resend your message to try again", (2, 5), ""),
            ("once more, please", (19, 5), "once more, please"),
            ("once more, please", (2, 5), ""),
            ("{1}once more, please{0}", (2, 5), "once more, please"),
            ("[Pasted text #1 +29 lines]", (28, 5), "[Pasted text #1 +29 lines]"),
            ("first\n  second", (8, 6), "first\nsecond"),
        ],
    )
    def test_ghost_text_is_no_draft(self, box: str, cursor: tuple[int, int] | None, draft: str) -> None:
        found = DETECTOR.detect(claude(TURN.rstrip("\n"), box, cursor=cursor))
        assert found.draft == draft
        assert found.state is (AgentState.TYPED if draft else AgentState.IDLE)

    def test_colour_number_two_is_not_dim(self) -> None:
        assert is_dim("❯ \x1b[38;5;2mgreen text", 2, 10) is False
        assert is_dim("❯ \x1b[38;2;2;2;2mdark text", 2, 9) is False
        assert is_dim("❯ \x1b[7mT\x1b[0;2mry this", 2, 8) is True
        assert is_dim("❯ plain", 2, 5) is None


class TestOthers:
    def test_shell(self) -> None:
        seen = screen("op@host:~/proj$ make\nok\nop@host:~/proj$ ", (16, 2))
        for command in ("bash", "-zsh", "/usr/bin/fish"):
            found = DETECTOR.detect(seen, command=command)
            assert (found.agent, found.state, found.source) == ("", AgentState.SHELL, "liveness")
        assert DETECTOR.detect(seen).state is AgentState.SHELL
        assert DETECTOR.detect(seen).regions.body == (0, 3)

    def test_what_a_killed_agent_left_behind_is_a_shell(self) -> None:
        text = f"{TURN}\n✻ Pondering… (9s)\n\n{RULE}\n❯ Killed\nop@host:~/proj$ {'─' * 60}\n  ⏸ esc to interrupt"
        for command in ("bash", ""):
            seen = DETECTOR.detect(screen(text, (16, 9)), command=command, title="⠂ Claude Code")
            assert seen.state is AgentState.SHELL

    def test_box_without_its_lower_rule_is_no_dialog(self) -> None:
        text = f"{TURN}\n{RULE}\n❯ Killed\nop@host:~/proj$ {'─' * 60}\n  ⏸ manual mode on"
        found = DETECTOR.detect(screen(text))
        assert found.state is AgentState.SHELL
        assert found.regions.dialog is None

    def test_suspended_agent_is_a_shell(self) -> None:
        text = f"{TURN}\n{RULE}\n❯ \n{RULE}\n  ? for shortcuts\n\n[1]+  Stopped   claude\nop@host:~/proj$ "
        assert DETECTOR.detect(screen(text, (16, 11)), command="bash").state is AgentState.SHELL

    def test_agent_run_by_a_shell_script_is_an_agent(self) -> None:
        seen = claude(TURN, cursor=(2, 6))
        assert seen.lines[6] == "❯"
        assert DETECTOR.detect(seen, command="bash").state is AgentState.IDLE
        assert DETECTOR.detect(screen(APPROVAL, (1, 14)), command="sh").state is AgentState.APPROVAL

    def test_dead_pane(self) -> None:
        text = f"{TURN}\n\nPane is dead (status 1, Sun Nov 22 17:25:06 2026)"
        found = DETECTOR.detect(screen(text), command="claude", dead=True)
        assert (found.agent, found.state, found.reason) == ("claude", AgentState.DEAD, "status 1")
        assert found.regions.body == (0, 4)
        assert DETECTOR.detect(screen(APPROVAL), dead=True).state is AgentState.DEAD

    def test_pager_with_a_recorded_screen_is_no_agent(self) -> None:
        found = DETECTOR.detect(screen(APPROVAL), command="less")
        assert (found.agent, found.state) == ("", AgentState.UNKNOWN)

    def test_empty_screen(self) -> None:
        for seen in (screen(""), Screen((), (), 0, 0)):
            found = DETECTOR.detect(seen)
            assert (found.agent, found.state, found.regions.body) == ("", AgentState.UNKNOWN, (0, 0))
        assert DETECTOR.detect(screen(""), command="codex").keep

    def test_text_without_structure_is_unknown(self) -> None:
        found = DETECTOR.detect(screen("one\ntwo\n\nthree"), command="python3")
        assert (found.state, found.regions.body) == (AgentState.UNKNOWN, (0, 4))

    def test_hint_does_not_outweigh_what_the_screen_shows(self) -> None:
        assert DETECTOR.detect(codex(CODEX_TURN), agent="claude").agent == "codex"
        assert DETECTOR.detect(claude(TURN), agent="someone").agent == "claude"


def test_option_goes_on_only_where_the_row_was_full() -> None:
    rows = [" ❯ 1. Yes", "     a description", "   2. " + "x" * 70, "      tail", "   3. No"]
    assert options(rows, 80) == ("Yes", "x" * 70 + " tail", "No")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "sleepy"}, "sleepy"),
        ({"region": "attic"}, "unknown region 'attic'"),
        ({"regex": "("}, "missing"),
        ({"colour": "red"}, "unknown keys"),
    ],
)
def test_wrong_rule_is_named(change: dict[str, str], message: str) -> None:
    rule = {"id": "x.y", "state": "idle", "priority": 1, "region": "box", "regex": "a", **change}
    with pytest.raises(ValueError, match=r"rule x\.y") as caught:
        compile_rule(rule, "x.yaml")
    assert message in str(caught.value)


PIECES = [
    *(
        RULE,
        "▔" * 40,
        "╭" + "─" * 30 + "╮",
        "╰" + "─" * 30 + "╯",
        "│ > x",
        "│ ❯ 1. Yes",
        "❯ ",
        "❯ 1. Yes",
        " ❯ 2. No",
        "›",
    ),
    *(
        "› 1. Yes, proceed",
        "  2. No",
        "  › 3. x",
        "  Press enter to confirm or esc to cancel",
        " Esc to cancel · Tab to amend",
    ),
    *(
        "✻ Pondering… (9s)",
        "● API Error: 500",
        "■ broken",
        "• Working (1s • esc to interrupt)",
        "  gpt · 5% left",
        "한국어",
        "",
    ),
    *(
        "Question 1/2",
        " ☐ Database",
        "Do you want to proceed?",
        "  4. Chat about this",
        "  99. x",
        "op@host:~$",
        "\x1b[2mdim\x1b[38;5m",
    ),
]
LINES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=100)), max_size=40)
POINT = st.one_of(st.none(), st.tuples(st.integers(-5, 250), st.integers(-5, 60)))


@settings(max_examples=200, deadline=None)
@given(
    LINES,
    LINES,
    POINT,
    st.integers(0, 200),
    st.text(max_size=20),
    st.sampled_from(["", "bash", "claude", "codex", "x"]),
)
def test_any_screen_gives_a_verdict_within_its_bounds(
    lines: list[str], styled: list[str], cursor: tuple[int, int] | None, width: int, title: str, command: str
) -> None:
    seen = Screen(tuple(lines), tuple(styled), width, len(lines), cursor)
    found: Detection = DETECTOR.detect(seen, title=title, command=command)
    start, end = found.regions.body
    assert 0 <= start <= end <= len(lines)
    if found.regions.dialog is not None:
        top, bottom = found.regions.dialog
        assert end <= top < bottom <= len(lines)
    assert found == DETECTOR.detect(seen, title=title, command=command)


class TestAnswer:
    """What the agent has said since the operator's last prompt."""

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (claude("❯ old\n\n● Old.\n\n❯ new\n  goes on\n\n  still\n\n● One.\n  Two.\n\n✻ Baked for 3s"),
             ["● One.", "  Two.", "", "✻ Baked for 3s"]),
            (codex("› new\n  goes on\n\n• One.\n\n  Two."), ["• One.", "", "  Two."]),
            (claude("❯ new\n  goes on"), []),
            (claude("  its end\n\n● More."), ["  its end", "", "● More."]),
        ],
    )  # fmt: skip
    def test_it_begins_below_the_prompt(self, seen: Screen, expected: list[str]) -> None:
        assert shown(seen, DETECTOR.detect(seen).regions.answer) == expected

    def test_a_dialog_is_no_answer(self) -> None:
        assert DETECTOR.detect(screen(APPROVAL)).regions.answer is None

    @settings(max_examples=100)
    @given(st.lists(st.sampled_from(["❯ a", "› a", "● b", "• b", "  c", "", "─" * 80, "❯ "]), max_size=20))
    def test_it_is_always_a_part_of_the_screen(self, rows: list[str]) -> None:
        seen = screen("\n".join(rows))
        span = DETECTOR.detect(seen, agent="claude").regions.answer
        assert span is None or 0 <= span[0] <= span[1] <= len(seen.lines)
