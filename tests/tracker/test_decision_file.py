"""The file of decisions: tolerant to read, changed line by line, by several writers at once, whole or not at all."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.model.decision import Asked, entry_of, id_of
from console.tracker.decision_file import look, parse, read, watch_decisions
from console.tracker.decision_write import change
from console.tracker.errors import Damaged, LogError, Refused

BY_HAND = """\
# 우리 팀의 결정
version: 7        # mine

decisions:
  # the first
  - text: 자동 배분기 재활성화   # 나중에
    priority: high
    command: ls -la

  - id: b1
    text: "two: words"
    state: pending
    note: |
      first
      second
    owner: {name: 해리}
# the end
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oc-decisions.yaml"


def put(path: Path, which: str | None, /, **fields: Any) -> None:
    change(path, lambda _: [(which, fields)], wait=60)  # three writers on a busy machine


def note(path: Path, text: str) -> None:
    put(path, None, **entry_of(Asked(text), id_of(text), 1_775_800_000.0))


def test_only_the_lines_of_the_change_change(path: Path) -> None:
    path.write_text(BY_HAND, encoding="utf-8")
    put(path, "b1", state="decided", answer="예: 4시", note=None)
    want = BY_HAND.replace("state: pending", "state: decided").replace("    note: |\n      first\n      second\n", "")
    want = want.replace("owner: {name: 해리}\n", "owner: {name: 해리}\n    answer: '예: 4시'\n")
    assert path.read_text(encoding="utf-8") == want
    first = id_of("자동 배분기 재활성화")
    put(path, first, id=first, answer="no", note="a\nb")
    text = path.read_text(encoding="utf-8")
    assert "# the first\n  - text: 자동 배분기 재활성화   # 나중에\n" in text and "priority: high" in text
    assert text.startswith("# 우리 팀의 결정\nversion: 7        # mine\n") and text.endswith("# the end\n")
    found = read(path).decisions
    assert (found[0].answer, found[0].note, found[1].answer) == ("no", "a\nb", "예: 4시")


def test_a_new_file_and_new_entries(path: Path) -> None:
    note(path, "하나")
    note(path, "둘 # no comment")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Decisions of this fleet") and path.stat().st_mode & 0o777 == 0o600
    assert [each.text for each in read(path).decisions] == ["하나", "둘 # no comment"]
    path.write_text(BY_HAND, encoding="utf-8")
    note(path, "셋")
    assert path.read_text(encoding="utf-8").startswith(BY_HAND.removesuffix("# the end\n"))
    assert path.read_text(encoding="utf-8").endswith("    state: pending\n# the end\n")


@pytest.mark.parametrize("before", ["decisions:\n", "decisions: ~\n", "a: 1\n", "a: 1", "# only\n", "decisions: []\n"])
def test_an_empty_list_takes_an_entry(path: Path, before: str) -> None:
    path.write_text(before)
    note(path, "x")
    assert [each.text for each in read(path).decisions] == ["x"]
    assert "a: 1" not in before or "a: 1" in path.read_text()


def test_entries_in_braces_are_changed_unless_a_comment_would_be_lost(path: Path) -> None:
    path.write_text("decisions: [{id: a, text: x, mine: 1}, {text: y}]\nother: 2\n")
    put(path, "a", answer="yes")
    assert read(path).decisions[0].answer == "yes" and "mine: '1'" in path.read_text() and "other" in path.read_text()
    text = "decisions: [{id: a, text: x}] # why\n"
    path.write_text(text)
    with pytest.raises(Refused, match="comments"):
        put(path, "a", answer="yes")
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("decisions:\n- text: a\n  b: [\n", ":4: not valid YAML"),
        ("decisions:\n- text: a\n\t- b\n", ":3: not valid YAML"),
        ("- a\n", ':1: begin the file with "decisions:"'),
        ("x: 1\ndecisions: 3\n", ":2: decisions: must be a list"),
        ("decisions: []\ndecisions: []\n", ":2: decisions: stands here again"),
        ("decisions:\n- &a {text: x}\n- *a\n", ":3: aliases"),
        ("a: " + "[" * 30 + "]" * 30, ":1: too deep"),
        ("a: \x01", ":1: a control character"),
    ],
)
def test_a_broken_file_is_told_with_its_line_and_left_alone(path: Path, text: str, told: str) -> None:
    path.write_text(text)
    with pytest.raises(Damaged) as caught:
        note(path, "x")
    assert str(caught.value).startswith(f"{path}{told}")
    assert path.read_text() == text and look(path).error == str(caught.value)


