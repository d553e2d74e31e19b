"""What a coding agent is doing, told from one screen.

Three layers, the first that speaks decides: liveness (the pane's process, the foreground program, a shell prompt at the
cursor), the rules about the parts of the screen, and the terminal's title, which counts only as positive evidence of
work or of a question: programs leave old titles behind, and inside tmux some never change theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from console.agents.claude_layout import claude_layout
from console.agents.codex_layout import codex_layout
from console.agents.facts import read_facts
from console.agents.lines_layout import lines_layout
from console.agents.questions import ANY_MARK, options
from console.agents.regions import OPTION, Layout, cursor_text, indented, text_end, trimmed
from console.agents.rule_files import load_all, load_yaml, pattern
from console.agents.rules import Match, RuleSet, region_text, version_of
from console.model.agent import AgentState, Detection, Regions
from console.model.surface import Screen

_LayoutOf = Callable[[Screen, Sequence[str], Mapping[str, re.Pattern[str]]], Layout | None]
_LAYOUTS: Final[Mapping[str, _LayoutOf]] = {"claude": claude_layout, "codex": codex_layout, "lines": lines_layout}

_QUIET: Final = frozenset({AgentState.IDLE, AgentState.TYPED, AgentState.ERROR, AgentState.BACKGROUND})
"""States that the title may overrule: a screen may show no sign of work while an answer streams."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Rules loaded once; `detect` is pure: no clock, no I/O."""

    sets: tuple[RuleSet, ...]
    shells: frozenset[str]
    viewers: frozenset[str]
    carriers: frozenset[str]
    prompt: re.Pattern[str]
    themed_prompt: re.Pattern[str]
    dead: re.Pattern[str]
    dead_notice: re.Pattern[str]

    @classmethod
    def load(cls, folders: Iterable[Path] = ()) -> Detector:
        """Read the rule files of the package and then those of *folders*; a later file of an agent takes its place.

        Raises `ValueError` that names the file and what is wrong with it.
        """
        shell = load_yaml("shell.yaml")
        return cls(
            sets=load_all(folders),
            shells=frozenset(shell["shells"]),
            viewers=frozenset(shell["viewers"]),
            carriers=frozenset(shell["carriers"]),
            prompt=pattern(shell["prompt"]),
            themed_prompt=pattern(shell["themed_prompt"]),
            dead=pattern(shell["dead"]),
            dead_notice=pattern(shell["dead_notice"]),
        )

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents there are rules for."""
        return tuple(rules.agent for rules in self.sets)

    def detect(
        self,
        screen: Screen,
        *,
        title: str = "",
        command: str = "",
        dead: bool = False,
        agent: str = "",
        version: str = "",
    ) -> Detection:
        """Return the verdict about *screen*; never raises.

        *title*, *command* (foreground program) and *dead* are what the multiplexer tells, empty where it does not.
        *agent* says who is expected; what the screen shows goes before it. *version* is the agent's, where it is known;
        otherwise it is read off the screen while its header is there.
        """
        rows = trimmed(screen)
        program = command.rsplit("/", 1)[-1].lstrip("-")
        known = self._known(program, title, agent)
        if dead or (rows and program not in self.viewers and self.dead_notice.search(rows[-1])):
            return self._dead(rows, known)
        if program in self.viewers:
            return _plain(rows, "", AgentState.UNKNOWN, rule="liveness.viewer")
        rules, layout = self._layout(screen, rows, known, program)
        if self._at_shell(screen, rows, layout, program):
            return _plain(rows, "", AgentState.SHELL, rule="liveness.shell", line=cursor_text(screen, rows))
        if rules is None or layout is None:
            return _plain(rows, known, AgentState.UNKNOWN, source="screen", keep=bool(known) and not rows)
        return _title(_verdict(rules, layout, version, titled=bool(title.strip())), rules, title, program)

    def _dead(self, rows: Sequence[str], known: str) -> Detection:
        notice = self.dead.search(rows[-1]) if rows else None
        reason = (notice["reason"] or "").strip() if notice else ""
        kept = rows[: text_end(rows, len(rows) - 1, 0)] if notice else rows
        line = rows[-1] if notice else ""
        return _plain(kept, known, AgentState.DEAD, rule="liveness.dead", reason=reason, line=line)

    def _known(self, program: str, title: str, agent: str) -> str:
        """The agent that command, title or the hint name, in this order."""
        for rules in self.sets:
            if rules.command.search(program):
                return rules.agent
        if any(rules.agent == agent for rules in self.sets):
            return agent
        return next((rules.agent for rules in self.sets if rules.title.search(title)), "")

    def _layout(
        self, screen: Screen, rows: Sequence[str], known: str, program: str
    ) -> tuple[RuleSet | None, Layout | None]:
        """The agent whose structure the screen has; the known one first, and with weaker evidence."""
        if not rows:
            return None, None
        weak: tuple[RuleSet, Layout] | None = None
        common: tuple[RuleSet, Layout] | None = None
        for rules in sorted(self.sets, key=lambda one: one.agent != known):
            layout = _LAYOUTS[rules.layout](screen, rows, rules.words)
            if layout is not None and layout.sure and (not layout.common or rules.command.search(program)):
                return rules, layout
            if layout is not None and layout.common and common is None:
                common = (rules, layout)
            if layout is not None and rules.agent == known:
                weak = (rules, layout)
        if weak is not None or common is not None:
            return weak or common or (None, None)
        text = "\n".join(rows)
        for rules in self.sets:
            if rules.agent == known or (not known and rules.screen.search(text)):
                return rules, Layout(rows, screen.width, cursor=cursor_text(screen, rows))
        return None, None

    def _at_shell(self, screen: Screen, rows: Sequence[str], layout: Layout | None, program: str) -> bool:
        """Whether a shell has the terminal: what an agent left on the screen does not count."""
        prompt = self._prompt(screen, rows, layout)
        if layout is not None and layout.sure:
            box, cursor = layout.box, screen.cursor
            if box is not None and cursor is not None and box[0] <= cursor[1] < box[1]:
                return prompt and program in self.shells and cursor[1] > box[0]  # it writes over what was left behind
            if layout.dialog is not None and not prompt:
                return False
        return program in self.shells or (prompt and (not program or program in self.carriers))

    def _prompt(self, screen: Screen, rows: Sequence[str], layout: Layout | None) -> bool:
        """A shell prompt at the cursor; without a cursor, one among the last rows below the agent's own."""
        bare = layout is None or (layout.box is None and layout.dialog is None)
        if screen.cursor is not None:
            text = cursor_text(screen, rows)
            return self.prompt.search(text) is not None or (bare and self.themed_prompt.search(text) is not None)
        below = layout.footer if layout is not None and layout.box is not None else 0
        candidates = [row.rstrip("─ ") for row in rows[max(below, len(rows) - 4) :]]  # a border may be left on the row
        if any(self.prompt.search(row) for row in candidates):
            return True
        return bare and bool(candidates) and self.themed_prompt.search(candidates[-1]) is not None


