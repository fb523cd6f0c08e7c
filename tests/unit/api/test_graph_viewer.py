"""Netron as it is served: its own files, in the reader's theme, under a policy that lets nothing out."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest

from api import graph_viewer

pytestmark = pytest.mark.skipif(
    graph_viewer.place() is None, reason="no viewer here: python3 -m pip install -e '.[graph]'"
)


@pytest.fixture
async def seen(api):
    """Asks for a file of the viewer as anybody may."""

    async def got(path: str, **headers: str):
        async with api.session.get(f"{graph_viewer.place()}/{path}", headers=headers) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    return got


def policy(headers: dict[str, str]) -> dict[str, str]:
    rules = (each.strip().partition(" ") for each in headers["Content-Security-Policy"].split(";"))
    return {name: allowed for name, _, allowed in rules}


@pytest.mark.parametrize("name", ["index.html", "index.js", "view.js", "worker.js", "onnx-metadata.json", "icon.png"])
async def test_its_files_run_without_an_origin_and_reach_nobody_else(seen, name):
    status, headers, body = await seen(f"light/{name}")
    assert (status, bool(body)) == (200, True)
    assert policy(headers) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts allow-downloads",
    }
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in headers["Cache-Control"]


async def test_everything_else_stays_closed_to_pages_without_an_origin(api):
    async with api.session.get("/api/v1/trons", headers={"Origin": "null"}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"


async def test_its_page_says_that_it_is_no_website_and_has_no_age(seen):
    _, _, body = await seen("dark/index.html")
    page = body.decode()
    assert '<meta name="type" content="Python"><meta name="version" content="0.0.0">' in page
    assert 'name="date"' not in page
    assert "http-equiv" not in page
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert scripts == ["", ""], "no script stands in the page itself"
    assert page.index('src="graph_viewer.js"') < page.index('src="index.js"')


async def test_the_theme_is_that_of_the_address(seen):
    for name in ("index.html", "grapher.css"):
        dark, light = (await seen(f"dark/{name}"))[2], (await seen(f"light/{name}"))[2]
        assert dark != light
        assert b"prefers-color-scheme" not in dark + light
        assert b"@media all {" in dark
        assert b"@media not all {" in light


async def test_what_is_compressed_is_the_same(seen):
    _, packed, one = await seen("light/onnx-metadata.json", **{"Accept-Encoding": "gzip"})
    _, plain, other = await seen("light/onnx-metadata.json", **{"Accept-Encoding": "identity"})
    assert (packed["Content-Encoding"], "Content-Encoding" in plain) == ("gzip", False)
    assert int(packed["Content-Length"]) * 8 < int(plain["Content-Length"])
    assert one == other
    assert json.loads(other)


@pytest.mark.parametrize(
    "path",
    ["light/server.py", "light/__init__.py", "light/nothing.js", "blue/index.html", "light/", "light/..%2fauth.py",
     "light/%2e%2e/%2e%2e/app.py", "../0.0.0/light/index.html"],
)  # fmt: skip
async def test_there_is_nothing_else(seen, path):
    assert (await seen(path))[0] == 404


async def test_without_its_wheel_there_is_none_and_models_say_so(api, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "netron" else real(name))
    for each in (graph_viewer.place, graph_viewer._folder):
        each.cache_clear()
    try:
        assert graph_viewer.place() is None
        async with api.session.get("/graph-viewer/9.3.3/light/index.html") as answer:
            assert answer.status == 404
    finally:
        monkeypatch.undo()
        for each in (graph_viewer.place, graph_viewer._folder):
            each.cache_clear()


def test_a_page_of_another_make_is_not_served_as_it_is():
    with pytest.raises(graph_viewer.ViewerChangedError):
        graph_viewer.fitted("<html><head></head></html>", "light")
