"""Read models in PostgreSQL: the projector writes them, the API reads them."""

from __future__ import annotations

from storage.views.reads import Reads
from storage.views.writes import Writes


class Views(Reads, Writes):
    """One schema of read models; see `Writes`, `Reads` and `Database`. Many schemas may lie side by side."""
