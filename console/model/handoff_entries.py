"""What a list entry or a row of a table says, in documents that people write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from console.model.handoff_blocks import Entry
from console.model.handoff_escape import unescaped
from console.model.handoff_items import (
    ArtifactEntry,
    AutomationEntry,
    DecisionEntry,
    DispatchEntry,
    FigureEntry,
    GuardEntry,
    PointEntry,
    ServiceEntry,
    SurfaceEntry,
    VerificationEntry,
)
from console.model.handoff_numbers import as_number, figure_values
from console.model.handoff_texts import (
    NUMBER,
    PID,
    PORT,
    REF,
    WORKSPACE,
    bare,
    commands,
    is_command,
    number,
    options,
    paths,
    place,
    trimmed,
    unique,
    without,
)
from console.model.handoff_words import Words

Item = (
    SurfaceEntry | DispatchEntry | DecisionEntry | ServiceEntry | AutomationEntry | ArtifactEntry | PointEntry
    | FigureEntry | VerificationEntry | GuardEntry
)  # fmt: skip

_QUOTED: Final = re.compile(r"[\"“”]([^\"“”]{1,80})[\"“”]")
_COUNT: Final = re.compile(r"(?<![\w.:/-])(\d{1,9})\s?(\+)?\s?(?:개|건|files?\b|파일)|(?<![\w.:/-])(\d{1,9})\+")
_SEPARATOR: Final = re.compile(r"\s[–—→|]\s?|\s-{1,2}>?\s|:\s|\t")
_LOOP: Final = re.compile(r"(?:for|while|until|if)\b")
_LOOP_END: Final = re.compile(r"(?:.*[;\s])?(?:done|fi)\s*(?:[;|>&].*)?$")


class Maker:
    """Makes entries out of cells and texts, or None where what identifies the entry is missing."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def of_row(self, kind: str, cells: Mapping[str, str], rest: str) -> Item | None:
        """A row of a table: *cells* by field, *rest* what stands in columns nobody knows."""
        made = getattr(self, f"_row_{kind}")(cells, rest)
        assert made is None or isinstance(made, Item)
        return made

    def of_text(self, kind: str, text: str) -> Item | None:
        """A list entry of a list that has fields."""
        made = getattr(self, f"_text_{kind}")(text)
        assert made is None or isinstance(made, Item)
        return made

    # ---- points --------------------------------------------------------------------------------------------

    def point(self, entry: Entry) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Text, commands and paths of an entry of a list of points."""
        texts = [*entry.texts, *(text for below in entry.below for text in below.texts)]
        scripts = [script for code in entry.code for script in scripts_of(code.split("\n"))[1]]
        if entry.comment:
            _, held = scripts_of(entry.texts[1:])
            return self._clean(entry.texts[0]), unique([*held, *scripts]), unique(paths("\n".join(held)))
        said = [text for at, text in enumerate(texts) if not at or not is_command(text, self.words)]
        found = commands([*texts, *(script for script in scripts if "\n" not in script)], self.words)
        more = (script for script in scripts if "\n" in script or script not in found)
        text = self._clean(" ".join(said))
        return text, unique([*found, *more]), paths("\n".join([*texts, *scripts]))

    def decision(self, entry: Entry) -> DecisionEntry:
        """An entry of the list of decisions."""
        text, held, named = self.point(entry)
        return DecisionEntry(text, held, named, options(without_commands(" ".join(entry.texts), held)))

    def _clean(self, text: str) -> str:
        return unescaped(" ".join(text.split()))

    def _row_points(self, cells: Mapping[str, str], rest: str) -> PointEntry | None:
        parts = [*cells.values(), rest]
        text = " — ".join(part for part in parts if part)
        return PointEntry(text, commands(parts, self.words), paths(text)) if text else None

    _row_lessons = _row_checks = _row_avoid = _row_first_steps = _row_points

    def _row_decisions(self, cells: Mapping[str, str], rest: str) -> DecisionEntry | None:
        text = trimmed(" — ".join(part for part in (cells.get("text", ""), rest, cells.get("remarks", "")) if part))
        command = bare(cells.get("commands", ""))
        whole = " ".join(part for part in (*cells.values(), rest) if part)
        held = unique([command] if command.strip("-–— ") else commands([text], self.words))
        if not (text or held):
            return None
        return DecisionEntry(text, held, paths(whole), options(text), cells.get("decided", ""))

    def _row_figures(self, cells: Mapping[str, str], rest: str) -> FigureEntry | None:
        name, value = cells.get("name", ""), cells.get("value", "")
        text = " ".join(part for part in (name, value, cells.get("unit", ""), rest) if part)
        single = f"{name} {value}{cells.get('unit', '')}"
        values = figure_values(single if value else text, self.words)
        before = as_number(cells.get("before", ""))
        if before is not None and len(values) == 1:
            values = (replace(values[0], before=before),)
        return FigureEntry(text, values) if text else None

    # ---- lists with fields ---------------------------------------------------------------------------------

    def _row_surfaces(self, cells: Mapping[str, str], rest: str) -> SurfaceEntry | None:
        ref, role = bare(cells.get("ref", "")), cells.get("role", "")
        if not ref:
            return None
        named = REF.search(ref)
        remarks = "; ".join(part for part in (cells.get("remarks", ""), rest) if part)
        if named is not None and named.group() != ref:
            remarks, ref = "; ".join(part for part in (trimmed(without(ref, REF)), remarks) if part), named.group()
        agent = self.words.agent(cells.get("agent", "")) or bare(cells.get("agent", ""))
        agent = agent or self.words.agent(role) or self.words.agent(cells.get("name", ""))
        quoted = _QUOTED.search(role)
        name = bare(cells.get("name", "")) or (quoted.group(1) if quoted else "")
        return SurfaceEntry(ref, role, bare(cells.get("workspace", "")), agent, name, cells.get("state", ""), remarks)

    def _text_surfaces(self, text: str) -> SurfaceEntry | None:
        plain = text.replace("`", "").replace("**", "")
        named = REF.search(plain)
        if named is None:
            return None
        space = WORKSPACE.search(plain)
        quoted = _QUOTED.search(plain)
        role = without(plain[: named.start()] + plain[named.end() :], WORKSPACE)
        return SurfaceEntry(
            named.group(),
            role,
            space.group() if space else "",
            self.words.agent(role),
            quoted.group(1) if quoted else "",
        )

    def _row_dispatches(self, cells: Mapping[str, str], rest: str) -> DispatchEntry | None:
        found = number(cells.get("number", "")) if cells.get("number") else None
        task = cells.get("task", "")
        if found is None and (inside := NUMBER.search(task)) is not None:
            found, task = int(inside.group(1)), without(task, NUMBER)
        if found is None and not task:
            return None
        remarks = "; ".join(part for part in (cells.get("remarks", ""), rest) if part)
        return DispatchEntry(found, bare(cells.get("surface", "")), task, bare(cells.get("status", "")), remarks)

    def _text_dispatches(self, text: str) -> DispatchEntry | None:
        plain = text.replace("`", "").replace("**", "")
        found = NUMBER.search(plain)
        if found is None:
            return None
        surface = REF.search(plain)
        rest = (plain[: found.start()] + " " + plain[found.end() :]).strip()
        if surface is not None:
            rest = without(rest.replace(surface.group(), " ", 1))
        parts = [trimmed(part) for part in _SEPARATOR.split(trimmed(rest))]
        parts = [part for part in parts if part]
        status = parts.pop() if len(parts) > 1 and len(parts[-1]) <= 40 else ""
        if not status and (ending := re.search(r"[(\[]([^()\[\]]{1,40})[)\]]$", parts[0] if parts else "")):
            status, parts[0] = ending.group(1), trimmed(parts[0][: ending.start()])
        return DispatchEntry(int(found.group(1)), surface.group() if surface else "", " — ".join(parts), status)

    def _row_services(self, cells: Mapping[str, str], rest: str) -> ServiceEntry | None:
        label, role = cells.get("label", ""), cells.get("role", "")
        if not label:
            return None
        remarks = "; ".join(part for part in (cells.get("remarks", ""), rest) if part)
        everything = " ".join((label, role, cells.get("observed", ""), remarks))
        pid, port = _found(PID, cells.get("pid", "") or everything), _found(PORT, everything)
        pid = as_int(cells.get("pid", "")) or pid
        port = as_int(cells.get("port", "")) or port
        expected = self._expected(cells.get("expected", ""), (cells.get("observed", ""), role))
        many = re.search(r"(?<![\w.-])(\d{1,6})\s?\+", label)
        name = bare(without(label, PID, PORT)) or bare(label)
        return ServiceEntry(
            name,
            role,
            pid,
            port,
            expected or "running",
            cells.get("observed", ""),
            remarks,
            int(many.group(1)) if many else None,
        )

    def _text_services(self, text: str) -> ServiceEntry | None:
        plain = text.replace("`", "").replace("**", "")
        parts = _SEPARATOR.split(plain, 1)
        head, rest = parts[0], parts[1] if len(parts) > 1 else ""
        bracket = head.find("(")
        if bracket > 0:
            head, rest = head[:bracket], f"{head[bracket:]} {rest}"
        if not trimmed(head):
            return None
        made = self._row_services({"label": trimmed(head), "role": trimmed(rest)}, "")
        if made is None:
            return None
        remarks = without(rest, PID, PORT)
        return ServiceEntry(made.label, remarks, made.pid, made.port, made.expected, "", "", made.count)

    def _row_automation(self, cells: Mapping[str, str], rest: str) -> AutomationEntry | None:
        path = place(cells.get("path", ""))
        if not path:
            return None
        state = cells.get("state", "")
        action = "; ".join(part for part in (cells.get("action", ""), rest) if part)
        counted = as_int(cells.get("count", ""))
        expected = self._expected(cells.get("expected", ""), (state,))
        return AutomationEntry(path, state, action, expected, _count(state) if counted is None else counted)

    def _text_automation(self, text: str) -> AutomationEntry | None:
        named = paths(text)
        if not named:
            return None
        path = place(text)
        rest = trimmed(text.replace("`", "").replace("**", "").replace(path, " ", 1))
        parts = [trimmed(part) for part in _SEPARATOR.split(rest, 1)]
        return self._row_automation(
            {"path": f"`{path}`", "state": parts[0], "action": parts[1] if len(parts) > 1 else ""}, ""
        )

    def _row_artifacts(self, cells: Mapping[str, str], rest: str) -> ArtifactEntry | None:
        cell = cells.get("path", "")
        path = place(cell)
        if not path:
            return None
        more = trimmed(cell.replace("`", "").replace(path, " ", 1)) if path != bare(cell) else ""
        remarks = "; ".join(part for part in (more, cells.get("remarks", ""), rest) if part)
        return ArtifactEntry(bare(cells.get("name", "")) or path.rstrip("/").rsplit("/", 1)[-1], path, remarks)

    def _text_artifacts(self, text: str) -> ArtifactEntry | None:
        named = paths(text)
        spans = [span for span in re.findall(r"`([^`]{1,400})`", text) if "." in span or "/" in span]
        path = place(text) if named else next(iter(spans), "")
        if not path:
            return None
        plain = text.replace("`", "").replace("**", "")
        before, _, after = plain.partition(path)
        name = trimmed(before) or path.rstrip("/").rsplit("/", 1)[-1]
        return ArtifactEntry(name, path, trimmed(after))

    def _row_verifications(self, cells: Mapping[str, str], rest: str) -> VerificationEntry | None:
        found = number(cells.get("number", "")) if cells.get("number") else None
        own, cross = as_number(cells.get("self_score", "")), as_number(cells.get("cross_score", ""))
        if found is None:
            return None
        note = "; ".join(part for part in (cells.get("note", ""), rest) if part)
        by, verdict = cells.get("by", ""), cells.get("verdict", "")
        return VerificationEntry(found, cells.get("surface", ""), by, own, cross, verdict, note)

    def _text_verifications(self, text: str) -> VerificationEntry | None:
        found = NUMBER.search(text)
        return VerificationEntry(int(found.group(1)), note=without(text, NUMBER)) if found else None

    def _row_guards(self, cells: Mapping[str, str], rest: str) -> GuardEntry | None:
        if not cells.get("guard"):
            return None
        text = "; ".join(part for part in (cells.get("text", ""), rest) if part)
        return GuardEntry(cells["guard"], cells.get("verdict", ""), cells.get("at", ""), cells.get("surface", ""), text)

    def _text_guards(self, text: str) -> GuardEntry | None:
        head, _, rest = text.partition(":")
        return GuardEntry(bare(head), text=rest.strip()) if bare(head) else None

    def _expected(self, said: str, states: Sequence[str]) -> str:
        """What a cell says of how it should be, else what the states say of how it is."""
        if said.strip("-–— "):
            return self.words.state(said) or bare(said)
        return next((state for state in map(self.words.state, states) if state), "")


def as_int(text: str) -> int | None:
    """``67592`` as a number, None for anything else."""
    value = as_number(text.strip().lstrip(":#"))
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else None


def without_commands(text: str, held: Sequence[str]) -> str:
    """*text* without the commands that are told apart: their options are theirs."""
    for command in held[:20]:
        text = text.replace(command, " ")
    return text


class Script:
    """Follows the lines of a script: whether the next one belongs to the command before."""

    def __init__(self) -> None:
        self._depth = 0
        self._joined = False

    @property
    def goes_on(self) -> bool:
        """Whether a loop is open, or the last line ends in a backslash."""
        return self._depth > 0 or self._joined

    def feed(self, line: str) -> None:
        """Take the next line, without the blanks around it."""
        if _LOOP.match(line) and not _LOOP_END.match(line):
            self._depth += 1
        elif self._depth and _LOOP_END.match(line):
            self._depth -= 1
        self._joined = line.endswith("\\")


def scripts_of(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Comments and commands of a script; a loop is one command."""
    comments: list[str] = []
    held: list[list[str]] = []
    script = Script()
    for line in lines:
        plain = line.strip()
        if not plain:
            continue
        if plain.startswith("#") and not script.goes_on:
            comments.append(plain.lstrip("#").strip())
            continue
        if script.goes_on:
            held[-1].append(line.rstrip())
        else:
            held.append([plain.removeprefix("$ ")])
        script.feed(plain)
    return comments, ["\n".join(lines) for lines in held]


def _count(text: str) -> int | None:
    found = _COUNT.search(text)
    return int(found.group(1) or found.group(3)) if found else None


def _found(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    value = next((int(each) for each in found.groups() if each), None) if found else None
    return value
