"""The registry of handlers: complete, and cheap to have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agents.handlers import handlers
from schemas.events import CATALOGUE, JobRequest

ROOT = Path(__file__).parents[3]


def test_every_request_has_a_handler() -> None:
    assert set(handlers()) == {name for name, event in CATALOGUE.items() if issubclass(event, JobRequest)}


def test_handlers_load_nothing_heavy() -> None:
    code = """
import sys, agents.handlers, agents.conversion.job, agents.evaluation.job, agents.importing
print(sorted({"torch", "onnx", "onnxruntime", "cv2"} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == "[]"
