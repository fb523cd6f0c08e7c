"""THE catalogue of everything that is said, one file a noun."""

from schemas.events.agents import AgentSeen
from schemas.events.base import Event, JobEvent, JobRequest, JobResult
from schemas.events.datasets import DatasetCreated, DatasetImported, DatasetImportRequested
from schemas.events.jobs import JobCancelled, JobCancelRequested, JobClaimed, JobFailed, JobLeaseExpired, JobProgressed
from schemas.events.models import ConversionRequested, ModelConverted, TronVersionReserved, Upload
from schemas.events.structures import StructureAdded
from schemas.events.templates import TemplateSaved
from schemas.events.tests import InferenceCompleted, InferenceRequested

CATALOGUE: dict[str, type[Event]] = {
    event.__name__: event
    for event in (
        Upload,
        TronVersionReserved,
        ConversionRequested,
        ModelConverted,
        StructureAdded,
        TemplateSaved,
        DatasetCreated,
        DatasetImportRequested,
        DatasetImported,
        InferenceRequested,
        InferenceCompleted,
        JobClaimed,
        JobLeaseExpired,
        JobFailed,
        JobCancelRequested,
        JobCancelled,
        JobProgressed,
        AgentSeen,
    )
}
"""Every event by its name. The name on the wire is `mo.<name>.v<VERSION>`."""

__all__ = [
    "CATALOGUE",
    "AgentSeen",
    "ConversionRequested",
    "DatasetCreated",
    "DatasetImportRequested",
    "DatasetImported",
    "Event",
    "InferenceCompleted",
    "InferenceRequested",
    "JobCancelRequested",
    "JobCancelled",
    "JobClaimed",
    "JobEvent",
    "JobFailed",
    "JobLeaseExpired",
    "JobProgressed",
    "JobRequest",
    "JobResult",
    "ModelConverted",
    "StructureAdded",
    "TemplateSaved",
    "TronVersionReserved",
    "Upload",
]
