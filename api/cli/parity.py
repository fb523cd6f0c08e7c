"""`mo parity`: plain PyTorch and the Tron on the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import Timeout, Wait
from api.cli.output import Sheet, emit, facts, headings, label
from api.cli.progress import awaited
from api.cli.session import Session, session_of
from api.cli.test_options import BATCH_SIZE_MAX, steps_of

if TYPE_CHECKING:
    from api.reports import Parity

IMAGES_MAX = 2000


def parity(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="argument.tron")],
    dataset: Annotated[str, typer.Argument(help="argument.dataset")],
    images: Annotated[int, typer.Option("--images", min=1, max=IMAGES_MAX, help="option.parity_images")] = 200,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, max=BATCH_SIZE_MAX, help="option.batch_size")] = 8,
    backend: Annotated[str, typer.Option("--backend", help="option.backend")] = "auto",
    steps: Annotated[str, typer.Option("--steps", metavar="FILE|JSON", help="option.steps")] = "",
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Compare a Tron with its PyTorch network."""
    session = session_of(context)
    client = session.client
    job = client.parity(
        client.models.find_tron(model).id,
        client.datasets.find(dataset).id,
        images_max=images,
        batch_size=batch_size,
        backend=backend,
        steps=steps_of(steps),
    )
    ended = awaited(session, job, wait=wait, timeout_s=timeout)
    if ended is not None:
        found = client.tests.parity_result(ended.id)
        emit(session, found, *sheets_of(session, found))


def sheets_of(session: Session, found: Parity) -> list[Sheet]:
    """What was compared, output by output, figure by figure."""
    rows = [
        ("id", str(found.id)),
        ("model", f"{found.model}@{found.version}"),
        ("dataset", found.dataset),
        ("images", str(found.images)),
        ("different", str(found.different)),
    ]
    if found.used is not None:
        used = found.used
        rows.append(("used", f"{used.backend} {used.version} · {used.precision} · {used.device}"))
        rows += [("fallback", label(session, "note", code.code)) for code in used.fallbacks]
    title = session.say("title.parity", name=f"{found.model}@{found.version} · {found.dataset}")
    return [facts(session, title, rows), _outputs(session, found), _figures(session, found)]


def _outputs(session: Session, found: Parity) -> Sheet:
    rows = [
        (
            each.sub_model,
            each.output,
            f"{each.max_abs:.3g}",
            f"{each.mean_abs:.3g}",
            "-" if each.relative is None else f"{each.relative:.3g}",
            "-" if each.cosine is None else f"{each.cosine:.9f}",
        )
        for each in found.outputs
    ]
    columns = headings(session, "sub_model", "output", "max_abs", "mean_abs", "relative", "cosine")
    return Sheet(columns, rows, title=session.say("title.parity_outputs"))


def _figures(session: Session, found: Parity) -> Sheet:
    rows = [
        (each.key, _figure(each.pytorch), _figure(each.tron), _gap(each.pytorch, each.tron)) for each in found.figures
    ]
    notes = [] if rows else [session.say("text.parity_unscored")]
    columns = headings(session, "figure", "pytorch", "tron", "delta")
    return Sheet(columns, rows, title=session.say("title.parity_figures"), notes=notes)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.6f}"


def _gap(pytorch: float | None, tron: float | None) -> str:
    return "-" if pytorch is None or tron is None else f"{tron - pytorch:+.6f}"
