"""Who gets in: hosts, sites, secrets, tokens; what every answer carries; errors of every kind."""

from __future__ import annotations

import io
import json
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp import web

from api.app import ROUTES, create_app
from api.auth import SAFE_METHODS, SECURITY_HEADERS, UndeclaredRouteError

WRITES = [(route.method, route.path) for route in ROUTES if route.method not in SAFE_METHODS]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example:80", "", "[::1", "10.0.0.1"]
)
async def test_foreign_host_names_are_misdirected(api, host):
    answer = await api.get("/pth", Host=host)
    assert (answer.status, answer.json["code"]) == (421, "host_refused")


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080"])
async def test_loopback_names_are_ours(api, host):
    assert (await api.get("/pth", Host=host)).status == 200


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_no_other_site_can_write(api, method, path, headers):
    answer = await api.ask(method, path.removeprefix("/api/v1").replace("{id}", str(uuid4())), headers=headers)
    assert (answer.status, answer.json["code"]) == (403, "cross_site_refused")


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://127.0.0.1"}]
)
async def test_our_own_pages_and_clients_can(api, headers):
    assert (await api.ask("POST", "/objects", data=b"x", headers=headers)).status == 201


async def test_other_sites_may_link_to_reads(api):
    assert (await api.get("/pth", Sec_Fetch_Site="cross-site")).status == 200


async def test_an_application_with_a_route_nobody_declared_does_not_start(api):
    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    app = create_app(api.deps)
    app.router.add_get("/back-door", handler)
    runner = web.AppRunner(app)
    with pytest.raises(UndeclaredRouteError, match="back-door"):
        await runner.setup()
    await runner.cleanup()


def test_only_liveness_is_open_to_anybody():
    assert {route.path for route in ROUTES if route.policy == "open"} == {
        *("/livez", "/readyz", "/metrics"),
        *(f"/api/v1/{each}" for each in ("accounts", "registration", "session")),
    }
    assert all(route.policy in ("agent", "job") for route in ROUTES if "/gateway/" in route.path)


@pytest.mark.parametrize("path", ["/livez", "/pth", "/nowhere", "/pth/no-id"])
async def test_every_answer_is_hardened(api, path):
    answer = await api.get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["Cache-Control"] == "no-store"


async def test_downloads_are_hardened_attachments(api):
    answer = await api.get(f"/objects/{await api.upload(b'<script>alert(1)</script>')}")
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "route_unknown"),
        ("DELETE", "/pth", {}, 405, "method_not_allowed"),
        ("POST", "/pth", {"data": b"{"}, 400, "body_not_json"),
        ("POST", "/pth", {"data": b'{"name": "n"}'}, 422, "body_invalid"),
        ("POST", "/pth", {"data": b'{"name":"n","digest":"d","colour":"blue"}'}, 422, "body_invalid"),
        ("POST", "/pth", {"data": json.dumps({"name": "n" * 201, "digest": "d"}).encode()}, 422, "body_invalid"),
        ("POST", "/pth", {"data": b'{"name":"","digest":"d"}'}, 422, "body_invalid"),
        ("POST", "/pth", {"data": io.BytesIO(b"x" * (5 << 20))}, 413, "body_too_large"),
        ("POST", "/objects", {"data": io.BytesIO(b"x" * ((1 << 20) + 1))}, 413, "object_too_large"),
        ("GET", f"/objects/sha256:{'0' * 64}", {}, 404, "object_unknown"),
        ("GET", "/objects/..%2f..%2fetc%2fpasswd", {}, 404, "object_unknown"),
    ],
)
async def test_every_error_is_a_problem_document(api, method, path, options, status, code):
    headers = {"Content-Type": "application/json"} if path == "/pth" else {}
    answer = await api.ask(method, path, headers=headers, **options)
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["type"] == f"urn:mo:problem:{code}"
    assert answer.json["title"]
    assert answer.json["detail"]


async def test_405_says_what_is_allowed(api):
    assert "GET" in (await api.ask("DELETE", "/pth")).headers["Allow"]


async def test_a_form_of_another_kind_is_no_json(api):
    answer = await api.ask("POST", "/pth", data={"name": "n"})
    assert (answer.status, answer.json["code"]) == (415, "content_type_not_json")


async def test_a_key_that_is_too_long_is_refused(api):
    wish = {"name": "net", "digest": await api.upload(b"weights")}
    assert (await api.post("/pth", wish, Idempotency_Key="k" * 201)).json["code"] == "idempotency_key_too_long"


async def test_a_fault_of_ours_tells_nothing_of_the_inside(api, caplog):
    async def broken(_id: UUID):
        raise RuntimeError("secret detail")

    api.views.entity = broken
    answer = await api.get(f"/pth/{uuid4()}")
    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert b"secret detail" not in answer.body
    assert "secret detail" in caplog.text


async def test_problems_come_in_the_readers_language(api):
    chinese = await api.get("/nowhere", Accept_Language="")
    english = await api.get("/nowhere", Accept_Language="en-GB")
    assert (chinese.headers["Content-Language"], chinese.json["title"]) == ("zh", "没有这个地址。")
    assert (english.headers["Content-Language"], english.json["title"]) == ("en", "There is nothing at this address.")


async def test_an_upload_that_says_no_length_is_cut_at_the_limit_and_leaves_nothing(api, tmp_path):
    async def endless():
        while True:
            yield b"x" * 65536

    answer = await api.ask("POST", "/objects", data=endless())
    assert (answer.status, answer.json["code"]) == (413, "object_too_large")
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 200, b"0123456789", None),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
    ],
)
async def test_ranges(api, asked, status, body, content_range):
    answer = await api.get(f"/objects/{await api.upload(b'0123456789')}", Range=asked)
    assert (answer.status, answer.body, answer.headers.get("Content-Range")) == (status, body, content_range)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-3", "lines=1-2", "bytes=x"])
async def test_ranges_that_lie_outside(api, asked):
    answer = await api.get(f"/objects/{await api.upload(b'0123456789')}", Range=asked)
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */10")


async def test_head_says_the_size_without_the_bytes(api):
    answer = await api.ask("HEAD", f"/objects/{await api.upload(b'0123456789')}")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "10", b"")


async def test_a_damaged_object_breaks_off_and_is_never_completed_by_an_error_text(api, tmp_path):
    data = bytes(1 << 20)
    digest = await api.upload(io.BytesIO(data))
    (path,) = (each for each in (tmp_path / "objects").rglob("*") if each.is_file())
    path.chmod(0o644)
    path.write_bytes(data + b"more")
    with pytest.raises(aiohttp.ClientPayloadError):
        await api.get(f"/objects/{digest}")
