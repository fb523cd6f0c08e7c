"""Resumable uploads over HTTP: what tus asks for, what it refuses, and what is kept when a link breaks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import timedelta
from uuid import UUID

import aiohttp
import pytest

from api import tus

DATA = bytes(range(256)) * 300
DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
SPEAK = {"Tus-Resumable": "1.0.0"}
PIECE = {**SPEAK, "Content-Type": "application/offset+octet-stream"}


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


async def begin(api, size_bytes: int = len(DATA), **headers: str):
    return await api.ask("POST", "/uploads", headers={**SPEAK, "Upload-Length": str(size_bytes), **headers})


async def begun(api, size_bytes: int = len(DATA)) -> str:
    answer = await begin(api, size_bytes)
    assert answer.status == 201, answer.body
    return answer.headers["Location"].removeprefix("/api/v1")


async def add(api, path: str, offset: int, data: bytes, **headers: str):
    return await api.ask("PATCH", path, data=data, headers={**PIECE, "Upload-Offset": str(offset), **headers})


async def place(api, path: str) -> int:
    return (await api.get(path)).json["offset_bytes"]


async def test_what_the_server_can_do(api):
    answer = await api.ask("OPTIONS", "/uploads")
    assert (answer.status, answer.headers["Tus-Version"], answer.headers["Tus-Max-Size"]) == (204, "1.0.0", "1048576")
    extensions = answer.headers["Tus-Extension"].split(",")
    assert {"creation", "creation-with-upload", "expiration", "termination", "checksum"} == set(extensions)


async def test_pieces_become_an_object_that_the_last_answer_names(api):
    path = await begun(api)
    first = await add(api, path, 0, DATA[:1000])
    assert (first.status, first.headers["Upload-Offset"], "Mo-Digest" in first.headers) == (204, "1000", False)
    last = await add(api, path, 1000, DATA[1000:])
    assert (last.status, last.headers["Mo-Digest"], last.headers["Tus-Resumable"]) == (204, DIGEST, "1.0.0")
    shown = (await api.get(path)).json
    assert (shown["digest"], shown["offset_bytes"], shown["size_bytes"]) == (DIGEST, len(DATA), len(DATA))
    assert (await api.get(f"/objects/{DIGEST}")).body == DATA
    assert (await api.post("/pth", {"name": "net", "digest": DIGEST})).status == 201


async def test_creation_with_all_the_bytes_and_of_nothing(api):
    whole = await api.ask("POST", "/uploads", data=DATA, headers={**PIECE, "Upload-Length": str(len(DATA))})
    assert (whole.status, whole.headers["Mo-Digest"], whole.headers["Upload-Offset"]) == (201, DIGEST, str(len(DATA)))
    part = await api.ask("POST", "/uploads", data=DATA[:9], headers={**PIECE, "Upload-Length": str(len(DATA))})
    assert (part.status, part.headers["Upload-Offset"]) == (201, "9")
    nothing = await begin(api, 0)
    assert nothing.headers["Mo-Digest"] == f"sha256:{hashlib.sha256(b'').hexdigest()}"


async def test_a_creation_whose_bytes_are_refused_leaves_nothing(api):
    wrong = {**PIECE, "Upload-Length": "9", "Upload-Checksum": f"sha1 {encoded(b'x' * 20)}"}
    assert (await api.ask("POST", "/uploads", data=b"nine byte", headers=wrong)).status == 460
    assert await api.objects.uploads.sweep(api.clock() - timedelta(days=1)) == 0


async def test_labels_are_shown_and_never_become_a_path(api, tmp_path):
    label = f"filename {encoded('../../../etc/passwd')},is_confidential,type {encoded('权重')}"
    answer = await begin(api, **{"Upload-Metadata": label})
    path = answer.headers["Location"].removeprefix("/api/v1")
    assert UUID(path.rpartition("/")[2]).version == 4
    head = await api.ask("HEAD", path, headers=SPEAK)
    assert (head.headers["Upload-Metadata"], head.headers["Cache-Control"]) == (label, "no-store")
    assert (await api.get(path)).json["file_name"] == "../../../etc/passwd"
    await add(api, path, 0, DATA)
    assert not [each for each in tmp_path.rglob("*") if "passwd" in each.name]


@pytest.mark.parametrize("label", ["filename !!", "a YQ==,a YQ==", ",", "名 YQ==", "a " + "A" * 2000, "a YQ== YQ=="])
async def test_labels_that_are_none_are_refused(api, label):
    answer = await api.ask("POST", "/uploads", headers={**SPEAK, "Upload-Length": "5", "Upload-Metadata": label})
    assert (answer.status, answer.json["code"]) == (400, "upload_metadata_invalid")


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1", ""])
async def test_other_versions_are_refused_and_ours_is_named(api, version):
    headers = {"Upload-Length": "5"} if version is None else {"Upload-Length": "5", "Tus-Resumable": version}
    answer = await api.ask("POST", "/uploads", headers=headers)
    assert (answer.status, answer.json["code"], answer.headers["Tus-Version"]) == (412, "tus_version_unknown", "1.0.0")
    path = await begun(api)
    for method in ("HEAD", "PATCH", "DELETE"):
        refused = await api.ask(method, path, headers={**PIECE, "Upload-Offset": "0", "Tus-Resumable": version or "0"})
        assert (refused.status, refused.headers["Tus-Resumable"]) == (412, "1.0.0")


@pytest.mark.parametrize("length", [None, "", "-1", "1.5", "x", "9" * 30, "٣"])
async def test_a_length_that_is_none_is_refused(api, length):
    given = {} if length is None else {"Upload-Length": length}
    answer = await api.ask("POST", "/uploads", headers={**SPEAK, "Upload-Defer-Length": "1", **given})
    assert (answer.status, answer.json["code"]) == (400, "upload_header_invalid")


async def test_too_large_is_said_before_a_byte_is_sent(api):
    answer = await begin(api, (1 << 20) + 1)
    assert (answer.status, answer.json["code"], answer.json["params"]["size_max_bytes"]) == (
        413, "object_too_large", "1048576"
    )  # fmt: skip


async def test_a_wrong_offset_tells_the_right_one(api):
    path = await begun(api)
    await add(api, path, 0, DATA[:1000])
    answer = await add(api, path, 999, DATA[999:])
    assert (answer.status, answer.json["code"], answer.json["params"]["offset_bytes"]) == (
        409, "upload_offset_wrong", "1000"
    )  # fmt: skip
    assert (await add(api, path, 10**17, b"")).status == 409
    assert (await api.ask("PATCH", path, data=b"x", headers=PIECE)).status == 400


async def test_the_wrong_type_and_too_many_bytes_are_refused(api):
    path = await begun(api, 10)
    answer = await add(api, path, 0, b"x", **{"Content-Type": "application/octet-stream"})
    assert (answer.status, answer.json["code"]) == (415, "upload_type_wrong")
    assert (await add(api, path, 0, b"x" * 11)).status == 413

    async def endless():
        for _ in range(1000):
            yield b"x" * 4

    assert (await add(api, path, 0, endless())).status == 413
    assert await place(api, path) == 10


async def test_checksums_let_a_piece_in_or_keep_it_out(api):
    path = await begun(api)
    right = f"sha256 {encoded(hashlib.sha256(DATA[:1000]).digest())}"
    assert (await add(api, path, 0, DATA[:999], **{"Upload-Checksum": right})).status == 460
    assert await place(api, path) == 0
    assert (await add(api, path, 0, DATA[:1000], **{"Upload-Checksum": right})).status == 204
    for wrong in ("md5 YQ==", "sha256", "sha1 !", ""):
        refused = await add(api, path, 1000, DATA[1000:], **{"Upload-Checksum": wrong})
        assert refused.json["code"] == ("upload_checksum_mismatch" if wrong == "sha256" else "upload_checksum_invalid")
    rest = f"sha1 {encoded(hashlib.sha1(DATA[1000:]).digest())}"
    assert (await add(api, path, 1000, DATA[1000:], **{"Upload-Checksum": rest})).headers["Mo-Digest"] == DIGEST


@pytest.mark.parametrize("id_", [str(UUID(int=9)), "x", "..%2F..%2Fetc", "%00", "0" * 300])
async def test_foreign_and_malformed_ids_name_nothing(api, id_):
    await begun(api)
    for method in ("HEAD", "PATCH", "DELETE", "GET"):
        answer = await api.ask(method, f"/uploads/{id_}", headers={**PIECE, "Upload-Offset": "0"})
        assert answer.status == 404, method


async def test_an_upload_that_was_given_up_is_gone_and_its_object_stays(api):
    path, whole = await begun(api), await begun(api)
    await add(api, path, 0, DATA[:9])
    await add(api, whole, 0, DATA)
    assert (await api.ask("DELETE", path, headers=SPEAK)).status == 204
    assert (await api.ask("HEAD", path, headers=SPEAK)).status == 404
    assert (await api.ask("DELETE", whole, headers=SPEAK)).status == 204
    assert (await api.get(f"/objects/{DIGEST}")).status == 200


async def test_clients_that_can_only_post(api):
    path = await begun(api)
    meant = {**PIECE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert (await api.ask("POST", path, data=DATA, headers=meant)).headers["Mo-Digest"] == DIGEST
    assert (await api.ask("POST", path, headers={**SPEAK, "X-HTTP-Method-Override": "GET"})).status == 400
    assert (await api.ask("POST", path, headers={**SPEAK, "X-HTTP-Method-Override": "DELETE"})).status == 204


async def test_uploads_expire_and_say_when(api):
    path = await begun(api)
    head = await api.ask("HEAD", path, headers=SPEAK)
    assert head.headers["Upload-Expires"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    api.later(api.deps.upload_s)
    expired = await add(api, path, 0, DATA)
    assert (expired.status, expired.json["code"]) == (410, "upload_expired")
    api.later(1)
    await begun(api)
    assert (await add(api, path, 0, DATA)).status == 404


async def test_there_may_be_only_so_many_unfinished(api):
    paths = [await begun(api) for _ in range(api.deps.uploads_max)]
    refused = await begin(api)
    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (429, "uploads_too_many", "1")
    await add(api, paths[0], 0, DATA)
    assert (await begin(api)).status == 201


async def test_those_who_begin_at_once_do_not_pass_the_limit(api):
    count = api.deps.uploads_max + 5
    got = [answer.status for answer in await asyncio.gather(*(begin(api) for _ in range(count)))]
    assert sorted(got) == [201] * api.deps.uploads_max + [429] * 5


async def test_what_came_before_a_link_broke_is_kept(api):
    path = await begun(api)

    async def breaks():
        yield DATA[:50_000]
        async with asyncio.timeout(10):
            while await place(api, path) < 50_000:  # noqa: ASYNC110  the server's side sets no event of ours
                await asyncio.sleep(0.005)
        raise OSError("cut")

    with pytest.raises(aiohttp.ClientError):
        await add(api, path, 0, breaks(), **{"Content-Length": str(len(DATA))})
    answer = await add(api, path, 50_000, DATA[50_000:])
    while answer.status == 423:
        answer = await add(api, path, 50_000, DATA[50_000:])
    assert answer.headers["Mo-Digest"] == DIGEST


async def test_while_one_writes_another_is_told_to_wait(api):
    path = await begun(api)
    others, busy = [], []

    async def slow():
        yield DATA[:1000]
        while await place(api, path) < 1000:  # noqa: ASYNC110  the server sets no event of ours
            await asyncio.sleep(0.005)
        others.append(await add(api, path, 0, DATA))
        others.append(await api.ask("DELETE", path, headers=SPEAK))
        busy.append((await api.ask("HEAD", path, headers=SPEAK)).status)
        yield DATA[1000:]

    async with asyncio.timeout(10):
        answer = await add(api, path, 0, slow())
    assert answer.headers["Mo-Digest"] == DIGEST
    assert [(each.status, each.json["code"]) for each in others] == [(423, "upload_busy")] * 2
    assert busy == [423]


async def test_a_link_that_drips_is_cut_and_what_came_is_kept(api, monkeypatch):
    monkeypatch.setattr(tus, "PACE_S_MAX", 1.0)
    path = await begun(api)

    async def drips():
        for start in range(0, 100):
            yield DATA[start : start + 1]
            await asyncio.sleep(0.05)

    answer = await add(api, path, 0, drips())
    assert (answer.status, answer.json["code"]) == (408, "upload_too_slow")
    assert 1 <= await place(api, path) < 100


async def test_an_upload_needs_no_log(api):
    api.log.answering = False
    assert (await begin(api)).status == 201


async def test_a_range_only_of_the_same_bytes(api):
    digest = await api.upload(DATA)
    same = await api.get(f"/objects/{digest}", Range="bytes=5-", If_Range=f'"{digest}"')
    other = await api.get(f"/objects/{digest}", Range="bytes=5-", If_Range='"sha256:0"')
    assert (same.status, same.body) == (206, DATA[5:])
    assert (other.status, other.body) == (200, DATA)


async def test_what_expired_goes_by_itself(api, tmp_path, monkeypatch):
    await begun(api)
    monkeypatch.setattr(tus, "SWEEP_EVERY_S", 0.01)
    api.later(api.deps.upload_s + 1)
    sweeping = asyncio.create_task(tus._sweep(api.deps))
    async with asyncio.timeout(10):
        while list((tmp_path / "objects" / "uploads").iterdir()):  # noqa: ASYNC110  files set no event
            await asyncio.sleep(0.005)
    sweeping.cancel()
