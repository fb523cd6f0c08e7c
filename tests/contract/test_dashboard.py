"""The page's own tests, and that what is served was built of what is here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deploy import build_dashboard as hook

ROOT = Path(__file__).parents[2]
ROOM = ROOT / hook.ROOM

pytestmark = pytest.mark.skipif(
    not (ROOM / "static" / hook.BUILT_OF).is_file(), reason="the page is not built here: python3 -m pip install -e ."
)


def test_the_page_was_built_of_these_sources():
    assert (ROOM / "static" / hook.BUILT_OF).read_text() == hook.digest_of(ROOT), "install again to build it"


@pytest.mark.skipif(hook.node_of_machine() is None, reason="no node here that the tests could run with")
def test_what_is_no_picture_does_what_it_should():
    npm = hook.node_of_machine()
    assert npm is not None
    ran = subprocess.run([*npm, "test"], cwd=ROOM, env=dict(os.environ), capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]
