"""The dashboard's page and files as they are served: policy, caching, nothing outside of the folder."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from yarl import URL

from api.pages import STATIC
from tests.unit.api.conftest import Api


class Got(NamedTuple):
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[..., Awaitable[Got]]


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Ask]:
    """Asks for a path where a page was built."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text('<script nonce="{{nonce}}" src="/assets/a-1.js"></script>')
    (folder / "assets" / "a-1.js").write_text("plain")
    (folder / "assets" / "a-1.js.gz").write_bytes(gzip.compress(b"plain"))
    (folder / "assets" / "secret.txt").write_text("no")
    (tmp_path / "outside.js").write_text("no")
    async for each in asking(tmp_path, folder):
        yield each


async def asking(tmp_path: Path, static: Path) -> AsyncIterator[Ask]:
    api = Api(tmp_path)
    api.app[STATIC] = static
    await api.start()

    async def got(path: str, **headers: str) -> Got:
        async with api.session.get(URL(path, encoded=True), headers=headers) as answer:
            return Got(answer.status, answer.headers, await answer.read())

    yield got
    await api.stop()


@pytest.mark.parametrize("path", ["/", "/models/pth?mine=true", "/compare/a", "/livezz", "/apis"])
async def test_every_address_of_the_dashboard_is_the_page_under_a_nonce_of_its_own(ask, path):
    one, other = await ask(path), await ask(path)
    assert (one.status, one.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    (nonce,) = re.findall(rb'nonce="([^"]+)"', one.body)
    policy = one.headers["Content-Security-Policy"]
    assert f"script-src 'self' 'nonce-{nonce.decode()}'" in policy
    assert "unsafe" not in policy
    assert nonce not in other.body
    assert (one.headers["Cache-Control"], one.headers["X-Frame-Options"]) == ("no-store", "DENY")


async def test_built_files_are_kept_for_ever_and_come_compressed(ask):
    plain = await ask("/assets/a-1.js", **{"Accept-Encoding": "identity"})
    assert (plain.status, plain.body) == (200, b"plain")
    assert plain.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in plain.headers["Cache-Control"]
    # a worker keeps to its own file's policy: it must reach the stream, and nothing else
    policy = plain.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy
    assert "sandbox" not in policy
    packed = await ask("/assets/a-1.js", **{"Accept-Encoding": "gzip"})
    assert (packed.body, packed.headers["Content-Encoding"]) == (b"plain", "gzip")


@pytest.mark.parametrize(
    "path",
    ["/assets/%2e%2e%2f%2e%2e%2foutside.js", "/assets/..%2f..%2foutside.js", "/assets/secret.txt", "/assets/b.js",
     "/assets/", "/api", "/api/v1/nothing"],
)  # fmt: skip
async def test_there_is_nothing_else(ask, path):
    assert (await ask(path)).status == 404


async def test_without_a_built_page_the_api_says_how_to_get_it(tmp_path):
    async for ask in asking(tmp_path, tmp_path):
        answer = await ask("/")
        assert answer.status == 503
        assert "pip install" in answer.body.decode()
        assert "npm" in answer.body.decode()
        assert (await ask("/livez")).status == 200
