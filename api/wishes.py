"""What the API is asked for, as types: the client sends them, the server checks them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from schemas.events.structures import StructureText
from schemas.events.tests import PARITY_IMAGES_MAX
from schemas.specs.dictionary import Entry, EntryName
from schemas.specs.mapping import Pairs
from schemas.specs.preprocessing import Step
from schemas.specs.testing import TestOptions
from schemas.values import NoteText, Platform, Precision, ShortText

TEST_BATCH_MAX = 200
NameText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything the API is asked for: a field that is not known is an error, never ignored."""


class PthWish(Wish, frozen=True, kw_only=True):
    """Make stored weights known as a PTH model."""

    name: NameText
    digest: str
    file_name: ShortText = ""
    training_id: ShortText = ""
    note: NoteText = ""


class StructureWish(Wish, frozen=True, kw_only=True):
    """Add a stored `.py` file, or a zip of several, as a structure."""

    name: StructureText
    class_name: StructureText
    digest: str
    file_name: ShortText = ""
    type_config_id: UUID | None = None
    note: NoteText = ""


class TypeConfigWish(Wish, frozen=True, kw_only=True):
    """Add a stored JSON or YAML file as the next version of a type config."""

    name: StructureText
    digest: str
    file_name: ShortText = ""
    note: NoteText = ""


class TemplateWish(Wish, frozen=True, kw_only=True):
    """Save a conversion template."""

    document: dict[str, Any]
    note: NoteText = ""


class TemplateCopyWish(Wish, frozen=True, kw_only=True):
    """Save a template once more under another name; without `note` with the same one."""

    name: NameText
    note: NoteText | None = None


class DictionaryWish(Wish, frozen=True, kw_only=True):
    """Another list of the dictionary in the place of the one that is there."""

    entries: Annotated[list[Entry], msgspec.Meta(min_length=1)]
    default: EntryName


class TronWish(Wish, frozen=True, kw_only=True):
    """Make a stored model file that was made elsewhere known as a Tron model. No format is refused.

    `repo` and `method` are entries of the dictionary, by default the ones that it proposes.
    """

    platform: Platform
    repo: ShortText = ""
    name: NameText
    method: ShortText = ""
    version: NameText
    digest: str
    file_name: ShortText = ""
    template_id: UUID | None = None
    note: NoteText = ""


class ConversionWish(Wish, frozen=True, kw_only=True):
    """PTH -> Tron. `name` defaults to the PTH's name and the day; `version` to the successor; `overrides` change the
    template's document for this job only (top-level fields; a list of sub-templates is merged by name).

    With `dataset_id` the first images of that dataset are verified too, beside random inputs; of the version that
    `version_job_id` made, else of the newest one, which is pinned."""

    pth_id: UUID
    template_id: UUID
    name: ShortText = ""
    version: ShortText | None = None
    overrides: dict[str, Any] = {}
    merge_operators: bool = True
    copy_parameters: bool = True
    dataset_id: UUID | None = None
    version_job_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.version_job_id is not None and self.dataset_id is None:
            raise ValueError("version_job_id is about dataset_id: name both")


class ScanWish(Wish, frozen=True, kw_only=True):
    """Look into a stored package before a dataset is made of it: nothing is made, no name is taken.

    `split` is train, val or test of a package that has them. With `template_id` the tasks of its sub-template are
    answered by `pairs`, or as the scan proposes; without one the package's own classes count, for `type` if given.
    """

    digest: str
    file_name: ShortText = ""
    format: str = "auto"
    split: ShortText = ""
    type: str = ""
    template_id: UUID | None = None
    sub_template: ShortText = ""
    pairs: Pairs = ()

    def __post_init__(self) -> None:
        if self.template_id is None and (self.pairs or self.sub_template):
            raise ValueError("pairs and sub_template are about template_id: name all of them")
        if self.template_id is not None and self.type:
            raise ValueError("the template's method says the type: leave it out")


class VersionWish(Wish, frozen=True, kw_only=True):
    """Another version for a dataset: what the scan `scan_job_id` found, as it was mapped there or by other `pairs`; or
    a stored package with its own classes."""

    digest: str = ""
    scan_job_id: UUID | None = None
    pairs: Pairs = ()
    format: str = "imagefolder"
    split: ShortText = ""

    def __post_init__(self) -> None:
        if (self.scan_job_id is None) == (not self.digest):
            raise ValueError("name either the scan (scan_job_id) or the package (digest)")
        if self.scan_job_id is None and self.pairs:
            raise ValueError("pairs are about a scan with a template: name scan_job_id")


