"""Rows and tables: which column holds which field, and how a batch of rows gets into a table in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

import asyncpg
import msgspec

from storage.views.rows import (
    AgentRow,
    At,
    CommandRow,
    EntityRow,
    JobRow,
    KeeperRow,
    ProductRow,
    ProgressRow,
    Row,
    UndecodableRow,
)

R = TypeVar("R", bound=Row)

_AT = {"at_partition": "int4", "at_offset": "int8"}
_NOT_OLDER = "(t.at_partition <> excluded.at_partition or t.at_offset < excluded.at_offset)"
_NUL_STANDS_FOR = "\ufffd"


def plain(text: str) -> str:
    """The text as PostgreSQL can keep it: it has no NUL and no lone surrogates."""
    return text.replace("\0", _NUL_STANDS_FOR).encode("utf-8", "replace").decode()


def _plain_column(values: list[Any]) -> list[Any]:
    return [plain(value) if "\0" in value else value for value in values]


def _json_column(values: list[Any]) -> list[Any]:
    return [msgspec.json.encode(value).decode() for value in values]


_WRITE: Mapping[str, Callable[[list[Any]], list[Any]]] = {
    "text": _plain_column,
    "json": _json_column,
    "jsonb": _json_column,
}


class Table(Generic[R]):
    """One table. `types` are the columns (named as the row's fields) and their PostgreSQL types, `key` its primary key.

    A kept row gives way to a newer one where `gives_way` holds (`t` is the kept one); None: the first one stays.
    """

    def __init__(
        self, name: str, row: type[R], types: dict[str, str], key: Sequence[str], gives_way: str | None = _NOT_OLDER
    ) -> None:
        self.name = name
        self._row = row
        self._types = types
        self.key = tuple(key)
        self._gives_way = gives_way
        self._getters = [attrgetter(field) for field in types]
        self._key_of: Callable[[R], object] = attrgetter(
            *(field.replace("at_", "at.") if field in _AT else field for field in key)
        )
        self._json = [field for field, type_ in types.items() if type_ in ("json", "jsonb")]

    @cached_property
    def columns(self) -> str:
        """The columns, comma separated, in the order that `row_of` wants."""
        return ", ".join((*self._types, *_AT))

    @cached_property
    def upsert(self) -> str:
        """The statement that puts rows given as one array a column."""
        arrays = ", ".join(
            f"${number}::{type_}[]" for number, type_ in enumerate((*self._types.values(), *_AT.values()), 1)
        )
        changed = [column for column in (*self._types, *_AT) if column not in self.key]
        action = "do nothing"
        if self._gives_way is not None:
            action = f"do update set {', '.join(f'{c} = excluded.{c}' for c in changed)} where {self._gives_way}"
        return (
            f"insert into {self.name} as t ({self.columns}) select * from unnest({arrays}) "  # noqa: S608 - constants
            f"on conflict ({', '.join(self.key)}) {action}"
        )

    def arrays(self, rows: Sequence[R]) -> list[list[Any]]:
        """One array a column. Of rows that PostgreSQL would take for the same key, the last one."""
        unique = {self._kept_key(row): row for row in rows}.values()
        columns: list[list[Any]] = []
        for getter, type_ in zip(self._getters, self._types.values(), strict=True):
            values = [getter(row) for row in unique]
            write = _WRITE.get(type_)
            columns.append(write(values) if write else values)
        columns.append([row.at.partition for row in unique])
        columns.append([row.at.offset for row in unique])
        return columns

    def _kept_key(self, row: R) -> object:
        key = self._key_of(row)
        return plain(key) if isinstance(key, str) else key

    def row_of(self, record: asyncpg.Record) -> R:
        """The row in a record selected by `columns`."""
        fields: dict[str, Any] = dict(record.items())
        at = At(fields.pop("at_partition"), fields.pop("at_offset"))
        for name in self._json:
            fields[name] = msgspec.json.decode(fields[name])
        return self._row(at=at, **fields)


COMMANDS = Table(
    "commands",
    CommandRow,
    {
        "event_id": "uuid",
        "accepted": "bool",
        "code": "text",
        "params": "json",
        "version": "text",
        "request_digest": "text",
    },
    ("event_id",),
    gives_way=None,
)
ENTITIES = Table(
    "entities",
    EntityRow,
    {
        "id": "uuid",
        "kind": "text",
        "owner": "uuid",
        "name": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "document": "bytea",
        "platform": "text",
        "repo": "text",
        "method": "text",
        "version": "text",
        "note": "text",
        "revision": "int8",
        "deleted_at": "timestamptz",
        "parents": "jsonb",
    },
    ("id",),
)
JOBS = Table(
    "jobs",
    JobRow,
    {
        "id": "uuid",
        "kind": "text",
        "owner": "uuid",
        "state": "text",
        "resource": "text",
        "platform": "text",
        "epoch": "int8",
        "agent": "text",
        "cancelling": "bool",
        "subject_id": "uuid",
        "request_digest": "text",
        "requested_at": "timestamptz",
        "updated_at": "timestamptz",
        "request": "bytea",
        "fold": "bytea",
        "dataset_id": "uuid",
        "result": "bytea",
        "reason": "bytea",
        "logs": "bytea",
    },
    ("id",),
)
PRODUCTS = Table(
    "products",
    ProductRow,
    {
        "job_id": "uuid",
        "kind": "text",
        "entity_id": "uuid",
        "digest": "text",
        "created_at": "timestamptz",
        "document": "bytea",
        "uses": "jsonb",
    },
    ("job_id",),
)
PROGRESS = Table(
    "job_progress",
    ProgressRow,
    {
        "job_id": "uuid",
        "epoch": "int8",
        "step": "int8",
        "stage": "text",
        "fraction": "float8",
        "seen_at": "timestamptz",
    },
    ("job_id",),
    gives_way=f"{_NOT_OLDER} and t.epoch <= excluded.epoch",
)
AGENTS = Table("agents", AgentRow, {"agent": "text", "seen_at": "timestamptz", "document": "bytea"}, ("agent",))
UNDECODABLE = Table(
    "undecodable",
    UndecodableRow,
    {"topic": "text", "key": "bytea", "value": "bytea", "headers": "bytea", "error": "text"},
    ("topic", "at_partition", "at_offset"),
    gives_way=None,
)

TABLES: tuple[Table[Any], ...] = (COMMANDS, ENTITIES, JOBS, PRODUCTS, PROGRESS, AGENTS, UNDECODABLE)
PERISHABLE = frozenset({PROGRESS.name, AGENTS.name})
"""Tables whose records the log forgets: a rebuild cannot give them back."""


def keeper_of(record: asyncpg.Record) -> KeeperRow:
    """The row in a record of `mo_control.keepers`."""
    return KeeperRow(
        schema=record["schema"],
        state=record["state"],
        code=record["code"],
        seen_at=record["seen_at"],
    )
