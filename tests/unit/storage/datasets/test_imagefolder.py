"""ImageFolder packages and the files of any package: classes are folders, nothing is a path, tricks are named."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from packages import zipped

from storage.datasets import files
from storage.datasets.files import PackageError
from storage.datasets.package import Package, open_package


def values(folder: Package) -> list[str]:
    (key,) = folder.keys
    assert (key.name, key.tool) == ("class", "radio")
    return list(key.values)


@pytest.mark.parametrize("top", ["", "mydata/"])
def test_classes_are_the_folders(tmp_path: Path, top: str) -> None:
    content = {f"{top}dog/1.jpg": b"1", f"{top}cat/2.jpg": b"2", f"{top}cat/deep/3.jpg": b"3"}
    if top:
        content = {name: data for name, data in content.items() if "deep" not in name} | {f"{top}readme.txt": b"x"}
    with open_package(zipped(tmp_path, content)) as folder:
        assert values(folder) == ["cat", "dog"]
        assert [each.name for each in folder][:2] == [
            "cat/2.jpg",
            "cat/deep/3.jpg" if not top else "dog/1.jpg",
        ]
        assert folder.read(folder.records[0]) == b"2"
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
    with open_package(path) as folder:
        assert values(folder) == ["狗", "猫"]


@pytest.mark.parametrize("name", ["../a/b.jpg", "/etc/b.jpg", "a\\b/c.jpg", "c:/b/d.jpg", "a//b.jpg", "a/./b.jpg"])
def test_names_that_are_paths_are_dropped(tmp_path: Path, name: str) -> None:
    with open_package(zipped(tmp_path, {name: b"1", "cat/ok.jpg": b"2"})) as folder:
        assert [each.name for each in folder] == ["cat/ok.jpg"]
        assert [each.code for each in folder.dropped] == ["name_not_allowed"]


def test_links_and_bombs_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        link = zipfile.ZipInfo("cat/link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("cat/bomb.jpg", bytes(8 << 20))
        file.writestr("cat/ok.jpg", b"fine")
    with open_package(path) as folder:
        assert [each.name for each in folder] == ["cat/ok.jpg"]
        assert sorted(each.code for each in folder.dropped) == ["compression_ratio_too_high", "not_a_file"]


def test_damaged_entries_read_as_none(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"cat/1.jpg": b"a" * 100})
    path.write_bytes(path.read_bytes().replace(b"a" * 100, b"b" * 100))
    with open_package(path) as folder:
        assert folder.read(folder.records[0]) is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"train/cat/1.jpg": b"", "val/cat/2.jpg": b""}, "package_splits"),
        ({"all/train/cat/1.jpg": b"", "all/test/cat/2.jpg": b""}, "package_splits"),
    ],
)
def test_packages_that_mean_something_else_are_refused(tmp_path: Path, content: dict[str, bytes], code: str) -> None:
    with pytest.raises(PackageError) as refused:
        open_package(zipped(tmp_path, content))
    assert refused.value.code == code


def test_too_much_is_refused_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "TOTAL_BYTES_MAX", 10)
    with pytest.raises(PackageError, match="package_too_large"):
        open_package(zipped(tmp_path, {"cat/1.jpg": bytes(11)}))


def test_no_zip_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(b"no")
    with pytest.raises(PackageError, match="package_malformed"):
        open_package(tmp_path / "p.zip")


def test_a_folder_is_read_like_a_zip(tmp_path: Path) -> None:
    for name in ("cat/1.jpg", "dog/2.jpg", "dog/.hidden.jpg", ".git/x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "dog" / "link.jpg").symlink_to(tmp_path / "cat" / "1.jpg")
    with open_package(tmp_path) as folder:
        assert values(folder) == ["cat", "dog"]
        assert [(each.name, folder.read(each)) for each in folder] == [
            ("cat/1.jpg", b"cat/1.jpg"),
            ("dog/2.jpg", b"dog/2.jpg"),
        ]


def test_flat_images_need_no_labels(tmp_path: Path) -> None:
    with open_package(zipped(tmp_path, {"b/2.PNG": b"2", "1.jpg": b"1", "notes.txt": b""}), "images") as images:
        assert images.keys == ()
        assert [each.name for each in images] == ["1.jpg", "b/2.PNG"]
        assert [(each.name, each.code) for each in images.dropped] == [("notes.txt", "not_an_image")]
