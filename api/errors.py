"""Refusals as RFC 9457 problem documents, in the reader's language: one middleware for every error there is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from api.resources import Problem
from api.texts import language_of, sentences
from schemas.codec import TooLongError
from schemas.values import Code
from storage.accounts.port import AccountsAwayError
from storage.log.port import AppendUnknownError, LogError
from storage.objects.port import (
    ObjectDamagedError,
    ObjectMissingError,
    ObjectTooLargeError,
    StoreAwayError,
    StoreFullError,
    UploadBusyError,
    UploadOffsetError,
    UploadRefusedError,
    UploadUnknownError,
)
from storage.views.port import CursorError, ViewsAwayError

RETRY_AFTER_S = 1
CHECKSUM_MISMATCH = 460
"""The tus protocol's own status: a piece of an upload does not have its checksum."""
_log = logging.getLogger(__name__)

_HTTP_CODES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "route_unknown",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.EXPECTATION_FAILED: "expectation_unknown",
}


class ApiRefusal(Exception):  # noqa: N818  it is an answer, not a fault
    """The request is refused: an HTTP status, a code with its parameters, and headers that go with it."""

    def __init__(self, http: int, code: str, /, *, headers: Mapping[str, str] | None = None, **params: object) -> None:
        self.status = http
        self.reason = Code(code=code, params={name: str(value) for name, value in params.items()})
        self.headers = dict(headers or {})
        super().__init__(f"{http} {code} {self.reason.params}")

    @classmethod
    def of(cls, status: int, reason: Code) -> ApiRefusal:
        """A refusal with a reason that is a `Code` already."""
        refusal = cls(status, reason.code)
        refusal.reason = reason
        return refusal


def problem_response(refusal: ApiRefusal, lang: str) -> web.Response:
    """The refusal as `application/problem+json`."""
    title, todo = sentences(refusal.reason, lang)
    problem = Problem(
        type=f"urn:mo:problem:{refusal.reason.code}",
        title=title,
        status=refusal.status,
        code=refusal.reason.code,
        detail=todo,
        params=refusal.reason.params,
    )
    return web.Response(
        status=refusal.status,
        body=msgspec.json.encode(problem),
        content_type="application/problem+json",
        headers={**refusal.headers, "Content-Language": lang},
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into a problem document."""
    try:
        return await handler(request)
    except ApiRefusal as error:
        refusal = error
    except web.HTTPException as error:
        refusal = _of_http(error)
    except Exception as error:
        known = _of_storage(error)
        if known is None:
            _log.exception("%s %s failed", request.method, request.rel_url.raw_path)
        refusal = known or ApiRefusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error")
    return problem_response(refusal, language_of(request.headers.get("Accept-Language", "")))


def _of_http(error: web.HTTPException) -> ApiRefusal:
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    return ApiRefusal(error.status, _HTTP_CODES.get(error.status, "http_error"), headers=headers, status=error.status)


def _of_storage(error: Exception) -> ApiRefusal | None:
    again = {"Retry-After": str(RETRY_AFTER_S)}
    match error:
        case AppendUnknownError():
            return ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "append_unknown", headers=again)
        case LogError():
            return ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "log_away", headers=again)
        case ViewsAwayError():
            return ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "read_models_away", headers=again)
        case AccountsAwayError():
            return ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "accounts_away", headers=again)
        case CursorError():
            return ApiRefusal(HTTPStatus.BAD_REQUEST, "cursor_invalid")
        case TooLongError():
            return ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "event_too_long")
        case UploadUnknownError():
            return ApiRefusal(HTTPStatus.NOT_FOUND, "upload_unknown")
        case UploadBusyError():
            return ApiRefusal(HTTPStatus.LOCKED, "upload_busy", headers=again)
        case UploadOffsetError():
            return ApiRefusal(HTTPStatus.CONFLICT, "upload_offset_wrong", offset_bytes=error.offset_bytes)
        case UploadRefusedError():
            return ApiRefusal(CHECKSUM_MISMATCH, "upload_checksum_mismatch")
        case ObjectMissingError():
            return ApiRefusal(HTTPStatus.NOT_FOUND, "object_unknown")
        case ObjectTooLargeError():
            return ApiRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "object_too_large")
        case ObjectDamagedError():
            return ApiRefusal(HTTPStatus.INTERNAL_SERVER_ERROR, "object_damaged_in_store")
        case StoreFullError():
            return ApiRefusal(HTTPStatus.INSUFFICIENT_STORAGE, "store_full")
        case StoreAwayError():
            _log.error("%s", error)
            return ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "store_away", headers=again)
    return None
