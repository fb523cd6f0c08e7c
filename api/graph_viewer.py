"""The viewer of graphs: Netron's own files out of its installed wheel (extra `[graph]`), under a path of their own.

What it opens was chosen by an uploader, who may be hostile, and Netron is a million bytes of other people's parsers. So
its page runs in a sandbox without an origin (`sandbox allow-scripts`, in its policy and on the frame): it has no cookie
and no storage, and the API answers it nothing that needs a person. The page around it hands it the bytes of one graph
(graph_viewer.js says how); it can reach nothing but these files, which hold no secret, and can lead nobody elsewhere.
Drawn graphs may be saved as pictures: that is all that leaves it. With an origin (`allow-same-origin`) it could fetch
graphs by itself, and whoever finds a hole in one of the parsers could do all that the reader may.

Netron's page is changed in what it says of itself: it is no website of its makers (type, version), has no age at which
it stops working (date), and keeps to the theme that the reader chose, not to the system's. It asks for no consent, as
nothing is told to anybody: its telemetry is off, and the policy would stop it. Its own policy gives way to the stricter
one of the header, as it would let no worker be.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib.metadata
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Literal

from aiohttp import web

from api.auth import CONTENT_POLICY, FRAMES, READERS, Route

Theme = Literal["light", "dark"]

PLACE = "/graph-viewer"
WHEEL = "netron"
PAGE = "index.html"
OWN = Path(__file__).with_suffix(".js")
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-scripts allow-downloads"
)
"""Netron sets styles as text; without an origin its worker can only be a blob, which imports a file of here."""
FOREVER = "public, max-age=31536000, immutable"
HEADERS = {
    CONTENT_POLICY: POLICY,
    "Cache-Control": FOREVER,
    FRAMES: "SAMEORIGIN",
    # public files, which a page without an origin must be able to read
    "Access-Control-Allow-Origin": "*",
    READERS: "cross-origin",
}
MEDIA = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_ABOUT = re.compile(
    r'<meta http-equiv="Content-Security-Policy" content="[^"]*">\s*'
    r'<meta name="version" content="[^"]*">\s*<meta name="date" content="[^"]*">'
)
_FIRST_SCRIPT = '<script type="text/javascript" src="index.js">'
_STYLE = '<link rel="stylesheet"'
_DARK = "@media (prefers-color-scheme: dark)"


class ViewerChangedError(Exception):
    """Netron's page is not as it was when it was fitted in here: see what has changed, and pin the version."""


@cache
def place() -> str | None:
    """Where the viewer is served, which changes with its version; None where its wheel is not installed."""
    return None if _folder() is None else f"{PLACE}/{importlib.metadata.version(WHEEL)}"


@cache
def _folder() -> Path | None:
    """Netron's files; they are found without running its code."""
    found = importlib.util.find_spec(WHEEL)
    return Path(next(iter(found.submodule_search_locations))) if found and found.submodule_search_locations else None


async def get_file(request: web.Request) -> web.Response:
    """A file of the viewer, in the theme that its path names."""
    named = request.match_info
    if f"{PLACE}/{named['version']}" != place():
        raise web.HTTPNotFound
    body = await asyncio.to_thread(packed, named["theme"], named["name"])
    if body is None:
        raise web.HTTPNotFound
    plain = "gzip" not in request.headers.get("Accept-Encoding", "")
    headers = {**HEADERS, "Vary": "Accept-Encoding"} | ({} if plain else {"Content-Encoding": "gzip"})
    media = MEDIA[Path(named["name"]).suffix]
    charset = "utf-8" if media.startswith("text/") else None
    return web.Response(
        body=gzip.decompress(body) if plain else body, content_type=media, charset=charset, headers=headers
    )


@cache
def packed(theme: Theme, name: str) -> bytes | None:
    """The file of this name, compressed; None where there is none. As few are kept as Netron has files."""
    path = _files().get(name)
    if path is None:
        return None
    data = path.read_bytes()
    if path.suffix in (".html", ".css"):
        data = _themed(path.read_text("utf-8"), theme).encode()
    return gzip.compress(data if name != PAGE else fitted(data.decode(), theme).encode(), mtime=0)


@cache
def _files() -> dict[str, Path]:
    folder = _folder()
    theirs = () if folder is None else folder.iterdir()
    return {each.name: each for each in (*theirs, OWN) if each.suffix in MEDIA}


def _themed(text: str, theme: Theme) -> str:
    return text.replace(_DARK, "@media all" if theme == "dark" else "@media not all")


def fitted(page: str, theme: Theme) -> str:
    """Netron's page as it is shown here.

    Raises:
        ViewerChangedError: it does not say of itself what is to be changed.
    """
    said = {"type": "Python", "version": "0.0.0", "color-scheme": theme}
    about = "".join(f'<meta name="{name}" content="{value}">' for name, value in said.items())
    page, found = _ABOUT.subn(about, page)
    if found != 1 or page.count(_FIRST_SCRIPT) != 1 or page.count(_STYLE) != 1:
        raise ViewerChangedError("its policy, version, date, style or first script are not where they were")
    # asked for as a stranger's, its style may be read, which pictures of the graph need
    page = page.replace(_STYLE, f'{_STYLE} crossorigin="anonymous"')
    return page.replace(_FIRST_SCRIPT, f'<script src="{OWN.name}"></script>{_FIRST_SCRIPT}')


VIEWER: tuple[Route, ...] = (
    Route(
        "GET",
        f"{PLACE}/{{version:[0-9.]+}}/{{theme:light|dark}}/{{name:[A-Za-z0-9_-]+\\.[a-z]+}}",
        get_file,
        "open",
    ),
)
"""Not in the API's document: they are for browsers."""
