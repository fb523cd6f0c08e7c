"""What the routes of resumable uploads take and answer."""

from __future__ import annotations

from http import HTTPStatus

from api.contract import ACCEPT_LANGUAGE, EVERYWHERE, WRITING, Answer, Contract, reading
from api.errors import CHECKSUM_MISMATCH
from api.resources import Upload

PIECE = "application/offset+octet-stream"
RESUMABLE, OFFSET, EXPIRES, DIGEST = "Tus-Resumable", "Upload-Offset", "Upload-Expires", "Mo-Digest"
SPEAKING = (ACCEPT_LANGUAGE, RESUMABLE)
_KNOWN = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.PRECONDITION_FAILED)
_ADDING = (
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.LOCKED,
    HTTPStatus.INSUFFICIENT_STORAGE,
    CHECKSUM_MISMATCH,
)
_ADDED = Answer(HTTPStatus.NO_CONTENT, headers=(RESUMABLE, OFFSET, EXPIRES, DIGEST))

OFFERED = Contract(
    (
        Answer(
            HTTPStatus.NO_CONTENT, headers=("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm")
        ),
    ),
    EVERYWHERE,
)
BEGUN = Contract(
    (Answer(HTTPStatus.CREATED, headers=("Location", RESUMABLE, OFFSET, EXPIRES, DIGEST)),),
    (*WRITING, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS, *_ADDING),
    wish=bytes,
    takes=PIECE,
    headers=(*SPEAKING, "Upload-Length", "Upload-Metadata", "Upload-Checksum"),
)
FOUND = Contract(
    (Answer(HTTPStatus.OK, headers=(RESUMABLE, OFFSET, "Upload-Length", "Upload-Metadata", EXPIRES, DIGEST)),),
    (HTTPStatus.BAD_REQUEST, *EVERYWHERE, *_KNOWN, HTTPStatus.LOCKED),
    headers=SPEAKING,
)
SHOWN = reading(Upload, refusals=(HTTPStatus.GONE,))
ADDED = Contract(
    (_ADDED,),
    (*WRITING, *_KNOWN, *_ADDING),
    wish=bytes,
    takes=PIECE,
    headers=(*SPEAKING, OFFSET, "Upload-Checksum"),
)
GIVEN_UP = Contract(
    (Answer(HTTPStatus.NO_CONTENT, headers=(RESUMABLE,)),), (*WRITING, *_KNOWN, HTTPStatus.LOCKED), headers=SPEAKING
)
OVERRIDDEN = ADDED._replace(
    answers=(_ADDED._replace(headers=(RESUMABLE,)),),
    headers=(*SPEAKING, "X-HTTP-Method-Override", "Upload-Checksum"),
)
