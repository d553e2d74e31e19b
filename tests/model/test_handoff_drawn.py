"""Tables drawn with lines give what tables with pipes give, and no line is lost."""

from __future__ import annotations

import pytest

from console.model.handoff import read
from tests.model.handoff_cases import document, lost, vocabulary

BOXED = """\
진행 중 작업
┌──────┬───────────┬──────────────────┬─────────┐
│  #   │ Surface   │ 작업             │ 상태    │
├──────┼───────────┼──────────────────┼─────────┤
│ #54  │ surface:1 │ 아주 긴 작업이   │ 진행 중 │
│      │           │ 두 줄에 걸친다   │         │
├──────┼───────────┼──────────────────┼─────────┤
│ #55  │ surface:2 │ 짧음             │ 완료    │
└──────┴───────────┴──────────────────┴─────────┘
"""
GRID = """\
# Hand-off
## Work in progress
+----+-----------+--------+---------+
| #  | Surface   | Task   | Status  |
+----+-----------+--------+---------+
| 54 | surface:1 | a \\| b | working |
| 55 | surface:2 |        | done    |
+----+-----------+--------+---------+
"""
WIDE = """\
진행 중 작업
｜ # ｜ 세션 ｜ 작업 ｜ 상태 ｜
｜---｜---｜---｜---｜
｜ 54 ｜ surface:1 ｜ 하나 ｜ ｜
｜ 55 ｜ surface:2 ｜ ｜ 완료 ｜
"""
CUT = "진행 중 작업\n" + "\n".join(BOXED.splitlines()[1:6])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (BOXED, [(5, 54, "아주 긴 작업이 두 줄에 걸친다", "진행 중"), (8, 55, "짧음", "완료")]),
        (GRID, [(6, 54, "a | b", "working"), (7, 55, "", "done")]),
        (WIDE, [(4, 54, "하나", ""), (5, 55, "", "완료")]),
        (CUT, [(5, 54, "아주 긴 작업이 두 줄에 걸친다", "진행 중")]),
    ],
)
def test_a_drawn_table(text: str, rows: list[tuple[int, int, str, str]]) -> None:
    told = document(text)
    found = [(each["line"], each["number"], each["task"], each["status"]) for each in told["dispatches"]]
    assert found == rows and not told["not_understood"]
    assert not lost(text, read(text, vocabulary()))


def test_a_bar_is_no_table() -> None:
    text = "# Hand-off\n## Lessons\n+ one │ bar\n+----+\n│ lone\n```\n│ in │ code │\n```\n"
    told = document(text)
    assert not lost(text, read(text, vocabulary()))
    assert [each["text"] for each in told["lessons"]][:1] == ["one │ bar"]
