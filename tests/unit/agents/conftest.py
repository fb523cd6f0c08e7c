"""What the tests of agents share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from agent_scene import Scene


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    await scene.close()
