"""`mo tests form`: what a test of a model on a dataset is filled with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import Sheet, emit, facts, headings, label
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.test_forms import TestForm


def form(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="argument.tron")],
    dataset: Annotated[str, typer.Argument(help="argument.dataset")],
) -> None:
    """Show what a test is filled with."""
    session = session_of(context)
    client = session.client
    found = client.tests.form(client.models.find_tron(model).id, client.datasets.find(dataset).id)
    emit(session, found, *sheets_of_form(session, found))


def sheets_of_form(session: Session, found: TestForm) -> list[Sheet]:
    """The form's fields, the pairs of tasks, and what figures can be split by."""
    from schemas.specs.preprocessing import chain_text

    on = session.say("text.switch")
    rows = [
        ("type", label(session, "type", found.type)),
        ("max_batch", str(found.max_batch)),
        ("precision", ", ".join(found.precisions)),
        *((each.precision, found.messages.get(each.precision, on)) for each in found.switches),
        ("steps", chain_text(tuple(found.steps))),
    ]
    pairs = [(pair.task, pair.dataset_task) for pair in found.tasks]
    notes = [session.say("text.nothing_common")] if found.nothing_common else []
    dimensions = [
        (each.name, str(each.values), session.say("state.yes" if each.as_task else "state.no"))
        for each in found.dimensions
    ]
    return [
        facts(session, session.say("title.form"), rows),
        Sheet(headings(session, "task", "dataset_task"), pairs, title=session.say("title.task_pairs"), notes=notes),
        Sheet(headings(session, "name", "value_count", "as_task"), dimensions, title=session.say("title.dimensions")),
    ]
