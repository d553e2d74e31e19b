"""Acts on services: on a real supervisord and systemd, and on a double of launchctl (there is none outside macOS)."""

from __future__ import annotations

import json
import os
import plistlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions import service as actions
from console.config import Config, ServiceConfig
from console.config_sections import GuardSection
from console.model.agent import AgentState, Detection
from console.model.reading import ScreenRead, ServicesRead, TreeRead
from console.model.service_act import Done, Verb
from console.model.snapshot import Snapshot, reduce
from console.services.nudge import Nudge
from console.services.registry import checks_of
from console.services.scheduler import Scheduler, read_once
from console.servicing import Servicing
from tests.eventually import eventually
from tests.fakes.launchctl import install
from tests.services import systemd_ground
from tests.services.test_supervisor import supervisord
from tests.ui_helpers import info, screen


class Ground:
    """Watched services of a configuration, and what acts on them."""

    def __init__(self, state: Path, *specs: ServiceConfig, **config: object) -> None:
        self.config = Config(services=specs, **config)  # type: ignore[arg-type]
        self.state = state
        self.snapshot = Snapshot()
        self.servicing = Servicing(self.config, state, lambda: self.snapshot)

    async def look(self) -> None:
        rows = [row for check in checks_of(self.config.services) for row in await read_once(check)]
        self.snapshot = reduce(self.snapshot, ServicesRead(1.0, "services", tuple(rows)))

    async def act(self, name: str, verb: Verb) -> Done:
        await self.look()
        service = self.servicing.find(name)
        assert service is not None, self.snapshot.services
        return await self.servicing.act(await self.servicing.offer(service, verb))

    @property
    def journal(self) -> list[dict[str, str]]:
        path = self.state / actions.JOURNAL
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("supervisor", reason="supervisor is not installed")
    with supervisord(tmp_path_factory.mktemp("sv")) as path:
        yield path


def program(name: str, socket: str, program: str = "", expected: str = "running") -> ServiceConfig:
    return ServiceConfig(name, supervisor=program or name, expected=expected, socket=socket, timeout=10.0)


async def test_a_real_supervisord_starts_stops_restarts_unloads_and_loads(socket: str, tmp_path: Path) -> None:
    ground = Ground(tmp_path, program("웹", socket, "web"), program("many", socket, "many:many_1"))
    await eventually(lambda: Path(socket).exists())
    stopped = await ground.act("웹", Verb.STOP)
    assert stopped.outcome == "done", stopped
    assert stopped.service is not None and stopped.service.word == "stopped"
    assert "running is expected" in stopped.evidence
    started = await ground.act("웹", Verb.START)
    assert started.outcome == "done" and started.service is not None and started.service.pid
    again = await ground.act("many", Verb.RESTART)
    assert again.outcome == "done", again
    unloaded = await ground.act("웹", Verb.UNLOAD)
    assert unloaded.outcome == "done" and unloaded.service is not None and unloaded.service.word == "unloaded"
    loaded = await ground.act("웹", Verb.LOAD)
    assert loaded.outcome in ("done", "unconfirmed"), loaded
    assert [each["event"] for each in ground.journal[:2]] == ["begin", "done"]
    first = ground.journal[0]
    assert first["verb"] == "stop" and "stopProcess" in first["command"] and "in the console" in first["who"]
    assert (tmp_path / actions.JOURNAL).stat().st_mode & 0o077 == 0


async def test_a_fault_of_supervisord_is_told_and_nothing_is_guessed(socket: str, tmp_path: Path) -> None:
    await eventually(lambda: Path(socket).exists())
    ground = Ground(tmp_path, program("fatal", socket))
    done = await ground.act("fatal", Verb.START)
    assert (done.outcome == "failed" and "SPAWN_ERROR" in done.evidence) or "ABNORMAL" in done.evidence, done
    assert ground.journal[-1]["event"] == "failed"


