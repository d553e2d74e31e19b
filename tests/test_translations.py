"""No text of the interface is missing in Korean: the calls are well formed, the catalogue is whole, nothing is bare."""

from __future__ import annotations

import ast
import gettext
import re
import string
from collections.abc import Iterator
from typing import Final

import pytest

from tests.catalogue import CALLS, MO, ROOT, forms, sources, template, texts, written

EXEMPT: Final = ROOT / "tests" / "untranslated"
OTHERS_WORDS: Final = frozenset({"console/model/handoff_form.py", "console/model/handoff_phrases.py"})
"""These hold the words of the documents in both languages themselves."""
_TEXT: Final = re.compile(
    r"[A-Za-z']{2,}[,.;:)]* +\(?[A-Za-z']{2,}|(?<![\w.-])[A-Za-z]{3,}[,.;:)]* +\{\}|\{\} +\(?[A-Za-z]{3,}"
)
"""Two words, or a word beside a value. A label of one word is found on the screen: see tests/screens."""
_PERCENT: Final = re.compile(r"%(?:\(\w+\))?[sr]")
"""Values in the texts of `argparse`."""


def bare_texts(path: str, code: str) -> Iterator[str]:
    """``path:line: text`` for each text of *code* that would be shown as it stands."""
    tree = ast.parse(code)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a docstring, of a module, a function or an attribute
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
        elif isinstance(node, ast.Call) and _name(node) in CALLS:
            skipped.update(id(each) for each in node.args[: CALLS[_name(node)]])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("re.compile", "Command"):
            skipped.update(id(inner) for each in node.args for inner in ast.walk(each))
    for node in ast.walk(tree):
        text = _shown(node) if id(node) not in skipped else ""
        if _TEXT.search(text):
            yield f"{path}:{getattr(node, 'lineno', 0)}: {' '.join(text.split())}"


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    return ""


def wrong_calls(path: str, code: str) -> Iterator[str]:
    """``path:line: what is wrong`` for each call of a translation that cannot work."""
    tree = ast.parse(code)
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for part in (node.body if isinstance(node.body, list) else [node.body])
        for inner in ast.walk(part)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node) not in CALLS:
            continue
        where, name = f"{path}:{node.lineno}", _name(node)
        count = CALLS[name]
        texts = [each.value for each in node.args[:count] if isinstance(each, ast.Constant)]
        if name != "mark" and id(node) not in late:
            yield f"{where}: {name} runs before the language is known; use mark here and tr where it is shown"
        if any(isinstance(each, (ast.JoinedStr, ast.BinOp)) for each in node.args[:count]):
            yield f"{where}: a text that is put together is in no catalogue; give it the values by name"
        elif len(texts) < count:
            if name != "tr":
                yield f"{where}: {name} takes literal texts"
        else:
            yield from (f"{where}: {each}" for each in _wrong_values(name, [str(each) for each in texts], node))


def _wrong_values(name: str, texts: list[str], node: ast.Call) -> Iterator[str]:
    given = {each.arg for each in node.keywords if each.arg is not None}
    if any(each.arg is None for each in node.keywords):
        return
    asked = set[str]().union(*(holes(text) for text in (texts[1:] if name == "trc" else texts)))
    if name == "trn":
        asked.discard("count")
    if name != "mark" and (given or name == "trn") and given != asked:
        yield f"the text asks for {sorted(asked)}, the call gives {sorted(given)}"


def holes(text: str) -> set[str]:
    """The names of the values in *text*; those of a text with single braces, which is never formatted, are none."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


def _name(node: ast.Call) -> str:
    return ast.unparse(node.func).removeprefix("i18n.")


def _exempt() -> set[str]:
    lines = (line for file in EXEMPT.glob("*.txt") for line in file.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def _files() -> Iterator[tuple[str, str]]:
    for path in sources():
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_every_text_for_people_can_be_translated() -> None:
    allowed = _exempt()
    bare = [
        each
        for path, code in _files()
        if path not in OTHERS_WORDS
        for each in bare_texts(path, code)
        if each.split(": ", 1)[1] not in allowed
    ]
    assert not bare, "\n" + "\n".join(bare)


def test_nothing_is_exempt_that_is_not_there() -> None:
    there = {each.split(": ", 1)[1] for path, code in _files() for each in bare_texts(path, code)}
    assert not _exempt() - there


def test_every_call_of_a_translation_can_work() -> None:
    wrong = [each for path, code in _files() for each in wrong_calls(path, code)]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "code",
    [
        "def f(n):\n    return tr(f'{n} records')",
        "def f(n):\n    return tr('a ' + n)",
        "TITLE = tr('no surfaces yet')",
        "class A:\n    title = i18n.tr('no surfaces yet')",
        "def f(n=tr('nothing')):\n    pass",
        "def f():\n    return tr('{count} records', number=3)",
        "def f(n):\n    return trn('{count} record', '{count} records of {name}', n)",
        "def f(n):\n    return trc(n, 'open')",
    ],
)
def test_a_call_that_cannot_work_is_found(code: str) -> None:
    assert list(wrong_calls("a.py", code))


def test_a_text_is_collected_wherever_it_stands() -> None:
    code = (
        "A = mark('a registry')\n"
        "def f(n):\n"
        "    return f'{tr(\"is open\")}: {n}', trn('{count} record', '{count} records', n), trc('a place', 'open')\n"
    )
    assert [found[1:] for found in texts(code)] == [
        ("a registry", None), ("is open", None), (("{count} record", "{count} records"), None), ("open", "a place"),
    ]  # fmt: skip


def test_a_bare_text_is_found_and_a_translated_one_is_not() -> None:
    code = (
        '"""Words of a docstring."""\n'
        "a = mark('no surfaces yet')\n"
        "b = 'no surfaces yet'\n"
        "def f(n):\n"
        "    return tr('{count} is too many', count=n), f'queue {n}', re.compile('two words')\n"
    )
    assert list(bare_texts("a.py", code)) == ["a.py:3: no surfaces yet", "a.py:5: queue {}"]


def test_no_text_is_missing_in_the_catalogue() -> None:
    present = {(message.id, message.context) for message in written() if message.id}
    asked = {(message.id, message.context) for message in template() if message.id}
    assert not asked - present, "run: make catalogue, and translate these"
    assert not present - asked, "run: make catalogue; these are no longer in the code"


def test_every_text_is_translated_with_its_values() -> None:
    wrong = []
    for message in written():
        english, korean = forms(message.id), forms(message.string)
        if not english[0]:
            continue
        if message.fuzzy or not all(korean):
            wrong.append(f"not translated: {english[0]}")
        elif holes(korean[0]) != holes(english[-1]) or _PERCENT.findall(english[0]) != _PERCENT.findall(korean[0]):
            wrong.append(f"other values: {english[0]} -> {korean[0]}")
        elif (english[0][:1] == " ", english[-1][-1:] == " ") != (korean[0][:1] == " ", korean[0][-1:] == " "):
            wrong.append(f"other blanks at its ends: {english[0]!r} -> {korean[0]!r}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_what_the_program_reads_is_what_people_edit() -> None:
    catalogue = written()
    with MO.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in catalogue:
        english, korean = forms(message.id), forms(message.string)
        if len(english) > 1:
            assert compiled.ngettext(english[0], english[1], 2) == korean[0]
        elif message.context:
            assert compiled.pgettext(message.context, english[0]) == korean[0]
        elif english[0]:
            assert compiled.gettext(english[0]) == korean[0]
