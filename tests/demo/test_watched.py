"""What the demo watches is true of the demo: real processes, addresses and files, and nothing of it is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.config import Config, ServiceConfig
from console.demo import backend_cmux, backend_tmux
from console.model.service import Judgement
from console.opening import open_demo
from tests.demo.test_fleet import BACKENDS

pytestmark = pytest.mark.skipif(
    not (backend_tmux.find_tmux() or backend_cmux.find_cmux()), reason="there is no terminal server for a demo"
)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_status_of_the_demo_tells_a_story_that_is_true(backend: str) -> None:
    mine = replace(Config(theme="oc-light"), services=(ServiceConfig("of the operator", file="/"),))
    opened = await open_demo(mine, backend)
    try:
        config = opened.engine.config
        folder = config.log.path.rpartition("/")[0]
        assert config.theme == "oc-light" and "of the operator" not in {each.name for each in config.services}
        snapshot = await opened.engine.once(30.0)
        services = {row.name: row for row in snapshot.services.services}
        assert {name for name, row in services.items() if row.judgement is not Judgement.OK} == {"nightly-report"}
        assert services["auto-dispatcher"].word == "absent" and services["demo-watchdog"].pid
        assert services[f"{backend} server"].pid
        found = snapshot.operations
        wrong = {each.name: each.observed for each in found.automation if each.judgement is not Judgement.OK}
        assert wrong == {"cmux messages": "3 files"}
        assert [each.judgement for each in found.artifacts] == [Judgement.OK] * 3
        numbers = {each.name: each.number for each in found.figures}
        assert all(numbers.values()), found.figures
        watched = [each.glob or each.script for each in config.automation] + [each.path for each in config.artifacts]
        assert all(each.startswith(f"{folder}/") for each in watched), "a clean-up would leave the demo's folder"
        plan = await opened.engine.plan_cleanup("cmux messages")
        done, told = await opened.engine.clean_up(plan)
        assert done and told.startswith("✓ 3 files moved")
    finally:
        await opened.close()
