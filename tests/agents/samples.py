"""Small screens of agents, and the means to write more."""

from __future__ import annotations

import re

from console.agents.detector import Detector
from console.model.surface import Screen

WIDTH = 80
RULE = "─" * WIDTH
DETECTOR = Detector.load()


def screen(text: str, cursor: tuple[int, int] | None = None, height: int = 24, width: int = WIDTH) -> Screen:
    """A screen from text; ``{2}…{0}`` are SGR marks."""
    styled = re.sub(r"\{(\d+)\}", "\x1b[\\1m", text).split("\n")
    lines = [re.sub(r"\x1b\[\d+m", "", line).rstrip() for line in styled]
    fill = [""] * (height - len(lines))
    return Screen((*lines, *fill), (*styled, *fill), width, height, cursor)


def claude(
    body: str, box: str = "", footer: str = "  ? for shortcuts", cursor: tuple[int, int] | None = None
) -> Screen:
    """A Claude Code screen: *body*, the box with *box* in it, the hints below it."""
    return screen(f"{body}\n{RULE}\n❯ {box}\n{RULE}\n{footer}", cursor)


def codex(
    body: str, box: str = "{2}Ask Codex to do anything{0}", footer: str = "  ← for agents · ? for shortcuts"
) -> Screen:
    return screen(f"{body}\n\n› {box}\n\n  gpt-5-codex default · ~/proj\n{footer}")


def shown(seen: Screen, span: tuple[int, int] | None) -> list[str]:
    assert span is not None
    return list(seen.lines[span[0] : span[1]])


TURN = "❯ fix the loader\n\n● The loader reads twice.\n  It should read once.\n"
APPROVAL = f"""{TURN}
{RULE}
 Bash command

   rm -rf build && make
   Build again

 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and don't ask again for rm -rf build and make commands in /home/operator/
      proj
   3. No

 Esc to cancel · Tab to amend"""
QUESTION = f"""{TURN}
{RULE}
←  ☒ Checks  ☐ 보고서  ✔ Submit  →

어떤 검사를 돌릴까요?

❯ 1. [ ] Lint
     ruff
  2. [✔] 타입 검사
  3. [ ] Type something
{RULE}
  4. Chat about this

Enter to select · Tab/Arrow keys to navigate · Esc to cancel"""
DECOY = """● Here is what the screen says:

  Do you want to proceed?
  ❯ 1. Yes
    2. No

  ✻ Pondering… (12s · esc to interrupt)
  Esc to cancel · Tab to amend
"""
CODEX_TURN = "› fix the loader\n\n\n• The loader reads twice.\n"
CODEX_APPROVAL = f"""{CODEX_TURN}

  Would you like to run the following command?

  Reason: Need to write outside the workspace

  $ touch /opt/created.txt


  1. Yes, proceed (y)
› 2. Yes, and don't ask again for commands that start with `touch /opt/
     created.txt` (p)
  3. No, and tell Codex what to do differently (esc)

  Press enter to confirm or esc to cancel"""
CODEX_QUESTION = f"""{CODEX_TURN}

  Question 1/1 (1 unanswered)
  Which database should the service use?

  › 1. SQLite (Recommended)  One file, no server
    2. Postgres              A server process

  tab to add notes | enter to submit answer | esc to interrupt"""
CODEX_DECOY = """• Here is what the screen says:

  Would you like to run the following command?
  › 1. Yes, proceed (y)
  2. No

  • Working (12s • esc to interrupt) is only quoted.
"""