def test_bytes_and_kinds_that_are_no_text(path: Path) -> None:
    path.write_bytes(b"decisions:\n- text: \xff\n")
    assert f"{path}:2: is not UTF-8" in look(path).error
    path.write_bytes(b"#" * ((1 << 20) + 1))
    assert "larger than 1 MiB" in look(path).error
    path.unlink()
    os.mkfifo(path)
    assert "not a regular file" in look(path).error
    path.unlink()
    path.mkdir()
    assert look(path).error


def test_an_entry_that_is_not_understood_is_told_and_kept(path: Path) -> None:
    path.write_text("decisions:\n- just words\n- note: no text\n- id: a\n  text: good\n")
    found = look(path)
    assert [each.id for each in found.decisions] == ["a"]
    assert [each.removeprefix(str(path))[:3] for each in found.problems] == [":2:", ":3:"]
    put(path, "a", answer="1")
    assert path.read_text().startswith("decisions:\n- just words\n- note: no text\n- id: a\n  text: good\n")


def test_what_is_stored_holds_no_secret_and_no_control(path: Path) -> None:
    note(path, "x")
    put(path, id_of("x"), note="key sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789 \x1b[31mred")
    assert "abcdefghijklmnop" not in path.read_text() and "\x1b" not in path.read_text()
    assert "\x1b" not in parse('decisions: [{text: "a\\e[31mb"}]', "f").decisions[0].text


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path.symlink_to(tmp_path / "real" / "d.yaml")
    note(path, "x")
    assert path.is_symlink() and read(tmp_path / "real" / "d.yaml").decisions[0].text == "x"


def _writer(path: Path, name: int) -> None:
    for count in range(6):
        note(path, f"writer {name} note {count}")
        put(path, id_of("shared"), **{f"field_{name}": str(count)})


def test_several_writers_lose_nothing(path: Path) -> None:
    note(path, "shared")
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_writer, args=(path, name)) for name in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
        assert each.exitcode == 0
    found = read(path)
    assert len(found.decisions) == 1 + 3 * 6 and not found.problems
    assert all(f"field_{name}: '5'" in path.read_text() for name in range(3))


def test_an_editor_without_the_lock_is_not_written_over(path: Path) -> None:
    note(path, "x")
    late: list[int] = []

    def make(parsed: Any) -> list[tuple[str | None, dict[str, Any]]]:
        if not late:
            late.append(1)
            path.write_text(path.read_text() + "# typed meanwhile\n")
        return [(id_of("x"), {"answer": "yes"})]

    change(path, make)
    assert "# typed meanwhile" in path.read_text() and read(path).decisions[0].answer == "yes"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.text(max_size=40), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_is_written_and_read_back_or_refused(tmp_path: Path, text: str, answer: str, more: list[str]) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(BY_HAND, encoding="utf-8")
    try:
        put(path, "b1", answer=answer, options=more, **{"mine of it": text})
    except LogError:
        assert path.read_text(encoding="utf-8") == BY_HAND
    else:
        assert [each.id for each in read(path).decisions][1] == "b1" and "# 나중에" in path.read_text(encoding="utf-8")


async def test_changes_are_seen_and_an_error_ends_when_the_file_is_mended(path: Path) -> None:
    async with aclosing(watch_decisions(path)) as readings, asyncio.timeout(20):
        assert (await anext(readings)).decisions == ()
        note(path, "x")
        assert [each.text for each in (await anext(readings)).decisions] == ["x"]
        good = path.read_text()
        path.write_text("decisions: [")
        assert ":1: not valid YAML" in (await anext(readings)).error
        path.write_text(good + "\n")
        found = await anext(readings)
        assert not found.error and len(found.decisions) == 1
