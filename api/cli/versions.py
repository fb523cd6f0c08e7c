"""A dataset with its versions, as people see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli.output import Sheet, deletion, facts, headings, label, short, when
from api.cli.session import Session

if TYPE_CHECKING:
    from api.resources import Dataset


def sheets(session: Session, dataset: Dataset) -> tuple[Sheet, Sheet]:
    """A dataset as facts, and its versions."""
    about = facts(
        session,
        session.say("title.dataset", name=dataset.name),
        [
            ("id", str(dataset.id)),
            ("type", label(session, "type", dataset.type)),
            ("state", label(session, "made", dataset.state)),
            ("note", dataset.note),
            ("created", when(dataset.created_at)),
            *deletion(dataset),
        ],
    )
    versions = Sheet(
        headings(session, "version_job", "images", "classes", "dropped", "reasons", "created"),
        [
            (
                short(version.job_id),
                str(version.images),
                str(version.classes),
                str(version.dropped),
                ", ".join(
                    f"{label(session, 'drop', code)}: {count}" for code, count in sorted(version.reasons.items())
                ),
                when(version.created_at),
            )
            for version in dataset.versions
        ],
        title=session.say("title.versions"),
    )
    return about, versions
