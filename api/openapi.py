"""The route table and the types behind it -> one OpenAPI 3.1 document. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from inspect import cleandoc, getdoc
from typing import Any, cast

import msgspec

from api.auth import PERSONAL, Policy, Route
from api.contract import ANSWERED, BYTES, HEADERS, JSON, REFUSED, RETRY_AFTER, Answer, Contract
from api.people import COOKIE, COOKIE_OVER_TLS
from api.resources import Problem

VERSION = "1"
PROBLEM = "application/problem+json"
TITLE = "Mo"
ABOUT = (
    "From trained weights to releases that can be defended. Writes are events: an answer 202 means that the outcome is "
    "open, and the same request with the same Idempotency-Key gives it later. Reads see what a write said when they "
    "carry its Mo-Position as Min-Position. Refusals are RFC 9457 problem documents with stable codes."
)
_PARAMETER = re.compile(r"{(\w+)}")
_PATHS: Mapping[str, dict[str, Any]] = {
    "id": {"type": "string", "format": "uuid"},
    "name": {"type": "string"},
    "number": {"type": "integer", "minimum": 0},
    "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
}
_PERSON: list[dict[str, list[str]]] = [{"session": []}, {"token": []}]
_SECURITY: Mapping[Policy, list[dict[str, list[str]]]] = {
    "open": [],
    **dict.fromkeys(PERSONAL, _PERSON),
    "agent": [{"agentSecret": []}],
    "job": [{"jobToken": []}],
}
_ALWAYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""How any route for persons may be refused."""
_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"A browser that signed in (POST /session); over TLS the cookie is {COOKIE_OVER_TLS}.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "A token of one's own (POST /tokens)."},
    "agentSecret": {"type": "http", "scheme": "bearer", "description": "The secret that all agents share."},
    "jobToken": {"type": "http", "scheme": "bearer", "description": "The token of one claim of one job."},
}


class UndeclaredContractError(Exception):
    """A route does not say what it takes and answers: give it `says=` in the route table (see `api.contract`)."""


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of these routes.

    Raises:
        UndeclaredContractError: one of them says nothing of itself.
    """
    declared = [(route, _contract(route)) for route in routes]
    schemas, components = _schemas([contract for _, contract in declared])
    paths: dict[str, dict[str, Any]] = {}
    for route, contract in declared:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, contract, schemas)
    parts = _parts((contract for _, contract in declared), schemas[Problem])
    whole = {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": ABOUT},
        "paths": paths,
        "components": {**parts, "schemas": dict(sorted(components.items())), "securitySchemes": _SCHEMES},
    }
    # defaults of types may be tuples, which a document does not have
    return cast(dict[str, Any], json.loads(json.dumps(whole)))


def text(of: Mapping[str, Any]) -> str:
    """A document as it is kept and compared."""
    return json.dumps(of, ensure_ascii=False, indent=1) + "\n"


def _contract(route: Route) -> Contract:
    if route.says is None:
        raise UndeclaredContractError(f"{route.method} {route.path} says nothing: give it a contract")
    if route.policy in PERSONAL:
        return route.says._replace(refusals=(*route.says.refusals, *_ALWAYS))
    return route.says


def _types(contracts: Iterable[Contract]) -> Iterator[Any]:
    yield Problem
    for contract in contracts:
        yield from (answer.body for answer in contract.answers if answer.body is not None)
        if contract.takes == JSON and contract.wish is not None:
            yield contract.wish


def _schemas(contracts: list[Contract]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    types = list(dict.fromkeys(_types(contracts)))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for each in components.values():
        each["description"] = cleandoc(each.get("description", ""))
    return dict(zip(types, schemas, strict=True)), components


def _operation(route: Route, contract: Contract, schemas: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    summary, _, more = (getdoc(route.handler) or "").partition("\n")
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [_tag(route.path)],
        "summary": summary.strip(),
        "parameters": [*_path_parameters(route.path), *_query_parameters(contract), *_header_parameters(contract)],
        "responses": _responses(contract, schemas, head=route.method == "HEAD"),
        "security": _SECURITY[route.policy],
        "x-policy": route.policy,
    }
    if more.strip():
        operation["description"] = more.strip()
    if contract.wish is not None:
        operation["requestBody"] = {
            "required": contract.takes == JSON,
            "content": {contract.takes: _taken(contract, schemas)},
        }
    return operation


def _taken(contract: Contract, schemas: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    """What is said of a body: bytes of a protocol of their own have no schema, whatever they are."""
    if contract.takes == JSON:
        return {"schema": schemas[contract.wish]}
    return {"schema": {"type": "string", "contentMediaType": BYTES}} if contract.takes == BYTES else {}


def _operation_id(route: Route) -> str:
    name = route.handler.__name__
    if route.method == "HEAD":
        name = f"head_{name.partition('_')[2]}"
    return f"agent_{name}" if route.policy in ("agent", "job") else name


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[2] if parts[0] == "api" else "system"


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": _PATHS[name]} for name in _PARAMETER.findall(path)]


def _query_parameters(contract: Contract) -> list[dict[str, Any]]:
    return [{"in": "query", **query._asdict()} for query in contract.queries]


def _header_parameters(contract: Contract) -> list[dict[str, Any]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in contract.headers]


def _responses(contract: Contract, schemas: Mapping[Any, dict[str, Any]], *, head: bool) -> dict[str, Any]:
    said = {int(answer.status): _answer(answer, schemas, head=head) for answer in contract.answers}
    for status in contract.refusals:
        refusal = {"description": REFUSED[status]} if head else {"$ref": f"#/components/responses/{_refusal(status)}"}
        said.setdefault(int(status), refusal)
    return {str(status): said[status] for status in sorted(said)}


def _answer(answer: Answer, schemas: Mapping[Any, dict[str, Any]], *, head: bool) -> dict[str, Any]:
    response: dict[str, Any] = {"description": ANSWERED[answer.status]}
    if answer.headers:
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in answer.headers}
    if head:
        return response
    if answer.media != JSON:
        response["content"] = {answer.media: {}}
    elif answer.body is not None:
        response["content"] = {JSON: {"schema": schemas[answer.body]}}
    return response


def _refusal(status: int) -> str:
    return f"Refused{int(status)}"


def _parts(contracts: Iterable[Contract], problem: dict[str, Any]) -> dict[str, Any]:
    """What operations have in common: parameters and headers by their names, refusals by their status."""
    contracts = list(contracts)
    taken = sorted({name for contract in contracts for name in contract.headers})
    given = sorted({name for contract in contracts for answer in contract.answers for name in answer.headers})
    statuses = sorted({int(status) for contract in contracts for status in contract.refusals})
    refusals = {
        _refusal(status): {"description": REFUSED[status], "content": {PROBLEM: {"schema": problem}}}
        for status in statuses
    }
    retry = refusals.get(_refusal(HTTPStatus.SERVICE_UNAVAILABLE))
    if retry is not None:
        retry["headers"] = {RETRY_AFTER: {"$ref": f"#/components/headers/{RETRY_AFTER}"}}
    return {
        "headers": {name: _header(name) for name in sorted({*given, RETRY_AFTER})},
        "parameters": {name: {"name": name, "in": "header", **_header(name)} for name in taken},
        "responses": refusals,
    }


def _header(name: str) -> dict[str, Any]:
    return {"required": False, "schema": {"type": "string"}, **HEADERS[name]}
