"""The clients: one attribute for each noun; `Client` blocks, `AsyncClient` (api.client.aio) is awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Self
from uuid import UUID

from api.client.accounts import Accounts, Audit
from api.client.agents import Agents
from api.client.core import Core
from api.client.credentials import token_for
from api.client.datasets import Datasets
from api.client.dictionary import Dictionaries
from api.client.jobs import Jobs
from api.client.ledger import Ledger
from api.client.me import Me, Tokens
from api.client.mode import Blocking, M, finished
from api.client.models import Models
from api.client.operation import Noun, iteration, operation
from api.client.stream import Message, Subject, messages, said_about
from api.client.structures import Structures
from api.client.templates import Templates
from api.client.tests import Tests
from api.client.transport import HttpTransport
from api.client.wire import ProgressCallback
from api.resources import Health, Said, Uploaded


class Everything(Noun[M]):
    """All nouns over one core."""

    def __init__(self, core: Core[M], api_url: str) -> None:
        super().__init__(core)
        self.api_url = api_url
        self.models = Models(core)
        self.structures = Structures(core)
        self.templates = Templates(core)
        self.dictionary = Dictionaries(core)
        self.datasets = Datasets(core)
        self.tests = Tests(core)
        self.jobs = Jobs(core)
        self.agents = Agents(core)
        self.me = Me(core)
        self.tokens = Tokens(core)
        self.accounts = Accounts(core)
        self.audit = Audit(core)

    @operation
    async def upload(self, path: Path, progress: ProgressCallback | None = None) -> Uploaded:
        """Stream a file of any size into the object store."""
        return await self._core.upload(path, progress)

    @iteration
    def stream(
        self, *, topics: Iterable[str] = (), entity: UUID | None = None, last_id: str = "", recent: bool = False
    ) -> AsyncIterator[Message]:
        """What happens from now on, or behind `last_id`: `happened`, and `resync` where some of it was missed.

        `topics` are models, structures, templates, dictionary, datasets, tests, jobs, progress and logs; all but logs
        if none is named; `recent` begins with what is still known. Connects again by itself.
        """
        return messages(self._core, Subject(tuple(topics), entity, recent), last_id)

    @iteration
    def history(self, entity: UUID) -> AsyncIterator[Said]:
        """Everything that was ever said about one thing or job, oldest first."""
        return said_about(self._core, entity)

    @operation
    async def ready(self) -> Health:
        """Whether the system can work, and what it lacks; never tried again."""
        return await self._core.glance("/readyz", Health)


class Client(Everything[Blocking]):
    """Mo from a program: `with Client("http://127.0.0.1:8080") as mo: mo.models.list_trons()`.

    `lang` (zh, en) is the language of the sentences in answers. `token` proves who asks; unless it is given it is
    `MO_TOKEN`, what `mo login` kept for the address, or that of this machine's own stack. `cache` is the folder that
    remembers unfinished uploads, the user's own unless given. Not for several threads at once.
    """

    def __init__(self, api_url: str, lang: str = "zh", *, token: str | None = None, cache: Path | None = None) -> None:
        core = Core(
            HttpTransport(api_url),
            api_url=api_url,
            mode=Blocking(),
            lang=lang,
            token=token_for(api_url) if token is None else token,
            ledger=Ledger(cache),
        )
        self._use(core, api_url)

    @classmethod
    def over(cls, core: Core[Blocking], api_url: str) -> Self:
        """A client that speaks through another core."""
        client = cls.__new__(cls)
        client._use(core, api_url)
        return client

    def _use(self, core: Core[Blocking], api_url: str) -> None:
        super().__init__(core, api_url)
        self.convert = self.models.convert
        self.infer = self.tests.infer
        self.parity = self.tests.parity
        self.compare = self.tests.compare

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        finished(self._core.close())
