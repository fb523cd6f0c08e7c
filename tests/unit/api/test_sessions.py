"""Sessions that end, passwords, tokens, what admins do, the chain of decisions, forged hosts and origins."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import aiohttp
import pytest
from browsing import PASSWORD, Browser, told
from people import HEADERS, LOCAL, TOKEN, bearer, session, token

from api import stream
from api.auth import SAFE_METHODS
from storage.accounts import rules
from storage.accounts.chain import first_break


async def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(api, browser, li_lei):
    await browser.sign_in()
    said = browser.headers["Set-Cookie"]
    assert said.startswith("mo_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(said.split("; "))
    assert "Domain" not in said
    await told(api, public_url="https://mo.example", hosts=frozenset({"mo.example"}))
    await browser.sign_in()
    said = browser.headers["Set-Cookie"]
    assert said.startswith("__Host-mo_session=")
    assert "Secure" in said.split("; ")


async def test_a_stolen_session_ends_at_sign_out(api, browser, li_lei):
    await browser.sign_in()
    thief = Browser(api)
    thief.cookie = browser.cookie
    assert await thief.ask("GET", "/pth") == 200
    assert await browser.ask("DELETE", "/session") == 204
    assert browser.cookie == ""
    assert await thief.ask("GET", "/pth") == 401
    assert thief.code == "sign_in_needed"


async def test_a_session_is_a_new_one_at_every_sign_in_and_the_old_one_ends(api, browser, li_lei):
    await browser.sign_in()
    old = Browser(api)
    old.cookie = browser.cookie
    await browser.sign_in()
    assert browser.cookie != old.cookie
    assert await old.ask("GET", "/session") == 401
    assert await browser.ask("GET", "/session") == 200


async def test_a_session_ends_by_silence(api, browser, li_lei):
    await browser.sign_in()
    api.later(rules.IDLE.total_seconds() - 1)
    assert await browser.ask("GET", "/session") == 200
    api.later(rules.IDLE.total_seconds())
    assert await browser.ask("GET", "/session") == 401


async def test_a_cookie_beside_a_token_counts_for_nothing(api, browser, li_lei):
    await browser.sign_in()
    assert await browser.ask("GET", "/session", Authorization="Bearer mo_wrong") == 401
    assert browser.code == "token_invalid"
    assert await browser.ask("GET", "/session", **bearer(TOKEN)) == 200
    assert browser.json["account"]["login"] == "local"


@asynccontextmanager
async def listening(api, headers):
    async with (
        aiohttp.ClientSession(
            "http://127.0.0.1", connector=aiohttp.UnixConnector(str(api._socket)), headers=headers
        ) as http,
        http.get("/api/v1/stream?ping=1") as answer,
    ):
        assert answer.status == 200
        await answer.content.readuntil(b"\n\n")
        yield answer


async def test_a_stream_ends_with_its_session_and_others_go_on(api, browser, li_lei):
    await browser.sign_in()
    async with listening(api, {"Cookie": browser.cookie}) as own, listening(api, HEADERS) as other:
        await browser.ask("DELETE", "/session")
        async with asyncio.timeout(5):
            await own.content.read()
        assert own.content.at_eof()
        await api.pth()
        async with asyncio.timeout(5):
            while b"Upload" not in await other.content.readuntil(b"\n\n"):
                pass


async def test_a_stream_ends_when_another_process_ended_its_session(api, browser, li_lei, monkeypatch):
    monkeypatch.setattr(stream, "HOLDS_EVERY_S", 0.0)
    await browser.sign_in()
    async with listening(api, {"Cookie": browser.cookie}) as own:
        api.accounts._sessions.clear()
        async with asyncio.timeout(5):
            await own.content.read()
        assert own.content.at_eof()


async def test_a_password_is_changed_by_who_knows_the_old_one_and_other_sessions_end(api, browser, li_lei):
    other = Browser(api)
    await other.sign_in()
    await browser.sign_in()
    wish = {"old": "wrong password", "new": "another horse battery"}
    assert await browser.ask("PUT", "/session/password", wish) == 403
    assert browser.code == "password_wrong"
    wish["old"] = PASSWORD
    assert await browser.ask("PUT", "/session/password", {**wish, "new": PASSWORD}) == 422
    assert await browser.ask("PUT", "/session/password", {**wish, "new": "qwertyuiop"}) == 422
    assert await browser.ask("PUT", "/session/password", wish) == 204
    assert await other.ask("GET", "/session") == 401
    assert await browser.ask("GET", "/session") == 200
    assert await other.sign_in() == 401
    assert await other.sign_in(password=wish["new"]) == 201


async def test_the_local_admin_has_no_password_until_a_whole_token_sets_one(api, browser):
    narrow = token(LOCAL, "read")
    await api.accounts.add_token(narrow[0])
    wish = {"new": PASSWORD}
    assert await browser.ask("PUT", "/session/password", wish, **bearer(narrow[1])) == 403
    assert browser.code == "token_not_whole"
    assert await browser.ask("PUT", "/session/password", wish, **HEADERS) == 204
    assert await browser.sign_in("local") == 201
    assert await browser.ask("PUT", "/session/password", {"new": "another horse battery"}, **HEADERS) == 403


async def test_an_admin_sets_a_password_for_one_sign_in(api, browser, li_lei):
    await browser.sign_in()
    assert await browser.ask("POST", f"/accounts/{li_lei.id}/password") == 403
    answer = await api.post(f"/accounts/{li_lei.id}/password")
    assert answer.status == 201
    assert await browser.ask("GET", "/session") == 401
    assert await browser.sign_in(password=answer.json["password"]) == 201
    assert browser.json["password_change_needed"] is True
    assert await Browser(api).sign_in(password=answer.json["password"]) == 401
    assert await browser.ask("GET", "/pth") == 403
    assert browser.code == "password_change_needed"
    wish = {"old": answer.json["password"], "new": "another horse battery"}
    assert await browser.ask("PUT", "/session/password", wish) == 204
    assert await browser.ask("GET", "/pth") == 200
    again = await api.post(f"/accounts/{li_lei.id}/password")
    api.later(rules.ONE_TIME.total_seconds())
    assert await browser.sign_in(password=again.json["password"]) == 401
    assert (await api.post(f"/accounts/{uuid4()}/password")).status == 404


async def test_what_was_made_with_an_admins_password_ends_with_it_and_older_tokens_go_on(api, browser, li_lei):
    older = token(li_lei, "read")
    await api.accounts.add_token(older[0])
    once = (await api.post(f"/accounts/{li_lei.id}/password")).json["password"]
    await browser.sign_in(password=once)
    assert await browser.ask("POST", "/tokens", {"name": "kept by another", "scopes": ["read", "write"]}) == 201
    made = bearer(browser.json["text"])
    assert await browser.ask("PUT", "/session/password", {"new": "another horse battery"}) == 204
    assert (await api.ask("GET", "/pth", headers=made)).json["code"] == "token_invalid"
    assert (await api.ask("GET", "/pth", headers=bearer(older[1]))).status == 200


async def test_a_password_that_is_set_while_somebody_signs_in_lets_nobody_in_with_the_old_one(
    api, browser, li_lei, monkeypatch
):
    check = api.deps.passwords.check

    async def slow(kept, given):
        found = await check(kept, given)
        await api.accounts.set_password(li_lei.id, "another hash")
        return found

    monkeypatch.setattr(api.deps.passwords, "check", slow)
    assert await browser.sign_in() == 401
    assert browser.code == "sign_in_failed"
    assert await api.accounts.sessions(li_lei.id, api.clock()) == []


async def test_a_narrow_token_may_end_itself_and_nothing_else(api, li_lei):
    (row, text), (other, _) = token(li_lei, "read"), token(li_lei, "write")
    for each in (row, other):
        await api.accounts.add_token(each)
    refused = await api.ask("DELETE", f"/tokens/{other.id}", headers=bearer(text))
    assert (refused.status, refused.json["code"]) == (403, "token_not_whole")
    assert (await api.ask("DELETE", f"/tokens/{row.id}", headers=bearer(text))).status == 204
    assert (await api.ask("GET", "/pth", headers=bearer(text))).status == 401


async def test_a_stream_goes_on_while_accounts_are_away(api, browser, li_lei, monkeypatch):
    monkeypatch.setattr(stream, "HOLDS_EVERY_S", 0.0)
    await browser.sign_in()
    async with listening(api, {"Cookie": browser.cookie}) as own:
        api.accounts.away = True
        await asyncio.sleep(0.1)
        api.accounts.away = False
        await api.pth()
        async with asyncio.timeout(5):
            while b"Upload" not in await own.content.readuntil(b"\n\n"):
                pass


async def test_a_code_signs_a_browser_in_once(api, browser):
    code = (await api.post("/session/code")).json["code"]
    assert await browser.ask("POST", "/session", {"code": code}) == 201
    assert browser.json["account"]["login"] == "local"
    assert await Browser(api).ask("POST", "/session", {"code": code}) == 401
    late = (await api.post("/session/code")).json["code"]
    api.later(rules.SIGN_IN_CODE_LIFE.total_seconds())
    assert await browser.ask("POST", "/session", {"code": late}) == 401
    assert browser.code == "code_invalid"


@pytest.mark.parametrize("wish", [{}, {"login": "li.lei"}, {"code": "c", "login": "l", "password": "p"}])
async def test_half_a_sign_in_is_none(browser, wish):
    assert await browser.ask("POST", "/session", wish) == 422
    assert browser.code == "sign_in_incomplete"


async def test_sessions_are_listed_and_ended_by_their_owner(api, browser, li_lei):
    other = Browser(api)
    await other.ask("POST", "/session", {"login": "li.lei", "password": PASSWORD}, User_Agent="Fire\u00adfox")
    await browser.sign_in()
    await browser.ask("GET", "/sessions")
    listed = {each["current"]: each for each in browser.json["items"]}
    assert listed.keys() == {True, False}
    assert listed[False]["client"] == "Firefox"
    gone = f"/sessions/{listed[False]['id']}"
    assert (await api.ask("DELETE", gone)).status == 404
    assert await browser.ask("DELETE", gone) == 204
    assert await other.ask("GET", "/session") == 401
    assert await browser.ask("DELETE", gone) == 404


async def test_a_token_is_shown_once_and_does_what_it_is_for(api, browser, li_lei):
    await browser.sign_in()
    assert await browser.ask("POST", "/tokens", {"name": "ci", "scopes": ["read"]}) == 201
    made = browser.json
    program = bearer(made["text"])
    assert (await api.ask("GET", "/pth", headers=program)).status == 200
    refused = await api.ask("POST", "/objects", data=b"x", headers=program)
    assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    await browser.ask("GET", "/tokens")
    (listed,) = browser.json["items"]
    assert "text" not in listed
    assert (listed["name"], listed["scopes"], listed["used_at"] is not None) == ("ci", ["read"], True)
    assert await browser.ask("DELETE", f"/tokens/{made['id']}") == 204
    assert (await api.ask("GET", "/pth", headers=program)).json["code"] == "token_invalid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scopes": ["admin"]}, "scope_above_role"),
        ({"scopes": ["everything"]}, "body_invalid"),
        ({"name": "\n"}, "account_name_invalid"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "token_expiry_invalid"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "token_expiry_invalid"),
    ],
)
async def test_tokens_have_rules(browser, li_lei, changes, code):
    await browser.sign_in()
    assert await browser.ask("POST", "/tokens", {"name": "ci", "scopes": ["read"], **changes}) == 422
    assert browser.code == code


async def test_a_token_loses_what_its_owner_loses(api, li_lei):
    row, text = token(li_lei, "read", "write")
    await api.accounts.add_token(row)
    assert (await api.ask("POST", "/objects", data=b"x", headers=bearer(text))).status == 201
    await api.accounts.change(li_lei.id, revision=1, role="viewer")
    assert (await api.ask("POST", "/objects", data=b"x", headers=bearer(text))).json["code"] == "role_too_low"


async def test_an_admin_changes_a_role_as_they_saw_it_and_the_session_ends(api, browser, li_lei):
    await browser.sign_in()
    path = f"/accounts/{li_lei.id}"
    seen = await api.get(path)
    assert (await api.ask("PATCH", path, json={"role": "releaser"})).status == 428
    for tag, status in ((seen.headers["ETag"], 200), (seen.headers["ETag"], 412)):
        assert (await api.ask("PATCH", path, json={"role": "releaser"}, headers={"If-Match": tag})).status == status
    assert await browser.ask("GET", "/session") == 401
    await browser.sign_in()
    assert browser.json["permissions"] == ["read", "write", "release"]
    assert (await api.ask("PATCH", path, json={}, headers={"If-Match": "*"})).status == 422
    last = await api.ask("PATCH", f"/accounts/{LOCAL.id}", json={"active": False}, headers={"If-Match": "*"})
    assert (last.status, last.json["code"]) == (409, "last_admin")
    listed = await api.get("/accounts?search=LEI")
    assert [each["role"] for each in listed.json["items"]] == ["releaser"]


async def test_another_name_is_seen_at_once(api):
    pth = await api.pth()
    assert (await api.get(f"/pth/{pth}")).json["owner_name"] == "local"
    await api.ask("PATCH", f"/accounts/{LOCAL.id}", json={"name": "Local 本机"}, headers={"If-Match": "*"})
    assert (await api.get(f"/pth/{pth}")).json["owner_name"] == "Local 本机"


async def test_what_was_decided_is_read_in_pages_and_holds_together(api):
    pth = await api.pth()
    await api.ask("PATCH", f"/pth/{pth}", json={"note": "x"}, headers={"If-Match": "*"})
    newest = (await api.get("/audit?limit=2")).json
    assert [each["action"] for each in newest["items"]] == ["patch_pth", "post_pth"]
    assert {each["object"] for each in newest["items"]} == {str(pth)}
    assert newest["items"][0]["actor_name"] == "local"
    older = (await api.get(f"/audit?cursor={newest['next']}")).json
    assert [each["action"] for each in older["items"]] == ["post_object"]
    forward = (await api.get("/audit?after=1&limit=1")).json
    assert ([each["position"] for each in forward["items"]], forward["next"]) == ([2], "2")
    assert first_break(api.accounts.log) is None
    assert (await api.get("/audit?outcome=denied")).json["items"] == []
    assert (await api.get("/audit?after=x")).status == 400
    assert (await api.get("/audit?after=1&outcome=denied")).json["items"] == []
    assert (await api.get("/audit?after=1&actor=nobody")).status == 400


async def test_nothing_is_done_for_a_person_while_accounts_are_away(api):
    api.accounts.away = True
    for method, path in (("GET", "/pth"), ("POST", "/objects"), ("GET", "/registration")):
        answer = await api.ask(method, path)
        assert (answer.status, answer.json["code"]) == (503, "accounts_away")
    assert (await api.ask("GET", "/livez")).status == 200


async def test_names_in_the_settings_are_ours_and_no_others(api):
    await told(api, hosts=frozenset({"mo.example"}))
    for host, status in (("mo.example", 200), ("MO.example:8443", 200), ("127.0.0.1", 200), ("x.mo.example", 421)):
        assert (await api.get("/pth", Host=host)).status == status, host


async def test_forged_origins_never_reach_a_session(api, browser, li_lei):
    await browser.sign_in()
    for route in api.app.router.routes():
        if route.method in SAFE_METHODS or not route.resource.canonical.startswith("/api/v1/"):
            continue
        path = route.resource.canonical.removeprefix("/api/v1").format(id=uuid4(), name="repos", digest="d", number=0)
        for forged in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Host": "evil.example"}):
            assert await browser.ask(route.method, path, **forged) in (403, 421)
    assert await browser.ask("GET", "/session") == 200
    assert [row.action for row in api.accounts.log] == ["post_session"]


async def test_addresses_of_a_proxy_are_believed_only_where_one_is_set(api, browser, li_lei):
    for public_url, address in (("", ""), ("https://mo.example", "10.1.2.3")):
        await told(api, public_url=public_url)
        await browser.ask(
            "POST", "/session", {"login": "li.lei", "password": PASSWORD}, X_Forwarded_For="1.1.1.1, 10.1.2.3"
        )
        assert api.accounts.log[-1].address == address


async def test_an_expired_session_is_nobodys(api, browser, li_lei):
    row, secret = session(li_lei, api.clock(), age=timedelta(days=8))
    await api.accounts.add_session(row)
    browser.cookie = f"mo_session={secret}"
    assert await browser.ask("GET", "/session") == 401
