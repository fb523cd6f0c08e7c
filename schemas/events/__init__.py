"""THE catalogue of everything that is said, one file a noun."""

from schemas.events.agents import AgentSeen
from schemas.events.base import Change, Event, JobEvent, JobRequest, JobResult
from schemas.events.datasets import (
    DatasetCreated,
    DatasetDeleted,
    DatasetEdited,
    DatasetImported,
    DatasetImportRequested,
    DatasetScanned,
    DatasetScanRequested,
)
from schemas.events.dictionary import DictionaryEdited
from schemas.events.jobs import (
    JobCancelled,
    JobCancelRequested,
    JobClaimed,
    JobFailed,
    JobLeaseExpired,
    JobLogged,
    JobProgressed,
)
from schemas.events.models import (
    ConversionRequested,
    ModelConverted,
    ModelDeleted,
    ModelEdited,
    TronUploaded,
    TronVersionReserved,
    Upload,
)
from schemas.events.structures import StructureAdded, StructureDeleted, StructureEdited, TypeConfigAdded
from schemas.events.templates import TemplateDeleted, TemplateSaved
from schemas.events.tests import (
    InferenceCompleted,
    InferenceRequested,
    ParityCompleted,
    ParityRequested,
    QuickCheckCompleted,
    QuickCheckRequested,
)

CATALOGUE: dict[str, type[Event]] = {
    event.__name__: event
    for event in (
        Upload,
        ModelEdited,
        ModelDeleted,
        TronVersionReserved,
        TronUploaded,
        ConversionRequested,
        ModelConverted,
        TypeConfigAdded,
        StructureAdded,
        StructureEdited,
        StructureDeleted,
        TemplateSaved,
        TemplateDeleted,
        DictionaryEdited,
        DatasetCreated,
        DatasetEdited,
        DatasetDeleted,
        DatasetScanRequested,
        DatasetScanned,
        DatasetImportRequested,
        DatasetImported,
        InferenceRequested,
        InferenceCompleted,
        ParityRequested,
        ParityCompleted,
        QuickCheckRequested,
        QuickCheckCompleted,
        JobClaimed,
        JobLeaseExpired,
        JobFailed,
        JobCancelRequested,
        JobCancelled,
        JobProgressed,
        JobLogged,
        AgentSeen,
    )
}
"""Every event by its name. The name on the wire is `mo.<name>.v<VERSION>`."""

__all__ = [
    "CATALOGUE",
    "AgentSeen",
    "Change",
    "ConversionRequested",
    "DatasetCreated",
    "DatasetDeleted",
    "DatasetEdited",
    "DatasetImportRequested",
    "DatasetImported",
    "DatasetScanRequested",
    "DatasetScanned",
    "DictionaryEdited",
    "Event",
    "InferenceCompleted",
    "InferenceRequested",
    "JobCancelRequested",
    "JobCancelled",
    "JobClaimed",
    "JobEvent",
    "JobFailed",
    "JobLeaseExpired",
    "JobLogged",
    "JobProgressed",
    "JobRequest",
    "JobResult",
    "ModelConverted",
    "ModelDeleted",
    "ModelEdited",
    "ParityCompleted",
    "ParityRequested",
    "QuickCheckCompleted",
    "QuickCheckRequested",
    "StructureAdded",
    "StructureDeleted",
    "StructureEdited",
    "TemplateDeleted",
    "TemplateSaved",
    "TronUploaded",
    "TronVersionReserved",
    "TypeConfigAdded",
    "Upload",
]
