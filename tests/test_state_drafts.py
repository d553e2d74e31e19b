"""Texts of the composer on disk: exact, private, limited, never half written."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from console.model.draft import DRAFTS, ENTRIES, TEXT_BYTES, Kept, Remembered, with_draft, with_sent
from console.state_drafts import DRAFT, SENT, Drafts

EXACT = "한국어\t탭 {braces} \\n token=abcdef0123 sk-abcdefghijkl\n끝 \n"


async def test_what_was_sent_comes_back_exactly_and_the_draft_is_done(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "state")
    assert await drafts.remembered() == Remembered()
    assert await drafts.left(EXACT, "CODEX 1", 1.0) == ""
    assert await drafts.left("other", "CLAUDE 1", 2.0) == ""
    found = await drafts.remembered()
    assert found.texts("CODEX 1") == (EXACT,) and found.draft_for("CODEX 2") is None
    assert await drafts.sent(EXACT, "CODEX 1", 3.0) == ""
    found = await Drafts(tmp_path / "state").remembered()
    assert found.sent == (Kept(EXACT, 3.0, "CODEX 1"),) and found.draft_for("CODEX 1") is None
    assert found.texts("CLAUDE 1") == ("other", EXACT)
    for name in (SENT, DRAFT):
        assert stat.S_IMODE((tmp_path / "state" / name).stat().st_mode) == 0o600
    assert {path.name for path in (tmp_path / "state").iterdir()} == {SENT, DRAFT}, "nothing else is left"


async def test_nothing_is_written_when_the_console_is_read_only(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "state", read_only=True)
    assert await drafts.sent("text", "a", 1.0) == "" and await drafts.left("text", "a", 1.0) == ""
    assert not (tmp_path / "state").exists()


async def test_what_is_too_long_is_told(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    long = "가" * (TEXT_BYTES // 3 + 1)
    assert "longer than 64 kB" in await drafts.sent(long, "a", 1.0)
    assert "longer than 64 kB" in await drafts.left(long, "a", 1.0)
    assert await drafts.remembered() == Remembered()


async def test_a_damaged_file_is_put_aside_and_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / SENT).write_text('[{"text": "wanted", "at"', encoding="utf-8")
    drafts = Drafts(tmp_path)
    assert (await drafts.remembered()).sent == ()
    assert await drafts.sent("new", "a", 1.0) == ""
    assert "wanted" in (tmp_path / f"{SENT}.damaged").read_text(encoding="utf-8")
    (tmp_path / "file").write_text("")
    assert "cannot be written" in await Drafts(tmp_path / "file").left("text", "a", 1.0)


async def test_strange_entries_are_left_out(tmp_path: Path) -> None:
    entries = [3, {"text": 4}, {"text": "kept", "at": True, "target": 5}, {"text": "x" * (TEXT_BYTES + 1)}]
    (tmp_path / SENT).write_text(json.dumps(entries), encoding="utf-8")
    assert (await Drafts(tmp_path).remembered()).sent == (Kept("kept", 0.0, ""),)


async def test_two_consoles_lose_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = Drafts(tmp_path), Drafts(tmp_path)
    texts = {f"text {number}" for number in range(24)}
    for text in texts:
        assert not any(await asyncio.gather(one.sent(f"{text} a", "a", 1.0), other.sent(f"{text} b", "b", 1.0)))
    found = {each.text for each in (await one.remembered()).sent}
    assert found == {f"{text} {who}" for text in texts for who in "ab"}


def test_the_limits_hold_and_a_text_stands_there_once() -> None:
    sent: tuple[Kept, ...] = ()
    for number in range(ENTRIES + 20):
        sent = with_sent(sent, Kept(f"text {number % (ENTRIES + 10)}", float(number)))
    assert len(sent) == ENTRIES and len({each.text for each in sent}) == ENTRIES
    assert sent[0].text == "text 9" and with_sent(sent, Kept(" \n", 1.0)) == sent
    for number in range(90):
        sent = with_sent(sent, Kept(f"{number}" + "x" * (TEXT_BYTES - 2), 1.0))
    assert sum(len(each.text) for each in sent) <= 4 * 1024 * 1024
    drafts: tuple[Kept, ...] = ()
    for number in range(DRAFTS + 5):
        drafts = with_draft(drafts, Kept("text", 1.0, f"surface {number}"))
    assert len(drafts) == DRAFTS
    assert with_draft(drafts, Kept("", 1.0, drafts[0].target)) == drafts[1:]


@pytest.mark.parametrize("text", ["", "\n \t"])
async def test_a_blank_text_is_no_history(tmp_path: Path, text: str) -> None:
    drafts = Drafts(tmp_path)
    assert await drafts.sent(text, "a", 1.0) == ""
    assert (await drafts.remembered()).sent == ()
