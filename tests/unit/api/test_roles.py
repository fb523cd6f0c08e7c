"""Every route asked by everybody: the golden table says who may, and a route that is not in it fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import aiohttp
import pytest
from people import TOKEN, account, bearer, people, session, token

from api.app import ROUTES
from api.auth import SAFE_METHODS
from api.graph_viewer import VIEWER
from api.pages import PAGES
from api.people import COOKIE
from storage.accounts.rules import IDLE, OF_ROLE

TABLE = Path(__file__).parents[2] / "golden" / "api" / "policies.txt"
DOORS = {
    "sign_in_needed", "token_invalid", "role_too_low", "scope_missing", "token_not_whole", "not_yours",
    "password_change_needed", "agent_secret_wrong", "job_token_invalid",
}  # fmt: skip
"""What is said to who may not."""
PASSES = "passes"
NAMES = {"{name}": "repos", "{number}": "0", "{digest}": "sha256:" + "0" * 64}


class Line(NamedTuple):
    """One route of the table; `own`: it changes or takes away somebody's thing."""

    policy: str
    method: str
    path: str
    own: bool


LINES = [
    Line(*text.removesuffix("  own").split(maxsplit=2), own=text.endswith("  own"))
    for text in TABLE.read_text().splitlines()
]
OWNER, OTHER = account("owner"), account("other")
PERSONS = {
    "viewer": account("viewer", "viewer"),
    "engineer, owner": OWNER,
    "engineer, other": OTHER,
    "releaser": account("releaser", "releaser"),
    "admin": account("admin", "admin"),
}
READERS = ["nobody", *PERSONS, "expired session", "scoped token"]


def expected(line: Line, reader: str) -> str:
    """What the reader is told at the route's door."""
    if line.policy in ("agent", "job"):
        return {"agent": "agent_secret_wrong", "job": "job_token_invalid"}[line.policy]
    if line.policy == "open":
        return PASSES
    if reader in ("nobody", "expired session"):
        return "sign_in_needed"
    if reader == "scoped token":
        if line.policy == "self":
            return PASSES if line.method in SAFE_METHODS else "token_not_whole"
        return PASSES if line.policy == "read" else "scope_missing"
    role = PERSONS[reader].role
    if line.policy != "self" and line.policy not in OF_ROLE[role]:
        return "role_too_low"
    return "not_yours" if line.own and reader not in ("engineer, owner", "admin") else PASSES


def test_the_table_is_that_of_the_code():
    routes = [(route.policy, route.method, route.path) for route in (*ROUTES, *VIEWER, *PAGES)]
    assert [(line.policy, line.method, line.path) for line in LINES] == routes, "a route needs a line: who may ask it?"


def test_whatever_changes_a_thing_by_its_id_is_somebodys():
    """A new PATCH or DELETE has to say whose things it changes, or stand here with why not."""
    personal = ("uploads", "accounts", "sessions", "tokens", "session")  # one's own by themselves, or admins' alone
    forgotten = [
        line
        for line in LINES
        if line.method in ("PATCH", "DELETE") and not line.own and line.path.split("/")[3] not in personal
    ]
    assert forgotten == []


@pytest.fixture
def accounts_of_api(api):
    """The persons of the matrix, each with a token for everything, and a session that ended."""
    everybody = people(
        *PERSONS.values(),
        *(token(person)[0] for person in PERSONS.values()),
        token(PERSONS["admin"], "read")[0],
        session(PERSONS["admin"], api.clock(), age=IDLE)[0],
    )
    for name in ("_accounts", "_tokens", "_sessions"):
        getattr(api.accounts, name).update(getattr(everybody, name))
    return api.accounts


def proof_of(reader: str, api) -> dict[str, str]:
    match reader:
        case "nobody":
            return {}
        case "expired session":
            return {"Cookie": f"{COOKIE}={session(PERSONS['admin'], api.clock(), age=IDLE)[1]}"}
        case "scoped token":
            return bearer(token(PERSONS["admin"], "read")[1])
    return bearer(token(PERSONS[reader])[1])


