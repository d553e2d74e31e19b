"""The detector on small screens of Claude Code and Codex."""

from __future__ import annotations

import pytest

from console.agents.detector import Detector
from console.model.agent import AgentState
from console.model.surface import Screen
from tests.agents.samples import (
    APPROVAL,
    CODEX_APPROVAL,
    CODEX_DECOY,
    CODEX_QUESTION,
    CODEX_TURN,
    DECOY,
    DETECTOR,
    QUESTION,
    RULE,
    TURN,
    claude,
    codex,
    screen,
    shown,
)


class TestClaude:
    @pytest.mark.parametrize(
        ("seen", "state", "reason"),
        [
            (claude(TURN + "\n✻ Baked for 20s · done 5:15 PM\n"), "idle", ""),
            (claude(TURN + "\n✻ Pondering… (9s · ↓ 34 tokens)\n"), "working", "Pondering… (9s · ↓ 34 tokens)"),
            (claude(TURN + "\n· 로더 읽는 중…\n  ⎿  ◻ 캐시 추가\n"), "working", "로더 읽는 중…"),
            (claude(TURN, footer="  ⏸ manual mode on · esc to interr…"), "working", ""),
            (
                claude(TURN + "\n✻ 529 Overloaded · retrying in 7s · attempt 5/10\n"),
                "working",
                "529 Overloaded, retry 5/10 in 7 s",
            ),
            (claude(TURN, "and then test"), "typed", ""),
            (claude(TURN, "/mod"), "menu", "command or file list"),
            (claude("❯ go\n\n● API Error: 529 Overloaded.\n  Try again.\n"), "error", "API Error: 529 Overloaded."),
            (claude("❯ go\n  ⎿  You've hit your limit · resets 9:08pm (UTC)\n"), "limit", "limit resets 21:08 UTC"),
            (claude("❯ go\n  ⎿  Context limit reached · /compact\n"), "error", "Context limit reached · /compact"),
            (claude("❯ go\n  ⎿  Not logged in · Please run /login\n"), "login", "Not logged in · Please run /login"),
            (claude(TURN + "\n✻ Baked for 2s · 1 shell still running\n"), "background", "1 shell still running"),
            (
                claude(TURN + "\n✻ Waiting for 1 background agent to fin…\n"),
                "background",
                "Waiting for 1 background agent to fin…",
            ),
            (screen(APPROVAL), "approval", "Do you want to proceed?"),
            (screen(QUESTION), "question", "어떤 검사를 돌릴까요?"),
        ],
    )
    def test_state(self, seen: Screen, state: str, reason: str) -> None:
        found = DETECTOR.detect(seen)
        assert (found.agent, found.state.value, found.reason) == ("claude", state, reason)

    def test_quoted_menu_and_spinner_are_text(self) -> None:
        found = DETECTOR.detect(claude(DECOY), command="claude")
        assert found.state is AgentState.IDLE
        assert found.regions.dialog is None
        assert found.options == ()

    def test_dialog_region_and_options(self) -> None:
        seen = screen(APPROVAL)
        found = DETECTOR.detect(seen)
        dialog = shown(seen, found.regions.dialog)
        assert dialog[0] == RULE
        assert dialog[1].strip() == "Bash command"
        assert "   rm -rf build && make" in dialog
        assert dialog[-1] == " Esc to cancel · Tab to amend"
        assert shown(seen, found.regions.body)[-1] == "  It should read once."
        assert found.options == (
            "Yes",
            "Yes, and don't ask again for rm -rf build and make commands in /home/operator/ proj",
            "No",
        )

    def test_question_goes_on_below_its_inner_rule(self) -> None:
        seen = screen(QUESTION)
        found = DETECTOR.detect(seen)
        dialog = shown(seen, found.regions.dialog)
        assert dialog[1].startswith("←  ☒ Checks")
        assert dialog[-1].startswith("Enter to select")
        assert found.options == ("[ ] Lint", "[✔] 타입 검사", "[ ] Type something", "Chat about this")

    def test_dialog_taller_than_the_screen_is_still_an_approval(self) -> None:
        tail = "\n".join(["  12 + x = 1", *APPROVAL.split("\n")[-8:]])
        found = DETECTOR.detect(screen(tail), command="claude")
        assert found.state is AgentState.APPROVAL
        assert found.regions.dialog == (0, len(tail.split("\n")))

    def test_body_leaves_out_spinner_notices_box_and_hints(self) -> None:
        notice = " " * 62 + "88% context used"
        seen = claude(f"{TURN}\n✻ Pondering… (9s)\n  ⎿  Tip: press a key\n{notice}", "typed on")
        found = DETECTOR.detect(seen)
        assert shown(seen, found.regions.body)[-1] == "  It should read once."
        assert found.context == "88% context used"
        assert found.draft == "typed on"

    def test_typed_text_while_working_is_work_with_a_draft(self) -> None:
        found = DETECTOR.detect(claude(TURN + "\n✻ Pondering… (9s)\n", "다음은 테스트"))
        assert (found.state, found.draft) == (AgentState.WORKING, "다음은 테스트")

    def test_title_counts_only_as_evidence_of_work(self) -> None:
        idle = claude(TURN)
        assert DETECTOR.detect(idle, title="⠂ Session").state is AgentState.WORKING
        assert DETECTOR.detect(idle, title="⠂ Session").source == "title"
        working = claude(TURN + "\n✻ Pondering… (9s)\n")
        assert DETECTOR.detect(working, title="✳ Session").state is AgentState.WORKING
        assert DETECTOR.detect(screen(APPROVAL), title="⠂ Session").state is AgentState.APPROVAL

    def test_question_of_a_settings_menu_is_no_approval(self) -> None:
        text = f"{RULE}\n Sync\n\n Would you like to sync settings?\n ❯ 1. Later\n   2. Now\n\n Esc to cancel"
        assert DETECTOR.detect(screen(text)).state is AgentState.MENU

    def test_trust_dialog_without_numbers(self) -> None:
        text = f"""
{RULE}
 Accessing workspace:

 Quick safety check: Is this a project you created or one you trust?

 ❯ No, exit
   Yes, I trust this folder

 Enter to confirm · Esc to cancel"""
        found = DETECTOR.detect(screen(text))
        assert found.state is AgentState.TRUST
        assert found.regions.dialog == (1, 10)
        assert found.reason == "Is this a project you created or one you trust?"

    def test_transcript_view_keeps_the_last_state(self) -> None:
        seen = screen(f"{TURN}\n{RULE}\n  Showing detailed transcript · ctrl+o to toggle")
        found = DETECTOR.detect(seen, command="claude")
        assert found.keep
        assert shown(seen, found.regions.body)[-1] == "  It should read once."


