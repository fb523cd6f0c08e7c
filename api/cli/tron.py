"""`mo tron`: what is in a Tron file, whether it is whole, and its parts as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import File
from api.cli.output import BAD, GOOD, Cell, Sheet, emit, facts, headings, label, size
from api.cli.reports import inputs_said
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.client.tron_files import Check
    from schemas.tron import SubModel, TronManifest
    from schemas.values import DatasetRef

app = typer.Typer(help="help.tron", no_args_is_help=True)
CLASSES_SHOWN_MAX = 10


@app.command("describe", help="help.tron.describe")
def describe(context: typer.Context, named: Annotated[str, typer.Argument(help="argument.tron_or_file")]) -> None:
    """Show the manifest of a file, or of a model's newest revision."""
    from api.client.tron_files import describe_file

    session = session_of(context)
    if Path(named).is_file():
        manifest = describe_file(Path(named))
    else:
        models = session.client.models
        manifest = models.manifest(models.find_tron(named))
    emit(session, manifest, _main_sheet(session, manifest), *_sub_sheets(session, manifest))


@app.command("verify", help="help.tron.verify")
def verify(context: typer.Context, path: File) -> None:
    """Check a file: form, manifest, digests, graphs, one run on zeros; exit code 1 if something is wrong."""
    from api.cli import exits
    from api.client.tron_files import verify_file

    session = session_of(context)
    verified = verify_file(path)
    rows = [
        (session.say(f"check.{each.name}"), each.what, _verdict(session, each), each.detail) for each in verified.checks
    ]
    title = session.say("title.verified" if verified.ok else "title.not_verified", name=path.name)
    notes = [session.say("text.no_onnxruntime")] if any(each.ok is None for each in verified.checks) else []
    emit(session, verified, Sheet(headings(session, "check", "what", "verdict", "detail"), rows, title, notes))
    if not verified.ok:
        raise typer.Exit(exits.FAILED)


@app.command("unpack", help="help.tron.unpack")
def unpack(
    context: typer.Context, path: File, folder: Annotated[Path, typer.Argument(help="argument.new_folder")]
) -> None:
    """Write a file's parts into a folder, where ONNX Runtime and Netron open them as they lie; nothing is replaced."""
    from api.client.tron_files import unpack_file

    session = session_of(context)
    written = unpack_file(path, folder)
    emit(
        session,
        [{"path": str(each)} for each in written],
        facts(session, "", [("path", str(each)) for each in written]),
    )


def _verdict(session: Session, check: Check) -> Cell:
    if check.ok is None:
        return Cell(session.say("text.not_checked"))
    return Cell(session.say("text.good"), GOOD) if check.ok else Cell(session.say("text.bad"), BAD)


def _main_sheet(session: Session, manifest: TronManifest) -> Sheet:
    identity, made = manifest.identity, manifest.provenance
    verification = manifest.verification
    merged = label(session, "yes_no", str(made.merge_operators).lower())
    copied = label(session, "yes_no", str(made.copy_parameters).lower())
    return facts(
        session,
        session.say("title.manifest", name=f"{identity.name}@{identity.version}"),
        [
            ("platform", identity.platform),
            ("repo", identity.repo),
            ("name", identity.name),
            ("method", identity.method),
            ("version", identity.version),
            ("revision", str(manifest.revision)),
            ("parity", f"{verification.max_abs_error:.3g} ≤ {verification.error_threshold:.3g}"),
            ("backend", verification.backend),
            ("pth", f"{made.pth_id} · {made.weights}"),
            ("template", f"{made.template_id} · {made.template}"),
            ("job", str(made.job_id)),
            ("merged", merged),
            ("copied", copied),
            ("tools", ", ".join(f"{name} {version}" for name, version in made.toolchain.items())),
        ],
    )


def _sub_sheets(session: Session, manifest: TronManifest) -> list[Sheet]:
    return [_sub_sheet(session, sub, manifest.verification.real_inputs) for sub in manifest.sub_models]


def _sub_sheet(session: Session, sub: SubModel, dataset: DatasetRef | None) -> Sheet:
    from schemas.specs.preprocessing import chain_text

    shape = "x".join(map(str, sub.input.shape))
    rows = [
        ("file", f"{sub.graph} · {size(sub.size_bytes)} · {sub.digest}"),
        *(("file", f"{each.entry} · {size(each.size_bytes)} · {each.digest}") for each in sub.entries()[1:]),
        ("input", f"{sub.input.name} · {sub.input.layout} {shape} · {sub.input.dtype}"),
        ("max_batch", str(sub.max_batch)),
        ("steps", chain_text(sub.steps)),
        ("mean_values", ", ".join(f"{value:g}" for value in sub.normalisation.mean)),
        ("scale_values", ", ".join(f"{value:g}" for value in sub.normalisation.scale)),
        *(("output", f"{each.name} · {'x'.join(map(str, each.shape))} · {each.dtype}") for each in sub.outputs),
        *(("task", f"{task.name}: {_classes(task.classes)}") for task in sub.tasks),
        *(("argument", f"{arg.name} ({arg.kind}) = {arg.value}") for arg in sub.args),
    ]
    if sub.verification is not None:
        rows.append(("inputs", inputs_said(session, sub.verification.real_images, dataset)))
    if sub.method:
        rows.insert(0, ("method", sub.method))
    return facts(session, session.say("title.sub_model", name=sub.name), rows)


def _classes(names: tuple[str, ...]) -> str:
    more = f", … ({len(names)})" if len(names) > CLASSES_SHOWN_MAX else ""
    return ", ".join(names[:CLASSES_SHOWN_MAX]) + more
