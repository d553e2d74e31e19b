"""Rules of the section ``services`` that types cannot say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from console.config import ServiceConfig
from console.config_yaml import Path
from console.i18n import tr
from console.model import expected
from console.safety import safe_text

KINDS: Final = tuple(expected.KINDS)
ONLY: Final = {
    "marker": ("cron",),
    "status": ("http",),
    "field": ("http",),
    "equals": ("http",),
    "scope": ("systemd", "unit"),
    "socket": ("supervisor", "unit"),
}
"""Keys that mean something for some kinds only."""
_UNSET: Final = {"status": 0, "scope": "auto"}


def check(
    services: Sequence[ServiceConfig],
    wrong: Callable[[Path, str], None],
    bad_pattern: Callable[[str], str],
    is_url: Callable[[str], bool],
) -> None:
    """Tell *wrong* everything that is wrong, with its path."""
    for index, service in enumerate(services):
        path: Path = ("services", index)
        kinds = [kind for kind in KINDS if getattr(service, kind).strip()]
        if not kinds:
            wrong(path, tr("says not what to watch; write one of {listed}", listed=", ".join(KINDS)))
            continue
        if len(kinds) > 1:
            wrong(
                (*path, kinds[1]), tr("{kinds} is given already; keep one of them, or make two entries", kinds=kinds[0])
            )
            continue
        kind = kinds[0]
        value = getattr(service, kind)
        if kind in ("process", "cron") and (reason := bad_pattern(value)):
            wrong((*path, kind), reason)
        if kind == "http" and not is_url(value):
            wrong((*path, kind), tr("is not an http(s) URL; write for example http://127.0.0.1:8080/health"))
        try:
            expected.parse(service.expected, kind)
        except ValueError as error:
            wrong((*path, "expected"), safe_text(str(error), limit=300))
        _numbers(service, path, wrong)
        for key, used in ONLY.items():
            if getattr(service, key) != _UNSET.get(key, "") and kind not in used:
                wrong(
                    (*path, key),
                    tr("means nothing for {kind}; it belongs to {listed}", kind=kind, listed=" and ".join(used)),
                )
        if service.equals and not service.field:
            wrong((*path, "equals"), tr("needs field: which value of the answer it is"))


def _numbers(service: ServiceConfig, path: Path, wrong: Callable[[Path, str], None]) -> None:
    if service.every and not 1 <= service.every <= 86_400:
        wrong((*path, "every"), tr("must be between 1 and 86400 seconds, or 0.0; write for example 10.0"))
    if not 0 <= service.rate_limit <= 1000:
        wrong((*path, "rate_limit"), tr("must be between 1 and 1000 an hour, or 0; write for example 20"))
    if not 0.1 <= service.timeout <= 60:
        wrong((*path, "timeout"), tr("must be between 0.1 and 60 seconds; write for example 5.0"))
    if not 0 <= service.grace <= 86_400:
        wrong((*path, "grace"), tr("must be between 0 and 86400 seconds; write for example 900.0"))
    if service.status and not 100 <= service.status <= 599:
        wrong((*path, "status"), tr("is no HTTP status; write for example 204, or 0 for any of 200 to 299"))


def finish(service: ServiceConfig, place: Callable[[str], str]) -> ServiceConfig:
    """Paths absolute by *place*, texts for people safe to draw."""
    url = service.socket.startswith(("http://", "https://"))
    return replace(
        service,
        name=safe_text(service.name, limit=200),
        group=safe_text(service.group, limit=200),
        file=place(service.file),
        glob=place(service.glob),
        log=place(service.log),
        dry_run=place(service.dry_run),
        marker=place(service.marker),
        socket=service.socket if url else place(service.socket),
    )
