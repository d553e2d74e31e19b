"""Rules of the section ``verify`` that types cannot say."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Final

from console.config_sections import VerifySection
from console.config_yaml import Path
from console.i18n import tr
from console.model.findings import find, wrong_pattern
from console.model.verify_task import PLACEHOLDERS, TEMPLATE, unknown_placeholders
from console.safety import safe_text

LISTS: Final = ("template", "pattern", "verifiers")


def as_lists(section: object) -> None:
    """One text stands for a list with one entry; a text of several lines for as many."""
    if isinstance(section, dict):
        for name in LISTS:
            if isinstance(text := section.get(name), str):
                section[name] = text.split("\n")


def check(verify: VerifySection, wrong: Callable[[Path, str], None]) -> None:
    """Tell *wrong* everything that is wrong, with its path."""
    for at, name in enumerate(verify.verifiers):
        if not name.strip():
            wrong(("verify", "verifiers", at), tr("is empty; write the name of a surface"))
    for at, line in enumerate(verify.template):
        for name in unknown_placeholders([line]):
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            told = tr(
                "{{{name}}} stands for nothing here; known are {known}", name=safe_text(name, limit=40), known=known
            )
            wrong(("verify", "template", at), told)
    if verify.template and not any(line.strip() for line in verify.template):
        wrong(("verify", "template"), tr("is empty; write what the verifier is asked, or leave it out"))
    bad = False
    for at, text in enumerate(verify.pattern):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set": the pattern works all the same
            if reason := wrong_pattern(text):
                bad = True
                wrong(("verify", "pattern", at), safe_text(reason, limit=200))
    for at, line in enumerate([] if bad else verify.template or TEMPLATE):
        if not find([line], verify.pattern).nothing:
            path: Path = ("verify", "template", at) if verify.template else ("verify", "pattern")
            shown = safe_text(line.strip(), limit=60)
            wrong(
                path,
                tr("“{shown}” itself would be taken for an answer; change the template or the pattern", shown=shown),
            )
