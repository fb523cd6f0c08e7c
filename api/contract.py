"""What a route takes and answers, as the OpenAPI document says it: declared beside the route, in these few shapes."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from api.answers import MIN_POSITION, PAGE_ROWS, PAGE_ROWS_MAX, POSITION, SEARCH_CHARS_MAX
from api.errors import CHECKSUM_MISMATCH
from api.resources import Accepted, Dependents, Page, Uploaded

JSON = "application/json"
BYTES = "application/octet-stream"
ACCEPT_LANGUAGE = "Accept-Language"
IDEMPOTENCY_KEY = "Idempotency-Key"
IF_MATCH = "If-Match"
RETRY_AFTER = "Retry-After"
ETAG = "ETag"
LAST_EVENT_ID = "Last-Event-ID"

FLAG = {"type": "boolean"}
ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string", "maxLength": SEARCH_CHARS_MAX}

HEADERS: Mapping[str, dict[str, Any]] = {
    ACCEPT_LANGUAGE: {"description": "zh or en: the language of titles, details and messages."},
    MIN_POSITION: {
        "description": f"`{POSITION}` of an earlier answer: wait a moment until it can be seen.",
        "schema": {"type": "string", "pattern": r"^[a-z.-]+/[0-9]{1,5}/[0-9]{1,18}$"},
    },
    IDEMPOTENCY_KEY: {
        "description": "One key a wish: repeated with the same key and body it is one command.",
        "schema": {"type": "string", "maxLength": 200},
    },
    IF_MATCH: {"description": "ETag of the thing as the author saw it.", "required": True},
    "Range": {"description": "One range of bytes."},
    LAST_EVENT_ID: {"description": "Id of the last message that was read: go on behind it."},
    ETAG: {"description": "What an edit or a deletion of this thing must name.", "required": True},
    POSITION: {"description": "Where the event lies in the log."},
    "Location": {"description": "Where to look further."},
    RETRY_AFTER: {"description": "Seconds until it is worth trying again."},
    "Content-Disposition": {"description": "The name that people gave it."},
    "Accept-Ranges": {"description": "bytes"},
    "Content-Range": {"description": "Which bytes of how many.", "required": True},
    "If-Range": {"description": "ETag: the range only if the bytes are still those, else all of them."},
    "Tus-Resumable": {
        "description": "The version of the tus protocol for resumable uploads; another one, or none, gets 412.",
        "required": True,
        "schema": {"type": "string", "enum": ["1.0.0"]},
    },
    "Tus-Version": {"description": "Versions of tus that are spoken here.", "required": True},
    "Tus-Extension": {"description": "What is there beyond the core of tus.", "required": True},
    "Tus-Max-Size": {"description": "Bytes of the largest upload.", "required": True},
    "Tus-Checksum-Algorithm": {"description": "What Upload-Checksum may name.", "required": True},
    "Upload-Length": {
        "description": "Bytes of the whole upload.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
    "Upload-Offset": {
        "description": "Bytes that are kept: where the next piece begins.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
    "Upload-Metadata": {"description": "`filename` and more, values in base64: shown, never used as a name."},
    "Upload-Checksum": {"description": "sha256 or sha1 of this piece in base64: it counts as a whole or not at all."},
    "Upload-Expires": {"description": "When an unfinished upload is given up."},
    "X-HTTP-Method-Override": {
        "description": "What is meant.",
        "required": True,
        "schema": {"type": "string", "enum": ["PATCH", "DELETE"]},
    },
    "Mo-Digest": {"description": "The object that the whole upload became."},
}
ANSWERED: Mapping[int, str] = {
    HTTPStatus.OK: "As asked.",
    HTTPStatus.CREATED: "Made.",
    HTTPStatus.NO_CONTENT: "Done.",
    HTTPStatus.ACCEPTED: "In the log; the outcome is not known yet.",
    HTTPStatus.PARTIAL_CONTENT: "The range that was asked for.",
    HTTPStatus.TEMPORARY_REDIRECT: "The bytes are there.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not ready, and why.",
}
REFUSED: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "Not understood: the query, a header, or no JSON.",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in, or what was given as proof does not hold.",
    HTTPStatus.FORBIDDEN: "Not from there, not by this person, or not for this job.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.REQUEST_TIMEOUT: "Too few bytes came in too long a time.",
    HTTPStatus.CONFLICT: "It does not go with what there is: taken, deleted, ended, not there yet.",
    HTTPStatus.GONE: "It expired.",
    HTTPStatus.PRECONDITION_FAILED: "Changed since, so read it again; or not that version of the protocol.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Not the type of body that is taken here.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The range lies outside.",
    HTTPStatus.MISDIRECTED_REQUEST: "Not this host.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Understood, but it cannot be done as said.",
    HTTPStatus.LOCKED: "Somebody else writes; try again.",
    HTTPStatus.PRECONDITION_REQUIRED: "If-Match is missing.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many at once; try again later.",
    CHECKSUM_MISMATCH: "The bytes do not have their checksum.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Log, read models or store are away; try again.",
    HTTPStatus.INSUFFICIENT_STORAGE: "The disk is full.",
}


class Query(NamedTuple):
    """A query parameter and its schema."""

    name: str
    schema: dict[str, Any]
    description: str
    required: bool = False


class Answer(NamedTuple):
    """An answer that is no refusal: the type of its body, or None where it has none or its bytes are anybody's."""

    status: int
    body: Any = None
    media: str = JSON
    headers: tuple[str, ...] = ()


class Contract(NamedTuple):
    """All of a route. `refusals` are the statuses that come with a problem document."""

    answers: tuple[Answer, ...]
    refusals: tuple[int, ...]
    wish: Any = None
    takes: str = JSON
    queries: tuple[Query, ...] = ()
    headers: tuple[str, ...] = ()


