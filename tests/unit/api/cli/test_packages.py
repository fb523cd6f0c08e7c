"""`mo datasets merge|filter|rename-class|split|export`: what people see, in both languages, and exit codes; no API."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from odd_images import encoded
from packages import coco, zipped

from api.cli.app import run
from api.client.errors import BadInputError
from api.client.packages import Source, export_package, merge_packages, split_package

ENVIRON = {"MO_LANG": "en", "NO_COLOR": "1", "COLUMNS": "300"}


def mo(*argv: object, **environ: str) -> int:
    return run([str(each) for each in argv], ENVIRON | environ)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    boxes = {f"{n}.png": [("car", [1.0, 1, 5, 5]), ("bus", [200.0, 1, 5, 5])] for n in range(10)}
    images = {name: encoded(np.full((48, 64, 3), n, np.uint8)) for n, name in enumerate(boxes)}
    return zipped(tmp_path, {"a.json": coco(boxes), **images})


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_a_package_goes_through_all_commands(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b, c, d = (tmp_path / f"{name}.zip" for name in "abcd")
    assert mo("datasets", "rename-class", package, "bus=car", "--to", a, "-o", "json") == 0
    (first,) = told(capsys)
    assert (first["format"], first["images"], first["boxes"]) == ("coco", 10, 10)
    assert first["dropped"] == {"box_outside": 10}
    assert mo("datasets", "filter", a, "--keep", "car, bus", "--to", b) == 2
    assert "There is no class bus.\nThe classes are: car." in capsys.readouterr().err
    assert mo("datasets", "filter", package, "--without", "bus", "--with-boxes", "--to", b, "-o", "json") == 0
    assert told(capsys)[0]["boxes"] == 10
    assert mo("datasets", "merge", a, b, "--to", c, "--format", "voc") == 0
    out = capsys.readouterr().out
    assert "image annotated twice: 10" in out
    assert "areas of boxes: 10" in out
    assert mo("datasets", "export", c, "--format", "yolo", "--to", d, MO_LANG="zh") == 0
    assert "检测框数" in capsys.readouterr().out
    assert mo("datasets", "split", d, "train=0.8", "val=0.2", "--to", tmp_path / "e.zip", "-o", "json") == 0
    assert [(Path(str(each["path"])).name, each["images"]) for each in told(capsys)] == [
        ("e-train.zip", 8),
        ("e-val.zip", 2),
    ]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("split", "{p}", "train=much", "--to", "{t}"), 2, "train=much is no share."),
        (("split", "{p}", "train=0.5", "--to", "{t}"), 2, "These shares cannot be made: train=0.5."),
        (("rename-class", "{p}", "car", "--to", "{t}"), 2, "car is not NAME=VALUE."),
        (("export", "{p}", "--format", "made-up", "--to", "{t}"), 2, "There is no package format made-up."),
        (("export", "{p}", "--format", "imagefolder", "--to", "{t}"), 2, "has no place for a dataset"),
        (("export", "{p}", "--from", "yolo", "--format", "voc", "--to", "{t}"), 2, "does not say the names"),
        (("export", "{p}.gone", "--format", "voc", "--to", "{t}"), 2, "is not a file"),
        (("export", "{p}", "--format", "voc", "--to", "{p}"), 2, "is there already"),
        (("export", "{p}", "--format", "voc", "--to", "{t}/deep/x.zip"), 2, "is not a folder"),
    ],
)
def test_what_cannot_be_done_is_said(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], code: int, said: str
) -> None:
    filled = [each.format(p=package, t=tmp_path / "t.zip") for each in argv]
    assert mo("datasets", *filled) == code
    lines = capsys.readouterr().err.strip().split("\n")
    assert said in lines[-2]
    assert lines[-1], "what to do"
    assert not (tmp_path / "t.zip").exists()


def test_the_sdk_takes_folders_and_says_codes(package: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    made = export_package(
        Source(package), tmp_path / "a.zip", format_="mo", progress=lambda done, total: seen.append((done, total))
    )
    assert (made.images, seen[-1]) == (10, (10, 10))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "1.png").write_bytes(encoded(np.zeros((48, 64, 3), np.uint8)))
    (folder / "a.json").write_bytes(coco({"1.png": [("tram", [0, 0, 4, 4])]}, ("tram",)))
    merged = merge_packages([Source(folder), Source(tmp_path / "a.zip")], tmp_path / "b.zip")
    assert (merged.format, merged.images, merged.dropped) == ("coco", 10, {"annotations_differ": 1})
    with pytest.raises(BadInputError) as refused:
        split_package(Source(package), tmp_path / "c.zip", {"a": 0.5, "b": 0.4})
    assert refused.value.code == "shares_wrong"
    assert "a=0.5" in str(refused.value)
