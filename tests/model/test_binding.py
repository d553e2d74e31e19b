"""Which configured surface is which of the server's."""

from __future__ import annotations

import pytest

from console.model.binding import SurfaceSpec, bind, remember
from console.model.reading import TreeRead
from console.model.snapshot import Snapshot, reduce
from console.model.surface import SurfaceInfo


def info(ref: str, uuid: str | None = None, *, title: str = "", label: str = "", workspace: str = "w") -> SurfaceInfo:
    return SurfaceInfo(ref, uuid, workspace, f"{workspace}:{ref}", title=title, label=label)


@pytest.mark.parametrize("said", ["surface:5", "Surface 5", "5", "u5", "U5", "CLAUDE 1", "✳ CLAUDE 1"])
def test_it_is_found_by_ref_uuid_and_title(said: str) -> None:
    infos = [info("surface:1", "U1", title="CODEX 1"), info("surface:5", "U5", title="✳ CLAUDE 1")]
    [bound] = bind(infos, [SurfaceSpec(said)], {})
    assert bound.info is infos[1] and not bound.wrong


def test_a_uuid_goes_before_a_ref_and_a_ref_before_a_title() -> None:
    infos = [info("surface:1", "surface:2", title="surface:3"), info("surface:2", "U2"), info("surface:3", "U3")]
    found = bind(infos, [SurfaceSpec("surface:2"), SurfaceSpec("surface:3")], {})
    assert [each.info for each in found] == [infos[0], infos[2]]


def test_one_title_twice_is_nobody_unless_the_workspace_tells() -> None:
    infos = [info("surface:1", title="CLAUDE", workspace="a"), info("surface:2", title="CLAUDE", workspace="b")]
    [bound] = bind(infos, [SurfaceSpec("CLAUDE")], {})
    assert bound.info is None and "2 surfaces have the title CLAUDE (surface:1, surface:2)" in bound.wrong
    [bound] = bind(infos, [SurfaceSpec("CLAUDE", workspace="b")], {})
    assert bound.info is infos[1]


def test_no_surface_is_two_entries() -> None:
    [one, two] = bind([info("surface:1", "U1", title="A")], [SurfaceSpec("surface:1"), SurfaceSpec("A")], {})
    assert one.info is not None and two.info is None and "another entry" in two.wrong


def test_after_a_renumbering_the_uuid_counts_and_its_old_ref_is_nobody_elses() -> None:
    before = [info("surface:5", "U5"), info("surface:6", "U6")]
    specs = [SurfaceSpec("surface:5"), SurfaceSpec("surface:6")]
    known = remember(specs, bind(before, specs, {}), {})
    assert known == {"surface:5": "U5", "surface:6": "U6"}
    after = [info("surface:6", "U5"), info("surface:5", "U6")]
    found = bind(after, specs, known)
    assert [each.info for each in found] == [after[0], after[1]] and not any(each.wrong for each in found)


def test_a_ref_that_leads_to_another_terminal_must_be_confirmed() -> None:
    specs = [SurfaceSpec("surface:5")]
    [bound] = bind([info("surface:5", "U9")], specs, {"surface:5": "U5"})
    assert bound.info is not None and "another terminal" in bound.wrong
    assert remember(specs, [bound], {"surface:5": "U5"}) == {"surface:5": "U5"}


def test_the_snapshot_has_a_row_for_what_is_gone_and_for_what_is_not_configured() -> None:
    specs = (SurfaceSpec("surface:5", "CLAUDE 1", "builder", "claude"), SurfaceSpec("surface:6", "CLAUDE V"))
    tree = TreeRead(1.0, "cmux", (info("surface:5", "U5"), info("surface:9", "U9")))
    first = reduce(Snapshot(specs=specs), tree)
    by_name = {surface.name: surface for surface in first.fleet()}
    assert [s.name for s in first.fleet()][:2] == ["CLAUDE 1", "CLAUDE V"]
    assert by_name["CLAUDE V"].gone == "there is no surface surface:6"
    assert "CLAUDE V: there is no surface surface:6" in first.troubles()
    assert by_name["w:surface:9"].unlisted and not by_name["CLAUDE 1"].unlisted
    again = reduce(first, TreeRead(2.0, "cmux", tree.surfaces))
    assert again.surfaces is first.surfaces
    back = reduce(again, TreeRead(3.0, "cmux", (*tree.surfaces, info("surface:6", "U6"))))
    assert not any(surface.gone for surface in back.surfaces) and back.bindings["surface:6"] == "U6"


def test_without_a_configuration_nothing_is_unlisted() -> None:
    found = reduce(Snapshot(), TreeRead(1.0, "tmux", (info("%1"),)))
    assert not found.surfaces[0].unlisted and found.troubles() == ()


def test_a_surface_is_found_by_everything_it_is_called() -> None:
    first, second = info("%1", "U1", title="✳ CLAUDE 1", label="main"), info("%2", "U2")
    found = reduce(Snapshot(), TreeRead(1.0, "tmux", (first, second)))
    for name in ("%1", "U1", "main", "claude 1"):
        assert [s.info.ref for s in found.called(name)] == ["%1"], name
    assert found.called("nobody") == () and found.called("  ") == ()