async def things(api) -> dict[str, str]:
    """Something of every kind that is `OWNER`'s: its noun and id."""
    api.session.headers.update(bearer(token(OWNER)[1]))
    tron = await api.converted()
    made = {
        "trons": tron,
        "pth": await api.pth(),
        "structures": await api.structure(),
        "templates": await api.template(await api.structure("Other")),
        "datasets": await api.dataset(),
        "jobs": (await api.conversion())["id"],
    }
    api.session.headers.update(bearer(TOKEN))
    return {noun: str(id_) for noun, id_ in made.items()}


async def told(api, line: Line, path: str, proof: dict[str, str], digest: str) -> str:
    """The code at the door, or that it was passed."""
    wish = {"digest": digest} if path.endswith("/versions") else {"note": "x"}
    body = wish if line.method not in SAFE_METHODS else None
    async with (
        aiohttp.ClientSession(
            "http://127.0.0.1", connector=aiohttp.UnixConnector(str(api._socket)), cookie_jar=aiohttp.DummyCookieJar()
        ) as http,
        http.request(line.method, path, headers=proof, json=body) as answer,
    ):
        if answer.content_type != "application/problem+json":
            return PASSES
        code = (await answer.json(content_type=None))["code"]
        return code if code in DOORS else PASSES


@pytest.mark.parametrize("reader", READERS)
async def test_every_route_lets_in_whom_the_table_names(api, accounts_of_api, reader):
    own = await things(api)
    digest = await api.upload(b"zip")
    proof, wrong = proof_of(reader, api), []
    for line in LINES:
        path = line.path
        if path.startswith("/{page"):
            path = "/models"
        path = path.replace("{name:[A-Za-z0-9_.-]+}", "x.js")
        noun = path.split("/")[3] if path.startswith("/api/") else ""
        path = path.replace("{id}", own.get(noun, str(uuid4())))
        for name, value in NAMES.items():
            path = path.replace(name, value)
        if line.method == "HEAD":
            # an answer without a body cannot say its code; GET of the same path has the same door
            line = line._replace(method="GET")
        async with asyncio.timeout(10):
            said = await told(api, line, path, proof, digest)
        if said != expected(line, reader):
            wrong.append((line.method, line.path, said, expected(line, reader)))
    assert wrong == []


async def test_who_was_denied_is_in_the_chain_and_a_stranger_is_not(api, accounts_of_api):
    path = f"/pth/{uuid4()}"
    assert (await api.ask("DELETE", path, headers=bearer(token(PERSONS["viewer"])[1]))).status == 403
    async with (
        aiohttp.ClientSession("http://127.0.0.1", connector=aiohttp.UnixConnector(str(api._socket))) as http,
        http.delete(f"/api/v1{path}") as answer,
    ):
        assert answer.status == 401
    (said,) = api.accounts.log
    assert (said.actor, said.action, said.outcome) == (PERSONS["viewer"].id, "delete_pth", "denied")
    assert path.endswith(said.object)


async def test_a_refusal_says_whose_it_is_and_who_may(api, accounts_of_api):
    own = await things(api)
    answer = await api.ask("DELETE", f"/pth/{own['pth']}", headers=bearer(token(OTHER)[1]))
    assert (answer.status, answer.json["code"]) == (403, "not_yours")
    assert answer.json["params"] == {"owner": "Owner", "needed": "admin"}
    assert (await api.get(f"/pth/{own['pth']}")).json["owner_name"] == "Owner"
    assert (await api.get(f"/jobs/{own['jobs']}")).json["owner_name"] == "Owner"
    (first, *_) = (await api.get(f"/entities/{own['pth']}/events")).json["items"]
    assert first["actor_name"] == "Owner"


async def test_uploads_in_pieces_are_known_to_who_began_them_alone(api, accounts_of_api):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "3"}
    begun = await api.ask("POST", "/uploads", headers={**headers, **bearer(token(OWNER)[1])})
    path = begun.headers["Location"].removeprefix("/api/v1")
    assert (await api.get(path, Authorization=f"Bearer {token(OWNER)[1]}")).status == 200
    for other in (OTHER, PERSONS["admin"]):
        answer = await api.get(path, Authorization=f"Bearer {token(other)[1]}")
        assert (answer.status, answer.json["code"]) == (404, "upload_unknown")