async def test_a_restart_is_refused_where_codex_is_at_work_in_it(socket: str, tmp_path: Path) -> None:
    await eventually(lambda: Path(socket).exists())
    ground = Ground(tmp_path, program("many", socket, "many:many_0"))
    await ground.look()
    pid = ground.snapshot.services.services[0].pid
    surface = replace(info(1, "코덱스 1"), pid=pid)
    ground.snapshot = reduce(ground.snapshot, TreeRead(1.0, "tmux", (surface,)))
    working = Detection("codex", AgentState.WORKING)
    ground.snapshot = reduce(ground.snapshot, ScreenRead(1.0, "%1", screen("x"), working))
    done = await ground.act("many", Verb.RESTART)
    assert done.outcome == "refused" and "코덱스 1" in done.evidence and "nothing was done" in done.evidence
    assert ground.journal[-1]["event"] == "refused"
    idle = Detection("codex", AgentState.IDLE)
    ground.snapshot = reduce(ground.snapshot, ScreenRead(50.0, "%1", screen("x"), idle))
    ground.snapshot = reduce(ground.snapshot, ScreenRead(60.0, "%1", screen("x"), idle))
    service = ground.servicing.find("many")
    assert service is not None
    offer = await ground.servicing.offer(service, Verb.RESTART)
    assert not offer.refusal and "코덱스 1 end with it" in offer.consequence


async def test_nothing_is_done_read_only_or_without_a_journal(socket: str, tmp_path: Path) -> None:
    await eventually(lambda: Path(socket).exists())
    reading = Ground(tmp_path, program("many", socket, "many:many_2"), read_only=True)
    done = await reading.act("many", Verb.STOP)
    assert done.outcome == "refused" and "read-only" in done.evidence and not reading.journal
    (tmp_path / "file").write_text("")
    broken = Ground(tmp_path / "file", program("many", socket, "many:many_2"))
    done = await broken.act("many", Verb.STOP)
    assert done.outcome == "refused" and "journal" in done.evidence
    await broken.look()
    assert broken.snapshot.services.services[0].word == "running"


# -- launchd: a double of launchctl ------------------------------------------------------------------------------------


@pytest.fixture
def agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "LaunchAgents"
    folder.mkdir()
    monkeypatch.setattr("console.services.launchd.AGENTS", (str(folder),))
    monkeypatch.setattr("console.services.launchd.DAEMONS", (str(tmp_path / "none"),))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return folder


def plist(folder: Path, label: str, **more: object) -> None:
    content = {"Label": label, "ProgramArguments": ["/bin/sleep", "1"], **more}
    (folder / f"{label}.plist").write_bytes(plistlib.dumps(content))


def job(name: str, label: str, expected: str = "running", **more: object) -> ServiceConfig:
    return ServiceConfig(name, launchd=label, expected=expected, **more)  # type: ignore[arg-type]


async def test_launchd_unload_before_you_stop(agents: Path, tmp_path: Path) -> None:
    data = install(tmp_path, {"com.x.alive": (700, 0)})
    plist(agents, "com.x.alive", KeepAlive=True)
    ground = Ground(tmp_path / "state", job("수집기", "com.x.alive"))
    refused = await ground.act("수집기", Verb.STOP)
    assert refused.outcome == "refused" and "unload it instead" in refused.evidence
    done = await ground.act("수집기", Verb.UNLOAD)
    assert done.outcome == "done" and "alarm: running is expected" in done.evidence
    done = await ground.act("수집기", Verb.LOAD)
    assert done.outcome == "done", done
    done = await ground.act("수집기", Verb.RESTART)
    assert done.outcome == "done", done
    calls = Path(f"{data}.calls").read_text()
    uid = os.getuid()
    assert f"bootout gui/{uid}/com.x.alive\n" in calls
    assert f"bootstrap gui/{uid} {agents}/com.x.alive.plist\n" in calls
    assert f"kickstart -k gui/{uid}/com.x.alive\n" in calls
    assert "kill" not in calls