class TestCodex:
    @pytest.mark.parametrize(
        ("seen", "state", "reason"),
        [
            (codex(CODEX_TURN + "\n  Worked for 18s • 17:27\n"), "idle", ""),
            (codex(CODEX_TURN + "\n• Working (5s • esc to interrupt)\n"), "working", "Working (5s • esc to interrupt)"),
            (codex(CODEX_TURN + "\n• 로더를 비교하는 중 (3s …\n"), "working", "로더를 비교하는 중 (3s …"),
            (codex(f"{CODEX_TURN}\n• {'w' * 77}…\n"), "working", "w" * 77 + "…"),
            (codex(CODEX_TURN + "\n• Ran ls …\n"), "idle", ""),
            (codex(CODEX_TURN, "fix it", "  tab to queue message"), "working", ""),
            (codex(CODEX_TURN, "fix it"), "typed", ""),
            (codex(CODEX_TURN, "/mod"), "menu", "command or file list"),
            (
                codex("› go\n\n■ stream disconnected before completion\n"),
                "error",
                "stream disconnected before completion",
            ),
            (codex("› go\n\n■ Conversation interrupted - tell the model\n"), "idle", ""),
            (
                codex("› go\n\n■ You’ve hit your usage limit. Buy more or try again\nat 8:34 PM.\n"),
                "limit",
                "limit resets 20:34",
            ),
            (screen(CODEX_APPROVAL), "approval", "Would you like to run the following command?"),
            (screen(CODEX_QUESTION), "question", "Which database should the service use?"),
        ],
    )
    def test_state(self, seen: Screen, state: str, reason: str) -> None:
        found = DETECTOR.detect(seen)
        assert (found.agent, found.state.value, found.reason) == ("codex", state, reason)

    def test_quoted_menu_and_spinner_are_text(self) -> None:
        found = DETECTOR.detect(codex(CODEX_DECOY), command="codex", title="proj")
        assert found.state is AgentState.IDLE
        assert found.regions.dialog is None

    def test_dialog_region_and_options(self) -> None:
        seen = screen(CODEX_APPROVAL)
        found = DETECTOR.detect(seen)
        dialog = shown(seen, found.regions.dialog)
        assert dialog[0].strip() == "Would you like to run the following command?"
        assert "  $ touch /opt/created.txt" in dialog
        assert dialog[-1].strip() == "Press enter to confirm or esc to cancel"
        assert shown(seen, found.regions.body)[-1] == "• The loader reads twice."
        assert found.options[0] == "Yes, proceed (y)"
        assert found.options[1].endswith("created.txt` (p)")

    def test_description_column_is_not_part_of_an_option(self) -> None:
        assert DETECTOR.detect(screen(CODEX_QUESTION)).options == ("SQLite (Recommended)", "Postgres")

    def test_dialog_without_a_known_title_starts_after_the_gap(self) -> None:
        text = f"{CODEX_TURN}\n\n  Something new\n  asks this.\n\n› 1. One\n  2. Two\n\n  enter select · esc back"
        seen = screen(text)
        found = DETECTOR.detect(seen)
        assert found.state is AgentState.MENU
        assert shown(seen, found.regions.dialog)[0].strip() == "Something new"

    def test_dialog_starts_at_its_known_title(self) -> None:
        text = (
            "> You are in /srv/app\n\n\n  Do you trust the contents of this directory?\n\n› 1. Yes, continue\n  2. No"
        )
        found = DETECTOR.detect(screen(f"{text}\n\n  Press enter to continue"))
        assert found.state is AgentState.TRUST
        assert found.regions.dialog == (0, 9)

    def test_body_ends_above_the_spinner_and_its_queue(self) -> None:
        queue = (
            "• Working (9s • esc to interrupt)\n\n• Messages to be submitted after next tool call\n  ↳ and then test\n"
        )
        seen = codex(f"{CODEX_TURN}\n{queue}")
        found = DETECTOR.detect(seen)
        assert found.reason == "Working (9s • esc to interrupt)"
        assert shown(seen, found.regions.body)[-1] == "• The loader reads twice."

    def test_pasted_list_in_the_composer_is_a_draft(self) -> None:
        found = DETECTOR.detect(codex(CODEX_TURN, "1. read\n  2. write"))
        assert (found.state, found.draft) == (AgentState.TYPED, "1. read\n2. write")

    def test_title(self) -> None:
        idle = codex(CODEX_TURN)
        assert DETECTOR.detect(idle, title="⠼ proj").state is AgentState.WORKING
        assert DETECTOR.detect(idle, title="[ ! ] Action Required | proj").state is AgentState.APPROVAL
        assert DETECTOR.detect(screen(CODEX_APPROVAL), title="⠼ proj").state is AgentState.APPROVAL

    def test_context_left(self) -> None:
        text = f"{CODEX_TURN}\n› \n\n  gpt-5.4 default · 47% left · ~/proj"
        assert DETECTOR.detect(screen(text)).context == "47% left"


