"""People through the SDK, on the whole API in memory: signing in, passwords, tokens, accounts, decisions."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import msgspec
import pytest
from people import TOKEN

from api.client.aio import AioTransport, AsyncClient
from api.client.errors import ProblemError, UnknownNameError
from api.deps import Doors

PASSWORD, OTHER = "correct horse battery", "a wholly different one"
Clients = Callable[[str], AsyncClient]


@pytest.fixture
async def clients(api: Any) -> AsyncIterator[Clients]:
    made: list[aiohttp.ClientSession] = []

    def client(token: str) -> AsyncClient:
        made.append(
            aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(api._socket)), cookie_jar=aiohttp.DummyCookieJar()
            )
        )
        each = AsyncClient("http://127.0.0.1", "en", token=token)
        transport = each._core._transport
        assert isinstance(transport, AioTransport)
        transport._session = made[-1]
        return each

    yield client
    for session in made:
        await session.close()


async def refused(code: str, asked: object) -> None:
    with pytest.raises(ProblemError) as refusal:
        await asked  # type: ignore[misc]
    assert refusal.value.code == code


async def test_who_signs_in_carries_a_token_and_leaves_no_session(clients: Clients, api: Any) -> None:
    mo = clients("")
    await refused("sign_in_needed", mo.me.who())
    made = await mo.accounts.register("Ada", PASSWORD, name="Ada L.")
    assert (made.role, (await mo.accounts.registration()).admin_missing) == ("engineer", False)
    await refused("sign_in_failed", mo.me.sign_in("Ada", OTHER, name="here"))
    signed_in = await mo.me.sign_in("ada", PASSWORD, name="here")
    assert signed_in.session.account == made
    who = await mo.me.who()
    assert (who.by, who.account.login, who.permissions) == ("token", "Ada", ["read", "write"])
    assert await api.accounts.sessions(made.id, api.clock.now) == []
    await mo.me.end(signed_in.token.text)
    await refused("token_invalid", mo.me.who())
    await mo.me.end("no token")


async def test_a_password_is_changed_and_set_by_an_admin(clients: Clients) -> None:
    mo, admin = clients(""), clients(TOKEN)
    await mo.accounts.register("ada", PASSWORD)
    await mo.me.sign_in("ada", PASSWORD, name="here")
    await refused("password_wrong", mo.me.set_password(OTHER, OTHER))
    await mo.me.set_password(OTHER, PASSWORD)
    assert not (await mo.me.sign_in("ada", OTHER, name="here")).session.password_change_needed
    once = await admin.accounts.reset(await admin.accounts.find("ada"))
    assert (await mo.me.sign_in("ada", once.password, name="here")).session.password_change_needed
    await refused("password_change_needed", mo.accounts.list())
    await mo.me.set_password(PASSWORD, once.password)
    assert (await mo.me.who()).account.login == "ada"


async def test_tokens_are_made_found_and_revoked(clients: Clients) -> None:
    admin = clients(TOKEN)
    made = await admin.tokens.new("ci", ["write"])
    assert [made.scopes, made.used_at] == [["read", "write"], None]
    assert (await admin.tokens.find("ci")).id == (await admin.tokens.find(str(made.id)[:8])).id == made.id
    ci = clients(made.text)
    assert (await ci.me.who()).permissions == ["read", "write"]
    await refused("scope_missing", ci.accounts.list())
    await admin.tokens.revoke(made.id)
    await refused("token_invalid", ci.me.who())
    with pytest.raises(UnknownNameError):
        await admin.tokens.find("ci")


async def test_admins_change_roles_and_close_accounts(clients: Clients) -> None:
    mo, admin = clients(""), clients(TOKEN)
    made = await mo.accounts.register("bob-b", PASSWORD)
    await mo.me.sign_in("bob-b", PASSWORD, name="here")
    await refused("role_too_low", mo.accounts.list())
    found = await admin.accounts.find("bob-b")
    assert found == await admin.accounts.find(str(made.id)[:8]) == await admin.accounts.find(str(made.id))
    changed = await admin.accounts.edit(found, role="releaser")
    await refused("revision_stale", admin.accounts.edit(found, role="viewer"))
    assert (await mo.me.who()).account.role == "releaser"
    await admin.accounts.edit(changed, active=False)
    await refused("token_invalid", mo.me.who())
    assert [each.login async for each in admin.accounts.all(search="bob")] == ["bob-b"]
    await refused("last_admin", admin.accounts.edit(await admin.accounts.find("local"), role="viewer"))


async def test_the_chain_is_recomputed_and_shows_what_was_done_to_it(clients: Clients, api: Any) -> None:
    mo, admin = clients(""), clients(TOKEN)
    for number in range(3):
        await mo.accounts.register(f"person{number}", PASSWORD)
    whole = await admin.audit.verify()
    assert (whole.entries, whole.whole, whole.kept) == (3, True, None)
    head = (whole.entries, whole.digest)
    for number in range(300):
        await api.accounts.say([_decision(api, str(number))])
    assert (await admin.audit.verify(head)).kept is True
    assert (await admin.audit.verify((3, "0" * 64))).whole is False
    newest = (await admin.audit.list(limit=1)).items[0]
    assert (newest.position, newest.object) == (303, "299")
    rows = api.accounts.log
    rows[250] = msgspec.structs.replace(rows[250], object="another")
    broken = await admin.audit.verify(head)
    assert (broken.entries, broken.broken_at, broken.kept, broken.whole) == (250, 251, True, False)
    del rows[2:]
    cut = await admin.audit.verify(head)
    assert (cut.broken_at, cut.kept, cut.whole) == (None, False, False)


async def test_a_link_signs_a_browser_in_once_and_only_where_links_are_given(clients: Clients, api: Any) -> None:
    code = (await clients(TOKEN).me.code()).code
    plain = {"Authorization": ""}
    answer = await api.ask("POST", "/session", json={"code": code}, headers=plain)
    assert (answer.status, answer.json["account"]["login"]) == (201, "local")
    answer = await api.ask("POST", "/session", json={"code": code}, headers=plain)
    assert (answer.status, answer.json["code"]) == (401, "code_invalid")
    assert Doors().sign_in_links


def _decision(api: Any, about: str) -> object:
    from storage.accounts.rows import Decision

    return Decision(time=api.clock.now, actor=None, action="test", object=about, outcome="allowed", address="")