EVERYWHERE = (HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
READING = (HTTPStatus.BAD_REQUEST, *EVERYWHERE)
WRITING = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, *EVERYWHERE)
WITH_BODY = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
CHANGING = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
READ_HEADERS = (ACCEPT_LANGUAGE, MIN_POSITION)
WRITE_HEADERS = (ACCEPT_LANGUAGE, IDEMPOTENCY_KEY)
COUNT = {"type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX, "default": PAGE_ROWS}
LIMIT = Query("limit", COUNT, "Page length.")
CURSOR = Query("cursor", TEXT, "`next` of the page before.")
MINE = Query("mine", FLAG, "Only what the reader owns.")
SEARCH = Query("search", TEXT, "Part of a name, or the beginning of an id.")
DELETED = Query("deleted", FLAG, "What was deleted, in the place of what is there.")
PAGE = (LIMIT, CURSOR, MINE, SEARCH)
THINGS = (*PAGE, DELETED)
_PENDING = Answer(HTTPStatus.ACCEPTED, Accepted, headers=(POSITION, "Location"))


def words(name: str, allowed: Any, says: str) -> Query:
    """A query parameter that is one of some words."""
    return Query(name, {"type": "string", "enum": sorted(allowed)}, says)


def reading(resource: Any, *queries: Query, tagged: bool = False, refusals: tuple[int, ...] = ()) -> Contract:
    """One resource, or 404; `tagged` with the ETag that a change must name."""
    answer = Answer(HTTPStatus.OK, resource, headers=(ETAG,) if tagged else ())
    said = (*READING, HTTPStatus.NOT_FOUND, *refusals)
    return Contract((answer,), said, queries=queries, headers=READ_HEADERS)


def listing(resource: Any, *queries: Query) -> Contract:
    """A page of resources."""
    return Contract((Answer(HTTPStatus.OK, Page[resource]),), READING, queries=queries, headers=READ_HEADERS)


def dependents() -> Contract:
    """What depends on a thing."""
    return reading(Dependents)


def file(*refusals: int, redirects: bool = False, media: str = BYTES, queries: tuple[Query, ...] = ()) -> Contract:
    """Bytes, whole or a range; or where they are, if it `redirects`."""
    headers = ("ETag", "Content-Disposition", "Accept-Ranges")
    answers: tuple[Answer, ...] = (
        Answer(HTTPStatus.OK, media=media, headers=headers),
        Answer(HTTPStatus.PARTIAL_CONTENT, media=media, headers=(*headers, "Content-Range")),
    )
    if redirects:
        answers = (*answers, Answer(HTTPStatus.TEMPORARY_REDIRECT, headers=("Location",)))
    said = (*READING, HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, *refusals)
    return Contract(answers, said, queries=queries, headers=(*READ_HEADERS, "Range", "If-Range"))


def shown(media: str, *queries: Query, refusals: tuple[int, ...] = ()) -> Contract:
    """Bytes that a browser shows, whole."""
    answer = Answer(HTTPStatus.OK, media=media, headers=("ETag", "Content-Disposition"))
    return Contract((answer,), (*READING, HTTPStatus.NOT_FOUND, *refusals), queries=queries, headers=READ_HEADERS)


def streaming(*queries: Query) -> Contract:
    """Server-sent events, until one of the two ends them."""
    return Contract(
        (Answer(HTTPStatus.OK, media="text/event-stream"),),
        READING,
        queries=queries,
        headers=(*READ_HEADERS, LAST_EVENT_ID),
    )


def upload(*refusals: int) -> Contract:
    """Bytes that become an object."""
    refusals = (*refusals, *WRITING, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INSUFFICIENT_STORAGE)
    made = Answer(HTTPStatus.CREATED, Uploaded, headers=("Location",))
    return Contract((made,), refusals, wish=bytes, takes=BYTES, headers=(ACCEPT_LANGUAGE,))


def creating(wish: Any, resource: Any, *, tagged: bool = False) -> Contract:
    """A wish that becomes a resource: 201, or 202 while its outcome is open."""
    made = Answer(HTTPStatus.CREATED, resource, headers=(POSITION, ETAG) if tagged else (POSITION,))
    refusals = (*WRITING, *WITH_BODY, HTTPStatus.CONFLICT)
    return Contract((made, _PENDING), refusals, wish=wish, headers=WRITE_HEADERS)


def copying(wish: Any, resource: Any, *, tagged: bool = True) -> Contract:
    """A wish that becomes another one of the resource in the path, or for it: as `creating`, or 404."""
    made = creating(wish, resource, tagged=tagged)
    return made._replace(refusals=(*made.refusals, HTTPStatus.NOT_FOUND))


def changing(wish: Any, resource: Any) -> Contract:
    """An edit of a thing, or with no wish its deletion: 200, or 202 while its outcome is open."""
    changed = Answer(HTTPStatus.OK, resource, headers=(POSITION, ETAG))
    body = WITH_BODY if wish is not None else (HTTPStatus.UNPROCESSABLE_ENTITY,)
    return Contract((changed, _PENDING), (*WRITING, *body, *CHANGING), wish=wish, headers=(*WRITE_HEADERS, IF_MATCH))


def acting(resource: Any, *, status: int = HTTPStatus.OK) -> Contract:
    """Something that is done to a resource, without a body: answered with the resource, or 202."""
    done = Answer(status, resource, headers=(POSITION,))
    refusals = (*WRITING, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
    return Contract((done, _PENDING), refusals, headers=WRITE_HEADERS)
