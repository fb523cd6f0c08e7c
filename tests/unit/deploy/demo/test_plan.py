"""The demo's own parts: templates that are valid, images laid out by label, structures with the right names."""

import json
import string
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
import torch

from api.client.imagefolder import labelled_files, pack_folder
from deploy.demo import assets, digits, oracle, photos
from deploy.demo.assets import MissingPackageError, labelled, lay_out
from deploy.demo.digits import LONG, SHORT, TrainingFailedError, trained
from deploy.demo.example import FolderTakenError, write_digits
from deploy.demo.photos import LITE0, LITE1, PHOTOS
from deploy.demo.plan import Case, Variant
from deploy.demo.words import WORDS
from schemas.specs.preprocessing import chain_problem
from schemas.specs.structures import class_problem
from schemas.specs.templates import read_template

STRUCTURE = UUID(int=5)
DIGITS = digits.digits(Path("/nowhere"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the child trains, really."""
    shares: list[float] = []
    made = trained(tmp_path_factory.mktemp("demo") / "digits", shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return made


@pytest.mark.parametrize("case", [PHOTOS, DIGITS], ids=lambda case: case.key)
@pytest.mark.parametrize("number", [0, 1])
def test_templates_and_chains_are_usable(case: Case, number: int) -> None:
    variant = case.variants[number]
    document = read_template(case.template(variant, str(STRUCTURE)))
    (sub,) = document.sub_templates
    assert sub.architecture == STRUCTURE
    assert chain_problem(tuple(case.steps(variant))) is None
    assert sub.max_batch >= case.batch_size
    assert class_problem(case.structure.read_bytes(), variant.class_name) is None


@pytest.mark.parametrize(("variant", "edge", "short_side"), [(LITE0, 224, 256), (LITE1, 240, 274)])
def test_photos_come_as_the_networks_were_trained(variant: Variant, edge: int, short_side: int) -> None:
    (sub,) = read_template(photos.template(variant, str(STRUCTURE))).sub_templates
    assert (sub.input_shape, sub.num_classes) == ((1, 3, edge, edge), 1000)
    assert (sub.tasks[0].classes[0], sub.tasks[0].classes[-1]) == ("0", "999")
    assert photos.short_side(variant) == short_side


def test_photos_are_those_whose_names_carry_a_label(tmp_path: Path) -> None:
    for name in (
        "imagenet_00_243.jpg",
        "imagenet_01_7.jpg",
        "imagenet_x_7.jpg",
        "cifar10_00_3.png",
        "imagenet_1_2.png",
    ):
        (tmp_path / name).write_bytes(name.encode())
    found = labelled(tmp_path.iterdir())
    assert [photo.label for photo in found] == ["243", "7"]
    lay_out(found, tmp_path / "folder")
    pack_folder(tmp_path / "folder", tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as package:
        assert package.namelist() == ["243/imagenet_00_243.jpg", "7/imagenet_01_7.jpg"]


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingPackageError, match="demo"):
        assets.weights("no_such_package_of_weights")


def test_digits_are_trained_once_and_judged_on_what_was_not_learned(folder: Path, tmp_path: Path) -> None:
    def unexpected(_share: float) -> None:
        pytest.fail("it was trained again")

    assert trained(folder, unexpected) == folder
    case = digits.digits(folder)
    case.lay_out(tmp_path / "images")
    files = labelled_files(tmp_path / "images")
    assert len(files) == 898
    assert {path.parent.name for path in files} == set("0123456789")
    judged = {variant: oracle.answer(case.question(variant)) for variant in (SHORT, LONG)}
    assert all(0.9 < figures["top1"] < figures["top5"] <= 1 for figures in judged.values())
    assert abs(judged[SHORT]["top1"] - judged[LONG]["top1"]) < 0.03


def test_training_that_fails_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "STRUCTURE", tmp_path / "missing.py")
    with pytest.raises(TrainingFailedError, match=r"missing\.py"):
        trained(tmp_path / "kept" / "digits", lambda _share: None)
    assert list((tmp_path / "kept").iterdir()) == []


def test_training_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "TRAINING_SECONDS_MAX", 0.01)
    with pytest.raises(TrainingFailedError):
        trained(tmp_path / "digits", lambda _share: None)


def test_the_examples_files_fit_together(folder: Path, tmp_path: Path) -> None:
    structure, first, second, document, images = write_digits(folder, tmp_path / "new" / "digits")
    assert (first.name, second.name) == ("my-digits-v1.pth", "my-digits-v2.pth")
    made = json.loads(document.read_text())
    name = made["sub_templates"][0]["architecture"]
    assert class_problem(structure.read_bytes(), name) is None
    made["sub_templates"][0]["architecture"] = str(STRUCTURE)
    assert read_template(made).name == "my-digits"
    assert len(labelled_files(images)) == 898
    assert first.read_bytes() != second.read_bytes()
    for weights in (first, second):
        assert "head.weight" in torch.load(weights, weights_only=True)
    with pytest.raises(FolderTakenError, match="not empty"):
        write_digits(folder, tmp_path / "new" / "digits")


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    zh, en = WORDS["zh"], WORDS["en"]
    assert zh.keys() == en.keys()
    for key in zh:
        names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh[key], en[key])]
        assert names[0] == names[1], key


def test_every_verdict_and_every_case_has_its_sentences() -> None:
    codes = {f"verdict.{code}" for code in ("within_noise", "better", "worse", "not_comparable")}
    of_cases = {f"{word}.{case.key}" for word in ("templates", "dataset", "oracle") for case in (PHOTOS, DIGITS)}
    assert codes | of_cases | {PHOTOS.key, DIGITS.key} <= WORDS["en"].keys()
