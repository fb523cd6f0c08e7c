"""The chain of decisions: each entry carries the digest of the one before it, so that none can be changed or left out.

Pure. What is cut off at the end does not show by itself: somebody has to have kept an earlier head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC

import msgspec

from storage.accounts.rows import AuditRow, Decision

GENESIS = b"\0" * 32
"""What stands before the first entry."""


def linked(decision: Decision, position: int, previous: bytes) -> AuditRow:
    """The entry for a decision behind the one with this digest."""
    fields = msgspec.structs.asdict(decision)
    return AuditRow(
        **fields, position=position, previous=previous, digest=digest_of(decision, position=position, previous=previous)
    )


def digest_of(decision: Decision, *, position: int, previous: bytes) -> bytes:
    """SHA-256 over the entry as JSON, the digest before it included."""
    said = [
        position,
        decision.time.astimezone(UTC).isoformat(timespec="microseconds"),
        str(decision.actor or ""),
        decision.action,
        decision.object,
        decision.outcome,
        decision.address,
        previous.hex(),
    ]
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def first_break(rows: Iterable[AuditRow], previous: bytes = GENESIS, position: int = 0) -> int | None:
    """The position of the first entry that is not what was written behind `previous`; None where all hold together."""
    for row in rows:
        position += 1
        right = digest_of(row, position=position, previous=previous)
        if (row.position, row.previous, row.digest) != (position, previous, right):
            return position
        previous = row.digest
    return None