async def test_a_start_that_shows_nothing_is_not_said_to_have_worked(
    agents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = install(tmp_path, {"com.x.job": (None, 0)})
    plist(agents, "com.x.job")
    data.write_text(json.dumps({**json.loads(data.read_text()), "stuck": True}))
    monkeypatch.setattr(actions, "SETTLE", 0.1)
    ground = Ground(tmp_path / "state", job("job", "com.x.job"))
    done = await ground.act("job", Verb.START)
    assert done.outcome == "unconfirmed" and "the command ended well, but" in done.evidence
    assert ground.journal[-1]["event"] == "unconfirmed"


async def test_the_automatic_dispatcher_needs_rate_limit_and_dry_run(agents: Path, tmp_path: Path) -> None:
    install(tmp_path, {"com.x.auto-dispatcher": (None, 0)})
    plist(agents, "com.x.auto-dispatcher")
    off = Ground(tmp_path / "s1", job("auto-dispatcher", "com.x.auto-dispatcher", "unloaded"))
    done = await off.act("auto-dispatcher", Verb.START)
    assert done.outcome == "refused" and "expected to be unloaded" in done.evidence
    bare = Ground(tmp_path / "s2", job("auto-dispatcher", "com.x.auto-dispatcher"))
    done = await bare.act("auto-dispatcher", Verb.START)
    assert done.outcome == "refused" and "a rate limit" in done.evidence and "a dry run" in done.evidence
    log = tmp_path / "dry.log"
    spec = job("auto-dispatcher", "com.x.auto-dispatcher", rate_limit=60, dry_run=str(log))
    fast = Ground(tmp_path / "s3", spec)
    done = await fast.act("auto-dispatcher", Verb.START)
    assert "60 an hour is more than the 20" in done.evidence and "not there" in done.evidence
    log.write_text("0 sent, 3 would be sent")
    allowed = Ground(tmp_path / "s4", replace(spec, rate_limit=20), guards=GuardSection())
    done = await allowed.act("auto-dispatcher", Verb.START)
    assert done.outcome == "done", done
    assert "dry run of 20" in done.offer.consequence


async def test_a_member_of_a_pattern_is_acted_on_by_its_label(agents: Path, tmp_path: Path) -> None:
    install(tmp_path, {"com.x.a": (700, 0), "com.x.auto-dispatcher": (None, 0)})
    plist(agents, "com.x.a")
    ground = Ground(tmp_path / "state", job("everything", "com.x.*", "loaded", rate_limit=20, dry_run=str(tmp_path)))
    whole = await ground.act("everything", Verb.UNLOAD)
    assert whole.outcome == "refused" and "stands for 2 services" in whole.evidence
    done = await ground.act("com.x.a", Verb.UNLOAD)
    assert done.outcome == "done", done
    # What the entry of a pattern says of rate and dry run is not said of the dispatcher.
    done = await ground.act("com.x.auto-dispatcher", Verb.START)
    assert done.outcome == "refused" and "a rate limit" in done.evidence


async def test_what_was_shown_is_what_is_done(agents: Path, tmp_path: Path) -> None:
    install(tmp_path, {"com.x.job": (None, 0)})
    plist(agents, "com.x.job")
    ground = Ground(tmp_path / "state", job("job", "com.x.job"))
    await ground.look()
    service = ground.servicing.find("job")
    assert service is not None
    shown = await ground.servicing.offer(service, Verb.START)
    other = replace(shown, steps=(replace(shown.steps[0], argv=("launchctl", "kickstart", "gui/0/other")),))
    done = await ground.servicing.act(other)
    assert done.outcome == "refused" and "not what was shown" in done.evidence


# -- systemd -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    why = systemd_ground.why_not()
    if why:
        pytest.skip(why)
    try:
        with systemd_ground.run(tmp_path_factory.mktemp("sd")) as programs:
            yield programs
    except RuntimeError as error:
        pytest.skip(str(error))


async def test_a_real_systemd_stops_starts_loads_and_unloads(
    systemd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{systemd}:{os.environ['PATH']}")
    specs = [ServiceConfig(name, systemd=f"oc-{name}.service", scope="user") for name in ("works", "off", "by-timer")]
    ground = Ground(tmp_path, *specs)
    for verb, name, word in (
        (Verb.STOP, "works", "unloaded"),
        (Verb.START, "works", "running"),
        (Verb.RESTART, "works", "running"),
        (Verb.LOAD, "off", "running"),
        (Verb.UNLOAD, "off", "unloaded"),
    ):
        done = await ground.act(name, verb)
        assert done.outcome == "done" and done.service is not None and done.service.word == word, (verb, done)
    service = ground.servicing.find("by-timer")
    assert service is not None
    offer = await ground.servicing.offer(replace(service, state="running", pid=1), Verb.STOP)
    assert "oc-by-timer.timer can start it again" in offer.consequence


async def test_a_nudge_reads_at_once() -> None:
    class Slow:
        name, every, timeout = "slow", 3600.0, 5.0
        looks = 0

        async def read(self) -> tuple[()]:
            self.looks += 1
            return ()

    slow, nudge = Slow(), Nudge()
    watch = Scheduler([slow], nudge=nudge).watch()
    await anext(watch)
    assert slow.looks == 1
    nudge()
    await eventually(lambda: slow.looks == 2)
    await watch.aclose()  # type: ignore[attr-defined]
    nudge()
    assert slow.looks == 2
