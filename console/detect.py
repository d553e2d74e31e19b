"""``oc-console detect``: the verdict about one recorded screen, or about many, with its evidence."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from console.i18n import tr
from console.model.agent import Detection
from console.model.surface import Screen
from console.safety import safe_text

if TYPE_CHECKING:
    from console.agents.detector import Detector

WELL, FAILED, USAGE = 0, 1, 2
"""Exit codes: done; FILE or LABELS cannot be read; wrong use."""

BYTES: Final = 4_000_000
"""A larger file is no screen."""
ROWS: Final = 1_000
"""Of a longer text only the last rows are looked at."""
ROW_CHARACTERS: Final = 65_536
LABEL_BYTES: Final = 1_000_000
POINT_LIMIT: Final = 100_000


class Unreadable(Exception):
    """A screen or a row of labels that cannot be used; the text says why, in one line, in English like every verdict:
    scripts read it.
    """


@dataclass(frozen=True, slots=True)
class Known:
    """What the multiplexer told about the screen."""

    agent: str = ""
    title: str = ""
    command: str = ""
    version: str = ""
    dead: bool = False
    cursor: tuple[int, int] | None = None
    width: int = 0
    height: int = 0


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``detect`` to the sub-commands."""
    parser = commands.add_parser(
        "detect",
        help=tr("say what the agent on a recorded screen is doing, and by which rule"),
        description=tr(
            "Say what the agent on a recorded screen (plain or with colours) is doing, and by which evidence."
        ),
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help=tr("the screen; - reads standard input"))
    parser.add_argument(
        "--agent", default=None, metavar="claude|codex|…|auto", help=tr("who is expected (default: auto)")
    )
    parser.add_argument("--title", default="", help=tr("the terminal's title"))
    parser.add_argument("--command", default="", dest="program", metavar="NAME", help=tr("the foreground program"))
    parser.add_argument("--cursor", type=_point, metavar="X,Y", help=tr("column and row of the cursor, from 0"))
    parser.add_argument("--dead", action="store_true", help=tr("the pane's process is gone"))
    parser.add_argument("--json", action="store_true", help=tr("for scripts"))
    parser.add_argument(
        "--facts", action="store_true", help=tr("also model, context, time, tokens, jobs, draft, question")
    )
    parser.add_argument(
        "--batch",
        metavar="LABELS",
        help=tr(
            "one JSON line per screen: file (relative to LABELS), agent, version, width, height, "
            "title, command, dead, cursor_x, cursor_y; colours are taken from NAME.ansi beside "
            "NAME.txt"
        ),
    )
    parser.add_argument("--rules", action="append", default=[], metavar="FOLDER", help=tr("more rule files (*.yaml)"))


def run(arguments: argparse.Namespace, folders: Sequence[Path] = ()) -> int:
    """Carry ``detect`` out and return the exit code; *folders* hold more rule files than the operator's own."""
    from platformdirs import user_config_path

    from console.agents.detector import Detector

    try:
        more = [Path(folder).expanduser() for folder in arguments.rules]
        if absent := next((folder for folder in more if not folder.is_dir()), None):
            return _wrong(tr("--rules {folder}: there is no such folder", folder=absent), USAGE)
        detector = Detector.load([user_config_path("oc-console") / "agents", *folders, *more])
    except (OSError, ValueError) as error:
        return _wrong(str(error), USAGE)
    agent = arguments.agent or ""
    if agent not in ("", "auto", *detector.agents):
        return _wrong(
            tr(
                "--agent {agent}: there are rules for {listed}; auto recognises them",
                agent=agent,
                listed=", ".join(detector.agents),
            ),
            USAGE,
        )
    if (arguments.file is None) == (arguments.batch is None):
        return _wrong(tr("one FILE (- for standard input) or --batch LABELS is needed"), USAGE)
    if arguments.batch is not None and (arguments.title or arguments.program or arguments.cursor or arguments.dead):
        return _wrong(
            tr("--title, --command, --cursor and --dead are about one FILE; a batch has them in LABELS"), USAGE
        )
    try:
        if arguments.batch is not None:
            _batch(detector, arguments.batch, agent, facts=arguments.facts)
            sys.stdout.flush()
            return WELL
        _one(detector, arguments, "" if agent == "auto" else agent)
        sys.stdout.flush()
        return WELL
    except Unreadable as error:
        return _wrong(str(error), FAILED)
    except BrokenPipeError:  # whoever read our output has enough; Python must not flush the rest at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _wrong(text: str, code: int) -> int:
    print(tr("oc-console detect: {text}", text=safe_text(text)), file=sys.stderr)
    return code


