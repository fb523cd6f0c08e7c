"""Local operations: what goes in one format comes out of another, and classes and images are what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from odd_images import encoded, turned_jpeg
from packages import coco, jsonl, zipped

from storage.datasets.collection import Collection, collected, divided, filtered, merged, renamed
from storage.datasets.exporting import Exported, export
from storage.datasets.files import PackageError
from storage.datasets.pack import Box, DatasetPack
from storage.datasets.package import Package, open_package

Change = Callable[[Collection], Collection]


def picture(number: int) -> bytes:
    """A picture of 64x48 unlike the others."""
    return encoded(np.full((48, 64, 3), number, np.uint8))


def detection(folder: Path) -> Path:
    """Three images with boxes of every kind, in the format that can say everything."""
    lines = [
        {
            "image": "a/1.png",
            "boxes": [
                {"label": "car", "bbox": [1.1, 2.2, 10.3, 20.7], "attributes": {"pose": "left", "seen": "half"}},
                {"label": "van", "bbox": [-3.25, 5, 30, 300.5], "area": 77.125},
                {"label": "bus & <co>", "bbox": [0.1, 0.2, 0.3, 0.7], "crowd": True},
                {"label": "car", "bbox": [5, 5, 5, 5], "difficult": True},
            ],
            "attributes": {"time": "night"},
        },
        {"image": "a/2.png", "boxes": [{"label": "van", "bbox": [10, 10, 20, 20]}], "attributes": {"time": "day"}},
        {"image": "b/1.png", "attributes": {"time": "day"}},
    ]
    images = {"a/1.png": picture(1), "a/2.png": picture(2), "b/1.png": picture(3)}
    return zipped(folder, {"data.jsonl": jsonl(*lines), **images})


def classes(folder: Path, count: int = 10) -> Path:
    return zipped(folder, {f"{'cat' if n % 2 else 'dog'}/{n}.png": picture(n) for n in range(count)})


def made(source: Path, target: Path, format_: str, change: Change = lambda whole: whole) -> Exported:
    with open_package(source) as package:
        return export(change(collected(package)), target, format_)


def boxes_of(path: Path, format_: str = "auto") -> dict[str, tuple[Box, ...]]:
    with open_package(path, format_) as package:
        assert package.dropped == ()
        return {record.name: record.boxes for record in package}


def images_of(package: Package) -> dict[str, bytes | None]:
    return {record.name: package.read(record) for record in package}


@pytest.mark.parametrize("formats", [["mo"], ["coco"], ["labelx"], ["mo", "coco", "labelx", "mo"]])
def test_formats_that_can_say_everything_give_everything_back(tmp_path: Path, formats: Sequence[str]) -> None:
    start = source = detection(tmp_path)
    for number, format_ in enumerate(formats):
        target = tmp_path / f"{number}.zip"
        told = made(source, target, format_)
        assert (told.images, told.boxes, told.lost, told.dropped) == (3, 5, {}, {})
        source = target
    assert boxes_of(source) == boxes_of(start)
    with open_package(source) as after, open_package(start) as before:
        assert after.format == formats[-1]
        assert images_of(after) == images_of(before)
        assert [dict(record.values) for record in after] == [dict(record.values) for record in before]
        assert after.keys == before.keys


def test_a_pack_is_what_an_import_makes(tmp_path: Path) -> None:
    made(detection(tmp_path), tmp_path / "out.zip", "mo")
    with DatasetPack(tmp_path / "out.zip") as pack:
        assert pack.info.type == "detection"
        assert pack.info.tasks[0].classes == ("car", "van", "bus & <co>")
        assert pack.info.dimensions == {"time": {"day": 2, "night": 1}}
        assert [record.width for record in pack.records] == [64] * 3


def test_voc_says_boxes_and_counts_what_it_cannot(tmp_path: Path) -> None:
    start = detection(tmp_path)
    told = made(start, tmp_path / "out.zip", "voc")
    assert told.lost == {"area": 1, "attributes": 3, "box_attributes": 1, "crowd": 1}
    after = boxes_of(tmp_path / "out.zip", "voc")
    assert list(after) == ["JPEGImages/a/1.png", "JPEGImages/a/2.png", "JPEGImages/b/1.png"]
    for old, new in zip(boxes_of(start)["a/1.png"], after["JPEGImages/a/1.png"], strict=True):
        assert (new.label, new.difficult) == (old.label, old.difficult or old.crowd)
        assert (new.x, new.y, new.width, new.height) == pytest.approx((old.x, old.y, old.width, old.height))
    assert after["JPEGImages/a/1.png"][0].attributes == {"pose": "left"}


def test_yolo_clips_and_leaves_out_what_nobody_should_learn(tmp_path: Path) -> None:
    start = detection(tmp_path)
    told = made(start, tmp_path / "out.zip", "yolo")
    assert told.lost == {"area": 1, "attributes": 3, "box_attributes": 2, "clipped": 1, "crowd": 1, "difficult": 1}
    again = made(tmp_path / "out.zip", tmp_path / "again.zip", "labelx")
    assert (again.images, again.boxes) == (3, 3)
    after = boxes_of(tmp_path / "again.zip")
    first, second = after["images/a/1.png"]
    assert (first.label, second.label) == ("car", "van")
    assert (first.x, first.y, first.width, first.height) == pytest.approx((1.1, 2.2, 10.3, 20.7))
    assert (second.x, second.y, second.width, second.height) == pytest.approx((0, 5, 26.75, 43))
    assert after["images/b/1.png"] == ()


def test_class_folders_go_through_every_format_that_takes_them(tmp_path: Path) -> None:
    source = classes(tmp_path)
    for format_ in ("labelx", "mo", "imagefolder"):
        made(source, tmp_path / f"{format_}.zip", format_)
        source = tmp_path / f"{format_}.zip"
    with open_package(source) as after:
        assert after.format == "imagefolder"
        assert after.keys[0].values == {"cat": 5, "dog": 5}
        assert images_of(after) == {f"{'cat' if n % 2 else 'dog'}/{n}.png": picture(n) for n in range(10)}


@pytest.mark.parametrize("format_", ["coco", "voc", "yolo"])
def test_a_format_without_a_place_for_the_kind_is_refused(tmp_path: Path, format_: str) -> None:
    with pytest.raises(PackageError, match="export_kind_wrong"):
        made(classes(tmp_path), tmp_path / "out.zip", format_)
    assert not (tmp_path / "out.zip").exists()


def test_equal_sources_make_equal_files(tmp_path: Path) -> None:
    for format_ in ("labelx", "coco", "voc", "yolo", "mo"):
        for name in ("1", "2"):
            made(detection(tmp_path), tmp_path / f"{format_}{name}.zip", format_)
        assert (tmp_path / f"{format_}1.zip").read_bytes() == (tmp_path / f"{format_}2.zip").read_bytes()


def test_filtering_takes_boxes_away_and_images_only_if_asked(tmp_path: Path) -> None:
    source = detection(tmp_path)
    kept: dict[str, Change] = {
        "keep": lambda whole: filtered(whole, keep=["van"]),
        "without": lambda whole: filtered(whole, without=["van", "car"], with_boxes=True),
        "where": lambda whole: filtered(whole, where={"time": ["day", "noon"]}),
    }
    for name, change in kept.items():
        made(source, tmp_path / f"{name}.zip", "coco", change)
    labels = {
        name: {image: [box.label for box in boxes] for image, boxes in boxes_of(tmp_path / f"{name}.zip").items()}
        for name in kept
    }
    assert labels["keep"] == {"a/1.png": ["van"], "a/2.png": ["van"], "b/1.png": []}
    assert labels["without"] == {"a/1.png": ["bus & <co>"]}
    assert labels["where"] == {"a/2.png": ["van"], "b/1.png": []}
    with open_package(tmp_path / "keep.zip") as package:
        assert package.keys[-1].values == {"van": 2}


def test_filtering_class_folders_takes_images_away(tmp_path: Path) -> None:
    told = made(classes(tmp_path), tmp_path / "out.zip", "imagefolder", lambda whole: filtered(whole, without=["dog"]))
    assert told.images == 5
    with open_package(tmp_path / "out.zip") as package:
        assert package.keys[0].values == {"cat": 5}


def test_classes_of_one_new_name_become_one(tmp_path: Path) -> None:
    names = {"van": "vehicle", "car": "vehicle"}
    made(detection(tmp_path), tmp_path / "out.zip", "coco", lambda whole: renamed(whole, names))
    with open_package(tmp_path / "out.zip") as package:
        assert package.keys[-1].values == {"vehicle": 4, "bus & <co>": 1}
    swap = {"cat": "dog", "dog": "cat"}
    made(classes(tmp_path), tmp_path / "swapped.zip", "imagefolder", lambda whole: renamed(whole, swap))
    with open_package(tmp_path / "swapped.zip") as package:
        assert package.records[0].name.startswith("cat/")
        assert images_of(package)["cat/0.png"] == picture(0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda whole: filtered(whole, keep=["tram"]), "class_not_there"),
        (lambda whole: renamed(whole, {"tram": "bus"}), "class_not_there"),
        (lambda whole: renamed(whole, {"van": ""}), "class_name_empty"),
        (lambda whole: renamed(whole, {"van": "x" * 201}), "class_name_too_long"),
        (lambda whole: filtered(whole, where={"weather": ["rain"]}), "key_not_there"),
        (lambda whole: filtered(whole, keep=["van"], key="kind"), "key_not_there"),
        (lambda whole: divided(whole, {"train": 0.8, "val": 0.3})["val"], "shares_wrong"),
        (lambda whole: divided(whole, {"all": 1.0})["all"], "shares_wrong"),
        (lambda whole: filtered(whole, keep=["car"], where={"time": ["noon"]}), "no_images_left"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, change: Change, code: str) -> None:
    with pytest.raises(PackageError) as refused:
        made(detection(tmp_path), tmp_path / "out.zip", "coco", change)
    assert refused.value.code == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package.zip"]


def test_several_keys_must_be_told_apart(tmp_path: Path) -> None:
    said = [{"image": f"{n}.png", "classifications": {"kind": "car", "colour": "red"}} for n in range(2)]
    images = {f"{n}.png": picture(n) for n in range(2)}
    source = zipped(tmp_path, {"a.jsonl": jsonl(*said), **images})
    for change in (lambda whole: renamed(whole, {"car": "van"}), lambda whole: filtered(whole, keep=["car"])):
        with pytest.raises(PackageError, match="key_not_clear"):
            made(source, tmp_path / "out.zip", "labelx", change)
    with pytest.raises(PackageError, match="key_not_clear"):
        made(source, tmp_path / "out.zip", "imagefolder")
    made(source, tmp_path / "out.zip", "labelx", lambda whole: renamed(whole, {"car": "van"}, key="kind"))
    with open_package(tmp_path / "out.zip") as package:
        assert {record.values["kind"] for record in package} == {"van"}


def test_merging_counts_equal_images_once_and_gives_new_names(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    for folder in (one, two):
        folder.mkdir()
    first = zipped(one, {"1.png": picture(1), "a.json": coco({"1.png": [("car", [1, 1, 5, 5])]})})
    again = {"x/1.png": [("bus", [2, 2, 5, 5])], "y.png": [("bus", [3, 3, 5, 5])], "1.png": []}
    files = {"x/1.png": picture(1), "y.png": picture(2), "1.png": picture(3)}
    second = zipped(two, {**files, "a.json": coco(again, ("tram", "bus"))})
    with open_package(first) as a, open_package(second) as b:
        told = export(merged([collected(a), collected(b)]), tmp_path / "out.zip", "coco")
    assert (told.images, told.dropped) == (3, {"annotations_differ": 1})
    with open_package(tmp_path / "out.zip") as package:
        assert package.keys[-1].values == {"car": 1, "bus": 1, "tram": 0}
        assert images_of(package) == {"1.png": picture(1), "1-2.png": picture(3), "y.png": picture(2)}
    with open_package(first) as a, open_package(first) as b:
        again_told = export(merged([collected(a), collected(b)]), tmp_path / "again.zip", "coco")
        assert (again_told.images, again_told.dropped) == (1, {"image_twice": 1})
    with open_package(first) as a, open_package(classes(two)) as b, pytest.raises(PackageError, match="kinds_differ"):
        merged([collected(a), collected(b)])


def test_splitting_follows_the_bytes_class_by_class(tmp_path: Path) -> None:
    shares = {"train": 0.6, "val": 0.2, "test": 0.2}

    def parts(source: Path, seed: int = 0) -> dict[str, set[bytes | None]]:
        with open_package(source) as package:
            found = divided(collected(package), shares, seed=seed)
            return {name: {package.read(each.record) for each in part.members} for name, part in found.items()}

    first = parts(classes(tmp_path, 100))
    assert {name: len(images) for name, images in first.items()} == {"train": 60, "val": 20, "test": 20}
    dogs = {picture(n) for n in range(0, 100, 2)}
    assert {name: len(images & dogs) for name, images in first.items()} == {"train": 30, "val": 10, "test": 10}
    assert len(set().union(*first.values())) == 100
    assert parts(classes(tmp_path, 100)) == first
    assert parts(classes(tmp_path, 100), seed=1) != first
    renamed_images = zipped(tmp_path, {f"{'cat' if n % 2 else 'dog'}/x{99 - n}.png": picture(n) for n in range(100)})
    assert parts(renamed_images) == first, "names mean nothing"


def test_turned_pictures_keep_their_boxes_where_they_are_seen(tmp_path: Path) -> None:
    data = turned_jpeg(np.zeros((48, 64, 3), np.uint8), 6)
    source = zipped(tmp_path, {"1.jpg": data, "a.json": coco({"1.jpg": [("car", [6, 11, 20, 9])]})})
    made(source, tmp_path / "coco.zip", "coco")
    made(tmp_path / "coco.zip", tmp_path / "yolo.zip", "yolo")
    made(tmp_path / "yolo.zip", tmp_path / "labelx.zip", "labelx")
    for name in ("coco.zip", "labelx.zip"):
        ((box,),) = boxes_of(tmp_path / name).values()
        assert (box.x, box.y, box.width, box.height) == pytest.approx((48 - 11 - 9, 6, 9, 20))
    with open_package(tmp_path / "coco.zip") as package:
        assert package.records[0].size == (48, 64)


def test_names_that_are_paths_elsewhere_are_given_up(tmp_path: Path) -> None:
    made(classes(tmp_path, 2), tmp_path / "out.zip", "mo")
    data = (tmp_path / "out.zip").read_bytes()
    assert data.count(b"cat/1.png") == 1
    hostile = tmp_path / "hostile.zip"
    with open_package(tmp_path / "out.zip") as package:
        whole = collected(package)
        members = tuple(
            member._replace(record=member.record._replace(name=name))
            for member, name in zip(whole.members, ("../../up.png", "C:/x.png"), strict=True)
        )
        export(whole._replace(members=members), hostile, "labelx")
    with open_package(hostile) as package:
        assert [record.name for record in package] == ["image-2.png", "image.png"]


def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    source = zipped(tmp_path, {"cat/1.png": b"no image", "a|b/2.png": b"none"})
    with pytest.raises(PackageError, match="no_images_left"):
        made(source, tmp_path / "out.zip", "imagefolder")
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        made(classes(tmp_path), tmp_path / "there.zip", "imagefolder")
    assert (tmp_path / "there.zip").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package.zip", "there.zip"]


@pytest.mark.parametrize("format_", ["voc", "yolo", "coco", "labelx"])
def test_what_was_merged_is_read_whole_whatever_the_folders_were(tmp_path: Path, format_: str) -> None:
    sources = []
    for number, name in enumerate(("JPEGImages/1.png", "1.png", "images/train/1.png", "images/val/1.png")):
        folder = tmp_path / str(number)
        folder.mkdir()
        table = coco({name: [("car", [1, 1, 5.0 + number, 5])]})
        sources.append(zipped(folder, {name: picture(number), "a.json": table}))
    with ExitStack() as opened:
        packages = [opened.enter_context(open_package(each)) for each in sources]
        told = export(merged([collected(each) for each in packages]), tmp_path / "out.zip", format_)
    assert (told.images, told.boxes) == (4, 4)
    with open_package(tmp_path / "out.zip") as package:
        assert package.dropped == ()
        widths = {package.read(each): round(each.boxes[0].width * (64 if each.relative else 1), 6) for each in package}
    assert widths == {picture(number): 5.0 + number for number in range(4)}


@pytest.mark.parametrize(
    "said",
    [
        {"images/1.png": "bus", "images/2.png": "car"},
        {"d1/1.png": "bus", "d2/2.png": "bus"},
        {"d1/1.png": "bus", "d2/1.png": "bus", "car/1.png": "bus"},
    ],
    ids=["plain-folder", "one-class", "same-names"],
)
def test_folders_of_the_source_are_no_classes_of_the_export(tmp_path: Path, said: dict[str, str]) -> None:
    lines = [{"image": name, "classifications": {"kind": label}} for name, label in said.items()]
    images = {name: picture(number) for number, name in enumerate(said)}
    source = zipped(tmp_path, {**images, "data.jsonl": jsonl(*lines)})
    assert made(source, tmp_path / "out.zip", "imagefolder").images == len(said)
    with open_package(tmp_path / "out.zip") as package:
        assert package.format == "imagefolder"
        found = {package.read(record): record.values["class"] for record in package}
    assert found == {picture(number): label for number, label in enumerate(said.values())}


def test_a_class_that_is_no_folder_everywhere_is_refused(tmp_path: Path) -> None:
    lines = [{"image": f"{label[0]}.png", "classifications": {"kind": label}} for label in ("red:car", "bus")]
    source = zipped(tmp_path, {"r.png": picture(0), "b.png": picture(1), "data.jsonl": jsonl(*lines)})
    with pytest.raises(PackageError, match="class_name_not_allowed"):
        made(source, tmp_path / "out.zip", "imagefolder")


def test_classes_with_a_plain_folder_each_are_class_folders(tmp_path: Path) -> None:
    with open_package(zipped(tmp_path, {"n01/images/1.png": picture(1), "n02/images/2.png": picture(2)})) as package:
        assert package.format == "imagefolder"
        assert {record.values["class"] for record in package} == {"n01", "n02"}


def test_voc_leaves_out_what_xml_or_its_readers_would_change(tmp_path: Path) -> None:
    def exported(label: str, pose: str) -> Exported:
        box = {"label": label, "bbox": [1, 1, 5, 5], "attributes": {"pose": pose}}
        source = zipped(tmp_path, {"1.png": picture(1), "d.jsonl": jsonl({"image": "1.png", "boxes": [box]})})
        (tmp_path / "out.zip").unlink(missing_ok=True)
        return made(source, tmp_path / "out.zip", "voc")

    assert exported("car", "le\x01ft").lost == {"box_attributes": 1}
    with open_package(tmp_path / "out.zip") as package:
        assert [each.boxes[0].label for each in package] == ["car"]
    with pytest.raises(PackageError, match="class_name_not_allowed"):
        exported("car ", "left")
