"""The newcomer's tour in the README is true: its commands, word for word, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from people import environ_of

from api.client.client import Client
from deploy.settings import Settings

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
HEADING = "## Ten minutes, copy and paste"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
VERDICT = re.compile(r"top-1 +[-+][0-9.]+ \[[-+][0-9.]+, [-+][0-9.]+\] +(within noise|better|worse) +898")
BLOCK_SECONDS_MAX = 120
PROMISED = {
    "mo example": ("my-digits-v1.pth", "template.json"),
    "mo models upload": ("my-digits-v1", "my-digits-v2", "898"),
    "mo convert": ("my-digits@1.0.1", "my-digits@1.0.2"),
    "mo infer": ("my-digits@1.0.1", "898", "top-1"),
    "mo compare": ("95 % intervals", "verdict", "Within noise", "my-digits@1.0.2"),
    "mo jobs list": ("inference", "conversion", "import", ".tron"),
}
"""What the output of the block with this command must say."""


def blocks() -> list[str]:
    """The fenced blocks of the README's section.

    Raises:
        AssertionError: the section is not there, or has no blocks.
    """
    _, heading, rest = (ROOT / "README.md").read_text("utf-8").partition(HEADING)
    assert heading, f"README.md has no section {HEADING!r}"
    found = BLOCK.findall(rest.partition("\n## ")[0])
    assert found, f"the section {HEADING!r} has no commands"
    return found


@pytest.mark.timeout(600)
def test_every_command_of_the_tour_does_what_it_promises(system_settings: Settings, mo: Client, tmp_path: Path):
    scripts = Path(sys.executable).parent
    environment = {
        **os.environ,
        **system_settings.to_env(),
        **environ_of(mo),
        "MO_LANG": "en",
        "PATH": f"{scripts}:{os.environ['PATH']}",
    }
    said = {}
    for block in blocks():
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BLOCK_SECONDS_MAX,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        said[block] = done.stdout
    for command, words in PROMISED.items():
        (output,) = (text for block, text in said.items() if block.startswith(command))
        for word in words:
            assert word in output, f"{command!r} does not say {word!r}:\n{output}"
    assert any(VERDICT.search(output) for output in said.values())
    assert (tmp_path / "digits" / "classification_my-digits_classification_1.0.2.tron").stat().st_size > 1000
