"""What others have published into the app: pills, progress and log of the sidebar, and notifications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.fakes.cmux_app_events import timestamp

LOG_KEPT: Final = 50


@dataclass(slots=True)
class Pill:
    """A status pill (or, with `markdown`, a block) of one workspace."""

    key: str
    value: str
    icon: str | None = None
    color: str | None = None
    url: str | None = None
    priority: int = 0
    format: str = "plain"
    pid: int | None = None
    visible: bool = True


@dataclass(slots=True)
class LogEntry:
    """A line of a workspace's log."""

    message: str
    level: str = "info"
    source: str | None = None


@dataclass(slots=True)
class Sidebar:
    """The sidebar of one workspace."""

    pills: dict[str, Pill] = field(default_factory=dict)
    blocks: dict[str, Pill] = field(default_factory=dict)
    progress: float | None = None
    progress_label: str | None = None
    log: list[LogEntry] = field(default_factory=list)

    def write(self, entry: LogEntry) -> None:
        """Add a line; 50 are kept."""
        self.log.append(entry)
        del self.log[:-LOG_KEPT]


@dataclass(slots=True)
class Notification:
    """A notification as the app keeps it."""

    id: str
    workspace_id: str
    surface_id: str | None
    title: str
    subtitle: str
    body: str
    is_read: bool = False
    created_at: str = field(default_factory=timestamp)


@dataclass(slots=True)
class Published:
    """Everything that was published in this run."""

    sidebars: dict[str, Sidebar] = field(default_factory=dict)
    """By workspace UUID; also of workspaces that are gone: ``set_status`` says OK to those too."""
    notifications: list[Notification] = field(default_factory=list)
    """Newest first."""

    def sidebar(self, workspace_id: str) -> Sidebar:
        """The sidebar of a workspace, made when it is first written."""
        return self.sidebars.setdefault(workspace_id, Sidebar())
