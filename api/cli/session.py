"""What every command has at hand: the options that hold everywhere, the client, and a place to write to."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, cast

from api.cli.words import LANGS, language, plain, say

if TYPE_CHECKING:
    import typer

    from api.client import Client

OUTPUTS = ("table", "json", "jsonl", "csv")
ClientFactory = Callable[[str, str], "Client"]


class UsageError(Exception):
    """The command line is wrong; `key` and `params` name the sentence that says how."""

    def __init__(self, key: str, /, **params: str) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


class Everywhere(NamedTuple):
    """The options that may stand anywhere on the command line."""

    api: str
    lang: str
    output: str
    quiet: bool = False


_QUIET = ("-q", "--quiet")
_FLAGS = {"--api": "api", "--lang": "lang", "-o": "output", "--output": "output"}


def take_everywhere(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[Everywhere, list[str]]:
    """Take --api, --lang, -o and -q out of the arguments, wherever they stand before a `--`; the rest stays in order.

    Raises:
        UsageError: a flag without its value, or a value that is none of those allowed.
    """
    given = {
        "api": environ.get("MO_API_URL", ""),
        "lang": language(environ),
        "output": environ.get("MO_OUTPUT", "table"),
    }
    quiet = False
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        flag, has_value, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif word in _QUIET:
            quiet = True
        elif flag not in _FLAGS:
            rest.append(word)
        elif has_value or (value := next(words, "")):
            given[_FLAGS[flag]] = value
        else:
            raise UsageError("usage.flag_without_value", flag=flag)
    for name, allowed in (("lang", LANGS), ("output", OUTPUTS)):
        if given[name] not in allowed:
            raise UsageError("usage.one_of", option=name, value=given[name], allowed=", ".join(allowed))
    return Everywhere(**given, quiet=quiet), rest


def api_address(flag: str, environ: Mapping[str, str]) -> str:
    """Where the API is: the flag or MO_API_URL, else what the embedded stack wrote into its home.

    Raises:
        UsageError: nobody says.
    """
    if flag:
        return flag
    home = environ.get("MO_HOME", "")
    if not home:
        import platformdirs

        home = platformdirs.user_data_dir("mo")
    try:
        address = json.loads((Path(home) / "run" / "stack.json").read_bytes()).get("api_url", "")
    except (OSError, ValueError, AttributeError):
        address = ""
    if not address:
        raise UsageError("error.no_api")
    return str(address)


class Session:
    """One run of the command. Data goes to `stdout`, everything else to `stderr`.

    `progress` is where to say how far something is: stderr, or nowhere when nobody wants to hear it.
    """

    def __init__(
        self,
        options: Everywhere,
        environ: Mapping[str, str],
        *,
        client_factory: ClientFactory | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.options = options
        self.environ = environ
        self.lang = options.lang
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.progress = io.StringIO() if options.quiet else self.stderr
        self._factory = client_factory or partial(_real_client, environ)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The client, made at first use."""
        if self._client is None:
            self._client = self._factory(api_address(self.options.api, self.environ), self.lang)
        return self._client

    @property
    def for_programs(self) -> bool:
        """Whether programs read what we print: JSON, JSON lines, CSV."""
        return self.options.output != "table"

    def say(self, key: str, /, **params: object) -> str:
        """A text of ours in the reader's language."""
        return say(self.lang, key, **params)

    def tell(self, key: str, /, **params: object) -> None:
        """Write a sentence beside the data."""
        print(plain(self.say(key, **params)), file=self.stderr)

    def mention(self, key: str, /, **params: object) -> None:
        """Write a sentence that is pleasant to have, unless silence was asked for."""
        print(plain(self.say(key, **params)), file=self.progress)

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        if self._client is not None:
            self._client.close()


def session_of(context: typer.Context) -> Session:
    """The session that `run` gave to the command."""
    return cast(Session, context.find_root().obj)


def _real_client(environ: Mapping[str, str], api_url: str, lang: str) -> Any:
    from api.client import Client
    from api.client.credentials import token_for

    cache = environ.get("MO_CACHE", "")
    return Client(api_url, lang, token=token_for(api_url, environ), cache=Path(cache) if cache else None)
