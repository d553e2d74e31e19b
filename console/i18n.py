"""The language of the interface: English in the code, Korean from a gettext catalogue.

`tr` stands where a text is made for people: its English is the key, and values are named. A text that is written
down before the language is known (a registry, a class attribute, a default) is marked with `mark` and goes through `tr`
where it is shown. What machines read (``--json``) and what is compared in code is never translated.

One language holds for the whole process; `use` is called once, at the start.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

Language = Literal["en", "ko"]

DOMAIN: Final = "oc-console"
FOLDER: Final = Path(__file__).parent / "locale"
"""``ko/LC_MESSAGES/oc-console.mo`` and the catalogue it is made from."""

_SET: Final = re.compile(r"""^language:[ \t]*["']?(en|ko|auto)\b""", re.MULTILINE)


class _Now:
    """What holds at present; `use` changes it."""

    language: Language = "en"
    texts: gettext.NullTranslations = gettext.NullTranslations()


def use(language: Language) -> None:
    """Show everything in *language* from here on. English needs no catalogue; a missing one raises `OSError`."""
    korean = language == "ko"
    _Now.texts = gettext.translation(DOMAIN, FOLDER, ["ko"]) if korean else gettext.NullTranslations()
    _Now.language = language


def language() -> Language:
    """The language that holds at present."""
    return _Now.language


def tr(message: str, /, **values: object) -> str:
    """*message* in the language of the interface, with *values* in the places of their names."""
    text = _Now.texts.gettext(message) if message else ""  # gettext answers nothing with the head of its catalogue
    return text.format(**values) if values else text


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """*one* or *many* things in the language of the interface; ``{count}`` stands for *count*."""
    return _Now.texts.ngettext(one, many, count).format(count=count, **values)


def trc(context: str, message: str, /, **values: object) -> str:
    """`tr` for a word that means more than one thing in English; *context* says which, and is never shown."""
    text = _Now.texts.pgettext(context, message)
    return text.format(**values) if values else text


def mark(message: str) -> str:
    """*message* as it is: it stands in the catalogue and is translated where it is shown."""
    return message


def of_locale(environ: Mapping[str, str]) -> Language:
    """The language that the locale of *environ* asks for, in POSIX's order; English where it is none of ours."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    return "ko" if named.casefold().startswith("ko") else "en"


def chosen(setting: str, environ: Mapping[str, str]) -> Language:
    """The language for *setting*: ``en``, ``ko``, or ``auto`` for that of the locale."""
    if setting == "ko":
        return "ko"
    return "en" if setting == "en" else of_locale(environ)


def before_reading(path: Path | None, environ: Mapping[str, str]) -> Language:
    """The language for the help and for what is wrong with the configuration at *path*, before that can be read.

    A file that cannot be read as text says nothing here; whoever reads it next tells what is wrong with it.
    """
    found = None
    if path is not None and path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            found = _SET.search(file.read(1 << 20))
    return chosen(found.group(1) if found is not None else "auto", environ)
