"""Dataset packs and ImageFolder packages: what comes in comes out, what is unfit is named, nothing is a path."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.datasets import imagefolder
from storage.datasets.image_header import ImageHeader, image_header
from storage.datasets.imagefolder import ImageFolder, PackageError
from storage.datasets.pack import DatasetPack, DroppedRecord, PackError, PackTask, PackWriter


def package(folder: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def write_pack(path: Path) -> None:
    with PackWriter(path) as writer:
        writer.add(b"one", name="cat/1.jpg", suffix="jpg", width=4, height=3, labels={"class": "cat"})
        writer.add(b"two", name="狗/2.png", suffix="png", width=5, height=6, labels={"class": "狗"})
        writer.drop(DroppedRecord(name="x.txt", code="not_an_image"))
        writer.drop(DroppedRecord(name="y.txt", code="not_an_image"))
        writer.finish((PackTask("class", ("cat", "狗")),))


def test_a_pack_gives_back_what_was_put_in(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    with DatasetPack(tmp_path / "a") as pack:
        assert pack.info.images == 2
        assert pack.info.reasons == {"not_an_image": 2}
        assert pack.info.tasks == (PackTask("class", ("cat", "狗")),)
        first, second = pack.records
        assert (second.name, second.labels, second.width, second.height) == ("狗/2.png", {"class": "狗"}, 5, 6)
        assert pack.image(second) == b"two"
        assert pack.image(first) == b"one"
        assert [record.name for record in pack.dropped()] == ["x.txt", "y.txt"]


def test_equal_packs_are_equal_bytes(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    write_pack(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_changed_images_are_noticed(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    data = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(data.replace(b"two", b"too", 1))
    with DatasetPack(tmp_path / "a") as pack, pytest.raises(PackError):
        pack.image(pack.records[1])


def test_another_zip_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        DatasetPack(package(tmp_path, {"a": b"b"}))


@pytest.mark.parametrize("top", ["", "mydata/"])
def test_classes_are_the_folders(tmp_path: Path, top: str) -> None:
    files = {f"{top}dog/1.jpg": b"1", f"{top}cat/2.jpg": b"2", f"{top}cat/deep/3.jpg": b"3"}
    if top:
        files = {name: data for name, data in files.items() if "deep" not in name} | {f"{top}readme.txt": b"x"}
    with ImageFolder(package(tmp_path, files)) as folder:
        assert folder.classes == ("cat", "dog")
        assert [each.name for each in folder.candidates][:2] == [
            "cat/2.jpg",
            "cat/deep/3.jpg" if not top else "dog/1.jpg",
        ]
        assert folder.read(folder.candidates[0]) == b"2"
        assert [(each.name, each.code) for each in folder.dropped] == (
            [(f"{top}readme.txt", "no_class_folder")] if top else []
        )


def test_chinese_names_of_either_habit_are_read(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("猫/1.jpg", b"1")
        file.writestr(zipfile.ZipInfo("gg/2.jpg"), b"2")
    data = path.read_bytes().replace(b"gg", "狗".encode("gb18030"))
    path.write_bytes(data)
    with ImageFolder(path) as folder:
        assert folder.classes == ("狗", "猫")


@pytest.mark.parametrize("name", ["../a/b.jpg", "/etc/b.jpg", "a\\b/c.jpg", "c:/b/d.jpg", "a//b.jpg", "a/./b.jpg"])
def test_names_that_are_paths_are_dropped(tmp_path: Path, name: str) -> None:
    with ImageFolder(package(tmp_path, {name: b"1", "cat/ok.jpg": b"2"})) as folder:
        assert [each.name for each in folder.candidates] == ["cat/ok.jpg"]
        assert [each.code for each in folder.dropped] == ["name_not_allowed"]


def test_links_and_bombs_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        link = zipfile.ZipInfo("cat/link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("cat/bomb.jpg", bytes(8 << 20))
        file.writestr("cat/ok.jpg", b"fine")
    with ImageFolder(path) as folder:
        assert [each.name for each in folder.candidates] == ["cat/ok.jpg"]
        assert sorted(each.code for each in folder.dropped) == ["compression_ratio_too_high", "not_a_file"]


def test_damaged_entries_read_as_none(tmp_path: Path) -> None:
    path = package(tmp_path, {"cat/1.jpg": b"a" * 100})
    path.write_bytes(path.read_bytes().replace(b"a" * 100, b"b" * 100))
    with ImageFolder(path) as folder:
        assert folder.read(folder.candidates[0]) is None


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"train/cat/1.jpg": b"", "val/cat/2.jpg": b""}, "package_splits"),
        ({"all/train/cat/1.jpg": b"", "all/test/cat/2.jpg": b""}, "package_splits"),
    ],
)
def test_packages_that_mean_something_else_are_refused(tmp_path: Path, files: dict[str, bytes], code: str) -> None:
    with pytest.raises(PackageError) as refused:
        ImageFolder(package(tmp_path, files))
    assert refused.value.code == code


def test_too_much_is_refused_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagefolder, "TOTAL_BYTES_MAX", 10)
    with pytest.raises(PackageError, match="package_too_large"):
        ImageFolder(package(tmp_path, {"cat/1.jpg": bytes(11)}))


def test_no_zip_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(b"no")
    with pytest.raises(PackageError, match="package_malformed"):
        ImageFolder(tmp_path / "p.zip")


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 480, 640) + bytes(30)
BMP = b"BM" + bytes(12) + struct.pack("<Iii", 40, 640, -480) + bytes(20)
WEBP = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480) + bytes(9)


@pytest.mark.parametrize(("data", "kind"), [(PNG, "png"), (JPEG, "jpg"), (BMP, "bmp"), (WEBP, "webp")])
def test_headers_say_format_and_size(data: bytes, kind: str) -> None:
    assert image_header(data) == ImageHeader(kind, 640, 480)  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.sampled_from([b"", PNG[:16], JPEG[:6], BMP[:14], WEBP[:16]]))
def test_any_bytes_are_a_header_or_none(data: bytes, start: bytes) -> None:
    header = image_header(start + data)
    assert header is None or header.format in ("jpg", "png", "bmp", "webp")