class DatasetWish(VersionWish, frozen=True, kw_only=True):
    """Create a dataset, of a scan or of a package as in a new version; a scan says its type itself."""

    name: NameText
    type: str = "classification"
    note: NoteText = ""


BatchSize = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Loops = Annotated[int, msgspec.Meta(ge=1, le=1000)]
DeletedTasks = Annotated[list[ShortText], msgspec.Meta(max_length=50)]


class HowWish(Wish, frozen=True, kw_only=True):
    """How a test runs. Without `steps` the default chain for the model's input is taken. `options` say what is made of
    the answers: IoU threshold and size rule (detection only), which task of the model answers which one of the dataset
    (by name, then by classes, where nothing is said), and the dimensions by which the figures are split.
    `without_tasks`: tasks of the dataset that are deleted from that list, with the dimensions made of them."""

    batch_size: BatchSize = 1
    loops: Loops = 1
    backend: str = "auto"
    steps: list[Step] | None = None
    options: TestOptions = TestOptions()
    without_tasks: DeletedTasks = []


class InferenceWish(HowWish, frozen=True, kw_only=True):
    """A test. Without `revision_job_id` and `version_job_id` the newest revision and dataset version are taken and
    pinned."""

    model_id: UUID
    dataset_id: UUID
    revision_job_id: UUID | None = None
    version_job_id: UUID | None = None
    precision: Precision = "fp32"


class BatchWish(HowWish, frozen=True, kw_only=True):
    """Every model on every dataset in every precision, newest revisions and versions; all of them or none."""

    model_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=TEST_BATCH_MAX)]
    dataset_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=TEST_BATCH_MAX)]
    precisions: Annotated[tuple[Precision, ...], msgspec.Meta(min_length=1, max_length=4)] = ("fp32",)


class QuickCheckWish(Wish, frozen=True, kw_only=True):
    """Run a model over a stored zip of images that nobody labelled; `digest` is the zip's."""

    model_id: UUID
    revision_job_id: UUID | None = None
    digest: str
    file_name: ShortText = ""
    batch_size: BatchSize = 1
    precision: Precision = "fp32"
    backend: str = "auto"
    steps: list[Step] | None = None


class CloneWish(Wish, frozen=True, kw_only=True):
    """A test once more, with these changes; what is not given, or null, stays as it was. With none it is a rerun.

    The same model and dataset stay pinned as they were. Another one is taken in its newest revision or version, and
    then chain and pairs of tasks (of another dataset: the dimensions, too) are as usual unless they are given here."""

    model_id: UUID | None = None
    dataset_id: UUID | None = None
    revision_job_id: UUID | None = None
    version_job_id: UUID | None = None
    batch_size: BatchSize | None = None
    loops: Loops | None = None
    precision: Precision | None = None
    backend: str | None = None
    steps: list[Step] | None = None
    options: TestOptions | None = None
    without_tasks: DeletedTasks | None = None


class ParityWish(Wish, frozen=True, kw_only=True):
    """Compare a converted Tron revision with its PyTorch network on images of a dataset, evenly spread over it.

    Without `revision_job_id` and `version_job_id` the newest revision and dataset version are taken and pinned."""

    model_id: UUID
    dataset_id: UUID
    revision_job_id: UUID | None = None
    version_job_id: UUID | None = None
    images_max: Annotated[int, msgspec.Meta(ge=1, le=PARITY_IMAGES_MAX)] = 200
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 8
    backend: str = "auto"
    steps: list[Step] | None = None


class Edit(Wish, frozen=True, kw_only=True):
    """Other words for a thing; what is not given, or null, stays as it is."""

    name: NameText | None = None
    note: NoteText | None = None


class StructureEdit(Wish, frozen=True, kw_only=True):
    """As `Edit`; a structure's class and file stay."""

    name: StructureText | None = None
    note: NoteText | None = None


class NoteEdit(Wish, frozen=True, kw_only=True):
    """Another note for something whose name is fixed: a Tron's is part of its identity, a dataset's is in its tests."""

    note: NoteText


class TemplateEdit(Wish, frozen=True, kw_only=True):
    """Another document or note for a template; a document takes the place of the whole earlier one."""

    document: dict[str, Any] | None = None
    note: NoteText | None = None
