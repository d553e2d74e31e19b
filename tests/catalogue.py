"""The Korean catalogue: ``python -m tests.catalogue --write`` collects the texts of the code and compiles it.

Present translations stay; a text that is no longer in the code goes. `tests.test_translations` says what is missing.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from console.commands import COMMANDS, COMPOSER
from console.i18n import DOMAIN, FOLDER
from console.model.agent import AgentState
from console.model.artifact import Changed
from console.model.checklist import StepState
from console.model.decision import DecisionState
from console.model.dispatch import DispatchStatus, VerificationVerdict
from console.model.parcel import Fate
from console.model.queue import ItemState
from console.model.service import Judgement, State
from console.model.service_act import Verb
from console.model.telemetry import CollectorState

ROOT: Final = Path(__file__).parents[1]
PO: Final = FOLDER / "ko" / "LC_MESSAGES" / f"{DOMAIN}.po"
MO: Final = PO.with_suffix(".mo")
CALLS: Final = {"tr": 1, "mark": 1, "trn": 2, "trc": 2}
"""The functions of `console.i18n`, and how many of their first arguments are texts."""
WORDS: Final[tuple[type[StrEnum], ...]] = (
    AgentState,
    Changed,
    CollectorState,
    DecisionState,
    DispatchStatus,
    Fate,
    ItemState,
    Judgement,
    State,
    StepState,
    Verb,
    VerificationVerdict,
)
"""Words that are compared in code and read by scripts, so they are English there; shown, they go through `tr`."""
_NEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""In the place of the hour of writing: equal texts make an equal file."""


def sources() -> Iterator[Path]:
    """The files whose texts are translated; the demo plays foreign programs, which speak English."""
    for path in sorted((ROOT / "console").rglob("*.py")):
        if "demo" not in path.relative_to(ROOT).parts and path.name != "i18n.py":
            yield path


def template() -> Catalog:
    """Every text of the code, without translations."""
    made = _catalog()
    for path in sources():
        where = path.relative_to(ROOT).as_posix()
        for line, message, context in texts(path.read_text(encoding="utf-8")):
            made.add(message, None, [(where, line)], context=context)
    for words in WORDS:
        for word in words:
            made.add(str(word), None, [(f"{words.__module__.replace('.', '/')}.py", 1)])
    for command in (*COMMANDS, *COMPOSER):
        for text in (command.title, command.help, command.group):
            made.add(text, None, [("console/commands.py", 1)])
    return made


def texts(code: str) -> Iterator[tuple[int, str | tuple[str, str], str | None]]:
    """Line, text (one, or one and many) and context of each call of a translation, in the order of their lines.

    The syntax tree is asked: Babel's own reader passes over what stands in an f-string before Python 3.12.
    """
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = ast.unparse(call.func).removeprefix("i18n.")
        said = [each.value for each in call.args[: CALLS.get(name, 0)] if isinstance(each, ast.Constant)]
        if name not in CALLS or len(said) < CALLS[name]:
            continue
        first, last = str(said[0]), str(said[-1])
        yield call.lineno, (first, last) if name == "trn" else last, first if name == "trc" else None


def written() -> Catalog:
    """The catalogue as it stands in the tree; an empty one when there is none."""
    if not PO.exists():
        return _catalog()
    with PO.open("rb") as file:
        return read_po(file, locale="ko", domain=DOMAIN)


def updated(present: Catalog) -> Catalog:
    """The texts of the code with the translations of *present*."""
    made = template()
    for message in made:
        found = present.get(message.id, message.context) if message.id else None
        if found is not None:
            message.string = found.string
    return made


def po_bytes(catalog: Catalog) -> bytes:
    """*catalog* as the text file that people edit."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_by_file=True, include_lineno=False)
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """*catalog* as the file that the program reads."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def _catalog() -> Catalog:
    return Catalog(
        locale="ko",
        domain=DOMAIN,
        header_comment="# Korean interface of oc-console.\n#",
        project="oc-console",
        version="1",
        fuzzy=False,
        creation_date=_NEVER,
        revision_date=_NEVER,
        charset="utf-8",
        last_translator="oc-console",
        language_team="ko",
        msgid_bugs_address="oc-console",
    )


def main() -> int:
    """Write both files; without ``--write``, print what has no translation."""
    made = updated(written())
    missing = [forms(message.id)[0] for message in made if message.id and not all(forms(message.string))]
    if "--write" in sys.argv[1:]:
        PO.parent.mkdir(parents=True, exist_ok=True)
        PO.write_bytes(po_bytes(made))
        MO.write_bytes(mo_bytes(made))
    else:
        sys.stdout.writelines(f"{each}\n" for each in missing)
    print(f"{len(made)} texts, {len(missing)} without a translation", file=sys.stderr)
    return 1 if missing else 0


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The forms of one text or of its translation: one, or one for each number there is."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


if __name__ == "__main__":
    sys.exit(main())
