"""The synchronous client: one attribute for each noun."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from api.client.agents import Agents
from api.client.core import Core
from api.client.datasets import Datasets
from api.client.jobs import Jobs
from api.client.models import Models
from api.client.structures import Structures
from api.client.templates import Templates
from api.client.tests import Tests
from api.client.transport import HttpTransport
from api.client.wire import ProgressCallback
from api.resources import Health, Uploaded


class Client:
    """Mo from a program: `with Client("http://127.0.0.1:8080") as mo: mo.models.list_trons()`.

    `lang` (zh, en) is the language of the sentences in answers. Not for several threads at once.
    """

    def __init__(self, api_url: str, lang: str = "zh") -> None:
        self._use(Core(HttpTransport(api_url), api_url=api_url, lang=lang), api_url)

    @classmethod
    def over(cls, core: Core, api_url: str) -> Self:
        """A client that speaks through another core."""
        client = cls.__new__(cls)
        client._use(core, api_url)
        return client

    def _use(self, core: Core, api_url: str) -> None:
        self.api_url = api_url
        self._core = core
        self.models = Models(core)
        self.structures = Structures(core)
        self.templates = Templates(core)
        self.datasets = Datasets(core)
        self.tests = Tests(core)
        self.jobs = Jobs(core)
        self.agents = Agents(core)
        self.convert = self.models.convert
        self.infer = self.tests.infer
        self.compare = self.tests.compare

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def upload(self, path: Path, progress: ProgressCallback | None = None) -> Uploaded:
        """Stream a file of any size into the object store."""
        return self._core.upload(path, progress)

    def ready(self) -> Health:
        """Whether the system can work, and what it lacks; never tried again."""
        return self._core.glance("/readyz", Health)

    def close(self) -> None:
        """Let go of the connection."""
        self._core.close()
