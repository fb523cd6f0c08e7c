"""What schemathesis is told of us: the bodies of resumable uploads are any bytes."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.media_type("application/offset+octet-stream", st.binary())
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
