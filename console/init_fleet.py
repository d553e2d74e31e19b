"""A configuration out of the surfaces that were found."""

from __future__ import annotations

from console.config import MuxConfig
from console.i18n import tr
from console.init_draft import Draft, Group, Item
from console.model.snapshot import Snapshot
from console.model.surface import Surface


def draft(snapshot: Snapshot | None, why: str, mux: MuxConfig) -> Draft:
    """The configuration for what *snapshot* holds; None: *why* nothing was found."""
    server: dict[str, str] = {"backend": mux.backend}
    if mux.tmux_socket:
        server["tmux_socket"] = mux.tmux_socket
    if mux.cmux_socket:
        server["cmux_socket"] = mux.cmux_socket
    about = (
        tr("The surfaces, found in {source}. Give them names and roles.", source=snapshot.mux.source)
        if snapshot is not None
        else tr("The surfaces, none was found: {why}. Give them names and roles.", why=why)
    )
    surfaces = Group("surfaces", about)
    seen = set[str]()
    for surface in snapshot.surfaces if snapshot is not None else ():
        item = _surface(surface)
        ref = str(item.values["ref"]).casefold()
        item.off = ref in seen or not ref
        seen.add(ref)
        surfaces.items.append(item)
    if not surfaces.items:
        surfaces.items.append(
            Item({"ref": "surface:1", "name": "CODEX 1", "role": "builder", "agent": "codex"}, tr("such as"), True)
        )
    groups = [
        Group("mux", tr("The terminal server that holds the fleet."), [Item(server)], listed=False),
        surfaces,
        _example("log", tr("The dispatch log."), {"path": "~/dispatch_log.json"}),
        _example(
            "services",
            tr("What should run, or must not."),
            {"name": "watcher", "process": "watcher", "expected": "running"},
        ),
        _example("collector", tr("The OpenTelemetry collector."), {"url": "http://127.0.0.1:4318/health"}),
    ]
    head = [tr("oc-console: configuration, written by `oc-console init`. Every key: config.example.yaml.")]
    return Draft(head, groups)


def _example(name: str, about: str, values: dict[str, str]) -> Group:
    return Group(
        name, tr("{about} None yet; such as:", about=about), [Item(values, off=True)], listed=name == "services"
    )


def _surface(surface: Surface) -> Item:
    """An entry under the ref that outlives a restart: in tmux its place or its given name."""
    info = surface.info
    tmux = info.ref.startswith("%")
    ref = (info.label or info.place) if tmux else info.ref
    values = {"ref": ref or info.ref}
    if surface.name and surface.name != ref:
        values["name"] = surface.name
    if surface.agent:
        values["agent"] = surface.agent
    workspace = info.workspace_ref or info.workspace
    if workspace:
        values["workspace"] = workspace
    known = (
        tr("now {ref}", ref=info.ref) if tmux else "",
        tr("uuid {uuid}", uuid=info.uuid) if info.uuid else "",
        info.command,
        info.title,
    )
    return Item(values, ", ".join(part for part in known if part))
