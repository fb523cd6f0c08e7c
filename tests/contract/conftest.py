"""What the suites of object stores share: S3 servers and buckets in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from s3_servers import SERVERS, Bucket, Server, credentials, has_go, moto, versitygw


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Server]:
    with moto() as server:
        yield server


@pytest.fixture(scope="session")
def signed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not has_go():
        pytest.skip("no Go here, with which the S3 server that checks signatures is built")
    with versitygw(tmp_path_factory.mktemp("versitygw")) as server:
        yield server


@pytest.fixture(params=SERVERS)
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    credentials(monkeypatch)
    return Bucket(request.getfixturevalue(request.param))
