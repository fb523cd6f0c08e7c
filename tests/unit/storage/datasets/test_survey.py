"""A survey says before the import what it will keep and drop."""

from __future__ import annotations

from pathlib import Path

from packages import jsonl, zipped

from schemas.specs.mapping import Mapper, Pair, Wanted
from schemas.specs.parts import TaskSpec
from storage.datasets.package import open_package
from storage.datasets.survey import survey


def test_what_a_mapping_keeps_is_counted_without_reading_images(tmp_path: Path) -> None:
    kinds = ["car", "van", "van", "bus"]
    said = [{"image": f"{n}.jpg", "classifications": {"kind": kind}} for n, kind in enumerate(kinds)]
    content = {"a.jsonl": jsonl(*said, {"image": "4.jpg"}, {"image": "gone.jpg"})}
    mapper = Mapper(Wanted("classification", (TaskSpec("v", ("car", "bus")),)), (Pair("v", "kind"),))
    with open_package(zipped(tmp_path, {**content, **{f"{n}.jpg": b"" for n in range(5)}})) as package:
        found = survey(package, mapper)
    assert (found.images, found.dropped) == (2, 4)
    assert found.reasons == {"image_missing": 1, "value_missing": 1, "value_outside_classes": 2}
    assert [(each.count, each.params.get("value")) for each in found.values] == [(2, "van"), (1, None)]
