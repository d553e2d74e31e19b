"""Variables of templates: filled once, told when unknown or empty; other braces are text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.model.dispatch import Dispatch, DispatchStatus
from console.model.surface import Surface, SurfaceInfo
from console.model.template import VARIABLES, fill, values

CODEX = Surface(SurfaceInfo("surface:1", "U1", "w", "w:0"), "CODEX 1", role="구현")
LOG = (
    Dispatch(52, "CODEX 1", "first", DispatchStatus.DONE, dispatched_at=10.0),
    Dispatch(54, "surface:1", "Hermes {number}", DispatchStatus.WORKING, dispatched_at=20.0),
    Dispatch(57, "surface:5", "웹앱", DispatchStatus.WORKING, dispatched_at=30.0),
)


def test_each_variable_has_its_value() -> None:
    meant = values(CODEX, LOG, handoff="/tmp/handoff.md", date="2026-04-10")
    assert set(meant) == set(VARIABLES)
    text = "#{number} {surface} ({role}, {date}) after {previous}; {handoff}"
    filled = fill(text, meant)
    assert filled.text == "#58 CODEX 1 (구현, 2026-04-10) after #54 Hermes {number}; /tmp/handoff.md"
    assert filled.remark == "", "a value's own braces are text"


def test_from_a_selected_dispatch_its_number_and_itself() -> None:
    meant = values(CODEX, LOG, about=LOG[0], role="검증")
    assert (meant["number"], meant["previous"], meant["role"]) == ("52", "#52 first", "검증")


def test_nothing_known_is_said() -> None:
    meant = values(None, ())
    assert meant["number"] == "1"
    filled = fill("{previous}{handoff}{surface} {nmber}", meant)
    assert filled.text == " {nmber}"
    assert filled.unknown == ("nmber",) and filled.empty == ("previous", "handoff", "surface")
    assert filled.remark.startswith("{nmber} stands for nothing; left as it is; there is nothing for {previous} now")


def test_other_braces_are_left_alone() -> None:
    text = 'f"{0} {} {{role}} ${role} %{role} \\{role} { role } {role: 1} {"role": 2}"'
    assert fill(text, {"role": "x"}) == fill(text, {}), "nothing was a variable"
    assert fill(text, {"role": "x"}).text == text


@given(st.text(), st.dictionaries(st.sampled_from(VARIABLES), st.text()))
def test_no_text_is_refused_and_without_braces_none_is_changed(text: str, meant: dict[str, str]) -> None:
    filled = fill(text, meant)
    assert set(filled.unknown).isdisjoint(meant)
    if "{" not in text:
        assert filled.text == text
