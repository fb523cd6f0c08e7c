"""`mo models report`: how a Tron model was verified against PyTorch, and what conversion changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Named
from api.cli.output import Sheet, emit, facts, headings, label, size
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.reports import VerificationReport
    from schemas.reports import SubReport
    from schemas.values import DatasetRef


def report(
    context: typer.Context,
    model: Named,
    revision: Annotated[int | None, typer.Option("--revision", min=1, help="option.revision")] = None,
) -> None:
    """Show how a Tron model was verified."""
    session = session_of(context)
    found = session.client.models.report(session.client.models.find_tron(model), revision=revision)
    emit(session, found, *sheets_of(session, model, found))


def sheets_of(session: Session, name: str, found: VerificationReport) -> list[Sheet]:
    """The report as sheets: the whole, then measurements and graph of every sub-model."""
    sheets = [_whole(session, name, found)]
    for part in found.report.sub_models:
        sheets += [_measured(session, part, found.report.real_inputs), _graph(session, part)]
    return sheets


def _whole(session: Session, name: str, found: VerificationReport) -> Sheet:
    report = found.report
    rows = [
        ("revision", str(found.revision)),
        ("parity", f"{report.max_abs_error:.3g} ≤ {report.error_threshold:.3g}"),
        ("merge_operators", label(session, "state", "yes" if report.merge_operators else "no")),
        ("copy_parameters", label(session, "state", "yes" if report.copy_parameters else "no")),
        ("toolchain", ", ".join(f"{tool} {version}" for tool, version in report.toolchain.items())),
    ]
    sheet = facts(session, session.say("title.verification", name=name), rows)
    return sheet._replace(notes=[session.say("text.claim"), *found.messages])


def inputs_said(session: Session, real_images: int, dataset: DatasetRef | None) -> str:
    """Which inputs a sub-model was verified on; a dataset that has no name here is shown without one."""
    if not real_images:
        return session.say("text.random_only")
    return session.say("text.random_and_real", count=real_images, name=dataset.name if dataset is not None else "?")


def _measured(session: Session, part: SubReport, dataset: DatasetRef | None) -> Sheet:
    rows = [
        (
            each.output,
            session.say(f"text.{each.inputs}_inputs"),
            str(each.batch),
            f"{each.max_abs:.3g}",
            f"{each.mean_abs:.3g}",
            "-" if each.relative is None else f"{each.relative:.3g}",
            "-" if each.cosine is None else f"{each.cosine:.9f}",
        )
        for each in part.differences
    ]
    columns = headings(session, "output", "inputs", "batch", "max_abs", "mean_abs", "relative", "cosine")
    notes = [inputs_said(session, part.real_images, dataset)]
    if part.proposed_threshold is not None:
        notes.insert(0, session.say("text.proposed_threshold", threshold=f"{part.proposed_threshold:.3g}"))
    return Sheet(columns, rows, title=session.say("title.measured", name=part.name), notes=notes)


def _graph(session: Session, part: SubReport) -> Sheet:
    before, after = part.exported, part.converted
    rows = [
        (session.say("column.nodes"), str(before.nodes), str(after.nodes)),
        (session.say("column.size"), size(before.size_bytes), size(after.size_bytes)),
        (session.say("column.parameters"), f"{before.parameters:,}", f"{after.parameters:,}"),
    ]
    for operator in sorted({*before.operators, *after.operators}):
        counts = before.operators.get(operator, 0), after.operators.get(operator, 0)
        if counts[0] != counts[1]:
            rows.append((operator, str(counts[0]), str(counts[1])))
    notes = [f"{name} = {value}" for name, value in part.arguments.items()]
    if part.folded_scale:
        notes.append(session.say("text.folded_scale", scale=", ".join(f"{each:.6g}" for each in part.folded_scale)))
    return Sheet(
        headings(session, "what", "exported", "converted"),
        rows,
        title=session.say("title.graph", name=part.name, backend=part.backend),
        notes=notes,
    )