def _point(text: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) == 2 and all(part.strip().isdecimal() and len(part) < 8 for part in parts):
        column, row = (int(part) for part in parts)
        if max(column, row) <= POINT_LIMIT:
            return column, row
    raise argparse.ArgumentTypeError(
        tr("{text!r} is no cursor; write column,row from 0: 2,21", text=safe_text(text)[:40])
    )


# ---- one screen --------------------------------------------------------------------------------------------


def _one(detector: Detector, arguments: argparse.Namespace, agent: str) -> None:
    known = Known(agent, arguments.title, arguments.program, dead=arguments.dead, cursor=arguments.cursor)
    name = arguments.file
    if name == "-":
        data = sys.stdin.buffer.read(BYTES + 1)
    else:
        try:
            with Path(name).open("rb") as file:
                data = file.read(BYTES + 1)
        except (OSError, ValueError) as error:
            raise Unreadable(f"{name}: {_why(error)}") from error
    found = _detect(detector, _text(data, name), "", known)
    print(_line(name, found, facts=arguments.facts) if arguments.json else _words(found, facts=arguments.facts))


def _text(data: bytes, name: str) -> str:
    if len(data) > BYTES:
        raise Unreadable(f"{name}: more than {BYTES:,} bytes; that is no screen")
    return data.decode("utf-8", errors="replace")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def screen_of(text: str, styled: str, known: Known) -> Screen:
    """Return the screen in *text*; *styled* is the same with colours, empty where *text* has them itself or there are
    none. A row is a line; the last `ROWS` count, no more than `Known.height` from the top where that is known.
    """
    rows = _rows(text, known.height)
    coloured = _rows(styled, known.height) if styled else rows
    cursor = known.cursor
    if len(rows) > ROWS:
        rows, coloured, cursor = rows[-ROWS:], coloured[-ROWS:], None
    lines = tuple(safe_text(row).rstrip() for row in rows)
    colours = tuple(safe_text(row, sgr=True) if "\x1b" in row else row for row in coloured)
    width = known.width or max((_cells(line) for line in lines), default=0)
    return Screen(lines, colours, width, known.height or len(lines), cursor)


def _rows(text: str, height: int) -> list[str]:
    rows = [row[:ROW_CHARACTERS].removesuffix("\r") for row in text.removesuffix("\n").split("\n")]
    return rows[:height] if height else rows


def _cells(line: str) -> int:
    from console.agents.regions import cells

    return cells(line)


def _detect(detector: Detector, text: str, styled: str, known: Known) -> Detection:
    return detector.detect(
        screen_of(text, styled, known),
        title=safe_text(known.title),
        command=safe_text(known.command),
        dead=known.dead,
        agent=known.agent,
        version=known.version,
    )


def verdict(file: str, found: Detection, *, facts: bool = False) -> dict[str, Any]:
    """Return what ``--json`` prints of one verdict."""
    evidence = {"source": found.source, "rule": found.rule, "region": found.region, "line": found.line}
    told: dict[str, Any] = {
        "file": safe_text(file),
        "agent": found.agent,
        "state": str(found.state),
        "reason": found.reason,
        "evidence": evidence,
        "context": found.context,
        "options": list(found.options),
    }
    if facts:
        told["needs_person"] = found.needs_person
        told["draft"] = found.draft
        told["facts"] = asdict(found.facts)
    return told


def _line(file: str, found: Detection, *, facts: bool) -> str:
    return json.dumps(verdict(file, found, facts=facts), ensure_ascii=False)


