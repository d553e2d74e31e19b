"""Hand-off documents as people write them: what each must give, and that nothing is lost, whatever stands there."""

from __future__ import annotations

import json

import pytest

from console.model.handoff import read
from tests.model.handoff_cases import FOLDER, NAMES, against, document, lost, vocabulary


@pytest.mark.parametrize("name", NAMES)
def test_a_document_gives_what_it_must(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    wanted = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    told = document(text)
    assert not against(told, wanted), "\n" + "\n".join(against(told, wanted))
    assert not lost(text, read(text, vocabulary()))


def test_there_are_ten_documents_and_more() -> None:
    assert len(NAMES) >= 10
