"""Somebody with a browser and no token, for tests of signing in; and an application whose doors are changed."""

from __future__ import annotations

from http.cookies import SimpleCookie

import aiohttp
from msgspec.structs import replace

from api.app import create_app
from api.deps import Doors

PASSWORD = "correct horse battery"


class Browser:
    """Somebody without a token, who keeps the cookie."""

    def __init__(self, api) -> None:
        self._api, self.cookie = api, ""

    async def ask(self, method, path, wish=None, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            given["Cookie"] = self.cookie
        async with aiohttp.ClientSession(
            "http://127.0.0.1", connector=aiohttp.UnixConnector(str(self._api._socket)),
            cookie_jar=aiohttp.DummyCookieJar(), headers={"Accept-Language": "en"},
        ) as http, http.request(method, f"/api/v1{path}", json=wish, headers=given) as answer:  # fmt: skip
            for said in answer.headers.getall("Set-Cookie", []):
                ((name, morsel),) = SimpleCookie(said).items()
                self.cookie = f"{name}={morsel.value}" if morsel.value else ""
            body = await answer.read()
            self.json = await answer.json(content_type=None) if body else None
            self.headers = answer.headers
            return answer.status

    async def sign_in(self, login="li.lei", password=PASSWORD):
        return await self.ask("POST", "/session", {"login": login, "password": password})

    @property
    def code(self):
        return self.json["code"]


async def told(api, **doors):
    """The application with other doors, in place of the one that runs."""
    await api.stop()
    api.deps = replace(api.deps, doors=Doors(**doors))
    api.app = create_app(api.deps)
    await api.start()