def _plain(
    rows: Sequence[str],
    agent: str,
    state: AgentState,
    *,
    source: str = "liveness",
    rule: str = "",
    reason: str = "",
    line: str = "",
    keep: bool = False,
) -> Detection:
    return Detection(agent, state, reason, source, rule, line=line.strip(), regions=Regions((0, len(rows))), keep=keep)


def _verdict(rules: RuleSet, layout: Layout, version: str, *, titled: bool) -> Detection:
    texts: dict[str, str | None] = {}
    version = version or _version(rules, layout, texts)
    found = rules.best(layout, texts, version_of(version), titled=titled)
    context = (found.context if found else "") or rules.context_of(layout, texts)
    dialog = layout.dialog
    end = _body_end(layout, found)
    marks = ANY_MARK if rules.layout == "lines" else OPTION
    return Detection(
        agent=rules.agent,
        state=found.rule.state if found else AgentState.UNKNOWN,
        reason=found.reason if found else "",
        rule=found.rule.id if found else "",
        region=found.rule.region if found else "",
        line=found.line if found else "",
        context=context,
        options=options(layout.rows[dialog[0] : dialog[1]], layout.width, marks) if dialog else (),
        draft=layout.draft,
        regions=Regions((0, end), dialog, _answer(layout, end)),
        keep=found.rule.keep if found else False,
        blocks=found.rule.blocks if found else False,
        facts=read_facts(rules, layout, texts, found, version),
    )


def _version(rules: RuleSet, layout: Layout, texts: dict[str, str | None]) -> str:
    """The version in the agent's own header, while that is on the screen."""
    regex = rules.words.get("version")
    text = region_text(layout, "body", texts) if regex is not None else None
    found = regex.search(text) if regex is not None and text else None
    return found[1] if found is not None and found.re.groups else ""


def _answer(layout: Layout, end: int) -> tuple[int, int] | None:
    """From the first block below the operator's prompt to the end of the body. The rows of a prompt are indented.

    Where the prompt has left the screen, all of it is the answer, or the end of a long prompt before it.
    """
    if layout.box is None:
        return None
    if layout.exchange is None:
        return (0, end)
    start = next((at for at in range(layout.exchange + 1, end) if not indented(layout.rows[at])), end)
    return (start, end)


def _body_end(layout: Layout, found: Match | None) -> int:
    if layout.dialog is not None:
        end = layout.dialog[0]
    elif layout.box is None:
        end = len(layout.rows)
        if found is not None and found.rule.region == "tail":  # a pager: a rule, then its keys
            end = next((at for at in range(max(0, end - 4), end) if layout.rows[at].startswith("─")), end)
    elif found is not None and found.rule.spinner and layout.live is not None:
        rows = range(layout.live, layout.box_top)
        end = next((at for at in rows if layout.rows[at].strip() == found.line), layout.live)
    else:
        end = layout.box_top
    return text_end(layout.rows, end, layout.width)


def _title(seen: Detection, rules: RuleSet, title: str, program: str) -> Detection:
    """Let the title overrule a screen without signs of work; one that tells nothing, only if the agent surely runs."""
    told_nothing = seen.state in (AgentState.UNKNOWN, AgentState.STARTUP)
    if seen.state not in _QUIET and not (told_nothing and rules.command.search(program)):
        return seen
    for state, regex in rules.titles:
        if regex.search(title):
            return replace(
                seen, state=state, reason="", source="title", rule=f"{rules.agent}.title", region="title", line=title
            )
    return seen