class TestWholeScreen:
    """Views that take the whole screen, and what older versions draw without borders."""

    def test_the_transcript_of_codex_is_no_dialog_of_anybody(self) -> None:
        body = f"/ T R A N S C R I P T / / / /\n{CODEX_TURN}\n› go on\n\n{'─' * 73} 100% ─"
        seen = screen(f"{body}\n ↑/↓ to scroll   pgup/pgdn to page   home/end to jump\n q to quit   esc to edit prev")
        for command in ("codex", ""):
            found = DETECTOR.detect(seen, command=command)
            assert (found.agent, found.state, found.keep) == ("codex", AgentState.MENU, True)
            assert found.regions.dialog is None

    def test_the_transcript_of_claude_with_keys_of_a_dialog_keeps_the_state(self) -> None:
        keys = "  working · Showing detailed transcript · ctrl+o to toggle · ↑/↓ to scroll"
        found = DETECTOR.detect(screen(f"{TURN}\n{RULE}\n{keys}"))
        assert (found.agent, found.rule, found.keep) == ("claude", "claude.transcript", True)
        assert found.regions.dialog is None

    def test_a_dialog_without_options_and_keys(self) -> None:
        text = (
            f"{TURN}\n{RULE}\n Claude Code help   general   commands\n\n Claude reads, writes and runs.\n ! for bash\n"
        )
        assert DETECTOR.detect(screen(text), command="claude").state is AgentState.MENU
        assert DETECTOR.detect(screen(text)).state is AgentState.UNKNOWN

    def test_a_draft_taller_than_the_screen(self) -> None:
        for rows in (
            "\n".join(f"  line {at}" for at in range(20)),
            "\n".join(f"│   line {at:<72}│" for at in range(20)),
        ):
            edge = RULE if rows.startswith("  ") else "╰" + "─" * 78 + "╯"
            found = DETECTOR.detect(screen(f"{rows}\n{edge}"), command="claude")
            assert found.state is AgentState.TYPED
            assert found.draft.startswith("line 0\nline 1\n")

    def test_menus_of_old_versions(self) -> None:
        listed = f"{TURN}\n Session\n  L one\n\n Press Enter to continue…"
        assert DETECTOR.detect(screen(listed), command="claude").state is AgentState.MENU
        settings = "\n".join([*["│   Theme      dark │"] * 22, "╰" + "─" * 30 + "╯", "   ↑/↓ to select · Esc to close"])
        assert DETECTOR.detect(screen(settings), command="claude").state is AgentState.MENU
        resume = f"{TURN}\n    Modified    Summary\n❯ 1. 3s ago    The loader\n  tw..."
        assert DETECTOR.detect(screen(resume), command="claude").state is AgentState.MENU

    def test_a_retry_that_was_left_is_an_error(self) -> None:
        told = '  ⎿  API Error (529 {"type":"error","error":{"type":"overloaded_error","message"\n:"Overloaded"}}) · '
        body = f"> go\n{told}Retrying in 4 seconds… (attempt 4/10)\n"
        found = DETECTOR.detect(claude(body))
        assert (found.state, found.reason) == (AgentState.ERROR, "529 Overloaded")
        working = DETECTOR.detect(claude(f"{body}\n✻ Pondering… (9s)\n"))
        assert working.state is AgentState.WORKING
        assert DETECTOR.detect(claude(f"{body}\n● It worked.\n")).state is AgentState.IDLE

    def test_a_dialog_of_claude_is_none_of_codex(self) -> None:
        for text in (QUESTION, APPROVAL):
            assert DETECTOR.detect(screen(text), command="node", agent="codex").agent == "claude"

    def test_the_row_of_a_dead_pane(self) -> None:
        text = f"{TURN}\n\nPane is dead (status 1, Sun Nov 22 17:25:06 2026)"
        assert DETECTOR.detect(screen(text)).state is AgentState.DEAD
        for quoted in (f"{text}\n● That was it.", text.replace("Pane", "● Pane"), text.replace(" 2026)", "")):
            assert DETECTOR.detect(screen(quoted), command="claude").state is not AgentState.DEAD
        assert DETECTOR.detect(screen(text), command="less").state is AgentState.UNKNOWN

    def test_a_shell_prompt_over_an_old_box(self) -> None:
        text = f"{TURN}\n{RULE}\n❯ Killed\nop@host:~/proj$ \n{RULE}\n  ⏸ esc to interrupt"
        assert DETECTOR.detect(screen(text, (16, 7)), command="bash").state is AgentState.SHELL
        assert DETECTOR.detect(screen(text, (16, 7)), command="claude").state is not AgentState.SHELL


