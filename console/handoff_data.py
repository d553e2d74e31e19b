"""The words that hand-off documents are read with: those of the package, and what the operator adds."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

from console.i18n import tr
from console.model.handoff import Words

OWN_NAME: Final = "handoff.yaml"
"""The operator's file, in the configuration folder."""
SIZE_LIMIT: Final = 1_000_000
"""Bytes of it that are accepted."""


def words(own: Path | None = None) -> Words:
    """The vocabulary of the package with the words of the file *own* added; it need not exist.

    Raises `ValueError`, which names the file and what is wrong with it.
    """
    raw = _parsed(resources.files("console").joinpath("data", OWN_NAME).read_text(encoding="utf-8"), OWN_NAME)
    if own is None or not own.exists():
        return Words(raw)
    try:
        if own.stat().st_size > SIZE_LIMIT:
            raise ValueError(
                tr("{path}: larger than {limit} bytes; this is no list of words", path=own, limit=SIZE_LIMIT)
            )
        added = _parsed(own.read_text(encoding="utf-8"), str(own))
    except (OSError, UnicodeError) as error:
        raise ValueError(tr("{path}: cannot be read ({error})", path=own, error=error)) from error
    try:
        return Words(_merged(raw, added))
    except ValueError as error:
        raise ValueError(f"{own}: {error}") from error


def own_file() -> Path:
    """Where the operator's words are looked for."""
    from platformdirs import user_config_path

    return user_config_path("oc-console") / OWN_NAME


def _parsed(text: str, where: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{where}: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise ValueError(tr("{where}: not a mapping; write for example `nothing: [leer]`", where=where))
    return found


def _merged(raw: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """*raw* with the words of *added* behind its own. Raises `ValueError` where the forms differ."""
    merged = dict(raw)
    for key, value in added.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = [*before, *value]
        elif before is None or (isinstance(before, str) and isinstance(value, str)):
            merged[key] = value
        else:
            raise ValueError(
                tr("{key}: another form than in the package; a {kind} is needed", key=key, kind=type(before).__name__)
            )
    return merged
