"""More small screens: Gemini CLI, dialogs that stop the agent, and an agent of nobody's that has only a rule file."""

from __future__ import annotations

from tests.agents.samples import CODEX_TURN, RULE, TURN

GEMINI_ANSWER = "✦ The loader reads twice.\n  It should read once.\n"
_TOP, _BOTTOM = "╭" + "─" * 78 + "╮", "╰" + "─" * 78 + "╯"


def framed(*rows: str) -> str:
    """Rows in a frame of 80 columns."""
    return "\n".join([_TOP, *(f"│ {row:<76} │" for row in rows), _BOTTOM])


def gemini(typed: str = "  Type your message or @path/to/file", above: str = "", footer: str = "") -> str:
    """A Gemini CLI screen: an answer, *above* the input box, the box with *typed*, its status row."""
    status = footer or " ~/proj (main*)            no sandbox (see /docs)     gemini-2.5-pro (97% context left)"
    return f"{GEMINI_ANSWER}\n{above}{framed(f'> {typed}')}\n{status}"


GEMINI_APPROVAL = f"""{GEMINI_ANSWER}
{
    framed(
        "Action Required                                                       1 of 3",
        "",
        "?  Shell rm -rf build",
        "",
        "rm -rf build",
        "Allow execution of: 'rm'?",
        "",
        "● 1. Allow once",
        "  2. Allow for this session",
        "  3. No, suggest changes (esc)",
        "",
    )
}
"""
GEMINI_QUESTION = f"""{GEMINI_ANSWER}
{
    framed(
        "Answer Questions",
        "",
        "Which database should the service use?",
        "",
        "● 1.  SQLite",
        "      One file, no server",
        "  2.  Enter a custom value",
        "",
        "Enter to select · ↑/↓ to navigate · Esc to cancel",
    )
}
"""
GEMINI_TRUST = framed(
    "Do you trust the files in this folder?",
    "",
    "● 1. Trust folder (proj)",
    "  2. Trust parent folder (src)",
    "  3. Don't trust",
)
GEMINI_DECOY = """✦ The dialog looks like this:

  Allow execution of: 'rm'?
  ● 1. Allow once
    2. No, suggest changes (esc)

  ⠏ Thinking (esc to cancel, 12s)
"""

RATE_DIALOG = f"""{CODEX_TURN}
› go on

■ You’ve hit your usage limit. Visit the settings to purchase more credits or try
again at 8:57 PM.


  Approaching rate limits
  Switch to gpt-mini for lower credit usage?

› 1. Switch to gpt-mini   Fast and affordable model for easier
                          tasks.
  2. Keep current model

  enter select · esc back"""
LIMIT_DIALOG = f"""❯ go on
  ⎿  You've hit your limit · resets 9:09pm (UTC)

❯ /rate-limit-options

{RULE}
  What do you want to do?

  ❯ 1. Stop and wait for limit to reset
    2. Upgrade your plan

  Enter to confirm · Esc to cancel"""
KEY_DIALOG = f"""{RULE}
 Detected a custom API key in your environment

 ANTHROPIC_API_KEY: sk-ant-...0000

 Do you want to use this API key?

   1. Yes
 ❯ 2. No (recommended) ✔

 Enter to confirm · Esc to cancel"""
NEW_TRUST = f"""
{RULE}
 Accessing workspace:

 Quick safety check: Is this a project you created or one you trust?

 ❯ No, exit
   Yes, I trust this folder

 Enter to confirm · Esc to cancel"""
CHANGE_DIALOG = f"""{TURN}
{RULE}
 Create file
 hello.py
{"╌" * 80}
  1 def main():
  2     print('hello?')
{"╌" * 80}
 Do you want to create hello.py?
 ❯ 1. Yes
   2. Yes, allow all edits during this session (shift+tab)
   3. No

 Esc to cancel · Tab to amend"""

ROBOT_RULES = r"""
agent: robot
recognise: {command: '^robot$', title: '^robot:', screen: 'ROBOT \d'}
structure:
  prompt: '^robot> '
  turn: '^(<<|>>) '
  user: '^>> '
  status: '^\[robot '
  choice: '^\s*>\s+\d+\)'
  title: '^\?\? '
  hint: 'press a number'
  ghost: '^say something'
facts:
  - {region: footer, regex: 'mem (?P<left>\d+)%'}
  - {region: footer, regex: 'brain (?P<model>\w+)'}
titles:
  - {state: working, regex: '^robot: busy'}
rules:
  - {id: robot.ask, state: approval, priority: 900, region: dialog, regex: '^\?\? (?P<reason>[^\n]*)'}
  - {id: robot.busy, state: working, priority: 500, region: above_box, regex: '^~~ (?P<reason>[^\n]*)', spinner: true}
  - {id: robot.typed, state: typed, priority: 20, region: box, regex: '^\S+ \S'}
  - {id: robot.idle, state: idle, priority: 10, region: box, regex: '^\S*\s*\Z'}
"""
