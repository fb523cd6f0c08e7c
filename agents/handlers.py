"""Which handler does which request. Nothing heavy is imported before a job needs it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from agents.work import Handler, Work
from schemas.events import JobRequest, JobResult

_MODULES = {
    "ConversionRequested": "agents.conversion.job",
    "InferenceRequested": "agents.evaluation.job",
    "ParityRequested": "agents.parity.job",
    "QuickCheckRequested": "agents.evaluation.quick_job",
    "DatasetScanRequested": "agents.scanning",
    "DatasetImportRequested": "agents.importing",
}


def _lazy(module: str) -> Handler:
    async def handle(request: JobRequest, work: Work) -> JobResult:
        handler: Handler = importlib.import_module(module).handle
        return await handler(request, work)

    return handle


def handlers() -> Mapping[str, Handler]:
    """The handlers by the name of the request's event."""
    return MappingProxyType({event: _lazy(module) for event, module in _MODULES.items()})
