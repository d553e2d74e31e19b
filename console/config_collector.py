"""The rules of the collector's section that types cannot say."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from console.config import CollectorConfig
from console.config_yaml import Path
from console.i18n import tr

FIELDS: Final = ("status", "logs", "spans", "metrics", "resources", "bytes", "uptime", "memory", "refused")
"""What the place of can be told."""

_URLS: Final = {
    "url": "http://127.0.0.1:4318/health",
    "metrics_url": "http://127.0.0.1:8888/metrics",
    "health_check_url": "http://127.0.0.1:13133/",
    "otlp_url": "http://127.0.0.1:4318/v1/traces",
}


def check(
    section: CollectorConfig, wrong: Callable[[Path, str], None], near: Callable[[str, Collection[str]], str]
) -> None:
    """Tell *wrong* what is wrong; *near* says what was perhaps meant."""
    if not 1 <= section.every <= 3600:
        wrong(("collector", "every"), tr("must be between 1 and 3600 seconds; write for example 10.0"))
    if not 0.1 <= section.timeout <= 60:
        wrong(("collector", "timeout"), tr("must be between 0.1 and 60 seconds; write for example 2.0"))
    for key, example in _URLS.items():
        url = getattr(section, key)
        if url and not is_url(url):
            wrong(("collector", key), tr("is not an http(s) URL; write for example {example}", example=example))
    if section.probe == "always" and not (section.otlp_url or section.url):
        wrong(("collector", "probe"), tr("needs to know where; write otlp_url: {urls}", urls=_URLS["otlp_url"]))
    for name, places in section.fields.items():
        if name not in FIELDS:
            wrong(("collector", "fields", name), tr("is not a field of a collector; {near}", near=near(name, FIELDS)))
        if not places or any(not place.strip() for place in places):
            wrong(
                ("collector", "fields", name), tr("names no place in the document; write for example data.counts.logs")
            )


def is_url(url: str) -> bool:
    """Whether *url* can be asked."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in url
    except ValueError:
        return False
