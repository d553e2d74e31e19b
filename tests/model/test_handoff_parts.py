"""The parts of the reader: tables, texts, numbers, times, words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.handoff_escape import escaped, unescaped
from console.model.handoff_numbers import as_number, figure_values, moment, precise
from console.model.handoff_tables import is_rule, split
from console.model.handoff_texts import code_spans, commands, is_command, number, options, paths
from console.model.handoff_words import Words
from console.safety import safe_text
from tests.model.handoff_cases import document, vocabulary


@settings(deadline=None)
@given(st.text().map(lambda text: safe_text(text, multiline=True)))
def test_a_text_stands_in_one_line_and_comes_back(text: str) -> None:
    line = escaped(text)
    assert "\n" not in line and len(split(f"| {line} |")) == 3
    assert line == line.strip() and unescaped(line) == text


@pytest.mark.parametrize(
    "text", ["a|b", "a\\|b", "<br>", "&#10;", "&amp;", " a ", "\n", "--", ":-:", "[x] a", "\\", "\u3000"]
)
def test_texts_that_mean_something_else_come_back(text: str) -> None:
    assert unescaped(escaped(text)) == text


def test_control_characters_do_not_come_in_by_their_numbers() -> None:
    assert unescaped("&#27;[31m&#8238;&#0;") == "&#27;[31m&#8238;&#0;"
    assert escaped("a\x1bb") == "a\ufffdb"


def test_a_rule_and_a_dash_are_told_apart() -> None:
    assert all(map(is_rule, ("|---|---|", "---|", "|:-:|-|", "| --- | --- |", "-|-")))
    assert not any(map(is_rule, ("- |", "| - |", "| a | - |", "---", "|")))
    assert split(r"a \| b | c \\| d") == [r"a \| b ", r" c \\", " d"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("전체 59건 / 완료 53+ / 미완 6", [("전체", 59, "건", False), ("완료", 53, "", True), ("미완", 6, "", False)]),
        ("(PASS 4 / FAIL 1/경고 1)", [("PASS", 4, "", False), ("FAIL", 1, "", False), ("경고", 1, "", False)]),
        ("logs 30,306, spans 1,096", [("logs", 30306, "", False), ("spans", 1096, "", False)]),
        ("12.92MB and 75%", [("", 12.92, "MB", False), ("", 75, "%", False)]),
        ("30K+ rows, 3만 lines", [("rows", 30000, "", True), ("lines", 30000, "", False)]),
        ("surface:7 of #54 in v0.8 at 16:41", []),
        ("10+건 추가", [("추가", 10, "건", True)]),
        ("-3 degrees", [("degrees", -3, "", False)]),
    ],
)
def test_numbers_have_what_stands_beside_them(text: str, wanted: list[tuple[str, float, str, bool]]) -> None:
    assert [(v.name, v.value, v.unit, v.at_least) for v in figure_values(text, vocabulary())] == wanted


@settings(deadline=None)
@given(
    st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False, max_value=1e200, min_value=-1e200)
)
def test_a_number_comes_back(value: float) -> None:
    assert as_number(f"{value:,}" if isinstance(value, int) else repr(value)) == value


@pytest.mark.parametrize("text", ["", "1,23", "0x10", "１２", "nan", "1e999", "9" * 400 + ".5", "1_000"])
def test_what_is_no_number(text: str) -> None:
    assert as_number(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("상태 (2026-04-10 ~16:41 KST)", "2026-04-10T16:41+09:00"),
        ("2026년 4월 10일 오후 4시 41분", "2026-04-10T16:41"),
        ("April 10, 2026 at 4:41 PM", "2026-04-10T16:41"),
        ("10 Apr 2026, 16:41:07 UTC", "2026-04-10T16:41:07+00:00"),
        ("2026-04-10T16:41:07.123+0900", "2026-04-10T16:41:07+09:00"),
        ("2026.04.10 오전 12시", "2026-04-10T00:00"),
        ("2026-04-10 세션", "2026-04-10"),
        ("2026-13-45 and 2026-02-30", ""),
        ("260410_report", ""),
        ("2026-04-10 25:99", "2026-04-10"),
    ],
)
def test_times(text: str, wanted: str) -> None:
    assert moment(text, vocabulary().zones) == wanted


def test_the_more_precise_time_counts() -> None:
    assert precise(["2026-04-10", "2026-04-11T16:41", "2026-04-12T09:00"]) == "2026-04-11T16:41"
    assert precise([]) == ""


@pytest.mark.parametrize(
    "line",
    [
        "cmux tree --all",
        "cd ~/a && x",
        "$ anything at all",
        "curl -s localhost:4318/health",
        "done",
        "TZ=UTC date",
        "./run.sh --now",
    ],
)
def test_commands(line: str) -> None:
    assert is_command(line, vocabulary())


@pytest.mark.parametrize(
    "line",
    ["-a never로 시작 (승인 팝업 방지)", "~/a/b.md)", "open decisions of the owner, by hand",
     "cmux send 후 반드시 엔터 확인",
     "date of the last run in words", "/tmp 임시 파일 정리", "done by hand for the last three times", ""],
)  # fmt: skip
def test_sentences_are_no_commands(line: str) -> None:
    assert not is_command(line, vocabulary())


def test_what_texts_name() -> None:
    assert paths("see ~/a/b.md, (/tmp/x_*.txt) and src/tools/lint.py; http://h/x/y.z /tmp/run.sh가 20/h and/or") == (
        "~/a/b.md", "/tmp/x_*.txt", "src/tools/lint.py", "/tmp/run.sh",
    )  # fmt: skip
    assert options("with -a never로 or --dry-run, 2026-04-10 - x") == ("-a never", "--dry-run")
    assert code_spans("a `b` ``c`d`` `e") == ["b", "c`d"]
    assert commands(["run `cmux tree` or `x`", "ls -la"], vocabulary()) == ("cmux tree", "ls -la")
    assert [number(text) for text in ("#54", "54", "No. 54", "**#54**", "54a", "", "9" * 20)] == [
        54,
        54,
        54,
        54,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("현재 unload됨 (경고로 중단)", "unloaded"), ("kill됨", "absent"),
        ("실행 중", "running"),
        ("정상 가동", "running"), ("not running", "absent"),
        ("disabled for now", "unloaded"), ("up since noon", "running"),
        ("upgrade", ""),
        ("재활성화 금지", ""), ("웹앱 데몬", ""), ("실행 중지", "absent"),
    ],
)  # fmt: skip
def test_states(text: str, wanted: str) -> None:
    assert vocabulary().state(text) == wanted


def test_words_of_another_form_are_refused() -> None:
    wrong: list[dict[str, object]] = [
        {"sections": []},
        {"columns": {"surfaces": ["a"]}},
        {"agents": "x"},
        {"zones": [1]},
    ]
    for raw in wrong:
        with pytest.raises(ValueError, match="needed"):
            Words(raw)


def test_a_table_tells_by_its_columns_what_it_is() -> None:
    told = document("## 상태\n\n| 파일 | 상태 | 조치 |\n|---|---|---|\n| /tmp/a.sh | 실행 중 | 유지 |\n")
    assert [each["path"] for each in told["automation"]] == ["/tmp/a.sh"]
    told = document("## In progress\n\n| session | role | workspace |\n|---|---|---|\n| %3 | builder | main |\n")
    assert [each["ref"] for each in told["surfaces"]] == ["%3"] and not told["dispatches"]


def test_columns_nobody_knows_are_kept_as_remarks() -> None:
    told = document("## Services\n| Service | Port | Owner | Mood |\n|--|--|--|--|\n| a.b | 80 | Kim | good |\n")
    assert told["services"][0]["remarks"] == "Owner: Kim; Mood: good"
    told = document("## Services\n| Service | Port |\n|--|--|\n| a.b | 80 | more | still |\n")
    assert "more | still" in told["services"][0]["raw"]


def test_empty_cells_of_a_broken_table_stay_empty() -> None:
    head = "4. 서비스\n| 서비스 |\n역할 |\n포트 |\n비고 |\n"
    told = document(f"{head}| a.b |\n|\n80 |\n|\n| c.d |\n수집 |\n|\n밤에만 |\n")
    got = [(each["label"], each["role"], each["port"], each["remarks"]) for each in told["services"]]
    assert got == [("a.b", "", 80, ""), ("c.d", "수집", None, "밤에만")]


def test_cells_that_only_begin_with_a_pipe_below_a_whole_head() -> None:
    told = document(
        "## 세션\n| 세션 | 역할 | workspace |\n|---|---|---|\n| surface:1\n| Codex\n| workspace:1\n| surface:2\n"
    )
    assert [(each["ref"], each["role"], each["workspace"]) for each in told["surfaces"]] == [
        ("surface:1", "Codex", "workspace:1"),
        ("surface:2", "", ""),
    ]


def test_numbered_headings_and_numbered_lists_are_told_apart() -> None:
    text = "1. 가장 먼저 할 것\n1. 작업 현황 확인\n2. 서비스 상태 확인\n3. 결정 대기 읽기\n"
    text += "2. 교훈\n- 하나\n3. 피해야 할 것\n- 둘\n"
    told = document(text)
    assert [each["text"] for each in told["first_steps"]] == ["작업 현황 확인", "서비스 상태 확인", "결정 대기 읽기"]
    assert [(each["line"], each["text"]) for name in ("lessons", "avoid") for each in told[name]] == [
        (6, "하나"),
        (8, "둘"),
    ]


def test_a_pipe_in_a_code_span_parts_no_cells() -> None:
    head = "## Work in progress\n| Status | Task | # | Surface |\n|---|---|---|---|\n"
    told = document(head + "| working | Fix `a | b` now | #101 | surface:11 |\n| a | b | 7 | d | e |\n")
    assert [(each["number"], each["surface"], each["task"]) for each in told["dispatches"]] == [
        (101, "surface:11", "Fix `a|b` now"),
        (7, "d | e", "b"),
    ]


def test_a_path_with_a_space_is_whole_in_code_marks() -> None:
    text = "## Temp automation\n| Path | State |\n|---|---|\n| `/tmp/my run.sh` | running |\n| `/tmp/a.sh -v` | x |\n"
    told = document(
        text + "| `/usr/bin/python3 x` | running |\n## Artifacts\n- report: `~/a b/c.md` (draft)\n- ~/x y.md\n"
    )
    assert [each["path"] for each in told["automation"]] == ["/tmp/my run.sh", "/tmp/a.sh", "/usr/bin/python3"]
    assert [each["path"] for each in told["artifacts"]] == ["~/a b/c.md", "~/x"]
    assert told["artifacts"][0]["name"] == "report"
