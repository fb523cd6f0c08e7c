"""The manifest of a Tron file (`tron.json`): everything needed to run the model and to say where it comes from.

It holds no times and no people: two conversions of the same request give the same file. When and on whose behalf is in
the log, under `provenance.job_id`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schemas.file_names import stem_of
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.preprocessing import Step
from schemas.specs.templates import BATCH_MAX, Positive
from schemas.values import DatasetRef, Digest, TronIdentity

MIMETYPE = "application/vnd.mo.tron+zip"
FORMAT_VERSION = 1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the manifest's parts: unknown fields are ignored, so that older readers survive newer writers."""


class Input(Part, frozen=True, kw_only=True):
    """The network's input. `shape` is (channels, height, width); the batch in front of it is free up to `max_batch`."""

    name: str
    shape: tuple[Positive, Positive, Positive]
    dtype: Literal["float32"] = "float32"
    layout: Literal["NCHW"] = "NCHW"


class Normalisation(Part, frozen=True, kw_only=True):
    """y = (x - mean) * scale per channel, x in 0..255."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]


class Output(Part, frozen=True, kw_only=True):
    """An output. `shape` is without the batch; `distribution` says that its rows already are probabilities."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    distribution: bool = False


class FileEntry(Part, frozen=True, kw_only=True):
    """An entry of the Tron file, and what its bytes must be."""

    entry: str
    digest: Digest
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]


class WeightsFile(FileEntry, frozen=True, kw_only=True):
    """Weights that the sub-model's graphs share. They name it by `entry`'s last part: it belongs beside them."""


class CalibrationFile(FileEntry, frozen=True, kw_only=True):
    """The ranges that a quantization was made with (JSON)."""


class OtherGraph(FileEntry, frozen=True, kw_only=True):
    """The same network in another precision, fed and read in the same way."""

    precision: Literal["fp16", "int8"]


class OutputDifference(Part, frozen=True, kw_only=True):
    """An output against PyTorch in fp32, the worst over all batches tried.

    `relative` is `max_abs` over the largest magnitude in PyTorch's output (None where that is 0), `cosine` None where
    either output is all zeros.
    """

    output: str
    max_abs: float
    mean_abs: float
    relative: float | None
    cosine: float | None


class SubVerification(Part, frozen=True, kw_only=True):
    """What was measured on one sub-model. `batch_drift`: how far an image's output moves with the batch it is in.

    `real_images` is how many images of a dataset were among the inputs (0: random ones only).
    """

    max_abs_error: float
    batches: tuple[int, ...]
    outputs: tuple[OutputDifference, ...] = ()
    batch_drift: float = 0.0
    real_images: int = 0


class SubModel(Part, frozen=True, kw_only=True):
    """One network: the graph's entry in the file, its digest, and how to feed and read it. Output i answers task i.

    An empty `method` is the model's. Images go through `steps` (proposed; a test may name others), then
    `normalisation`, then into the graph. `folded` is what the graph itself does to its input first: what is folded into
    it is no longer in `normalisation`.
    """

    name: str
    graph: str
    digest: Digest
    size_bytes: int
    input: Input
    normalisation: Normalisation
    outputs: tuple[Output, ...]
    tasks: tuple[TaskSpec, ...]
    max_batch: Annotated[int, msgspec.Meta(ge=1, le=BATCH_MAX)]
    opset: int
    args: tuple[Arg, ...] = ()
    method: str = ""
    steps: tuple[Step, ...] = ()
    folded: Normalisation | None = None
    weights: WeightsFile | None = None
    other_graphs: tuple[OtherGraph, ...] = ()
    calibration: CalibrationFile | None = None
    verification: SubVerification | None = None

    def graph_entries(self) -> tuple[FileEntry, ...]:
        """The entries that hold ONNX graphs: the one that was verified against PyTorch, then the other precisions."""
        return (FileEntry(entry=self.graph, digest=self.digest, size_bytes=self.size_bytes), *self.other_graphs)

    def entries(self) -> tuple[FileEntry, ...]:
        """Every entry of the file that belongs to this network, in the order in which they lie there."""
        others = (self.weights, self.calibration)
        return (*self.graph_entries(), *(each for each in others if each is not None))


class Provenance(Part, frozen=True, kw_only=True):
    """What the model was made of and by which tools.

    `overridden` are the fields in which the template's document, as it was used, differs from the template.
    """

    job_id: UUID
    pth_id: UUID
    template_id: UUID
    weights: Digest
    template: Digest
    structures: dict[str, Digest]
    type_configs: dict[str, Digest] = {}
    merge_operators: bool = True
    copy_parameters: bool = True
    toolchain: dict[str, str] = {}
    overridden: tuple[str, ...] = ()


class Verification(Part, frozen=True, kw_only=True):
    """The largest difference to PyTorch (fp32) over all sub-models, outputs and batches, and the bound it had to keep.

    Each sub-model's own figures are in its `verification`. The claim is that the graphs compute what the structures
    computed in the sandbox, on these inputs; not that a structure is the network that its author says it is.
    `real_inputs` is the dataset whose first images were among them (None: random ones only).
    """

    max_abs_error: float
    error_threshold: float
    batches: tuple[int, ...]
    backend: str
    real_inputs: DatasetRef | None = None


class TronManifest(Part, frozen=True, kw_only=True):
    """The whole manifest."""

    identity: TronIdentity
    method: str
    sub_models: Annotated[tuple[SubModel, ...], msgspec.Meta(min_length=1)]
    provenance: Provenance
    verification: Verification
    revision: Annotated[int, msgspec.Meta(ge=1)] = 1
    format: Literal["mo.tron"] = "mo.tron"
    format_version: int = FORMAT_VERSION


def file_stem(identity: TronIdentity) -> str:
    """`{repo}_{name}_{method}_{version}` with what no file name may hold replaced by `_`, as far as it fits."""
    return stem_of(f"{identity.repo}_{identity.name}_{identity.method}_{identity.version}", "_").strip(". ")


class ManifestError(ValueError):
    """These bytes are no manifest that this reader understands; the text says what to do."""


def encode_manifest(manifest: TronManifest) -> bytes:
    """Equal manifests give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)


def decode_manifest(data: bytes) -> TronManifest:
    """The manifest in these bytes.

    Raises:
        ManifestError: malformed, or of a newer format.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).format_version
        if version > FORMAT_VERSION:
            raise ManifestError(f"this Tron file has format {version}, newer than {FORMAT_VERSION}: upgrade Mo")
        return msgspec.json.decode(data, type=TronManifest)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ManifestError(f"tron.json is malformed ({error})") from error


class _Version(msgspec.Struct):
    format_version: int
