"""One call of the ``cmux`` program's double: its words, its connection, and which surface it means."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tests.fakes import cmux_program_print as show
from tests.fakes.cmux_app_personality import Personality
from tests.fakes.cmux_program_client import Client, CliError, Json, is_handle


@dataclass(slots=True)
class Call:
    """One call: the release it comes from, its connection, the words after the command."""

    release: Personality
    client: Client | None
    words: list[str]
    json: bool
    id_format: str

    @property
    def link(self) -> Client:
        """The connection."""
        assert self.client is not None
        return self.client

    def has(self, command: str) -> bool:
        """Whether this release knows *command*."""
        return self.release.next_wave if command == "paste" else self.release.modern

    def rpc(self, method: str, params: Json | None = None) -> Json:
        """Call a v2 method."""
        return self.link.v2(method, params)

    def option(self, name: str) -> str | None:
        """Take ``name VALUE`` out of the words, anywhere before ``--``. Raises `CliError` without a value."""
        stop = self.words.index("--") if "--" in self.words else len(self.words)
        found = None
        while name in self.words[:stop]:
            at = self.words.index(name)
            if at + 1 >= stop:
                raise CliError(f"{name} requires a value")
            found = self.words[at + 1]
            del self.words[at : at + 2]
            stop -= 2
        return found

    def flag(self, name: str) -> bool:
        """Take ``name`` out of the words, anywhere before ``--``."""
        stop = self.words.index("--") if "--" in self.words else len(self.words)
        if name not in self.words[:stop]:
            return False
        self.words.remove(name)
        return True

    def rest(self) -> list[str]:
        """What is left, without a leading ``--``."""
        return self.words[1:] if self.words[:1] == ["--"] else self.words

    def json_out(self, value: Json, *, plain: bool = False) -> None:
        """Print JSON; *plain* leaves every id in."""
        kept = value if plain else show.with_ids(value, self.id_format)
        print(show.pretty(kept, ordered=self.release.modern))

    def done(self, result: Json, kinds: tuple[str, ...] = ("surface", "workspace"), more: str = "") -> None:
        """Print the result, or the line that says OK."""
        if self.json:
            self.json_out(result)
        else:
            print(show.ok_line(result, self.id_format, kinds) + more)

    def place(self) -> Json:
        """``workspace_id`` and ``surface_id`` out of the flags, else out of the environment of a surface.

        0.63 takes the workspace of the environment even when a surface of another one is named; from 0.64.17 on a
        surface that is named by UUID or ref does without (#6605).
        """
        said, surface = self.option("--workspace"), self.option("--surface") or self.option("--panel")
        workspace = said
        routed = self.release.modern and surface is not None and is_handle(surface)
        if workspace is None and not routed:
            workspace = os.environ.get("CMUX_WORKSPACE_ID") or None
        if surface is None and said is None:
            surface = os.environ.get("CMUX_SURFACE_ID") or None
        params: Json = {}
        if (found := self.link.workspace(workspace)) is not None:
            params["workspace_id"] = found
        if (one := self.link.surface(surface, found)) is not None:
            params["surface_id"] = one
        return params

    def workspace_params(self) -> Json:
        """Only ``workspace_id``."""
        found = self.link.workspace(self.option("--workspace") or os.environ.get("CMUX_WORKSPACE_ID"))
        return {} if found is None else {"workspace_id": found}


def unescape(text: str) -> str:
    """Literal backslash n and r become Return, backslash t Tab: blindly, so ``C:\\new`` is mangled."""
    return text.replace("\\n", "\r").replace("\\r", "\r").replace("\\t", "\t")


def caller() -> Json:
    """The handles of the surface the program runs in."""
    names = {"workspace_id": "CMUX_WORKSPACE_ID", "surface_id": "CMUX_SURFACE_ID"}
    found = {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}
    return {"caller": found} if found else {}
