"""What the engine does for a verification: the guard about authors, both links, and one place for the verdict."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.actions.send import SendResult
from console.config import Config, LogConfig, TrackerConfig
from console.engine import Engine
from console.model.agent import AgentState
from console.model.composed import Composed
from console.model.dispatch import Dispatch, Links, Verification, VerificationVerdict
from console.model.reading import LogRead, ScreenRead, TreeRead
from console.tracker.dispatch_log import DispatchLog
from console.tracker.schema import read_records
from console.verifying import link, verification_fields, verified_number
from tests.agents.samples import claude
from tests.fakes.mux import FakeMux
from tests.model.guard_cases import surface
from tests.ui_helpers import info, seen

TEXT = "verify it"
IDLE = claude("❯ earlier\n\n● Done.", cursor=(2, 4))
TYPED = claude("❯ earlier\n\n● Done.", box=TEXT, cursor=(2 + len(TEXT), 4))
WORKING = claude(f"❯ {TEXT}\n\n✻ Pondering… (1s · esc to interrupt)", cursor=(2, 4))
CHECK = Verification(VerificationVerdict.WARN, 4.9, 3.8, "%2")


class House:
    """An engine over two idle agents; ``%1`` has done #54."""

    def __init__(self, folder: Path, config: Config | None = None) -> None:
        self.path = folder / "log.json"
        records = [{"id": 54, "surface": "%1", "task": "Hermes", "status": "done"}]
        self.path.write_text(json.dumps(records))
        self.mux = FakeMux()
        for ref in ("%1", "%2"):
            self.mux.screens[ref] = IDLE
            self.mux.on_type[ref, TEXT] = TYPED
            self.mux.on_type[ref, "<enter>"] = WORKING
        config = config or Config(log=LogConfig(str(self.path)))
        self.engine = Engine(config, self.mux, state=folder / "state")
        self.engine.take(TreeRead(1.0, "tmux", (info(1, "AUTHOR"), info(2, "VERIFIER"))))
        self.read()

    def read(self) -> None:
        """The log and both screens, as they are now."""
        import time

        now = time.time()
        self.engine.take(LogRead(now, str(self.path), tuple(read_records(self.records())[0])))
        for ref in ("%1", "%2"):
            self.engine.take(ScreenRead(now, ref, IDLE, seen(AgentState.IDLE)))

    def records(self) -> list[dict[str, Any]]:
        return list(json.loads(self.path.read_text()))

    @property
    def done(self) -> Dispatch:
        return self.engine.snapshot.log.dispatches[0]

    async def send(self, ref: str, **more: Any) -> SendResult:
        return await self.engine.send(ref, Composed(TEXT, fields={**verification_fields(self.done), **more}))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_what_is_sent_is_linked_from_both_ends(house: House) -> None:
    result = await house.send("%2")
    assert result.outcome == "submitted", result
    old, new = house.records()
    assert (new["verifies"], new["role"], new["task"], new["status"]) == (
        54,
        "verification",
        "Verify #54: Hermes",
        "sent",
    )
    assert (old["verifier"], old["verified_by_dispatch"]) == ("%2", 55)
    house.read()
    first, second = house.engine.snapshot.log.dispatches
    assert (
        first.links == Links(None, "%2", 55) and second.links == Links(54) and second in house.engine.snapshot.log.asked
    )


async def test_the_author_gets_no_verification_of_its_own_work(house: House) -> None:
    result = await house.send("%1")
    assert result.outcome == "refused" and "by another than the author" in result.evidence
    assert house.mux.typed == [] and len(house.records()) == 1


async def test_what_is_not_in_the_log_is_not_verified(house: House) -> None:
    result = await house.send("%2", verifies=9)
    assert (result.outcome, house.mux.typed) == ("refused", []) and "there is no #9" in result.evidence
    assert verified_number({"verifies": True}) is None and verified_number({}) is None


async def test_a_verification_that_was_refused_links_nothing(house: House) -> None:
    house.mux.screens["%2"] = TYPED
    result = await house.send("%2")
    assert result.outcome in ("refused", "failed") and "verifier" not in house.records()[0]


@pytest.mark.parametrize("name", ["%1", "AUTHOR", "author"])
async def test_no_verdict_is_recorded_by_the_author_under_any_name(house: House, name: str) -> None:
    before = house.path.read_bytes()
    written = await house.engine.record_verdict(house.done, replace(CHECK, by=name))
    assert not written.done and written.refused and "by another than the author" in written.text
    assert house.path.read_bytes() == before


async def test_with_its_verdict_taken_a_verification_is_done(house: House) -> None:
    await house.send("%2")
    house.read()
    asked = house.engine.snapshot.log.asked[0]
    written = await house.engine.record_verdict(house.done, CHECK, asked)
    assert written.done and not written.warning
    old, new = house.records()
    assert (old["verification"]["cross_score"], old["verification"]["by"], new["status"]) == (3.8, "%2", "done")


async def test_a_verification_that_cannot_be_closed_is_told(house: House) -> None:
    gone = Dispatch(77, "%2", "x", house.done.status.SENT, links=Links(54))
    written = await house.engine.record_verdict(house.done, CHECK, gone)
    assert written.done and "#77 is still open" in written.warning


async def test_a_link_that_cannot_be_written_is_told(house: House) -> None:
    log = DispatchLog(LogConfig(str(house.path)))
    assert "that could not be written into #9" in await link(log, 9, 54, surface())


async def test_the_owners_own_command_gets_both_links(tmp_path: Path) -> None:
    program, path = tmp_path / "t.py", tmp_path / "log.json"
    path.write_text('[{"id": 54, "surface": "a", "task": "x"}, {"id": 55, "surface": "b", "task": "y"}]')
    program.write_text(
        "import json, pathlib, sys\np, n, f, v = sys.argv[1:]\np = pathlib.Path(p)\nd = json.loads(p.read_text())\n"
        "d[int(n) - 54][f] = v\np.write_text(json.dumps(d))\n"
    )
    patch = (sys.executable, str(program), str(path), "{number}", "{field}", "{value}")
    log = DispatchLog(LogConfig(str(path), tracker=TrackerConfig(patch=patch)))
    assert await link(log, 54, 55, surface(ref="surface:6")) == ""
    found = read_records(json.loads(path.read_text()))[0]
    assert found[0].links == Links(None, "surface:6", 55) and found[1].links == Links(54)
    bare = DispatchLog(LogConfig(str(path), tracker=TrackerConfig(append=patch)))
    assert "has no verb for this" in await link(bare, 54, 55, surface())
