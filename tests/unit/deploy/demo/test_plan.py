"""The demo's own parts: templates that are valid, photos laid out by label, a structure with the right names."""

import string
import zipfile
from pathlib import Path
from uuid import UUID

import pytest

from api.client.imagefolder import pack_folder
from deploy.demo import assets, plan
from deploy.demo.assets import MissingPackageError, labelled, lay_out
from deploy.demo.words import WORDS
from schemas.specs.preprocessing import chain_problem
from schemas.specs.structures import class_problem
from schemas.specs.templates import read_template

STRUCTURE = UUID(int=5)


@pytest.mark.parametrize(("variant", "short_side"), [(plan.VARIANTS[0], 256), (plan.VARIANTS[1], 274)])
def test_a_variants_template_and_chain_are_usable(variant: plan.Variant, short_side: int) -> None:
    document = read_template(plan.template(variant, STRUCTURE))
    (sub,) = document.sub_templates
    assert sub.input_shape == (1, 3, variant.size, variant.size)
    assert (sub.architecture, sub.max_batch, sub.num_classes) == (STRUCTURE, 8, 1000)
    assert (sub.tasks[0].classes[0], sub.tasks[0].classes[-1]) == ("0", "999")
    assert variant.short_side == short_side
    assert chain_problem(tuple(plan.steps(variant))) is None
    assert sub.max_batch >= plan.BATCH_SIZE


def test_the_structure_file_holds_both_classes() -> None:
    source = assets.STRUCTURE.read_bytes()
    for variant in plan.VARIANTS:
        assert class_problem(source, variant.class_name) is None
    assert class_problem(source, "EfficientNetLite9") is not None


def test_photos_are_those_whose_names_carry_a_label(tmp_path: Path) -> None:
    for name in (
        "imagenet_00_243.jpg",
        "imagenet_01_7.jpg",
        "imagenet_x_7.jpg",
        "cifar10_00_3.png",
        "imagenet_1_2.png",
    ):
        (tmp_path / name).write_bytes(name.encode())
    photos = labelled(tmp_path.iterdir())
    assert [photo.label for photo in photos] == ["243", "7"]
    lay_out(photos, tmp_path / "folder")
    pack_folder(tmp_path / "folder", tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as package:
        assert package.namelist() == ["243/imagenet_00_243.jpg", "7/imagenet_01_7.jpg"]


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingPackageError, match="demo"):
        assets.weights("no_such_package_of_weights")


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    zh, en = WORDS["zh"], WORDS["en"]
    assert zh.keys() == en.keys()
    for key in zh:
        names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh[key], en[key])]
        assert names[0] == names[1], key