class TestStreaming:
    """From 0.169 on nothing but the title tells of work while an answer streams."""

    DONE = "› look\n\n• It reads.\n\n  Worked for 8s • 17:29\n\n"

    @pytest.mark.parametrize(
        ("body", "state"),
        [
            (f"{DONE}› and then\n\n• The quick survey\n", "working"),
            (f"{DONE}› and then\n\n• The quick survey\n\n  Worked for <1s • 17:30\n", "idle"),
            (f"{DONE}› and then\n\n• The quick\n\n■ Conversation interrupted - go on\n", "idle"),
            (f"{DONE}› and then\n\n■ stream disconnected\n", "error"),
            (DONE, "idle"),
            (f"{DONE}• Model changed to gpt-5.4 medium\n", "idle"),
            ("› and then\n\n• An answer of a version that says nothing at its end\n", "idle"),
        ],
    )
    def test_without_a_title(self, body: str, state: str) -> None:
        seen = codex(body)
        assert DETECTOR.detect(seen, command="codex").state.value == state
        titled = "idle" if state == "working" else state
        assert DETECTOR.detect(seen, command="codex", title="proj").state.value == titled


def test_a_draft_of_codex_may_have_blank_rows_of_its_own() -> None:
    rows = ("• Done.", "", "› first line", "  - second", "", "  last line", "", "  gpt-5-codex default · ~/openclaw")
    shown = Screen(rows, rows, 80, len(rows), (11, 5))
    found = Detector.load().detect(shown, command="codex", agent="codex")
    assert found.state is AgentState.TYPED
    assert found.draft == "first line\n- second\n\nlast line"