def _words(found: Detection, *, facts: bool) -> str:
    reason = f" - {found.reason}" if found.reason else ""
    rows = [f"{found.agent or 'no agent'}: {found.state}{reason}"]
    where = f", {found.region}" if found.region else ""
    rows.append(f"  by {found.source}: {found.rule or 'no rule'}{where}{': ' + found.line if found.line else ''}")
    if found.context:
        rows.append(f"  context: {found.context}")
    if found.draft:
        rows.append(f"  not submitted: {found.draft.splitlines()[0]}")
    question = found.facts.question
    for option in question.options if question is not None else ():
        number = f"{option.number}. " if option.number is not None else "- "
        rows.append(f"  {number}{option.label}{'  | ' + option.description if option.description else ''}")
    if facts:
        shown = {name: value for name, value in asdict(found.facts).items() if value and name != "question"}
        rows += [f"  {name.replace('_', ' ')}: {value}" for name, value in shown.items()]
        if question is not None:
            rows += [
                f"  asks: {question.title} | {question.text}",
                *(f"    {row}" for row in question.details),
            ]
    return "\n".join(rows)


# ---- many ----------------------------------------------------------------------------------------------------


def _batch(detector: Detector, labels: str, agent: str, *, facts: bool) -> None:
    folder = Path() if labels == "-" else Path(labels).parent
    try:
        with sys.stdin.buffer if labels == "-" else Path(labels).open("rb") as file:
            for number, raw in enumerate(_lines(file), 1):
                told = _of_row(detector, raw, number, folder, agent, facts=facts)
                if told is not None:
                    print(json.dumps(told, ensure_ascii=False))
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise Unreadable(f"{labels}: {_why(error)}") from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines of *file*; of one that is too long the beginning, which is then no JSON."""
    while raw := file.readline(LABEL_BYTES):
        end = raw
        while not end.endswith(b"\n") and len(end) == LABEL_BYTES:
            end = file.readline(LABEL_BYTES)
        yield raw


def _of_row(
    detector: Detector, raw: bytes, number: int, folder: Path, agent: str, *, facts: bool
) -> dict[str, Any] | None:
    text = raw.decode("utf-8-sig", errors="replace").strip()
    if not text:
        return None
    named: dict[str, Any] = {}
    try:
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"not JSON: {str(error)[:80]}") from error
        if not isinstance(row, dict) or not isinstance(row.get("file"), str) or not row["file"]:
            raise Unreadable("not an object with a file")
        named = {"file": safe_text(row["file"])}
        known = _known(row, detector.agents)
        if agent:
            known = Known(**{**_fields(known), "agent": "" if agent == "auto" else agent})
        path = folder / row["file"]
        plain = _read(path, row["file"])
        coloured = path.with_suffix(".ansi")
        styled = _read(coloured, row["file"]) if path.suffix == ".txt" and coloured.is_file() else ""
        return verdict(row["file"], _detect(detector, plain, styled, known), facts=facts)
    except (Unreadable, OSError, ValueError) as error:
        why = str(error) if isinstance(error, Unreadable) else _why(error)
        return {**named, "line": number, "error": safe_text(why)}


def _fields(known: Known) -> dict[str, Any]:
    return {name: getattr(known, name) for name in Known.__slots__}


def _read(path: Path, name: str) -> str:
    if not path.is_file():  # a pipe would keep us waiting
        raise Unreadable("there is no such file" if not path.exists() else "not a file")
    with path.open("rb") as file:
        return _text(file.read(BYTES + 1), name)


def _known(row: Mapping[str, Any], agents: Sequence[str]) -> Known:
    texts = {}
    for key in ("agent", "title", "command", "version"):
        value = row.get(key)
        if not (value is None or isinstance(value, str)):
            raise Unreadable(f"{key}: a text is needed, not {json.dumps(value)[:40]}")
        texts[key] = value or ""
    if texts["agent"] not in agents:
        texts["agent"] = ""  # auto, or one there are no rules for
    numbers = {}
    for key in ("width", "height", "cursor_x", "cursor_y"):
        value = row.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or abs(value) > POINT_LIMIT):
            raise Unreadable(f"{key}: a number up to {POINT_LIMIT} is needed, not {json.dumps(value)[:40]}")
        numbers[key] = value
    dead = row.get("dead")
    if dead not in (None, True, False, 0, 1):
        raise Unreadable(f"dead: true or false is needed, not {json.dumps(dead)[:40]}")
    x, y = numbers["cursor_x"], numbers["cursor_y"]
    return Known(
        **texts,
        dead=bool(dead),
        cursor=(x, y) if x is not None and y is not None else None,
        width=max(0, numbers["width"] or 0),
        height=max(0, numbers["height"] or 0),
    )
